//! What is asked before something is closed or written, and what becomes of the answer.

use std::path::Path;
use std::sync::Arc;

use crate::app::dialog::Dialog;
use crate::app::question::{Answer, Closing, Leaving, Question, Writing, is_active};
use crate::app::standing::look_before;
use crate::app::tab::Tab;
use crate::app::{App, BatchCommand, TabId};
use crate::export::ResumeMode;

impl App {
    /// Close a document or the window, after all questions about that.
    pub(super) fn close_asking(&mut self, closing: Closing) {
        self.go_on_leaving(Leaving { closing, given_up: Vec::new() });
    }

    /// The next question about `leaving`, or the closing itself.
    pub(super) fn go_on_leaving(&mut self, leaving: Leaving) {
        let tabs = match leaving.closing {
            Closing::Tab(id) => vec![id],
            Closing::ForFile(_) => vec![self.documents.tabs.current()],
            Closing::Window => self.documents.tabs.ids(),
        };
        let lost = |id: &TabId| !leaving.given_up.contains(id) && self.is_changed(*id);
        if let Some(id) = tabs.into_iter().find(lost) {
            self.show_tab(id);
            self.dialogs.open(Dialog::Question(Question::Changes(leaving)));
        } else if leaving.closing == Closing::Window && self.has_exports_to_lose() {
            self.dialogs.open(Dialog::Question(Question::Exports(leaving)));
        } else {
            self.leave(leaving.closing);
        }
    }

    /// Whether closing the window now would lose changes without the user's consent.
    pub(super) fn has_something_to_lose(&self) -> bool {
        let changed = self.documents.tabs.ids().into_iter().any(|id| self.is_changed(id));
        !self.documents.leaving && (changed || self.has_exports_to_lose())
    }

    fn has_exports_to_lose(&self) -> bool {
        let starts = self.dialogs.export().is_some_and(|export| export.starts);
        starts || self.services.exports.has_work_to_lose() || self.services.batch.has_work_to_lose()
    }

    /// Takes the question about running exports back once there are none.
    pub(super) fn follow_questions(&mut self) {
        if !self.has_exports_to_lose() {
            self.dialogs.drop_questions(|question| matches!(question, Question::Exports(_)));
        }
    }

    fn is_changed(&self, id: TabId) -> bool {
        self.tab_of(id).is_some_and(Tab::is_dirty)
    }

    fn leave(&mut self, closing: Closing) {
        match closing {
            Closing::Tab(id) => self.close(id),
            Closing::ForFile(step) => self.next_file(step),
            Closing::Window => {
                self.documents.leaving = true;
                self.services.exports.close();
                self.apply(BatchCommand::Cancel);
                self.context.send_viewport_cmd(egui::ViewportCommand::Close);
            }
        }
    }

    /// Executes the answer.
    pub(super) fn answer(&mut self, answer: Answer) {
        let Some(question) = self.dialogs.take_question() else {
            // A path that was asked for is not given.
            self.documents.after_saving = None;
            return;
        };
        match (question, answer) {
            (Question::Changes(leaving), Answer::Save) => {
                self.documents.after_saving = Some((self.documents.tabs.current(), leaving));
                self.save();
            }
            (Question::Changes(mut leaving), Answer::Discard) => {
                leaving.given_up.push(self.documents.tabs.current());
                self.go_on_leaving(leaving);
            }
            (Question::Exports(leaving), Answer::Stop) => self.leave(leaving.closing),
            (Question::Replace { writing, .. }, Answer::Replace) => self.write_confirmed(writing),
            (Question::Unfinished { writing, .. }, Answer::Resume | Answer::Restart) => {
                if let Writing::Export { mosaic, mut request } = writing {
                    request.start = if answer == Answer::Resume { ResumeMode::Resume } else { ResumeMode::Restart };
                    self.look_before(Writing::Export { mosaic, request });
                }
            }
            // The user stays: nothing has happened, and all changes are still unsaved.
            _ => self.documents.after_saving = None,
        }
    }

    /// Checks the destination of `writing`; writes if there is nothing to ask.
    pub(super) fn look_before(&mut self, writing: Writing) {
        let own = match &writing {
            Writing::Project { tab, .. } => Some(*tab),
            _ => None,
        };
        let others = self.documents.tabs.ids().into_iter().filter(|id| Some(*id) != own);
        let others: Vec<_> = others.filter_map(|id| self.tab_of(id)?.project.clone()).collect();
        // A project that is saved again touches nothing new.
        let again = own.and_then(|id| self.tab_of(id)?.project.as_deref()) == Some(writing.path());
        let open = self.documents.tabs.ids().into_iter().filter(|_| !again);
        let open: Vec<_> = open.filter_map(|id| Some(Arc::clone(self.tab_of(id)?.history.now()))).collect();
        if let Writing::Export { request, .. } = &writing
            && self.services.exports.items().iter().any(|item| item.out == request.out && is_active(&item.state))
        {
            self.tell(
                format!("An export to {} is running or waiting; choose another name", request.out.display()),
                true,
            );
            return;
        }
        if matches!(writing, Writing::Export { .. }) {
            self.set_export_starts(true);
        }
        let check = move || {
            let found = look_before(&writing, &others, &open);
            Ok((writing, found))
        };
        self.services.jobs.run(check, |app, (writing, found)| app.receive_checked(writing, found));
    }

    /// Receives the result of checking the destination of `writing`.
    pub(super) fn receive_checked(&mut self, writing: Writing, found: crate::Result<Option<Question>>) {
        if matches!(writing, Writing::Export { .. }) {
            self.set_export_starts(false);
        }
        match found {
            Err(error) => {
                self.documents.after_saving = None;
                self.tell(error.to_string(), true);
            }
            Ok(Some(question)) => self.dialogs.open(Dialog::Question(question)),
            Ok(None) => self.write(writing),
        }
    }

    /// Whether the export in the dialog has been started and is being checked.
    fn set_export_starts(&mut self, starts: bool) {
        if let Some(export) = self.dialogs.export_mut() {
            export.starts = starts;
        }
    }

    fn write_confirmed(&mut self, writing: Writing) {
        // It is checked once more: the name may be that of a tab's project by now.
        self.look_before(match writing {
            Writing::Project { tab, path, .. } => Writing::Project { tab, path, confirmed: true },
            Writing::Picture { path, .. } => Writing::Picture { path, confirmed: true },
            Writing::Positions { path, format, .. } => Writing::Positions { path, format, confirmed: true },
            Writing::Report { path, .. } => Writing::Report { path, confirmed: true },
            Writing::Regions { path, which, .. } => Writing::Regions { path, which, confirmed: true },
            Writing::Measures { path, .. } => Writing::Measures { path, confirmed: true },
            Writing::Recipe { path, .. } => Writing::Recipe { path, confirmed: true },
            Writing::Export { mosaic, mut request } => {
                request.options.overwrite = true;
                Writing::Export { mosaic, request }
            }
        });
    }

    fn write(&mut self, writing: Writing) {
        match writing {
            Writing::Project { tab, path, .. } => self.save_to(tab, path),
            Writing::Picture { path, .. } => self.screenshot(Some(path)),
            Writing::Positions { path, format, .. } => self.write_positions(path, format),
            Writing::Report { path, .. } => self.write_report(path),
            Writing::Regions { path, which, .. } => self.write_regions(path, which),
            Writing::Measures { path, .. } => self.write_measures(path),
            Writing::Recipe { path, .. } => self.write_recipe(path),
            Writing::Export { mosaic, request } => {
                self.preferences.settings.export_folder = request.out.parent().map(Path::to_owned);
                self.services.exports.add(mosaic, *request);
                self.dialogs.close_export();
                self.preferences.settings.open_panel("exports");
            }
        }
    }
}
