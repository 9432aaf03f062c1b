//! Closing: nothing counts as saved, and nothing is lost, before the last question has been answered.

use egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::Queryable as _;
use mosaicist::app::{ExportCommand, FileCommand, RegionCommand, TabCommand};
use mosaicist::export::Format;
use mosaicist::geometry::Rect;
use mosaicist::job::Progress;
use mosaicist::source::arriving::Arriving;

use crate::driver::Window;

const ASKED: &str = "Save the changes of tiles (6 images)?";

#[test]
fn staying_after_discard_keeps_the_changes_unsaved() {
    let mut window = Window::with_tiles();
    window.app().ask(RegionCommand::Add(Rect::new(5, 6, 70, 80)));
    window.steps(2);
    let first = window.app().current_tab();
    window.open_beside(2);
    window.app().ask(RegionCommand::Add(Rect::new(1, 1, 9, 9)));
    window.steps(2);
    window.key(Modifiers::COMMAND, Key::Q);
    assert!(window.shows(ASKED));
    window.press("Discard");
    assert!(window.shows("Save the changes of t2.png?"), "each document is asked about");
    window.press("Stay");
    assert!(!window.app().is_leaving() && window.app().is_dirty());
    window.app().ask(TabCommand::Show(first));
    window.steps(2);
    assert!(window.app().is_dirty(), "what was to be discarded is still unsaved");
    window.key(Modifiers::COMMAND, Key::W);
    assert!(window.shows(ASKED), "so closing it asks again");
    window.press("Stay");
    assert_eq!(window.app().mosaic().regions.len(), 1);
}

#[test]
fn save_in_the_question_saves_and_then_closes() {
    let mut window = Window::with_tiles();
    let project = window.folder.path().join("p.mosaic");
    *window.picker.0.lock().unwrap() = vec![project.clone()];
    window.app().ask(RegionCommand::Add(Rect::new(5, 6, 70, 80)));
    window.steps(2);
    window.key(Modifiers::COMMAND, Key::Q);
    window.press("Save");
    window.until("it closes", |app| app.is_leaving());
    let saved = mosaicist::mosaic::load(&project).unwrap();
    assert_eq!(saved.regions.len(), 1);
}

#[test]
fn a_save_that_fails_closes_nothing() {
    let mut window = Window::with_tiles();
    *window.picker.0.lock().unwrap() = vec![window.folder.path().join("missing/p.mosaic")];
    window.app().ask(RegionCommand::Add(Rect::new(5, 6, 70, 80)));
    window.steps(2);
    window.key(Modifiers::COMMAND, Key::Q);
    window.press("Save");
    window.until("it is told", |app| !app.notices().is_empty());
    assert!(!window.app().is_leaving() && window.app().is_dirty(), "{:?}", window.app().notices());
    // Nor does a save that the user does not go through with close anything later.
    window.picker.0.lock().unwrap().clear();
    window.key(Modifiers::COMMAND, Key::Q);
    window.press("Save");
    window.steps(6);
    *window.picker.0.lock().unwrap() = vec![window.folder.path().join("later.mosaic")];
    window.key(Modifiers::COMMAND, Key::S);
    window.until("it is saved", |app| !app.is_dirty());
    window.steps(4);
    assert!(!window.app().is_leaving());
}

#[test]
fn the_question_about_running_exports_goes_with_them() {
    let mut window = Window::with_tiles();
    window.resize(vec2(800.0, 600.0));
    let out = window.folder.path().join("whole.png");
    window.app().ask(ExportCommand::Show(None));
    window.steps(2);
    let form = window.app().export_form().unwrap();
    form.format = Format::Png;
    form.path = out.to_string_lossy().into_owned();
    // The export waits for a file that is on its way.
    let tiles = window.app().mosaic().placements.iter().map(|tile| tile.image.path.to_path_buf()).collect();
    let on_their_way = Arriving::announce(tiles, &Progress::default());
    window.app().ask(ExportCommand::Start);
    window.until_shown("Cancel");
    let middle = window.at(480.0, 240.0);
    window.move_to(middle);
    let job = window.harness.query_all_by_label_contains("Exporting whole.png").next().unwrap().rect();
    let position = window.harness.query_all_by_label_contains("x 480").next().map(|node| node.rect());
    assert!(position.is_none_or(|position| position.right() <= job.left()), "{position:?} over {job:?}");
    window.key(Modifiers::COMMAND, Key::Q);
    assert!(window.shows("Exports are running"));
    drop(on_their_way);
    window.until("it is written", |app| app.notices().iter().any(|notice| notice.contains("Exported")));
    window.steps(3);
    assert!(!window.shows("Exports are running") && !window.app().is_leaving());
    assert!(out.exists());
}

#[test]
fn escape_stays() {
    let mut window = Window::with_tiles();
    window.app().ask(RegionCommand::Add(Rect::new(5, 6, 70, 80)));
    window.steps(2);
    window.key(Modifiers::COMMAND, Key::W);
    assert!(window.shows(ASKED));
    window.key(Modifiers::NONE, Key::Escape);
    assert!(!window.shows(ASKED) && window.app().is_dirty());
    assert_eq!(window.app().mosaic().placements.len(), 6);
}

#[test]
fn an_export_that_is_still_being_checked_is_not_lost() {
    let mut window = Window::with_tiles();
    let out = window.folder.path().join("whole.png");
    window.app().ask(ExportCommand::Show(None));
    window.steps(2);
    let form = window.app().export_form().unwrap();
    (form.format, form.path) = (Format::Png, out.to_string_lossy().into_owned());
    window.app().ask(ExportCommand::Start);
    window.app().ask(FileCommand::Quit);
    window.steps(1);
    assert!(!window.app().is_leaving());
    window.until("it is written", |app| app.notices().iter().any(|notice| notice.contains("Exported")));
    assert!(out.exists());
}
