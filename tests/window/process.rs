//! The Process tab: filters are added, changed, moved and removed, the screen shows them as they are exported, and each is a step.

use egui_kittest::kittest::Queryable as _;
use mosaicist::app::{Before, EditCommand, ProcessCommand, TileCommand, WindowCommand};
use mosaicist::mosaic::FilterStep;

use crate::agreement::{apart, plain_ones};
use crate::driver::Window;

fn window() -> Window {
    let mut window = Window::with_placements(plain_ones);
    window.app().ask(WindowCommand::ShowPanel("process"));
    window.until_shown("Add filter");
    window
}

fn filters(window: &mut Window) -> Vec<String> {
    window.app().mosaic().filters.iter().map(|step| step.filter.clone()).collect()
}

fn set(window: &mut Window, filters: &[&str], goes_on: bool) {
    let steps = filters.iter().map(|filter| FilterStep::new(*filter)).collect();
    window.app().ask(ProcessCommand::Set { label: "Change filter", steps, goes_on });
    window.steps(2);
}

#[test]
fn filters_are_added_moved_switched_off_and_removed_in_the_panel() {
    let mut window = window();
    for (group, filter) in [("Tone", "Invert"), ("Smoothing", "Gaussian")] {
        window.press("Add filter");
        window.until_shown(group);
        window.press(group);
        window.until_shown(filter);
        window.press(filter);
        window.steps(3);
    }
    assert_eq!(filters(&mut window), ["invert", "gaussian"]);
    window.until_shown("Sigma");
    window.press("Move filter up");
    assert_eq!(filters(&mut window), ["gaussian", "invert"]);
    window.press("Invert");
    assert!(window.app().mosaic().filters[1].off, "switched off");
    window.press("Remove filter");
    assert_eq!(filters(&mut window), ["gaussian"]);
    for _ in 0..5 {
        window.app().ask(EditCommand::Undo);
    }
    window.steps(2);
    assert!(filters(&mut window).is_empty(), "each was a step");
}

#[test]
fn the_screen_shows_filters_as_they_are_exported() {
    let mut window = window();
    set(&mut window, &["gaussian:sigma=2", "invert"], false);
    let bounds = window.app().mosaic().bounds();
    let expected = window.exported();
    let differing = apart(&mut window, &expected, bounds, 0, 1);
    assert!(differing == 0.0, "{differing} of 1000 samples differ");
    window.app().ask(ProcessCommand::Show(Before::Original));
    let original = apart(&mut window, &expected, bounds, 0, 1);
    assert!(original > 500.0, "the original is another picture: {original}");
    // With the line at the right edge all is as before the filters.
    window.app().ask(ProcessCommand::Show(Before::Swipe(1.0)));
    let left = apart(&mut window, &expected, bounds, 0, 1);
    assert!((left - original).abs() < 5.0, "{left} and {original}");
    window.app().ask(ProcessCommand::Show(Before::Swipe(0.5)));
    let both = apart(&mut window, &expected, bounds, 0, 1);
    assert!(both > 0.2 * original && both < 0.8 * original, "{both} of {original}");
}

#[test]
fn turning_a_knob_is_one_step() {
    let mut window = window();
    set(&mut window, &["gaussian"], false);
    for sigma in 2..9 {
        set(&mut window, &[&format!("gaussian:sigma={sigma}")], true);
    }
    window.app().ask(TileCommand::EndAdjusting);
    set(&mut window, &["gaussian:sigma=9"], true);
    assert_eq!(filters(&mut window), ["gaussian:sigma=9"]);
    window.app().ask(EditCommand::Undo);
    window.steps(2);
    assert_eq!(filters(&mut window), ["gaussian:sigma=8"]);
    window.app().ask(EditCommand::Undo);
    window.steps(2);
    assert_eq!(filters(&mut window), ["gaussian"]);
}

#[test]
fn presets_are_kept_and_applied_and_an_unknown_filter_is_named() {
    let mut window = window();
    set(&mut window, &["median:size=5", "invert"], false);
    window.app().ask(ProcessCommand::SavePreset("clean".into()));
    set(&mut window, &[], false);
    window.press("Presets");
    window.until_shown("clean");
    window.press("clean");
    assert_eq!(filters(&mut window), ["median:size=5", "invert"]);
    set(&mut window, &["resize:0.5", "sparkle"], false);
    window.until("it is drawn all the same", |app| app.is_sharp());
    let told = |part: &str| window.harness.get_all_by_label_contains(part).count();
    assert!(told("moves pixels") > 0 && told("sparkle") > 1, "both are named");
}

#[test]
fn a_click_into_the_name_of_a_preset_leaves_the_menu_open() {
    let mut window = Window::with_tiles();
    window.app().ask(WindowCommand::ShowPanel("process"));
    window.steps(3);
    window.press("Presets");
    window.press("Name of the preset");
    assert!(window.shows("Name of the preset"));
    window.harness.event(egui::Event::Text("soft".to_owned()));
    window.steps(3);
    assert!(window.shows("Name of the preset"));
}
