//! [`Region`]: a region of interest of a document.

use std::ops::Deref;
use std::sync::Arc;

use mosaicist_shape::{Class, Roi};
use serde::{Deserialize, Serialize};

use crate::geometry::Rect;

/// Beyond this no canvas reaches: regions out there are found at its edge.
const FAR: f64 = 1e15;

/// Identifies a region within its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct RoiId(pub u64);

/// A region of a document: a [`Roi`], in canvas pixels, with its number there.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    pub id: RoiId,
    /// The region that holds this one; it may be gone.
    pub parent: Option<RoiId>,
    /// Its own `parent` is `None`: indexes mean nothing here.
    pub roi: Roi,
}

impl Deref for Region {
    type Target = Roi;

    fn deref(&self) -> &Roi {
        &self.roi
    }
}

impl Region {
    /// The canvas pixels that it touches.
    pub fn rect(&self) -> Rect {
        rect_of(&self.roi)
    }
}

/// The canvas pixels that a region touches.
pub(crate) fn rect_of(roi: &Roi) -> Rect {
    let mut bounds = roi.geometry.bounds();
    for value in [&mut bounds.x0, &mut bounds.y0, &mut bounds.x1, &mut bounds.y1] {
        *value = value.clamp(-FAR, FAR);
    }
    bounds.pixels()
}

/// A property of a region. See the fields of [`Roi`].
#[derive(Debug, Clone, PartialEq)]
pub enum RegionProperty {
    /// None if empty.
    Name(String),
    Class(Option<Arc<Class>>),
    /// Its own color in place of its class's.
    Color(Option<[u8; 3]>),
    /// None if empty.
    Notes(String),
    Locked(bool),
    Hidden(bool),
}

impl RegionProperty {
    pub(crate) fn set(&self, roi: &mut Roi) {
        let text = |text: &String| (!text.is_empty()).then(|| text.as_str().into());
        match self {
            Self::Name(name) => roi.name = text(name),
            Self::Class(class) => roi.class.clone_from(class),
            Self::Color(color) => roi.color = *color,
            Self::Notes(notes) => roi.notes = text(notes),
            Self::Locked(locked) => roi.locked = *locked,
            Self::Hidden(hidden) => roi.hidden = *hidden,
        }
    }
}
