//! [`App`]: all that the window knows. Who may change it: `logic.rs`.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use super::compare::Comparison;
use super::dialog::Dialogs;
use super::jobs::Jobs;
use super::keeping::Keeping;
use super::panels::{Hud, Panel};
use super::picker::Picker;
use super::properties::PropertiesCache;
use super::question::Leaving;
use super::readout::{Readout, Value};
use super::recovering::Crashes;
use super::settings::{Settings, Visit};
use super::tab::{Selection, Tab};
use super::tabs::Tabs;
use super::textures::{Figures, Textures};
use super::tools::Toolbox;
use super::{Command, ExportForm, RawForm, TabId, Toggle, View, panels, recovery, theme};
use crate::mosaic::Mosaic;
use crate::work::{ExportQueue, QueueId};
use mosaicist_display::{Display, Histogram};

/// A line for the user, until it is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notice {
    pub(super) text: String,
    pub(super) bad: bool,
}

/// Where the window keeps what it remembers; nowhere where `None`.
#[derive(Clone, Default)]
pub(super) struct StoragePaths {
    pub(super) settings: Option<PathBuf>,
    pub(super) thumbnails: Option<PathBuf>,
    pub(super) recovery: Option<recovery::Folder>,
}

/// Pictures of the recent documents.
#[derive(Default)]
pub(super) struct Thumbnails {
    pub(super) pictures: HashMap<PathBuf, egui::TextureHandle>,
    /// The documents whose pictures have been looked for.
    pub(super) asked: Vec<PathBuf>,
    /// The documents whose picture has been made in this run.
    pub(super) made: HashSet<PathBuf>,
}

/// What was asked for and is not done yet. Drawing can only add to it.
#[derive(Default)]
pub(super) struct Commands(RefCell<Vec<Command>>);

impl Commands {
    pub(super) fn push(&self, command: impl Into<Command>) {
        self.0.borrow_mut().push(command.into());
    }

    pub(super) fn insert(&self, at: usize, command: Command) {
        self.0.borrow_mut().insert(at, command);
    }

    pub(super) fn len(&self) -> usize {
        self.0.borrow().len()
    }

    pub(super) fn take(&self) -> Vec<Command> {
        self.0.take()
    }
}

/// The window's whole state. Panels and tools get it by `&`, and ask for [`Command`]s.
pub struct App {
    pub(super) context: egui::Context,
    /// The document that the user works on.
    pub(super) tab: Tab,
    pub(super) tabs: Tabs,
    pub(super) comparison: Comparison,
    pub(super) toolbox: Toolbox,
    pub(super) facts: PropertiesCache,
    /// Another page or file is on its way.
    pub(super) turning: bool,
    /// Nothing but the canvas is shown.
    pub(super) panels_hidden: bool,
    /// The view that the document being opened is to begin with.
    pub(super) opening: Option<View>,
    /// What is still to be opened of the last session.
    pub(super) resuming: VecDeque<Visit>,
    pub(super) hud: Hud,
    /// The tabs of the right side.
    pub(super) panels: Vec<Box<dyn Panel>>,
    /// What is open over the window.
    pub(super) dialogs: Dialogs,
    /// What goes on once the changes of that tab have been saved.
    pub(super) after_saving: Option<(TabId, Leaving)>,
    /// All questions about closing the window have been answered.
    pub(super) leaving: bool,
    /// What is written in the background to be there after a crash.
    pub(super) keeping: Keeping,
    /// What earlier crashes have left.
    pub(super) crashes: Crashes,
    pub(super) notices: Vec<Notice>,
    pub(super) settings: Settings,
    /// Where settings and thumbnails are stored; nowhere if `None`.
    pub(super) kept: StoragePaths,
    pub(super) thumbnails: Thumbnails,
    pub(super) readout: Readout,
    pub(super) textures: Textures,
    pub(super) jobs: Jobs<Self>,
    pub(super) exports: ExportQueue,
    /// Exports whose end the user has been told of.
    pub(super) reported: HashSet<QueueId>,
    pub(super) picker: Arc<dyn Picker>,
    pub(super) commands: Commands,
    /// As the window shows it.
    pub(super) title: String,
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
            tabs: Tabs::default(),
            comparison: Comparison::default(),
            toolbox: Toolbox::default(),
            facts: PropertiesCache::default(),
            turning: false,
            panels_hidden: false,
            opening: None,
            resuming: VecDeque::new(),
            hud: Hud::default(),
            panels: panels::all(),
            dialogs: Dialogs::default(),
            after_saving: None,
            leaving: false,
            keeping: Keeping::default(),
            crashes: Crashes::default(),
            notices: Vec::new(),
            settings: Settings::default(),
            kept: StoragePaths::default(),
            thumbnails: Thumbnails::default(),
            readout,
            textures,
            jobs: Jobs::new(context),
            exports: ExportQueue::new(wake(context)),
            reported: HashSet::new(),
            picker,
            commands: Commands::default(),
            title: String::new(),
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

    /// Whether all questions about closing the window have been answered, so that it closes.
    pub fn is_leaving(&self) -> bool {
        self.leaving
    }

    /// Whether the document differs from what was saved.
    pub fn is_dirty(&self) -> bool {
        self.tab.history.is_dirty()
    }

    /// The file that the document was read from or saved to.
    pub fn project(&self) -> Option<&std::path::Path> {
        self.tab.project.as_deref()
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
        self.dialogs.export_mut().map(|export| &mut export.form)
    }

    /// Whether what the export dialog says is of its fields as they are.
    pub fn is_previewed(&self) -> bool {
        self.dialogs
            .export()
            .is_some_and(|export| export.preview.as_ref().is_some_and(|known| known.form == export.form))
    }

    /// Whether the panels know what the image says of itself that they tell of.
    pub fn is_described(&self) -> bool {
        !self.turning && self.described_placement().is_some_and(|placement| self.facts.get(&placement).is_some())
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

/// What a background thread calls to have the window drawn anew.
fn wake(context: &egui::Context) -> impl Fn() + Send + Sync + 'static {
    let context = context.clone();
    move || context.request_repaint()
}
