//! XML as annotation programs write it.

use std::io::Write;

use mosaicist_core::xml::{self, Tag, decode, escaped};

/// Calls `on` for each element of `bytes`. Returns what is wrong where the text ends too early or is not XML; everything before
/// has been given to `on`.
pub(super) fn walk(bytes: &[u8], mut on: impl FnMut(Tag<'_>)) -> Option<String> {
    let walked = xml::walk(&decode(bytes), |tag| {
        on(tag);
        Ok(())
    });
    walked.err().map(|fault| fault.to_string())
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
        write!(out, " {name}=\"{}\"", escaped(value))?;
    }
    writeln!(out, "{end}>")
}
