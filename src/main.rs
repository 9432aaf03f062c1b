//! The program: arguments to the window or to a command.

use std::process::ExitCode;

use mosaicist::cli::{self, Asked};

fn main() -> ExitCode {
    match cli::run(std::env::args_os().skip(1).collect()) {
        Asked::Done(status) => status,
        Asked::Window(files) => window(Launch::Files(files.into_iter().map(Into::into).collect())),
        Asked::DemoWindow => window(Launch::Demo),
    }
}

#[cfg(feature = "gui")]
use mosaicist::app::Launch;

#[cfg(feature = "gui")]
fn window(start: Launch) -> ExitCode {
    mosaicist::job::draws_window();
    match mosaicist::app::run(start) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mosaicist: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(feature = "gui"))]
enum Launch {
    Files(Vec<std::path::PathBuf>),
    Demo,
}

#[cfg(not(feature = "gui"))]
fn window(start: Launch) -> ExitCode {
    let instead = match start {
        Launch::Files(files) if files.is_empty() => "see mosaicist --help".to_owned(),
        Launch::Files(files) => format!("try: mosaicist info {}", files[0].display()),
        Launch::Demo => "try: mosaicist demo --headless -o demo.dzi".to_owned(),
    };
    eprintln!("mosaicist: built without a window (feature \"gui\"); {instead}");
    ExitCode::FAILURE
}
