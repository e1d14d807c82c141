//! What a task consists of.

use golf_core::Cost;

/// One document, question or exercise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Unique in its task.
    pub id: String,
    /// The part of the task that it counts towards in breakdowns (a phenomenon, a distance); may be empty.
    pub group: String,
    /// Whether it was made from a seed that depends on the artifact, so that no other entry is asked it.
    pub fresh: bool,
    /// What is asked.
    pub content: Content,
}

/// What is asked, by kind of task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Text whose every byte is paid for.
    Document {
        /// The raw text; its length is the denominator.
        text: Vec<u8>,
        /// What a predictor that knows the text's source would pay, where a generator knows.
        ideal: Option<Cost>,
    },
    /// Pick the option that costs least after the context.
    Choice {
        /// Given, not paid for; may be empty.
        context: Vec<u8>,
        /// At least two, none empty.
        options: Vec<Vec<u8>>,
        /// Index of the right one.
        answer: usize,
    },
    /// Continue greedily up to a line feed; right if what was written before it equals the answer.
    Generate {
        /// Given.
        prompt: Vec<u8>,
        /// Without the line feed.
        answer: Vec<u8>,
    },
}
