//! Resuming an unfinished export: whether it is the same one, and which blocks are done.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use mosaicist_core::whole_file;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::journal::{Head, Journal, Replay, boot_number};
use super::workspace::{JOURNAL, Workspace};
use super::{ExportOptions, Plan};
use crate::job::show_bytes;
use crate::source::Info;
use crate::{Error, IoResultExt, Result};

/// What to do with an unfinished export of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ResumeMode {
    /// Begin. Refused if more than some seconds of work would be lost.
    #[default]
    New,
    /// Resume it. Fails if an input or an option has changed. Without one, begin.
    Resume,
    /// Begin, discarding it.
    Restart,
}

/// The identity of an export besides its options, given by the owner of the source.
#[derive(Default)]
pub struct Identity<'a> {
    /// Names and values for messages.
    pub settings: Vec<(&'static str, String)>,
    /// Each input's state (see [`input_line`]), in an order of their own.
    pub inputs: Option<Box<Inputs<'a>>>,
    /// What the job reads, files and folders, as [`standing`](super::standing) takes them: no output touches any.
    pub files: Vec<std::path::PathBuf>,
}

/// Gives the inputs' lines, from the first on, each time it is called.
pub type Inputs<'a> = dyn Fn() -> Box<dyn Iterator<Item = String> + 'a> + 'a;

/// How far an unfinished export is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unfinished {
    /// Tiles written, of `total`.
    pub done: u64,
    pub total: u64,
    /// Of work.
    pub seconds: f64,
}

/// Work shorter than this is not worth keeping, nor a question.
pub const WORTH_KEEPING_SECONDS: f64 = 10.0;

const INPUTS: &str = "inputs";
const NOTE: &str = "README.txt";

/// The unfinished export of `out`, if there is one that can be read.
pub fn unfinished(out: &Path) -> Option<Unfinished> {
    let out = whole_file::followed(out).ok()?;
    let (head, replay) = Journal::replay(&Workspace::folder_for(&out).join(JOURNAL)).ok()?;
    Some(Unfinished { done: replay.tiles, total: head.tiles, seconds: replay.milliseconds as f64 / 1000.0 })
}

/// Whether what lies in `work` after a failure is to stay: what is complete, or some seconds of work; any at all if `wanted`;
/// and what cannot be read, for only a person should throw that away.
pub(super) fn worth_keeping(work: &Workspace, wanted: bool) -> bool {
    let journal = work.scratch(JOURNAL);
    match Journal::replay(&journal) {
        Ok((_, left)) => {
            let seconds = left.milliseconds as f64 / 1000.0;
            left.complete.is_some() || seconds >= WORTH_KEEPING_SECONDS || wanted && left.tiles > 0
        }
        Err(_) => journal.exists(),
    }
}

/// One line for an input: its placement, size and modification time, then its path.
pub fn input_line(place: &str, path: &Path) -> String {
    let state = fs::metadata(path).map_or_else(
        |_| "missing".to_owned(),
        |found| {
            let since = found.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
            format!("{} bytes, changed {}", found.len(), since.map_or(0, |since| since.as_nanos()))
        },
    );
    // As it is debugged, a line break in a name does not make two lines, and a name that is no text is told from others.
    #[expect(clippy::unnecessary_debug_formatting, reason = "tells bytes that are no text")]
    let name = format!("{path:?}");
    format!("{place}\t{state}\t{}", name.trim_matches('"'))
}

/// The earlier work in `work` to resume, if any; fails where `start` does not allow it.
pub(super) fn earlier(
    work: &Workspace,
    start: ResumeMode,
    options: &ExportOptions,
    info: &Info,
    identity: &Identity<'_>,
) -> Result<Option<(Head, Replay)>> {
    let journal = work.scratch(JOURNAL);
    if start == ResumeMode::Restart || !journal.exists() {
        return Ok(None);
    }
    let (head, replay) = Journal::replay(&journal)?;
    let refused = |what: String| Error::limit(what).at(work.out());
    if start == ResumeMode::New {
        let seconds = replay.milliseconds as f64 / 1000.0;
        if seconds < WORTH_KEEPING_SECONDS {
            return Ok(None);
        }
        let percent = 100 * replay.tiles / head.tiles.max(1);
        let what = format!(
            "an unfinished export is here ({percent} %, {seconds:.0} s of work): continue it with --resume, or restart it with --restart"
        );
        return Err(refused(what));
    }
    let now = settings(options, info, identity);
    if let Some(what) = changed_setting(&head.settings, &now) {
        return Err(refused(format!("cannot be resumed: {what}; use it as it was, or restart with --restart")));
    }
    if let Some(what) = changed_input(&work.scratch(INPUTS), identity)? {
        return Err(refused(format!("cannot be resumed: {what}; restart with --restart")));
    }
    Ok(Some((head, replay)))
}

/// Empties the workspace and begins a journal.
pub(super) fn begin(
    work: &Workspace,
    options: &ExportOptions,
    info: &Info,
    identity: &Identity<'_>,
    plan: &Plan,
) -> Result<Journal> {
    work.clear()?;
    let note = work.scratch(NOTE);
    fs::write(&note, note_text(work, plan)).at(&note)?;
    let path = work.scratch(INPUTS);
    let mut file = BufWriter::new(File::create(&path).at(&path)?);
    for line in identity.lines() {
        writeln!(file, "{line}").at(&path)?;
    }
    file.flush().at(&path)?;
    let settings = settings(options, info, identity);
    let head = Head { settings, k: plan.k, tiles: plan.tiles, boot: boot_number() };
    Journal::create(&work.scratch(JOURNAL), &head)
}

/// Open the journal of earlier work.
pub(super) fn go_on(work: &Workspace, replay: &Replay, restore: impl FnMut(&[u8]) -> Result<()>) -> Result<Journal> {
    Journal::resume(&work.scratch(JOURNAL), replay, restore)
}

impl<'a> Identity<'a> {
    fn lines(&self) -> Box<dyn Iterator<Item = String> + 'a> {
        self.inputs
            .as_ref()
            .map_or_else(|| Box::new(std::iter::empty()) as Box<dyn Iterator<Item = String>>, |all| all())
    }
}

/// All parameters that determine the output's bytes, by name.
fn settings(options: &ExportOptions, info: &Info, identity: &Identity<'_>) -> Map<String, Value> {
    let mut all = match serde_json::to_value(options) {
        Ok(Value::Object(all)) => all,
        _ => Map::new(),
    };
    // How much of the machine is used changes nothing in the result.
    all.retain(|name, _| !["memory", "threads", "block_exponent"].contains(&&**name));
    let image = format!("{}, {} channels, {:?}, {}", info.size(), info.channels, info.color, info.sample.name());
    all.insert("image".into(), image.into());
    all.insert("version".into(), env!("CARGO_PKG_VERSION").into());
    all.extend(identity.settings.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into())));
    all
}

fn changed_setting(before: &Map<String, Value>, now: &Map<String, Value>) -> Option<String> {
    let names = before.keys().chain(now.keys());
    let show = |value: Option<&Value>| value.map_or_else(|| "not set".to_owned(), ToString::to_string);
    let mut changed = names.filter(|name| before.get(*name) != now.get(*name));
    let name = changed.next()?;
    Some(format!("the setting '{name}' was {} and is {} now", show(before.get(name)), show(now.get(name))))
}

fn changed_input(path: &Path, identity: &Identity<'_>) -> Result<Option<String>> {
    let mut before = BufReader::new(File::open(path).at(path)?).lines();
    let mut now = identity.lines();
    loop {
        let was = before.next().transpose().at(path)?;
        let path_of = |line: &str| line.rsplit('\t').next().unwrap_or_default().to_owned();
        match (was, now.next()) {
            (None, None) => return Ok(None),
            (Some(was), Some(is)) if was == is => {}
            (Some(was), Some(is)) if path_of(&was) == path_of(&is) => {
                return Ok(Some(format!("{} has changed since", path_of(&is))));
            }
            (Some(was), _) => return Ok(Some(format!("{} is no longer the next input", path_of(&was)))),
            (None, Some(is)) => return Ok(Some(format!("{} has been added since", path_of(&is)))),
        }
    }
}

fn note_text(work: &Workspace, plan: &Plan) -> String {
    format!(
        "This folder is an unfinished export by Mosaicist, of\n\n    {}\n\n\
         ({} tiles, about {}). While the program runs, it works here; when it is done, the folder is gone.\n\n\
         If it was interrupted: give the same command again with --resume (or press Resume in the window), and it goes on\n\
         where it was. You may also delete this folder; no finished export needs it. Only if a file 'publishing' is in it, give the command\n\
         again first: the output is complete then, and this folder may hold it and what it replaces.\n",
        work.out().display(),
        plan.tiles,
        show_bytes(plan.output_bytes)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_changed_setting_is_named() {
        let map = |quality: u8| Map::from_iter([("quality".to_owned(), Value::from(quality))]);
        assert_eq!(changed_setting(&map(75), &map(75)), None);
        let what = changed_setting(&map(75), &map(80)).unwrap();
        assert_eq!(what, "the setting 'quality' was 75 and is 80 now");
        assert!(changed_setting(&Map::new(), &map(80)).unwrap().contains("was not set"));
    }

    #[test]
    fn the_changed_input_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["a", "b", "c"] {
            fs::write(path(name), name).unwrap();
        }
        let identity = |names: Vec<&str>| {
            let lines: Vec<_> = names.iter().map(|name| input_line("0,0", &path(name))).collect();
            Identity { inputs: Some(Box::new(move || Box::new(lines.clone().into_iter()))), ..Identity::default() }
        };
        let before: Vec<_> = identity(vec!["a", "b"]).lines().collect();
        fs::write(path("inputs"), before.join("\n")).unwrap();
        let changed = |names| changed_input(&path("inputs"), &identity(names)).unwrap();
        assert_eq!(changed(vec!["a", "b"]), None);
        assert!(changed(vec!["a", "b", "c"]).unwrap().ends_with("c has been added since"));
        assert!(changed(vec!["a"]).unwrap().contains("b is no longer"));
        fs::write(path("b"), "longer").unwrap();
        assert!(changed(vec!["a", "b"]).unwrap().ends_with("b has changed since"));
        fs::remove_file(path("b")).unwrap();
        assert!(changed(vec!["a", "b"]).unwrap().ends_with("b has changed since"));
    }
}
