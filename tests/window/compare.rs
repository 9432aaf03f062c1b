//! Several tabs on the screen at once.

use egui::{Key, Modifiers, Pos2, vec2};
use egui_kittest::kittest::Queryable as _;
use mosaicist::app::{Compare, FileCommand, TabCommand, ViewCommand, Zoom};
use mosaicist::geometry::Point;

use crate::driver::Window;

/// Tiles 0 and 3 in tabs, both loaded, 0 being the current one.
fn two() -> Window {
    let mut window = Window::new();
    for number in [0, 3] {
        let path = window.folder.path().join(format!("tiles/t{number}.png"));
        window.app().ask(FileCommand::OpenTab(vec![path]));
        window.until("it is open", |app| !app.is_busy() && !app.mosaic().placements.is_empty());
        window.until("it is sharp", |app| app.is_sharp() && app.figures().textures > 0);
    }
    window.until("both are open", |app| app.tab_ids().len() == 2);
    window.key(Modifiers::COMMAND, Key::Tab);
    window
}

#[test]
fn side_by_side_views_move_together_unless_they_are_unlinked() {
    let mut window = two();
    window.key(Modifiers::ALT, Key::Num2);
    assert_eq!(window.app().compared().0, Compare::Two);
    let [one, other] = window.app().compared().1.try_into().unwrap();
    let canvases: Vec<_> = window.harness.get_all_by_label("Canvas").map(|node| node.rect()).collect();
    assert_eq!(canvases.len(), 2);
    assert!(canvases[0].right() <= canvases[1].left() && (canvases[0].width() - canvases[1].width()).abs() < 2.0);
    // Drag in the pane that is not the current one.
    window.key(Modifiers::NONE, Key::H);
    let before = [one, other].map(|id| window.app().view_of(id).unwrap());
    assert_eq!(before[0], before[1], "images of one size start alike");
    let middle = canvases[1].center();
    window.drag(middle, middle + vec2(40.0, 25.0), Modifiers::NONE);
    assert_eq!(window.app().current_tab(), other, "what is worked in becomes the current one");
    let after = [one, other].map(|id| window.app().view_of(id).unwrap());
    assert!((after[0].center.x - after[1].center.x).abs() < 1e-3 && after[0] != before[0], "{after:?}");
    window.app().ask(TabCommand::LinkViews(false));
    window.app().ask(ViewCommand::Zoom(Zoom::By(2.0)));
    window.steps(1);
    window.rest();
    let apart = [one, other].map(|id| window.app().view_of(id).unwrap());
    assert_eq!(apart[0], after[0], "unlinked");
    assert!(apart[1].zoom > after[1].zoom * 1.9);
    window.app().ask(TabCommand::AlignViews);
    window.steps(1);
    window.rest();
    assert_eq!(window.app().view_of(one), window.app().view_of(other));
}

#[test]
fn the_swipe_edge_is_dragged() {
    let mut window = two();
    window.key(Modifiers::ALT, Key::C);
    let screen = window.app().canvas_rect();
    let handle = window.harness.get_by_label("Swipe").rect();
    assert!((handle.center().x - screen.center().x).abs() < 1.0);
    let to = Pos2::new(screen.left() + screen.width() * 0.25, screen.center().y);
    window.drag(handle.center(), to, Modifiers::NONE);
    let moved = window.harness.get_by_label("Swipe").rect();
    assert!((moved.center().x - to.x).abs() < 2.0, "{moved:?}");
    assert_eq!(window.app().mosaic().placements[0].position(), Point::default(), "nothing else is dragged");
}

#[test]
fn a_difference_is_made_and_ends_with_one_of_its_tabs() {
    let mut window = two();
    window.key(Modifiers::ALT, Key::D);
    // One texture for each tile, and one for how far they are apart.
    window.until("it is made", |app| app.is_sharp() && app.figures().textures == 3);
    window.app().ask(TabCommand::Next(1));
    window.steps(3);
    assert_eq!(window.app().compared().0, Compare::Difference, "the other one of the two is worked on now");
    window.key(Modifiers::COMMAND, Key::W);
    assert_eq!(window.app().compared(), (Compare::One, &[][..]));
}

#[test]
fn one_tab_cannot_be_compared() {
    let mut window = Window::with_tiles();
    window.key(Modifiers::ALT, Key::B);
    assert_eq!(window.app().compared().0, Compare::One);
    assert!(window.app().notices()[0].contains("second image"), "{:?}", window.app().notices());
}

#[test]
fn one_file_in_two_visible_tabs_stops_loading() {
    let mut window = Window::with_tiles();
    // One of the tiles by itself: the same file, shown by a display of its own.
    window.open_beside(5);
    for compare in [Compare::Swipe, Compare::Two] {
        window.app().ask(TabCommand::Compare(compare));
        window.until("both are sharp", |app| app.is_sharp() && !app.is_moving());
        window.steps(40);
        let started = window.app().figures().loader.started;
        window.steps(40);
        assert_eq!(window.app().figures().loader.started, started, "nothing is made again and again");
    }
}
