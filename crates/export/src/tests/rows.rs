//! One plain file, read back.

use std::fs;
use std::path::Path;

use super::{Columns, export, options, read_png};
use crate::Error;
use crate::codec::jpeg::{self, Subsampling};
use crate::geometry::{Rect, Region, Size};
use crate::pixels::{Pixels, SampleType, Samples};
use crate::source::testing::{InMemory, Pattern};
use crate::source::{Source, open};
use crate::{Compression, ExportOptions, Format, Offsets, TiffOptions, plan};

const SIZES: [(u32, u32); 7] = [(1, 1), (255, 40), (257, 1), (1, 300), (700, 1025), (3000, 20), (17, 2100)];

fn whole(source: &dyn Source) -> Pixels {
    source.read(Region::new(0, source.info().whole(0))).unwrap()
}

/// The same in memory and in a file, in small blocks and as planned.
fn ways(format: Format) -> Vec<ExportOptions> {
    let usual = options(format);
    let small = ExportOptions { block_exponent: Some(0), ..usual.clone() };
    vec![usual, small]
}

#[test]
fn png_keeps_every_sample() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a.png");
    let kinds =
        [(1, SampleType::U8), (2, SampleType::U16), (3, SampleType::U8), (3, SampleType::U16), (4, SampleType::U8)];
    for (width, height) in SIZES {
        for (channels, sample) in kinds {
            let pattern = Pattern::new(Size::new(width, height), channels, sample);
            for options in ways(Format::Png) {
                let statistics = export(&pattern, &out, &options);
                assert_eq!(statistics.bytes, fs::metadata(&out).unwrap().len());
                assert!(read_png(&out) == whole(&pattern), "{width}×{height}×{channels} {sample:?}");
            }
        }
    }
}

#[test]
fn jpeg_in_pieces_is_jpeg_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a.jpg");
    for (width, height) in SIZES {
        for (channels, quality) in [(1, 75), (3, 80), (3, 95)] {
            let pattern = Pattern::new(Size::new(width, height), channels, SampleType::U8);
            for options in ways(Format::Jpeg) {
                export(&pattern, &out, &ExportOptions { quality: Some(quality), ..options });
                let subsampling = if quality < 90 { Subsampling::Quarter } else { Subsampling::Full };
                let mut alone = Vec::new();
                let encode = jpeg::EncodeOptions { quality, subsampling, ..jpeg::EncodeOptions::default() };
                jpeg::encode(whole(&pattern).view(), &encode, &mut alone).unwrap();
                let decode = |stream: &[u8]| jpeg::decode(stream, &jpeg::DecodeOptions::default()).unwrap();
                assert!(decode(&fs::read(&out).unwrap()) == decode(&alone), "{width}×{height}×{channels}");
            }
        }
    }
}

#[test]
fn bmp_and_raw_have_a_place_for_every_pixel() {
    let folder = tempfile::tempdir().unwrap();
    let (bmp, raw) = (folder.path().join("a.bmp"), folder.path().join("a.raw"));
    for (width, height) in SIZES {
        for channels in [1, 3, 4] {
            let pattern = Pattern::new(Size::new(width, height), channels, SampleType::U8);
            for options in ways(Format::Bmp) {
                let statistics = export(&pattern, &bmp, &options);
                assert_eq!(statistics.bytes, fs::metadata(&bmp).unwrap().len());
                let source = open(&bmp).unwrap().page(0).unwrap();
                let read = whole(&*source);
                let spread = |pixels: Pixels| {
                    let Samples::U8(samples) = pixels.into_samples() else { panic!("bytes") };
                    samples.iter().flat_map(|&gray| [gray; 3]).collect::<Vec<_>>()
                };
                if channels == 1 && read.channels() == 3 {
                    assert!(read.samples() == &Samples::U8(spread(whole(&pattern))), "{width}×{height} grey");
                } else {
                    assert!(read == whole(&pattern), "{width}×{height}×{channels}");
                }
            }
        }
        for (channels, sample) in [(1, SampleType::U8), (7, SampleType::U16), (3, SampleType::F32)] {
            let pattern = Pattern::new(Size::new(width, height), channels, sample);
            for options in ways(Format::Raw) {
                export(&pattern, &raw, &options);
                assert!(
                    fs::read(&raw).unwrap() == whole(&pattern).samples().to_le_bytes(),
                    "{width}×{height} {sample:?}"
                );
            }
            let header = fs::read_to_string(raw.with_extension("hdr")).unwrap();
            assert!(header.contains(&format!("samples = {width}\nlines = {height}\nbands = {channels}\n")), "{header}");
        }
    }
}

#[test]
fn strips_hold_every_sample_in_each_compression() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a.tif");
    let kinds = [(1, SampleType::U16), (3, SampleType::U8), (7, SampleType::F32)];
    let packings = [Compression::None, Compression::Lzw, Compression::Deflate, Compression::Zstd];
    for (width, height) in SIZES {
        for (channels, sample) in kinds {
            for (number, compression) in packings.into_iter().enumerate() {
                let pattern = Pattern::new(Size::new(width, height), channels, sample);
                let offsets = [None, Some(Offsets::Auto), Some(Offsets::Classic)][number % 3];
                for options in ways(Format::Tiff) {
                    let tiff = TiffOptions { strips: true, offsets, ..options.tiff.clone() };
                    let options = ExportOptions { tiff, compression: Some(compression), ..options };
                    let statistics = export(&pattern, &out, &options);
                    assert_eq!(statistics.bytes, fs::metadata(&out).unwrap().len());
                    let big = fs::read(&out).unwrap()[2] == 43;
                    assert_eq!(big, offsets.is_none());
                    let found = open(&out).unwrap().page(0).unwrap();
                    assert_eq!(found.info().levels.len(), 1);
                    assert!(whole(&*found) == whole(&pattern), "{width}×{height}×{channels} {compression:?}");
                }
            }
        }
    }
}

#[test]
fn strips_of_jpeg_come_close_and_too_wide_ones_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a.tif");
    let tiff = TiffOptions { strips: true, ..TiffOptions::default() };
    let options =
        ExportOptions { tiff, compression: Some(Compression::Jpeg), quality: Some(100), ..options(Format::Tiff) };
    let gray = Pixels::filled(Size::new(301, 177), SampleType::U8, &[77.0]);
    export(&InMemory::new(gray.clone()), &out, &options);
    assert!(whole(&*open(&out).unwrap().page(0).unwrap()) == gray);
    let wide = Pattern::new(Size::new(70_000, 3), 3, SampleType::U8);
    let error = plan(&wide, &out, &options).unwrap_err().to_string();
    assert!(error.contains("choose deflate"), "{error}");
    let cloud = ExportOptions { format: Format::Cog, ..options };
    assert!(plan(&wide, &out, &cloud).unwrap_err().to_string().contains("strips"));
}

#[test]
fn opacity_is_laid_on_the_background_where_a_jpeg_has_none() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a.jpg");
    let pixels = Pixels::filled(Size::new(40, 300), SampleType::U8, &[200.0, 10.0, 10.0, 0.0]);
    let memory = InMemory::new(pixels);
    export(&memory, &out, &ExportOptions { background: [0, 0, 255], ..options(Format::Jpeg) });
    let decoded = jpeg::decode(&fs::read(&out).unwrap(), &jpeg::DecodeOptions::default()).unwrap();
    let Samples::U8(samples) = decoded.samples() else { panic!("bytes") };
    assert!(samples.chunks_exact(3).all(|p| p[0] < 4 && p[1] < 4 && p[2] > 251), "{:?}", &samples[..3]);
}

#[test]
fn rows_too_wide_for_the_memory_wait_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a.png");
    let size = Size::new(20_000, 300);
    let wide = Columns { source: Pattern::new(size, 3, SampleType::U8), width: 1000, bytes: 12 << 20 };
    let memory = crate::job::MemoryBudget(256 << 20);
    let options = ExportOptions { memory, block_exponent: Some(1), ..options(Format::Png) };
    let planned = plan(&wide, &out, &options).unwrap();
    assert!(!planned.bands_in_memory && planned.stages[0].strip < 79, "{planned:?}");
    assert_eq!(planned.temporary_bytes, size.area() * 3);
    export(&wide, &out, &options);
    assert!(read_png(&out) == whole(&wide));
}

#[test]
fn memory_does_not_depend_on_the_width() {
    for format in [Format::Png, Format::Jpeg, Format::Bmp, Format::Raw] {
        for width in [2000, 20_000, 60_000] {
            let pattern = Pattern::new(Size::new(width, 10_000), 3, SampleType::U8);
            let options = ExportOptions { memory: crate::job::MemoryBudget(256 << 20), ..options(format) };
            let plan = plan(&pattern, Path::new("a"), &options).unwrap();
            assert!(plan.peak_bytes <= 256 << 20, "{format:?}, {width}: {plan:?}");
        }
    }
}

#[test]
fn unsupported_images_fail_with_advice() {
    let refused = |format, width, height| {
        let pattern = Pattern::new(Size::new(width, height), 3, SampleType::U8);
        plan(&pattern, Path::new("a"), &options(format)).err().map(|error| {
            assert!(matches!(error, Error::Limit { .. }), "{error}");
            error.to_string()
        })
    };
    assert!(refused(Format::Jpeg, 65_535, 100).is_none());
    assert!(refused(Format::Jpeg, 65_536, 100).unwrap().contains(".tif"));
    assert!(refused(Format::Jpeg, 100, 70_000).unwrap().contains("65535"));
    assert!(refused(Format::Bmp, 60_000, 24_000).unwrap().contains("4 GiB"));
    let smaller = ExportOptions { region: Some(Rect::new(0, 0, 9000, 90)), ..options(Format::Jpeg) };
    let pattern = Pattern::new(Size::new(70_000, 100), 3, SampleType::U8);
    assert!(plan(&pattern, Path::new("a"), &smaller).is_ok());
    assert!(plan(&pattern, Path::new("a"), &ExportOptions { level: 1, ..options(Format::Jpeg) }).is_ok());
}

#[test]
fn profile_and_resolution_go_along() {
    let folder = tempfile::tempdir().unwrap();
    let profile: Vec<u8> = (0..70_000_u32).map(|i| (i % 251) as u8).collect();
    let source = Pattern::new(Size::new(300, 200), 3, SampleType::U8)
        .described(|info| (info.icc, info.mpp) = (Some(profile.clone().into()), Some((0.25, 0.5))));
    let out = folder.path().join("a.png");
    export(&source, &out, &options(Format::Png));
    let reader = png::Decoder::new(std::io::BufReader::new(fs::File::open(&out).unwrap())).read_info().unwrap();
    assert!(reader.info().icc_profile.as_deref() == Some(&profile[..]));
    let dims = reader.info().pixel_dims.unwrap();
    assert_eq!((dims.xppu, dims.yppu), (4_000_000, 2_000_000));
    let out = folder.path().join("a.jpg");
    export(&source, &out, &options(Format::Jpeg));
    let stream = fs::read(&out).unwrap();
    let mut decoder = zune_jpeg::JpegDecoder::new(std::io::Cursor::new(&stream));
    decoder.decode().unwrap();
    assert!(decoder.icc_profile().as_deref() == Some(&profile[..]));
}
