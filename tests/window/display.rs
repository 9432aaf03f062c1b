//! Display settings: opened images are visible at once, and changes show without decoding again.

use egui::{Key, Modifiers, Pos2};
use egui_kittest::kittest::Queryable as _;
use mosaicist::app::{Command, DisplayChange, ExportCommand, FileCommand, RegionCommand};
use mosaicist::display::{Backdrop, Lut};
use mosaicist::geometry::{Rect, Size};
use mosaicist::pixels::{Color, Pixels, Samples};

use super::driver::Window;

const SIZE: Size = Size::new(700, 500);

/// A window that shows one image of these samples.
fn showing(color: Color, channels: u8, samples: Samples) -> Window {
    let mut window = Window::new();
    let path = window.folder.path().join("picture.tif");
    let pixels = Pixels::new(SIZE, channels, samples).unwrap();
    mosaicist::export::write_image(&path, &pixels, color, 90).unwrap();
    window.open(path);
    window
}

/// 16 bits of which only 1000 to 1999 occur: black on any screen without a window.
fn dim() -> Window {
    let samples = (0..SIZE.area()).map(|i| 1000 + (i % 1000) as u16).collect();
    showing(Color::Gray, 1, Samples::U16(samples))
}

fn windows(window: &mut Window) -> Vec<(f32, f32)> {
    window.app().display().unwrap().channels.iter().map(|channel| (channel.low, channel.high)).collect()
}

fn change(window: &mut Window, change: DisplayChange) {
    window.app().ask(Command::Display(change));
    window.steps(1);
    window.until("it is shown", |app| app.is_sharp());
}

#[test]
fn sixteen_bit_images_open_with_auto_contrast() {
    let mut window = dim();
    let (low, high) = windows(&mut window)[0];
    assert!((1000.0..1010.0).contains(&low) && (1990.0..2000.0).contains(&high), "{low} to {high}");
    let known = window.app().histograms()[0].range();
    assert_eq!(known, (1000.0, 1999.0));
}

#[test]
fn bytes_are_shown_as_they_are() {
    let mut window = Window::with_tiles();
    assert_eq!(windows(&mut window), [(0.0, 255.0); 3]);
    window.until("the values are counted", |app| app.is_measured());
    assert_eq!(window.app().histograms().len(), 3);
}

#[test]
fn floats_far_from_one_are_visible_and_nan_is_ignored() {
    let samples = (0..SIZE.area()).map(|i| if i % 50 == 0 { f32::NAN } else { -40.0 + (i % 500) as f32 * 0.1 });
    let mut window = showing(Color::Gray, 1, Samples::F32(samples.collect()));
    let (low, high) = windows(&mut window)[0];
    assert!((low + 40.0).abs() < 1.0 && (high - 9.9).abs() < 1.0, "{low} to {high}");
}

#[test]
fn the_handles_change_the_window_without_decoding() {
    let mut window = dim();
    let before = windows(&mut window)[0];
    let decodes = window.app().figures().decodes;
    let place = window.harness.get_by_label("Histogram").rect();
    let (from, to) = (Pos2::new(place.left() + 12.0, place.center().y), Pos2::new(place.center().x, place.center().y));
    window.drag(from, to, Modifiers::NONE);
    window.until("it is shown", |app| app.is_sharp());
    let after = windows(&mut window)[0];
    assert!((after.0 - 1500.0).abs() < 40.0 && after.1.to_bits() == before.1.to_bits(), "{before:?} to {after:?}");
    change(&mut window, DisplayChange::Gamma(2.0));
    change(&mut window, DisplayChange::Lut(0, Some(Lut::Viridis)));
    change(&mut window, DisplayChange::Smooth(true));
    assert_eq!(window.app().figures().decodes, decodes, "nothing is decoded again");
    // The button brings it back.
    window.harness.get_by_label("Reset").scroll_to_me();
    window.steps(20);
    window.harness.get_by_label("Reset").click();
    window.steps(3);
    assert_eq!(windows(&mut window)[0], before);
    assert_eq!(window.app().display().unwrap().channels[0].lut, None);
    assert!(window.app().display().unwrap().smooth, "how pixels are drawn is another matter");
}

#[test]
fn passed_through_tiles_decode_to_the_displayed_pixels() {
    let mut window = dim();
    change(&mut window, DisplayChange::Window { low: 1000.0, high: 1255.0 });
    window.app().ask(RegionCommand::Add(Rect::new(0, 0, 600, 1)));
    window.steps(2);
    let shown: Vec<u8> = window.copied().pixels.iter().map(egui::Color32::r).collect();
    let expected: Vec<u8> = (0..600u32).map(|value| value.min(255) as u8).collect();
    assert_eq!(shown, expected);
    change(&mut window, DisplayChange::Color(0, [0, 255, 0]));
    let green = window.copied().pixels[510];
    assert_eq!(green, egui::Color32::from_rgb(0, 255, 0));
}

#[test]
fn keys_fit_invert_and_reset() {
    let mut window = Window::with_tiles();
    window.until("the values are counted", |app| app.is_measured());
    window.key(Modifiers::NONE, Key::I);
    assert!(window.app().display().unwrap().channels.iter().all(|channel| channel.inverted));
    change(&mut window, DisplayChange::Window { low: 50.0, high: 60.0 });
    window.key(Modifiers::NONE, Key::K);
    let fitted = windows(&mut window);
    assert!(fitted[0] == fitted[1] && fitted[0].1 - fitted[0].0 > 100.0, "{fitted:?}");
    window.key(Modifiers::SHIFT, Key::K);
    assert_eq!(windows(&mut window), [(0.0, 255.0); 3]);
    assert!(window.app().display().unwrap().channels.iter().all(|channel| !channel.inverted));
}

#[test]
fn five_channels_have_colors_of_their_own_and_are_switched_in_the_list() {
    let samples = (0..SIZE.area()).flat_map(|i| (0..5).map(move |c| ((i % 200) * (c + 1)) as u16)).collect();
    let mut window = showing(Color::Channels, 5, Samples::U16(samples));
    let display = window.app().display().unwrap().clone();
    let colors: std::collections::HashSet<_> = display.channels.iter().map(|channel| channel.color).collect();
    assert_eq!((display.channels.len(), colors.len()), (5, 5));
    assert!(display.channels.windows(2).all(|pair| pair[0].high < pair[1].high), "each by its own values");
    window.harness.get_by_label("Show Channel 2").click();
    window.steps(3);
    assert!(!window.app().display().unwrap().channels[1].on);
    // The sliders are for the chosen channel alone.
    window.harness.get_by_label("Channel 3").click();
    window.steps(3);
    change(&mut window, DisplayChange::Window { low: 1.0, high: 2.0 });
    let changed = windows(&mut window);
    assert_eq!(changed[2], (1.0, 2.0));
    assert_eq!(changed[3], (display.channels[3].low, display.channels[3].high));
    window.app().ask(Command::Display(DisplayChange::Only(2)));
    window.steps(2);
    let on: Vec<_> = window.app().display().unwrap().channels.iter().map(|channel| channel.on).collect();
    assert_eq!(on, [false, false, true, false, false]);
}

#[test]
fn colors_are_switched_by_their_buttons() {
    let mut window = Window::with_tiles();
    window.harness.get_by_label("Green").click();
    window.steps(3);
    let on = |window: &mut Window| window.app().display().unwrap().channels.iter().map(|c| c.on).collect::<Vec<_>>();
    assert_eq!(on(&mut window), [true, false, true]);
    window.harness.get_by_label("Show all").click();
    window.steps(3);
    assert_eq!(on(&mut window), [true; 3]);
}

#[test]
fn every_pixel_is_counted_on_demand() {
    let samples = (0..3000 * 2500u64).map(|i| (i % 60_000) as u16).collect();
    let mut window = Window::new();
    let path = window.folder.path().join("large.tif");
    let pixels = Pixels::new(Size::new(3000, 2500), 1, Samples::U16(samples)).unwrap();
    mosaicist::export::write_image(&path, &pixels, Color::Gray, 90).unwrap();
    window.open(path);
    assert!(window.app().histograms()[0].total() < 3000 * 2500);
    window.app().ask(Command::Display(DisplayChange::CountAll));
    window.steps(1);
    window.until("all is counted", |app| app.is_measured());
    window.steps(2);
    let counted = &window.app().histograms()[0];
    assert_eq!((counted.total(), counted.range()), (3000 * 2500, (0.0, 59_999.0)));
}

#[test]
fn projects_store_display_settings() {
    let mut window = dim();
    change(&mut window, DisplayChange::Window { low: 1200.0, high: 1300.0 });
    change(&mut window, DisplayChange::Lut(0, Some(Lut::Fire)));
    change(&mut window, DisplayChange::Backdrop(Backdrop::Color([9, 8, 7])));
    let before = window.app().display().cloned();
    assert_eq!(window.app().mosaic().display, None, "showing is no edit");
    let project = window.folder.path().join("p.mosaic");
    window.app().ask(FileCommand::SaveTo(project.clone()));
    window.until("it is saved", |app| app.notices().iter().any(|n| n.contains("Saved")));
    window.app().ask(FileCommand::Close);
    window.steps(3);
    assert_eq!(window.app().display(), None);
    window.open(project);
    assert_eq!(window.app().display().cloned(), before);
}

#[test]
fn exports_keep_the_numbers() {
    let mut window = dim();
    change(&mut window, DisplayChange::Window { low: 0.0, high: 10.0 });
    window.app().ask(ExportCommand::Show(None));
    window.steps(2);
    let out = window.folder.path().join("out.tif");
    let form = window.app().export_form().unwrap();
    form.format = mosaicist::export::Format::Tiff;
    form.compression = Some(mosaicist::export::Compression::None);
    form.path = out.to_string_lossy().into_owned();
    window.app().ask(ExportCommand::Start);
    window.until("it is written", |app| app.notices().iter().any(|n| n.contains("Exported")));
    let original = super::whole(&window.folder.path().join("picture.tif"));
    assert_eq!(super::whole(&out), original);
}

#[test]
fn automatic_contrast_is_told_and_one_click_shows_the_full_range() {
    let mut window = dim();
    assert_eq!(window.harness.query_all_by_label_contains("Automatic contrast: 100").count(), 1);
    window.press("Full range");
    window.until("it is shown", |app| app.is_sharp());
    assert_eq!(windows(&mut window), [(0.0, 65535.0)]);
    assert_eq!(window.harness.query_all_by_label_contains("Automatic contrast").count(), 0);
    window.press("Reset");
    window.steps(3);
    assert_eq!(window.harness.query_all_by_label_contains("Automatic contrast").count(), 1, "as it was opened");
}

#[test]
fn of_an_unreadable_image_no_values_are_waited_for() {
    let mut window = Window::with_tiles();
    let project = window.folder.path().join("bad.mosaic");
    window.app().ask(FileCommand::SaveTo(project.clone()));
    window.until("it is saved", |app| app.notices().iter().any(|notice| notice.contains("Saved")));
    for number in 0..6 {
        std::fs::write(window.folder.path().join(format!("tiles/t{number}.png")), b"\x89PNG\r\n\x1a\nno picture")
            .unwrap();
    }
    let mut again = Window::new();
    again.app().start(mosaicist::app::Launch::Files(vec![project]));
    again.until("it is open", |app| app.mosaic().placements.len() == 6);
    for _ in 0..200 {
        again.steps(1);
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert!(!again.shows("Reading the values…"));
}
