//! The tools that draw regions, each by events of the pointer, and what can be dragged of a region.

use egui::{Key, Modifiers, Pos2};
use mosaicist::app::{Drawing, RegionCommand, WindowCommand};
use mosaicist::geometry::{Point, Rect};
use mosaicist::mosaic::{Region, RegionProperty};
use mosaicist::region::Geometry;

use crate::driver::Window;

/// A window with tiles, and a tool chosen.
fn with_tool(tool: &'static str) -> Window {
    let mut window = Window::with_tiles();
    window.app().ask(WindowCommand::SetTool(tool));
    window.steps(2);
    window
}

fn click(window: &mut Window, at: Pos2, modifiers: Modifiers) {
    window.harness.event(egui::Event::ModifiersChanged(modifiers));
    window.move_to(at);
    window.button(at, true, modifiers);
    window.steps(1);
    window.button(at, false, modifiers);
    window.steps(1);
    window.harness.event(egui::Event::ModifiersChanged(Modifiers::NONE));
    window.steps(2);
}

fn click_at(window: &mut Window, (x, y): (f64, f64)) {
    let at = window.at(x, y);
    click(window, at, Modifiers::NONE);
    // Not the second of two.
    window.steps(12);
}

fn drag(window: &mut Window, from: (f64, f64), to: (f64, f64), modifiers: Modifiers) {
    let (from, to) = (window.at(from.0, from.1), window.at(to.0, to.1));
    window.drag(from, to, modifiers);
}

fn regions(window: &mut Window) -> Vec<Region> {
    window.app().mosaic().regions.iter().cloned().collect()
}

fn only(window: &mut Window) -> Geometry {
    let regions = regions(window);
    assert_eq!(regions.len(), 1, "{:?}", regions.iter().map(|region| region.geometry.name()).collect::<Vec<_>>());
    regions[0].geometry.clone()
}

fn close(value: f64, expected: f64, within: f64) {
    assert!((value - expected).abs() <= within, "{value} is not {expected}");
}

#[test]
fn shift_draws_squares_alt_cuts_out_and_ctrl_joins() {
    let mut window = with_tool("rectangle");
    drag(&mut window, (100.0, 100.0), (300.0, 180.0), Modifiers::SHIFT);
    let square = only(&mut window);
    close(square.bounds().width(), square.bounds().height(), 0.0);
    close(square.bounds().width(), 200.0, 2.0);
    drag(&mut window, (150.0, 150.0), (200.0, 200.0), Modifiers::ALT);
    let holed = only(&mut window);
    close(holed.area(), square.area() - 2500.0, 250.0);
    assert!(!holed.contains(Point::new(175.0, 175.0)) && holed.contains(Point::new(120.0, 120.0)));
    drag(&mut window, (290.0, 110.0), (400.0, 150.0), Modifiers::COMMAND);
    let joined = only(&mut window);
    assert!(joined.contains(Point::new(380.0, 130.0)), "{joined:?}");
    window.key(Modifiers::COMMAND, Key::Z);
    window.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(only(&mut window), square, "each is one step");
}

#[test]
fn a_fixed_size_is_placed_by_a_click() {
    let mut window = with_tool("rectangle");
    let drawing = Drawing { fixed: true, size: (120.0, 60.0), ..Drawing::default() };
    window.app().ask(RegionCommand::SetDrawing(drawing));
    window.steps(2);
    click_at(&mut window, (400.0, 200.0));
    let bounds = only(&mut window).bounds();
    assert_eq!((bounds.width(), bounds.height()), (120.0, 60.0));
    close(bounds.center().x, 400.0, 1.0);
}

#[test]
fn an_ellipse_is_drawn_and_rotated_and_resized() {
    let mut window = with_tool("ellipse");
    drag(&mut window, (300.0, 150.0), (500.0, 250.0), Modifiers::NONE);
    let Geometry::Ellipse { rx, ry, angle, .. } = only(&mut window) else { panic!("no ellipse") };
    close(rx, 100.0, 1.5);
    close(ry, 50.0, 1.5);
    close(angle, 0.0, 0.0);
    // The handle that rotates is above the upper edge.
    let top = window.at(400.0, 150.0) - egui::vec2(0.0, 26.0);
    let right = window.at(400.0, 200.0) + egui::vec2(150.0, 0.0);
    window.drag(top, right, Modifiers::SHIFT);
    let Geometry::Ellipse { angle, center, .. } = only(&mut window) else { panic!("no ellipse") };
    close(angle.to_degrees(), 90.0, 0.1);
    close(center.x, 400.0, 1.0);
    drag(&mut window, (400.0, 300.0), (400.0, 350.0), Modifiers::NONE);
    let Geometry::Ellipse { rx, .. } = only(&mut window) else { panic!("no ellipse") };
    close(rx, 125.0, 2.0);
}

#[test]
fn a_polygon_is_clicked_and_its_vertices_edited() {
    let mut window = with_tool("polygon");
    for at in [(200.0, 100.0), (400.0, 100.0), (400.0, 300.0), (300.0, 350.0)] {
        click_at(&mut window, at);
    }
    assert!(regions(&mut window).is_empty(), "it is not closed yet");
    window.key(Modifiers::NONE, Key::Backspace);
    window.key(Modifiers::NONE, Key::Enter);
    let triangle = only(&mut window);
    assert_eq!(triangle.vertices(), 3, "the last one was taken back");
    close(triangle.area(), 20_000.0, 400.0);
    drag(&mut window, (400.0, 300.0), (400.0, 200.0), Modifiers::NONE);
    close(only(&mut window).area(), 10_000.0, 400.0);
    let edge = window.at(300.0, 100.0);
    click(&mut window, edge, Modifiers::COMMAND);
    assert_eq!(only(&mut window).vertices(), 4, "an edge got a vertex");
    click(&mut window, edge, Modifiers::COMMAND);
    assert_eq!(only(&mut window).vertices(), 3, "which is removed");
    window.steps(12);
    drag(&mut window, (360.0, 140.0), (460.0, 160.0), Modifiers::NONE);
    let moved = only(&mut window).bounds();
    close(moved.x0, 300.0, 2.0);
    close(moved.y0, 120.0, 2.0);
}

#[test]
fn escape_gives_up_an_outline_and_a_click_on_its_beginning_closes_it() {
    let mut window = with_tool("polygon");
    for at in [(200.0, 100.0), (400.0, 100.0), (400.0, 300.0)] {
        click_at(&mut window, at);
    }
    window.key(Modifiers::NONE, Key::Escape);
    window.key(Modifiers::NONE, Key::Enter);
    assert!(regions(&mut window).is_empty());
    for at in [(200.0, 100.0), (400.0, 100.0), (400.0, 300.0), (200.0, 100.0)] {
        click_at(&mut window, at);
    }
    assert_eq!(only(&mut window).vertices(), 3);
}

#[test]
fn a_polyline_ends_with_a_double_click() {
    let mut window = with_tool("polyline");
    click_at(&mut window, (200.0, 100.0));
    click_at(&mut window, (400.0, 100.0));
    let end = window.at(400.0, 200.0);
    for _ in 0..2 {
        window.button(end, true, Modifiers::NONE);
        window.harness.event(egui::Event::PointerMoved(end));
        window.steps(1);
        window.button(end, false, Modifiers::NONE);
        window.steps(1);
    }
    window.steps(3);
    let line = only(&mut window);
    assert_eq!((line.name(), line.vertices()), ("polyline", 3));
    close(line.length(), 300.0, 2.0);
}

#[test]
fn freehand_draws_around_something() {
    let mut window = with_tool("freehand");
    let start = window.at(300.0, 100.0);
    window.move_to(start);
    window.button(start, true, Modifiers::NONE);
    window.steps(1);
    for step in 1..=40 {
        let (sin, cos) = (f64::from(step) / 40.0 * std::f64::consts::TAU).sin_cos();
        let at = window.at(300.0 + 100.0 * sin, 200.0 - 100.0 * cos);
        window.harness.event(egui::Event::PointerMoved(at));
        window.steps(1);
    }
    window.button(start, false, Modifiers::NONE);
    window.steps(3);
    let drawn = only(&mut window);
    assert!(drawn.vertices() >= 30, "{}", drawn.vertices());
    close(drawn.area(), std::f64::consts::PI * 10_000.0, 900.0);
}

#[test]
fn the_brush_paints_and_the_eraser_takes_away() {
    let mut window = with_tool("brush");
    let zoom = window.app().view().zoom;
    let radius = 20.0 / zoom;
    drag(&mut window, (200.0, 200.0), (400.0, 200.0), Modifiers::NONE);
    let stroke = only(&mut window);
    close(stroke.area(), 200.0 * 2.0 * radius + std::f64::consts::PI * radius * radius, 800.0);
    drag(&mut window, (390.0, 200.0), (390.0, 320.0), Modifiers::NONE);
    let longer = only(&mut window);
    assert!(longer.contains(Point::new(390.0, 310.0)), "a stroke from inside goes on with the region");
    window.app().ask(WindowCommand::SetTool("eraser"));
    drag(&mut window, (300.0, 120.0), (300.0, 280.0), Modifiers::NONE);
    let cut = only(&mut window);
    assert!(!cut.contains(Point::new(300.0, 200.0)) && cut.area() < longer.area() - 1000.0);
    assert_eq!(cut.polygons().len(), 2, "one region of two parts");
}

#[test]
fn the_wand_takes_what_has_the_color() {
    let mut window = Window::new();
    let path = window.folder.path().join("spot.png");
    let (mut pixels, inside) =
        (vec![240u8; 400 * 300 * 3], |x: usize, y: usize| (100..180).contains(&x) && (90..150).contains(&y));
    for (index, pixel) in pixels.chunks_exact_mut(3).enumerate() {
        if inside(index % 400, index / 400) {
            pixel.copy_from_slice(&[200, 20, 30]);
        }
    }
    let size = mosaicist::geometry::Size::new(400, 300);
    let pixels = mosaicist::pixels::Pixels::new(size, 3, mosaicist::pixels::Samples::U8(pixels)).unwrap();
    mosaicist::export::write_image(&path, &pixels, mosaicist::pixels::Color::Rgb, 90).unwrap();
    window.open(path);
    window.app().ask(WindowCommand::SetTool("wand"));
    window.steps(2);
    click_at(&mut window, (140.0, 120.0));
    window.until("the wand has found it", |app| app.mosaic().regions.len() == 1);
    assert_eq!(only(&mut window).area(), 80.0 * 60.0);
    let bounds = only(&mut window).bounds();
    assert_eq!((bounds.x0, bounds.y0), (100.0, 90.0));
}

#[test]
fn points_are_counted_moved_and_removed() {
    let mut window = with_tool("points");
    for at in [(200.0, 100.0), (300.0, 100.0), (400.0, 200.0)] {
        click_at(&mut window, at);
    }
    assert_eq!(only(&mut window).points().len(), 3);
    drag(&mut window, (300.0, 100.0), (320.0, 150.0), Modifiers::NONE);
    let points = only(&mut window).points().to_vec();
    close(points[1].y, 150.0, 1.0);
    let first = window.at(200.0, 100.0);
    click(&mut window, first, Modifiers::COMMAND);
    assert_eq!(only(&mut window).points().len(), 2);
    window.key(Modifiers::NONE, Key::Enter);
    click_at(&mut window, (500.0, 300.0));
    assert_eq!(regions(&mut window).len(), 2, "Enter ends the series");
}

#[test]
fn lines_and_angles_are_measured() {
    let mut window = with_tool("line");
    drag(&mut window, (100.0, 100.0), (300.0, 110.0), Modifiers::SHIFT);
    let line = only(&mut window);
    close(line.length(), 200.0, 2.0);
    close(line.bounds().height(), 0.0, 1e-9);
    window.app().ask(RegionCommand::RemoveSelected);
    window.app().ask(WindowCommand::SetTool("angle"));
    window.steps(2);
    for at in [(300.0, 100.0), (200.0, 100.0), (200.0, 250.0)] {
        click_at(&mut window, at);
    }
    let angle = only(&mut window);
    close(angle.angle().unwrap().to_degrees(), 90.0, 1.0);
}

#[test]
fn a_label_gets_its_text_in_the_regions_tab() {
    let mut window = with_tool("text");
    click_at(&mut window, (300.0, 200.0));
    window.steps(3);
    assert!(matches!(only(&mut window), Geometry::Text { .. }));
    window.press("Region Text");
    window.type_over("Margin is clear");
    window.key(Modifiers::NONE, Key::Enter);
    let Geometry::Text { text, .. } = only(&mut window) else { panic!("no text") };
    assert_eq!(&*text, "Margin is clear");
}

#[test]
fn the_hand_selects_and_delete_removes_but_locked_regions_stay() {
    let mut window = Window::with_tiles();
    window.app().ask(RegionCommand::Add(Rect::new(100, 100, 200, 200)));
    window.app().ask(RegionCommand::Add(Rect::new(300, 100, 400, 200)));
    window.app().ask(WindowCommand::SetTool("hand"));
    window.steps(2);
    click_at(&mut window, (150.0, 150.0));
    let first = regions(&mut window)[0].id;
    assert_eq!(window.app().selection().region(), Some(first));
    let second = window.at(350.0, 150.0);
    click(&mut window, second, Modifiers::SHIFT);
    assert_eq!(window.app().selection().regions.len(), 2);
    window.app().ask(RegionCommand::SetOf(first, RegionProperty::Locked(true)));
    window.key(Modifiers::NONE, Key::Delete);
    assert_eq!(regions(&mut window).len(), 1);
    window.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(regions(&mut window).len(), 2);
}

#[test]
fn several_are_moved_together_and_duplicated() {
    let mut window = with_tool("rectangle");
    window.app().ask(RegionCommand::Add(Rect::new(100, 100, 200, 200)));
    window.app().ask(RegionCommand::Add(Rect::new(300, 100, 400, 200)));
    window.app().ask(RegionCommand::SelectAll);
    window.steps(2);
    drag(&mut window, (150.0, 150.0), (190.0, 170.0), Modifiers::NONE);
    let places: Vec<_> = regions(&mut window).iter().map(|region| (region.rect().x0, region.rect().y0)).collect();
    assert!((places[0].0 - 140).abs() <= 1 && (places[1].0 - 340).abs() <= 1, "{places:?}");
    assert_eq!(places[0].1, places[1].1);
    window.app().ask(RegionCommand::Duplicate);
    window.steps(2);
    assert_eq!((regions(&mut window).len(), window.app().selection().regions.len()), (4, 2));
}
