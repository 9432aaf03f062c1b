//! The metadata of a Zarr array: its shape, its chunks, their codecs and names.

use std::path::Path;

use serde_json::Value;

use super::json;
use crate::pixels::RawSampleType;
use crate::{Error, Result};

/// No chunk has more bytes.
const MOST_CHUNK: u64 = 192 << 20;

/// How bytes of a chunk are compressor; undone from the last to the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChunkCodec {
    Gzip,
    Zlib,
    Zstd,
    Blosc,
    /// Behind four bytes that tell the length.
    Lz4,
    /// Four bytes at the end.
    Checksum,
}

/// The description of an array.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) shape: Vec<u64>,
    /// The pieces that are decoded at a time.
    pub(super) chunk: Vec<u64>,
    pub(super) kind: RawSampleType,
    pub(super) big_endian: bool,
    /// Whether the first axis counts fastest in a chunk.
    pub(super) first_fastest: bool,
    /// The fill value.
    pub(super) fill: f64,
    pub(super) codecs: Vec<ChunkCodec>,
    /// Chunks of a file along each axis, where a file holds many; with the codecs of the index.
    pub(super) shard: Option<(Vec<u64>, Vec<ChunkCodec>)>,
    /// Before the numbers in a chunk's name, and between them.
    pub(super) prefix: &'static str,
    pub(super) separator: &'static str,
}

impl Layout {
    pub(super) fn read(image: &Path, folder: &Path) -> Result<Self> {
        let layout = if let Some(three) = json(image, &folder.join("zarr.json"))? {
            Self::third(&three)?
        } else {
            let two = json(image, &folder.join(".zarray"))?;
            Self::second(&two.ok_or_else(|| Error::corrupt("a level without .zarray or zarr.json"))?)?
        };
        let rank = layout.shape.len();
        let bytes = layout.chunk.iter().try_fold(layout.kind.bytes() as u64, |all, side| all.checked_mul(*side));
        let shards = layout.shard.as_ref().is_none_or(|(sides, _)| {
            let count = sides.iter().try_fold(16u64, |all, side| all.checked_mul(*side));
            sides.len() == rank && count.is_some_and(|bytes| (16..=MOST_CHUNK).contains(&bytes))
        });
        if !(2..=8).contains(&rank) || layout.chunk.len() != rank || !shards {
            return Err(Error::corrupt("an array whose shape and chunks do not fit"));
        }
        match bytes {
            Some(1..=MOST_CHUNK) => Ok(layout),
            _ => Err(Error::limit("chunks that are too large to be read one at a time")),
        }
    }

    /// Zarr 2: `.zarray`.
    fn second(array: &Value) -> Result<Self> {
        let kind = array["dtype"].as_str().unwrap_or_default();
        if array["filters"].as_array().is_some_and(|filters| !filters.is_empty()) {
            return Err(Error::unsupported("a Zarr with filters"));
        }
        let (order, kind) = kind.split_at_checked(1).unwrap_or(("", ""));
        let codecs = match &array["compressor"] {
            Value::Null => Vec::new(),
            compressor => vec![codec_of(compressor["id"].as_str().unwrap_or_default())?],
        };
        Ok(Self {
            shape: numbers(&array["shape"]),
            chunk: numbers(&array["chunks"]),
            kind: number_type(kind)?,
            big_endian: order == ">",
            first_fastest: array["order"] == "F",
            fill: fill(&array["fill_value"]),
            codecs,
            shard: None,
            prefix: "",
            separator: if array["dimension_separator"] == "/" { "/" } else { "." },
        })
    }

    /// Zarr 3: `zarr.json`.
    fn third(array: &Value) -> Result<Self> {
        let kind = match array["data_type"].as_str().unwrap_or_default() {
            "uint8" => "u1",
            "uint16" => "u2",
            "uint32" => "u4",
            "uint64" => "u8",
            "int8" => "i1",
            "int16" => "i2",
            "int32" => "i4",
            "int64" => "i8",
            "float32" => "f4",
            "float64" => "f8",
            other => other,
        };
        let outer = numbers(&array["chunk_grid"]["configuration"]["chunk_shape"]);
        let codecs = array["codecs"].as_array().map(Vec::as_slice).unwrap_or_default();
        let sharding =
            codecs.iter().find(|codec| codec["name"] == "sharding_indexed").map(|codec| &codec["configuration"]);
        let (codecs, chunk, shard) = match sharding {
            Some(inner) if codecs.len() == 1 => {
                let chunk = numbers(&inner["chunk_shape"]);
                if inner["index_location"].as_str().is_some_and(|place| place != "end") {
                    return Err(Error::unsupported("Zarr shards whose index stands first"));
                }
                let fits = outer.iter().zip(&chunk).all(|(outer, inner)| *inner > 0 && outer % inner == 0);
                if outer.len() != chunk.len() || !fits {
                    return Err(Error::corrupt("shards that are not whole chunks"));
                }
                let sides = outer.iter().zip(&chunk).map(|(outer, inner)| outer / inner).collect();
                let index = inner["index_codecs"].as_array().map(Vec::as_slice).unwrap_or_default();
                (
                    inner["codecs"].as_array().map(Vec::as_slice).unwrap_or_default(),
                    chunk,
                    Some((sides, codecs_of(index)?.0)),
                )
            }
            Some(_) => return Err(Error::unsupported("Zarr shards that are compressor as a whole")),
            None => (codecs, outer, None),
        };
        let (codecs, big_endian) = codecs_of(codecs)?;
        let keys = &array["chunk_key_encoding"];
        let second = keys["name"] == "v2";
        let separator = match keys["configuration"]["separator"].as_str() {
            Some(".") => ".",
            None if second => ".",
            _ => "/",
        };
        Ok(Self {
            shape: numbers(&array["shape"]),
            chunk,
            kind: number_type(kind)?,
            big_endian,
            first_fastest: array["order"] == "F",
            fill: fill(&array["fill_value"]),
            codecs,
            shard,
            prefix: if second { "" } else { "c" },
            separator,
        })
    }
}

/// The codecs of a chunk, and whether samples are big-endian.
fn codecs_of(codecs: &[Value]) -> Result<(Vec<ChunkCodec>, bool)> {
    let (mut found, mut big) = (Vec::new(), false);
    for codec in codecs {
        match codec["name"].as_str().unwrap_or_default() {
            "bytes" => big = codec["configuration"]["endian"] == "big",
            name => found.push(codec_of(name)?),
        }
    }
    Ok((found, big))
}

fn codec_of(name: &str) -> Result<ChunkCodec> {
    Ok(match name {
        "gzip" => ChunkCodec::Gzip,
        "zlib" | "numcodecs.zlib" => ChunkCodec::Zlib,
        "zstd" => ChunkCodec::Zstd,
        "blosc" => ChunkCodec::Blosc,
        "lz4" | "numcodecs.lz4" => ChunkCodec::Lz4,
        "crc32c" => ChunkCodec::Checksum,
        other => return Err(Error::unsupported(format!("Zarr chunks in {other:?}"))),
    })
}

fn number_type(name: &str) -> Result<RawSampleType> {
    Ok(match name {
        "u1" | "b1" => RawSampleType::U8,
        "u2" => RawSampleType::U16,
        "u4" => RawSampleType::U32,
        "u8" => RawSampleType::U64,
        "i1" => RawSampleType::I8,
        "i2" => RawSampleType::I16,
        "i4" => RawSampleType::I32,
        "i8" => RawSampleType::I64,
        "f4" => RawSampleType::F32,
        "f8" => RawSampleType::F64,
        other => return Err(Error::unsupported(format!("Zarr numbers of type {other:?}"))),
    })
}

/// A number, or the names that JSON has none for.
fn fill(value: &Value) -> f64 {
    match value.as_str() {
        Some("NaN") => f64::NAN,
        Some("Infinity") => f64::INFINITY,
        Some("-Infinity") => f64::NEG_INFINITY,
        _ => value.as_f64().unwrap_or(0.0),
    }
}

fn numbers(list: &Value) -> Vec<u64> {
    list.as_array().map(|list| list.iter().filter_map(Value::as_u64).collect()).unwrap_or_default()
}
