//! What cleaning did, for the operator.

/// The most sentences about one plugin.
const MOST: usize = 32;

/// Sentences about one plugin, the first few.
#[derive(Debug, Default)]
pub(in super::super) struct Report {
    sentences: Vec<String>,
    unsaid: usize,
}

impl Report {
    pub(in super::super) fn say(&mut self, sentence: impl FnOnce() -> String) {
        if self.sentences.len() < MOST {
            self.sentences.push(sentence());
        } else {
            self.unsaid += 1;
        }
    }

    /// The sentences, and how many more there would be.
    pub(in super::super) fn sentences(self) -> Vec<String> {
        let Self { mut sentences, unsaid } = self;
        if unsaid > 0 {
            sentences.push(format!("and {unsaid} more of this kind"));
        }
        sentences
    }
}
