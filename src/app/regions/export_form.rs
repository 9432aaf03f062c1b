//! [`RegionExportForm`]: the fields of the export of regions, each to a file of its own. Kept in the settings.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::RegionFiles;
use crate::export::{ExportOptions, FORMATS, FormatSpec};
use crate::region::Outside;
use crate::work::{ExportRequest, PatchGrid, RegionExport};
use crate::{Error, Result};

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

/// The fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegionExportForm {
    pub which: RegionFiles,
    /// The name of the format, as the command line has it.
    pub format: String,
    pub level: usize,
    /// On top of the level, in percent.
    pub percent: f64,
    pub outside: OutsidePixels,
    /// Equal squares instead of whole regions.
    pub patches: bool,
    pub side: u32,
    pub stride: u32,
    /// The least part of a patch inside the region, in percent.
    pub inside: f64,
    pub names: String,
    /// A `GeoJSON` of the regions beside the files.
    pub geojson: bool,
    #[serde(skip)]
    pub folder: String,
}

impl Default for RegionExportForm {
    fn default() -> Self {
        Self {
            which: RegionFiles::All,
            format: "jpg".into(),
            level: 0,
            percent: 100.0,
            outside: OutsidePixels::Keep,
            patches: false,
            side: 512,
            stride: 512,
            inside: 50.0,
            names: "{image}_{name}_{x}_{y}".into(),
            geojson: true,
            folder: String::new(),
        }
    }
}

impl RegionExportForm {
    /// Formats of one file each.
    pub(in crate::app) fn formats() -> impl Iterator<Item = &'static FormatSpec> {
        FORMATS.iter().filter(|spec| !spec.endings.is_empty())
    }

    pub(in crate::app) fn spec(&self) -> &'static FormatSpec {
        let named = Self::formats().find(|spec| spec.name == self.format);
        named.or_else(|| Self::formats().next()).unwrap_or(&FORMATS[0])
    }

    /// What is asked for; `image` is `{image}` in names.
    pub(in crate::app) fn request(&self, image: String) -> Result<(ExportRequest, RegionExport)> {
        if self.folder.trim().is_empty() {
            return Err(Error::invalid("say where to write: the folder is empty"));
        }
        let (spec, folder) = (self.spec(), PathBuf::from(self.folder.trim()));
        let ending = spec.endings.first().map_or_else(String::new, |ending| format!(".{ending}"));
        let scale = (self.percent / 100.0).clamp(0.001, 16.0);
        let request = ExportRequest {
            level: self.level,
            scale: ((scale - 1.0).abs() > 1e-9).then_some(scale),
            ..ExportRequest::new(folder.join("region"), ExportOptions::new(spec.format))
        };
        let how = RegionExport {
            folder,
            image,
            names: self.names.clone(),
            ending,
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
        };
        Ok((request, how))
    }

    /// The file of the regions beside those of pixels.
    pub(in crate::app) fn regions_beside(&self, folder: &Path) -> Option<PathBuf> {
        self.geojson.then(|| folder.join("regions.geojson"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_become_a_request() {
        let form = RegionExportForm {
            folder: "out".into(),
            percent: 50.0,
            patches: true,
            outside: OutsidePixels::White,
            ..RegionExportForm::default()
        };
        let (request, how) = form.request("slide".into()).unwrap();
        assert_eq!((request.scale, how.ending.as_str(), how.image.as_str()), (Some(0.5), ".jpg", "slide"));
        assert_eq!((how.outside, how.patches.map(|grid| grid.inside)), (Some(Outside::Color([255; 3])), Some(0.5)));
        assert!(RegionExportForm::default().request(String::new()).is_err(), "no folder");
    }
}
