//! Detection in pictures whose objects are known.

use super::*;
use crate::core_geometry::Point;
use crate::pixels::{Pixels, Samples};
use crate::source::testing::InMemory;
use mosaicist_shape::Kind;

fn picture(width: u32, height: u32, color: impl Fn(f64, f64) -> [u8; 3]) -> InMemory {
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let samples = pixels.flat_map(|(x, y)| color(f64::from(x) + 0.5, f64::from(y) + 0.5)).collect();
    InMemory::new(Pixels::new(Size::new(width, height), 3, Samples::U8(samples)).unwrap())
}

fn find(source: &InMemory, options: Options) -> Vec<Roi> {
    detect(source, &options, &Progress::default()).unwrap()
}

fn near(bounds: Bounds, expected: [f64; 4], tolerance: f64) -> bool {
    let found: [f64; 4] = bounds.into();
    found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= tolerance)
}

/// Three dark squares on white, with specks: what a scanner gives of fluorescent fields.
fn three_squares() -> InMemory {
    let squares = [(100.0, 100.0), (400.0, 120.0), (700.0, 300.0)];
    picture(1000, 600, move |x, y| {
        let inside = squares.iter().any(|(sx, sy)| (*sx..sx + 150.0).contains(&x) && (*sy..sy + 150.0).contains(&y));
        let speck = (x as u32 * 7919 + y as u32 * 104_729).is_multiple_of(997);
        match (inside, speck) {
            (true, true) => [90, 200, 90],
            (true, false) => [12, 12, 14],
            (false, true) => [225, 225, 225],
            (false, false) => [255, 255, 255],
        }
    })
}

#[test]
fn three_dark_squares_are_found_in_every_fitting_mode() {
    for mode in [Mode::Foreground, Mode::Dark, Mode::Rectangles] {
        let found = find(&three_squares(), Options { mode, ..Options::default() });
        assert_eq!(found.len(), 3, "{mode:?}");
        let expected = [[100.0, 100.0, 250.0, 250.0], [400.0, 120.0, 550.0, 270.0], [700.0, 300.0, 850.0, 450.0]];
        for (roi, expected) in found.iter().zip(expected) {
            assert!(near(roi.geometry.bounds(), expected, 2.0), "{mode:?} {:?}", roi.geometry);
        }
        assert_eq!(found[2].name.as_deref(), Some("Region 3"));
    }
}

#[test]
fn margin_and_autocrop_stay_within_the_image() {
    let options = Options { margin: 120.0, autocrop: true, ..Options::default() };
    let found = find(&three_squares(), options);
    assert_eq!(found.len(), 1);
    assert!(near(found[0].geometry.bounds(), [0.0, 0.0, 970.0, 570.0], 2.0), "{:?}", found[0].geometry);
}

#[test]
fn outlines_follow_the_object_and_keep_its_holes_if_asked() {
    let ring = picture(400, 400, |x, y| {
        let radius = (x - 200.0).hypot(y - 200.0);
        if (60.0..120.0).contains(&radius) { [150, 60, 130] } else { [244, 242, 245] }
    });
    let area = |fill_holes| {
        let options = Options { shape: RegionKind::Outlines, fill_holes, join: Some(0.0), ..Options::default() };
        find(&ring, options)[0].geometry.area()
    };
    let circle = |radius: f64| std::f64::consts::PI * radius * radius;
    assert!((area(true) / circle(120.0) - 1.0).abs() < 0.02, "{}", area(true));
    assert!((area(false) / (circle(120.0) - circle(60.0)) - 1.0).abs() < 0.03, "{}", area(false));
}

#[test]
fn a_rotated_field_is_a_rotated_rectangle() {
    let field = Geometry::RotatedRectangle { center: Point::new(250.0, 200.0), width: 200.0, height: 90.0, angle: 0.3 };
    let drawn = field.clone();
    let source =
        picture(500, 400, move |x, y| if drawn.contains(Point::new(x, y)) { [20, 20, 20] } else { [250, 250, 250] });
    let options = Options { mode: Mode::Rectangles, shape: RegionKind::Outlines, ..Options::default() };
    let found = find(&source, options);
    let Geometry::RotatedRectangle { width, height, angle, .. } = found[0].geometry else {
        panic!("{:?}", found[0].geometry)
    };
    assert!(
        (width - 200.0).abs() < 5.0 && (height - 90.0).abs() < 5.0 && (angle - 0.3).abs() < 0.03,
        "{width} {height} {angle}"
    );
}

#[test]
fn cores_are_named_by_row_and_column() {
    let missing = (1, 2);
    let source = picture(900, 700, move |x, y| {
        // A grid rotated by 3°.
        let (sin, cos) = 3.0f64.to_radians().sin_cos();
        let (u, v) = (x * cos + y * sin - 80.0, y * cos - x * sin - 100.0);
        let (column, row) = ((u / 150.0).round(), (v / 150.0).round());
        let is_core = (0.0..5.0).contains(&column) && (0.0..4.0).contains(&row);
        let inside = (u - column * 150.0).hypot(v - row * 150.0) < 45.0;
        if is_core && inside && (row as i32, column as i32) != missing { [170, 110, 160] } else { [245, 245, 245] }
    });
    let found = find(&source, Options { mode: Mode::Tma, shape: RegionKind::Outlines, ..Options::default() });
    let names: Vec<_> = found.iter().filter_map(|roi| roi.name.as_deref()).collect();
    assert_eq!(names.len(), 19, "{names:?}");
    assert_eq!((names[0], names[4], names[5]), ("A-1", "A-5", "B-1"));
    assert!(!names.contains(&"B-3") && names.contains(&"D-5"), "{names:?}");
    assert!(found.iter().all(|roi| roi.kind == Kind::TmaCore && (roi.geometry.bounds().width() - 90.0).abs() < 4.0));
}

#[test]
fn nothing_is_found_where_nothing_is() {
    let even = picture(300, 200, |_, _| [200, 201, 199]);
    for mode in [Mode::Foreground, Mode::Dark, Mode::Bright, Mode::Rectangles, Mode::Tma] {
        assert_eq!(find(&even, Options { mode, ..Options::default() }), [], "{mode:?}");
    }
}

#[test]
fn bright_objects_of_16_bits_are_stretched_before_the_threshold() {
    let value = |x: u32, y: u32| if (50..90).contains(&x) && (30..80).contains(&y) { 1200u16 } else { 300 };
    let samples = (0..150).flat_map(|y| (0..200).map(move |x| value(x, y))).collect();
    let source = InMemory::new(Pixels::new(Size::new(200, 150), 1, Samples::U16(samples)).unwrap());
    let found = find(&source, Options { mode: Mode::Bright, ..Options::default() });
    assert_eq!(found.len(), 1);
    assert!(near(found[0].geometry.bounds(), [50.0, 30.0, 90.0, 80.0], 1.0), "{:?}", found[0].geometry);
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let source = three_squares();
    let refused = |options| detect(&source, &options, &Progress::default()).is_err();
    assert!(refused(Options { threshold: Some(2.0), ..Options::default() }));
    assert!(refused(Options { margin: f64::NAN, ..Options::default() }));
}

#[test]
fn otsu_parts_two_heaps() {
    let values: Vec<f32> = (0..1000).map(|i| if i % 3 == 0 { 0.8 } else { 0.2 }).collect();
    let threshold = otsu(&values);
    assert!((0.2..0.8).contains(&threshold), "{threshold}");
}
