//! What makes other shapes of the selected regions, each by events of the pointer.

use egui::{Key, Modifiers, Pos2};
use egui_kittest::kittest::Queryable as _;
use mosaicist::app::{Combine, RegionCommand, WindowCommand};
use mosaicist::geometry::Point;
use mosaicist::mosaic::Region;
use mosaicist::region::Geometry;

use crate::driver::Window;

/// A window with its Regions tab and these regions, none of which is selected; clicks select.
fn with_shapes(shapes: Vec<Geometry>) -> Window {
    let mut window = Window::with_tiles();
    for shape in shapes {
        window.app().ask(RegionCommand::Draw { shape, combine: Combine::New });
    }
    window.app().ask(RegionCommand::Select(None));
    window.app().ask(WindowCommand::ShowPanel("regions"));
    window.app().ask(WindowCommand::SetTool("hand"));
    window.steps(3);
    window
}

fn click(window: &mut Window, (x, y): (f64, f64), modifiers: Modifiers) {
    let at: Pos2 = window.at(x, y);
    window.harness.event(egui::Event::ModifiersChanged(modifiers));
    window.move_to(at);
    window.button(at, true, modifiers);
    window.steps(1);
    window.button(at, false, modifiers);
    window.steps(1);
    window.harness.event(egui::Event::ModifiersChanged(Modifiers::NONE));
    // The next click is no second one of this.
    window.steps(12);
}

/// Selects what lies at these canvas points, the first of them first.
fn select(window: &mut Window, places: &[(f64, f64)]) {
    for (number, &place) in places.iter().enumerate() {
        click(window, place, if number == 0 { Modifiers::NONE } else { Modifiers::SHIFT });
    }
    assert_eq!(window.app().selection().regions.len(), places.len());
}

/// Presses a button of the section about what is selected.
fn press(window: &mut Window, label: &str) {
    window.harness.query_all_by_label(label).last().unwrap().scroll_to_me();
    window.steps(5);
    window.press(label);
}

fn regions(window: &mut Window) -> Vec<Region> {
    window.app().mosaic().regions.iter().cloned().collect()
}

/// The only region there is.
fn only(window: &mut Window) -> Geometry {
    let regions = regions(window);
    assert_eq!(regions.len(), 1);
    regions[0].geometry.clone()
}

/// Two rectangles of 200 × 100 pixels that share 100 × 50.
fn two() -> Vec<Geometry> {
    vec![Geometry::rectangle(100.0, 100.0, 200.0, 100.0), Geometry::rectangle(200.0, 150.0, 200.0, 100.0)]
}

const LEFT: (f64, f64) = (120.0, 120.0);
const RIGHT: (f64, f64) = (380.0, 230.0);

#[test]
fn two_are_merged() {
    let mut window = with_shapes(two());
    select(&mut window, &[LEFT, RIGHT]);
    press(&mut window, "Merge");
    assert_eq!(only(&mut window).area(), 2.0 * 20_000.0 - 5000.0);
    assert_eq!(window.app().selection().regions.len(), 1, "what came of it is selected");
    window.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(regions(&mut window).len(), 2, "one step");
}

#[test]
fn others_are_subtracted_from_the_first() {
    let mut window = with_shapes(two());
    select(&mut window, &[LEFT, RIGHT]);
    press(&mut window, "Subtract");
    let rest = only(&mut window);
    assert_eq!(rest.area(), 15_000.0);
    assert!(rest.contains(Point::new(120.0, 120.0)) && !rest.contains(Point::new(250.0, 180.0)));
}

#[test]
fn two_are_intersected() {
    let mut window = with_shapes(two());
    select(&mut window, &[LEFT, RIGHT]);
    press(&mut window, "Intersect");
    let common = only(&mut window);
    assert_eq!((common.area(), common.bounds().x0, common.bounds().y1), (5000.0, 200.0, 200.0));
}

#[test]
fn parts_are_split() {
    let apart = vec![Geometry::rectangle(100.0, 100.0, 50.0, 50.0), Geometry::rectangle(300.0, 100.0, 50.0, 50.0)];
    let mut window = with_shapes(apart);
    select(&mut window, &[(120.0, 120.0), (320.0, 120.0)]);
    press(&mut window, "Merge");
    assert_eq!(only(&mut window).polygons().len(), 2);
    press(&mut window, "Split");
    let parts: Vec<f64> = regions(&mut window).iter().map(|region| region.geometry.area()).collect();
    assert_eq!(parts, [2500.0, 2500.0]);
}

#[test]
fn a_region_is_cut_by_a_line_that_is_drawn() {
    let mut window = with_shapes(vec![Geometry::rectangle(100.0, 100.0, 200.0, 100.0)]);
    window.app().ask(WindowCommand::SetTool("line"));
    window.steps(2);
    let (from, to) = (window.at(160.0, 60.0), window.at(160.0, 260.0));
    window.drag(from, to, Modifiers::SHIFT);
    assert_eq!(regions(&mut window).len(), 2);
    window.app().ask(WindowCommand::SetTool("hand"));
    window.steps(12);
    select(&mut window, &[(250.0, 150.0), (160.0, 230.0)]);
    press(&mut window, "More…");
    window.press("Shape");
    window.press("Cut by the selected line");
    let mut areas: Vec<f64> = regions(&mut window)
        .iter()
        .filter(|region| region.geometry.is_area())
        .map(|region| region.geometry.area())
        .collect();
    areas.sort_by(f64::total_cmp);
    assert_eq!(areas.len(), 2, "{areas:?}");
    assert!((areas[0] - 6000.0).abs() < 150.0 && (areas[0] + areas[1] - 20_000.0).abs() < 0.1, "{areas:?}");
}

#[test]
fn a_hull_is_convex() {
    let corner = [(100.0, 100.0), (300.0, 100.0), (300.0, 140.0), (140.0, 140.0), (140.0, 300.0), (100.0, 300.0)];
    let mut window = with_shapes(vec![Geometry::polygon(corner.map(Point::from))]);
    select(&mut window, &[(120.0, 120.0)]);
    press(&mut window, "Hull");
    let hull = only(&mut window);
    assert_eq!((hull.vertices(), hull.area()), (5, 40_000.0 - 160.0 * 160.0 / 2.0));
}

#[test]
fn an_outline_is_simplified() {
    let corner = |n: i32| {
        let (sin, cos) = (f64::from(n) / 200.0 * std::f64::consts::TAU).sin_cos();
        Point::new(250.0 + 100.0 * cos, 200.0 + 100.0 * sin)
    };
    let circle = Geometry::polygon((0..200).map(corner).collect::<Vec<_>>());
    let mut window = with_shapes(vec![circle.clone()]);
    select(&mut window, &[(250.0, 200.0)]);
    press(&mut window, "Simplify");
    let simple = only(&mut window);
    assert!((8..100).contains(&simple.vertices()), "{}", simple.vertices());
    assert!((simple.area() - circle.area()).abs() < 0.02 * circle.area(), "{}", simple.area());
}

#[test]
fn rows_of_the_list_show_the_pixels_of_their_regions() {
    let mut window = with_shapes(two());
    window.until_textures("region", 2);
    let sizes = window.textures("region");
    assert!(sizes.len() == 2 && sizes.iter().all(|size| size[0] == 50 && size[1] >= 25), "at 1/4: {sizes:?}");
}
