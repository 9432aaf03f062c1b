//! A picture small enough to hold, into one plain file.

use std::path::Path;

use super::sinks::{Staged, jpeg_options, png, presentable};
use crate::codec::jpeg;
use crate::pixels::{Colour, Pixels, SampleType, le_bytes};
use crate::{Error, IoResultExt as _, Result};

/// Write `pixels` to `path`: PNG, JPEG or, uncompressed and in the samples' own type, TIFF, by its ending.
pub fn write_image(path: &Path, pixels: &Pixels, colour: Colour, quality: u8) -> Result<()> {
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let mut bytes = Vec::new();
    match &*ending {
        "png" => png(pixels.view(), &mut bytes).at(path)?,
        "jpg" | "jpeg" => {
            let made = presentable(pixels.view(), colour, [255; 3]);
            let view = made.as_ref().map_or(pixels.view(), |pixels| pixels.view());
            jpeg::encode(view, &jpeg_options(quality), &mut bytes).at(path)?;
        }
        "tif" | "tiff" => bytes = plain_tiff(pixels, colour).at(path)?,
        _ => {
            let what = format!("{}: cannot tell the format; end the name in .tif, .png or .jpg", path.display());
            return Err(Error::invalid(what));
        }
    }
    let staged = Staged::new(path)?;
    std::fs::write(staged.path(), &bytes).at(path)?;
    staged.finish()
}

/// A classic TIFF of one strip without compression.
fn plain_tiff(pixels: &Pixels, colour: Colour) -> Result<Vec<u8>> {
    let samples = le_bytes(pixels.samples());
    if samples.len() as u64 > u64::from(u32::MAX) - 4096 {
        return Err(Error::limit("more than a plain TIFF's 4 GiB; use export, which writes BigTIFF"));
    }
    let channels = u32::from(pixels.channels());
    let (bits, format) = match pixels.sample_type() {
        SampleType::U8 => (8, 1),
        SampleType::U16 => (16, 1),
        SampleType::F32 => (32, 3),
    };
    let rgb = matches!(colour, Colour::Rgb | Colour::Rgba);
    let named = if rgb { 3 } else { 1 };
    // (tag, type, values): 3 is SHORT, 4 is LONG (TIFF 6.0 section 2).
    let mut fields: Vec<(u16, u16, Vec<u32>)> = vec![
        (256, 4, vec![pixels.size().width]),
        (257, 4, vec![pixels.size().height]),
        (258, 3, vec![bits; channels as usize]),
        (259, 3, vec![1]),
        (262, 3, vec![if rgb { 2 } else { 1 }]),
        (273, 4, vec![8]),
        (277, 3, vec![channels]),
        (278, 4, vec![pixels.size().height]),
        (279, 4, vec![samples.len() as u32]),
        (284, 3, vec![1]),
    ];
    if channels > named {
        let kind = if colour.has_alpha() { 2 } else { 0 };
        fields.push((338, 3, vec![kind; (channels - named) as usize]));
    }
    fields.push((339, 3, vec![format; channels as usize]));
    let at = (8 + samples.len()).next_multiple_of(2);
    let mut out = b"II\x2A\0".to_vec();
    out.extend((at as u32).to_le_bytes());
    out.extend_from_slice(&samples);
    out.resize(at, 0);
    let behind_at = at + 2 + fields.len() * 12 + 4;
    let mut behind = Vec::new();
    out.extend((fields.len() as u16).to_le_bytes());
    for (tag, kind, values) in &fields {
        out.extend(tag.to_le_bytes());
        out.extend(kind.to_le_bytes());
        out.extend((values.len() as u32).to_le_bytes());
        let mut bytes: Vec<u8> = match kind {
            3 => values.iter().flat_map(|&value| (value as u16).to_le_bytes()).collect(),
            _ => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        };
        if bytes.len() <= 4 {
            bytes.resize(4, 0);
            out.extend(bytes);
        } else {
            out.extend(((behind_at + behind.len()) as u32).to_le_bytes());
            behind.extend(bytes);
        }
    }
    out.extend([0; 4]);
    out.extend(behind);
    Ok(out)
}
