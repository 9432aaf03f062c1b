//! Each format interrupted again and again, and gone on with, gives what an uninterrupted export gives.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::journalled::failing_after;
use super::pictures::{files, unzip};
use super::{Columns, options, zarr};
use crate::job::Progress;
use crate::pixels::SampleType;
use crate::source::testing::{Failing, Pattern};
use crate::{
    ExportOptions, Extras, Format, Identity, ResumeMode, TiffOptions, TileFormat, Workspace, plan, run, run_from,
};

/// What must not depend on interruptions, by name.
fn content(out: &Path, format: Format) -> BTreeMap<String, Vec<u8>> {
    let read = |path: &Path| fs::read(path).unwrap();
    match format {
        Format::Szi => unzip(&read(out)).into_iter().collect(),
        // Chunks lie in their shards in the order they came.
        Format::Zarr => (0..2)
            .map(|level| (level.to_string(), zarr::read_level(&out.join(level.to_string()), format, SampleType::U8)))
            .map(|(name, pixels)| (name, pixels.samples().to_le_bytes()))
            .collect(),
        _ if out.is_dir() => files(out).into_iter().map(|name| (name.clone(), read(&out.join(&name)))).collect(),
        _ => [(String::new(), read(out))].into(),
    }
}

/// An image that fails after some reads; with `large` pieces, no cache holds a row of them.
fn failing(large: bool, reads: u64) -> Columns<Failing<Pattern>> {
    Columns { source: failing_after(reads), width: 64, bytes: if large { 12 << 20 } else { 12 << 10 } }
}

fn check(format: Format, options: &ExportOptions, large: bool, reads: u64) {
    let what = format!("{format:?} {large}");
    let folder = tempfile::tempdir().unwrap();
    let (whole, out) = (folder.path().join("whole/a"), folder.path().join("parts/a"));
    for name in ["whole", "parts"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    let uninterrupted = run(&failing(large, u64::MAX), &whole, options, &Progress::default()).unwrap();
    let mut runs = 0;
    let statistics = loop {
        let failing = failing(large, reads + runs % 3);
        match run_from(&failing, &out, options, ResumeMode::Resume, &Identity::default(), &Progress::default(), &|_| {
            Ok(())
        }) {
            Ok(statistics) => break statistics,
            Err(error) => assert!(error.to_string().contains("torn"), "{what}: {error}"),
        }
        assert!(!out.exists(), "{what}: nothing under the final name");
        runs += 1;
        assert!(runs < 100, "{what}: it gets on");
    };
    assert!(runs > 2 && statistics.resumed_tiles > 0, "{what}: {runs} runs");
    // What a zip or a shard was given twice lies in it twice.
    assert!(statistics.bytes >= uninterrupted.bytes, "{what}");
    assert!(content(&out, format) == content(&whole, format), "{what}");
    assert!(!Workspace::folder_for(&out).exists(), "{what}");
}

#[test]
fn tiles_of_every_kind() {
    for format in
        [Format::Szi, Format::Zoomify, Format::Iiif, Format::Iiif3, Format::Xyz, Format::Zarr, Format::Patches]
    {
        let tile = if format == Format::Zarr { 32 } else { 64 };
        let tiles = (!format.spec().tiles.is_empty()).then_some(TileFormat::Jpg);
        let extras = Extras { shard: if format == Format::Zarr { 3 } else { 0 }, ..Extras::default() };
        let options = ExportOptions {
            tile: Some(tile),
            block_exponent: Some(1),
            threads: Some(2),
            tiles,
            extras,
            ..options(format)
        };
        // The id is the folder's name where none is given.
        let extras = Extras { id: Some("https://example.org/a".into()), ..options.extras.clone() };
        check(format, &ExportOptions { extras, ..options }, false, 17);
    }
}

#[test]
fn rows_in_memory_and_in_a_file() {
    for format in [Format::Png, Format::Jpeg, Format::Bmp, Format::Raw, Format::Tiff] {
        for large in [false, true] {
            let tiff = TiffOptions { strips: format == Format::Tiff, ..TiffOptions::default() };
            let options = ExportOptions { block_exponent: Some(0), threads: Some(2), tiff, ..options(format) };
            let planned = plan(&failing(large, 0), Path::new("a"), &options).unwrap();
            let by_rows = matches!(format, Format::Png | Format::Jpeg | Format::Tiff);
            assert_eq!(planned.bands_in_memory, by_rows && !large);
            check(format, &options, large, 30);
        }
    }
}
