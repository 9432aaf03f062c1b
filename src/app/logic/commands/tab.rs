//! Switching and comparing tabs.

use crate::app::notices::Tone;
use crate::app::question::Closing;
use crate::app::{App, TabCommand};

impl App {
    pub(super) fn apply_tab(&mut self, command: TabCommand) {
        match command {
            TabCommand::Show(id) => self.show_tab(id),
            TabCommand::Next(step) => self.show_tab(self.documents.tabs.beside(step)),
            TabCommand::Close(id) => self.close_asking(Closing::Tab(id)),
            TabCommand::Compare(how) => {
                if !self.compare(how) {
                    let what = "Open a second image in a new tab (Ctrl+O) to compare it with this one";
                    self.tell_as(Tone::Plain, what.into(), None);
                }
            }
            TabCommand::LinkViews(linked) => self.documents.comparison.linked = linked,
            TabCommand::ToggleLink => self.documents.comparison.linked = !self.documents.comparison.linked,
            TabCommand::AlignViews => self.align_views(),
            TabCommand::Gain(gain) => self.documents.comparison.gain = gain,
        }
    }
}
