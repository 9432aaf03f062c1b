//! TIFFs of every layout and coding, made here, read back and held against what was written.

use std::path::Path;
use std::sync::Arc;

use super::tags as tag;
use super::testing::{PLAIN, Part, Plan, Value, Writer};
use crate::Result;
use crate::geometry::{Rect, Region, Size};
use crate::pixels::{Color, Pixels, RawSampleType, RawSamples, SampleType, Samples};
use crate::testing::check_source;
use crate::{Opened, Source};

/// Write and open a file.
fn opened(bytes: &[u8]) -> Result<Box<dyn Opened>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made.tif");
    std::fs::write(&path, bytes).unwrap();
    super::open(&path)
}

fn page(bytes: &[u8]) -> Arc<dyn Source> {
    opened(bytes).unwrap().page(0).unwrap()
}

fn whole(source: &dyn Source) -> Pixels {
    source.read(Region::new(0, source.info().whole(0))).unwrap()
}

/// All values as written.
fn values(plan: &Plan) -> Vec<u64> {
    let pixels = (0..plan.height).flat_map(|y| (0..plan.width).map(move |x| (x, y)));
    pixels.flat_map(|(x, y)| (0..plan.samples).map(move |c| plan.value(x, y, c))).collect()
}

/// Read the plan's file, check that its source conforms, and that its numbers are those that were written.
fn check(plan: Plan) {
    let source = page(&plan.file());
    check_source(&*source);
    let written = values(&plan);
    let region = Region::new(0, source.info().whole(0));
    // Of the types of measured values, the pixels are what is stored.
    let measured = || Some(RawSamples::from_pixels(whole(&*source))).filter(|_| !source.info().sample.is_picture());
    let raw = source.read_raw(region).unwrap();
    assert_eq!(source.info().stored, raw.as_ref().map(RawSamples::kind), "where the pixels are of another type");
    let Some(stored) = raw.or_else(measured) else {
        let found: Vec<f64> = match whole(&*source).into_samples() {
            Samples::U8(samples) => samples.into_iter().map(f64::from).collect(),
            Samples::U16(samples) => samples.into_iter().map(f64::from).collect(),
            Samples::F32(samples) => samples.into_iter().map(f64::from).collect(),
            other => panic!("samples of {}", other.sample_type().name()),
        };
        let scale = if plan.bits < 8 { 255.0 / f64::from((1 << plan.bits) - 1) } else { 1.0 };
        let meant = |value: &u64| match (plan.format, plan.bits) {
            (3, 16) => 16.0 + f64::from((value & 0x3FF) as u32) / 64.0,
            (3, _) => f64::from(f32::from_bits(*value as u32)),
            _ => *value as f64 * scale,
        };
        assert_eq!(found, written.iter().map(meant).collect::<Vec<_>>(), "{plan:?}");
        return;
    };
    let width = stored.kind().bytes();
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0u64, |all, byte| all << 8 | u64::from(*byte));
    let found: Vec<u64> = stored.bytes().chunks_exact(width).map(number).collect();
    assert_eq!(found, written, "{plan:?}");
}

#[test]
fn every_width_and_order_is_read() {
    for bits in [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 24, 32, 64] {
        for (little, big) in [(true, false), (false, false), (true, true), (false, true)] {
            check(Plan { bits, little, big, ..PLAIN });
        }
        check(Plan { bits, samples: 3, photometric: 2, tiled: true, ..PLAIN });
    }
    for (format, bits) in [(2, 8), (2, 16), (2, 32), (2, 64), (3, 16), (3, 32), (3, 64)] {
        check(Plan { bits, format, little: false, ..PLAIN });
        check(Plan { bits, format, samples: 2, tiled: true, ..PLAIN });
    }
}

#[test]
fn every_compressor_of_bytes_is_read() {
    for compression in [1, 5, 8, 32773, 34925, 50000] {
        for (tiled, separate) in [(false, false), (true, false), (false, true), (true, true)] {
            check(Plan { compression, tiled, separate, samples: 3, photometric: 2, ..PLAIN });
        }
        for (bits, predictor, format) in
            [(8, 2, 1), (16, 2, 1), (32, 2, 2), (64, 2, 1), (12, 2, 1), (32, 3, 3), (64, 3, 3)]
        {
            for little in [true, false] {
                check(Plan { compression, bits, predictor, format, little, samples: 3, photometric: 2, ..PLAIN });
            }
        }
    }
}

#[test]
fn white_is_zero_comes_upright() {
    for bits in [1, 4, 8, 16] {
        let black = page(&Plan { bits, ..PLAIN }.file());
        let white = page(&Plan { bits, photometric: 0, ..PLAIN }.file());
        let inverted = match whole(&*black).into_samples() {
            Samples::U8(samples) => Samples::U8(samples.into_iter().map(|s| !s).collect()),
            Samples::U16(samples) => Samples::U16(samples.into_iter().map(|s| !s).collect()),
            other => panic!("{} from {bits} bits", other.sample_type().name()),
        };
        assert_eq!(whole(&*white).samples(), &inverted, "{bits} bits");
    }
}

#[test]
fn palettes_inks_and_chroma_become_colors() {
    let map = (0..3 * 16).map(|at| (at * 1111) as u16).collect();
    let plan = Plan { bits: 4, photometric: 3, ..PLAIN };
    let source = page(&Writer::new(true, false).file(&[plan.part().with(tag::COLOR_MAP, Value::Short(map))]));
    check_source(&*source);
    assert_eq!((source.info().color, source.info().channels), (Color::Rgb, 3));
    let index = plan.value(0, 0, 0) as usize;
    let Samples::U8(samples) = whole(&*source).into_samples() else { panic!("bytes") };
    assert_eq!(samples[..3], [0, 16, 32].map(|c| ((c + index) * 1111 / 257) as u8));

    let cmyk = Plan { samples: 4, photometric: 5, ..PLAIN };
    let source = page(&cmyk.file());
    check_source(&*source);
    let [c, .., k] = [0, 1, 2, 3].map(|value| cmyk.value(0, 0, value) as u32);
    assert!(source.info().is_cmyk);
    let stored = source.read_cmyk(Region::new(0, Rect::new(0, 0, 2, 2))).unwrap().unwrap();
    assert_eq!((stored.channels(), stored.crop(Rect::new(0, 0, 1, 1)).samples().to_le_bytes()[0]), (4, c as u8));
    let Samples::U8(samples) = whole(&*source).into_samples() else { panic!("bytes") };
    assert_eq!(u32::from(samples[0]), (255 - c) * (255 - k) / 255, "rounded down");

    // Every pixel of 4:2:0 clumps the same gray, with chroma in the middle.
    let clumps = vec![[90, 90, 90, 90, 128, 128].repeat(19 * 4), [90, 90, 90, 90, 128, 128].repeat(19 * 11)];
    let chroma = Part { chunks: clumps, ..Plan { samples: 3, photometric: 6, ..PLAIN }.part() };
    let chroma = chroma.with(tag::YCBCR_SUBSAMPLING, Value::Short(vec![2, 2])).short(tag::ROWS_PER_STRIP, 8);
    let chroma =
        Part { chunks: [&chroma.chunks[..1], &vec![[90, 90, 90, 90, 128, 128].repeat(19 * 4); 3]].concat(), ..chroma };
    let source = page(&Writer::new(true, false).file(&[chroma]));
    check_source(&*source);
    assert_eq!(whole(&*source).samples(), &Samples::U8(vec![90; 37 * 29 * 3]));
}

#[test]
fn jpeg_tiles_take_their_colors_from_the_tags() {
    let options = crate::codec::jpeg::EncodeOptions {
        quality: 95,
        subsampling: crate::codec::jpeg::Subsampling::Full,
        abbreviated: true,
        ..Default::default()
    };
    let tile = Pixels::filled(Size::new(16, 16), SampleType::U8, &[200.0, 30.0, 60.0]);
    let mut stream = Vec::new();
    crate::codec::jpeg::encode(tile.view(), &options, &mut stream).unwrap();
    let tables = crate::codec::jpeg::tables(&options, 3);
    let plan = Plan { samples: 3, compression: 7, tiled: true, ..PLAIN };
    let part = |photometric| {
        let part = Plan { photometric, ..plan }.part().with(tag::JPEG_TABLES, Value::Bytes(tables.clone()));
        Part { chunks: vec![stream.clone(); part.chunks.len()], ..part }
    };
    for (photometric, expected) in [(6, [200, 30, 60]), (2, [84, 114, 211])] {
        let source = page(&Writer::new(true, false).file(&[part(photometric)]));
        check_source(&*source);
        let Samples::U8(samples) = whole(&*source).into_samples() else { panic!("bytes") };
        let near =
            samples.iter().zip(expected.iter().cycle()).all(|(found, wanted)| (i32::from(*found) - wanted).abs() < 4);
        assert!(near, "photometric {photometric}: {:?}, not {expected:?}", &samples[..3]);
    }
}

#[test]
fn other_picture_codecs_are_read() {
    let plan = Plan { samples: 3, photometric: 2, tiled: true, ..PLAIN };
    let samples: Vec<u8> = (0..16 * 16 * 3).map(|at| (at * 5) as u8).collect();
    let mut webp = Vec::new();
    image_webp::WebPEncoder::new(&mut webp).encode(&samples, 16, 16, image_webp::ColorType::Rgb8).unwrap();
    let part = Plan { compression: 50001, ..plan }.part();
    let source = page(&Writer::new(true, false).file(&[Part { chunks: vec![webp; part.chunks.len()], ..part }]));
    check_source(&*source);
    let corner = source.read(Region::new(0, Rect::new(16, 0, 32, 16))).unwrap();
    assert_eq!(corner.samples(), &Samples::U8(samples));
}

#[test]
fn fax_rows_are_read() {
    // 4 white, 3 black, 1 white, at byte boundaries.
    let part = Plan { width: 8, height: 7, bits: 1, photometric: 0, compression: 2, ..PLAIN }.part();
    let rows = [0b1011_1000, 0b0111_0000].repeat(7);
    let source = page(&Writer::new(true, false).file(&[Part { chunks: vec![rows.clone()], ..part.clone() }]));
    check_source(&*source);
    let row = [255, 255, 255, 255, 0, 0, 0, 255];
    assert_eq!(whole(&*source).samples(), &Samples::U8(row.repeat(7)));
    // The same with the bits of each byte the other way round.
    let reversed = rows.iter().map(|byte: &u8| byte.reverse_bits()).collect();
    let part = Part { chunks: vec![reversed], ..part }.short(tag::FILL_ORDER, 2);
    let source = page(&Writer::new(true, false).file(&[part]));
    assert_eq!(whole(&*source).samples(), &Samples::U8(row.repeat(7)));
}

#[test]
fn opacity_is_not_premultiplied() {
    let part = Plan { samples: 4, photometric: 2, ..PLAIN }.part();
    let plain = page(&Writer::new(true, false).file(&[part.clone().short(tag::EXTRA_SAMPLES, 2)]));
    assert_eq!((plain.info().color, plain.info().stored), (Color::Rgba, None));
    let multiplied = page(&Writer::new(true, false).file(&[part.short(tag::EXTRA_SAMPLES, 1)]));
    assert_eq!((multiplied.info().color, multiplied.info().stored), (Color::Rgba, Some(RawSampleType::U8)));
    check_source(&*multiplied);
    let (Samples::U8(as_is), Samples::U8(divided)) =
        (whole(&*plain).into_samples(), whole(&*multiplied).into_samples())
    else {
        panic!("bytes")
    };
    for (stored, shown) in as_is.chunks(4).zip(divided.chunks(4)).filter(|(stored, _)| stored[3] > 0) {
        let expected = (f64::from(stored[0]) * 255.0 / f64::from(stored[3])).round().min(255.0);
        assert!((f64::from(shown[0]) - expected).abs() <= 1.0, "{stored:?}: {shown:?}");
    }
}

/// `plan` with sides divided by `by`.
fn smaller(plan: Plan, by: u32) -> Plan {
    Plan { width: plan.width.div_ceil(by), height: plan.height.div_ceil(by), ..plan }
}

#[test]
fn reduced_images_are_levels_in_any_position() {
    let plan = Plan { width: 160, height: 120, tiled: true, ..PLAIN };
    let (full, half, quarter) = (plan.part(), smaller(plan, 2).part(), smaller(plan, 4).part());
    let marked = |part: &Part| part.clone().short(tag::NEW_SUBFILE_TYPE, 1);
    let mask = smaller(plan, 1).part().short(tag::NEW_SUBFILE_TYPE, 4);
    let below = Part { below: vec![half.clone(), quarter.clone()], ..full.clone() };
    for (name, parts) in [
        ("marked", vec![full.clone(), mask, marked(&half), marked(&quarter)]),
        ("below", vec![below]),
        ("unmarked", vec![full.clone(), half.clone(), quarter.clone()]),
    ] {
        let file = opened(&Writer::new(true, false).file(&parts)).unwrap();
        assert_eq!(file.pages(), 1, "{name}");
        let source = file.page(0).unwrap();
        let downsamples: Vec<f64> = source.info().levels.iter().map(|level| level.downsample).collect();
        assert_eq!(downsamples, [1.0, 2.0, 4.0], "{name}");
        check_source(&*source);
    }
    let others = [full, Plan { width: 50, ..plan }.part(), half];
    assert_eq!(opened(&Writer::new(true, false).file(&others)).unwrap().pages(), 3, "of another shape: pages");
}

#[test]
fn chains_that_bite_their_tail_end() {
    let mut file = Writer::new(true, false).file(&[PLAIN.part(), PLAIN.part()]);
    let first = u32::from_le_bytes(file[4..8].try_into().unwrap());
    let end = file.len() - 4;
    file[end..].copy_from_slice(&first.to_le_bytes());
    assert_eq!(opened(&file).unwrap().pages(), 2);
}

#[test]
fn chunks_left_out_are_zeros() {
    let mut part = Plan { tiled: true, ..PLAIN }.part();
    part.chunks[0].clear();
    let source = page(&Writer::new(false, true).file(&[part]));
    check_source(&*source);
    let first = source.read(Region::new(0, Rect::new(0, 0, 16, 16))).unwrap();
    assert_eq!(first.samples(), &Samples::U8(vec![0; 256]));
}

#[test]
fn pages_are_turned_upright() {
    for (orientation, bits) in (1..=8).flat_map(|orientation| [(orientation, 32), (orientation, 64)]) {
        let part = |orientation| Plan { bits, ..PLAIN }.part().short(tag::ORIENTATION, orientation);
        let file = |orientation| page(&Writer::new(true, false).file(&[part(orientation)]));
        let (source, expected) = (file(orientation), crate::upright::upright(whole(&*file(1)), orientation as u8));
        check_source(&*source);
        assert_eq!(whole(&*source), expected, "orientation {orientation}, {bits} bits");
        let stored = source.read_raw(Region::new(0, source.info().whole(0))).unwrap();
        assert_eq!(stored.map(RawSamples::into_pixels), (bits == 64).then_some(expected), "pixels have no 64 bits");
    }
}

#[test]
fn a_hundred_gigapixels_open_by_their_head() {
    let (side, tile) = (320_000u32, 256u32);
    let count = side.div_ceil(tile).pow(2);
    let part = Part::default()
        .with(tag::WIDTH, Value::Long(vec![side]))
        .with(tag::HEIGHT, Value::Long(vec![side]))
        .short(tag::BITS_PER_SAMPLE, 8)
        .short(tag::COMPRESSION, 7)
        .short(tag::TILE_WIDTH, tile as u16)
        .short(tag::TILE_HEIGHT, tile as u16);
    let mut bytes = Writer::new(true, true).file(&[part]);
    // Point both tables at a hole of the right length behind the file.
    let table = bytes.len() as u64;
    let at = u64::from_le_bytes(bytes[8..16].try_into().unwrap()) as usize;
    let entries = u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
    for entry in (0..entries).map(|n| at + 8 + 20 * n) {
        if matches!(u16::from_le_bytes([bytes[entry], bytes[entry + 1]]), tag::TILE_OFFSETS | tag::TILE_BYTE_COUNTS) {
            bytes[entry + 4..entry + 12].copy_from_slice(&u64::from(count).to_le_bytes());
            bytes[entry + 12..entry + 20].copy_from_slice(&table.to_le_bytes());
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huge.tif");
    std::fs::write(&path, &bytes).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(table + 4 * u64::from(count)).unwrap();
    let source = super::open(&path).unwrap().page(0).unwrap();
    assert_eq!(source.info().size().area(), 102_400_000_000);
    let part = source.read(Region::new(0, Rect::new(300_000, 300_000, 300_010, 300_010))).unwrap();
    assert_eq!(part.samples(), &Samples::U8(vec![0; 100]));
}

#[test]
fn georeferences_are_read() {
    let part = PLAIN
        .part()
        .with(tag::MODEL_PIXEL_SCALE, Value::Double(vec![2.0, 2.0, 0.0]))
        .with(tag::MODEL_TIE_POINT, Value::Double(vec![0.0, 0.0, 0.0, 1000.0, 2000.0, 0.0]))
        .with(tag::GEO_KEY_DIRECTORY, Value::Short(vec![1, 1, 0, 1, 3072, 0, 1, 25832]));
    let source = page(&Writer::new(false, false).file(&[part]));
    let geo = source.info().geo.as_ref().unwrap();
    assert_eq!(geo.map_of_pixel(10.0, 5.0), Some((1020.0, 1990.0)));
    assert_eq!(source.info().properties["geo.projection"], "EPSG:25832");
}

#[test]
fn nothing_but_an_error_comes_of_nonsense() {
    for bytes in [&b"II*\0"[..], b"II*\0\x08\0\0\0\0\0", b"MM\0\x2b\0\x08\0\0", b"II*\0\xff\xff\xff\xff"] {
        let error = opened(bytes).err().expect("no image");
        assert!(matches!(error, crate::Error::Corrupt { .. }), "{error}");
    }
    // A size that no chunk fills, and tables that the file cannot hold.
    let plan = Plan { width: 1 << 20, height: 1 << 20, ..PLAIN };
    let part = Part { chunks: vec![vec![1; 10]], ..Plan { width: 8, ..PLAIN }.part() };
    let huge = part.with(tag::WIDTH, Value::Long(vec![plan.width])).with(tag::HEIGHT, Value::Long(vec![plan.height]));
    let huge = huge.with(tag::ROWS_PER_STRIP, Value::Long(vec![1 << 20])).short(tag::COMPRESSION, 8);
    assert!(opened(&Writer::new(true, false).file(&[huge])).is_err());
    assert!(super::open(Path::new("missing.tif")).is_err());
    // ThunderScan's four bits in an image of two: found by damage.
    for (compression, bits) in [(32809, 2), (32766, 4)] {
        assert!(opened(&Plan { bits, compression, ..PLAIN }.file()).is_err(), "{compression} of {bits} bits");
    }
}

/// One small file for each coding and each format built upon TIFF.
fn samples() -> Vec<Vec<u8>> {
    let color = Plan { samples: 3, photometric: 2, tiled: true, ..PLAIN };
    let mut plans = Vec::new();
    for compression in [1, 5, 8, 32773, 34925, 50000] {
        plans.push(Plan { compression, ..PLAIN });
        plans.push(Plan { compression, predictor: 2, big: true, little: false, ..color });
        plans.push(Plan { compression, bits: 32, format: 3, predictor: 3, separate: true, ..color });
    }
    for bits in [1, 4, 12, 16, 24, 64] {
        plans.push(Plan { bits, ..PLAIN });
    }
    plans.push(Plan { samples: 4, photometric: 5, ..PLAIN });
    plans.push(Plan { photometric: 8, ..color });
    plans.push(Plan { bits: 32, format: 6, ..PLAIN });
    let mut files: Vec<Vec<u8>> = plans.iter().map(Plan::file).collect();
    let one = |part: Part| Writer::new(true, false).file(&[part]);
    files.extend(coded().into_iter().map(one));
    // Pages, levels, maps, and the descriptions of slides.
    let full = Plan { width: 160, height: 120, ..color };
    let below = Part { below: vec![smaller(full, 2).part(), smaller(full, 4).part()], ..full.part() };
    files.push(Writer::new(true, true).file(&[below, PLAIN.part().short(tag::ORIENTATION, 6)]));
    let described = |text: &str| full.part().with(tag::IMAGE_DESCRIPTION, Value::Text(text.into()));
    let level = smaller(full, 4).part().short(tag::NEW_SUBFILE_TYPE, 1);
    for (description, software) in [
        ("Aperio Image\n160x120|AppMag = 20|MPP = 0.5", "x"),
        (OME, "x"),
        (PHILIPS, "Philips DP"),
        (QPTIFF, "PerkinElmer-QPI"),
    ] {
        let first = described(description).with(305, Value::Text(software.into()));
        files.push(Writer::new(true, false).file(&[first, PLAIN.part(), level.clone()]));
    }
    let map = PLAIN
        .part()
        .with(tag::MODEL_PIXEL_SCALE, Value::Double(vec![2.0, 2.0, 0.0]))
        .with(tag::MODEL_TIE_POINT, Value::Double(vec![0.0, 0.0, 0.0, 1000.0, 2000.0, 0.0]))
        .with(tag::GEO_ASCII_PARAMS, Value::Text("UTM|".into()))
        .with(tag::GEO_KEY_DIRECTORY, Value::Short(vec![1, 1, 0, 2, 3072, 0, 1, 25832, 3073, 34737, 4, 0]));
    files.push(one(map));
    files
}

const OME: &str = "<OME xmlns='ome'><Image ID='1' Name='a'><Pixels DimensionOrder='XYZCT' SizeX='160' SizeY='120' SizeZ='2' \
                   SizeC='1' SizeT='1' Type='uint8' PhysicalSizeX='0.5' PhysicalSizeY='0.5'><Channel Name='DAPI' \
                   SamplesPerPixel='1'/><TiffData IFD='0' PlaneCount='2'/></Pixels></Image></OME>";
const PHILIPS: &str = "<DataObject ObjectType='DPUfsImport'><Attribute Name='PIM_DP_SCANNED_IMAGES'><Array><DataObject \
                       ObjectType='DPScannedImage'><Attribute Name='PIM_DP_IMAGE_TYPE'>WSI</Attribute><Attribute \
                       Name='DICOM_PIXEL_SPACING'>\"0.00025\" \"0.00025\"</Attribute></DataObject><DataObject \
                       ObjectType='DPScannedImage'><Attribute Name='PIM_DP_IMAGE_TYPE'>LABELIMAGE</Attribute><Attribute \
                       Name='PIM_DP_IMAGE_DATA'>/9j/2Q==</Attribute></DataObject></Array></Attribute></DataObject>";
const QPTIFF: &str = "<PerkinElmer-QPI-ImageDescription><ImageType>FullResolution</ImageType><Name>DAPI</Name>\
                      <Objective>20x</Objective></PerkinElmer-QPI-ImageDescription>";

/// Directories whose chunks hold streams of picture codecs.
fn coded() -> Vec<Part> {
    let color = Plan { samples: 3, photometric: 2, tiled: true, ..PLAIN };
    let filled = |plan: Plan, stream: &[u8]| {
        let part = plan.part();
        Part { chunks: vec![stream.to_vec(); part.chunks.len()], ..part }
    };
    let tile = Pixels::filled(Size::new(16, 16), SampleType::U8, &[200.0, 30.0, 60.0]);
    let mut jpeg = Vec::new();
    let options = crate::codec::jpeg::EncodeOptions {
        quality: 80,
        subsampling: crate::codec::jpeg::Subsampling::Quarter,
        abbreviated: false,
        ..Default::default()
    };
    crate::codec::jpeg::encode(tile.view(), &options, &mut jpeg).unwrap();
    let mut webp = Vec::new();
    let rgb: Vec<u8> = (0..16 * 16 * 3).map(|at| (at * 5) as u8).collect();
    image_webp::WebPEncoder::new(&mut webp).encode(&rgb, 16, 16, image_webp::ColorType::Rgb8).unwrap();
    let fax = Plan { bits: 1, photometric: 0, ..PLAIN };
    let rows: Vec<u8> = (0..200u32).map(|at| ((at * 77) >> 2) as u8).collect();
    let gray = Plan { samples: 1, ..color };
    vec![
        filled(Plan { compression: 7, photometric: 6, ..color }, &jpeg),
        filled(Plan { compression: 6, photometric: 6, ..color }, &jpeg),
        filled(Plan { compression: 50001, ..color }, &webp),
        filled(Plan { compression: 50002, ..color }, &JXL),
        filled(Plan { compression: 33005, ..color }, &j2k()),
        filled(Plan { compression: 34887, photometric: 1, ..gray }, b"Lerc2 \x02\0\0\0\0\0\0\0\x10\0\0\0\x10\0\0\0"),
        filled(Plan { compression: 2, ..fax }, &rows),
        filled(Plan { compression: 3, ..fax }, &rows).with(tag::T4_OPTIONS, Value::Long(vec![1])),
        filled(Plan { compression: 4, ..fax }, &rows),
        filled(Plan { compression: 32766, bits: 2, ..PLAIN }, &rows),
        filled(Plan { compression: 32809, bits: 4, ..PLAIN }, &rows),
        filled(Plan { photometric: 6, ..color }, &[99; 16 * 16 * 3]),
    ]
}

/// The stream that the documentation of `jxl-oxide` shows.
const JXL: [u8; 42] = [
    0xff, 0x0a, 0x30, 0x54, 0x10, 0x09, 0x08, 0x06, 0x01, 0x00, 0x78, 0x00, 0x4b, 0x38, 0x41, 0x3c, 0xb6, 0x3a, 0x51,
    0xfe, 0x00, 0x47, 0x1e, 0xa0, 0x85, 0xb8, 0x27, 0x1a, 0x48, 0x45, 0x84, 0x1b, 0x71, 0x4f, 0xa8, 0x3e, 0x8e, 0x30,
    0x03, 0x92, 0x84, 0x01,
];

/// The headers of a JPEG 2000 code stream of 16 × 16 pixels, and an empty tile.
pub(super) fn j2k() -> Vec<u8> {
    let mut stream = vec![0xFF, 0x4F, 0xFF, 0x51, 0, 47, 0, 0];
    for side in [16u32, 16, 0, 0, 16, 16, 0, 0] {
        stream.extend(side.to_be_bytes());
    }
    stream.extend([0, 3, 7, 1, 1, 7, 1, 1, 7, 1, 1]);
    stream.extend([0xFF, 0x52, 0, 12, 0, 0, 0, 1, 1, 0, 4, 4, 0, 1]);
    stream.extend([0xFF, 0x5C, 0, 4, 0x40, 0x48]);
    stream.extend([0xFF, 0x90, 0, 10, 0, 0, 0, 0, 0, 17, 0, 1, 0xFF, 0x93, 0, 0, 0, 0xFF, 0xD9]);
    stream
}

/// Damaged files end in errors or pictures, never in a panic. `MOSAICIST_DAMAGED` sets how many are tried.
#[test]
fn damaged_files_do_no_harm() {
    let wanted = std::env::var("MOSAICIST_DAMAGED").ok().and_then(|text| text.parse().ok()).unwrap_or(3000);
    let files = samples();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.tif");
    let (mut opened, mut refused, mut bad) = (0u64, 0u64, Vec::new());
    for seed in 0..wanted {
        let whole = &files[(seed % files.len() as u64) as usize];
        std::fs::write(&path, crate::testing::damaged(whole, seed)).unwrap();
        let tried = std::panic::catch_unwind(|| match super::open(&path) {
            Ok(file) => {
                crate::testing::try_reading(&*file);
                true
            }
            Err(_) => false,
        });
        match tried {
            Ok(true) => opened += 1,
            Ok(false) => refused += 1,
            Err(_) => bad.push(seed),
        }
    }
    assert!(bad.is_empty(), "panics with the seeds {bad:?} of {} samples", files.len());
    assert!(opened > wanted / 4 && refused > wanted / 100, "{opened} opened, {refused} refused");
}

#[test]
fn samples_match_the_expected_values() {
    let formats: Vec<&str> = samples().iter().map(|bytes| page(bytes).info().format).collect();
    for format in ["TIFF", "Aperio SVS", "OME-TIFF", "Philips TIFF", "QPTIFF"] {
        assert!(formats.contains(&format), "{format} in {formats:?}");
    }
}

#[test]
fn slides_have_scale_and_associated_images() {
    let full = Plan { width: 160, height: 120, samples: 3, photometric: 2, tiled: true, ..PLAIN };
    let described = |text: &str| full.part().with(tag::IMAGE_DESCRIPTION, Value::Text(text.into()));
    let thumbnail = Plan { width: 40, height: 30, samples: 3, photometric: 2, ..PLAIN }.part();
    let mut level = smaller(full, 2).part();
    level.chunks[0].clear();
    let parts = [described("Aperio Image\n160x120|AppMag = 20|MPP = 0,499"), thumbnail, level];
    let file = opened(&Writer::new(true, false).file(&parts)).unwrap();
    let source = file.page(0).unwrap();
    check_source(&*source);
    let info = source.info();
    assert_eq!((info.mpp, info.objective, info.levels.len()), (Some((0.499, 0.499)), Some(20.0), 2));
    assert_eq!(info.properties["openslide.vendor"], "aperio");
    assert_eq!(info.properties["openslide.level[1].downsample"], "2");
    assert_eq!((file.associated(), info.background.clone()), (vec!["thumbnail".to_owned()], vec![255.0; 3]));
    check_source(&*file.associated_image("thumbnail").unwrap());
    // The tile that is missing is the mean of the finer level.
    let fine = source.read(Region::new(0, Rect::new(0, 0, 32, 32))).unwrap();
    let coarse = source.read(Region::new(1, Rect::new(0, 0, 16, 16))).unwrap();
    assert_eq!(coarse, crate::pixels::halve(fine.view(), false));
}

#[test]
fn planes_of_a_series_are_pages_with_names() {
    let plan = Plan { width: 20, height: 10, ..PLAIN };
    let folder = tempfile::tempdir().unwrap();
    let xml = |own: &str| {
        let block = |z: u32, name: &str| {
            format!("<TiffData IFD='0' FirstZ='{z}'><UUID FileName='{name}'>urn:uuid:{z}</UUID></TiffData>")
        };
        let blocks = [block(0, "a.ome.tif"), block(1, "b.ome.tif"), block(2, "gone.ome.tif")].concat();
        format!(
            "<OME UUID='{own}'><Image ID='i'><Pixels DimensionOrder='XYZCT' SizeZ='3' SizeC='1' SizeT='1' PhysicalSizeX='500' \
             PhysicalSizeXUnit='nm' PhysicalSizeY='0.25'><Channel Name='DAPI'/>{blocks}</Pixels></Image></OME>"
        )
    };
    for (name, width) in [("a.ome.tif", 20), ("b.ome.tif", 24)] {
        let part = Plan { width, ..plan }.part().with(tag::IMAGE_DESCRIPTION, Value::Text(xml(name)));
        std::fs::write(folder.path().join(name), Writer::new(true, false).file(&[part])).unwrap();
    }
    let file = super::open(&folder.path().join("b.ome.tif")).unwrap();
    assert_eq!(file.pages(), 2, "the third file is not here");
    let names: Vec<_> = (0..2).map(|page| file.page_name(page).unwrap()).collect();
    assert_eq!(names, ["DAPI, Z-slice 2 of 3", "DAPI, Z-slice 1 of 3"], "the opened page comes first");
    let sizes: Vec<u32> = (0..2).map(|page| file.page(page).unwrap().info().size().width).collect();
    assert_eq!(sizes, [24, 20]);
    assert_eq!(file.page(0).unwrap().info().mpp, Some((0.5, 0.25)));
}
