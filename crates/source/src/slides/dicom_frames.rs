//! The frames of a DICOM file: where each is (PS3.5, section A.4), and its pixels.

use std::sync::{Arc, OnceLock};

use super::dicom_data::{self as data, DataSet, ITEM};
use crate::PositionedFile;
use crate::codec::{jpeg, jpeg2000, jpegxl, packbits};
use crate::geometry::Size;
use crate::limits::most_pixels;
use crate::pixels::{Pixels, SampleType, Samples};
use crate::placed_tiles::Pictures;
use crate::{Error, IoResultExt as _, Result};

/// No frame has more bytes, packed or not.
const MOST_FRAME: u64 = 256 << 20;
/// Frames of one file.
const MOST_FRAMES: i64 = 1 << 22;

/// Names a frame of the slide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct FrameKey {
    /// Which file.
    pub(super) file: u32,
    /// Which of its frames, from 0.
    pub(super) number: u32,
}

/// What the pixels of a frame are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) channels: u8,
    pub(super) sample: SampleType,
}

/// One file.
pub(super) struct Instance {
    file: Arc<PositionedFile>,
    /// Of the whole image.
    pub(super) total: Size,
    /// Of one frame.
    pub(super) frame: Size,
    pub(super) count: u32,
    pub(super) kind: Kind,
    coding: Coding,
    /// How colors are stored.
    photometric: String,
    /// Whether all of one color come first.
    planar: bool,
    pixels: (u64, Option<u64>),
    /// Offsets from the first frame, where a table of the elements says so.
    offsets: Vec<u64>,
    places: OnceLock<Result<Vec<(u64, u64)>>>,
}

/// How a frame is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Native,
    Runs,
    Jpeg,
    Jpeg2000,
    JpegXl,
}

fn foreign(coding: &str) -> Error {
    Error::unsupported(format!("a DICOM image in {coding}; convert it to another transfer syntax, as plain JPEG 2000"))
}

impl Instance {
    /// What `elements` say of the pixels at `pixels`.
    pub(super) fn new(file: Arc<PositionedFile>, elements: &DataSet, pixels: (u64, Option<u64>)) -> Result<Self> {
        let syntax = elements.text(data::TRANSFER_SYNTAX).unwrap_or_default();
        let coding = match syntax.strip_prefix("1.2.840.10008.1.2").unwrap_or("?") {
            "" | ".1" => Coding::Native,
            ".5" => Coding::Runs,
            ".4.50" | ".4.51" | ".4.57" | ".4.70" => Coding::Jpeg,
            ".4.90" | ".4.91" => Coding::Jpeg2000,
            ".4.110" | ".4.111" | ".4.112" => Coding::JpegXl,
            ".4.80" | ".4.81" => return Err(foreign("JPEG-LS")),
            ".4.201" | ".4.202" | ".4.203" => return Err(foreign("High-Throughput JPEG 2000")),
            _ => return Err(Error::unsupported(format!("a DICOM image in transfer syntax {syntax}"))),
        };
        let side = |tag: u32| elements.int(tag).filter(|side| (1..1 << 30).contains(side)).map(|side| side as u32);
        let (Some(width), Some(height)) = (side(data::COLUMNS), side(data::ROWS)) else {
            return Err(Error::corrupt("a DICOM file without rows and columns"));
        };
        let frame = Size::new(width, height);
        let total =
            Size::new(side(data::TOTAL_COLUMNS).unwrap_or(frame.width), side(data::TOTAL_ROWS).unwrap_or(frame.height));
        let count = elements.numbers(data::FRAMES).first().map_or(1, |count| *count as i64);
        let (samples, bits) =
            (elements.int(data::SAMPLES).unwrap_or(1), elements.int(data::BITS_ALLOCATED).unwrap_or(8));
        let is_signed = elements.int(data::SIGNED) == Some(1);
        let kind = match (samples, bits, is_signed) {
            (channels @ (1 | 3), 8, false) => Kind { channels: channels as u8, sample: SampleType::U8 },
            (channels @ (1 | 3), 16, false) => Kind { channels: channels as u8, sample: SampleType::U16 },
            (1, 8, true) => Kind { channels: 1, sample: SampleType::I8 },
            (1, 16, true) => Kind { channels: 1, sample: SampleType::I16 },
            _ => return Err(Error::unsupported(format!("DICOM pixels of {samples} samples of {bits} bits"))),
        };
        let bytes = frame.area().saturating_mul(u64::from(kind.channels) * kind.sample.bytes() as u64);
        // Each frame has at least the head of an item.
        let room = file.length()? / 8;
        if !(1..=MOST_FRAMES.min(room as i64)).contains(&count) || bytes > MOST_FRAME {
            return Err(Error::corrupt(format!("{count} frames of {frame} pixels")));
        }
        let offsets = elements.bytes(data::OFFSETS).unwrap_or_default().as_chunks().0;
        Ok(Self {
            file,
            total,
            frame,
            count: count as u32,
            kind,
            coding,
            photometric: elements.text(data::PHOTOMETRIC).unwrap_or_default(),
            planar: elements.int(data::PLANAR) == Some(1),
            pixels,
            offsets: offsets.iter().map(|offset| u64::from_le_bytes(*offset)).collect(),
            places: OnceLock::new(),
        })
    }

    fn frame(&self, number: u32) -> Result<Option<Pixels>> {
        let bytes = match self.pixels {
            (at, Some(length)) => {
                let bytes = self.plain_bytes();
                let inside = u64::from(number) * bytes;
                if self.coding != Coding::Native || inside + bytes > length {
                    return Err(Error::corrupt(format!("frame {number} is not within the pixel data")));
                }
                self.file.read_at(at + inside, bytes)?
            }
            (at, None) => {
                let places = self.places.get_or_init(|| self.find(at)).as_ref().map_err(Clone::clone)?;
                let place = places.get(number as usize);
                let (start, end) = *place.ok_or_else(|| Error::corrupt(format!("frame {number} is not there")))?;
                self.fragments(start, end)?
            }
        };
        if bytes.is_empty() {
            return Ok(None);
        }
        let pixels = self.signed(self.decode(&bytes)?)?;
        if (pixels.channels(), pixels.sample_type()) != (self.kind.channels, self.kind.sample) {
            let what = format!("a frame of {} channels of {}", pixels.channels(), pixels.sample_type().name());
            return Err(Error::corrupt(what));
        }
        Ok(Some(pixels))
    }

    /// Codecs do not know that numbers are signed: their bits are the same.
    fn signed(&self, pixels: Pixels) -> Result<Pixels> {
        let (size, channels) = (pixels.size(), pixels.channels());
        match (self.kind.sample, pixels.into_samples()) {
            (SampleType::I8, Samples::U8(bytes)) => {
                Pixels::new(size, channels, Samples::I8(bytes.into_iter().map(u8::cast_signed).collect()))
            }
            (SampleType::I16, Samples::U16(words)) => {
                Pixels::new(size, channels, Samples::I16(words.into_iter().map(u16::cast_signed).collect()))
            }
            (_, samples) => Pixels::new(size, channels, samples),
        }
    }

    fn plain_bytes(&self) -> u64 {
        self.frame.area() * (u64::from(self.kind.channels) * self.kind.sample.bytes() as u64)
    }

    fn decode(&self, stream: &[u8]) -> Result<Pixels> {
        let most = most_pixels(self.frame);
        let color = match self.photometric.as_str() {
            _ if self.kind.channels == 1 => jpeg::ColorSpace::Marked,
            "RGB" => jpeg::ColorSpace::AsStored,
            _ => jpeg::ColorSpace::YCbCr,
        };
        match self.coding {
            Coding::Jpeg => jpeg::decode_within(stream, &jpeg::DecodeOptions { color, ..Default::default() }, most),
            // The stream itself says whether its colors were turned (YBR_ICT, YBR_RCT).
            Coding::Jpeg2000 => jpeg2000::decode(stream, most),
            Coding::JpegXl => jpegxl::decode(stream, most),
            Coding::Runs => self.plain(runs(stream, self.plain_bytes(), self.frame.area())?, true),
            Coding::Native => self.plain(stream.to_vec(), self.planar),
        }
    }

    /// Plain samples, perhaps all of one color first.
    fn plain(&self, bytes: Vec<u8>, planar: bool) -> Result<Pixels> {
        if !matches!(self.photometric.as_str(), "RGB" | "MONOCHROME2" | "MONOCHROME1") {
            return Err(Error::unsupported(format!("uncompressed DICOM pixels in {}", self.photometric)));
        }
        let (channels, width) = (self.kind.channels as usize, self.kind.sample.bytes());
        let mut bytes = if planar && channels > 1 {
            let plane = bytes.len() / channels;
            let pixels = (0..plane / width).flat_map(|pixel| (0..channels).map(move |c| c * plane + pixel * width));
            pixels.flat_map(|at| bytes[at..at + width].iter().copied()).collect()
        } else {
            bytes
        };
        if self.photometric == "MONOCHROME1" {
            // 0 is white.
            for byte in &mut bytes {
                *byte = !*byte;
            }
        }
        Pixels::new(self.frame, self.kind.channels, Samples::from_le_bytes(self.kind.sample, bytes))
    }

    /// Where the fragments of each frame begin and end.
    fn find(&self, at: u64) -> Result<Vec<(u64, u64)>> {
        let table = self.item(at)?.ok_or_else(|| Error::corrupt("pixel data in fragments without a table"))?;
        let (base, end) = (at + 8 + table, self.file.length()?);
        let mut starts = self.offsets.clone();
        if starts.is_empty() && table / 4 >= u64::from(self.count) {
            let bytes = self.file.read_at(at + 8, u64::from(self.count) * 4)?;
            starts = bytes.as_chunks().0.iter().map(|offset| u32::from_le_bytes(*offset).into()).collect();
        }
        if !starts.is_empty() {
            let starts: Vec<u64> = starts.iter().map(|start| base.saturating_add(*start)).collect();
            let ends = starts.iter().skip(1).copied().chain([end]);
            return Ok(starts.iter().copied().zip(ends).collect());
        }
        let (mut places, mut at) = (Vec::new(), base);
        while at + 8 <= end {
            let Some(length) = self.item(at)? else { break };
            places.push((at, at + 8 + length));
            at += 8 + length;
        }
        match places.len() {
            _ if self.count == 1 => Ok(vec![(base, at)]),
            found if found == self.count as usize => Ok(places),
            found => Err(Error::unsupported(format!("{} frames in {found} fragments without a table", self.count))),
        }
    }

    /// The length of the item at `at`; none where there is something else.
    fn item(&self, at: u64) -> Result<Option<u64>> {
        let head = self.file.read_at(at, 8)?;
        let &[g0, g1, e0, e1, ref length @ ..] = &head[..] else { return Ok(None) };
        let tag = u32::from(u16::from_le_bytes([g0, g1])) << 16 | u32::from(u16::from_le_bytes([e0, e1]));
        let length = length.first_chunk().map_or(0, |length| u32::from_le_bytes(*length));
        Ok((tag == ITEM).then_some(length.into()))
    }

    /// The bytes of the fragments in `start..end`.
    fn fragments(&self, start: u64, end: u64) -> Result<Vec<u8>> {
        let (mut at, mut bytes) = (start, Vec::new());
        while at + 8 <= end {
            let Some(length) = self.item(at)? else { break };
            if bytes.len() as u64 + length > MOST_FRAME {
                return Err(Error::corrupt("a frame that is far too long"));
            }
            bytes.extend(self.file.read_at(at + 8, length)?);
            at += 8 + length;
        }
        Ok(bytes)
    }
}

/// The frames of all files of a slide.
pub(super) struct Frames {
    pub(super) instances: Vec<Arc<Instance>>,
}

impl Pictures for Frames {
    type Key = FrameKey;

    fn picture(&self, key: FrameKey) -> Result<Option<Pixels>> {
        let instance = &self.instances[key.file as usize];
        instance.frame(key.number).at(instance.file.path())
    }
}

/// Run lengths (PS3.5, annex G): one segment for each byte of a sample, highest first; the result is one plane after another.
fn runs(stream: &[u8], expected: u64, area: u64) -> Result<Vec<u8>> {
    let torn = || Error::corrupt("a frame of run lengths is cut short");
    let int = |at: usize| stream.get(at..).and_then(<[u8]>::first_chunk).map(|n| u32::from_le_bytes(*n) as usize);
    let count = int(0).ok_or_else(torn)?;
    if count as u64 * area != expected || count == 0 || count > 15 {
        return Err(Error::corrupt(format!("a frame of {count} segments of run lengths")));
    }
    let segments = (0..count).map(|number| {
        let start = int(4 + 4 * number).ok_or_else(torn)?;
        let end = if number + 1 < count { int(8 + 4 * number).ok_or_else(torn)? } else { stream.len() };
        let mut plane = packbits::decode(stream.get(start..end).ok_or_else(torn)?, area as usize);
        plane.resize(area as usize, 0);
        Ok(plane)
    });
    let planes: Vec<Vec<u8>> = segments.collect::<Result<_>>()?;
    if planes.len().is_multiple_of(2) {
        // Two bytes to a sample: there are one or three samples.
        let pairs = planes.chunks_exact(2);
        return Ok(pairs.flat_map(|pair| pair[1].iter().zip(&pair[0]).flat_map(|(low, high)| [*low, *high])).collect());
    }
    Ok(planes.concat())
}
