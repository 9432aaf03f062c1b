//! `stitch` and `export`: tiles, a file or a project into one image, or tiles into a project.

use std::path::{Path, PathBuf};

use lexopt::prelude::*;

use super::layout::LayoutOptions;
use super::output::{OutputOptions, watched};
use super::{Done, Failure, addressed, channels, raw_layout, rect};
use crate::Error;
use crate::job::Progress;
use crate::mosaic::{Mosaic, Placement, is_project, load, save};
use crate::source::RawLayout;
use crate::work::{Placing, Properties, Tiles, arrange_tiles, list_images, standing_file};

/// What the arguments without a dash are.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Inputs {
    /// Tiles and folders of tiles, to be laid out.
    Tiles,
    /// One image or project.
    Document,
}

pub(super) fn run(mut parser: lexopt::Parser, inputs: Inputs) -> Done {
    let mut options = OutputOptions::default();
    let mut files: Vec<PathBuf> = Vec::new();
    let mut layout = LayoutOptions::default();
    let (mut region, mut level) = (None, 0);
    let (mut chosen, mut page): (Option<Vec<usize>>, Option<usize>) = (None, None);
    let mut raw: Option<RawLayout> = None;
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
            (Inputs::Document, "region") => region = Some(rect(&parser.value()?, "--region")?),
            (_, "level") => level = parser.value()?.parse()?,
            (Inputs::Document, "channels") => chosen = Some(channels(&mut parser)?),
            (Inputs::Document, "page") => page = Some(parser.value()?.parse()?),
            (_, "raw") => raw = Some(raw_layout(&mut parser)?),
            _ => {
                let taken = inputs == Inputs::Tiles && layout.take(&name, &mut parser)?;
                if !taken && !options.take(&name, &mut parser)? {
                    return Err(Failure::Usage(format!("unknown option '--{name}'")));
                }
            }
        }
    }
    let out = options.out()?.to_owned();
    files = files.iter().map(|file| addressed(file, raw.as_ref(), chosen.as_deref())).collect();
    let from_folder = files.iter().all(|file| file.is_dir());
    if inputs == Inputs::Tiles {
        files = list_images(&files)?;
        options.check_name(&files)?;
    }
    let mut mosaic = match (inputs, &*files) {
        (_, []) if !layout.names_tiles() => return Err(Failure::Usage("say which files".into())),
        (Inputs::Document, [project]) if is_project(project) => load(project)?,
        (Inputs::Document, [file]) if page.is_some() => single(file, page.unwrap_or(0))?,
        (Inputs::Document, [_]) => {
            arranged(&Tiles { strict: options.strict, files: files.clone(), ..Tiles::default() }, &Placing::default())?
        }
        (Inputs::Document, _) => return Err(Failure::Usage("export takes one file; stitch takes many".into())),
        (Inputs::Tiles, _) => {
            let tiles = Tiles {
                from_folder,
                files: files.clone(),
                pixel_size: layout.pixel_size,
                plane: layout.plane.clone(),
                strict: options.strict,
            };
            arranged(&tiles, &layout.placing()?)?
        }
    };
    if let Some(background) = options.background {
        mosaic.background = background;
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

/// Probes the tiles and lays them out, and tells what is to be known of it.
fn arranged(tiles: &Tiles, how: &Placing) -> Result<Mosaic, Error> {
    let progress = Progress::default();
    let found = watched(&progress, || arrange_tiles(tiles, how, &progress))?;
    found.notes.iter().for_each(|note| eprintln!("mosaicist: {note}"));
    Ok(found.mosaic)
}
