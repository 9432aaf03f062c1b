//! [`BatchPlan`]: which file of a batch becomes which result, and what stands in the way.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::Recipe;
use super::notes::{Note, Noted};
use crate::source::ImageRef;
use crate::{Error, Result};

/// One file and where its result goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchItem {
    pub input: ImageRef,
    pub out: PathBuf,
}

/// How an item stands before the batch.
#[derive(Debug, Clone)]
pub enum ItemStanding {
    New,
    /// An earlier run of the same batch has done it.
    DoneBefore,
    /// Something else stands where its result goes.
    Exists,
    /// It can never be done so: its result would replace an input, or is that of another file.
    Refused(Error),
}

/// An item, and how it stands.
#[derive(Debug, Clone)]
pub struct PlannedItem {
    pub item: BatchItem,
    pub standing: ItemStanding,
}

/// A batch before it starts.
#[derive(Debug, Clone, Default)]
pub struct BatchPlan {
    pub items: Vec<PlannedItem>,
    /// The file of what is done.
    pub(super) notes: PathBuf,
}

impl BatchPlan {
    /// The results of `inputs`: `pattern` with `{name}` for the file's name without its ending, `{index}` for its number from 1. What
    /// is done is noted in the last folder of `pattern` that is the same for all; another recipe or pattern is another batch.
    ///
    /// Reads the disk. Fails if the notes of an earlier run cannot be read.
    pub fn new(inputs: &[ImageRef], pattern: &str, recipe: &Recipe) -> Result<Self> {
        let identity = format!("{}\n{pattern}", serde_json::json!(recipe));
        let notes = fixed_folder(pattern).join(format!(".batch-{:08x}.jsonl", crc32fast::hash(identity.as_bytes())));
        let noted = Noted::read(&notes)?;
        let own: BTreeSet<PathBuf> =
            inputs.iter().filter_map(|image| std::fs::canonicalize(&image.path).ok()).collect();
        let is_one = inputs.len() > 1 && !pattern.contains("{name}") && !pattern.contains("{index}");
        let mut used: HashMap<PathBuf, &Path> = HashMap::new();
        let mut items = Vec::with_capacity(inputs.len());
        for (number, input) in (1..).zip(inputs) {
            let name = input.path.file_stem().unwrap_or_default().to_string_lossy();
            let out = PathBuf::from(pattern.replace("{index}", &format!("{number}")).replace("{name}", &name));
            let item = BatchItem { input: input.clone(), out };
            let other = used.insert(item.out.clone(), &input.path);
            let standing = if is_one {
                ItemStanding::Refused(Error::invalid(format!(
                    "'{pattern}' is the same for every file; write {{name}} or {{index}} in it"
                )))
            } else if let Some(other) = other {
                let (other, own, out) = (other.display(), input.path.display(), item.out.display());
                let what = format!("{other} and {own} would both become {out}; write {{index}} in the name");
                ItemStanding::Refused(Error::invalid(what))
            } else {
                standing(&item, &own, &noted)
            };
            items.push(PlannedItem { item, standing });
        }
        Ok(Self { items, notes })
    }

    /// Fails with the first item that can never be done so.
    pub fn check(&self) -> Result<()> {
        let refused = self.items.iter().find_map(|planned| match &planned.standing {
            ItemStanding::Refused(error) => Some(error.clone()),
            _ => None,
        });
        refused.map_or(Ok(()), Err)
    }
}

/// How an item stands whose result is nobody else's. `own`: the inputs.
fn standing(item: &BatchItem, own: &BTreeSet<PathBuf>, noted: &Noted) -> ItemStanding {
    if std::fs::symlink_metadata(&item.out).is_err() {
        return ItemStanding::New;
    }
    if std::fs::canonicalize(&item.out).is_ok_and(|path| own.contains(&path)) {
        let what = format!("{}: would replace an input", item.out.display());
        return ItemStanding::Refused(Error::invalid(what));
    }
    if noted.has_finished(&Note::of(item)) { ItemStanding::DoneBefore } else { ItemStanding::Exists }
}

/// The folder of `pattern` before its first field.
fn fixed_folder(pattern: &str) -> PathBuf {
    let fields = ["{name}", "{index}"].iter().filter_map(|field| pattern.find(field)).min();
    let fixed = &pattern[..fields.unwrap_or(pattern.len())];
    let end = fixed.rfind(std::path::is_separator).map_or(0, |at| at + 1);
    if end == 0 { PathBuf::from(".") } else { PathBuf::from(&fixed[..end]) }
}
