//! Files and projects from strangers: they take no gigabytes, wait for nothing, reach nowhere else, and command no terminal.

use std::path::Path;

use mosaicist::geometry::{Point, Size};
use mosaicist::mosaic::{Mosaic, Placement, load, save};
use mosaicist::source::open;
use mosaicist::text;

fn refused(path: &Path) -> String {
    match open(path) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("{} opens", path.display()),
    }
}

/// Directories that overlap: each of `count` begins 8 bytes behind the one before, and has 4096 entries.
fn overlapping_directories(count: usize) -> Vec<u8> {
    let (base, entries) = (16, 4096);
    let mut file = vec![0; base + count * 8 + 2 + 12 * entries + 16];
    file[..8].copy_from_slice(b"II*\0\x10\0\0\0");
    for number in 0..count {
        let at = base + number * 8;
        file[at..at + 2].copy_from_slice(&(entries as u16).to_le_bytes());
        let next = if number + 1 < count { (at + 8) as u32 } else { 0 };
        let link = at + 2 + 12 * entries;
        file[link..link + 4].copy_from_slice(&next.to_le_bytes());
    }
    file
}

#[test]
fn structures_that_repeat_are_counted_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.tif");
    std::fs::write(&path, overlapping_directories(500)).unwrap();
    assert!(refused(&path).contains("overlap"), "{}", refused(&path));
    // An archive whose entry lies in 32,000 folders.
    let name = "a/".repeat(16_000);
    let entry = |signature: &[u8], more: &[u8]| {
        [signature, &[0; 22], &(name.len() as u16).to_le_bytes(), &[0; 2], more, name.as_bytes()].concat()
    };
    let (local, central) = (entry(b"PK\x03\x04", b""), entry(b"PK\x01\x02\0\0", &[0; 14]));
    let numbers = [(central.len() as u32).to_le_bytes(), (local.len() as u32).to_le_bytes()].concat();
    let end = [&b"PK\x05\x06\0\0\0\0\x01\0\x01\0"[..], &numbers, &[0; 2]].concat();
    let path = folder.path().join("a.szi");
    std::fs::write(&path, [local, central, end].concat()).unwrap();
    assert!(refused(&path).contains("directory"), "{}", refused(&path));
}

#[test]
fn a_code_stream_of_a_million_tiles_is_refused_before_it_is_decoded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.j2k");
    let sides = [8000u32, 8000, 0, 0, 1, 1, 0, 0].map(u32::to_be_bytes).concat();
    let siz = [&[0, 41, 0, 0][..], &sides, &[0, 1, 7, 1, 1]].concat();
    let file =
        [&[0xFF, 0x4F, 0xFF, 0x51][..], &siz, &[0xFF, 0x52, 0, 12, 0, 0, 0, 1, 0, 0, 4, 4, 0, 1], &[0; 4000]].concat();
    std::fs::write(&path, file).unwrap();
    assert!(refused(&path).contains("64000000 tiles"), "{}", refused(&path));
}

#[cfg(unix)]
#[test]
fn pipes_and_links_lead_nowhere() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let made = std::process::Command::new("mkfifo").arg(at("pipe.tif")).status();
    if made.is_ok_and(|status| status.success()) {
        assert!(refused(&at("pipe.tif")).contains("pipe.tif"), "at once");
        assert!(load(&at("pipe.tif")).is_err());
    }
    // A Zarr whose level, or whose description, is a link out of its folder.
    std::fs::create_dir_all(at("secret/0")).unwrap();
    let array = r#"{"zarr_format":2,"shape":[8,8],"chunks":[8,8],"dtype":"|u1","compressor":null,"fill_value":0,"filters":null,"order":"C"}"#;
    std::fs::write(at("secret/0/.zarray"), array).unwrap();
    let scales = r#"{"multiscales":[{"axes":["y","x"],"datasets":[{"path":"0"}]}]}"#;
    std::fs::write(at("secret/.zattrs"), scales).unwrap();
    assert!(open(&at("secret")).is_ok());
    std::fs::create_dir(at("a.zarr")).unwrap();
    std::fs::write(at("a.zarr/.zattrs"), scales).unwrap();
    symlink("../secret/0", at("a.zarr/0")).unwrap();
    assert!(refused(&at("a.zarr")).contains("leads out"), "{}", refused(&at("a.zarr")));
    std::fs::create_dir(at("b.zarr")).unwrap();
    symlink("/dev/zero", at("b.zarr/.zattrs")).unwrap();
    assert!(open(&at("b.zarr")).is_err());
}

#[test]
fn projects_cannot_lie_about_numbers_or_reach_out() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("project")).unwrap();
    std::fs::write(at("secret"), [7; 64]).unwrap();
    let path = at("project/p.mosaic");
    let mut mosaic = Mosaic::default();
    mosaic.add(Placement::new(at("project/a.png"), Size::new(8, 8)).at(Point::new(5.0, 6.0)));
    save(&mosaic, &path).unwrap();
    let sound = std::fs::read_to_string(&path).unwrap();
    assert!(load(&path).is_ok());
    let lies = [
        ("\"at\":[5,6]", "\"at\":[1e300,6]"),
        ("\"size\":[8,8]", "\"size\":[4294967295,8]"),
        ("\"size\":[8,8]", "\"size\":[8,8],\"kind\":{\"color\":\"rgb\",\"channels\":255,\"sample\":\"f32\"}"),
        ("\"size\":[8,8]", "\"size\":[8,8],\"kind\":{\"color\":\"gray\",\"channels\":0,\"sample\":\"u8\"}"),
    ];
    for (from, to) in lies {
        assert!(sound.contains(from), "{sound}");
        std::fs::write(&path, sound.replace(from, to)).unwrap();
        assert!(load(&path).is_err(), "{to}");
    }
    let mut mosaic = Mosaic::default();
    let image = mosaicist::ImageRef::file(at("secret")).raw("8,8,1,u8".parse().unwrap());
    mosaic.add(Placement::new(image, Size::new(8, 8)));
    save(&mosaic, &path).unwrap();
    let error = load(&path).err().unwrap().to_string();
    assert!(error.contains("--allow-outside"), "{error}");
}

#[test]
fn messages_are_one_line_without_commands() {
    let error = mosaicist::Error::corrupt("\x1b]0;title\x07\nfake: all good").at(Path::new("a\x1b[2J.tif"));
    let line = text::line(&error.to_string()).into_owned();
    assert!(!line.chars().any(char::is_control), "{line:?}");
}
