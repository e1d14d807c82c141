//! The text on which every target proves that its logits are the same.

/// About 400 bytes of ours, of several kinds, so that many tokens and positions are exercised. It never changes.
pub const TEXT: &[u8] = b"The tide had gone out further than anyone remembered, and the boats lay on their sides in the mud like sleeping \
dogs.\n\n\"Is it always like this?\" she asked.\n\n\"Only in 1987, and that was worse,\" said Orrin. He counted them: 3, 14, 15, 92.\n\n\
day 4  09:00  sun      21 C  battery 6  water 3  pump ok\nday 4  12:00  storm    17 C  battery 2  water 5  pump FAIL\n\
fn main() { let x = [1, 2, 3]; }  caf\xc3\xa9, na\xc3\xafve, 50 %\n";

/// Predictions that a probe covers, at most: those for the first tokens of [`TEXT`].
pub const TOKENS: usize = 96;
