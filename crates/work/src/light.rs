//! A document's flat field and exposures, from its images' overlaps.

use std::sync::Arc;

use crate::cache::Library;
use crate::composite::Light;
use crate::geometry::{Rect, Size};
use crate::job::Progress;
use crate::mosaic::{Edit, Flat, FlatField, ImageRef, Mosaic, PixelKind, PlacementIds, Property, Surface};
use crate::pixels::Color;
use crate::placement_reader::{PixelValue, PlacementReader};
use crate::{Error, Result};
use mosaicist_align::light::{Exposures, flat_field, match_exposure};
use mosaicist_align::{Plane, Tile, TileReader};

/// The flat field of all images, which lie where they belong; each color for itself. `dark` is taken off before.
///
/// Fails where the images overlap too little, where none can be read, and when cancelled.
pub fn estimate_flat_field(
    mosaic: &Mosaic,
    library: &Library,
    dark: Option<ImageRef>,
    progress: &Progress,
) -> Result<FlatField> {
    let kind = kind_of(mosaic)?;
    let without = FlatField { flat: Flat::None, dark: dark.clone() };
    let light = dark.is_some().then(|| Light::load(&without, library)).transpose()?;
    let tiles: Vec<Tile> = mosaic.placements.iter().map(Tile::of).collect();
    let colors = kind.channels - u8::from(kind.color.has_alpha());
    let mut surfaces = Vec::new();
    for channel in 0..colors {
        let value = if kind.color == Color::Gray { PixelValue::Gray } else { PixelValue::Channel(channel.into()) };
        let reader = EvenReader::new(library, mosaic, value, light.as_ref());
        surfaces.push(flat_field(&tiles, &reader, full(kind), progress)?);
    }
    let Some(Surface { columns, rows, .. }) = surfaces.first().cloned() else {
        return Err(Error::invalid("images without a color have no flat field"));
    };
    let values = surfaces.into_iter().flat_map(|surface| surface.values).collect();
    Ok(FlatField { flat: Flat::Surface(Surface { columns, rows, channels: colors, values }), dark })
}

/// The edits that make all images as bright as their neighbors, given the document's flat field. Locked images stay.
///
/// Fails where the flat field cannot be read, and when cancelled.
pub fn matched_exposures(
    mosaic: &Mosaic,
    library: &Library,
    what: Exposures,
    progress: &Progress,
) -> Result<Vec<Edit>> {
    let light = mosaic.flat_field.as_ref().map(|field| Light::load(field, library)).transpose()?;
    let tiles: Vec<Tile> = mosaic.placements.iter().map(Tile::of).collect();
    let reader = EvenReader::new(library, mosaic, PixelValue::Gray, light.as_ref());
    let found = match_exposure(&tiles, &reader, full(kind_of(mosaic)?), what, progress)?;
    let edits = mosaic.placements.iter().zip(found).filter(|(placement, _)| !placement.locked);
    let edits = edits.map(|(placement, found)| {
        let property = Property::Gain { gain: found.gain, offset: found.offset };
        Edit::Set { ids: PlacementIds::from_iter([placement.id]), property }
    });
    Ok(edits.collect())
}

/// The same as one change of the document.
pub fn apply_all(mosaic: &mut Mosaic, edits: &[Edit]) {
    edits.iter().for_each(|edit| drop(mosaic.apply(edit)));
}

/// The edit that divides by `flat` and takes `dark` off.
pub fn flat_field_edit(field: FlatField) -> Edit {
    Edit::FlatField(Some(Arc::new(field)))
}

fn kind_of(mosaic: &Mosaic) -> Result<PixelKind> {
    mosaic.placements.kind().ok_or_else(|| Error::invalid("none of the images can be read"))
}

/// The largest sample of a kind, if it has one.
fn full(kind: PixelKind) -> Option<f32> {
    (!kind.sample.is_float()).then(|| kind.sample.max())
}

/// Reads images divided by a flat field. Those that are locked are as they are shown.
struct EvenReader<'a> {
    reader: PlacementReader,
    light: Option<&'a Light>,
    /// Size, gain and offset of each image.
    images: Vec<(Size, f32, f32)>,
    /// Whose light counts.
    channel: usize,
}

impl<'a> EvenReader<'a> {
    fn new(library: &Library, mosaic: &Mosaic, value: PixelValue, light: Option<&'a Light>) -> Self {
        let images = mosaic.placements.iter().map(|placement| {
            let shown = if placement.locked { (placement.gain, placement.offset) } else { (1.0, 0.0) };
            (placement.size, shown.0, shown.1)
        });
        // Gray is mostly green.
        let channel = if let PixelValue::Channel(channel) = value { channel } else { 1 };
        Self { reader: PlacementReader::new(library.clone(), mosaic, value), light, images: images.collect(), channel }
    }
}

impl TileReader for EvenReader<'_> {
    fn read(&self, tile: usize, rect: Rect) -> Result<Plane> {
        let mut plane = self.reader.read(tile, rect)?;
        let (size, gain, offset) = self.images[tile];
        if self.light.is_none() && (gain, offset) == (1.0, 0.0) {
            return Ok(plane);
        }
        let (width, part) = (plane.width.max(1), |at: i64, length: u32| (at as f64 + 0.5) / f64::from(length));
        for (y, row) in (rect.y0..).zip(plane.data.chunks_exact_mut(width)) {
            for (x, value) in (rect.x0..).zip(row) {
                let at = (part(x, size.width), part(y, size.height));
                let even = self.light.map_or(*value, |light| light.even(*value, self.channel, at));
                *value = even * gain + offset;
            }
        }
        Ok(plane)
    }
}
