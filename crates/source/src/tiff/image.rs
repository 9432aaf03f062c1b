//! [`Image`]: one directory as a grid of chunks, each read by itself.

use std::sync::Arc;

use super::coding::Coding;
use super::decode::plain_bytes;
use super::directory::Directory;
use super::table::Table;
use super::tags::{self as tag, compression as code};
use crate::PositionedFile;
use crate::flat::{MOST_WHOLE, rows_of_piece};
use crate::geometry::{Rect, Size, TileGrid};
use crate::pixels::{Pixels, RawSamples, Samples, interleave_raw};
use crate::{Error, Result};

/// No chunk may yield more bytes than this, as pixels or as samples.
const MOST_CHUNK: u64 = 400 << 20;
/// Nor may its decoding take more memory than this.
const MOST_DECODING: u64 = 640 << 20;
/// No byte of a strip that is read from top to bottom stands for more than this.
const MOST_RATIO: u64 = 1 << 16;
/// An uncompressed strip is read in pieces of about this many bytes.
const PIECE: u64 = 1 << 20;
/// Parts of rows of so many bytes are read one by one.
const LEAST_READ: u64 = 2048;
/// So many times the pixels wanted are read, rather than short parts of rows.
const MOST_MORE: u64 = 4;

/// One image of the file.
pub(super) struct Image {
    file: Arc<PositionedFile>,
    coding: Coding,
    size: Size,
    chunk: Size,
    tiled: bool,
    /// Rows of a stored strip, where chunks are pieces of uncompressed strips.
    strip_rows: Option<u32>,
    /// Whether chunks are strips so large that their rows are decoded one after the other.
    is_scanned: bool,
    offsets: Table,
    counts: Option<Table>,
}

impl Image {
    /// The image a directory describes, if it can be read.
    pub(super) fn new(file: Arc<PositionedFile>, directory: &Directory) -> Result<Self> {
        let size = size_of(directory)?;
        let tiled = is_tiled(directory);
        let mut coding = Coding::read(&file, directory)?;
        let side = |tag| side(directory, tag);
        let mut chunk = if tiled {
            let (Some(width), Some(height)) = (side(tag::TILE_WIDTH), side(tag::TILE_HEIGHT)) else {
                return Err(Error::corrupt("TIFF tiles without a size"));
            };
            Size::new(width, height)
        } else {
            let rows = directory.int(tag::ROWS_PER_STRIP).unwrap_or(u64::MAX).clamp(1, size.height.into());
            Size::new(size.width, rows as u32)
        };
        // Some writers name the tables of tiles after those of strips.
        let (offsets, counts) = if tiled && directory.has(tag::TILE_OFFSETS) {
            (tag::TILE_OFFSETS, tag::TILE_BYTE_COUNTS)
        } else {
            (tag::STRIP_OFFSETS, tag::STRIP_BYTE_COUNTS)
        };
        let counts = if directory.has(counts) { counts } else { tag::TILE_BYTE_COUNTS };
        let missing = || Error::corrupt("a TIFF image without data");
        let offsets = directory.table(&file, offsets)?.ok_or_else(missing)?;
        let counts = directory.table(&file, counts)?;
        if let Some(old) = coding.old_jpeg.take() {
            if old.is_whole() {
                chunk = size;
            }
            coding.old_jpeg = Some(old.for_chunks(chunk));
        }
        let mut strip_rows = None;
        let row_bytes = plain_bytes(Size::new(chunk.width, 1), coding.stored(), coding.bits);
        if coding.compression == code::NONE
            && !tiled
            && coding.ycbcr.is_none()
            && row_bytes * u64::from(chunk.height) > 2 * PIECE
        {
            // The rows of an uncompressed strip can be read by themselves; pieces must not reach over its end.
            let wanted = (PIECE / row_bytes.max(1)).clamp(1, chunk.height.into()) as u32;
            let pieces = chunk.height.div_ceil(wanted);
            let even = chunk.height == size.height || chunk.height % pieces == 0;
            let rows = if chunk.height == size.height { wanted } else { chunk.height / pieces };
            if even {
                strip_rows = Some(chunk.height);
                chunk.height = rows;
            }
        }
        let shown = coding.channels() * coding.sample_type().bytes();
        // Samples of more than a byte are held twice while they are brought into order.
        let twice = 1 + u64::from(coding.kind.bytes() > 1);
        let widest = shown.max(coding.samples * coding.kind.bytes()) as u64;
        let bytes = chunk.area().saturating_mul(widest);
        let is_scanned = bytes > MOST_WHOLE && !tiled && coding.is_sequential();
        if is_scanned && !may_hold(file.length()?, &coding, size) {
            return Err(Error::corrupt(format!("a file too short for {size} pixels")));
        }
        if !is_scanned && (bytes > MOST_CHUNK || bytes.saturating_mul(twice) > MOST_DECODING) {
            let what = format!("TIFF pieces of {chunk} pixels are too large to be read one at a time; tile the file");
            return Err(Error::limit(what));
        }
        Ok(Self { file, coding, size, chunk, tiled, strip_rows, is_scanned, offsets, counts })
    }

    /// Plane `plane` of those that follow one another without compression, the first of which `directory` describes. Fails where
    /// they do not, or the file ends before it.
    pub(super) fn of_plane(file: Arc<PositionedFile>, directory: &Directory, plane: u64) -> Result<Self> {
        let (size, coding) = (size_of(directory)?, Coding::read(&file, directory)?);
        let (start, bytes) = planes_behind(&file, directory)?;
        let at = plane.checked_mul(bytes).and_then(|before| start.checked_add(before));
        let at = at.filter(|at| at.checked_add(bytes).is_some_and(|end| file.length().is_ok_and(|have| end <= have)));
        let at = at.ok_or_else(|| Error::corrupt(format!("the file ends before its plane {plane}")))?;
        let row_bytes = plain_bytes(Size::new(size.width, 1), coding.stored(), coding.bits);
        let rows = (PIECE / row_bytes.max(1)).clamp(1, size.height.into());
        let planes = if coding.separate { coding.samples as u64 } else { 1 };
        let strips = u64::from(size.height).div_ceil(rows);
        let first = |at: u64| at % strips * rows;
        let count = |at: u64| (u64::from(size.height) - first(at)).min(rows) * row_bytes;
        let offset = |number: u64| at + (number / strips * u64::from(size.height) + first(number)) * row_bytes;
        let offsets: Vec<u64> = (0..planes * strips).map(offset).collect();
        let counts: Vec<u64> = (0..planes * strips).map(count).collect();
        Ok(Self::of_strips(file, coding, size, rows as u32, &offsets, &counts))
    }

    /// An image in strips of `rows`, all of one plane before those of the next, at `offsets`, `counts` bytes each.
    pub(super) fn of_strips(
        file: Arc<PositionedFile>,
        coding: Coding,
        size: Size,
        rows: u32,
        offsets: &[u64],
        counts: &[u64],
    ) -> Self {
        let (chunk, tables) = (Size::new(size.width, rows), (Table::of(offsets), Table::of(counts)));
        let (offsets, counts) = (tables.0, Some(tables.1));
        Self { file, coding, size, chunk, tiled: false, strip_rows: None, is_scanned: false, offsets, counts }
    }

    /// Width and height.
    pub(super) fn size(&self) -> Size {
        self.size
    }

    /// Crops to `size`, removing the padding of tiles.
    pub(super) fn cut_to(&mut self, size: Size) {
        let columns = |size: Size| size.width.div_ceil(self.chunk.width);
        if size.width <= self.size.width && size.height <= self.size.height && columns(size) == columns(self.size) {
            self.size = size;
        }
    }

    /// How its samples are stored.
    pub(super) fn coding(&self) -> &Coding {
        &self.coding
    }

    /// The pieces it is read in.
    pub(super) fn grid(&self) -> TileGrid {
        TileGrid::new(self.size, self.chunk)
    }

    /// The best pieces to be read: chunks, or some rows where these are [scanned](Self::is_scanned).
    pub(super) fn piece(&self) -> Size {
        if self.is_scanned { rows_of_piece(self.size, self.coding.pixel_bytes()) } else { self.chunk }
    }

    /// Bytes of memory while a piece is decoded: what is stored of it, its raw samples and its pixels.
    pub(super) fn decoding_bytes(&self) -> u64 {
        let (coding, area) = (&self.coding, self.piece().area());
        let raw = area.saturating_mul((coding.samples * coding.kind.bytes()) as u64);
        let shown = area.saturating_mul(coding.pixel_bytes() as u64);
        // Bytes that nothing is made of are the pixels themselves.
        let is_same = coding.kind.bytes() == 1 && coding.bits == 8 && coding.channels() == coding.samples;
        let stored = if coding.compression == code::NONE && coding.bits >= 8 { 0 } else { raw / 2 };
        shown + stored + if is_same { 0 } else { raw }
    }

    /// Whether chunks are strips too large to be decoded as a whole: only [`StripRows`](super::scan::StripRows) reads them.
    pub(super) fn is_scanned(&self) -> bool {
        self.is_scanned
    }

    /// The file it is in.
    pub(super) fn file(&self) -> &PositionedFile {
        &self.file
    }

    /// Whether its pieces are tiles, all stored whole.
    pub(super) fn is_tiled(&self) -> bool {
        self.tiled
    }

    /// Whether chunk (column, row) is there: sparse files leave some out.
    pub(super) fn has_chunk(&self, column: u32, row: u32) -> Result<bool> {
        let (offset, count) = self.place(column, row, 0)?;
        Ok(offset != 0 && count != 0)
    }

    /// The pixels of one chunk, cut to the image.
    pub(super) fn read_chunk(&self, column: u32, row: u32) -> Result<Pixels> {
        Ok(self.coding.interpret(self.read_raw_samples(column, row)?))
    }

    /// Decode what `rect` of the image has of one chunk straight into `out`, the pixels of `rect`. False where a chunk's pixels
    /// must be read by [`read_chunk`](Self::read_chunk); its part of `out` is then undefined.
    pub(super) fn paint_chunk(&self, column: u32, row: u32, rect: Rect, out: &mut Pixels) -> Result<bool> {
        let (channels, width) = (usize::from(out.channels()), out.size().width as usize);
        let Samples::U8(samples) = out.samples_mut() else { return Ok(false) };
        let as_stored = self.reads_parts() && self.coding.is_plain_bytes();
        if !(as_stored || self.coding.is_plain_jpeg()) || channels != self.coding.stored() {
            return Ok(false);
        }
        let place = self.grid().rect(column, row);
        let (part, stored) = (place.intersect(rect), self.stored_size(place));
        let pitch = width * channels;
        let from = (part.y0 - rect.y0) as usize * pitch + (part.x0 - rect.x0) as usize * channels;
        let part = part.translate(-place.x0, -place.y0);
        if as_stored {
            let by_rows = self.reads_by_rows(part.width(), stored.width);
            return Ok(by_rows && self.fill_part(column, row, part, (&mut samples[from..], pitch))?);
        }
        let Some(stream) = self.read_stream(column, row, 0, stored)? else { return Ok(false) };
        Ok(self.coding.decode_into(&stream, stored, part, (&mut samples[from..], pitch)).is_ok())
    }

    /// Whether pixels lie uncompressed side by side, so that a part of a chunk is read without the rest.
    pub(super) fn reads_parts(&self) -> bool {
        let coding = &self.coding;
        coding.compression == code::NONE
            && coding.ycbcr.is_none()
            && !coding.separate
            && !self.is_scanned
            && !matches!(coding.predictor, 2 | 3)
            && matches!(coding.bits, 8 | 16 | 32 | 64)
    }

    /// The pixels of `part` of a chunk, whose first pixel is (0, 0), without the others. `None` unless the image
    /// [reads parts](Self::reads_parts) and all of that is in the file; then [`read_chunk`](Self::read_chunk) tells what is there.
    pub(super) fn read_part(&self, column: u32, row: u32, part: Rect) -> Result<Option<Pixels>> {
        if !self.reads_parts() {
            return Ok(None);
        }
        let stored = self.stored_size(self.grid().rect(column, row));
        let lines = Rect { x0: 0, x1: stored.width.into(), ..part };
        let read = if self.reads_by_rows(part.width(), stored.width) { part } else { lines };
        let line = read.width() as usize * self.stored_bytes();
        let mut bytes = vec![0; line * read.height() as usize];
        if !self.fill_part(column, row, read, (&mut bytes, line))? {
            return Ok(None);
        }
        let size = read.size();
        let pixels = self.coding.interpret(self.coding.decode(bytes, size, 0, size.height)?);
        let inside = Rect::at(part.x0 - read.x0, 0, part.size());
        Ok(Some(if size == part.size() { pixels } else { pixels.crop(inside) }))
    }

    /// Bytes of a pixel as it is stored.
    fn stored_bytes(&self) -> usize {
        self.coding.bits as usize / 8 * self.coding.stored()
    }

    /// Whether parts of rows of `width` pixels are read one by one, of chunks of `whole` pixels in width: short ones take longer to
    /// ask for than to read.
    fn reads_by_rows(&self, width: u64, whole: u32) -> bool {
        width * self.stored_bytes() as u64 >= LEAST_READ
            || width * MOST_MORE < u64::from(whole)
            || width == u64::from(whole)
    }

    /// Fill `to`, in rows that begin `pitch` bytes apart, with the stored bytes of `part` of a chunk of an image that
    /// [reads parts](Self::reads_parts). False if not all of it is in the file.
    fn fill_part(&self, column: u32, row: u32, part: Rect, (to, pitch): (&mut [u8], usize)) -> Result<bool> {
        let stored = self.stored_size(self.grid().rect(column, row));
        let (offset, count) = self.place(column, row, 0)?;
        let pixel = self.stored_bytes() as u64;
        let (line, width) = (u64::from(stored.width) * pixel, part.width() * pixel);
        if offset == 0 || count < line * part.y1 as u64 {
            return Ok(false);
        }
        let at = |y: u64| offset + (part.y0 as u64 + y) * line + part.x0 as u64 * pixel;
        if width == line && pitch as u64 == line {
            let all = (line * part.height()) as usize;
            return Ok(self.file.fill(&mut to[..all], at(0)).is_ok());
        }
        let mut rows = (0..part.height()).zip(to.chunks_mut(pitch));
        Ok(rows.all(|(y, to)| self.file.fill(&mut to[..width as usize], at(y)).is_ok()))
    }

    /// The raw samples of one chunk, cut to the image.
    pub(super) fn read_raw_samples(&self, column: u32, row: u32) -> Result<RawSamples> {
        if self.is_scanned {
            let what =
                format!("TIFF strips of {} pixels are too large to be read one at a time; tile the file", self.chunk);
            return Err(Error::limit(what));
        }
        let rect = self.grid().rect(column, row);
        let planes = if self.coding.separate { self.coding.samples } else { 1 };
        let decoded: Result<Vec<RawSamples>> =
            (0..planes).map(|plane| self.read_plane(column, row, plane, rect)).collect();
        let mut decoded = decoded?;
        let raw = if planes == 1 { decoded.swap_remove(0) } else { interleave_raw(&decoded)? };
        Ok(if raw.size() == rect.size() { raw } else { raw.crop(Rect::from_size(rect.size())) })
    }

    fn read_plane(&self, column: u32, row: u32, plane: usize, rect: Rect) -> Result<RawSamples> {
        let stored = self.stored_size(rect);
        let Some(stream) = self.read_stream(column, row, plane, stored)? else {
            return Ok(RawSamples::zeroed(stored, self.coding.stored() as u8, self.coding.kind));
        };
        self.coding.decode(stream, stored, plane, rect.size().height)
    }

    /// The stored size of the chunk at `rect`: tiles are padded, the last strip ends with the image.
    fn stored_size(&self, rect: Rect) -> Size {
        if self.tiled { self.chunk } else { rect.size() }
    }

    /// The stored bytes of a chunk of `stored` pixels; `None` where the file leaves it out.
    fn read_stream(&self, column: u32, row: u32, plane: usize, stored: Size) -> Result<Option<Vec<u8>>> {
        let (offset, count) = self.place(column, row, plane)?;
        if offset == 0 || count == 0 {
            return Ok(None);
        }
        let plain = self.coding.compression == code::NONE && self.coding.ycbcr.is_none();
        let needed = plain_bytes(stored, self.coding.stored(), self.coding.bits);
        let count = if plain { count.min(needed) } else { count };
        // Many writers let the last piece end a few bytes beyond the file, and a copy may break off.
        let have = self.file.length()?.saturating_sub(offset);
        self.file.read_at(offset, count.min(have.max(1))).map(Some)
    }

    /// Where a chunk's bytes are, and how many; zeros where the file leaves it out.
    pub(super) fn place(&self, column: u32, row: u32, plane: usize) -> Result<(u64, u64)> {
        let grid = self.grid();
        if let Some(strip_rows) = self.strip_rows {
            let strips = u64::from(self.size.height.div_ceil(strip_rows));
            let (first, row_bytes) = (row * self.chunk.height, self.row_bytes());
            let offset = self.offsets.get(&self.file, plane as u64 * strips + u64::from(first / strip_rows))?;
            if offset == 0 {
                return Ok((0, 0));
            }
            let rows = self.chunk.height.min(self.size.height - first);
            let inside = u64::from(first % strip_rows) * row_bytes;
            return Ok((offset.saturating_add(inside), u64::from(rows) * row_bytes));
        }
        let number = plane as u64 * grid.count() + u64::from(row) * u64::from(grid.columns()) + u64::from(column);
        let offset = self.offsets.get(&self.file, number)?;
        let count = match &self.counts {
            Some(counts) if number < counts.len() => counts.get(&self.file, number)?,
            // A writer that left the counts out stored the rest of the file, or plain rows.
            _ if self.coding.compression == code::NONE => {
                plain_bytes(self.chunk, self.coding.stored(), self.coding.bits)
            }
            _ => self.next_offset(number, offset)?.saturating_sub(offset),
        };
        Ok((offset, count))
    }

    /// Where the chunk after `number` begins, or the file ends.
    fn next_offset(&self, number: u64, offset: u64) -> Result<u64> {
        if number + 1 < self.offsets.len() {
            let next = self.offsets.get(&self.file, number + 1)?;
            if next > offset {
                return Ok(next);
            }
        }
        self.file.length()
    }

    fn row_bytes(&self) -> u64 {
        plain_bytes(Size::new(self.chunk.width, 1), self.coding.stored(), self.coding.bits)
    }
}

/// Whether so many bytes may be the code of an image that is read from top to bottom, however flat it is.
fn may_hold(bytes: u64, coding: &Coding, size: Size) -> bool {
    if coding.is_fax() {
        // A row takes a bit at least.
        return u64::from(size.height) / 8 <= bytes;
    }
    plain_bytes(size, coding.samples, coding.bits) / MOST_RATIO <= bytes
}

/// Width and height of the image that a directory describes.
pub(super) fn size_of(directory: &Directory) -> Result<Size> {
    match (side(directory, tag::WIDTH), side(directory, tag::HEIGHT)) {
        (Some(width), Some(height)) => Ok(Size::new(width, height)),
        _ => Err(Error::corrupt("a TIFF image without a size")),
    }
}

/// Where the pixels of a directory begin that are neither compressed nor tiled nor scattered, and how many bytes they are: of
/// stacks whose further planes follow without directories of their own.
pub(super) fn planes_behind(file: &PositionedFile, directory: &Directory) -> Result<(u64, u64)> {
    let no = || Error::corrupt("planes that cannot follow one another");
    let coding = Coding::read(file, directory)?;
    if is_tiled(directory) || coding.compression != code::NONE || coding.ycbcr.is_some() {
        return Err(no());
    }
    let size = size_of(directory)?;
    let planes = if coding.separate { coding.samples as u64 } else { 1 };
    let bytes = plain_bytes(size, coding.stored(), coding.bits).saturating_mul(planes);
    let offsets = directory.table(file, tag::STRIP_OFFSETS)?.ok_or_else(no)?;
    let (first, last) = (offsets.get(file, 0)?, offsets.get(file, offsets.len().saturating_sub(1))?);
    let rows = directory.int(tag::ROWS_PER_STRIP).unwrap_or(u64::MAX).clamp(1, size.height.into());
    let strip = plain_bytes(Size::new(size.width, rows as u32), coding.stored(), coding.bits);
    let follows = offsets.len() == 1 || last.checked_sub(first) == (offsets.len() - 1).checked_mul(strip);
    if first > 0 && bytes > 0 && follows { Ok((first, bytes)) } else { Err(no()) }
}

/// Whether the image is stored in tiles, not in strips.
pub(super) fn is_tiled(directory: &Directory) -> bool {
    directory.has(tag::TILE_OFFSETS) || directory.has(tag::TILE_WIDTH)
}

fn side(directory: &Directory, tag: u16) -> Option<u32> {
    directory.int(tag).and_then(|n| u32::try_from(n).ok()).filter(|n| (1..1 << 30).contains(n))
}
