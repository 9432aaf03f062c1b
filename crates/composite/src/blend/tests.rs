//! What blending gives, and that it gives the same however the canvas is read.

use crate::mosaic::PlacementIds;
use std::sync::Arc;

use proptest::prelude::*;

use crate::cache::{Library, TileCache};
use crate::geometry::{Affine, Point, Rect, Region, Size};
use crate::job::Progress;
use crate::mosaic::{
    Blend, BlendMode, Edit, Flat, FlatField, Mosaic, PixelKind, Placement, Property, SeamPath, Surface,
};
use crate::pixels::{Color, Pixels, SampleType, Samples};
use crate::source::testing::check_source;
use crate::source::{Capabilities, ImageRef, Info, ReadingCost, Source, Sources};
use crate::{BadTiles, Composite, Error, Result};

/// An image whose every sample follows from its place, its channel and the image's number; or of one value, but for a block.
struct Made {
    info: Info,
    number: u32,
    flat: Option<f32>,
    block: Option<f32>,
}

/// Where an image's block is.
const BLOCK: Rect = Rect::new(6, 15, 14, 45);

/// A number between 0 and 1 that looks like chance.
fn hash(x: i64, y: i64, seed: u32) -> f32 {
    let mut state = (x as u64).wrapping_mul(0x9E37_79B9) ^ (y as u64).wrapping_mul(0x85EB_CA6B) ^ u64::from(seed) << 40;
    for _ in 0..2 {
        state = (state ^ (state >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    }
    (state >> 40) as f32 / (1u64 << 24) as f32
}

impl Source for Made {
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
        let (rect, channels) = (region.rect, self.info.channels);
        let mut values = Vec::new();
        for (x, y) in (rect.y0..rect.y1).flat_map(|y| (rect.x0..rect.x1).map(move |x| (x, y))) {
            for channel in 0..channels {
                let seed = self.number * 8 + u32::from(channel);
                let coarse = hash(x / 24, y / 24, seed + 1000);
                // Holes of full size, and halves.
                let alpha =
                    if self.info.color.has_alpha() && channel + 1 == channels { coarse * 3.0 - 1.0 } else { -1.0 };
                let value = if alpha == -1.0 { 0.6 * coarse + 0.4 * hash(x, y, seed) } else { alpha.clamp(0.0, 1.0) };
                let block = self.block.filter(|_| BLOCK.contains_pixel(x, y));
                values.push(block.or(self.flat).unwrap_or(value * self.info.sample.max()));
            }
        }
        let samples = match self.info.sample {
            SampleType::U8 => Samples::U8(values.into_iter().map(|value| value as u8).collect()),
            SampleType::U16 => Samples::U16(values.into_iter().map(|value| value as u16).collect()),
            _ => Samples::F32(values),
        };
        let mut out = self.info.blank(rect.size());
        let pixels = Pixels::new(rect.size(), channels, samples)?;
        let inside = rect.intersect(self.info.whole(0));
        let part = inside.translate(-rect.x0, -rect.y0);
        out.paste(pixels.part(part), part.x0, part.y0);
        Ok(out)
    }
}

struct Images;

impl Sources for Images {
    /// "number-width-height-channels-type", or with "=value" at the end, or "=value@block".
    fn get(&self, image: &ImageRef) -> Result<Arc<dyn Source>> {
        let name = image.path.to_string_lossy().into_owned();
        let (name, value) = name.split_once('=').unwrap_or((&name, ""));
        let (value, block) = value.split_once('@').unwrap_or((value, ""));
        let (flat, block) = (value.parse().ok(), block.parse().ok());
        let parts: Vec<u32> = name.split('-').filter_map(|part| part.parse().ok()).collect();
        let [number, width, height, channels, sample] = parts[..] else { return Err(Error::corrupt("torn")) };
        let sample = [SampleType::U8, SampleType::U16, SampleType::F32][sample as usize];
        let info = Info::plain("made", Size::new(width, height), Size::new(64, 48), channels as u8, sample);
        Ok(Arc::new(Made { info, number, flat, block }))
    }
}

fn placement(name: &str, x: f64, y: f64) -> Placement {
    let found = Images.get(&name.into());
    let size = found.as_ref().map_or(Size::new(40, 30), |source| source.info().size());
    let mut placement = Placement::new(name, size).at(Point::new(x, y));
    placement.kind = found.ok().map(|source| PixelKind::from(source.info()));
    placement
}

fn composite(mosaic: &Mosaic) -> Composite {
    let library = Library::new(Arc::new(Images), Arc::new(TileCache::new(64 << 20)));
    Composite::new(mosaic, library, BadTiles::Warn, Progress::default()).unwrap()
}

fn blended(mode: BlendMode, placements: &[(&str, f64, f64)]) -> Mosaic {
    let mut mosaic = Mosaic::default();
    for (name, x, y) in placements {
        mosaic.add(placement(name, *x, *y));
    }
    mosaic.apply(&Edit::Blend(Blend { mode, seam: SeamPath::Middle }));
    mosaic
}

/// The samples of row `y` at full resolution.
fn row(mosaic: &Mosaic, y: i64) -> Vec<f32> {
    let composite = composite(mosaic);
    let width = composite.info().size().width;
    let pixels = composite.read(Region::new(0, Rect::new(0, y, width.into(), y + 1))).unwrap();
    crate::pixels::each_type!(pixels.samples(), samples => {
        samples.iter().map(|sample| crate::pixels::Sample::to_f32(*sample)).collect()
    })
}

/// Two images of one value each that share ten columns.
const PAIR: [(&str, f64, f64); 2] = [("1-30-20-1-0=100", 0.0, 0.0), ("2-30-20-1-0=200", 20.0, 0.0)];

#[test]
fn an_overlap_is_what_its_mode_says() {
    let shared = |mode| row(&blended(mode, &PAIR), 9)[19..31].to_vec();
    assert_eq!(shared(BlendMode::Overlay), [&[100.0][..], &[200.0; 11]].concat());
    assert_eq!(shared(BlendMode::Average), [&[100.0][..], &[150.0; 10], &[200.0]].concat());
    assert_eq!(shared(BlendMode::Max), [&[100.0][..], &[200.0; 11]].concat());
    assert_eq!(shared(BlendMode::Min), [&[100.0; 11][..], &[200.0]].concat());
    assert_eq!(shared(BlendMode::Median), shared(BlendMode::Average));
    let ramp = [100.0, 105.0, 115.0, 125.0, 135.0, 145.0, 155.0, 165.0, 175.0, 185.0, 195.0, 200.0];
    assert_eq!(shared(BlendMode::Linear), ramp, "by the distances to both edges");
    let eased = [100.0, 101.0, 105.0, 115.0, 127.0, 142.0, 158.0, 173.0, 185.0, 195.0, 199.0, 200.0];
    assert_eq!(shared(BlendMode::Cosine), eased);
    assert_eq!(shared(BlendMode::Seam), [[100.0; 6], [200.0; 6]].concat(), "cut in the middle");
}

#[test]
fn the_median_leaves_out_what_one_of_three_shows() {
    let places = [("1-30-20-1-0=100", 0.0, 0.0), ("2-30-20-1-0=9", 0.0, 0.0), ("3-30-20-1-0=110", 0.0, 0.0)];
    assert!(row(&blended(BlendMode::Median, &places), 5).iter().all(|value| *value == 100.0));
}

#[test]
fn multi_band_makes_a_ramp_of_a_step_and_nothing_of_what_is_alike() {
    let step = [("1-300-120-1-0=100", 0.0, 0.0), ("2-300-120-1-0=200", 240.0, 0.0)];
    let ramp = row(&blended(BlendMode::MultiBand, &step), 60);
    assert!(ramp.windows(2).all(|pair| pair[1] >= pair[0] && pair[1] - pair[0] <= 6.0), "{:?}", &ramp[230..310]);
    assert!((ramp[269] + ramp[270] - 300.0).abs() <= 2.0, "symmetric about the middle");
    let far = super::bands::reach(4) as usize;
    assert!(ramp[..270 - 30 - far].iter().all(|value| *value == 100.0), "as it is beyond its reach");
    assert_eq!(ramp[0..5], row(&blended(BlendMode::MultiBand, &step), 0)[0..5]);
    let edge = row(&blended(BlendMode::MultiBand, &step), 0);
    assert!(edge.iter().zip(&ramp).all(|(a, b)| (a - b).abs() <= 1.0), "at the picture's edge as inside");
    let alike = [("7-300-120-3-0", 0.0, 0.0), ("7-300-120-3-0", 0.0, 0.0)];
    assert_eq!(row(&blended(BlendMode::MultiBand, &alike), 7), row(&blended(BlendMode::Overlay, &alike), 7));
}

#[test]
fn a_seam_of_least_difference_goes_around_what_differs() {
    // In the overlap of columns 40 to 60 both show the same but for a block in its middle.
    let tiles = [("1-60-60-1-0=100", 0.0, 0.0), ("2-60-60-1-0=100@250", 40.0, 0.0)];
    let of_block = |seam| {
        let mut mosaic = blended(BlendMode::Seam, &tiles);
        mosaic.apply(&Edit::Blend(Blend { mode: BlendMode::Seam, seam }));
        let samples = (0..60).flat_map(|y| row(&mosaic, y));
        samples.filter(|value| *value == 250.0).count() as i64
    };
    assert_eq!(of_block(SeamPath::Middle), BLOCK.area() as i64 / 2, "cut through");
    let whole = of_block(SeamPath::LeastDifference);
    assert!(whole == 0 || whole == BLOCK.area() as i64, "{whole} of {} pixels", BLOCK.area());
}

#[test]
fn transparent_and_missing_pixels_have_no_say() {
    let clear = [("1-30-20-1-0=100", 0.0, 0.0), ("2-30-20-4-0=0", 0.0, 0.0)];
    for mode in BlendMode::ALL {
        let row = row(&blended(mode, &clear), 5);
        assert!(row.chunks_exact(4).all(|pixel| pixel == [100.0, 100.0, 100.0, 255.0]), "{mode:?}: {:?}", &row[..4]);
    }
    let missing = [("1-30-20-1-2=0.5", 0.0, 0.0), ("2-30-20-1-2=NaN", 0.0, 0.0)];
    for mode in BlendMode::ALL.into_iter().filter(|mode| *mode != BlendMode::Overlay) {
        // A pixel that one image covers alone stays as it is painted: here the missing one lies below.
        let swapped = [missing[1], missing[0]];
        assert!(row(&blended(mode, &swapped), 5).iter().all(|value| *value == 0.5), "{mode:?}");
    }
}

#[test]
fn opacity_counts_as_weight_and_lets_the_background_through() {
    let mut mosaic = blended(BlendMode::Average, &PAIR);
    mosaic.background = [50, 50, 50];
    let ids = Arc::clone(mosaic.placements.ids());
    mosaic.set(&ids, Property::Opacity(0.5));
    let row = row(&mosaic, 9);
    // Both together are three quarters opaque.
    assert_eq!([row[0], row[25], row[49]], [75.0, 125.0, 125.0]);
}

#[test]
fn samples_are_rounded_once() {
    let mut mosaic = blended(BlendMode::Average, &[("1-30-20-1-0=101", 0.0, 0.0), ("2-30-20-1-0=101", 0.0, 0.0)]);
    let ids = Arc::clone(mosaic.placements.ids());
    mosaic.set(&ids, Property::Gain { gain: 0.5, offset: 0.0 });
    let second = mosaic.placements[1].id;
    mosaic.set(&PlacementIds::from_iter([second]), Property::Gain { gain: 0.5, offset: -0.4 });
    assert_eq!(row(&mosaic, 3)[4], 50.0, "the mean of 50.5 and 50.1");
}

#[test]
fn a_flat_field_evens_out_what_is_painted_and_what_is_blended() {
    let surface = Surface { columns: 2, rows: 2, channels: 1, values: vec![0.5, 1.0, 0.5, 1.0] };
    for mode in BlendMode::ALL {
        let mut mosaic = blended(mode, &[("1-30-20-1-0=100", 0.0, 0.0), ("2-30-20-1-0=100", 0.0, 10.0)]);
        let field = FlatField { flat: Flat::Surface(surface.clone()), dark: Some("9-30-20-1-0=20".into()) };
        mosaic.apply(&Edit::FlatField(Some(Arc::new(field))));
        for y in [5, 15, 25] {
            let row = row(&mosaic, y);
            // The darkest node of a mean over parts is a little inside the edge.
            let expected = |x: usize| 80.0 / (0.5 + 0.5 * (x as f32 + 0.5) / 30.0);
            assert!((0..30).all(|x| (row[x] - expected(x)).abs() < 1.0), "{mode:?}: {row:?}");
        }
        assert_eq!(composite(&mosaic).described().info().levels.len(), 1, "smaller ones are made of the full one");
    }
}

#[test]
fn mixed_canvases_conform() {
    for mode in BlendMode::ALL {
        let tiles = [("1-200-150-3-0", 0.0, 0.0), ("2-200-150-4-1", 150.0, 20.0), ("torn", 300.0, 0.0)];
        let mosaic = blended(mode, &tiles);
        check_source(&composite(&mosaic));
    }
}

/// Number, size, position, rotation and scale, opacity.
type Drawn = (u32, u32, u32, f64, f64, Option<(f64, f64)>, f32);

fn tile() -> impl Strategy<Value = Drawn> {
    let turned = prop_oneof![3 => Just(None), 1 => (-40.0..40.0f64, 0.6..1.4f64).prop_map(Some)];
    let opacity = prop_oneof![3 => Just(1.0f32), 1 => 0.2f32..1.0];
    (0u32..1000, 30u32..420, 30u32..260, 0.0..700.0f64, 0.0..300.0f64, turned, opacity)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// The same bytes however the canvas is cut into blocks.
    #[test]
    fn every_split_gives_the_same(
        tiles in prop::collection::vec(tile(), 2..7),
        mode in prop::sample::select(&BlendMode::ALL[..]), seam in prop::sample::select(&SeamPath::ALL[..]),
        channels in prop::sample::select(&[1u32, 2, 3, 4, 5][..]), sample in 0u32..3,
        level in 0usize..4, block in (40i64..600, 40i64..600),
    ) {
        let mut mosaic = Mosaic::default();
        for (number, width, height, x, y, turned, opacity) in tiles {
            let name = format!("{number}-{width}-{height}-{channels}-{sample}");
            let mut placement = Placement { opacity, ..placement(&name, x.round(), y.round()) };
            if let Some((degrees, scale)) = turned {
                let there = Affine::translation(Point::new(x, y));
                placement.transform = Affine::scale(scale, scale).then(Affine::rotation(degrees)).then(there);
            }
            mosaic.add(placement);
        }
        mosaic.background = [40, 50, 60];
        mosaic.apply(&Edit::Blend(Blend { mode, seam }));
        let composite = composite(&mosaic);
        let level = level.min(composite.info().levels.len() - 1);
        let whole = composite.info().whole(level);
        let expected = composite.read(Region::new(level, whole)).unwrap();
        for y in (whole.y0..whole.y1).step_by(block.1 as usize) {
            for x in (whole.x0..whole.x1).step_by(block.0 as usize) {
                let part = Rect::new(x, y, x + block.0, y + block.1).intersect(whole);
                let read = composite.read(Region::new(level, part)).unwrap();
                prop_assert!(read == expected.crop(part), "{mode:?} {seam:?}, level {level}, {part}");
            }
        }
    }
}

#[test]
fn color_kinds_are_those_of_the_canvas() {
    let info = |mosaic: &Mosaic| composite(mosaic).info().color;
    assert_eq!(info(&blended(BlendMode::Linear, &[("1-30-20-3-0", 0.0, 0.0), ("2-30-20-2-0", 5.0, 0.0)])), Color::Rgba);
}
