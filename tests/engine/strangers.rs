//! Files and projects from strangers: they take no gigabytes, wait for nothing, reach nowhere else, and command no terminal.

use std::path::Path;
use std::sync::Arc;

use mosaicist::geometry::{Point, Rect, Region, Size};
use mosaicist::job::Progress;
use mosaicist::mosaic::{Mosaic, Placement, load, save};
use mosaicist::pixels::SampleType;
use mosaicist::source::testing::Pattern;
use mosaicist::source::{ImageRef, Sidecar, SidecarFolder, Source, open};
use mosaicist::text;

use super::made;

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

#[test]
fn a_picture_is_not_made_of_its_header_alone() {
    let folder = tempfile::tempdir().unwrap();
    let crc = |chunk: &[u8]| {
        let sum = crc32fast::hash(chunk).to_be_bytes();
        [&((chunk.len() - 4) as u32).to_be_bytes()[..], chunk, &sum].concat()
    };
    // 32 pixels wide and 800 million high; a bitmap of 20,000 by 20,000 pixels; the same in bits.
    let header = [&b"IHDR\0\0\0\x20\x32\0\0\x20"[..], &[8, 4, 0, 0, 0]].concat();
    let png = [&b"\x89PNG\r\n\x1a\n"[..], &crc(&header), &crc(b"IDAT\x78\x9c\x63\0\0"), &crc(b"IEND")].concat();
    let sides = [20_000u32.to_le_bytes(), 20_000u32.to_le_bytes()].concat();
    let bmp = [&b"BM\x90\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"[..], &sides, &[1, 0, 24, 0], &[0; 100]].concat();
    for (name, bytes) in [("a.png", png), ("a.bmp", bmp), ("a.pbm", b"P4 20000 20000\n12345".to_vec())] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let read = || open(&path)?.page(0)?.read(Region::new(0, Rect::new(0, 0, 8, 8)));
        let error = read().unwrap_err().to_string();
        assert!(error.contains("too short for"), "{name}: {error}");
    }
}

/// The file of a DICOM slide, changed.
fn dicom(change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let file = tempfile::NamedTempFile::new().unwrap();
    let size = Size::new(40, 30);
    let dicom = made::containers::Dicom { flavour: "VOLUME", size, scale: 1, sparse: false, series: "1.2" };
    made::containers::dicom(file.path(), &dicom);
    let mut bytes = std::fs::read(file.path()).unwrap();
    change(&mut bytes);
    bytes
}

/// Put `new` where `old` stands first.
fn put(bytes: &mut [u8], old: &[u8], new: &[u8]) {
    let at = bytes.windows(old.len()).position(|found| found == old).unwrap();
    bytes[at..at + new.len()].copy_from_slice(new);
}

#[test]
fn codings_without_a_reader_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.dcm");
    for (syntax, named) in [("1.2.840.10008.1.2.4.80", "JPEG-LS"), ("1.2.840.10008.1.2.4.201\0", "High-Throughput")] {
        let coded = dicom(|bytes| {
            let usual = b"1.2.840.10008.1.2.4.50";
            let at = bytes.windows(usual.len()).position(|found| found == usual).unwrap();
            bytes[at - 2] = syntax.len() as u8;
            bytes.splice(at..at + usual.len(), syntax.bytes());
        });
        std::fs::write(&path, coded).unwrap();
        let text = refused(&path);
        assert!(text.contains(named) && text.contains("not supported") && text.contains("convert it"), "{text}");
    }
}

#[test]
fn a_frame_of_a_slide_is_no_gigabytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.dcm");
    // Frames of 60,000 by 60,000 pixels: in run lengths what is missing is zero, so that nothing need be there.
    let large = dicom(|bytes| {
        for tag in [0x10, 0x11] {
            put(bytes, &[0x28, 0, tag, 0, b'U', b'S', 2, 0, 32, 0], &[0x28, 0, tag, 0, b'U', b'S', 2, 0, 0x60, 0xEA]);
        }
    });
    std::fs::write(&path, large).unwrap();
    assert!(refused(&path).contains("60000"), "{}", refused(&path));
    // More frames than the file has room for.
    let many = dicom(|bytes| {
        let count = [0x28, 0, 8, 0, b'I', b'S'];
        let at = bytes.windows(6).position(|found| found == count).unwrap() + 6;
        bytes.splice(at..at + 4, *b"\x08\x004000000 ");
    });
    std::fs::write(&path, many).unwrap();
    assert!(refused(&path).contains("4000000 frames"), "{}", refused(&path));
    // Its own JPEG says that it is larger than the frame.
    let lying = dicom(|bytes| put(bytes, &[8, 0, 32, 0, 32, 3], &[8, 2, 0, 2, 0, 3]));
    std::fs::write(&path, lying).unwrap();
    let page = open(&path).unwrap().page(0).unwrap();
    let error = page.read(Region::new(0, Rect::new(0, 0, 8, 8))).unwrap_err().to_string();
    assert!(error.contains("far fewer belong"), "{error}");
}

#[test]
fn a_chunk_is_no_longer_than_it_needs_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let zarr = |compressor: &str| {
        std::fs::create_dir_all(folder.path().join("0")).unwrap();
        let scales = r#"{"multiscales":[{"axes":["y","x"],"datasets":[{"path":"0"}]}]}"#;
        std::fs::write(folder.path().join(".zattrs"), scales).unwrap();
        let array = format!(
            r#"{{"zarr_format":2,"shape":[8,8],"chunks":[8,8],"dtype":"|u1","compressor":{compressor},"fill_value":0,"filters":null,"order":"C"}}"#
        );
        std::fs::write(folder.path().join("0/.zarray"), array).unwrap();
        // Nothing but a hole, which takes no room on the disk.
        std::fs::File::create(folder.path().join("0/0.0")).unwrap().set_len(1 << 40).unwrap();
        open(folder.path()).unwrap().page(0).unwrap().read(Region::new(0, Rect::new(0, 0, 8, 8)))
    };
    assert!(zarr("null").is_ok(), "the rest is not looked at");
    let error = zarr(r#"{"id":"zstd","level":1}"#).unwrap_err().to_string();
    assert!(error.contains("packed chunk"), "{error}");
}

#[test]
fn photos_of_a_slide_may_be_cut_in_any_number_of_pictures() {
    let folder = tempfile::tempdir().unwrap();
    made::mirax(folder.path());
    let settings = folder.path().join("a/Slidedat.ini");
    let mut text = std::fs::read_to_string(&settings).unwrap();
    for (old, new) in [
        ("VIMSLIDE_POSITION_BUFFER", "none"),
        ("IMAGENUMBER_X = 4", "IMAGENUMBER_X = 1048576"),
        ("CameraImageDivisionsPerSide = 2", "CameraImageDivisionsPerSide = 1048576"),
        ("DIGITIZER_WIDTH = 32", "DIGITIZER_WIDTH = 16384"),
    ] {
        assert!(text.contains(old), "{text}");
        text = text.replace(old, new);
    }
    std::fs::write(&settings, text).unwrap();
    // A slide of one row, or none: but no panic.
    open(&folder.path().join("a.mrxs")).ok();
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

#[test]
fn an_image_beyond_all_disks_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("a.raw");
    std::fs::write(&image, [0]).unwrap();
    // Its bytes, counted without care, come to nothing.
    let source: Arc<dyn Source> = Arc::new(Pattern::new(Size::new(1 << 30, 1 << 30), 4, SampleType::F32));
    let sidecars = SidecarFolder::new(folder.path().join("sidecars"), 1 << 30);
    let error = Sidecar::build(&sidecars, &ImageRef::file(&image), &source, &Progress::default()).err().unwrap();
    assert!(matches!(error, mosaicist::Error::NoSpace { .. }), "{error}");
}

/// What `info` says of a file whose description may take `memory`.
fn told(path: &Path, memory: &str) -> (bool, String) {
    let info = ["info".as_ref(), path.as_os_str(), "--max-open-memory".as_ref(), memory.as_ref()];
    let answer = std::process::Command::new(env!("CARGO_BIN_EXE_mosaicist")).args(info).output().unwrap();
    (answer.status.success(), String::from_utf8_lossy(&answer.stderr).into_owned())
}

#[test]
fn small_slides_that_list_very_many_tiles_are_charged_for_them() {
    let folder = tempfile::tempdir().unwrap();
    // A Ventana level one tile of which stands for 800 by 800 of the finest.
    let ventana = folder.path().join("a.bif");
    made::tiffs::bif_of(&ventana, 800, "0.025");
    // A DICOM slide of 5000 focal planes, each of which is one frame that is not there.
    let planes = folder.path().join("a.dcm");
    let file =
        made::containers::Dicom { flavour: "VOLUME", size: Size::new(32, 32), scale: 1, sparse: false, series: "1.2" };
    made::containers::dicom(&planes, &file);
    let mut bytes = std::fs::read(&planes).unwrap();
    let at = bytes.windows(6).position(|found| found == [0x28, 0, 8, 0, b'I', b'S']).unwrap() + 6;
    bytes.splice(at..at + 4, *b"\x04\x005000");
    let at = bytes.windows(6).position(|found| found == [0x48, 0, 7, 0, b'U', b'L']).unwrap() + 12;
    bytes.splice(at..at, [&[0x48, 0, 3, 3, b'U', b'L', 4, 0][..], &5000u32.to_le_bytes()].concat());
    bytes.resize(bytes.len() + 5000 * 8, 0);
    std::fs::write(&planes, bytes).unwrap();
    for path in [ventana, planes] {
        assert!(std::fs::metadata(&path).unwrap().len() < 1 << 20);
        let (opened, said) = told(&path, "8M");
        assert!(!opened && said.contains("--max-open-memory allows more"), "{}: {said}", path.display());
        let (opened, said) = told(&path, "512M");
        assert!(opened, "{}: {said}", path.display());
    }
}

#[test]
fn pictures_of_a_slide_are_charged_beyond_their_entries() {
    let folder = tempfile::tempdir().unwrap();
    made::mirax(folder.path());
    let settings = folder.path().join("a/Slidedat.ini");
    let text = std::fs::read_to_string(&settings).unwrap();
    let text = text.replace("IMAGENUMBER_X = 4\nIMAGENUMBER_Y = 4", "IMAGENUMBER_X = 2048\nIMAGENUMBER_Y = 2048");
    std::fs::write(&settings, text.replace("VIMSLIDE_POSITION_BUFFER", "NONE")).unwrap();
    // 40,000 times the same picture: the entries alone take less than 2 MiB.
    let finest = (0..40_000).map(|number| [number, 0, 100, 0]).collect();
    let levels = [finest, vec![[0, 0, 100, 0]; 2], vec![[0, 0, 100, 0]; 2]];
    std::fs::write(folder.path().join("a/Index.dat"), made::mirax_index(&levels, &[(0, 9), (0, 9)])).unwrap();
    let slide = folder.path().join("a.mrxs");
    let (opened, said) = told(&slide, "2M");
    assert!(!opened && said.contains("--max-open-memory allows more"), "{said}");
    let (opened, said) = told(&slide, "256M");
    assert!(opened, "{said}");
}

#[test]
fn planes_behind_the_last_number_of_a_directory_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ome.tif");
    let xml = "<OME xmlns='http://www.openmicroscopy.org/Schemas/OME/2016-06'><Image><Pixels DimensionOrder='XYZCT' \
               Type='uint8' SizeX='32' SizeY='32' SizeC='1' SizeZ='3' SizeT='1'><Channel SamplesPerPixel='3'/>\
               <TiffData IFD='4294967295' PlaneCount='3'/></Pixels></Image></OME>";
    let mut tiff = made::Tiff::create(&path, false);
    tiff.tiled(&made::picture(Size::new(32, 32), 1), 32, vec![(270, made::Value::Text(xml.into()))]);
    let file = open(&path).unwrap();
    for page in 0..file.pages() {
        file.page(page).map(|page| page.read(Region::new(0, Rect::new(0, 0, 8, 8)))).ok();
    }
}
