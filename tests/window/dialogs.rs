//! Dialogs in a low window: all of them scroll inside, keep their buttons, and close by Escape alone.

use egui::{Event, Key, Modifiers, Pos2, vec2};
use mosaicist::app::{ExportCommand, FileCommand, Launch, WindowCommand};
use mosaicist::export::{FORMATS, OptionName};

use crate::driver::Window;
use crate::region_tab::drop_file;

/// Whether what bears `label` is inside a window of that size.
fn is_inside(window: &Window, label: &str, size: egui::Vec2) -> bool {
    let place = window.place_of(label);
    egui::Rect::from_min_size(Pos2::ZERO, size).contains_rect(place)
}

#[test]
fn the_export_dialog_fits_a_small_window_and_shrinks_again() {
    let size = vec2(800.0, 600.0);
    let mut window = Window::with_tiles();
    window.resize(size);
    window.app().ask(ExportCommand::Show(None));
    window.steps(8);
    let closed = window.place_of("Export").top();
    assert!(is_inside(&window, "Start", size) && is_inside(&window, "Export", size));
    window.press("More");
    window.steps(20);
    assert!(is_inside(&window, "Start", size) && is_inside(&window, "Format", size), "{:?}", window.place_of("Start"));
    window.press("More");
    window.steps(20);
    assert!((window.place_of("Export").top() - closed).abs() < 2.0, "it is as small as before");
    // A click beside it closes nothing, Escape does.
    window.click_at(Pos2::new(6.0, 300.0));
    assert!(window.app().export_form().is_some());
    window.key(Modifiers::NONE, Key::Escape);
    assert!(window.app().export_form().is_none());
}

#[test]
fn every_dialog_keeps_its_buttons_in_the_smallest_window() {
    let size = vec2(720.0, 480.0);
    let mut window = Window::with_tiles();
    window.resize(size);
    let raw = window.folder.path().join("plain.raw");
    std::fs::write(&raw, vec![77u8; 640 * 480]).unwrap();
    let dialogs: [(mosaicist::app::Command, &str); 5] = [
        (WindowCommand::ShowShortcuts(true).into(), "Reset all"),
        (WindowCommand::ShowAbout.into(), "Copy version"),
        (WindowCommand::ShowGoTo(true).into(), "Go"),
        (FileCommand::AskLocation.into(), "Open"),
        (FileCommand::ImportRaw(raw).into(), "Cancel"),
    ];
    for (command, button) in dialogs {
        window.app().ask(command);
        window.until_shown(button);
        window.steps(8);
        assert!(is_inside(&window, button, size), "{button}: {:?}", window.place_of(button));
        window.key(Modifiers::NONE, Key::Escape);
        window.steps(3);
        assert!(!window.shows(button), "{button}");
    }
}

#[test]
fn a_text_file_is_told_to_be_none_and_raw_import_is_a_choice() {
    let mut window = Window::new();
    let (text, bad) = (window.folder.path().join("notes.txt"), window.folder.path().join("bad.tif"));
    std::fs::write(&text, "only words\n".repeat(50)).unwrap();
    std::fs::write(&bad, [vec![0u8; 4], vec![7u8; 5000]].concat()).unwrap();
    window.app().start(Launch::Files(vec![text]));
    window.until_shown("notes.txt cannot be opened");
    assert!(window.shows("Not supported: a text, not an image."));
    window.key(Modifiers::NONE, Key::Escape);
    window.app().start(Launch::Files(vec![bad]));
    window.until_shown("bad.tif cannot be opened");
    assert!(window.shows("Not supported: named like TIFF, but its beginning is damaged, or it is something else."));
    window.press("Import raw…");
    window.until("it asks for the layout", |app| app.raw_form().is_some());
}

#[test]
fn coordinates_are_selected_and_two_are_pasted_at_once() {
    let mut window = Window::with_tiles();
    window.app().ask(WindowCommand::ShowGoTo(true));
    window.steps(4);
    window.harness.event(Event::Text("7".to_owned()));
    window.steps(2);
    window.harness.event(Event::Paste("50,20".to_owned()));
    window.steps(3);
    window.key(Modifiers::NONE, Key::Enter);
    let center = window.app().heading().center;
    assert!((center.x - 50.0).abs() < 1e-6 && (center.y - 20.0).abs() < 1e-6, "{center:?}");
    window.app().ask(WindowCommand::ShowGoTo(true));
    window.steps(4);
    // Typed over what was there, which is selected.
    window.harness.event(Event::Text("300".to_owned()));
    window.steps(3);
    window.key(Modifiers::NONE, Key::Enter);
    assert!((window.app().heading().center.x - 300.0).abs() < 1e-6, "{:?}", window.app().heading());
}

#[test]
fn a_new_key_is_asked_for_beside_the_old_one() {
    let mut window = Window::with_tiles();
    window.app().ask(WindowCommand::ShowShortcuts(true));
    window.steps(4);
    window.press("Change the key of Save project");
    window.steps(6);
    let (key, prompt) = (
        window.place_of("Change the key of Save project"),
        window.place_of("Press the new key. Backspace removes it, Escape cancels."),
    );
    assert!((prompt.top() - key.bottom()).abs() < 30.0, "{key:?} {prompt:?}");
}

#[test]
fn a_drop_waits_for_no_dialog_that_only_tells_and_disturbs_no_other() {
    let mut window = Window::new();
    let text = window.folder.path().join("notes.txt");
    std::fs::write(&text, "only words\n".repeat(50)).unwrap();
    drop_file(&mut window, text);
    window.until_shown("notes.txt cannot be opened");
    let tiles = window.folder.path().join("tiles");
    drop_file(&mut window, tiles.join("t0.png"));
    window.until("it is open", |app| app.mosaic().placements.len() == 1 && !app.is_busy());
    assert!(!window.shows("notes.txt cannot be opened"));
    window.app().ask(ExportCommand::Show(None));
    window.steps(3);
    drop_file(&mut window, tiles);
    window.steps(2);
    assert!(window.app().notices().iter().any(|notice| notice.contains("a dialog is open")));
    window.steps(20);
    assert_eq!(window.app().mosaic().placements.len(), 1);
}

#[test]
fn the_export_dialog_shows_the_options_that_the_format_honors() {
    let mut window = Window::with_tiles();
    window.resize(vec2(1200.0, 1600.0));
    window.app().ask(ExportCommand::Show(None));
    window.steps(8);
    window.press("More");
    for spec in FORMATS {
        window.app().export_form().unwrap().choose(spec.format);
        window.steps(4);
        for (option, label) in [
            (OptionName::Tile, "Tile size"),
            (OptionName::Overlap, "overlap"),
            (OptionName::Copy, "Encoded tiles"),
            (OptionName::Compression, "Compression"),
            (OptionName::Pyramid, "Pyramid"),
            (OptionName::Viewer, "Include HTML viewer"),
            (OptionName::Id, "Address"),
            (OptionName::Pattern, "Names"),
            (OptionName::Edges, "At the edge"),
            (OptionName::SkipEmpty, "Empty ones"),
            (OptionName::Shard, "Shards"),
            (OptionName::Offsets, "Offsets"),
        ] {
            assert_eq!(window.shows(label), spec.has(option), "{}: {label}", spec.title);
        }
    }
}
