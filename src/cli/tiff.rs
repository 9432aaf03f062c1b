//! The options that only TIFF has.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};

use crate::codec::jpeg::{StoredColors, Subsampling};
use crate::export::{Offsets, TiffOptions};

#[derive(Debug, Args)]
#[command(next_help_heading = "TIFF")]
pub(super) struct TiffArgs {
    /// The width of offsets in the file: big, auto (by its size) or classic.
    #[arg(long, value_name = "O", value_parser = PossibleValuesParser::new(["big", "auto", "classic"]).map(|name| offsets(&name)))]
    offsets: Option<Offsets>,
    /// Write rows in place of tiles, without a pyramid.
    #[arg(long)]
    strips: bool,
    /// Write the reduced levels below the full image.
    #[arg(long)]
    sub_images: bool,
    /// Write no horizontal predictor.
    #[arg(long)]
    no_predictor: bool,
    /// The level of Zstandard.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=22))]
    zstd_level: Option<u8>,
}

impl TiffArgs {
    /// As the engine takes them.
    pub(super) fn options(&self, subsampling: Option<JpegColors>) -> TiffOptions {
        let usual = TiffOptions::default();
        TiffOptions {
            offsets: self.offsets.or(usual.offsets),
            strips: self.strips,
            sub_images: self.sub_images,
            predictor: usual.predictor && !self.no_predictor,
            zstd_level: self.zstd_level.unwrap_or(usual.zstd_level),
            jpeg_colors: subsampling.map_or(usual.jpeg_colors, |colors| colors.stored),
        }
    }
}

fn offsets(name: &str) -> Offsets {
    match name {
        "big" => Offsets::Big,
        "classic" => Offsets::Classic,
        _ => Offsets::Auto,
    }
}

/// How a JPEG stores colors.
#[derive(Debug, Clone, Copy)]
pub(super) struct JpegColors {
    pub(super) subsampling: Subsampling,
    stored: StoredColors,
}

/// The values of `--subsampling`.
pub(super) const SUBSAMPLINGS: [&str; 5] = ["4:4:4", "4:2:2", "4:4:0", "4:2:0", "rgb"];

impl JpegColors {
    /// Those of one of [`SUBSAMPLINGS`].
    pub(super) fn named(name: &str) -> Self {
        let subsampling = match name {
            "4:2:2" => Subsampling::Half,
            "4:4:0" => Subsampling::HalfDown,
            "4:2:0" => Subsampling::Quarter,
            _ => Subsampling::Full,
        };
        Self { subsampling, stored: if name == "rgb" { StoredColors::Rgb } else { StoredColors::Ycc } }
    }
}
