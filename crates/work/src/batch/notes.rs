//! What of a batch is begun and what is done: a line for each in a hidden file beside the results.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::BatchItem;
use crate::{Error, IoResultExt as _, Result};

/// Names an item: its file, by size and time, and its result.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Note {
    input: PathBuf,
    out: PathBuf,
    bytes: u64,
    modified: u128,
}

impl Note {
    pub(super) fn of(item: &BatchItem) -> Self {
        let about = std::fs::metadata(&item.input.path).ok();
        let modified = about.as_ref().and_then(|about| about.modified().ok());
        let modified = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map_or(0, |time| time.as_nanos());
        Self {
            input: item.input.path.to_path_buf(),
            out: item.out.clone(),
            bytes: about.map_or(0, |about| about.len()),
            modified,
        }
    }
}

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    note: Note,
    /// Else begun.
    finished: bool,
}

/// The items that earlier runs have begun and finished.
#[derive(Debug, Default)]
pub(super) struct Noted {
    pub(super) begun: BTreeSet<Note>,
    pub(super) finished: BTreeSet<Note>,
}

impl Noted {
    /// Those in the file at `path`; none if there is no such file. A line that a kill has cut off counts for nothing.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let mut noted = Self::default();
        let file = match File::open(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(noted),
            file => file.at(path)?,
        };
        let lines = BufReader::new(file).lines().map_while(std::io::Result::ok);
        for line in lines.filter_map(|line| serde_json::from_str::<Line>(&line).ok()) {
            let set = if line.finished { &mut noted.finished } else { &mut noted.begun };
            set.insert(line.note);
        }
        Ok(noted)
    }

    /// Whether an earlier run has written the item's result, and neither it nor the file has changed since.
    pub(super) fn has_finished(&self, note: &Note) -> bool {
        self.finished.contains(note) && note.out.exists()
    }
}

/// The file, to add to.
pub(super) struct Notes {
    file: File,
    path: PathBuf,
    pub(super) noted: Noted,
}

impl Notes {
    /// Opens the file at `path` and makes its folder; without `resume`, nothing is noted in it any more.
    pub(super) fn open(path: &Path, resume: bool) -> Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).at(folder)?;
        }
        let noted = if resume { Noted::read(path)? } else { Noted::default() };
        let file = OpenOptions::new().create(true).append(true).open(path).at(path)?;
        if !resume {
            file.set_len(0).at(path)?;
        }
        Ok(Self { file, path: path.to_owned(), noted })
    }

    pub(super) fn add(&mut self, note: &Note, finished: bool) -> Result<()> {
        let line = Line { note: note.clone(), finished };
        let line = serde_json::to_string(&line).map_err(|error| Error::invalid(error.to_string()))?;
        // What a kill has left of a line must not spoil this one.
        self.file.write_all(format!("\n{line}\n").as_bytes()).at(&self.path)
    }
}
