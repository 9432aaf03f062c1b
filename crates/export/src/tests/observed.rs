//! What others see beside an export: nothing under its name before it is complete, then all of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::journalled::failing_after;
use super::options;
use super::pictures::files;
use crate::geometry::{Region, Size};
use crate::job::Progress;
use crate::pixels::{Pixels, SampleType};
use crate::source::testing::Pattern;
use crate::source::{Capabilities, Info, ReadingCost, Source};
use crate::{
    ExportOptions, FORMATS, Format, FormatSpec, Identity, OutputLayout, Result, ResumeMode, Workspace, run, run_from,
    unfinished,
};

/// A pattern each of whose reads waits until it is let go on.
struct Gated {
    pattern: Pattern,
    begun: Sender<()>,
    go: Receiver<()>,
}

impl Source for Gated {
    fn info(&self) -> &Info {
        self.pattern.info()
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities::none()
    }

    fn cost(&self, region: Region) -> ReadingCost {
        ReadingCost::of_tiles(self.info(), region, 2)
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        // Both ends stay until the export has ended.
        self.begun.send(()).ok();
        self.go.recv().ok();
        self.pattern.read(region)
    }
}

/// Options that make some dozen reads of an image of 1500 × 1100 pixels.
fn small_blocks(spec: &FormatSpec) -> ExportOptions {
    let tile = (spec.layout == OutputLayout::Tiles).then_some(64);
    ExportOptions { tile, block_exponent: Some(1), threads: Some(2), ..options(spec.format) }
}

fn name_of(spec: &FormatSpec) -> String {
    spec.endings.first().map_or_else(|| "a".to_owned(), |ending| format!("a.{ending}"))
}

/// Lengths of the files in `folder` that belong to the output, by name; none of those of its workspace.
fn published(folder: &Path, format: Format) -> BTreeMap<String, u64> {
    let is_output = |name: &String| {
        // The header of raw samples is a file of its own, and says nothing of them.
        let is_header = format == Format::Raw && Path::new(name).extension().is_some_and(|ending| ending == "hdr");
        !name.starts_with('.') && !is_header
    };
    // What is being renamed may be gone in between.
    let length = |name: String| fs::metadata(folder.join(&name)).ok().map(|found| (name, found.len()));
    files(folder).into_iter().filter(is_output).filter_map(length).collect()
}

#[test]
fn outputs_appear_only_when_complete() {
    for spec in FORMATS {
        let (folder, name) = (tempfile::tempdir().unwrap(), name_of(spec));
        let out = folder.path().join(&name);
        let workspace = Workspace::folder_for(&out).file_name().unwrap().to_owned();
        let options = small_blocks(spec);
        let ((begun, begins), (go, gate)) = (bounded(0), bounded(0));
        let pattern = Pattern::new(Size::new(1500, 1100), 3, SampleType::U8);
        let source = Gated { pattern, begun, go: gate };
        let (mut during, mut first) = (Vec::new(), None);
        let result = std::thread::scope(|scope| {
            let (out, options) = (&out, &options);
            let export = scope.spawn(move || run(&source, out, options, &Progress::default()));
            // The source goes with the export, and ends this.
            while begins.recv().is_ok() {
                let beside = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
                during.push(beside.collect::<Vec<_>>());
                go.send(()).ok();
            }
            while first.is_none() && !export.is_finished() {
                first = out.exists().then(|| published(folder.path(), spec.format));
            }
            export.join().unwrap()
        });
        result.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(during.len() >= 8, "{name}: {} reads", during.len());
        let only_the_workspace = during.iter().all(|names| *names == [workspace.clone()]);
        assert!(only_the_workspace, "{name}: {during:?}");
        let last = published(folder.path(), spec.format);
        assert!(out.exists() && last.values().sum::<u64>() > 0, "{name}");
        assert!(first.is_none_or(|first| first == last), "{name}: visible before it was complete");
        assert!(!folder.path().join(workspace).exists(), "{name}");
    }
}

/// Names and bytes of all files below `folder`.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    files(folder).into_iter().map(|name| (name.clone(), fs::read(folder.join(name)).unwrap())).collect()
}

#[test]
fn resuming_publishes_a_complete_export() {
    for spec in FORMATS {
        let (folder, name) = (tempfile::tempdir().unwrap(), name_of(spec));
        let out = folder.path().join(&name);
        let (options, identity, progress) = (small_blocks(spec), Identity::default(), Progress::default());
        let work = Workspace::enter(&out).unwrap();
        let made =
            crate::make(&work, &failing_after(u64::MAX), &options, ResumeMode::New, &identity, &progress, &|_| Ok(()))
                .unwrap();
        let complete = contents(work.output("").as_path());
        // As if the program had been killed right here.
        drop(work);
        assert!(!out.exists() && !complete.is_empty(), "{name}");
        let left = unfinished(&out).unwrap();
        assert_eq!((left.done, left.total), (made.tiles, made.tiles), "{name}");
        let unread = failing_after(0);
        let resumed =
            run_from(&unread, &out, &options, ResumeMode::Resume, &identity, &Progress::default(), &|_| Ok(()));
        let resumed = resumed.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((resumed.tiles, resumed.resumed_tiles), (made.tiles, made.tiles), "{name}");
        assert_eq!(resumed.bytes, made.bytes, "{name}");
        assert!(contents(folder.path()) == complete, "{name}: that, under its own name, and nothing else");
    }
}
