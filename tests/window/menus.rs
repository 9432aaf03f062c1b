//! Menus, context menus, the bar of tabs and fields to type in.

use egui::{Event, Key, Modifiers, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use mosaicist::app::{EditCommand, FileCommand, RegionCommand, TabCommand, Toggle, WindowCommand};
use mosaicist::geometry::Rect;

use crate::driver::Window;

#[test]
fn a_number_in_a_menu_is_typed_and_no_digit_zooms() {
    let mut window = Window::with_tiles();
    let zoom = window.app().view().zoom;
    window.press("View");
    window.press("Rotate and flip");
    window.press("Angle");
    assert!(window.shows("Angle"), "the menu stays open");
    window.type_over("37");
    window.key(Modifiers::NONE, Key::Num2);
    assert!((window.app().view().zoom - zoom).abs() < 1e-9, "2 is no zoom key in a field");
    window.key(Modifiers::NONE, Key::Enter);
    assert!((window.app().heading().degrees - 37.0).abs() < 1e-6, "{:?}", window.app().heading());
    window.key(Modifiers::NONE, Key::Escape);
    window.key(Modifiers::NONE, Key::X);
    window.steps(3);
    assert!(window.app().view().mirrored);
    let texts: Vec<String> =
        window.harness.query_all_by_label_contains("mirrored").map(|node| format!("{node:?}")).collect();
    assert!(texts.iter().any(|text| text.contains("37°")), "{texts:?}");
}

#[test]
fn escape_in_a_field_or_a_menu_leaves_the_selection() {
    let mut window = Window::with_tiles();
    window.app().ask(WindowCommand::ShowPanel("tiles"));
    window.select(&[1, 2]);
    window.harness.get_by_label("Search tiles").focus();
    window.steps(3);
    assert!(window.harness.ctx.text_edit_focused());
    window.key(Modifiers::NONE, Key::Escape);
    assert_eq!(window.selected(), [1, 2], "Escape left the field");
    window.press("View");
    window.key(Modifiers::NONE, Key::Escape);
    assert_eq!(window.selected(), [1, 2], "Escape closed the menu");
    window.key(Modifiers::NONE, Key::Escape);
    assert_eq!(window.selected(), [0; 0], "now it selects nothing");
}

#[test]
fn what_is_meant_for_tiles_leaves_a_selected_region() {
    let mut window = Window::with_tiles();
    window.app().ask(RegionCommand::Add(Rect::new(20, 20, 200, 150)));
    window.steps(3);
    assert_eq!(window.app().selection().regions.len(), 1);
    // By its own menu, a tile is removed.
    let at = window.at(800.0, 400.0);
    window.right_click(at);
    window.press("Remove");
    window.until("it is removed", |app| app.mosaic().placements.len() == 5);
    assert_eq!(window.app().mosaic().regions.len(), 1);
    window.key(Modifiers::COMMAND, Key::Z);
    window.until("it is back", |app| app.mosaic().placements.len() == 6);
    let id = window.app().mosaic().regions[0].id;
    window.app().ask(RegionCommand::Select(Some(id)));
    window.steps(2);
    // The tiles were selected last: they are what goes.
    window.key(Modifiers::COMMAND, Key::A);
    window.key(Modifiers::NONE, Key::Delete);
    window.until("the tiles are removed", |app| app.mosaic().placements.is_empty());
    assert_eq!(window.app().mosaic().regions.len(), 1);
}

#[test]
fn a_click_on_a_line_closes_a_menu() {
    let mut window = Window::with_tiles();
    window.press("View");
    window.press("Overlays");
    window.press("Grid");
    assert!(window.app().is_on(Toggle::Grid));
    window.steps(3);
    assert!(!window.shows("Overlays"));
}

#[test]
fn menus_scroll_in_a_low_window() {
    let mut window = Window::with_tiles();
    window.resize(vec2(800.0, 600.0));
    window.press("View");
    window.steps(5);
    let menu = window.place_of("Compare tabs");
    assert!(menu.top() > 30.0 && menu.bottom() < 600.0, "the bar stays free: {menu:?}");
    window.move_to(menu.center());
    window.harness.event(Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: vec2(0.0, -900.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
        modifiers: Modifiers::NONE,
    });
    window.steps(30);
    let last = window.place_of("Trackpad: pan with two fingers");
    assert!(last.bottom() < 600.0, "the last line is reached: {last:?}");
}

#[test]
fn a_tile_has_a_menu_and_so_has_the_place_beside_tiles() {
    let mut window = Window::with_tiles();
    let at = window.at(480.0, 120.0);
    window.right_click(at);
    assert_eq!(window.selected(), [1], "what the menu is about is selected");
    assert!(window.shows("Zoom to tiles") && window.shows("Copy path"));
    window.press("Hide");
    assert!(!window.tile(1).visible && !window.shows("Zoom to tiles"));
    let beside = window.at(-10.0, -10.0);
    window.right_click(beside);
    assert!(window.shows("Go to…") && !window.shows("Zoom to tiles"));
    window.press("Show all");
    assert!(window.tile(1).visible);
    let positions = window.positions();
    // A drag with the right button moves nothing.
    window.harness.event(Event::PointerMoved(at));
    let press = |pressed, pos| Event::PointerButton {
        pos,
        button: egui::PointerButton::Secondary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    window.harness.event(press(true, at));
    window.steps(2);
    window.harness.event(Event::PointerMoved(at + vec2(80.0, 40.0)));
    window.steps(2);
    window.harness.event(press(false, at + vec2(80.0, 40.0)));
    window.steps(2);
    assert_eq!(window.positions(), positions);
}

/// A small window with 19 tabs.
fn with_many_tabs() -> Window {
    let mut window = Window::with_tiles();
    let tiles = window.folder.path().join("tiles");
    for number in 0..18 {
        window.app().ask(FileCommand::OpenTab(vec![tiles.join(format!("t{}.png", number % 6))]));
        window.until("it is open", move |app| app.tab_ids().len() == number + 2 && !app.is_busy());
    }
    window.resize(vec2(800.0, 600.0));
    window
}

#[test]
fn the_bar_follows_the_current_of_many_tabs() {
    let mut window = with_many_tabs();
    let add = window.place_of("Open in a new tab");
    assert!(add.right() < 800.0, "{add:?}");
    let ids = window.app().tab_ids();
    for id in [ids[0], ids[18], ids[9]] {
        window.app().ask(TabCommand::Show(id));
        window.steps(30);
        let place = shown_tab(&window);
        assert!(place.left() >= 0.0 && place.right() <= add.left() + 1.0, "{id:?} at {place:?}");
    }
    window.resize(vec2(800.0, 900.0));
    window.press("List of tabs");
    window.steps(5);
    let first = window.harness.query_all_by_label_contains("tiles (6 images)").count();
    assert!(first >= 2, "in the bar and in the list");
    let lines = window.harness.query_all_by_label_contains("tiles (6 images)").map(|node| node.rect());
    let line = lines.max_by(|a, b| a.top().total_cmp(&b.top())).unwrap().center();
    window.click_at(line);
    window.steps(3);
    assert_eq!(window.app().current_tab(), ids[0]);
}

#[test]
fn closing_tabs_far_from_the_current_one_leaves_the_bar_where_it_is() {
    let mut window = with_many_tabs();
    let ids = window.app().tab_ids();
    window.app().ask(TabCommand::Show(ids[0]));
    window.steps(10);
    let first = shown_tab(&window);
    window.app().ask(TabCommand::Show(ids[18]));
    window.steps(10);
    window.move_to(first.center());
    let (unit, phase) = (egui::MouseWheelUnit::Point, egui::TouchPhase::Move);
    for _ in 0..40 {
        let delta = vec2(0.0, 200.0);
        let source = egui::MouseWheelSource::Wheel;
        window.harness.event(Event::MouseWheel { unit, delta, phase, source, modifiers: Modifiers::NONE });
        window.steps(2);
    }
    window.steps(20);
    let leftmost = |window: &Window| {
        let tabs = window.harness.query_all_by_role(egui::accesskit::Role::Tab);
        let lefts = tabs.map(|node| node.rect()).filter(|rect| rect.top() < 80.0).map(|rect| rect.left());
        lefts.fold(f32::INFINITY, f32::min)
    };
    let before = leftmost(&window);
    assert!((before - first.left()).abs() < 1.0, "the wheel moves it: {before}, {first:?}");
    window.app().ask(TabCommand::Close(ids[1]));
    window.steps(10);
    assert!((leftmost(&window) - before).abs() < 1.0, "{}", leftmost(&window));
    // A tab that is opened beside it is followed.
    let another = window.folder.path().join("tiles/t0.png");
    window.app().ask(FileCommand::OpenTab(vec![another]));
    window.until("it is open", |app| app.tab_ids().len() == 19 && !app.is_busy());
    window.steps(10);
    assert!(leftmost(&window) < -100.0);
}

/// Where the current tab is in the bar.
fn shown_tab(window: &Window) -> egui::Rect {
    let is_current =
        |node: &egui_kittest::Node<'_>| node.accesskit_node().toggled() == Some(egui::accesskit::Toggled::True);
    let tabs = window.harness.query_all_by_role(egui::accesskit::Role::Tab);
    let current = tabs.filter(is_current).find(|node| node.rect().top() < 80.0);
    current.expect("a tab is current").rect()
}

#[test]
fn a_tab_has_a_menu() {
    let mut window = Window::with_tiles();
    let tiles = window.folder.path().join("tiles");
    for number in 0..3 {
        window.app().ask(FileCommand::OpenTab(vec![tiles.join(format!("t{number}.png"))]));
        window.until("it is open", move |app| app.tab_ids().len() == number + 2 && !app.is_busy());
    }
    let at = shown_tab(&window).left_center() + vec2(14.0, 0.0);
    window.right_click(at);
    window.press("Close other saved tabs");
    window.steps(5);
    assert_eq!(window.app().tab_ids().len(), 1);
    assert!(window.app().mosaic().placements[0].name().contains("t2"));
}

#[test]
fn a_restored_session_shows_the_tab_that_was_worked_on() {
    let mut window = Window::new();
    let (state, tiles) = (window.folder.path().join("state"), window.folder.path().join("tiles"));
    std::fs::create_dir(&state).unwrap();
    window.app().keep_in(&state);
    for number in 0..18 {
        let name = format!("n{number}.png");
        std::fs::copy(tiles.join("t1.png"), tiles.join(&name)).unwrap();
        window.app().ask(FileCommand::OpenTab(vec![tiles.join(&name)]));
        window.until("it is open", move |app| {
            app.tab_ids().len() == number + 1 && app.mosaic().placements.front().is_some_and(|tile| tile.name() == name)
        });
    }
    let ids = window.app().tab_ids();
    window.app().ask(TabCommand::Show(ids[1]));
    window.steps(3);
    window.app().save_settings();
    let mut again = Window::new();
    again.resize(vec2(800.0, 600.0));
    again.app().keep_in(&state);
    again.app().ask(FileCommand::RestoreSession);
    again.until("all are open", |app| app.tab_ids().len() == 18 && !app.is_busy());
    again.steps(30);
    assert_eq!(again.app().mosaic().placements[0].name(), "n1.png");
    let (place, add) = (shown_tab(&again), again.place_of("Open in a new tab"));
    assert!(place.left() >= 0.0 && place.right() <= add.left() + 1.0, "the bar shows it: {place:?}");
}

#[test]
fn undo_and_redo_can_be_pressed_only_where_there_is_a_step() {
    let mut window = Window::with_tiles();
    let is_off = |window: &Window, label: &str| {
        let mut buttons = window.harness.query_all_by_label_contains(label);
        buttons.any(|node| node.rect().left() < 46.0 && node.accesskit_node().is_disabled())
    };
    assert!(is_off(&window, "Undo") && is_off(&window, "Redo"), "nothing has been done");
    window.app().ask(RegionCommand::Add(Rect::new(5, 6, 70, 80)));
    window.steps(3);
    assert!(!is_off(&window, "Undo") && is_off(&window, "Redo"));
    window.app().ask(EditCommand::Undo);
    window.steps(3);
    assert!(is_off(&window, "Undo") && !is_off(&window, "Redo"));
}

#[test]
fn inside_a_region_the_menu_is_that_of_what_a_click_selects() {
    let mut window = Window::with_tiles();
    window.app().ask(RegionCommand::Add(Rect::new(20, 20, 300, 220)));
    window.app().ask(RegionCommand::Select(None));
    window.steps(3);
    let inside = window.at(160.0, 120.0);
    for (tool, shown) in [("arrange", "Zoom to tiles"), ("hand", "Zoom to selected")] {
        window.app().ask(WindowCommand::SetTool(tool));
        window.right_click(inside);
        assert!(window.shows(shown), "{tool}");
        window.key(Modifiers::NONE, Key::Escape);
        window.key(Modifiers::NONE, Key::Escape);
    }
}

#[test]
fn a_button_that_has_the_keyboard_takes_enter_and_escape_gives_it_back() {
    let mut window = Window::with_tiles();
    window.select(&[1]);
    let view = window.app().view();
    window.harness.get_by_label("Export…").focus();
    window.steps(2);
    assert!(window.harness.ctx.memory(egui::Memory::focused).is_some());
    window.key(Modifiers::NONE, Key::ArrowLeft);
    assert_eq!(window.app().view(), view, "arrows go through the buttons");
    window.harness.get_by_label("Export…").focus();
    window.steps(2);
    window.key(Modifiers::NONE, Key::Escape);
    assert!(window.harness.ctx.memory(egui::Memory::focused).is_none());
    assert_eq!(window.selected(), [1], "Escape left the button");
    window.harness.get_by_label("Export…").focus();
    window.steps(2);
    window.key(Modifiers::NONE, Key::Enter);
    assert!(window.app().export_form().is_some(), "Enter presses it");
    window.key(Modifiers::NONE, Key::Escape);
    window.key(Modifiers::NONE, Key::Escape);
    window.key(Modifiers::NONE, Key::ArrowLeft);
    assert_ne!(window.app().view(), view, "nothing has the keyboard: arrows pan");
}

#[test]
fn a_decimal_comma_is_a_decimal_point() {
    let mut window = Window::with_tiles();
    window.press("View");
    window.press("Rotate and flip");
    window.press("Angle");
    window.type_over("12,5");
    window.key(Modifiers::NONE, Key::Enter);
    assert!((window.app().heading().degrees - 12.5).abs() < 1e-6, "{:?}", window.app().heading());
}
