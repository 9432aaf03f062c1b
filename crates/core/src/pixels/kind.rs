//! [`PixelKind`]: what the pixels of an image are.

use serde::{Deserialize, Serialize};

use super::{Color, SampleType};

/// What the pixels of an image are, as far as laying images side by side needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PixelKind {
    #[serde(alias = "colour")]
    pub color: Color,
    pub channels: u8,
    pub sample: SampleType,
}

impl PixelKind {
    /// RGB bytes.
    pub const RGB8: Self = Self { color: Color::Rgb, channels: 3, sample: SampleType::U8 };

    /// The kind of pixel that holds what either holds: color over gray, alpha over none, the wider samples.
    #[must_use]
    pub fn joined(self, other: Self) -> Self {
        let sample = self.sample.wider(other.sample);
        if self.color == Color::Channels || other.color == Color::Channels {
            return Self { color: Color::Channels, channels: self.channels.max(other.channels), sample };
        }
        let alpha = self.color.has_alpha() || other.color.has_alpha();
        let gray = |kind: Self| matches!(kind.color, Color::Gray | Color::GrayAlpha);
        let (color, channels) = match (gray(self) && gray(other), alpha) {
            (true, false) => (Color::Gray, 1),
            (true, true) => (Color::GrayAlpha, 2),
            (false, false) => (Color::Rgb, 3),
            (false, true) => (Color::Rgba, 4),
        };
        Self { color, channels, sample }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixel_kinds_join_to_the_larger_kind() {
        let kind = |color, channels, sample| PixelKind { color, channels, sample };
        let gray = kind(Color::Gray, 1, SampleType::U16);
        let rgba = kind(Color::Rgba, 4, SampleType::U8);
        assert_eq!(gray.joined(PixelKind::RGB8), kind(Color::Rgb, 3, SampleType::U16));
        assert_eq!(gray.joined(rgba), kind(Color::Rgba, 4, SampleType::U16));
        assert_eq!(gray.joined(gray), gray);
        let many = kind(Color::Channels, 5, SampleType::F32);
        assert_eq!(many.joined(gray), many);
    }
}
