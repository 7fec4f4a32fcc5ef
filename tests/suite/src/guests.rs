//! The plugins that are built before the suite runs.

use std::path::PathBuf;

/// The checkout.
pub fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("the suite is two levels down in the checkout").to_owned()
}

/// The bytes of `name`, which is a crate of `tests/guests` or of `plugins`.
pub fn guest(name: &str) -> Vec<u8> {
    let target = std::env::var_os("PEGBOARD_GUESTS_TARGET").map_or_else(|| root().join("target/guests"), PathBuf::from);
    let path = target.join("wasm32-wasip2/release").join(format!("{name}.wasm"));
    std::fs::read(&path).unwrap_or_else(|error| {
        panic!("{}: {error}; `tests/run guests plugins` builds the plugins that the suite needs", path.display())
    })
}
