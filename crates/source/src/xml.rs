//! The XML that scanners put into descriptions, as a small tree of elements.

use mosaicist_core::xml::{Attributes, Tag, walk};

use crate::{Error, limits};

/// Longer names are no description of an image.
const LONGEST_NAME: usize = 256;

/// One element.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) name: String,
    attributes: Attributes,
    /// All text directly inside.
    pub(super) text: String,
    pub(super) children: Vec<Node>,
}

impl Node {
    /// The root element of `text`, if it is XML. What follows the root does not matter.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (mut open, mut root) = (Vec::<Self>::new(), None);
        let walked = walk(text, |tag| {
            match tag {
                Tag::Open(name, attributes) => {
                    let texts: usize =
                        attributes.iter().map(|(name, value)| 2 * size_of::<String>() + name.len() + value.len()).sum();
                    limits::charge_items(1, size_of::<Self>() + name.len() + texts)?;
                    if name.len() > LONGEST_NAME {
                        return Err(Error::corrupt("XML with far too long names"));
                    }
                    let (name, attributes) = (name.to_owned(), std::mem::take(attributes));
                    open.push(Self { name, attributes, ..Self::default() });
                }
                Tag::Close(_, text) => {
                    if let Some(node) = open.pop().map(|node| Self { text: text.to_owned(), ..node }) {
                        match open.last_mut() {
                            Some(parent) => parent.children.push(node),
                            None => _ = root.get_or_insert(node),
                        }
                    }
                }
            }
            Ok(())
        });
        root.filter(|_| walked.is_ok() || open.is_empty())
    }

    /// The value of an attribute.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.get(name)
    }

    /// All attributes, names and values.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes.iter()
    }

    /// The value of an attribute that is a number.
    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.attributes.number(name)
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
