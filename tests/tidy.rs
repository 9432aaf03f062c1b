//! The house's own rules: reading order of modules, a head on every file, no file that has outgrown its idea.
#![expect(clippy::unwrap_used, reason = "a test helper that cannot go on should say where")]

use std::path::{Path, PathBuf};

const LONGEST: usize = 540;

/// The program's files, named from `src` on.
fn sources() -> Vec<(PathBuf, String)> {
    files_below("src")
}

/// All Rust files below a folder of the project, named from there on.
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
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files = Vec::new();
    walk(&root, &mut files);
    let named = |path: PathBuf| (path.strip_prefix(&root).unwrap().to_owned(), std::fs::read_to_string(&path).unwrap());
    files.into_iter().map(named).collect()
}

/// What the rules about files as such are for: the program, its tests and its benches.
fn all_files() -> Vec<(PathBuf, String)> {
    ["src", "tests", "benches"].into_iter().flat_map(files_below).collect()
}

/// The modules of `lib.rs` in their order.
fn modules() -> Vec<String> {
    let lib = sources().into_iter().find(|(path, _)| path == Path::new("lib.rs")).unwrap().1;
    let named = lib.lines().filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod "));
    named.map(|rest| rest.trim_end_matches(';').to_owned()).collect()
}

#[test]
fn every_file_says_what_it_is() {
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
fn a_module_uses_only_those_above_it() {
    let order = modules();
    assert!(order.len() > 8, "{order:?}");
    for (path, text) in sources() {
        let top = path.iter().next().unwrap().to_string_lossy().trim_end_matches(".rs").to_owned();
        let Some(own) = order.iter().position(|module| *module == top) else { continue };
        // What stands in a test module may look anywhere.
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        for (number, line) in code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for used in line.split("crate::").skip(1) {
                let used: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let below = order.iter().position(|module| *module == used).is_some_and(|at| at > own);
                assert!(!below, "{}:{}: {top} uses {used}, which comes after it", path.display(), number + 1);
            }
        }
    }
}

#[test]
fn nothing_below_the_window_knows_of_it() {
    for (path, text) in sources() {
        let outside = !path.starts_with("app") && path != Path::new("main.rs");
        let named = text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains("egui"));
        assert!(!(outside && named), "{} names egui", path.display());
    }
}

#[test]
fn unsafe_code_stays_in_the_vector_kernels() {
    for (path, text) in sources() {
        let kernels = path.starts_with("codec/jpeg/simd") || path == Path::new("codec/jpeg/simd.rs");
        let uses = text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains("unsafe {"));
        assert!(kernels || !uses, "{} holds unsafe code", path.display());
    }
}
