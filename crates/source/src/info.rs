//! [`Info`]: the description of an image, known before any pixel is read.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::GeoTags;
use crate::geometry::{Rect, Region, Size, TileGrid};
use crate::loss::Loss;
use crate::pixels::{ChannelName, Color, PixelKind, Pixels, RawSampleType, SampleType};
use crate::{Error, Result};

/// Whether so many micrometers per pixel may be measured or chosen: 72 and 96 to the inch are what programs write that know
/// nothing.
pub(crate) fn is_measured(mpp: f64) -> bool {
    let usual = |dpi: f64| (25_400.0 / mpp - dpi).abs() < 0.5;
    mpp.is_finite() && mpp > 0.0 && !usual(72.0) && !usual(96.0)
}

/// One resolution of an image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// In its own pixels.
    pub size: Size,
    /// The side of one of its pixels, in pixels of level 0; 1 for level 0.
    pub downsample: f64,
    /// The best size of reads: one decoded tile.
    pub tile: Size,
}

impl Level {
    /// The level cut into its tiles.
    pub fn grid(&self) -> TileGrid {
        TileGrid::new(self.size, self.tile)
    }
}

/// The description of an image.
#[derive(Debug, Clone, PartialEq)]
pub struct Info {
    /// The format's title.
    pub format: &'static str,
    /// Finest first; never empty. Nothing promises that one is half the one before.
    pub levels: Vec<Level>,
    pub channels: u8,
    pub sample: SampleType,
    /// The type of the numbers in the file, where `sample` is not the same: signed, of 32 bits and more, or of an odd number
    /// of bits. [`ReadRaw`](super::ReadRaw) gives them untouched.
    pub stored: Option<RawSampleType>,
    pub color: Color,
    /// Whether the raw samples are colors multiplied by their alpha, of which the pixels are freed.
    pub is_premultiplied: bool,
    /// Whether the least of the raw samples is white; in the pixels it is black.
    pub is_white_zero: bool,
    /// The background: one value for each channel, in units of the sample type.
    pub background: Vec<f32>,
    /// The value of a sample that means that nothing is known there; NaN too.
    pub nodata: Option<f64>,
    /// Micrometers per pixel of level 0, across and down.
    pub mpp: Option<(f64, f64)>,
    /// The objective's magnification.
    pub objective: Option<f64>,
    /// All other metadata of the file, under `OpenSlide`'s and the vendor's names.
    pub properties: BTreeMap<String, String>,
    /// The channel names of the file, one for each; empty if it has none.
    pub channel_names: Vec<ChannelName>,
    /// Whether the file stores CMYK. The pixels are RGB, converted without a profile; `ReadCmyk::read_cmyk` gives CMYK.
    pub is_cmyk: bool,
    /// The ICC profile.
    pub icc: Option<Arc<[u8]>>,
    /// The georeference of the image, if its file has one; see [`GeoTags::of_part`] for parts and smaller copies.
    pub geo: Option<Arc<GeoTags>>,
    /// The position of the stage, if the file gives it.
    pub stage: Option<StagePosition>,
}

/// Where an image was taken: (x, y) of the same point of all images of one acquisition, in the axes of its stage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StagePosition {
    pub x: f64,
    pub y: f64,
    pub unit: StageUnit,
}

impl StagePosition {
    /// `None` unless both are finite.
    pub fn new(x: f64, y: f64, unit: StageUnit) -> Option<Self> {
        (x.is_finite() && y.is_finite()).then_some(Self { x, y, unit })
    }
}

/// The unit of a [`StagePosition`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageUnit {
    Micrometer,
    /// Pixels of level 0.
    Pixel,
}

impl Info {
    /// An image with one level of the usual meaning for its channels, and a background of zeros.
    pub fn plain(format: &'static str, size: Size, tile: Size, channels: u8, sample: SampleType) -> Self {
        Self {
            format,
            levels: vec![Level { size, downsample: 1.0, tile }],
            channels,
            sample,
            stored: None,
            color: Color::of_channels(channels),
            is_premultiplied: false,
            is_white_zero: false,
            background: vec![0.0; channels as usize],
            nodata: None,
            mpp: None,
            objective: None,
            properties: BTreeMap::new(),
            channel_names: Vec::new(),
            is_cmyk: false,
            icc: None,
            geo: None,
            stage: None,
        }
    }

    /// `size` pixels of background, the start of a read.
    pub fn blank(&self, size: Size) -> Pixels {
        Pixels::filled(size, self.sample, &self.background)
    }

    /// Say that samples of this value mean nothing, and that this is what stands where nothing is stored.
    pub(crate) fn set_nodata(&mut self, value: f64) {
        self.nodata = Some(value);
        self.background = vec![value as f32; self.channels as usize];
    }

    /// The size of level 0.
    pub fn size(&self) -> Size {
        self.levels.first().map_or(Size::default(), |level| level.size)
    }

    /// Bytes of one pixel.
    pub fn pixel_bytes(&self) -> usize {
        self.channels as usize * self.sample.bytes()
    }

    /// The name of the type of the numbers in the file.
    pub fn type_name(&self) -> &'static str {
        self.stored.map_or_else(|| self.sample.name(), RawSampleType::name)
    }

    /// The level `region` names.
    pub fn level(&self, region: Region) -> Result<&Level> {
        self.levels.get(region.level).ok_or_else(|| {
            Error::invalid(format!("level {} does not exist; the last one is {}", region.level, self.levels.len() - 1))
        })
    }

    /// The coarsest level that is still as fine as `downsample`.
    pub fn level_for(&self, downsample: f64) -> usize {
        let fine = |level: &Level| level.downsample <= downsample * 1.001;
        self.levels.iter().rposition(fine).unwrap_or(0)
    }

    /// The pixels of level 0 that `region` shows.
    pub fn at_full(&self, region: Region) -> Rect {
        let (full, own) = (self.size(), self.whole(region.level).size());
        let start = |at: i64, full: u32, own: u32| at * i64::from(full) / i64::from(own.max(1));
        let end = |at: i64, full: u32, own: u32| (at * i64::from(full) + i64::from(own) - 1) / i64::from(own.max(1));
        let Rect { x0, y0, x1, y1 } = region.rect;
        Rect {
            x0: start(x0, full.width, own.width),
            y0: start(y0, full.height, own.height),
            x1: end(x1, full.width, own.width),
            y1: end(y1, full.height, own.height),
        }
    }

    /// The loss of `region`, which `error` tells the reason of.
    pub(crate) fn loss(&self, error: Error, region: Region) -> Loss {
        let Region { level, rect } = region;
        let part = format!("{} px at {},{}", rect.size(), rect.x0, rect.y0);
        let error = match level {
            0 => error.of_part(part),
            level => error.of_part(format!("{part} of level {level}")),
        };
        Loss { place: Some(self.at_full(region)), ..error.into() }
    }

    /// The whole of `level`.
    pub fn whole(&self, level: usize) -> Rect {
        self.levels.get(level).map_or(Rect::default(), |level| Rect::from_size(level.size))
    }
}

impl From<&Info> for PixelKind {
    fn from(info: &Info) -> Self {
        Self { color: info.color, channels: info.channels, sample: info.sample }
    }
}
