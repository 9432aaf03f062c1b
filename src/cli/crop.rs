//! `crop`: a rectangle of a level into a plain file.

use std::path::PathBuf;

use lexopt::prelude::*;

use super::{Done, Failure, addressed, channels, raw_layout, rect};
use crate::export::{standing_file, write_image, write_raw_samples};
use crate::geometry::Region;
use crate::source::open;
use crate::{Error, IoResultExt as _};

/// The most bytes of a crop, which is held in memory.
const MOST_BYTES: u64 = 2 << 30;

pub(super) fn run(mut parser: lexopt::Parser) -> Done {
    let (mut file, mut out, mut wanted): (Option<PathBuf>, Option<PathBuf>, _) = (None, None, None);
    let (mut level, mut page, mut associated, mut quality): (usize, usize, Option<String>, u8) = (0, 0, None, 90);
    let (mut raw, mut chosen): (_, Option<Vec<usize>>) = (None, None);
    let mut overwrite = false;
    while let Some(argument) = parser.next()? {
        match argument {
            Long("rect") => wanted = Some(rect(&parser.value()?, "--rect")?),
            Long("level") => level = parser.value()?.parse()?,
            Long("page") => page = parser.value()?.parse()?,
            Long("associated") => associated = Some(parser.value()?.string()?),
            Long("channels") => chosen = Some(channels(&mut parser)?),
            Long("raw") => raw = Some(raw_layout(&mut parser)?),
            Long("quality") => quality = parser.value()?.parse()?,
            Long("overwrite") => overwrite = true,
            Short('o') | Long("out") => out = Some(parser.value()?.into()),
            Value(value) if file.is_none() => file = Some(value.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    let missing = |what: &str| Failure::Usage(format!("crop wants {what}"));
    let file = file.ok_or_else(|| missing("a file"))?;
    let rect = wanted.ok_or_else(|| missing("--rect X,Y,W,H"))?;
    let out = out.ok_or_else(|| missing("-o OUT"))?;
    standing_file(&out, std::slice::from_ref(&file))?.allow(overwrite)?;
    let opened = open(&addressed(&file, raw.as_ref(), chosen.as_deref()))?;
    let source = match associated {
        Some(name) => opened.associated_image(&name).at(&file)?,
        None => opened.page(page).at(&file)?,
    };
    let info = source.info();
    if rect.area().saturating_mul(info.pixel_bytes() as u64) > MOST_BYTES {
        return Err(
            Error::limit(format!("{rect} is too much for a crop; use export, which needs little memory")).into()
        );
    }
    let ending = out.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    if matches!(ending, "tif" | "tiff")
        && let Some(numbers) = source.read_raw(Region::new(level, rect)).at(&file)?
    {
        write_raw_samples(&out, &numbers, info.color)?;
        return Ok(());
    }
    let pixels = source.read(Region::new(level, rect)).at(&file)?;
    write_image(&out, &pixels, info.color, quality)?;
    Ok(())
}
