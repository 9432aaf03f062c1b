//! `info`: what a file holds.

use std::path::{Path, PathBuf};

use lexopt::prelude::*;
use serde_json::{Value as Json, json};

use super::{Done, Failure, print, raw_layout};
use crate::Result;
use crate::source::open;

pub(super) fn run(mut parser: lexopt::Parser) -> Done {
    let (mut file, mut as_json): (Option<PathBuf>, bool) = (None, false);
    let mut raw = None;
    while let Some(argument) = parser.next()? {
        match argument {
            Long("json") => as_json = true,
            Long("raw") => raw = Some(raw_layout(&mut parser)?),
            Value(value) if file.is_none() => file = Some(value.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    let file = file.ok_or_else(|| Failure::Usage("info wants a file".into()))?;
    let found = describe(&raw.map_or_else(|| file.clone(), |layout| layout.attach(&file)))?;
    if as_json { print(&format!("{found:#}\n")) } else { print(&readable(&found)) }
}

/// The answer to `info --json`.
pub fn describe(path: &Path) -> Result<Json> {
    let opened = open(path)?;
    let source = opened.page(0).map_err(|error| error.at(path))?;
    let info = source.info();
    let levels: Vec<Json> = info
        .levels
        .iter()
        .map(|level| {
            json!({
                "width": level.size.width, "height": level.size.height, "downsample": level.downsample,
                "tile_width": level.tile.width, "tile_height": level.tile.height,
            })
        })
        .collect();
    Ok(json!({
        "format": info.format,
        "pages": opened.pages(),
        "width": info.size().width,
        "height": info.size().height,
        "channels": info.channels,
        "sample_type": info.type_name(),
        "levels": levels,
        "mpp_x": info.mpp.map(|mpp| mpp.0),
        "mpp_y": info.mpp.map(|mpp| mpp.1),
        "objective": info.objective,
        "associated": opened.associated(),
        "properties": info.properties,
    }))
}

/// The same for people: a line for each fact that is known.
fn readable(found: &Json) -> String {
    let mut lines = Vec::new();
    for (name, value) in found.as_object().into_iter().flatten() {
        match value {
            Json::Null => {}
            Json::Array(values) if values.is_empty() => {}
            Json::Array(values) => {
                for (number, value) in values.iter().enumerate() {
                    let text = match value {
                        Json::Object(level) => format!(
                            "{} × {}, 1/{}, tiles {} × {}",
                            level["width"],
                            level["height"],
                            level["downsample"],
                            level["tile_width"],
                            level["tile_height"]
                        ),
                        other => other.to_string(),
                    };
                    lines.push(format!("{:<14}{text}", format!("{name}[{number}]")));
                }
            }
            Json::Object(values) => lines.extend(values.iter().map(|(name, value)| {
                format!("{name:<14}{}", value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            })),
            Json::String(text) => lines.push(format!("{name:<14}{text}")),
            other => lines.push(format!("{name:<14}{other}")),
        }
    }
    lines.join("\n") + "\n"
}
