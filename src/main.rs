//! The program: arguments to the window or to a command.

use std::process::ExitCode;

use mosaicist::cli::{self, Asked};

fn main() -> ExitCode {
    match cli::run(std::env::args_os().skip(1).collect()) {
        Asked::Done(status) => status,
        Asked::Window(files) => window(Start::Files(files.into_iter().map(Into::into).collect())),
        Asked::DemoWindow => window(Start::Demo),
    }
}

#[cfg(feature = "gui")]
use mosaicist::app::Start;

#[cfg(feature = "gui")]
fn window(start: Start) -> ExitCode {
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
enum Start {
    Files(Vec<std::path::PathBuf>),
    Demo,
}

#[cfg(not(feature = "gui"))]
fn window(start: Start) -> ExitCode {
    let instead = match start {
        Start::Files(files) if files.is_empty() => "see mosaicist --help".to_owned(),
        Start::Files(files) => format!("try: mosaicist info {}", files[0].display()),
        Start::Demo => "try: mosaicist demo --headless -o demo.dzi".to_owned(),
    };
    eprintln!("mosaicist: built without a window (feature \"gui\"); {instead}");
    ExitCode::FAILURE
}
