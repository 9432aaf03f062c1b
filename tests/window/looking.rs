//! Looking: what is loaded, how often, and when the window draws.

use std::time::{Duration, Instant};

use egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::Queryable as _;
use mosaicist::app::{EditCommand, Figures, Launch, TileCommand, ViewCommand, Zoom};
use mosaicist::composite::STEP_MS;
use mosaicist::geometry::{Point, Rect, Size};
use mosaicist::mosaic::{Mosaic, PixelKind, Placement, PlacementId, PlacementIds, save};
use mosaicist::pixels::{Color, Pixels, SampleType};

use crate::driver::{TILE, Window};

impl Window {
    /// Step until nothing is left to load, in view or ahead.
    pub(super) fn settled(&mut self) -> Figures {
        self.until("all is loaded", |app| app.is_sharp() && app.figures().loader.is_idle());
        self.app().figures()
    }

    /// Check that what is settled stays so longer than an overview takes to tell of its changes.
    fn stays_settled(&mut self) {
        let started = self.app().figures().loader.started;
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(3 * STEP_MS) {
            self.steps(1);
            assert!(self.app().is_sharp(), "after {:?}", began.elapsed());
        }
        assert_eq!(self.app().figures().loader.started, started, "nothing is made any more");
    }

    /// A canvas of `across` × `across` tiles, more than are drawn one by one.
    fn with_many(across: u32) -> Self {
        let mut window = Self::new();
        let tiles = window.folder.path().join("tiles");
        let mut mosaic = Mosaic::default();
        for number in 0..across * across {
            let mut placement = Placement::new(tiles.join(format!("t{}.png", number % 6)), TILE);
            placement.set_position(Point::new(f64::from(number % across * 320), f64::from(number / across * 240)));
            placement.kind = Some(PixelKind::RGB8);
            mosaic.add(placement);
        }
        let project = window.folder.path().join("many.mosaic");
        save(&mosaic, &project).unwrap();
        window.app().start(Launch::Files(vec![project]));
        window.until("it is open", |app| !app.mosaic().placements.is_empty());
        window
    }
}

#[test]
fn returning_to_a_viewed_area_decodes_nothing() {
    let mut window = Window::with_tiles();
    let home = window.app().view();
    window.settled();
    for view in [Rect::new(0, 0, 200, 150), Rect::new(700, 300, 900, 450)] {
        window.app().ask(ViewCommand::Zoom(Zoom::Show(view)));
        window.settled();
    }
    let before = window.settled();
    for view in [Rect::new(0, 0, 200, 150), Rect::new(700, 300, 900, 450)] {
        window.app().ask(ViewCommand::Zoom(Zoom::Show(view)));
        window.steps(1);
        assert!(window.app().is_sharp(), "in the first frame");
    }
    window.key(Modifiers::NONE, Key::Num0);
    assert_eq!(window.app().view(), home);
    let now = window.settled();
    assert_eq!((now.decodes, now.loader.started), (before.decodes, before.loader.started));
}

#[test]
fn nothing_is_drawn_when_nothing_happens() {
    let mut window = Window::with_tiles();
    window.settled();
    // What egui itself animates after the opening.
    window.steps(40);
    let context = window.harness.ctx.clone();
    assert!(!context.has_requested_repaint(), "{:?}", context.repaint_causes());
}

#[test]
fn a_canvas_of_many_tiles_is_composed_and_patched_where_it_changes() {
    let mut window = Window::with_many(30);
    let before = window.settled();
    window.stays_settled();
    assert!(before.decodes < 60, "six files: {} decodes", before.decodes);
    let id = window.app().mosaic().placements[31].id;
    window.app().ask(EditCommand::Select { ids: PlacementIds::from_iter([id]), add: false });
    window.app().ask(EditCommand::MoveSelected(Point::new(0.0, 240.0)));
    window.steps(2);
    assert!(window.app().figures().textures >= before.textures, "what was there stays until there is better");
    window.until("the change is known", |app| app.figures().loader.started > before.loader.started);
    let after = window.settled();
    window.stays_settled();
    let made = after.loader.started - before.loader.started;
    assert!(made < before.loader.started / 2, "{made} pieces anew of {}", before.loader.started);
}

#[test]
fn the_figures_are_shown_on_a_key() {
    let mut window = Window::with_tiles();
    assert!(window.harness.query_by_label("Textures").is_none());
    window.key(Modifiers::NONE, Key::F12);
    window.harness.get_by_label("Textures");
    window.harness.get_by_label("Wasted");
    let wasted = window.harness.query_all_by_label_contains("finished unrequested").count();
    assert_eq!(wasted, 1, "what was made for nothing, and its time");
    let shown = window.harness.query_all_by_label_contains("of 256 MiB").count();
    assert_eq!(shown, 1, "the budget beside what is used");
    window.key(Modifiers::NONE, Key::F12);
    assert!(window.harness.query_by_label("Textures").is_none());
}

#[test]
fn tiles_far_outside_the_view_are_not_loaded() {
    let mut window = Window::with_many(20);
    let all = Size::new(TILE.width * 20, TILE.height * 20);
    window.settled();
    let before = window.app().figures().textures;
    window.app().ask(ViewCommand::Zoom(Zoom::Show(Rect::at(0, 0, TILE))));
    window.settled();
    let more = window.app().figures().textures - before;
    assert!(more < 40, "{more} textures more for one tile of {all}");
}

#[test]
fn navigator_follows_an_undone_rotation() {
    let mut window = Window::with_many(10);
    window.until("it is sharp", |app| app.is_sharp() && app.is_measured());
    let map = |window: &mut Window| {
        // The overview tells of its changes after a while.
        for _ in 0..2 {
            window.settled();
            let began = Instant::now();
            while began.elapsed() < Duration::from_millis(3 * STEP_MS) {
                window.steps(1);
            }
        }
        let title = window.harness.get_by_label("Navigator").rect();
        let image = window.harness.render().unwrap();
        let (x, y) = (title.left() as u32, title.bottom() as u32 + 4);
        image::imageops::crop_imm(&image, x, y, 250, 150).to_image()
    };
    window.app().ask(EditCommand::Select { ids: PlacementIds::from_iter([PlacementId(45)]), add: false });
    // The canvas is composed from here on.
    window.app().ask(TileCommand::Rotate(30.0));
    let rotated = map(&mut window);
    window.app().ask(EditCommand::Undo);
    assert!(map(&mut window) != rotated, "the navigator still shows the rotated tile");
    window.app().ask(EditCommand::Redo);
    assert!(map(&mut window) == rotated);
}

#[test]
fn a_picture_one_pixel_wide_is_seen_when_it_is_fitted() {
    for size in [Size::new(1, 3000), Size::new(3000, 1)] {
        let mut window = Window::new();
        let path = window.folder.path().join("thin.png");
        let white = Pixels::filled(size, SampleType::U8, &[255.0; 3]);
        mosaicist::export::write_image(&path, &white, Color::Rgb, 90).unwrap();
        window.open(path);
        window.key(Modifiers::NONE, Key::Num0);
        let middle = window.at(f64::from(size.width) / 2.0, f64::from(size.height) / 2.0);
        let image = window.harness.render().unwrap();
        let around = (-1..=1).flat_map(|down| (-1..=1).map(move |across| middle + vec2(across as f32, down as f32)));
        let white = around.filter(|at| image.get_pixel(at.x as u32, at.y as u32).0[..3] == [255; 3]).count();
        assert_eq!(white, 3, "a line of one pixel for {size:?}");
    }
}
