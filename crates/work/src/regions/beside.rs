//! What lies beside the files of an export of regions: their positions, and masks of labels.

use std::path::Path;

use super::outlines::pixels_of_one;
use super::{Near, RegionOutput};
use crate::export::ExportRequest;
use crate::geometry::{Affine, Point, Rect, Size};
use crate::job::Progress;
use crate::pixels::Downsample;
use crate::{IoResultExt as _, Result};
use mosaicist_export::{Compression, ExportOptions, Format, LabelMeaning, run};
use mosaicist_region::measure::Table;
use mosaicist_region::{LabelSource, Raster, Roi};

/// The table of positions.
const POSITIONS: &str = "regions.csv";
/// The folder of masks.
pub(super) const MASKS: &str = "labels";

/// The pixels of an output as labels, for a source in which `map` gives the place of a canvas point.
///
/// `part` is what of the source is written, in `size` pixels, each `mpp` µm of the source across and down.
pub(super) fn labels(
    near: &Near<'_>,
    (map, part): (Affine, Rect),
    size: Size,
    request: &ExportRequest,
    mpp: Option<(f64, f64)>,
) -> LabelSource {
    let reduced = part.size().halved_times(request.level);
    let level = 0.5f64.powi(request.level as i32);
    let by = |to: u32, from: u32| level * f64::from(to) / f64::from(from.max(1));
    let corner = Point::new(-part.x0 as f64, -part.y0 as f64);
    let to_output = map
        .then(Affine::translation(corner))
        .then(Affine::scale(by(size.width, reduced.width), by(size.height, reduced.height)));
    let shapes: Vec<_> = near.labeled().map(|(roi, label)| (roi.geometry.transformed(to_output), label)).collect();
    let raster = Raster::new(shapes.iter().map(|(shape, label)| (shape, *label)));
    let one = pixels_of_one(request);
    LabelSource::new(raster, size, near.last(), mpp.map(|(x, y)| (x * one, y * one)))
}

/// What each label means.
pub(super) fn meanings(near: &Near<'_>) -> Vec<LabelMeaning> {
    let meaning = |(roi, value): (&Roi, u32)| LabelMeaning {
        value,
        name: roi.name.as_deref().unwrap_or_default().to_owned(),
        class: roi.class.as_ref().map_or_else(String::new, |class| class.name.to_string()),
        color: roi.shown_color().unwrap_or(Roi::DEFAULT_COLOR),
    };
    near.labeled().map(meaning).collect()
}

/// The options of a mask: it loses nothing, and reduced levels make no new labels.
pub(super) fn mask_options(request: &ExportRequest, format: Format) -> ExportOptions {
    let (asked, usual) = (&request.options, ExportOptions::new(format));
    let has_pyramid =
        matches!(asked.format, Format::Tiff | Format::OmeTiff | Format::Cog | Format::Zarr | Format::Zarr04);
    ExportOptions {
        compression: Some(Compression::Deflate),
        pyramid: asked.pyramid && has_pyramid,
        downsample: Downsample::Nearest,
        memory: asked.memory,
        threads: asked.threads,
        tile: asked.tile.filter(|_| asked.format == format),
        extras: mosaicist_export::Extras {
            shard: if asked.format == format { asked.extras.shard } else { 0 },
            ..usual.extras.clone()
        },
        ..usual
    }
}

/// Write a mask beside the file `name`: a TIFF of that name in a folder of its own. Returns its bytes.
pub(super) fn write_mask(
    folder: &Path,
    name: &str,
    labels: &LabelSource,
    request: &ExportRequest,
    progress: &Progress,
) -> Result<u64> {
    let masks = folder.join(MASKS);
    std::fs::create_dir_all(&masks).at(&masks)?;
    let out = masks.join(format!("{name}.tif"));
    Ok(run(labels, &out, &mask_options(request, Format::Tiff), progress)?.bytes)
}

/// The place of each file: its upper left corner on the canvas, its size in full-resolution pixels along its axes, and the angle of
/// these.
pub(super) fn write_positions(
    folder: &Path,
    written: &[RegionOutput],
    rois: &[Roi],
    request: &ExportRequest,
) -> Result<()> {
    let path = folder.join(POSITIONS);
    let columns = [
        "file", "region", "name", "class", "x", "y", "width", "height", "level", "scale", "inside", "angle", "mirrored",
    ];
    let row = |output: &RegionOutput| {
        let roi = &rois[output.roi];
        vec![
            output.name.clone(),
            (output.roi + 1).to_string(),
            roi.name.as_deref().unwrap_or_default().to_owned(),
            roi.class.as_ref().map_or_else(String::new, |class| class.name.to_string()),
            output.corner.x.to_string(),
            output.corner.y.to_string(),
            output.size.width.to_string(),
            output.size.height.to_string(),
            request.level.to_string(),
            request.scale.unwrap_or(1.0).to_string(),
            format!("{:.4}", output.inside),
            output.angle.to_string(),
            output.mirrored.to_string(),
        ]
    };
    let table = Table { columns: columns.map(Into::into).to_vec(), rows: written.iter().map(row).collect() };
    let mut text = Vec::new();
    table.write_csv(&mut text).at(&path)?;
    mosaicist_core::whole_file::write_bytes(&path, &text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Region;
    use crate::pixels::{SampleType, Samples};
    use crate::source::open_image;
    use mosaicist_region::Geometry;

    #[test]
    fn masks_have_as_many_bits_as_their_labels_need() {
        let folder = tempfile::tempdir().unwrap();
        let shape = Geometry::rectangle(1.0, 0.0, 2.0, 1.0);
        let request = ExportRequest::new("x.png".into(), ExportOptions::new(Format::Png));
        for (label, sample, samples) in [
            (255, SampleType::U8, Samples::U8(vec![0, 255, 255])),
            (256, SampleType::U16, Samples::U16(vec![0, 256, 256])),
            (70_000, SampleType::U32, Samples::U32(vec![0, 70_000, 70_000])),
        ] {
            let mask = LabelSource::new(Raster::new([(&shape, label)]), Size::new(3, 1), label, None);
            let name = format!("{label}.png");
            write_mask(folder.path(), &name, &mask, &request, &Progress::default()).unwrap();
            let written = open_image(&folder.path().join(format!("labels/{name}.tif")).into()).unwrap();
            assert_eq!((written.info().sample, written.info().channels), (sample, 1));
            assert_eq!(written.read(Region::new(0, Rect::new(0, 0, 3, 1))).unwrap().samples(), &samples);
        }
    }
}
