//! What the user is told, and how long.

use mosaicist::app::{EditCommand, FileCommand, Launch, WindowCommand};

use crate::driver::Window;

#[test]
fn good_news_go_away_and_are_listed_under_the_bell() {
    let mut window = Window::with_tiles();
    window.app().ask(WindowCommand::CopyDiagnostics);
    window.until("it is told", |app| !app.notices().is_empty());
    let text = window.app().notices()[0].clone();
    window.steps(2);
    assert!(window.shows(&text));
    // The window's time goes on by 0.05 s for each step.
    window.steps(150);
    assert!(!window.shows(&text), "it has gone away");
    window.press("Notices");
    window.steps(3);
    assert!(window.shows(&text), "and is in the list");
}

#[test]
fn an_idle_window_wakes_up_when_good_news_are_over() {
    let mut window = Window::with_tiles();
    let rests = |window: &Window| window.harness.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay;
    window.app().ask(WindowCommand::CopyDiagnostics);
    window.until("it is told", |app| !app.notices().is_empty());
    // The frame that tells is not the last one: the mouse moves, say.
    window.steps(20);
    let seconds = rests(&window).as_secs_f64();
    assert!((0.5..6.1).contains(&seconds), "{seconds}");
    window.steps(150);
    assert!(rests(&window).as_secs_f64() > 60.0, "then it rests");
}

#[test]
fn good_news_cover_no_panel() {
    let mut window = Window::with_tiles();
    window.resize(egui::vec2(800.0, 600.0));
    window.app().ask(WindowCommand::CopyDiagnostics);
    window.until("it is told", |app| !app.notices().is_empty());
    let text = window.app().notices()[0].clone();
    window.steps(5);
    let (place, canvas) = (window.place_of(&text), window.app().canvas_rect());
    assert!(canvas.contains_rect(place), "{place:?} in {canvas:?}");
}

#[test]
fn an_error_stays_in_a_line_that_covers_nothing() {
    let mut window = Window::with_tiles();
    let canvas = window.app().canvas_rect();
    let missing = window.folder.path().join("nowhere.png");
    window.app().start(Launch::Files(vec![missing]));
    window.until("it is told", |app| app.notices().iter().any(|notice| notice.contains("nowhere.png")));
    let text = window.app().notices()[0].clone();
    assert!(!text.contains("os error"), "{text}");
    window.steps(300);
    let line = window.place_of(&text);
    assert!(line.top() >= window.app().canvas_rect().bottom(), "{line:?}");
    assert!(window.app().canvas_rect().height() < canvas.height());
    window.press("Close notice");
    window.steps(3);
    assert!(!window.shows(&text) && window.app().canvas_rect() == canvas);
}

#[test]
fn a_project_whose_images_have_moved_offers_to_find_them() {
    let mut window = Window::with_tiles();
    let (project, tiles) = (window.folder.path().join("p.mosaic"), window.folder.path().join("tiles"));
    window.app().ask(FileCommand::SaveTo(project.clone()));
    window.until("it is saved", |app| app.notices().iter().any(|notice| notice.contains("Saved")));
    window.app().ask(FileCommand::Close);
    window.until("it is closed", |app| app.mosaic().placements.is_empty());
    let moved = window.folder.path().join("moved");
    std::fs::rename(&tiles, &moved).unwrap();
    window.app().start(Launch::Files(vec![project]));
    window.until_shown("6 of 6 images are not where the project says; they may have been moved");
    *window.picker.0.lock().unwrap() = vec![moved];
    window.press("Find…");
    window.until("they are found", |app| app.notices().iter().any(|notice| notice == "Found 6 of 6 missing files"));
    window.until("they are shown", |app| app.is_sharp());
    window.app().ask(EditCommand::Undo);
    window.steps(3);
    assert!(window.app().mosaic().placements[0].image.path.starts_with(&tiles), "one step to undo");
    const LINE: &str = "6 of 6 images are not where the project says; they may have been moved";
    window.until_shown(LINE);
    window.app().ask(EditCommand::Redo);
    window.until("the line goes", |app| !app.notices().iter().any(|notice| notice == LINE));
}

#[test]
fn a_damaged_image_is_shown_as_far_as_it_goes_and_says_what_is_missing() {
    let mut window = Window::new();
    let torn = window.folder.path().join("torn.png");
    let whole = std::fs::read(window.folder.path().join("tiles/t0.png")).unwrap();
    std::fs::write(&torn, &whole[..whole.len() * 2 / 3]).unwrap();
    window.app().start(Launch::Files(vec![torn]));
    window.until("it is told", |app| !app.notices().is_empty());
    let notices = window.app().notices();
    assert!(notices[0].contains("torn.png") && notices[0].ends_with("the rest of the image is shown"), "{notices:?}");
    window.until("it is shown", |app| app.is_sharp());
    window.steps(5);
    assert_eq!(window.app().notices().len(), 1, "told once");
}

#[test]
fn an_error_about_a_document_goes_with_it() {
    let mut window = Window::new();
    let tiles = window.folder.path().join("tiles");
    std::fs::write(tiles.join("t4.png"), b"\x89PNG\r\n\x1A\ntorn").unwrap();
    window.app().start(Launch::Files(vec![tiles.clone()]));
    window.until("it is told", |app| app.notices().iter().any(|notice| notice.contains("cannot be read")));
    let missing = window.folder.path().join("nowhere.png");
    window.app().start(Launch::Files(vec![missing]));
    window.until("another is told", |app| app.notices().len() == 2);
    window.app().ask(FileCommand::Close);
    window.steps(4);
    let left = window.app().notices();
    assert!(left.len() == 1 && left[0].contains("nowhere.png"), "{left:?}");
}

#[test]
fn the_reason_of_a_missing_tile_is_in_view_wherever_one_looks() {
    let mut window = Window::with_tiles();
    let (project, tile) = (window.folder.path().join("p.mosaic"), window.folder.path().join("tiles/t4.png"));
    window.app().ask(FileCommand::SaveTo(project.clone()));
    window.until("it is saved", |app| !app.notices().is_empty());
    window.app().ask(FileCommand::Close);
    std::fs::remove_file(&tile).unwrap();
    window.steps(3);
    window.app().start(Launch::Files(vec![project]));
    window.until_shown("1 of 6 images are not where the project says; they may have been moved");
    window.until("it is shown", |app| app.is_sharp());
    // Only a corner of it is in view.
    let area = mosaicist::geometry::Rect::new(330, 250, 430, 320);
    window.app().ask(mosaicist::app::ViewCommand::Zoom(mosaicist::app::Zoom::Show(area)));
    window.steps(3);
    window.rest();
    let canvas = window.app().canvas_rect();
    let image = window.harness.render().unwrap();
    let white = |x: u32, y: u32| image.get_pixel(x, y).0[..3].iter().all(|value| *value > 230);
    let middle = canvas.center();
    let (left, right) = (middle.x as u32 - 60, middle.x as u32 + 60);
    let (top, bottom) = (middle.y as u32 - 20, middle.y as u32 + 20);
    let found = (top..bottom).any(|y| (left..right).any(|x| white(x, y)));
    assert!(found, "its name and the reason are in the middle of what is in view");
}
