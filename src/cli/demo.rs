//! `demo`: the bundled example, in the window or, made, arranged and exported, without one.

use clap::Args;

use super::Failure;
use super::output::Output;
use super::progress::watched;
use crate::job::Progress;
use crate::work::demo;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  mosaicist demo\n  mosaicist demo --headless -o demo.dzi")]
pub(super) struct Demo {
    /// Export the example without a window.
    #[arg(long, requires = "out")]
    headless: bool,
    #[command(flatten)]
    output: Output,
}

impl Demo {
    /// `true` if it is the window that is asked for.
    pub(super) fn run(&self) -> Result<bool, Failure> {
        if !self.headless {
            return match self.output.out {
                Some(_) => Err(Failure::Usage("demo writes a file only with --headless".into())),
                None => Ok(true),
            };
        }
        self.output.check_name(&[])?;
        let progress = Progress::default();
        let mosaic = watched(&progress, || demo::make(&demo::folder()?, &progress))?;
        self.output.write(&mosaic, &[], None, 0)?;
        Ok(false)
    }
}
