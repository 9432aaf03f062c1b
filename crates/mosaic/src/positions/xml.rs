//! Names in XML that is written.

use std::borrow::Cow;

use mosaicist_core::xml;

use crate::{Error, Result};

/// Escapes `text` for an element or an attribute.
pub(super) fn escaped(text: &str) -> Result<Cow<'_, str>> {
    if text.chars().any(|letter| xml::is_forbidden(letter) || matches!(letter, '\n' | '\r')) {
        return Err(Error::invalid(format!("{text:?}: such a name cannot be written as XML")));
    }
    Ok(xml::escaped(text))
}
