//! [`load_project`]: a project with the kinds of pixel of all its images, also if it does not record them.

use std::collections::HashMap;
use std::path::Path;

use crate::Result;
use crate::job::Progress;
use crate::mosaic::{Edit, Mosaic, PixelKind, Placement, load};
use crate::source::open_image;

/// Loads the project at `path`, and opens each image whose kind it does not record. One that cannot be opened stays without a kind.
///
/// Fails if the project cannot be read, or if it is cancelled.
pub fn load_project(path: &Path, progress: &Progress) -> Result<Mosaic> {
    let mut mosaic = load(path)?;
    probe_kinds(&mut mosaic, progress)?;
    Ok(mosaic)
}

fn probe_kinds(mosaic: &mut Mosaic, progress: &Progress) -> Result<()> {
    let mut known = HashMap::new();
    let mut found = Vec::new();
    for placement in mosaic.placements.iter().filter(|placement| placement.kind.is_none()) {
        progress.check()?;
        let probe = || open_image(&placement.image).ok().map(|source| PixelKind::from(source.info()));
        let kind = *known.entry(placement.image.clone()).or_insert_with(probe);
        if kind.is_some() {
            found.push((placement.id, Placement { kind, ..placement.clone() }));
        }
    }
    mosaic.apply(&Edit::Relink(found));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::pixels::{Color, Pixels, SampleType};

    #[test]
    fn kinds_come_from_the_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        let pixels = Pixels::zeroed(Size::new(7, 5), 1, SampleType::U16);
        mosaicist_export::write_image(&path, &pixels, Color::Gray, 90).unwrap();
        let mut mosaic = Mosaic::default();
        for path in [path.clone(), path, folder.path().join("none.png")] {
            mosaic.add(Placement::new(path, Size::new(7, 5)));
        }
        let project = folder.path().join("p.mosaic");
        crate::mosaic::save(&mosaic, &project).unwrap();
        let mosaic = load_project(&project, &Progress::default()).unwrap();
        let kinds: Vec<_> = mosaic.placements.iter().map(|placement| placement.kind.map(|kind| kind.sample)).collect();
        assert_eq!(kinds, [Some(SampleType::U16), Some(SampleType::U16), None]);
    }
}
