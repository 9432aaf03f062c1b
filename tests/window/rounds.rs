//! Another channel at the positions of the mosaic, and a second round aligned to it.

use mosaicist::app::{EditCommand, FileCommand, OverlapCommand};

use crate::driver::Window;
use crate::overlaps::{PLACES, near, scene, window, write_tiles};

impl Window {
    /// An aligned mosaic, and a folder `dapi` of the same scene, its tiles off by `step`.
    fn with_round(step: (i64, i64)) -> Self {
        let mut window = window();
        window.app().ask(OverlapCommand::Align { selected: false, options: near() });
        window.until("the tiles are aligned", |app| !app.is_busy());
        let places = PLACES.map(|(x, y)| (x + step.0, y + step.1));
        let name = |number: usize| format!("dapi_r{}_c{}.tif", number / 2, number % 2);
        write_tiles(&window.folder.path().join("dapi"), &places, |x, y| 0.6 * scene(x, y) + 20.0, name);
        *window.picker.0.lock().unwrap() = vec![window.folder.path().join("dapi")];
        window
    }

    fn until_round(&mut self) {
        self.until("the round is open", |app| !app.is_busy() && app.tab_ids().len() == 2);
        self.steps(3);
    }
}

#[test]
fn another_channel_gets_the_positions_of_the_mosaic() {
    let mut window = Window::with_round((0, 0));
    let reference = window.positions();
    window.press("Tiles");
    window.press("Apply positions to another folder…");
    window.until_round();
    assert_eq!(window.positions(), reference);
    assert!(window.app().mosaic().placements[0].name().starts_with("dapi"));
    assert!(window.app().notices().iter().any(|notice| notice.contains("Positions applied to 4 tiles")));
    assert!(window.app().is_dirty(), "closing it asks");
    window.app().ask(EditCommand::Undo);
    window.steps(3);
    assert_ne!(window.positions(), reference, "one step to undo");
}

#[test]
fn names_that_fit_no_tile_open_nothing() {
    let mut window = Window::with_round((0, 0));
    let other = window.folder.path().join("other");
    write_tiles(&other, &[(0, 0)], scene, |_| "flower.tif".into());
    *window.picker.0.lock().unwrap() = vec![other];
    window.press("Tiles");
    window.press("Apply positions to another folder…");
    window.until("it is told", |app| app.notices().iter().any(|notice| notice.contains("none of its 4 tiles")));
    assert_eq!(window.app().tab_ids().len(), 1);
}

#[test]
fn a_second_round_is_aligned_to_the_mosaic() {
    let mut window = Window::with_round((3, -2));
    let reference = window.positions();
    let bounds = window.app().mosaic().bounds();
    window.press("Tiles");
    window.press("Align a second round…");
    window.until_round();
    let found = window.positions();
    for (at, before) in found.iter().zip(&reference) {
        let off = (at.0 - before.0 - 3.0).hypot(at.1 - before.1 + 2.0);
        assert!(off < 0.3, "{found:?} of {reference:?}");
    }
    assert_eq!(window.app().mosaic().bounds(), bounds, "exports of both have the same pixels");
    assert!(window.app().notices().iter().any(|notice| notice == "4 images aligned"), "{:?}", window.app().notices());
    let report = window.folder.path().join("report.html");
    *window.picker.0.lock().unwrap() = vec![report.clone()];
    window.app().ask(OverlapCommand::AskReport);
    window.until("the report is written", |app| app.notices().iter().any(|notice| notice.contains("Wrote the report")));
    window.app().ask(FileCommand::Close);
    window.steps(3);
    assert!(window.shows("Stay"), "the positions are not saved");
}
