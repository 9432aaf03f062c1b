//! [`Keeping`]: the state of autosave, for recovery after a crash: settings, recent documents, the session, and a recovery copy of
//! each changed document. All of it in the background, and only when it has changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use egui::ColorImage;

use super::TabId;
use super::keeper::Keeper;
use super::settings::Settings;
use crate::mosaic::Mosaic;

/// Seconds without an edit before a recovery copy is written, and after the first edit at which it is in any case.
const QUIET: f64 = 1.0;
const LATEST: f64 = 10.0;

/// Autosave of settings and recovery copies.
#[derive(Default)]
pub(super) struct Keeping {
    pub(super) keeper: Keeper,
    /// The settings in the file.
    pub(super) settings: Settings,
    /// The settings at the last check.
    pub(super) observed: Settings,
    /// Times of the last change, and of the first change not yet written, in seconds.
    pub(super) changed: f64,
    pub(super) since: Option<f64>,
    /// Whether a document has been open in this run; until then the session is the last run's.
    pub(super) begun: bool,
    pub(super) copies: BTreeMap<TabId, RecoveryCopy>,
    /// Whether the user has been told that copies cannot be written.
    pub(super) told: bool,
}

/// The recovery copy of one document.
#[derive(Default)]
pub(super) struct RecoveryCopy {
    /// The document at the last check, and the one in the copy.
    observed: Option<Arc<Mosaic>>,
    pub(super) written: Option<Arc<Mosaic>>,
    /// Times of the last change, and of the first change not yet written, in seconds.
    changed: f64,
    pub(super) since: Option<f64>,
    pub(super) picture: Option<ColorImage>,
    /// When the thumbnail was requested.
    pub(super) pictured: Option<f64>,
}

impl RecoveryCopy {
    /// A copy that is not written yet, with the thumbnail it is to have.
    pub(super) fn with_picture(picture: Option<ColorImage>) -> Self {
        Self { picture, ..Self::default() }
    }

    /// Seconds until the document `now` is to be written; `None` if it is written.
    pub(super) fn due(&mut self, now: &Arc<Mosaic>, time: f64, dragging: bool) -> Option<f64> {
        let is = |known: &Option<Arc<Mosaic>>| known.as_ref().is_some_and(|known| Arc::ptr_eq(known, now));
        if is(&self.written) {
            (self.since, self.observed) = (None, self.written.clone());
            return None;
        }
        if !is(&self.observed) {
            (self.observed, self.changed) = (Some(Arc::clone(now)), time);
        }
        let since = *self.since.get_or_insert(time);
        // A drag may take long: earlier edits are written when it begins.
        if dragging { Some(0.0) } else { Some((self.changed + QUIET).min(since + LATEST) - time) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_due_when_it_is_quiet_or_a_drag_begins_or_after_ten_seconds() {
        let state = || Arc::new(Mosaic::default());
        let (mut copy, first) = (RecoveryCopy::default(), state());
        assert_eq!(copy.due(&first, 5.0, false), Some(QUIET));
        assert_eq!(copy.due(&first, 5.25, true), Some(0.0), "a drag begins");
        assert!(copy.due(&first, 6.0, false).is_some_and(|left| left <= 0.0), "it is quiet");
        copy.written = Some(Arc::clone(&first));
        assert_eq!(copy.due(&first, 7.0, true), None, "nothing new during the drag");
        // An edit every half second is never followed by a quiet second.
        let due = (0..40)
            .map(f64::from)
            .map(|step| 20.0 + step / 2.0)
            .find(|time| copy.due(&state(), *time, false).is_some_and(|left| left <= 0.0));
        assert_eq!(due, Some(30.0));
    }
}
