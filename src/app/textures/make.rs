//! On the loader's threads: the pixels of one display tile, as the screen wants them.

use egui::{ColorImage, TextureOptions};

use super::request::{SIDE, TileId, TileRequest, TileSource};
use crate::cache::{Cached, CancelToken};
use crate::geometry::{Rect, Region, Size, TileGrid};
use crate::job::Progress;
use crate::loss::{self, Loss};
use crate::mosaic::PixelKind;
use crate::pixels::{Sample as _, each_type, is_nodata, to_rgba8};
use crate::source::arriving::expected_at;
use crate::source::{CoarsePreview as _, Deferred as _, Source as _};
use crate::{Error, Result};

/// Images of fewer pixels are decoded about as fast as their thumbnails.
const LEAST_PHOTO: u64 = 2 << 20;

/// The result of a [`TileRequest`].
pub(super) enum Made {
    Tile(Image),
    /// A coarse preview of the whole image or its upper part, for a tile that waits for a sequential scan, or for other images.
    Preview {
        image: Image,
        is_whole: bool,
        scan: Option<Progress>,
    },
    /// The tile waits for a sequential scan of the file, or for the file itself.
    NotYet(Progress),
    /// A piece of an overview is there.
    Patch,
}

/// An image to upload as a texture.
pub(super) struct Image {
    pub(super) image: ColorImage,
    pub(super) options: TextureOptions,
}

/// What was made, and which parts of it the files no longer hold.
pub(super) struct Outcome {
    pub(super) made: Made,
    pub(super) lost: Vec<Loss>,
}

/// Makes a tile; stops when `cancel` is set. Where the file gives nothing of it, it fails.
pub(super) fn make(request: &TileRequest, cancel: &CancelToken) -> Result<Outcome> {
    let (made, losses) = loss::collect(|| make_what_is_there(request, cancel));
    let is_one = matches!(request.source, TileSource::Image { .. });
    match (made?, losses.parts.first()) {
        (_, Some(lost)) if is_one && !losses.delivered => Err(lost.error.clone()),
        (made, _) => Ok(Outcome { made, lost: losses.parts }),
    }
}

fn make_what_is_there(request: &TileRequest, cancel: &CancelToken) -> Result<Made> {
    let image = match &request.source {
        TileSource::Image { library, image } => {
            if let Some(progress) = expected_at(&image.path) {
                return Ok(Made::NotYet(progress));
            }
            let source = library.open(image)?.until_cancelled(cancel);
            let rect = cell(source.info().size(), request.tile)?;
            // Of channels that are stored apart, those that are off are not waited for.
            let few = source.of_channels(request.settings.channels_on());
            let required = few.as_ref().unwrap_or(&source);
            if let Some(scan) = required.scanning().filter(|_| !required.is_ready_reduced(request.tile.level, rect)) {
                return waiting(request, &source, rect, scan);
            }
            if let Some(thumbnail) = thumbnail(request, &source, rect) {
                return Ok(thumbnail);
            }
            image_tile(request, &source, rect)?
        }
        TileSource::Overview(canvas, patch) => {
            canvas.overview.apply(*patch, &canvas.coarse, cancel)?;
            return Ok(Made::Patch);
        }
        TileSource::Canvas(canvas, filtered) => {
            let info = canvas.composite.info();
            let rect = cell(info.size(), request.tile)?;
            let level = request.tile.level;
            let view = canvas.filtered.as_ref().filter(|_| *filtered);
            let pixels = if let Some(view) = view {
                view.read(level, rect)?
            } else if level >= canvas.overview.level() {
                canvas.overview.read(level, rect)
            } else {
                canvas.composite.read_while(Region::new(level as usize, rect), cancel)?
            };
            request.settings.image(&pixels, PixelKind::from(info), canvas.composite.profile().as_ref())
        }
        TileSource::Difference(pair, gain) => {
            let (pixels, kind) = pair.read(request.tile.level, cell(pair.size, request.tile)?, cancel)?;
            let window = (0.0, kind.sample.max() / 2f32.powi(*gain as i32));
            let size = [pixels.size().width as usize, pixels.size().height as usize];
            ColorImage::from_rgba_unmultiplied(size, &to_rgba8(&pixels, kind.color, window))
        }
    };
    Ok(Made::Tile(Image { image, options: request.settings.options() }))
}

/// A tile of an image, from its CMYK samples if there is a profile.
fn image_tile(request: &TileRequest, source: &Cached, rect: Rect) -> Result<ColorImage> {
    let info = source.info();
    let TileId { level, column, row, .. } = request.tile;
    if let Some((cmyk, profile)) = source.as_cmyk().zip(request.settings.cmyk_profile(info)) {
        let pixels = cmyk.read_cell(level, (column, row), rect)?;
        if let Some(colors) = profile.from_cmyk(&pixels) {
            return Ok(request.settings.image(&colors, PixelKind::RGB8, None));
        }
    }
    let few = |on: &[usize]| source.of_channels(on).map(|few| few.read_cell(level, (column, row), rect));
    if let Some(image) = request.settings.image_of_channels(rect.size(), info.into(), few) {
        return image;
    }
    let pixels = source.read_cell(level, (column, row), rect)?;
    let mut image = request.settings.image(&pixels, info.into(), info.icc.as_ref());
    if let Some(nodata) = info.nodata {
        clear_nodata(&mut image, &pixels, nodata);
    }
    Ok(image)
}

/// Make pixels transparent of which nothing is known.
fn clear_nodata(image: &mut ColorImage, pixels: &crate::pixels::Pixels, nodata: f64) {
    let channels = usize::from(pixels.channels());
    each_type!(pixels.samples(), samples => {
        for (color, pixel) in image.pixels.iter_mut().zip(samples.chunks_exact(channels)) {
            if pixel.iter().all(|sample| is_nodata(sample.to_f64(), nodata)) {
                *color = egui::Color32::TRANSPARENT;
            }
        }
    });
}

/// For a tile that waits for `scan`: a coarse preview, if it is the whole image.
fn waiting(request: &TileRequest, source: &Cached, rect: Rect, scan: Progress) -> Result<Made> {
    let info = source.info();
    let is_all = rect.size() == info.size().halved_times(request.tile.level as usize);
    // Of channels that are stored apart no whole is there at once.
    let whole = is_all && !request.begun && source.of_channels(&[0]).is_none();
    let preview = if whole { source.preview()? } else { None };
    Ok(match preview {
        None => Made::NotYet(scan),
        Some(preview) => {
            let image = request.settings.image(&preview.pixels, info.into(), info.icc.as_ref());
            let image = Image { image, options: request.settings.options() };
            Made::Preview { image, is_whole: preview.is_whole, scan: Some(scan) }
        }
    })
}

/// The thumbnail that a large photo keeps of itself, for a tile that is all of it, until that is decoded.
fn thumbnail(request: &TileRequest, source: &Cached, rect: Rect) -> Option<Made> {
    let info = source.info();
    let is_all = rect.size() == info.size().halved_times(request.tile.level as usize);
    if request.begun || !is_all || info.is_cmyk || info.size().area() < LEAST_PHOTO {
        return None;
    }
    let pixels = source.thumbnail().ok()??;
    let image = request.settings.image(&pixels, info.into(), info.icc.as_ref());
    let image = Image { image, options: request.settings.options() };
    Some(Made::Preview { image, is_whole: true, scan: None })
}

fn cell(size: Size, tile: TileId) -> Result<Rect> {
    let grid = TileGrid::square(size.halved_times(tile.level as usize), SIDE);
    let rect = grid.rect(tile.column, tile.row);
    if rect.is_empty() { Err(Error::corrupt("the image is smaller than it was")) } else { Ok(rect) }
}
