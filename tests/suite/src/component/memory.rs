//! Values laid out in memory as the canonical ABI has them.

use super::Tool;

/// Where the data of a made plugin begins.
pub(super) const BASE: u32 = 1024;

/// What a made plugin has in its memory from the start.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) bytes: Vec<u8>,
}

impl Memory {
    /// Puts `bytes` at an address that can be divided by 8.
    pub(super) fn put(&mut self, bytes: &[u8]) -> u32 {
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        let at = BASE + u32::try_from(self.bytes.len()).expect("a small plugin");
        self.bytes.extend_from_slice(bytes);
        at
    }

    fn text(&mut self, text: &[u8]) -> [u8; 8] {
        let at = self.put(text);
        pair(at, text.len())
    }

    fn option(&mut self, text: Option<&str>) -> [u8; 12] {
        let mut option = [0; 12];
        if let Some(text) = text {
            option[0] = 1;
            option[4..].copy_from_slice(&self.text(text.as_bytes()));
        }
        option
    }

    /// `result<list<tool>, call-error>`
    pub(super) fn list(&mut self, tools: &[Tool]) -> u32 {
        let mut records = Vec::new();
        for tool in tools {
            let mut record = [0; 108];
            record[0..8].copy_from_slice(&self.text(tool.name.as_bytes()));
            record[8..20].copy_from_slice(&self.option(tool.title.as_deref()));
            record[20..28].copy_from_slice(&self.text(tool.description.as_bytes()));
            record[28..36].copy_from_slice(&self.text(tool.input_schema.as_bytes()));
            record[36..48].copy_from_slice(&self.option(tool.output_schema.as_deref()));
            records.extend_from_slice(&record);
        }
        let at = self.put(&records);
        self.result(at, tools.len())
    }

    /// `result<tool-result, call-error>` with `pieces` times the same text, of which each is told to be `length` long.
    pub(super) fn texts(&mut self, text: &[u8], length: usize, pieces: usize) -> u32 {
        let at = self.put(text);
        self.pieces(at, length, pieces)
    }

    /// The same with a text that is there already.
    pub(super) fn pieces(&mut self, at: u32, length: usize, pieces: usize) -> u32 {
        let mut content = [0; CONTENT];
        content[8..16].copy_from_slice(&pair(at, length));
        let at = self.put(&content.repeat(pieces));
        self.result(at, pieces)
    }

    /// The good case of a `result`, which begins with a list, and has nothing else in it.
    pub(super) fn result(&mut self, list: u32, length: usize) -> u32 {
        let mut result = [0; 64];
        result[4..12].copy_from_slice(&pair(list, length));
        self.put(&result)
    }
}

/// Bytes of the variant `content`.
const CONTENT: usize = 256;

fn pair(address: u32, length: usize) -> [u8; 8] {
    let mut pair = [0; 8];
    pair[..4].copy_from_slice(&address.to_le_bytes());
    pair[4..].copy_from_slice(&u32::try_from(length).expect("an address").to_le_bytes());
    pair
}
