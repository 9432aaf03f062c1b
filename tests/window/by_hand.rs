//! Arranging by hand: tiles are selected, dragged, nudged, rotated, scaled and cropped with mouse and keys.

use egui::{Event, Key, Modifiers, Pos2, vec2};
use mosaicist::app::{Adjustment, EditCommand, FileCommand, Overlaps, TileCommand, Toggle, WindowCommand};
use mosaicist::geometry::{Affine, Point};
use mosaicist::mosaic::{Margins, Mosaic, Placement, PlacementId};

use crate::agreement::waves;
use crate::driver::{TILE, Window, near};

impl Window {
    pub(super) fn tile(&mut self, number: usize) -> Placement {
        let id = PlacementId(number as u64 + 1);
        self.app().mosaic().placement(id).unwrap().clone()
    }

    pub(super) fn select(&mut self, numbers: &[usize]) {
        let ids = numbers.iter().map(|number| PlacementId(*number as u64 + 1)).collect();
        self.app().ask(EditCommand::Select { ids, add: false });
        self.steps(3);
    }

    /// The numbers of the selected tiles, from 0.
    pub(super) fn selected(&mut self) -> Vec<u64> {
        let mut numbers: Vec<u64> = self.app().selection().placements.iter().map(|id| id.0 - 1).collect();
        numbers.sort_unstable();
        numbers
    }

    fn click_with(&mut self, at: Pos2, modifiers: Modifiers) {
        self.harness.event(Event::ModifiersChanged(modifiers));
        self.harness.event(Event::PointerMoved(at));
        self.steps(1);
        self.button(at, true, modifiers);
        self.steps(1);
        self.button(at, false, modifiers);
        self.steps(1);
        self.harness.event(Event::ModifiersChanged(Modifiers::NONE));
        self.steps(2);
    }

    /// Drag along several points.
    fn drag_along(&mut self, points: &[Pos2]) {
        self.harness.event(Event::PointerMoved(points[0]));
        self.steps(1);
        self.button(points[0], true, Modifiers::NONE);
        self.steps(1);
        for pair in points.windows(2) {
            for part in [0.25, 0.5, 0.75, 1.0] {
                self.harness.event(Event::PointerMoved(pair[0].lerp(pair[1], part)));
                self.steps(1);
            }
        }
        self.steps(2);
        self.button(points[points.len() - 1], false, Modifiers::NONE);
        self.steps(3);
    }

    fn undo(&mut self) {
        self.key(Modifiers::COMMAND, Key::Z);
    }

    /// Positions in the order of the ids.
    fn places(&mut self) -> Vec<(f64, f64)> {
        (0..6).map(|number| self.tile(number).position()).map(|at| (at.x, at.y)).collect()
    }
}

const GRID: [(f64, f64); 6] = [(0.0, 0.0), (320.0, 0.0), (640.0, 0.0), (0.0, 240.0), (320.0, 240.0), (640.0, 240.0)];

#[test]
fn shift_adds_and_ctrl_toggles() {
    let mut window = Window::with_tiles();
    let (one, other) = (window.at(160.0, 120.0), window.at(480.0, 120.0));
    window.click_with(one, Modifiers::NONE);
    window.click_with(other, Modifiers::SHIFT);
    assert_eq!(window.selected(), [0, 1]);
    window.click_with(one, Modifiers::COMMAND);
    assert_eq!(window.selected(), [1]);
    window.click_with(one, Modifiers::COMMAND);
    assert_eq!(window.selected(), [0, 1]);
    window.click_with(other, Modifiers::NONE);
    assert_eq!(window.selected(), [1]);
}

#[test]
fn all_inverse_row_and_column_have_keys() {
    let mut window = Window::with_tiles();
    window.select(&[4]);
    window.key(Modifiers::ALT, Key::R);
    assert_eq!(window.selected(), [3, 4, 5]);
    window.key(Modifiers::COMMAND, Key::I);
    assert_eq!(window.selected(), [0, 1, 2]);
    window.select(&[4]);
    window.key(Modifiers::ALT | Modifiers::SHIFT, Key::R);
    assert_eq!(window.selected(), [1, 4]);
    window.key(Modifiers::COMMAND, Key::A);
    assert_eq!(window.selected(), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn the_lasso_selects_what_it_goes_around() {
    let mut window = Window::with_tiles();
    window.key(Modifiers::SHIFT, Key::V);
    let line = [(-20.0, -20.0), (450.0, -15.0), (400.0, 100.0), (150.0, 420.0), (-18.0, 400.0)];
    let line: Vec<Pos2> = line.iter().map(|(x, y)| window.at(*x, *y)).collect();
    window.drag_along(&line);
    assert_eq!(window.selected(), [0, 1, 3], "the corner at (400, 100) lies on tile 1");
}

#[test]
fn many_are_dragged_together_and_undone_in_one_step() {
    let mut window = Window::with_tiles();
    window.select(&[1, 2]);
    let from = window.at(480.0, 120.0);
    window.drag(from, from + vec2(0.0, -90.0), Modifiers::ALT);
    let moved = window.places();
    assert!(moved[1].1 < -50.0 && moved[1].1 == moved[2].1, "{moved:?}");
    assert_eq!((moved[1].0, moved[0], moved[3]), (320.0, GRID[0], GRID[3]));
    window.undo();
    assert_eq!(window.places(), GRID);
}

#[test]
fn escape_gives_up_a_drag() {
    let mut window = Window::with_tiles();
    window.select(&[1]);
    let from = window.at(480.0, 120.0);
    window.harness.event(Event::PointerMoved(from));
    window.button(from, true, Modifiers::NONE);
    window.steps(1);
    for part in [0.5, 1.0] {
        window.harness.event(Event::PointerMoved(from + vec2(0.0, -90.0) * part));
        window.steps(1);
    }
    window.key(Modifiers::NONE, Key::Escape);
    assert_eq!((window.places(), window.selected()), (GRID.to_vec(), vec![1]), "only the drag is given up");
    let to = from + vec2(30.0, -90.0);
    window.harness.event(Event::PointerMoved(to));
    window.steps(1);
    window.button(to, false, Modifiers::NONE);
    window.steps(2);
    assert_eq!(window.places(), GRID);
    assert_eq!(window.selected(), [1]);
    window.drag(from, to, Modifiers::ALT);
    assert_ne!(window.places(), GRID, "the next one counts");
}

#[test]
fn thousands_are_changed_in_the_background_each_time_as_one_step() {
    let mut window = Window::with_tiles();
    let first = window.app().mosaic().placements[0].clone();
    let mut mosaic = Mosaic::default();
    for at in 0..3000 {
        let place = Point::new(f64::from(at % 60) * f64::from(TILE.width), f64::from(at / 60) * f64::from(TILE.height));
        mosaic.add(Placement { kind: first.kind, ..Placement::new(&*first.image.path, first.size) }.at(place));
    }
    let path = window.folder.path().join("thousands.mosaic");
    mosaicist::mosaic::save(&mosaic, &path).unwrap();
    window.app().ask(FileCommand::OpenTab(vec![path]));
    window.until("it is open", |app| app.mosaic().placements.len() == 3000);
    window.app().ask(EditCommand::SelectAll);
    window.app().ask(EditCommand::MoveSelected(Point::new(40.0, -7.0)));
    // Another change comes while that is being made: none of both is lost.
    window.app().ask(TileCommand::Lock(true));
    window.until("both are made", |app| {
        let all = &app.mosaic().placements;
        all.iter().all(|placement| placement.locked) && all[0].position() == Point::new(40.0, -7.0)
    });
    let last = window.app().mosaic().placements[2999].position();
    assert_eq!(last, Point::new(59.0 * f64::from(TILE.width) + 40.0, 49.0 * f64::from(TILE.height) - 7.0));
    window.undo();
    window.undo();
    let all = window.app().mosaic().placements.clone();
    assert!(!all[7].locked && all[0].position() == Point::default(), "two steps");
    // Taken back before it is made.
    window.app().ask(EditCommand::MoveSelected(Point::new(1.0, 1.0)));
    window.app().ask(EditCommand::Undo);
    window.steps(60);
    assert_eq!(window.app().mosaic().placements[0].position(), Point::default());
    window.app().ask(EditCommand::RemoveSelected);
    window.until("they are gone", |app| app.mosaic().placements.is_empty());
    assert!(window.app().selection().placements.is_empty());
}

#[test]
fn a_third_tile_snaps_to_the_overlap_of_the_first_two() {
    let mut window = Window::with_tiles();
    let zoom = window.app().view().zoom;
    window.select(&[1]);
    window.app().ask(TileCommand::Adjust(Adjustment::X(290.0)));
    window.app().ask(TileCommand::EndAdjusting);
    window.steps(3);
    // Tile 2, to where it overlaps tile 1 by about 30 px, too.
    let from = window.at(800.0, 120.0);
    let to = from + vec2((-60.0 * zoom) as f32 + 4.0, 3.0);
    window.drag(from, to, Modifiers::NONE);
    assert_eq!(window.places()[2], (580.0, 0.0));
    window.undo();
    let plain = window.places()[2];
    for toggle in [Toggle::SnapEdges, Toggle::SnapOverlaps] {
        window.app().ask(WindowCommand::Toggle(toggle));
    }
    window.drag(from, to, Modifiers::NONE);
    let moved = window.places()[2];
    let expected = (plain.0 - 60.0 + 4.0 / zoom, plain.1 + 3.0 / zoom);
    assert!((moved.0 - expected.0).abs() <= 1.0 && (moved.1 - expected.1).abs() <= 1.0, "{moved:?}: no rule is on");
}

#[test]
fn a_grid_holds_the_corner() {
    let mut window = Window::with_tiles();
    for toggle in [Toggle::SnapEdges, Toggle::SnapOverlaps, Toggle::SnapGrid] {
        window.app().ask(WindowCommand::Toggle(toggle));
    }
    window.app().ask(WindowCommand::SetSnapGrid(100));
    window.steps(2);
    let zoom = window.app().view().zoom;
    let from = window.at(160.0, 120.0);
    window.drag(from, from + vec2((-97.0 * zoom) as f32, (-104.0 * zoom) as f32), Modifiers::NONE);
    assert_eq!(window.places()[0], (-100.0, -100.0));
}

#[test]
fn arrows_nudge_as_one_step() {
    let mut window = Window::with_tiles();
    window.select(&[0]);
    for _ in 0..3 {
        window.key(Modifiers::NONE, Key::ArrowRight);
    }
    window.key(Modifiers::SHIFT, Key::ArrowDown);
    window.key(Modifiers::ALT, Key::ArrowDown);
    assert_eq!(window.places()[0], (3.0, 250.0));
    window.select(&[1]);
    window.key(Modifiers::NONE, Key::ArrowUp);
    assert_eq!(window.places()[1], (320.0, -1.0));
    window.undo();
    assert_eq!(window.places()[..2], [(3.0, 250.0), (320.0, 0.0)], "of another tile: a step of its own");
    window.undo();
    assert_eq!(window.places(), GRID, "all of it is one step");
}

#[test]
fn the_history_lists_named_steps_to_jump_to() {
    let mut window = Window::with_tiles();
    window.app().ask(WindowCommand::ShowPanel("history"));
    window.select(&[0]);
    for _ in 0..4 {
        window.key(Modifiers::NONE, Key::ArrowRight);
    }
    window.app().ask(TileCommand::Rotate(90.0));
    window.app().ask(TileCommand::Lock(true));
    window.steps(3);
    for label in ["0. Opened", "1. Nudge tiles", "2. Rotate tiles", "3. Lock tiles"] {
        assert!(window.shows(label), "{label}");
    }
    window.press("1. Nudge tiles");
    assert_eq!((window.places()[0], window.tile(0).locked), ((4.0, 0.0), false));
    window.press("0. Opened");
    assert_eq!(window.places(), GRID);
    window.press("3. Lock tiles");
    assert!(window.tile(0).locked);
}

#[test]
fn the_handle_above_rotates() {
    let mut window = Window::with_tiles();
    window.select(&[4]);
    let zoom = window.app().view().zoom;
    let middle = window.at(480.0, 360.0);
    let radius = (120.0 * zoom) as f32 + 26.0;
    window.drag(middle - vec2(0.0, radius), middle + vec2(radius, 0.0), Modifiers::NONE);
    let tile = window.tile(4);
    let Affine { a, b, c, d, .. } = tile.transform;
    assert_eq!([a, b, c, d], [0.0, 1.0, -1.0, 0.0], "a quarter turn is exact: {:?}", tile.transform);
    assert_eq!(tile.extent().middle(), Point::new(480.0, 360.0));
    // A little on, in steps of 15 degrees.
    let turned = egui::emath::Rot2::from_angle(0.3) * vec2(radius, 0.0);
    window.drag(middle + vec2(radius, 0.0), middle + turned, Modifiers::SHIFT);
    let Affine { a, b, .. } = window.tile(4).transform;
    assert!((b.atan2(a).to_degrees() - 105.0).abs() < 1e-6, "{:?}", window.tile(4).transform);
    window.undo();
    window.undo();
    assert!(window.tile(4).is_plain());
}

#[test]
fn corners_scale_and_shift_keeps_proportions() {
    let mut window = Window::with_tiles();
    window.select(&[5]);
    let (corner, to) = (window.at(960.0, 480.0), window.at(800.0, 475.0));
    window.drag(corner, to, Modifiers::SHIFT);
    let extent = window.tile(5).extent();
    assert!(near(extent.min, Point::new(640.0, 240.0), 1e-6), "the opposite corner stays: {extent:?}");
    assert!((extent.width() - 160.0).abs() <= 1.5, "{extent:?}");
    assert!((extent.height() / extent.width() - 0.75).abs() < 1e-6, "{extent:?}");
    window.undo();
    assert!(window.tile(5).is_plain());
}

#[test]
fn the_crop_tool_cuts_a_margin() {
    let mut window = Window::with_tiles();
    window.key(Modifiers::SHIFT, Key::C);
    let tile = window.at(480.0, 120.0);
    window.click_with(tile, Modifiers::NONE);
    assert_eq!(window.selected(), [1]);
    let (edge, to) = (window.at(320.0, 120.0), window.at(370.0, 120.0));
    window.drag(edge, to, Modifiers::NONE);
    let crop = window.tile(1).crop;
    assert!((49..=51).contains(&crop.left) && (crop.top, crop.right, crop.bottom) == (0, 0, 0), "{crop:?}");
    assert_eq!(window.tile(1).position(), Point::new(320.0, 0.0), "the image stays where it was");
    window.undo();
    assert_eq!(window.tile(1).crop, Margins::default());
}

#[test]
fn a_group_is_selected_by_a_click() {
    let mut window = Window::with_tiles();
    window.select(&[0, 1, 4]);
    window.key(Modifiers::ALT, Key::G);
    window.select(&[]);
    let at = window.at(480.0, 360.0);
    window.click_with(at, Modifiers::NONE);
    assert_eq!(window.selected(), [0, 1, 4]);
    window.click_with(at, Modifiers::ALT);
    assert_eq!(window.selected(), [4], "with Alt the tile alone");
    window.click_with(at, Modifiers::NONE);
    window.key(Modifiers::ALT | Modifiers::SHIFT, Key::G);
    window.click_with(at, Modifiers::NONE);
    assert_eq!(window.selected(), [4], "the group is no more");
}

#[test]
fn a_locked_tile_stays_where_it_is() {
    let mut window = Window::with_tiles();
    window.select(&[0]);
    window.key(Modifiers::ALT, Key::K);
    let from = window.at(160.0, 120.0);
    window.drag(from, from + vec2(60.0, 60.0), Modifiers::NONE);
    window.select(&[0]);
    window.key(Modifiers::NONE, Key::ArrowLeft);
    window.key(Modifiers::NONE, Key::Delete);
    assert_eq!(window.places(), GRID);
    window.select(&[0]);
    window.key(Modifiers::ALT | Modifiers::SHIFT, Key::K);
    window.key(Modifiers::NONE, Key::ArrowLeft);
    assert_eq!(window.places()[0], (-1.0, 0.0));
}

#[test]
fn tiles_are_hidden_isolated_and_shown_again() {
    let mut window = Window::with_tiles();
    let visible = |window: &mut Window| (0..6).filter(|number| window.tile(*number).visible).collect::<Vec<_>>();
    window.select(&[0, 2]);
    window.key(Modifiers::ALT, Key::H);
    assert_eq!(visible(&mut window), [1, 3, 4, 5]);
    window.select(&[2, 3]);
    window.key(Modifiers::ALT, Key::I);
    assert_eq!(visible(&mut window), [2, 3]);
    window.key(Modifiers::ALT | Modifiers::SHIFT, Key::H);
    assert_eq!(visible(&mut window), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn the_order_decides_what_a_click_hits() {
    let mut window = Window::with_tiles();
    // Tile 1 over most of tile 0.
    window.select(&[1]);
    window.app().ask(TileCommand::Adjust(Adjustment::X(40.0)));
    window.steps(3);
    let at = window.at(200.0, 100.0);
    window.key(Modifiers::ALT, Key::OpenBracket);
    window.click_with(at, Modifiers::NONE);
    assert_eq!(window.selected(), [0], "tile 1 went below it");
    window.key(Modifiers::ALT | Modifiers::SHIFT, Key::OpenBracket);
    window.click_with(at, Modifiers::NONE);
    assert_eq!(window.selected(), [1]);
}

#[test]
fn two_tiles_are_swapped_and_copies_are_selected() {
    let mut window = Window::with_tiles();
    window.select(&[0, 5]);
    window.key(Modifiers::ALT, Key::S);
    assert_eq!((window.places()[0], window.places()[5]), (GRID[5], GRID[0]));
    window.undo();
    window.select(&[2, 3]);
    window.key(Modifiers::COMMAND, Key::D);
    assert_eq!(window.app().mosaic().placements.len(), 8);
    assert_eq!(window.selected(), [6, 7]);
    assert_eq!(window.tile(6).image, window.tile(2).image);
    assert_eq!(window.tile(6).position(), Point::new(660.0, 20.0));
}

#[test]
fn what_is_dragged_is_shown_where_it_is_dragged_to() {
    let mut window = Window::with_placements(|window| {
        let path = window.image_of("waves.png", TILE, waves);
        let places = [(0.0, 0.0), (330.0, 0.0), (100.0, 260.0)];
        places.map(|(x, y)| Placement::new(path.clone(), TILE).at(Point::new(x, y))).into()
    });
    window.select(&[1]);
    window.app().ask(TileCommand::Rotate(30.0));
    window.until("it is composed", |app| app.is_sharp());
    let before = window.harness.render().unwrap();
    let (from, by) = (window.at(490.0, 120.0), vec2(-37.0, 60.0));
    // Held down, and looked at.
    window.harness.event(Event::PointerMoved(from));
    window.steps(1);
    window.button(from, true, Modifiers::NONE);
    window.steps(1);
    window.harness.event(Event::PointerMoved(from + by));
    window.until("what is dragged is there", |app| app.is_sharp());
    window.steps(30);
    let during = window.harness.render().unwrap();
    window.button(from + by, false, Modifiers::NONE);
    window.steps(3);
    window.select(&[]);
    window.until("it is composed again", |app| app.is_sharp());
    window.steps(30);
    let after = window.harness.render().unwrap();
    let pixel = |image: &image::RgbaImage, at: Pos2| image.get_pixel(at.x as u32, at.y as u32).0;
    let apart = |a: [u8; 4], b: [u8; 4]| a.iter().zip(b).map(|(a, b)| a.abs_diff(b)).max().unwrap();
    // Beside its middle, where neither frame nor handles are.
    let (mut apart_now, mut apart_before) = (0, 0);
    for x in -2..=2 {
        for y in -2..=2 {
            let at = from + by + vec2(x as f32 * 9.0 + 4.0, y as f32 * 9.0 + 4.0);
            apart_now += u32::from(apart(pixel(&during, at), pixel(&after, at)));
            apart_before += u32::from(apart(pixel(&before, at), pixel(&after, at)));
        }
    }
    // The one is drawn pixel by pixel, the other resampled: of waves of 80 px, a pixel makes up to 8.
    assert!(apart_now < 25 * 14 && apart_before > 2 * apart_now, "{apart_now}, before it was moved {apart_before}");
}

#[test]
fn overlaps_are_shown_as_differences_and_outlines() {
    let mut window = Window::with_tiles();
    window.app().ask(WindowCommand::Toggle(Toggle::ScaleBar));
    window.select(&[0]);
    // The same file twice, at the same place.
    window.app().ask(TileCommand::Duplicate);
    window.steps(2);
    window.app().ask(TileCommand::Adjust(Adjustment::X(0.0)));
    window.app().ask(TileCommand::EndAdjusting);
    window.app().ask(TileCommand::Adjust(Adjustment::Y(0.0)));
    window.steps(2);
    window.select(&[]);
    let inside: Vec<Pos2> = [(60.0, 50.0), (160.0, 120.0), (290.0, 200.0)].map(|(x, y)| window.at(x, y)).into();
    let brightness = |window: &mut Window| {
        window.until("it is sharp", |app| app.is_sharp());
        window.steps(5);
        window.until("it stays sharp", |app| app.is_sharp());
        let image = window.harness.render().unwrap();
        let of =
            |at: &Pos2| image.get_pixel(at.x as u32, at.y as u32).0[..3].iter().map(|v| u32::from(*v)).sum::<u32>();
        (inside.iter().map(of).sum::<u32>(), image)
    };
    let (normal, picture) = brightness(&mut window);
    assert!(normal > 200, "{normal}");
    window.app().ask(WindowCommand::SetOverlaps(Overlaps::Difference));
    window.steps(3);
    let (difference, _) = brightness(&mut window);
    assert_eq!(difference, 0, "equal images cancel out");
    window.app().ask(WindowCommand::SetOverlaps(Overlaps::Outlines));
    window.steps(3);
    let (_, outlined) = brightness(&mut window);
    let edge = window.at(320.0, 60.0);
    let at = |image: &image::RgbaImage| image.get_pixel(edge.x.round() as u32, edge.y as u32).0;
    assert_ne!(at(&picture), at(&outlined), "an outline between two tiles");
}
