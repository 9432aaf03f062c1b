//! What is remembered: pictures of the view, bookmarks, the session, recent documents.

use std::collections::HashSet;

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use mosaicist::app::{
    EditCommand, FileCommand, Launch, RegionCommand, Shot, Toggle, View, ViewChange, ViewCommand, WindowCommand,
};
use mosaicist::geometry::{Point, Rect, Region, Size};
use mosaicist::pixels::{SampleType, Samples};
use mosaicist::source::Source as _;
use mosaicist::source::testing::Pattern;

use crate::driver::{Window, near};

#[test]
fn a_region_is_copied_pixel_by_pixel() {
    let mut window = Window::with_tiles();
    let rect = Rect::new(300, 200, 350, 260);
    window.app().ask(RegionCommand::Add(rect));
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
    window.settled();
    window.app().ask(ViewCommand::Shot(Shot::AskPath));
    window.until("it is written", |app| app.notices().iter().any(|n| n.contains("view.png")));
    let canvas = window.app().canvas_rect();
    let picture = crate::whole(&out);
    let size = (f64::from(picture.size().width), f64::from(picture.size().height));
    assert!((size.0 - f64::from(canvas.width())).abs() <= 1.0 && (size.1 - f64::from(canvas.height())).abs() <= 1.0);
    let shown = window.harness.render().unwrap();
    let mut colors = HashSet::new();
    for (x, y) in [(0.3, 0.45), (0.5, 0.5), (0.65, 0.55)] {
        let (x, y) = ((canvas.width() * x) as u32, (canvas.height() * y) as u32);
        let at = (y * picture.size().width + x) as usize * usize::from(picture.channels());
        let Samples::U8(samples) = picture.samples() else { panic!("bytes were written") };
        let expected = shown.get_pixel(canvas.left().round() as u32 + x, canvas.top().round() as u32 + y).0;
        assert_eq!(samples[at..at + 3], expected[..3], "at {x}, {y} of the canvas");
        colors.insert(expected);
    }
    assert_eq!(colors.len(), 3, "that was a picture");
}

#[test]
fn bookmarks_are_named_shown_and_saved_with_the_project() {
    let mut window = Window::with_tiles();
    let place = View { center: Point::new(333.0, 111.0), zoom: 3.0, degrees: 90.0, mirrored: true };
    window.app().ask(ViewCommand::Change(ViewChange::At(place)));
    window.steps(2);
    window.rest();
    window.key(Modifiers::NONE, Key::B);
    let bookmark = window.app().mosaic().bookmarks[0].clone();
    assert_eq!(bookmark.name, "View 1");
    window.app().ask(EditCommand::RenameBookmark(bookmark.id, "The corner".into()));
    let project = window.folder.path().join("p.mosaic");
    window.app().ask(FileCommand::SaveTo(project.clone()));
    window.until("it is saved", |app| app.notices().iter().any(|n| n.contains("Saved")));
    window.app().ask(FileCommand::Close);
    window.steps(3);
    window.open(project);
    window.key(Modifiers::NONE, Key::U);
    window.app().ask(WindowCommand::ShowPanel("regions"));
    window.steps(3);
    window.harness.get_by_label("The corner").click();
    window.steps(3);
    window.rest();
    let shown = window.app().view();
    assert!(near(shown.center, place.center, 1e-6) && (shown.zoom - 3.0).abs() < 1e-9, "{shown:?}");
    assert!(shown.mirrored && (shown.degrees - 90.0).abs() < 1e-9, "{shown:?}");
    window.harness.get_by_label("Remove bookmark").click();
    window.steps(3);
    assert_eq!(window.app().mosaic().bookmarks.len(), 0);
    window.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.app().mosaic().bookmarks.len(), 1, "it is a change like any other");
}

#[test]
fn the_next_run_restores_the_session() {
    let mut window = Window::with_tiles();
    let folder = window.folder.path().join("config");
    window.app().keep_in(&folder);
    let tiles = window.folder.path().join("tiles");
    window.app().ask(FileCommand::Close);
    window.steps(3);
    window.open(tiles);
    let place = View { center: Point::new(700.0, 50.0), zoom: 2.5, ..View::default() };
    window.app().ask(ViewCommand::Change(ViewChange::At(place)));
    window.steps(2);
    window.rest();
    window.app().save_settings();

    let mut again = Window::new();
    again.app().keep_in(&folder);
    again.app().start(Launch::Files(Vec::new()));
    again.steps(3);
    assert!(again.app().mosaic().placements.is_empty(), "nobody asked for it to be opened");
    again.harness.get_by_label_contains("Restore last session").click();
    again.until("the tiles are open", |app| app.mosaic().placements.len() == 6);
    again.until("the picture is sharp", |app| app.is_sharp());
    assert_eq!(again.app().view(), place);
    again.app().ask(WindowCommand::Toggle(Toggle::Reopen));
    again.steps(2);
    again.app().save_settings();

    let mut third = Window::new();
    third.app().keep_in(&folder);
    third.app().start(Launch::Files(Vec::new()));
    third.until("the tiles are open", |app| app.mosaic().placements.len() == 6);
}

#[test]
fn recent_documents_have_pictures() {
    let mut window = Window::new();
    let folder = window.folder.path().join("config");
    window.app().keep_in(&folder);
    let tiles = window.folder.path().join("tiles");
    window.open(tiles);
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
