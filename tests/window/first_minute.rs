//! What somebody meets who uses the window for the first time.

use egui::{Key, Modifiers, vec2};
use mosaicist::app::{ExportCommand, Launch, RegionCommand};
use mosaicist::geometry::Rect;

use crate::driver::Window;

/// A window with the tiles as they are opened.
fn opened() -> Window {
    let mut window = Window::new();
    let tiles = window.folder.path().join("tiles");
    window.app().start(Launch::Files(vec![tiles]));
    window.until("the tiles are open", |app| app.mosaic().placements.len() == 6 && app.is_sharp());
    window
}

#[test]
fn a_mosaic_opens_with_the_hand_that_moves_no_tile() {
    let mut window = opened();
    let (before, view) = (window.positions(), window.app().view());
    let middle = window.at(480.0, 120.0);
    window.drag(middle, middle + vec2(60.0, 20.0), Modifiers::NONE);
    assert_eq!(window.positions(), before);
    assert!(window.app().view() != view, "the view moves");
    assert!(window.app().selection().placements.is_empty());
}

#[test]
fn a_first_drag_with_the_arrange_tool_selects_and_moves_and_the_status_bar_says_so() {
    let mut window = opened();
    window.resize(vec2(1440.0, 900.0));
    window.key(Modifiers::NONE, Key::V);
    let at = window.at(480.0, 120.0);
    window.move_to(at);
    assert!(window.shows("Drag to select and move t1.png"));
    window.drag(at, at + vec2(0.0, 90.0), Modifiers::ALT);
    assert_eq!(window.app().selection().placements.len(), 1);
    assert!(window.positions()[1].1 > 10.0, "{:?}", window.positions());
    window.move_to(at + vec2(0.0, 80.0));
    assert!(window.shows("Drag to move t1.png: Shift level, Alt without snapping"));
}

#[test]
fn a_small_window_says_what_the_tool_does() {
    let mut window = opened();
    window.resize(vec2(800.0, 600.0));
    window.key(Modifiers::NONE, Key::V);
    let at = window.at(480.0, 120.0);
    window.move_to(at);
    window.until("its samples are read", |app| !app.is_busy());
    window.until_shown("Drag to select and move t1.png");
    let place = window.place_of("Drag to select and move t1.png");
    assert!(place.width() > 150.0 && place.right() < 790.0, "{place:?}");
}

#[test]
fn an_export_begins_with_the_selected_region_and_remembers_its_format() {
    let mut window = opened();
    window.app().ask(RegionCommand::Add(Rect::new(10, 10, 200, 100)));
    window.steps(3);
    let id = window.app().mosaic().regions[0].id;
    window.app().ask(RegionCommand::Select(Some(id)));
    window.steps(2);
    window.key(Modifiers::COMMAND, Key::E);
    window.steps(3);
    assert_eq!(window.app().export_form().unwrap().region, Some(id));
    let out = window.folder.path().join("one.jpg");
    let form = window.app().export_form().unwrap();
    form.choose(mosaicist::export::Format::Jpeg);
    form.quality = 71;
    form.path = out.to_string_lossy().into_owned();
    window.steps(3);
    // Enter starts it.
    window.key(Modifiers::NONE, Key::Enter);
    window.until("it is written", |app| app.notices().iter().any(|notice| notice.contains("Exported")));
    assert!(out.exists());
    window.app().ask(RegionCommand::Select(None));
    window.app().ask(ExportCommand::Show(None));
    window.steps(3);
    let folder = window.folder.path().to_string_lossy().into_owned();
    let form = window.app().export_form().unwrap();
    assert_eq!((form.region, form.format, form.quality), (None, mosaicist::export::Format::Jpeg, 71));
    assert!(form.path.starts_with(&folder));
}

#[test]
fn an_empty_document_says_so_and_offers_undo() {
    let mut window = Window::new();
    let (tiles, named) = (window.folder.path().join("tiles"), window.folder.path().join("named"));
    std::fs::create_dir(&named).unwrap();
    for number in 0..6 {
        let name = format!("r{}_c{}.png", number / 3, number % 3);
        std::fs::copy(tiles.join(format!("t{number}.png")), named.join(name)).unwrap();
    }
    window.app().start(Launch::Files(vec![named]));
    window.until("the tiles are open", |app| app.mosaic().placements.len() == 6 && app.is_sharp());
    window.until_shown("Close layout line");
    window.key(Modifiers::COMMAND, Key::A);
    window.key(Modifiers::NONE, Key::Delete);
    window.steps(3);
    assert!(!window.shows("Close layout line"), "nothing is laid out");
    assert!(window.app().mosaic().placements.is_empty());
    assert!(window.shows("This document has no images") && !window.shows("Open example"));
    assert!(!window.shows("Reset viewed areas"), "there is nothing to view");
    window.press("Undo: Remove tiles");
    assert_eq!(window.app().mosaic().placements.len(), 6);
    assert!(!window.shows("This document has no images"));
}
