//! Leica's slides (`.scn`): XML with places in nanometers; a picture of the whole slide, and scanned areas upon it.
//!
//! Bright field and the middle of the focus, as `OpenSlide` has it (its `openslide-vendor-leica.c`).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::directory::Directory;
use super::page::Details;
use super::tags as tag;
use super::tile_layout::{TileKey, TileLayout, Tiles, whole};
use super::{Associated, Contents};
use crate::geometry::{Rect, Size};
use crate::placed_tiles::Piece;
use crate::xml::Node;
use crate::{Error, Result};
use crate::{PositionedFile, slide};

const NAMESPACES: [&str; 2] =
    ["http://www.leica-microsystems.com/scn/2010/03/10", "http://www.leica-microsystems.com/scn/2010/10/01"];

/// The contents of the file, if it is one of Leica's.
pub(super) fn contents(file: &Arc<PositionedFile>, chain: &[Directory]) -> Result<Option<Contents>> {
    let Some(text) = chain[0].text(file, tag::IMAGE_DESCRIPTION) else { return Ok(None) };
    if !NAMESPACES.iter().any(|namespace| text.contains(namespace)) {
        return Ok(None);
    }
    let root = Node::parse(&text).filter(|root| root.name == "scn");
    let collection = root.as_ref().and_then(|root| root.child("collection"));
    let collection = collection.ok_or_else(|| Error::corrupt("the slide's XML names no collection"))?;
    let whole_slide = (length(collection, "sizeX")?, length(collection, "sizeY")?);
    let areas: Result<Vec<Area>> = collection.all("image").map(|image| Area::read(image, whole_slide)).collect();
    let (overviews, areas): (Vec<Area>, Vec<Area>) =
        areas?.into_iter().filter(|area| area.light == "brightfield").partition(|area| area.is_overview);
    if areas.is_empty() {
        // Fluorescence: its directories are pages, one for each channel.
        return Ok(None);
    }
    let directory = |number: usize| {
        let what = || Error::corrupt(format!("the slide's XML names image {number}, which is not there"));
        chain.get(number).ok_or_else(what)
    };
    let mut associated = Vec::new();
    if let Some(step) = overviews.first().and_then(|overview| overview.steps.first()) {
        associated.push(("macro".to_owned(), Associated::Directory(directory(step.directory)?.clone())));
    }
    check_alike(&areas)?;
    let used: Result<Vec<Directory>> =
        areas.iter().flat_map(|area| &area.steps).map(|step| directory(step.directory).cloned()).collect();
    let used = used?;
    let tiles = Tiles::new(file, &used)?;
    let mut details = Details {
        objective: areas[0].objective.parse().ok().filter(|power: &f64| power.is_finite() && *power > 0.0),
        properties: properties(collection, &areas[0]),
        ..Details::slide("Leica SCN", "leica")
    };
    let mut levels = Vec::new();
    for step in 0..areas[0].steps.len() {
        let scale = areas.iter().map(|area| area.steps[step].scale).fold(f64::MAX, f64::min);
        let (level, bounds) = level(&tiles, &areas, step, scale, whole_slide)?;
        if step == 0 {
            details.mpp = details.mpp.or(Some((scale / 1000.0, scale / 1000.0)));
            tell_regions(&bounds, &mut details.properties);
        }
        levels.push(level);
    }
    let source = tiles.source(&used[0], levels, &details)?;
    Ok(Some(Contents::single(source, associated)))
}

/// One image of the XML.
struct Area {
    is_overview: bool,
    /// Its upper left on the slide, in nanometers.
    at: (f64, f64),
    light: String,
    objective: String,
    aperture: Option<String>,
    created: Option<String>,
    device: (Option<String>, Option<String>),
    /// Largest first.
    steps: Vec<Step>,
}

struct Step {
    directory: usize,
    width: f64,
    /// Nanometers of one pixel.
    scale: f64,
}

impl Area {
    fn read(image: &Node, whole: (f64, f64)) -> Result<Self> {
        let view = image.child("view").ok_or_else(|| Error::corrupt("an image of the slide without a view"))?;
        let size = (length(view, "sizeX")?, length(view, "sizeY")?);
        let offset = |name: &str| view.number::<f64>(name).filter(|value| value.is_finite()).unwrap_or(0.0);
        let at = (offset("offsetX"), offset("offsetY"));
        let dimensions = image.child("pixels").into_iter().flat_map(|pixels| pixels.all("dimension"));
        let middle = dimensions.filter(|dimension| dimension.get("z").is_none_or(|z| z == "0"));
        let steps = middle.map(|dimension| {
            let directory = dimension.number::<usize>("ifd");
            let directory = directory.ok_or_else(|| Error::corrupt("an image of the slide without a number"))?;
            let width = length(dimension, "sizeX")?;
            Ok(Step { directory, width, scale: size.0 / width })
        });
        let mut steps = steps.collect::<Result<Vec<Step>>>()?;
        steps.sort_by(|a, b| b.width.total_cmp(&a.width));
        let text = |name: &str| image.find(name).map(|node| node.text.trim().to_owned());
        let device = image.child("device");
        let of_device = |name: &str| device.and_then(|device| device.get(name)).map(str::to_owned);
        Ok(Self {
            is_overview: at == (0.0, 0.0) && size == whole,
            at,
            light: text("illuminationSource").unwrap_or_default(),
            objective: text("objective").unwrap_or_default(),
            aperture: text("numericalAperture"),
            created: text("creationDate"),
            device: (of_device("model"), of_device("version")),
            steps,
        })
    }
}

/// Several areas make one slide only where they were scanned alike.
fn check_alike(areas: &[Area]) -> Result<()> {
    let first = &areas[0];
    let alike = |area: &Area| {
        let close = |(a, b): (&Step, &Step)| (a.scale - b.scale).abs() / b.scale <= 0.02;
        area.objective == first.objective
            && area.steps.len() == first.steps.len()
            && area.steps.iter().zip(&first.steps).all(close)
    };
    if first.steps.is_empty() || !areas.iter().all(alike) {
        return Err(Error::unsupported("a slide whose areas were scanned differently"));
    }
    Ok(())
}

/// Level `step` at `scale` nanometers a pixel, and where the areas lie in it.
fn level(tiles: &Tiles, areas: &[Area], step: usize, scale: f64, slide: (f64, f64)) -> Result<(TileLayout, Vec<Rect>)> {
    let (mut pieces, mut bounds, mut number) = (Vec::new(), Vec::new(), 0);
    for area in areas {
        let image = number + step;
        number += area.steps.len();
        // Cut off, not rounded, as OpenSlide places them.
        let (left, top) = (whole((area.at.0 / scale).trunc())?, whole((area.at.1 / scale).trunc())?);
        let grid = tiles.image(image).grid();
        bounds.push(Rect::at(left.into(), top.into(), grid.size));
        for (column, row) in grid.touching(Rect::from_size(grid.size)) {
            let place = grid.rect(column, row);
            pieces.push(Piece {
                key: TileKey { image: image as u32, column, row },
                x: left.saturating_add(place.x0 as i32),
                y: top.saturating_add(place.y0 as i32),
                width: place.width() as u32,
                height: place.height() as u32,
                from: (0, 0),
            });
        }
    }
    let side = |nanometers: f64| (nanometers / scale).ceil().clamp(0.0, f64::from(u32::MAX)) as u32;
    Ok((TileLayout { size: Size::new(side(slide.0), side(slide.1)), pieces }, bounds))
}

fn tell_regions(areas: &[Rect], properties: &mut BTreeMap<String, String>) {
    for (number, area) in areas.iter().enumerate() {
        let sides = [("x", area.x0), ("y", area.y0), ("width", area.width() as i64), ("height", area.height() as i64)];
        for (side, value) in sides {
            properties.insert(format!("openslide.region[{number}].{side}"), value.to_string());
        }
    }
    if let Some(all) = areas.iter().copied().reduce(Rect::union) {
        slide::tell_bounds(all, properties);
    }
}

fn properties(collection: &Node, area: &Area) -> BTreeMap<String, String> {
    let barcode = collection.text_of("barcode").and_then(super::philips::from_base64);
    let barcode = barcode.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let barcode = barcode.or_else(|| collection.get("barcode").map(str::to_owned));
    let told = [
        ("openslide.barcode", barcode.clone()),
        ("leica.barcode", barcode),
        ("leica.aperture", area.aperture.clone()),
        ("leica.creation-date", area.created.clone()),
        ("leica.device-model", area.device.0.clone()),
        ("leica.device-version", area.device.1.clone()),
        ("leica.illumination-source", Some(area.light.clone())),
        ("leica.objective", Some(area.objective.clone())),
    ];
    told.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// A positive length.
fn length(node: &Node, name: &str) -> Result<f64> {
    let value = node.number::<f64>(name).filter(|value| value.is_finite() && *value >= 1.0);
    value.ok_or_else(|| Error::corrupt(format!("{} of the slide's XML has no {name}", node.name)))
}
