//! [`App`]: all that the window knows. Who may change it: `logic.rs`.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::jobs::Jobs;
use super::panels::{GoTo, Rebinding};
use super::picker::Picker;
use super::readout::{Readout, Value};
use super::settings::Settings;
use super::tab::{Selection, Tab};
use super::textures::{Figures, Textures};
use super::{Command, Toggle, View, theme};
use crate::export::{Compression, Format, TileFormat};
use crate::mosaic::{BookmarkId, Grid, Mosaic, RoiId};
use crate::pixels::{Display, Histogram};
use crate::work::{ExportQueue, QueueId};

/// What the left mouse button does on the canvas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tool {
    /// Drag the view.
    #[default]
    Hand,
    /// Select and drag tiles and regions.
    Select,
    /// Draw a rectangle.
    Region,
    /// Zoom to a box.
    Zoom,
}

/// The export dialog's fields.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportForm {
    pub format: Format,
    /// `None` for the whole mosaic.
    pub region: Option<RoiId>,
    /// Halvings of the full resolution.
    pub level: usize,
    /// Of a TIFF.
    pub compression: Compression,
    /// Of a folder of tiles.
    pub tiles: TileFormat,
    /// With a page to look at it.
    pub viewer: bool,
    pub quality: u8,
    pub pyramid: bool,
    pub memory_mib: u64,
    pub path: String,
}

/// What the export dialog says of its fields.
#[derive(Debug, Clone)]
pub(super) struct Preview {
    pub(super) form: ExportForm,
    pub(super) mosaic: Arc<Mosaic>,
    pub(super) found: Result<String, String>,
}

/// A line for the person, until it is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notice {
    pub(super) text: String,
    pub(super) bad: bool,
}

/// Where the window keeps what it remembers; nowhere where `None`.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept {
    pub(super) settings: Option<PathBuf>,
    pub(super) thumbnails: Option<PathBuf>,
}

/// Pictures of the recent documents.
#[derive(Default)]
pub(super) struct Thumbnails {
    pub(super) pictures: HashMap<PathBuf, egui::TextureHandle>,
    /// The documents whose pictures have been looked for.
    pub(super) asked: Vec<PathBuf>,
    /// What the open document was opened as, once its picture is made.
    pub(super) made: Vec<PathBuf>,
}

/// The window's whole state.
pub struct App {
    pub(super) context: egui::Context,
    /// The document that the person works on.
    pub(super) tab: Tab,
    pub(super) tool: Tool,
    pub(super) grid: Grid,
    pub(super) export_form: Option<ExportForm>,
    /// A path being typed, where no file dialog can be had.
    pub(super) typed_path: Option<String>,
    pub(super) shortcuts_shown: bool,
    /// A key being chosen on the sheet of shortcuts.
    pub(super) rebinding: Option<Rebinding>,
    pub(super) go_to: Option<GoTo>,
    /// A bookmark's new name being typed.
    pub(super) renaming: Option<(BookmarkId, String)>,
    /// Nothing but the picture is shown.
    pub(super) only_picture: bool,
    /// The view that the document being opened is to begin with.
    pub(super) opening: Option<View>,
    /// What would lose changes, until the person says whether to do it.
    pub(super) unconfirmed: Option<Command>,
    pub(super) notices: Vec<Notice>,
    pub(super) settings: Settings,
    /// Where settings and thumbnails are kept; nowhere if `None`.
    pub(super) kept: Kept,
    pub(super) thumbnails: Thumbnails,
    pub(super) readout: Readout,
    pub(super) textures: Textures,
    pub(super) jobs: Jobs,
    pub(super) exports: ExportQueue,
    /// Exports whose end the person has been told of.
    pub(super) reported: HashSet<QueueId>,
    pub(super) picker: Arc<dyn Picker>,
    pub(super) commands: Vec<Command>,
    /// As the window shows it.
    pub(super) title: String,
    /// How the export in the dialog would go, for the fields and the document it was found for.
    pub(super) preview: Option<Preview>,
}

impl App {
    /// An empty window. `picker` asks for files.
    pub fn new(context: &egui::Context, picker: Arc<dyn Picker>) -> Self {
        theme::install(context);
        let textures = Textures::new(context);
        let readout = Readout::new(context, textures.library());
        Self {
            context: context.clone(),
            tab: Tab::default(),
            tool: Tool::default(),
            grid: Grid::across(1),
            export_form: None,
            typed_path: None,
            shortcuts_shown: false,
            rebinding: None,
            go_to: None,
            renaming: None,
            only_picture: false,
            opening: None,
            unconfirmed: None,
            notices: Vec::new(),
            settings: Settings::default(),
            kept: Kept::default(),
            thumbnails: Thumbnails::default(),
            readout,
            textures,
            jobs: Jobs::new(context),
            exports: ExportQueue::new(wake(context)),
            reported: HashSet::new(),
            picker,
            commands: Vec::new(),
            title: String::new(),
            preview: None,
        }
    }

    /// The document.
    pub fn mosaic(&self) -> &Arc<Mosaic> {
        self.tab.history.now()
    }

    /// What is selected.
    pub fn selection(&self) -> &Selection {
        &self.tab.selection
    }

    /// What the screen shows.
    pub fn view(&self) -> View {
        self.tab.view
    }

    /// Where on the screen the canvas is.
    pub fn canvas_rect(&self) -> egui::Rect {
        self.tab.screen
    }

    /// Whether files are being opened, or an export runs or waits.
    pub fn is_busy(&self) -> bool {
        self.jobs.is_busy() || self.exports.is_busy()
    }

    /// Whether every tile that the view wants is on the screen.
    pub fn is_sharp(&self) -> bool {
        self.textures.is_settled() && self.tab.display.is_ready() && self.tab.scene.is_current(self.mosaic())
    }

    /// How the document is shown, once there is one and enough is known of its values.
    pub fn display(&self) -> Option<&Display> {
        self.tab.display.settings()
    }

    /// Whether the values of the document have been looked at as far as was asked for.
    pub fn is_measured(&self) -> bool {
        self.tab.display.is_measured()
    }

    /// How often which values of each channel occur, as far as is known.
    pub fn histograms(&self) -> &[Histogram] {
        self.tab.display.found().counted()
    }

    /// What loading is at.
    pub fn figures(&self) -> Figures {
        self.textures.figures()
    }

    /// The true samples under the mouse, once they have been read.
    pub fn samples(&self) -> Option<&[Value]> {
        self.tab.nav.under.fresh.then(|| self.readout.last_samples())
    }

    /// Whether something is switched on.
    pub fn is_on(&self, toggle: Toggle) -> bool {
        self.settings.is_on(toggle)
    }

    /// How many recent documents have a picture.
    pub fn thumbnail_count(&self) -> usize {
        self.thumbnails.pictures.len()
    }

    /// The texts of the notices shown.
    pub fn notices(&self) -> Vec<String> {
        self.notices.iter().map(|notice| notice.text.clone()).collect()
    }

    /// The export dialog's fields, while it is open.
    pub fn export_form(&mut self) -> Option<&mut ExportForm> {
        self.export_form.as_mut()
    }

    /// Have something done before the next frame.
    pub fn ask(&mut self, command: Command) {
        self.commands.push(command);
        self.context.request_repaint();
    }
}

/// What a background thread calls to have the window drawn anew.
fn wake(context: &egui::Context) -> impl Fn() + Send + Sync + 'static {
    let context = context.clone();
    move || context.request_repaint()
}
