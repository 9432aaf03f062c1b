//! [`Roi`]: a region with its class, name, measurements and whatever else its file said.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::geometry::Geometry;

/// What regions are sorted by: tumor, stroma and so on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Class {
    pub name: Arc<str>,
    /// Red, green, blue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<[u8; 3]>,
}

impl Class {
    /// A class without a color of its own.
    pub fn named(name: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), color: None }
    }
}

/// What kind of object it is, as QuPath sorts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Drawn by a person, or to be edited by one.
    #[default]
    Annotation,
    /// Found by a program.
    Detection,
    Cell,
    Tile,
    TmaCore,
    Root,
}

impl Kind {
    /// QuPath's `objectType`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Annotation => "annotation",
            Self::Detection => "detection",
            Self::Cell => "cell",
            Self::Tile => "tile",
            Self::TmaCore => "tmaCore",
            Self::Root => "root",
        }
    }

    /// The kind that QuPath calls that, of today or of version 0.2.
    pub fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "annotation" | "PathAnnotationObject" => Self::Annotation,
            "detection" | "PathDetectionObject" => Self::Detection,
            "cell" | "PathCellObject" => Self::Cell,
            "tile" | "PathTileObject" => Self::Tile,
            "tmaCore" | "tma_core" | "TMACoreObject" => Self::TmaCore,
            "root" | "PathRootObject" => Self::Root,
            _ => return None,
        })
    }
}

/// Where a region lies in a stack; a channel of -1 means all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plane {
    #[serde(default = "all_channels")]
    pub c: i32,
    #[serde(default)]
    pub z: i32,
    #[serde(default)]
    pub t: i32,
}

const fn all_channels() -> i32 {
    -1
}

/// Named numbers, in order. Names are shared between regions.
pub type Measurements = Arc<[(Arc<str>, f64)]>;

/// Unknown members of a GeoJSON feature, written back unchanged.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Extra {
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub feature: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub geometry: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub properties: Map<String, Value>,
}

impl Extra {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.feature.is_empty() && self.geometry.is_empty() && self.properties.is_empty()
    }
}

/// A region of interest. Cloning is cheap: what is large is shared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Roi {
    /// The file's own name for it: a UUID in QuPath.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Arc<str>>,
    pub geometry: Geometry,
    #[serde(default)]
    pub kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Arc<Class>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Arc<str>>,
    /// Red, green, blue, if it is not that of the class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<[u8; 3]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub locked: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plane: Option<Plane>,
    /// Of a cell: its nucleus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nucleus: Option<Arc<Geometry>>,
    #[serde(default = "no_measurements", skip_serializing_if = "is_unmeasured")]
    pub measurements: Measurements,
    /// The region that holds this one: its index in the list both are in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra: Option<Arc<Extra>>,
}

fn no_measurements() -> Measurements {
    Arc::from([])
}

fn is_unmeasured(measurements: &Measurements) -> bool {
    measurements.is_empty()
}

impl Roi {
    /// Red, green, blue of regions that have no color, nor their class.
    pub const DEFAULT_COLOR: [u8; 3] = [0xF2, 0xB1, 0x3C];

    /// An annotation of that shape, without class or name.
    pub fn new(geometry: Geometry) -> Self {
        Self {
            id: None,
            geometry,
            kind: Kind::Annotation,
            class: None,
            name: None,
            color: None,
            notes: None,
            locked: false,
            hidden: false,
            plane: None,
            nucleus: None,
            measurements: no_measurements(),
            parent: None,
            extra: None,
        }
    }

    /// The same with a name.
    pub fn named(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The same in a class.
    pub fn classed(mut self, class: &Arc<Class>) -> Self {
        self.class = Some(Arc::clone(class));
        self
    }

    /// What it is called in lists: its name, else its class, else its shape.
    pub fn title(&self) -> &str {
        let class = || self.class.as_ref().map(|class| &*class.name);
        self.name.as_deref().filter(|name| !name.is_empty()).or_else(class).unwrap_or_else(|| self.geometry.name())
    }

    /// Red, green, blue to draw it in: its own, or that of its class.
    pub fn shown_color(&self) -> Option<[u8; 3]> {
        self.color.or_else(|| self.class.as_ref().and_then(|class| class.color))
    }
}
