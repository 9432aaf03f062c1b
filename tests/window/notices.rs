//! What the user is told, and how long.

use mosaicist::app::{Launch, WindowCommand};

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
