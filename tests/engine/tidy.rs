//! The project's own rules: what every file starts with, how long it may be, where egui and unsafe code may stand, what changes the
//! state of the window.
//!
//! That a module uses only those above it is the compiler's to say: the engine's modules are packages.

use std::path::{Path, PathBuf};

const LONGEST: usize = 540;

/// The program's files, named from the project's folder on.
fn sources() -> Vec<(PathBuf, String)> {
    ["src", "crates"].into_iter().flat_map(files_below).collect()
}

/// All Rust files below a folder of the project.
fn files_below(folder: &str) -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                // A bench that is a package of its own may have been built there.
                if path.file_name().is_some_and(|name| name != "target") {
                    walk(&path, found);
                }
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    walk(&root.join(folder), &mut files);
    let named = |path: PathBuf| (path.strip_prefix(root).unwrap().to_owned(), std::fs::read_to_string(&path).unwrap());
    files.into_iter().map(named).collect()
}

/// What the rules about files as such are for: the program, its tests and its benches.
fn all_files() -> Vec<(PathBuf, String)> {
    ["src", "crates", "tests", "benches"].into_iter().flat_map(files_below).collect()
}

#[test]
fn every_file_begins_with_a_doc_comment() {
    for (path, text) in all_files() {
        assert!(text.starts_with("//!"), "{} does not begin with //!", path.display());
    }
}

#[test]
fn no_file_is_too_long() {
    for (path, text) in all_files() {
        let lines = text.lines().count();
        assert!(lines <= LONGEST, "{} has {lines} lines: what else does it hold?", path.display());
    }
}

#[test]
fn the_engine_does_not_name_egui() {
    for (path, text) in sources() {
        let outside = !path.starts_with("src/app") && path != Path::new("src/main.rs");
        let named = text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains("egui"));
        assert!(!(outside && named), "{} names egui", path.display());
    }
}

#[test]
fn only_logic_changes_the_state_of_the_window() {
    let outside = sources().into_iter().filter(|(path, _)| {
        path.starts_with("src/app") && !path.starts_with("src/app/logic") && path != Path::new("src/app/mod.rs")
    });
    for (path, text) in outside {
        let methods = text.split("\nimpl App {\n").skip(1).filter_map(|rest| rest.split("\n}\n").next());
        let changes = methods.into_iter().any(|block| block.contains("&mut self")) || text.contains("&mut App");
        assert!(!changes, "{} changes the state of the window", path.display());
        let sees = text.contains("&App") || text.contains("impl App");
        assert!(!sees || path.starts_with("src/app/panels"), "{}: only panels see the whole state", path.display());
    }
}

#[test]
fn wrappers_state_each_capability() {
    for (path, text) in all_files() {
        for literal in text.split("Capabilities {").skip(1) {
            let fields = literal.split('}').next().unwrap_or_default();
            assert!(!fields.contains(".."), "{}: capabilities taken over in silence", path.display());
        }
    }
}

#[test]
fn unsafe_code_stays_in_the_vector_kernels() {
    for (path, text) in sources() {
        let kernels =
            path.starts_with("crates/codec/src/jpeg/simd") || path == Path::new("crates/codec/src/jpeg/simd.rs");
        let uses = text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains("unsafe {"));
        assert!(kernels || !uses, "{} holds unsafe code", path.display());
    }
}
