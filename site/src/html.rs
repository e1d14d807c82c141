//! HTML, written by a builder that escapes everything except markup known at compile time.

/// A piece of HTML.
#[derive(Clone, Debug, Default)]
pub(crate) struct Html(String);

/// Elements after which the source gets a new line.
const BLOCKS: [&str; 34] = [
    "article",
    "body",
    "caption",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "head",
    "header",
    "html",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "picture",
    "section",
    "summary",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "title",
    "tr",
    "ul",
];

impl Html {
    /// A piece made by `content`.
    pub(crate) fn of(content: impl FnOnce(&mut Html)) -> Self {
        let mut html = Html::default();
        content(&mut html);
        html
    }

    /// A piece that is nothing but text.
    pub(crate) fn plain(text: &str) -> Self {
        Html::of(|h| h.text(text))
    }

    /// Markup as it stands; only what is in the program's own source can come here.
    pub(crate) fn raw(&mut self, markup: &'static str) {
        self.0.push_str(markup);
    }

    /// Text, escaped, control characters made visible.
    pub(crate) fn text(&mut self, text: &str) {
        for letter in text.chars().map(visible) {
            match letter {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                letter => self.0.push(letter),
            }
        }
    }

    /// Another piece.
    pub(crate) fn append(&mut self, piece: &Html) {
        self.0.push_str(&piece.0);
    }

    /// An element with content.
    pub(crate) fn el(
        &mut self,
        name: &'static str,
        attributes: &[(&'static str, &str)],
        content: impl FnOnce(&mut Html),
    ) {
        self.void(name, attributes);
        content(self);
        self.close(name);
    }

    /// An element that holds only text.
    pub(crate) fn leaf(&mut self, name: &'static str, attributes: &[(&'static str, &str)], text: &str) {
        self.el(name, attributes, |h| h.text(text));
    }

    /// A start tag, of an element that has no content or is closed by [`close`](Self::close).
    pub(crate) fn void(&mut self, name: &'static str, attributes: &[(&'static str, &str)]) {
        self.0.push('<');
        self.0.push_str(name);
        for (attribute, value) in attributes {
            self.0.push(' ');
            self.0.push_str(attribute);
            self.0.push_str("=\"");
            self.text(value);
            self.0.push('"');
        }
        self.0.push('>');
    }

    /// An end tag.
    pub(crate) fn close(&mut self, name: &'static str) {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
        if BLOCKS.contains(&name) {
            self.0.push('\n');
        }
    }

    /// What another renderer made, which must have escaped it.
    pub(crate) fn rendered(markup: String) -> Self {
        Html(markup)
    }

    /// Whether there is nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The source.
    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

/// The character itself, or U+FFFD in place of one that has no glyph and could rearrange or break what is around it:
/// controls other than tab and line feed, embeddings and overrides of direction, line separators, non-characters.
pub(crate) fn visible(letter: char) -> char {
    match letter {
        '\t' | '\n' => letter,
        '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}' | '\u{feff}' => {
            char::REPLACEMENT_CHARACTER
        }
        letter if letter.is_control() => char::REPLACEMENT_CHARACTER,
        letter => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_attributes_are_escaped() {
        let html = Html::of(|h| h.leaf("a", &[("href", "x\"><script>")], "<b>&'"));
        assert_eq!(html.into_string(), "<a href=\"x&quot;&gt;&lt;script&gt;\">&lt;b&gt;&amp;&#39;</a>");
    }

    #[test]
    fn what_has_no_glyph_is_shown_as_such() {
        let shown: String = "a\u{1b}[31m\u{202e}b\u{85}\r\n\tc".chars().map(visible).collect();
        assert_eq!(shown, "a\u{fffd}[31m\u{fffd}b\u{fffd}\u{fffd}\n\tc");
    }
}
