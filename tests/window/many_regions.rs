//! Very many regions: they are drawn as one picture, and are selected, edited and changed all at once as few are.

use egui::Modifiers;
use mosaicist::app::{RegionCommand, WindowCommand};
use mosaicist::mosaic::RegionProperty;
use mosaicist::region::files::{Frame, save_rois};
use mosaicist::region::{Geometry, Point, Roi};

use crate::driver::Window;

/// A window with 3,000 octagons on its tiles.
fn with_many() -> Window {
    let mut window = Window::with_tiles();
    let octagon = |n: usize| {
        let middle = Point::new(10.0 + (n % 75) as f64 * 12.5, 8.0 + (n / 75) as f64 * 11.5);
        let corner = |k: usize| {
            let (sin, cos) = (k as f64 / 8.0 * std::f64::consts::TAU).sin_cos();
            Point::new(middle.x + 5.0 * cos, middle.y + 5.0 * sin)
        };
        Roi::new(Geometry::polygon((0..8).map(corner).collect::<Vec<_>>()))
    };
    let path = window.folder.path().join("many.geojson");
    save_rois(&path, (0..3000).map(octagon).collect(), &Frame::default()).unwrap();
    window.app().ask(RegionCommand::Import(vec![path]));
    window.until("they are there", |app| app.mosaic().regions.len() == 3000);
    window.app().ask(RegionCommand::Select(None));
    window.until("they are drawn", |app| app.is_sharp());
    window
}

#[test]
fn one_of_very_many_is_clicked_and_its_vertex_dragged() {
    let mut window = with_many();
    window.app().ask(WindowCommand::SetTool("rectangle"));
    window.steps(2);
    let middle = window.app().mosaic().regions[1537].geometry.bounds().center();
    let id = window.app().mosaic().regions[1537].id;
    let at = window.at(middle.x, middle.y);
    window.move_to(at);
    window.button(at, true, Modifiers::NONE);
    window.steps(1);
    window.button(at, false, Modifiers::NONE);
    window.steps(3);
    assert_eq!(window.app().selection().region(), Some(id));
    let vertex = window.app().mosaic().regions[1537].geometry.polygons()[0].exterior[0];
    let (from, to) = (window.at(vertex.x, vertex.y), window.at(vertex.x + 40.0, vertex.y));
    window.drag(from, to, Modifiers::NONE);
    let moved = window.app().mosaic().regions[1537].geometry.bounds();
    assert!((moved.x1 - vertex.x - 40.0).abs() < 2.0, "{moved:?}");
    window.until("the picture follows", |app| app.is_sharp());
}

#[test]
fn all_of_very_many_are_changed_in_the_background_as_one_step() {
    let mut window = with_many();
    window.app().ask(RegionCommand::SelectAll);
    window.app().ask(RegionCommand::Set(RegionProperty::Notes("seen".into())));
    window.until("all have it", |app| app.mosaic().regions.iter().all(|region| region.notes.is_some()));
    window.app().ask(RegionCommand::Transform {
        label: "Move regions",
        by: mosaicist::geometry::Affine::translation(Point::new(7.0, 0.0)),
    });
    let before = window.app().mosaic().regions[2999].rect();
    window.until("all have moved", move |app| app.mosaic().regions[2999].rect().x0 == before.x0 + 7);
    window.key(Modifiers::COMMAND, egui::Key::Z);
    window.key(Modifiers::COMMAND, egui::Key::Z);
    assert!(window.app().mosaic().regions.iter().all(|region| region.notes.is_none()));
}
