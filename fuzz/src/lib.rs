//! What the fuzz targets do with an input: each function takes bytes, gives them to a parser, and reads a little of what comes out.
//!
//! Errors are fine. A panic, more than ten seconds or more than a gibibyte of memory is a bug (`run` says how they are found).

mod memory;
mod pictures;
mod texts;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use mosaicist::source::testing::try_reading;
use mosaicist::source::{linked_parts, open, open_whole};

pub use memory::{begin, run};
pub use pictures::{codecs, description, raw};
pub use texts::{filters, names, positions, project, regions};

/// What stands before each file's name in the input of [`folder`].
pub const MARK: &[u8] = b"\x1e\x1f";
/// The most files of such an input.
const MOST_FILES: usize = 40;

/// The beginnings of a format's files.
pub type Signatures = &'static [&'static [u8]];

/// Opens `data` as a file of that name. One of the `signatures` is put to its beginning (or to `at`) where there is none, so that every
/// input reaches the parser.
pub fn file(data: &[u8], name: &str, at: usize, signatures: Signatures) {
    let mut data = data.to_vec();
    let end = at + signatures.iter().map(|signature| signature.len()).max().unwrap_or(0);
    if data.len() < end {
        data.resize(end, 0);
    }
    if !signatures.iter().any(|signature| data[at..].starts_with(signature)) && !signatures.is_empty() {
        let signature = signatures[usize::from(data[end - 1]) % signatures.len()];
        data[at..at + signature.len()].copy_from_slice(signature);
    }
    let path = here().join(name);
    std::fs::write(&path, &data).expect("a file in the working folder");
    look_at(&path, data.len() % 2 == 1);
}

/// Opens a folder of the files in `data`: [`MARK`], a name up to the end of its line, what the file holds.
pub fn folder(data: &[u8]) {
    let root = here().join("folder.zarr");
    std::fs::remove_dir_all(&root).ok();
    std::fs::create_dir_all(&root).expect("a folder in the working folder");
    let mut tops = Vec::new();
    for part in parts(data).into_iter().take(MOST_FILES) {
        let line = part.iter().position(|byte| *byte == b'\n').unwrap_or(part.len());
        let name = String::from_utf8_lossy(&part[..line]);
        let Some(name) = inside(&name) else { continue };
        let path = root.join(&name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).ok();
        }
        // A file may be named like a folder that is there already.
        std::fs::write(&path, part.get(line + 1..).unwrap_or_default()).ok();
        if name.components().count() == 1 {
            tops.push(path);
        }
    }
    look_at(&root, data.len() % 2 == 1);
    let opened = |path: &&PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".xml")
            || name == "info.json"
            || path
                .extension()
                .is_some_and(|ending| ["mrxs", "vms", "dzi", "dcm", "ome"].iter().any(|known| ending == *known))
    };
    tops.iter().filter(opened).take(2).for_each(|path| look_at(path, data.len() % 2 == 1));
}

/// The pieces between marks.
fn parts(data: &[u8]) -> Vec<&[u8]> {
    let starts: Vec<usize> =
        data.windows(MARK.len()).enumerate().filter(|(_, at)| *at == MARK).map(|(at, _)| at).collect();
    let ends = starts.iter().skip(1).copied().chain([data.len()]);
    starts.iter().zip(ends).map(|(start, end)| &data[(start + MARK.len()).min(end)..end]).collect()
}

/// A relative path that stays where it is.
fn inside(name: &str) -> Option<PathBuf> {
    let parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let sound = |part: &&str| *part != ".." && part.len() < 100 && !part.contains('\0');
    (parts.len() < 8 && !parts.is_empty() && parts.iter().all(sound)).then(|| parts.iter().collect())
}

/// Opens the image at `path`, with its channels merged if `whole`.
pub(crate) fn look_at(path: &Path, whole: bool) {
    let opened = if whole { open_whole(path).map(|(_, opened)| opened) } else { open(path) };
    match opened {
        Ok(opened) => {
            try_reading(&*opened);
            linked_parts(path);
        }
        Err(error) => check(&error),
    }
}

/// An error is told in a line.
pub(crate) fn check(error: &mosaicist::Error) {
    let text = error.to_string();
    assert!(!text.is_empty(), "an error without words");
}

/// The folder of this process, in memory where `run` says so.
pub fn here() -> &'static Path {
    static HERE: OnceLock<PathBuf> = OnceLock::new();
    HERE.get_or_init(|| {
        let root = std::env::var_os("FUZZ_FOLDER").map_or_else(std::env::temp_dir, PathBuf::from);
        let folder = root.join(format!("mosaicist-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a working folder");
        folder
    })
}
