//! The Rust target that plugins are built for.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, bail};

use super::checkout::Checkout;
use super::progress::Step;

/// Makes the target available. Gives the compiler to use, unless it is the normal one.
pub(super) fn provide(checkout: &Checkout) -> anyhow::Result<Option<PathBuf>> {
    let mut step = Step::begin("Making sure of the Rust target for plugins, wasm32-wasip2");
    let script = checkout.target_script();
    let ran = step
        .run(Command::new("bash").arg(&script))
        .with_context(|| format!("cannot run {} with bash", script.display()));
    step.close();
    let ran = ran?;
    if !ran.status.success() {
        bail!(
            "the bundled plugins cannot be built without the Rust target wasm32-wasip2. What happened:\n\n{}",
            ran.stderr
        );
    }
    step.done();
    let compiler = ran.stdout.trim();
    Ok((!compiler.is_empty()).then(|| compiler.into()))
}
