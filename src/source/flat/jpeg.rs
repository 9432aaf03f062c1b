//! JPEG files: four levels by scaled decoding, turned upright by EXIF.

use std::path::Path;

use super::{Flat, orient};
use crate::codec::jpeg;
use crate::pixels::{Pixels, SampleType};
use crate::source::{Info, Level, Opened};
use crate::{Error, IoResultExt as _, Result};

/// Levels whose longer side is shorter than this are left out.
const SMALLEST: u32 = 32;

pub(in crate::source) fn detect(_: &Path, head: &[u8]) -> bool {
    head.starts_with(&[0xFF, 0xD8, 0xFF])
}

pub(in crate::source) fn open(path: &Path) -> Result<Box<dyn Opened>> {
    // The frame header stands behind whatever metadata there is: mostly near the front.
    let stream = read_start(path, 1 << 16)?;
    let found = jpeg::header(&stream).map(|header| (header, orient::of_jpeg(&stream)));
    let (header, orientation) = if let Ok(found) = found {
        found
    } else {
        let stream = std::fs::read(path).at(path)?;
        (jpeg::header(&stream)?, orient::of_jpeg(&stream))
    };
    let size = orient::upright_size(header.size, orientation);
    let channels = if header.components == 1 { 1 } else { 3 };
    let mut info = Info::plain("JPEG", size, size, channels, SampleType::U8);
    for halvings in 1..=3 {
        let size = size.halved_times(halvings);
        if size.longest() >= SMALLEST {
            info.levels.push(Level { size, downsample: (1 << halvings) as f64, tile: size });
        }
    }
    Flat::opened(path, info, decode)
}

fn decode(path: &Path, level: usize) -> Result<Pixels> {
    let stream = std::fs::read(path).at(path)?;
    if !stream.windows(2).rev().any(|pair| pair == [0xFF, 0xD9]) {
        return Err(Error::corrupt("the file ends before the picture does"));
    }
    let options = jpeg::DecodeOptions { reduce: level as u8, ..Default::default() };
    Ok(orient::upright(jpeg::decode(&stream, &options)?, orient::of_jpeg(&stream)))
}

fn read_start(path: &Path, most: u64) -> Result<Vec<u8>> {
    use std::io::Read as _;
    let mut start = Vec::new();
    std::fs::File::open(path).at(path)?.take(most).read_to_end(&mut start).at(path)?;
    Ok(start)
}
