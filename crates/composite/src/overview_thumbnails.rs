//! The thumbnails that large photos keep of themselves, as a sketch of an [`Overview`](super::Overview) until they are decoded.

use std::sync::Arc;

use super::Composite;
use crate::cache::TileCache;
use crate::geometry::Rect;
use crate::mosaic::Placement;

/// Images of fewer pixels are decoded about as fast as their thumbnails.
const LEAST_PHOTO: u64 = 2 << 20;
/// So many images are asked whether they are photos: the others are like them.
const ASKED: usize = 64;
/// Bytes of enlarged thumbnails in the cache.
const CACHE: u64 = 16 << 20;

/// The thumbnails of a canvas.
pub(super) struct OverviewThumbnails {
    /// Their tiles, once enlarged.
    cache: Arc<TileCache>,
}

impl OverviewThumbnails {
    /// Those of `composite`, if some of its images may be photos that have one.
    pub(super) fn of(composite: &Composite) -> Option<Self> {
        let any = composite.placements.iter().take(ASKED).any(is_photo);
        any.then(|| Self { cache: Arc::new(TileCache::new(CACHE)) })
    }

    /// `composite` by the thumbnails of its images, if all that touch `rect` (canvas pixels) have one.
    pub(super) fn canvas(&self, composite: &Composite, rect: Rect) -> Option<Composite> {
        let library = composite.library.of_thumbnails(Arc::clone(&self.cache));
        let all = composite.touching(rect).all(|placement| library.open(&placement.image).is_ok());
        all.then(|| composite.through(library))
    }
}

fn is_photo(placement: &Placement) -> bool {
    let ending = placement.image.path.extension().and_then(|ending| ending.to_str());
    let is_jpeg = ending.is_some_and(|ending| ["jpg", "jpeg"].iter().any(|jpeg| ending.eq_ignore_ascii_case(jpeg)));
    is_jpeg && placement.size.area() >= LEAST_PHOTO
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use crate::cache::{CancelToken, Library};
    use crate::geometry::{Point, Region, Size};
    use crate::job::Progress;
    use crate::mosaic::{Mosaic, PixelKind};
    use crate::pixels::{Pixels, SampleType};
    use crate::source::{Capabilities, CoarsePreview, ImageRef, Info, Level, Preview, ReadingCost, Source, Sources};
    use crate::{BadTiles, Overview, Patch, Result};

    const PHOTO: Size = Size::new(2400, 1600);

    /// White photos whose thumbnails are gray, so that each is told from the other; those of `bare` names have none.
    struct Photos {
        decoded: Arc<AtomicU64>,
    }

    struct Photo {
        info: Info,
        has_thumbnail: bool,
        decoded: Arc<AtomicU64>,
    }

    impl Sources for Photos {
        fn get(&self, image: &ImageRef) -> Result<Arc<dyn Source>> {
            let has_thumbnail = !image.path.starts_with("bare");
            let mut info = Info::plain("test", PHOTO, PHOTO, 3, SampleType::U8);
            let eighth = PHOTO.halved_times(3);
            info.levels.push(Level { size: eighth, downsample: 8.0, tile: eighth });
            Ok(Arc::new(Photo { info, has_thumbnail, decoded: Arc::clone(&self.decoded) }))
        }
    }

    impl Source for Photo {
        fn info(&self) -> &Info {
            &self.info
        }

        fn capabilities(&self) -> Capabilities<'_> {
            Capabilities {
                raw_samples: None,
                cmyk: None,
                planar: None,
                encoded: None,
                sequential: None,
                deferred: None,
                preview: Some(self),
            }
        }

        fn cost(&self, region: Region) -> ReadingCost {
            ReadingCost::of_tiles(self.info(), region, 2)
        }

        fn read(&self, region: Region) -> Result<Pixels> {
            self.decoded.fetch_add(1, Relaxed);
            Ok(Pixels::filled(region.rect.size(), SampleType::U8, &[255.0; 3]))
        }
    }

    impl CoarsePreview for Photo {
        fn preview(&self) -> Result<Option<Preview>> {
            Ok(None)
        }

        fn thumbnail(&self) -> Result<Option<Pixels>> {
            let small = Pixels::filled(Size::new(150, 100), SampleType::U8, &[128.0; 3]);
            Ok(self.has_thumbnail.then_some(small))
        }
    }

    /// 30 × 30 photos, of which the last ten rows lie in `folder`.
    fn canvas(folder: &str, decoded: &Arc<AtomicU64>) -> Composite {
        let mut mosaic = Mosaic::default();
        for number in 0..900u32 {
            let folder = if number < 600 { "some" } else { folder };
            let mut placement = crate::mosaic::Placement::new(Path::new(folder).join(format!("{number}.JPG")), PHOTO);
            placement.set_position(Point::new(f64::from(number % 30 * 2400), f64::from(number / 30 * 1600)));
            placement.kind = Some(PixelKind::RGB8);
            mosaic.add(placement);
        }
        let photos = Arc::new(Photos { decoded: Arc::clone(decoded) });
        let library = Library::new(photos as Arc<dyn Sources>, Arc::new(TileCache::new(8 << 20)));
        Composite::new(&mosaic, library, BadTiles::Mark, Progress::default()).unwrap()
    }

    /// A pixel of a photo in that row.
    fn gray(overview: &Overview, composite: &Composite, row: i64) -> u8 {
        let level = overview.level();
        let size = composite.info().levels[level as usize].size;
        let (x, y) = (i64::from(size.width) / 2 + 10, i64::from(size.height) * row / 30 + 20);
        overview.read(level, Rect::new(x, y, x + 1, y + 1)).samples().to_le_bytes()[0]
    }

    #[test]
    fn thumbnails_are_shown_first_and_never_kept() {
        let decoded = Arc::default();
        let composite = canvas("bare", &decoded);
        let overview = Overview::new(&composite);
        let patches = overview.missing(composite.info().whole(0), |_| 0);
        let is_sketch = |patch: &Patch| matches!(patch, Patch::Sketch { fineness: 3, .. });
        let of_thumbnails: Vec<Patch> = patches.iter().copied().filter(is_sketch).collect();
        assert!(of_thumbnails.len() > 100, "{}", of_thumbnails.len());
        for patch in of_thumbnails {
            overview.apply(patch, &composite, &CancelToken::default()).unwrap();
        }
        assert_eq!(decoded.load(Relaxed), 0, "no photo is decoded for it");
        assert_eq!(gray(&overview, &composite, 3), 128);
        assert_eq!(
            gray(&overview, &composite, 28),
            composite.info().background[0] as u8,
            "without thumbnails nothing is made up"
        );
        for patch in overview.missing(composite.info().whole(0), |_| 0) {
            assert!(matches!(patch, Patch::Paint { .. }) || !is_sketch(&patch));
            overview.apply(patch, &composite, &CancelToken::default()).unwrap();
        }
        assert_eq!((gray(&overview, &composite, 3), gray(&overview, &composite, 28)), (255, 255));
    }
}
