//! After a crash: settings, session and unsaved changes are there again. A window that is dropped without being closed has crashed.

use std::path::{Path, PathBuf};

use egui::{Event, Key, Modifiers, vec2};
use egui_kittest::kittest::Queryable as _;
use mosaicist::app::{FileCommand, Launch, RegionCommand, TabCommand, WindowCommand};
use mosaicist::geometry::Rect;

use crate::driver::Window;

impl Window {
    /// Keep everything in `state`, which outlives the window.
    fn keeping(mut self, state: &Path) -> Self {
        self.app().keep_in(state);
        self.steps(2);
        self
    }

    /// Step until there are so many recovery copies in `state`, with their pictures.
    fn until_copied(&mut self, state: &Path, count: usize) {
        self.until("the copies are written", |_| copies(state).len() == count);
    }

    /// A window that starts after a crash of another one with this state.
    fn after_crash(state: &Path) -> Self {
        let mut window = Self::new().keeping(state);
        window.app().start(Launch::Files(Vec::new()));
        window.until("the crash is noticed", |app| app.offered_count() > 0);
        window.steps(2);
        window
    }
}

fn copies(state: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(state.join("recovery")) else { return Vec::new() };
    let files = entries.map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|ending| ending == "recovery")).collect()
}

#[test]
fn settings_recent_and_session_survive_a_crash() {
    let mut window = Window::new();
    let state = window.folder.path().join("state");
    let tiles = window.folder.path().join("tiles");
    window.app().keep_in(&state);
    window.open(tiles);
    window.app().ask(WindowCommand::SwitchTheme);
    let view = window.app().view();
    let settings = state.join("settings.json");
    window.until("the settings are written", |_| {
        std::fs::read_to_string(&settings).is_ok_and(|text| text.contains("tiles") && text.contains("\"light\": true"))
    });
    let folder = std::mem::replace(&mut window.folder, tempfile::tempdir().unwrap());
    drop(window);

    // It is started and killed again before anything is opened.
    let mut idle = Window::new().keeping(&state);
    idle.app().start(Launch::Files(Vec::new()));
    idle.app().ask(WindowCommand::SwitchTheme);
    idle.until("the settings are written", |_| {
        std::fs::read_to_string(&settings).is_ok_and(|text| text.contains("\"light\": false"))
    });
    drop(idle);

    let mut next = Window::new().keeping(&state);
    next.app().start(Launch::Files(Vec::new()));
    next.steps(3);
    assert_eq!(next.app().offered_count(), 0, "nothing was changed");
    assert!(next.shows("tiles"), "a recent document");
    next.press("Restore last session: tiles");
    next.until("the tiles are open", |app| app.mosaic().placements.len() == 6);
    next.until("the picture is sharp", |app| app.is_sharp());
    assert_eq!(next.app().view(), view);
    drop(folder);
}

#[test]
fn unsaved_changes_are_offered_and_come_back_as_changes() {
    let mut window = Window::with_tiles();
    let state = tempfile::tempdir().unwrap();
    window = window.keeping(state.path());
    let project = window.folder.path().join("p.mosaic");
    window.app().ask(FileCommand::SaveTo(project.clone()));
    window.until("it is saved", |app| app.project().is_some());
    window.steps(30);
    assert!(copies(state.path()).is_empty(), "nothing to recover");
    window.app().ask(RegionCommand::Add(Rect::new(5, 6, 70, 80)));
    window.until_copied(state.path(), 1);
    let folder = std::mem::replace(&mut window.folder, tempfile::tempdir().unwrap());
    drop(window);

    let mut next = Window::after_crash(state.path());
    assert!(next.shows("Recover unsaved changes?") && next.shows("p.mosaic"));
    assert!(next.harness.query_by_label_contains("Less than a minute ago").is_some());
    next.press("Recover");
    next.until("it is back", |app| app.mosaic().placements.len() == 6);
    assert_eq!(next.app().mosaic().regions[0].rect(), Rect::new(5, 6, 70, 80));
    assert_eq!(next.app().project(), Some(&*project));
    assert!(next.app().is_dirty());
    assert!(!next.shows("Recover unsaved changes?"));
    assert!(mosaicist::mosaic::load(&project).unwrap().regions.is_empty(), "the project is as it was saved");
    // A crash right now loses nothing; and saving ends it.
    next.until_copied(state.path(), 1);
    drop(next);
    let mut last = Window::after_crash(state.path());
    last.press("Recover");
    last.until("it is back", |app| app.mosaic().placements.len() == 6);
    last.key(Modifiers::COMMAND, Key::S);
    last.until("it is saved", |app| !app.is_dirty());
    last.until_copied(state.path(), 0);
    assert_eq!(mosaicist::mosaic::load(&project).unwrap().regions.len(), 1);
    drop(folder);
}

#[test]
fn recovery_copies_are_written_when_a_drag_begins() {
    let mut window = Window::with_tiles();
    let state = tempfile::tempdir().unwrap();
    window = window.keeping(state.path());
    window.key(Modifiers::NONE, Key::V);
    let (from, to) = (window.at(800.0, 360.0), window.at(800.0, 700.0));
    window.drag(from, to, Modifiers::NONE);
    let moved = window.positions();
    assert_ne!(moved[5], (640.0, 240.0));
    // At once another drag, which does not end.
    let at = window.at(100.0, 100.0);
    window.harness.event(Event::PointerMoved(at));
    window.steps(1);
    window.button(at, true, Modifiers::NONE);
    for step in 1..6 {
        window.harness.event(Event::PointerMoved(at + vec2(9.0 * step as f32, 0.0)));
        window.steps(1);
    }
    assert_eq!(window.positions(), moved, "it has not ended");
    // No step of the clock: the copy is not due for quietness.
    for _ in 0..500 {
        if !copies(state.path()).is_empty() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert_eq!(copies(state.path()).len(), 1);
    let folder = std::mem::replace(&mut window.folder, tempfile::tempdir().unwrap());
    drop(window);
    let mut next = Window::after_crash(state.path());
    next.press("Recover");
    next.until("it is back", |app| app.mosaic().placements.len() == 6);
    assert_eq!(next.positions(), moved);
    drop(folder);
}

#[test]
fn several_documents_are_listed_and_each_is_decided_on() {
    let mut window = Window::with_tiles();
    let state = tempfile::tempdir().unwrap();
    window = window.keeping(state.path());
    window.app().ask(RegionCommand::Add(Rect::new(5, 6, 70, 80)));
    window.steps(2);
    for number in [1, 2] {
        window.open_beside(number);
        window.app().ask(RegionCommand::Add(Rect::new(0, 0, 10 + number as i64, 10)));
        window.steps(2);
    }
    window.until_copied(state.path(), 3);
    // Another window beside it does not take them for those of a crash.
    let mut beside = Window::new().keeping(state.path());
    beside.steps(30);
    assert_eq!(beside.app().offered_count(), 0);
    drop(beside);
    let folder = std::mem::replace(&mut window.folder, tempfile::tempdir().unwrap());
    drop(window);

    let mut next = Window::after_crash(state.path());
    assert_eq!(next.app().offered_count(), 3);
    let mut second = Window::new().keeping(state.path());
    second.steps(30);
    assert_eq!(second.app().offered_count(), 0, "one window offers them, not two");
    next.press("Discard");
    next.until_copied(state.path(), 2);
    assert_eq!(next.app().offered_count(), 2);
    next.press("Decide later");
    assert_eq!((next.app().offered_count(), copies(state.path()).len()), (0, 2));
    next.app().ask(FileCommand::ShowRecovery(true));
    next.steps(3);
    next.press("Recover all");
    next.until("both are open", |app| app.tab_ids().len() == 2 && !app.is_busy());
    for id in next.app().tab_ids() {
        next.app().ask(TabCommand::Show(id));
        next.steps(2);
        assert!(next.app().is_dirty());
        assert_eq!(next.app().mosaic().regions.len(), 1);
    }
    // Closing with Discard gives the changes up, and their copies with them.
    next.until_copied(state.path(), 2);
    next.key(Modifiers::COMMAND, Key::W);
    next.press("Discard");
    next.until_copied(state.path(), 1);
    next.key(Modifiers::COMMAND, Key::Q);
    next.press("Discard");
    assert!(next.app().is_leaving());
    next.app().close_window();
    assert_eq!(copies(state.path()).len(), 0);
    drop(folder);
}

#[test]
fn undoing_everything_leaves_nothing_to_recover() {
    let mut window = Window::with_tiles();
    let state = tempfile::tempdir().unwrap();
    window = window.keeping(state.path());
    window.app().ask(RegionCommand::Add(Rect::new(5, 6, 70, 80)));
    window.until_copied(state.path(), 1);
    window.key(Modifiers::COMMAND, Key::Z);
    window.until_copied(state.path(), 0);
    window.app().close_window();
    let left = std::fs::read_dir(state.path().join("recovery")).unwrap().count();
    assert_eq!(left, 0, "not even a lock");
}
