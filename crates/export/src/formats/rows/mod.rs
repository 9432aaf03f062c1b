//! [`Rows`]: tiles in any order to a file that stores row after row.
//!
//! Tiles wait in their band until it is as wide as the image. Then the band is split into pieces of some rows, which are encoded
//! by the workers that call [`TileSink::put`], and written in order. So encoding is as parallel as reading, and little more than
//! one band is in memory.

mod bands;
pub(super) mod jpeg;
pub(super) mod png;
mod png_filter;

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, PoisonError};

use self::bands::{Band, Bands};
use super::{Job, TileSink};
use crate::geometry::{Size, TileGrid};
use crate::job::Progress;
use crate::pixels::{Pixels, PixelsView};
use crate::source::write_all_at;
use crate::{Error, IoResultExt, Result};

/// How rows become a file.
pub(super) trait RowFormat: Send + Sync {
    /// What is known only when all pieces are encoded, such as a checksum.
    type Sum: RunningSum;

    /// The bytes before the first row. Their length is fixed; they are final only with `tail_at`, the byte at which the tail
    /// begins.
    fn head(&self, tail_at: Option<u64>) -> Vec<u8>;

    /// Encodes a piece of full-width rows; `first` is the row of the image it begins at. Called from any thread, and again with
    /// the same pixels after an interruption.
    fn encode(&self, rows: &Pixels, first: u32) -> Result<(Vec<u8>, Self::Sum)>;

    /// The bytes after the last row, at byte `at` of the file.
    fn tail(&self, total: Self::Sum, at: u64) -> Result<Vec<u8>>;

    /// Syncs files of its own to disk.
    fn sync(&self) -> Result<()> {
        Ok(())
    }
}

/// A value accumulated over the pieces in order.
pub(super) trait RunningSum: Default + Send {
    /// Adds the value of the next piece.
    fn join(&mut self, next: Self);

    /// Serializes it for the journal.
    fn save(&self) -> Vec<u8>;

    /// The inverse of [`save`](Self::save).
    fn load(bytes: &[u8]) -> Option<Self>;
}

impl RunningSum for () {
    fn join(&mut self, (): Self) {}

    fn save(&self) -> Vec<u8> {
        Vec::new()
    }

    fn load(bytes: &[u8]) -> Option<Self> {
        bytes.is_empty().then_some(())
    }
}

/// Writes one file of rows.
///
/// Bands that wait in memory are lost when an export is interrupted; their blocks are done again. Those that wait in a file
/// are not.
pub(super) struct Rows<F: RowFormat> {
    path: PathBuf,
    format: F,
    grid: TileGrid,
    /// Rows of a piece.
    step: u32,
    pieces_in_band: u64,
    /// In the whole image.
    pieces: u64,
    bands: Bands,
    waiting: Mutex<Waiting>,
    output: Mutex<Output<F::Sum>>,
    /// Signalled when pieces were written, or one could not be.
    written: Condvar,
    /// The most pieces by which one may be encoded before its turn.
    ahead: u64,
    begun: Once,
}

/// What is not encoded yet.
#[derive(Default)]
struct Waiting {
    bands: InOrder<Arc<Band>>,
    /// Of the bands whose turn has come.
    pieces: VecDeque<Piece>,
}

/// Things that come in any order, and go by their numbers.
#[derive(Debug)]
struct InOrder<T> {
    next: u32,
    here: BTreeMap<u32, T>,
}

impl<T> Default for InOrder<T> {
    fn default() -> Self {
        Self { next: 0, here: BTreeMap::new() }
    }
}

impl<T> InOrder<T> {
    /// Those that go now that thing `number` is here, with their numbers. What has gone before is left out.
    fn add(&mut self, number: u32, thing: T) -> Vec<(u32, T)> {
        if number >= self.next {
            self.here.insert(number, thing);
        }
        let mut going = Vec::new();
        while let Some(thing) = self.here.remove(&self.next) {
            going.push((self.next, thing));
            self.next += 1;
        }
        going
    }
}

/// Some rows of a complete band.
struct Piece {
    band: Arc<Band>,
    /// Counted from the top of the image.
    index: u64,
    /// In the band.
    rows: std::ops::Range<u32>,
}

/// The file, and encoded pieces that wait for their turn.
struct Output<S> {
    file: File,
    bytes: u64,
    next: u64,
    encoded: BTreeMap<u64, (Vec<u8>, S)>,
    total: S,
    /// A piece could not be encoded or written: nobody waits for its turn.
    failed: bool,
}

/// A piece that is being encoded; whoever waits for it is woken if it is left unfinished.
struct Turn<'a, F: RowFormat> {
    rows: &'a Rows<F>,
    done: bool,
}

impl<F: RowFormat> Drop for Turn<'_, F> {
    fn drop(&mut self) {
        if !self.done {
            self.rows.output().failed = true;
        }
        self.rows.written.notify_all();
    }
}

impl<F: RowFormat> Rows<F> {
    /// A file with its head.
    pub(super) fn create(job: Job<'_>, format: F) -> Result<Self> {
        let path = job.path();
        let file = job.open(&path).at(&path)?;
        let head = format.head(None);
        write_all_at(&file, &head, 0).at(&path)?;
        let grid = TileGrid::square(job.plan.levels[0], job.plan.tile);
        let line = u64::from(grid.size.width) * job.info.pixel_bytes() as u64;
        let step = (job.options.spec().piece_rows)(line).min(job.plan.tile);
        let (whole, last) = (grid.size.height / job.plan.tile, grid.size.height % job.plan.tile);
        let pieces_in_band = u64::from(job.plan.tile.div_ceil(step));
        let bytes = head.len() as u64;
        Ok(Self {
            path,
            format,
            grid,
            step,
            pieces_in_band,
            pieces: u64::from(whole) * pieces_in_band + u64::from(last.div_ceil(step)),
            bands: Bands::new(job, grid)?,
            waiting: Mutex::default(),
            output: Mutex::new(Output {
                file,
                bytes,
                next: 0,
                encoded: BTreeMap::new(),
                total: F::Sum::default(),
                failed: false,
            }),
            written: Condvar::new(),
            ahead: job.plan.workers as u64,
            begun: Once::new(),
        })
    }

    /// Splits the bands that an interrupted run has completed.
    fn begin(&self) {
        self.begun.call_once(|| {
            self.waiting().bands.next = (self.output().next / self.pieces_in_band) as u32;
            self.bands.take_complete().into_iter().for_each(|(row, band)| self.cut(band, row));
        });
    }

    /// Takes a complete band, and splits those whose turn has come into pieces, without those that an interrupted run has written.
    ///
    /// The bands above may not be complete: workers finish their blocks in any order. Pieces that cannot be written yet would all
    /// wait in memory.
    fn cut(&self, band: Arc<Band>, row: u32) {
        let next = self.output().next;
        let mut waiting = self.waiting();
        for (row, band) in waiting.bands.add(row, band) {
            let height = self.grid.rect(0, row).height() as u32;
            let first = u64::from(row) * self.pieces_in_band;
            let pieces = (0..height.div_ceil(self.step)).map(|n| Piece {
                band: Arc::clone(&band),
                index: first + u64::from(n),
                rows: n * self.step..height.min((n + 1) * self.step),
            });
            waiting.pieces.extend(pieces.filter(|piece| piece.index >= next));
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_piece(&self) -> Option<Piece> {
        self.waiting().pieces.pop_front()
    }

    /// Encodes a piece and writes all pieces whose turn has come.
    fn encode(&self, piece: Piece) -> Result<()> {
        let mut turn = Turn { rows: self, done: false };
        self.encode_in_turn(piece)?;
        turn.done = true;
        Ok(())
    }

    fn encode_in_turn(&self, piece: Piece) -> Result<()> {
        let Piece { band, index, rows } = piece;
        let row = (index / self.pieces_in_band) as u32;
        let first = row * self.grid.tile.height + rows.start;
        let size = Size::new(self.grid.size.width, rows.end - rows.start);
        let pixels = self.bands.rows(&band, row, rows, size)?;
        drop(band);
        let encoded = self.format.encode(&pixels, first)?;
        drop(pixels);
        // Whoever has the next piece may wait for a slow disk: others do not encode all that follows meanwhile.
        let early = |output: &mut Output<F::Sum>| !output.failed && index > output.next + self.ahead;
        let mut output = self.written.wait_while(self.output(), early).unwrap_or_else(PoisonError::into_inner);
        let output = &mut *output;
        output.encoded.insert(index, encoded);
        while let Some((bytes, sum)) = output.encoded.remove(&output.next) {
            write_all_at(&output.file, &bytes, output.bytes).at(&self.path)?;
            output.bytes += bytes.len() as u64;
            output.next += 1;
            output.total.join(sum);
        }
        Ok(())
    }

    fn output(&self) -> MutexGuard<'_, Output<F::Sum>> {
        self.output.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F: RowFormat> TileSink for Rows<F> {
    fn put(&self, _level: usize, column: u32, row: u32, tile: PixelsView<'_>) -> Result<()> {
        self.begin();
        if let Some(band) = self.bands.keep(column, row, tile)? {
            self.cut(band, row);
        }
        while let Some(piece) = self.next_piece() {
            self.encode(piece)?;
        }
        Ok(())
    }

    /// The output's bytes, pieces and sum, with the sum's length before it; then the squares that wait in a file.
    fn state(&self) -> Vec<u8> {
        let (place, sum) = {
            let output = self.output();
            ([output.bytes, output.next], output.total.save())
        };
        let mut state: Vec<u8> = place.iter().flat_map(|value| value.to_le_bytes()).collect();
        state.push(sum.len() as u8);
        state.extend(sum);
        state.extend(self.bands.state());
        state
    }

    fn restore(&mut self, state: &[u8]) -> Result<()> {
        let damaged = || Error::corrupt("the record of an unfinished export");
        let (bytes, rest) = state.split_first_chunk().ok_or_else(damaged)?;
        let (next, rest) = rest.split_first_chunk().ok_or_else(damaged)?;
        let (length, rest) = rest.split_first().ok_or_else(damaged)?;
        let (sum, squares) = rest.split_at_checked((*length).into()).ok_or_else(damaged)?;
        let output = self.output.get_mut().unwrap_or_else(PoisonError::into_inner);
        (output.bytes, output.next) = (u64::from_le_bytes(*bytes), u64::from_le_bytes(*next));
        output.total = F::Sum::load(sum).ok_or_else(damaged)?;
        self.bands.restore(squares)
    }

    fn has_lost(&self, (_, block): (u16, u64)) -> bool {
        let columns = u64::from(self.grid.columns());
        let (column, row) = ((block % columns) as u32, (block / columns) as u32);
        let pieces = self.grid.rect(0, row).height().div_ceil(self.step.into());
        let is_written = u64::from(row) * self.pieces_in_band + pieces <= self.output().next;
        !is_written && !self.bands.has(column, row)
    }

    fn sync(&self) -> Result<()> {
        self.bands.sync()?;
        self.format.sync()?;
        let file = self.output().file.try_clone().at(&self.path)?;
        file.sync_data().at(&self.path)
    }

    fn finish(self: Box<Self>, progress: &Progress) -> Result<u64> {
        self.begin();
        // A worker may have left while another cut the last band.
        while let Some(piece) = self.next_piece() {
            progress.check()?;
            self.encode(piece)?;
        }
        let output = self.output.into_inner().unwrap_or_else(PoisonError::into_inner);
        if output.next != self.pieces {
            return Err(Error::invalid("internal error: rows are missing"));
        }
        let tail = self.format.tail(output.total, output.bytes)?;
        write_all_at(&output.file, &tail, output.bytes).at(&self.path)?;
        write_all_at(&output.file, &self.format.head(Some(output.bytes)), 0).at(&self.path)?;
        let bytes = output.bytes + tail.len() as u64;
        // An interrupted run may have written further.
        output.file.set_len(bytes).at(&self.path)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_early_waits_for_what_is_above() {
        let mut order = InOrder { next: 2, ..InOrder::default() };
        assert_eq!(order.add(4, 'c'), []);
        assert_eq!(order.add(1, 'x'), [], "gone before");
        assert_eq!(order.add(3, 'b'), []);
        assert_eq!(order.add(2, 'a'), [(2, 'a'), (3, 'b'), (4, 'c')]);
        assert!(order.here.is_empty());
    }
}
