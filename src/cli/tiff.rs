//! The options that only TIFF has, on the command line.

use lexopt::prelude::*;

use super::Failure;
use crate::codec::jpeg::{StoredColors, Subsampling};
use crate::export::{Offsets, TiffOptions};

/// Take one option if it is one of these.
pub(super) fn take(
    options: &mut TiffOptions,
    name: &str,
    parser: &mut lexopt::Parser,
) -> std::result::Result<bool, Failure> {
    match name {
        "offsets" => {
            options.offsets = Some(match &*parser.value()?.string()? {
                "big" => Offsets::Big,
                "auto" => Offsets::Auto,
                "classic" => Offsets::Classic,
                other => {
                    return Err(Failure::Usage(format!("unknown offsets '{other}'; there are big, auto and classic")));
                }
            });
        }
        "strips" => options.strips = true,
        "sub-images" => options.sub_images = true,
        "no-predictor" => options.predictor = false,
        "zstd-level" => {
            options.zstd_level = parser.value()?.parse()?;
            if !(1..=22).contains(&options.zstd_level) {
                return Err(Failure::Usage("--zstd-level goes from 1 to 22".into()));
            }
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// How JPEG is to store colors.
pub(super) fn subsampling(
    options: &mut TiffOptions,
    parser: &mut lexopt::Parser,
) -> std::result::Result<Subsampling, Failure> {
    options.jpeg_colors = StoredColors::Ycc;
    match &*parser.value()?.string()? {
        "4:4:4" => Ok(Subsampling::Full),
        "4:2:2" => Ok(Subsampling::Half),
        "4:4:0" => Ok(Subsampling::HalfDown),
        "4:2:0" => Ok(Subsampling::Quarter),
        "rgb" => {
            options.jpeg_colors = StoredColors::Rgb;
            Ok(Subsampling::Full)
        }
        other => {
            let what = format!("unknown subsampling '{other}'; there are 4:4:4, 4:2:2, 4:4:0, 4:2:0 and (TIFF) rgb");
            Err(Failure::Usage(what))
        }
    }
}
