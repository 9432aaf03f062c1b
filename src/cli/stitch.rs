//! `stitch` and `export`: tiles, a file or a project into one image, or tiles into a project.

use std::path::{Path, PathBuf};

use lexopt::prelude::*;

use super::output::{OutputOptions, watched};
use super::regions::RegionOptions;
use super::{Done, Failure, addressed, channels, numbers, raw_layout, rect};
use crate::Error;
use crate::geometry::Point;
use crate::job::Progress;
use crate::mosaic::{Grid, Mosaic, Placement, is_project, load, save};
use crate::source::RawLayout;
use crate::work::{Properties, list_images, probe, standing_file, suspected_results};

/// What the arguments without a dash are.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Inputs {
    /// Tiles and folders of tiles, laid out as a grid.
    Tiles,
    /// One image or project.
    Document,
}

pub(super) fn run(mut parser: lexopt::Parser, inputs: Inputs) -> Done {
    let mut options = OutputOptions::default();
    let mut files: Vec<PathBuf> = Vec::new();
    let (mut across, mut layout, mut overlap) = (None, None, (0, 0));
    let (mut region, mut level) = (None, 0);
    let (mut chosen, mut page): (Option<Vec<usize>>, Option<usize>) = (None, None);
    let mut raw: Option<RawLayout> = None;
    let mut regions = RegionOptions::default();
    while let Some(argument) = parser.next()? {
        let name = match argument {
            Long(name) => name.to_owned(),
            Short('o') => "out".to_owned(),
            Value(value) => {
                files.push(value.into());
                continue;
            }
            other @ Short(_) => return Err(other.unexpected().into()),
        };
        match (inputs, &*name) {
            (Inputs::Tiles, "across") => across = Some(parser.value()?.parse::<u32>()?),
            (Inputs::Tiles, "layout") => layout = Some(parser.value()?.string()?),
            (Inputs::Tiles, "overlap") => {
                let [x, y] = numbers(&parser.value()?, "--overlap")?;
                overlap = (x, y);
            }
            (Inputs::Document, "region") => region = Some(rect(&parser.value()?, "--region")?),
            (_, "level") => level = parser.value()?.parse()?,
            (Inputs::Document, "channels") => chosen = Some(channels(&mut parser)?),
            (Inputs::Document, "page") => page = Some(parser.value()?.parse()?),
            (_, "raw") => raw = Some(raw_layout(&mut parser)?),
            (Inputs::Document, name) if regions.take(name, &mut parser)? => {}
            _ => {
                if !options.take(&name, &mut parser)? {
                    return Err(Failure::Usage(format!("unknown option '--{name}'")));
                }
            }
        }
    }
    if across == Some(0) {
        return Err(Failure::Usage("--across wants at least 1".into()));
    }
    regions.check()?;
    let out = options.out()?.to_owned();
    files = files.iter().map(|file| addressed(file, raw.as_ref(), chosen.as_deref())).collect();
    if inputs == Inputs::Tiles {
        files = list_images(&files)?;
        options.check_name(&files)?;
    }
    let mut mosaic = match (inputs, &*files) {
        (_, []) => return Err(Failure::Usage("say which files".into())),
        (Inputs::Document, [project]) if is_project(project) => load(project)?,
        (Inputs::Document, [file]) if page.is_some() => single(file, page.unwrap_or(0))?,
        (Inputs::Document, [_]) => gather(&files, &Grid::across(1), options.strict)?,
        (Inputs::Document, _) => return Err(Failure::Usage("export takes one file; stitch takes many".into())),
        (Inputs::Tiles, _) => {
            let mut grid = across.map_or_else(|| Grid::square(files.len()), Grid::across);
            grid.overlap = overlap;
            if let Some(layout) = layout {
                grid.parse_layout(&layout).map_err(|error| Failure::Usage(error.to_string()))?;
            }
            let mosaic = gather(&files, &grid, options.strict)?;
            let placements: Vec<Placement> = mosaic.placements.iter().cloned().collect();
            for warning in suspected_results(&placements) {
                eprintln!("mosaicist: warning: {warning}");
            }
            mosaic
        }
    };
    if let Some(background) = options.background {
        mosaic.background = background;
    }
    if let (Some(rois), [image]) = (&regions.rois, &*files) {
        if region.is_some() {
            return Err(Failure::Usage("--region and --rois exclude each other".into()));
        }
        return regions.run(rois, &mosaic, image, &options, level);
    }
    // A project given is an input too.
    let protected: Vec<PathBuf> = files.into_iter().filter(|file| is_project(file)).collect();
    if is_project(&out) {
        standing_file(&mosaic, &out, &protected)?.allow(options.overwrite)?;
        return Ok(save(&mosaic, &out)?);
    }
    options.write(&mosaic, &protected, region, level)
}

/// A page of a file as it is stored.
fn single(file: &Path, page: usize) -> Result<Mosaic, Error> {
    let facts = Properties::read(file, page)?;
    let mut placement = Placement::new(file, facts.size());
    (placement.page, placement.kind) = (page as u32, Some(facts.kind));
    let mut mosaic = Mosaic::default();
    mosaic.add(placement);
    Ok(mosaic)
}

/// Probe the files and lay them out. A file that cannot be read is warned about later, when it is to be painted.
fn gather(files: &[PathBuf], grid: &Grid, strict: bool) -> Result<Mosaic, Error> {
    let progress = Progress::default();
    let probed = watched(&progress, || probe(files, &progress))?;
    if probed.iter().all(|(_, error)| error.is_some())
        && let Some((_, Some(error))) = probed.first()
    {
        return Err(error.clone());
    }
    let mut mosaic = Mosaic::default();
    let mut ids = std::collections::HashSet::new();
    for (placement, error) in probed {
        match error {
            Some(error) if strict => return Err(error),
            _ => ids.insert(mosaic.add(placement)),
        };
    }
    mosaic.arrange(&ids, grid, Point::default());
    Ok(mosaic)
}
