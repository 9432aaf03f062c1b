//! Images of several files: a name in them never leads out of their folder.
//!
//! Each case first shows that the name is followed at all, to another file inside; then that the same file is not read where it
//! lies outside, though it is there.

use std::fs;
use std::path::{Path, PathBuf};

use mosaicist::geometry::Region;
use mosaicist::source::open;
use mosaicist::{Error, Result};

use crate::made;

/// A folder `inside` with an image and a folder `outside` beside it.
struct Place {
    root: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for name in ["inside", "outside"] {
            fs::create_dir(root.path().join(name)).unwrap();
        }
        Self { root }
    }

    fn inside(&self, name: &str) -> PathBuf {
        self.root.path().join("inside").join(name)
    }

    /// Move `part` out of the image, and give the ways to name it from `folder`, where it was named from.
    fn put_outside(&self, part: &Path, folder: &Path) -> Vec<String> {
        let name = part.file_name().unwrap().to_str().unwrap();
        let outside = self.root.path().join("outside").join(name);
        fs::rename(part, &outside).unwrap();
        let up = "../".repeat(folder.strip_prefix(self.root.path()).unwrap().components().count());
        assert!(folder.join(format!("{up}outside/{name}")).exists(), "the way leads to it");
        let absolute = outside.to_str().unwrap();
        // Deep folders that are there, so that leading through them and out again leads there too.
        fs::create_dir_all(folder.join("deep/er")).unwrap();
        vec![
            format!("{up}outside/{name}"),
            format!("deep/er/../../{up}outside/{name}"),
            format!("{up}outside/{name}").replace('/', "\\"),
            absolute.to_owned(),
            format!("/{absolute}"),
        ]
    }
}

/// Open the image and read all of its levels.
fn read(path: &Path) -> Result<()> {
    let source = open(path)?.page(0)?;
    (0..source.info().levels.len())
        .try_for_each(|level| source.read(Region::new(level, source.info().whole(level))).map(drop))
}

/// `text` in a file with `from` replaced, which must be there.
fn replace(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{} has no {from}", path.display());
    fs::write(path, text.replace(from, to)).unwrap();
}

/// Check that `image`, whose `descriptor` names `part` as `named`, follows that name inside, and not outside.
fn check(place: &Place, image: &Path, descriptor: &Path, part: &Path, named: &dyn Fn(&str) -> String) {
    let what = part.strip_prefix(place.root.path()).unwrap().display().to_string();
    let (folder, name) = (part.parent().unwrap(), part.file_name().unwrap().to_str().unwrap());
    let good = fs::read_to_string(descriptor).unwrap();
    read(image).unwrap_or_else(|error| panic!("{what}: {error}"));
    let moved = folder.join("below").join(name);
    fs::create_dir_all(folder.join("below")).unwrap();
    fs::rename(part, &moved).unwrap();
    assert!(read(image).is_err(), "{what}: it is needed");
    replace(descriptor, &named(name), &named(&format!("below/{name}")));
    read(image).unwrap_or_else(|error| panic!("{what}, below: {error}"));
    for way in place.put_outside(&moved, folder) {
        fs::write(descriptor, &good).unwrap();
        replace(descriptor, &named(name), &named(&way));
        let error = read(image).expect_err(&format!("{what} is read at {way}"));
        assert!(matches!(error, Error::Corrupt { .. }), "{what} at {way}: {error}");
        assert!(error.to_string().contains("is said to be at"), "{what} at {way}: {error}");
    }
}

#[test]
fn zarr_levels() {
    for (name, file) in [("a.zarr", "zarr.json"), ("b.zarr", ".zattrs")] {
        for level in ["0", "1"] {
            let place = Place::new();
            let image = place.inside(name);
            made::zarr(&image, name == "b.zarr");
            let json: serde_json::Value = serde_json::from_slice(&fs::read(image.join(file)).unwrap()).unwrap();
            // As this test writes it, whatever its maker's spaces are.
            fs::write(image.join(file), json.to_string()).unwrap();
            let named = |name: &str| format!("\"path\":{}", serde_json::Value::from(name));
            check(&place, &image, &image.join(file), &image.join(level), &named);
        }
    }
}

#[test]
fn mirax_index_and_data() {
    for (part, key) in [("Index.dat", "INDEXFILE"), ("Data0000.dat", "FILE_0")] {
        let place = Place::new();
        made::mirax(&place.inside(""));
        let folder = place.inside("a");
        let named = |name: &str| format!("{key} = {name}\n");
        check(&place, &place.inside("a.mrxs"), &folder.join("Slidedat.ini"), &folder.join(part), &named);
    }
}

#[test]
fn hamamatsu_streams() {
    for (part, key) in [("l.jpg", "ImageFile"), ("r.jpg", "ImageFile(1,0)"), ("m.jpg", "MapFile")] {
        let place = Place::new();
        made::vms(&place.inside(""));
        let named = |name: &str| format!("{key}={name}\r\n");
        check(&place, &place.inside("a.vms"), &place.inside("a.vms"), &place.inside(part), &named);
    }
}

/// What a slide can do without is left out where its name leads outside.
#[test]
fn hamamatsu_macro() {
    let place = Place::new();
    made::vms(&place.inside(""));
    let (image, part) = (place.inside("a.vms"), place.inside("g.jpg"));
    let associated = || open(&image).unwrap().associated();
    assert_eq!(associated(), ["macro"]);
    let good = fs::read_to_string(&image).unwrap();
    for way in place.put_outside(&part, &place.inside("")) {
        fs::write(&image, &good).unwrap();
        replace(&image, "MacroImage=g.jpg", &format!("MacroImage={way}"));
        assert!(associated().is_empty(), "{way}");
    }
}

/// Endings of tiles come from a descriptor, too.
#[test]
fn endings_of_web_tiles() {
    let place = Place::new();
    let tile = made::coded(
        &made::picture(mosaicist::geometry::Size::new(64, 64), 1),
        mosaicist::codec::jpeg::Subsampling::Half,
    );
    let ways = |at: &str| vec![format!("/../../../outside/{at}"), format!("x/{at}"), "..".to_owned(), "a.b".to_owned()];
    let zoom = place.inside("a_files");
    for level in 0..=6 {
        let folder = zoom.join(level.to_string());
        fs::create_dir_all(&folder).unwrap();
        let picture = made::picture(mosaicist::geometry::Size::new(1 << level, 1 << level), 1);
        let tile = made::coded(&picture, mosaicist::codec::jpeg::Subsampling::Half);
        fs::write(folder.join("0_0.jpg"), tile).unwrap();
    }
    fs::write(place.root.path().join("outside/jpg"), &tile).unwrap();
    let describe = |ending: &str| {
        let text = format!(
            "<?xml version='1.0'?><Image xmlns='http://schemas.microsoft.com/deepzoom/2008' TileSize='64' Overlap='0' \
             Format='{ending}'><Size Width='64' Height='64'/></Image>"
        );
        fs::write(place.inside("a.dzi"), text).unwrap();
        read(&place.inside("a.dzi"))
    };
    describe("jpg").unwrap();
    for way in ways("jpg") {
        let error = describe(&way).expect_err(&way);
        assert!(error.to_string().contains("no sensible name"), "{way}: {error}");
    }
    let iiif = place.inside("iiif");
    fs::create_dir_all(iiif.join("full/max/0")).unwrap();
    fs::write(iiif.join("full/max/0/default.jpeg"), &tile).unwrap();
    let describe = |ending: &str| {
        let text = format!(
            "{{\"@context\":\"http://iiif.io/api/image/3/context.json\",\"width\":64,\"height\":64,\"preferredFormats\":\
             [\"{ending}\"],\"tiles\":[{{\"width\":64,\"scaleFactors\":[1]}}]}}"
        );
        fs::write(iiif.join("info.json"), text).unwrap();
        read(&iiif)
    };
    describe("jpeg").unwrap();
    for way in ways("jpeg") {
        let error = describe(&way).expect_err(&way);
        assert!(error.to_string().contains("no sensible name"), "{way}: {error}");
    }
}
