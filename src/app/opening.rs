//! [`OpenedImages`]: images that a job has read and laid out, ready to be a document or to be added to one.

use std::path::PathBuf;
use std::sync::Arc;

use super::tile_layout::with_unplaced;
use super::{LayoutForm, PositionSource};
use crate::geometry::{Point, Size};
use crate::job::Progress;
use crate::mosaic::pattern::{Guess, guess};
use crate::mosaic::{Edit, Edited, Grid, Mosaic, NameLayout, Natural, Placement};
use crate::work::{FEWEST_BY_NAMES, earlier_result, probe_tiles};
use crate::{Error, ImageRef, Result};

/// Images with their places.
pub(super) struct OpenedImages {
    /// The document that they were to be added to, with them.
    pub(super) edited: Edited,
    pub(super) placements: Vec<Placement>,
    pub(super) failures: Vec<(ImageRef, Error)>,
    /// As the user named them.
    pub(super) named: Vec<PathBuf>,
    pub(super) form: LayoutForm,
    pub(super) guesses: Vec<Guess>,
    /// How they are laid out, if their names say so.
    pub(super) line: Option<String>,
}

impl OpenedImages {
    /// Reads what `images` are, and lays them out beside what `base` holds. Fails if none can be read.
    pub(super) fn read(
        base: &Arc<Mosaic>,
        mut images: Vec<ImageRef>,
        named: Vec<PathBuf>,
        progress: &Progress,
    ) -> Result<Self> {
        if named.len() > 1 {
            // Files that were chosen or dropped come in any order.
            images.sort_by_cached_key(|image| Natural(image.path.to_string_lossy().into_owned()));
        }
        let (probed, metadata) = probe_tiles(&images, progress)?;
        if let Some((_, Some(error))) = probed.first()
            && probed.iter().all(|(_, error)| error.is_some())
        {
            return Err(error.clone());
        }
        let mut failures = Vec::new();
        let mut placements = Vec::with_capacity(probed.len());
        for (placement, error) in probed {
            failures.extend(error.map(|error| (placement.image.clone(), error)));
            placements.push(placement);
        }
        let from_folder = images.len() > named.len();
        let mut form = LayoutForm::square(placements.len());
        let (mut guesses, mut line) = (Vec::new(), None);
        let mut positions = None;
        if from_folder || placements.len() >= FEWEST_BY_NAMES {
            let sizes: Vec<Size> = placements.iter().map(|placement| placement.size).collect();
            let names: Vec<String> = placements.iter().map(Placement::name).collect();
            guesses = guess(&names, &sizes, metadata.pixel_size());
            if let Some(likeliest) = guesses.first().filter(|guess| guess.is_sure()) {
                let layout = NameLayout { pixel_size: metadata.pixel_size(), ..likeliest.layout.clone() };
                positions = by_names(&mut placements, &layout, &sizes);
                if positions.is_some() {
                    form.source = PositionSource::Names;
                    (form.pattern, form.close_gaps) = (layout.pattern, layout.close_gaps);
                    line = Some(line_of(likeliest));
                }
            }
        }
        let positions = positions.unwrap_or_else(|| in_grid(&placements, &form.grid, from_folder));
        let origin = beside(base);
        let sizes: Vec<Size> = placements.iter().map(|placement| placement.size).collect();
        let places = with_unplaced(&positions, &sizes, origin);
        placements.iter_mut().zip(places).for_each(|(placement, place)| placement.set_position(place));
        let edited = Edited::of(base, |mosaic| _ = mosaic.apply(&Edit::Add(placements.clone())));
        Ok(Self { edited, placements, failures, named, form, guesses, line })
    }
}

/// Where names put the tiles; `None` if they don't. Of several planes, the first is shown.
fn by_names(placements: &mut [Placement], layout: &NameLayout, sizes: &[Size]) -> Option<Vec<Option<Point>>> {
    let paths: Vec<_> = placements.iter().map(|placement| placement.image.path.to_string_lossy()).collect();
    let found = layout.apply(&paths, sizes).ok()?;
    for (placement, plane) in placements.iter_mut().zip(&found.plane) {
        placement.visible = *plane == 0;
    }
    Some(found.positions)
}

/// In their order; an earlier result among the tiles of a folder has no place.
fn in_grid(placements: &[Placement], grid: &Grid, from_folder: bool) -> Vec<Option<Point>> {
    let sizes: Vec<Size> = placements.iter().map(|placement| placement.size).collect();
    let result = from_folder.then(|| {
        let names: Vec<String> = placements.iter().map(Placement::name).collect();
        earlier_result(&names, &sizes)
    });
    let result = result.flatten();
    let tiles: Vec<Size> =
        sizes.iter().enumerate().filter(|(at, _)| Some(*at) != result).map(|(_, size)| *size).collect();
    // A grid without overlap fails for no tiles.
    let mut places = grid.positions(&tiles).unwrap_or_default().into_iter();
    (0..sizes.len()).map(|at| if Some(at) == result { None } else { places.next() }).collect()
}

/// To the right of what is there.
fn beside(base: &Mosaic) -> Point {
    let bounds = base.bounds();
    if bounds.is_empty() {
        return Point::default();
    }
    Point::new((bounds.x1 + bounds.width() as i64 / 20) as f64, bounds.y0 as f64)
}

fn line_of(guess: &Guess) -> String {
    let left = match guess.unmatched.len() {
        0 => String::new(),
        1 => "; 1 file does not match".to_owned(),
        many => format!("; {many} files do not match"),
    };
    format!("Laid out by {}{left}", guess.reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tile(name: &str, side: u32) -> Placement {
        Placement::new(name, Size::new(side, side))
    }

    #[test]
    fn an_earlier_result_has_no_place_in_the_grid() {
        let tiles: Vec<Placement> =
            (0..4).map(|at| tile(&format!("t{at}.png"), 10)).chain([tile("all.png", 20)]).collect();
        let places = |from_folder| in_grid(&tiles, &Grid::across(2), from_folder);
        assert_eq!(places(true)[4], None);
        assert_eq!(places(true)[3], Some(Point::new(10.0, 10.0)));
        assert_eq!(places(false)[4], Some(Point::new(0.0, 20.0)), "somebody named it");
    }

    #[test]
    fn of_several_planes_the_first_is_shown() {
        let mut tiles: Vec<Placement> =
            ["r0_c0_z1", "r0_c1_z1", "r0_c0_z2", "r0_c1_z2"].map(|name| tile(&format!("{name}.png"), 10)).into();
        let places = by_names(&mut tiles, &NameLayout::new("r{row}_c{col}_z{z}"), &[Size::new(10, 10); 4]).unwrap();
        assert_eq!(places[1], places[3]);
        assert_eq!(tiles.iter().map(|tile| tile.visible).collect::<Vec<_>>(), [true, true, false, false]);
        assert!(by_names(&mut tiles, &NameLayout::new("x{row}"), &[Size::new(10, 10); 4]).is_none());
    }
}
