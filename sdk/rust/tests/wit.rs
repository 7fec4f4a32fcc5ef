//! The crate keeps a copy of the interface, since a published package holds no files from outside its folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files = BTreeMap::new();
    for entry in entries {
        let path = entry.expect("a readable folder").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        files.insert(name, fs::read_to_string(&path).expect("text"));
    }
    files
}

#[test]
fn the_copy_of_the_interface_is_the_interface() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (copy, original) = (files(&here.join("wit/v0.1.0")), files(&here.join("../../wit/v0.1.0")));
    assert!(original.contains_key("tools.wit"));
    assert!(copy == original, "sdk/rust/wit is not wit/: copy wit/v0.1.0 to sdk/rust/wit");
}
