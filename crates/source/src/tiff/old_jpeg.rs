//! JPEG of TIFF 6.0 section 22 (compression 6), which was withdrawn and which scanners wrote all the same, each in its own way.
//!
//! Either a whole JPEG stream stands somewhere in the file, or its tables stand in tags and the strips hold bare entropy-coded
//! data. Both become streams of their own.

use super::coding::samples_of;
use super::directory::Directory;
use super::tags::{self as tag, compression};
use crate::PositionedFile;
use crate::geometry::Size;
use crate::{Error, Result};

/// The tags of the old JPEG compression.
#[derive(Debug, Clone)]
pub(super) struct OldJpeg {
    /// Everything up to the entropy-coded data, with the height left to be filled in.
    head: Vec<u8>,
    /// Where in `head` the two bytes of the height are.
    height_at: Option<usize>,
    /// The whole image as one stream, if strips have no boundaries.
    whole: Option<Vec<u8>>,
}

/// A header longer than this is none.
const MOST_HEADER: u64 = 1 << 16;

impl OldJpeg {
    pub(super) fn read(file: &PositionedFile, directory: &Directory) -> Result<Self> {
        let at = directory.int(tag::JPEG_INTERCHANGE).filter(|at| *at > 0);
        if let Some(at) = at
            && let Some(found) = Self::from_interchange(file, directory, at)?
        {
            return Ok(found);
        }
        Self::from_tables(file, directory)
    }

    /// From the stream that tag 513 points at: the whole image, or only its header.
    fn from_interchange(file: &PositionedFile, directory: &Directory, at: u64) -> Result<Option<Self>> {
        let have = file.length()?;
        let length = directory.int(tag::JPEG_INTERCHANGE_LENGTH).filter(|length| *length > 0);
        let length = length.unwrap_or(u64::MAX).min(have.saturating_sub(at));
        if length < 4 || file.read_at(at, 2)? != [0xFF, 0xD8] {
            return Ok(None);
        }
        let head = file.read_at(at, length.min(MOST_HEADER))?;
        let Some(parts) = Parts::of(&head) else { return Ok(None) };
        let offsets = directory.ints(file, tag::STRIP_OFFSETS)?;
        let counts = directory.ints(file, tag::STRIP_BYTE_COUNTS)?;
        let tiled = directory.has(tag::TILE_OFFSETS);
        let has_scan = parts.scan.is_some();
        if !tiled && offsets.len() == 1 && has_scan {
            // One strip: the stream is the image. Where its length is wrong, it goes on to the end of the strip.
            let strip_end = offsets[0].saturating_add(counts.first().copied().unwrap_or(0)).min(have);
            let end = (at + length).max(if offsets[0] >= at { strip_end } else { 0 });
            let whole = file.read_at(at, end - at)?;
            return Ok(Some(Self { head: Vec::new(), height_at: None, whole: Some(whole) }));
        }
        let head = head[..parts.scan.unwrap_or(parts.end)].to_vec();
        if !tiled && Some(u64::from(parts.height)) == directory.int(tag::HEIGHT) && offsets.len() == counts.len() {
            // The frame is that of the whole image: the strips are its restart intervals, whose markers are left out.
            let interval = strip_interval(directory, &head, parts.height_at).filter(|_| offsets.len() > 1);
            let mut whole = head;
            if let Some(interval) = interval {
                let [high, low] = interval.to_be_bytes();
                whole.splice(2..2, [0xFF, 0xDD, 0, 4, high, low]);
            }
            for (number, (at, count)) in offsets.iter().zip(&counts).enumerate() {
                if (whole.len() as u64).saturating_add(*count) > have {
                    return Err(Error::corrupt("strips that hold more than the file"));
                }
                let marked = matches!(whole[..], [.., 0xFF, 0xD0..=0xD7]);
                if number > 0 && interval.is_some() && !marked {
                    whole.extend([0xFF, 0xD0 + ((number - 1) & 7) as u8]);
                }
                whole.extend(file.read_at(*at, *count)?);
            }
            whole.extend([0xFF, 0xD9]);
            return Ok(Some(Self { head: Vec::new(), height_at: None, whole: Some(whole) }));
        }
        if !has_scan {
            return Ok(None);
        }
        Ok(Some(Self { head, height_at: Some(parts.height_at), whole: None }))
    }

    /// From quantization and Huffman tables in tags of their own.
    fn from_tables(file: &PositionedFile, directory: &Directory) -> Result<Self> {
        let samples = samples_of(directory, compression::OLD_JPEG).clamp(1, 4) as usize;
        let side = |wide, narrow| directory.int(wide).or_else(|| directory.int(narrow)).unwrap_or(0) as u16;
        let (width, height) = (side(tag::TILE_WIDTH, tag::WIDTH), side(tag::TILE_HEIGHT, tag::HEIGHT));
        let steps = directory.ints(file, tag::YCBCR_SUBSAMPLING)?;
        let step = |at: usize| if samples == 3 { steps.get(at).copied().unwrap_or(2).clamp(1, 4) as u8 } else { 1 };
        let mut head = vec![0xFF, 0xD8];
        let mut segment = |marker: u8, payload: &[u8]| {
            head.extend([0xFF, marker]);
            head.extend((payload.len() as u16 + 2).to_be_bytes());
            head.extend(payload);
        };
        let lists = [tag::JPEG_Q_TABLES, tag::JPEG_DC_TABLES, tag::JPEG_AC_TABLES].map(|tag| directory.ints(file, tag));
        let [quantisers, dc, ac] = lists;
        let (quantisers, dc, ac) = (quantisers?, dc?, ac?);
        if quantisers.is_empty() || dc.is_empty() || ac.is_empty() {
            // The strips may be streams of their own.
            return Ok(Self { head: Vec::new(), height_at: None, whole: None });
        }
        for (number, at) in quantisers.iter().take(samples).enumerate() {
            segment(0xDB, &[&[number as u8][..], &file.read_at(*at, 64)?].concat());
        }
        for (class, list) in [(0x00, &dc), (0x10, &ac)] {
            for (number, at) in list.iter().take(samples).enumerate() {
                let counts = file.read_at(*at, 16)?;
                let codes = counts.iter().map(|&count| u64::from(count)).sum();
                let symbols = file.read_at(*at + 16, codes)?;
                segment(0xC4, &[&[class | number as u8][..], &counts, &symbols].concat());
            }
        }
        if let Some(interval) = directory.int(tag::JPEG_RESTART_INTERVAL).filter(|interval| *interval > 0) {
            segment(0xDD, &(interval as u16).to_be_bytes());
        }
        let table = |list: &[u64], at: usize| at.min(list.len() - 1).min(3) as u8;
        let mut frame = vec![8];
        frame.extend(height.to_be_bytes());
        frame.extend(width.to_be_bytes());
        frame.push(samples as u8);
        let mut scan = vec![samples as u8];
        for at in 0..samples {
            let factors = if at == 0 { step(0) << 4 | step(1) } else { 0x11 };
            frame.extend([at as u8 + 1, factors, table(&quantisers, at)]);
            scan.extend([at as u8 + 1, table(&dc, at) << 4 | table(&ac, at)]);
        }
        scan.extend([0, 63, 0]);
        segment(0xC0, &frame);
        segment(0xDA, &scan);
        let height_at = Parts::of(&head).map(|parts| parts.height_at);
        Ok(Self { head, height_at, whole: None })
    }

    /// Whether all strips form one stream of the whole image.
    pub(super) fn is_whole(&self) -> bool {
        self.whole.is_some()
    }

    /// The stream of a chunk.
    pub(super) fn stream(&self, data: &[u8], plane: usize) -> Result<Vec<u8>> {
        if plane > 0 {
            return Err(Error::unsupported("old TIFF JPEG in planes"));
        }
        if let Some(whole) = &self.whole {
            return Ok(whole.clone());
        }
        if data.starts_with(&[0xFF, 0xD8]) {
            return Ok(data.to_vec());
        }
        if self.head.is_empty() {
            return Err(Error::unsupported("old TIFF JPEG without its tables"));
        }
        Ok([&self.head, data, &[0xFF, 0xD9]].concat())
    }

    /// The same for chunks of `size` pixels.
    #[must_use]
    pub(super) fn for_chunks(mut self, size: Size) -> Self {
        if let Some(at) = self.height_at {
            let sides = [size.height, size.width].map(|side| (side as u16).to_be_bytes());
            if let Some(to) = self.head.get_mut(at..at + 4) {
                to.copy_from_slice(sides.as_flattened());
            }
        }
        self
    }
}

/// MCUs of a strip, where it is made of whole rows of them: `head` has the frame whose height stands at `height_at`.
fn strip_interval(directory: &Directory, head: &[u8], height_at: usize) -> Option<u16> {
    let factors = *head.get(height_at + 6)?;
    let (across, down) = (8 * u64::from(factors >> 4), 8 * u64::from(factors & 15));
    let (width, rows) = (directory.int(tag::WIDTH)?, directory.int(tag::ROWS_PER_STRIP)?);
    if across == 0 || down == 0 || rows % down != 0 {
        return None;
    }
    u16::try_from(width.div_ceil(across).checked_mul(rows / down)?).ok()
}

/// The parts of a stream's header.
struct Parts {
    /// Where the entropy-coded data begins.
    scan: Option<usize>,
    /// Where the last segment ends.
    end: usize,
    height: u16,
    /// The offset of the height in the header.
    height_at: usize,
}

impl Parts {
    fn of(head: &[u8]) -> Option<Self> {
        let (mut at, mut frame, mut scan) = (2, None, None);
        while let Some(&[0xFF, kind, high, low]) = head.get(at..at + 4) {
            let end = at + 2 + usize::from(u16::from_be_bytes([high, low])).max(2);
            if end > head.len() {
                break;
            }
            if let (0xC0..=0xC3, Some(&[high, low])) = (kind, head.get(at + 5..at + 7)) {
                frame = Some((u16::from_be_bytes([high, low]), at + 5));
            }
            at = end;
            if kind == 0xDA {
                scan = Some(at);
                break;
            }
        }
        let (height, height_at) = frame?;
        Some(Self { scan, end: at, height, height_at })
    }
}
