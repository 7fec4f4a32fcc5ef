//! `write_file`, `edit_file`, `make_directory`, `move_file` and `delete_file`

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pegboard_sdk::prelude::*;

use crate::roots::{failed, resolve};

/// Bytes of a file that can be edited.
const EDITABLE: u64 = 8 << 20;

/// What to do if the file is there already.
#[input]
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Fail.
    #[default]
    Create,
    /// Put the content in the place of what is there.
    Overwrite,
    /// Add the content at its end.
    Append,
}

/// How the content is given.
#[input]
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// As the text itself.
    #[default]
    Text,
    /// As base64 of the bytes.
    Base64,
}

/// Writes a file. Unless told otherwise by `mode`, it makes a new one and fails if there is one already. To change a
/// part of a text, `edit_file` is the better tool.
#[tool(title = "Write a file", destructive, open_world = false)]
pub fn write_file(
    /// The file. Its directory must be there.
    path: &str,
    /// What to write.
    content: &str,
    /// create (if not given): fail if the file is there. overwrite: replace what is there. append: add at its end;
    /// makes the file if there is none.
    mode: Option<Mode>,
    /// text (if not given), or base64 for bytes that are no text.
    encoding: Option<Encoding>,
) -> Result<String, Error> {
    let path = resolve(path)?;
    let bytes = match encoding.unwrap_or_default() {
        Encoding::Text => content.as_bytes().to_vec(),
        Encoding::Base64 => STANDARD
            .decode(content)
            .map_err(|error| Error::invalid_arguments(format!("content: not base64: {error}")))?,
    };
    let written = match mode.unwrap_or_default() {
        Mode::Create => File::create_new(&path).and_then(|mut file| file.write_all(&bytes)),
        Mode::Overwrite => replace(&path, &bytes),
        Mode::Append => {
            OpenOptions::new().append(true).create(true).open(&path).and_then(|mut file| file.write_all(&bytes))
        }
    };
    match written {
        Ok(()) => Ok(format!("wrote {} bytes to {path}", bytes.len())),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(Error::failed(format!(
            "{path} is there already; call again with mode \"overwrite\" or \"append\" if it may be changed"
        ))),
        Err(error) => Err(failed("write", &path, &error)),
    }
}

/// Puts `bytes` in the place of what is in a file. Room is made first, so that a quota refuses it before anything is
/// lost.
fn replace(path: &str, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
    let length = bytes.len() as u64;
    if file.metadata()?.len() < length {
        file.set_len(length)?;
    }
    file.write_all(bytes)?;
    file.set_len(length)
}

/// Replaces a piece of a text file. The piece must be there exactly once, to the letter and the blank, unless `all` is
/// set; so give enough of the lines around it.
#[tool(title = "Edit a text file", destructive, open_world = false)]
pub fn edit_file(
    /// The file.
    path: &str,
    /// The piece that is there.
    old: &str,
    /// What to put in its place; empty: nothing.
    new: &str,
    /// True: replace it wherever it is.
    all: Option<bool>,
) -> Result<String, Error> {
    let path = resolve(path)?;
    if old.is_empty() {
        return Err(Error::invalid_arguments("old: it is empty; say which piece to replace"));
    }
    let cannot = |error: io::Error| failed("edit", &path, &error);
    let size = fs::metadata(&path).map_err(cannot)?.len();
    if size > EDITABLE {
        return Err(Error::failed(format!("{path} has {size} bytes; up to {EDITABLE} can be edited")));
    }
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::InvalidData => {
            return Err(Error::failed(format!("{path} is not UTF-8 text, so it cannot be edited")));
        }
        Err(error) => return Err(cannot(error)),
    };
    let count = text.matches(old).count();
    match count {
        0 => return Err(Error::failed(format!("`old` is not in {path}; read the file and copy the piece exactly"))),
        1 => {}
        _ if all.unwrap_or_default() => {}
        _ => {
            return Err(Error::failed(format!(
                "`old` is {count} times in {path}; give more of the lines around it, or set `all`"
            )));
        }
    }
    let line = text[..text.find(old).unwrap_or_default()].matches('\n').count() + 1;
    replace(&path, text.replace(old, new).as_bytes()).map_err(cannot)?;
    Ok(match count {
        1 => format!("replaced 1 piece in {path}, at line {line}"),
        _ => format!("replaced {count} pieces in {path}, the first at line {line}"),
    })
}

/// Makes a directory, and those above it that are missing. Nothing happens if it is there.
#[tool(title = "Make a directory", destructive = false, idempotent, open_world = false)]
pub fn make_directory(
    /// The directory.
    path: &str,
) -> Result<String, Error> {
    let path = resolve(path)?;
    fs::create_dir_all(&path).map_err(|error| failed("make", &path, &error))?;
    Ok(format!("{path} is there"))
}

/// Moves or renames a file or directory within one granted directory. Fails if there is something at the new path.
#[tool(title = "Move a file", destructive, open_world = false)]
pub fn move_file(
    /// What to move.
    from: &str,
    /// Its new path, with its name.
    to: &str,
) -> Result<String, Error> {
    let (from, to) = (resolve(from)?, resolve(to)?);
    if fs::symlink_metadata(&to).is_ok() {
        return Err(Error::failed(format!("{to} is there already; delete it first, or choose another path")));
    }
    match fs::rename(&from, &to) {
        Ok(()) => Ok(format!("moved {from} to {to}")),
        Err(error) if error.kind() == ErrorKind::CrossesDevices => Err(Error::failed(format!(
            "{from} and {to} are in different granted directories; read the one, write the other, then delete"
        ))),
        Err(error) => Err(failed("move", &from, &error)),
    }
}

/// Deletes a file, a link, or a directory that is empty. It cannot be had back.
#[tool(title = "Delete a file", destructive, open_world = false)]
pub fn delete_file(
    /// The file or empty directory.
    path: &str,
) -> Result<String, Error> {
    let path = resolve(path)?;
    let cannot = |error: io::Error| failed("delete", &path, &error);
    let deleted = if fs::symlink_metadata(&path).map_err(cannot)?.is_dir() {
        fs::remove_dir(&path)
    } else {
        fs::remove_file(&path)
    };
    match deleted {
        Ok(()) => Ok(format!("deleted {path}")),
        Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => {
            Err(Error::failed(format!("{path} is not empty; delete what is in it first")))
        }
        Err(error) => Err(cannot(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Granted;

    #[test]
    fn a_file_is_overwritten_only_when_told_to() {
        let granted = Granted::new();
        write_file("a", "long text", None, None).expect("a new file");
        let error = write_file("a", "x", None, None).expect_err("it is there").to_string();
        assert!(error.contains("overwrite") && granted.text("a") == "long text", "{error}");
        write_file("a", "new", Some(Mode::Overwrite), None).expect("it may");
        write_file("a", "er", Some(Mode::Append), None).expect("it may");
        write_file("b", "AAH/", Some(Mode::Overwrite), Some(Encoding::Base64)).expect("bytes");
        assert_eq!(granted.text("a"), "newer");
        assert_eq!(fs::read(granted.path("b")).expect("bytes"), [0, 1, 255]);
        assert!(write_file("c", "?", None, Some(Encoding::Base64)).is_err());
        assert!(write_file("no/such/directory", "x", None, None).is_err());
    }

    #[test]
    fn an_edit_needs_one_place_unless_it_means_all() {
        let granted = Granted::with(&[("a", "x = 1\ny = 1\nz = 2\n")]);
        assert!(edit_file("a", "= 1", "= 3", None).expect_err("two").to_string().contains("2 times"));
        assert!(edit_file("a", "= 9", "", None).expect_err("none").to_string().contains("not in"));
        assert!(edit_file("a", "", "x", None).is_err());
        let said = edit_file("a", "y = 1", "y = 10", None).expect("one");
        assert!(said.ends_with("at line 2"), "{said}");
        edit_file("a", "= 1", "", Some(true)).expect("all");
        assert_eq!(granted.text("a"), "x \ny 0\nz = 2\n");
        fs::write(granted.path("b"), [255, 254]).expect("bytes");
        assert!(edit_file("b", "a", "b", None).expect_err("no text").to_string().contains("UTF-8"));
    }

    #[test]
    fn directories_are_made_and_deleted_when_empty() {
        let granted = Granted::new();
        make_directory("a/b/c").expect("made");
        make_directory("a/b/c").expect("there");
        write_file("a/b/c/d", "x", None, None).expect("a file");
        assert!(delete_file("a/b/c").expect_err("not empty").to_string().contains("not empty"));
        move_file("a/b/c/d", "a/d").expect("moved");
        assert!(move_file("a/d", "a/b").expect_err("there").to_string().contains("there already"));
        delete_file("a/b/c").expect("empty");
        delete_file("a/d").expect("a file");
        assert!(delete_file("a/d").is_err() && !granted.root().join("a/d").exists());
    }
}
