//! `demo --headless`: the bundled example, made, arranged and exported without a window.

use lexopt::prelude::*;

use super::Failure;
use super::output::{OutputOptions, watched};
use crate::job::Progress;
use crate::work::demo;

/// `true` if it is the window that is asked for.
pub(super) fn run(mut parser: lexopt::Parser) -> Result<bool, Failure> {
    let mut options = OutputOptions::default();
    let mut headless = false;
    while let Some(argument) = parser.next()? {
        let name = match argument {
            Long("headless") => {
                headless = true;
                continue;
            }
            Long(name) => name.to_owned(),
            Short('o') => "out".to_owned(),
            other => return Err(other.unexpected().into()),
        };
        if !options.take(&name, &mut parser)? {
            return Err(Failure::Usage(format!("unknown option '--{name}'")));
        }
    }
    if !headless {
        return match options.out {
            Some(_) => Err(Failure::Usage("demo writes a file only with --headless".into())),
            None => Ok(true),
        };
    }
    options.check_name(&[])?;
    let progress = Progress::default();
    let mosaic = watched(&progress, || demo::make(&demo::folder()?, &progress))?;
    options.write(&mosaic, &[], None, 0)?;
    Ok(false)
}
