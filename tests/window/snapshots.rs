//! Pictures of each panel in both themes, compared with those in `tests/window/snapshots/`.
//!
//! After an intended visual change: `UPDATE_SNAPSHOTS=1 cargo test --test window snapshots`, and look at what changed.
//! `MOSAICIST_GALLERY=FOLDER cargo test --test window snapshots` also writes each picture at 1440 × 900 and 1100 × 700.

use std::path::Path;

use egui::{Key, Modifiers, Pos2, Vec2, vec2};
use egui_kittest::kittest::Queryable as _;
use egui_kittest::{SnapshotOptions, try_image_snapshot_options};
use mosaicist::app::{
    Compare, EditCommand, ExportCommand, FileCommand, Launch, RegionCommand, TabCommand, Toggle, WindowCommand,
};
use mosaicist::export::write_image;
use mosaicist::geometry::Rect;
use mosaicist::pixels::{Color, Pixels, Samples};

use crate::driver::{TILE, Window};
use crate::panels::write_channels;

/// Beyond this many pixels that differ, something is drawn otherwise.
const MOST_DIFFERENT: usize = 12;

impl Window {
    /// Compare the window with the stored pictures of `name`, in both themes. Texts that hold one of `but` are left out: they
    /// say what is different on each machine.
    fn compare_snapshot(&mut self, name: &str, but: &[&str]) {
        let mut failures = Vec::new();
        for theme in ["dark", "light"] {
            // The mouse would light what is under it.
            self.harness.event(egui::Event::PointerGone);
            // Nor does a caret that blinks look the same twice.
            self.harness.ctx.all_styles_mut(|style| style.visuals.text_cursor.blink = false);
            // Twice: what the last command brings is asked for in a frame that comes after it.
            for _ in 0..2 {
                self.until("all is shown", |app| {
                    let shown = app.is_sharp() && app.is_measured() || app.mosaic().placements.is_empty();
                    shown && !app.is_moving()
                });
                self.steps(20);
            }
            let mut image = self.harness.render().unwrap();
            // How much memory is in use is said at the lower right; the text beside it ends where that begins.
            let (width, height) = image.dimensions();
            let corner = egui::Rect::from_min_max(
                Pos2::new(width as f32 - 170.0, height as f32 - 36.0),
                Pos2::new(width as f32, height as f32),
            );
            let labels = but.iter().flat_map(|part| self.harness.query_all_by_label_contains(part));
            for rect in labels.map(|node| node.rect()).chain([corner]) {
                for y in rect.top() as u32..(rect.bottom() as u32 + 1).min(height) {
                    for x in rect.left() as u32..(rect.right() as u32 + 1).min(width) {
                        image.put_pixel(x, y, image::Rgba([128, 128, 128, 255]));
                    }
                }
            }
            let options = SnapshotOptions::new().output_path("tests/window/snapshots");
            let options = options.max_failed_pixels(MOST_DIFFERENT);
            if let Err(error) = try_image_snapshot_options(&image, format!("{name}-{theme}"), &options) {
                failures.push(error.to_string());
            }
            self.app().ask(WindowCommand::SwitchTheme);
            self.steps(2);
        }
        // Afterwards, and without a trace: the navigator shows what has been viewed at another size.
        if let Some(folder) = std::env::var_os("MOSAICIST_GALLERY") {
            for theme in ["dark", "light"] {
                self.write_gallery(Path::new(&folder), &format!("{name}-{theme}"));
                self.app().ask(WindowCommand::SwitchTheme);
                self.steps(2);
            }
            self.app().ask(WindowCommand::ResetVisited);
            self.steps(5);
        }
        assert!(failures.is_empty(), "{}", failures.join("\n"));
    }

    /// The window as it is now, written at two usual sizes.
    fn write_gallery(&mut self, folder: &Path, name: &str) {
        std::fs::create_dir_all(folder).unwrap();
        let before = self.harness.ctx.content_rect().size();
        for size in [vec2(1440.0, 900.0), vec2(1100.0, 700.0)] {
            self.resize(size);
            self.steps(20);
            let path = folder.join(format!("{name}-{}x{}.png", size.x, size.y));
            self.harness.render().unwrap().save(path).unwrap();
        }
        self.resize(before);
    }

    /// A window with six tiles of large plain squares, which make small files.
    fn with_squares() -> Self {
        let mut window = Self::new();
        let folder = window.folder.path().join("squares");
        std::fs::create_dir(&folder).unwrap();
        for number in 0..6u8 {
            let square = |x: u32, y: u32| [number * 40, (x / 80 * 60) as u8, (y / 80 * 80) as u8];
            let samples = (0..TILE.height).flat_map(|y| (0..TILE.width).flat_map(move |x| square(x, y))).collect();
            let tile = Pixels::new(TILE, 3, Samples::U8(samples)).unwrap();
            write_image(&folder.join(format!("s{number}.png")), &tile, Color::Rgb, 90).unwrap();
        }
        window.app().start(Launch::Files(vec![folder]));
        window.until("the tiles are open", |app| app.mosaic().placements.len() == 6);
        window
    }

    /// As large as `size` points.
    pub(super) fn resize(&mut self, size: Vec2) {
        self.harness.set_size(size);
        self.steps(4);
    }
}

#[test]
fn the_first_screen() {
    let mut window = Window::new();
    window.resize(vec2(900.0, 560.0));
    window.compare_snapshot("welcome", &[]);
}

#[test]
fn a_mosaic_with_its_panels() {
    let mut window = Window::with_squares();
    window.app().ask(RegionCommand::Add(Rect::new(100, 60, 420, 300)));
    window.app().ask(EditCommand::AddBookmark);
    for toggle in [Toggle::Grid, Toggle::Rulers] {
        window.app().ask(WindowCommand::Toggle(toggle));
    }
    for (panel, name) in [("tiles", "mosaic"), ("regions", "regions")] {
        window.app().ask(WindowCommand::ShowPanel(panel));
        window.resize(vec2(1100.0, 700.0));
        if panel == "regions" {
            // Its row of the list.
            window.until_textures("region", 1);
        }
        window.compare_snapshot(name, &[]);
    }
}

#[test]
fn an_image_with_pages_and_properties() {
    let mut window = Window::new();
    let path = window.folder.path().join("planes.ome.tif");
    write_channels(&path);
    window.open(path);
    window.until("its properties are read", |app| app.is_described());
    window.resize(vec2(1100.0, 700.0));
    window.compare_snapshot("display", &[]);
    window.app().ask(WindowCommand::ShowPanel("info"));
    window.compare_snapshot("properties", &[]);
}

#[test]
fn the_dialogs() {
    let mut window = Window::with_squares();
    window.app().ask(WindowCommand::ShowGoTo(true));
    window.compare_snapshot("go-to", &[]);
    window.key(Modifiers::NONE, Key::Escape);
    window.app().ask(WindowCommand::ShowShortcuts(true));
    window.compare_snapshot("keys", &[]);
    window.app().ask(WindowCommand::ShowShortcuts(false));
    window.app().ask(RegionCommand::Add(Rect::new(100, 60, 420, 300)));
    window.app().ask(FileCommand::Close);
    window.compare_snapshot("unsaved", &[]);
}

#[test]
fn the_history_and_exports_tabs() {
    let mut window = Window::with_squares();
    window.app().ask(RegionCommand::Add(Rect::new(100, 60, 420, 300)));
    window.app().ask(EditCommand::AddBookmark);
    window.app().ask(EditCommand::Undo);
    window.resize(vec2(1100.0, 700.0));
    for panel in ["history", "exports"] {
        window.app().ask(WindowCommand::ShowPanel(panel));
        window.compare_snapshot(panel, &[]);
    }
}

#[test]
fn the_menus() {
    let mut window = Window::with_squares();
    window.resize(vec2(1100.0, 700.0));
    for menu in ["File", "Edit", "View", "Help"] {
        window.press(menu);
        window.compare_snapshot(&format!("menu-{}", menu.to_lowercase()), &[]);
        window.key(Modifiers::NONE, Key::Escape);
    }
}

#[test]
fn the_dialog_for_a_location() {
    let mut window = Window::with_squares();
    window.picker.1.store(true, std::sync::atomic::Ordering::Relaxed);
    window.key(Modifiers::COMMAND, Key::L);
    window.until_shown("Open location");
    window.compare_snapshot("location", &[]);
}

#[test]
fn the_export_dialog() {
    let mut window = Window::with_squares();
    window.app().ask(ExportCommand::Show(None));
    window.steps(2);
    let form = window.app().export_form().unwrap();
    // Both are otherwise chosen for the machine.
    (form.path, form.memory_mib) = ("out.dzi".into(), 1024);
    window.compare_snapshot("export", &["free"]);
}

#[test]
fn the_export_dialog_for_regions() {
    let mut window = Window::with_squares();
    for x in [40, 400] {
        window.app().ask(mosaicist::app::RegionCommand::Add(Rect::new(x, 30, x + 200, 150)));
    }
    window.app().ask(ExportCommand::ShowRegions(mosaicist::app::RegionFiles::All));
    window.steps(2);
    let form = window.app().export_form().unwrap();
    (form.path, form.memory_mib) = ("squares regions".into(), 1024);
    form.outlines = Some(mosaicist::work::Outlines { width: 2.0, names: Some(16.0) });
    let each = form.each.as_mut().unwrap();
    (each.patches, each.side, each.stride) = (true, 64, 32);
    window.compare_snapshot("export-regions", &["free"]);
}

#[test]
fn the_raw_import_dialog() {
    let mut window = Window::new();
    let path = window.folder.path().join("camera.bin");
    let samples: Vec<u8> = (0..640u32 * 480).map(|i| (i % 640 / 3) as u8 ^ (i / 640) as u8).collect();
    std::fs::write(&path, samples).unwrap();
    window.app().start(Launch::Files(vec![path]));
    window.until_shown("Import raw…");
    window.press("Import raw…");
    window.until("the dialog asks", |app| app.raw_form().is_some_and(|form| form.is_shown()));
    window.compare_snapshot("raw", &[]);
}

#[test]
fn several_at_once() {
    let mut window = Window::with_squares();
    let one = window.folder.path().join("one.png");
    std::fs::copy(window.folder.path().join("squares/s5.png"), &one).unwrap();
    window.app().ask(FileCommand::OpenTab(vec![one]));
    window.until("it has a tab", |app| app.tab_ids().len() == 2 && !app.is_busy());
    window.app().ask(TabCommand::Compare(Compare::Two));
    window.compare_snapshot("split", &[]);
    window.app().ask(TabCommand::Compare(Compare::Swipe));
    window.compare_snapshot("swipe", &[]);
}

#[test]
fn the_software_renderer_paints_what_the_window_draws() {
    // A window of one color with a square in it, half covered.
    let mut harness = egui_kittest::Harness::builder()
        .with_size(vec2(20.0, 10.0))
        .renderer(crate::software_renderer::SoftwareRenderer::default())
        .build_ui(|ui| {
            let painter = ui.ctx().layer_painter(egui::LayerId::background());
            painter.rect_filled(ui.ctx().content_rect(), 0.0, egui::Color32::from_rgb(10, 20, 30));
            let square = egui::Rect::from_min_size(Pos2::new(5.0, 2.0), vec2(4.0, 4.0));
            let clipped = painter.with_clip_rect(egui::Rect::from_min_max(Pos2::ZERO, Pos2::new(7.0, 10.0)));
            let mut mesh = egui::Mesh::default();
            mesh.add_colored_rect(square, egui::Color32::from_rgba_premultiplied(100, 0, 0, 128));
            clipped.add(mesh);
        });
    let image = harness.render().unwrap();
    let at = |x: u32, y: u32| image.get_pixel(x, y).0;
    assert_eq!((at(1, 1), at(8, 3)), ([10, 20, 30, 255], [10, 20, 30, 255]));
    for (x, y) in [(5, 2), (6, 5), (5, 5), (6, 2)] {
        assert_eq!(at(x, y), [105, 10, 15, 255], "each pixel of the square is painted once");
    }
}

#[test]
fn batch() {
    let mut window = Window::with_batch(true);
    let own = ["Folder of the results", "done, 1 failed"];
    window.compare_snapshot("batch-form", &own);
    window.press("Start");
    window.until("it has ended", |app| app.batch_runner().is_some_and(|runner| !runner.is_running()));
    window.app().ask(WindowCommand::DismissNotices);
    window.compare_snapshot("batch-run", &own);
}
