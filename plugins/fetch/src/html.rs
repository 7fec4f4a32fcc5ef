//! Web pages to Markdown and to text.

use std::rc::Rc;

use htmd::HtmlToMarkdown;
use markup5ever_rcdom::{Node, NodeData};
use pegboard_sdk::prelude::*;
use url::Url;

/// What is there for browsers, not for readers.
const SKIPPED: [&str; 8] = ["head", "script", "style", "noscript", "template", "svg", "iframe", "canvas"];

/// What begins and ends on a line of its own.
const BLOCKS: [&str; 31] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "td",
    "tr",
    "ul",
];

fn converter() -> HtmlToMarkdown {
    HtmlToMarkdown::builder().skip_tags(SKIPPED.to_vec()).build()
}

fn tree(html: &str) -> Result<Rc<Node>, Error> {
    converter().html_to_tree(html).map_err(|error| Error::failed(format!("the page cannot be read: {error}")))
}

/// The page of `url` as Markdown; its links lead where they did, from anywhere.
pub fn to_markdown(html: &str, url: &str) -> Result<String, Error> {
    let tree = tree(html)?;
    if let Ok(base) = Url::parse(url) {
        each(&tree, &mut |node| complete(node, &base));
    }
    Ok(converter().tree_to_markdown(&tree).trim().to_owned())
}

/// The page's words, a blank line between its blocks.
pub fn to_text(html: &str) -> Result<String, Error> {
    let mut text = Text::default();
    // Each element is met twice: before what is in it, and after.
    let mut left = vec![(tree(html)?, false)];
    while let Some((node, is_end)) = left.pop() {
        match &node.data {
            NodeData::Text { contents } if !is_end => text.add(&contents.borrow()),
            NodeData::Element { name, .. } if SKIPPED.contains(&&*name.local) => continue,
            NodeData::Element { name, .. } if &*name.local == "br" => text.end_line(),
            NodeData::Element { name, .. } if BLOCKS.contains(&&*name.local) => text.end_block(),
            _ => {}
        }
        if !is_end {
            let children: Vec<_> = node.children.borrow().iter().rev().cloned().collect();
            left.push((node, true));
            left.extend(children.into_iter().map(|child| (child, false)));
        }
    }
    Ok(text.words)
}

/// Calls `what` with each node. Without recursion: a page can be nested as deeply as it likes.
fn each(root: &Rc<Node>, what: &mut impl FnMut(&Node)) {
    let mut left = vec![root.clone()];
    while let Some(node) = left.pop() {
        what(&node);
        left.extend(node.children.borrow().iter().cloned());
    }
}

/// Makes links whole.
fn complete(node: &Node, base: &Url) {
    let NodeData::Element { attrs, .. } = &node.data else { return };
    for attribute in attrs.borrow_mut().iter_mut() {
        if matches!(&*attribute.name.local, "href" | "src")
            && let Ok(whole) = base.join(&attribute.value)
        {
            attribute.value = whole.as_str().into();
        }
    }
}

/// Words, and what comes before the next one.
#[derive(Default)]
struct Text {
    words: String,
    before_next: &'static str,
}

impl Text {
    fn add(&mut self, text: &str) {
        if text.starts_with(char::is_whitespace) {
            self.space();
        }
        for word in text.split_whitespace() {
            if !self.words.is_empty() {
                self.words.push_str(self.before_next);
            }
            self.words.push_str(word);
            self.before_next = " ";
        }
        if !text.ends_with(char::is_whitespace) && !text.is_empty() {
            self.before_next = "";
        }
    }

    fn space(&mut self) {
        if self.before_next.is_empty() {
            self.before_next = " ";
        }
    }

    fn end_line(&mut self) {
        if self.before_next != "\n\n" {
            self.before_next = "\n";
        }
    }

    fn end_block(&mut self) {
        self.before_next = "\n\n";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_apart_and_white_space_is_one_space() {
        let html =
            "<title>T</title><p>a  b<i>c</i> d<br>e</p>\n<ul><li>f\n</li><li> g</li></ul><style>x</style>h<b> i</b>";
        assert_eq!(to_text(html).unwrap(), "a bc d\ne\n\nf\n\ng\n\nh i");
        assert_eq!(to_text("").unwrap(), "");
    }

    #[test]
    fn links_and_pictures_lead_where_they_did_and_scripts_are_left_out() {
        let html = "<p><a href='../x'>x</a> <img src=y.png alt=y> <a href='#z'>z</a></p><script>s</script>";
        let markdown = to_markdown(html, "https://example.com/a/b/c").unwrap();
        assert_eq!(
            markdown,
            "[x](https://example.com/a/x) ![y](https://example.com/a/b/y.png) [z](https://example.com/a/b/c#z)"
        );
    }

    #[test]
    fn a_page_nested_ten_thousand_deep_is_text() {
        let html = "<div>".repeat(10_000) + "deep";
        assert_eq!(to_text(&html).unwrap(), "deep");
    }
}
