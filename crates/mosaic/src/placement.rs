//! [`Placement`]: one image at its place.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::geometry::{Point, Rect, Size};
use crate::pixels::PixelKind;

/// What the path of a file ends with whose channels are one image.
const CHANNELS: &str = "#channels";

/// Names a placement for as long as the document lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct PlacementId(pub u64);

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
        let name = self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy();
        name.strip_suffix(CHANNELS).unwrap_or(&name).to_owned()
    }
}
