//! The questions before changes are given up, exports are stopped or something is replaced.

use egui::Ui;

use super::super::question::{Answer, Question, Writing};
use super::super::standing::describe;
use super::super::{App, FileCommand};
use super::bars::{duration, file_name};
use super::modal::{Title, buttons, main_button, modal};
use crate::export::Replaced;

/// The text of a question and its answers besides Cancel; the first is the default.
#[derive(Clone)]
struct Text {
    heading: String,
    lines: Vec<String>,
    stay: &'static str,
    answers: Vec<(&'static str, Answer)>,
}

impl App {
    /// Asks `question`; the answer closes it.
    pub(super) fn question_ui(&self, ui: &mut Ui, question: &Question) {
        let text = match question {
            Question::Changes(_) => self.changes_text(),
            Question::Exports(_) => exports_text(),
            Question::Replace { replaced, writing } => replace_text(replaced, writing),
            Question::Unfinished { done, total, seconds, writing } => {
                unfinished_text(100 * done / (*total).max(1), *seconds, writing)
            }
        };
        let title = Title { name: "question", heading: &text.heading, width: 420.0 };
        let body = |ui: &mut Ui, text: &mut Text| {
            for line in &text.lines {
                ui.add(egui::Label::new(line).wrap());
            }
        };
        let is_open = modal(ui, title, &mut text.clone(), body, |ui, text, entered| {
            buttons(ui, |ui| {
                for (number, (label, answer)) in text.answers.iter().enumerate() {
                    let is_chosen =
                        if number == 0 { main_button(ui, label, true, entered) } else { ui.button(*label).clicked() };
                    if is_chosen {
                        self.ask(FileCommand::Answer(*answer));
                    }
                }
                if ui.button(text.stay).clicked() {
                    ui.close();
                }
            });
        });
        if !is_open {
            self.ask(FileCommand::Answer(Answer::Stay));
        }
    }

    fn changes_text(&self) -> Text {
        let name = self.documents().tab.name();
        Text {
            heading: format!("Save the changes of {}?", if name.is_empty() { "the document" } else { &name }),
            lines: vec![
                "Its arrangement, regions or bookmarks have changes that are not saved.".into(),
                "Discard loses these changes. It does not change any image file.".into(),
            ],
            stay: "Stay",
            answers: vec![("Save", Answer::Save), ("Discard", Answer::Discard)],
        }
    }
}

fn exports_text() -> Text {
    Text {
        heading: "Exports are running".into(),
        lines: vec![
            "Quitting stops them. Exports that ran for more than 10 s can be resumed: export to the same path with the same settings. A batch keeps what is done and can be resumed."
                .into(),
        ],
        stay: "Stay",
        answers: vec![("Stop exports and quit", Answer::Stop)],
    }
}

fn replace_text(replaced: &[Replaced], writing: &Writing) -> Text {
    let what = match writing {
        Writing::Project { .. } => "The saved project replaces it.",
        Writing::Picture { .. } => "The picture of the view replaces it.",
        Writing::Positions { .. } => "The positions of the tiles replace it.",
        Writing::Report { .. } => "The report of the alignment replaces it.",
        Writing::Regions { .. } => "The regions of the document replace it.",
        Writing::Measures { .. } => "The table of measures replaces it.",
        Writing::Recipe { .. } => "The recipe of the batch replaces it.",
        Writing::Export { .. } => "It stays as it is until the export is complete, and is then replaced.",
    };
    let path = replaced.first().map_or(writing.path(), |first| &first.path);
    let each = replaced.iter().map(|one| format!("{}: {}", file_name(&one.path), describe(one)));
    let folder = path.parent().map(|folder| format!("In {}", folder.display()));
    Text {
        heading: format!("Replace {}?", file_name(path)),
        lines: each.chain(folder).chain([what.into()]).collect(),
        stay: "Cancel",
        answers: vec![("Replace", Answer::Replace)],
    }
}

fn unfinished_text(percent: u64, seconds: f64, writing: &Writing) -> Text {
    let worked = duration(std::time::Duration::from_secs_f64(seconds.clamp(0.0, 1e9)));
    Text {
        heading: format!("Resume the export to {}?", file_name(writing.path())),
        lines: vec![
            format!("An earlier export to this path is unfinished: {percent} % in {worked}."),
            "Resume goes on with it, if its images and settings are the same. Restart removes it and begins again."
                .into(),
        ],
        stay: "Cancel",
        answers: vec![("Resume", Answer::Resume), ("Restart", Answer::Restart)],
    }
}
