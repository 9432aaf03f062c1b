//! Recovery copies: changed documents as files of the state folder, for the next start after a crash.
//!
//! One file a document, `RUN-TAB.recovery`: a mark, the [`Head`] as JSON, a picture (RGBA), the document as a project file with absolute
//! paths. `RUN.lock` is locked as long as that run of the program lives; copies whose lock is free were left by a crash.

use std::fs::{File, TryLockError};
use std::io::{BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use egui::ColorImage;
use serde::{Deserialize, Serialize};

use super::View;
use crate::geometry::Rect;
use crate::mosaic::{self, Mosaic};
use crate::stored_path;
use crate::{Error, IoResultExt as _, Result};

/// The magic number of a copy; the last byte is the version.
const MARK: [u8; 8] = *b"mosaicR\x01";
const ENDING: &str = "recovery";
const LOCK: &str = "lock";
/// Bytes that a head may have, and a picture a side.
const LONGEST_HEAD: u64 = 16 << 20;
const LARGEST_SIDE: u32 = 1024;
/// Bytes that a document may have, as a project file.
const LARGEST: u64 = 4 << 30;
/// Incomplete copies older than this were left by a crash.
const FORGOTTEN: Duration = Duration::from_hours(1);
/// The longer side of a picture drawn from the arrangement alone.
const SKETCH: u32 = 192;
/// No more images than this are drawn in a sketch.
const MOST_SKETCHED: usize = 20_000;

/// The header of a copy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) name: String,
    /// The file that the document was read from or saved to.
    #[serde(default, with = "stored_path::option")]
    pub(super) project: Option<PathBuf>,
    /// The opened paths.
    #[serde(with = "stored_path::list")]
    pub(super) opened: Vec<PathBuf>,
    pub(super) view: View,
    /// When it was written, in seconds since 1970.
    pub(super) time: u64,
    /// Width and height of the picture; no picture if 0.
    picture: [u32; 2],
}

impl Head {
    /// For a copy that is written now.
    pub(super) fn new(name: String, project: Option<PathBuf>, opened: Vec<PathBuf>, view: View) -> Self {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Self { name, project, opened, view, time, picture: [0, 0] }
    }

    /// When it was written.
    pub(super) fn written(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.time.min(1 << 40))
    }
}

/// A copy that a crash has left.
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) head: Head,
    pub(super) picture: Option<ColorImage>,
    /// Keeps other runs of the program from offering it, too.
    #[expect(dead_code, reason = "held, not read")]
    lock: Arc<File>,
}

/// The folder of the copies, and this run's name in it.
#[derive(Clone)]
pub(super) struct Folder {
    path: PathBuf,
    run: String,
    /// Made with the first copy, and held until the program ends.
    lock: Arc<OnceLock<File>>,
}

impl Folder {
    /// Copies in `path`, which is made when first needed.
    pub(super) fn new(path: PathBuf) -> Self {
        static LAST: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let number = LAST.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let run = format!("{now:x}-{:x}-{number:x}", std::process::id());
        Self { path, run, lock: Arc::default() }
    }

    /// In the user's state folder.
    pub(super) fn usual() -> Option<Self> {
        let folders = directories::ProjectDirs::from("org", "mosaicist", "Mosaicist")?;
        let state = folders.state_dir().unwrap_or_else(|| folders.data_local_dir());
        Some(Self::new(state.join("recovery")))
    }

    /// Where this run's copy number `tab` belongs.
    fn place(&self, tab: u64) -> PathBuf {
        self.path.join(format!("{}-{tab}.{ENDING}", self.run))
    }

    /// Write the copy number `tab`: whole or not at all.
    pub(super) fn write(&self, tab: u64, head: &Head, picture: Option<&ColorImage>, document: &Mosaic) -> Result<()> {
        self.hold()?;
        let picture = picture.filter(|picture| picture.size.iter().all(|side| *side <= LARGEST_SIDE as usize));
        let size = picture.map_or([0, 0], |picture| picture.size.map(|side| side as u32));
        let head = serde_json::to_vec(&Head { picture: size, ..head.clone() }).map_err(std::io::Error::from);
        let path = self.place(tab);
        let head = head.at(&path)?;
        crate::whole_file::write(&path, |writer| {
            writer.write_all(&MARK)?;
            writer.write_all(&(head.len() as u64).to_le_bytes())?;
            writer.write_all(&head)?;
            for pixel in picture.iter().flat_map(|picture| &picture.pixels) {
                writer.write_all(&pixel.to_srgba_unmultiplied())?;
            }
            mosaic::write(document, None, writer)
        })
    }

    /// Take this run's copy number `tab` away, if there is one.
    pub(super) fn remove(&self, tab: u64) {
        remove(&self.place(tab));
    }

    /// Make a copy of an earlier run this run's number `tab`.
    pub(super) fn adopt(&self, earlier: &Path, tab: u64) -> Result<()> {
        self.hold()?;
        std::fs::rename(earlier, self.place(tab)).at(earlier)?;
        self.forget_run(earlier);
        Ok(())
    }

    /// Take a copy of an earlier run away.
    pub(super) fn discard(&self, earlier: &Path) {
        remove(earlier);
        self.forget_run(earlier);
    }

    /// The program ends: its lock is no longer needed, unless copies are to stay.
    pub(super) fn close(&self) {
        if self.lock.get().is_some() && !self.has_copies(&self.run) {
            remove(&self.path.join(format!("{}.{LOCK}", self.run)));
        }
    }

    /// The copies that crashes have left, newest first. Unreadable ones are skipped and not deleted.
    pub(super) fn crashed(&self) -> Vec<Found> {
        self.sweep();
        let Ok(entries) = std::fs::read_dir(&self.path) else { return Vec::new() };
        let mut locks: Vec<(String, Option<Arc<File>>)> = Vec::new();
        let mut found = Vec::new();
        for path in entries.flatten().map(|entry| entry.path()).filter(|path| has_ending(path, ENDING)) {
            let Some(run) = run_of(&path).filter(|run| *run != self.run) else { continue };
            let known = locks.iter().position(|(known, _)| *known == run).unwrap_or_else(|| {
                locks.push((run.clone(), self.take(&run)));
                locks.len() - 1
            });
            if let (Some(lock), Ok((head, picture, _))) = (&locks[known].1, open(&path)) {
                found.push(Found { path, head, picture, lock: Arc::clone(lock) });
            }
        }
        found.sort_by_key(|found| std::cmp::Reverse(found.head.time));
        found
    }

    /// Removes leftovers of dead runs: locks without copies, and incomplete files.
    fn sweep(&self) {
        let Ok(entries) = std::fs::read_dir(&self.path) else { return };
        for entry in entries.flatten() {
            let path = entry.path();
            let run = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if has_ending(&path, LOCK) && run != self.run && !self.has_copies(&run) && self.take(&run).is_some() {
                remove(&path);
            }
            let changed = entry.metadata().and_then(|found| found.modified());
            let old = changed.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > FORGOTTEN));
            if old && has_ending(&path, "making") {
                remove(&path);
            }
        }
    }

    /// The lock of an earlier run, if that lives no more.
    fn take(&self, run: &str) -> Option<Arc<File>> {
        let path = self.path.join(format!("{run}.{LOCK}"));
        let file = File::options().write(true).create(true).truncate(false).open(path).ok()?;
        match file.try_lock() {
            Ok(()) => Some(Arc::new(file)),
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => None,
        }
    }

    /// Lock this run's name. The file is locked before it gets its name, so nobody ever finds it unlocked.
    fn hold(&self) -> Result<()> {
        if self.lock.get().is_some() {
            return Ok(());
        }
        std::fs::create_dir_all(&self.path).at(&self.path)?;
        let path = self.path.join(format!("{}.{LOCK}", self.run));
        let making = path.with_extension("making");
        let file = File::options().write(true).create_new(true).open(&making).at(&making)?;
        file.lock().at(&making)?;
        std::fs::rename(&making, &path).at(&path)?;
        self.lock.set(file).ok();
        Ok(())
    }

    /// Take the lock file of an earlier run away once it has no copy left.
    fn forget_run(&self, earlier: &Path) {
        if let Some(run) = run_of(earlier).filter(|run| !self.has_copies(run)) {
            remove(&self.path.join(format!("{run}.{LOCK}")));
        }
    }

    fn has_copies(&self, run: &str) -> bool {
        let Ok(entries) = std::fs::read_dir(&self.path) else { return false };
        let copies = entries.flatten().map(|entry| entry.path()).filter(|path| has_ending(path, ENDING));
        copies.into_iter().any(|path| run_of(&path).as_deref() == Some(run))
    }
}

/// Read the document of a copy.
pub(super) fn load(path: &Path) -> Result<(Head, Option<ColorImage>, Mosaic)> {
    let (head, picture, rest) = open(path)?;
    let mut text = Vec::new();
    rest.take(LARGEST).read_to_end(&mut text).at(path)?;
    Ok((head, picture, mosaic::read(&text, path)?))
}

/// The head and the picture of a copy, and the rest of the file.
fn open(path: &Path) -> Result<(Head, Option<ColorImage>, BufReader<File>)> {
    let mut file = BufReader::new(File::open(path).at(path)?);
    let corrupt = |what: &str| Error::corrupt(what.to_owned()).at(path);
    let mut start = [0; 16];
    file.read_exact(&mut start).at(path)?;
    let length = u64::from_le_bytes(*start.last_chunk().unwrap_or(&[0; 8]));
    if start[..8] != MARK || length > LONGEST_HEAD {
        return Err(corrupt("no recovery copy of this version"));
    }
    let mut text = Vec::new();
    (&mut file).take(length).read_to_end(&mut text).at(path)?;
    let head: Head = serde_json::from_slice(&text).map_err(|error| Error::corrupt(error.to_string()).at(path))?;
    let [width, height] = head.picture;
    if width > LARGEST_SIDE || height > LARGEST_SIDE {
        return Err(corrupt("its picture is too large"));
    }
    let mut rgba = vec![0; width as usize * height as usize * 4];
    file.read_exact(&mut rgba).at(path)?;
    let size = [width as usize, height as usize];
    let picture = (!rgba.is_empty()).then(|| ColorImage::from_rgba_unmultiplied(size, &rgba));
    Ok((head, picture, file))
}

/// Where the images lie, as plain boxes: the picture of a document whose images are too many to read for it.
pub(super) fn sketch(mosaic: &Mosaic) -> Option<ColorImage> {
    let bounds = mosaic.bounds();
    let longest = bounds.width().max(bounds.height());
    if longest == 0 {
        return None;
    }
    let scale = f64::from(SKETCH) / longest as f64;
    let side = |length: u64| ((length as f64 * scale).round() as usize).max(1);
    let size = [side(bounds.width()), side(bounds.height())];
    let mut image = ColorImage::filled(size, egui::Color32::from_gray(24));
    let step = mosaic.placements.len().div_ceil(MOST_SKETCHED).max(1);
    for placement in mosaic.placements.iter().filter(|placement| placement.visible).step_by(step) {
        fill(&mut image, bounds, scale, placement.rect());
    }
    Some(image)
}

/// Paint one box with a darker edge.
fn fill(image: &mut ColorImage, bounds: Rect, scale: f64, rect: Rect) {
    let [width, height] = image.size;
    let at = |value: i64, from: i64, most: usize| (((value - from) as f64 * scale).round().max(0.0) as usize).min(most);
    let (x0, x1) = (at(rect.x0, bounds.x0, width), at(rect.x1, bounds.x0, width));
    let (y0, y1) = (at(rect.y0, bounds.y0, height), at(rect.y1, bounds.y0, height));
    for (x, y) in (y0..y1).flat_map(|y| (x0..x1).map(move |x| (x, y))) {
        let edge = x == x0 || y == y0;
        image.pixels[y * width + x] = egui::Color32::from_gray(if edge { 80 } else { 130 });
    }
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|known| known == ending)
}

/// The run that a copy is named after.
fn run_of(path: &Path) -> Option<String> {
    Some(path.file_stem()?.to_str()?.rsplit_once('-')?.0.to_owned())
}

/// Copies that cannot be removed are offered again at the next start.
fn remove(path: &Path) {
    std::fs::remove_file(path).ok();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::mosaic::Placement;

    fn document() -> Mosaic {
        let mut mosaic = Mosaic::default();
        mosaic.add(Placement::new("/a/b.png", Size::new(300, 200)));
        mosaic
    }

    fn head(name: &str) -> Head {
        Head::new(name.into(), Some("/a/p.mosaic".into()), vec!["/a/p.mosaic".into()], View::default())
    }

    #[test]
    fn copies_of_dead_runs_are_found_and_those_of_living_ones_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("recovery");
        let picture = sketch(&document()).unwrap();
        assert_eq!(picture.size, [192, 128]);
        let living = Folder::new(path.clone());
        living.write(0, &head("living"), None, &document()).unwrap();
        let dead = Folder::new(path.clone());
        dead.write(3, &head("dead"), Some(&picture), &document()).unwrap();
        dead.write(4, &head("other"), None, &document()).unwrap();
        let next = Folder::new(path.clone());
        assert!(next.crashed().is_empty(), "both runs live");
        drop(dead);
        let found = next.crashed();
        assert_eq!(found.len(), 2);
        let one = found.iter().find(|found| found.head.name == "dead").unwrap();
        assert_eq!(one.picture.as_ref().unwrap(), &picture);
        let (loaded, _, mosaic) = load(&one.path).unwrap();
        assert_eq!((&loaded, &mosaic), (&one.head, &document()));
        assert!(Folder::new(path.clone()).crashed().is_empty(), "another window leaves them to this one");
        let paths: Vec<_> = found.iter().map(|found| found.path.clone()).collect();
        drop(found);
        next.adopt(&paths[0], 9).unwrap();
        next.discard(&paths[1]);
        next.remove(9);
        next.close();
        let mut left: Vec<_> = std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()).collect();
        left.sort();
        assert_eq!(
            left,
            [living.path.join(format!("{}-0.recovery", living.run)), path.join(format!("{}.lock", living.run))]
        );
    }

    #[test]
    fn damaged_copies_are_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let dead = Folder::new(folder.path().into());
        dead.write(1, &head("whole"), sketch(&document()).as_ref(), &document()).unwrap();
        let whole = std::fs::read(dead.place(1)).unwrap();
        let mut huge = whole.clone();
        huge[8..16].copy_from_slice(&u64::MAX.to_le_bytes());
        for (number, bytes) in
            [&whole[..5], &whole[..40], &whole[..2000], b"something else entirely", &huge].into_iter().enumerate()
        {
            std::fs::write(dead.place(10 + number as u64), bytes).unwrap();
        }
        drop(dead);
        let found = Folder::new(folder.path().into()).crashed();
        assert_eq!(found.iter().map(|found| &*found.head.name).collect::<Vec<_>>(), ["whole"]);
    }
}
