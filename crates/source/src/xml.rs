//! XML as scanners put it into descriptions: a small tree of elements, whose namespaces do not matter here.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

/// Elements deeper than this are no description of an image.
const DEEPEST: usize = 64;

/// One element.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) name: String,
    attributes: Vec<(String, String)>,
    /// All text directly inside.
    pub(super) text: String,
    pub(super) children: Vec<Node>,
}

impl Node {
    /// The root element of `text`, if it is XML.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader::from_str(text);
        reader.config_mut().check_end_names = false;
        let mut open: Vec<Self> = Vec::new();
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) if open.len() < DEEPEST => open.push(Self::of(&start)),
                Event::Empty(start) => {
                    let node = Self::of(&start);
                    match open.last_mut() {
                        Some(parent) => parent.children.push(node),
                        None => return Some(node),
                    }
                }
                Event::End(_) => {
                    let node = open.pop()?;
                    match open.last_mut() {
                        Some(parent) => parent.children.push(node),
                        None => return Some(node),
                    }
                }
                Event::Text(text) => {
                    if let Some(node) = open.last_mut() {
                        node.text.push_str(&text);
                    }
                }
                Event::GeneralRef(name) => {
                    if let Some(node) = open.last_mut()
                        && let Ok(text) = unescape(&format!("&{};", &*name))
                    {
                        node.text.push_str(&text);
                    }
                }
                Event::CData(text) => {
                    if let Some(node) = open.last_mut() {
                        node.text.push_str(&text);
                    }
                }
                Event::Start(_) | Event::Eof => return None,
                _ => {}
            }
        }
    }

    fn of(start: &BytesStart<'_>) -> Self {
        let mut attributes = start.attributes();
        let attributes = attributes.with_checks(false).flatten().map(|pair| {
            let value = unescape(&pair.value).map_or_else(|_| pair.value.to_string(), Cow::into_owned);
            (pair.key.local_name().as_ref().to_owned(), value)
        });
        let attributes = attributes.collect();
        Self { name: start.local_name().as_ref().to_owned(), attributes, ..Self::default() }
    }

    /// The value of an attribute.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// All attributes, names and values.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value of an attribute that is a number.
    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.get(name)?.trim().parse().ok()
    }

    /// The children of that name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first child of that name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The first element of that name, this one or below, in the order they begin.
    pub(super) fn find(&self, name: &str) -> Option<&Self> {
        if self.name == name {
            return Some(self);
        }
        self.children.iter().find_map(|child| child.find(name))
    }

    /// The text of a child, if there is any.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim()).filter(|text| !text.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_are_read() {
        let text = "<?xml version='1.0'?><!-- a --><o:OME xmlns:o='x'><I n='1 &lt; 2'><T>a &amp; b</T></I><I/></o:OME>";
        let root = Node::parse(text).unwrap();
        assert_eq!((root.name.as_str(), root.all("I").count()), ("OME", 2));
        assert_eq!(root.child("I").unwrap().get("n"), Some("1 < 2"));
        assert_eq!(root.find("T").map(|node| node.text.as_str()), Some("a & b"));
        for broken in ["", "no xml", "<a>", "<a", &"<a>".repeat(100_000)] {
            assert_eq!(Node::parse(broken), None, "{broken:.20}");
        }
    }
}
