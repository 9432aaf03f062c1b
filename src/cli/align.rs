//! `align`: tiles that overlap find their places; out come their positions, as a table or a project, and a report.

use std::path::{Path, PathBuf};

use lexopt::prelude::*;
use serde_json::json;

use super::output::watched;
use super::stitch::gather;
use super::{Done, Failure, numbers, print};
use crate::align::{AlignOptions, Alignment, LinkState, Tile, TileState, align, guess_layout, report};
use crate::geometry::Point;
use crate::job::{Progress, parse_bytes, peak_resident, show_bytes};
use crate::mosaic::{Grid, Mosaic, is_project, load, save};
use crate::work::{Look, PlacementReader, library, list_images, standing_file};
use crate::{Error, IoResultExt as _};

/// Decoded tiles that are kept while neighbors are compared, in bytes.
const CACHE: u64 = 192 << 20;

/// What `align` is asked.
#[derive(Debug, Default)]
struct AlignArguments {
    files: Vec<PathBuf>,
    out: Option<PathBuf>,
    report: Option<PathBuf>,
    across: Option<u32>,
    layout: Option<String>,
    overlap: (i64, i64),
    channel: Option<usize>,
    options: AlignOptions,
    cache: Option<u64>,
    overwrite: bool,
    strict: bool,
    json: bool,
}

/// What the positions are written as.
#[derive(Clone, Copy, PartialEq)]
enum Output {
    Csv,
    Project,
    TileConfiguration,
}

pub(super) fn run(mut parser: lexopt::Parser) -> Done {
    let mut asked = AlignArguments::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('o') | Long("out") => asked.out = Some(parser.value()?.into()),
            Long("report") => asked.report = Some(parser.value()?.into()),
            Long("across") => asked.across = Some(parser.value()?.parse()?),
            Long("layout") => asked.layout = Some(parser.value()?.string()?),
            Long("overlap") => asked.overlap = numbers::<2>(&parser.value()?, "--overlap")?.into(),
            Long("channel") => asked.channel = Some(parser.value()?.parse()?),
            Long("max-shift") => asked.options.max_shift = Some(parser.value()?.parse()?),
            Long("memory") => {
                let text = parser.value()?.string()?;
                asked.cache = Some(parse_bytes(&text).map_err(|error| Failure::Usage(error.to_string()))?);
            }
            Long("overwrite") => asked.overwrite = true,
            Long("strict") => asked.strict = true,
            Long("json") => asked.json = true,
            Value(value) => asked.files.push(value.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    run_with(&asked)
}

fn run_with(asked: &AlignArguments) -> Done {
    let out = asked.out.as_deref().ok_or_else(|| Failure::Usage("say where to write: -o OUT".into()))?;
    let output = output_of(out)?;
    if asked.across == Some(0) {
        return Err(Failure::Usage("--across wants at least 1".into()));
    }
    if asked.options.max_shift.is_some_and(|shift| !shift.is_finite() || shift < 1.0) {
        return Err(Failure::Usage("--max-shift wants at least 1 pixel".into()));
    }
    let mut mosaic = start(asked)?;
    // A project given is an input too.
    let protected: Vec<PathBuf> = asked.files.iter().filter(|file| is_project(file)).cloned().collect();
    for path in [Some(out), asked.report.as_deref()].into_iter().flatten() {
        standing_file(&mosaic, path, &protected)?.allow(asked.overwrite)?;
    }
    let look = asked.channel.map_or(Look::Gray, Look::Channel);
    let reader = PlacementReader::new(library(asked.cache.unwrap_or(CACHE)), &mosaic, look);
    let tiles = mosaic.placements.iter().map(Tile::of).collect();
    let progress = Progress::default();
    let alignment = watched(&progress, || align(tiles, &reader, &asked.options, &progress))?;
    let warnings = progress.warnings();
    if let (true, Some(error)) = (asked.strict, warnings.first()) {
        return Err(error.clone().into());
    }
    for warning in &warnings {
        eprintln!("mosaicist: warning: {warning}");
    }
    let names: Vec<String> = mosaic.placements.iter().map(crate::mosaic::Placement::name).collect();
    match output {
        Output::Csv => write(out, &report::csv(&alignment, &names))?,
        Output::TileConfiguration => write(out, &report::tile_configuration(&alignment, &names)?)?,
        Output::Project => {
            move_to(&mut mosaic, &alignment);
            save(&mosaic, out)?;
        }
    }
    if let Some(path) = &asked.report {
        write(path, &report::html(&alignment, &names))?;
    }
    tell(asked, &alignment, &names, &progress)
}

/// By the ending.
fn output_of(out: &Path) -> Result<Output, Failure> {
    let ending = out.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    match ending.as_deref() {
        Some("csv") => Ok(Output::Csv),
        Some("txt") => Ok(Output::TileConfiguration),
        Some("mosaic") => Ok(Output::Project),
        _ => Err(Failure::Usage("align writes .csv, .mosaic or a TileConfiguration .txt".into())),
    }
}

/// The tiles where they are thought to lie: as a project has them, or as a grid.
fn start(asked: &AlignArguments) -> Result<Mosaic, Failure> {
    if let [project] = &*asked.files
        && is_project(project)
    {
        return Ok(load(project)?);
    }
    if asked.files.is_empty() {
        return Err(Failure::Usage("say which files".into()));
    }
    let files = list_images(&asked.files)?;
    let mut grid = asked.across.map_or_else(|| Grid::square(files.len()), Grid::across);
    grid.overlap = asked.overlap;
    if asked.layout.as_deref() == Some("auto") {
        return guessed(asked, &files);
    }
    if let Some(layout) = &asked.layout {
        grid.parse_layout(layout).map_err(|error| Failure::Usage(error.to_string()))?;
    }
    Ok(gather(&files, &grid, asked.strict)?)
}

/// The tiles in the layout that their pixels speak for.
fn guessed(asked: &AlignArguments, files: &[PathBuf]) -> Result<Mosaic, Failure> {
    let mut mosaic = gather(files, &Grid::square(files.len()), asked.strict)?;
    let look = asked.channel.map_or(Look::Gray, Look::Channel);
    let reader = PlacementReader::new(library(asked.cache.unwrap_or(CACHE)), &mosaic, look);
    let sizes: Vec<_> = mosaic.placements.iter().map(|placement| placement.size).collect();
    let guesses = guess_layout(&sizes, &reader, asked.across, &Progress::default())?;
    let Some(best) = guesses.first() else {
        return Err(
            Error::invalid("no two tiles match in any layout; say it by --across, --layout and --overlap").into()
        );
    };
    let Grid { across, order, start, overlap } = best.grid;
    eprintln!(
        "layout: {across} across, {order:?} from {start:?}, overlap {},{} (score {:.2} on {} pairs)",
        overlap.0, overlap.1, best.score, best.pairs
    );
    let ids = mosaic.placements.iter().map(|placement| placement.id).collect();
    mosaic.arrange(&ids, &best.grid, Point::default());
    Ok(mosaic)
}

/// The placements where the alignment has them.
fn move_to(mosaic: &mut Mosaic, alignment: &Alignment) {
    let least =
        |axis: fn(&Point) -> f64| alignment.placed.iter().map(|p| axis(&p.position)).fold(f64::INFINITY, f64::min);
    // A canvas begins at a whole pixel; fractions between tiles stay.
    let origin = Point::new(least(|p| p.x).floor(), least(|p| p.y).floor());
    for (placement, placed) in mosaic.placements.iter_mut().zip(&alignment.placed) {
        placement.position = placed.position - origin;
    }
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Whole or not at all.
    let mut file = tempfile::Builder::new().prefix(".mosaicist-").tempfile_in(folder).at(path)?;
    std::io::Write::write_all(&mut file, text.as_bytes()).at(path)?;
    file.persist(path).map_err(|error| Error::io(path, error.error))?;
    Ok(())
}

/// The closing report.
fn tell(asked: &AlignArguments, alignment: &Alignment, names: &[String], progress: &Progress) -> Done {
    let count = |state: LinkState| alignment.links.iter().filter(|link| link.state == state).count();
    let states = [TileState::Aligned, TileState::Weak, TileState::Guessed].map(|state| (state, alignment.count(state)));
    let seconds = progress.snapshot().elapsed.as_secs_f64();
    let groups = alignment.groups();
    if asked.json {
        let links: Vec<_> = alignment.links.iter().map(|link| link_json(link, names)).collect();
        let groups: Vec<Vec<&str>> =
            groups.iter().map(|group| group.iter().map(|tile| &*names[*tile as usize]).collect()).collect();
        return print(&format!(
            "{:#}\n",
            json!({
                "out": asked.out, "tiles": alignment.tiles.len(), "aligned": states[0].1, "weak": states[1].1,
                "guessed": states[2].1, "links": links, "groups": groups, "seconds": seconds,
                "warnings": progress.warnings().iter().map(ToString::to_string).collect::<Vec<_>>(),
                "peak_memory": peak_resident(),
            })
        ));
    }
    let listed = states.map(|(state, number)| format!("{number} {}", state.name())).join(", ");
    eprintln!(
        "{listed}; {} of {} links accepted, {} contradicted; {seconds:.1} s{}",
        count(LinkState::Accepted),
        alignment.links.len(),
        count(LinkState::Contradicted),
        peak_resident().map_or_else(String::new, |peak| format!(", peak memory {}", show_bytes(peak)))
    );
    if groups.len() > 1 {
        eprintln!("{} groups that no link connects: where they lie to each other is a guess", groups.len());
    }
    Ok(())
}

fn link_json(link: &crate::align::Link, names: &[String]) -> serde_json::Value {
    let seen = link.chosen.as_ref().or(link.matches().first());
    json!({
        "a": names[link.a as usize], "b": names[link.b as usize], "state": link.state.name(),
        "dx": seen.map(|seen| seen.step.x), "dy": seen.map(|seen| seen.step.y), "ncc": seen.map(|seen| seen.ncc),
        "residual": link.residual, "confidence": link.confidence,
    })
}
