//! Damage real files at random and open them: `cargo bench --bench damaged -- FOLDER [--runs N] [--from SEED] [--only TEXT]`.
//!
//! Each run takes a file of the folder (up to 256 KiB, whatever its format), damages some places of it, opens it and reads a little of all
//! it holds. To these come slides and OME-Zarr folders made here (`--only made/` for them alone), of which folders of files have
//! few. Errors are fine. A panic, more than ten seconds or more than a gibibyte of memory is a bug: it is told with the
//! file and the seed, and the status is 1.
#![expect(clippy::unwrap_used, reason = "a tool of its own, which may stop where it cannot go on")]

#[path = "../tests/engine/made/mod.rs"]
mod made;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use mosaicist::job::peak_resident;
use mosaicist::source::open;
use mosaicist::source::testing::{damaged, try_reading};

const LONGEST: u64 = 256 << 10;
const SLOWEST: Duration = Duration::from_secs(10);
const MOST_MEMORY: u64 = 1 << 30;

fn main() -> ExitCode {
    let (mut folder, mut runs, mut from, mut only) = (None, 10_000u64, 0u64, String::new());
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_default();
        match argument.as_str() {
            "--runs" => runs = value().parse().unwrap(),
            "--from" => from = value().parse().unwrap(),
            "--only" => only = value(),
            other => folder = Some(PathBuf::from(other)),
        }
    }
    let Some(folder) = folder else {
        // `cargo bench` without a folder, and `cargo test --benches`: there is nothing to damage.
        eprintln!("damaged: name a folder of files");
        return ExitCode::SUCCESS;
    };
    let mut files = Vec::new();
    walk(&folder, &mut files);
    files.sort();
    let here = tempfile::tempdir().unwrap();
    let mut files: Vec<Target> = files.into_iter().map(|file| Target { file, opened: None }).collect();
    files.extend(make(&here.path().join("made")));
    files.retain(|target| target.file.to_string_lossy().contains(&only));
    assert!(!files.is_empty(), "no file of up to {LONGEST} bytes in {}", folder.display());
    std::panic::set_hook(Box::new(|_| {}));
    let (mut opened, mut bugs, mut slowest) = (0u64, 0u64, Duration::ZERO);
    for seed in from..from + runs {
        let Target { file, opened: whole } = &files[(seed % files.len() as u64) as usize];
        let sound = std::fs::read(file).unwrap();
        let copy = here.path().join(file.file_name().unwrap());
        let changed = if whole.is_some() { file } else { &copy };
        std::fs::write(changed, damaged(&sound, seed)).unwrap();
        let path = whole.as_ref().unwrap_or(&copy);
        let attempt = || {
            let start = Instant::now();
            let tried = std::panic::catch_unwind(|| open(path).map(|file| try_reading(&*file)).is_ok());
            (tried, start.elapsed())
        };
        let (mut tried, mut took) = attempt();
        if took > SLOWEST {
            // Perhaps the machine had something else to do.
            (tried, took) = attempt();
        }
        if whole.is_some() {
            std::fs::write(file, sound).unwrap();
        } else {
            std::fs::remove_file(&copy).unwrap();
        }
        slowest = slowest.max(took);
        opened += u64::from(matches!(tried, Ok(true)));
        if tried.is_err() || took > SLOWEST {
            bugs += 1;
            println!(
                "BUG {} seed {seed}: {} after {took:.1?}",
                file.display(),
                if tried.is_err() { "panic" } else { "slow" }
            );
        }
        let peak = peak_resident().unwrap_or(0);
        if peak > MOST_MEMORY {
            println!("BUG {} seed {seed}: peak memory {} MiB", file.display(), peak >> 20);
            return ExitCode::FAILURE;
        }
    }
    let peak = peak_resident().unwrap_or(0) >> 20;
    println!(
        "{runs} runs over {} files: {opened} opened, {bugs} bugs, slowest {slowest:.1?}, peak {peak} MiB",
        files.len()
    );
    if bugs == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A file to damage.
struct Target {
    file: PathBuf,
    /// What is opened then, where the file is damaged in its place: the whole that it is a part of.
    opened: Option<PathBuf>,
}

/// Small slides and chunked arrays, each in its own part of `folder`.
fn make(folder: &Path) -> Vec<Target> {
    type Make = fn(&Path);
    let alone: [(&str, Make); 5] = [
        ("a.scn", made::tiffs::scn),
        ("a.bif", made::tiffs::bif),
        ("a.tif", made::tiffs::trestle),
        ("a.ndpi", |path| made::ndpi(path, None, true)),
        ("a.czi", made::containers::czi),
    ];
    let in_folders: [(&str, &str, Make); 4] = [
        ("a.zarr", "", |path| made::zarr(path, false)),
        ("b.zarr", "", |path| made::zarr(path, true)),
        ("vms", "a.vms", made::vms),
        ("mirax", "a.mrxs", made::mirax),
    ];
    std::fs::create_dir(folder).unwrap();
    let mut targets = Vec::new();
    for (name, make) in alone {
        let file = folder.join(name);
        make(&file);
        targets.push(Target { opened: Some(file.clone()), file });
    }
    for (name, opened, make) in in_folders {
        let whole = folder.join(name);
        if !opened.is_empty() {
            std::fs::create_dir(&whole).unwrap();
        }
        make(&whole);
        let opened = if opened.is_empty() { whole.clone() } else { whole.join(opened) };
        let files = made::files_below(&whole).into_iter().map(|file| whole.join(file));
        targets.extend(files.map(|file| Target { file, opened: Some(opened.clone()) }));
    }
    targets
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, found);
        } else if entry.metadata().is_ok_and(|file| (1..=LONGEST).contains(&file.len())) {
            found.push(path);
        }
    }
}
