//! [`SidecarFolder`]: where sidecars lie, how much room they may take, and which go first.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::NamedTempFile;

use crate::source::file_of;
use crate::{Error, IoResultExt as _, Result};

/// Of finished sidecars.
const ENDING: &str = "tiles";
/// Of those in the making.
const MAKING: &str = "making-";
/// What nobody has finished for so long was left by a crash.
const FORGOTTEN: Duration = Duration::from_hours(24);
/// The most bytes kept, unless said otherwise.
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

    /// What was kept under `key`, if that is still there.
    pub fn kept(&self, key: &str) -> Option<Vec<u8>> {
        let mut bytes = std::fs::read(self.find(key)?).ok()?;
        let sum = u32::from_le_bytes(*bytes.last_chunk()?);
        bytes.truncate(bytes.len() - 4);
        (crc32fast::hash(&bytes) == sum && bytes.starts_with(key.as_bytes())).then(|| bytes.split_off(key.len()))
    }

    /// Keep `bytes` under `key`, in place of what was there. They go as sidecars do when room is needed.
    pub fn keep(&self, key: &str, bytes: &[u8]) -> Result<()> {
        let bytes = [key.as_bytes(), bytes].concat();
        self.make_room(bytes.len() as u64 + 4)?;
        let mut file = self.temporary()?;
        let written = file.write_all(&bytes).and_then(|()| file.write_all(&crc32fast::hash(&bytes).to_le_bytes()));
        written.at(file.path())?;
        let place = self.place(key);
        file.persist(&place).map_err(|error| Error::io(&place, error.error))?;
        Ok(())
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
        let mut kept = Vec::new();
        for entry in std::fs::read_dir(&self.path).at(&self.path)?.flatten() {
            let (path, Ok(found)) = (entry.path(), entry.metadata()) else { continue };
            let used = found.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with(MAKING) {
                if used.elapsed().is_ok_and(|age| age > FORGOTTEN) {
                    std::fs::remove_file(&path).ok();
                }
            } else if path.extension().is_some_and(|ending| ending == ENDING) {
                kept.push((used, found.len(), path));
            }
        }
        kept.sort();
        let mut total: u64 = kept.iter().map(|(_, length, _)| length).sum();
        let free = || fs4::available_space(&self.path).unwrap_or(u64::MAX);
        for (_, length, path) in kept {
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

    /// A new file that goes away by itself unless it is kept.
    pub(super) fn temporary(&self) -> Result<NamedTempFile> {
        tempfile::Builder::new().prefix(MAKING).tempfile_in(&self.path).at(&self.path)
    }
}

/// What tells one image from another: its path, page, size and time of change.
pub(super) fn key_of(path: &Path, page: usize) -> Option<String> {
    let file = file_of(path);
    let found = std::fs::metadata(&file).ok()?;
    let changed = found.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_nanos();
    let whole = std::path::absolute(path).ok()?;
    Some(format!("{}|{page}|{}|{changed}", whole.to_string_lossy(), found.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_found_while_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let cache = SidecarFolder::new(folder.path().join("made"), 1 << 20);
        assert_eq!(cache.kept("key"), None);
        cache.keep("key", b"first").unwrap();
        cache.keep("key", b"second").unwrap();
        assert_eq!(cache.kept("key").as_deref(), Some(&b"second"[..]));
        assert_eq!(cache.kept("another"), None);
        let place = cache.place("key");
        let whole = std::fs::read(&place).unwrap();
        for at in [0, whole.len() / 2, whole.len() - 1] {
            let mut torn = whole.clone();
            torn[at] ^= 1;
            std::fs::write(&place, torn).unwrap();
            assert_eq!(cache.kept("key"), None, "byte {at}");
        }
    }

    #[test]
    fn what_was_used_longest_ago_goes_first() {
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
