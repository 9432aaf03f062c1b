//! Diagnostics: where `tracing` events go. Commands write them to stderr when asked; the window keeps a log file.

use std::fs::File;
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt;

/// The environment variable that filters events by module: `info,mosaicist_export=debug`.
const VARIABLE: &str = "MOSAICIST_LOG";
/// The log is truncated at this many bytes.
const LONGEST: u64 = 4 << 20;

/// Logs events to stderr: warnings, more with each `verbose`, or as filtered by `MOSAICIST_LOG`.
pub fn to_stderr(verbose: u8) {
    let level = [LevelFilter::WARN, LevelFilter::DEBUG, LevelFilter::TRACE][usize::from(verbose).min(2)];
    let layer = fmt::layer().with_writer(std::io::stderr).with_target(verbose > 1).without_time();
    install(tracing_subscriber::registry().with(chosen(level)).with(layer));
}

/// Appends events to the file at `path`, each with its time and target.
pub fn to_file(path: &Path) {
    // A link or a pipe of that name is not ours.
    let found = std::fs::symlink_metadata(path);
    if found.as_ref().is_ok_and(|found| !found.is_file()) {
        return;
    }
    let long = found.is_ok_and(|file| file.len() > LONGEST);
    let opened = File::options().create(true).append(!long).truncate(long).write(true).open(path);
    if let Ok(file) = opened {
        let layer = fmt::layer().with_writer(Mutex::new(file)).with_ansi(false);
        install(tracing_subscriber::registry().with(chosen(LevelFilter::INFO)).with(layer));
    }
}

fn chosen(level: LevelFilter) -> Targets {
    let asked = std::env::var(VARIABLE).ok().and_then(|text| text.parse().ok());
    asked.unwrap_or_else(|| Targets::new().with_targets(OURS.map(|part| (part, level))))
}

/// Our own parts; a target is also meant where it begins like this.
const OURS: [&str; 1] = ["mosaicist"];

/// A second call in a process (in tests) has no effect.
fn install(subscriber: impl SubscriberInitExt) {
    if subscriber.try_init().is_err() {
        tracing::debug!("diagnostics go where they went before");
    }
}
