//! `info`: what a file holds.

use std::path::PathBuf;

use lexopt::prelude::*;
use serde_json::json;

use super::{Done, Failure, addressed, channels, print, raw_layout};
use crate::work::Properties;

pub(super) fn run(mut parser: lexopt::Parser) -> Done {
    let (mut file, mut as_json): (Option<PathBuf>, bool) = (None, false);
    let (mut raw, mut page) = (None, 0);
    let mut chosen: Option<Vec<usize>> = None;
    while let Some(argument) = parser.next()? {
        match argument {
            Long("json") => as_json = true,
            Long("page") => page = parser.value()?.parse()?,
            Long("channels") => chosen = Some(channels(&mut parser)?),
            Long("raw") => raw = Some(raw_layout(&mut parser)?),
            Value(value) if file.is_none() => file = Some(value.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    let file = file.ok_or_else(|| Failure::Usage("info wants a file".into()))?;
    let facts = Properties::read(&addressed(&file, raw.as_ref(), chosen.as_deref()), page)?;
    if as_json {
        return print(&format!("{:#}\n", json!(facts)));
    }
    let line = |(name, value): (String, String)| format!("{name:<20} {value}\n");
    print(&facts.lines().into_iter().map(line).collect::<String>())
}
