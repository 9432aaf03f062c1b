//! `positions`: where the tiles of a project lie, as a file for other programs; or such a file in another format.

use std::path::PathBuf;

use lexopt::prelude::*;

use super::{Done, Failure};
use crate::Error;
use crate::mosaic::positions::{Columns, PositionFormat, format_of_name, format_of_path, read, write};
use crate::mosaic::{is_project, load};
use crate::work::positions_of;

pub(super) fn run(mut parser: lexopt::Parser) -> Done {
    let (mut file, mut out): (Option<PathBuf>, Option<PathBuf>) = (None, None);
    let mut format: Option<&'static PositionFormat> = None;
    let (mut columns, mut overwrite) = (Columns::default(), false);
    let wrong = |error: Error| Failure::Usage(error.to_string());
    while let Some(argument) = parser.next()? {
        match argument {
            Short('o') | Long("out") => out = Some(parser.value()?.into()),
            Long("format") => format = Some(format_of_name(&parser.value()?.string()?).map_err(wrong)?),
            Long("columns") => columns = parser.value()?.string()?.parse().map_err(wrong)?,
            Long("overwrite") => overwrite = true,
            Value(value) if file.is_none() => file = Some(value.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    let file = file.ok_or_else(|| Failure::Usage("positions wants a project or a file of positions".into()))?;
    let out = out.ok_or_else(|| Failure::Usage("say where to write: -o FILE".into()))?;
    let format = match format {
        Some(format) => format,
        None => format_of_path(&out).map_err(wrong)?,
    };
    if !overwrite && out.exists() {
        return Err(Error::invalid(format!("{}: there is such a file; --overwrite replaces it", out.display())).into());
    }
    let positions = if is_project(&file) { positions_of(&load(&file)?, &out)? } else { read(&file, &columns)? };
    if positions.unit != crate::mosaic::layout::Unit::Pixel {
        let what = "its positions are in µm: stitch the tiles to a .mosaic project first, which has them in pixels";
        return Err(Error::invalid(format!("{}: {what}", file.display())).into());
    }
    let notes = positions.notes.clone().into_iter().chain(write(&positions, &out, format)?);
    notes.for_each(|note| eprintln!("mosaicist: {note}"));
    Ok(())
}
