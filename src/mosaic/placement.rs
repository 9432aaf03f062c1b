//! [`Placement`]: one image at its place.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::geometry::{Point, Rect, Size};
use crate::pixels::{Colour, SampleType};
use crate::source::{Info, plain_name};

/// Names a placement for as long as the document lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct PlacementId(pub u64);

/// What the pixels of an image are, as far as laying images side by side needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PixelKind {
    pub colour: Colour,
    pub channels: u8,
    pub sample: SampleType,
}

impl PixelKind {
    /// RGB bytes.
    pub const RGB8: Self = Self { colour: Colour::Rgb, channels: 3, sample: SampleType::U8 };

    /// The kind of pixel that holds what either holds: colour over grey, opacity over none, the wider samples.
    #[must_use]
    pub fn joined(self, other: Self) -> Self {
        let sample = self.sample.wider(other.sample);
        if self.colour == Colour::Channels || other.colour == Colour::Channels {
            return Self { colour: Colour::Channels, channels: self.channels.max(other.channels), sample };
        }
        let alpha = self.colour.has_alpha() || other.colour.has_alpha();
        let grey = |kind: Self| matches!(kind.colour, Colour::Grey | Colour::GreyAlpha);
        let (colour, channels) = match (grey(self) && grey(other), alpha) {
            (true, false) => (Colour::Grey, 1),
            (true, true) => (Colour::GreyAlpha, 2),
            (false, false) => (Colour::Rgb, 3),
            (false, true) => (Colour::Rgba, 4),
        };
        Self { colour, channels, sample }
    }
}

impl From<&Info> for PixelKind {
    fn from(info: &Info) -> Self {
        Self { colour: info.colour, channels: info.channels, sample: info.sample }
    }
}

/// One image on the canvas: a page of a file and where its upper left corner lies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Placement {
    pub id: PlacementId,
    pub path: Arc<Path>,
    #[serde(default)]
    pub page: u32,
    /// Of its upper left corner, in canvas pixels. Painted at the nearest whole pixel.
    pub position: Point,
    /// Of the image, in canvas pixels. A guess if the file could not be read.
    pub size: Size,
    /// `None` while the file could not be read.
    #[serde(default)]
    pub kind: Option<PixelKind>,
    #[serde(default = "yes")]
    pub visible: bool,
}

fn yes() -> bool {
    true
}

impl Placement {
    /// The first page of `path`, of that size, visible, at the canvas's origin; its kind not known yet.
    pub fn new(path: impl Into<PathBuf>, size: Size) -> Self {
        Self {
            id: PlacementId::default(),
            path: path.into().into(),
            page: 0,
            position: Point::default(),
            size,
            kind: None,
            visible: true,
        }
    }

    /// Where it lies, in whole canvas pixels.
    pub fn rect(&self) -> Rect {
        let (x, y) = self.position.round();
        Rect::at(x, y, self.size)
    }

    /// The file's name, for lists.
    pub fn name(&self) -> String {
        plain_name(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_join_to_what_holds_both() {
        let kind = |colour, channels, sample| PixelKind { colour, channels, sample };
        let grey = kind(Colour::Grey, 1, SampleType::U16);
        let rgba = kind(Colour::Rgba, 4, SampleType::U8);
        assert_eq!(grey.joined(PixelKind::RGB8), kind(Colour::Rgb, 3, SampleType::U16));
        assert_eq!(grey.joined(rgba), kind(Colour::Rgba, 4, SampleType::U16));
        assert_eq!(grey.joined(grey), grey);
        let many = kind(Colour::Channels, 5, SampleType::F32);
        assert_eq!(many.joined(grey), many);
    }
}
