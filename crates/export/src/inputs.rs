//! No output touches what its job reads: it is no input, holds none, and does not lie inside one.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::identity::{FileId, places};
use crate::source::{linked_parts, parts};
use crate::{Error, Result};

/// Fail if one of `outputs` (which need not exist) is, holds or lies inside one of `inputs` or what belongs to an input.
///
/// Inputs are files and folders; what lies beside them and belongs to them is found here: by name, and where `replaced` says
/// that any of the outputs stands already, from what the inputs say of themselves. Each input costs some requests to the
/// system, and then it is opened too.
pub(super) fn refuse(outputs: &[PathBuf], inputs: &[PathBuf], replaced: bool) -> Result<()> {
    let guard = Guard::new(outputs);
    let mut checked = HashSet::new();
    for input in inputs {
        // A pipe is never opened: it would wait for somebody to write.
        let linked = if replaced && input.is_file() { linked_parts(input) } else { Vec::new() };
        for part in parts(input).into_iter().chain(linked) {
            guard.check(&part, input, &mut checked)?;
        }
    }
    Ok(())
}

/// The outputs by what they are.
#[derive(Default)]
struct Guard<'a> {
    /// Those that exist.
    standing: HashMap<FileId, &'a Path>,
    /// Where they all will be, links resolved.
    named: HashMap<PathBuf, &'a Path>,
    /// The folders that they will lie in.
    around: HashMap<FileId, &'a Path>,
}

impl<'a> Guard<'a> {
    fn new(outputs: &'a [PathBuf]) -> Self {
        let mut guard = Self::default();
        for output in outputs {
            for place in places(output) {
                guard.standing.extend(FileId::of(&place).map(|id| (id, &**output)));
                let folders = place.ancestors().skip(1).filter_map(FileId::of);
                guard.around.extend(folders.map(|id| (id, &**output)));
                guard.named.insert(place, output);
            }
        }
        guard
    }

    /// `part` belongs to `input`. Folders already in `checked` hold nothing in the way.
    fn check(&self, part: &Path, input: &Path, checked: &mut HashSet<PathBuf>) -> Result<()> {
        let refused = |output: &Path, what: &str| {
            let what = format!("{what} {}, which this job reads; choose another name", input.display());
            Err(Error::limit(what).at(output))
        };
        for place in places(part) {
            let id = FileId::of(&place);
            let is = id.as_ref().and_then(|id| self.standing.get(id)).or_else(|| self.named.get(&place));
            if let Some(output) = is {
                return refused(output, if part == input { "is" } else { "is a part of" });
            }
            if let Some(output) = id.as_ref().and_then(|id| self.around.get(id)) {
                return refused(output, "lies inside");
            }
            for folder in place.ancestors().skip(1) {
                if !checked.insert(folder.to_owned()) {
                    break;
                }
                let standing = || FileId::of(folder).and_then(|id| self.standing.get(&id));
                if let Some(output) = self.named.get(folder).or_else(standing) {
                    return refused(output, "holds");
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn outputs_that_touch_an_input_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("in/deep")).unwrap();
        fs::create_dir_all(at("z.zarr/0")).unwrap();
        fs::write(at("in/deep/a.png"), "a").unwrap();
        fs::hard_link(at("in/deep/a.png"), at("hard.png")).unwrap();
        fs::write(at("b.dzi"), "b").unwrap();
        fs::create_dir_all(at("b_files/0")).unwrap();
        fs::create_dir_all(at("gone")).unwrap();
        let inputs = ["in/deep/a.png", "z.zarr", "b.dzi", "gone/missing.png", "never/missing.png"].map(at);
        let cases = [
            ("in/deep/a.png", Some("is")),
            ("in/../in/deep/a.png", Some("is")),
            ("hard.png", Some("is")),
            ("in/deep", Some("holds")),
            ("in", Some("holds")),
            ("z.zarr/0", Some("lies inside")),
            ("z.zarr/new/deeper", Some("lies inside")),
            ("b_files", Some("is a part of")),
            ("b_files/new", Some("lies inside")),
            ("gone/missing.png", Some("is")),
            ("never", Some("holds")),
            ("never/../in/new", None),
            ("in/deep/new.png", None),
            ("in/new", None),
            ("b2.dzi", None),
        ];
        for (output, says) in cases {
            let refused = refuse(&[at(output)], &inputs, true).err().map(|error| error.to_string());
            match says {
                Some(says) => {
                    assert!(refused.as_ref().is_some_and(|text| text.contains(says)), "{output}: {refused:?}");
                }
                None => assert_eq!(refused, None, "{output}"),
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_hide_nothing() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["in", "out", "links"] {
            fs::create_dir(at(name)).unwrap();
        }
        fs::write(at("in/a.png"), "a").unwrap();
        symlink("../in/a.png", at("links/a.png")).unwrap();
        symlink("in/a.png", at("to-a")).unwrap();
        symlink("in", at("to-in")).unwrap();
        for (output, input) in [
            ("to-a", "in/a.png"),
            ("in", "links/a.png"),
            ("links", "links/a.png"),
            ("in/a.png", "to-in/a.png"),
            ("to-in", "in/a.png"),
            ("to-in/a.png", "in/a.png"),
        ] {
            assert!(refuse(&[at(output)], &[at(input)], true).is_err(), "{output}, {input}");
        }
        assert!(refuse(&[at("out")], &[at("links/a.png")], true).is_ok());
    }
}
