//! The pass: rows come in, tiles of all levels go out, in the memory of one row of tiles for each level.

use std::path::PathBuf;
use std::sync::PoisonError;

use crossbeam_channel::{Receiver, Sender, bounded};
use rayon::prelude::*;
use tempfile::NamedTempFile;

use super::Sidecar;
use crate::geometry::{Rect, Region, Size};
use crate::pixels::{Pixels, PixelsView, halve};
use crate::source::{Source, write_all_at};
use crate::{Error, IoResultExt as _, Result};

/// Rows that are read at a time where any can be read hold about so many bytes.
const PIECE: u64 = 12 << 20;

/// Rows that are halved together where they are not kept.
const HALVED_ROWS: u32 = 32;

/// A sidecar that is being made.
pub(super) struct Making {
    pub(super) temporary: NamedTempFile,
    pub(super) target: PathBuf,
    pub(super) key: String,
}

impl Making {
    /// Pass over `source` and give the file its name. Readers of `sidecar` learn of a failure.
    pub(super) fn run(self, source: &dyn Source, sidecar: &Sidecar) -> Result<()> {
        let made = self.make(source, sidecar);
        if let Err(error) = &made {
            let mut state = sidecar.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.failed = Some(error.clone());
            sidecar.changed.notify_all();
        }
        made
    }

    fn make(self, source: &dyn Source, sidecar: &Sidecar) -> Result<()> {
        let mut writer = Writer::new(sidecar);
        // Decoding goes on while the tiles before are packed.
        let (sender, receiver) = bounded(2);
        let produced = std::thread::scope(|scope| {
            let reading = scope.spawn(move || produce(source, sidecar, &sender));
            let written = writer.consume(&receiver);
            // A producer that nobody listens to any more ends with its next piece.
            drop(receiver);
            let read = reading.join().unwrap_or_else(|_| Err(Error::invalid("internal error: decoding panicked")));
            read.and(written)
        });
        produced?;
        let end = writer.end;
        let state = sidecar.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.table.store(&sidecar.file, end, &self.key).at(&sidecar.path)?;
        drop(state);
        self.temporary.persist(&self.target).map_err(|error| Error::io(&self.target, error.error))?;
        Ok(())
    }
}

/// Send all rows of level 0, from the top.
fn produce(source: &dyn Source, sidecar: &Sidecar, pieces: &Sender<Pixels>) -> Result<()> {
    if let Some(mut pass) = source.pass()? {
        while let Some(rows) = pass.rows.next_rows()? {
            if pieces.send(rows).is_err() {
                return Ok(());
            }
        }
        return Ok(());
    }
    // Pieces of whole strips, some of them decoded at once.
    let (size, strip) = (sidecar.info.size(), source.info().levels[0].tile.height.max(1));
    let line = u64::from(size.width) * sidecar.info.pixel_bytes() as u64;
    let strips = (PIECE / (line * u64::from(strip)).max(1)).max(1);
    let step = (u64::from(strip) * strips).min(size.height.into()) as usize;
    let rect = |top: i64, bottom: i64| Rect::new(0, top, size.width.into(), bottom.min(size.height.into()));
    for top in (0..i64::from(size.height)).step_by(step) {
        let bottom = (top + step as i64).min(size.height.into());
        let parts: Vec<i64> = (top..bottom).step_by(strip as usize).collect();
        let read = |&top: &i64| source.read(Region::new(0, rect(top, (top + i64::from(strip)).min(bottom))));
        let parts: Vec<Pixels> = parts.par_iter().map(read).collect::<Result<_>>()?;
        for part in parts {
            if pieces.send(part).is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Gathers rows to rows of tiles, level by level.
struct Writer<'a> {
    sidecar: &'a Sidecar,
    bands: Vec<Band>,
    end: u64,
}

/// The row of tiles of one level that is being filled.
struct Band {
    pixels: Pixels,
    /// Rows of the level that came before.
    top: u32,
    filled: u32,
}

impl<'a> Writer<'a> {
    fn new(sidecar: &'a Sidecar) -> Self {
        let info = &sidecar.info;
        let band = |(number, level): (usize, &crate::source::Level)| {
            // Of a level that is not kept only the halves are wanted. Pairs of rows stay together.
            let kept = number > 0 || sidecar.full.is_none();
            let height = if kept { level.tile.height.next_multiple_of(2) } else { HALVED_ROWS };
            let size = Size::new(level.size.width, height.min(level.size.height));
            Band { pixels: Pixels::zeroed(size, info.channels, info.sample), top: 0, filled: 0 }
        };
        Self { sidecar, bands: info.levels.iter().enumerate().map(band).collect(), end: 0 }
    }

    fn consume(&mut self, pieces: &Receiver<Pixels>) -> Result<()> {
        let (mut done, height) = (0, self.sidecar.info.size().height);
        for rows in pieces {
            let wanted = self.sidecar.info.size().width;
            let alike = rows.channels() == self.sidecar.info.channels && rows.sample_type() == self.sidecar.info.sample;
            if rows.size().width != wanted || !alike || rows.size().height > height - done {
                return Err(Error::corrupt("the image does not keep to its header"));
            }
            done += rows.size().height;
            self.add(0, rows.view())?;
            self.sidecar.progress.advance(rows.size().height.into())?;
        }
        if done < height && self.bands.first().is_some_and(|band| band.top < height) {
            return Err(Error::corrupt(format!("the image ends after {done} of {height} rows")));
        }
        Ok(())
    }

    /// Take in rows of a level.
    fn add(&mut self, level: usize, rows: PixelsView<'_>) -> Result<()> {
        let (width, height) = (i64::from(rows.size().width), rows.size().height);
        let mut taken = 0;
        while taken < height {
            let band = &mut self.bands[level];
            let room = band.pixels.size().height - band.filled;
            let count = room.min(height - taken);
            let part = rows.part(Rect::new(0, taken.into(), width, (taken + count).into()));
            band.pixels.paste(part, 0, band.filled.into());
            band.filled += count;
            taken += count;
            let end = self.sidecar.info.levels[level].size.height;
            if band.filled == band.pixels.size().height || band.top + band.filled == end {
                self.flush(level)?;
            }
        }
        Ok(())
    }

    /// Write the tiles of a filled row, and hand its halves on.
    fn flush(&mut self, level: usize) -> Result<()> {
        let (info, described) = (&self.sidecar.info, &self.sidecar.info.levels[level]);
        let Band { pixels, top, filled } = &self.bands[level];
        let (top, filled) = (*top, *filled);
        let row = top / described.tile.height;
        let whole = Rect::new(0, 0, described.size.width.into(), filled.into());
        let kept = level > 0 || self.sidecar.full.is_none();
        let columns: Vec<u32> = if kept { (0..described.grid().columns()).collect() } else { Vec::new() };
        let pack = |&column: &u32| {
            let x = i64::from(column) * i64::from(described.tile.width);
            let tile = pixels.crop(Rect::at(x, 0, described.tile).intersect(whole));
            lz4_flex::block::compress(&crate::pixels::le_bytes(tile.samples()))
        };
        let packed: Vec<Vec<u8>> = columns.par_iter().map(pack).collect();
        let half = (level + 1 < info.levels.len()).then(|| halve(pixels.part(whole), info.colour.has_alpha()));
        let mut places = Vec::with_capacity(packed.len());
        for bytes in &packed {
            write_all_at(&self.sidecar.file, bytes, self.end).at(&self.sidecar.path)?;
            places.push((self.end, bytes.len() as u32));
            self.end += bytes.len() as u64;
        }
        let mut state = self.sidecar.state.lock().unwrap_or_else(PoisonError::into_inner);
        for (column, place) in columns.into_iter().zip(places) {
            state.table.put(level, column, row, place);
        }
        drop(state);
        self.sidecar.changed.notify_all();
        let band = &mut self.bands[level];
        (band.top, band.filled) = (top + filled, 0);
        match half {
            Some(half) => self.add(level + 1, half.view()),
            None => Ok(()),
        }
    }
}
