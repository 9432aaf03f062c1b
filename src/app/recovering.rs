//! [`Crashes`]: the documents that crashed runs have left.

use std::collections::VecDeque;
use std::path::PathBuf;

use super::recovery::Found;

/// Work on an export that is worth going on with, in seconds; the engine begins again below that.
pub(super) const WORTH_RESUMING: f64 = 10.0;

/// The documents that are offered.
#[derive(Default)]
pub(super) struct Crashes {
    pub(super) found: Vec<(Found, Option<egui::TextureHandle>)>,
    /// The documents to recover, one after another.
    wanted: VecDeque<PathBuf>,
}

impl Crashes {
    /// Recover the document of this copy as soon as nothing else is being opened.
    pub(super) fn want(&mut self, path: PathBuf) {
        self.wanted.push_back(path);
    }

    /// The copy whose document is to be recovered next.
    pub(super) fn take_wanted(&mut self) -> Option<PathBuf> {
        self.wanted.pop_front()
    }
}
