//! The XML of `BigStitcher` (`SpimData` 0.2): tiles are view setups, placed by chains of affine transforms of which only
//! translations, and scalings that leave pixels square, are read.
//!
//! The first transform of a chain is the outermost: a point goes through the last one first.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use mosaicist_core::xml::{Tag, walk};

use super::xml::escaped;
use super::{Positions, TilePosition, Written};
use crate::geometry::Size;
use crate::{Error, Result};

/// 3 rows of 4.
type Affine = [f64; 12];
const IDENTITY: Affine = [1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0];

pub(super) fn detect(_: &str, text: &str) -> bool {
    text.trim_start().starts_with('<') && text.contains("<SpimData")
}

#[derive(Default)]
struct Setup {
    file: Option<String>,
    series: Option<u32>,
    name: String,
    size: Option<Size>,
    affine: Option<Affine>,
}

/// What is open while reading.
#[derive(Default)]
struct Reading {
    path: Vec<String>,
    setups: BTreeMap<u64, Setup>,
    /// The setup of the element that is open.
    id: Option<u64>,
    /// Of the first point in time, which alone is read.
    timepoint: Option<String>,
    skipped: usize,
    current: Setup,
    affine: Option<Affine>,
}

pub(super) fn read(text: &str) -> Result<Positions> {
    let mut reading = Reading::default();
    walk(text, |tag| {
        match tag {
            Tag::Open(name, attributes) => {
                reading.path.push(name.to_owned());
                match name {
                    "FileMapping" => {
                        reading.id = attributes.number("view_setup");
                        reading.current.series = attributes.number("series");
                    }
                    "ViewSetup" => reading.current = Setup::default(),
                    "ViewRegistration" => {
                        let at = attributes.get("timepoint").unwrap_or("0").to_owned();
                        let first = reading.timepoint.get_or_insert_with(|| at.clone());
                        reading.id = if *first == at { attributes.number("setup") } else { None };
                        reading.skipped += usize::from(*first != at);
                        reading.affine = Some(IDENTITY);
                    }
                    _ => {}
                }
            }
            Tag::Close(name, text) => {
                reading.close(name, text.trim());
                reading.path.pop();
            }
        }
        Ok(())
    })?;
    reading.positions()
}

impl Reading {
    fn close(&mut self, name: &str, text: &str) {
        let parent = self.path.len().checked_sub(2).map_or("", |at| self.path[at].as_str());
        let numbers = || text.split_whitespace().map(|word| word.parse().ok()).collect::<Option<Vec<f64>>>();
        match (parent, name) {
            ("FileMapping", "file") => {
                let series = self.current.series.filter(|series| *series > 0);
                if let Some(setup) = self.id.map(|id| self.setups.entry(id).or_default())
                    && setup.file.is_none()
                {
                    (setup.file, setup.series) = (Some(text.to_owned()), series);
                }
            }
            ("ViewSetup", "id") => self.id = text.parse().ok(),
            ("ViewSetup", "name") => text.clone_into(&mut self.current.name),
            ("ViewSetup", "size") => {
                let side = |side: &f64| (*side > 0.0 && *side < f64::from(u32::MAX)).then_some(*side as u32);
                if let Some([width, height, ..]) = numbers().as_deref() {
                    self.current.size = side(width).zip(side(height)).map(|(w, h)| Size::new(w, h));
                }
            }
            (_, "ViewSetup") => {
                let Setup { name, size, .. } = std::mem::take(&mut self.current);
                if let Some(setup) = self.id.map(|id| self.setups.entry(id).or_default()) {
                    (setup.name, setup.size) = (name, size);
                }
            }
            ("ViewTransform", "affine") => {
                let next = numbers().and_then(|all| Affine::try_from(all).ok());
                self.affine = self.affine.zip(next).map(|(outer, inner)| concatenated(&outer, &inner));
            }
            (_, "ViewRegistration") => {
                if let Some(setup) = self.id.map(|id| self.setups.entry(id).or_default()) {
                    setup.affine = self.affine;
                }
            }
            _ => {}
        }
    }

    fn positions(self) -> Result<Positions> {
        let mut positions = Positions::default();
        let mut unplaced = Vec::new();
        for (id, setup) in self.setups {
            let file = setup.file.unwrap_or_else(|| if setup.name.is_empty() { id.to_string() } else { setup.name });
            let Some(affine) = setup.affine else {
                unplaced.push(file);
                continue;
            };
            let (x, y, z) = translation(&affine).ok_or_else(|| {
                Error::unsupported(format!("{file} is rotated or sheared; only translations can be read"))
            })?;
            let z = (z != 0.0).then_some(z);
            positions.tiles.push(TilePosition { file, x, y, z, series: setup.series, size: setup.size, kind: None });
        }
        if !unplaced.is_empty() {
            positions.notes.push(format!("{} tiles have no position: {}", unplaced.len(), unplaced[0]));
        }
        if self.skipped > 0 {
            positions.notes.push("only the first point in time is read".into());
        }
        Ok(positions)
    }
}

/// `outer` after `inner`.
fn concatenated(outer: &Affine, inner: &Affine) -> Affine {
    let mut all = [0.0; 12];
    for (row, line) in all.chunks_exact_mut(4).enumerate() {
        let factors = &outer[4 * row..4 * row + 4];
        for (column, value) in line.iter_mut().enumerate() {
            *value = (0..3).map(|k| factors[k] * inner[4 * k + column]).sum::<f64>();
        }
        line[3] += factors[3];
    }
    all
}

/// Where the first pixel lies, in pixels, if the pixels are square and upright.
fn translation(affine: &Affine) -> Option<(f64, f64, f64)> {
    let [xx, xy, xz, x, yx, yy, yz, y, zx, zy, zz, z] = *affine;
    let small = |value: f64| value.abs() <= 1e-9 * xx.abs();
    let upright = [xy, xz, yx, yz, zx, zy, yy - xx].into_iter().all(small);
    (upright && xx > 0.0 && zz > 0.0).then(|| (x / xx, y / xx, z / zz))
}

pub(super) fn write(positions: &Positions) -> Result<Written> {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<SpimData version=\"0.2\">\n  <BasePath type=\"relative\">.</BasePath>\n  \
         <SequenceDescription>\n    <ImageLoader format=\"spimreconstruction.filemap2\">\n      <files>\n",
    );
    // A String takes any text; so below.
    for (id, tile) in positions.tiles.iter().enumerate() {
        let (file, series) = (escaped(&tile.file)?, tile.series.unwrap_or(0));
        _ = writeln!(
            text,
            "        <FileMapping view_setup=\"{id}\" timepoint=\"0\" series=\"{series}\" channel=\"0\">\
             <file type=\"relative\">{file}</file></FileMapping>"
        );
    }
    text.push_str("      </files>\n    </ImageLoader>\n    <ViewSetups>\n");
    let mut without = 0;
    for (id, tile) in positions.tiles.iter().enumerate() {
        without += usize::from(tile.size.is_none());
        let size = tile.size.map_or(String::new(), |size| format!("<size>{} {} 1</size>", size.width, size.height));
        _ = writeln!(
            text,
            "      <ViewSetup><id>{id}</id><name>{}</name>{size}<voxelSize><unit>px</unit><size>1.0 1.0 1.0</size>\
             </voxelSize><attributes><illumination>0</illumination><channel>0</channel><tile>{id}</tile>\
             <angle>0</angle></attributes></ViewSetup>",
            escaped(&tile.file)?
        );
    }
    for (list, item) in [("illumination", "Illumination"), ("channel", "Channel"), ("angle", "Angle")] {
        _ = writeln!(text, "      <Attributes name=\"{list}\"><{item}><id>0</id><name>0</name></{item}></Attributes>");
    }
    text.push_str("      <Attributes name=\"tile\">\n");
    for id in 0..positions.tiles.len() {
        _ = writeln!(text, "        <Tile><id>{id}</id><name>{id}</name></Tile>");
    }
    text.push_str(
        "      </Attributes>\n    </ViewSetups>\n    <Timepoints type=\"pattern\"><integerpattern>0</integerpattern>\
         </Timepoints>\n    <MissingViews/>\n  </SequenceDescription>\n  <ViewRegistrations>\n",
    );
    for (id, tile) in positions.tiles.iter().enumerate() {
        let (x, y, z) = (tile.x, tile.y, tile.z.unwrap_or(0.0));
        _ = writeln!(
            text,
            "    <ViewRegistration timepoint=\"0\" setup=\"{id}\"><ViewTransform type=\"affine\"><Name>Translation</Name>\
             <affine>1.0 0.0 0.0 {x:?} 0.0 1.0 0.0 {y:?} 0.0 0.0 1.0 {z:?}</affine></ViewTransform></ViewRegistration>"
        );
    }
    text.push_str(
        "  </ViewRegistrations>\n  <ViewInterestPoints/>\n  <BoundingBoxes/>\n  <PointSpreadFunctions/>\n  \
         <StitchingResults/>\n  <IntensityAdjustments/>\n</SpimData>\n",
    );
    let notes =
        if without > 0 { vec![format!("{without} tiles have no size, which BigStitcher needs")] } else { vec![] };
    Ok(Written { text, notes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_of_transforms_are_multiplied() {
        let translate = |x: f64, y: f64| [1.0, 0.0, 0.0, x, 0.0, 1.0, 0.0, y, 0.0, 0.0, 1.0, 0.0];
        let scale = [2.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 5.0, 0.0];
        let chain = concatenated(&concatenated(&translate(10.0, 4.0), &scale), &translate(1.0, 2.0));
        assert_eq!(translation(&chain), Some((6.0, 4.0, 0.0)));
        let mut rotated = IDENTITY;
        (rotated[1], rotated[4]) = (0.1, -0.1);
        assert_eq!(translation(&rotated), None);
    }
}
