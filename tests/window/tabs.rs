//! Several documents in one window.

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use mosaicist::app::{FileCommand, RegionCommand, TabCommand};
use mosaicist::geometry::Rect;

use crate::driver::Window;

impl Window {
    /// A second tab with tile `number` alone, which becomes the current one.
    pub(super) fn open_beside(&mut self, number: usize) {
        let (count, path) = (self.app().tab_ids().len(), self.folder.path().join(format!("tiles/t{number}.png")));
        self.app().ask(FileCommand::OpenTab(vec![path]));
        self.until("it has a tab", |app| app.tab_ids().len() == count + 1 && !app.is_busy());
        self.until("the picture is sharp", |app| app.is_sharp());
    }
}

#[test]
fn opened_files_get_tabs_with_their_own_views() {
    let mut window = Window::with_tiles();
    assert!(window.harness.query_by_label("Open in a new tab").is_none(), "one document needs no bar");
    let first = window.app().current_tab();
    window.open_beside(2);
    assert_ne!(window.app().current_tab(), first);
    assert_eq!(window.positions(), [(0.0, 0.0)]);
    window.key(Modifiers::NONE, Key::Num1);
    let (small, large) = (window.app().view(), window.app().view_of(first).unwrap());
    window.key(Modifiers::COMMAND, Key::Tab);
    assert_eq!((window.app().current_tab(), window.app().view()), (first, large));
    assert_eq!(window.positions().len(), 6);
    window.harness.get_by_label("t2.png").click();
    window.steps(3);
    assert_eq!(window.app().view(), small);
    window.key(Modifiers::COMMAND, Key::W);
    assert_eq!((window.app().tab_ids(), window.app().mosaic().placements.len()), (vec![first], 6));
}

#[test]
fn closing_asks_about_unsaved_changes() {
    let mut window = Window::with_tiles();
    window.app().ask(RegionCommand::Add(Rect::new(5, 6, 70, 80)));
    window.steps(2);
    let changed = window.app().current_tab();
    window.open_beside(0);
    window.app().ask(FileCommand::Quit);
    window.steps(3);
    assert_eq!(window.app().current_tab(), changed, "it shows which changes would be lost");
    window.press("Stay");
    window.steps(6);
    window.key(Modifiers::COMMAND, Key::Tab);
    assert_ne!(window.app().current_tab(), changed);
    window.app().ask(TabCommand::Close(changed));
    window.steps(3);
    window.harness.get_by_label("Discard").click();
    window.steps(4);
    assert_eq!(window.app().tab_ids().len(), 1);
    assert!(!window.app().tab_ids().contains(&changed));
}

#[test]
fn images_are_added_to_the_mosaic_when_asked_for() {
    let mut window = Window::with_tiles();
    *window.picker.0.lock().unwrap() = vec![window.folder.path().join("tiles/t0.png")];
    window.app().ask(FileCommand::AskMore);
    window.until("it is added", |app| app.mosaic().placements.len() == 7);
    assert_eq!(window.app().tab_ids().len(), 1);
    window.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.app().mosaic().placements.len(), 6);
}
