//! [`FileId`]: which file or folder a path leads to, whatever it is called: by links, hard links, `..`, in either case.

use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Links followed for one path; more are a loop.
const MOST_LINKS: usize = 40;

/// Names one file or folder of this machine: equal for equal files.
#[cfg(unix)]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct FileId(u64, u64);

#[cfg(unix)]
impl FileId {
    /// Of what stands at `path` itself: a link is not followed.
    pub(super) fn of(path: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;
        fs::symlink_metadata(path).ok().map(|found| Self(found.dev(), found.ino()))
    }

    /// As text that stays right over a restart of the program.
    pub(super) fn text(&self) -> Option<String> {
        Some(format!("{}:{}", self.0, self.1))
    }
}

/// Names one file or folder of this machine: equal for equal files.
#[cfg(not(unix))]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct FileId(std::sync::Arc<same_file::Handle>);

#[cfg(not(unix))]
impl FileId {
    /// Of what stands at `path`.
    pub(super) fn of(path: &Path) -> Option<Self> {
        same_file::Handle::from_path(path).ok().map(|handle| Self(std::sync::Arc::new(handle)))
    }

    /// As text that stays right over a restart of the program: none here.
    #[expect(clippy::unused_self, reason = "other systems have one")]
    pub(super) fn text(&self) -> Option<String> {
        None
    }
}

/// Every place that `path` leads over: first the final one, with all links resolved, then each link on the way.
///
/// No place has a link above it, so [`Path::ancestors`] are the folders that hold it. What does not exist is named too.
pub(super) fn places(path: &Path) -> Vec<PathBuf> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut pending: Vec<OsString> = parts(&absolute);
    let (mut at, mut links) = (PathBuf::new(), Vec::new());
    while let Some(part) = pending.pop() {
        match Path::new(&part).components().next() {
            Some(Component::ParentDir) => {
                at.pop();
                continue;
            }
            Some(Component::CurDir) | None => continue,
            Some(_) => at.push(&part),
        }
        let is_link = fs::symlink_metadata(&at).is_ok_and(|found| found.is_symlink());
        let Some(target) =
            Some(&at).filter(|_| is_link && links.len() < MOST_LINKS).and_then(|at| fs::read_link(at).ok())
        else {
            continue;
        };
        links.push(at.clone());
        // An absolute target begins anew: pushing its root replaces what is there.
        at.pop();
        pending.extend(parts(&target));
    }
    links.insert(0, at);
    links
}

/// The parts of a path, the last one first.
fn parts(path: &Path) -> Vec<OsString> {
    path.components().rev().map(|part| part.as_os_str().to_owned()).collect()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn places_name_every_link_on_the_way() {
        let folder = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(folder.path()).unwrap();
        fs::create_dir_all(top.join("real/inner")).unwrap();
        fs::create_dir(top.join("links")).unwrap();
        fs::write(top.join("real/inner/a"), "a").unwrap();
        symlink("../real", top.join("links/near")).unwrap();
        symlink(top.join("links/near/inner/a"), top.join("far")).unwrap();
        let expected = ["real/inner/a", "far", "links/near"].map(|name| top.join(name));
        assert_eq!(places(&top.join("far")), expected);
        assert_eq!(places(&top.join("links/../real/./inner/a")), [top.join("real/inner/a")]);
        assert_eq!(places(&top.join("no/such")), [top.join("no/such")]);
        symlink("loop", top.join("loop")).unwrap();
        assert!(places(&top.join("loop")).len() > 2, "and it ends");
    }

    #[test]
    fn hard_links_are_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("a"), "a").unwrap();
        fs::hard_link(at("a"), at("b")).unwrap();
        fs::write(at("c"), "a").unwrap();
        assert_eq!(FileId::of(&at("a")), FileId::of(&at("b")));
        assert_ne!(FileId::of(&at("a")), FileId::of(&at("c")));
        assert_eq!(FileId::of(&at("d")), None);
    }
}
