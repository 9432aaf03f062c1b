//! [`SidecarFolder`]: where sidecars lie, how much room they may take, and which go first.

use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use mosaicist_core::whole_file;

use crate::{Error, ImageRef, Info, IoResultExt as _, Result};

/// Of finished sidecars.
const ENDING: &str = "tiles";
/// Of those that a scan is at, or was interrupted at.
const UNFINISHED: &str = "part";
/// So many scans of one image may be made at once.
const MOST_AT_ONCE: u32 = 8;
/// How long a scan that was just given up may take to let go of its file.
const LETTING_GO: Duration = Duration::from_millis(200);
/// The default capacity in bytes.
const CAPACITY: u64 = 24 << 30;

/// A folder of sidecars.
#[derive(Debug, Clone)]
pub struct SidecarFolder {
    path: PathBuf,
    capacity: u64,
}

impl Default for SidecarFolder {
    /// In the user's cache folder, up to 24 GiB.
    fn default() -> Self {
        let folders = directories::ProjectDirs::from("", "", "mosaicist");
        let cache = folders.map_or_else(std::env::temp_dir, |folders| folders.cache_dir().to_owned());
        Self::new(cache.join("sidecars"), CAPACITY)
    }
}

impl SidecarFolder {
    /// The folder `path`, made when first needed, holding up to `capacity` bytes.
    pub fn new(path: impl Into<PathBuf>, capacity: u64) -> Self {
        Self { path: path.into(), capacity }
    }

    /// The content stored under `key`, if it is still there and intact.
    pub fn read(&self, key: &str) -> Option<Vec<u8>> {
        let mut bytes = std::fs::read(self.find(key)?).ok()?;
        let sum = u32::from_le_bytes(*bytes.last_chunk()?);
        bytes.truncate(bytes.len() - 4);
        (crc32fast::hash(&bytes) == sum && bytes.starts_with(key.as_bytes())).then(|| bytes.split_off(key.len()))
    }

    /// Stores `bytes` under `key`, replacing what was there. Removed like a sidecar when the folder is full.
    pub fn keep(&self, key: &str, bytes: &[u8]) -> Result<()> {
        let bytes = [key.as_bytes(), bytes].concat();
        self.make_room(bytes.len() as u64 + 4)?;
        whole_file::write(&self.place(key), |file| {
            file.write_all(&bytes)?;
            file.write_all(&crc32fast::hash(&bytes).to_le_bytes())
        })
    }

    /// Where the sidecar for `key` belongs.
    pub(super) fn place(&self, key: &str) -> PathBuf {
        // FNV-1a of 64 bits; the key itself stands in the file.
        let hash = key
            .bytes()
            .fold(0xCBF2_9CE4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3));
        self.path.join(format!("{hash:016x}.{ENDING}"))
    }

    /// The sidecar for `key`, if there is one; it counts as used now.
    pub(super) fn find(&self, key: &str) -> Option<PathBuf> {
        let path = self.place(key);
        let file = std::fs::File::options().append(true).open(&path).ok()?;
        // A folder that may not be written to is no reason not to read.
        file.set_modified(SystemTime::now()).ok();
        Some(path)
    }

    /// Remove what was used longest ago until `bytes` more fit, and what crashes left. Fails where the disk is too full.
    pub(super) fn make_room(&self, bytes: u64) -> Result<()> {
        std::fs::create_dir_all(&self.path).at(&self.path)?;
        let (mut entries, mut in_use) = (Vec::new(), 0);
        for entry in std::fs::read_dir(&self.path).at(&self.path)?.flatten() {
            let (path, Ok(found)) = (entry.path(), entry.metadata()) else { continue };
            let ending = path.extension().unwrap_or_default().to_owned();
            let used = found.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            if ending == ENDING || ending == UNFINISHED && File::open(&path).is_ok_and(|file| is_free(&file)) {
                entries.push((used, found.len(), path));
            } else if ending == UNFINISHED {
                in_use += found.len();
            }
        }
        entries.sort();
        let mut total: u64 = in_use + entries.iter().map(|(_, length, _)| length).sum::<u64>();
        let free = || fs4::available_space(&self.path).unwrap_or(u64::MAX);
        for (_, length, path) in entries {
            if total.saturating_add(bytes) <= self.capacity && bytes <= free() {
                break;
            }
            if std::fs::remove_file(&path).is_ok() {
                total -= length;
            }
        }
        if bytes > free() {
            let what = format!("{} are needed for the tiles of a large image", crate::job::show_bytes(bytes));
            return Err(Error::NoSpace { path: self.path.clone(), what });
        }
        Ok(())
    }

    /// The file in which the sidecar for `key` is made, of `bytes` when it is whole: what an interrupted scan has left, or a
    /// new one. Nobody else is at it. Makes room.
    pub(super) fn begin(&self, key: &str, bytes: u64) -> Result<Unfinished> {
        std::fs::create_dir_all(&self.path).at(&self.path)?;
        let began = Instant::now();
        let mut number = 0;
        while number < MOST_AT_ONCE {
            let path = self.place(key).with_extension(format!("{number}.{UNFINISHED}"));
            let file = File::options().read(true).write(true).create(true).truncate(false).open(&path).at(&path)?;
            if !is_free(&file) {
                if number > 0 || began.elapsed() > LETTING_GO {
                    number += 1;
                } else {
                    std::thread::sleep(LETTING_GO / 20);
                }
                continue;
            }
            let unfinished = Unfinished { file, path, target: self.place(key) };
            // Whoever had it may just have finished it.
            if unfinished.path.exists() {
                let there = unfinished.file.metadata().map_or(0, |found| found.len());
                self.make_room(bytes.saturating_sub(there))?;
                return Ok(unfinished);
            }
        }
        Err(Error::limit("too many scans of one image at once; close some of its windows").at(&self.path))
    }
}

/// A sidecar in the making. Left alone it stays for the next scan to go on from.
pub(super) struct Unfinished {
    file: File,
    path: PathBuf,
    target: PathBuf,
}

impl Unfinished {
    /// The file, to be read and written at any place.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Where it is now.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Give it the name that is looked for.
    pub(super) fn finish(self) -> Result<()> {
        std::fs::rename(&self.path, &self.target).at(&self.target)
    }

    /// It is of no use.
    pub(super) fn remove(self) {
        std::fs::remove_file(&self.path).ok();
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Readers may hold the file for longer than the scan.
        self.file.unlock().ok();
    }
}

/// Whether nobody writes to the file; from now on we do, until it is closed.
fn is_free(file: &File) -> bool {
    // Some disks of the network know no locks.
    !matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}

/// What tells one image from another: its path, part and channels (colors, or their CMYK), its file's size and time of change.
pub(super) fn key_of(image: &ImageRef, info: &Info) -> Option<String> {
    let found = std::fs::metadata(&image.path).ok()?;
    let changed = found.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_nanos();
    let whole = std::path::absolute(&image.path).ok()?;
    // As it is debugged, a path that is no text is told from others.
    let channels = format!("{}x{:?}", info.channels, info.color);
    #[expect(clippy::unnecessary_debug_formatting, reason = "tells bytes that are no text")]
    Some(format!("{whole:?}|{}|{channels}|{}|{changed}", image.part, found.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_while_intact() {
        let folder = tempfile::tempdir().unwrap();
        let cache = SidecarFolder::new(folder.path().join("made"), 1 << 20);
        assert_eq!(cache.read("key"), None);
        cache.keep("key", b"first").unwrap();
        cache.keep("key", b"second").unwrap();
        assert_eq!(cache.read("key").as_deref(), Some(&b"second"[..]));
        assert_eq!(cache.read("another"), None);
        let place = cache.place("key");
        let whole = std::fs::read(&place).unwrap();
        for at in [0, whole.len() / 2, whole.len() - 1] {
            let mut torn = whole.clone();
            torn[at] ^= 1;
            std::fs::write(&place, torn).unwrap();
            assert_eq!(cache.read("key"), None, "byte {at}");
        }
    }

    #[test]
    fn the_least_recently_used_entry_is_deleted_first() {
        let folder = tempfile::tempdir().unwrap();
        let cache = SidecarFolder::new(folder.path(), 25);
        for (number, age) in [(1, 30), (2, 10), (3, 20)] {
            let file = std::fs::File::create(folder.path().join(format!("{number}.{ENDING}"))).unwrap();
            file.set_len(10).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
        }
        let left = |name: &str| folder.path().join(name).exists();
        cache.make_room(5).unwrap();
        assert_eq!([left("1.tiles"), left("2.tiles"), left("3.tiles")], [false, true, true]);
        cache.make_room(15).unwrap();
        assert_eq!([left("2.tiles"), left("3.tiles")], [true, false]);
        assert!(matches!(cache.make_room(u64::MAX / 2), Err(Error::NoSpace { .. })));
    }
}
