//! The level and scale of an export at a physical resolution.

use crate::composite::{BadTiles, Composite};
use crate::export::library;
use crate::job::Progress;
use crate::mosaic::Mosaic;
use crate::source::Source as _;
use crate::{Error, Result};

/// The µm of a canvas pixel, across and down: what the document says, or else its images. Opens the images.
pub fn pixel_size(mosaic: &Mosaic) -> Result<Option<(f64, f64)>> {
    let composite = Composite::new(mosaic, library(0), BadTiles::Warn, Progress::default())?.with_metadata();
    Ok(composite.info().mpp.filter(|(x, y)| [x, y].iter().all(|side| side.is_finite() && **side > 0.0)))
}

/// The level and the scale on top of it at which a pixel of the output is `um` µm wide, where one of full resolution is `mpp` wide,
/// across and down. Of pixels that are not square the mean side counts; the scale keeps their proportions.
///
/// Fails if the size of a pixel is not known, and beyond the scales that an export can make.
pub fn at_pixel_size(mpp: Option<(f64, f64)>, um: f64) -> Result<(usize, Option<f64>)> {
    let (x, y) = mpp.ok_or_else(|| {
        Error::invalid(
            "the size of a pixel is not known for this image; give a level or a scale in place of µm per pixel",
        )
    })?;
    let own = (x * y).sqrt();
    let factor = um / own;
    if !(1.0 / 16.0..=f64::from(1u32 << 30)).contains(&factor) {
        return Err(Error::invalid(format!(
            "{um} µm per pixel; a pixel of this image is {own:.4} µm wide, choose from 1/16 of that up"
        )));
    }
    let level = factor.log2().floor().max(0.0);
    let scale = level.exp2() / factor;
    // What rounding leaves of 1 is no scale.
    Ok((level as usize, ((scale - 1.0).abs() > 1e-6).then_some(scale)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resolution_is_a_level_and_a_scale() {
        let at = |um| at_pixel_size(Some((0.25, 0.25)), um).unwrap();
        assert_eq!([at(0.25), at(0.5), at(4.0)], [(0, None), (1, None), (4, None)]);
        let (level, scale) = at(1.5);
        assert!(level == 2 && (scale.unwrap() - 4.0 / 6.0).abs() < 1e-12, "{level} {scale:?}");
        assert_eq!(at(0.125), (0, Some(2.0)));
        for (mpp, um) in
            [(None, 1.0), (Some((0.25, 0.25)), 0.001), (Some((0.25, 0.25)), 0.0), (Some((1.0, 1.0)), f64::NAN)]
        {
            assert!(at_pixel_size(mpp, um).is_err(), "{mpp:?} {um}");
        }
    }
}
