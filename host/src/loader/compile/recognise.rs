//! What a file is, by its first bytes: a clear word for the common mistakes before any compiler runs.

use super::LoadError;

const MAGIC: &[u8] = b"\0asm";
const CORE_MODULE: &[u8] = &[1, 0, 0, 0];
const COMPONENT: &[u8] = &[13, 0, 1, 0];

/// Passes what begins as a component does and has at most `most` bytes.
pub(super) fn component(bytes: &[u8], most: usize) -> Result<(), LoadError> {
    if bytes.is_empty() {
        return Err(LoadError::Empty);
    }
    if bytes.len() > most {
        return Err(LoadError::TooLarge { size: bytes.len(), most });
    }
    let Some(version) = bytes.strip_prefix(MAGIC) else {
        let text =
            bytes[..bytes.len().min(512)].iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace());
        return Err(LoadError::NotWebAssembly(if text { "text" } else { "some other kind of file" }));
    };
    match version.get(..4) {
        Some(COMPONENT) => Ok(()),
        Some(CORE_MODULE) => Err(LoadError::CoreModule),
        Some(_) => Err(LoadError::NotWebAssembly("WebAssembly of a version that this host does not know")),
        None => Err(LoadError::NotWebAssembly("the beginning of one")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(bytes: &[u8]) -> String {
        component(bytes, 100).unwrap_err().to_string()
    }

    #[test]
    fn each_kind_of_file_has_its_own_word() {
        assert!(component(b"\0asm\x0d\0\x01\0rest", 100).is_ok());
        assert_eq!(refusal(b""), "the file is empty");
        assert!(refusal(b"\0asm\x01\0\0\0").starts_with("this is a core WebAssembly module, not a component"));
        assert!(refusal(b"(component)").ends_with("but text"));
        assert!(refusal(b"\x7fELF\x02\x01").ends_with("but some other kind of file"));
        assert!(refusal(b"\0asm\x0d\0").ends_with("the beginning of one"));
        assert!(refusal(b"\0asm\x0e\0\x01\0").contains("a version"));
        assert_eq!(refusal(&[0; 101]), "the file has 101 bytes, more than compile.component_bytes = 100");
    }
}
