//! OME-Zarr, read back chunk by chunk by what its JSON says.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use serde_json::Value;

use super::{export, options, pyramid};
use crate::geometry::{Region, Size};
use crate::pixels::{Pixels, SampleType, Samples};
use crate::source::Source;
use crate::source::testing::{Pattern, check_source};
use crate::{Compression, ExportOptions, Extras, Format};

fn json(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

fn numbers(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|value| value.as_u64().unwrap() as usize).collect()
}

fn decompressed(bytes: &[u8], is_packed: bool) -> Vec<u8> {
    let mut out = Vec::new();
    if is_packed {
        flate2::read::GzDecoder::new(bytes).read_to_end(&mut out).unwrap();
    } else {
        out.extend(bytes);
    }
    out
}

/// How one array is stored.
struct Stored {
    shape: Vec<usize>,
    chunk: Vec<usize>,
    /// In chunks.
    shard: usize,
    is_packed: bool,
    prefix: &'static str,
}

fn stored(level: &Path, format: Format) -> Stored {
    if format == Format::Zarr04 {
        let array = json(&level.join(".zarray"));
        assert_eq!(array["dimension_separator"], "/");
        let (shape, chunk) = (numbers(&array["shape"]), numbers(&array["chunks"]));
        return Stored { shape, chunk, shard: 0, is_packed: !array["compressor"].is_null(), prefix: "" };
    }
    let array = json(&level.join("zarr.json"));
    let outer = numbers(&array["chunk_grid"]["configuration"]["chunk_shape"]);
    let first = &array["codecs"][0];
    let sharded = first["name"] == "sharding_indexed";
    let chunk = if sharded { numbers(&first["configuration"]["chunk_shape"]) } else { outer.clone() };
    let codecs = if sharded { &first["configuration"]["codecs"] } else { &array["codecs"] };
    let is_packed = codecs.as_array().unwrap().iter().any(|codec| codec["name"] == "gzip");
    let shard = if sharded { outer[1] / chunk[1] } else { 0 };
    Stored { shape: numbers(&array["shape"]), chunk, shard, is_packed, prefix: "c/" }
}

/// The samples of one level, pixel by pixel as we hold them.
pub(super) fn read_level(level: &Path, format: Format, sample: SampleType) -> Pixels {
    let Stored { shape, chunk, shard, is_packed, prefix } = stored(level, format);
    let (channels, height, width) = (shape[0], shape[1], shape[2]);
    let each = sample.bytes();
    let mut all = vec![0; channels * height * width * each];
    for c in 0..channels.div_ceil(chunk[0]) {
        for (row, column) in
            (0..height.div_ceil(chunk[1])).flat_map(|y| (0..width.div_ceil(chunk[2])).map(move |x| (y, x)))
        {
            let side = shard.max(1);
            let file = level.join(format!("{prefix}{c}/{}/{}", row / side, column / side));
            let mut bytes = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            if shard > 0 {
                let table = bytes.len() - 4 - 16 * side * side;
                let entry = table + 16 * ((row % side) * side + column % side);
                let value = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
                let (start, length) = (value(entry), value(entry + 8));
                bytes = bytes[start..start + length].to_vec();
            }
            let bytes = decompressed(&bytes, is_packed);
            assert_eq!(bytes.len(), chunk.iter().product::<usize>() * each);
            for (n, value) in bytes.chunks_exact(each).enumerate() {
                let (plane, rest) = (n / (chunk[1] * chunk[2]), n % (chunk[1] * chunk[2]));
                let (y, x) = (row * chunk[1] + rest / chunk[2], column * chunk[2] + rest % chunk[2]);
                if y < height && x < width {
                    let at = ((y * width + x) * channels + c * chunk[0] + plane) * each;
                    all[at..at + each].copy_from_slice(value);
                } else {
                    assert!(value.iter().all(|&byte| byte == 0), "filled up with zeros");
                }
            }
        }
    }
    let samples = Samples::from_le_bytes(sample, all);
    Pixels::new(Size::new(width as u32, height as u32), channels as u8, samples).unwrap()
}

#[test]
fn zarr_is_the_pyramid_made_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let kinds = [(1, SampleType::U16), (3, SampleType::U8), (5, SampleType::U8), (3, SampleType::F32)];
    for (width, height) in [(1, 1), (64, 64), (65, 200), (300, 3)] {
        for (channels, sample) in kinds {
            let pattern = Pattern::new(Size::new(width, height), channels, sample);
            for (format, shard, compression) in [
                (Format::Zarr04, 0, Compression::Deflate),
                (Format::Zarr04, 0, Compression::None),
                (Format::Zarr, 0, Compression::Deflate),
                (Format::Zarr, 3, Compression::Deflate),
                (Format::Zarr, 2, Compression::None),
            ] {
                let out = folder.path().join(format!("{format:?}.zarr"));
                let extras = Extras { shard, ..Extras::default() };
                let options =
                    ExportOptions { tile: Some(32), compression: Some(compression), extras, ..options(format) };
                export(&pattern, &out, &options);
                let group = match format {
                    Format::Zarr => json(&out.join("zarr.json"))["attributes"]["ome"].clone(),
                    _ => json(&out.join(".zattrs")),
                };
                let datasets = group["multiscales"][0]["datasets"].as_array().unwrap().clone();
                assert_eq!(group["omero"]["channels"].as_array().unwrap().len(), channels as usize);
                let opened = crate::source::open(&out).unwrap().page(0).unwrap();
                check_source(&*opened);
                assert_eq!(opened.info().color, pattern.info().color);
                for (level, wanted) in pyramid(&pattern, datasets.len()).iter().enumerate() {
                    assert_eq!(datasets[level]["path"], level.to_string());
                    let read = read_level(&out.join(level.to_string()), format, sample);
                    let whole = Region::new(level, opened.info().whole(level));
                    assert!(opened.read(whole).unwrap() == *wanted, "opened again: level {level}");
                    assert!(
                        read == *wanted,
                        "{width}×{height}×{channels} {sample:?}, {format:?} {shard}, level {level}"
                    );
                }
                assert!(datasets.len() > 1 || width.max(height) <= 32);
            }
        }
    }
}

#[test]
fn physical_sizes_are_those_of_the_level_written() {
    let folder = tempfile::tempdir().unwrap();
    let source = Pattern::new(Size::new(200, 100), 1, SampleType::U8).described(|info| info.mpp = Some((0.25, 0.5)));
    let out = folder.path().join("a.zarr");
    export(&source, &out, &ExportOptions { level: 1, tile: Some(64), ..options(Format::Zarr04) });
    let scales = json(&out.join(".zattrs"))["multiscales"][0].clone();
    assert_eq!(scales["axes"][1]["unit"], "micrometer");
    assert_eq!(crate::source::open(&out).unwrap().page(0).unwrap().info().mpp, Some((0.5, 1.0)));
    let of = |level: usize, step: usize, name: &str| {
        scales["datasets"][level]["coordinateTransformations"][step][name].clone()
    };
    assert_eq!(of(0, 0, "scale"), serde_json::json!([1.0, 1.0, 0.5]));
    assert_eq!(of(1, 0, "scale"), serde_json::json!([1.0, 2.0, 1.0]));
    assert_eq!(of(1, 1, "translation"), serde_json::json!([0.0, 0.5, 0.25]));
}
