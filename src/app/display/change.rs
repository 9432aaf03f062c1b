//! [`DisplayChange`]: everything that can be changed about how a document is shown.

use std::sync::Arc;

use super::Displayed;
use super::measure::{Depth, Measure};
use crate::cache::Library;
use mosaicist_display::{Backdrop, Channel, Display, Lut};

/// A change of the display. Where it names no channel, it is about the one chosen in the panel, or all.
#[derive(Debug, Clone, PartialEq)]
pub enum DisplayChange {
    /// The values shown dark and bright.
    Window {
        low: f32,
        high: f32,
    },
    Gamma(f32),
    /// Inverts the colors.
    Invert,
    /// One channel on or off.
    Show(usize, bool),
    /// Shows one channel alone; shows all if it is alone already.
    Only(usize),
    Color(usize, [u8; 3]),
    Lut(usize, Option<Lut>),
    /// Windows that fit the values found.
    Fit,
    /// Windows of all values that the samples can have.
    FullRange,
    /// All as it was when the image was opened.
    Reset,
    /// Follow the color profile.
    Managed(bool),
    /// Let large pixels run into each other.
    Smooth(bool),
    Backdrop(Backdrop),
    /// Selects the channel that the panel's handles change, or all.
    Choose(Option<usize>),
    /// Count the values of every pixel.
    CountAll,
    StopCounting,
}

impl Displayed {
    /// Do one change. The picture follows tile by tile.
    pub(in crate::app) fn change(&mut self, change: &DisplayChange, library: &Library, context: &egui::Context) {
        let Some((before, kind)) = self.settings().cloned().zip(self.kind) else { return };
        let mut display = before.clone();
        match *change {
            DisplayChange::Window { low, high } => {
                let high = high.max(low);
                self.each_chosen(&mut display, |channel| (channel.low, channel.high) = (low, high));
            }
            DisplayChange::Gamma(gamma) => {
                self.each_chosen(&mut display, |channel| channel.gamma = gamma.clamp(0.05, 20.0));
            }
            DisplayChange::Invert => self.each_chosen(&mut display, |channel| channel.inverted = !channel.inverted),
            DisplayChange::Show(at, on) => change_one(&mut display, at, |channel| channel.on = on),
            DisplayChange::Only(at) => {
                let alone = display.channels.iter().enumerate().all(|(number, channel)| channel.on == (number == at));
                for (number, channel) in display.channels.iter_mut().enumerate() {
                    channel.on = alone || number == at;
                }
            }
            DisplayChange::Color(at, color) => {
                change_one(&mut display, at, |channel| (channel.color, channel.lut) = (color, None));
            }
            DisplayChange::Lut(at, lut) => change_one(&mut display, at, |channel| channel.lut = lut),
            DisplayChange::Fit => display.fit(self.found.counted(), kind.color, kind.sample, true),
            DisplayChange::FullRange => {
                let high = kind.sample.max();
                display.channels.iter_mut().for_each(|channel| (channel.low, channel.high) = (0.0, high));
            }
            DisplayChange::Reset => {
                if self.opened.is_empty() {
                    // The document came with settings of its own.
                    display.channels = Display::new(kind.color, kind.channels, kind.sample).channels;
                    display.name_channels(&self.found.names);
                    display.fit(self.found.counted(), kind.color, kind.sample, false);
                } else {
                    display.channels.clone_from(&self.opened);
                }
            }
            DisplayChange::Managed(managed) => display.managed = managed,
            DisplayChange::Smooth(smooth) => display.smooth = smooth,
            DisplayChange::Backdrop(backdrop) => display.backdrop = backdrop,
            DisplayChange::Choose(chosen) => {
                self.chosen = chosen.filter(|at| *at < display.channels.len());
                self.set_axis();
            }
            DisplayChange::CountAll => {
                if let Some(mosaic) = &self.of {
                    self.measure = Some(Measure::start(mosaic, kind, library, context, Depth::All));
                }
            }
            DisplayChange::StopCounting => {
                // The histograms counted so far are used.
                self.measure = self.measure.take().map(Measure::stopped);
            }
        }
        if display != before {
            self.set(display);
        }
    }

    /// The channel that the panel's sliders show.
    pub(in crate::app) fn shown_channel(&self) -> Option<&Channel> {
        self.settings()?.channels.get(self.chosen.unwrap_or(0))
    }

    fn each_chosen(&self, display: &mut Display, change: impl FnMut(&mut Channel)) {
        match self.chosen {
            Some(at) => change_one(display, at, change),
            None => display.channels.iter_mut().for_each(change),
        }
    }

    /// The settings as a project keeps them.
    pub(in crate::app) fn to_save(&self) -> Option<Arc<Display>> {
        self.settings().cloned().map(Arc::new)
    }
}

fn change_one(display: &mut Display, at: usize, change: impl FnMut(&mut Channel)) {
    display.channels.get_mut(at).into_iter().for_each(change);
}
