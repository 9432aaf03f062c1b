//! The cache of an [`Overview`] on disk, in the folder of sidecars, for the next opening of the mosaic.

use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::overview::{Overview, PAINTED};
use crate::geometry::Rect;
use crate::mosaic::Mosaic;
use crate::pixels::{Pixels, Samples};
use crate::source::SidecarFolder;

/// Mosaics of fewer tiles are painted fast and not cached.
const LEAST_TILES: usize = 4096;
/// Time between two writes of the cache.
const INTERVAL: Duration = Duration::from_secs(5);

/// The cache file of an overview.
pub(super) struct OverviewCache {
    folder: SidecarFolder,
    key: String,
    last: Mutex<Last>,
}

struct Last {
    at: Instant,
    /// How many cells were painted.
    cells: usize,
}

impl Overview {
    /// Restores the cached overview of `mosaic` within `frame` from `folder`, and caches further cells there until the first edit.
    /// Reads size and time of every file: not for the UI thread.
    pub fn remember(&self, mosaic: &Mosaic, frame: Rect, folder: SidecarFolder) {
        if mosaic.placements.len() < LEAST_TILES {
            return;
        }
        let key = key_of(mosaic, frame, self);
        let cells = folder.read(&key).map_or(0, |bytes| self.restore(&bytes).unwrap_or(0));
        let last = Mutex::new(Last { at: Instant::now(), cells });
        self.cache.set(OverviewCache { folder, key, last }).ok();
    }

    /// Writes the cache if the last write is long enough ago, or if every cell is painted.
    pub(super) fn keep(&self) {
        let Some(cache) = self.cache.get() else { return };
        // One thread writes; the others continue painting.
        let Ok(mut last) = cache.last.try_lock() else { return };
        let painted: Vec<bool> = self.cells.iter().map(|cell| cell.shows.load(Relaxed) == PAINTED).collect();
        let count = painted.iter().filter(|is| **is).count();
        let is_all = count == painted.len();
        // After an edit, cells differ from those of the opened document.
        let is_edited = self.cells.iter().any(|cell| cell.shows.load(Relaxed) > PAINTED);
        if is_edited || count <= last.cells || !(is_all || last.at.elapsed() > INTERVAL) {
            return;
        }
        let finest = self.levels.read().unwrap_or_else(PoisonError::into_inner)[0].samples().to_le_bytes();
        let painted = painted.into_iter().map(u8::from).collect();
        let bytes = [painted, lz4_flex::block::compress(&finest)].concat();
        // If the disk is full it is painted again the next time.
        cache.folder.keep(&cache.key, &bytes).ok();
        *last = Last { at: Instant::now(), cells: count };
    }

    /// Restores cells from the cache file's bytes. Returns their number; `None` if the bytes are of another size.
    fn restore(&self, bytes: &[u8]) -> Option<usize> {
        let (painted, packed) = bytes.split_at_checked(self.cells.len())?;
        let (size, channels, sample) = {
            let levels = self.levels.read().unwrap_or_else(PoisonError::into_inner);
            (levels[0].size(), levels[0].channels(), levels[0].sample_type())
        };
        let length = size.area() as usize * usize::from(channels) * sample.bytes();
        let decompressed = lz4_flex::block::decompress(packed, length).ok().filter(|bytes| bytes.len() == length)?;
        let whole = Pixels::new(size, channels, Samples::from_le_bytes(sample, decompressed)).ok()?;
        let columns = self.grid.columns();
        let numbers = (0u32..).zip(painted).filter(|(_, is)| **is == 1).map(|(number, _)| number);
        let places = numbers.map(|number| (number % columns, number / columns));
        Some(places.map(|place| self.put(place, PAINTED, &whole.crop(self.grid.rect(place.0, place.1)))).count())
    }
}

/// The cache key of a canvas: its files with their placements, sizes and modification times, and its pixel type.
fn key_of(mosaic: &Mosaic, frame: Rect, overview: &Overview) -> String {
    // FNV-1a with two offset bases: 128 bits.
    let mut hashes = [0xCBF2_9CE4_8422_2325u64, 0x6C62_272E_07BB_0142];
    let mut add = |bytes: &[u8]| {
        for hash in &mut hashes {
            for &byte in bytes {
                *hash = (*hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
            }
        }
    };
    for placement in &mosaic.placements {
        add(placement.image.path.as_os_str().as_encoded_bytes());
        add(format!("|{}|", placement.image.part).as_bytes());
        add(&[u8::from(placement.visible)]);
        add(&[placement.size.width.to_le_bytes(), placement.size.height.to_le_bytes()].concat());
        for number in <[f64; 6]>::from(placement.transform) {
            add(&number.to_bits().to_le_bytes());
        }
        add(format!("|{:?}", placement.appearance()).as_bytes());
        add(&file_revision(&placement.image.path));
    }
    if !mosaic.is_overlay() {
        add(format!("|{:?} {:?}|", mosaic.blend, mosaic.flat_field).as_bytes());
        mosaic.flat_field.iter().flat_map(|field| field.images()).for_each(|image| add(&file_revision(&image.path)));
    }
    let levels = overview.levels.read().unwrap_or_else(PoisonError::into_inner);
    let kind = (levels[0].size(), levels[0].channels(), levels[0].sample_type());
    format!("overview|{frame}|{kind:?}|{:016x}{:016x}|", hashes[0], hashes[1])
}

/// Length and modification time of a file; zeros if it does not exist.
fn file_revision(path: &Path) -> [u8; 24] {
    let found = std::fs::metadata(path).ok();
    let length = found.as_ref().map_or(0, std::fs::Metadata::len);
    let changed = found.and_then(|found| found.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok());
    let mut revision = [0; 24];
    revision[..8].copy_from_slice(&length.to_le_bytes());
    revision[8..].copy_from_slice(&changed.map_or(0, |time| time.as_nanos()).to_le_bytes());
    revision
}
