//! A publication stopped before each of its renamings, as by a crash or by a failure, with and without exchanging.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use super::Publication;
use crate::earlier::{MARKER, marker};
use crate::{Format, Result, Workspace};

thread_local! {
    /// Renamings that still succeed, and whether names can be exchanged.
    static SYSTEM: Cell<(u32, bool)> = const { Cell::new((u32::MAX, true)) };
}

pub(super) fn checkpoint() -> io::Result<()> {
    let (left, exchanges) = SYSTEM.get();
    SYSTEM.set((left.saturating_sub(1), exchanges));
    if left == 0 { Err(io::Error::other("stopped")) } else { Ok(()) }
}

pub(super) fn can_exchange() -> bool {
    SYSTEM.get().1
}

/// Every file below `folder` but the workspace's, with what is in it.
fn tree(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_file() {
            found.insert(name, fs::read_to_string(&path).unwrap());
        } else if !name.ends_with("-part") {
            found.extend(tree(&path).into_iter().map(|(inner, text)| (format!("{name}/{inner}"), text)));
        }
    }
    found
}

/// What an export of `format` called `a` writes into `folder`; `text` tells one from another.
fn make(folder: &Path, format: Format, text: &str) {
    let descriptor = |says: &str| format!("{says} {text}");
    match format {
        Format::DeepZoom => {
            fs::write(folder.join("a"), descriptor("http://schemas.microsoft.com/deepzoom/2008")).unwrap();
            fs::create_dir_all(folder.join("a_files/0")).unwrap();
            fs::write(folder.join("a_files/0/0_0.png"), text).unwrap();
        }
        Format::Xyz => {
            fs::create_dir_all(folder.join("a/0/0")).unwrap();
            fs::write(folder.join("a/0/0/0.png"), text).unwrap();
            fs::write(folder.join("a").join(MARKER), marker("xyz", &[])).unwrap();
        }
        Format::Raw => {
            fs::write(folder.join("a"), text).unwrap();
            fs::write(folder.join("a.hdr"), descriptor("ENVI")).unwrap();
        }
        _ => fs::write(folder.join("a"), text).unwrap(),
    }
}

const FORMATS: [Format; 4] = [Format::DeepZoom, Format::Xyz, Format::Raw, Format::Tiff];

/// A workspace with the new output complete, beside the old one if there is one.
fn prepared(folder: &Path, format: Format, with_old: bool) -> Workspace {
    if with_old {
        make(folder, format, "old");
    }
    let work = Workspace::enter(&folder.join("a")).unwrap();
    work.clear().unwrap();
    make(&work.folder().join("output"), format, "new");
    work
}

/// Check what `attempt` leaves, for each format, old output or none, each number of renamings that succeed.
fn each_stop(attempt: impl Fn(&Workspace, Format, bool) -> Result<()>, left: impl Fn(&Path, &Workspace, Format, bool)) {
    for format in FORMATS {
        for (with_old, exchanges) in [(true, true), (true, false), (false, true)] {
            let mut stops = 0;
            loop {
                let folder = tempfile::tempdir().unwrap();
                let work = prepared(folder.path(), format, with_old);
                SYSTEM.set((stops, exchanges));
                let done = attempt(&work, format, with_old);
                SYSTEM.set((u32::MAX, exchanges));
                if done.is_ok() {
                    assert!(stops > 0, "{format:?}: a test that never stops");
                    break;
                }
                left(folder.path(), &work, format, with_old);
                stops += 1;
            }
        }
    }
}

fn expected(format: Format, text: &str) -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().unwrap();
    make(folder.path(), format, text);
    tree(folder.path())
}

#[test]
fn a_failure_anywhere_brings_the_old_back() {
    each_stop(
        |work, format, _| Publication::run(work, format, true),
        |folder, work, format, with_old| {
            let before = if with_old { expected(format, "old") } else { BTreeMap::new() };
            assert_eq!(tree(folder), before, "{format:?}");
            assert_eq!(tree(&work.folder().join("output")), expected(format, "new"), "{format:?}");
            assert!(!Publication::was_begun(work.out()));
            Publication::run(work, format, true).unwrap();
            assert_eq!(tree(folder), expected(format, "new"), "{format:?}: and it can be tried again");
        },
    );
}

#[test]
fn after_a_crash_anywhere_the_publication_is_finished() {
    each_stop(
        |work, format, _| {
            // The first renaming fails after all is written down; taking names again is what a crash interrupts.
            let (stops, exchanges) = SYSTEM.get();
            SYSTEM.set((u32::MAX, exchanges));
            Publication::write_down(work, format, true).unwrap();
            SYSTEM.set((stops, exchanges));
            Publication::finish(work)
        },
        |folder, work, format, with_old| {
            assert!(Publication::was_begun(work.out()));
            // The new is whole, or the old is where it was or in the workspace.
            let here = tree(folder);
            let mut aside = tree(work.folder());
            aside.remove(super::INTENT);
            let whole =
                [&here, &aside].into_iter().flat_map(BTreeMap::values).filter(|text| text.contains("new")).count();
            let new = expected(format, "new").values().filter(|text| text.contains("new")).count();
            assert_eq!(whole, new, "{format:?}: all of the new is there");
            if with_old {
                assert!(here.values().chain(aside.values()).any(|text| text.contains("old")), "{format:?}");
            }
            Publication::finish(work).unwrap();
            Publication::finish(work).unwrap();
            assert_eq!(tree(folder), expected(format, "new"), "{format:?}");
        },
    );
}

#[test]
fn files_created_meanwhile_are_not_replaced() {
    for format in FORMATS {
        let folder = tempfile::tempdir().unwrap();
        let work = prepared(folder.path(), format, false);
        // Written down, interrupted, and then somebody else takes the name.
        SYSTEM.set((0, true));
        Publication::write_down(&work, format, true).unwrap();
        Publication::finish(&work).unwrap_err();
        SYSTEM.set((u32::MAX, true));
        make(folder.path(), format, "mine");
        let error = Publication::finish(&work).unwrap_err().to_string();
        assert!(error.contains("has appeared"), "{format:?}: {error}");
        assert_eq!(tree(folder.path()), expected(format, "mine"), "{format:?}");
        assert!(Publication::was_begun(work.out()), "it is still to be done");
    }
}

#[test]
fn a_file_added_to_the_old_folder_keeps_it() {
    for format in [Format::DeepZoom, Format::Xyz] {
        let folder = tempfile::tempdir().unwrap();
        let work = prepared(folder.path(), format, true);
        let inner = folder.path().join(if format == Format::Xyz { "a/letter.txt" } else { "a_files/letter.txt" });
        fs::write(&inner, "precious").unwrap();
        let before = tree(folder.path());
        let error = Publication::run(&work, format, true).unwrap_err().to_string();
        assert!(error.contains("'letter.txt'"), "{format:?}: {error}");
        assert_eq!(tree(folder.path()), before, "{format:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_replaced_file_keeps_its_mode() {
    use std::os::unix::fs::PermissionsExt as _;
    for format in [Format::Tiff, Format::DeepZoom, Format::Raw] {
        let folder = tempfile::tempdir().unwrap();
        let work = prepared(folder.path(), format, true);
        fs::set_permissions(folder.path().join("a"), fs::Permissions::from_mode(0o640)).unwrap();
        Publication::run(&work, format, true).unwrap();
        let mode = fs::metadata(folder.path().join("a")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640, "{format:?}");
        assert_eq!(tree(folder.path()), expected(format, "new"));
    }
}
