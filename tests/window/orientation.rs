//! Where one is: the map, the values under the mouse, units, what is drawn over the image.

use egui::{Event, Key, Modifiers, vec2};
use egui_kittest::kittest::Queryable as _;
use mosaicist::app::{App, FileCommand, Toggle};
use mosaicist::geometry::{Point, Rect, Size};
use mosaicist::pixels::{Color, Pixels, SampleType, Samples};

use crate::driver::{Window, near};
use crate::panels::write_channels;

#[test]
fn the_map_moves_the_view_and_shades_unviewed_areas() {
    let mut window = Window::with_tiles();
    window.key(Modifiers::NONE, Key::Num9);
    let map = window.harness.get_by_label("Map").rect();
    // A point at a quarter of the width; what it means follows from where the click leads.
    let click = |window: &mut Window, part: f32| {
        let at = egui::pos2(map.left() + map.width() * part, map.center().y);
        window.move_to(at);
        window.button(at, true, Modifiers::NONE);
        window.steps(1);
        window.button(at, false, Modifiers::NONE);
        window.steps(3);
        window.rest();
        window.app().view().center
    };
    let (left, middle, right) = (click(&mut window, 0.25), click(&mut window, 0.5), click(&mut window, 0.75));
    assert!(near(middle, Point::new(480.0, 240.0), 3.0), "{middle:?}");
    assert!(
        near(left, Point::new(240.0, 240.0), 12.0) && near(right, Point::new(720.0, 240.0), 12.0),
        "{left:?} {right:?}"
    );
    assert!(window.harness.query_by_label_contains("% viewed").is_some());
    window.harness.get_by_label("Reset viewed areas").click();
    window.steps(3);
    // At 900 % a screen is about a fiftieth of the picture.
    let told = window.harness.get_by_label_contains("% viewed").value().unwrap_or_default();
    let label = window.harness.query_all_by_label_contains("% viewed").count();
    assert!(label == 1 && !told.starts_with("100"), "{told}");
}

/// A TIFF of 16-bit grays in rows of 64.
fn sixteen_bit(path: &std::path::Path) {
    let samples = (0..64 * 48u32).map(|i| (i * 21 % 65_536) as u16).collect();
    let pixels = Pixels::new(Size::new(64, 48), 1, Samples::U16(samples)).unwrap();
    mosaicist::export::write_image(path, &pixels, Color::Gray, 90).unwrap();
}

#[test]
fn raw_samples_under_the_mouse_are_shown() {
    let mut window = Window::new();
    let path = window.folder.path().join("deep.tif");
    sixteen_bit(&path);
    window.open(path);
    for (x, y) in [(5, 3), (63, 47)] {
        let at = window.at(f64::from(x) + 0.5, f64::from(y) + 0.5);
        window.move_to(at);
        window.until("the samples are read", |app| app.samples().is_some());
        let value = ((y * 64 + x) * 21 % 65_536).to_string();
        assert_eq!(window.app().samples().unwrap()[0].value, value, "at {x}, {y}");
        assert!(window.harness.query_by_label_contains(&format!("V {value}")).is_some());
        assert!(window.harness.query_by_label_contains(&format!("x {x}  y {y}")).is_some());
    }
    let outside = window.at(-3.0, 5.0);
    window.move_to(outside);
    window.steps(3);
    assert!(window.app().samples().is_none(), "there is no image there");
}

#[test]
fn changed_files_are_read_again_on_reopening() {
    let mut window = Window::new();
    let path = window.folder.path().join("changing.png");
    for value in [10u8, 200] {
        let plain = Pixels::filled(Size::new(64, 48), SampleType::U8, &[value.into()]);
        mosaicist::export::write_image(&path, &plain, Color::Gray, 90).unwrap();
        window.open(path.clone());
        let at = window.at(20.5, 20.5);
        window.move_to(at);
        window.until("the samples are read", |app| app.samples().is_some());
        assert_eq!(window.app().samples().unwrap()[0].value, value.to_string());
        window.app().ask(FileCommand::Close);
        window.steps(3);
    }
}

/// A TIFF of 64 × 48 gray bytes, 2 m across and 4 m down each, its corner at (500000, 4000000).
fn on_a_map(path: &std::path::Path) {
    let doubles = |values: &[f64]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let shorts = |values: &[u16]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let (short, long, double) = (3u16, 4u16, 12u16);
    let pixels = 64 * 48;
    let mut file = [b"II*\0".to_vec(), (8 + pixels as u32).to_le_bytes().to_vec(), vec![77; pixels]].concat();
    let tags = [
        (256u16, long, 1u32, 64u32.to_le_bytes().to_vec()),
        (257, long, 1, 48u32.to_le_bytes().to_vec()),
        (258, short, 1, shorts(&[8, 0])),
        (259, short, 1, shorts(&[1, 0])),
        (262, short, 1, shorts(&[1, 0])),
        (273, long, 1, 8u32.to_le_bytes().to_vec()),
        (277, short, 1, shorts(&[1, 0])),
        (278, long, 1, 48u32.to_le_bytes().to_vec()),
        (279, long, 1, (pixels as u32).to_le_bytes().to_vec()),
        (33550, double, 3, doubles(&[2.0, 4.0, 0.0])),
        (33922, double, 6, doubles(&[0.0, 0.0, 0.0, 500_000.0, 4_000_000.0, 0.0])),
        (34735, short, 8, shorts(&[1, 1, 0, 1, 3076, 0, 1, 9001])),
    ];
    let end = file.len() + 2 + tags.len() * 12 + 4;
    let mut beyond = Vec::new();
    file.extend((tags.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in tags {
        file.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        file.extend(count.to_le_bytes());
        if value.len() <= 4 {
            file.extend(value);
        } else {
            file.extend(((end + beyond.len()) as u32).to_le_bytes());
            beyond.extend(value);
        }
    }
    file.extend([0; 4]);
    file.extend(beyond);
    std::fs::write(path, file).unwrap();
}

#[test]
fn go_to_accepts_map_units() {
    let mut window = Window::new();
    let path = window.folder.path().join("map.tif");
    on_a_map(&path);
    window.open(path);
    let at = window.at(10.5, 20.5);
    window.move_to(at);
    window.until("the samples are read", |app| app.samples().is_some());
    assert!(window.harness.query_by_label_contains("500021.00, 3999918.00 m").is_some());
    window.key(Modifiers::COMMAND, Key::G);
    window.steps(2);
    for (field, text) in [("x", "500040"), ("y", "3999960")] {
        window.harness.get_by_label(field).focus();
        window.steps(2);
        window.key(Modifiers::COMMAND, Key::A);
        window.harness.event(Event::Text(text.into()));
        window.steps(2);
    }
    window.key(Modifiers::NONE, Key::Enter);
    let view = window.app().view();
    assert!(near(view.center, Point::new(20.0, 10.0), 1e-6), "{view:?}");
}

#[test]
fn fitted_views_follow_the_window_size() {
    let mut window = Window::with_tiles();
    let whole = Rect::new(0, 0, 960, 480);
    window.harness.set_size(vec2(900.0, 600.0));
    window.steps(3);
    let screen = window.app().canvas_rect();
    let view = window.app().view();
    assert!(screen.width() < 700.0 && view.visible(screen).contains(whole), "{view:?} in {screen:?}");
    window.key(Modifiers::NONE, Key::Num2);
    let chosen = window.app().view();
    window.harness.set_size(vec2(1200.0, 800.0));
    window.steps(3);
    assert_eq!(window.app().view(), chosen, "what the user has chosen stays");
}

#[test]
fn overlays_are_switched_and_saved() {
    let mut window = Window::with_tiles();
    let folder = window.folder.path().join("config");
    window.app().keep_in(&folder);
    for (key, modifiers) in
        [(Key::G, Modifiers::SHIFT), (Key::C, Modifiers::NONE), (Key::R, Modifiers::COMMAND | Modifiers::SHIFT)]
    {
        window.key(modifiers, key);
    }
    let middle = window.app().canvas_rect().center();
    window.move_to(middle);
    assert!((window.app().view().degrees).abs() < 1e-9, "Ctrl+Shift+R turned nothing");
    let switched = |app: &App| [Toggle::Grid, Toggle::Crosshair, Toggle::Rulers].map(|toggle| app.is_on(toggle));
    assert_eq!(switched(window.app()), [true; 3]);
    window.app().save_settings();
    let mut again = Window::new();
    again.app().keep_in(&folder);
    assert_eq!(switched(again.app()), [true; 3]);
}

/// The texts drawn in the last frame.
fn drawn(window: &Window) -> Vec<String> {
    fn collect(shape: &egui::Shape, texts: &mut Vec<String>) {
        match shape {
            egui::Shape::Text(text) => texts.push(text.galley.text().to_owned()),
            egui::Shape::Vec(shapes) => shapes.iter().for_each(|shape| collect(shape, texts)),
            _ => {}
        }
    }
    let mut texts = Vec::new();
    window.harness.output().shapes.iter().for_each(|clipped| collect(&clipped.shape, &mut texts));
    texts
}

#[test]
fn the_ruler_measures_in_pixels_and_micrometers_until_it_is_clicked_away() {
    let mut window = Window::new();
    let path = window.folder.path().join("planes.ome.tif");
    write_channels(&path);
    window.open(path);
    window.key(Modifiers::NONE, Key::L);
    let (from, to) = (window.at(4.0, 5.0), window.at(28.0, 23.0));
    window.drag(from, to, Modifiers::NONE);
    let measured = |window: &Window| drawn(window).into_iter().filter(|text| text.contains("px ·")).collect::<Vec<_>>();
    assert_eq!(measured(&window), ["30.0 px · 15 µm"]);
    assert_eq!(window.app().mosaic().regions.len(), 0, "nothing of the document has changed");
    assert!(!window.app().is_dirty());
    window.drag(to, to, Modifiers::NONE);
    assert_eq!(measured(&window), [""; 0]);
}
