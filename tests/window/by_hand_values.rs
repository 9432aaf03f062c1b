//! Values of tiles and of the canvas: fields and sliders of the Tiles tab.

use egui::accesskit::Role;
use egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::Queryable as _;
use mosaicist::app::{CanvasCommand, RegionCommand, TileCommand, WindowCommand};
use mosaicist::geometry::{Affine, Point, Rect, Size};
use mosaicist::mosaic::{Alignment, Distribution, PixelSize};
use mosaicist::pixels::{Color, Pixels, Samples};

use crate::driver::{Window, near};

impl Window {
    /// A window that is high enough for all sections of the Tiles tab.
    fn with_values() -> Self {
        let mut window = Self::with_tiles();
        window.harness.set_size(vec2(1200.0, 2400.0));
        window.app().ask(WindowCommand::ShowPanel("tiles"));
        window.steps(6);
        window
    }

    /// Type `text` into the number that bears `label`.
    pub(super) fn enter(&mut self, label: &str, text: &str) {
        self.press(label);
        self.type_over(text);
        self.harness.key_press(Key::Enter);
        self.steps(4);
    }
}

#[test]
fn typed_numbers_move_scale_and_rotate() {
    let mut window = Window::with_values();
    window.select(&[1]);
    window.enter("X position", "-40");
    window.enter("Y position", "33");
    assert_eq!(window.tile(1).position(), Point::new(-40.0, 33.0));
    window.enter("Width", "640");
    let extent = window.tile(1).extent();
    assert!(near(extent.min, Point::new(-40.0, 33.0), 1e-6), "{extent:?}");
    assert!(near(extent.max, Point::new(600.0, 273.0), 1e-6), "{extent:?}");
    window.enter("Scale", "100");
    assert!(window.tile(1).is_plain());
    window.enter("Rotation", "90");
    let Affine { a, b, .. } = window.tile(1).transform;
    assert_eq!((a, b), (0.0, 1.0));
    for _ in 0..5 {
        window.key(Modifiers::COMMAND, Key::Z);
    }
    assert_eq!(window.tile(1).position(), Point::new(320.0, 0.0), "five steps");
    assert!(window.tile(1).is_plain());
}

#[test]
fn a_slider_is_one_step() {
    let mut window = Window::with_values();
    window.select(&[0, 1]);
    let rect = window.harness.get_by_role_and_label(Role::Slider, "Opacity").rect();
    let (from, to) = (rect.left_center() + vec2(60.0, 0.0), rect.left_center() + vec2(25.0, 0.0));
    window.drag(from, to, Modifiers::NONE);
    let opacity = window.tile(0).opacity;
    assert!(opacity > 0.02 && opacity < 0.5, "{opacity}");
    assert_eq!(window.tile(1).opacity, opacity);
    window.key(Modifiers::COMMAND, Key::Z);
    assert_eq!((window.tile(0).opacity, window.tile(1).opacity), (1.0, 1.0), "one step");
    window.enter("Crop left", "30");
    assert_eq!((window.tile(0).crop.left, window.tile(1).crop.left), (30, 30));
}

#[test]
fn buttons_align_and_distribute() {
    let mut window = Window::with_values();
    window.select(&[0, 4]);
    window.press("Align bottom edges");
    assert_eq!(window.tile(0).position(), Point::new(0.0, 240.0));
    window.app().ask(TileCommand::Align(Alignment::Center));
    window.steps(2);
    assert_eq!(window.tile(0).position().x, window.tile(4).position().x);
    window.key(Modifiers::COMMAND, Key::Z);
    window.key(Modifiers::COMMAND, Key::Z);
    window.select(&[0, 1, 2]);
    window.app().ask(TileCommand::Distribute(Distribution { across: true, gap: Some(-20.0) }));
    window.steps(2);
    let across: Vec<f64> = (0..3).map(|number| window.tile(number).position().x).collect();
    assert_eq!(across, [0.0, 300.0, 600.0]);
    window.press("Rotate tiles right");
    assert_eq!(window.tile(1).extent().width(), 240.0);
}

#[test]
fn a_tile_shows_another_file_at_its_place() {
    let mut window = Window::with_tiles();
    let path = window.folder.path().join("other.png");
    let size = Size::new(100, 80);
    let pixels = Pixels::new(size, 3, Samples::U8(vec![200; 100 * 80 * 3])).unwrap();
    mosaicist::export::write_image(&path, &pixels, Color::Rgb, 90).unwrap();
    *window.picker.0.lock().unwrap() = vec![path];
    window.select(&[4]);
    window.app().ask(TileCommand::AskReplace);
    window.until("it is replaced", |app| app.mosaic().placements.iter().any(|placement| placement.size == size));
    assert_eq!(window.tile(4).name(), "other.png");
    assert_eq!(window.tile(4).position(), Point::new(320.0, 240.0));
    window.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.tile(4).name(), "t4.png");
}

#[test]
fn the_canvas_is_fitted_or_fixed() {
    let mut window = Window::with_values();
    let canvas = |window: &mut Window| window.app().mosaic().canvas;
    assert_eq!(canvas(&mut window), None);
    window.press("Fixed");
    assert_eq!(canvas(&mut window), Some(Rect::new(0, 0, 960, 480)));
    window.enter("Canvas width", "500");
    window.enter("Canvas X", "-20");
    assert_eq!(canvas(&mut window), Some(Rect::new(-20, 0, 480, 480)));
    window.select(&[1, 4]);
    window.press("Crop to selection");
    assert_eq!(canvas(&mut window), Some(Rect::new(320, 0, 640, 480)));
    window.app().ask(RegionCommand::Add(Rect::new(10, 20, 110, 220)));
    window.steps(3);
    window.press("Crop to region");
    assert_eq!(canvas(&mut window), Some(Rect::new(10, 20, 110, 220)));
    window.press("Crop to content");
    assert_eq!(canvas(&mut window), Some(Rect::new(0, 0, 960, 480)));
    window.press("Fitted");
    assert_eq!(canvas(&mut window), None);
    window.app().ask(CanvasCommand::Fix(Rect::default()));
    window.steps(2);
    assert_eq!(canvas(&mut window), None, "no empty canvas");
}

#[test]
fn background_and_pixel_size_are_of_the_document() {
    let mut window = Window::with_values();
    window.press("White");
    assert_eq!(window.app().mosaic().background, [255; 3]);
    window.enter("Pixel width", "0.5");
    window.enter("Pixel height", "0.25");
    assert_eq!(window.app().mosaic().pixel_size, Some(PixelSize { x: 0.5, y: 0.25 }));
    assert!(window.shows("set here"));
    for _ in 0..3 {
        window.key(Modifiers::COMMAND, Key::Z);
    }
    let mosaic = window.app().mosaic();
    assert_eq!((mosaic.background, mosaic.pixel_size), ([0; 3], None));
}
