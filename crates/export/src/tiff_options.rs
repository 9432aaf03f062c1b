//! [`TiffOptions`]: the options of TIFF. Values only; nothing here opens a file.

use serde::{Deserialize, Serialize};

use crate::codec::jpeg::StoredColors;

/// The options of TIFF.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TiffOptions {
    /// Reduced levels hang below the full image (tag 330) instead of following it. OME-TIFF always has them so, COG never.
    /// Some readers, OpenSlide among them, see only the full image then.
    pub sub_images: bool,
    /// Strips of full-width rows instead of tiles, and no reduced levels.
    pub strips: bool,
    /// BigTIFF if `None`; a COG is classic where it fits.
    pub offsets: Option<Offsets>,
    /// How JPEG tiles store colors.
    pub jpeg_colors: StoredColors,
    /// Store differences, of integers (predictor 2) and floats (predictor 3), where the compression is without loss.
    pub predictor: bool,
    /// Of Zstandard: 1 (fast) to 22 (small). On differences of photographs the first level is as small as any up to 9.
    pub zstd_level: u8,
}

impl Default for TiffOptions {
    fn default() -> Self {
        Self {
            sub_images: false,
            strips: false,
            offsets: None,
            jpeg_colors: StoredColors::Ycc,
            predictor: true,
            zstd_level: 1,
        }
    }
}

/// How far a TIFF reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Offsets {
    /// BigTIFF, without a limit.
    Big,
    /// Classic TIFF where the result fits in 4 GiB, else BigTIFF.
    Auto,
    /// Classic TIFF, for old readers: fails above 4 GiB.
    Classic,
}

/// No position in a classic TIFF is beyond this.
pub(crate) const CLASSIC_END: u64 = u32::MAX as u64;
