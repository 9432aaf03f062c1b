//! On the loader's threads: the pixels of one display tile, as the screen wants them.

use egui::{ColorImage, TextureOptions};

use super::{Order, Pixels, SIDE, TileId};
use crate::cache::Wanted;
use crate::geometry::{Rect, Region, Size, TileGrid};
use crate::mosaic::PixelKind;
use crate::pixels::to_rgba8;
use crate::source::Source as _;
use crate::{Error, Result};

/// What came of an order.
pub(super) struct Made {
    pub(super) image: ColorImage,
    pub(super) options: TextureOptions,
}

/// Make a tile; it may stop half-way when nobody wants it any more.
pub(super) fn make(order: &Order, wanted: &Wanted) -> Result<Made> {
    let image = match &order.pixels {
        Pixels::Image { library, path, page } => {
            let source = library.open(path, *page)?.while_wanted(wanted);
            let info = source.info();
            let rect = cell(info.size(), order.tile)?;
            let TileId { level, column, row, .. } = order.tile;
            if let Some((inks, profile)) = source.as_inks().zip(order.look.profile_of_inks(info)) {
                let pixels = inks.read_cell(level, (column, row), rect)?;
                if let Some(colours) = profile.from_inks(&pixels) {
                    let image = order.look.image(&colours, PixelKind::RGB8, None);
                    return Ok(Made { image, options: order.look.options() });
                }
            }
            let pixels = source.read_cell(level, (column, row), rect)?;
            order.look.image(&pixels, info.into(), info.icc.as_ref())
        }
        Pixels::Canvas(canvas) => {
            let info = canvas.composite.info();
            let level = (order.tile.level as usize).min(info.levels.len() - 1);
            let rect = cell(info.size(), order.tile)?;
            let pixels = canvas.composite.read_while(Region::new(level, rect), wanted)?;
            order.look.image(&pixels, PixelKind::from(info), canvas.composite.profile().as_ref())
        }
        Pixels::Difference(pair, gain) => {
            let (pixels, kind) = pair.read(order.tile.level, cell(pair.size, order.tile)?, wanted)?;
            let window = (0.0, kind.sample.max() / 2f32.powi(*gain as i32));
            let size = [pixels.size().width as usize, pixels.size().height as usize];
            ColorImage::from_rgba_unmultiplied(size, &to_rgba8(&pixels, kind.colour, window))
        }
    };
    Ok(Made { image, options: order.look.options() })
}

fn cell(size: Size, tile: TileId) -> Result<Rect> {
    let grid = TileGrid::square(size.halved_times(tile.level as usize), SIDE);
    let rect = grid.rect(tile.column, tile.row);
    if rect.is_empty() { Err(Error::corrupt("the image is smaller than it was")) } else { Ok(rect) }
}
