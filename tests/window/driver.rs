//! [`Window`]: the program's window without a screen, and hands that use it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use egui::{Event, Key, Modifiers, PointerButton, Pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use mosaicist::app::{App, Ask, Launch, NoDialog, Picker, WindowCommand};
use mosaicist::geometry::{Point, Rect, Region, Size};
use mosaicist::pixels::{Color, Pixels, SampleType};
use mosaicist::source::Source as _;
use mosaicist::source::testing::Pattern;

use crate::software_renderer::SoftwareRenderer;

/// Answers every question with the paths it was given; or has no dialog, if so set.
#[derive(Default)]
pub(super) struct Chooses(pub Mutex<Vec<PathBuf>>, pub AtomicBool);

impl Picker for Chooses {
    fn pick(&self, _: &Ask) -> Result<Vec<PathBuf>, NoDialog> {
        if self.1.load(Ordering::Relaxed) { Err(NoDialog) } else { Ok(self.0.lock().unwrap().clone()) }
    }
}

pub(super) struct Window {
    pub(super) harness: Harness<'static, Option<App>>,
    pub(super) picker: Arc<Chooses>,
    pub(super) folder: tempfile::TempDir,
}

pub(super) const TILE: Size = Size::new(320, 240);

impl Window {
    /// A window of 1200 × 800 points with nothing open, and a folder of 3 × 2 tiles to open.
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tiles = folder.path().join("tiles");
        std::fs::create_dir(&tiles).unwrap();
        let picture = Pattern::new(Size::new(TILE.width * 3, TILE.height * 2), 3, SampleType::U8);
        for number in 0..6i64 {
            let (x, y) = (number % 3 * 320, number / 3 * 240);
            let tile: Pixels = picture.read(Region::new(0, Rect::at(x, y, TILE))).unwrap();
            let path = tiles.join(format!("t{number}.png"));
            mosaicist::export::write_image(&path, &tile, Color::Rgb, 90).unwrap();
        }
        let picker = Arc::new(Chooses::default());
        let chooses = Arc::clone(&picker);
        let show = move |ui: &mut egui::Ui, app: &mut Option<App>| {
            let context = ui.ctx().clone();
            let app = app.get_or_insert_with(|| App::new(&context, chooses.clone()));
            app.update(&context);
            app.show(ui);
        };
        let harness = Harness::builder()
            .with_size(vec2(1200.0, 800.0))
            .with_step_dt(0.05)
            .renderer(SoftwareRenderer::default())
            .build_ui_state(show, None);
        let mut window = Self { harness, picker, folder };
        // Fonts are there from the second frame on.
        window.steps(3);
        window
    }

    pub(super) fn with_tiles() -> Self {
        let mut window = Self::new();
        let tiles = window.folder.path().join("tiles");
        window.app().start(Launch::Files(vec![tiles]));
        window.until("the tiles are open", |app| app.mosaic().placements.len() == 6);
        window.until("the picture is sharp", |app| app.is_sharp());
        // Most of what is tested is arranging.
        window.app().ask(WindowCommand::SetTool("arrange"));
        window.steps(2);
        window
    }

    /// Click with the right button.
    pub(super) fn right_click(&mut self, at: Pos2) {
        self.move_to(at);
        for pressed in [true, false] {
            let button = PointerButton::Secondary;
            self.harness.event(Event::PointerButton { pos: at, button, pressed, modifiers: Modifiers::NONE });
            self.steps(2);
        }
        self.steps(2);
    }

    /// Click with the left button.
    pub(super) fn click_at(&mut self, at: Pos2) {
        self.move_to(at);
        for pressed in [true, false] {
            self.button(at, pressed, Modifiers::NONE);
            self.steps(2);
        }
    }

    /// Where the last thing is that bears `label`.
    pub(super) fn place_of(&self, label: &str) -> egui::Rect {
        let found: Vec<_> = self.harness.query_all_by_label(label).map(|node| node.rect()).collect();
        *found.last().unwrap_or_else(|| panic!("nothing bears {label:?}"))
    }

    pub(super) fn app(&mut self) -> &mut App {
        self.harness.state_mut().as_mut().unwrap()
    }

    pub(super) fn steps(&mut self, count: usize) {
        self.harness.run_steps(count);
    }

    /// Step until something holds that background threads bring about.
    pub(super) fn until(&mut self, what: &str, holds: impl Fn(&mut App) -> bool) {
        let started = Instant::now();
        loop {
            self.steps(2);
            if holds(self.app()) {
                return;
            }
            assert!(
                started.elapsed() < Duration::from_mins(1),
                "{what}: not within a minute; {:?} {:?}",
                self.app().notices(),
                self.app().figures()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Where a canvas point is on the screen.
    pub(super) fn at(&mut self, x: f64, y: f64) -> Pos2 {
        let app = self.app();
        app.view().ui_from_canvas(app.canvas_rect(), Point::new(x, y))
    }

    pub(super) fn button(&self, pos: Pos2, pressed: bool, modifiers: Modifiers) {
        self.harness.event(Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers });
    }

    pub(super) fn drag(&mut self, from: Pos2, to: Pos2, modifiers: Modifiers) {
        self.harness.event(Event::ModifiersChanged(modifiers));
        self.harness.event(Event::PointerMoved(from));
        self.steps(1);
        self.button(from, true, modifiers);
        self.steps(1);
        for part in [0.3, 0.7, 1.0] {
            self.harness.event(Event::PointerMoved(from + (to - from) * part));
            self.steps(1);
        }
        // A hand that rests before it lets go: no flick.
        self.steps(2);
        self.button(to, false, modifiers);
        self.steps(1);
        self.harness.event(Event::ModifiersChanged(Modifiers::NONE));
        self.steps(2);
    }

    /// Click what bears `label`, with the mouse.
    pub(super) fn press(&mut self, label: &str) {
        let found: Vec<_> = self.harness.query_all_by_label(label).map(|node| node.rect()).collect();
        let rect = found.last().unwrap_or_else(|| panic!("nothing bears {label:?}"));
        let at = rect.center();
        self.move_to(at);
        self.button(at, true, Modifiers::NONE);
        self.steps(1);
        self.button(at, false, Modifiers::NONE);
        self.steps(3);
    }

    /// Step until something bears `label`.
    pub(super) fn until_shown(&mut self, label: &str) {
        for _ in 0..2000 {
            self.steps(1);
            if self.shows(label) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("nothing bears {label:?}; {:?}", self.app().notices());
    }

    /// Whether something bears `label`.
    pub(super) fn shows(&self, label: &str) -> bool {
        self.harness.query_all_by_label(label).next().is_some()
    }

    /// Type `text` in place of what stands in the field that has the focus.
    pub(super) fn type_over(&mut self, text: &str) {
        self.key(Modifiers::COMMAND, Key::A);
        self.harness.event(Event::Text(text.to_owned()));
        self.steps(3);
    }

    /// Open `path` alone, and wait until it is shown.
    pub(super) fn open(&mut self, path: PathBuf) {
        self.app().start(Launch::Files(vec![path]));
        self.until("it is open", |app| !app.is_busy() && !app.mosaic().placements.is_empty());
        self.until("it is sharp and measured", |app| app.is_sharp() && app.is_measured());
        self.steps(2);
    }

    /// Move the mouse, nothing pressed.
    pub(super) fn move_to(&mut self, pos: Pos2) {
        self.harness.event(Event::PointerMoved(pos));
        self.steps(2);
    }

    pub(super) fn key(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.steps(3);
        self.rest();
    }

    /// Step until the view moves no more.
    pub(super) fn rest(&mut self) {
        for _ in 0..100 {
            if !self.app().is_moving() {
                return;
            }
            self.steps(1);
        }
        panic!("the view moves for ever: {:?}", self.app().view());
    }

    /// Step until there are so many textures of that name.
    pub(super) fn until_textures(&mut self, name: &str, count: usize) {
        for _ in 0..2000 {
            self.steps(1);
            if self.textures(name).len() == count {
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        panic!("{} textures {name:?}, not {count}", self.textures(name).len());
    }

    /// The sizes of the textures of that name, in pixels.
    pub(super) fn textures(&self, name: &str) -> Vec<[usize; 2]> {
        let textures = self.harness.ctx.tex_manager();
        let textures = textures.read();
        textures.allocated().filter(|(_, meta)| meta.name == name).map(|(_, meta)| meta.size).collect()
    }

    /// Copy the selected region; what comes to the clipboard.
    pub(super) fn copied(&mut self) -> egui::ColorImage {
        self.harness.event(Event::Copy);
        self.next_copied(|command| match command {
            egui::OutputCommand::CopyImage(image) => Some(image.clone()),
            _ => None,
        })
    }

    /// Step until something comes to the clipboard that `taken` takes.
    pub(super) fn next_copied<T>(&mut self, taken: impl Fn(&egui::OutputCommand) -> Option<T>) -> T {
        for _ in 0..2000 {
            self.steps(1);
            if let Some(found) = self.harness.output().platform_output.commands.iter().find_map(&taken) {
                return found;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        panic!("nothing came to the clipboard");
    }

    pub(super) fn positions(&mut self) -> Vec<(f64, f64)> {
        self.app()
            .mosaic()
            .placements
            .iter()
            .map(|placement| (placement.position().x, placement.position().y))
            .collect()
    }
}

/// Whether two points are no farther apart than `within`.
pub(super) fn near(a: Point, b: Point, within: f64) -> bool {
    (a.x - b.x).hypot(a.y - b.y) <= within
}
