//! The metadata of a Zarr array: its shape, its chunks, their codecs and names.

use std::path::Path;

use serde_json::Value;

use super::codecs::ChunkCodec;
use super::json;
use super::numbers::Number;
use crate::half::half;
use crate::{Error, Result};

/// No chunk has more bytes.
const MOST_CHUNK: u64 = 192 << 20;

/// The description of an array.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) shape: Vec<u64>,
    /// The pieces that are decoded at a time.
    pub(super) chunk: Vec<u64>,
    pub(super) number: Number,
    /// The axes in a chunk; the last one counts fastest.
    pub(super) order: Vec<usize>,
    /// The fill value.
    pub(super) fill: f64,
    pub(super) codecs: Vec<ChunkCodec>,
    pub(super) shard: Option<Shard>,
    /// Before the numbers in a chunk's name, and between them.
    pub(super) prefix: &'static str,
    pub(super) separator: &'static str,
}

/// Files that hold many chunks each.
#[derive(Debug)]
pub(super) struct Shard {
    /// Chunks of a file along each axis.
    pub(super) sides: Vec<u64>,
    /// Of the index.
    pub(super) codecs: Vec<ChunkCodec>,
    pub(super) place: IndexPlace,
}

/// Where the index of a shard is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IndexPlace {
    Start,
    End,
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
        let bytes = layout.chunk.iter().try_fold(layout.number.kind.bytes() as u64, |all, side| all.checked_mul(*side));
        let shards = layout.shard.as_ref().is_none_or(|Shard { sides, .. }| {
            let count = sides.iter().try_fold(16u64, |all, side| all.checked_mul(*side));
            sides.len() == rank && count.is_some_and(|bytes| (16..=MOST_CHUNK).contains(&bytes))
        });
        let mut axes = layout.order.clone();
        axes.sort_unstable();
        let ordered = axes.into_iter().eq(0..rank);
        if !(2..=8).contains(&rank) || layout.chunk.len() != rank || !shards || !ordered {
            return Err(Error::corrupt("an array whose shape and chunks do not fit"));
        }
        match bytes {
            Some(1..=MOST_CHUNK) => Ok(layout),
            _ => Err(Error::limit("chunks that are too large to be read one at a time")),
        }
    }

    /// Zarr 2: `.zarray`.
    fn second(array: &Value) -> Result<Self> {
        let chunk = numbers(&array["chunks"]);
        let number = Number::of_name(array["dtype"].as_str().unwrap_or_default())?;
        let filters = array["filters"].as_array().map(Vec::as_slice).unwrap_or_default();
        let all = filters.iter().chain(Some(&array["compressor"]).filter(|packed| !packed.is_null()));
        let read = |codec: &Value| ChunkCodec::read(codec["id"].as_str().unwrap_or_default(), codec);
        let codecs: Vec<_> = all.map(read).collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
        let mut order: Vec<usize> = (0..chunk.len()).collect();
        if array["order"] == "F" {
            order.reverse();
        }
        Ok(Self {
            shape: numbers(&array["shape"]),
            chunk,
            number,
            order,
            fill: fill(&array["fill_value"]),
            codecs,
            shard: None,
            prefix: "",
            separator: if array["dimension_separator"] == "/" { "/" } else { "." },
        })
    }

    /// Zarr 3: `zarr.json`.
    fn third(array: &Value) -> Result<Self> {
        let outer = numbers(&array["chunk_grid"]["configuration"]["chunk_shape"]);
        let codecs = array["codecs"].as_array().map(Vec::as_slice).unwrap_or_default();
        let sharding =
            codecs.iter().find(|codec| codec["name"] == "sharding_indexed").map(|codec| &codec["configuration"]);
        let (codecs, chunk, shard) = match sharding {
            Some(inner) if codecs.len() == 1 => {
                let chunk = numbers(&inner["chunk_shape"]);
                let place = if inner["index_location"] == "start" { IndexPlace::Start } else { IndexPlace::End };
                let fits = outer.iter().zip(&chunk).all(|(outer, inner)| *inner > 0 && outer % inner == 0);
                if outer.len() != chunk.len() || !fits {
                    return Err(Error::corrupt("shards that are not whole chunks"));
                }
                let sides = outer.iter().zip(&chunk).map(|(outer, inner)| outer / inner).collect();
                let index = inner["index_codecs"].as_array().map(Vec::as_slice).unwrap_or_default();
                (
                    inner["codecs"].as_array().map(Vec::as_slice).unwrap_or_default(),
                    chunk,
                    Some(Shard { sides, codecs: Steps::read(index, outer.len())?.codecs, place }),
                )
            }
            Some(_) => return Err(Error::unsupported("Zarr shards that are packed as a whole")),
            None => (codecs, outer, None),
        };
        let Steps { codecs, order, is_big } = Steps::read(codecs, chunk.len())?;
        let number = Number { is_big, ..Number::of_name(array["data_type"].as_str().unwrap_or_default())? };
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
            number,
            order,
            fill: fill(&array["fill_value"]),
            codecs,
            shard,
            prefix: if second { "" } else { "c" },
            separator,
        })
    }
}

/// The steps that a chunk of Zarr 3 has gone through.
struct Steps {
    codecs: Vec<ChunkCodec>,
    order: Vec<usize>,
    is_big: bool,
}

impl Steps {
    /// Those of a chunk of `rank` axes.
    fn read(list: &[Value], rank: usize) -> Result<Self> {
        let mut steps = Self { codecs: Vec::new(), order: (0..rank).collect(), is_big: false };
        for codec in list {
            let settings = &codec["configuration"];
            match codec["name"].as_str().unwrap_or_default() {
                "bytes" => steps.is_big = settings["endian"] == "big",
                "transpose" => steps.transpose(&settings["order"])?,
                name => steps.codecs.extend(ChunkCodec::read(name, settings)?),
            }
        }
        Ok(steps)
    }

    /// Put the axes in another order: numbers of what they are now, or early writers' `C` and `F`.
    fn transpose(&mut self, order: &Value) -> Result<()> {
        match order.as_str() {
            Some("C") => return Ok(()),
            Some("F") => self.order.reverse(),
            _ => {
                let from = std::mem::take(&mut self.order);
                let axis = |at: u64| from.get(at as usize).copied();
                let moved: Option<Vec<usize>> = numbers(order).into_iter().map(axis).collect();
                self.order = moved.ok_or_else(|| Error::corrupt("a Zarr order of axes that are not there"))?;
            }
        }
        Ok(())
    }
}

/// A number, or the names that JSON has none for.
fn fill(value: &Value) -> f64 {
    match value.as_str() {
        Some("NaN") => f64::NAN,
        Some("Infinity") => f64::INFINITY,
        Some("-Infinity") => f64::NEG_INFINITY,
        // The bits of a float, of its own width.
        Some(text) if text.starts_with("0x") => match (u64::from_str_radix(&text[2..], 16), text.len()) {
            (Ok(bits), 6) => half(bits as u16).into(),
            (Ok(bits), 10) => f32::from_bits(bits as u32).into(),
            (Ok(bits), 18) => f64::from_bits(bits),
            _ => 0.0,
        },
        _ => value.as_f64().unwrap_or(0.0),
    }
}

fn numbers(list: &Value) -> Vec<u64> {
    list.as_array().map(|list| list.iter().filter_map(Value::as_u64).collect()).unwrap_or_default()
}
