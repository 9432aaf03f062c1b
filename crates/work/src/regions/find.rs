//! Regions found in a document.

use crate::Result;
use crate::cache::Library;
use crate::composite::{BadTiles, Composite};
use crate::export;
use crate::geometry::{Affine, Point};
use crate::job::Progress;
use crate::mosaic::Mosaic;
use mosaicist_region::{Roi, detect};

/// Cache of decoded tiles during detection, in bytes.
const CACHE: u64 = 64 << 20;

/// The regions that [`detect`] finds in a document, in canvas pixels.
pub fn find_regions(mosaic: &Mosaic, options: &detect::Options, progress: &Progress) -> Result<Vec<Roi>> {
    find_in(mosaic, &overview_of(mosaic, export::library(CACHE), progress)?, options)
}

/// The low-resolution picture of a document that regions are found in.
pub fn overview_of(mosaic: &Mosaic, library: Library, progress: &Progress) -> Result<detect::Overview> {
    detect::Overview::read(&Composite::new(mosaic, library, BadTiles::Warn, progress.clone())?, progress)
}

/// The regions that [`detect`] finds in the overview of a document, in canvas pixels.
pub fn find_in(mosaic: &Mosaic, overview: &detect::Overview, options: &detect::Options) -> Result<Vec<Roi>> {
    let bounds = mosaic.bounds();
    let mut rois = detect::detect_in(overview, options)?;
    for roi in &mut rois {
        roi.geometry = roi.geometry.transformed(Affine::translation(Point::new(bounds.x0 as f64, bounds.y0 as f64)));
    }
    Ok(rois)
}
