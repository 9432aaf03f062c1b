//! Tests of placements with rotation, scale, subpixel shift, crop, gain and opacity.

use std::sync::Arc;

use crate::cache::{Library, TileCache};
use crate::geometry::{Affine, Point, Rect, Region, Size};
use crate::job::Progress;
use crate::mosaic::{Margins, Mosaic, PixelKind, Placement, PlacementId, PlacementIds, Property};
use crate::pixels::{Pixels, SampleType, Samples};
use crate::source::testing::{Pattern, check_source};
use crate::source::{Capabilities, ImageRef, Info, ReadingCost, Source, Sources};
use crate::{BadTiles, Composite, Error, Result};

const SIZE: Size = Size::new(90, 60);

/// Gray bytes of value x + y, or all white.
struct Ramp {
    info: Info,
    white: bool,
}

impl Source for Ramp {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities::none()
    }

    fn cost(&self, region: Region) -> ReadingCost {
        ReadingCost::of_tiles(self.info(), region, 2)
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        let rect = region.rect;
        let value = |x, y| if self.white { 255 } else { (x + y) as u8 };
        let all = (rect.y0..rect.y1).flat_map(|y| (rect.x0..rect.x1).map(move |x| value(x, y)));
        Pixels::new(rect.size(), 1, Samples::U8(all.collect()))
    }
}

struct Images;

impl Sources for Images {
    fn get(&self, image: &ImageRef) -> Result<Arc<dyn Source>> {
        let ramp = |white| Ramp { info: Info::plain("ramp", SIZE, Size::new(32, 32), 1, SampleType::U8), white };
        match image.path.to_str() {
            Some("ramp") => Ok(Arc::new(ramp(false))),
            Some("white") => Ok(Arc::new(ramp(true))),
            Some("pattern") => Ok(Arc::new(Pattern::new(SIZE, 3, SampleType::U8))),
            _ => Err(Error::corrupt("torn")),
        }
    }
}

fn placement(name: &str) -> Placement {
    let mut placement = Placement::new(name, SIZE);
    placement.kind = Some(PixelKind::from(Images.get(&name.into()).unwrap().info()));
    placement
}

fn composite(mosaic: &Mosaic) -> Composite {
    let library = Library::new(Arc::new(Images), Arc::new(TileCache::new(1 << 20)));
    Composite::new(mosaic, library, BadTiles::Fail, Progress::default()).unwrap()
}

fn bytes(composite: &Composite, level: usize) -> (Size, Vec<u8>) {
    let pixels = composite.read(Region::new(level, composite.info().whole(level))).unwrap();
    let Samples::U8(samples) = pixels.samples() else { panic!("no bytes") };
    (pixels.size(), samples.clone())
}

fn alone(name: &str, transform: Affine) -> (Mosaic, PlacementId) {
    let mut mosaic = Mosaic::default();
    let id = mosaic.add(Placement { transform, ..placement(name) });
    (mosaic, id)
}

#[test]
fn quarter_turns_and_whole_scales_keep_every_sample() {
    let (mosaic, _) = alone("ramp", Affine::rotation(90.0).then(Affine::translation(Point::new(1000.0, -7.0))));
    let (size, samples) = bytes(&composite(&mosaic), 0);
    assert_eq!(size, Size::new(60, 90));
    // The image's lower left corner is at the upper left now.
    let expected = (0..90).flat_map(|y| (0..60).map(move |x| (y + 59 - x) as u8));
    assert!(expected.eq(samples));
    check_source(&composite(&mosaic).described());
}

#[test]
fn subpixel_positions_are_resampled_if_enabled() {
    let (mut mosaic, id) = alone("ramp", Affine::translation(Point::new(0.25, 0.0)));
    let (size, samples) = bytes(&composite(&mosaic), 0);
    assert_eq!((size, samples[5]), (SIZE, 5), "otherwise no sample changes");
    mosaic.set(&PlacementIds::from_iter([id]), Property::Subpixel(true));
    let image = composite(&mosaic);
    let (size, samples) = bytes(&image, 0);
    assert_eq!(size, Size::new(91, 60));
    // The filter is exact for linear ramps: x - 0.25, rounded, a row further down that and 1.
    assert_eq!(samples[91 + 40], 41);
    mosaic.move_by(&PlacementIds::from_iter([id]), 0.5, 0.5);
    let (_, samples) = bytes(&composite(&mosaic), 0);
    assert_eq!(samples[91 * 20 + 40], 59, "40 - 0.75 + 20 - 0.5 = 58.75");
    mosaic.move_by(&PlacementIds::from_iter([id]), 0.25, 0.5);
    assert!(mosaic.placements[id].is_plain(), "whole pixels again");
}

#[test]
fn abutting_images_leave_no_seam_at_any_angle_and_level() {
    for degrees in [0.0, 7.0, 30.0, 45.0, 90.0, 133.3] {
        let mut mosaic = Mosaic::default();
        for (column, row) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            let at = Affine::translation(Point::new(f64::from(column * 90), f64::from(row * 60)));
            let turned = at.then(Affine::rotation(degrees)).then(Affine::translation(Point::new(0.37, 0.61)));
            mosaic.add(Placement { transform: turned, subpixel: true, ..placement("white") });
        }
        let composite = composite(&mosaic);
        let (bounds, levels) = (mosaic.bounds(), composite.info().levels.len());
        for level in 0..levels {
            let (size, samples) = bytes(&composite, level);
            let scale = (1u64 << level) as f64;
            let back = Affine::rotation(degrees).then(Affine::translation(Point::new(0.37, 0.61))).invert().unwrap();
            let mut inside = 0;
            for (number, sample) in samples.iter().enumerate() {
                let (x, y) = (number as u32 % size.width, number as u32 / size.width);
                let on_canvas = |at: u32, from: i64| (f64::from(at) + 0.5) * scale + from as f64;
                let at = back.apply(Point::new(on_canvas(x, bounds.x0), on_canvas(y, bounds.y0)));
                if at.x > 0.01 && at.y > 0.01 && at.x < 179.99 && at.y < 119.99 {
                    assert_eq!(*sample, 255, "at {x}, {y} of level {level}, {degrees} degrees");
                    inside += 1;
                } else {
                    let far = at.x < -0.01 || at.y < -0.01 || at.x > 180.01 || at.y > 120.01;
                    assert!(!far || *sample == 0, "nothing beyond");
                }
            }
            assert!(inside as f64 > 180.0 * 118.0 / scale / scale);
        }
    }
}

#[test]
fn smaller_images_are_means() {
    let (mosaic, _) = alone("ramp", Affine::scale(0.25, 0.25));
    let (size, samples) = bytes(&composite(&mosaic), 0);
    assert_eq!(size, Size::new(23, 15));
    // The pixels from (40, 20) to (44, 24) have the mean 63, up to rounding in both downsamplings.
    assert!((63..=64).contains(&samples[5 * 23 + 10]), "{}", samples[5 * 23 + 10]);
}

#[test]
fn crop_gain_and_opacity_are_painted() {
    let (mut mosaic, id) = alone("ramp", Affine::IDENTITY);
    mosaic.canvas = Some(Rect::from_size(SIZE));
    mosaic.background = [100, 100, 100];
    let ids = PlacementIds::from_iter([id]);
    mosaic.set(&ids, Property::Crop(Margins { left: 40, top: 10, right: 5, bottom: 3 }));
    let sample = |mosaic: &Mosaic, x: usize, y: usize| bytes(&composite(mosaic), 0).1[y * 90 + x];
    let at = |mosaic: &Mosaic| {
        [(39, 20), (40, 9), (40, 10), (84, 56), (85, 56), (84, 57)].map(|(x, y)| sample(mosaic, x, y))
    };
    assert_eq!(at(&mosaic), [100, 100, 50, 140, 100, 100]);
    mosaic.set(&ids, Property::Gain { gain: 2.0, offset: -30.0 });
    assert_eq!(at(&mosaic), [100, 100, 70, 250, 100, 100]);
    mosaic.set(&ids, Property::Opacity(0.5));
    assert_eq!(at(&mosaic), [100, 100, 85, 175, 100, 100]);
    mosaic.apply(&crate::mosaic::Edit::Transform { ids, by: Affine::rotation(180.0) });
    mosaic.canvas = Some(Rect::new(-90, -60, 0, 0));
    assert_eq!((sample(&mosaic, 89 - 84, 59 - 56), sample(&mosaic, 89 - 85, 59 - 56)), (175, 100), "turned, too");
    check_source(&composite(&mosaic).described());
}

#[test]
fn changed_placements_are_not_passed_through() {
    let (mut mosaic, id) = alone("pattern", Affine::IDENTITY);
    assert_eq!(composite(&mosaic).described().info().levels.len(), composite(&mosaic).info().levels.len());
    mosaic.set(&PlacementIds::from_iter([id]), Property::Opacity(0.9));
    let changed = composite(&mosaic).described();
    assert_eq!(changed.info().levels.len(), 1, "its levels are not those of the image");
    assert!(changed.capabilities().encoded.is_none_or(|tiles| tiles.encoding(0).is_none()));
}

#[test]
fn a_flattened_image_shows_nothing() {
    let (mut mosaic, _) = alone("ramp", Affine::scale(1.0, 0.0));
    mosaic.add(placement("ramp"));
    assert_eq!(bytes(&composite(&mosaic), 0).0, SIZE);
}

#[test]
fn differences_are_dark_where_images_agree() {
    let (mut mosaic, _) = alone("ramp", Affine::IDENTITY);
    // The ramp rises by 1 a pixel: shifted by 20, all samples are 20 apart.
    let other = mosaic.add(placement("ramp").at(Point::new(20.0, 0.0)));
    mosaic.set(&PlacementIds::from_iter([other]), Property::Opacity(0.5));
    let image = composite(&mosaic).with_differences();
    let (size, samples) = bytes(&image, 0);
    let at = |x: usize, y: usize| samples[y * size.width as usize + x];
    assert_eq!([at(5, 7), at(19, 7), at(20, 7), at(89, 59), at(90, 7), at(109, 7)], [12, 26, 20, 20, 77, 96]);
    mosaic.move_by(&PlacementIds::from_iter([other]), -20.0, 0.0);
    let (_, samples) = bytes(&composite(&mosaic).with_differences(), 0);
    assert!(samples.iter().all(|sample| *sample == 0));
    check_source(&image);
}

#[test]
fn the_pixel_size_of_the_document_is_that_of_the_picture() {
    let (mut mosaic, _) = alone("ramp", Affine::IDENTITY);
    assert_eq!(composite(&mosaic).described().info().mpp, None);
    mosaic.apply(&crate::mosaic::Edit::PixelSize(Some(crate::mosaic::PixelSize { x: 0.25, y: 0.5 })));
    assert_eq!(composite(&mosaic).described().info().mpp, Some((0.25, 0.5)));
}
