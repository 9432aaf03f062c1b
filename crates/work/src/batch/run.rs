//! [`batch`]: the items of a batch, one after another.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use super::notes::{Note, Notes};
use super::{BatchItem, BatchPlan};
use crate::collect::probe;
use crate::export::{ExportRequest, export};
use crate::job::Progress;
use crate::mosaic::Mosaic;
use crate::{Error, IoResultExt as _, Result};
use mosaicist_export::{ResumeMode, Statistics, unfinished};

/// How it went.
#[derive(Debug, Default)]
pub struct BatchReport {
    pub done: usize,
    /// Done by an earlier run.
    pub skipped: usize,
    pub failed: Vec<(PathBuf, Error)>,
}

/// What a batch tells of its items, each by its number in the plan.
#[derive(Debug)]
pub enum BatchTurn<'a> {
    /// Its turn begins; it is watched, paused and cancelled by the progress.
    Begins(&'a BatchItem, &'a Progress),
    Done(Statistics),
    /// An earlier run has done it.
    DoneBefore,
    Failed(&'a Error),
}

/// Exports the items of those `numbers` as `request` says for their documents. With `resume`, what an earlier run of the same batch
/// has done and what has not changed since is left alone, and an unfinished export goes on.
///
/// `tell` hears how each fares. Fails only where nothing can be noted, or if an item's progress is cancelled.
pub fn batch(
    plan: &BatchPlan,
    numbers: &[usize],
    resume: bool,
    request: impl Fn(&Mosaic, &Path) -> Result<ExportRequest>,
    mut tell: impl FnMut(usize, BatchTurn<'_>),
) -> Result<BatchReport> {
    let mut report = BatchReport::default();
    if numbers.is_empty() {
        return Ok(report);
    }
    let mut notes = Notes::open(&plan.notes, resume)?;
    for &number in numbers {
        let item = &plan.items[number].item;
        let note = Note::of(item);
        if resume && notes.noted.has_finished(&note) {
            report.skipped += 1;
            tell(number, BatchTurn::DoneBefore);
            continue;
        }
        let progress = Progress::default();
        tell(number, BatchTurn::Begins(item, &progress));
        let turn = Turn { item, resume, progress: &progress, note: &note };
        let done = catch_unwind(AssertUnwindSafe(|| turn.run(&mut notes, &request)));
        match done.unwrap_or_else(|_| Err(Error::invalid("an internal error; please report it"))) {
            Ok(Some(statistics)) => {
                report.done += 1;
                tell(number, BatchTurn::Done(statistics));
            }
            Ok(None) => {
                report.skipped += 1;
                tell(number, BatchTurn::DoneBefore);
            }
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            Err(error) => {
                tell(number, BatchTurn::Failed(&error));
                report.failed.push((item.input.path.to_path_buf(), error));
            }
        }
    }
    Ok(report)
}

/// The work on one item.
struct Turn<'a> {
    item: &'a BatchItem,
    resume: bool,
    progress: &'a Progress,
    note: &'a Note,
}

impl Turn<'_> {
    /// What was written, or nothing if an earlier run had written it.
    fn run(
        &self,
        notes: &mut Notes,
        request: impl Fn(&Mosaic, &Path) -> Result<ExportRequest>,
    ) -> Result<Option<Statistics>> {
        self.progress.check()?;
        let out = &self.item.out;
        let document = self.document()?;
        let mut request = request(&document, out)?;
        // A result appears only when it is complete; one that was begun where none stood is that of the earlier run.
        let is_own = self.resume && out.exists() && !request.options.overwrite;
        if is_own && notes.noted.begun.contains(self.note) {
            notes.add(self.note, true)?;
            return Ok(None);
        }
        if let Some(folder) = out.parent() {
            std::fs::create_dir_all(folder).at(folder)?;
        }
        if self.resume && unfinished(out).is_some() {
            request.start = ResumeMode::Resume;
        }
        if !out.exists() {
            notes.add(self.note, false)?;
        }
        let done = export(&document, &request, self.progress)?;
        notes.add(self.note, true)?;
        Ok(Some(done.statistics))
    }

    /// The input as a document of its own.
    fn document(&self) -> Result<Mosaic> {
        let mut mosaic = Mosaic::default();
        for (placement, error) in probe(std::slice::from_ref(&self.item.input), &Progress::default())? {
            if let Some(error) = error {
                return Err(error);
            }
            mosaic.add(placement);
        }
        Ok(mosaic)
    }
}
