//! [`Question`]: asked before changes are discarded or a file is replaced. One at a time; nothing is done, and nothing
//! counts as saved, before the last answer.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::dialog::Dialog;
use super::standing::look_before;
use super::{App, TabId};
use crate::export::{Replaced, ResumeMode};
use crate::mosaic::Mosaic;
use crate::work::{ExportRequest, QueueState};

/// The user's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Nothing is done.
    Stay,
    /// Save the changes, then continue.
    Save,
    /// Give the changes up.
    Discard,
    /// Stop the exports.
    Stop,
    Replace,
    /// Resume an unfinished export.
    Resume,
    /// Begin an unfinished export again.
    Restart,
}

/// The action that waits for an answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Question {
    /// Whether the changes of the current tab may be given up.
    Changes(Leaving),
    /// Whether the exports may be stopped.
    Exports(Leaving),
    /// Whether an existing file may be replaced.
    Replace { replaced: Vec<Replaced>, writing: Writing },
    /// Whether to resume an unfinished export: tiles done, all tiles, seconds spent.
    Unfinished { done: u64, total: u64, seconds: f64, writing: Writing },
}

/// What to close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closing {
    Tab(TabId),
    /// The document of the current tab, for the file so many places further in the folder.
    ForFile(isize),
    Window,
}

/// A closing action, and the changes the user has agreed to discard.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Leaving {
    closing: Closing,
    /// Tabs whose changes may be lost.
    given_up: Vec<TabId>,
}

/// Something to be written, not yet allowed.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Writing {
    Project { tab: TabId, path: PathBuf, confirmed: bool },
    Picture { path: PathBuf, confirmed: bool },
    Positions { path: PathBuf, format: &'static str, confirmed: bool },
    Report { path: PathBuf, confirmed: bool },
    Export { mosaic: Arc<Mosaic>, request: Box<ExportRequest> },
}

impl Writing {
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Project { path, .. }
            | Self::Picture { path, .. }
            | Self::Positions { path, .. }
            | Self::Report { path, .. } => path,
            Self::Export { request, .. } => &request.out,
        }
    }

    /// Whether the user has already agreed to replace it.
    pub(super) fn is_confirmed(&self) -> bool {
        match self {
            Self::Project { confirmed, .. }
            | Self::Picture { confirmed, .. }
            | Self::Positions { confirmed, .. }
            | Self::Report { confirmed, .. } => *confirmed,
            Self::Export { request, .. } => request.options.overwrite,
        }
    }
}

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
        } else if leaving.closing == Closing::Window && self.services.exports.has_work_to_lose() {
            self.dialogs.open(Dialog::Question(Question::Exports(leaving)));
        } else {
            self.leave(leaving.closing);
        }
    }

    /// Whether closing the window now would lose changes without the user's consent.
    pub(super) fn has_something_to_lose(&self) -> bool {
        let changed = self.documents.tabs.ids().into_iter().any(|id| self.is_changed(id));
        !self.documents.leaving && (changed || self.services.exports.has_work_to_lose())
    }

    fn is_changed(&self, id: TabId) -> bool {
        self.tab_of(id).is_some_and(|tab| tab.history.is_dirty())
    }

    fn leave(&mut self, closing: Closing) {
        match closing {
            Closing::Tab(id) => self.close(id),
            Closing::ForFile(step) => self.next_file(step),
            Closing::Window => {
                self.documents.leaving = true;
                self.services.exports.close();
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
        let check = move || {
            let found = look_before(&writing, &others, &open);
            Ok((writing, found))
        };
        self.services.jobs.run(check, |app, (writing, found)| app.receive_checked(writing, found));
    }

    /// Receives the result of checking the destination of `writing`.
    pub(super) fn receive_checked(&mut self, writing: Writing, found: crate::Result<Option<Question>>) {
        match found {
            Err(error) => {
                self.documents.after_saving = None;
                self.tell(error.to_string(), true);
            }
            Ok(Some(question)) => self.dialogs.open(Dialog::Question(question)),
            Ok(None) => self.write(writing),
        }
    }

    fn write_confirmed(&mut self, writing: Writing) {
        // It is checked once more: the name may be that of a tab's project by now.
        self.look_before(match writing {
            Writing::Project { tab, path, .. } => Writing::Project { tab, path, confirmed: true },
            Writing::Picture { path, .. } => Writing::Picture { path, confirmed: true },
            Writing::Positions { path, format, .. } => Writing::Positions { path, format, confirmed: true },
            Writing::Report { path, .. } => Writing::Report { path, confirmed: true },
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
            Writing::Export { mosaic, request } => {
                self.preferences.settings.export_folder = request.out.parent().map(Path::to_owned);
                self.services.exports.add(mosaic, *request);
                self.dialogs.close_export();
                self.preferences.settings.open_panel("exports");
            }
        }
    }
}

/// Whether an export has not ended yet.
pub(super) fn is_active(state: &QueueState) -> bool {
    matches!(state, QueueState::Waiting | QueueState::Running | QueueState::Paused)
}
