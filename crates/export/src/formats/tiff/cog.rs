//! Cloud-optimized GeoTIFF: a reader over the web gets by with one request for all directories and one for each tile.
//!
//! GDAL's layout (its COG driver, "IFDs before data"): header, the layout note, directories from
//! the full image to the smallest overview with all their values, then the tiles, smallest overview first, row by row. Each tile
//! stands between its length and its last four bytes once more.

use std::fs::File;
use std::io::{BufWriter, Write as _};

use super::ifd::{self, Directory, Value, Width, tag};
use super::{Offsets, Tiff};
use crate::job::Progress;
use crate::tiff_options::CLASSIC_END;
use crate::{IoResultExt as _, Result};

/// GDAL's note. The space at its end is for one who changes the file: NO becomes YES without a shift.
const NOTE: &str = "GDAL_STRUCTURAL_METADATA_SIZE=000140 bytes\n\
    LAYOUT=IFDS_BEFORE_DATA\n\
    BLOCK_ORDER=ROW_MAJOR\n\
    BLOCK_LEADER=SIZE_AS_UINT4\n\
    BLOCK_TRAILER=LAST_4_BYTES_REPEATED\n\
    KNOWN_INCOMPATIBLE_EDITION=NO\n ";

/// Bytes around each tile.
const AROUND: u64 = 8;

/// Write the tiles of `tiff` in order, with their directories before them. Gives the file's bytes.
pub(super) fn assemble(tiff: &Tiff, progress: &Progress) -> Result<u64> {
    let classic = plan(tiff, Width::Classic);
    let fits = classic.end <= CLASSIC_END && tiff.offsets != Offsets::Big;
    let layout = if fits { classic } else { plan(tiff, Width::Big) };
    let path = &tiff.path;
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path).at(path)?);
    write(tiff, &layout, &mut file, progress)?;
    file.into_inner().map_err(std::io::IntoInnerError::into_error).at(path)?;
    Ok(layout.end)
}

/// The file positions of all parts.
struct Layout {
    /// Header, note and directories.
    head: Vec<u8>,
    end: u64,
}

fn plan(tiff: &Tiff, width: Width) -> Layout {
    let mut head = ifd::header(0, width);
    head.extend(NOTE.as_bytes());
    // Directories start at even positions; where the first one starts is part of the format.
    head.resize(head.len().next_multiple_of(2), 0);
    let first = head.len() as u64;
    let lengths: Vec<u64> = (0..tiff.levels).map(|level| length(&directory(tiff, level, 0).0, width)).collect();
    let data = first + lengths.iter().sum::<u64>();
    // The smallest level's tiles come first.
    let ends = (0..tiff.levels).rev().scan(data, |at, level| {
        let start = *at;
        *at = directory(tiff, level, start).1;
        Some((start, *at))
    });
    let mut spans: Vec<(u64, u64)> = ends.collect();
    spans.reverse();
    let mut at = first;
    for (level, length) in lengths.iter().enumerate() {
        let next = if level + 1 < tiff.levels { at + length } else { 0 };
        head.extend(ifd::encode(&directory(tiff, level, spans[level].0).0, at, next, width));
        at += length;
        head.resize(at as usize, 0);
    }
    head.splice(..ifd::header(0, width).len(), ifd::header(first, width));
    Layout { head, end: spans[0].1 }
}

/// The directory of a level whose tiles start at `start`, and where they end.
fn directory(tiff: &Tiff, level: usize, start: u64) -> (Directory, u64) {
    let table = &tiff.store.tables()[level];
    let mut at = start;
    let offsets = table.counts().map(|count| {
        let offset = at + AROUND / 2;
        at += u64::from(count) + AROUND;
        offset
    });
    let offsets = Value::Offsets(offsets.collect());
    let mut directory = tiff.directory(0, level);
    directory.insert(tag::TILE_OFFSETS, offsets);
    directory.insert(tag::TILE_BYTE_COUNTS, Value::Long(table.counts().collect()));
    (directory, at)
}

/// Bytes of a directory and its values, which do not depend on where they stand.
fn length(directory: &Directory, width: Width) -> u64 {
    (ifd::encode(directory, 0, 0, width).len() as u64).next_multiple_of(8)
}

fn write(tiff: &Tiff, layout: &Layout, file: &mut BufWriter<File>, progress: &Progress) -> Result<()> {
    let path = &tiff.path;
    file.write_all(&layout.head).at(path)?;
    let mut tile = Vec::new();
    for level in (0..tiff.levels).rev() {
        for index in 0..tiff.store.tables()[level].grid.count() {
            progress.check()?;
            tiff.store.read(level, index as usize, &mut tile)?;
            file.write_all(&(tile.len() as u32).to_le_bytes()).at(path)?;
            file.write_all(&tile).at(path)?;
            file.write_all(&tile[tile.len().saturating_sub(4)..]).at(path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_note_has_its_stated_length() {
        assert_eq!(NOTE.len(), 43 + 140);
        assert_eq!((8 + NOTE.len()).next_multiple_of(2), 192);
        assert_eq!((16 + NOTE.len()).next_multiple_of(2), 200);
    }
}
