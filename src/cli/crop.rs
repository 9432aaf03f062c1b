//! `crop`: a rectangle of a level into a plain file.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::Done;
use super::args::{Planes, Reading, rect};
use crate::export::{standing_file, write_image_of, write_raw_samples};
use crate::geometry::{Rect, Region};
use crate::loss;
use crate::source::{Info, Source};
use crate::work::library;
use crate::{Error, ImageRef, IoResultExt as _};

/// The most bytes of a crop, which is held in memory.
const MOST_BYTES: u64 = 2 << 30;
/// Decoded tiles on their way into it.
const CACHE_BYTES: u64 = 64 << 20;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  mosaicist crop mosaic.tif --rect 0,0,512,512 --level 2 -o corner.png")]
pub(super) struct Crop {
    file: PathBuf,
    /// The rectangle, in the level's own pixels.
    #[arg(long, value_name = "X,Y,W,H", value_parser = rect, allow_hyphen_values = true)]
    rect: Rect,
    /// The level, from 0: full resolution.
    #[arg(long, value_name = "L", default_value_t = 0)]
    level: usize,
    /// An associated image in place of the image itself: label, macro or thumbnail.
    #[arg(long, value_name = "NAME", conflicts_with = "page")]
    associated: Option<String>,
    /// The file to write; a .tif keeps the image's own sample type.
    #[arg(short, long)]
    out: PathBuf,
    /// The quality of a JPEG.
    #[arg(long, value_name = "Q", default_value_t = 90, value_parser = clap::value_parser!(u8).range(1..=100))]
    quality: u8,
    /// Replace OUT if it exists.
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    planes: Planes,
}

impl Crop {
    pub(super) fn run(&self) -> Done {
        let (image, out) = (ImageRef::parse(&self.file), &self.out);
        standing_file(out, &[image.path.to_path_buf()])?.allow(self.overwrite)?;
        let image = match &self.associated {
            Some(name) => image.associated(name),
            None => self.reading.address(self.planes.address(image)),
        };
        // Tile by tile, so that a broken one costs only its own area.
        let source = library(CACHE_BYTES).open(&image)?;
        let (info, region) = (source.info(), Region::new(self.level, self.rect));
        if self.rect.area().saturating_mul(info.pixel_bytes() as u64) > MOST_BYTES {
            let what = format!("{} is too much for a crop; use export, which needs little memory", self.rect);
            return Err(Error::limit(what).into());
        }
        let ending = out.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let part = part_of(info, self.level, self.rect)?;
        if matches!(ending, "tif" | "tiff")
            && let Some(samples) = reported(|| (&source as &dyn Source).read_raw(region).at(&image.path))?
        {
            write_raw_samples(out, &samples, &part)?;
            return Ok(());
        }
        let pixels = reported(|| source.read(region).at(&image.path))?;
        write_image_of(out, &pixels, &part, self.quality)?;
        Ok(())
    }
}

/// What is known of `rect` of a level: where it lies and how large its pixels are.
fn part_of(info: &Info, level: usize, rect: Rect) -> Result<Info, Error> {
    let downsample = info.level(Region::new(level, rect))?.downsample;
    let (x, y) = (rect.x0 as f64 * downsample, rect.y0 as f64 * downsample);
    Ok(Info {
        mpp: info.mpp.map(|(x, y)| (x * downsample, y * downsample)),
        geo: info.geo.as_ref().map(|geo| Arc::new(geo.of_part((x, y), (downsample, downsample)))),
        ..info.clone()
    })
}

/// What `read` gives; warns of parts that could not be read, and fails if there was nothing else.
fn reported<T>(read: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let (read, losses) = loss::collect(read);
    let read = read?;
    match losses.parts.first() {
        Some(part) if !losses.delivered => Err(part.error.clone()),
        _ => {
            losses.parts.iter().for_each(|part| say!("mosaicist: warning: {}", part.error));
            Ok(read)
        }
    }
}
