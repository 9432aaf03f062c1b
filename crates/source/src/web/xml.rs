//! The elements of a small descriptor with their attributes; what stands between them does not matter here.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::Event;

use crate::{Error, Result};

/// One element, names without their namespace.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: String,
    attributes: Vec<(String, String)>,
}

impl Element {
    /// The value of an attribute.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The value of an attribute that must be a number.
    pub(super) fn number(&self, name: &str) -> Result<u32> {
        let value = self.get(name).and_then(|value| value.trim().parse().ok());
        value.ok_or_else(|| Error::corrupt(format!("{} says no {name}", self.name)))
    }
}

/// All elements, in the order they begin.
pub(super) fn elements(text: &str) -> Result<Vec<Element>> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = false;
    let mut all = Vec::new();
    loop {
        let event = reader.read_event().map_err(|error| Error::corrupt(format!("XML: {error}")))?;
        let (Event::Start(start) | Event::Empty(start)) = event else {
            if matches!(event, Event::Eof) {
                return Ok(all);
            }
            continue;
        };
        let mut attributes = start.attributes();
        let attributes = attributes.with_checks(false).flatten().map(|pair| {
            let value = unescape(&pair.value).map_or_else(|_| pair.value.to_string(), Cow::into_owned);
            (pair.key.local_name().as_ref().to_owned(), value)
        });
        let attributes = attributes.collect();
        all.push(Element { name: start.local_name().as_ref().to_owned(), attributes });
    }
}
