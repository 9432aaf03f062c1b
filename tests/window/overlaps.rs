//! Aligning, blending and evening out images in the window: each is one step to undo, and the screen shows it.

use std::path::{Path, PathBuf};

use egui::Modifiers;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use mosaicist::align::AlignOptions;
use mosaicist::app::{EditCommand, LayoutCommand, LayoutForm, OverlapCommand, Toggle, WindowCommand};
use mosaicist::geometry::{Point, Rect, Size};
use mosaicist::mosaic::{Blend, BlendMode, Grid, GridOrder, Length, PlacementIds, SeamPath};
use mosaicist::pixels::{Pixels, Samples};

use crate::driver::Window;

const TILE: Size = Size::new(200, 160);
/// Where the four tiles belong: off the grid by some pixels.
pub(super) const PLACES: [(i64, i64); 4] = [(0, 0), (163, 4), (5, 118), (158, 121)];

/// Structures of some pixels and up, the same at the same place.
pub(super) fn scene(x: i64, y: i64) -> f32 {
    let wave = |length: f32, angle: f32| {
        ((x as f32 * angle.cos() + y as f32 * angle.sin()) / length * std::f32::consts::TAU).sin()
    };
    let waves = [(9.0, 0.3), (13.0, 1.4), (21.0, 2.2), (34.0, 0.9), (55.0, 2.8)];
    110.0 + waves.into_iter().map(|(length, angle)| 16.0 * wave(length, angle)).sum::<f32>()
}

/// Soft blots, each of a gray of its own: no place is like another.
fn blots(x: i64, y: i64) -> f32 {
    const APART: i64 = 7;
    let gray = |column: i64, row: i64| {
        let mixed = (column.wrapping_mul(0x9E37_79B9) ^ row.wrapping_mul(0x85EB_CA6B)).wrapping_mul(0xC2B2_AE35);
        (mixed >> 13 & 0xFF) as f32 * 0.7 + 20.0
    };
    let ((column, row), part) =
        ((x.div_euclid(APART), y.div_euclid(APART)), |at: i64| at.rem_euclid(APART) as f32 / 7.0);
    let across = |row: i64| gray(column, row) + (gray(column + 1, row) - gray(column, row)) * part(x);
    across(row) + (across(row + 1) - across(row)) * part(y)
}

/// Tiles that lie within 16 pixels of where they belong.
pub(super) fn near() -> AlignOptions {
    AlignOptions { max_shift: Some(16.0), ..AlignOptions::default() }
}

fn set(window: &mut Window, form: LayoutForm) {
    window.app().ask(LayoutCommand::Set { form: Box::new(form), apply: true });
}

/// Writes tiles of one scene from these places into `folder`, the second brighter by a fifth.
pub(super) fn write_tiles(
    folder: &Path,
    places: &[(i64, i64)],
    scene: impl Fn(i64, i64) -> f32,
    name: impl Fn(usize) -> String,
) -> Vec<PathBuf> {
    std::fs::create_dir(folder).unwrap();
    let write = |(number, (left, top)): (usize, &(i64, i64))| {
        let gain = if number == 1 { 1.2 } else { 1.0 };
        let places = (0..i64::from(TILE.height)).flat_map(|y| (0..i64::from(TILE.width)).map(move |x| (x, y)));
        let samples = places.map(|(x, y)| (scene(left + x, top + y) * gain) as u8).collect();
        let path = folder.join(name(number));
        let pixels = Pixels::new(TILE, 1, Samples::U8(samples)).unwrap();
        mosaicist::export::write_plain_tiff(&path, &pixels).unwrap();
        path
    };
    places.iter().enumerate().map(write).collect()
}

/// A window with tiles of one scene from these places, the second brighter by a fifth.
fn window_of(places: &[(i64, i64)], scene: impl Fn(i64, i64) -> f32, name: impl Fn(usize) -> String) -> Window {
    let mut window = Window::new();
    let paths = write_tiles(&window.folder.path().join("cuts"), places, scene, name);
    window.app().ask(mosaicist::app::FileCommand::Open(paths));
    window.until("the tiles are open", |app| app.mosaic().placements.len() == places.len());
    window
}

/// Four overlapping tiles of one scene, laid out as a regular grid.
pub(super) fn window() -> Window {
    let mut window = window_of(&PLACES, scene, |number| format!("cut_r{}_c{}.tif", number / 2, number % 2));
    let grid = Grid { overlap: (Length::Px(40.0), Length::Px(40.0)), ..Grid::across(2) };
    set(&mut window, LayoutForm { grid, ..LayoutForm::default() });
    window.until("they are laid out", |app| app.mosaic().placements[3].position() == Point::new(160.0, 120.0));
    window
}

#[test]
fn aligning_moves_tiles_to_where_they_match_and_is_undone_at_once() {
    let mut window = window();
    let before = window.positions();
    window.app().ask(OverlapCommand::Align { selected: false, options: near() });
    window.until("the tiles are aligned", |app| !app.is_busy());
    window.steps(2);
    let found = window.positions();
    for (at, belongs) in found.iter().zip(PLACES) {
        let off = (at.0 - found[0].0 - belongs.0 as f64).hypot(at.1 - found[0].1 - belongs.1 as f64);
        assert!(off < 0.2, "{found:?}");
    }
    window.app().ask(EditCommand::Undo);
    window.steps(2);
    assert_eq!(window.positions(), before);
}

#[test]
fn tiles_of_an_unknown_layout_are_placed_by_what_they_show() {
    // In no order, and one that shows something else.
    let places = [(118, 94), (0, 0), (9_000, 7_000), (121, 3), (4, 91)];
    let mut window =
        window_of(&places, blots, |number| format!("{}.tif", ["kiwi", "fig", "pear", "apple", "plum"][number]));
    let at = |window: &mut Window| -> Vec<(f64, f64)> {
        let placements = window.app().mosaic().placements.clone();
        let of = |name: &str| placements.iter().find(|placement| placement.name() == name).unwrap().position();
        ["kiwi.tif", "fig.tif", "pear.tif", "apple.tif", "plum.tif"].map(|name| of(name).into()).to_vec()
    };
    window.resize(egui::vec2(1200.0, 1900.0));
    window.app().ask(WindowCommand::ShowPanel("tiles"));
    window.until_shown("Start from");
    let before = at(&mut window);
    window.press("Start from");
    window.until_shown("Unknown layout");
    window.press("Unknown layout");
    window.press("Align all");
    window.until("the tiles are aligned", |app| !app.is_busy());
    window.steps(3);
    let found = at(&mut window);
    for number in [0, 3, 4] {
        let (x, y) = (found[number].0 - found[1].0, found[number].1 - found[1].1);
        let off = (x - (places[number].0 - places[1].0) as f64).hypot(y - (places[number].1 - places[1].1) as f64);
        assert!(off < 0.2, "{found:?}");
    }
    let rect = |at: (f64, f64)| Rect::at(at.0.round() as i64, at.1.round() as i64, TILE);
    assert!([0, 1, 3, 4].iter().all(|other| rect(found[2]).intersect(rect(found[*other])).is_empty()), "{found:?}");
    let told = "4 images aligned; 1 match no other and lie below";
    assert!(window.app().notices().iter().any(|notice| notice.contains(told)), "{:?}", window.app().notices());
    window.app().ask(EditCommand::Undo);
    window.steps(2);
    assert_eq!(at(&mut window), before, "one step");
}

#[test]
fn exposures_are_matched_and_a_blend_is_chosen_in_the_panel() {
    let mut window = window();
    window.app().ask(OverlapCommand::Align { selected: false, options: near() });
    window.until("the tiles are aligned", |app| !app.is_busy());
    window.app().ask(OverlapCommand::MatchExposures);
    window.until("the exposures are matched", |app| app.mosaic().placements[1].gain != 1.0 && !app.is_busy());
    let gains: Vec<f32> = window.app().mosaic().placements.iter().map(|placement| placement.gain).collect();
    assert!((gains[0] / gains[1] - 1.2).abs() < 0.01 && (gains[2] / gains[3] - 1.0).abs() < 0.01, "{gains:?}");
    window.app().ask(WindowCommand::ShowPanel("tiles"));
    window.until_shown("Align all");
    assert!(window.harness.query_by_label("Seam").is_none(), "overlay has none");
    let blend = Blend { mode: BlendMode::MultiBand, seam: SeamPath::LeastDifference };
    window.app().ask(OverlapCommand::Blend(blend));
    window.until_shown("Seam");
    assert_eq!(window.app().mosaic().blend, blend);
    window.app().ask(EditCommand::Undo);
    window.steps(2);
    assert_eq!(window.app().mosaic().blend, Blend::default());
}

#[test]
fn a_blended_mosaic_is_drawn_as_it_is_composed() {
    let mut window = window();
    window.app().ask(OverlapCommand::Blend(Blend { mode: BlendMode::Max, seam: SeamPath::Middle }));
    window.until("it is drawn", |app| app.is_sharp());
    window.app().ask(mosaicist::app::RegionCommand::Add(Rect::new(160, 0, 200, 40)));
    window.steps(2);
    let copied = window.copied();
    // The overlap of the first two: the brighter of both everywhere.
    let expected = |x: i64, y: i64| (scene(160 + x, y) as u8).max((scene(163 + x, 4 + y) * 1.2) as u8);
    let size = copied.size;
    assert_eq!(size, [40, 40]);
    for (at, pixel) in copied.pixels.iter().enumerate() {
        let (x, y) = ((at % 40) as i64, (at / 40) as i64);
        assert_eq!(pixel.r(), expected(x, y), "at {x},{y}");
    }
}

/// The window with its tiles aligned.
fn aligned() -> Window {
    let mut window = window();
    window.app().ask(OverlapCommand::Align { selected: false, options: near() });
    window.until("the tiles are aligned", |app| !app.is_busy());
    window.app().ask(WindowCommand::ShowPanel("tiles"));
    window.until_shown("Show on canvas");
    window
}

/// How far the last tile is from where it belongs, seen from the first.
fn off(window: &mut Window) -> f64 {
    let found = window.positions();
    let (x, y) = (found[3].0 - found[0].0 - PLACES[3].0 as f64, found[3].1 - found[0].1 - PLACES[3].1 as f64);
    x.hypot(y)
}

/// Whether a button is shown as chosen.
fn is_pressed(window: &Window, label: &str) -> bool {
    window.harness.get_by_label(label).accesskit_node().toggled() == Some(egui::accesskit::Toggled::True)
}

#[test]
fn a_link_is_looked_at_set_by_hand_and_left_to_the_comparison_again() {
    let mut window = aligned();
    let links = window.harness.get_all_by_label_contains("Link cut_").count();
    assert!(links >= 4, "each tile has two neighbors beside or above it");
    // All sections of the tab at once.
    window.resize(egui::vec2(1200.0, 1900.0));
    window.steps(10);
    window.press("Link cut_r1_c0.tif – cut_r1_c1.tif");
    assert_eq!(window.app().selection().placements.len(), 2, "both tiles are selected");
    window.press("Blink");
    window.steps(3);
    // The last tile is moved away, together with what it links to.
    let ids: Vec<_> = window.app().mosaic().placements.iter().map(|placement| placement.id).collect();
    window.app().ask(EditCommand::Select { ids: PlacementIds::from_iter([ids[3]]), add: false });
    window.app().ask(EditCommand::MoveSelected(Point::new(9.0, 0.0)));
    window.steps(2);
    window.press("Set");
    window.until("it is solved", |app| !app.is_busy());
    window.steps(2);
    let set = off(&mut window);
    assert!(set > 2.0, "the tile stays beside where it matches: {set}");
    window.press("Auto");
    window.until("it is solved again", |app| !app.is_busy());
    window.steps(2);
    let auto = off(&mut window);
    assert!(auto < 0.2, "{auto}");
    window.app().ask(EditCommand::Undo);
    window.steps(2);
    assert!((off(&mut window) - set).abs() < 1e-6, "the decision is one step");
    assert!(is_pressed(&window, "Set") && !is_pressed(&window, "Auto"), "the link is as it was decided before");
    window.app().ask(EditCommand::Redo);
    window.steps(2);
    assert!(is_pressed(&window, "Auto") && off(&mut window) < 0.2);
    window.app().ask(EditCommand::Jump(-4));
    window.steps(2);
    assert!(window.harness.query_by_label("Auto").is_none(), "before the alignment there are no links");
}

#[test]
fn a_click_on_a_link_of_the_canvas_chooses_it() {
    let mut window = aligned();
    let middles: Vec<Point> = [0, 1].map(|tile| window.app().mosaic().placements[tile].extent().middle()).to_vec();
    let at = window.at(f64::midpoint(middles[0].x, middles[1].x), f64::midpoint(middles[0].y, middles[1].y));
    window.move_to(at);
    window.button(at, true, Modifiers::NONE);
    window.steps(1);
    window.button(at, false, Modifiers::NONE);
    window.steps(3);
    let chosen = window.app().selection().placements.clone();
    let ids: Vec<_> = window.app().mosaic().placements.iter().take(2).map(|placement| placement.id).collect();
    assert!(chosen.len() == 2 && ids.iter().all(|id| chosen.contains(*id)), "{chosen:?}");
    window.harness.get_by_label("Accept");
}

#[test]
fn a_report_is_written_where_the_user_says() {
    let mut window = aligned();
    for name in ["report.html", "report.csv"] {
        let path = window.folder.path().join(name);
        *window.picker.0.lock().unwrap() = vec![path.clone()];
        window.app().ask(OverlapCommand::AskReport);
        window.until("the report is there", |_| path.exists());
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("cut_r1_c1.tif") && text.contains("aligned"), "{text}");
        assert_eq!(text.starts_with("file,x,y"), name.ends_with("csv"));
    }
}

#[test]
fn a_report_replaces_no_tile_and_nothing_unasked() {
    let mut window = aligned();
    let tile = window.folder.path().join("cuts/cut_r0_c0.tif");
    let other = window.folder.path().join("notes.html");
    std::fs::write(&other, "mine").unwrap();
    let before = std::fs::read(&tile).unwrap();
    for path in [&tile, &other] {
        *window.picker.0.lock().unwrap() = vec![path.clone()];
        window.app().ask(OverlapCommand::AskReport);
        window.steps(60);
        window.until("it is looked at", |app| !app.is_busy());
    }
    assert_eq!(std::fs::read(&tile).unwrap(), before, "a tile is never written to");
    window.until_shown("Replace notes.html?");
    assert_eq!(std::fs::read_to_string(&other).unwrap(), "mine");
    window.press("Replace");
    window.until("it is replaced", |_| std::fs::read_to_string(&other).unwrap().contains("<html"));
}

#[test]
fn a_layout_is_guessed_from_overlaps_and_applied() {
    let mut window = window();
    window.app().ask(WindowCommand::ShowPanel("tiles"));
    // By columns, with hardly any overlap: wrong.
    let wrong = Grid { order: GridOrder::Columns, ..Grid::across(2) };
    set(&mut window, LayoutForm { grid: wrong, ..LayoutForm::default() });
    window.until("they are laid out", |app| app.mosaic().placements[1].position() == Point::new(0.0, 160.0));
    window.app().ask(OverlapCommand::GuessLayout);
    window.until("layouts are listed", |app| !app.is_busy());
    window.steps(3);
    let first = window.harness.get_all_by_label_contains(" %  2 across, rows, top left, overlap").next().unwrap();
    first.click();
    window.until("it is applied", |app| app.mosaic().placements[1].position().x > 100.0);
    for ((x, y), belongs) in window.positions().into_iter().zip(PLACES) {
        let far = (x - belongs.0 as f64).hypot(y - belongs.1 as f64);
        assert!(far < 12.0, "as near as a grid comes: {x}, {y}");
    }
}

#[test]
fn the_overlap_of_tiles_laid_out_by_names_is_guessed() {
    let mut window = window();
    window.app().ask(LayoutCommand::ShowNames);
    window.until("the names have been read", |app| app.layout_found().is_some());
    let form = window.app().layout_form().clone();
    let none = (Length::Px(0.0), Length::Px(0.0));
    set(&mut window, LayoutForm { grid: Grid { overlap: none, ..form.grid }, ..form });
    window.until("they abut", |app| app.mosaic().placements[3].position() == Point::new(200.0, 160.0));
    window.press("Guess overlap");
    window.until("they overlap", |app| app.mosaic().placements[3].position().x < 180.0);
    for ((x, y), belongs) in window.positions().into_iter().zip(PLACES) {
        let far = (x - belongs.0 as f64).hypot(y - belongs.1 as f64);
        assert!(far < 12.0, "as near as a grid comes: {x}, {y}");
    }
}

#[test]
fn a_dragged_tile_snaps_to_the_best_match() {
    let mut window = aligned();
    window.app().ask(WindowCommand::Toggle(Toggle::SnapMatch));
    window.app().ask(WindowCommand::SetTool("arrange"));
    window.steps(2);
    let before = window.positions()[3];
    let (from, to) = (window.at(before.0 + 120.0, before.1 + 110.0), window.at(before.0 + 127.0, before.1 + 105.0));
    // Alt: nothing snaps.
    window.drag(from, to, Modifiers::ALT);
    window.until("nothing is compared", |app| !app.is_busy());
    let moved = window.positions()[3];
    assert!((moved.0 - before.0).abs() > 4.0, "{moved:?}");
    window.app().ask(EditCommand::Undo);
    window.steps(2);
    window.drag(from, to, Modifiers::NONE);
    window.until("it is compared", |app| !app.is_busy());
    window.steps(3);
    let now = window.positions()[3];
    assert!((now.0 - before.0).hypot(now.1 - before.1) < 0.2, "{before:?} {now:?}");
    assert!(window.app().notices().iter().any(|notice| notice.contains("Snapped to the best match")));
}
