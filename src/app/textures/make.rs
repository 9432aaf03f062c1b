//! On the loader's threads: the pixels of one display tile, as the screen wants them.

use egui::ColorImage;

use super::{Order, Pixels, SIDE, TileId};
use crate::cache::Wanted;
use crate::geometry::{Rect, Region, Size, TileGrid};
use crate::pixels::to_rgba8;
use crate::source::Source as _;
use crate::{Error, Result};

/// What came of an order.
pub(super) struct Made {
    pub(super) image: ColorImage,
}

/// Make a tile; it may stop half-way when nobody wants it any more.
pub(super) fn make(order: &Order, wanted: &Wanted) -> Result<Made> {
    let (pixels, colour, max) = match &order.pixels {
        Pixels::Image { library, path, page } => {
            let source = library.open(path, *page)?.while_wanted(wanted);
            let info = source.info();
            let rect = cell(info.size(), order.tile)?;
            (source.read_reduced(order.tile.level, rect)?, info.colour, info.sample.max())
        }
        Pixels::Canvas(canvas) => {
            let info = canvas.composite.info();
            let level = (order.tile.level as usize).min(info.levels.len() - 1);
            let rect = cell(info.size(), order.tile)?;
            (canvas.composite.read_while(Region::new(level, rect), wanted)?, info.colour, info.sample.max())
        }
    };
    let size = [pixels.size().width as usize, pixels.size().height as usize];
    Ok(Made { image: ColorImage::from_rgba_unmultiplied(size, &to_rgba8(&pixels, colour, (0.0, max))) })
}

fn cell(size: Size, tile: TileId) -> Result<Rect> {
    let grid = TileGrid::square(size.halved_times(tile.level as usize), SIDE);
    let rect = grid.rect(tile.column, tile.row);
    if rect.is_empty() { Err(Error::corrupt("the image is smaller than it was")) } else { Ok(rect) }
}
