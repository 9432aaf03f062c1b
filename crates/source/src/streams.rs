//! [`Streams`]: an image in a few long JPEG streams side by side, whose small levels come from the transform of the large ones.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::restart::RestartJpeg;
use super::{Capabilities, Info, Level, ReadingCost, Source};
use crate::geometry::{Rect, Region, Size};
use crate::pixels::{Pixels, SampleType};
use crate::{Error, IoResultExt as _, Result};

/// The strongest reduction (log2) a JPEG is decoded at.
const MAX_REDUCTION: u8 = 3;

/// Streams that make up one image, row by row.
pub(super) struct Sheet {
    pub(super) columns: usize,
    pub(super) streams: Vec<Arc<RestartJpeg>>,
}

impl Sheet {
    /// The size of all of them together.
    pub(super) fn size(&self) -> Size {
        let across = self.streams.iter().take(self.columns).map(|stream| stream.size().width);
        let down = self.streams.iter().step_by(self.columns.max(1)).map(|stream| stream.size().height);
        let sum = |sides: &mut dyn Iterator<Item = u32>| sides.fold(0u32, u32::saturating_add);
        Size::new(sum(&mut across.into_iter()), sum(&mut down.into_iter()))
    }
}

/// One level: a sheet, halved so many times while it is decoded.
struct Sized {
    sheet: Arc<Sheet>,
    reduce: u8,
    size: Size,
    /// The upper left of each stream.
    corners: Vec<(i64, i64)>,
}

/// The source.
pub(super) struct Streams {
    info: Info,
    levels: Vec<Sized>,
}

impl Streams {
    /// The image with the levels `sheets`, finest first, and levels between them.
    pub(super) fn new(format: &'static str, sheets: Vec<Sheet>) -> Result<Self> {
        // Stored levels are preferred to made ones, and those made of the next finer level to others.
        let mut levels = BTreeMap::new();
        for sheet in sheets {
            let sheet = Arc::new(sheet);
            for reduce in 0..=MAX_REDUCTION {
                let whole = sheet.streams.iter().all(|stream| stream.reduces(reduce));
                if reduce > 0 && !whole {
                    continue;
                }
                let level = Sized::new(&sheet, reduce);
                if !level.size.is_empty() {
                    levels.insert(std::cmp::Reverse(level.size.width), level);
                }
            }
        }
        let levels: Vec<Sized> = levels.into_values().collect();
        let first = levels.first().ok_or_else(|| Error::corrupt("a slide without levels"))?;
        if first.size.longest() > 1 << 30 {
            return Err(Error::limit(format!("{} pixels are too many", first.size)));
        }
        let mut info = Info::plain(format, first.size, first.size, 3, SampleType::U8);
        let full = f64::from(first.size.width);
        let level = |level: &Sized| Level {
            size: level.size,
            downsample: snapped(full / f64::from(level.size.width)),
            tile: level.sheet.streams[0].grid(level.reduce).tile,
        };
        info.levels = levels.iter().map(level).collect();
        info.background = vec![255.0; 3];
        Ok(Self { info, levels })
    }

    /// The description of the image, to be completed by the caller.
    pub(super) fn info_mut(&mut self) -> &mut Info {
        &mut self.info
    }
}

impl Source for Streams {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities::none()
    }

    fn cost(&self, region: Region) -> ReadingCost {
        ReadingCost::of_tiles(self.info(), region, 2)
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        let rect = region.rect;
        let inside = rect.intersect(Rect::from_size(self.info.level(region)?.size));
        let level = &self.levels[region.level];
        let mut out = self.info.blank(rect.size());
        for (stream, (x, y)) in level.sheet.streams.iter().zip(&level.corners) {
            let grid = stream.grid(level.reduce);
            let wanted = inside.translate(-x, -y);
            for (column, row) in grid.touching(wanted.intersect(Rect::from_size(grid.size))) {
                let piece = stream.piece(level.reduce, column, row).at(stream.path())?;
                if piece.channels() != 3 {
                    return Err(Error::unsupported("a slide without colors").at(stream.path()));
                }
                let place = grid.rect(column, row).translate(*x, *y);
                let part = place.intersect(inside);
                let view = piece.part(part.translate(-place.x0, -place.y0));
                out.paste(view, part.x0 - rect.x0, part.y0 - rect.y0);
            }
        }
        Ok(out)
    }
}

impl Sized {
    fn new(sheet: &Arc<Sheet>, reduce: u8) -> Self {
        let whole = sheet.size();
        let size = Size::new(whole.width >> reduce, whole.height >> reduce);
        let (mut corners, mut y) = (Vec::with_capacity(sheet.streams.len()), 0);
        for row in sheet.streams.chunks(sheet.columns.max(1)) {
            let mut x = 0;
            for stream in row {
                corners.push((x >> reduce, y >> reduce));
                x += i64::from(stream.size().width);
            }
            y += row.first().map_or(0, |stream| i64::from(stream.size().height));
        }
        Self { sheet: Arc::clone(sheet), reduce, size, corners }
    }
}

/// A ratio that is whole but for rounding.
fn snapped(ratio: f64) -> f64 {
    if (ratio - ratio.round()).abs() < 0.01 * ratio { ratio.round() } else { ratio }
}
