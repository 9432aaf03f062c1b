//! The batch: its dialog, its plan, its run.

use std::path::PathBuf;

use crate::Result;
use crate::app::batch::{BatchCommand, BatchDialog, BatchForm, BatchList, PlannedBatch};
use crate::app::dialog::Dialog;
use crate::app::notices::Tone;
use crate::app::{App, Ask, FileCommand};
use crate::export::{FORMATS, Format};
use crate::job::Progress;
use crate::work::{BatchRunner, Recipe, list_images};

impl App {
    pub(super) fn apply_batch(&mut self, command: BatchCommand) {
        match command {
            BatchCommand::Show => self.show_batch(),
            BatchCommand::Open(image) => {
                // The dialog would cover it. The form stays, and so does a run.
                if let Some(batch) = self.dialogs.take_batch() {
                    self.services.batch.form = Some(batch.form);
                }
                self.apply(FileCommand::OpenImage(image));
            }
            BatchCommand::Keep(form) => self.services.batch.form = Some(*form),
            BatchCommand::AskFiles => self.pick(Ask::BatchFiles),
            BatchCommand::AskFolder => self.pick(Ask::BatchFolder),
            BatchCommand::Add(paths) => self.add_to_batch(paths),
            BatchCommand::AskOut => {
                let folder = self.batch_form().map(|form| form.folder.clone());
                self.pick(Ask::BatchOut(folder.unwrap_or_default()));
            }
            BatchCommand::AskRecipe => self.pick(Ask::Recipe),
            BatchCommand::LoadRecipe(path) => {
                let load = move || Recipe::load(&path);
                self.services.jobs.run(load, |app, recipe| {
                    let adopted = app.dialogs.batch_mut().map_or(Ok(()), |batch| batch.form.adopt(&recipe));
                    if let Err(why) = adopted {
                        app.tell(why, true);
                    }
                });
            }
            BatchCommand::AskSaveRecipe => {
                let folder = self.batch_form().map(|form| PathBuf::from(&form.folder));
                let folder = folder.and_then(|folder| folder.parent().map(PathBuf::from)).unwrap_or_default();
                self.pick(Ask::SaveRecipe(folder.join("recipe.json").to_string_lossy().into_owned()));
            }
            BatchCommand::Plan => self.plan_batch(),
            BatchCommand::Start => self.start_batch(),
            BatchCommand::Pause(paused) => {
                if let Some(runner) = &self.services.batch.runner {
                    runner.set_paused(paused);
                }
            }
            BatchCommand::Cancel => {
                if let Some(runner) = &self.services.batch.runner {
                    runner.cancel();
                }
            }
            BatchCommand::Rerun(which) => {
                if let Some(runner) = &mut self.services.batch.runner {
                    runner.again(which);
                    self.services.batch.is_told = false;
                }
                if let Some(batch) = self.dialogs.batch_mut() {
                    (batch.list.failed_only, batch.list.follows) = (None, true);
                }
            }
            BatchCommand::Forget => {
                if !self.services.batch.is_running() {
                    self.services.batch.runner = None;
                }
                if let Some(batch) = self.dialogs.batch_mut() {
                    *batch = BatchDialog::new(batch.form.clone());
                }
            }
        }
    }

    fn show_batch(&mut self) {
        let known = self.dialogs.batch_mut().map(|batch| batch.form.clone());
        let form = known.or_else(|| self.services.batch.form.take()).unwrap_or_else(|| {
            let known = self.preferences.settings.export_format.as_deref();
            let spec = FORMATS.iter().find(|spec| Some(spec.name) == known);
            BatchForm::new(spec.map_or(Format::Tiff, |spec| spec.format))
        });
        self.dialogs.open(Dialog::Batch(Box::new(BatchDialog::new(form))));
    }

    /// The form of the batch dialog, or the one that it was closed with.
    fn batch_form(&mut self) -> Option<&BatchForm> {
        match self.dialogs.batch_mut() {
            Some(batch) => Some(&batch.form),
            None => self.services.batch.form.as_ref(),
        }
    }

    /// The form of the batch dialog, while that is open.
    pub fn batch_fields(&mut self) -> Option<&mut BatchForm> {
        self.dialogs.batch_mut().map(|batch| &mut batch.form)
    }

    /// The batch that runs or has run.
    pub fn batch_runner(&self) -> Option<&BatchRunner> {
        self.services.batch.runner.as_ref()
    }

    fn add_to_batch(&mut self, paths: Vec<PathBuf>) {
        let list = move |_: &Progress| list_images(&paths);
        self.services.jobs.start("Listing files", list, |app, images| {
            if let Some(batch) = app.dialogs.batch_mut() {
                batch.add(images);
            }
        });
    }

    /// Finds in the background which file becomes what. The form may change meanwhile; the dialog asks again then.
    fn plan_batch(&mut self) {
        let Some(batch) = self.dialogs.batch_mut().filter(|batch| batch.planning.is_none()) else { return };
        let form = batch.form.clone();
        batch.planning = Some(form.clone());
        self.services.jobs.run(
            move || Ok(PlannedBatch::of(form)),
            |app, planned| {
                if let Some(batch) = app.dialogs.batch_mut() {
                    batch.planning = None;
                    batch.planned = Some(planned);
                }
            },
        );
    }

    fn start_batch(&mut self) {
        if self.services.batch.is_running() {
            return;
        }
        let protected = self.open_projects();
        let Some(batch) = self.dialogs.batch_mut() else { return };
        let Some(planned) = batch.current().filter(|planned| planned.is_ready()) else { return };
        let (Ok(plan), Ok(options)) = (&planned.found, batch.form.options()) else { return };
        let (plan, replace) = ((**plan).clone(), batch.form.replace);
        batch.list = BatchList::default();
        let request = move |mosaic: &_, out: &_| options.request(mosaic, out, &protected);
        let context = self.context.clone();
        let wake = move || context.request_repaint();
        self.services.batch.runner = Some(BatchRunner::start(plan, !replace, Box::new(request), wake));
        self.services.batch.is_told = false;
    }

    /// Writes the recipe of the form to `path`.
    pub(in crate::app::logic) fn write_recipe(&mut self, path: PathBuf) {
        let Some(recipe) = self.batch_form().map(BatchForm::recipe) else { return };
        let write = move || -> Result<PathBuf> {
            recipe.save(&path)?;
            Ok(path)
        };
        self.services.jobs.run(write, |app, path| app.tell(format!("Saved {}", path.display()), false));
    }

    /// Tells how the batch has ended, once.
    pub(in crate::app::logic) fn report_batch(&mut self) {
        let Some(runner) = self.services.batch.runner.as_ref().filter(|_| !self.services.batch.is_told) else { return };
        let now = runner.overview();
        if now.is_running {
            return;
        }
        self.services.batch.is_told = true;
        self.give_back_after_exports();
        let before = if now.done_before > 0 { format!(", {} done before", now.done_before) } else { String::new() };
        let failed = if now.failed > 0 { format!(", {} failed", now.failed) } else { String::new() };
        let counts = format!("{} done{before}{failed}", now.done);
        let show = Some(("Show…", BatchCommand::Show.into()));
        match now.error {
            Some(error) => self.tell_as(Tone::Bad, format!("The batch has stopped: {error}"), show),
            None if now.left > 0 => {
                self.tell_as(Tone::Plain, format!("Batch cancelled: {counts}, {} left", now.left), show);
            }
            None if now.failed > 0 => self.tell_as(Tone::Bad, format!("Batch: {counts}"), show),
            None => self.tell_as(Tone::Good, format!("Batch: {counts}"), show),
        }
    }

    /// Whether dropped files are for the batch: its dialog is on top, and shows the form.
    pub(in crate::app::logic) fn drops_on_batch(&self) -> bool {
        self.services.batch.runner.is_none() && self.dialogs.shows_batch_on_top()
    }

    /// Sets the folder of the results.
    pub(in crate::app::logic) fn set_batch_folder(&mut self, folder: PathBuf) {
        if let Some(batch) = self.dialogs.batch_mut() {
            batch.form.folder = folder.to_string_lossy().into_owned();
        }
    }
}
