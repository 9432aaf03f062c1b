//! The project file: a mosaic as JSON, with paths relative to the file where they lie beside or below it.

use std::io::Write;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use serde::{Deserialize, Serialize};

use super::stored::{StoredHead, StoredPlacement};
use super::stored_region::{StoredRegion, are_first};
use super::{ImageRef, Mosaic, Placement};
use crate::{Error, IoResultExt as _, Result};
use mosaicist_core::{Part, regular_file, whole_file};

/// The ending of project files.
const ENDING: &str = "mosaic";
/// Raised when an older program could misread a file; a document that an earlier version can hold is written as that.
const VERSION: u32 = 4;
/// The version before regions could be anything but named rectangles.
const RECTANGLES: u32 = 3;
/// The version before overlaps could be blended and images be divided by a flat field.
const OVERLAID: u32 = 2;
/// The first version that stores parts of files (pages, channels) beside their paths instead of as suffixes.
const PARTS_APART: u64 = 2;
/// The largest project file read, in bytes.
const LARGEST: u64 = 4 << 30;

/// The header of a project file. It is parsed first, so that the rest can be parsed without a second copy in memory.
#[derive(Deserialize)]
struct Head {
    mosaicist: Option<u64>,
}

/// Whether `path` names a project, by its ending.
pub fn is_project(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(ENDING))
}

/// Write `mosaic` to `path`: whole or not at all (see [`whole_file::write`](mosaicist_core::whole_file::write)).
pub fn save(mosaic: &Mosaic, path: &Path) -> Result<()> {
    let folder = folder_of(path);
    whole_file::write(path, |file| write(mosaic, Some(&folder), file))
}

/// Write `mosaic` as a project file's text. Paths in or near `folder` become relative to it; all are absolute without one.
///
/// Each placement, region and bookmark is a line, so that versions of a project can be compared line by line.
pub fn write(mosaic: &Mosaic, folder: Option<&Path>, writer: &mut dyn Write) -> std::io::Result<()> {
    let stored_image = |image: &ImageRef| {
        Ok::<_, std::io::Error>(image.moved(match folder {
            Some(folder) => relative(&image.path, folder),
            None => std::path::absolute(&image.path)?,
        }))
    };
    let Mosaic { canvas, background, blend, filters, pixel_size, display, last_id, region_members, .. } =
        mosaic.clone();
    let flat_field = mosaic.flat_field.as_ref().map(|field| field.with_paths(stored_image)).transpose()?;
    let mosaicist = match (are_first(mosaic), mosaic.is_overlay()) {
        (false, _) => VERSION,
        (true, false) => RECTANGLES,
        (true, true) => OVERLAID,
    };
    let head = StoredHead {
        mosaicist,
        last_id,
        background,
        blend,
        flat_field,
        filters,
        canvas,
        pixel_size,
        display,
        region_members,
    };
    let head = serde_json::to_string(&head)?;
    writer.write_all(head.strip_suffix('}').unwrap_or(&head).as_bytes())?;
    lines(writer, "regions", mosaic.regions.iter().map(|region| Ok(StoredRegion::new(region))))?;
    if !mosaic.bookmarks.is_empty() {
        lines(writer, "bookmarks", mosaic.bookmarks.iter().map(Ok))?;
    }
    let mut last = 0;
    let placements = mosaic.placements.iter().map(|placement| {
        let stored = StoredPlacement::new(placement, stored_image(&placement.image)?, last);
        last = placement.id.0;
        Ok(stored)
    });
    lines(writer, "placements", placements)?;
    writer.write_all(b"\n}\n")
}

/// Appends a field, a list with a line for each of `items`.
fn lines<T: Serialize>(
    writer: &mut dyn Write,
    name: &str,
    items: impl Iterator<Item = std::io::Result<T>>,
) -> std::io::Result<()> {
    write!(writer, ",\n\"{name}\": [")?;
    for (number, item) in items.enumerate() {
        writer.write_all(if number == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *writer, &item?)?;
    }
    writer.write_all(b"]")
}

/// Read the project at `path`.
pub fn load(path: &Path) -> Result<Mosaic> {
    let mosaic = read(&regular_file::read(path, LARGEST)?, path)?;
    if !ALLOW_OUTSIDE.load(Relaxed) {
        check_inside(&mosaic, path)?;
    }
    Ok(mosaic)
}

/// Whether projects may name raw layouts of files outside of their folder.
static ALLOW_OUTSIDE: AtomicBool = AtomicBool::new(false);

/// Let projects name raw layouts of any file that the user may read.
pub fn allow_outside() {
    ALLOW_OUTSIDE.store(true, Relaxed);
}

/// Fail if the project at `path` makes pixels of a file outside of its folder by a layout of its own: a project from a stranger
/// could copy any file of the user's into an image.
fn check_inside(mosaic: &Mosaic, path: &Path) -> Result<()> {
    let folder = folder_of(path).canonicalize().at(path)?;
    let raw =
        mosaic.placements.iter().map(|placement| &placement.image).filter(|image| matches!(image.part, Part::Raw(_)));
    for image in raw {
        // What is not there is told when it's read.
        if image.path.canonicalize().is_ok_and(|file| !file.starts_with(&folder)) {
            let what = format!(
                "it takes {}, which lies outside of its folder, for a raw image; if you trust it, use --allow-outside",
                image.path.display()
            );
            return Err(Error::limit(what).at(path));
        }
    }
    Ok(())
}

/// Parses a project file's text; `path` is its file, for relative paths and errors.
pub fn read(text: &[u8], path: &Path) -> Result<Mosaic> {
    let corrupt = |what: String| Error::corrupt(what).at(path);
    let head: Head = serde_json::from_slice(text).map_err(|error| corrupt(format!("no project file: {error}")))?;
    let version = match head.mosaicist {
        Some(version) if version <= VERSION.into() => version,
        Some(version) => {
            let what = format!("project version {version}; this program knows up to {VERSION}: get a newer one");
            return Err(Error::unsupported(what).at(path));
        }
        None => return Err(corrupt("no project file: it does not say \"mosaicist\"".into())),
    };
    let mut mosaic: Mosaic = serde_json::from_slice(text).map_err(|error| corrupt(error.to_string()))?;
    let folder = folder_of(path);
    let placements = mosaic.placements.iter().map(|placement| {
        let (path, number) = (folder.join(&placement.image.path), placement.image.number());
        let image =
            if version < PARTS_APART { ImageRef::parse(&path).numbered(number) } else { placement.image.moved(path) };
        Placement { image, ..placement.clone() }
    });
    mosaic.placements = placements.collect();
    let here = |image: &ImageRef| Ok::<_, Error>(image.moved(folder.join(&image.path)));
    let flat_field = mosaic.flat_field.as_ref().map(|field| field.with_paths(here)).transpose()?;
    mosaic.flat_field = flat_field.map(Arc::new);
    Ok(mosaic)
}

fn folder_of(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute.parent().map_or_else(|| PathBuf::from("."), Path::to_owned)
}

/// `path` relative to the absolute `folder`, if it lies in or below it or a few steps beside; else absolute.
pub fn relative(path: &Path, folder: &Path) -> PathBuf {
    let Ok(absolute) = std::path::absolute(path) else { return path.to_owned() };
    let shared = absolute.components().zip(folder.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().count() - shared;
    if shared <= 1 || up > 3 {
        return absolute;
    }
    let steps = std::iter::repeat_n(Component::ParentDir, up).chain(absolute.components().skip(shared));
    steps.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PlacementIds;
    use crate::geometry::{Affine, Point, Rect, Size};
    use crate::{
        Blend, BlendMode, Edit, FilterStep, Flat, FlatField, GroupId, MOST_FILTERS, Margins, PixelKind, PixelSize,
        Property, SeamPath, Stacking, Surface,
    };

    fn sample(folder: &Path) -> Mosaic {
        let mut mosaic = Mosaic::default();
        mosaic.add(Placement::new(folder.join("tiles/a.png"), Size::new(30, 20)));
        mosaic.add(Placement::new(folder.parent().unwrap().join("beside.png"), Size::new(5, 5)));
        mosaic.add_region(None, Rect::new(1, 2, 30, 40));
        mosaic
    }

    #[test]
    fn regions_of_any_shape_are_a_line_each_and_come_back() {
        use mosaicist_shape::{Bounds, Class, Extra, Geometry, Kind, Plane, Polygon, Roi};
        let ring = |all: &[(f64, f64)]| all.iter().copied().map(Point::from).collect::<std::sync::Arc<[Point]>>();
        let triangle = ring(&[(0.1, 0.0), (10.0, 0.0), (0.0, 1.0 / 3.0)]);
        let polygon = Polygon { exterior: triangle.clone(), holes: vec![ring(&[(1.0, 0.1), (2.0, 0.1), (1.0, 0.2)])] };
        let (a, b, c) = (Point::new(1.0, 2.0), Point::new(3.5, 4.0), Point::new(5.0, -6.0));
        let shapes = [
            Geometry::Rectangle(Bounds::at(0.5, 1.0, 2.0, 3.0)),
            Geometry::RotatedRectangle { center: a, width: 4.0, height: 2.0, angle: 0.3 },
            Geometry::Ellipse { center: a, rx: 4.0, ry: 2.0, angle: 0.3 },
            Geometry::Polygon(polygon.clone()),
            Geometry::MultiPolygon([polygon, Polygon::new(triangle.clone())].into()),
            Geometry::Polyline(triangle.clone()),
            Geometry::MultiPolyline([triangle.clone(), triangle.clone()].into()),
            Geometry::Points(triangle),
            Geometry::Line([a, b]),
            Geometry::Angle([a, b, c]),
            Geometry::Text { at: a, text: "\"note\"\n2".into() },
        ];
        let class = std::sync::Arc::new(Class { name: "Tumor".into(), color: Some([200, 0, 0]) });
        let mut rois: Vec<Roi> = shapes.into_iter().map(|shape| Roi::new(shape).classed(&class)).collect();
        let members = [("x".to_owned(), serde_json::json!([1, null]))].into_iter().collect();
        rois[3] = Roi {
            id: Some("uuid".into()),
            kind: Kind::Cell,
            notes: Some("a note".into()),
            color: Some([1, 2, 3]),
            locked: true,
            hidden: true,
            plane: Some(Plane { c: -1, z: 2, t: 0 }),
            nucleus: Some(std::sync::Arc::new(rois[1].geometry.clone())),
            measurements: [("Area".into(), 0.1)].into(),
            parent: Some(0),
            extra: Some(std::sync::Arc::new(Extra { properties: members, ..Extra::default() })),
            ..rois[3].clone()
        };
        let mut mosaic = Mosaic::default();
        mosaic.add_region(None, Rect::new(1, 2, 30, 40));
        let text = |mosaic: &Mosaic| {
            let mut text = Vec::new();
            write(mosaic, None, &mut text).unwrap();
            String::from_utf8(text).unwrap()
        };
        let rectangle = text(&mosaic);
        assert!(rectangle.starts_with("{\"mosaicist\":2"), "as the first versions wrote it: {rectangle}");
        mosaic.add_regions(rois).for_each(drop);
        let written = text(&mosaic);
        assert_eq!(written.lines().count(), rectangle.lines().count() + 11, "{written}");
        let back = read(written.as_bytes(), Path::new("p.mosaic")).unwrap();
        assert_eq!(back.regions, mosaic.regions);
        let classes: Vec<_> = back.regions.iter().filter_map(|region| region.class.as_ref()).collect();
        assert!(classes.iter().all(|class| std::sync::Arc::ptr_eq(class, classes[0])), "equal classes are shared");
    }

    #[test]
    fn saved_values_are_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        let mosaic = sample(&inner);
        let path = inner.join("p.mosaic");
        save(&mosaic, &path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("\"tiles/a.png\"") && text.contains("\"../beside.png\""), "{text}");
        let back = load(&path).unwrap();
        assert_eq!(back.regions, mosaic.regions);
        let rects = |m: &Mosaic| m.placements.iter().map(Placement::rect).collect::<Vec<_>>();
        assert_eq!(rects(&back), rects(&mosaic));
        assert_eq!(back.placements[0].image, mosaic.placements[0].image);
        assert_eq!(std::fs::read_dir(&inner).unwrap().count(), 1, "no temporary file left");
    }

    #[test]
    fn parts_of_files_come_back_beside_their_paths() {
        let folder = tempfile::tempdir().unwrap();
        let (path, file) = (folder.path().join("p.mosaic"), |name: &str| ImageRef::file(folder.path().join(name)));
        let images = [
            file("a.tif").page(3),
            file("a.tif").channels(2, &[1, 0]),
            file("a.tif").channels(0, &[]),
            file("a.svs").associated("label"),
            file("a.raw").raw("8,4,1,u8,2".parse().unwrap()),
            // The file does not exist, but its suffix must not be parsed all the same.
            file("b#channels"),
        ];
        let mut mosaic = Mosaic::default();
        for image in &images {
            mosaic.add(Placement::new(image.clone(), Size::new(8, 4)));
        }
        save(&mosaic, &path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("\"a.svs\"") && text.contains("\"associated\":\"label\""), "{text}");
        let back = load(&path).unwrap();
        assert_eq!(back.placements.iter().map(|placement| &placement.image).collect::<Vec<_>>(), images.each_ref());
        assert_eq!(back, mosaic);
    }

    #[test]
    fn projects_of_version_1_have_parts_in_their_paths() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old.mosaic");
        std::fs::write(folder.path().join("real#channels"), "a file of that name").unwrap();
        let old = [("a.ome.tif#channels=0,2", 1), ("s.svs#associated=label", 0), ("r.raw#raw=8,4,1,u8", 0)];
        let placement = |(number, (path, page)): (usize, (&str, u32))| {
            let place = r#""position": [0.0, 0.0], "size": {"width": 8, "height": 4}"#;
            format!(r#"{{"id": {number}, "path": "{path}", "page": {page}, {place}}}"#)
        };
        let all = old.into_iter().chain([("a.ome.tif", 5), ("real#channels", 1)]).enumerate().map(placement);
        let list = all.collect::<Vec<_>>().join(",");
        let text = format!(r#"{{"mosaicist": 1, "placements": [{list}], "regions": [], "last_id": 9}}"#);
        std::fs::write(&path, text).unwrap();
        let file = |name: &str| ImageRef::file(folder.path().join(name));
        let expected = [
            file("a.ome.tif").channels(1, &[0, 2]),
            file("s.svs").associated("label"),
            file("r.raw").raw("8,4,1,u8".parse().unwrap()),
            file("a.ome.tif").page(5),
            file("real#channels").page(1),
        ];
        let loaded = load(&path).unwrap();
        assert_eq!(loaded.placements.iter().map(|placement| &placement.image).collect::<Vec<_>>(), expected.each_ref());
    }

    #[cfg(unix)]
    #[test]
    fn paths_that_are_no_text_come_back() {
        use std::os::unix::ffi::OsStrExt as _;
        let folder = tempfile::tempdir().unwrap();
        let name = std::ffi::OsStr::from_bytes(b"a\xff%.png");
        let mut mosaic = Mosaic::default();
        mosaic.add(Placement::new(folder.path().join(name), Size::new(8, 4)));
        mosaic.add(Placement::new(ImageRef::file(folder.path().join(name)).associated("label"), Size::new(8, 4)));
        let path = folder.path().join("p.mosaic");
        save(&mosaic, &path).unwrap();
        assert_eq!(load(&path).unwrap(), mosaic);
        assert!(std::fs::read_to_string(&path).unwrap().contains("a%FF%25.png"));
    }

    #[test]
    fn a_placement_takes_a_line_of_at_most_100_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.mosaic");
        let mut mosaic = Mosaic::default();
        for number in 0..10_000u32 {
            let (row, column) = (number / 100, number % 100);
            let file = folder.path().join(format!("tiles/tile_r{row:03}_c{column:03}.jpg"));
            let at = Point::new(f64::from(column * 800), f64::from(row * 600));
            let mut placement = Placement::new(file, Size::new(800, 600)).at(at);
            placement.kind = Some(PixelKind::RGB8);
            mosaic.add(placement);
        }
        save(&mosaic, &path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.len() <= 10_000 * 100, "{} bytes each", text.len() / 10_000);
        let line = text.lines().find(|line| line.contains("r007_c012")).unwrap();
        let expected = r#"{"path":"tiles/tile_r007_c012.jpg","at":[9600,4200],"size":[800,600],"kind":"rgb8"},"#;
        assert_eq!(line, expected);
        assert_eq!(load(&path).unwrap(), mosaic);
        let one = mosaic.placements[5000].id;
        mosaic.move_by(&PlacementIds::from_iter([one]), 1.0, 0.0);
        save(&mosaic, &path).unwrap();
        let after = std::fs::read_to_string(&path).unwrap();
        let differing = text.lines().zip(after.lines()).filter(|(before, after)| before != after).count();
        assert_eq!(differing, 1, "moving one changes its line only");
    }

    #[test]
    fn all_properties_of_a_placement_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut mosaic = Mosaic::default();
        for name in ["tiles/a.png", "b.png"] {
            mosaic.add(Placement::new(folder.path().join(name), Size::new(30, 20)));
        }
        let all = PlacementIds::clone(mosaic.placements.ids());
        let turn = Affine::rotation(30.0).then(Affine::translation(Point::new(0.1, -7.25)));
        mosaic.apply(&Edit::Transform { ids: all, by: turn });
        let one = PlacementIds::from_iter([mosaic.placements[1].id]);
        let crop = Margins { left: 1, top: 0, right: 2, bottom: 3 };
        let properties = [
            Property::Crop(crop),
            Property::Gain { gain: 1.1, offset: -3.0 },
            Property::Opacity(0.3),
            Property::Subpixel(true),
            Property::Visible(false),
            Property::Group(Some(GroupId(2))),
            Property::Locked(true),
        ];
        for property in properties {
            mosaic.set(&one, property);
        }
        mosaic.restack(&PlacementIds::from_iter([mosaic.placements[0].id]), Stacking::Front);
        mosaic.apply(&Edit::PixelSize(Some(PixelSize { x: 0.25, y: 0.5 })));
        let path = folder.path().join("p.mosaic");
        save(&mosaic, &path).unwrap();
        assert_eq!(load(&path).unwrap(), mosaic);
    }

    #[test]
    fn filters_come_back_and_too_many_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.mosaic");
        let mut mosaic = Mosaic::default();
        mosaic.add(Placement::new(folder.path().join("a.png"), Size::new(30, 20)));
        let steps = vec![FilterStep::new("gaussian:sigma=2"), FilterStep { off: true, ..FilterStep::new("invert") }];
        assert!(mosaic.apply(&Edit::Filters(steps.clone())).filters);
        assert!(mosaic.apply(&Edit::Filters(steps)).is_empty(), "as they are");
        assert!(mosaic.is_filtered() && !mosaic.is_overlay());
        save(&mosaic, &path).unwrap();
        assert_eq!(load(&path).unwrap(), mosaic);
        assert!(
            std::fs::read_to_string(&path)
                .unwrap()
                .contains(r#"[{"filter":"gaussian:sigma=2"},{"filter":"invert","off":true}]"#)
        );
        mosaic.apply(&Edit::Filters(vec![FilterStep::new("invert"); MOST_FILTERS + 1]));
        save(&mosaic, &path).unwrap();
        assert!(load(&path).unwrap_err().to_string().contains("101 filters"));
    }

    #[test]
    fn blend_and_flat_field_come_back_and_are_a_version_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let (path, mut mosaic) = (folder.path().join("p.mosaic"), Mosaic::default());
        mosaic.add(Placement::new(folder.path().join("tiles/a.png"), Size::new(30, 20)));
        let version = |mosaic: &Mosaic| {
            save(mosaic, &path).unwrap();
            assert_eq!(load(&path).unwrap(), *mosaic);
            let text = std::fs::read_to_string(&path).unwrap();
            text.split([':', ',']).nth(1).unwrap().parse::<u32>().unwrap()
        };
        assert_eq!(version(&mosaic), 2, "older programs can read it");
        for mode in BlendMode::ALL {
            mosaic.apply(&Edit::Blend(Blend { mode, seam: SeamPath::LeastDifference }));
            assert_eq!(version(&mosaic), if mode == BlendMode::Overlay { 2 } else { 3 });
        }
        mosaic.apply(&Edit::Blend(Blend::default()));
        let surface = Surface { columns: 2, rows: 2, channels: 1, values: vec![0.5, 1.0, 0.75, 0.875] };
        for flat in [Flat::None, Flat::Surface(surface), Flat::Image(folder.path().join("flat.tif").into())] {
            let dark = Some(folder.path().join("tiles/dark.tif").into());
            let changes = mosaic.apply(&Edit::FlatField(Some(Arc::new(FlatField { flat, dark }))));
            assert!(changes.everything);
            assert_eq!(version(&mosaic), 3);
        }
        assert!(std::fs::read_to_string(&path).unwrap().contains(r#""path":"flat.tif""#));
    }

    #[test]
    fn an_impossible_flat_field_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.mosaic");
        for values in ["[1,1,1]", "[1,1,1,0]", "[1,1,1,-1]"] {
            let surface = format!(r#"{{"surface":{{"columns":2,"rows":2,"channels":1,"values":{values}}}}}"#);
            let text = format!(r#"{{"mosaicist":3,"placements":[],"last_id":0,"flat_field":{{"flat":{surface}}}}}"#);
            std::fs::write(&path, text).unwrap();
            assert!(load(&path).unwrap_err().to_string().contains("flat field"), "{values}");
        }
    }

    #[test]
    fn impossible_placements_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.mosaic");
        for (placement, says) in [
            (r#"{"path":"a","size":[1,1],"kind":"purple"}"#, "purple"),
            (r#"{"path":"a","size":[1,1],"opacity":3}"#, "out of range"),
            (r#"{"path":"a","size":[1,1]},{"id":1,"path":"a","size":[1,1]}"#, "twice"),
            (r#"{"path":"a","size":[1,1],"at":[1e999,0]}"#, "range"),
        ] {
            std::fs::write(&path, format!(r#"{{"mosaicist": 2, "placements": [{placement}], "last_id": 9}}"#)).unwrap();
            let error = load(&path).unwrap_err().to_string();
            assert!(error.contains(says), "{placement}: {error}");
        }
    }

    #[test]
    fn other_files_are_refused_clearly() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.mosaic");
        for (text, says) in [
            ("", "no project file"),
            ("{}", "does not say"),
            (r#"{"mosaicist": 99}"#, "get a newer one"),
            (r#"{"mosaicist": 1}"#, "missing field"),
            (r#"{"mosaicist": 1, "placements": [7], "regions": [], "last_id": 0}"#, "damaged"),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = load(&path).unwrap_err().to_string();
            assert!(error.contains(says) && error.contains("x.mosaic"), "{text}: {error}");
        }
    }
}
