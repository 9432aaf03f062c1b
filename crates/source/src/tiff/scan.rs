//! [`StripRows`]: an image in strips that are too large to be decoded as a whole, from top to bottom in the memory of some rows.

use std::io::{BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;

use super::coding::{Coding, Meaning};
use super::decode::{plain_bytes, raw_samples};
use super::image::Image;
use super::tags::compression as code;
use crate::PositionedFile;
use crate::codec::{fax, jpeg, readers};
use crate::geometry::{Rect, Size};
use crate::loss;
use crate::pixels::{Pixels, RawSamples, interleave_raw};
use crate::rows::Rows;
use crate::{Error, IoResultExt as _, Result};

/// Rows that come at a time hold about so many bytes.
const PIECE: u64 = 4 << 20;
/// Bytes of the file that are read at a time.
const WINDOW: usize = 1 << 18;

impl Coding {
    /// Whether the rows of a strip can be decoded one after the other.
    pub(super) fn is_sequential(&self) -> bool {
        let by_bytes = matches!(
            self.compression,
            code::NONE
                | code::HUFFMAN
                | code::HUFFMAN_WORDS
                | code::FAX_3
                | code::FAX_4
                | code::LZW
                | code::DEFLATE
                | code::OLD_DEFLATE
                | code::ZSTD
                | code::LZMA
                | code::PACK_BITS
        );
        let is_jpeg =
            self.is_plain_jpeg() || self.compression == code::JPEG && matches!(self.meaning, Meaning::Cmyk { .. });
        self.ycbcr.is_none() && (by_bytes || is_jpeg && self.bits == 8 && !self.separate)
    }
}

/// The rows of an image on their way.
pub(super) struct StripRows {
    image: Arc<Image>,
    /// The strip that comes next, or is being decoded.
    strip: u32,
    /// Rows of it that have come.
    done: u32,
    open: Option<Strip>,
}

/// A strip that is being decoded.
enum Strip {
    /// The bytes of rows, of each plane.
    Bytes(Vec<readers::Reader>),
    Jpeg(Box<jpeg::Decoder<Section>>),
    /// What is left of a damaged one: zeros.
    Lost,
}

impl StripRows {
    /// All rows of `image`.
    pub(super) fn of(image: Arc<Image>) -> Self {
        Self { image, strip: 0, done: 0, open: None }
    }

    /// What the rows are of.
    pub(super) fn image(&self) -> &Image {
        &self.image
    }

    /// The next raw samples, as wide as the image; `None` after the last row.
    pub(super) fn next_raw(&mut self) -> Result<Option<RawSamples>> {
        let grid = self.image.grid();
        if self.strip >= grid.rows() {
            return Ok(None);
        }
        let height = grid.rect(0, self.strip).size().height;
        let came = self.advance(height - self.done).or_else(|error| self.lost(error, height))?;
        self.done += came.size().height;
        if self.done >= height {
            (self.strip, self.done, self.open) = (self.strip + 1, 0, None);
        }
        Ok(Some(came))
    }

    /// Some of the `left` rows of the present strip, at least one.
    fn advance(&mut self, left: u32) -> Result<RawSamples> {
        let coding = self.image.coding();
        let open = match &mut self.open {
            Some(open) => open,
            None => self.open.insert(begin(&self.image, self.strip)?),
        };
        let width = self.image.size().width;
        let line = plain_bytes(Size::new(width, 1), coding.samples.max(coding.channels()), coding.bits.max(8));
        let size = Size::new(width, (PIECE / line.max(1)).clamp(1, left.into()) as u32);
        match open {
            Strip::Lost => Ok(RawSamples::zeroed(size, coding.samples as u8, coding.kind)),
            Strip::Bytes(planes) => {
                let each = planes.iter_mut().map(|plane| next_rows(plane, coding, size));
                let mut planes = each.collect::<Result<Vec<_>>>()?;
                if let [_] = &*planes { Ok(planes.swap_remove(0)) } else { interleave_raw(&planes) }
            }
            Strip::Jpeg(decoder) => {
                let rows = decoder.next_rows()?.ok_or_else(|| Error::corrupt("a strip with too few rows"))?;
                let found = rows.size();
                if usize::from(rows.channels()) != coding.samples || found.width < width {
                    return Err(Error::corrupt("a strip that is no part of its image"));
                }
                let whole = Size::new(width, found.height.min(left));
                let raw = RawSamples::from_pixels(rows);
                Ok(if found == whole { raw } else { raw.crop(Rect::from_size(whole)) })
            }
        }
    }

    /// What comes in place of rows that cannot be decoded: `error`, where nothing follows; else zeros, with a note.
    fn lost(&mut self, error: Error, height: u32) -> Result<RawSamples> {
        let grid = self.image.grid();
        if self.strip + 1 == grid.rows() || matches!(self.open, Some(Strip::Lost)) {
            return Err(error);
        }
        let top = grid.rect(0, self.strip).y0;
        loss::note(error.of_part(format!("rows {} to {}", top + i64::from(self.done), top + i64::from(height) - 1)));
        self.open = Some(Strip::Lost);
        self.advance(height - self.done)
    }
}

impl Rows for StripRows {
    fn next_rows(&mut self) -> Result<Option<Pixels>> {
        let raw = self.next_raw().at(self.image.file().path())?;
        Ok(raw.map(|raw| self.image.coding().interpret(raw)))
    }
}

/// The samples of `size` pixels that `plane` has next.
fn next_rows(plane: &mut readers::Reader, coding: &Coding, size: Size) -> Result<RawSamples> {
    let row = plain_bytes(Size::new(size.width, 1), coding.stored(), coding.bits).max(1);
    let expected = row * u64::from(size.height);
    let mut bytes = Vec::with_capacity(expected as usize);
    // What came before a failure is sound.
    let failed = plane.take(expected).read_to_end(&mut bytes).err();
    let rows = bytes.len() as u64 / row;
    if rows == 0 {
        let why = failed.map_or_else(String::new, |error| format!(": {error}"));
        return Err(Error::corrupt(format!("a strip that ends before its last row{why}")));
    }
    bytes.truncate((rows * row) as usize);
    raw_samples(coding, bytes, Size::new(size.width, rows as u32))
}

/// Begin to decode a strip of `image`.
fn begin(image: &Arc<Image>, strip: u32) -> Result<Strip> {
    let coding = image.coding();
    let section = |plane| Section::of(image, strip, plane);
    if coding.compression == code::JPEG {
        let options = jpeg::DecodeOptions { tables: &coding.tables, color: coding.jpeg_color(), ..Default::default() };
        return Ok(Strip::Jpeg(Box::new(jpeg::Decoder::new(section(0)?, &options)?)));
    }
    let planes = if coding.separate { coding.samples } else { 1 };
    let width = image.size().width;
    let reader = |plane| -> Result<readers::Reader> {
        let bytes = BufReader::with_capacity(WINDOW, section(plane)?);
        let faxed = |bytes, kind| Ok(fax::reader(bytes, kind, width));
        let read = match coding.compression {
            code::HUFFMAN => faxed(bytes, fax::Kind::Runs),
            code::HUFFMAN_WORDS => faxed(bytes, fax::Kind::RunsInWords),
            code::FAX_3 => faxed(bytes, fax::Kind::Group3 { two_d: coding.t4_options & 1 == 1 }),
            code::FAX_4 => faxed(bytes, fax::Kind::Group4),
            code::LZW => readers::unlzw(bytes),
            code::DEFLATE | code::OLD_DEFLATE => Ok(readers::inflate(bytes)),
            code::ZSTD => readers::unzstd(bytes),
            code::LZMA => Ok(readers::unxz(bytes)),
            code::PACK_BITS => Ok(readers::unpack_bits(bytes)),
            _ => Ok(Box::new(bytes) as readers::Reader),
        };
        read.at(image.file().path())
    };
    (0..planes).map(reader).collect::<Result<_>>().map(Strip::Bytes)
}

/// The stored bytes of one strip.
struct Section {
    image: Arc<Image>,
    start: u64,
    length: u64,
    at: u64,
}

impl Section {
    fn of(image: &Arc<Image>, strip: u32, plane: usize) -> Result<Self> {
        let (start, length) = image.place(0, strip, plane)?;
        let have = image.file().length()?.saturating_sub(start);
        if start == 0 || length.min(have) == 0 {
            return Err(Error::corrupt("a strip that is not there"));
        }
        Ok(Self { image: Arc::clone(image), start, length: length.min(have), at: 0 })
    }

    fn file(&self) -> &PositionedFile {
        self.image.file()
    }
}

impl Read for Section {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = (self.length.saturating_sub(self.at)).min(buffer.len() as u64) as usize;
        self.file().fill(&mut buffer[..count], self.start + self.at)?;
        if self.image.coding().reversed && self.image.coding().compression != code::JPEG {
            buffer[..count].iter_mut().for_each(|byte| *byte = byte.reverse_bits());
        }
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Section {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(step) => self.at.checked_add_signed(step),
            SeekFrom::End(step) => self.length.checked_add_signed(step),
        };
        self.at = at.ok_or(std::io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
