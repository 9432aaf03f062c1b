//! The output formats: one file or folder for each family, with its rows of the table, its sink and all else that is known of
//! it. The table here only collects the rows.
//!
//! ```text
//! spec      FormatSpec, a row of the table  sink     TileSink and Job
//! resolved  options with defaults           templates  shared parts of the rows
//! viewer    the HTML viewer
//! pictures  folders of small pictures       tile     one of them   zip       the same in one file
//! rows      files written row by row        places   files with a fixed offset for each row
//! table     where tiles are, for files of many
//! ```

mod bmp;
mod deepzoom;
mod iiif;
mod patches;
mod pictures;
mod places;
mod raw;
mod resolved;
mod rows;
mod sink;
mod spec;
mod table;
mod templates;
pub(super) mod tiff;
mod tile;
mod viewer;
mod xyz;
mod zarr;
mod zip;
mod zoomify;

use std::path::Path;

pub use sink::TileSink;
pub use spec::{Companion, FormatSpec, JpegUse, OptionName};
pub use zarr::{LabelMeaning, write_labels};

pub(crate) use sink::Job;
pub(crate) use spec::Encoding;

use crate::format::Format;
use crate::{Error, Result};

/// One row for each format, in the order they are listed.
pub const FORMATS: &[FormatSpec] = &[
    deepzoom::DEEP_ZOOM,
    deepzoom::SZI,
    tiff::TIFF,
    tiff::OME_TIFF,
    tiff::COG,
    zarr::ZARR,
    zarr::ZARR_04,
    zoomify::ZOOMIFY,
    iiif::IIIF_3,
    iiif::IIIF_2,
    xyz::XYZ,
    patches::PATCHES,
    rows::png::PNG,
    rows::jpeg::JPEG,
    bmp::BMP,
    raw::RAW,
];

impl Format {
    /// Its row of the table.
    pub fn spec(self) -> &'static FormatSpec {
        let row = FORMATS.iter().find(|row| row.format == self);
        row.unwrap_or_else(|| unreachable!("a test says that each format has its row"))
    }

    /// The format that the ending of `path` names.
    pub fn of_path(path: &Path) -> Result<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let ends = |ending: &str| name.strip_suffix(ending).is_some_and(|rest| rest.ends_with('.'));
        let fitting = FORMATS.iter().flat_map(|row| row.endings.iter().map(move |ending| (row, *ending)));
        // `.ome.tif` is a `.tif` too: the longest counts.
        let found = fitting.filter(|(_, ending)| ends(ending)).max_by_key(|(_, ending)| ending.len());
        found.map(|(row, _)| row.format).ok_or_else(|| {
            let ending = path.extension().unwrap_or_default().to_string_lossy();
            let endings: Vec<_> = FORMATS.iter().filter_map(|row| row.endings.first()).copied().collect();
            let what = format!(
                "writing '.{ending}' files; end the name in .{}, or name a format ({})",
                endings.join(" ."),
                FORMATS.iter().filter(|row| row.endings.is_empty()).map(|row| row.name).collect::<Vec<_>>().join(", ")
            );
            Error::unsupported(what).at(path)
        })
    }

    /// The format of that name (see [`FormatSpec::name`]).
    pub fn of_name(name: &str) -> Result<Self> {
        FORMATS.iter().find(|row| row.name == name).map(|row| row.format).ok_or_else(|| {
            let names: Vec<_> = FORMATS.iter().map(|row| row.name).collect();
            Error::invalid(format!("no format '{name}'; there are {}", names.join(", ")))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TileFormat;
    use std::collections::HashSet;

    #[test]
    fn the_ending_chooses_the_format() {
        let cases = [
            ("a.dzi", Format::DeepZoom),
            ("b.TIFF", Format::Tiff),
            ("c.ome.tif", Format::OmeTiff),
            ("d.ome.zarr", Format::Zarr),
            ("e.JPEG", Format::Jpeg),
        ];
        for (name, format) in cases {
            assert_eq!(Format::of_path(Path::new(name)).ok(), Some(format), "{name}");
        }
        assert!(Format::of_path(Path::new("a.webp")).is_err());
    }

    #[test]
    fn each_format_has_a_row_and_a_name_of_its_own() {
        for row in FORMATS {
            assert_eq!(row.format.spec().name, row.name);
            assert_eq!(Format::of_name(row.name).ok(), Some(row.format));
            for ending in row.endings {
                assert_eq!(Format::of_path(Path::new(&format!("a.{ending}"))).ok(), Some(row.format));
            }
        }
        let names: HashSet<_> = FORMATS.iter().map(|row| (row.name, row.format)).collect();
        assert_eq!(names.len(), FORMATS.len());
        assert!(Format::of_name("gif").unwrap_err().to_string().contains("zoomify"));
    }

    #[test]
    fn an_option_that_others_leave_no_effect_is_refused() {
        use crate::pixels::{Downsample, SampleType};
        use crate::{Compression, ExportOptions, TiffOptions};
        let size = crate::geometry::Size::new(900, 700);
        let info = |sample| crate::source::Info::plain("test", size, size, 3, sample);
        let (tiff, zoom) = (ExportOptions::new(Format::Tiff), ExportOptions::new(Format::DeepZoom));
        let lzw = ExportOptions { compression: Some(Compression::Lzw), ..tiff.clone() };
        let png = ExportOptions::new(Format::Png);
        for (options, sample, flag) in [
            (ExportOptions { quality: Some(70), ..lzw.clone() }, SampleType::U8, Some("--quality")),
            (ExportOptions { quality: Some(70), ..tiff.clone() }, SampleType::U8, None),
            (ExportOptions { quality: Some(70), ..tiff.clone() }, SampleType::U16, Some("--quality")),
            (
                ExportOptions { quality: Some(70), tiles: Some(TileFormat::Png), ..zoom },
                SampleType::U8,
                Some("--quality"),
            ),
            (ExportOptions { deflate_level: 9, ..lzw.clone() }, SampleType::U8, Some("--deflate-level")),
            (ExportOptions { deflate_level: 9, ..png.clone() }, SampleType::U8, None),
            (
                ExportOptions { tiff: TiffOptions { zstd_level: 9, ..TiffOptions::default() }, ..lzw.clone() },
                SampleType::U8,
                Some("--zstd-level"),
            ),
            (ExportOptions { downsample: Downsample::Nearest, ..png.clone() }, SampleType::U8, Some("--downsample")),
            (ExportOptions { flatten: true, ..ExportOptions::new(Format::Jpeg) }, SampleType::U8, Some("--flatten")),
            (ExportOptions { flatten: true, ..ExportOptions::new(Format::Iiif) }, SampleType::U8, Some("--flatten")),
            (ExportOptions { flatten: true, ..png.clone() }, SampleType::U8, None),
            (ExportOptions { downsample: Downsample::Nearest, level: 1, ..png }, SampleType::U8, None),
            (ExportOptions { downsample: Downsample::Nearest, ..tiff }, SampleType::U8, None),
        ] {
            let told = options.check_effect(&info(sample)).err().map(|error| error.to_string());
            assert_eq!(told.is_some(), flag.is_some(), "{flag:?}: {told:?}");
            assert!(told.is_none_or(|told| told.contains(flag.unwrap_or_default())));
        }
    }

    #[test]
    fn an_option_without_effect_is_refused_by_name() {
        let size = crate::geometry::Size::new(900, 700);
        let photo = crate::source::Info::plain("test", size, size, 3, crate::pixels::SampleType::U8);
        for row in FORMATS {
            let tiles = row.tiles.contains(&TileFormat::Jpg).then_some(TileFormat::Jpg);
            let usual = crate::ExportOptions { tiles, ..crate::ExportOptions::new(row.format) };
            usual.check_effect(&photo).unwrap();
            for (asked, option, flag) in [
                (crate::ExportOptions { pyramid: false, ..usual.clone() }, OptionName::Pyramid, "--no-pyramid"),
                (crate::ExportOptions { quality: Some(60), ..usual.clone() }, OptionName::Quality, "--quality"),
                (crate::ExportOptions { tile: Some(512), ..usual.clone() }, OptionName::Tile, "--tile"),
                (crate::ExportOptions { copy_tiles: false, ..usual.clone() }, OptionName::Copy, "--no-copy"),
            ] {
                let told = asked.check_effect(&photo).err().map(|error| error.to_string());
                assert_eq!(told.is_none(), row.has(option), "{} {flag}", row.name);
                assert!(told.is_none_or(|text| text.contains(flag) && text.contains(row.title)), "{} {flag}", row.name);
            }
        }
    }
}
