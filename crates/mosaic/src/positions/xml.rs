//! XML as a sequence of elements that open and close, for files too large for a tree.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

use crate::{Error, Result};

/// Elements deeper than this are in no file of positions.
const DEEPEST: usize = 64;

/// An element as it opens or closes, without its namespace.
pub(super) enum Tag<'a> {
    Open(&'a str, &'a Attributes),
    /// With the text directly inside.
    Close(&'a str, &'a str),
}

/// Names and values.
#[derive(Default)]
pub(super) struct Attributes(Vec<(String, String)>);

impl Attributes {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.get(name)?.trim().parse().ok()
    }

    fn of(start: &BytesStart<'_>) -> Self {
        let mut attributes = start.attributes();
        let all = attributes.with_checks(false).flatten().map(|pair| {
            let value = unescape(&pair.value).map_or_else(|_| pair.value.to_string(), Cow::into_owned);
            (pair.key.local_name().as_ref().to_owned(), value)
        });
        Self(all.collect())
    }
}

/// Calls `on` for each element of `text` as it opens and as it closes. Fails on what is no XML, and with what `on` fails with.
pub(super) fn walk(text: &str, mut on: impl FnMut(Tag<'_>) -> Result<()>) -> Result<()> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<(String, String)> = Vec::new();
    loop {
        let event = reader.read_event().map_err(|error| Error::corrupt(format!("no proper XML: {error}")))?;
        let mut put = |text: &str| {
            if let Some((_, inside)) = open.last_mut() {
                inside.push_str(text);
            }
        };
        match event {
            Event::Start(start) => {
                if open.len() >= DEEPEST {
                    return Err(Error::corrupt("XML that is nested too deeply"));
                }
                let name = start.local_name().as_ref().to_owned();
                on(Tag::Open(&name, &Attributes::of(&start)))?;
                open.push((name, String::new()));
            }
            Event::Empty(start) => {
                let name = start.local_name().as_ref().to_owned();
                on(Tag::Open(&name, &Attributes::of(&start)))?;
                on(Tag::Close(&name, ""))?;
            }
            Event::End(_) => {
                let Some((name, text)) = open.pop() else { return Err(Error::corrupt("no proper XML")) };
                on(Tag::Close(&name, &text))?;
            }
            Event::Text(text) => put(&text),
            Event::CData(text) => put(&text),
            Event::GeneralRef(name) => {
                if let Ok(text) = unescape(&format!("&{};", &*name)) {
                    put(&text);
                }
            }
            Event::Eof if open.is_empty() => return Ok(()),
            Event::Eof => return Err(Error::corrupt("the XML ends too early")),
            _ => {}
        }
    }
}

/// `text` as it may stand in an element or an attribute.
pub(super) fn escaped(text: &str) -> Result<Cow<'_, str>> {
    if text.chars().any(|letter| letter.is_control() && letter != '\t') {
        return Err(Error::invalid(format!("{text:?}: such a name cannot be written as XML")));
    }
    Ok(quick_xml::escape::escape(text))
}
