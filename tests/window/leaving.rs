//! Closing: nothing counts as saved, and nothing is lost, before the last question has been answered.

use egui::{Key, Modifiers};
use mosaicist::app::{RegionCommand, TabCommand};
use mosaicist::geometry::Rect;

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
