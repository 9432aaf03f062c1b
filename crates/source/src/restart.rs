//! [`RestartJpeg`]: a JPEG stream far larger than a JPEG may be, read in parts.
//!
//! Hamamatsu's scanners write one stream for a whole slide, with restart markers at even distances in every row of MCUs: what
//! is between two of them (an interval) can be decoded by itself. Neighbors in a column are decoded together, with one more
//! above and below, so that chroma is interpolated over them as in the whole stream; where two columns meet it is not.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::PositionedFile;
use crate::codec::jpeg::{self, DecodeOptions};
use crate::geometry::{Rect, Size, TileGrid};
use crate::pixels::Pixels;
use crate::{Error, Result};

/// No header of a stream is longer.
const MOST_HEADER: u64 = 1 << 20;
/// The compressed data of intervals that are decoded together.
const MOST_CODED: u64 = 256 << 20;
/// A stream without restart markers is decoded whole, up to so many pixels.
const MOST_WHOLE: u64 = 256 << 20;
/// Intervals are put together to pieces of about this height, at the resolution they are decoded to.
const PIECE_ROWS: u32 = 512;
/// Bytes that are searched for markers at a time.
const SEARCHED: u64 = 1 << 20;

/// The start of interval `n` in the file, by a table that may be wrong.
pub(super) type Hint = Box<dyn Fn(u64) -> Option<u64> + Send + Sync>;

/// One stream.
pub(super) struct RestartJpeg {
    file: Arc<PositionedFile>,
    end: u64,
    /// All before the entropy-coded data.
    header: Vec<u8>,
    /// The offset of the height in the header; the width follows it.
    size_at: usize,
    data_at: u64,
    size: Size,
    /// Pixels of one interval; `None` where the stream can only be decoded whole.
    interval: Option<Size>,
    hint: Option<Hint>,
    /// Starts of intervals found by search, from the first on without a gap.
    found: Mutex<Found>,
}

struct Found {
    starts: Vec<u64>,
    searched_to: u64,
}

impl RestartJpeg {
    /// The stream in `start..end` of `file`. `size` is that of the image, where the stream's own header cannot say it.
    pub(super) fn open(
        file: Arc<PositionedFile>,
        (start, end): (u64, u64),
        size: Option<Size>,
        hint: Option<Hint>,
    ) -> Result<Self> {
        let end = end.min(file.length()?);
        let head = file.read_at(start, end.saturating_sub(start).min(MOST_HEADER))?;
        let found = Header::read(&head)?;
        let (mut size, own) = (size.unwrap_or(found.size), found.size);
        let across = size.width.div_ceil(found.mcu.width.max(1));
        let interval = match found.restart_interval {
            0 => None,
            count if count <= across && across % count == 0 => {
                Some(Size::new(count * found.mcu.width, found.mcu.height))
            }
            count => {
                let what = format!("a JPEG with a restart marker after every {count} of {across} pieces in a row");
                return Err(Error::unsupported(what));
            }
        };
        if interval.is_none() {
            // Without restart markers the stream is an ordinary one, and its header is right.
            size = own;
            if size.area() > MOST_WHOLE {
                let what = format!("a JPEG of {size} pixels without restart markers cannot be read in parts");
                return Err(Error::limit(what));
            }
        }
        if size.is_empty() || size.longest() > 1 << 30 {
            return Err(Error::corrupt(format!("a JPEG of {size} pixels")));
        }
        let data_at = start + found.length as u64;
        let starts = Found { starts: vec![data_at], searched_to: data_at };
        let header = head[..found.length].to_vec();
        let (size_at, found) = (found.size_at, Mutex::new(starts));
        Ok(Self { file, end, header, size_at, data_at, size, interval, hint, found })
    }

    /// Where its intervals start.
    pub(super) fn set_hint(&mut self, hint: Hint) {
        self.hint = Some(hint);
    }

    /// Intervals across and down.
    pub(super) fn intervals(&self) -> (u32, u32) {
        let interval = self.interval.unwrap_or(self.size);
        (self.size.width.div_ceil(interval.width), self.size.height.div_ceil(interval.height))
    }

    /// The file it is in.
    pub(super) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Width and height.
    pub(super) fn size(&self) -> Size {
        self.size
    }

    /// Whether restart intervals are whole pixels at 1/2^`reduce`: then parts of the reduced image can be read too.
    pub(super) fn reduces(&self, reduce: u8) -> bool {
        let interval = self.interval.unwrap_or(self.size);
        interval.width.is_multiple_of(1 << reduce) && interval.height.is_multiple_of(1 << reduce)
    }

    /// The size at 1/2^`reduce`, rounded down.
    pub(super) fn reduced_size(&self, reduce: u8) -> Size {
        Size::new(self.size.width >> reduce, self.size.height >> reduce)
    }

    /// The tile size at 1/2^`reduce`.
    pub(super) fn grid(&self, reduce: u8) -> TileGrid {
        let size = self.reduced_size(reduce);
        let Some(interval) = self.interval else { return TileGrid::new(size, size) };
        let (width, height) = (interval.width >> reduce, interval.height >> reduce);
        let rows = (PIECE_ROWS / height.max(1)).max(1);
        TileGrid::new(size, Size::new(width.max(1), rows * height.max(1)))
    }

    /// Piece (column, row) of [`Self::grid`].
    pub(super) fn piece(&self, reduce: u8, column: u32, row: u32) -> Result<Pixels> {
        let place = self.grid(reduce).rect(column, row);
        let Some(interval) = self.interval else {
            let length = self.end - self.data_at;
            if length > MOST_CODED {
                return Err(Error::limit(format!("a JPEG of {length} bytes without restart markers")));
            }
            let stream = [&self.header[..], &self.file.read_at(self.data_at, length)?].concat();
            return jpeg::decode_part(&stream, &DecodeOptions { reduce, ..DecodeOptions::default() }, place);
        };
        let (across, down) = self.intervals();
        let height = (interval.height >> reduce).max(1);
        let (first, last) = (place.y0 as u32 / height, (place.y1 as u32).div_ceil(height).min(down));
        let (from, to) = (first.saturating_sub(1), (last + 1).min(down));
        // The most rows that a frame header can name.
        let to = to.min(from + 65_528 / interval.height.max(1));
        let mut stream = self.header.clone();
        let total = Size::new(interval.width, (to - from) * interval.height);
        stream[self.size_at..][..2].copy_from_slice(&(total.height as u16).to_be_bytes());
        stream[self.size_at + 2..][..2].copy_from_slice(&(total.width as u16).to_be_bytes());
        for (number, row) in (from..to).enumerate() {
            let at = u64::from(row) * u64::from(across) + u64::from(column);
            self.append(at, at + 1 < u64::from(across) * u64::from(down), &mut stream)?;
            stream.extend([0xFF, 0xD0 + (number & 7) as u8]);
            if stream.len() as u64 > MOST_CODED {
                return Err(Error::corrupt("restart intervals that are far too long"));
            }
        }
        let end = stream.len() - 1;
        stream[end] = 0xD9;
        let pixels = jpeg::decode(&stream, &DecodeOptions { reduce, ..DecodeOptions::default() })?;
        let top = i64::from((first - from) * height);
        let part = pixels.crop(Rect::at(0, top, place.size()));
        if part.size() != place.size() {
            return Err(Error::corrupt(format!("a part of {} pixels where {} belong", part.size(), place.size())));
        }
        Ok(part)
    }

    /// The data of interval `number`, without the marker after it.
    fn append(&self, number: u64, another: bool, stream: &mut Vec<u8>) -> Result<()> {
        let start = self.start(number)?;
        let end = if another { self.start(number + 1)? } else { self.end };
        if end < start + 2 || end - start > MOST_CODED {
            return Err(Error::corrupt(format!("restart interval {number} from {start} to {end}")));
        }
        let data = self.file.read_at(start, end - start)?;
        // After the last interval there may be anything.
        let marker = |pair: &[u8]| pair[0] == 0xFF && matches!(pair[1], 0xD0..=0xD9);
        let length = if another { data.len() - 2 } else { data.windows(2).position(marker).unwrap_or(data.len()) };
        stream.extend(&data[..length]);
        Ok(())
    }

    /// Where the data of interval `number` start.
    fn start(&self, number: u64) -> Result<u64> {
        if number == 0 {
            return Ok(self.data_at);
        }
        if let Some(start) = self.hinted(number)? {
            return Ok(start);
        }
        // Tables that know the beginnings of rows are a help for what is inside of them.
        let inside = number % u64::from(self.intervals().0);
        match self.hinted(number - inside)? {
            Some(row) if inside > 0 => {
                let mut found = Found { starts: vec![row], searched_to: row };
                self.search(&mut found, inside)
            }
            _ => self.search(&mut self.found.lock().unwrap_or_else(PoisonError::into_inner), number),
        }
    }

    /// The start of interval `number`, if the table gives it and a marker precedes it.
    fn hinted(&self, number: u64) -> Result<Option<u64>> {
        let start = self.hint.as_ref().and_then(|hint| hint(number));
        let start = start.filter(|start| (self.data_at + 2..=self.end).contains(start));
        let Some(start) = start else { return Ok(None) };
        let marked = matches!(self.file.read_at(start - 2, 2)?[..], [0xFF, 0xD0..=0xD7]);
        Ok(marked.then_some(start))
    }

    /// The start of the interval `number` after that of `found`, by the markers between. Found positions are remembered.
    fn search(&self, found: &mut Found, number: u64) -> Result<u64> {
        while found.starts.len() as u64 <= number {
            let at = found.searched_to;
            let length = self.end.saturating_sub(at).min(SEARCHED);
            if length < 2 {
                return Err(Error::corrupt(format!("the JPEG has no restart interval {number}")));
            }
            let bytes = self.file.read_at(at, length)?;
            let markers = bytes.windows(2).enumerate().filter(|(_, pair)| matches!(pair, [0xFF, 0xD0..=0xD7]));
            found.starts.extend(markers.map(|(inside, _)| at + inside as u64 + 2));
            found.searched_to = at + length - 1;
        }
        Ok(found.starts[number as usize])
    }
}

/// The header.
struct Header {
    length: usize,
    size_at: usize,
    size: Size,
    /// Pixels of one MCU.
    mcu: Size,
    restart_interval: u32,
}

impl Header {
    /// The segments up to the first scan (ITU T.81, Annex B.2).
    fn read(bytes: &[u8]) -> Result<Self> {
        let torn = || Error::corrupt("the header of a JPEG is cut short");
        if !bytes.starts_with(&[0xFF, 0xD8]) {
            return Err(Error::corrupt("no JPEG where one should begin"));
        }
        let (mut at, mut restart_interval, mut frame) = (2, 0, None);
        loop {
            let (Some(&[0xFF, marker]), Some(&[high, low])) = (bytes.get(at..at + 2), bytes.get(at + 2..at + 4)) else {
                return Err(torn());
            };
            let length = usize::from(u16::from_be_bytes([high, low]));
            let segment = bytes.get(at + 4..at + 2 + length).ok_or_else(torn)?;
            match (marker, segment) {
                (0xC0 | 0xC1, &[8, h1, h0, w1, w0, count, ref components @ ..]) => {
                    let size = Size::new(u16::from_be_bytes([w1, w0]).into(), u16::from_be_bytes([h1, h0]).into());
                    let factors = components.chunks_exact(3).map(|component| component[1]);
                    let most = |shift: u32| factors.clone().map(|both| u32::from(both >> shift & 15)).max();
                    let mcu = match (count, most(4), most(0)) {
                        (1, ..) => Size::new(8, 8),
                        (_, Some(across @ 1..=4), Some(down @ 1..=4)) => Size::new(8 * across, 8 * down),
                        _ => return Err(torn()),
                    };
                    frame = Some((at + 5, size, mcu));
                }
                (0xC0..=0xCF, _) if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
                    return Err(Error::unsupported("a slide in JPEG that is not baseline of 8 bits"));
                }
                (0xDD, &[high, low]) => restart_interval = u16::from_be_bytes([high, low]).into(),
                (0xDA, _) => {
                    let (size_at, size, mcu) = frame.ok_or_else(torn)?;
                    return Ok(Self { length: at + 2 + length, size_at, size, mcu, restart_interval });
                }
                _ => {}
            }
            at += 2 + length;
        }
    }
}
