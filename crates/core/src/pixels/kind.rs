//! [`PixelKind`]: what the pixels of an image are.

use serde::{Deserialize, Serialize};

use super::{Colour, SampleType};

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
