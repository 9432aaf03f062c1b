//! Work that goes on for a while: what it says of itself.

use std::time::{Duration, Instant};

use egui_kittest::kittest::{NodeT as _, Queryable as _};
use mosaicist::app::{ExportCommand, FileCommand, Launch};
use mosaicist::export::write_image;
use mosaicist::geometry::{Point, Size};
use mosaicist::job::Progress;
use mosaicist::mosaic::{Mosaic, PixelKind, Placement, save};
use mosaicist::pixels::{Color, Pixels, SampleType};
use mosaicist::source::arriving::Arriving;

use crate::driver::{TILE, Window};

impl Window {
    /// The texts that hold `part`.
    fn texts(&self, part: &str) -> Vec<String> {
        let found = self.harness.query_all_by_label_contains(part);
        found.filter_map(|node| node.accesskit_node().value().or_else(|| node.accesskit_node().label())).collect()
    }

    /// Step until some text holds `part`.
    fn until_told(&mut self, part: &str) -> String {
        let started = Instant::now();
        loop {
            self.steps(2);
            if let Some(told) = self.texts(part).into_iter().next() {
                return told;
            }
            assert!(started.elapsed() < Duration::from_mins(1), "nothing says {part:?}: {:?}", self.app().notices());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn the_overview_of_many_tiles_tells_how_far_it_is_and_how_long_it_takes() {
    let mut window = Window::new();
    let (tiles, project) = (window.folder.path().join("tiles"), window.folder.path().join("many.mosaic"));
    let late = tiles.join("late.png");
    let mut mosaic = Mosaic::default();
    for number in 0..900u32 {
        let path = if number == 899 { late.clone() } else { tiles.join(format!("t{}.png", number % 6)) };
        // So low that one thread alone waits for it.
        let size = if number == 899 { Size::new(TILE.width, 2) } else { TILE };
        let mut placement = Placement::new(path, size);
        placement.set_position(Point::new(f64::from(number % 30 * 320), f64::from(number / 30 * 240)));
        placement.kind = Some(PixelKind::RGB8);
        mosaic.add(placement);
    }
    save(&mosaic, &project).unwrap();
    // One piece of the overview is not painted before this tile is there.
    let arriving = Arriving::announce(vec![late.clone()], &Progress::default());
    window.app().start(Launch::Files(vec![project]));
    window.until("it is open", |app| !app.mosaic().placements.is_empty());
    // At first there are sketches alone.
    let told = window.until_told(" %, about ");
    assert!(told.starts_with("Overview "), "{told}");
    assert!(!window.texts("% viewed").contains(&"100 % viewed".to_owned()), "what is not painted has not been viewed");
    assert!(window.texts("tiles to load").is_empty(), "one text at a time");
    let pixels = Pixels::zeroed(Size::new(TILE.width, 2), 3, SampleType::U8);
    write_image(&late, &pixels, Color::Rgb, 90).unwrap();
    drop(arriving);
    window.until("all is painted", |app| app.is_sharp() && app.figures().loader.is_idle());
    window.steps(3);
    assert_eq!(window.texts("Overview "), Vec::<String>::new());
    window.until_told("100 % viewed");
}

#[test]
fn the_time_of_an_export_is_a_range_by_what_was_measured_here() {
    let mut window = Window::with_tiles();
    let state = window.folder.path().join("state");
    std::fs::create_dir(&state).unwrap();
    let planned = |window: &mut Window| {
        window.app().ask(ExportCommand::Show(None));
        window.until("it is planned", |app| app.is_previewed());
        window.steps(2);
        let plan = window.texts("of memory, ").concat();
        window.key(egui::Modifiers::NONE, egui::Key::Escape);
        let time = plan.split("of memory, ").nth(1).and_then(|rest| rest.lines().next());
        time.unwrap_or_else(|| panic!("no time in {plan:?}")).to_owned()
    };
    assert_eq!(planned(&mut window), "less than 1 s");
    let speeds = r#"{"speeds": {"dzi": {"factor": 9.0, "spread": 0.7}}}"#;
    std::fs::write(state.join("settings.json"), speeds).unwrap();
    window.app().keep_in(&state);
    let slow = planned(&mut window);
    assert!(slow.contains(" to "), "{slow}");
}

#[test]
fn a_paused_export_does_not_count_down_and_its_speed_is_learned() {
    let mut window = Window::with_tiles();
    let state = window.folder.path().join("state");
    std::fs::create_dir(&state).unwrap();
    window.app().keep_in(&state);
    crate::start_long_export(&mut window);
    let running = window.until_told(" left");
    assert!(running.contains(" %, about "), "{running}");
    window.press("Pause");
    window.until_shown("Resume");
    let told = |window: &Window| [window.texts("Exporting out.dzi"), window.texts("Paused at ")].concat();
    // What was being written is written.
    let started = Instant::now();
    while started.elapsed() < Duration::from_millis(500) {
        window.steps(2);
        std::thread::sleep(Duration::from_millis(20));
    }
    let before = told(&window);
    assert!(before[0].ends_with("paused") && before.len() == 2, "{before:?}");
    std::thread::sleep(Duration::from_millis(1200));
    window.steps(3);
    assert_eq!(told(&window), before);
    window.press("Resume");
    window.until("it is written", |app| app.notices().iter().any(|notice| notice.contains("Exported")));
    window.app().save_settings();
    let settings = std::fs::read_to_string(state.join("settings.json")).unwrap();
    let settings: serde_json::Value = serde_json::from_str(&settings).unwrap();
    assert!(settings["speeds"]["dzi"]["factor"].is_number(), "{settings}");
}

#[test]
fn an_export_that_starts_before_it_is_estimated_teaches_its_speed_too() {
    let mut window = Window::with_tiles();
    let state = window.folder.path().join("state");
    std::fs::create_dir(&state).unwrap();
    window.app().keep_in(&state);
    crate::lay_far_apart(&mut window);
    window.app().ask(ExportCommand::Show(None));
    window.app().ask(ExportCommand::Start);
    window.until("it is written", |app| app.notices().iter().any(|notice| notice.contains("Exported")));
    window.app().save_settings();
    let settings = std::fs::read_to_string(state.join("settings.json")).unwrap();
    let settings: serde_json::Value = serde_json::from_str(&settings).unwrap();
    assert!(settings["speeds"]["dzi"]["factor"].is_number(), "{settings}");
}

#[test]
fn closing_a_document_forgets_its_tiles_and_textures() {
    let mut window = Window::with_tiles();
    window.settled();
    let first = window.app().figures();
    assert!(first.texture_bytes.0 > 0 && first.decoded_bytes.0 > 0);
    window.open_beside(1);
    let both = window.settled();
    assert!(both.textures > first.textures);
    window.app().ask(FileCommand::Close);
    window.until("the tiles of the second are gone", |app| app.figures().textures <= first.textures);
    window.app().ask(FileCommand::Close);
    window.until("all is gone", |app| {
        let now = app.figures();
        now.textures == 0 && now.texture_bytes.0 == 0 && now.decoded_bytes.0 == 0
    });
    assert_eq!(window.textures("tile"), Vec::<[usize; 2]>::new(), "egui has none of them either");
}
