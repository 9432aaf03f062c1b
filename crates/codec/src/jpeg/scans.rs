//! Frames whose coefficients come in several scans: progressive ones (ITU T.81, annex G), and sequential ones with scans of
//! single components. And what is left of damaged ones.
//!
//! Each scan goes through the picture from top to bottom, so all of them are decoded in step, each from its own place in the
//! stream: a row of MCUs gets its coefficients from every scan and is done. The whole picture's coefficients, which others keep
//! in memory, are never needed.

use std::io::{BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

use super::cmyk::cmyk_of;
use super::coefficients::Coefficients;
use super::decode::Scratch;
use super::kernels::{Kernels, Task};
use super::markers::Segments;
use super::outline::Outline;
use super::raster::Raster;
use super::scan::{BlockRow, Input, Scan};
use super::{DecodeOptions, simd};
use crate::geometry::Rect;
use crate::pixels::{Pixels, SampleType, Samples};
use crate::{Error, IoResultExt as _, Result};

/// A decoder of all scans of a frame.
#[derive(Debug)]
pub(super) struct Scans<'s> {
    raster: Raster,
    all: Vec<Scan<'s>>,
    rows: [BlockRow; 4],
    block: Scratch,
    /// Whether all of the stream was there and made sense so far.
    is_sound: bool,
}

/// Decode the pixels of `part` (of the image put out) from a whole stream, which `segments` begin. Where it's damaged, what can
/// be had.
pub(super) fn decode(
    stream: &[u8],
    segments: &Segments<'_>,
    options: &DecodeOptions<'_>,
    part: Rect,
) -> Result<Pixels> {
    let mut scans = Scans::new(segments, options)?;
    scans.raster.limit_to(part);
    let outline = Outline::read(&mut &*stream)?;
    scans.begin(&outline, options.tables, |data| Input::of(&stream[data.start as usize..data.end as usize]))?;
    let (size, channels) = (scans.raster.size_wanted(), scans.raster.channels());
    let mut pixels = Pixels::unwritten(size, channels, SampleType::U8);
    if let (Samples::U8(samples), false) = (pixels.samples_mut(), size.is_empty()) {
        let mut rest = &mut samples[..];
        while !rest.is_empty() {
            let written = scans.advance(&mut std::io::empty(), rest)?;
            rest = &mut rest[written..];
        }
        if scans.all.iter().all(|scan| scan.decoded() == 0) {
            return Err(Error::corrupt("the JPEG data fail in MCU row 0"));
        }
    }
    cmyk_of(pixels, segments.adobe_transform(), options.color)
}

impl<'s> Scans<'s> {
    /// A decoder for the frame in `segments`. Fails on what is neither sequential nor progressive.
    pub(super) fn new(segments: &Segments<'_>, options: &DecodeOptions<'_>) -> Result<Self> {
        if segments.is_rare() {
            return Err(Error::unsupported("JPEG of this kind, piece by piece"));
        }
        let mut raster = Raster::default();
        raster.start(segments, options)?;
        let (all, rows) = (Vec::new(), Default::default());
        Ok(Self { raster, all, rows, block: Scratch::default(), is_sound: true })
    }

    /// What is put out.
    pub(super) fn raster(&self) -> &Raster {
        &self.raster
    }

    /// Find the scans of the stream in `source`, once, before the first rows.
    pub(super) fn find(&mut self, source: &mut (impl Read + Seek), tables: &[u8]) -> Result<()> {
        source.seek(SeekFrom::Start(0)).at(Path::new(""))?;
        let outline = Outline::read(&mut BufReader::with_capacity(1 << 18, source))?;
        self.begin(&outline, tables, Input::at)
    }

    /// Decode one more row of MCUs and write what rows of pixels that completes to the front of `out`; the number of bytes
    /// written. 0: all done, or nothing but an upper edge so far.
    pub(super) fn advance(&mut self, source: &mut (impl Read + Seek), out: &mut [u8]) -> Result<usize> {
        if self.raster.is_done() {
            return Ok(0);
        }
        simd::run(Advance { scans: self, source, out }, false)
    }

    /// Whether all that the scans were to say was there and made sense so far.
    pub(super) fn is_sound(&self) -> bool {
        self.is_sound && !self.all.iter().any(Scan::is_damaged)
    }

    /// Whether there is no more to come but the color of nothing.
    pub(super) fn is_over(&self) -> bool {
        self.all.iter().all(Scan::is_over)
    }

    /// Make all scans of `outline` ready, whose data `input` finds.
    fn begin(&mut self, outline: &Outline, tables: &[u8], input: impl Fn(Range<u64>) -> Input<'s>) -> Result<()> {
        self.is_sound = outline.is_complete;
        let mut segments = Segments::of_tables(tables)?;
        let mut has_quantizer = [false; 4];
        let (mut at, mut data) = (2, outline.data.iter());
        loop {
            match segments.read_to_scan(&outline.headers, &mut at) {
                Ok(true) => {}
                Ok(false) => break,
                // What came before it can be shown.
                Err(error) if self.all.is_empty() => return Err(error),
                Err(_) => {
                    self.is_sound = false;
                    break;
                }
            }
            let Some(data) = data.next() else { break };
            let Some(scan) = Scan::new(&segments, &self.raster, input(data.clone())) else {
                self.is_sound = false;
                continue;
            };
            // Each component keeps the quantizer that its first scan finds (B.2.4.1).
            for i in scan.components() {
                if !std::mem::replace(&mut has_quantizer[i], true) {
                    let quantizer = usize::from(segments.components[i].quantizer);
                    self.raster.set_quantizer(i, segments.quantisers[quantizer].as_ref())?;
                }
            }
            let planes = self.raster.planes();
            if !(scan.is_ac() && scan.components().all(|i| planes[i].needs_only_means())) {
                self.all.push(scan);
            }
        }
        if self.all.is_empty() {
            return Err(Error::corrupt("a JPEG without data"));
        }
        let across = self.raster.mcus().across as usize;
        for (row, plane) in self.rows.iter_mut().zip(self.raster.planes()) {
            row.stride = across * plane.h;
            row.blocks.resize(row.stride * plane.v, Coefficients::NONE);
        }
        Ok(())
    }
}

struct Advance<'e, 's, 'b, R> {
    scans: &'e mut Scans<'s>,
    source: &'b mut R,
    out: &'b mut [u8],
}

impl<R: Read + Seek> Task for Advance<'_, '_, '_, R> {
    type Output = Result<usize>;

    #[inline(always)]
    fn run<K: Kernels>(self, kernels: K) -> Result<usize> {
        let Self { scans: Scans { raster, all, rows, block, .. }, source, out } = self;
        for row in &mut *rows {
            row.blocks.fill(Coefficients::NONE);
        }
        for scan in all {
            scan.decode_row(source, raster.row() as usize, rows)?;
        }
        if raster.is_wanted() {
            let half = raster.half();
            for (plane, row) in raster.planes_mut().iter_mut().zip(&*rows) {
                for (y, line) in row.blocks.chunks_exact(row.stride).enumerate() {
                    for (x, coefficients) in line.iter().enumerate() {
                        let at = (x, half * plane.v + y);
                        if coefficients.present == 0 || plane.needs_only_means() {
                            plane.put_mean(coefficients.values[0].into(), at);
                        } else {
                            block.0[..64].copy_from_slice(&coefficients.values);
                            plane.put(kernels, &mut block.0, at);
                        }
                    }
                }
            }
        }
        Ok(raster.finish_row(kernels, out))
    }
}
