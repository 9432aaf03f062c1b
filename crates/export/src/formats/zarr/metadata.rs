//! The JSON of an OME-Zarr, and the names of its chunks.
//!
//! OME-NGFF 0.4 and 0.5, "multiscales" and "omero"; Zarr 2 (section "Metadata") and Zarr 3 core, `sharding_indexed` 1.0.

use serde_json::{Value, json};

use super::super::Job;
use crate::geometry::Size;
use crate::pixels::{Color, SampleType};
use crate::source::Info;

/// Of OME-NGFF, and with it of Zarr.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// 0.4, Zarr 2.
    Four,
    /// 0.5, Zarr 3.
    Five,
}

/// What the files say.
pub(super) struct Metadata {
    version: Version,
    name: String,
    info: Info,
    levels: Vec<Size>,
    tile: u32,
    /// gzip's level, if chunks are packed.
    compression: Option<u8>,
    /// The side of a shard in chunks; 0 for none.
    shard: u32,
}

impl Metadata {
    pub(super) fn new(job: Job<'_>, version: Version, compression: Option<u8>) -> Self {
        Self {
            version,
            name: job.name(),
            info: job.info.clone(),
            levels: job.plan.levels.clone(),
            tile: job.plan.tile,
            compression,
            shard: job.options.extras.shard,
        }
    }

    /// How many channels stand in one chunk: all colors, else one.
    pub(super) fn chunk_channels(&self) -> u8 {
        if self.info.color == Color::Channels { 1 } else { self.info.channels }
    }

    /// The file of a chunk (or shard), relative.
    pub(super) fn chunk_path(&self, level: usize, channels: usize, column: u32, row: u32) -> String {
        match self.version {
            Version::Four => format!("{level}/{channels}/{row}/{column}"),
            Version::Five => format!("{level}/c/{channels}/{row}/{column}"),
        }
    }

    /// All files but the chunks.
    pub(super) fn files(&self) -> Vec<(String, Value)> {
        let levels = || self.levels.iter().enumerate();
        match self.version {
            Version::Four => {
                let mut files = vec![
                    (".zgroup".to_owned(), json!({ "zarr_format": 2 })),
                    (".zattrs".to_owned(), json!({ "multiscales": [self.multiscales()], "omero": self.omero() })),
                ];
                files.extend(levels().map(|(level, &size)| (format!("{level}/.zarray"), self.array_2(size))));
                files
            }
            Version::Five => {
                let ome = json!({ "version": "0.5", "multiscales": [self.multiscales()], "omero": self.omero() });
                let group = json!({ "zarr_format": 3, "node_type": "group", "attributes": { "ome": ome } });
                let mut files = vec![("zarr.json".to_owned(), group)];
                files.extend(levels().map(|(level, &size)| (format!("{level}/zarr.json"), self.array_3(size))));
                files
            }
        }
    }

    fn shape(&self, size: Size) -> Value {
        json!([self.info.channels, size.height, size.width])
    }

    fn array_2(&self, size: Size) -> Value {
        let kind = match self.info.sample {
            SampleType::U8 => "|u1",
            SampleType::U16 => "<u2",
            SampleType::F32 => "<f4",
            SampleType::I8 => "|i1",
            SampleType::I16 => "<i2",
            SampleType::U32 => "<u4",
            SampleType::I32 => "<i4",
            SampleType::F64 => "<f8",
        };
        json!({
            "zarr_format": 2, "shape": self.shape(size), "chunks": [self.chunk_channels(), self.tile, self.tile],
            "dtype": kind, "compressor": self.compression.map(|level| json!({ "id": "gzip", "level": level })),
            "fill_value": 0, "filters": null, "order": "C", "dimension_separator": "/",
        })
    }

    fn array_3(&self, size: Size) -> Value {
        let kind = match self.info.sample {
            SampleType::U8 => "uint8",
            SampleType::U16 => "uint16",
            SampleType::F32 => "float32",
            SampleType::I8 => "int8",
            SampleType::I16 => "int16",
            SampleType::U32 => "uint32",
            SampleType::I32 => "int32",
            SampleType::F64 => "float64",
        };
        let chunk = |side: u32| json!([self.chunk_channels(), side, side]);
        let bytes = json!({ "name": "bytes", "configuration": { "endian": "little" } });
        let mut codecs = vec![bytes.clone()];
        codecs.extend(self.compression.map(|level| json!({ "name": "gzip", "configuration": { "level": level } })));
        let outer = self.tile * self.shard.max(1);
        if self.shard > 0 {
            codecs = vec![json!({ "name": "sharding_indexed", "configuration": {
                "chunk_shape": chunk(self.tile), "codecs": codecs,
                "index_codecs": [bytes, { "name": "crc32c" }], "index_location": "end",
            } })];
        }
        json!({
            "zarr_format": 3, "node_type": "array", "shape": self.shape(size), "data_type": kind,
            "chunk_grid": { "name": "regular", "configuration": { "chunk_shape": chunk(outer) } },
            "chunk_key_encoding": { "name": "default", "configuration": { "separator": "/" } },
            "fill_value": if self.info.sample.is_float() { json!(0.0) } else { json!(0) },
            "codecs": codecs, "attributes": {}, "dimension_names": ["c", "y", "x"],
        })
    }

    /// Axes, and the place of each level: the middle of its first pixel lies in the middle of those it is the mean of.
    fn multiscales(&self) -> Value {
        let (x, y) = self.info.mpp.unwrap_or((1.0, 1.0));
        let space = |name: &str| {
            let mut axis = json!({ "name": name, "type": "space" });
            if self.info.mpp.is_some() {
                axis["unit"] = "micrometer".into();
            }
            axis
        };
        let dataset = |level: usize| {
            let scale = (level as f64).exp2();
            let mut steps = vec![json!({ "type": "scale", "scale": [1.0, y * scale, x * scale] })];
            if level > 0 {
                let shift = (scale - 1.0) / 2.0;
                steps.push(json!({ "type": "translation", "translation": [0.0, y * shift, x * shift] }));
            }
            json!({ "path": level.to_string(), "coordinateTransformations": steps })
        };
        let mut all = json!({
            "name": self.name,
            "axes": [{ "name": "c", "type": "channel" }, space("y"), space("x")],
            "datasets": (0..self.levels.len()).map(dataset).collect::<Vec<_>>(),
            "type": "mean",
        });
        if self.version == Version::Four {
            all["version"] = "0.4".into();
        }
        all
    }

    /// How to show the channels.
    fn omero(&self) -> Value {
        const BRIGHT: [&str; 6] = ["00FF00", "FF00FF", "00FFFF", "FFFF00", "FF0000", "0000FF"];
        let (info, most) = (&self.info, self.info.sample.max());
        let white = || "FFFFFF".to_owned();
        let names: Vec<(String, String)> = match info.color {
            Color::Gray => vec![("Gray".into(), white())],
            Color::GrayAlpha => vec![("Gray".into(), white()), ("Alpha".into(), white())],
            Color::Rgb | Color::Rgba => {
                let all = [("Red", "FF0000"), ("Green", "00FF00"), ("Blue", "0000FF"), ("Alpha", "FFFFFF")];
                all.into_iter().take(info.channels.into()).map(|(name, color)| (name.into(), color.into())).collect()
            }
            Color::Channels => {
                let one = |c: usize| {
                    let said = info.channel_names.get(c).cloned().unwrap_or_default();
                    let name = if said.name.is_empty() { format!("Channel {c}") } else { said.name };
                    let color = said.color.map(|[r, g, b]| format!("{r:02X}{g:02X}{b:02X}"));
                    (name, color.unwrap_or_else(|| BRIGHT[c % BRIGHT.len()].to_owned()))
                };
                (0..usize::from(info.channels)).map(one).collect()
            }
        };
        let last = names.len() - usize::from(info.color.has_alpha());
        let channel = |(number, (label, color)): (usize, (String, String))| {
            json!({
                "label": label, "color": color, "active": number < last,
                "window": { "min": 0.0, "max": most, "start": 0.0, "end": most },
            })
        };
        let model = if matches!(info.color, Color::Gray | Color::GrayAlpha) { "greyscale" } else { "color" };
        json!({
            "name": self.name, "channels": names.into_iter().enumerate().map(channel).collect::<Vec<_>>(),
            "rdefs": { "model": model },
        })
    }
}
