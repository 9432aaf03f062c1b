//! [`Bands`]: rows of squares that are not complete yet, in memory or in a file.

use std::collections::HashMap;
use std::fs::File;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::super::sink::Job;
use crate::geometry::{Rect, Size, TileGrid};
use crate::pixels::{Pixels, PixelsView, SampleType, Samples, le_bytes};
use crate::source::{read_exact_at, write_all_at};
use crate::{Error, IoResultExt, Result};

/// Rows of a square that are written to the file at a time.
const ROWS_WRITTEN: usize = 64;

/// All bands that are started and not taken.
pub(super) struct Bands {
    grid: TileGrid,
    channels: u8,
    sample: SampleType,
    /// Each tile has a fixed offset in it. `None` if the bands are in memory.
    file: Option<(File, PathBuf)>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    begun: HashMap<u32, Begun>,
    /// Tiles in the file that are not in the journal yet.
    news: Vec<(u32, u32)>,
}

struct Begun {
    band: Arc<Band>,
    /// Which squares are there.
    here: Vec<bool>,
    missing: u32,
}

/// One row of tiles, if it is in memory.
pub(super) struct Band(Vec<OnceLock<Pixels>>);

impl Bands {
    pub(super) fn new(job: Job<'_>, grid: TileGrid) -> Result<Self> {
        let path = job.work.scratch("rows");
        let file = if job.plan.bands_in_memory { None } else { Some((job.open(&path).at(&path)?, path)) };
        Ok(Self { grid, channels: job.info.channels, sample: job.info.sample, file, state: Mutex::default() })
    }

    /// Whether that square is here.
    pub(super) fn has(&self, column: u32, row: u32) -> bool {
        self.lock().begun.get(&row).is_some_and(|begun| begun.here[column as usize])
    }

    /// Keep a square. Gives its band if that is complete now.
    pub(super) fn keep(&self, column: u32, row: u32, square: PixelsView<'_>) -> Result<Option<Arc<Band>>> {
        match &self.file {
            None => {
                let band = Arc::clone(&self.begin(&mut self.lock(), row).band);
                let given_before = band.0[column as usize].set(square.to_pixels()).is_err();
                debug_assert!(!given_before, "each square comes once");
            }
            Some((file, path)) => {
                // A few rows at a time: the whole square again would be as much as the block.
                let (width, height) = (square.size().width, i64::from(square.size().height));
                let line = u64::from(width) * self.pixel_bytes();
                for y in (0..height).step_by(ROWS_WRITTEN) {
                    let part = Rect::new(0, y, width.into(), (y + ROWS_WRITTEN as i64).min(height));
                    let rows = square.part(part).to_pixels();
                    let at = self.position(column, row) + y as u64 * line;
                    write_all_at(file, &le_bytes(rows.samples()), at).at(path)?;
                }
            }
        }
        let mut state = self.lock();
        let begun = self.begin(&mut state, row);
        let is_new = !std::mem::replace(&mut begun.here[column as usize], true);
        begun.missing -= u32::from(is_new);
        let complete = begun.missing == 0 && is_new;
        if is_new && self.file.is_some() {
            state.news.push((column, row));
        }
        Ok(if complete { state.begun.remove(&row).map(|begun| begun.band) } else { None })
    }

    /// `rows` of the complete band in row `row`, `size` pixels in all.
    pub(super) fn rows(&self, band: &Band, row: u32, rows: Range<u32>, size: Size) -> Result<Pixels> {
        let mut all = Pixels::zeroed(size, self.channels, self.sample);
        for column in 0..self.grid.columns() {
            let x = i64::from(column) * i64::from(self.grid.tile.width);
            match &self.file {
                None => {
                    let part = Rect::new(0, rows.start.into(), self.grid.tile.width.into(), rows.end.into());
                    let missing = || Error::invalid("internal error: a square of a band is missing");
                    let square = band.0[column as usize].get().ok_or_else(missing)?;
                    all.paste(square.part(part), x, 0);
                }
                Some((file, path)) => {
                    let size = Size::new(self.grid.rect(column, 0).width() as u32, size.height);
                    let line = u64::from(size.width) * self.pixel_bytes();
                    let mut bytes = vec![0; (line * u64::from(size.height)) as usize];
                    let at = self.position(column, row) + u64::from(rows.start) * line;
                    read_exact_at(file, &mut bytes, at).at(path)?;
                    let part = Pixels::new(size, self.channels, Samples::from_le_bytes(self.sample, bytes))?;
                    all.paste(part.view(), x, 0);
                }
            }
        }
        Ok(all)
    }

    /// The squares that came into the file since the last call.
    pub(super) fn state(&self) -> Vec<u8> {
        let news = std::mem::take(&mut self.lock().news);
        news.iter().flat_map(|(column, row)| [column.to_le_bytes(), row.to_le_bytes()]).flatten().collect()
    }

    /// Restores an earlier [`state`](Self::state), unless this run has no file for bands.
    pub(super) fn restore(&self, state: &[u8]) -> Result<()> {
        if self.file.is_none() {
            return Ok(());
        }
        for square in state.chunks(8) {
            let number =
                |at: usize| square.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
            let place = number(0).zip(number(4)).filter(|&(c, r)| c < self.grid.columns() && r < self.grid.rows());
            let (column, row) = place.ok_or_else(|| Error::corrupt("the record of an unfinished export"))?;
            let mut state = self.lock();
            let begun = self.begin(&mut state, row);
            let is_new = !std::mem::replace(&mut begun.here[column as usize], true);
            begun.missing -= u32::from(is_new);
        }
        Ok(())
    }

    /// The bands that [`restore`](Self::restore) has made complete, from the top. They stay begun, so that a square that comes
    /// again changes nothing.
    pub(super) fn take_complete(&self) -> Vec<(u32, Arc<Band>)> {
        let state = self.lock();
        let rows = 0..self.grid.rows();
        let complete = rows.filter_map(|row| Some((row, state.begun.get(&row).filter(|begun| begun.missing == 0)?)));
        complete.map(|(row, begun)| (row, Arc::clone(&begun.band))).collect()
    }

    /// Syncs the file to disk.
    pub(super) fn sync(&self) -> Result<()> {
        self.file.as_ref().map_or(Ok(()), |(file, path)| file.sync_data().at(path))
    }

    fn begin<'a>(&self, state: &'a mut State, row: u32) -> &'a mut Begun {
        let columns = self.grid.columns();
        state.begun.entry(row).or_insert_with(|| {
            let columns_in_memory = if self.file.is_none() { columns } else { 0 };
            let band = Arc::new(Band((0..columns_in_memory).map(|_| OnceLock::new()).collect()));
            Begun { band, here: vec![false; columns as usize], missing: columns }
        })
    }

    /// Where a square begins in the file.
    fn position(&self, column: u32, row: u32) -> u64 {
        let square = self.grid.tile.area() * self.pixel_bytes();
        (u64::from(row) * u64::from(self.grid.columns()) + u64::from(column)) * square
    }

    fn pixel_bytes(&self) -> u64 {
        u64::from(self.channels) * self.sample.bytes() as u64
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
