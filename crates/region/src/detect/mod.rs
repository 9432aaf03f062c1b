//! Finding regions: foreground, dark or bright objects, rectangular fields, the cores of a tissue microarray.
//!
//! All from an overview of at most 2048 px, in a second or so, whatever the size of the image; the regions are in pixels of
//! level 0, and exact to a pixel of the overview.

mod objects;
mod overview;
mod rectangles;
mod threshold;
mod tma;

pub use overview::Overview;
pub use threshold::otsu;

use crate::components::{Components, components};
use crate::core_geometry::{Affine, Rect, Size};
use crate::job::Progress;
use crate::source::Source;
use crate::{Error, Result};
use mosaicist_shape::{Bounds, Geometry, Roi};

/// What to look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// What differs from the background: the color that prevails along the image's edge.
    #[default]
    Foreground,
    /// What is darker than the rest.
    Dark,
    /// What is brighter than the rest.
    Bright,
    /// Rectangular fields on a background.
    Rectangles,
    /// Round cores in rows and columns, named and so on.
    Tma,
}

/// What is compared with the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Feature {
    /// The difference from the background for foreground, rectangles and cores; else the brightness.
    #[default]
    Auto,
    Brightness,
    /// Of colors: 0 for gray, 1 for pure ones.
    Saturation,
}

/// What a found object becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RegionKind {
    #[default]
    Boxes,
    Outlines,
}

/// How to look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    pub mode: Mode,
    pub feature: Feature,
    pub shape: RegionKind,
    /// Between 0 and 1; Otsu's if `None`.
    pub threshold: Option<f64>,
    /// Objects that are smaller in both directions are left out; in pixels of level 0. A 64th of the longest side if `None`.
    pub min_size: Option<f64>,
    /// Added on every side; in pixels of level 0.
    pub margin: f64,
    /// Pieces nearer than this become one object; in pixels of level 0. A 256th of the longest side if `None`.
    pub join: Option<f64>,
    pub fill_holes: bool,
    /// One region around everything found.
    pub autocrop: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            feature: Feature::default(),
            shape: RegionKind::default(),
            threshold: None,
            min_size: None,
            margin: 0.0,
            join: None,
            fill_holes: true,
            autocrop: false,
        }
    }
}

/// Find regions in `source`, in reading order (or that of the cores), named "Region 1" and so on. None is a result too: an
/// image without contrast holds nothing.
pub fn detect(source: &dyn Source, options: &Options, progress: &Progress) -> Result<Vec<Roi>> {
    detect_in(&Overview::read(source, progress)?, options)
}

/// The same in an overview that is there already: for a preview that follows the settings.
pub fn detect_in(overview: &Overview, options: &Options) -> Result<Vec<Roi>> {
    check(options)?;
    let (sx, sy) = overview.scale();
    // Sizes in pixels of the overview.
    let longest = f64::from(overview.size().longest());
    let scale = sx.max(sy);
    let least = options.min_size.map_or(longest / 64.0, |size| size / scale).max(1.0);
    let join = options.join.map_or(longest / 256.0, |distance| distance / scale);
    let mask = threshold::mask(overview, options);
    let mask = objects::joined(&mask, overview.size(), (join / 2.0).round() as usize);
    let mask = if options.fill_holes || options.mode == Mode::Rectangles {
        objects::filled(&mask, overview.size())
    } else {
        mask
    };
    let found = objects::large(components(&mask, overview.size()), least);
    let to_image = Affine::scale(sx, sy);
    let mut rois = match options.mode {
        Mode::Tma => tma::cores(&found, options),
        Mode::Rectangles => rectangles::fields(&found, options),
        Mode::Foreground | Mode::Dark | Mode::Bright => objects::regions(&found, options),
    };
    for roi in &mut rois {
        let moved = roi.geometry.transformed(to_image);
        roi.geometry = within(grown(&moved, options), overview.image_size());
    }
    rois.retain(|roi| !roi.geometry.bounds().is_empty());
    if options.autocrop {
        let bounds = rois.iter().map(|roi| roi.geometry.bounds()).reduce(Bounds::union);
        rois = bounds.map(|bounds| Roi::new(Geometry::Rectangle(bounds))).into_iter().collect();
    }
    for (number, roi) in (1..).zip(&mut rois) {
        let name = || if options.autocrop { "Content".into() } else { format!("Region {number}").into() };
        roi.name.get_or_insert_with(name);
    }
    Ok(rois)
}

fn check(options: &Options) -> Result<()> {
    let sound = |value: f64| value.is_finite() && value >= 0.0;
    if options.threshold.is_some_and(|value| !(0.0..=1.0).contains(&value)) {
        return Err(Error::invalid("a threshold is between 0 and 1"));
    }
    if !options.min_size.is_none_or(sound) || !options.join.is_none_or(sound) || !sound(options.margin) {
        return Err(Error::invalid("sizes and distances are in pixels, 0 or more"));
    }
    Ok(())
}

/// With the margin around it.
fn grown(geometry: &Geometry, options: &Options) -> Geometry {
    let margin = options.margin;
    match geometry {
        same if margin == 0.0 => same.clone(),
        Geometry::Rectangle(bounds) => Geometry::Rectangle(bounds.expand(margin)),
        &Geometry::Ellipse { center, rx, ry, angle } => {
            Geometry::Ellipse { center, rx: rx + margin, ry: ry + margin, angle }
        }
        &Geometry::RotatedRectangle { center, width, height, angle } => {
            Geometry::RotatedRectangle { center, width: width + 2.0 * margin, height: height + 2.0 * margin, angle }
        }
        other => {
            use geo::Buffer as _;
            crate::convert::from_multi(&crate::convert::to_multi(other).buffer(margin))
        }
    }
}

/// Cut at the edges of the image; boxes end on whole pixels.
fn within(geometry: Geometry, size: Size) -> Geometry {
    let image = Bounds::from(Rect::from_size(size));
    match geometry {
        Geometry::Rectangle(bounds) => Geometry::Rectangle(Bounds {
            x0: bounds.x0.floor().max(image.x0),
            y0: bounds.y0.floor().max(image.y0),
            x1: bounds.x1.ceil().min(image.x1),
            y1: bounds.y1.ceil().min(image.y1),
        }),
        shape @ (Geometry::Ellipse { .. } | Geometry::RotatedRectangle { .. }) => shape,
        other => {
            let bounds = other.bounds();
            let inside =
                bounds.x0 >= image.x0 && bounds.y0 >= image.y0 && bounds.x1 <= image.x1 && bounds.y1 <= image.y1;
            if inside { other } else { crate::ops::intersect(&other, &Geometry::Rectangle(image)) }
        }
    }
}

/// The components that are objects, in reading order.
struct Found {
    all: Components,
    /// Of `all`.
    chosen: Vec<usize>,
}

#[cfg(test)]
mod tests;
