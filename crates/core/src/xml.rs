//! XML as image formats, annotation programs and position files use it: elements, attributes and text. Namespaces, comments and
//! processing instructions are left out.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

use crate::{Error, Result};

/// Elements nested deeper than this are refused.
const DEEPEST: usize = 64;

/// An element as it opens or closes, without its namespace. An empty element does both.
pub enum Tag<'a> {
    Open(&'a str, &'a mut Attributes),
    /// With the text directly inside.
    Close(&'a str, &'a str),
}

/// The attributes of an element.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Attributes(Vec<(String, String)>);

impl Attributes {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// An attribute that is a number.
    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.get(name)?.trim().parse().ok()
    }

    /// A number that may have a decimal comma; NaN if there is none.
    pub fn decimal(&self, name: &str) -> f64 {
        let text = self.get(name).unwrap_or_default().trim();
        text.parse().or_else(|_| text.replacen(',', ".", 1).parse()).unwrap_or(f64::NAN)
    }

    /// Names and values, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
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

/// Calls `on` for each element of `text` as it opens and as it closes.
///
/// Fails with [`Error::Corrupt`] where `text` is not XML, ends too early or is nested too deeply, and with what `on` fails with.
/// Everything before the fault has been given to `on`.
pub fn walk(text: &str, mut on: impl FnMut(Tag<'_>) -> Result<()>) -> Result<()> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = false;
    let mut open: Vec<(String, String)> = Vec::new();
    let add = |open: &mut Vec<(String, String)>, text: &str| {
        if let Some((_, inside)) = open.last_mut() {
            inside.push_str(text);
        }
    };
    loop {
        let event = reader.read_event().map_err(|error| {
            Error::corrupt(format!("XML that is damaged at byte {}: {error}", reader.error_position()))
        })?;
        match event {
            Event::Start(start) => {
                if open.len() >= DEEPEST {
                    return Err(Error::corrupt("XML with elements nested too deeply"));
                }
                let name = start.local_name().as_ref().to_owned();
                on(Tag::Open(&name, &mut Attributes::of(&start)))?;
                open.push((name, String::new()));
            }
            Event::Empty(start) => {
                let name = start.local_name().as_ref().to_owned();
                on(Tag::Open(&name, &mut Attributes::of(&start)))?;
                on(Tag::Close(&name, ""))?;
            }
            Event::End(_) => {
                let (name, text) = open.pop().ok_or_else(|| Error::corrupt("XML that closes more than it opens"))?;
                on(Tag::Close(&name, &text))?;
            }
            Event::Text(text) => add(&mut open, &text),
            Event::CData(text) => add(&mut open, &text),
            Event::GeneralRef(name) => {
                if let Ok(text) = unescape(&format!("&{};", &*name)) {
                    add(&mut open, &text);
                }
            }
            Event::Eof if open.is_empty() => return Ok(()),
            Event::Eof => return Err(Error::corrupt("XML that ends too early")),
            _ => {}
        }
    }
}

/// UTF-8, or UTF-16 with a byte order mark; other bytes become replacement characters.
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let wide = |bytes: &[u8], join: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| join([pair[0], pair[1]])).collect();
        Cow::Owned(String::from_utf16_lossy(&units))
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest),
        all => String::from_utf8_lossy(all),
    }
}

/// `text` as it may stand in an element or an attribute. Characters that XML cannot hold are left out.
pub fn escaped(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_forbidden) {
        let allowed: String = text.chars().filter(|c| !is_forbidden(*c)).collect();
        return Cow::Owned(quick_xml::escape::escape(allowed).into_owned());
    }
    quick_xml::escape::escape(text)
}

/// Whether XML 1.0 cannot hold the character, not even as a reference.
pub fn is_forbidden(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n' | '\r') || matches!(c, '\u{FFFE}' | '\u{FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> (Vec<String>, Result<()>) {
        let mut lines = Vec::new();
        let end = walk(text, |tag| {
            lines.push(match tag {
                Tag::Open(name, attributes) => {
                    let all: Vec<_> = attributes.iter().map(|(name, value)| format!("{name}={value}")).collect();
                    format!("<{name} {}", all.join(" "))
                }
                Tag::Close(name, text) => format!("{name}> {text}"),
            });
            Ok(())
        });
        (lines, end)
    }

    #[test]
    fn elements_open_and_close_with_their_text() {
        let text = "<?xml version='1.0'?><!-- a --><o:A xmlns:o='x' n='1 &lt; 2'>a &amp; <![CDATA[<b>]]><B/></o:A>";
        let (lines, end) = lines(text);
        assert_eq!(lines, ["<A o=x n=1 < 2", "<B ", "B> ", "A> a & <b>"]);
        assert!(end.is_ok());
    }

    #[test]
    fn faults_are_named_after_what_is_before_them() {
        for (text, count, fault) in [
            ("<a><b/>", 3, "ends too early"),
            ("<a/></b>", 2, "damaged"),
            ("<a><b c=", 1, "damaged"),
            (&"<a>".repeat(1000), DEEPEST, "nested too deeply"),
        ] {
            let (lines, end) = lines(text);
            let error = end.unwrap_err().to_string();
            assert!(lines.len() == count && error.contains(fault), "{text:.20}: {lines:?} {error}");
        }
        assert!(walk("<a/>", |_| Err(Error::invalid("stop"))).unwrap_err().to_string().contains("stop"));
    }

    #[test]
    fn numbers_may_have_a_decimal_comma() {
        walk("<a x='1,5' y=' 2.5 ' z='x'/>", |tag| {
            if let Tag::Open(_, attributes) = tag {
                assert_eq!((attributes.decimal("x"), attributes.number::<f64>("y")), (1.5, Some(2.5)));
                assert!(attributes.decimal("z").is_nan() && attributes.number::<f64>("x").is_none());
            }
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn utf_16_is_decoded() {
        let wide: Vec<u8> = [0xFEFFu16].into_iter().chain("<ä/>".encode_utf16()).flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(&wide), "<ä/>");
        assert_eq!(decode(b"\xEF\xBB\xBF<a/>"), "<a/>");
    }

    #[test]
    fn escaped_text_is_allowed_in_xml() {
        assert_eq!(escaped("a < b\u{1}\u{FFFE}\n"), "a &lt; b\n");
    }
}
