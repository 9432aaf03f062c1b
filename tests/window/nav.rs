//! Moving about: zoom, places, turning, what lies over the picture, pictures of the view, what is remembered.

use egui::{Event, Key, Modifiers, PointerButton, Pos2, ViewportCommand, vec2};
use egui_kittest::kittest::Queryable as _;
use mosaicist::app::{App, Command, Look, Shot, Start, Toggle, Tool, View, Zoom};
use mosaicist::geometry::{Point, Rect, Region, Size};
use mosaicist::pixels::{Colour, Pixels, SampleType, Samples};
use mosaicist::source::Source as _;
use mosaicist::source::testing::Pattern;

use crate::driver::Window;

fn near(a: Point, b: Point, within: f64) -> bool {
    (a.x - b.x).hypot(a.y - b.y) <= within
}

/// Open `path` alone.
fn open(window: &mut Window, path: std::path::PathBuf) {
    window.app().start(Start::Files(vec![path]));
    window.until("it is open", |app| !app.mosaic().placements.is_empty());
    window.until("the picture is sharp", |app| app.is_sharp());
}

fn move_to(window: &mut Window, pos: Pos2) {
    window.harness.event(Event::PointerMoved(pos));
    window.steps(2);
}

#[test]
fn digits_are_percents_and_a_flight_takes_a_moment() {
    let mut window = Window::with_tiles();
    window.key(Modifiers::NONE, Key::Num4);
    assert!((window.app().view().zoom - 4.0).abs() < 1e-9);
    window.key(Modifiers::COMMAND, Key::Num2);
    assert!((window.app().view().zoom - 0.5).abs() < 1e-9, "{:?}", window.app().view());
    window.app().ask(Command::Zoom(Zoom::Percent(300.0)));
    window.steps(1);
    let zoom = window.app().view().zoom;
    assert!(0.5 < zoom && zoom < 3.0 && window.app().is_moving(), "on the way: {zoom}");
    assert!((window.app().heading().zoom - 3.0).abs() < 1e-9);
    window.rest();
    assert!((window.app().view().zoom - 3.0).abs() < 1e-9);
    window.app().ask(Command::Toggle(Toggle::Motion));
    window.app().ask(Command::Zoom(Zoom::Percent(100.0)));
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
fn a_flick_glides_on_and_a_slow_hand_does_not() {
    let mut window = Window::with_tiles();
    window.key(Modifiers::NONE, Key::H);
    let middle = window.app().canvas_rect().center();
    let flick = |window: &mut Window, pause: usize| {
        move_to(window, middle);
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
        window.app().ask(Command::SetTool(Tool::Region));
        window.steps(2);
        let (from, before) = (window.at(300.0, 100.0), window.app().view());
        if button == PointerButton::Primary {
            window.harness.key_down(Key::Space);
        }
        move_to(&mut window, from);
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
fn a_box_is_zoomed_to_and_back_goes_where_one_was() {
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
fn a_turned_view_is_picked_dragged_and_drawn_on_as_it_looks() {
    for look in [Look::Turn(90.0), Look::Turn(33.0), Look::Mirror, Look::UpsideDown] {
        let mut window = Window::with_tiles();
        window.app().ask(Command::Look(look));
        window.steps(2);
        window.rest();
        window.key(Modifiers::NONE, Key::Num0);
        window.until("the picture is sharp", |app| app.is_sharp());
        let screen = window.app().canvas_rect();
        assert!(
            screen.contains(window.at(0.0, 0.0)) && screen.contains(window.at(960.0, 480.0)),
            "{look:?}: all is seen"
        );
        // The tile under the mouse is the one that is drawn there.
        window.key(Modifiers::NONE, Key::V);
        let at = window.at(800.0, 100.0);
        window.drag(at, at, Modifiers::NONE);
        let id = window.app().mosaic().placements[2].id;
        assert!(window.app().selection().placements.contains(&id), "{look:?}");
        window.key(Modifiers::NONE, Key::Escape);
        // A region goes where it is drawn, and its handle where the mouse pulls it.
        window.key(Modifiers::NONE, Key::M);
        let (from, to) = (window.at(100.0, 60.0), window.at(400.0, 300.0));
        window.drag(from, to, Modifiers::NONE);
        let drawn = window.app().mosaic().regions[0].shape.bounds();
        assert!((drawn.x0 - 100).abs() <= 1 && (drawn.y1 - 300).abs() <= 1, "{look:?}: {drawn}");
        let (edge, further) = (window.at(400.0, 180.0), window.at(500.0, 180.0));
        window.drag(edge, further, Modifiers::NONE);
        let pulled = window.app().mosaic().regions[0].shape.bounds();
        assert!((pulled.x1 - 500).abs() <= 1 && pulled.x0 == drawn.x0, "{look:?}: {pulled}");
        // And the hand moves what it holds.
        window.key(Modifiers::NONE, Key::H);
        let held = window.at(480.0, 240.0);
        window.drag(held, held + vec2(50.0, -30.0), Modifiers::NONE);
        let now = window.at(480.0, 240.0);
        assert!((now - held - vec2(50.0, -30.0)).length() < 0.1, "{look:?}: {now:?}");
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
fn a_key_is_changed_on_the_sheet_kept_and_a_clash_is_told() {
    let mut window = Window::with_tiles();
    let folder = window.folder.path().join("config");
    window.app().keep_in(&folder);
    window.app().ask(Command::ShowShortcuts(true));
    window.steps(3);
    window.harness.get_by_label("Change the key of Fit the picture").click();
    window.steps(3);
    // That key is Undo's: the sheet says so, and takes it only when told.
    window.key(Modifiers::COMMAND, Key::Z);
    assert!(window.harness.query_by_label_contains("is the key of “Undo”").is_some());
    window.harness.get_by_label("Leave it").click();
    window.steps(3);
    window.harness.get_by_label("Change the key of Fit the picture").click();
    window.steps(3);
    window.key(Modifiers::NONE, Key::F7);
    window.key(Modifiers::NONE, Key::Escape);
    assert!(window.harness.query_by_label("Shortcuts").is_none(), "the sheet is closed");
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
    window.app().ask(Command::Toggle(Toggle::Trackpad));
    let middle = window.app().canvas_rect().center();
    move_to(&mut window, middle);
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
fn the_map_moves_the_view_and_shades_what_was_not_seen() {
    let mut window = Window::with_tiles();
    window.key(Modifiers::NONE, Key::Num9);
    let map = window.harness.get_by_label("Map").rect();
    // A point at a quarter of the width; what it means follows from where the click leads.
    let click = |window: &mut Window, part: f32| {
        let at = egui::pos2(map.left() + map.width() * part, map.center().y);
        move_to(window, at);
        window.button(at, true, Modifiers::NONE);
        window.steps(1);
        window.button(at, false, Modifiers::NONE);
        window.steps(3);
        window.rest();
        window.app().view().center
    };
    let (left, middle, right) = (click(&mut window, 0.25), click(&mut window, 0.5), click(&mut window, 0.75));
    assert!(near(middle, Point::new(480.0, 240.0), 3.0), "{middle:?}");
    assert!(
        near(left, Point::new(240.0, 240.0), 12.0) && near(right, Point::new(720.0, 240.0), 12.0),
        "{left:?} {right:?}"
    );
    assert!(window.harness.query_by_label_contains("looked at").is_some());
    window.harness.get_by_label("Begin anew").click();
    window.steps(3);
    // At 900 % a screen is about a fiftieth of the picture.
    let told = window.harness.get_by_label_contains("% looked at").value().unwrap_or_default();
    let label = window.harness.query_all_by_label_contains("% looked at").count();
    assert!(label == 1 && !told.starts_with("100"), "{told}");
}

/// A TIFF of 16-bit greys in rows of 64.
fn sixteen_bit(path: &std::path::Path) {
    let samples = (0..64 * 48u32).map(|i| (i * 21 % 65_536) as u16).collect();
    let pixels = Pixels::new(Size::new(64, 48), 1, Samples::U16(samples)).unwrap();
    mosaicist::export::write_image(path, &pixels, Colour::Grey, 90).unwrap();
}

#[test]
fn the_true_samples_under_the_mouse_are_told() {
    let mut window = Window::new();
    let path = window.folder.path().join("deep.tif");
    sixteen_bit(&path);
    open(&mut window, path);
    for (x, y) in [(5, 3), (63, 47)] {
        let at = window.at(f64::from(x) + 0.5, f64::from(y) + 0.5);
        move_to(&mut window, at);
        window.until("the samples are read", |app| app.samples().is_some());
        let value = ((y * 64 + x) * 21 % 65_536).to_string();
        assert_eq!(window.app().samples().unwrap()[0].value, value, "at {x}, {y}");
        assert!(window.harness.query_by_label_contains(&format!("V {value}")).is_some());
        assert!(window.harness.query_by_label_contains(&format!("x {x}  y {y}")).is_some());
    }
    let outside = window.at(-3.0, 5.0);
    move_to(&mut window, outside);
    window.steps(3);
    assert!(window.app().samples().is_none(), "there is no image there");
}

/// A TIFF of 64 × 48 grey bytes, 2 m across and 4 m down each, its corner at (500000, 4000000).
fn on_a_map(path: &std::path::Path) {
    let doubles = |values: &[f64]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let shorts = |values: &[u16]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let (short, long, double) = (3u16, 4u16, 12u16);
    let pixels = 64 * 48;
    let mut file = [b"II*\0".to_vec(), (8 + pixels as u32).to_le_bytes().to_vec(), vec![77; pixels]].concat();
    let tags = [
        (256u16, long, 1u32, 64u32.to_le_bytes().to_vec()),
        (257, long, 1, 48u32.to_le_bytes().to_vec()),
        (258, short, 1, shorts(&[8, 0])),
        (259, short, 1, shorts(&[1, 0])),
        (262, short, 1, shorts(&[1, 0])),
        (273, long, 1, 8u32.to_le_bytes().to_vec()),
        (277, short, 1, shorts(&[1, 0])),
        (278, long, 1, 48u32.to_le_bytes().to_vec()),
        (279, long, 1, (pixels as u32).to_le_bytes().to_vec()),
        (33550, double, 3, doubles(&[2.0, 4.0, 0.0])),
        (33922, double, 6, doubles(&[0.0, 0.0, 0.0, 500_000.0, 4_000_000.0, 0.0])),
        (34735, short, 8, shorts(&[1, 1, 0, 1, 3076, 0, 1, 9001])),
    ];
    let end = file.len() + 2 + tags.len() * 12 + 4;
    let mut beyond = Vec::new();
    file.extend((tags.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in tags {
        file.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        file.extend(count.to_le_bytes());
        if value.len() <= 4 {
            file.extend(value);
        } else {
            file.extend(((end + beyond.len()) as u32).to_le_bytes());
            beyond.extend(value);
        }
    }
    file.extend([0; 4]);
    file.extend(beyond);
    std::fs::write(path, file).unwrap();
}

#[test]
fn a_map_is_read_and_gone_to_in_its_own_units() {
    let mut window = Window::new();
    let path = window.folder.path().join("map.tif");
    on_a_map(&path);
    open(&mut window, path);
    let at = window.at(10.5, 20.5);
    move_to(&mut window, at);
    window.until("the samples are read", |app| app.samples().is_some());
    assert!(window.harness.query_by_label_contains("500021.00, 3999918.00 m").is_some());
    window.key(Modifiers::COMMAND, Key::G);
    window.steps(2);
    for (field, text) in [("x", "500040"), ("y", "3999960")] {
        window.harness.get_by_label(field).focus();
        window.steps(2);
        window.key(Modifiers::COMMAND, Key::A);
        window.harness.event(Event::Text(text.into()));
        window.steps(2);
    }
    window.key(Modifiers::NONE, Key::Enter);
    let view = window.app().view();
    assert!(near(view.center, Point::new(20.0, 10.0), 1e-6), "{view:?}");
}

#[test]
fn what_shows_all_goes_on_to_when_the_window_changes() {
    let mut window = Window::with_tiles();
    let whole = Rect::new(0, 0, 960, 480);
    window.harness.set_size(vec2(900.0, 600.0));
    window.steps(3);
    let screen = window.app().canvas_rect();
    let view = window.app().view();
    assert!(screen.width() < 700.0 && view.visible(screen).contains(whole), "{view:?} in {screen:?}");
    window.key(Modifiers::NONE, Key::Num2);
    let chosen = window.app().view();
    window.harness.set_size(vec2(1200.0, 800.0));
    window.steps(3);
    assert_eq!(window.app().view(), chosen, "what the person has chosen stays");
}

#[test]
fn what_lies_over_the_picture_is_switched_and_remembered() {
    let mut window = Window::with_tiles();
    let folder = window.folder.path().join("config");
    window.app().keep_in(&folder);
    for (key, modifiers) in
        [(Key::G, Modifiers::SHIFT), (Key::C, Modifiers::NONE), (Key::R, Modifiers::COMMAND | Modifiers::SHIFT)]
    {
        window.key(modifiers, key);
    }
    let middle = window.app().canvas_rect().center();
    move_to(&mut window, middle);
    assert!((window.app().view().degrees).abs() < 1e-9, "Ctrl+Shift+R turned nothing");
    let switched = |app: &App| [Toggle::Grid, Toggle::Crosshair, Toggle::Rulers].map(|toggle| app.is_on(toggle));
    assert_eq!(switched(window.app()), [true; 3]);
    window.app().save_settings();
    let mut again = Window::new();
    again.app().keep_in(&folder);
    assert_eq!(switched(again.app()), [true; 3]);
}

#[test]
fn a_region_is_copied_pixel_by_pixel() {
    let mut window = Window::with_tiles();
    let rect = Rect::new(300, 200, 350, 260);
    window.app().ask(Command::AddRegion(rect));
    window.steps(2);
    let image = window.copied();
    assert_eq!(image.size, [50, 60]);
    let expected = Pattern::new(Size::new(960, 480), 3, SampleType::U8).read(Region::new(0, rect)).unwrap();
    let bytes: Vec<u8> = image.pixels.iter().flat_map(|pixel| [pixel.r(), pixel.g(), pixel.b()]).collect();
    assert_eq!(Samples::U8(bytes), *expected.samples());
}

#[test]
fn the_view_is_saved_as_a_picture() {
    let mut window = Window::with_tiles();
    let out = window.folder.path().join("view.png");
    *window.picker.0.lock().unwrap() = vec![out.clone()];
    window.app().ask(Command::Shot(Shot::AskPath));
    let mut done = false;
    for _ in 0..2000 {
        window.steps(1);
        let viewports = window.harness.output().viewport_output.values();
        let asked = viewports.flat_map(|viewport| &viewport.commands).find_map(|command| match command {
            ViewportCommand::Screenshot(callback) => Some(callback.clone()),
            _ => None,
        });
        if let Some(callback) = asked {
            // What a screen would give: the window, 1200 × 800.
            let pixels = (0..1200 * 800).map(|i| egui::Color32::from_rgb((i % 1200 / 8) as u8, 9, 7)).collect();
            callback.complete(std::sync::Arc::new(egui::ColorImage::new([1200, 800], pixels)));
            done = true;
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    assert!(done, "a screenshot is asked for");
    window.until("it is written", |app| app.notices().iter().any(|n| n.contains("view.png")));
    let canvas = window.app().canvas_rect();
    let picture = crate::whole(&out);
    let size = (f64::from(picture.size().width), f64::from(picture.size().height));
    assert!((size.0 - f64::from(canvas.width())).abs() <= 1.0 && (size.1 - f64::from(canvas.height())).abs() <= 1.0);
    let Samples::U8(samples) = picture.samples() else { panic!("bytes were written") };
    assert_eq!(samples[0], (canvas.left() / 8.0) as u8, "it begins where the canvas does");
}

#[test]
fn bookmarks_are_named_shown_and_saved_with_the_project() {
    let mut window = Window::with_tiles();
    let place = View { center: Point::new(333.0, 111.0), zoom: 3.0, degrees: 90.0, mirrored: true };
    window.app().ask(Command::Look(Look::At(place)));
    window.steps(2);
    window.rest();
    window.key(Modifiers::NONE, Key::B);
    let bookmark = window.app().mosaic().bookmarks[0].clone();
    assert_eq!(bookmark.name, "View 1");
    window.app().ask(Command::RenameBookmark(bookmark.id, "The corner".into()));
    let project = window.folder.path().join("p.mosaic");
    window.app().ask(Command::SaveTo(project.clone()));
    window.until("it is saved", |app| app.notices().iter().any(|n| n.contains("Saved")));
    window.app().ask(Command::CloseDocument);
    window.steps(3);
    open(&mut window, project);
    window.key(Modifiers::NONE, Key::U);
    window.harness.get_by_label("The corner").scroll_to_me();
    window.steps(3);
    window.harness.get_by_label("The corner").click();
    window.steps(3);
    window.rest();
    let shown = window.app().view();
    assert!(near(shown.center, place.center, 1e-6) && (shown.zoom - 3.0).abs() < 1e-9, "{shown:?}");
    assert!(shown.mirrored && (shown.degrees - 90.0).abs() < 1e-9, "{shown:?}");
    window.harness.get_by_label("Remove the bookmark").click();
    window.steps(3);
    assert_eq!(window.app().mosaic().bookmarks.len(), 0);
    window.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.app().mosaic().bookmarks.len(), 1, "it is a change like any other");
}

#[test]
fn the_next_run_goes_on_where_this_one_ended() {
    let mut window = Window::with_tiles();
    let folder = window.folder.path().join("config");
    window.app().keep_in(&folder);
    let tiles = window.folder.path().join("tiles");
    window.app().ask(Command::CloseDocument);
    window.steps(3);
    open(&mut window, tiles);
    let place = View { center: Point::new(700.0, 50.0), zoom: 2.5, ..View::default() };
    window.app().ask(Command::Look(Look::At(place)));
    window.steps(2);
    window.rest();
    window.app().save_settings();

    let mut again = Window::new();
    again.app().keep_in(&folder);
    again.app().start(Start::Files(Vec::new()));
    again.steps(3);
    assert!(again.app().mosaic().placements.is_empty(), "nobody asked for it to be opened");
    again.harness.get_by_label_contains("Go on where you left off").click();
    again.until("the tiles are open", |app| app.mosaic().placements.len() == 6);
    again.until("the picture is sharp", |app| app.is_sharp());
    assert_eq!(again.app().view(), place);
    again.app().ask(Command::Toggle(Toggle::Reopen));
    again.steps(2);
    again.app().save_settings();

    let mut third = Window::new();
    third.app().keep_in(&folder);
    third.app().start(Start::Files(Vec::new()));
    third.until("the tiles are open", |app| app.mosaic().placements.len() == 6);
}

#[test]
fn recent_documents_have_pictures() {
    let mut window = Window::new();
    let folder = window.folder.path().join("config");
    window.app().keep_in(&folder);
    let tiles = window.folder.path().join("tiles");
    open(&mut window, tiles);
    let thumbnails = folder.join("thumbnails");
    window.until("there is a thumbnail", |_| {
        std::fs::read_dir(&thumbnails).is_ok_and(|mut files| {
            files.any(|f| f.is_ok_and(|f| f.path().extension().is_some_and(|ending| ending == "png")))
        })
    });
    window.app().save_settings();
    let mut again = Window::new();
    again.app().keep_in(&folder);
    again.until("its picture is there", |app| app.thumbnail_count() == 1);
    again.harness.get_by_label("tiles").click();
    again.until("the tiles are open", |app| app.mosaic().placements.len() == 6);
}
