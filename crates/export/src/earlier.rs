//! [`OutputFolder`]: recognizes a folder that is an earlier output of a format and holds nothing else.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::{Value, json};

use crate::{Error, IoResultExt as _, Result};

/// The files a format writes into its folder.
#[derive(Debug)]
pub struct OutputFolder {
    /// The descriptor in the folder; empty if it is the output's file beside the folder.
    pub descriptor: &'static str,
    /// Text that the descriptor contains.
    pub says: &'static str,
    /// Names of files relative to the folder: `#` is a number, `@` the ending of a tile. With `NAMES_IN_MARKER`, those
    /// that the marker lists too.
    pub names: &'static [&'static str],
}

/// The descriptor of formats that have none of their own.
pub(super) const MARKER: &str = ".mosaicist.json";
/// The HTML viewer.
pub(super) const PAGE: &str = "index.html";
/// Text that identifies our HTML viewer.
const PAGE_SAYS: &str = "<div id=\"view\"></div>";
/// The most bytes read of a descriptor; it identifies its format near the beginning.
const MOST_DESCRIPTOR: u64 = 1 << 20;
/// No format has deeper folders.
const DEEPEST: usize = 16;

/// A part of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    /// In at least so many digits.
    Number(usize),
    /// The ending of a tile.
    Ending,
}

/// Number and size of the files below a folder.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Contents {
    pub(super) files: u64,
    pub(super) bytes: u64,
    pub(super) modified: Option<SystemTime>,
}

/// The marker for a format: `names` are those of its tiles, as [`Piece`]s of each part of a path.
pub(super) fn marker(format: &str, names: &[Vec<Piece>]) -> Vec<u8> {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => json!(text),
        Piece::Number(digits) => json!(digits),
        Piece::Ending => Value::Null,
    };
    let names: Vec<Vec<Value>> = names.iter().map(|part| part.iter().map(piece).collect()).collect();
    let text = json!({ "mosaicist": "export", "format": format, "names": names });
    format!("{text}\n").into_bytes()
}

impl OutputFolder {
    /// Measure the folder at `path`; fail if it is no output like this or holds one entry that such an output has not, which
    /// is named. `descriptor` is the output's file beside it, if it has one. An empty folder counts as one.
    pub(super) fn measure(&self, path: &Path, descriptor: Option<&Path>) -> Result<Contents> {
        let mut contents = Contents::default();
        if fs::read_dir(path).at(path)?.next().is_none() {
            contents.modified = fs::metadata(path).at(path)?.modified().ok();
            return Ok(contents);
        }
        let descriptor = descriptor.map_or_else(|| path.join(self.descriptor), Path::to_owned);
        if !says(&descriptor, self.says) {
            let what = format!(
                "is a folder, but no earlier output of this format: {} is missing or says something else",
                descriptor.display()
            );
            return Err(foreign(path, &what));
        }
        let mut patterns: Vec<Vec<Vec<Piece>>> = self.names.iter().map(|name| parsed(name)).collect();
        patterns.extend(if self.descriptor == MARKER { names_in_marker(&descriptor) } else { None });
        walk(path, &mut Vec::new(), &patterns, &mut contents)?;
        Ok(contents)
    }
}

/// Count what is below `top`/`inside`, unless something there matches none of `patterns`.
fn walk(top: &Path, inside: &mut Vec<String>, patterns: &[Vec<Vec<Piece>>], contents: &mut Contents) -> Result<()> {
    let folder = inside.iter().fold(top.to_owned(), |path: PathBuf, part| path.join(part));
    for entry in fs::read_dir(&folder).at(&folder)? {
        let entry = entry.at(&folder)?;
        let path = entry.path();
        let kind = entry.file_type().at(&path)?;
        // A name that is no text is none of ours.
        inside.push(entry.file_name().into_string().unwrap_or_default());
        let fits = |pattern: &Vec<Vec<Piece>>| {
            let deep_enough = if kind.is_dir() { pattern.len() > inside.len() } else { pattern.len() == inside.len() };
            deep_enough && inside.iter().zip(pattern).all(|(name, pieces)| matches(pieces, name))
        };
        let known = (kind.is_dir() || kind.is_file()) && patterns.iter().any(fits);
        let page = inside.len() == 1 && inside[0] == PAGE;
        if !known || page && !says(&path, PAGE_SAYS) || inside.len() > DEEPEST {
            let what = format!("holds '{}', which no earlier export has written there", inside.join("/"));
            return Err(foreign(top, &what));
        }
        if kind.is_dir() {
            let before = contents.files;
            walk(top, inside, patterns, contents)?;
            // An export makes a folder when it writes into it.
            if contents.files == before {
                return Err(foreign(top, &format!("holds the empty folder '{}'", inside.join("/"))));
            }
        } else {
            let found = entry.metadata().at(&path)?;
            contents.files += 1;
            contents.bytes += found.len();
            contents.modified = contents.modified.max(found.modified().ok());
        }
        inside.pop();
    }
    Ok(())
}

/// Whether the plain file at `path` has `text` near its beginning.
pub(super) fn says(path: &Path, text: &str) -> bool {
    if !fs::symlink_metadata(path).is_ok_and(|found| found.is_file()) {
        return false;
    }
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MOST_DESCRIPTOR).read_to_end(&mut start));
    read.is_ok() && start.windows(text.len()).any(|window| window == text.as_bytes())
}

fn names_in_marker(path: &Path) -> Option<Vec<Vec<Piece>>> {
    let marker: Value = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    let piece = |value: &Value| match value {
        Value::String(text) => Some(Piece::Text(text.clone())),
        Value::Number(digits) => Some(Piece::Number(digits.as_u64()?.clamp(1, 20) as usize)),
        Value::Null => Some(Piece::Ending),
        _ => None,
    };
    let parts = marker["names"].as_array().filter(|parts| !parts.is_empty())?.iter();
    parts.map(|part| part.as_array()?.iter().map(piece).collect()).collect()
}

/// The parts of a name as in [`OutputFolder::names`].
fn parsed(name: &str) -> Vec<Vec<Piece>> {
    let pieces = |part: &str| {
        let mut pieces = Vec::new();
        for text in part.split_inclusive(['#', '@']) {
            let plain = text.trim_end_matches(['#', '@']);
            if !plain.is_empty() {
                pieces.push(Piece::Text(plain.to_owned()));
            }
            match text.chars().last() {
                Some('#') => pieces.push(Piece::Number(1)),
                Some('@') => pieces.push(Piece::Ending),
                _ => {}
            }
        }
        pieces
    };
    name.split('/').map(pieces).collect()
}

/// Whether `name` is made of `pieces`.
fn matches(pieces: &[Piece], name: &str) -> bool {
    let Some((first, rest)) = pieces.split_first() else { return name.is_empty() };
    match first {
        Piece::Text(text) => name.strip_prefix(&**text).is_some_and(|name| matches(rest, name)),
        Piece::Ending => ["jpg", "png", "webp", "raw"]
            .iter()
            .any(|ending| name.strip_prefix(ending).is_some_and(|name| matches(rest, name))),
        Piece::Number(digits) => {
            let most = name.bytes().take(20).take_while(u8::is_ascii_digit).count();
            // More digits than it must have only if the first counts.
            (*digits..=most).any(|count| (count == *digits || !name.starts_with('0')) && matches(rest, &name[count..]))
        }
    }
}

fn foreign(path: &Path, what: &str) -> Error {
    Error::limit(format!("{what}; it is never replaced: choose another name, or move it away yourself")).at(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_written_files() {
        for (pattern, name, fits) in [
            ("#/#_#.@", "10/3_0.png", true),
            ("#/#_#.@", "10/03_0.png", false),
            ("#/#_#.@", "10/3_0.tif", false),
            ("#/#_#.@", "10/3_.png", false),
            ("#/#_#.@", "10/3_0.pngx", false),
            ("TileGroup#/#-#-#.@", "TileGroup0/1-2-3.webp", true),
            ("#,#,#,#/#,/0/default.@", "0,0,512,512/300,/0/default.jpg", true),
            ("#,#,#,#/#,/0/default.@", "0,0,512,512/300,9/0/default.jpg", false),
            ("index.html", "index.html", true),
        ] {
            let parts: Vec<_> = name.split('/').collect();
            let pieces = parsed(pattern);
            let all =
                parts.len() == pieces.len() && parts.iter().zip(&pieces).all(|(name, pieces)| matches(pieces, name));
            assert_eq!(all, fits, "{pattern} {name}");
        }
        assert!(matches(&[Piece::Number(3), Piece::Text("1".into())], "0001"), "digits may be text too");
        assert!(!matches(&[Piece::Number(20)], "9"));
    }

    #[test]
    fn one_strange_entry_makes_a_folder_foreign() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().join("a");
        let ours = OutputFolder { descriptor: MARKER, says: "\"test\"", names: &[MARKER, PAGE] };
        let fresh = || {
            if top.exists() {
                fs::remove_dir_all(&top).unwrap();
            }
            fs::create_dir_all(top.join("7")).unwrap();
            let names = [vec![Piece::Number(1)], vec![Piece::Text("x#".into()), Piece::Number(2), Piece::Ending]];
            fs::write(top.join(MARKER), marker("test", &names)).unwrap();
            fs::write(top.join("7/x#03png"), "12345").unwrap();
        };
        fresh();
        let found = ours.measure(&top, None).unwrap();
        assert_eq!(found.files, 2);
        assert!(found.bytes > 5 && found.modified.is_some());
        for extra in ["7/x#3png", "7/notes.txt", "8x/", "7/1/", "2019/", "x#03png", PAGE, "9"] {
            fresh();
            let path = top.join(extra);
            if extra.ends_with('/') {
                fs::create_dir(&path).unwrap();
            } else {
                fs::write(&path, "mine").unwrap();
            }
            let error = ours.measure(&top, None).unwrap_err().to_string();
            assert!(error.contains(&format!("'{}'", extra.trim_end_matches('/'))), "{extra}: {error}");
        }
        fresh();
        fs::write(top.join(PAGE), format!("a page {PAGE_SAYS}")).unwrap();
        assert!(ours.measure(&top, None).is_ok());
        fs::remove_file(top.join(MARKER)).unwrap();
        assert!(ours.measure(&top, None).unwrap_err().to_string().contains("is missing"));
    }
}
