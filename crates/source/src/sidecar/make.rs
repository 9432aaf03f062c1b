//! The scan: rows come in, tiles of all levels go out, in the memory of one row of tiles for each level.

use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crossbeam_channel::{Receiver, Sender, bounded};
use rayon::prelude::*;

use super::folder::Unfinished;
use super::{Sidecar, records};
use crate::geometry::{Rect, Region, Size};
use crate::loss;
use crate::pixels::{Pixels, PixelsView, halve};
use crate::{Error, IoResultExt as _, Result};
use crate::{Source, write_all_at};

/// Rows that are read at a time where any can be read hold about so many bytes.
const PIECE: u64 = 12 << 20;

/// Rows that are downsampled together where they are not stored.
const HALVED_ROWS: u32 = 32;

/// Rows that are decoded or wait to be taken: those of a producer, the two pieces in its channel, and what packs a row of tiles.
const ROWS_UNDERWAY: u64 = 32 << 20;

/// Bytes of memory that a scan of the image takes; `coarse` if only the levels below the full resolution are stored.
pub(super) fn memory(info: &crate::Info, coarse: bool) -> u64 {
    let pixel = info.pixel_bytes() as u64;
    let rows = |number: usize, tile: u32| if number == 0 && coarse { HALVED_ROWS } else { tile.next_multiple_of(2) };
    let band = |(number, level): (usize, &crate::Level)| {
        u64::from(level.size.width) * u64::from(rows(number, level.tile.height).min(level.size.height)) * pixel
    };
    let bands: Vec<u64> = info.levels.iter().enumerate().map(band).collect();
    let largest = bands.iter().copied().max().unwrap_or(0);
    // The largest is packed while its half is handed on; bands that come and go leave holes in the heaps.
    bands.iter().sum::<u64>() + largest + largest / 2 + ROWS_UNDERWAY
}

/// A sidecar that is being made.
pub(super) struct Making {
    pub(super) unfinished: Unfinished,
    pub(super) key: String,
}

impl Making {
    /// Scan `source` and give the file its name. Readers of `sidecar` learn of a failure.
    pub(super) fn run(self, source: &dyn Source, sidecar: &Sidecar) -> Result<()> {
        let Self { unfinished, key } = self;
        let made = make(source, sidecar, &key);
        match &made {
            // A damaged file is scanned anew each time: its sidecar would not tell what is missing.
            Ok(()) if sidecar.is_damaged() => unfinished.remove(),
            Ok(()) => unfinished.finish()?,
            // The next scan goes on from here.
            Err(error) if error.is_cancelled() && has_tiles(sidecar) && !sidecar.is_damaged() => drop(unfinished),
            Err(_) => unfinished.remove(),
        }
        if let Err(error) = &made {
            let mut state = sidecar.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.failed = Some(error.clone());
            sidecar.changed.notify_all();
        }
        made
    }
}

/// Whether any tile is there.
fn has_tiles(sidecar: &Sidecar) -> bool {
    let base = usize::from(sidecar.full.is_some());
    sidecar.state.lock().unwrap_or_else(PoisonError::into_inner).table.get(base, 0, 0).is_some()
}

/// Fill the file of `sidecar`: tiles, then the table.
fn make(source: &dyn Source, sidecar: &Sidecar, key: &str) -> Result<()> {
    let mut writer = Writer::new(sidecar, key)?;
    let first = writer.first_row()?;
    // Decoding goes on while the tiles before are packed.
    let (sender, receiver) = bounded(2);
    std::thread::scope(|scope| {
        let reading = scope.spawn(move || produce(source, sidecar, first, &sender));
        let written = writer.consume(&receiver);
        // A producer that nobody listens to any more ends with its next piece.
        drop(receiver);
        let panicked = |_| Err(Error::invalid("internal error: decoding panicked"));
        reading.join().unwrap_or_else(panicked).and(written)
    })?;
    let state = sidecar.state.lock().unwrap_or_else(PoisonError::into_inner);
    state.table.store(&sidecar.file, writer.end, key).at(&sidecar.path)
}

/// Some rows of level 0, and how many come before them.
type Piece = (u32, Pixels);

/// Send all rows of level 0 from `first` on, and perhaps some before.
fn produce(source: &dyn Source, sidecar: &Sidecar, first: u32, pieces: &Sender<Piece>) -> Result<()> {
    if let Some(mut scan) = source.sequential_scan()? {
        let mut top = 0;
        while let Some(rows) = sidecar.collect(|| scan.rows.next_rows())? {
            let height = rows.size().height;
            if pieces.send((top, rows)).is_err() {
                return Ok(());
            }
            top += height;
        }
        return Ok(());
    }
    // Pieces of whole strips, some of them decoded at once.
    let (size, strip) = (sidecar.info.size(), source.info().levels[0].tile.height.max(1));
    let line = u64::from(size.width) * sidecar.info.pixel_bytes() as u64;
    let strips = (PIECE / (line * u64::from(strip)).max(1)).max(1);
    let step = (u64::from(strip) * strips).min(size.height.into()) as usize;
    let rect = |top: i64, bottom: i64| Rect::new(0, top, size.width.into(), bottom.min(size.height.into()));
    let first = i64::from(first - first % strip);
    // A strip that cannot be read costs its own rows, unless none can.
    let is_any_read = AtomicBool::new(false);
    let strip_at = |rect: Rect| match source.read(Region::new(0, rect)) {
        Err(error @ Error::Corrupt { .. }) => {
            loss::note(source.info().loss(error, Region::new(0, rect)));
            Ok(source.info().blank(rect.size()))
        }
        read => {
            is_any_read.fetch_or(read.is_ok(), Relaxed);
            read
        }
    };
    for top in (first..i64::from(size.height)).step_by(step) {
        let bottom = (top + step as i64).min(size.height.into());
        let parts: Vec<i64> = (top..bottom).step_by(strip as usize).collect();
        let read = |&top: &i64| sidecar.collect(|| strip_at(rect(top, (top + i64::from(strip)).min(bottom))));
        let parts: Vec<Pixels> = parts.par_iter().map(read).collect::<Result<_>>()?;
        let tops = (top..).step_by(strip as usize);
        for piece in tops.map(|top| top as u32).zip(parts) {
            if pieces.send(piece).is_err() {
                return Ok(());
            }
        }
    }
    match sidecar.first_loss().filter(|_| !is_any_read.load(Relaxed)) {
        Some(error) => Err(error),
        None => Ok(()),
    }
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
    /// One that goes on behind the tiles that are in the file; readers have these at once.
    fn new(sidecar: &'a Sidecar, key: &str) -> Result<Self> {
        let info = &sidecar.info;
        let band = |(number, level): (usize, &crate::Level)| {
            // Of a level that is not stored only the downsampled rows are needed. Pairs of rows stay together.
            let is_stored = number > 0 || sidecar.full.is_none();
            let height = if is_stored { level.tile.height.next_multiple_of(2) } else { HALVED_ROWS };
            let size = Size::new(level.size.width, height.min(level.size.height));
            Band { pixels: Pixels::zeroed(size, info.channels, info.sample), top: 0, filled: 0 }
        };
        let mut writer = Self { sidecar, bands: info.levels.iter().enumerate().map(band).collect(), end: 0 };
        let head = records::head(key);
        match writer.take_over(&head)? {
            Some(end) => writer.end = end,
            None => writer.write(&head)?,
        }
        sidecar.file.set_len(writer.end).at(&sidecar.path)?;
        Ok(writer)
    }

    /// Take over the rows of tiles of an earlier scan that began with `head`. Gives where they end, if there are any.
    fn take_over(&mut self, head: &[u8]) -> Result<Option<u64>> {
        let Sidecar { info, file, state, changed, progress, .. } = self.sidecar;
        let Some(mut rows) = records::Rows::of(file, head) else { return Ok(None) };
        let (base, mut end) = (self.base(), rows.end());
        while let Some(found) = rows.next(|level| info.levels.get(level).map(|level| level.grid().columns())) {
            let (grid, band) = (info.levels[found.level].grid(), &mut self.bands[found.level]);
            if found.level < base || found.number >= grid.rows() || band.top != found.number * grid.tile.height {
                break;
            }
            band.top = (band.top + grid.tile.height).min(grid.size.height);
            end = rows.end();
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            for (column, place) in (0..).zip(found.tiles) {
                state.table.put(found.level, column, found.number, (place.start, (place.end - place.start) as u32));
            }
            drop(state);
            changed.notify_all();
            progress.check()?;
        }
        Ok(Some(end))
    }

    /// The first level that is stored.
    fn base(&self) -> usize {
        usize::from(self.sidecar.full.is_some())
    }

    /// The row of level 0 to go on from. All levels are brought to where they stood when that was to come next.
    fn first_row(&mut self) -> Result<u32> {
        let (info, base) = (&self.sidecar.info, self.base());
        // The coarsest first: what a level hands on must find the next one ready.
        for level in (base + 1..info.levels.len()).rev() {
            let (from, to) = (2 * self.bands[level].top, self.bands[level - 1].top);
            let below = &info.levels[level - 1];
            for top in (from..to).step_by(below.tile.height as usize) {
                let rect = Rect::new(0, top.into(), below.size.width.into(), (top + below.tile.height).min(to).into());
                let rows = self.sidecar.read(Region::new(level - 1, rect))?;
                self.add(level, halve(rows.view(), info.color.has_alpha()).view())?;
            }
        }
        let first = if self.bands[base].top == info.levels[base].size.height {
            info.size().height
        } else {
            self.bands[base].top << base
        };
        self.bands[0].top = first;
        self.sidecar.progress.take_over(first.into());
        Ok(first)
    }

    fn consume(&mut self, pieces: &Receiver<Piece>) -> Result<()> {
        let (mut done, height) = (self.bands[0].top, self.sidecar.info.size().height);
        for (top, rows) in pieces {
            let wanted = self.sidecar.info.size().width;
            let alike = rows.channels() == self.sidecar.info.channels && rows.sample_type() == self.sidecar.info.sample;
            if rows.size().width != wanted || !alike || rows.size().height > height - top {
                return Err(Error::corrupt("the image does not keep to its header"));
            }
            let end = top + rows.size().height;
            if end > done {
                let new = Rect::new(0, (done - top).into(), wanted.into(), rows.size().height.into());
                self.add(0, rows.part(new))?;
                self.sidecar.progress.advance((end - done).into())?;
                done = end;
            }
            self.sidecar.progress.check()?;
        }
        if done < height && self.bands.first().is_some_and(|band| band.top < height) {
            return Err(Error::corrupt(format!("the image ends after {done} of {height} rows")));
        }
        Ok(())
    }

    /// Write behind what is there.
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        write_all_at(&self.sidecar.file, bytes, self.end).at(&self.sidecar.path)?;
        self.end += bytes.len() as u64;
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
        let is_stored = level > 0 || self.sidecar.full.is_none();
        let columns: Vec<u32> = if is_stored { (0..described.grid().columns()).collect() } else { Vec::new() };
        let compress = |&column: &u32| {
            let x = i64::from(column) * i64::from(described.tile.width);
            let tile = pixels.crop(Rect::at(x, 0, described.tile).intersect(whole));
            lz4_flex::block::compress(&crate::pixels::le_bytes(tile.samples()))
        };
        let packed: Vec<Vec<u8>> = columns.par_iter().map(compress).collect();
        let half = (level + 1 < info.levels.len()).then(|| halve(pixels.part(whole), info.color.has_alpha()));
        let mut places = Vec::with_capacity(packed.len());
        if is_stored {
            self.write(&records::row_head(level, row, &packed))?;
        }
        for bytes in &packed {
            places.push((self.end, bytes.len() as u32));
            self.write(bytes)?;
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
