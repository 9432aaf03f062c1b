//! XML as annotation programs write it, element by element; namespaces do not matter here.

use std::borrow::Cow;
use std::io::Write;

use quick_xml::Reader;
use quick_xml::escape::{escape, unescape};
use quick_xml::events::{BytesStart, Event};

/// Elements deeper than this are in no file of annotations.
const DEEPEST: usize = 64;

/// One step through a document.
pub(super) enum Item<'a> {
    /// An element begins.
    Open(&'a str, &'a Attributes),
    /// Text inside an element.
    Text(&'a str),
    /// An element ends, empty ones too.
    Close(&'a str),
}

/// The attributes of an element.
#[derive(Debug, Default)]
pub(super) struct Attributes(Vec<(String, String)>);

impl Attributes {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// An attribute that is a number.
    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.get(name)?.trim().parse().ok()
    }

    /// A coordinate; NaN where there is none, which is refused later. Some programs write a decimal comma.
    pub(super) fn coordinate(&self, name: &str) -> f64 {
        let text = self.get(name).unwrap_or_default().trim();
        text.parse().or_else(|_| text.replacen(',', ".", 1).parse()).unwrap_or(f64::NAN)
    }

    fn of(start: &BytesStart<'_>) -> Self {
        let mut attributes = start.attributes();
        let attributes = attributes.with_checks(false).flatten().map(|pair| {
            let value = unescape(&pair.value).map_or_else(|_| pair.value.to_string(), Cow::into_owned);
            (pair.key.local_name().as_ref().to_owned(), value)
        });
        Self(attributes.collect())
    }
}

/// Calls the handler for each element of `bytes`. Fails where the text ends early or is no XML, after all elements before that.
pub(super) fn walk(bytes: &[u8], mut see: impl FnMut(Item<'_>)) -> Option<String> {
    let text = decode(bytes);
    let mut reader = Reader::from_str(&text);
    reader.config_mut().check_end_names = false;
    let mut depth = 0usize;
    loop {
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => return Some(format!("damaged at byte {}: {error}", reader.error_position())),
        };
        match event {
            Event::Start(start) => {
                depth += 1;
                if depth > DEEPEST {
                    return Some("elements too deeply nested".into());
                }
                see(Item::Open(start.local_name().as_ref(), &Attributes::of(&start)));
            }
            Event::Empty(start) => {
                see(Item::Open(start.local_name().as_ref(), &Attributes::of(&start)));
                see(Item::Close(start.local_name().as_ref()));
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                see(Item::Close(end.local_name().as_ref()));
            }
            Event::Text(text) => see(Item::Text(&text)),
            Event::CData(text) => see(Item::Text(&text)),
            Event::GeneralRef(name) => {
                if let Ok(text) = unescape(&format!("&{};", &*name)) {
                    see(Item::Text(&text));
                }
            }
            Event::Eof => return (depth > 0).then(|| "the end is missing".into()),
            _ => {}
        }
    }
}

/// UTF-8, or UTF-16 with its mark; other bytes become replacement characters.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
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

/// Whether the first element of a document that begins like `head` has this name.
pub(super) fn root_is(head: &[u8], name: &str) -> bool {
    let text = decode(head);
    let mut rest = &*text;
    // Declarations, comments and document types come before it.
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if rest.starts_with(['?', '!']) {
            continue;
        }
        let found = rest.split(|c: char| c.is_whitespace() || matches!(c, '>' | '/')).next().unwrap_or_default();
        return found.rsplit(':').next() == Some(name);
    }
    false
}

/// An element's beginning with its attributes, closed at once if `end` is `/`.
pub(super) fn open(out: &mut dyn Write, name: &str, attributes: &[(&str, &str)], end: &str) -> std::io::Result<()> {
    write!(out, "<{name}")?;
    for (name, value) in attributes {
        // What XML cannot hold at all goes.
        let sound: Cow<'_, str> = if value.chars().any(is_forbidden) {
            Cow::Owned(value.chars().filter(|c| !is_forbidden(*c)).collect())
        } else {
            Cow::Borrowed(value)
        };
        write!(out, " {name}=\"{}\"", escape(&*sound))?;
    }
    writeln!(out, "{end}>")
}

fn is_forbidden(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n' | '\r') || matches!(c, '\u{FFFE}' | '\u{FFFF}')
}
