//! `positions`: writes the tile positions of a project for other programs, or converts such a file.

use std::path::PathBuf;

use clap::Args;

use super::{Done, Failure};
use crate::Error;
use crate::mosaic::layout::Unit;
use crate::mosaic::positions::{Columns, PositionFormat, format_of_name, format_of_path, read, write};
use crate::mosaic::{is_project, load};
use crate::work::positions_of;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mosaicist positions tiles.mosaic -o TileConfiguration.txt
  mosaicist positions tiles.mosaic --format mist -o global-positions-0.txt")]
pub(super) struct PositionsCommand {
    /// A project, or a file of positions.
    #[arg(value_name = "PROJECT|FILE")]
    file: PathBuf,
    /// The file to write. The ending chooses the format: .txt (Fiji), .csv, .tsv, .json, .xml, .pto, .vrt.
    #[arg(short, long)]
    out: PathBuf,
    /// A format, also one without an ending of its own: mist, trakem2 ...
    #[arg(long, value_name = "F", value_parser = format_of_name)]
    format: Option<&'static PositionFormat>,
    /// The columns of a table that is read, as `file=name,x=x_um,y=y_um,unit=um`.
    #[arg(long, value_name = "C")]
    columns: Option<Columns>,
    /// Replace OUT if it exists.
    #[arg(long)]
    overwrite: bool,
}

impl PositionsCommand {
    pub(super) fn run(&self) -> Done {
        let (file, out) = (&self.file, &self.out);
        let by_ending = || format_of_path(out).map_err(|error| Failure::Usage(error.to_string()));
        let format = self.format.map_or_else(by_ending, Ok)?;
        crate::export::standing_file(out, std::slice::from_ref(file))?.allow(self.overwrite)?;
        let positions = if is_project(file) {
            positions_of(&load(file)?, out)?
        } else {
            read(file, &self.columns.clone().unwrap_or_default())?
        };
        if positions.unit != Unit::Pixel {
            let what = "its positions are in µm: stitch the tiles to a .mosaic project first, which has them in pixels";
            return Err(Error::invalid(format!("{}: {what}", file.display())).into());
        }
        let notes = positions.notes.clone().into_iter().chain(write(&positions, out, format)?);
        notes.for_each(|note| say!("mosaicist: {note}"));
        Ok(())
    }
}
