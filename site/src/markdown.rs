//! READMEs: Markdown by strangers, made harmless.

use crate::html::{Html, visible};
use pulldown_cmark::{Alignment, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// Renders Markdown. Raw HTML is shown as text, images as their alternative text, links only where they lead to another
/// site by http or https; the target of any other link is shown, not linked. Headings start at level three.
pub(crate) fn render(markdown: &str) -> Html {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut links: Vec<Option<String>> = vec![];
    let events = Parser::new_ext(markdown, options).flat_map(|event| safe(event, &mut links)).collect::<Vec<_>>();
    let mut markup = String::new();
    html::push_html(&mut markup, events.into_iter());
    Html::rendered(markup)
}

/// What to render in place of an event. `links` are the targets of the open links that aren't linked, none for others.
fn safe<'a>(event: Event<'a>, links: &mut Vec<Option<String>>) -> Vec<Event<'a>> {
    match event {
        Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => vec![Event::Text(shown(&text))],
        Event::Code(text) => vec![Event::Code(shown(&text))],
        Event::Start(Tag::HtmlBlock) => vec![markup("<p>")],
        Event::End(TagEnd::HtmlBlock) => vec![markup("</p>\n")],
        Event::Start(Tag::Image { .. }) => vec![markup("<span class=\"image\">")],
        Event::End(TagEnd::Image) => vec![markup("</span>")],
        Event::Start(Tag::Link { dest_url, .. }) if is_remote(&dest_url) => {
            links.push(None);
            let mut start = Html::default();
            start.void("a", &[("href", &dest_url), ("rel", "nofollow noopener noreferrer")]);
            vec![Event::InlineHtml(start.into_string().into())]
        }
        Event::Start(Tag::Link { dest_url, .. }) => {
            links.push(Some(dest_url.to_string()));
            vec![]
        }
        Event::End(TagEnd::Link) => match links.pop().flatten() {
            None => vec![markup("</a>")],
            Some(target) if target.is_empty() => vec![],
            Some(target) => vec![Event::Text(" (".into()), Event::Code(shown(&target)), Event::Text(")".into())],
        },
        Event::Start(Tag::Heading { level, .. }) => {
            vec![Event::Start(Tag::Heading { level: deeper(level), id: None, classes: vec![], attrs: vec![] })]
        }
        Event::End(TagEnd::Heading(level)) => vec![Event::End(TagEnd::Heading(deeper(level)))],
        Event::Start(Tag::CodeBlock(_)) => vec![markup("<pre tabindex=\"0\"><code>")],
        Event::End(TagEnd::CodeBlock) => vec![markup("</code></pre>\n")],
        Event::Start(Tag::Table(columns)) => {
            let container = markup("<div class=\"scroll\" role=\"group\" tabindex=\"0\" aria-label=\"Table\">");
            vec![container, Event::Start(Tag::Table(vec![Alignment::None; columns.len()]))]
        }
        Event::End(TagEnd::Table) => vec![Event::End(TagEnd::Table), markup("</div>\n")],
        event => vec![event],
    }
}

fn markup(tag: &'static str) -> Event<'static> {
    Event::InlineHtml(tag.into())
}

fn shown(text: &str) -> CowStr<'static> {
    text.chars().map(visible).collect::<String>().into()
}

fn is_remote(target: &str) -> bool {
    let lower = target.to_ascii_lowercase();
    lower.starts_with("https://") || lower.starts_with("http://")
}

fn deeper(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H3,
        HeadingLevel::H2 => HeadingLevel::H4,
        HeadingLevel::H3 => HeadingLevel::H5,
        _ => HeadingLevel::H6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(markdown: &str) -> String {
        render(markdown).into_string()
    }

    #[test]
    fn raw_html_is_text() {
        let html = rendered("a <b onclick=x>b</b>\n\n<script>alert(1)</script>\n\n<iframe src=//x></iframe>\n");
        assert!(!html.contains("<script") && !html.contains("<b") && !html.contains("<iframe"), "{html}");
        assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{html}");
    }

    #[test]
    fn images_are_their_alternative_text() {
        let html = rendered("![a *loss* <curve>](https://x.example/a.png \"t\")");
        assert_eq!(html, "<p><span class=\"image\">a <em>loss</em> &lt;curve&gt;</span></p>\n");
    }

    #[test]
    fn only_links_to_http_lead_anywhere() {
        let html = rendered("[a](https://x.example/?a=1&b=\"2\")");
        assert!(html.starts_with("<p><a href=\"https://x.example/?a=1&amp;b="), "{html}");
        assert!(html.contains("rel=\"nofollow noopener noreferrer\">a</a>"), "{html}");
        for target in [
            "javascript:alert(1)",
            "JaVaScRiPt&colon;alert(1)",
            "data:text/html,x",
            "//x.example",
            "train.py",
            "vbscript:x",
        ] {
            let html = rendered(&format!("[a]({target}) <{target}>"));
            assert!(!html.contains("<a") && !html.contains("href"), "{html}");
        }
        assert_eq!(rendered("[log](train.log)"), "<p>log (<code>train.log</code>)</p>\n");
    }

    #[test]
    fn headings_fit_the_page_and_tables_and_code_scroll() {
        assert_eq!(rendered("# a\n### b"), "<h3>a</h3>\n<h5>b</h5>\n");
        assert!(rendered("```rust \"x\n<a>\n```").contains("<pre tabindex=\"0\"><code>&lt;a&gt;\n</code></pre>"));
        let table = rendered("|a|b|\n|:-|-:|\n|1|2|");
        assert!(table.contains("class=\"scroll\"") && !table.contains("style="), "{table}");
    }

    #[test]
    fn escapes_are_made_visible_wherever_they_hide() {
        let html = rendered("a\u{1b}[1m `\u{202e}x` &#x202e; &#27;");
        assert!(!html.contains('\u{1b}') && !html.contains('\u{202e}'), "{html}");
    }
}
