//! Every format there and back, QuPath's own forms, and files that are damaged or odd.

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::core_geometry::{Point, Size};
use mosaicist_shape::{Bounds, Class, Geometry, Kind, Plane, Polygon, Ring};

fn ring(points: &[(f64, f64)]) -> Ring {
    points.iter().copied().map(Point::from).collect()
}

fn frame() -> Frame {
    Frame {
        size: Some(Size::new(2000, 1000)),
        mpp: Some((0.25, 0.25)),
        slide_offset_nm: Some((1_000_000.0, -500_000.0)),
        ..Frame::default()
    }
}

fn holed() -> Polygon {
    Polygon {
        exterior: ring(&[(10.25, 10.0), (90.0, 12.5), (80.0, 70.0), (15.0, 60.75)]),
        holes: vec![ring(&[(30.0, 30.0), (40.0, 31.0), (35.0, 45.0)])],
    }
}

/// One of each shape.
fn all_shapes() -> Vec<Geometry> {
    let triangle = Polygon::new(ring(&[(200.0, 10.0), (240.5, 10.0), (220.0, 50.0)]));
    vec![
        Geometry::rectangle(5.0, 6.5, 100.0, 50.25),
        Geometry::RotatedRectangle { center: Point::new(50.0, 60.0), width: 40.0, height: 10.0, angle: 0.5 },
        Geometry::Ellipse { center: Point::new(70.0, 80.0), rx: 30.0, ry: 12.5, angle: 0.0 },
        Geometry::Ellipse { center: Point::new(70.0, 80.0), rx: 30.0, ry: 12.5, angle: 0.75 },
        Geometry::Polygon(triangle.clone()),
        Geometry::Polygon(holed()),
        Geometry::MultiPolygon([holed(), triangle].into()),
        Geometry::Polyline(ring(&[(1.0, 2.0), (3.5, 4.0), (5.0, 2.25)])),
        Geometry::MultiPolyline([ring(&[(1.0, 2.0), (3.5, 4.0)]), ring(&[(9.0, 9.0), (8.0, 1.0), (2.0, 2.0)])].into()),
        Geometry::Points(ring(&[(7.5, 8.25)])),
        Geometry::Points(ring(&[(7.5, 8.25), (1.0, 1.0)])),
        Geometry::Line([Point::new(0.5, 0.0), Point::new(10.0, 20.0)]),
        Geometry::Angle([(10.0, 0.0), (0.0, 0.0), (0.0, 10.0)].map(Point::from)),
        Geometry::Text { at: Point::new(12.0, 13.0), text: "a < \"b\" & ä".into() },
    ]
}

fn there_and_back(ending: &str, loaded: &Loaded) -> (Loaded, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("regions.{ending}"));
    let notes = save(&path, loaded, &frame()).unwrap();
    (load(&path, &frame()).unwrap(), notes)
}

fn of(rois: Vec<Roi>) -> Loaded {
    Loaded::new(rois)
}

#[test]
fn geojson_keeps_everything() {
    let class = Arc::new(Class { name: "Tumor: \"A\"".into(), color: Some([200, 0, 0]) });
    let mut rois: Vec<Roi> = all_shapes().into_iter().map(Roi::new).collect();
    for (index, roi) in rois.iter_mut().enumerate() {
        roi.class = (index % 2 == 0).then(|| Arc::clone(&class));
        roi.name = (index % 3 == 0).then(|| format!("region {index}").into());
        roi.measurements = [(Arc::from("Area µm^2"), 12.5 * index as f64), (Arc::from("Mean"), 1.0 / 3.0)].into();
        roi.kind = [Kind::Annotation, Kind::Detection, Kind::Tile][index % 3];
    }
    rois[0].id = Some("8a7b".into());
    rois[0].notes = Some("two\nlines".into());
    (rois[1].locked, rois[1].hidden, rois[1].color) = (true, true, Some([1, 2, 3]));
    rois[2].plane = Some(Plane { c: -1, z: 3, t: 2 });
    rois[4].kind = Kind::Cell;
    rois[4].nucleus = Some(Arc::new(Geometry::polygon(ring(&[(210.0, 20.0), (220.0, 20.0), (215.0, 30.0)]))));
    rois[5].parent = Some(4);
    let loaded = of(rois);
    let (again, notes) = there_and_back("geojson", &loaded);
    assert_eq!((again.warnings.len(), notes.len()), (0, 0), "{:?}", again.warnings);
    // What is nested stands behind what holds it.
    assert_eq!(again.rois.len(), loaded.rois.len());
    for (found, expected) in again.rois.iter().zip(&loaded.rois) {
        assert_eq!(found, expected);
    }
}

#[test]
fn coordinates_keep_every_bit() {
    let values = [0.1 + 0.2, 1e-7, 123_456_789.123_456_78, 5e-324, 1.797_693_134_862_315_7e308, -2.5];
    let points: Ring = values.iter().map(|&v| Point::new(v, -v)).collect();
    let (again, _) = there_and_back("geojson", &of(vec![Roi::new(Geometry::Points(points.clone()))]));
    assert_eq!(again.rois[0].geometry, Geometry::Points(points));
}

/// As QuPath 0.5 and 0.6 write, and what older versions did.
#[test]
fn qupath_files_are_read() {
    let text = r#"{"type":"FeatureCollection","features":[
      {"type":"Feature","id":"a3e0f1f2-0000-4000-8000-000000000001","geometry":{"type":"Polygon","coordinates":
        [[[100, 50],[300, 50],[300, 150],[100, 150],[100, 50]]]},"properties":{"objectType":"annotation","name":"Box",
        "color":[255, 0, 128],"classification":{"name":"Tumor","color":[200, 0, 0]},"isLocked":true,
        "metadata":{"ANNOTATION_DESCRIPTION":"note","Key":"value"}}},
      {"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[10,0],[20,10],[10,20],[0,10],[10,0]]],
        "plane":{"c":-1,"z":2,"t":0},"isEllipse":true},"properties":{"objectType":"cell","classification":
        {"names":["Immune","CD3"],"color":[1,2,3]},"measurements":{"Nucleus: Area":12.5,"Bad":NaN,"Far":-Infinity,
        "Near":Infinity}},"nucleusGeometry":{"type":"Polygon","coordinates":[[[8,8],[12,8],[12,12],[8,8]]]}},
      {"type":"Feature","id":"PathDetectionObject","geometry":{"type":"Point","coordinates":[1.5,2.5]},"properties":
        {"classification":{"name":"Old","colorRGB":-3670016},"measurements":[{"name":"Mean","value":3.0}]}},
      {"type":"Feature","geometry":{"type":"LineString","coordinates":[[0,0],[10,10]]},"properties":{"objectType":
        "annotation","childObjects":[{"type":"Feature","geometry":{"type":"MultiPoint","coordinates":[[1,1],[2,2]]},
        "properties":{"objectType":"detection"}}]},"custom":{"x":[1]}}
    ],"crs":{"custom":true}}"#;
    let loaded = geojson::read(text.as_bytes(), &Frame::default()).unwrap();
    assert_eq!(loaded.warnings, Vec::<String>::new());
    let [first, second, third, fourth, fifth] = &loaded.rois[..] else { panic!("{}", loaded.rois.len()) };
    assert_eq!(first.geometry, Geometry::rectangle(100.0, 50.0, 200.0, 100.0));
    assert_eq!((first.color, first.locked, first.notes.as_deref()), (Some([255, 0, 128]), true, Some("note")));
    assert_eq!(first.extra.as_ref().unwrap().properties["metadata"], json!({"Key": "value"}));
    assert_eq!(second.geometry, Geometry::Ellipse { center: Point::new(10.0, 10.0), rx: 10.0, ry: 10.0, angle: 0.0 });
    assert_eq!((second.kind, second.plane.map(|plane| plane.z)), (Kind::Cell, Some(2)));
    assert_eq!(&*second.class.as_ref().unwrap().name, "Immune: CD3");
    let values: Vec<f64> = second.measurements.iter().map(|(_, value)| *value).collect();
    assert!(values[1].is_nan() && values[0] == 12.5 && values[2] == f64::NEG_INFINITY && values[3] == f64::INFINITY);
    assert_eq!(second.nucleus.as_ref().map(|nucleus| nucleus.area()), Some(8.0));
    assert_eq!((third.kind, third.id.is_none()), (Kind::Detection, true));
    assert_eq!(third.class.as_ref().unwrap().color, Some([200, 0, 0]));
    assert_eq!((&*third.measurements[0].0, third.measurements[0].1), ("Mean", 3.0));
    assert_eq!(fourth.extra.as_ref().unwrap().feature["custom"], json!({"x": [1]}));
    assert_eq!((fifth.parent, fifth.kind), (Some(3), Kind::Detection));
    assert_eq!(loaded.members["crs"], json!({"custom": true}));
    // And what we write says the same to a reader of JSON.
    let mut out = Vec::new();
    geojson::write(&loaded, &Frame::default(), &mut out).unwrap();
    let written: Value = serde_json::from_slice(&out).unwrap();
    let feature = &written["features"][0];
    assert_eq!(feature["geometry"]["coordinates"], json!([[[100, 50], [300, 50], [300, 150], [100, 150], [100, 50]]]));
    assert_eq!(feature["properties"]["classification"], json!({"name": "Tumor", "color": [200, 0, 0]}));
    assert_eq!(feature["properties"]["metadata"], json!({"Key": "value", "ANNOTATION_DESCRIPTION": "note"}));
    assert_eq!(written["features"][3]["properties"]["childObjects"][0]["geometry"]["type"], "MultiPoint");
    assert_eq!(
        (&written["crs"]["custom"], &written["features"][1]["geometry"]["isEllipse"]),
        (&json!(true), &json!(true))
    );
}

#[test]
fn arrays_single_features_and_bare_geometries_are_read() {
    let read = |text: &str| geojson::read(text.as_bytes(), &Frame::default()).unwrap();
    let square = r#"{"coordinates":[[[[0,0],[4,0],[4,5],[0,0]]]],"type":"MultiPolygon"}"#;
    assert_eq!(read(square).rois[0].geometry.area(), 10.0);
    let feature = format!(r#"{{"geometry":{square},"properties":null,"type":"Feature"}}"#);
    assert_eq!(read(&feature).rois.len(), 1);
    assert_eq!(read(&format!("\u{FEFF}[{feature},{square}]")).rois.len(), 2);
    let collection = format!(r#"{{"type":"GeometryCollection","geometries":[{square},{square}]}}"#);
    assert_eq!(read(&collection).rois[0].geometry.area(), 20.0);
    let mixed = r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]},
        {"type":"LineString","coordinates":[[1,2],[3,4]]}]}"#;
    assert_eq!(read(mixed).rois.len(), 2, "unlike shapes become regions of their own");
    assert_eq!(read(r#"{"type":"FeatureCollection","features":[]}"#).rois.len(), 0);
}

#[test]
fn unreadable_files_are_listed_and_others_are_read() {
    let good = r#"{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]}}"#;
    let bad = [
        r#"{"type":"Feature","geometry":null}"#,
        r#"{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[0,0],[1,1]]]}}"#,
        r#"{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[0,0],[1,"x"],[2,2],[3,0]]]}}"#,
        r#"{"type":"Feature","geometry":{"type":"Sphere","coordinates":[1,2]}}"#,
        r#"{"type":"Feature","geometry":{"type":"Point","coordinates":[[1,2]]}}"#,
        r#"{"type":"Feature","geometry":[1,2]}"#,
        "7",
    ];
    let text = format!("[{},{good}]", bad.join(","));
    let loaded = geojson::read(text.as_bytes(), &Frame::default()).unwrap();
    assert_eq!((loaded.rois.len(), loaded.warnings.len()), (1, bad.len()), "{:?}", loaded.warnings);
    let cut = format!("[{good},{good},{{\"type\":\"Fea");
    let loaded = geojson::read(cut.as_bytes(), &Frame::default()).unwrap();
    assert_eq!((loaded.rois.len(), loaded.warnings.len()), (2, 1));
    assert!(geojson::read(b"{\"a\":", &Frame::default()).is_err());
    let deep = "[".repeat(100_000);
    assert!(geojson::read(deep.as_bytes(), &Frame::default()).is_err());
    let odd = r##"{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"name":5,"color":"#102030",
        "classification":7,"measurements":"none","isLocked":"yes","objectType":3,"childObjects":{"a":1}}}"##;
    let loaded = geojson::read(odd.as_bytes(), &Frame::default()).unwrap();
    let roi = &loaded.rois[0];
    assert_eq!((roi.name.as_deref(), roi.color, roi.class.is_none()), (Some("5"), Some([16, 32, 48]), true));
    assert_eq!(roi.extra.as_ref().unwrap().properties["isLocked"], json!("yes"));
}

#[test]
fn parents_in_a_circle_are_written_once() {
    let mut rois: Vec<Roi> = (0..3).map(|_| Roi::new(Geometry::rectangle(0.0, 0.0, 1.0, 1.0))).collect();
    (rois[0].parent, rois[1].parent, rois[2].parent) = (Some(1), Some(0), Some(99));
    let (again, _) = there_and_back("geojson", &of(rois));
    assert_eq!(again.rois.len(), 3);
}

/// Which shapes come back exactly; the others keep their area or their length.
fn check_format(ending: &str, tolerance: f64, skip: impl Fn(&Geometry) -> bool) {
    for geometry in all_shapes().into_iter().filter(|geometry| !skip(geometry)) {
        let mut roi = Roi::new(geometry.clone()).named("a & b");
        roi.color = Some([10, 200, 30]);
        let (again, _) = there_and_back(ending, &of(vec![roi]));
        assert_eq!(again.warnings, Vec::<String>::new(), "{ending} {}", geometry.name());
        let found: Vec<&Geometry> = again.rois.iter().map(|roi| &roi.geometry).collect();
        let sum = |all: &[&Geometry], of: fn(&Geometry) -> f64| all.iter().map(|one| of(one)).sum::<f64>();
        let even_odd = |geometry: &Geometry| crate::ops::union_all([geometry]).area();
        let areas = (sum(&found, even_odd), even_odd(&geometry));
        assert!((areas.0 - areas.1).abs() <= tolerance * areas.1.max(1.0), "{ending} {}: {areas:?}", geometry.name());
        if !geometry.is_area() {
            let lengths = (sum(&found, Geometry::length), geometry.length());
            assert!((lengths.0 - lengths.1).abs() < 1e-3, "{ending} {}: {lengths:?}", geometry.name());
            let points = found.iter().map(|one| one.points().len()).sum::<usize>();
            assert_eq!(points, geometry.points().len(), "{ending} {}", geometry.name());
        }
        let bounds = found.iter().map(|one| one.bounds()).fold(Bounds::EMPTY, Bounds::union);
        let (a, b): ([f64; 4], [f64; 4]) = (bounds.into(), geometry.bounds().into());
        // A polygon with the area of an ellipse reaches a little beyond it, or not quite as far.
        let most = if matches!(geometry, Geometry::Ellipse { .. }) { 0.1 } else { 0.01 };
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < most), "{ending} {}: {a:?} {b:?}", geometry.name());
    }
}

#[test]
fn imagescope_comes_back() {
    check_format("xml", 1e-9, |_| false);
    let (again, _) = there_and_back("xml", &of(vec![Roi::new(Geometry::Polygon(holed()))]));
    assert_eq!(again.rois[0].geometry, Geometry::Polygon(holed()), "with its hole");
}

#[test]
fn asap_comes_back() {
    check_format("asap.xml", 1e-9, |_| false);
}

#[test]
fn ndpa_comes_back() {
    check_format("ndpa", 1e-9, |_| false);
    let path = std::env::temp_dir().join("no such regions.ndpa");
    let refused = save(&path, &of(vec![]), &Frame::default()).unwrap_err();
    assert!(refused.to_string().contains("NDPI"), "{refused}");
}

#[test]
fn ome_comes_back() {
    check_format("ome.xml", 1e-9, |_| false);
    let class = Arc::new(Class { name: "B".into(), color: Some([1, 2, 3]) });
    let roi = Roi::new(Geometry::rectangle(0.0, 0.0, 5.0, 5.0)).classed(&class);
    let (again, _) = there_and_back("ome.xml", &of(vec![roi]));
    assert_eq!(again.rois[0].class.as_deref(), Some(&*class));
}

#[test]
fn imagej_comes_back() {
    check_format("zip", 1e-5, |geometry| matches!(geometry, Geometry::MultiPolyline(_)));
    for geometry in all_shapes().into_iter().filter(|geometry| !matches!(geometry, Geometry::MultiPolyline(_))) {
        let (again, _) = there_and_back("roi", &of(vec![Roi::new(geometry.clone()).named("ä")]));
        let found = &again.rois[0];
        assert_eq!((found.geometry.name(), found.name.as_deref()), (geometry.name(), Some("ä")));
    }
    let holed_again = there_and_back("roi", &of(vec![Roi::new(Geometry::Polygon(holed()))])).0;
    let Geometry::Polygon(polygon) = &holed_again.rois[0].geometry else { panic!("{holed_again:?}") };
    assert_eq!(polygon.holes.len(), 1);
}

#[test]
fn boxes_come_back_and_headers_vary() {
    let class = Arc::new(Class::named("c, d"));
    let roi = Roi::new(Geometry::rectangle(1.5, 2.0, 3.0, 4.0)).named("=x").classed(&class);
    let (again, _) = there_and_back("csv", &of(vec![roi.clone()]));
    assert_eq!(again.rois, [roi]);
    let read = |text: &str| boxes::read(text.as_bytes(), &Frame::default()).unwrap();
    for text in [
        "x,y,w,h\n1,2,3,4\n",
        "xmin;ymin;xmax;ymax\r\n1;2;4;6\r\n",
        "x0,y0,x1,y1\n1,2,4,6",
        "x1,y1,x2,y2\n1,2,4,6",
        "Left\tTop\tWidth\tHeight\n1\t2\t3\t4",
    ] {
        assert!(boxes::detect(text.as_bytes()), "{text}");
        assert_eq!(read(text).rois[0].geometry, Geometry::rectangle(1.0, 2.0, 3.0, 4.0), "{text}");
    }
    assert_eq!(read("x,y,w,h\n1,2,,4\n1,2,3,4").warnings, ["line 2: no box"]);
    assert!(!boxes::detect(b"a,b,c\n1,2,3"));
}

#[test]
fn the_content_decides_not_the_name() {
    let folder = tempfile::tempdir().unwrap();
    for format in FORMATS {
        let path = folder.path().join(format!("a.{}", format.extensions[0]));
        save(&path, &of(vec![Roi::new(Geometry::rectangle(1.0, 1.0, 5.0, 5.0))]), &frame()).unwrap();
        let renamed = folder.path().join("renamed.bin");
        std::fs::copy(&path, &renamed).unwrap();
        let loaded = load(&renamed, &frame()).unwrap();
        assert_eq!(loaded.rois[0].geometry, Geometry::rectangle(1.0, 1.0, 5.0, 5.0), "{}", format.name);
    }
    let other = folder.path().join("a.txt");
    std::fs::write(&other, "nothing of the kind").unwrap();
    assert!(load(&other, &frame()).unwrap_err().to_string().contains("GeoJSON"));
}

#[test]
fn a_hundred_thousand_holes_take_no_minutes() {
    let square = |x: f64, y: f64, side: f64| ring(&[(x, y), (x + side, y), (x + side, y + side), (x, y + side)]);
    let across = 320;
    let places = (0..across * across).map(|n| (f64::from(n % across) * 4.0 + 1.0, f64::from(n / across) * 4.0 + 1.0));
    let holes: Vec<Ring> = places.map(|(x, y)| square(x, y, 2.0)).collect();
    let count = holes.len();
    let holed = Polygon { exterior: square(0.0, 0.0, 4.0 * f64::from(across)), holes };
    for ending in ["roi", "xml"] {
        let (again, _) = there_and_back(ending, &of(vec![Roi::new(Geometry::Polygon(holed.clone()))]));
        let polygons = again.rois[0].geometry.polygons();
        assert_eq!((again.rois.len(), polygons.len(), polygons[0].holes.len()), (1, 1, count), "{ending}");
    }
}

#[test]
fn positions_of_an_imagej_roi_may_be_any_number() {
    // A rectangle whose second header says a channel, a slice and a frame.
    let mut bytes = vec![0; 192];
    bytes[..8].copy_from_slice(b"Iout\0\xE4\x01\0");
    bytes[14] = 1;
    bytes[63] = 64;
    for (numbers, expected) in [
        ([i32::MIN, 5, 2], Some(Plane { c: -1, z: 4, t: 1 })),
        ([3, i32::MIN, 0], Some(Plane { c: 2, z: 0, t: 0 })),
        ([0, 0, i32::MIN], None),
    ] {
        for (at, number) in (68..).step_by(4).zip(numbers) {
            bytes[at..at + 4].copy_from_slice(&number.to_be_bytes());
        }
        let loaded = imagej::read_one(&bytes, &frame()).unwrap();
        assert_eq!(loaded.rois[0].plane, expected, "{numbers:?}");
    }
}

#[test]
fn damaged_files_do_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    for format in FORMATS {
        let path = folder.path().join(format!("a.{}", format.extensions[0]));
        let one = [Geometry::Polygon(holed())].map(Roi::new).to_vec();
        let many = all_shapes().into_iter().map(Roi::new).collect();
        save(&path, &of(if format.extensions[0] == "roi" { one } else { many }), &frame()).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        for seed in 0..400 {
            let damaged = crate::source::testing::damaged(&bytes, seed);
            // An error or fewer regions: both are right.
            let _read = (format.read)(&damaged, &frame());
        }
    }
}
