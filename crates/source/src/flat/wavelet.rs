//! JPEG 2000 (JP2 files and bare code streams) and JPEG XL, decoded as a whole.

use std::path::Path;

use super::{Coder, Flat, checked_size};
use crate::codec::{jpeg2000, jpegxl};
use crate::pixels::Pixels;
use crate::{Error, IoResultExt as _, Result};
use crate::{Info, Opened};

/// No such file is longer: all of it is held while it is decoded.
const MOST_FILE: u64 = 1 << 30;

pub(crate) fn is_jpeg2000(_: &Path, head: &[u8]) -> bool {
    head.starts_with(b"\0\0\0\x0CjP  \r\n\x87\n") || head.starts_with(&[0xFF, 0x4F, 0xFF, 0x51])
}

pub(crate) fn open_jpeg2000(path: &Path) -> Result<Box<dyn Opened>> {
    let header = jpeg2000::header(&stream(path)?)?;
    let size = checked_size(header.size.width, header.size.height)?;
    let mut info = Info::plain("JPEG 2000", size, size, header.channels, header.sample);
    info.color = header.color;
    info.icc = header.icc.map(Into::into);
    info.properties.insert("bits".into(), header.bits.to_string());
    Flat::opened(path, info, Wavelet(|stream| jpeg2000::decode(stream, u64::MAX)), 1)
}

pub(crate) fn is_jpegxl(_: &Path, head: &[u8]) -> bool {
    head.starts_with(b"\0\0\0\x0CJXL \r\n\x87\n") || head.starts_with(&[0xFF, 0x0A])
}

pub(crate) fn open_jpegxl(path: &Path) -> Result<Box<dyn Opened>> {
    let header = jpegxl::header(&stream(path)?)?;
    let size = checked_size(header.size.width, header.size.height)?;
    let mut info = Info::plain("JPEG XL", size, size, header.channels, header.sample);
    info.color = header.color;
    info.icc = header.icc.map(Into::into);
    Flat::opened(path, info, Wavelet(|stream| jpegxl::decode(stream, u64::MAX)), 1)
}

struct Wavelet(fn(&[u8]) -> Result<Pixels>);

impl Coder for Wavelet {
    fn decode(&self, path: &Path, _: usize) -> Result<Pixels> {
        (self.0)(&stream(path)?)
    }
}

fn stream(path: &Path) -> Result<Vec<u8>> {
    if std::fs::metadata(path).at(path)?.len() > MOST_FILE {
        return Err(Error::limit("too long to be decoded in one piece"));
    }
    std::fs::read(path).at(path)
}
