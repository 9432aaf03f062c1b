//! One export for each of many files: what fails is listed, the rest is done, and an interrupted batch goes on where it was.

mod notes;
mod plan;
mod run;
mod runner;

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

pub use plan::{BatchItem, BatchPlan, ItemStanding, PlannedItem};
pub use run::{BatchReport, BatchTurn, batch};
pub use runner::{BatchOverview, BatchRunner, ItemState, RequestOf, Rerun};

/// No recipe is longer, in bytes.
const LONGEST: u64 = 1 << 20;

/// What to do with every file: a file `recipe.json`.
///
/// ```json
/// { "filters": ["gaussian:sigma=2", "resize:0.5"], "options": { "compression": "deflate", "no-pyramid": true } }
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// In order, as `--filter` has them.
    #[serde(default)]
    pub filters: Vec<mosaicist_filter::FilterSpec>,
    /// Options of an export by their names on the command line, without dashes: text, numbers, or true for a switch.
    #[serde(default)]
    pub options: BTreeMap<String, serde_json::Value>,
}

impl Recipe {
    /// The recipe in the file at `path`.
    pub fn load(path: &Path) -> Result<Self> {
        let text = mosaicist_core::regular_file::read(path, LONGEST)?;
        serde_json::from_slice(&text).map_err(|error| Error::corrupt(format!("no recipe: {error}")).at(path))
    }

    /// Writes it to the file at `path`, which is replaced.
    pub fn save(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self).map_err(|error| Error::invalid(error.to_string()))?;
        mosaicist_core::whole_file::write_bytes(path, format!("{text}\n").as_bytes())
    }
}

#[cfg(test)]
mod tests;
