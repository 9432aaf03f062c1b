//! In place of `rare` where the program is built without its crate.

use super::DecodeOptions;
use crate::pixels::Pixels;
use crate::{Error, Result};

/// Refuses all.
pub(super) fn decode(_: &[u8], _: &DecodeOptions<'_>) -> Result<Pixels> {
    let what =
        "JPEG of a rare kind (arithmetic, 12-bit, lossless): this program was built without it (feature `rare-jpeg`)";
    Err(Error::unsupported(what))
}
