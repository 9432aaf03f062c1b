//! The window. It shows the document and turns what the user does into [`Command`]s; only `logic` changes state.
//!
//! The UI thread never opens or reads a file, never decodes and never waits: files are opened by jobs, tiles are made by the
//! loader's threads.

mod about;
mod actions;
mod background;
mod batch;
mod bindings;
mod canvas;
mod command;
mod compare;
mod diagnostics;
mod dialog;
mod display;
mod export_form;
mod properties;
mod files;
mod jobs;
mod keeper;
mod keeping;
mod layout_form;
mod link_map;
mod links;
mod live;
mod logic;
mod flight;
mod frame;
mod go_to_form;
mod hud;
mod motion;
mod names;
mod notices;
mod navigate;
mod opening;
mod panels;
mod picker;
mod question;
mod readout;
mod recovering;
mod regions;
mod rendering;
mod recovery;
mod scene;
mod raw_form;
mod settings;
mod shots;
mod speeds;
mod standing;
mod tab;
mod tabs;
mod textures;
mod tile_command;
mod theme;
mod thumbnails;
mod tile_layout;
mod unfiltered;
mod tools;
mod units;
mod view;
mod visited;
mod watch;

pub use batch::{BatchCommand, BatchForm};
pub use command::{
    Command, EditCommand, ExportCommand, FileCommand, LayoutCommand, OverlapCommand, PageCommand, ProcessCommand,
    RepairCommand, RoundUse, TabCommand, ViewCommand, WindowCommand, Zoom,
};
pub use compare::Compare;
pub use display::DisplayChange;
pub use export_form::ExportForm;
pub use layout_form::{LayoutForm, LayoutReport, PositionSource, Sequence};
pub use logic::App;
pub use navigate::ViewChange;
pub use picker::{Ask, NoDialog, Picker};
pub use question::Answer;
pub use raw_form::RawForm;
pub use readout::Value;
pub use regions::{
    Combine, DetectForm, Drawing, MeasureForm, OutsidePixels, Pick, RegionAxes, RegionCommand, RegionExportForm,
    RegionFiles, Shaping,
};
pub use settings::{Overlaps, Toggle};
pub use shots::Shot;
pub use tab::{Before, Selection};
pub use tabs::TabId;
pub use textures::Figures;
pub use tile_command::{Adjustment, CanvasCommand, CropSide, Direction, TileCommand};
pub use units::Unit;
pub use view::View;

use std::path::PathBuf;
use std::sync::Arc;

use crate::{Error, Result};

/// The files and settings the window opens with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Launch {
    /// These files, folders or one project; none for the first screen.
    Files(Vec<PathBuf>),
    /// The bundled example.
    Demo,
}

/// Open the window and stay until it is closed. Fails with one clear line where there is no display.
pub fn run(start: Launch) -> Result<()> {
    crate::job::keep_little_memory();
    diagnostics::begin_log();
    let title = "Mosaicist";
    let headless = match &start {
        Launch::Demo => "mosaicist demo --headless -o demo.dzi",
        Launch::Files(_) => "the commands in mosaicist --help",
    };
    let viewport = egui::ViewportBuilder::default()
        .with_title(title)
        .with_app_id("mosaicist")
        .with_inner_size([1440.0, 900.0])
        .with_min_inner_size([720.0, 480.0])
        .with_drag_and_drop(true);
    // Without it the system shows one of its own.
    let viewport = match eframe::icon_data::from_png_bytes(include_bytes!("../../assets/icon.png")) {
        Ok(icon) => viewport.with_icon(icon),
        Err(_) => viewport,
    };
    let options = eframe::NativeOptions {
        viewport,
        renderer: eframe::Renderer::Glow,
        dithering: false,
        persist_window: true,
        ..Default::default()
    };
    let create = move |context: &eframe::CreationContext<'_>| -> std::result::Result<Box<dyn eframe::App>, _> {
        let mut app = App::new(&context.egui_ctx, Arc::new(picker::Native));
        app.load_settings();
        app.start(start);
        Ok(Box::new(app))
    };
    eframe::run_native("mosaicist", options, Box::new(create)).map_err(|error| {
        let text = error.to_string();
        let reason =
            if text.contains("DISPLAY is set") { "there is no display".into() } else { text.replace('\n', " ") };
        Error::invalid(format!("no window can be opened here: {reason}; use {headless} instead"))
    })
}

impl eframe::App for App {
    fn logic(&mut self, context: &egui::Context, _: &mut eframe::Frame) {
        self.update(context);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        self.show(ui);
    }

    fn on_exit(&mut self, _: Option<&eframe::glow::Context>) {
        self.close_window();
        tracing::info!("closed");
    }
}
