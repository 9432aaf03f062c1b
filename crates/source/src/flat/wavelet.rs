//! JPEG 2000 (JP2 files and bare code streams) and JPEG XL, decoded as a whole.

use std::path::Path;

use super::{Coder, Flat, checked_size};
use crate::codec::{jpeg2000, jpegxl};
use crate::geometry::Size;
use crate::loss;
use crate::pixels::Pixels;
use crate::{Error, IoResultExt as _, Result};
use crate::{Info, Opened};

/// No such file is longer: all of it is held while it is decoded.
const MOST_FILE: u64 = 1 << 30;

pub(crate) fn is_jpeg2000(_: &Path, head: &[u8]) -> bool {
    head.starts_with(b"\0\0\0\x0CjP  \r\n\x87\n") || head.starts_with(&[0xFF, 0x4F, 0xFF, 0x51])
}

pub(crate) fn open_jpeg2000(path: &Path) -> Result<Box<dyn Opened>> {
    let data = stream(path)?;
    let (header, length) = (jpeg2000::header(&data)?, data.len() as u64);
    let size = checked_size(header.size.width, header.size.height)?;
    let mut info = Info::plain("JPEG 2000", size, size, header.channels, header.sample);
    info.color = header.color;
    info.icc = header.icc.map(Into::into);
    info.properties.insert("bits".into(), header.bits.to_string());
    let decode = |stream: &[u8]| {
        if !jpeg2000::is_whole(stream) {
            loss::note(Error::corrupt("the file ends before its end marker (what is missing is blurred or black)"));
        }
        jpeg2000::decode(stream, u64::MAX)
    };
    // Measured: the coefficients of each channel, and of one the steps between.
    Flat::opened(path, info, Wavelet { decode, pixel: 10, channel: 4, length }, 1)
}

pub(crate) fn is_jpegxl(_: &Path, head: &[u8]) -> bool {
    head.starts_with(b"\0\0\0\x0CJXL \r\n\x87\n") || head.starts_with(&[0xFF, 0x0A])
}

pub(crate) fn open_jpegxl(path: &Path) -> Result<Box<dyn Opened>> {
    let data = stream(path)?;
    let (header, length) = (jpegxl::header(&data)?, data.len() as u64);
    let size = checked_size(header.size.width, header.size.height)?;
    let mut info = Info::plain("JPEG XL", size, size, header.channels, header.sample);
    info.color = header.color;
    info.icc = header.icc.map(Into::into);
    let decode = |stream: &[u8]| jpegxl::decode(stream, u64::MAX);
    // Measured: three channels as floats, twice.
    Flat::opened(path, info, Wavelet { decode, pixel: 25, channel: 0, length }, 1)
}

struct Wavelet {
    decode: fn(&[u8]) -> Result<Pixels>,
    /// Bytes that decoding takes for each pixel, and for each of its channels, besides the result.
    pixel: u64,
    channel: u64,
    /// Bytes of the file.
    length: u64,
}

impl Coder for Wavelet {
    fn memory(&self, info: &Info, size: Size) -> u64 {
        let pixel = self.pixel + self.channel * u64::from(info.channels) + info.pixel_bytes() as u64;
        size.area().saturating_mul(pixel).saturating_add(self.length)
    }

    fn decode(&self, path: &Path, _: usize) -> Result<Pixels> {
        (self.decode)(&stream(path)?)
    }
}

fn stream(path: &Path) -> Result<Vec<u8>> {
    if std::fs::metadata(path).at(path)?.len() > MOST_FILE {
        return Err(Error::limit("too long to be decoded in one piece"));
    }
    std::fs::read(path).at(path)
}
