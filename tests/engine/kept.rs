//! What files say is what comes out: types and values of samples, bands, resolution, profile, place on the map, nodata.

use std::path::Path;
use std::sync::Arc;

use mosaicist::export::{self, Compression, ExportOptions, Format, write_image_of, write_raw_samples};
use mosaicist::geometry::{Point, Rect, Region, Size};
use mosaicist::job::Progress;
use mosaicist::mosaic::{Mosaic, Placement};
use mosaicist::pixels::{
    ChannelName, Color, Downsample, PixelKind, Pixels, RawSampleType, RawSamples, SampleType, Samples,
};
use mosaicist::source::testing::Pattern;
use mosaicist::source::{GeoTags, Info, Source as _, open};
use mosaicist::work::{ExportRequest, display_of, export};

fn info(pixels: &Pixels, color: Color) -> Info {
    let info = Info::plain("test", pixels.size(), pixels.size(), pixels.channels(), pixels.sample_type());
    Info { color, ..info }
}

fn whole(path: &Path) -> (Pixels, Info) {
    let source = open(path).unwrap().page(0).unwrap();
    (source.read(Region::new(0, source.info().whole(0))).unwrap(), source.info().clone())
}

/// Images side by side as one.
fn joined(images: &[&Path], out: &Path, change: impl Fn(&mut ExportRequest)) -> Vec<String> {
    let (mut mosaic, mut x) = (Mosaic::default(), 0.0);
    for image in images {
        let (_, info) = whole(image);
        let kind = Some(PixelKind::from(&info));
        mosaic.add(Placement { kind, ..Placement::new(*image, info.size()).at(Point::new(x, 0.0)) });
        x += f64::from(info.size().width);
    }
    let options = ExportOptions { overwrite: true, ..ExportOptions::for_path(out).unwrap() };
    let mut request = ExportRequest::new(out.to_owned(), options);
    change(&mut request);
    let progress = Progress::default();
    export(&mosaic, &request, &progress).unwrap();
    progress.warnings().iter().map(ToString::to_string).collect()
}

#[test]
fn samples_of_every_type_keep_their_values() {
    let folder = tempfile::tempdir().unwrap();
    for sample in SampleType::ALL {
        let pattern = Pattern::new(Size::new(150, 90), 1, sample);
        let pixels = pattern.read(Region::new(0, Rect::new(0, 0, 150, 90))).unwrap();
        let from = folder.path().join(format!("{}.tif", sample.name()));
        write_image_of(&from, &pixels, &info(&pixels, Color::Gray), 90).unwrap();
        assert!(whole(&from).0 == pixels, "{sample:?}");
        for compression in [Compression::None, Compression::Lzw, Compression::Deflate] {
            for (name, region) in
                [("out.tif", None), ("out.zarr", None), ("part.tif", Some(Rect::new(20, 10, 120, 80)))]
            {
                if name.ends_with("zarr") && compression == Compression::Lzw {
                    continue;
                }
                let out = folder.path().join(name);
                joined(&[&from], &out, |request| {
                    (request.options.compression, request.options.tile) = (Some(compression), Some(64));
                    request.region = region;
                });
                let expected = region.map_or_else(|| pixels.clone(), |rect| pixels.crop(rect));
                assert!(whole(&out).0 == expected, "{sample:?} to {name} in {compression:?}");
            }
        }
    }
}

#[test]
fn integers_of_64_bits_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let from = folder.path().join("u64.tif");
    let numbers = RawSamples::new(Size::new(2, 1), 1, RawSampleType::U64, (1..=16).collect()).unwrap();
    let plain = Info::plain("test", Size::new(2, 1), Size::new(2, 1), 1, SampleType::F64);
    write_raw_samples(&from, &numbers, &plain).unwrap();
    let source = open(&from).unwrap().page(0).unwrap();
    let region = Region::new(0, source.info().whole(0));
    assert_eq!(source.read_raw(region).unwrap().as_ref(), Some(&numbers), "a crop keeps them");
    let options = ExportOptions::new(Format::Tiff);
    let error = options.check(source.info()).unwrap_err().to_string();
    assert!(error.contains("64 bits"), "{error}");
    // As a document has it, alone or beside others.
    for images in [&[&*from][..], &[&*from, &*from]] {
        let mut mosaic = Mosaic::default();
        for (number, image) in images.iter().enumerate() {
            let kind = Some(PixelKind::from(source.info()));
            let place = Point::new(number as f64 * 2.0, 0.0);
            mosaic.add(Placement { kind, ..Placement::new(*image, Size::new(2, 1)).at(place) });
        }
        let request = ExportRequest::new(folder.path().join("out.tif"), options.clone());
        let error = export(&mosaic, &request, &Progress::default()).err().unwrap().to_string();
        assert!(error.contains("64 bits"), "{error}");
    }
}

#[test]
fn levels_of_labels_have_no_new_values() {
    let folder = tempfile::tempdir().unwrap();
    let size = Size::new(300, 200);
    let labels = (0..size.area() as u32).map(|n| [0u16, 5, 1000][(n % 300 / 37 + n / 300 / 29) as usize % 3]);
    let pixels = Pixels::new(size, 1, Samples::U16(labels.collect())).unwrap();
    let from = folder.path().join("labels.tif");
    write_image_of(&from, &pixels, &info(&pixels, Color::Gray), 90).unwrap();
    for downsample in [Downsample::Nearest, Downsample::Mode] {
        for name in ["out.tif", "out.zarr"] {
            let out = folder.path().join(name);
            joined(&[&from], &out, |request| {
                (request.options.downsample, request.options.tile) = (downsample, Some(64));
            });
            let source = open(&out).unwrap().page(0).unwrap();
            assert!(source.info().levels.len() > 2, "{name}");
            for level in 0..source.info().levels.len() {
                let pixels = source.read(Region::new(level, source.info().whole(level))).unwrap();
                let Samples::U16(values) = pixels.samples() else { panic!("another type") };
                assert!(values.iter().all(|value| matches!(value, 0 | 5 | 1000)), "{name}, level {level}");
            }
        }
        let out = folder.path().join("small.tif");
        joined(&[&from], &out, |request| (request.options.downsample, request.level) = (downsample, 1));
        let Samples::U16(values) = whole(&out).0.into_samples() else { panic!("another type") };
        assert!(values.iter().all(|value| matches!(value, 0 | 5 | 1000)), "a lower resolution");
    }
}

#[test]
fn a_band_beyond_the_colors_is_no_alpha() {
    let folder = tempfile::tempdir().unwrap();
    let size = Size::new(80, 60);
    let samples = (0..size.area() as u32).flat_map(|n| [n as u8, (n / 80) as u8, 90, (n % 7) as u8]);
    let pixels = Pixels::new(size, 4, Samples::U8(samples.collect())).unwrap();
    let names = ChannelName::rgb_and_more(4);
    let (from, out) = (folder.path().join("four.tif"), folder.path().join("out.tif"));
    write_image_of(&from, &pixels, &Info { channel_names: names, ..info(&pixels, Color::Channels) }, 90).unwrap();
    joined(&[&from], &out, |request| request.options.compression = Some(Compression::Deflate));
    for path in [&from, &out] {
        let (found, info) = whole(path);
        assert!(found == pixels, "{}", path.display());
        assert_eq!((info.color, info.channels), (Color::Channels, 4));
        assert!(ChannelName::are_rgb_and_more(&info.channel_names), "red, green, blue and one more");
    }
    let mut mosaic = Mosaic::default();
    mosaic.add(Placement { kind: Some((&whole(&from).1).into()), ..Placement::new(&from, size) });
    let display = display_of(&mosaic).unwrap();
    let on: Vec<_> = display.channels.iter().map(|channel| (channel.color, channel.on)).collect();
    assert_eq!(on[..3], [([255, 0, 0], true), ([0, 255, 0], true), ([0, 0, 255], true)]);
    assert!(!on[3].1, "the fourth is not shown at first");
}

#[test]
fn a_mosaic_says_what_all_its_images_say() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let profile: Arc<[u8]> = moxcms::ColorProfile::new_display_p3().encode().unwrap().into();
    let pixels = Pixels::filled(Size::new(40, 30), SampleType::U8, &[200.0, 60.0, 60.0]);
    let mut plain = info(&pixels, Color::Rgb);
    (plain.icc, plain.mpp) = (Some(Arc::clone(&profile)), Some((25_400.0 / 300.0, 25_400.0 / 300.0)));
    let geo = |x: f64| GeoTags {
        pixel_scale: vec![1.5, 1.5, 0.0],
        tie_points: vec![0.0, 0.0, 0.0, 500_000.0 + x * 1.5, 4_700_000.0, 0.0],
        key_directory: vec![1, 1, 0, 2, 1025, 0, 1, 1, 3072, 0, 1, 32629],
        ..GeoTags::default()
    };
    for (number, name) in ["a.tif", "b.tif"].iter().enumerate() {
        plain.geo = Some(Arc::new(geo(number as f64 * 40.0)));
        write_image_of(&at(name), &pixels, &plain, 90).unwrap();
    }
    let (a, b) = (at("a.tif"), at("b.tif"));
    for name in ["out.tif", "out.png", "out.jpg", "out.ome.tif", "out.zarr"] {
        assert!(joined(&[&a, &b], &at(name), |_| ()).is_empty(), "{name}: they agree");
        let (_, found) = whole(&at(name));
        let (x, y) = found.mpp.unwrap();
        assert!((x * 300.0 / 25_400.0 - 1.0).abs() < 0.005 && (x - y).abs() < 0.01, "{name}: {x}");
        if !name.ends_with("zarr") {
            assert!(found.icc == Some(Arc::clone(&profile)), "{name}");
        }
        if name == "out.tif" {
            let geo = found.geo.unwrap();
            assert_eq!(geo.map_of_pixel(0.0, 0.0), Some((500_000.0, 4_700_000.0)));
            assert_eq!((geo.pixel_scale[0].to_bits(), geo.key(3072)), (1.5f64.to_bits(), Some("32629".into())));
        }
    }
    // For browsers the colors are sRGB.
    joined(&[&a], &at("web.dzi"), |request| request.options.tiles = Some(export::TileFormat::Png));
    let shown = whole(&at("web.dzi")).0.crop(Rect::new(5, 5, 6, 6));
    let Samples::U8(shown) = shown.samples() else { panic!("not bytes") };
    // Computed by the matrices of SMPTE EG 432-1 and IEC 61966-2-1.
    assert!(shown.iter().zip([217, 42, 52]).all(|(a, b)| a.abs_diff(b) <= 2), "{shown:?}");
    plain.mpp = Some((10.0, 10.0));
    plain.geo = Some(Arc::new(geo(0.0)));
    write_image_of(&b, &pixels, &plain, 90).unwrap();
    let told = joined(&[&a, &b], &at("out.tif"), |_| ()).join("; ");
    assert!(told.contains("pixel size") && told.contains("place on the map"), "{told}");
    assert_eq!(whole(&at("out.tif")).1.mpp, None);
}

#[test]
fn nodata_hides_nothing_and_has_no_part_in_the_contrast() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let size = Size::new(60, 40);
    let heights = |hole: fn(u32) -> bool| {
        let value = |n: u32| if hole(n % 60) { -9999.0 } else { 100.0 + (n / 60) as f32 };
        Pixels::new(size, 1, Samples::F32((0..size.area() as u32).map(value).collect())).unwrap()
    };
    let (left, right) = (heights(|x| x > 50), heights(|x| x < 30));
    let tags = GeoTags { gdal_nodata: "-9999".into(), ..GeoTags::default() };
    for (name, pixels) in [("left.tif", &left), ("right.tif", &right)] {
        write_image_of(&at(name), pixels, &Info { geo: Some(Arc::new(tags.clone())), ..info(pixels, Color::Gray) }, 90)
            .unwrap();
    }
    let (_, found) = whole(&at("left.tif"));
    assert_eq!((found.nodata, &*found.background), (Some(-9999.0), &[-9999.0][..]));
    let mut mosaic = Mosaic::default();
    for name in ["left.tif", "right.tif"] {
        mosaic.add(Placement { kind: Some((&found).into()), ..Placement::new(at(name), size) });
    }
    let display = display_of(&mosaic).unwrap();
    assert!(display.channels[0].low >= 99.0 && display.channels[0].high <= 140.0, "{:?}", display.channels[0]);
    let request = ExportRequest::new(at("both.tif"), ExportOptions::new(Format::Tiff));
    export(&mosaic, &request, &Progress::default()).unwrap();
    let (both, said) = whole(&at("both.tif"));
    let Samples::F32(values) = both.samples() else { panic!("another type") };
    assert!(values.iter().all(|value| *value >= 100.0), "each shows through the other's hole");
    assert_eq!(said.nodata, Some(-9999.0));
}
