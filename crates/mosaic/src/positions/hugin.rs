//! Projects of Hugin (`.pto`) in which flat tiles are placed by the camera's translation, `TrX` to the right and `TrY` down.
//!
//! The plane lies at distance 1, so one unit has as many pixels as the focal length: half the width divided by the tangent of
//! half the field of view `v`. Rounding to a millionth of a pixel undoes that division's error.

use std::fmt::Write as _;

use super::text::unread;
use super::{Positions, TilePosition, Written};
use crate::geometry::Size;
use crate::{Error, Result};

/// Degrees across the widest tile.
const FIELD_OF_VIEW: f64 = 10.0;

pub(super) fn detect(name: &str, text: &str) -> bool {
    let images = text.lines().filter(|line| line.starts_with("i ")).count();
    images > 0 && (name.ends_with(".pto") || text.lines().any(|line| line.starts_with("p f")))
}

pub(super) fn read(text: &str) -> Result<Positions> {
    let mut positions = Positions::default();
    let (mut wrong, mut images): (Vec<usize>, Vec<&str>) = (Vec::new(), Vec::new());
    let mut turned = 0;
    for (number, line) in (1..).zip(text.lines()) {
        let Some(image) = line.strip_prefix("i ") else { continue };
        images.push(image);
        let value = |key: &str| value_of(&images, images.len() - 1, key);
        turned += usize::from(["y", "p", "r"].iter().any(|angle| value(angle).is_some_and(|angle| angle.abs() > 1e-6)));
        match tile(image, value) {
            Some(tile) => positions.tiles.push(tile),
            None => wrong.push(number),
        }
    }
    if turned > 0 {
        let what = format!("{turned} images are turned; only flat mosaics placed by TrX and TrY can be read");
        return Err(Error::unsupported(what));
    }
    positions.notes.extend(unread(&wrong));
    Ok(positions)
}

fn tile(image: &str, value: impl Fn(&str) -> Option<f64>) -> Option<TilePosition> {
    let file = image.split_once(" n\"")?.1.rsplit_once('"')?.0.to_owned();
    let (width, height) = (value("w")?, value("h")?);
    let side = |side: f64| (side >= 1.0 && side < f64::from(u32::MAX)).then_some(side as u32);
    let size = Size::new(side(width)?, side(height)?);
    let focal = focal_length(width, value("v")?)?;
    let place = |translation: f64, side: f64| rounded(translation * focal - side / 2.0);
    let (x, y) = (place(value("TrX").unwrap_or(0.0), width), place(value("TrY").unwrap_or(0.0), height));
    Some(TilePosition { file, x, y, size: Some(size), ..TilePosition::default() })
}

/// The value of a field of image `at`, followed from image to image where it is linked (`v=0`).
fn value_of(images: &[&str], at: usize, key: &str) -> Option<f64> {
    let mut at = at;
    for _ in 0..8 {
        let fields = images.get(at)?.split(" n\"").next()?;
        let field = fields.split_whitespace().find_map(|field| {
            let value = field.strip_prefix(key)?;
            value.starts_with(|first: char| first.is_ascii_digit() || "=-+.".contains(first)).then_some(value)
        })?;
        match field.strip_prefix('=') {
            Some(other) => at = other.parse().ok()?,
            None => return field.parse().ok(),
        }
    }
    None
}

/// Of a flat lens, px.
fn focal_length(width: f64, degrees: f64) -> Option<f64> {
    (degrees > 0.0 && degrees < 180.0).then(|| width / 2.0 / (degrees / 2.0).to_radians().tan())
}

fn rounded(px: f64) -> f64 {
    let millionths = (px * 1e6).round();
    if millionths.abs() < 9e15 { millionths / 1e6 + 0.0 } else { px }
}

pub(super) fn write(positions: &Positions) -> Result<Written> {
    let sized = |tile: &TilePosition| {
        let known = tile.size.filter(|size| !size.is_empty());
        known.ok_or_else(|| Error::invalid(format!("{}: its size is unknown, which Hugin needs", tile.file)))
    };
    let sizes = positions.tiles.iter().map(sized).collect::<Result<Vec<Size>>>()?;
    let widest = sizes.iter().map(|size| f64::from(size.width)).fold(1.0, f64::max);
    let focal = widest / 2.0 / (FIELD_OF_VIEW / 2.0).to_radians().tan();
    let view = |width: f64| 2.0 * (width / 2.0 / focal).atan().to_degrees();
    let span = |of: fn(&TilePosition) -> f64, side: fn(&Size) -> u32| {
        let ends = positions.tiles.iter().zip(&sizes).map(|(tile, size)| of(tile) + f64::from(side(size)));
        let start = positions.tiles.iter().map(of).fold(f64::INFINITY, f64::min);
        (ends.fold(f64::NEG_INFINITY, f64::max) - start).ceil().max(1.0)
    };
    let (width, height) = (span(|tile| tile.x, |size| size.width), span(|tile| tile.y, |size| size.height));
    let mut text =
        format!("# hugin project file\np f0 w{width} h{height} v{} n\"TIFF_m c:LZW\"\nm i0\n\n", view(width));
    for (tile, size) in positions.tiles.iter().zip(&sizes) {
        if tile.file.contains('"') {
            return Err(Error::invalid(format!("{}: Hugin cannot read such a name", tile.file)));
        }
        let (w, h) = (f64::from(size.width), f64::from(size.height));
        let (x, y) = ((tile.x + w / 2.0) / focal, (tile.y + h / 2.0) / focal);
        // A String takes any text.
        _ = writeln!(
            text,
            "i w{w} h{h} f0 v{} Ra0 Rb0 Rc0 Rd0 Re0 Eev0 Er1 Eb1 r0 p0 y0 TrX{x} TrY{y} TrZ0 Tpy0 Tpp0 j0 a0 b0 c0 d0 e0 g0 t0 \
             Va1 Vb0 Vc0 Vd0 Vx0 Vy0 Vm5 n\"{}\"",
            view(w),
            tile.file
        );
    }
    text.push_str("\nv TrX1 TrY1\nv\n");
    Ok(Written { text, notes: Vec::new() })
}
