//! `align`: tiles that overlap find their places; out come their positions, as a table or a project, and a report.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::aligned::Told;
use super::args::Reading;
use super::layout::LayoutArgs;
use super::progress::watched;
use super::stitch::arranged;
use super::{Done, Failure};
use crate::align::{AlignOptions, Alignment, align, guess_layout, report};
use crate::geometry::Point;
use crate::job::{Progress, parse_bytes};
use crate::mosaic::layout::GridOrder;
use crate::mosaic::{Corner, Edit, Grid, Mosaic, Placement, TileLayout, is_project, save};
use crate::work::{
    PixelValue, PlacementReader, Placing, Tiles, joined_rounds, library, list_images, load_project, settled_round,
    standing_file,
};
use crate::{Error, whole_file};

/// Decoded tiles that are cached while neighbors are compared, in bytes.
const CACHE: u64 = 192 << 20;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  mosaicist align tiles/ --across 8 --overlap 10% -o positions.csv --report report.html
  mosaicist align tiles/ --layout auto -o tiles.mosaic
  mosaicist align photos/ --layout unknown -o tiles.mosaic --report report.html
  mosaicist align tiles.mosaic -o aligned.mosaic
  mosaicist align round2/ --to aligned.mosaic -o round2.mosaic")]
pub(super) struct Align {
    /// Tiles, folders of tiles, or a project, whose locked tiles stay.
    #[arg(required_unless_present = "positions", value_name = "TILE|FOLDER|PROJECT")]
    files: Vec<PathBuf>,
    /// Where to write: a .csv (file, x, y, confidence, state), a .mosaic project or a `TileConfiguration` .txt.
    #[arg(short, long)]
    out: PathBuf,
    /// Write an HTML report with a map and tables of aligned, weak and guessed tiles.
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// Align to a mosaic that is in place, as to an earlier round: its tiles stay, and positions are in its canvas pixels.
    #[arg(long, value_name = "PROJECT")]
    to: Option<PathBuf>,
    /// How far a step between two tiles may be off, in px; 4 % of the longer side unless given.
    #[arg(long, value_name = "PX", value_parser = shift)]
    max_shift: Option<f64>,
    /// Compare this channel, from 0; gray unless given.
    #[arg(long, value_name = "N")]
    channel: Option<usize>,
    /// The most memory for decoded tiles, as 192M.
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    memory: Option<u64>,
    /// Replace files that exist.
    #[arg(long)]
    overwrite: bool,
    /// Fail on a tile that cannot be read.
    #[arg(long)]
    strict: bool,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    layout: LayoutArgs,
    #[command(flatten)]
    reading: Reading,
}

/// The format of the positions.
#[derive(Clone, Copy, PartialEq)]
enum Format {
    Csv,
    Project,
    TileConfiguration,
}

impl Align {
    pub(super) fn run(&self) -> Done {
        let format = format_of(&self.out)?;
        let mut mosaic = self.start()?;
        let reference = self.to.as_ref().map(|project| load_project(project, &Progress::default())).transpose()?;
        let reference = reference.unwrap_or_default();
        // A project given is an input too.
        let protected: Vec<PathBuf> =
            self.files.iter().filter(|file| is_project(file)).chain(&self.to).cloned().collect();
        // And so are the tiles of both.
        let first = reference.placements.len();
        let (tiles, all) = joined_rounds(&reference, &mosaic);
        for path in std::iter::once(&self.out).chain(&self.report) {
            standing_file(&all, path, &protected)?.allow(self.overwrite)?;
        }
        let progress = Progress::default();
        let options = AlignOptions { max_shift: self.max_shift, is_layout_unknown: self.layout.is_unknown()? };
        let reader = self.reader(&all);
        let alignment = watched(&progress, || align(tiles, &reader, &options, &progress))?;
        let warnings = progress.warnings();
        if let (true, Some(error)) = (self.strict, warnings.first()) {
            return Err(error.clone().into());
        }
        for warning in &warnings {
            say!("mosaicist: warning: {warning}");
        }
        let names: Vec<String> = all.placements.iter().map(Placement::name).collect();
        {
            // Only with tiles before its own is that another alignment.
            let own = if first == 0 { Cow::Borrowed(&alignment) } else { Cow::Owned(alignment.from_tile(first)) };
            match format {
                Format::Csv => write(&self.out, &report::csv(&own, &names[first..]))?,
                Format::TileConfiguration => write(&self.out, &report::tile_configuration(&own, &names[first..])?)?,
                Format::Project => {
                    if first == 0 {
                        move_to(&mut mosaic, &alignment);
                    } else {
                        for edit in settled_round(&reference, &mosaic, &own) {
                            mosaic.apply(&edit);
                        }
                    }
                    save(&mosaic, &self.out)?;
                }
            }
        }
        if let Some(path) = &self.report {
            write(path, &report::html(&alignment, &names))?;
        }
        Told { out: &self.out, alignment: &alignment, first, names: &names, progress: &progress }.tell(self.json)
    }

    fn reader(&self, mosaic: &Mosaic) -> PlacementReader {
        let value = self.channel.map_or(PixelValue::Gray, PixelValue::Channel);
        PlacementReader::new(library(self.memory.unwrap_or(CACHE)), mosaic, value)
    }

    /// The tiles at their nominal positions, from the project or the layout options.
    fn start(&self) -> Result<Mosaic, Failure> {
        if let [project] = &*self.files
            && is_project(project)
        {
            return Ok(load_project(project, &Progress::default())?);
        }
        let images = list_images(&self.files)?.into_iter().map(|image| self.reading.address(image));
        let tiles = Tiles {
            from_folder: self.files.iter().all(|file| file.is_dir()),
            images: images.collect(),
            pixel_size: self.layout.pixel_size(),
            plane: self.layout.plane(),
            strict: self.strict,
        };
        if self.layout.is_guessed() {
            return Ok(self.guessed(&tiles)?);
        }
        if self.layout.is_unknown()? {
            // Where they lie at first means nothing.
            return Ok(arranged(&tiles, &Placing::Layout(TileLayout::Grid(Grid::default())))?);
        }
        Ok(arranged(&tiles, &self.layout.placing()?)?)
    }

    /// The tiles in the layout guessed from their pixels.
    fn guessed(&self, tiles: &Tiles) -> Result<Mosaic, Error> {
        // In their order, whatever their names tell.
        let mut mosaic = arranged(tiles, &Placing::Layout(TileLayout::Grid(Grid::default())))?;
        let sizes: Vec<_> = mosaic.placements.iter().map(|placement| placement.size).collect();
        let guesses = guess_layout(&sizes, &self.reader(&mosaic), self.layout.columns_given(), &Progress::default())?;
        let Some(best) = guesses.first() else {
            let what = "no two tiles match in any layout; give --across, --layout and --overlap";
            return Err(Error::invalid(what));
        };
        let sure = if best.is_ambiguous { ", ambiguous" } else { "" };
        say!("layout: {} (score {:.2} on {} pairs{sure})", described(&best.grid), best.score, best.pairs);
        if best.is_ambiguous {
            let what =
                "other layouts match about as well: give --across, --layout and --overlap, or try --layout unknown";
            say!("mosaicist: warning: {what}");
        }
        let ids = Arc::clone(mosaic.placements.ids());
        mosaic.arrange(&ids, &best.grid, Point::default())?;
        Ok(mosaic)
    }
}

fn described(grid: &Grid) -> String {
    let order = match grid.order {
        GridOrder::Rows => "rows",
        GridOrder::Columns => "columns",
        GridOrder::SnakeRows => "snake",
        GridOrder::SnakeColumns => "snake-columns",
    };
    let start = match grid.start {
        Corner::TopLeft => "top-left",
        Corner::TopRight => "top-right",
        Corner::BottomLeft => "bottom-left",
        Corner::BottomRight => "bottom-right",
    };
    let (x, y) = (grid.overlap.0.of(0.0), grid.overlap.1.of(0.0));
    format!("{} across, {order}@{start}, overlap {x},{y}", grid.across.unwrap_or(1))
}

pub(super) fn shift(text: &str) -> Result<f64, String> {
    let parsed = text.parse().ok().filter(|shift: &f64| shift.is_finite() && *shift >= 1.0);
    parsed.ok_or_else(|| "write at least 1 pixel".into())
}

/// By the ending.
fn format_of(out: &Path) -> Result<Format, Failure> {
    let ending = out.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    match ending.as_deref() {
        Some("csv") => Ok(Format::Csv),
        Some("txt") => Ok(Format::TileConfiguration),
        Some("mosaic") => Ok(Format::Project),
        _ => Err(Failure::Usage("align writes .csv, .mosaic or a TileConfiguration .txt".into())),
    }
}

/// The placements where the alignment has them.
pub(super) fn move_to(mosaic: &mut Mosaic, alignment: &Alignment) {
    let least =
        |axis: fn(&Point) -> f64| alignment.placed.iter().map(|p| axis(&p.position)).fold(f64::INFINITY, f64::min);
    // A canvas begins at a whole pixel; fractions between tiles stay.
    let origin = Point::new(least(|p| p.x).floor(), least(|p| p.y).floor());
    let places = mosaic.placements.iter().zip(&alignment.placed);
    let places = places.map(|(placement, placed)| (placement.id, placed.position - origin)).collect();
    mosaic.apply(&Edit::Place(places));
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    whole_file::write_bytes(path, text.as_bytes())
}
