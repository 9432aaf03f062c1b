//! [`Strips`]: a TIFF of one image in strips of full-width rows, for readers that know nothing else.
//!
//! Strips are encoded by many threads and stand in their order, the directory behind them. How long each is goes to a file of
//! its own as it is encoded, so that neither memory nor the record of an unfinished export grows with the image.

use std::fs::File;
use std::path::PathBuf;

use super::describe;
use super::encoder::ChunkEncoder;
use super::ifd::{self, Value, Width, tag};
use crate::ExportOptions;
use crate::formats::Job;
use crate::formats::rows::RowFormat;
use crate::geometry::Size;
use crate::pixels::Pixels;
use crate::source::{Info, read_exact_at, write_all_at};
use crate::tiff_options::{CLASSIC_END, Offsets};
use crate::{Error, IoResultExt, Result};

/// No JPEG is wider, nor a strip of one.
const WIDEST_JPEG: u32 = 65_535;
/// Room for the header of either width.
const HEAD: usize = 16;

/// How the strips of one TIFF are made.
pub(in crate::formats) struct Strips {
    encoder: ChunkEncoder,
    info: Info,
    size: Size,
    rows_per_strip: u32,
    offsets: Offsets,
    /// The bytes of each strip, as little-endian 64-bit numbers.
    lengths: (File, PathBuf),
}

impl Strips {
    pub(in crate::formats) fn new(job: Job<'_>) -> Result<Self> {
        let path = job.work.scratch("strips");
        let size = job.plan.levels[0];
        let line = u64::from(size.width) * job.info.pixel_bytes() as u64;
        Ok(Self {
            encoder: ChunkEncoder::new(job.info, job.options, false),
            info: job.info.clone(),
            size,
            rows_per_strip: (job.options.spec().piece_rows)(line),
            offsets: job.options.offsets(),
            lengths: (job.open(&path).at(&path)?, path),
        })
    }

    /// Where each strip begins, and its bytes.
    fn table(&self) -> Result<(Vec<u64>, Vec<u64>)> {
        let (file, path) = &self.lengths;
        let mut bytes = vec![0; self.size.height.div_ceil(self.rows_per_strip) as usize * 8];
        read_exact_at(file, &mut bytes, 0).at(path)?;
        let (lengths, _) = bytes.as_chunks();
        let lengths: Vec<u64> = lengths.iter().map(|length| u64::from_le_bytes(*length)).collect();
        let begins = |at: &mut u64, length: &u64| {
            *at += length;
            Some(*at - length)
        };
        Ok((lengths.iter().scan(HEAD as u64, begins).collect(), lengths))
    }

    /// Classic only where all positions, the directory's included, surely fit.
    fn width(&self, tail_at: u64) -> Result<Width> {
        let directory = u64::from(self.size.height.div_ceil(self.rows_per_strip)) * 16 + (1 << 20);
        let profile = self.info.icc.as_ref().map_or(0, |icc| icc.len() as u64);
        let fits = tail_at + directory + profile < CLASSIC_END;
        match self.offsets {
            Offsets::Classic if !fits => Err(Error::limit("a classic TIFF ends at 4 GiB; choose BigTIFF")),
            Offsets::Classic | Offsets::Auto if fits => Ok(Width::Classic),
            _ => Ok(Width::Big),
        }
    }
}

/// Refuse what no strip holds.
pub(super) fn check(options: &ExportOptions, info: &Info) -> Result<()> {
    if options.tiff.strips && options.is_jpeg(info) && info.size().width > WIDEST_JPEG {
        let what =
            format!("JPEG strips of {} pixels, more than {WIDEST_JPEG}; choose deflate, or tiles", info.size().width);
        return Err(Error::limit(what));
    }
    Ok(())
}

impl RowFormat for Strips {
    type Sum = ();

    fn head(&self, tail_at: Option<u64>) -> Vec<u8> {
        // Until it is complete, there is no directory: visibly not a whole file.
        let mut head = match tail_at.map(|at| (at.next_multiple_of(8), self.width(at))) {
            Some((first, Ok(width))) => ifd::header(first, width),
            _ => Vec::new(),
        };
        head.resize(HEAD, 0);
        head
    }

    fn encode(&self, rows: &Pixels, first: u32) -> Result<(Vec<u8>, ())> {
        let encoded = self.encoder.encode(rows.view(), rows.size())?;
        let (file, path) = &self.lengths;
        let place = u64::from(first / self.rows_per_strip) * 8;
        write_all_at(file, &(encoded.len() as u64).to_le_bytes(), place).at(path)?;
        Ok((encoded, ()))
    }

    fn tail(&self, (): (), at: u64) -> Result<Vec<u8>> {
        let (offsets, lengths) = self.table()?;
        let mut directory = describe::description(&self.encoder, self.size);
        directory.extend(describe::about(&self.info, (1.0, 1.0), 0));
        directory.extend([
            (tag::ROWS_PER_STRIP, Value::Long(vec![self.rows_per_strip])),
            (tag::STRIP_OFFSETS, Value::Offsets(offsets)),
            (tag::STRIP_BYTE_COUNTS, Value::Offsets(lengths)),
        ]);
        let first = at.next_multiple_of(8);
        let mut tail = vec![0; (first - at) as usize];
        tail.extend(ifd::encode(&directory, first, 0, self.width(at)?));
        Ok(tail)
    }

    fn sync(&self) -> Result<()> {
        self.lengths.0.sync_data().at(&self.lengths.1)
    }
}
