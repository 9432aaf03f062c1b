//! `detect`: regions found in an image, to a file of regions.

use std::path::{Path, PathBuf};

use lexopt::prelude::*;

use super::output::watched;
use super::{Done, Failure, addressed, channels, print, raw_layout};
use crate::export::standing_file;
use crate::job::Progress;
use crate::mosaic::{is_project, load};
use crate::region::Roi;
use crate::region::detect::{Feature, Mode, Options, Shape, detect};
use crate::region::files::{Frame, save_rois};
use crate::source::open_whole;
use crate::work::find_regions;
use crate::{Error, IoResultExt as _};

pub(super) fn run(mut parser: lexopt::Parser) -> Done {
    let (mut file, mut out): (Option<PathBuf>, Option<PathBuf>) = (None, None);
    let (mut page, mut chosen, mut raw, mut overwrite) = (0, None, None, false);
    let mut options = Options::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("page") => page = parser.value()?.parse()?,
            Long("channels") => chosen = Some(channels(&mut parser)?),
            Long("raw") => raw = Some(raw_layout(&mut parser)?),
            Long("overwrite") => overwrite = true,
            Short('o') | Long("out") => out = Some(parser.value()?.into()),
            Value(value) if file.is_none() => file = Some(value.into()),
            Long(name) => {
                let name = name.to_owned();
                take(&mut options, &name, &mut parser)?;
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let file = file.ok_or_else(|| Failure::Usage("detect wants a file".into()))?;
    if let Some(out) = &out {
        standing_file(out, std::slice::from_ref(&file))?.allow(overwrite)?;
    }
    let progress = Progress::default();
    let address = addressed(&file, raw.as_ref(), chosen.as_deref());
    let (rois, frame) = watched(&progress, || find(&address, page, &options, &progress))?;
    for warning in progress.warnings() {
        eprintln!("mosaicist: warning: {warning}");
    }
    let count = rois.len();
    let Some(out) = out else { return print_geojson(rois) };
    for note in save_rois(&out, rois, &frame)? {
        eprintln!("mosaicist: note: {note}");
    }
    eprintln!("{}: {count} regions", out.display());
    Ok(())
}

/// One option of the search.
fn take(options: &mut Options, name: &str, parser: &mut lexopt::Parser) -> Done {
    let one_of = |parser: &mut lexopt::Parser, known: &[&str]| {
        let text = parser.value()?.string()?;
        let place = known.iter().position(|name| *name == text);
        place.ok_or_else(|| Failure::Usage(format!("--{name} knows {}, not '{text}'", known.join(", "))))
    };
    match name {
        "mode" => {
            let modes = [Mode::Foreground, Mode::Dark, Mode::Bright, Mode::Rectangles, Mode::Tma];
            options.mode = modes[one_of(parser, &["foreground", "dark", "bright", "rectangles", "tma"])?];
        }
        "feature" => {
            let features = [Feature::Auto, Feature::Brightness, Feature::Saturation];
            options.feature = features[one_of(parser, &["auto", "brightness", "saturation"])?];
        }
        "as" => options.shape = [Shape::Boxes, Shape::Outlines][one_of(parser, &["boxes", "outlines"])?],
        "threshold" => options.threshold = Some(parser.value()?.parse()?),
        "min-size" => options.min_size = Some(parser.value()?.parse()?),
        "margin" => options.margin = parser.value()?.parse()?,
        "join" => options.join = Some(parser.value()?.parse()?),
        "keep-holes" => options.fill_holes = false,
        "autocrop" => options.autocrop = true,
        _ => return Err(Failure::Usage(format!("unknown option '--{name}'"))),
    }
    Ok(())
}

fn find(file: &Path, page: usize, options: &Options, progress: &Progress) -> Result<(Vec<Roi>, Frame), Error> {
    if is_project(file) {
        return Ok((find_regions(&load(file)?, options, progress)?, Frame::default()));
    }
    let (address, opened) = open_whole(file)?;
    let source = opened.page(page).at(&address)?;
    let rois = detect(&*source, options, progress).at(&address)?;
    Ok((rois, Frame::of(source.info())))
}

fn print_geojson(rois: Vec<Roi>) -> Done {
    let folder = tempfile::tempdir().at(&std::env::temp_dir())?;
    let path = folder.path().join("regions.geojson");
    save_rois(&path, rois, &Frame::default())?;
    print(&std::fs::read_to_string(&path).at(&path)?)
}
