//! The encoding of an image's tiles, and their bytes, for passthrough.

use std::sync::Arc;

use super::coding::{Coding, Meaning};
use super::image::Image;
use super::tags::compression as code;
use crate::geometry::Rect;
use crate::loss;
use crate::pixels::RawSampleType;
use crate::{Coded, JpegTiles, TileEncoding};
use crate::{IoResultExt as _, Result};

/// How the tiles of `image` are stored, if it has tiles whose bytes mean the same in any file.
pub(super) fn coded(image: &Image) -> Option<Coded> {
    let coding = image.coding();
    if !image.is_tiled() || coding.separate || coding.alpha.is_mixed_in() {
        return None;
    }
    let encoding = match coding.compression {
        code::JPEG => jpeg(image)?,
        code::NONE | code::LZW | code::DEFLATE | code::OLD_DEFLATE | code::ZSTD => lossless(coding)?,
        _ => return None,
    };
    Some(Coded { tile: image.grid().tile, encoding })
}

/// The stored bytes of the tile that is exactly `rect`.
pub(super) fn tile(image: &Image, rect: Rect) -> Result<Option<Vec<u8>>> {
    let grid = image.grid();
    let (width, height) = (i64::from(grid.tile.width), i64::from(grid.tile.height));
    let (column, row) = (rect.x0.div_euclid(width), rect.y0.div_euclid(height));
    let inside = (0..i64::from(grid.columns())).contains(&column) && (0..i64::from(grid.rows())).contains(&row);
    if !inside || rect != Rect::at(column * width, row * height, grid.tile) {
        return Ok(None);
    }
    let (offset, count) = image.place(column as u32, row as u32, 0)?;
    if offset == 0 || count == 0 {
        return Ok(None);
    }
    // What others cannot decode is no tile to hand on.
    let (decoded, losses) = loss::collect(|| image.read_raw_samples(column as u32, row as u32));
    if decoded.is_err() || !losses.parts.is_empty() {
        return Ok(None);
    }
    image.file().read_at(offset, count).at(image.file().path()).map(Some)
}

fn jpeg(image: &Image) -> Option<TileEncoding> {
    let coding = image.coding();
    let ycc = match (coding.meaning, coding.samples) {
        (Meaning::BlackIsZero, 1) | (Meaning::Rgb, 3) => false,
        (Meaning::YCbCr, 3) => true,
        _ => return None,
    };
    // All tiles of a file have the encoding of the first.
    let grid = image.grid();
    let all = grid.touching(Rect::from_size(grid.size)).take(64);
    let mut stored = all.map(|(column, row)| {
        Rect::at(0, 0, grid.tile)
            .translate(i64::from(column) * i64::from(grid.tile.width), i64::from(row) * i64::from(grid.tile.height))
    });
    let first = stored.find_map(|rect| tile(image, rect).ok().flatten())?;
    let subsampling = chroma(&first, coding.samples)?;
    Some(TileEncoding::Jpeg(JpegTiles { tables: Arc::from(&coding.tables[..]), ycc, subsampling }))
}

fn lossless(coding: &Coding) -> Option<TileEncoding> {
    let whole = match coding.kind {
        RawSampleType::U8 => coding.bits == 8,
        RawSampleType::U16 => coding.bits == 16 && coding.little,
        RawSampleType::F32 => coding.bits == 32 && coding.little && !coding.short_float,
        _ => false,
    };
    let plain = matches!(coding.meaning, Meaning::BlackIsZero | Meaning::Rgb | Meaning::Channels);
    let compression = (if coding.compression == code::OLD_DEFLATE { code::DEFLATE } else { coding.compression }) as u16;
    let as_usual = whole && plain && !coding.complex && !coding.reversed;
    as_usual.then_some(TileEncoding::Lossless { compression, predictor: coding.predictor as u16 })
}

/// Pixels across and down for one sample of chroma in a baseline stream of so many components (ITU T.81, B.2.2).
fn chroma(stream: &[u8], components: usize) -> Option<(u16, u16)> {
    let mut at = 2;
    loop {
        let &[0xFF, marker] = stream.get(at..at + 2)? else { return None };
        let length = usize::from(u16::from_be_bytes(stream.get(at + 2..at + 4)?.try_into().ok()?));
        if matches!(marker, 0xC0 | 0xC1) {
            let frame = stream.get(at + 4..at + 2 + length)?;
            let factors: Vec<u8> = frame.get(6..)?.chunks_exact(3).map(|component| component[1]).collect();
            let plain = frame[0] == 8 && factors.len() == components && factors[1..].iter().all(|&both| both == 0x11);
            let first = *factors.first()?;
            // A single component has no chroma, whatever its sampling factors.
            let first = if components == 1 { 0x11 } else { first };
            return plain.then_some((u16::from(first >> 4), u16::from(first & 15)));
        }
        if matches!(marker, 0xC2..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC) || marker == 0xDA {
            return None;
        }
        at += 2 + length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::jpeg::{EncodeOptions, Subsampling, encode};
    use crate::geometry::Size;
    use crate::pixels::{Pixels, SampleType};

    #[test]
    fn the_frame_header_gives_chroma_subsampling() {
        for (channels, subsampling, expected) in [
            (1, Subsampling::Quarter, (1, 1)),
            (3, Subsampling::Full, (1, 1)),
            (3, Subsampling::Half, (2, 1)),
            (3, Subsampling::Quarter, (2, 2)),
        ] {
            let mut stream = Vec::new();
            let pixels = Pixels::zeroed(Size::new(16, 16), channels, SampleType::U8);
            encode(pixels.view(), &EncodeOptions { subsampling, ..EncodeOptions::default() }, &mut stream).unwrap();
            assert_eq!(chroma(&stream, channels as usize), Some(expected), "{channels} {subsampling:?}");
            assert_eq!(chroma(&stream[..30], channels as usize), None, "torn");
            assert_eq!(chroma(&stream, 4), None);
        }
    }
}
