//! [`Blend`]: what a pixel of the canvas shows that several images cover; [`FlatField`]: what evens out their light.

use serde::{Deserialize, Serialize};

use crate::{Error, ImageRef, Result};

/// How overlapping images become one picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Blend {
    #[serde(default)]
    pub mode: BlendMode,
    /// Where images are cut, by the modes that cut them.
    #[serde(default)]
    pub seam: SeamPath,
}

/// What a pixel becomes that several images cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BlendMode {
    /// That of the topmost image, over those below where it is transparent.
    #[default]
    Overlay,
    /// The mean of all.
    Average,
    /// The mean weighted by the distances to the images' edges: a linear ramp across the overlap.
    Linear,
    /// The same with a cosine for a ramp.
    Cosine,
    /// The largest value of each channel.
    Max,
    /// The smallest value of each channel.
    Min,
    /// The median of each channel.
    Median,
    /// That of one image, cut along a seam.
    Seam,
    /// Cut along a seam, across which coarse structures fade over a wide band and fine ones over a narrow one.
    MultiBand,
}

/// Where a seam runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeamPath {
    /// Along the middle of the overlap.
    #[default]
    Middle,
    /// Where both images differ the least.
    LeastDifference,
}

impl BlendMode {
    /// All of them, the usual one first.
    pub const ALL: [Self; 9] = [
        Self::Overlay,
        Self::Average,
        Self::Linear,
        Self::Cosine,
        Self::Max,
        Self::Min,
        Self::Median,
        Self::Seam,
        Self::MultiBand,
    ];

    /// Its name on the command line and in project files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Overlay => "overlay",
            Self::Average => "average",
            Self::Linear => "linear",
            Self::Cosine => "cosine",
            Self::Max => "max",
            Self::Min => "min",
            Self::Median => "median",
            Self::Seam => "seam",
            Self::MultiBand => "multi-band",
        }
    }

    /// Its name in the window.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Overlay => "Overlay",
            Self::Average => "Average",
            Self::Linear => "Linear feather",
            Self::Cosine => "Cosine feather",
            Self::Max => "Maximum",
            Self::Min => "Minimum",
            Self::Median => "Median",
            Self::Seam => "Seam",
            Self::MultiBand => "Multi-band",
        }
    }

    /// Whether it cuts images along a seam.
    pub const fn has_seam(self) -> bool {
        matches!(self, Self::Seam | Self::MultiBand)
    }
}

impl SeamPath {
    /// All of them, the usual one first.
    pub const ALL: [Self; 2] = [Self::Middle, Self::LeastDifference];

    /// Its name on the command line and in project files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Middle => "middle",
            Self::LeastDifference => "least-difference",
        }
    }

    /// Its name in the window.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Middle => "Middle of the overlap",
            Self::LeastDifference => "Least difference",
        }
    }
}

/// How much of the light each part of an image got: color samples less the dark image are divided by it.
///
/// It is scaled so that its brightest part changes nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlatField {
    pub flat: Flat,
    /// What the camera gives without light, in the images' own sample values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dark: Option<ImageRef>,
}

/// Where a flat field comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flat {
    /// Nothing is known of it: only the dark image counts.
    None,
    /// A picture of something evenly lit, stretched over each image.
    Image(ImageRef),
    /// A smooth surface, as it is estimated from overlaps.
    Surface(Surface),
}

/// Values at `columns` × `rows` nodes that are spread over an image from edge to edge, linear between.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Surface {
    pub columns: u32,
    pub rows: u32,
    /// 1 for all channels alike, or as many as the images have colors.
    pub channels: u8,
    /// Above 0; channel by channel, row by row.
    pub values: Vec<f32>,
}

impl Surface {
    /// More nodes than these along a side are no smooth surface.
    const MOST_NODES: u32 = 1024;

    /// Fails where the numbers are not those of a surface.
    pub fn check(&self) -> Result<()> {
        let sides = [self.columns, self.rows].iter().all(|side| (2..=Self::MOST_NODES).contains(side));
        let count = u64::from(self.columns) * u64::from(self.rows) * u64::from(self.channels);
        let fits = sides && self.channels > 0 && self.values.len() as u64 == count;
        if fits && self.values.iter().all(|value| value.is_finite() && *value > 0.0) {
            return Ok(());
        }
        Err(Error::corrupt("the flat field is no surface of positive numbers"))
    }
}

impl FlatField {
    /// The same with every image's path through `place`.
    pub fn with_paths<E>(&self, mut place: impl FnMut(&ImageRef) -> Result<ImageRef, E>) -> Result<Self, E> {
        let flat = match &self.flat {
            Flat::Image(image) => Flat::Image(place(image)?),
            other => other.clone(),
        };
        Ok(Self { flat, dark: self.dark.as_ref().map(place).transpose()? })
    }

    /// The images that it is made of.
    pub fn images(&self) -> impl Iterator<Item = &ImageRef> {
        let flat = if let Flat::Image(image) = &self.flat { Some(image) } else { None };
        flat.into_iter().chain(&self.dark)
    }
}
