//! Files in the directories that the operator has granted, and nowhere else: the host resolves every path.

mod change;
mod list;
mod read;
mod roots;
mod search;

pegboard_sdk::plugin!(
    list::list_directory,
    list::file_info,
    read::read_file,
    read::read_bytes,
    search::search_files,
    change::write_file,
    change::edit_file,
    change::make_directory,
    change::move_file,
    change::delete_file
);

/// A granted directory for the tests, and how a tool is told of a file in it.
#[cfg(test)]
mod testing {
    use std::path::Path;

    pub struct Granted(tempfile::TempDir);

    impl Granted {
        pub fn new() -> Self {
            let directory = tempfile::tempdir().expect("a directory");
            let root = directory.path().to_str().expect("UTF-8").to_owned();
            crate::roots::for_tests::set(vec![(root, true)]);
            Self(directory)
        }

        pub fn with(files: &[(&str, &str)]) -> Self {
            let granted = Self::new();
            for (name, content) in files {
                let path = granted.0.path().join(name);
                std::fs::create_dir_all(path.parent().expect("it has one")).expect("a directory");
                std::fs::write(path, content).expect("a file");
            }
            granted
        }

        pub fn root(&self) -> &Path {
            self.0.path()
        }

        pub fn path(&self, name: &str) -> String {
            self.0.path().join(name).to_str().expect("UTF-8").to_owned()
        }

        pub fn text(&self, name: &str) -> String {
            std::fs::read_to_string(self.0.path().join(name)).expect("a text")
        }
    }
}
