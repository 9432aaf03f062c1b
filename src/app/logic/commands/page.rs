//! Moves through the pages of a file.

use crate::app::{App, PageCommand};
use crate::work::PageAxis;

impl App {
    pub(super) fn apply_page(&mut self, command: PageCommand) {
        match command {
            PageCommand::Describe(image) => {
                if self.services.properties.asked.is_none() {
                    self.services.properties.asked = Some(image.clone());
                    self.describe(image);
                }
            }
            PageCommand::Show(id, page) => self.show_page(id, page),
            PageCommand::Next(step) => self.next_page(|described, page| {
                page.checked_add_signed(step).filter(|page| *page < described.properties.pages)
            }),
            PageCommand::NextAlong(axis, step) => self.next_page(|described, page| {
                let at = described.pages.at(page, axis).checked_add_signed(step)?;
                let counted = axis == PageAxis::SeriesChannel || described.pages.counts[axis as usize] > at;
                counted.then(|| described.pages.moved(page, axis, at)).flatten()
            }),
        }
    }
}
