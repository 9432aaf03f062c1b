//! Moving about: zoom, places, turning.

use egui::{Event, Key, Modifiers, PointerButton, ViewportCommand, vec2};
use egui_kittest::kittest::Queryable as _;
use mosaicist::app::{Toggle, ViewChange, ViewCommand, WindowCommand, Zoom};
use mosaicist::geometry::{Point, Rect};

use crate::driver::{Window, near};

#[test]
fn digits_are_percents_and_a_flight_takes_a_moment() {
    let mut window = Window::with_tiles();
    window.key(Modifiers::NONE, Key::Num4);
    assert!((window.app().view().zoom - 4.0).abs() < 1e-9);
    window.key(Modifiers::COMMAND, Key::Num2);
    assert!((window.app().view().zoom - 0.5).abs() < 1e-9, "{:?}", window.app().view());
    window.app().ask(ViewCommand::Zoom(Zoom::Percent(300.0)));
    window.steps(1);
    let zoom = window.app().view().zoom;
    assert!(0.5 < zoom && zoom < 3.0 && window.app().is_moving(), "on the way: {zoom}");
    assert!((window.app().heading().zoom - 3.0).abs() < 1e-9);
    window.rest();
    assert!((window.app().view().zoom - 3.0).abs() < 1e-9);
    window.app().ask(WindowCommand::Toggle(Toggle::Motion));
    window.app().ask(ViewCommand::Zoom(Zoom::Percent(100.0)));
    window.steps(1);
    assert!((window.app().view().zoom - 1.0).abs() < 1e-9, "at once, where nothing is to fly");
}

#[test]
fn arrows_pan_by_steps_screens_and_to_the_edges() {
    let mut window = Window::with_tiles();
    window.key(Modifiers::NONE, Key::H);
    window.key(Modifiers::NONE, Key::Num8);
    let (screen, start) = (window.app().canvas_rect(), window.app().view());
    window.key(Modifiers::NONE, Key::ArrowRight);
    assert!(near(window.app().view().center, start.center + Point::new(80.0 / 8.0, 0.0), 1e-6));
    window.key(Modifiers::SHIFT, Key::ArrowDown);
    let down = window.app().view().center.y - start.center.y;
    assert!((down - f64::from(screen.height()) * 0.9 / 8.0).abs() < 0.01, "{down}");
    window.key(Modifiers::COMMAND, Key::ArrowLeft);
    window.key(Modifiers::COMMAND, Key::ArrowUp);
    let corner = window.at(0.0, 0.0);
    assert!((corner - screen.min).length() < 0.5, "the corner of the picture is in the corner: {corner:?}");
}

#[test]
fn flicks_continue_and_slow_drags_stop() {
    let mut window = Window::with_tiles();
    window.key(Modifiers::NONE, Key::H);
    let middle = window.app().canvas_rect().center();
    let flick = |window: &mut Window, pause: usize| {
        window.move_to(middle);
        window.button(middle, true, Modifiers::NONE);
        window.steps(1);
        for step in 1..=4 {
            window.harness.event(Event::PointerMoved(middle + vec2(40.0 * step as f32, 0.0)));
            if step < 4 || pause > 0 {
                window.steps(1);
            }
        }
        window.steps(pause);
        window.button(middle + vec2(160.0, 0.0), false, Modifiers::NONE);
        window.steps(2);
    };
    let before = window.app().view();
    flick(&mut window, 4);
    let after = window.app().view();
    assert!(
        near(after.center, before.center - Point::new(160.0 / before.zoom, 0.0), 0.01) && !window.app().is_moving()
    );
    flick(&mut window, 0);
    assert!(window.app().is_moving(), "it glides");
    window.rest();
    let glided = (after.center.x - window.app().view().center.x) * before.zoom;
    assert!(glided > 200.0, "{glided}");
    let rested = window.app().view();
    window.steps(5);
    assert_eq!(window.app().view(), rested);
}

#[test]
fn space_and_the_middle_button_pan_in_any_tool() {
    let mut window = Window::with_tiles();
    for button in [PointerButton::Middle, PointerButton::Primary] {
        window.app().ask(WindowCommand::SetTool("rectangle"));
        window.steps(2);
        let (from, before) = (window.at(300.0, 100.0), window.app().view());
        if button == PointerButton::Primary {
            window.harness.key_down(Key::Space);
        }
        window.move_to(from);
        let press = |pos, pressed| Event::PointerButton { pos, button, pressed, modifiers: Modifiers::NONE };
        window.harness.event(press(from, true));
        window.steps(1);
        for part in [20.0, 60.0] {
            window.harness.event(Event::PointerMoved(from + vec2(part, 0.0)));
            window.steps(2);
        }
        window.steps(3);
        window.harness.event(press(from + vec2(60.0, 0.0), false));
        window.harness.key_up(Key::Space);
        window.steps(2);
        let moved = window.app().view();
        assert!(near(moved.center, before.center - Point::new(60.0 / before.zoom, 0.0), 0.01), "{button:?}: {moved:?}");
        assert_eq!(window.app().mosaic().regions.len(), 0, "no region was drawn");
    }
}

#[test]
fn zoom_box_and_back_restore_the_view() {
    let mut window = Window::with_tiles();
    let fit = window.app().view();
    window.key(Modifiers::NONE, Key::Z);
    let (from, to) = (window.at(320.0, 240.0), window.at(480.0, 330.0));
    window.drag(from, to, Modifiers::NONE);
    window.rest();
    let boxed = window.app().view();
    assert!(near(boxed.center, Point::new(400.0, 285.0), 1.0), "{boxed:?}");
    let screen = window.app().canvas_rect();
    assert!(boxed.visible(screen).contains(Rect::new(321, 241, 479, 329)) && boxed.zoom > fit.zoom * 2.0);
    window.key(Modifiers::NONE, Key::OpenBracket);
    assert_eq!(window.app().view(), fit, "back");
    window.key(Modifiers::NONE, Key::CloseBracket);
    assert_eq!(window.app().view(), boxed, "and forward again");
}

#[test]
fn rotated_views_pick_drag_and_draw_correctly() {
    for change in [ViewChange::Turn(90.0), ViewChange::Turn(33.0), ViewChange::Mirror, ViewChange::UpsideDown] {
        let mut window = Window::with_tiles();
        window.app().ask(ViewCommand::Change(change));
        window.steps(2);
        window.rest();
        window.key(Modifiers::NONE, Key::Num0);
        window.until("the picture is sharp", |app| app.is_sharp());
        let screen = window.app().canvas_rect();
        assert!(
            screen.contains(window.at(0.0, 0.0)) && screen.contains(window.at(960.0, 480.0)),
            "{change:?}: all is visible"
        );
        // The tile under the mouse is the one that is drawn there.
        window.key(Modifiers::NONE, Key::V);
        let at = window.at(800.0, 100.0);
        window.drag(at, at, Modifiers::NONE);
        let id = window.app().mosaic().placements[2].id;
        assert!(window.app().selection().placements.contains(id), "{change:?}");
        window.key(Modifiers::NONE, Key::Escape);
        // A region goes where it is drawn, and its handle where the mouse pulls it.
        window.key(Modifiers::NONE, Key::M);
        let (from, to) = (window.at(100.0, 60.0), window.at(400.0, 300.0));
        window.drag(from, to, Modifiers::NONE);
        let drawn = window.app().mosaic().regions[0].rect();
        assert!((drawn.x0 - 100).abs() <= 1 && (drawn.y1 - 300).abs() <= 1, "{change:?}: {drawn}");
        let (edge, further) = (window.at(400.0, 180.0), window.at(500.0, 180.0));
        window.drag(edge, further, Modifiers::NONE);
        let pulled = window.app().mosaic().regions[0].rect();
        assert!((pulled.x1 - 500).abs() <= 1 && pulled.x0 == drawn.x0, "{change:?}: {pulled}");
        // And the hand moves what it holds.
        window.key(Modifiers::NONE, Key::H);
        let held = window.at(480.0, 240.0);
        window.drag(held, held + vec2(50.0, -30.0), Modifiers::NONE);
        let now = window.at(480.0, 240.0);
        assert!((now - held - vec2(50.0, -30.0)).length() < 0.1, "{change:?}: {now:?}");
    }
}

#[test]
fn turning_keys_turn_and_u_is_upright() {
    let mut window = Window::with_tiles();
    window.key(Modifiers::NONE, Key::R);
    assert!((window.app().view().degrees - 90.0).abs() < 1e-9);
    window.key(Modifiers::SHIFT, Key::R);
    window.key(Modifiers::SHIFT, Key::R);
    assert!((window.app().view().degrees - 270.0).abs() < 1e-9);
    window.key(Modifiers::NONE, Key::X);
    assert!(window.app().view().mirrored);
    window.key(Modifiers::NONE, Key::U);
    assert!(window.app().view().is_upright());
}

#[test]
fn go_to_shows_the_coordinates_asked_for() {
    let mut window = Window::with_tiles();
    window.key(Modifiers::COMMAND, Key::G);
    window.steps(2);
    let x = window.harness.get_by_label("x");
    x.focus();
    window.steps(2);
    window.key(Modifiers::COMMAND, Key::A);
    window.harness.event(Event::Text("123.5".into()));
    window.steps(2);
    window.key(Modifiers::NONE, Key::Tab);
    window.key(Modifiers::COMMAND, Key::A);
    window.harness.event(Event::Text("77".into()));
    window.steps(2);
    window.harness.get_by_label("Go").click();
    window.steps(3);
    window.rest();
    assert!(near(window.app().view().center, Point::new(123.5, 77.0), 1e-6), "{:?}", window.app().view());
}

#[test]
fn full_screen_is_asked_for_and_only_the_picture_is_left() {
    let mut window = Window::with_tiles();
    window.harness.key_press(Key::F11);
    let mut asked = false;
    for _ in 0..3 {
        window.steps(1);
        let output = window.harness.output();
        asked |= output.viewport_output.values().any(|v| v.commands.contains(&ViewportCommand::Fullscreen(true)));
    }
    assert!(asked, "F11 asks the system");
    let before = window.app().canvas_rect();
    window.key(Modifiers::NONE, Key::F);
    assert!(window.harness.query_by_label("File").is_none());
    let all = window.app().canvas_rect();
    assert!(all.width() > before.width() + 250.0 && all.height() > before.height() + 40.0, "{all:?}");
    window.harness.get_by_label("Map");
    window.key(Modifiers::NONE, Key::Escape);
    assert_eq!(window.app().canvas_rect(), before);
}

#[test]
fn shortcuts_can_be_changed_are_saved_and_conflicts_are_shown() {
    let mut window = Window::with_tiles();
    let folder = window.folder.path().join("config");
    window.app().keep_in(&folder);
    window.app().ask(WindowCommand::ShowShortcuts(true));
    window.steps(3);
    window.harness.get_by_label("Change the key of Fit to window").click();
    window.steps(3);
    // That key is Undo's: the sheet says so, and takes it only when told.
    window.key(Modifiers::COMMAND, Key::Z);
    assert!(window.harness.query_by_label_contains("is the key of “Undo”").is_some());
    window.harness.get_by_label("Cancel").click();
    window.steps(3);
    window.harness.get_by_label("Change the key of Fit to window").click();
    window.steps(3);
    window.key(Modifiers::NONE, Key::F7);
    window.key(Modifiers::NONE, Key::Escape);
    assert!(window.harness.query_by_label("Keyboard shortcuts").is_none(), "the sheet is closed");
    let fit = window.app().view();
    window.key(Modifiers::NONE, Key::Num3);
    window.key(Modifiers::NONE, Key::Num0);
    assert!((window.app().view().zoom - 3.0).abs() < 1e-9, "0 has no meaning any more");
    window.key(Modifiers::NONE, Key::F7);
    assert_eq!(window.app().view(), fit);
    window.app().save_settings();
    let mut again = Window::with_tiles();
    again.app().keep_in(&folder);
    again.key(Modifiers::NONE, Key::Num3);
    again.key(Modifiers::NONE, Key::F7);
    assert_eq!(again.app().view(), fit, "the next run knows the key");
}

#[test]
fn two_fingers_pan_in_trackpad_mode() {
    let mut window = Window::with_tiles();
    window.app().ask(WindowCommand::Toggle(Toggle::Trackpad));
    let middle = window.app().canvas_rect().center();
    window.move_to(middle);
    let before = window.app().view();
    let scroll = |modifiers| Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: vec2(30.0, 60.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
        modifiers,
    };
    window.harness.event(scroll(Modifiers::NONE));
    window.steps(20);
    let panned = window.app().view();
    assert!((panned.zoom - before.zoom).abs() < 1e-12);
    assert!(near(panned.center, before.center - Point::new(30.0 / before.zoom, 60.0 / before.zoom), 1.0), "{panned:?}");
    window.harness.event(Event::Zoom(2.0));
    window.steps(3);
    assert!((window.app().view().zoom / before.zoom - 2.0).abs() < 1e-6, "a pinch zooms");
}

#[test]
fn zooming_out_leaves_the_picture_in_sight() {
    let mut window = Window::with_tiles();
    for _ in 0..100 {
        window.app().ask(ViewCommand::Zoom(Zoom::By(0.5)));
        window.steps(1);
    }
    window.rest();
    let (screen, bounds) = (window.app().canvas_rect(), window.app().mosaic().bounds());
    let shown = window.app().view().ui_from_rect(screen, bounds);
    assert!(shown.width() >= 3.9 && screen.contains_rect(shown), "{shown:?}");
}
