//! The window, driven without a screen: what a user does with mouse and keys, and what comes of it.
#![cfg(feature = "gui")]
#![expect(clippy::unwrap_used, reason = "a test helper that cannot go on should say where")]

mod agreement;
mod arranging;
mod background;
mod batch;
mod by_hand;
mod by_hand_values;
mod channels;
mod compare;
mod display;
mod dialogs;
mod driver;
mod software_renderer;
mod cached;
mod first_minute;
mod leaving;
mod looking;
mod many_regions;
mod menus;
mod nav;
mod notices;
mod orientation;
mod overlaps;
mod panels;
mod process;
mod recovery;
mod region_shaping;
mod region_tab;
mod regions;
mod rounds;
mod saving;
mod snapshots;
mod tabs;
mod thumbnails;

use std::path::Path;

use driver::Window;
use egui::{Event, Key, Modifiers, Pos2, vec2};
use egui_kittest::kittest::Queryable as _;
use mosaicist::app::{ExportCommand, FileCommand, Launch, LayoutCommand, LayoutForm, RegionCommand, WindowCommand};
use mosaicist::geometry::{Point, Rect, Region, Size};
use mosaicist::pixels::{Pixels, SampleType};
use mosaicist::source::testing::Pattern;
use mosaicist::source::{Source as _, open};

fn whole(path: &Path) -> Pixels {
    let source = open(path).unwrap().page(0).unwrap();
    source.read(Region::new(0, source.info().whole(0))).unwrap()
}

#[test]
fn the_welcome_screen_opens_the_selected_document() {
    let mut window = Window::new();
    let tiles = window.folder.path().join("tiles");
    *window.picker.0.lock().unwrap() = vec![tiles];
    window.harness.get_by_label("Open folder…").click();
    window.until("the tiles are open", |app| app.mosaic().placements.len() == 6);
    assert_eq!(window.positions()[..4], [(0.0, 0.0), (320.0, 0.0), (640.0, 0.0), (0.0, 240.0)]);
    assert!(window.harness.query_by_label("Open folder…").is_none(), "the first screen is gone");
}

#[test]
fn fit_shows_all_and_the_wheel_zooms_at_the_cursor() {
    let mut window = Window::with_tiles();
    let screen = window.app().canvas_rect();
    let view = window.app().view();
    assert!(view.visible(screen).contains(Rect::new(0, 0, 960, 480)), "all is in view");
    let cursor = screen.center() + vec2(170.0, -60.0);
    let before = view.canvas_from_ui(screen, cursor);
    window.harness.event(Event::PointerMoved(cursor));
    window.steps(1);
    window.harness.event(Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: vec2(0.0, 120.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
        modifiers: Modifiers::NONE,
    });
    window.steps(30);
    let zoomed = window.app().view();
    assert!(zoomed.zoom > view.zoom * 1.3, "{} to {}", view.zoom, zoomed.zoom);
    let after = zoomed.ui_from_canvas(screen, before);
    assert!((after - cursor).length() < 0.5, "the point under the cursor moved to {after:?}");
    window.key(Modifiers::NONE, Key::Num0);
    assert_eq!(window.app().view(), view, "0 fits again");
    window.key(Modifiers::NONE, Key::Num1);
    assert!((window.app().view().zoom - 1.0).abs() < 1e-9, "1 shows 100 %");
}

#[test]
fn the_hand_tool_drags_the_view() {
    let mut window = Window::with_tiles();
    window.key(Modifiers::NONE, Key::H);
    let (view, middle) = (window.app().view(), window.app().canvas_rect().center());
    window.drag(middle, middle + vec2(120.0, -50.0), Modifiers::NONE);
    let moved = window.app().view();
    let expected = view.center - Point::new(120.0 / view.zoom, -50.0 / view.zoom);
    assert!((moved.center.x - expected.x).abs() < 0.01 && (moved.center.y - expected.y).abs() < 0.01, "{moved:?}");
    assert_eq!(window.positions()[1], (320.0, 0.0), "no tile has moved");
}

#[test]
fn a_dragged_tile_snaps_and_the_change_is_undone_and_redone() {
    let mut window = Window::with_tiles();
    window.key(Modifiers::NONE, Key::V);
    let zoom = window.app().view().zoom;
    // Tile 5 (lower right) goes down by about its height, and 3 points on the screen to the right: its left edge snaps back.
    let from = window.at(800.0, 360.0);
    let to = from + vec2(3.0, (240.0 * zoom) as f32 + 2.0);
    window.drag(from, to, Modifiers::NONE);
    assert_eq!(window.positions()[5], (640.0, 480.0), "snapped to its neighbor's edges");
    window.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.positions()[5], (640.0, 240.0), "undone");
    window.key(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    assert_eq!(window.positions()[5], (640.0, 480.0), "redone");
}

#[test]
fn a_click_selects_and_a_box_selects_many() {
    let mut window = Window::with_tiles();
    let at = window.at(480.0, 120.0);
    window.drag(at, at, Modifiers::NONE);
    assert_eq!(window.app().selection().placements.len(), 1);
    let (from, to) = (window.at(-15.0, -15.0), window.at(400.0, 300.0));
    window.drag(from, to, Modifiers::NONE);
    assert_eq!(window.app().selection().placements.len(), 4);
    window.key(Modifiers::NONE, Key::Delete);
    assert_eq!(window.app().mosaic().placements.len(), 2);
    window.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.app().mosaic().placements.len(), 6);
}

#[test]
fn a_region_is_drawn_resized_and_exported() {
    let mut window = Window::with_tiles();
    window.key(Modifiers::NONE, Key::M);
    assert_eq!(window.app().mosaic().regions.len(), 0);
    let (from, to) = (window.at(100.0, 50.0), window.at(420.0, 300.0));
    window.drag(from, to, Modifiers::NONE);
    let drawn = window.app().mosaic().regions[0].rect();
    assert!((drawn.x0 - 100).abs() <= 1 && (drawn.y1 - 300).abs() <= 1, "{drawn}");
    let (edge, further) = (window.at(drawn.x1 as f64, 175.0), window.at(500.0, 175.0));
    window.drag(edge, further, Modifiers::NONE);
    let rect = window.app().mosaic().regions[0].rect();
    assert!((rect.x1 - 500).abs() <= 1 && rect.x0 == drawn.x0, "{rect}");
    let out = window.folder.path().join("region.png");
    let id = window.app().mosaic().regions[0].id;
    window.app().ask(ExportCommand::Show(Some(id)));
    window.steps(2);
    let form = window.app().export_form().unwrap();
    form.format = mosaicist::export::Format::Png;
    form.path = out.to_string_lossy().into_owned();
    window.steps(2);
    window.harness.get_by_label("Start").click();
    window.until("the region is written", |app| !app.is_busy() && app.notices().iter().any(|n| n.contains("Exported")));
    let picture = Pattern::new(Size::new(960, 480), 3, SampleType::U8);
    assert_eq!(whole(&out), picture.read(Region::new(0, rect)).unwrap());
}

#[test]
fn saving_and_opening_again_brings_everything_back() {
    let mut window = Window::with_tiles();
    let project = window.folder.path().join("p.mosaic");
    window.app().ask(RegionCommand::Add(Rect::new(5, 6, 70, 80)));
    window.app().ask(FileCommand::SaveTo(project.clone()));
    window.until("it is saved", |app| app.notices().iter().any(|n| n.contains("Saved")));
    let before = window.app().mosaic().clone();
    window.app().ask(FileCommand::Close);
    window.steps(3);
    assert!(window.app().mosaic().placements.is_empty(), "saved: nothing to ask");
    window.app().ask(FileCommand::Open(vec![project]));
    window.until("it is open", |app| app.mosaic().placements.len() == 6);
    assert_eq!(window.app().mosaic().regions, before.regions);
    let rects = |mosaic: &mosaicist::mosaic::Mosaic| {
        mosaic.placements.iter().map(mosaicist::mosaic::Placement::rect).collect::<Vec<_>>()
    };
    assert_eq!(rects(window.app().mosaic()), rects(&before));
}

/// Ask for an export of everything to `out` by the dialog.
fn export_to(window: &mut Window, out: &Path) {
    window.app().ask(ExportCommand::Show(None));
    window.steps(2);
    window.app().export_form().unwrap().path = out.to_string_lossy().into_owned();
    window.app().ask(ExportCommand::Start);
    window.until("it is in the queue", |app| app.export_form().is_none());
}

#[test]
fn exports_queue_and_a_failed_one_is_repeated() {
    let mut window = Window::with_tiles();
    let (first, later) = (window.folder.path().join("first.dzi"), window.folder.path().join("later/second.dzi"));
    export_to(&mut window, &later);
    export_to(&mut window, &first);
    window.until("both have ended", |app| !app.is_busy());
    window.steps(3);
    assert!(first.is_file() && !later.exists());
    let notices = window.app().notices().join("; ");
    assert!(notices.contains("Exported") && notices.contains("second.dzi"), "{notices}");
    // The list tells of both, and lets the failed one be run again once its folder is there.
    window.harness.get_by_label("first.dzi");
    window.harness.get_by_label("Show in folder");
    std::fs::create_dir(later.parent().unwrap()).unwrap();
    window.harness.get_by_label("Restart").click();
    window.until("it is written", |app| {
        !app.is_busy() && app.notices().iter().filter(|n| n.contains("Exported")).count() == 2
    });
    assert!(later.is_file());
    window.steps(3);
    for _ in 0..2 {
        // Off the button, whose hint bears the same words.
        window.harness.event(Event::PointerMoved(Pos2::new(500.0, 400.0)));
        window.steps(5);
        window.harness.get_all_by_label("Remove from list").next().unwrap().click();
        window.steps(3);
    }
    assert!(window.harness.query_by_label("Exports").is_none(), "an empty list is not shown");
}

#[test]
fn the_dialog_offers_every_format() {
    let mut window = Window::with_tiles();
    window.app().ask(ExportCommand::Show(None));
    window.steps(3);
    window.harness.get_by_value("Deep Zoom (.dzi)").click();
    window.steps(4);
    for spec in mosaicist::export::FORMATS {
        let listed = window.harness.query_all_by_label_contains(spec.title).count();
        assert!(listed > 0, "{} is not in the list", spec.title);
    }
    let zoomify = mosaicist::export::Format::Zoomify.spec().title;
    window.harness.get_by_label(zoomify).click();
    window.steps(8);
    let out = window.folder.path().join("web");
    let form = window.app().export_form().unwrap();
    assert_eq!(form.format, mosaicist::export::Format::Zoomify);
    assert_eq!(Path::new(&form.path).extension(), None, "{}", form.path);
    form.path = out.to_string_lossy().into_owned();
    form.extras.viewer = true;
    window.app().ask(ExportCommand::Start);
    window.until("it is written", |app| app.notices().iter().any(|n| n.contains("Exported")));
    for name in ["ImageProperties.xml", "index.html"] {
        assert!(out.join(name).is_file(), "{name}");
    }
}

/// Start an export that takes a while: the same tiles far apart make a large canvas.
fn start_long_export(window: &mut Window) {
    lay_far_apart(window);
    window.app().ask(ExportCommand::Show(None));
    window.steps(3);
    let out = window.folder.path().join("out.dzi");
    window.app().export_form().unwrap().path = out.to_string_lossy().into_owned();
    window.until("it is planned", |app| app.is_previewed());
    window.app().ask(ExportCommand::Start);
    window.until("it runs", |app| app.is_busy());
}

/// A large canvas.
fn lay_far_apart(window: &mut Window) {
    let grid = mosaicist::mosaic::Grid::across(3).with_overlap(-9000.0, -9000.0);
    let form = Box::new(LayoutForm { grid, ..LayoutForm::default() });
    window.app().ask(LayoutCommand::Set { form, apply: true });
    window.until("they lie far apart", |app| app.mosaic().bounds().width() > 18_000);
}

#[test]
fn a_cancelled_export_leaves_nothing() {
    let mut window = Window::with_tiles();
    start_long_export(&mut window);
    window.app().ask(WindowCommand::CancelJob);
    window.until("it has stopped", |app| app.notices().iter().any(|n| n.contains("Cancelled")));
    assert!(!window.app().is_busy());
    let left: Vec<_> =
        std::fs::read_dir(window.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["tiles"], "nothing but what was there");
}

#[test]
fn leaving_asks_about_changes_and_then_about_exports() {
    let mut window = Window::with_tiles();
    start_long_export(&mut window);
    window.app().ask(FileCommand::Quit);
    window.steps(3);
    assert!(window.shows("Save the changes of tiles (6 images)?"));
    window.harness.get_by_label("Discard").click();
    window.steps(3);
    assert!(window.harness.query_by_label("Exports are running").is_some());
    window.press("Stay");
    window.steps(3);
    assert!(window.app().is_busy(), "the export goes on");
    window.app().ask(FileCommand::Quit);
    window.steps(3);
    assert!(window.shows("Save the changes of tiles (6 images)?"), "nothing was given up when the user stayed");
    window.press("Discard");
    window.press("Stop exports and quit");
    assert!(window.app().is_leaving());
    window.steps(3);
    assert!(window.harness.query_by_label("Exports are running").is_none(), "it does not ask again");
    window.app().ask(WindowCommand::CancelJob);
    window.until("it has stopped", |app| !app.is_busy());
}

#[test]
fn a_bad_tile_is_marked_with_its_reason_and_the_rest_opens() {
    let mut window = Window::new();
    let tiles = window.folder.path().join("tiles");
    std::fs::write(tiles.join("t4.png"), b"\x89PNG\r\n\x1A\ntorn").unwrap();
    window.app().start(Launch::Files(vec![tiles]));
    window.until("the tiles are open", |app| app.mosaic().placements.len() == 6);
    window.until("the picture is sharp", |app| app.is_sharp());
    assert!(
        window.app().notices().iter().any(|n| n.contains("1 file of 6 cannot be read")),
        "{:?}",
        window.app().notices()
    );
    assert_eq!(window.positions()[4], (320.0, 240.0), "its place stays");
    window.app().ask(WindowCommand::ShowPanel("tiles"));
    window.until_shown("1 tile cannot be read");
}

#[test]
fn keys_and_buttons_choose_the_same_tools() {
    let mut window = Window::with_tiles();
    window.harness.get_by_label("Rectangle (M)").click();
    window.steps(3);
    let (from, to) = (window.at(10.0, 10.0), window.at(200.0, 200.0));
    window.drag(from, to, Modifiers::NONE);
    assert_eq!(window.app().mosaic().regions.len(), 1);
    window.app().ask(WindowCommand::SetTool("hand"));
    window.steps(2);
    window.drag(from, to, Modifiers::NONE);
    assert_eq!(window.app().mosaic().regions.len(), 1, "the hand draws nothing");
}

#[test]
fn unsaved_changes_are_not_lost_by_closing() {
    let mut window = Window::with_tiles();
    window.app().ask(RegionCommand::Add(Rect::new(5, 6, 70, 80)));
    window.steps(2);
    window.key(Modifiers::COMMAND, Key::W);
    assert_eq!(window.app().mosaic().placements.len(), 6, "it asks first");
    window.press("Stay");
    window.steps(3);
    assert_eq!(window.app().mosaic().regions.len(), 1);
    window.key(Modifiers::COMMAND, Key::W);
    window.harness.get_by_label("Discard").click();
    window.steps(4);
    assert!(window.app().mosaic().placements.is_empty());
}
