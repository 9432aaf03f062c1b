//! [`App`]: all that the window knows. Who may change it: `logic.rs`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::jobs::Jobs;
use super::picker::Picker;
use super::settings::Settings;
use super::textures::Textures;
use super::tools::Gesture;
use super::{Command, View, theme};
use crate::composite::Index;
use crate::export::{Compression, Format, TileFormat};
use crate::geometry::{Point, Rect};
use crate::mosaic::{Grid, History, Mosaic, PlacementId, RoiId};
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
}

/// What is selected.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    pub placements: HashSet<PlacementId>,
    pub region: Option<RoiId>,
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

/// The window's whole state.
pub struct App {
    pub(super) context: egui::Context,
    pub(super) history: History,
    /// The file the document was read from or saved to.
    pub(super) project: Option<PathBuf>,
    pub(super) view: View,
    /// Where the canvas was last drawn; what fitting fits to.
    pub(super) screen: egui::Rect,
    /// Fit as soon as the canvas has a size.
    pub(super) fit_pending: bool,
    pub(super) tool: Tool,
    pub(super) selection: Selection,
    pub(super) gesture: Gesture,
    /// The canvas point under the mouse.
    pub(super) cursor: Option<Point>,
    pub(super) grid: Grid,
    pub(super) export_form: Option<ExportForm>,
    /// A path being typed, where no file dialog can be had.
    pub(super) typed_path: Option<String>,
    pub(super) shortcuts_shown: bool,
    /// What would lose changes, until the person says whether to do it.
    pub(super) unconfirmed: Option<Command>,
    pub(super) notices: Vec<Notice>,
    pub(super) settings: Settings,
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
    /// The index of the placements of the document it was made for.
    pub(super) index: (Arc<Mosaic>, Arc<Index>),
}

impl App {
    /// An empty window. `picker` asks for files.
    pub fn new(context: &egui::Context, picker: Arc<dyn Picker>) -> Self {
        theme::install(context);
        let mosaic = Arc::new(Mosaic::default());
        Self {
            context: context.clone(),
            history: History::default(),
            project: None,
            view: View::default(),
            screen: egui::Rect::ZERO,
            fit_pending: false,
            tool: Tool::default(),
            selection: Selection::default(),
            gesture: Gesture::None,
            cursor: None,
            grid: Grid::across(1),
            export_form: None,
            typed_path: None,
            shortcuts_shown: false,
            unconfirmed: None,
            notices: Vec::new(),
            settings: Settings::default(),
            textures: Textures::new(context),
            jobs: Jobs::new(context),
            exports: ExportQueue::new(wake(context)),
            reported: HashSet::new(),
            picker,
            commands: Vec::new(),
            title: String::new(),
            preview: None,
            index: (mosaic, Arc::default()),
        }
    }

    /// The document.
    pub fn mosaic(&self) -> &Arc<Mosaic> {
        self.history.now()
    }

    /// What is selected.
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// What the screen shows.
    pub fn view(&self) -> View {
        self.view
    }

    /// Where on the screen the canvas is.
    pub fn canvas_rect(&self) -> egui::Rect {
        self.screen
    }

    /// Whether files are being opened, or an export runs or waits.
    pub fn is_busy(&self) -> bool {
        self.jobs.is_busy() || self.exports.is_busy()
    }

    /// Whether every tile that the view wants is on the screen.
    pub fn is_sharp(&self) -> bool {
        self.textures.is_settled()
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

    /// The placements that touch `rect`, as positions in the document's list, in painting order.
    pub(super) fn touching(&mut self, rect: Rect) -> Vec<usize> {
        if !Arc::ptr_eq(&self.index.0, self.history.now()) {
            let mosaic = Arc::clone(self.history.now());
            let rects = mosaic.placements.iter().map(crate::mosaic::Placement::rect).collect();
            self.index = (mosaic, Arc::new(Index::new(rects)));
        }
        self.index.1.touching(rect)
    }

    /// The document's name, for the title.
    pub(super) fn name(&self) -> String {
        let mosaic = self.mosaic();
        let stem = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match (&self.project, mosaic.placements.len()) {
            (Some(project), _) => stem(project),
            (None, 0) => String::new(),
            (None, 1) => mosaic.placements[0].name(),
            (None, count) => {
                let folder = mosaic.placements[0].path.parent().map(stem).unwrap_or_default();
                format!("{folder} ({count} images)")
            }
        }
    }
}

/// What a background thread calls to have the window drawn anew.
fn wake(context: &egui::Context) -> impl Fn() + Send + Sync + 'static {
    let context = context.clone();
    move || context.request_repaint()
}
