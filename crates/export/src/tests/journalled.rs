//! Exports interrupted at every step and gone on with, compared with uninterrupted ones.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Once;

use crate::geometry::{Region, Size};
use crate::job::Progress;
use crate::pixels::{Pixels, SampleType};
use crate::source::testing::{Failing, Pattern};
use crate::source::{Capabilities, Info, ReadingCost, Source};
use crate::{Error, Result};
use crate::{
    ExportOptions, Format, Identity, ResumeMode, Statistics, TileFormat, Workspace, run, run_from, unfinished,
};

/// A pattern that fails after some reads.
pub(super) fn failing_after(reads: u64) -> Failing<Pattern> {
    Failing::after(Pattern::new(Size::new(1500, 1100), 3, SampleType::U8), reads, || Error::corrupt("torn"))
}

fn options(format: Format) -> ExportOptions {
    let tiles = Some(TileFormat::Jpg);
    let usual = ExportOptions::new(format);
    ExportOptions { tile: Some(64), block_exponent: Some(1), threads: Some(2), tiles, overwrite: true, ..usual }
}

/// Every file below `folder`, with what is in it.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

/// The compressed tiles of a BigTIFF in the order of its directories, wherever they lie.
fn tiff_tiles(path: &Path) -> Vec<Vec<u8>> {
    use tiff::decoder::Decoder;
    use tiff::tags::Tag;
    let bytes = fs::read(path).unwrap();
    let mut decoder = Decoder::new(std::io::Cursor::new(&bytes)).unwrap();
    let mut tiles = Vec::new();
    loop {
        let offsets = decoder.get_tag_u64_vec(Tag::TileOffsets).unwrap();
        let counts = decoder.get_tag_u64_vec(Tag::TileByteCounts).unwrap();
        tiles.extend(offsets.iter().zip(counts).map(|(&at, len)| bytes[at as usize..][..len as usize].to_vec()));
        if !decoder.more_images() {
            return tiles;
        }
        decoder.next_image().unwrap();
    }
}

/// What must not depend on interruptions.
fn content(out: &Path) -> Vec<Vec<u8>> {
    if out.extension().is_some_and(|ending| ending == "tif") {
        return tiff_tiles(out);
    }
    let folder = out.parent().unwrap();
    let relative = |path: &Path| path.strip_prefix(folder).unwrap().to_string_lossy().into_owned().into_bytes();
    files(folder).into_iter().flat_map(|(path, bytes)| [relative(&path), bytes]).collect()
}

fn attempt(source: &dyn Source, out: &Path, start: ResumeMode, options: &ExportOptions) -> Result<Statistics> {
    run_from(source, out, options, start, &Identity::default(), &Progress::default(), &|_| Ok(()))
}

#[test]
fn resumed_exports_give_the_same_result() {
    for (name, format) in [("a.dzi", Format::DeepZoom), ("a.tif", Format::Tiff)] {
        let folder = tempfile::tempdir().unwrap();
        let (whole, parts) = (folder.path().join("whole"), folder.path().join("parts"));
        fs::create_dir(&whole).unwrap();
        fs::create_dir(&parts).unwrap();
        let options = options(format);
        let tiles = run(&failing_after(u64::MAX), &whole.join(name), &options, &Progress::default()).unwrap().tiles;
        let out = parts.join(name);
        let (mut runs, mut done) = (0, 0);
        let statistics = loop {
            match attempt(&failing_after(5 + runs % 3), &out, ResumeMode::Resume, &options) {
                Ok(statistics) => break statistics,
                Err(error) => assert!(error.to_string().contains("torn"), "{error}"),
            }
            assert!(!out.exists(), "nothing under the final name");
            let left = unfinished(&out).unwrap();
            assert!(left.done > done && left.total == tiles, "{left:?} after {done}");
            done = left.done;
            runs += 1;
        };
        assert!(runs > 10 && statistics.resumed_tiles == done, "{runs} runs");
        assert!(content(&out) == content(&whole.join(name)), "{name}");
        assert!(!Workspace::folder_for(&out).exists(), "nothing is left beside it");
    }
}

#[test]
fn a_complete_export_is_only_published() {
    for (name, format) in [("a.dzi", Format::DeepZoom), ("a.tif", Format::Tiff)] {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join(name);
        let options = ExportOptions { overwrite: false, ..options(format) };
        // Somebody's folder appears under the name while the export runs: it cannot be published, and waits.
        let appears = Appearing { source: failing_after(u64::MAX), folder: out.clone(), once: Once::new() };
        let error = attempt(&appears, &out, ResumeMode::New, &options).unwrap_err().to_string();
        assert!(error.contains("has appeared") && error.contains("--resume"), "{error}");
        assert_eq!(fs::read_to_string(out.join("letter.txt")).unwrap(), "precious");
        fs::rename(&out, folder.path().join("elsewhere")).unwrap();
        let statistics = attempt(&failing_after(0), &out, ResumeMode::Resume, &options).unwrap();
        assert!(out.is_file() && statistics.resumed_tiles == statistics.tiles);
        assert!(!Workspace::folder_for(&out).exists());
    }
}

/// A source at whose first reading somebody makes a folder of his own.
struct Appearing<S> {
    source: S,
    folder: PathBuf,
    once: Once,
}

impl<S: Source> Source for Appearing<S> {
    fn info(&self) -> &Info {
        self.source.info()
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities::none()
    }

    fn cost(&self, region: Region) -> ReadingCost {
        self.source.cost(region)
    }

    fn read(&self, region: Region) -> crate::Result<Pixels> {
        self.once.call_once(|| {
            fs::create_dir(&self.folder).unwrap();
            fs::write(self.folder.join("letter.txt"), "precious").unwrap();
        });
        self.source.read(region)
    }
}

#[test]
fn changes_are_named_and_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a.dzi");
    let options = options(Format::DeepZoom);
    attempt(&failing_after(4), &out, ResumeMode::Resume, &options).unwrap_err();
    let changed = ExportOptions { quality: Some(33), ..options.clone() };
    let error = attempt(&failing_after(u64::MAX), &out, ResumeMode::Resume, &changed).unwrap_err().to_string();
    assert!(error.contains("'quality'") && error.contains("33") && error.contains("--restart"), "{error}");
    let other = Pattern::new(Size::new(1500, 1101), 3, SampleType::U8);
    let error = attempt(&other, &out, ResumeMode::Resume, &options).unwrap_err().to_string();
    assert!(error.contains("'image'"), "{error}");
    assert!(unfinished(&out).is_some(), "a refusal leaves it");
    let fewer = ExportOptions { threads: Some(1), memory: crate::job::MemoryBudget(300 << 20), ..options.clone() };
    let resumed = attempt(&failing_after(u64::MAX), &out, ResumeMode::Resume, &fewer).unwrap();
    assert!(resumed.resumed_tiles > 0, "memory and threads may change");
    attempt(&failing_after(4), &out, ResumeMode::Resume, &options).unwrap_err();
    let again = attempt(&failing_after(u64::MAX), &out, ResumeMode::Restart, &changed).unwrap();
    assert_eq!(again.resumed_tiles, 0);
}

#[test]
fn short_interrupted_work_is_removed_by_default() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a.tif");
    attempt(&failing_after(4), &out, ResumeMode::New, &options(Format::Tiff)).unwrap_err();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    attempt(&failing_after(4), &out, ResumeMode::Resume, &options(Format::Tiff)).unwrap_err();
    assert!(Workspace::folder_for(&out).join("README.txt").exists());
    let statistics = attempt(&failing_after(u64::MAX), &out, ResumeMode::New, &options(Format::Tiff)).unwrap();
    assert_eq!(statistics.resumed_tiles, 0, "New goes on with nothing");
}
