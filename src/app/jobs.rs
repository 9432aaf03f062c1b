//! Work in the background: opening, saving, asking for files. One thread each; results come by a channel.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::display::RenderSettings;
use super::names::free_name;
use super::picker::{Ask, Picker};
use super::question::{Question, Writing};
use super::recovery::{Folder, Found, Head};
use super::standing::look_before;
use super::state::Preview;
use super::{ExportForm, TabId, recovery, shots, thumbnails};
use crate::cache::Library;
use crate::export::{Format, Unfinished, unfinished};
use crate::geometry::{Point, Rect, Size};
use crate::job::Progress;
use crate::mosaic::{Grid, Mosaic, Placement, PlacementId, is_project, load, save};
use crate::source::{RawLayout, format_of};
use crate::work::{Properties, demo, list_images, neighbor, probe, raw_preview};
use crate::{Error, IoResultExt as _, Result};
use mosaicist_display::Display;

/// The longer side of a raw file's preview, in pixels.
const RAW_PREVIEW: u32 = 512;

/// Where opened images go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// To what is in that tab already.
    Tab(TabId),
    /// To a tab of their own.
    Own,
}

/// What a job came to.
pub(super) enum Message {
    /// Images to lay on the canvas, and the reasons for those that cannot be read.
    Images {
        target: Target,
        placements: Vec<(Placement, Option<Error>)>,
        named: Vec<PathBuf>,
    },
    Project {
        mosaic: Mosaic,
        path: PathBuf,
    },
    Demo(Mosaic),
    Saved {
        tab: TabId,
        path: PathBuf,
        mosaic: Arc<Mosaic>,
    },
    Picked {
        ask: Ask,
        paths: Vec<PathBuf>,
        /// Whether the person has agreed to replace what stands there.
        confirmed: bool,
    },
    /// What there is to ask before something is written, or why it cannot be.
    Looked {
        writing: Writing,
        found: Result<Option<Question>>,
    },
    /// A name for an export that is not taken, in place of the one `asked` about.
    FreeName {
        asked: PathBuf,
        free: PathBuf,
    },
    /// Documents and exports that a crash has left.
    Crashed {
        documents: Vec<Found>,
        exports: Vec<(PathBuf, Option<Unfinished>)>,
    },
    Recovered {
        path: PathBuf,
        head: Head,
        picture: Option<egui::ColorImage>,
        mosaic: Box<Mosaic>,
    },
    /// The picture for a recovery copy.
    Pictured(TabId, Option<egui::ColorImage>),
    /// What is to be there after a crash could not be written.
    NotKept(Error),
    /// The window as it looks, and where in it the canvas is.
    Shot {
        window: Arc<egui::ColorImage>,
        canvas: egui::Rect,
        to: Option<PathBuf>,
    },
    /// Pixels for the clipboard, with so many halvings.
    Copied {
        image: egui::ColorImage,
        level: u32,
    },
    Written(PathBuf),
    Thumbnails(Vec<(PathBuf, egui::ColorImage)>),
    /// No dialog can be shown: the path must be typed.
    NoPicker(Ask),
    /// A folder, by another program.
    Shown,
    /// What a page of a file says of itself.
    Properties {
        path: Arc<Path>,
        page: u32,
        found: Result<Properties>,
    },
    /// What a placement is to show instead, and why that cannot be read, if so.
    Instead {
        tab: TabId,
        id: PlacementId,
        shown: Placement,
        error: Option<Error>,
        /// Whether it is another file.
        other_file: bool,
    },
    /// A file that no format knows.
    Unknown {
        path: PathBuf,
        length: u64,
    },
    RawPreview {
        layout: RawLayout,
        found: Result<(Size, Vec<u8>)>,
    },
    /// How an export would go.
    Preview {
        preview: Preview,
    },
    Failed(Error),
}

/// The jobs under way.
pub(super) struct Jobs {
    context: egui::Context,
    sender: Sender<Message>,
    receiver: Receiver<Message>,
    /// The one that shows its progress.
    pub(super) current: Option<Current>,
}

/// A job with a progress bar.
pub(super) struct Current {
    pub(super) title: String,
    pub(super) progress: Progress,
}

impl Jobs {
    pub(super) fn new(context: &egui::Context) -> Self {
        let (sender, receiver) = bounded(64);
        Self { context: context.clone(), sender, receiver, current: None }
    }

    pub(super) fn is_busy(&self) -> bool {
        self.current.is_some()
    }

    /// The next result. Never waits.
    pub(super) fn take(&self) -> Option<Message> {
        self.receiver.try_recv().ok()
    }

    /// Open files and folders, or one project.
    pub(super) fn open(&mut self, paths: Vec<PathBuf>, target: Target) {
        let title = match &*paths {
            [one] => format!("Opening {}", one.file_name().unwrap_or_default().to_string_lossy()),
            many => format!("Opening {} files", many.len()),
        };
        self.start(title, move |progress| {
            if let [project] = &*paths
                && is_project(project)
            {
                return Ok(Message::Project { mosaic: load(project)?, path: project.clone() });
            }
            let files = list_images(&paths)?;
            if let [file] = &*files
                && let Some(length) = unknown(file)?
            {
                return Ok(Message::Unknown { path: file.clone(), length });
            }
            Ok(Message::Images { target, placements: probe(&files, progress)?, named: paths })
        });
    }

    /// Make and open the example.
    pub(super) fn demo(&mut self) {
        self.start("Making the example".into(), |progress| Ok(Message::Demo(demo::make(&demo::folder()?, progress)?)));
    }

    /// Save the project. Short, so it shows no progress.
    pub(super) fn save(&self, tab: TabId, mosaic: Arc<Mosaic>, display: Option<Arc<Display>>, path: PathBuf) {
        self.run(move || {
            let mut shown = (*mosaic).clone();
            shown.display = display;
            save(&shown, &path)?;
            Ok(Message::Saved { tab, path, mosaic })
        });
    }

    /// Ask the person for a path.
    pub(super) fn pick(&self, picker: Arc<dyn Picker>, ask: Ask) {
        self.run(move || {
            Ok(match picker.pick(&ask) {
                Ok(paths) => Message::Picked { confirmed: picker.asks_before_replacing(), ask, paths },
                Err(_) => Message::NoPicker(ask),
            })
        });
    }

    /// Look at what stands where something is to be written.
    pub(super) fn look_before(&self, writing: Writing, others: Vec<PathBuf>, open: Vec<Arc<Mosaic>>) {
        self.run(move || {
            let found = look_before(&writing, &others, &open);
            Ok(Message::Looked { writing, found })
        });
    }

    /// Find a name for an export that is not taken.
    pub(super) fn free_name(&self, asked: PathBuf, base: PathBuf, format: Format) {
        self.run(move || {
            let free = free_name(asked.clone(), &base, format);
            Ok(Message::FreeName { asked, free })
        });
    }

    /// Find what crashes have left: documents, and of these `exports`.
    pub(super) fn find_crashed(&self, folder: Folder, exports: Vec<PathBuf>) {
        self.run(move || {
            let exports = exports.into_iter().map(|out| (out.clone(), unfinished(&out)));
            // One that has been finished by another program or run is none of the interrupted.
            let exports = exports.filter(|(out, left)| left.is_some() || !out.exists()).collect();
            Ok(Message::Crashed { documents: folder.crashed(), exports })
        });
    }

    /// Read a recovery copy.
    pub(super) fn recover(&mut self, path: PathBuf) {
        self.start("Recovering".into(), |_| {
            let (head, picture, mosaic) = recovery::load(&path)?;
            Ok(Message::Recovered { path, head, picture, mosaic: Box::new(mosaic) })
        });
    }

    /// Make the picture for a recovery copy: of the images, or of where they lie.
    pub(super) fn picture(&self, tab: TabId, mosaic: Arc<Mosaic>, library: Library, look: Option<Arc<RenderSettings>>) {
        self.run(move || {
            let made = look.and_then(|look| thumbnails::picture(&mosaic, library, &look).ok().flatten());
            Ok(Message::Pictured(tab, made.or_else(|| recovery::sketch(&mosaic))))
        });
    }

    /// Show a folder in the system's own window for files.
    pub(super) fn show_folder(&self, folder: PathBuf) {
        self.run(move || {
            opener::open(&folder).map_err(|error| {
                Error::invalid(format!("{}: the folder cannot be shown: {error}", folder.display()))
            })?;
            Ok(Message::Shown)
        });
    }

    /// Read the pixels of `rect` for the clipboard.
    pub(super) fn copy(
        &mut self,
        mosaic: Arc<Mosaic>,
        library: Library,
        look: Arc<RenderSettings>,
        (rect, finest): (Rect, u32),
    ) {
        self.start("Copying".into(), move |progress| {
            let (image, level) = shots::read(&mosaic, library, rect, finest, &look, progress)?;
            Ok(Message::Copied { image, level })
        });
    }

    pub(super) fn save_picture(&self, image: egui::ColorImage, path: PathBuf) {
        self.run(move || {
            shots::write(&image, &path)?;
            Ok(Message::Written(path))
        });
    }

    /// Make the thumbnail of a document, and look at it again. A failure costs only the picture.
    pub(super) fn make_thumbnail(
        &self,
        folder: PathBuf,
        path: PathBuf,
        mosaic: Arc<Mosaic>,
        library: Library,
        look: Arc<RenderSettings>,
    ) {
        self.run(move || {
            let made = thumbnails::make(&folder, &path, &mosaic, library, &look);
            Ok(Message::Thumbnails(made.map_or_else(|_| Vec::new(), |()| thumbnails::load(&folder, &[path]))))
        });
    }

    pub(super) fn load_thumbnails(&self, folder: PathBuf, paths: Vec<PathBuf>) {
        self.run(move || Ok(Message::Thumbnails(thumbnails::load(&folder, &paths))));
    }

    /// What takes a message in from elsewhere. A full channel loses it.
    pub(super) fn deliver(&self) -> impl Fn(Message) + Send + Sync + 'static {
        let (sender, context) = (self.sender.clone(), self.context.clone());
        move |message| {
            if sender.try_send(message).is_ok() {
                context.request_repaint();
            }
        }
    }

    /// Read what a page of a file says of itself.
    pub(super) fn describe(&self, path: Arc<Path>, page: u32) {
        self.run(move || {
            let found = Properties::read(&path, page as usize);
            Ok(Message::Properties { path, page, found })
        });
    }

    /// Look at another page of a placement's file.
    pub(super) fn page(&self, tab: TabId, placement: &Placement, page: u32) {
        let mut shown = placement.clone();
        self.run(move || {
            let facts = Properties::read(&shown.path, page as usize)?;
            (shown.page, shown.size, shown.kind) = (page, facts.size(), Some(facts.kind));
            Ok(Message::Instead { tab, id: shown.id, shown, error: None, other_file: false })
        });
    }

    /// Look at the file so many places after a placement's in its folder.
    pub(super) fn neighbor(&self, tab: TabId, placement: &Placement, step: isize) {
        let (id, path) = (placement.id, Arc::clone(&placement.path));
        self.run(move || {
            let probed = probe(&[neighbor(&path, step)?], &Progress::default())?;
            let (shown, error) = probed.into_iter().next().ok_or_else(|| Error::invalid("no image in this folder"))?;
            Ok(Message::Instead { tab, id, shown, error, other_file: true })
        });
    }

    /// How long a file is that is to be read by a layout.
    pub(super) fn measure(&self, path: PathBuf) {
        self.run(move || {
            let length = std::fs::metadata(&path).at(&path)?.len();
            Ok(Message::Unknown { path, length })
        });
    }

    /// What a file looks like by a layout.
    pub(super) fn raw_preview(&self, path: PathBuf, layout: RawLayout) {
        self.run(move || {
            let found = raw_preview(&path, &layout, RAW_PREVIEW);
            Ok(Message::RawPreview { layout, found })
        });
    }

    /// Find how an export would go.
    pub(super) fn preview(&self, form: ExportForm, mosaic: Arc<Mosaic>) {
        self.run(move || {
            let found = form.preview(&mosaic).map_err(|error| error.reason());
            Ok(Message::Preview { preview: Preview { form, mosaic, found } })
        });
    }

    /// The job with the progress bar has ended.
    pub(super) fn finished(&mut self) {
        self.current = None;
    }

    fn start(&mut self, title: String, work: impl FnOnce(&Progress) -> Result<Message> + Send + 'static) {
        let progress = Progress::default();
        self.current = Some(Current { title, progress: progress.clone() });
        self.run(move || work(&progress));
    }

    fn run(&self, work: impl FnOnce() -> Result<Message> + Send + 'static) {
        let (sender, context) = (self.sender.clone(), self.context.clone());
        let job = move || {
            let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
            let result = done.unwrap_or_else(|_| Err(Error::invalid("an internal error; please report it")));
            if sender.send(result.unwrap_or_else(Message::Failed)).is_ok() {
                context.request_repaint();
            }
        };
        if let Err(error) = crate::job::spawn("job", job) {
            let failed = Message::Failed(Error::io(std::path::Path::new("thread"), error));
            if self.sender.try_send(failed).is_err() {
                // The channel is full of results that say as much.
            }
        }
    }
}

/// The length of a file that no format knows; nothing for others and for what cannot be looked at.
fn unknown(path: &Path) -> Result<Option<u64>> {
    let Ok(found) = std::fs::metadata(path) else { return Ok(None) };
    let empty = !found.is_file() || found.len() == 0;
    Ok((!empty && format_of(path)?.is_none()).then_some(found.len()))
}

/// The opened images as a document: a single one as it is, several as a grid.
pub(super) fn lay_out(mosaic: &mut Mosaic, placements: Vec<Placement>, grid: &Grid) {
    let bounds = mosaic.bounds();
    // New images go to the right of what is there already.
    let gap = if bounds.is_empty() { 0 } else { bounds.width() as i64 / 20 };
    let origin =
        if bounds.is_empty() { Point::default() } else { Point::new((bounds.x1 + gap) as f64, bounds.y0 as f64) };
    let ids = placements.into_iter().map(|placement| mosaic.add(placement)).collect();
    mosaic.arrange(&ids, grid, origin);
}
