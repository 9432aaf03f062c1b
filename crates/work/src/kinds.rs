//! Projects that do not record the kinds of pixel of their images: the files tell.

use std::collections::HashMap;

use crate::mosaic::{Edit, Mosaic, PixelKind, Placement};
use crate::source::open_image;

/// Probes the images whose kinds `mosaic` does not record, each once. One that cannot be read stays without a kind.
pub fn probe_kinds(mosaic: &mut Mosaic) {
    let mut known = HashMap::new();
    let mut found = Vec::new();
    for placement in mosaic.placements.iter().filter(|placement| placement.kind.is_none()) {
        let probe = || open_image(&placement.image).ok().map(|source| PixelKind::from(source.info()));
        let kind = *known.entry(placement.image.clone()).or_insert_with(probe);
        if kind.is_some() {
            found.push((placement.id, Placement { kind, ..placement.clone() }));
        }
    }
    mosaic.apply(&Edit::Relink(found));
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
        probe_kinds(&mut mosaic);
        let kinds: Vec<_> = mosaic.placements.iter().map(|placement| placement.kind.map(|kind| kind.sample)).collect();
        assert_eq!(kinds, [Some(SampleType::U16), Some(SampleType::U16), None]);
    }
}
