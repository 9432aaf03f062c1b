//! A batch in the window: from the files to the list of failures, cancelled and gone on with, and what stands in its way.

use std::path::PathBuf;

use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use mosaicist::app::{BatchCommand, FileCommand};
use mosaicist::export::Format;
use mosaicist::job::Progress;
use mosaicist::source::arriving::Arriving;
use mosaicist::work::{ItemState, Recipe};

use crate::driver::Window;

impl Window {
    /// A window whose batch dialog lists the folder of the six tiles, one of which is damaged if so asked; results are PNGs in `out`.
    pub(super) fn with_batch(damaged: bool) -> Self {
        let mut window = Self::new();
        let tiles = window.folder.path().join("tiles");
        if damaged {
            std::fs::write(tiles.join("t3.png"), "no image").unwrap();
        }
        window.app().ask(BatchCommand::Show);
        window.until_shown("Batch");
        window.steps(5);
        *window.picker.0.lock().unwrap() = vec![tiles];
        window.press("Add folder…");
        window.until("the files are listed", |app| app.batch_fields().is_some_and(|form| form.files.len() == 6));
        let out = window.folder.path().join("out").to_string_lossy().into_owned();
        let form = window.app().batch_fields().unwrap();
        form.export.choose(Format::Png);
        form.folder = out;
        window.until_label("6 files to do");
        // That may be the plan of the form as it was.
        let mut tries = 0;
        while window.harness.get_by_label("Start").accesskit_node().is_disabled() {
            assert!(tries < 2000, "it cannot start");
            tries += 1;
            std::thread::sleep(std::time::Duration::from_millis(5));
            window.steps(1);
        }
        window
    }

    /// Step until something bears a label that holds `part`.
    fn until_label(&mut self, part: &str) {
        for _ in 0..2000 {
            self.steps(1);
            if self.harness.query_all_by_label_contains(part).next().is_some() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        panic!("nothing bears {part:?}; {:?}", self.app().notices());
    }

    fn out(&self, name: &str) -> PathBuf {
        self.folder.path().join("out").join(name)
    }

    fn until_ended(&mut self) {
        self.until("the batch has ended", |app| app.batch_runner().is_some_and(|runner| !runner.is_running()));
        self.steps(3);
    }
}

#[test]
fn a_damaged_file_is_named_and_tried_again_alone() {
    let mut window = Window::with_batch(true);
    window.press("Start");
    window.until_ended();
    assert!(window.app().notices().iter().any(|notice| notice.contains("5 done, 1 failed")));
    window.until_label("t3.png, Failed");
    let rows: Vec<_> = window.harness.query_all_by_role(egui::accesskit::Role::ListItem).collect();
    assert_eq!(rows.len(), 1, "what has failed is listed at the end");
    window.press("All (6)");
    window.until_label("t0.png, Done");
    for name in ["t0.png", "t1.png", "t2.png", "t4.png", "t5.png"] {
        assert!(window.out(name).exists());
    }
    assert!(!window.out("t3.png").exists());
    let tiles = window.folder.path().join("tiles");
    std::fs::copy(tiles.join("t0.png"), tiles.join("t3.png")).unwrap();
    std::fs::remove_file(window.out("t0.png")).unwrap();
    window.press("Try failed again");
    window.until_ended();
    assert!(window.out("t3.png").exists() && !window.out("t0.png").exists());
    assert_eq!(window.app().batch_runner().unwrap().overview().done, 6);
}

#[test]
fn a_batch_goes_on_behind_a_closed_dialog_and_is_resumed_after_cancelling() {
    let mut window = Window::with_batch(false);
    let held = window.folder.path().join("tiles/t2.png");
    let arriving = Arriving::announce(vec![held.clone()], &Progress::default());
    window.press("Start");
    let done = |count| move |app: &mut mosaicist::app::App| app.batch_runner().unwrap().overview().done == count;
    window.until("two are done", done(2));
    window.press("Close");
    assert!(!window.shows("Cancel batch"));
    window.until_label("Batch 3 of 6");
    window.key(Modifiers::COMMAND, Key::Q);
    assert!(window.shows("Exports are running") && !window.app().is_leaving());
    window.press("Stay");
    window.app().ask(BatchCommand::Show);
    window.until_shown("Cancel batch");
    window.press("Cancel batch");
    drop(arriving);
    window.until_ended();
    assert_eq!(window.app().batch_runner().unwrap().overview().left, 4);
    assert!(window.app().notices().iter().any(|notice| notice.contains("4 left")), "{:?}", window.app().notices());
    assert!(!window.out("t2.png").exists() && window.out("t1.png").exists());
    window.press("Resume");
    window.until_ended();
    assert_eq!(window.app().batch_runner().unwrap().overview().done, 6);
    // The same batch again: all of it is done, also by the notes beside the results.
    window.press("New batch");
    window.until_label("6 done before");
    window.press("Resume");
    window.until_ended();
    assert_eq!(window.app().batch_runner().unwrap().overview().done_before, 6);
    let states =
        (0..6).all(|number| matches!(window.app().batch_runner().unwrap().state(number), ItemState::DoneBefore));
    assert!(states);
}

#[test]
fn colliding_names_and_results_in_the_way_are_refused() {
    let mut window = Window::with_batch(false);
    // The plan of the form as it is now is there after some frames.
    let start = |window: &mut Window| {
        window.steps(5);
        std::thread::sleep(std::time::Duration::from_millis(50));
        window.steps(5);
        !window.harness.get_by_label("Start").accesskit_node().is_disabled()
    };
    assert!(start(&mut window));
    window.app().batch_fields().unwrap().export.path = "all.png".into();
    window.until_label("is the same for every file");
    assert!(!start(&mut window));
    window.app().batch_fields().unwrap().export.path = "{index}.png".into();
    window.until_label("6 files to do");
    window.until_label("t5.png, 6.png");
    // A result in place of an input.
    let tiles = window.folder.path().join("tiles").to_string_lossy().into_owned();
    let form = window.app().batch_fields().unwrap();
    (form.export.path, form.folder) = ("{name}.png".into(), tiles);
    window.until_label("would replace an input");
    assert!(!start(&mut window));
    std::fs::create_dir(window.folder.path().join("out")).unwrap();
    std::fs::write(window.out("t4.png"), "mine").unwrap();
    let out = window.folder.path().join("out").to_string_lossy().into_owned();
    window.app().batch_fields().unwrap().folder = out;
    window.until_label("1 of the results exist");
    assert!(!start(&mut window));
    window.press("Replace results that exist");
    window.until_label("1 are replaced");
    assert!(start(&mut window) && std::fs::read(window.out("t4.png")).unwrap() == b"mine");
    window.press("Start");
    window.until_ended();
    assert_eq!(window.app().batch_runner().unwrap().overview().done, 6);
    assert_ne!(std::fs::read(window.out("t4.png")).unwrap(), b"mine");
}

#[test]
fn a_batch_is_paused_and_goes_on() {
    let mut window = Window::with_batch(false);
    let held = window.folder.path().join("tiles/t2.png");
    let arriving = Arriving::announce(vec![held], &Progress::default());
    window.press("Start");
    window.until("two are done", |app| app.batch_runner().unwrap().overview().done == 2);
    window.press("Pause");
    window.until_label("2 of 6 done, paused");
    drop(arriving);
    // Between two files it waits, too.
    std::thread::sleep(std::time::Duration::from_millis(300));
    window.steps(5);
    assert!(window.app().batch_runner().unwrap().is_running());
    assert!(!window.out("t3.png").exists(), "it waits");
    window.press("Resume");
    window.until_ended();
    assert_eq!(window.app().batch_runner().unwrap().overview().done, 6);
}

#[test]
fn an_image_of_a_batch_is_shown_in_place_of_the_dialog() {
    let mut window = Window::with_batch(false);
    let row = |window: &Window, name: &str| {
        let rows = window.harness.query_all_by_role(egui::accesskit::Role::ListItem);
        let found = rows.filter(|row| row.accesskit_node().label().is_some_and(|label| label.starts_with(name)));
        found.map(|row| row.rect().center()).next().unwrap()
    };
    let at = row(&window, "t1.png");
    window.move_to(at);
    for pressed in [true, false, true, false] {
        window.button(at, pressed, Modifiers::NONE);
        window.steps(1);
    }
    window.until("it is open", |app| app.batch_fields().is_none() && app.mosaic().placements.len() == 1);
    assert_eq!(window.app().mosaic().placements[0].name(), "t1.png");
    // The form is as it was; a line has a menu.
    window.app().ask(BatchCommand::Show);
    window.until_label("6 files to do");
    let at = row(&window, "t2.png");
    window.right_click(at);
    window.press("Remove");
    window.until_label("5 files to do");
    let at = row(&window, "t3.png");
    window.right_click(at);
    window.press("Open image");
    window.until("it is open", |app| app.batch_fields().is_none() && app.tab_ids().len() == 2);
}

#[test]
fn a_batch_takes_the_filters_of_the_process_tab() {
    let mut window = Window::with_tiles();
    let steps = vec![mosaicist::mosaic::FilterStep::new("invert")];
    window.app().ask(mosaicist::app::ProcessCommand::Set { label: "Change filter", steps, goes_on: false });
    window.steps(2);
    window.app().ask(BatchCommand::Show);
    window.until_shown("From Process tab");
    assert!(window.app().batch_fields().unwrap().filters.is_empty());
    window.press("From Process tab");
    let filters = window.app().batch_fields().unwrap().filters.clone();
    assert_eq!(filters.iter().map(ToString::to_string).collect::<Vec<_>>(), ["invert"]);
    window.press("Remove filters");
    assert!(window.app().batch_fields().unwrap().filters.is_empty());
}

#[test]
fn recipes_are_saved_and_loaded() {
    let mut window = Window::with_batch(false);
    let path = window.folder.path().join("recipe.json");
    let form = window.app().batch_fields().unwrap();
    (form.filters, form.export.level) = (vec!["invert".parse().unwrap()], 1);
    *window.picker.0.lock().unwrap() = vec![path.clone()];
    window.press("Save as…");
    window.until("it is saved", |app| app.notices().iter().any(|notice| notice.contains("recipe.json")));
    let form = window.app().batch_fields().unwrap().clone();
    assert_eq!(Recipe::load(&path).unwrap(), form.recipe());
    let fresh = window.app().batch_fields().unwrap();
    (fresh.filters, fresh.export.level) = (Vec::new(), 0);
    window.press("Load…");
    window.until("it is loaded", |app| app.batch_fields().unwrap().export.level == 1);
    assert_eq!(window.app().batch_fields().unwrap().recipe(), form.recipe());
    std::fs::write(&path, r#"{ "options": { "colour": 1 } }"#).unwrap();
    window.press("Load…");
    window.until("it is refused", |app| app.notices().iter().any(|notice| notice.contains("colour")));
}

#[test]
fn only_rows_in_view_are_laid_out_and_the_form_outlives_the_dialog() {
    let mut window = Window::with_batch(false);
    let many = (0..10_000).map(|number| mosaicist::ImageRef::file(format!("/nowhere/{number}.png"))).collect();
    window.app().batch_fields().unwrap().files = std::sync::Arc::new(many);
    window.until_label("10000 files to do");
    let rows = window.harness.query_all_by_role(egui::accesskit::Role::ListItem).count();
    assert!((3..40).contains(&rows), "{rows} rows");
    window.key(Modifiers::NONE, Key::Escape);
    assert!(window.app().batch_fields().is_none());
    window.app().ask(BatchCommand::Show);
    window.until("it is there again", |app| app.batch_fields().is_some_and(|form| form.files.len() == 10_000));
    window.app().ask(FileCommand::Quit);
    window.until("nothing is asked", |app| app.is_leaving());
}
