//! [`Placement`]: one image at its place.

use serde::{Deserialize, Serialize};

use crate::ImageRef;
use crate::geometry::{Point, Rect, Size};
use crate::pixels::PixelKind;

/// Names a placement for as long as the document lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct PlacementId(pub u64);

/// One image on the canvas, and where its upper left corner lies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Placement {
    pub id: PlacementId,
    #[serde(flatten)]
    pub image: ImageRef,
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
    /// `image`, or the first page of a file, of that size, visible, at the canvas's origin; its kind not known yet.
    pub fn new(image: impl Into<ImageRef>, size: Size) -> Self {
        Self {
            id: PlacementId::default(),
            image: image.into(),
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

    /// The image's name, for lists.
    pub fn name(&self) -> String {
        self.image.name()
    }
}
