//! `OpenEXR`: every part of a file is a page, or two: its colors or luminance, and what other channels it has.
//!
//! The `exr` crate decodes the blocks; which channels make a picture, and where in the display window they lie, is decided here.

use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _};
use std::path::{Path, PathBuf};

use exr::block::reader::ChunksReader as _;
use exr::meta::attribute::SampleType as Stored;
use exr::meta::header::Header;

use super::{Coder, Flat, checked_size, exr_pieces};
use crate::geometry::Size;
use crate::half::half;
use crate::loss;
use crate::pixels::{ChannelName, Color, Pixels, SampleType, Samples};
use crate::slide::{NamedPage, Slide};
use crate::{Error, Info, IoResultExt as _, Opened, Result};

/// The most bytes of the header that are looked at.
const MOST_HEADER: u64 = 1 << 20;
/// Parts of one file.
const MOST_PARTS: usize = 1024;

pub(crate) fn open(path: &Path) -> Result<Box<dyn Opened>> {
    let length = std::fs::metadata(path).at(path)?.len();
    let reader = reader(path)?;
    let mut pages = Vec::new();
    for (number, header) in reader.headers().iter().enumerate().take(MOST_PARTS) {
        if header.deep {
            continue;
        }
        for picked in pick(header) {
            let page = Page { part: number, channels: picked.channels.clone() };
            let info = describe(header, &picked, length)?;
            let part = header.own_attributes.layer_name.as_ref().map(ToString::to_string);
            let name = match (part, picked.is_rest) {
                (Some(part), true) => Some(format!("{part}, other channels")),
                (None, true) => Some("other channels".to_owned()),
                (part, false) => part,
            };
            pages.push(NamedPage { name, place: None, source: Flat::page(path, info, page, 1)? });
        }
    }
    if pages.is_empty() {
        return Err(Error::unsupported("an OpenEXR file of deep or subsampled data alone"));
    }
    Ok(Box::new(Slide { path: PathBuf::from(path), pages, associated: Vec::new() }))
}

/// Channels that make a page.
struct Picked {
    /// Their numbers in the part.
    channels: Vec<usize>,
    color: Color,
    /// Whether they are what a page before leaves out.
    is_rest: bool,
}

/// The pages of a part: colors or luminance first, then all else. Subsampled chroma is left out.
fn pick(header: &Header) -> Vec<Picked> {
    let list = &header.channels.list;
    let find = |name: &str| list.iter().position(|channel| channel.name.eq_case_insensitive(name) && is_whole(channel));
    let all = |names: &[&str]| names.iter().map(|name| find(name)).collect::<Option<Vec<_>>>();
    let candidates = [
        (all(&["R", "G", "B", "A"]), Color::Rgba),
        (all(&["R", "G", "B"]), Color::Rgb),
        (all(&["Y", "A"]), Color::GrayAlpha),
        (all(&["Y"]), Color::Gray),
    ];
    let found = candidates.into_iter().find_map(|(channels, color)| Some((channels?, color)));
    let mut picked: Vec<Picked> =
        found.into_iter().map(|(channels, color)| Picked { channels, color, is_rest: false }).collect();
    let taken = |number: &usize| picked.iter().any(|page| page.channels.contains(number));
    let rest: Vec<usize> = (0..list.len()).filter(|number| !taken(number) && is_whole(&list[*number])).collect();
    let color = if rest.len() == 1 { Color::Gray } else { Color::Channels };
    for some in rest.chunks(255) {
        picked.push(Picked { channels: some.to_vec(), color, is_rest: !picked.is_empty() });
    }
    picked
}

fn is_whole(channel: &exr::meta::attribute::ChannelDescription) -> bool {
    channel.sampling.x() == 1 && channel.sampling.y() == 1
}

fn describe(header: &Header, picked: &Picked, length: u64) -> Result<Info> {
    let window = header.shared_attributes.display_window.size;
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    let size = checked_size(side(window.x()), side(window.y()))?;
    let list = &header.channels.list;
    let is_whole_number = picked.channels.iter().all(|number| list[*number].sample_type == Stored::U32);
    let sample = if is_whole_number { SampleType::U32 } else { SampleType::F32 };
    let mut info = Info::plain("OpenEXR", size, size, picked.channels.len() as u8, sample);
    // Floats hardly shrink, even where most of them are missing: the header is damaged, and its size must not be allocated.
    let bytes = size.area().saturating_mul(info.pixel_bytes() as u64);
    if bytes > super::other::SMALL && bytes / super::other::MOST_RATIO > length {
        return Err(Error::corrupt(format!("a file too short for {size} pixels")));
    }
    info.color = picked.color;
    if picked.color == Color::Channels {
        let name = |number: &usize| ChannelName { name: list[*number].name.to_string(), color: None };
        info.channel_names = picked.channels.iter().map(name).collect();
    }
    let left_out: Vec<String> =
        list.iter().filter(|channel| !is_whole(channel)).map(|channel| channel.name.to_string()).collect();
    if !left_out.is_empty() {
        info.properties.insert("exr.subsampled".into(), left_out.join(", "));
    }
    Ok(info)
}

/// The channels of a part.
struct Page {
    part: usize,
    channels: Vec<usize>,
}

impl Coder for Page {
    fn decode(&self, path: &Path, _: usize) -> Result<Pixels> {
        let reader = reader(path)?;
        let header = reader.headers().get(self.part).cloned().ok_or_else(super::changed)?;
        let window = header.shared_attributes.display_window;
        let size = Size::new(window.size.x() as u32, window.size.y() as u32);
        if size.area().saturating_mul(4 * self.channels.len() as u64) > super::MOST_BYTES {
            return Err(Error::limit("too large to be decoded in one piece"));
        }
        let position = header.own_attributes.layer_position;
        let shift = (
            i64::from(position.x()) - i64::from(window.position.x()),
            i64::from(position.y()) - i64::from(window.position.y()),
        );
        let mut canvas = Canvas { size, shift, channels: self.channels.len(), bits: Vec::new() };
        canvas.bits = vec![0; size.area() as usize * canvas.channels];
        let chunks = reader
            .filter_chunks(false, |_, tile, block| block.layer == self.part && tile.is_largest_resolution_level())
            .map_err(explain)?;
        let mut painted = false;
        for block in chunks.sequential_decompressor(false) {
            match block {
                Ok(block) => {
                    for line in block.lines(&header.channels) {
                        let Some(to) = self.channels.iter().position(|number| *number == line.location.channel) else {
                            continue;
                        };
                        canvas.paint(to, &line, header.channels.list[line.location.channel].sample_type);
                    }
                    painted = true;
                }
                Err(error) if painted => {
                    loss::note(explain(error).of_part("what is missing is black"));
                    break;
                }
                Err(error) => return Err(explain(error)),
            }
        }
        let list = &header.channels.list;
        let samples = if self.channels.iter().all(|number| list[*number].sample_type == Stored::U32) {
            Samples::U32(canvas.bits)
        } else {
            let is_number: Vec<bool> =
                self.channels.iter().map(|number| list[*number].sample_type == Stored::U32).collect();
            let float = |(bits, is_number): (u32, &bool)| if *is_number { bits as f32 } else { f32::from_bits(bits) };
            Samples::F32(canvas.bits.into_iter().zip(is_number.iter().cycle()).map(float).collect())
        };
        Pixels::new(size, self.channels.len() as u8, samples)
    }
}

/// The display window being painted: whole numbers, or the bits of floats.
struct Canvas {
    size: Size,
    /// From the part's pixels to those of the window.
    shift: (i64, i64),
    channels: usize,
    bits: Vec<u32>,
}

impl Canvas {
    fn paint(&mut self, channel: usize, line: &exr::block::lines::LineRef<'_>, stored: Stored) {
        let (x0, y) =
            (line.location.position.x() as i64 + self.shift.0, line.location.position.y() as i64 + self.shift.1);
        let (width, height) = (i64::from(self.size.width), i64::from(self.size.height));
        if !(0..height).contains(&y) {
            return;
        }
        let mut put = |at: usize, bits: u32| {
            let x = x0 + at as i64;
            if (0..width).contains(&x) {
                self.bits[(y * width + x) as usize * self.channels + channel] = bits;
            }
        };
        match stored {
            Stored::F16 => {
                let halves = line.value.as_chunks().0.iter().map(|two| half(u16::from_ne_bytes(*two)).to_bits());
                halves.enumerate().for_each(|(at, bits)| put(at, bits));
            }
            Stored::F32 | Stored::U32 => {
                let words = line.value.as_chunks().0.iter().map(|four| u32::from_ne_bytes(*four));
                words.enumerate().for_each(|(at, bits)| put(at, bits));
            }
        }
    }
}

fn reader(path: &Path) -> Result<exr::block::reader::Reader<BufReader<File>>> {
    let mut file = BufReader::new(File::open(path).at(path)?);
    let mut head = Vec::new();
    (&mut file).take(MOST_HEADER).read_to_end(&mut head).and_then(|_| file.rewind()).at(path)?;
    exr_pieces::check(&head)?;
    exr::block::read(file, false).map_err(explain)
}

fn explain(error: exr::error::Error) -> Error {
    match error {
        exr::error::Error::NotSupported(what) => Error::unsupported(format!("OpenEXR: {what}")),
        exr::error::Error::Io(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
            Error::io(Path::new(""), error)
        }
        error => Error::corrupt(format!("OpenEXR: {error}")),
    }
}
