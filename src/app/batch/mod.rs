//! A batch in the window: its form, its plan, the run.

mod command;
mod form;
mod recipe;

use std::sync::Arc;

use crate::ImageRef;
use crate::work::{BatchPlan, BatchRunner, ItemStanding};

pub use command::BatchCommand;
pub use form::BatchForm;

/// The batch of the window: the last form, and the run that it was started with.
#[derive(Default)]
pub(super) struct Batch {
    /// The form of the dialog while that is closed.
    pub(super) form: Option<BatchForm>,
    pub(super) runner: Option<BatchRunner>,
    /// The end of the run has been told.
    pub(super) is_told: bool,
}

impl Batch {
    pub(super) fn is_running(&self) -> bool {
        self.runner.as_ref().is_some_and(BatchRunner::is_running)
    }

    /// Whether quitting now would stop it without the user's consent.
    pub(super) fn has_work_to_lose(&self) -> bool {
        self.runner.as_ref().is_some_and(BatchRunner::has_work_to_lose)
    }
}

/// The dialog of a batch.
pub(super) struct BatchDialog {
    pub(super) form: BatchForm,
    /// Which file becomes what, and the form that this was found for.
    pub(super) planned: Option<PlannedBatch>,
    /// The form for which that is being found.
    pub(super) planning: Option<BatchForm>,
    pub(super) list: BatchList,
}

impl BatchDialog {
    pub(super) fn new(form: BatchForm) -> Self {
        Self { form, planned: None, planning: None, list: BatchList::default() }
    }

    /// The plan, if it is that of the form as it is now.
    pub(super) fn current(&self) -> Option<&PlannedBatch> {
        self.planned.as_ref().filter(|planned| planned.form == self.form)
    }

    /// Adds images at the end, those that are listed already left out.
    pub(super) fn add(&mut self, images: Vec<ImageRef>) {
        let known: std::collections::HashSet<&ImageRef> = self.form.files.iter().collect();
        let new: Vec<ImageRef> = images.into_iter().filter(|image| !known.contains(image)).collect();
        if self.form.folder.is_empty()
            && let Some(folder) = new.first().and_then(|image| image.path.parent())
        {
            let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
            self.form.folder = folder.join("results").to_string_lossy().into_owned();
        }
        Arc::make_mut(&mut self.form.files).extend(new);
    }
}

/// What the table of a batch shows, apart from its rows.
pub(super) struct BatchList {
    /// The row whose details are shown, by the number of the item, and the row that a range begins at.
    pub(super) chosen: std::collections::BTreeSet<usize>,
    pub(super) anchor: Option<usize>,
    /// Only what has failed; chosen by itself once a run with failures has ended.
    pub(super) failed_only: Option<bool>,
    /// The item that runs is scrolled to.
    pub(super) follows: bool,
}

impl Default for BatchList {
    fn default() -> Self {
        Self { chosen: std::collections::BTreeSet::new(), anchor: None, failed_only: None, follows: true }
    }
}

/// A plan, or why there is none.
#[derive(Debug, Clone)]
pub(super) struct PlannedBatch {
    pub(super) form: BatchForm,
    pub(super) found: Result<Arc<BatchPlan>, String>,
    pub(super) done_before: usize,
    pub(super) existing: usize,
    pub(super) refused: usize,
}

impl PlannedBatch {
    /// Finds which file becomes what. Reads the disk.
    pub(super) fn of(form: BatchForm) -> Self {
        let found = form.plan();
        let count = |is: fn(&ItemStanding) -> bool| {
            found.as_ref().map_or(0, |plan| plan.items.iter().filter(|planned| is(&planned.standing)).count())
        };
        let done_before = count(|standing| matches!(standing, ItemStanding::DoneBefore));
        let existing = count(|standing| matches!(standing, ItemStanding::Exists));
        let refused = count(|standing| matches!(standing, ItemStanding::Refused(_)));
        Self { form, found: found.map(Arc::new), done_before, existing, refused }
    }

    /// Whether it can start.
    pub(super) fn is_ready(&self) -> bool {
        let replaces = self.existing == 0 || self.form.replace;
        self.found.as_ref().is_ok_and(|plan| !plan.items.is_empty()) && self.refused == 0 && replaces
    }
}
