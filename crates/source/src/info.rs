//! [`Info`]: what an image is, before any pixel is read.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::GeoTags;
use crate::geometry::{Rect, Region, Size, TileGrid};
use crate::pixels::{ChannelName, Color, PixelKind, Pixels, RawSampleType, SampleType};
use crate::{Error, Result};

/// One resolution of an image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// In its own pixels.
    pub size: Size,
    /// How many pixels of level 0 one of its pixels stands for, along a side; 1 for level 0.
    pub downsample: f64,
    /// The pieces it is best read in: what one decoding step yields.
    pub tile: Size,
}

impl Level {
    /// The level cut into its tiles.
    pub fn grid(&self) -> TileGrid {
        TileGrid::new(self.size, self.tile)
    }
}

/// What an image is.
#[derive(Debug, Clone, PartialEq)]
pub struct Info {
    /// The format's name, for people.
    pub format: &'static str,
    /// Finest first; never empty. Nothing promises that one is half the one before.
    pub levels: Vec<Level>,
    pub channels: u8,
    pub sample: SampleType,
    /// The type of the numbers in the file, where `sample` is not the same: signed, of 32 bits and more, or of an odd number
    /// of bits. [`ReadRaw`](super::ReadRaw) gives them untouched.
    pub stored: Option<RawSampleType>,
    pub color: Color,
    /// What there is where no image is: one value for each channel, in units of the sample type.
    pub background: Vec<f32>,
    /// Micrometers per pixel of level 0, across and down.
    pub mpp: Option<(f64, f64)>,
    /// The objective's magnification.
    pub objective: Option<f64>,
    /// Everything else the file says, under the names its users know.
    pub properties: BTreeMap<String, String>,
    /// What the file calls its channels, one for each, where it says so; else empty.
    pub channel_names: Vec<ChannelName>,
    /// Whether the file stores CMYK. The pixels are RGB, converted without a profile; `ReadCmyk::read_cmyk` gives CMYK.
    pub is_cmyk: bool,
    /// The ICC profile.
    pub icc: Option<Arc<[u8]>>,
    /// Where on Earth the image lies, if its file says so. A part or a smaller copy of the image lies where
    /// [`GeoTags::of_part`] says.
    pub geo: Option<Arc<GeoTags>>,
    /// Where the stage or the scanner stood, if the file says so.
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

/// What a [`StagePosition`] is measured in.
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
            background: vec![0.0; channels as usize],
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

    /// `size` pixels of nothing but the background: what a read begins with.
    pub fn blank(&self, size: Size) -> Pixels {
        Pixels::filled(size, self.sample, &self.background)
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
