//! The command line: the window's engine without the window. Names and meanings of options are a contract with scripts.
//!
//! Results go to stdout, progress and messages to stderr. Exit status 0: done; 1: failed, with one clear line; 2: wrong usage;
//! 3: done but for some inputs, which are named.

/// A line on stderr, of which no part can be a command to the terminal, wherever it comes from.
macro_rules! say {
    ($($part:tt)*) => { eprintln!("{}", crate::text::line(&format!($($part)*))) };
}

mod align;
mod aligned;
mod args;
mod batch;
mod blend;
mod crop;
mod demo;
mod detect;
mod export;
mod filters;
mod generate;
mod info;
mod layout;
mod output;
mod positions;
mod progress;
pub(crate) mod recipe;
mod regions;
mod stitch;
mod tiff;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::Error;

/// Open, arrange, align, view, measure and export images far larger than memory.
///
/// Without a command, the window opens with the files, folders or projects that are named.
#[derive(Debug, Parser)]
#[command(name = "mosaicist", version, after_help = EXAMPLES, override_usage = USAGE)]
#[command(disable_help_subcommand = true, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Verbose messages on stderr; twice for debug messages. `MOSAICIST_LOG` filters by module: `mosaicist_export=debug`.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// The most memory that the description of one file may take, as 2G: for files with more than usual.
    #[arg(long, global = true, value_name = "BYTES", value_parser = crate::job::parse_bytes, hide_short_help = true)]
    max_open_memory: Option<u64>,
    /// Let a project take files outside of its folder for raw images.
    #[arg(long, global = true, hide_short_help = true)]
    allow_outside: bool,
}

const USAGE: &str = "mosaicist [FILE|FOLDER|PROJECT]...\n       mosaicist COMMAND [OPTIONS]";

const EXAMPLES: &str = "\
Examples:
  mosaicist slide.svs
  mosaicist stitch tiles/ --across 50 --overlap 64,64 -o mosaic.dzi
  mosaicist export mosaic.tif --region 2000,1000,8000,6000 --level 1 -o part.tif
  mosaicist info slide.svs --json

'mosaicist COMMAND --help' explains a command and its options.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Open the window with a bundled example, or export it.
    Demo(Box<demo::Demo>),
    /// Show the metadata of a file.
    Info(info::InfoCommand),
    /// Write a part of one level to a plain file, in the image's own sample type.
    Crop(crop::Crop),
    /// Join tiles to one image, or to a project.
    Stitch(Box<stitch::Stitch>),
    /// Align overlapping tiles: find their exact places.
    Align(Box<align::Align>),
    /// Write an image or a project, or a part of it, in another format.
    Export(Box<export::Export>),
    /// Find regions of interest: tissue, dark or bright objects, fields, cores.
    Detect(detect::Detect),
    /// Apply a recipe of filters and an export to many files.
    Batch(batch::Batch),
    /// List the filters, their parameters, units and ranges.
    Filters(filters::Filters),
    /// Write the tile positions of a project for other programs.
    Positions(positions::PositionsCommand),
    /// Print a script that completes commands and options in a shell.
    Completions(generate::Completions),
    /// Write the manual pages to a folder.
    Man(generate::Man),
}

/// How a command ended, if not well.
enum Failure {
    /// Wrong usage, with the reason.
    Usage(String),
    /// The work failed.
    Work(Error),
    /// Some of the work failed, and has been named; the rest is done.
    Partial(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Work(error)
    }
}

type Done = std::result::Result<(), Failure>;

/// The command given by the arguments.
pub enum Asked {
    /// The command has run; this is its exit status.
    Done(ExitCode),
    /// Open the window with these files.
    Window(Vec<OsString>),
    /// Open the window with the example.
    DemoWindow,
}

/// Runs the command in `arguments` (without the program's name), or returns the files to open in the window.
pub fn run(arguments: Vec<OsString>) -> Asked {
    if names_files(&arguments) {
        return Asked::Window(arguments);
    }
    let with_name = std::iter::once(OsString::from("mosaicist")).chain(arguments);
    let parsed = Cli::command().try_get_matches_from(with_name).and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            // A closed pipe is no failure.
            drop(error.print());
            return Asked::Done(ExitCode::from(error.exit_code() as u8));
        }
    };
    crate::log::to_stderr(cli.verbose);
    if let Some(bytes) = cli.max_open_memory {
        crate::source::set_most_open_memory(bytes);
    }
    if cli.allow_outside {
        crate::mosaic::allow_outside();
    }
    let done = match cli.command {
        Command::Demo(demo) => match demo.run() {
            Ok(true) => return Asked::DemoWindow,
            Ok(false) => Ok(()),
            Err(failure) => Err(failure),
        },
        Command::Info(info) => info.run(),
        Command::Crop(crop) => crop.run(),
        Command::Stitch(stitch) => stitch.run(),
        Command::Align(align) => align.run(),
        Command::Export(export) => export.run(),
        Command::Detect(detect) => detect.run(),
        Command::Batch(batch) => batch.run(),
        Command::Filters(filters) => filters.run(),
        Command::Positions(positions) => positions.run(),
        Command::Completions(completions) => completions.run(),
        Command::Man(man) => man.run(),
    };
    Asked::Done(match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Work(error)) => {
            say!("mosaicist: {error}");
            ExitCode::from(1)
        }
        Err(Failure::Partial(what)) => {
            say!("mosaicist: {what}");
            ExitCode::from(3)
        }
        Err(Failure::Usage(what)) => {
            say!("mosaicist: {what} (see mosaicist --help)");
            ExitCode::from(2)
        }
    })
}

/// Whether the arguments are no command but files for the window: there are none, or the first exists or looks like a path.
fn names_files(arguments: &[OsString]) -> bool {
    let Some(first) = arguments.first() else { return true };
    let path = Path::new(first);
    let is_command = first.to_str().is_some_and(|name| Cli::command().find_subcommand(name).is_some());
    let is_option = first.as_encoded_bytes().starts_with(b"-");
    let is_path = || path.symlink_metadata().is_ok() || path.components().count() > 1 || path.extension().is_some();
    !is_command && !is_option && is_path()
}

/// Prints to stdout; a closed pipe is no failure.
fn print(text: &str) -> Done {
    use std::io::Write as _;
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::Work(Error::io(Path::new("stdout"), error)))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_mistyped_command_is_not_a_file() {
        let asks = |arguments: &[&str]| names_files(&arguments.iter().map(OsString::from).collect::<Vec<_>>());
        assert!(asks(&[]) && asks(&["a.tif"]) && asks(&["./folder"]) && asks(&["Cargo.toml"]));
        assert!(!asks(&["strich", "a"]) && !asks(&["stitch", "a"]) && !asks(&["--version"]));
        let error = Cli::command().try_get_matches_from(["mosaicist", "strich", "a"]).unwrap_err().to_string();
        assert!(error.contains("'stitch'"), "{error}");
    }

    #[test]
    fn every_command_has_an_example() {
        let mut root = Cli::command();
        root.build();
        for command in root.get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("mosaicist "), "{}", command.get_name());
        }
    }
}
