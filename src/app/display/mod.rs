//! [`Displayed`]: the display of one document: its settings, its histograms, and the render settings for the
//! loader's threads ([`RenderSettings`]).

mod change;
mod render;
mod measure;

use std::cell::{Ref, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

pub use change::DisplayChange;
pub(super) use measure::Found;
use measure::{Depth, Measure};
pub(super) use render::{Profiles, RenderSettings};

use crate::cache::Library;
use crate::mosaic::{Mosaic, PixelKind};
use crate::pixels::{Color, SampleType};
use mosaicist_display::{Channel, Display, Histogram, Profile};

/// A document whose values are not known after so long is shown by those that come first.
const PATIENCE: Duration = Duration::from_millis(800);

/// The display of one document.
#[derive(Default)]
pub(super) struct Displayed {
    number: Number,
    /// The document that is shown.
    of: Option<Arc<Mosaic>>,
    kind: Option<PixelKind>,
    /// `None` until the values of a document of 16 bits or floats are known well enough to choose windows.
    settings: Option<Arc<RenderSettings>>,
    profiles: Arc<Profiles>,
    measure: Option<Measure>,
    /// If a preview of the whole takes long: one of the first rows, to choose windows until then.
    hasty: Option<Measure>,
    /// Whether the windows are from that.
    provisional: bool,
    found: Found,
    /// The initial channels, for reset.
    opened: Vec<Channel>,
    /// The channel that the panel's handles change; all of them if `None`.
    chosen: Option<usize>,
    /// The range of the histogram; covers all values.
    axis: (f32, f32),
    /// The histograms as bars over `axis`, and of which histograms.
    bars: RefCell<Bars>,
}

/// Histograms, and the heights of their bars.
type Bars = (Option<Arc<Vec<Histogram>>>, Vec<Vec<f64>>);

/// No two displays have the same.
struct Number(u64);

impl Default for Number {
    fn default() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self(LAST.fetch_add(1, Relaxed))
    }
}

impl Displayed {
    /// Identifies the display of this tab.
    pub(super) const fn number(&self) -> u64 {
        self.number.0
    }

    /// The channels that are on, where only some make the picture.
    pub(super) fn channels_on(&self) -> &[usize] {
        self.settings.as_ref().map_or(&[], |settings| settings.channels_on())
    }

    /// Updates to the current document and new histograms. `quiet`: nothing more urgent is being read.
    pub(super) fn follow(&mut self, now: &Arc<Mosaic>, library: &Library, context: &egui::Context, quiet: bool) {
        if !self.of.as_ref().is_some_and(|known| Arc::ptr_eq(known, now)) {
            self.adopt(now);
        }
        let Some(kind) = self.kind else { return };
        // The values of bytes only draw a histogram: that can wait until the picture is there.
        if self.measure.is_none() && (quiet || kind.sample != SampleType::U8) {
            self.measure = Some(Measure::start(now, kind, library, context, Depth::Sample));
        }
        if self.settings.is_none() && self.hasty.is_none() {
            match self.measure.as_ref().map(Measure::age) {
                Some(age) if age > PATIENCE => {
                    self.hasty = Some(Measure::start(now, kind, library, context, Depth::First));
                }
                _ => context.request_repaint_after(PATIENCE),
            }
        }
        if let Some(found) = self.hasty.as_ref().and_then(Measure::news).filter(|_| self.settings.is_none()) {
            self.learn(found, kind);
            self.provisional = true;
        }
        if let Some(found) = self.measure.as_ref().and_then(Measure::news) {
            self.learn(found, kind);
        }
    }

    /// The render settings of the display.
    pub(super) const fn render_settings(&self) -> Option<&Arc<RenderSettings>> {
        self.settings.as_ref()
    }

    /// Whether pictures can be shown, or there are none.
    pub(super) const fn is_ready(&self) -> bool {
        self.settings.is_some() || self.kind.is_none()
    }

    /// The settings, once there are any.
    pub(super) fn settings(&self) -> Option<&Display> {
        self.settings.as_ref().map(|settings| &settings.display)
    }

    /// The kind of pixel that the document as a whole has.
    pub(super) const fn kind(&self) -> Option<PixelKind> {
        self.kind
    }

    /// The histograms of the document.
    pub(super) const fn found(&self) -> &Found {
        &self.found
    }

    /// The profile of these bytes, if it can be followed.
    pub(super) fn profile(&self, icc: &Arc<[u8]>) -> Option<Arc<Profile>> {
        self.profiles.get(icc)
    }

    /// The window that was chosen by the values at opening, if all channels still have theirs: the least and the greatest value.
    pub(super) fn fitted(&self, display: &Display) -> Option<(f32, f32)> {
        let window = |channel: &Channel| (channel.low, channel.high);
        let same = display.channels.iter().map(window).eq(self.opened.iter().map(window));
        let all = self.opened.iter().filter(|_| same).map(window);
        all.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    pub(super) const fn chosen(&self) -> Option<usize> {
        self.chosen
    }

    pub(super) const fn axis(&self) -> (f32, f32) {
        self.axis
    }

    /// How far the count of all values is, while one runs.
    pub(super) fn counting(&self) -> Option<f32> {
        self.measure.as_ref().and_then(Measure::counting)
    }

    /// Whether nothing is being found out any more.
    pub(super) fn is_measured(&self) -> bool {
        self.kind.is_none() || self.measure.as_ref().is_some_and(Measure::is_told)
    }

    /// The histograms as `count` bars over the axis.
    pub(super) fn bars(&self, count: usize) -> Ref<'_, Vec<Vec<f64>>> {
        let known = match (&self.bars.borrow().0, &self.found.histograms) {
            (Some(drawn), Some(found)) => Arc::ptr_eq(drawn, found),
            (None, None) => true,
            _ => false,
        };
        let fits = self.bars.borrow().1.first().is_none_or(|bars| bars.len() == count);
        if !known || !fits {
            let found = self.found.histograms.clone();
            let bars = |histogram: &Histogram| histogram.bars(self.axis.0, self.axis.1, count);
            let all = found.iter().flat_map(|all| all.iter().map(bars)).collect();
            self.bars.replace((found, all));
        }
        Ref::map(self.bars.borrow(), |bars| &bars.1)
    }

    /// Show with other settings.
    fn set(&mut self, display: Display) {
        if let Some(kind) = self.kind {
            self.settings = Some(Arc::new(RenderSettings::new(display, kind, Arc::clone(&self.profiles))));
        }
    }

    fn adopt(&mut self, now: &Arc<Mosaic>) {
        let before = self.of.replace(Arc::clone(now));
        // Hidden tiles say nothing, unless all are hidden.
        let kind = now.placements.kind().or(self.kind.filter(|_| !now.placements.is_empty()));
        let grown = before.as_ref().is_none_or(|before| before.placements.len() != now.placements.len());
        let first = |mosaic: &Mosaic| mosaic.placements.front().map(|first| first.image.clone());
        let other = before.as_ref().is_some_and(|before| first(before) != first(now));
        if grown || other {
            self.measure = None;
        }
        if kind == self.kind {
            // Another page or file in the same place is shown like the one before until its values are known; then it gets
            // windows of its own, unless the user has set some.
            self.provisional |= other;
            return;
        }
        (self.kind, self.settings, self.measure, self.found) = (kind, None, None, Found::default());
        (self.hasty, self.provisional) = (None, false);
        self.opened.clear();
        let Some(kind) = kind else { return };
        self.chosen = (kind.color == Color::Channels).then_some(0);
        self.axis = (0.0, kind.sample.max());
        let fresh = Display::new(kind.color, kind.channels, kind.sample);
        let saved = now.display.as_deref().filter(|saved| saved.channels.len() == fresh.channels.len());
        match saved {
            Some(saved) => self.set(saved.clone()),
            None if kind.sample == SampleType::U8 => self.set(fresh),
            None => {}
        }
    }

    fn learn(&mut self, found: Found, kind: PixelKind) {
        let fresh = || Display::new(kind.color, kind.channels, kind.sample);
        let unseen = self.found.histograms.is_none();
        let better = std::mem::take(&mut self.provisional);
        match self.settings().cloned().filter(|display| !(better && display.channels == self.opened)) {
            None => {
                let mut display = self.settings().cloned().unwrap_or_else(fresh);
                display.name_channels(&found.names);
                display.fit(found.counted(), kind.color, kind.sample, false);
                self.opened.clone_from(&display.channels);
                self.set(display);
            }
            // Bytes are shown before their file has been asked for names.
            Some(mut display) if unseen && display == fresh() => {
                display.name_channels(&found.names);
                self.opened.clone_from(&display.channels);
                if display != fresh() {
                    self.set(display);
                }
            }
            Some(_) => {}
        }
        self.found = found;
        self.set_axis();
    }

    /// The histogram is drawn over the values of the channel that its handles are for.
    fn set_axis(&mut self) {
        let Some(kind) = self.kind else { return };
        let all = self.found.counted();
        let one = self.chosen.and_then(|at| all.get(at)).filter(|_| kind.color == Color::Channels);
        self.axis = axis(one.map_or(all, std::slice::from_ref), kind);
        self.bars.take();
    }
}

/// The values that occur, but for a few far off the rest; the type's whole range where they fill a good part of it.
fn axis(histograms: &[Histogram], kind: PixelKind) -> (f32, f32) {
    const NEARLY_ALL: f64 = 0.9999;
    let full = (0.0, kind.sample.max());
    let ranges = histograms.iter().filter(|histogram| histogram.total() > 0).map(|histogram| {
        let ((low, high), usual) = (histogram.range(), histogram.percentile(NEARLY_ALL));
        (low, high.min(low + (usual - low) * 1.5))
    });
    let Some((low, high)) = ranges.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) else { return full };
    let fills = low >= full.0 && high <= full.1 && high >= full.1 / 2.0;
    if kind.sample == SampleType::U8 || fills {
        return full;
    }
    let margin = (high - low).max(full.1 / 1000.0) * 0.04;
    (low - margin, high + margin)
}
