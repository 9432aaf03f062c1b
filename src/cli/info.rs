//! `info`: the metadata of a file.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::args::{Planes, Reading};
use super::{Done, print};
use crate::ImageRef;
use crate::work::Properties;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  mosaicist info slide.svs\n  mosaicist info cells.ome.tif --channels 0,2 --json")]
pub(super) struct InfoCommand {
    file: PathBuf,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    planes: Planes,
}

impl InfoCommand {
    pub(super) fn run(&self) -> Done {
        let image = self.reading.address(self.planes.address(ImageRef::parse(&self.file)));
        let properties = Properties::read(&image)?;
        if self.json {
            return print(&format!("{:#}\n", json!(properties)));
        }
        let clean = |text: &str| crate::text::line(text).into_owned();
        let line = |(name, value): (String, String)| format!("{:<20} {}\n", clean(&name), clean(&value));
        print(&properties.lines().into_iter().map(line).collect::<String>())
    }
}
