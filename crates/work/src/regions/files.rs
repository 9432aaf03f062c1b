//! Files of regions of a document. Those of a single image lie on it as it lies on the canvas.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::Result;
use crate::geometry::Affine;
use crate::job::Progress;
use crate::mosaic::{Mosaic, RoiId};
use crate::source::open_image;
use mosaicist_region::Roi;
use mosaicist_region::files::{Frame, Loaded, load, save};

/// The regions of files, in canvas pixels; what could not be read of them is among the warnings, with the name of the file. Of members
/// that several GeoJSON files have beside their features, those of the last count.
///
/// Opens the image, if the document has one only. One step of `progress` is one file.
pub fn read_regions(mosaic: &Mosaic, paths: &[PathBuf], progress: &Progress) -> Result<Loaded> {
    let (frame, onto) = frame(mosaic)?;
    let mut all = Loaded::default();
    progress.set_total(paths.len() as u64);
    for path in paths {
        let mut loaded = load(path, &frame)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        all.warnings.extend(loaded.warnings.drain(..).map(|warning| format!("{name}: {warning}")));
        all.members.append(&mut loaded.members);
        // Parents are indexes in the list of their own file.
        let first = all.rois.len() as u32;
        all.rois.extend(loaded.rois.drain(..).map(|mut roi| {
            roi.parent = roi.parent.map(|parent| parent + first);
            place(&mut roi, onto);
            roi
        }));
        progress.advance(1)?;
    }
    Ok(all)
}

/// Writes regions, which are in canvas pixels, to a file whose ending names the format; in pixels of the image if the document has one
/// only, which is opened. Returns what could not be written as it is.
pub fn write_regions(mosaic: &Mosaic, mut regions: Loaded, path: &Path) -> Result<Vec<String>> {
    let (frame, onto) = frame(mosaic)?;
    let back = onto.invert().unwrap_or(Affine::IDENTITY);
    regions.rois.iter_mut().for_each(|roi| place(roi, back));
    save(path, &regions, &frame)
}

/// Regions of a document as a file holds them, in canvas pixels.
pub fn listed_regions(mosaic: &Mosaic, ids: impl IntoIterator<Item = RoiId>) -> Loaded {
    Loaded::new(mosaic.regions.listed(ids)).with_members((*mosaic.region_members).clone())
}

fn place(roi: &mut Roi, by: Affine) {
    if by != Affine::IDENTITY {
        roi.geometry = roi.geometry.transformed(by);
        roi.nucleus = roi.nucleus.as_ref().map(|nucleus| Arc::new(nucleus.transformed(by)));
    }
}

/// What files of regions say of the image, if the document has one only, and where its pixels lie on the canvas.
fn frame(mosaic: &Mosaic) -> Result<(Frame, Affine)> {
    let mut placements = mosaic.placements.iter();
    let (Some(only), None) = (placements.next(), placements.next()) else {
        return Ok((Frame::default(), Affine::IDENTITY));
    };
    let frame = Frame { name: Some(only.name()), ..Frame::of(open_image(&only.image)?.info()) };
    Ok((frame, only.transform))
}
