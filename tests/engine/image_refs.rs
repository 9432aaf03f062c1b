//! Images whose names are no text, and names that look like parts of other files: opened, placed, saved, loaded, exported.
#![cfg(unix)]

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use mosaicist::ImageRef;
use mosaicist::export::{ExportOptions, write_image};
use mosaicist::geometry::{Point, Rect, Region, Size};
use mosaicist::job::Progress;
use mosaicist::mosaic::{Mosaic, load, save};
use mosaicist::pixels::{Color, Pixels, SampleType};
use mosaicist::source::testing::Pattern;
use mosaicist::source::{Source as _, open, open_image};
use mosaicist::work::{ExportRequest, Properties, export, list_images, probe};

const SIZE: Size = Size::new(40, 30);

/// Bytes that are UTF-8 nowhere.
fn name(ending: &str) -> PathBuf {
    OsStr::from_bytes(&[b"\xff\xfe ", ending.as_bytes()].concat()).into()
}

fn pattern() -> Pixels {
    let pattern = Pattern::new(SIZE, 3, SampleType::U8);
    pattern.read(Region::new(0, Rect::from_size(SIZE))).unwrap()
}

/// A folder of that kind with two images: one of a format, one without a header.
fn place() -> (tempfile::TempDir, PathBuf) {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join(name("folder"));
    std::fs::create_dir(&folder).unwrap();
    write_image(&folder.join(name("a.png")), &pattern(), Color::Rgb, 90).unwrap();
    let mosaicist::pixels::Samples::U8(bytes) = pattern().samples().clone() else { panic!("bytes") };
    std::fs::write(folder.join(name("a.raw")), bytes).unwrap();
    (outer, folder)
}

fn raw(folder: &Path) -> ImageRef {
    ImageRef::file(folder.join(name("a.raw"))).raw("40,30,3,u8".parse().unwrap())
}

#[test]
fn paths_that_are_no_text_work_from_opening_to_export() {
    let (outer, folder) = place();
    let listed = list_images(std::slice::from_ref(&folder)).unwrap();
    assert_eq!(listed, [ImageRef::file(folder.join(name("a.png")))]);
    let images = [listed[0].clone(), ImageRef::parse(&raw(&folder).to_text())];
    assert_eq!(images[1], raw(&folder));
    let mut mosaic = Mosaic::default();
    for (number, (placement, error)) in probe(&images, &Progress::default()).unwrap().into_iter().enumerate() {
        assert!(error.is_none(), "{error:?}");
        mosaic.add(placement.at(Point::new(40.0 * number as f64, 0.0)));
    }
    assert_eq!(Properties::read(&images[0]).unwrap().size(), SIZE);
    for project in [outer.path().join("beside.mosaic"), folder.join(name("in.mosaic"))] {
        save(&mosaic, &project).unwrap();
        let loaded = load(&project).unwrap();
        assert_eq!(loaded, mosaic, "{}", project.display());
        let out = project.with_extension("tif");
        let options = ExportOptions {
            compression: Some(mosaicist::export::Compression::Deflate),
            ..ExportOptions::for_path(&out).unwrap()
        };
        let request = ExportRequest::new(out.clone(), options);
        export(&loaded, &request, &Progress::default()).unwrap();
        let written = open(&out).unwrap().page(0).unwrap();
        let whole = written.read(Region::new(0, Rect::new(0, 0, 80, 30))).unwrap();
        assert_eq!(whole.crop(Rect::new(0, 0, 40, 30)), pattern());
        assert_eq!(whole.crop(Rect::new(40, 0, 80, 30)), pattern());
    }
}

fn mosaicist(arguments: &[&OsStr]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mosaicist")).args(arguments).output().unwrap()
}

#[test]
fn the_command_line_takes_paths_that_are_no_text() {
    let (_outer, folder) = place();
    let (image, project, out) = (folder.join(name("a.png")), folder.join(name("p.mosaic")), folder.join(name("o.png")));
    let raw = raw(&folder).to_text();
    for arguments in [
        &["info".as_ref(), image.as_os_str()][..],
        &["stitch".as_ref(), image.as_os_str(), raw.as_os_str(), "-o".as_ref(), project.as_os_str()],
        &["export".as_ref(), project.as_os_str(), "-o".as_ref(), out.as_os_str()],
    ] {
        let answer = mosaicist(arguments);
        assert!(answer.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&answer.stderr));
    }
    let images: Vec<_> = load(&project).unwrap().placements.iter().map(|placement| placement.image.clone()).collect();
    assert_eq!(images, [ImageRef::file(&image), ImageRef::parse(&raw)]);
    assert_eq!(open(&out).unwrap().page(0).unwrap().info().size().area(), 2 * SIZE.area());
}

#[test]
fn existing_names_are_not_parsed_as_parts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.png#associated=label");
    write_image(&folder.path().join("b.png"), &pattern(), Color::Rgb, 90).unwrap();
    std::fs::rename(folder.path().join("b.png"), &path).unwrap();
    let answer = mosaicist(&["info".as_ref(), path.as_os_str(), "--json".as_ref()]);
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    let properties: serde_json::Value = serde_json::from_slice(&answer.stdout).unwrap();
    assert_eq!((&properties["width"], &properties["height"]), (&40.into(), &30.into()));
    let image = ImageRef::parse(&path);
    assert_eq!(open_image(&image).unwrap().info().size(), SIZE);
    std::fs::remove_file(&path).unwrap();
    let error = open_image(&ImageRef::parse(&path)).err().unwrap().to_string();
    assert!(
        error.starts_with(&*folder.path().join("a.png").to_string_lossy()),
        "of the file without the mark: {error}"
    );
}
