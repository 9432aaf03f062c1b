//! One export for each of many files: what fails is listed, the rest is done, and an interrupted batch goes on where it was.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use crate::collect::probe;
use crate::export::{ExportRequest, export};
use crate::job::Progress;
use crate::mosaic::Mosaic;
use crate::source::ImageRef;
use crate::{Error, IoResultExt as _, Result};
use mosaicist_export::{ResumeMode, unfinished};

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
        let text = std::fs::read_to_string(path).at(path)?;
        serde_json::from_str(&text).map_err(|error| Error::corrupt(format!("no recipe: {error}")).at(path))
    }
}

/// One file and where its result goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchItem {
    pub input: ImageRef,
    pub out: PathBuf,
}

/// How it went.
#[derive(Debug, Default)]
pub struct BatchReport {
    pub done: usize,
    /// Done by an earlier run.
    pub skipped: usize,
    pub failed: Vec<(PathBuf, Error)>,
}

/// The results of `inputs`: `pattern` with `{name}` for the file's name without its ending, `{index}` for its number from 1.
///
/// Refuses two inputs with the same result, and a result in place of an input.
pub fn batch_items(inputs: &[ImageRef], pattern: &str) -> Result<Vec<BatchItem>> {
    if inputs.len() > 1 && !pattern.contains("{name}") && !pattern.contains("{index}") {
        return Err(Error::invalid(format!(
            "'{pattern}' is the same for every file; write {{name}} or {{index}} in it"
        )));
    }
    let own: BTreeSet<PathBuf> = inputs.iter().filter_map(|image| std::fs::canonicalize(&image.path).ok()).collect();
    let mut used: BTreeMap<PathBuf, ImageRef> = BTreeMap::new();
    let mut items = Vec::new();
    for (number, input) in (1..).zip(inputs) {
        let name = input.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let out = PathBuf::from(pattern.replace("{name}", &name).replace("{index}", &number.to_string()));
        if std::fs::canonicalize(&out).is_ok_and(|path| own.contains(&path)) {
            return Err(Error::invalid(format!("{}: would replace an input", out.display())));
        }
        if let Some(other) = used.insert(out.clone(), input.clone()) {
            let what =
                format!("{} and {} would both become {}", other.path.display(), input.path.display(), out.display());
            return Err(Error::invalid(format!("{what}; write {{index}} in the name")));
        }
        items.push(BatchItem { input: input.clone(), out });
    }
    Ok(items)
}

/// Export each item as `request` says for its document. With `resume`, what an earlier run with the same `recipe` has done
/// and what has not changed since is left alone, and an unfinished export goes on.
///
/// `begin` hears of each item before its turn, and gives the progress by which it can be watched. Fails only where nothing
/// can be noted, or if it is cancelled.
pub fn batch(
    items: &[BatchItem],
    recipe: &str,
    resume: bool,
    request: impl Fn(&Mosaic, &Path) -> Result<ExportRequest>,
    mut begin: impl FnMut(usize, &BatchItem) -> Progress,
) -> Result<BatchReport> {
    let mut report = BatchReport::default();
    let Some(folder) = items.first().map(|item| folder_of(&item.out)) else { return Ok(report) };
    std::fs::create_dir_all(folder).at(folder)?;
    let notes = folder.join(format!(".batch-{:08x}.jsonl", crc32fast::hash(recipe.as_bytes())));
    let mut notes = Notes::open(&notes, resume)?;
    for (number, item) in items.iter().enumerate() {
        let note = Note::of(item);
        if resume && item.out.exists() && notes.finished.contains(&note) {
            report.skipped += 1;
            continue;
        }
        let progress = begin(number, item);
        let turn = Turn { item, resume, progress: &progress, note: &note };
        match turn.run(&mut notes, &request) {
            Ok(true) => report.done += 1,
            Ok(false) => report.skipped += 1,
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            Err(error) => report.failed.push((item.input.path.to_path_buf(), error)),
        }
    }
    Ok(report)
}

fn folder_of(out: &Path) -> &Path {
    out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The work on one item.
struct Turn<'a> {
    item: &'a BatchItem,
    resume: bool,
    progress: &'a Progress,
    note: &'a Note,
}

impl Turn<'_> {
    /// Whether there was anything left to do.
    fn run(&self, notes: &mut Notes, request: impl Fn(&Mosaic, &Path) -> Result<ExportRequest>) -> Result<bool> {
        let out = &self.item.out;
        let document = self.document()?;
        let mut request = request(&document, out)?;
        // A result appears only when it is complete; one that was begun where none stood is that of the earlier run.
        let published = self.resume && out.exists() && !request.options.overwrite && notes.begun.contains(self.note);
        if !published {
            std::fs::create_dir_all(folder_of(out)).at(out)?;
            if self.resume && unfinished(out).is_some() {
                request.start = ResumeMode::Resume;
            }
            if !out.exists() {
                notes.add(self.note, false)?;
            }
            export(&document, &request, self.progress)?;
        }
        notes.add(self.note, true)?;
        Ok(!published)
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

/// That an item is done: which file it was, by size and time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Note {
    input: PathBuf,
    out: PathBuf,
    bytes: u64,
    modified: u128,
}

impl Note {
    fn of(item: &BatchItem) -> Self {
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

/// A line of the notes.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    note: Note,
    /// Else begun.
    finished: bool,
}

/// What is begun and what is done, a line for each in a file beside the results.
struct Notes {
    file: File,
    path: PathBuf,
    begun: BTreeSet<Note>,
    finished: BTreeSet<Note>,
}

impl Notes {
    fn open(path: &Path, resume: bool) -> Result<Self> {
        let (mut begun, mut finished) = (BTreeSet::new(), BTreeSet::new());
        if resume && path.exists() {
            // A line that a kill has cut off counts for nothing.
            let lines = BufReader::new(File::open(path).at(path)?).lines().map_while(std::io::Result::ok);
            for line in lines.filter_map(|line| serde_json::from_str::<Line>(&line).ok()) {
                if line.finished {
                    finished.insert(line.note)
                } else {
                    begun.insert(line.note)
                };
            }
        }
        let file = OpenOptions::new().create(true).append(true).open(path).at(path)?;
        if !resume {
            file.set_len(0).at(path)?;
        }
        Ok(Self { file, path: path.to_owned(), begun, finished })
    }

    fn add(&mut self, note: &Note, finished: bool) -> Result<()> {
        let line = Line { note: note.clone(), finished };
        let line = serde_json::to_string(&line).map_err(|error| Error::invalid(error.to_string()))?;
        // What a kill has left of a line must not spoil this one.
        self.file.write_all(format!("\n{line}\n").as_bytes()).at(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mosaicist_export::{ExportOptions, Format};

    fn bmp(path: &Path, shade: u8) {
        image::GrayImage::from_pixel(20, 10, image::Luma([shade]))
            .save_with_format(path, image::ImageFormat::Bmp)
            .unwrap();
    }

    #[test]
    fn failures_do_not_stop_a_batch_and_resume_finishes_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for (name, shade) in [("a.bmp", 10), ("b.bmp", 20), ("d.bmp", 40)] {
            bmp(&path(name), shade);
        }
        std::fs::write(path("c.bmp"), "no image").unwrap();
        let inputs = ["a.bmp", "b.bmp", "c.bmp", "d.bmp"].map(|name| ImageRef::file(path(name))).to_vec();
        let pattern = path("out/{name}.tif").to_string_lossy().into_owned();
        let items = batch_items(&inputs, &pattern).unwrap();
        let recipe = r#"{ "filters": ["invert"] }"#;
        let parsed: Recipe = serde_json::from_str(recipe).unwrap();
        let request = |_: &Mosaic, out: &Path| {
            let options = ExportOptions {
                compression: Some(mosaicist_export::Compression::None),
                ..ExportOptions::new(Format::Tiff)
            };
            Ok(ExportRequest { filters: parsed.filters.clone(), ..ExportRequest::new(out.to_owned(), options) })
        };
        let run = |resume| batch(&items, recipe, resume, request, |_, _| Progress::default()).unwrap();
        let report = run(false);
        assert_eq!((report.done, report.skipped, report.failed.len()), (3, 0, 1));
        assert_eq!(report.failed[0].0, path("c.bmp"));
        let opened = crate::source::open_image(&path("out/a.tif").into()).unwrap();
        let whole = crate::geometry::Region::new(0, opened.info().whole(0));
        assert!(opened.read(whole).unwrap().samples().to_le_bytes().iter().all(|&value| value == 245));
        bmp(&path("c.bmp"), 30);
        std::fs::remove_file(path("out/b.tif")).unwrap();
        let report = run(true);
        assert_eq!((report.done, report.skipped, report.failed.len()), (2, 2, 0));
        assert!(path("out/b.tif").exists() && path("out/c.tif").exists());
    }

    #[test]
    fn names_that_collide_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let image = |name: &str| ImageRef::file(path(name));
        bmp(&path("a.bmp"), 1);
        assert!(batch_items(&[image("a.bmp"), image("a.png")], "out/{name}.tif").is_err());
        assert!(batch_items(&[image("a.bmp"), image("b.bmp")], "out/x.tif").is_err());
        assert!(batch_items(&[image("a.bmp")], &path("{name}.bmp").to_string_lossy()).is_err());
        let items = batch_items(&[image("a.bmp"), image("a.png")], "o/{index}-{name}.tif").unwrap();
        assert_eq!(items[1].out, Path::new("o/2-a.tif"));
    }
}
