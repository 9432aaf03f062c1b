//! [`App`]: the state of the window, and what can be read of it.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use crate::ImageRef;
use crate::app::background::Background;
use crate::app::batch::Batch;
use crate::app::compare::Comparison;
use crate::app::dialog::Dialogs;
use crate::app::hud::Hud;
use crate::app::jobs::Jobs;
use crate::app::keeping::Keeping;
use crate::app::notices::Notices;
use crate::app::panels::Panel;
use crate::app::picker::Picker;
use crate::app::properties::PropertiesCache;
use crate::app::question::Leaving;
use crate::app::readout::{Readout, Value};
use crate::app::recovering::Crashes;
use crate::app::settings::{Settings, Visit};
use crate::app::tab::{Selection, Tab};
use crate::app::tabs::Tabs;
use crate::app::textures::{Figures, Textures};
use crate::app::tools::Toolbox;
use crate::app::{Command, ExportForm, RawForm, TabId, Toggle, View, panels, recovery, theme};
use crate::geometry::Rect;
use crate::mosaic::Mosaic;
use crate::work::{ExportQueue, QueueId};
use mosaicist_display::{Display, Histogram};

/// The paths where the window stores its state; not stored if `None`.
#[derive(Clone, Default)]
pub(in crate::app) struct StoragePaths {
    pub(in crate::app) settings: Option<PathBuf>,
    pub(in crate::app) thumbnails: Option<PathBuf>,
    pub(in crate::app) recovery: Option<recovery::Folder>,
    pub(in crate::app) log: Option<PathBuf>,
}

/// Pictures of the recent documents.
#[derive(Default)]
pub(in crate::app) struct Thumbnails {
    pub(in crate::app) pictures: HashMap<PathBuf, egui::TextureHandle>,
    /// The documents whose pictures have been looked for.
    pub(in crate::app) asked: Vec<PathBuf>,
    /// The documents whose picture has been made in this run.
    pub(in crate::app) made: HashSet<PathBuf>,
}

/// The pending commands. Drawing can only add to them.
#[derive(Default)]
pub(in crate::app) struct Commands(RefCell<Vec<Command>>);

impl Commands {
    pub(in crate::app) fn push(&self, command: impl Into<Command>) {
        self.0.borrow_mut().push(command.into());
    }

    pub(in crate::app) fn insert(&self, at: usize, command: Command) {
        self.0.borrow_mut().insert(at, command);
    }

    pub(in crate::app) fn len(&self) -> usize {
        self.0.borrow().len()
    }

    pub(in crate::app) fn take(&self) -> Vec<Command> {
        self.0.take()
    }
}

/// The open documents.
pub(in crate::app) struct Documents {
    /// The one that the user works on.
    pub(in crate::app) tab: Tab,
    pub(in crate::app) tabs: Tabs,
    pub(in crate::app) comparison: Comparison,
    /// The view that the document being opened is to begin with.
    pub(in crate::app) opening: Option<View>,
    /// The documents of the last session still to open.
    pub(in crate::app) resuming: VecDeque<Visit>,
    /// The one of them to show at last.
    pub(in crate::app) active: Option<Vec<PathBuf>>,
    /// Another page or file is being read.
    pub(in crate::app) turning: bool,
    /// The action to continue once the changes of that tab are saved.
    pub(in crate::app) after_saving: Option<(TabId, Leaving)>,
    /// All questions about closing the window have been answered.
    pub(in crate::app) leaving: bool,
}

impl Documents {
    fn new() -> Self {
        Self {
            tab: Tab::default(),
            tabs: Tabs::default(),
            comparison: Comparison::default(),
            opening: None,
            resuming: VecDeque::new(),
            active: None,
            turning: false,
            after_saving: None,
            leaving: false,
        }
    }
}

/// Background services and their results.
pub(in crate::app) struct Services {
    pub(in crate::app) textures: Textures,
    pub(in crate::app) jobs: Jobs<App>,
    pub(in crate::app) exports: ExportQueue,
    pub(in crate::app) batch: Batch,
    /// Painting the overview.
    pub(in crate::app) background: Background,
    /// Exports whose end the user has been told of.
    pub(in crate::app) reported: HashSet<QueueId>,
    pub(in crate::app) picker: Arc<dyn Picker>,
    pub(in crate::app) readout: Readout,
    pub(in crate::app) properties: PropertiesCache,
    pub(in crate::app) thumbnails: Thumbnails,
    /// Autosave.
    pub(in crate::app) keeping: Keeping,
    /// Recovery of crashed runs.
    pub(in crate::app) crashes: Crashes,
}

impl Services {
    fn new(context: &egui::Context, picker: Arc<dyn Picker>) -> Self {
        let textures = Textures::new(context);
        let readout = Readout::new(context, textures.library());
        Self {
            textures,
            jobs: Jobs::new(context),
            exports: ExportQueue::new(wake(context)),
            batch: Batch::default(),
            background: Background::default(),
            reported: HashSet::new(),
            picker,
            readout,
            properties: PropertiesCache::default(),
            thumbnails: Thumbnails::default(),
            keeping: Keeping::default(),
            crashes: Crashes::default(),
        }
    }
}

/// Settings and their storage.
#[derive(Default)]
pub(in crate::app) struct Preferences {
    pub(in crate::app) settings: Settings,
    pub(in crate::app) storage: StoragePaths,
}

/// The layout of the window around the canvas.
pub(in crate::app) struct Layout {
    pub(in crate::app) toolbox: Toolbox,
    /// The tabs of the right side.
    pub(in crate::app) panels: Vec<Box<dyn Panel>>,
    pub(in crate::app) performance: Hud,
    /// Nothing but the canvas is shown.
    pub(in crate::app) panels_hidden: bool,
    /// As the window shows it.
    pub(in crate::app) title: String,
}

impl Layout {
    fn new() -> Self {
        Self {
            toolbox: Toolbox::default(),
            panels: panels::all(),
            performance: Hud::default(),
            panels_hidden: false,
            title: String::new(),
        }
    }
}

/// The window's whole state. Only `logic` changes it, and the compiler says so: the fields are private to `logic`, panels and tools get
/// the parts by `&` and ask for [`Command`]s.
pub struct App {
    pub(super) context: egui::Context,
    pub(super) documents: Documents,
    pub(super) services: Services,
    pub(super) preferences: Preferences,
    pub(super) layout: Layout,
    /// The open dialogs.
    pub(super) dialogs: Dialogs,
    pub(super) notices: Notices,
    pub(super) commands: Commands,
}

impl App {
    /// An empty window. `picker` asks for files.
    pub fn new(context: &egui::Context, picker: Arc<dyn Picker>) -> Self {
        theme::install(context);
        Self {
            context: context.clone(),
            documents: Documents::new(),
            services: Services::new(context, picker),
            preferences: Preferences::default(),
            layout: Layout::new(),
            dialogs: Dialogs::default(),
            notices: Notices::default(),
            commands: Commands::default(),
        }
    }

    /// The open documents.
    pub(in crate::app) fn documents(&self) -> &Documents {
        &self.documents
    }

    /// Background services and their results.
    pub(in crate::app) fn services(&self) -> &Services {
        &self.services
    }

    /// Settings and their storage.
    pub(in crate::app) fn preferences(&self) -> &Preferences {
        &self.preferences
    }

    /// The layout of the window around the canvas.
    pub(in crate::app) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The open dialogs.
    pub(in crate::app) fn dialogs(&self) -> &Dialogs {
        &self.dialogs
    }

    /// What the user has been told.
    pub(in crate::app) fn shown_notices(&self) -> &Notices {
        &self.notices
    }

    /// What is drawn with.
    pub(in crate::app) fn context(&self) -> &egui::Context {
        &self.context
    }

    /// The document.
    pub fn mosaic(&self) -> &Arc<Mosaic> {
        self.documents.tab.history.now()
    }

    /// The selection.
    pub fn selection(&self) -> &Selection {
        &self.documents.tab.selection
    }

    /// The view.
    pub fn view(&self) -> View {
        self.documents.tab.view
    }

    /// Where on the screen the canvas is.
    pub fn canvas_rect(&self) -> egui::Rect {
        self.documents.tab.screen
    }

    /// Whether all questions about closing the window have been answered, so that it closes.
    pub fn is_leaving(&self) -> bool {
        self.documents.leaving
    }

    /// Whether the document has unsaved changes.
    pub fn is_dirty(&self) -> bool {
        self.documents.tab.is_dirty()
    }

    /// The file that the document was read from or saved to.
    pub fn project(&self) -> Option<&std::path::Path> {
        self.documents.tab.project.as_deref()
    }

    /// Whether files are being opened, an export runs or waits, or a batch runs.
    pub fn is_busy(&self) -> bool {
        self.services.jobs.is_busy() || self.services.exports.is_busy() || self.services.batch.is_running()
    }

    /// Whether every tile that the view wants is on the screen.
    pub fn is_sharp(&self) -> bool {
        self.services.textures.is_settled()
            && self.documents.tab.display.is_ready()
            && self.documents.tab.scene.is_current(self.mosaic())
            && self.documents.tab.region_layer.is_current(&self.mosaic().regions)
    }

    /// How the document is shown, once there is one and enough is known of its values.
    pub fn display(&self) -> Option<&Display> {
        self.documents.tab.display.settings()
    }

    /// Whether the values of the document have been viewed as far as was asked for.
    pub fn is_measured(&self) -> bool {
        self.documents.tab.display.is_measured()
    }

    /// How often which values of each channel occur, as far as is known.
    pub fn histograms(&self) -> &[Histogram] {
        self.documents.tab.display.found().counted()
    }

    /// The state of loading.
    pub fn figures(&self) -> Figures {
        self.services.textures.figures()
    }

    /// The true samples under the mouse, once they have been read.
    pub fn samples(&self) -> Option<&[Value]> {
        self.documents.tab.nav.under.fresh.then(|| self.services.readout.last_samples())
    }

    /// Whether something is switched on.
    pub fn is_on(&self, toggle: Toggle) -> bool {
        self.preferences.settings.is_on(toggle)
    }

    /// How many recent documents have a picture.
    pub fn thumbnail_count(&self) -> usize {
        self.services.thumbnails.pictures.len()
    }

    /// The texts of the notices that are not closed.
    pub fn notices(&self) -> Vec<String> {
        self.notices.open().map(|notice| notice.text.clone()).collect()
    }

    /// What is known to be missing of an image, and where.
    pub fn losses_of(&self, image: &ImageRef) -> Vec<(String, Option<Rect>)> {
        self.services.textures.lost(image).map(|(error, place)| (error.to_string(), place)).collect()
    }

    /// The export dialog's fields, while it is open.
    pub fn export_form(&mut self) -> Option<&mut ExportForm> {
        self.dialogs.export_mut().map(|export| &mut export.form)
    }

    /// Whether the plan in the export dialog is current.
    pub fn is_previewed(&self) -> bool {
        self.dialogs
            .export()
            .is_some_and(|export| export.preview.as_ref().is_some_and(|known| known.form == export.form))
    }

    /// The plan shown in the export dialog, or why the export is impossible.
    pub fn preview_text(&self) -> Option<Result<String, String>> {
        let found = &self.dialogs.export()?.preview.as_ref()?.found;
        Some(found.as_ref().map(|plan| plan.text("")).map_err(Clone::clone))
    }

    /// Whether the properties shown in the panels are read.
    pub fn is_described(&self) -> bool {
        !self.documents.turning
            && self.described_placement().is_some_and(|placement| self.services.properties.get(&placement).is_some())
    }

    /// The fields of the dialog that imports a raw file, while it is open.
    pub fn raw_form(&mut self) -> Option<&mut RawForm> {
        self.dialogs.raw_mut()
    }

    /// Have something done before the next frame.
    pub fn ask(&self, command: impl Into<Command>) {
        self.commands.push(command);
        self.context.request_repaint();
    }
}

/// The closure that requests a repaint from a background thread.
fn wake(context: &egui::Context) -> impl Fn() + Send + Sync + 'static {
    let context = context.clone();
    move || context.request_repaint()
}
