//! What changes the window's state, and nothing else does: [`App`]'s fields are private to this folder. Here: what is done before each
//! frame, and what becomes of opened and saved documents.

mod commands;
mod compare;
mod diagnostics;
mod files;
mod keeping;
mod live;
mod many;
mod names;
mod navigate;
mod opening;
mod panes;
mod pointer;
mod question;
mod recovering;
mod session;
mod shots;
mod show;
mod state;
mod tabs;
mod tile_layout;
mod watch;
mod window;

use std::path::PathBuf;
use std::sync::Arc;

use super::navigate::Navigation;
use super::notices::Tone;
use super::question::Closing;
use super::tab::Tab;
use super::tile_layout::TabLayout;
use super::{BatchCommand, Command, ExportCommand, FileCommand, Launch, LayoutForm, RepairCommand, TabId};
use crate::Error;
use crate::export::Statistics;
use crate::job::show_bytes;
use crate::mosaic::{History, Mosaic, Placement, save};
use crate::source::arriving::expected_at;
use crate::work::{QueueItem, QueueState};
pub use state::App;

impl App {
    /// Handles the command-line arguments of the window.
    pub fn start(&mut self, start: Launch) {
        match start {
            Launch::Files(files) if files.is_empty() => self.reopen(),
            Launch::Files(files) => self.ask(FileCommand::Open(files)),
            Launch::Demo => self.ask(FileCommand::Demo),
        }
    }

    /// Before each frame: applies results of jobs and executes commands.
    pub fn update(&mut self, context: &egui::Context) {
        while let Some(result) = self.services.jobs.take() {
            match result {
                Ok(then) => then(self),
                Err(error) => self.job_failed(&error),
            }
        }
        let dropped: Vec<PathBuf> =
            context.input(|input| input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect());
        if !dropped.is_empty() && self.drops_on_batch() {
            self.apply(BatchCommand::Add(dropped));
        } else if !dropped.is_empty() && self.dialogs.give_way() {
            self.receive_files(dropped, FileCommand::Open);
        } else if !dropped.is_empty() {
            self.tell_as(Tone::Plain, "Nothing is opened while a dialog is open; close it and drop again".into(), None);
        }
        if context.input(|input| input.viewport().close_requested()) && self.has_something_to_lose() {
            context.send_viewport_cmd(egui::ViewportCommand::CancelClose);
            self.close_asking(Closing::Window);
        }
        for command in self.commands.take() {
            self.apply(command);
        }
        self.go_on_recovering();
        self.go_on_resuming();
        self.documents.tab.follow_frame(&self.context);
        self.go_on_watching();
        self.name_export();
        self.advance_view(context);
        self.follow_background();
        self.read_out();
        self.keep_thumbnails();
        let mark = if self.documents.tab.is_dirty() { "• " } else { "" };
        let name = self.documents.tab.name();
        let title = if name.is_empty() { "Mosaicist".to_owned() } else { format!("{mark}{name} — Mosaicist") };
        if self.layout.title != title {
            context.send_viewport_cmd(egui::ViewportCommand::Title(title.clone()));
            self.layout.title = title;
        }
        self.report_exports();
        self.report_batch();
        self.follow_questions();
        self.report_losses();
        self.keep();
        let quiet = self.is_sharp();
        self.documents.tab.display.follow(
            self.documents.tab.history.now(),
            self.services.textures.library(),
            context,
            quiet,
        );
        if self.is_busy() {
            context.request_repaint_after(std::time::Duration::from_millis(100));
        }
    }

    /// A job has failed, or was cancelled.
    fn job_failed(&mut self, error: &Error) {
        self.documents.opening = None;
        self.documents.turning = false;
        self.documents.after_saving = None;
        self.documents.tab.layout.give_up();
        if error.is_cancelled() {
            self.tell_as(Tone::Plain, "Cancelled".into(), None);
        } else {
            self.tell(error.to_string(), true);
        }
    }

    fn receive_saved(&mut self, id: TabId, path: PathBuf, mosaic: &Arc<Mosaic>) {
        self.preferences.settings.remember(&path);
        self.tell(format!("Saved {}", path.display()), false);
        if let Some(tab) = self.tab_of_mut(id) {
            tab.history.mark_saved(mosaic);
            tab.opened = vec![path.clone()];
            tab.project = Some(path);
        }
        if let Some((_, leaving)) = self.documents.after_saving.take_if(|(saved, _)| *saved == id) {
            self.go_on_leaving(leaving);
        }
    }

    /// Tells which images are damaged, as they are drawn.
    fn report_losses(&mut self) {
        const MOST: usize = 5;
        let (tab, damaged) = (self.documents.tabs.current(), self.services.textures.damaged.len());
        for lost in self.services.textures.take_losses() {
            if damaged <= MOST {
                self.tell_about(tab, format!("{lost}; the rest of the image is shown"), None);
            } else {
                self.tell_about(tab, "Parts of more images are missing; the log names them".into(), None);
            }
        }
    }

    /// Notifies of exports that have ended since the last frame.
    fn report_exports(&mut self) {
        let told = self.services.reported.len();
        for item in self.services.exports.items() {
            let name = item.out.display();
            let (text, tone) = match &item.state {
                QueueState::Done(statistics) => {
                    let (size, seconds) = (show_bytes(statistics.bytes), statistics.seconds);
                    (format!("Exported {name} ({size}, {seconds:.1} s)"), Tone::Good)
                }
                QueueState::Failed(error) => (error.to_string(), Tone::Bad),
                QueueState::Cancelled if item.unfinished.is_some() => {
                    (format!("Cancelled; {name} is unfinished and can be resumed"), Tone::Plain)
                }
                QueueState::Cancelled => (format!("Cancelled; {name} was not written"), Tone::Plain),
                QueueState::Waiting | QueueState::Running | QueueState::Paused => continue,
            };
            if !self.services.reported.insert(item.id) {
                continue;
            }
            if let QueueState::Done(statistics) = &item.state {
                self.learn_speed(&item, statistics);
            }
            let again = matches!(item.state, QueueState::Failed(_));
            let again = again.then_some(("Try again", ExportCommand::Repeat { id: item.id, anew: false }.into()));
            self.tell_as(tone, text, again);
            if let Some(first) = item.warnings.first() {
                let more = item.warning_count - 1;
                let rest = if more > 0 { format!(", and {more} more") } else { String::new() };
                self.tell(format!("Left as background: {first}{rest}"), true);
            }
        }
        if self.services.reported.len() > told && !self.services.exports.is_busy() {
            self.give_back_after_exports();
        }
    }

    /// Remembers how long an export took that did everything itself.
    fn learn_speed(&mut self, item: &QueueItem, statistics: &Statistics) {
        if statistics.resumed_tiles == 0 {
            let (format, taken) = (item.format.spec().name, item.progress.elapsed.as_secs_f64());
            self.preferences.settings.speeds.learn(format, statistics.expected_seconds, taken);
        }
    }

    /// Before each frame: how far the overview of the current document is.
    fn follow_background(&mut self) {
        let canvas = self.documents.tab.scene.canvas();
        let left = canvas.filter(|_| self.shows_canvas()).map(|canvas| (canvas.number, canvas.left()));
        self.services.background.note(left);
    }

    pub(super) fn receive_project(&mut self, mosaic: Mosaic, path: PathBuf) {
        self.preferences.settings.remember(&path);
        let path = std::path::absolute(&path).unwrap_or(path);
        let open = |id: &TabId| self.tab_of(*id).is_some_and(|tab| tab.project.as_ref() == Some(&path));
        if let Some(id) = self.documents.tabs.ids().into_iter().find(open) {
            // Two tabs of one project would save over each other.
            self.documents.opening = None;
            self.show_tab(id);
            self.tell(format!("{} is already open in this tab", path.display()), false);
            return;
        }
        self.fresh_tab();
        self.replace(mosaic, Some(path.clone()));
        self.documents.tab.opened = vec![path];
        self.look_for_missing();
    }

    /// Tells if files of the current document are not where it says, and offers to find them; no longer, if none is missing.
    pub(super) fn look_for_missing(&self) {
        let mosaic = Arc::clone(self.mosaic());
        let is_missing = |placement: &&Placement| {
            let path = &placement.image.path;
            !path.exists() && expected_at(path).is_none()
        };
        let tab = self.documents.tabs.current();
        let look = move || Ok((mosaic.placements.iter().filter(is_missing).count(), mosaic.placements.len()));
        self.services.jobs.run(look, move |app, (missing, all)| {
            app.notices.close_offers(tab, &RepairCommand::AskMoved.into());
            if missing > 0 {
                let text =
                    format!("{missing} of {all} images are not where the project says; they may have been moved");
                app.tell_about(tab, text, Some(("Find…", RepairCommand::AskMoved.into())));
            }
        });
    }

    /// Another document instead of this one.
    pub(super) fn replace(&mut self, mosaic: Mosaic, project: Option<PathBuf>) {
        if self.documents.tabs.count() == 1 {
            let failures = std::mem::take(&mut self.services.textures.failures);
            self.services.textures.clear();
            self.services.textures.failures = failures;
            self.services.properties.forget();
        }
        self.notices.close_about(self.documents.tabs.current());
        // Nothing of the document before is left, not even its rotation.
        let tab = Tab {
            layout: TabLayout::new(LayoutForm::square(mosaic.placements.len())),
            nav: Navigation { opening: self.documents.opening.take(), ..Navigation::default() },
            history: History::new(mosaic),
            project,
            screen: self.documents.tab.screen,
            fit_pending: true,
            ..Tab::default()
        };
        let before = std::mem::replace(&mut self.documents.tab, tab);
        self.services.textures.forget_document(before.display.number(), before.scene.canvas_numbers());
        self.services.jobs.run(
            move || {
                drop(before);
                tabs::give_back();
                Ok(())
            },
            |_, ()| {},
        );
        self.layout.toolbox.choose("hand");
        self.services.readout.forget(self.services.textures.library());
    }

    /// Save the project of a tab. Short, so it shows no progress.
    pub(super) fn save_to(&self, id: TabId, path: PathBuf) {
        let Some(tab) = self.tab_of(id) else { return };
        let (mosaic, display) = (Arc::clone(tab.history.now()), tab.display.to_save());
        let write = move || {
            let mut shown = (*mosaic).clone();
            shown.display = display;
            save(&shown, &path)?;
            Ok((path, mosaic))
        };
        self.services.jobs.run(write, move |app, (path, mosaic)| app.receive_saved(id, path, &mosaic));
    }

    /// Tells good news, or an error if `bad`.
    pub(super) fn tell(&mut self, text: String, bad: bool) {
        self.tell_as(if bad { Tone::Bad } else { Tone::Good }, text, None);
    }

    /// Tells something, and what can be done about it.
    pub(super) fn tell_as(&mut self, tone: Tone, text: String, action: Option<(&'static str, Command)>) {
        if tone == Tone::Bad {
            tracing::warn!("{text}");
        } else {
            tracing::info!("{text}");
        }
        let now = self.context.input(|input| input.time);
        self.notices.tell(text, tone, action, now);
    }

    /// Tells an error of the document of a tab. It goes with the document.
    pub(super) fn tell_about(&mut self, tab: TabId, text: String, action: Option<(&'static str, Command)>) {
        self.tell_as(Tone::Bad, text, action);
        self.notices.last_is_about(tab);
    }

    pub(super) fn apply_theme(&self) {
        self.context.set_theme(if self.preferences.settings.light { egui::Theme::Light } else { egui::Theme::Dark });
    }
}
