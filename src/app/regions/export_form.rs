//! [`RegionExportForm`]: how each region becomes a file of its own: the fields of the export dialog that are about regions. Kept in the
//! settings.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::RegionFiles;
use crate::app::View;
use crate::export::{FORMATS, Format};
use crate::region::Outside;
use crate::work::{Axes, PatchGrid, RegionExport};

/// What becomes of pixels outside of a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutsidePixels {
    #[default]
    Keep,
    Transparent,
    White,
    Black,
}

/// Along what regions are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RegionAxes {
    #[default]
    Canvas,
    Own,
    View,
}

/// The fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a check mark of the dialog")]
pub struct RegionExportForm {
    pub which: RegionFiles,
    /// The name of the format that was last used, as the command line has it.
    pub format: String,
    pub outside: OutsidePixels,
    pub axes: RegionAxes,
    /// Equal squares instead of whole regions.
    pub patches: bool,
    pub side: u32,
    pub stride: u32,
    /// The least part of a patch inside the region, in percent.
    pub inside: f64,
    pub names: String,
    /// A `GeoJSON` of the regions beside the files.
    pub geojson: bool,
    /// A mask of labels for each file.
    pub labels: bool,
    /// The regions of all open tabs, in a folder for each.
    #[serde(skip)]
    pub all_tabs: bool,
}

impl Default for RegionExportForm {
    fn default() -> Self {
        Self {
            which: RegionFiles::All,
            format: "jpg".into(),
            outside: OutsidePixels::Keep,
            axes: RegionAxes::Canvas,
            patches: false,
            side: 512,
            stride: 512,
            inside: 50.0,
            names: "{image}_{name}_{x}_{y}".into(),
            geojson: true,
            labels: false,
            all_tabs: false,
        }
    }
}

impl RegionExportForm {
    /// The format that was last used.
    pub(in crate::app) fn last_format(&self) -> Format {
        FORMATS.iter().find(|spec| spec.name == self.format).map_or(Format::Jpeg, |spec| spec.format)
    }

    /// What is asked for, written to `folder`; `image` is `{image}` in names, and `view` the view of the document.
    pub(in crate::app) fn export(&self, folder: PathBuf, image: String, view: View) -> RegionExport {
        RegionExport {
            names: self.names.clone(),
            outside: match self.outside {
                OutsidePixels::Keep => None,
                OutsidePixels::Transparent => Some(Outside::Transparent),
                OutsidePixels::White => Some(Outside::Color([255; 3])),
                OutsidePixels::Black => Some(Outside::Color([0; 3])),
            },
            patches: self.patches.then_some(PatchGrid {
                side: self.side,
                stride: self.stride,
                inside: self.inside / 100.0,
            }),
            axes: match self.axes {
                RegionAxes::Canvas => Axes::Canvas,
                RegionAxes::Own => Axes::Own,
                RegionAxes::View => Axes::View { degrees: view.degrees, mirrored: view.mirrored },
            },
            labels: self.labels,
            geojson: self.geojson,
            ..RegionExport::new(folder, image)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_become_an_export() {
        let form = RegionExportForm {
            patches: true,
            outside: OutsidePixels::White,
            axes: RegionAxes::View,
            labels: true,
            ..RegionExportForm::default()
        };
        let view = View { degrees: 30.0, mirrored: true, ..View::default() };
        let how = form.export("out".into(), "slide".into(), view);
        assert_eq!((how.image.as_str(), how.axes), ("slide", Axes::View { degrees: 30.0, mirrored: true }));
        assert_eq!((how.outside, how.patches.map(|grid| grid.inside)), (Some(Outside::Color([255; 3])), Some(0.5)));
        assert!(how.labels && how.geojson);
        assert_eq!(RegionExportForm { format: "none".into(), ..form }.last_format(), Format::Jpeg);
    }
}
