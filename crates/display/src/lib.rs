//! From samples to screen colors: windows, curves, color tables, channels, color profiles. [`Display`] holds the settings; they
//! change no sample.
//!
//! Each channel has a window of values, a curve, and a color or a [`Lut`]; what the channels that are on give is added
//! up. [`Mapper`] does it to pixels, [`Histogram`] finds sensible windows, [`Profile`] leads to sRGB,
//! [`Conversion`] from one profile to another.

mod conversion;
mod curve;
mod histogram;
mod lut;
mod map;
mod profile;

pub use conversion::{Conversion, TargetProfile};
pub use histogram::{Histogram, histograms};
pub use lut::Lut;
pub use map::Mapper;
pub use profile::{Profile, ProfileSpace};

use serde::{Deserialize, Serialize};

#[cfg(test)]
use mosaicist_core::geometry;
use mosaicist_core::{Error, Result, pixels, regular_file};

use crate::pixels::{ChannelName, Color, SampleType};

/// So many channels are on from the start; more on top of each other show nothing.
const MOST_ON: usize = 6;
/// The parts of all samples that an automatic window lets go black and white (as `QuPath` does).
const CUT: f64 = 0.001;
/// A color image that covers this much of its type's range is shown without auto contrast.
const BRIGHT: f32 = 0.25;

/// How an image is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Display {
    /// For each channel but alpha.
    pub channels: Vec<Channel>,
    /// Whether the image's color profile is followed.
    #[serde(default = "yes")]
    pub managed: bool,
    /// Whether pixels that are larger than the screen's run into each other.
    #[serde(default)]
    pub smooth: bool,
    /// The backdrop of transparent pixels.
    #[serde(default, alias = "ground")]
    pub backdrop: Backdrop,
}

/// How one channel is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Channel {
    pub name: String,
    /// Red, green, blue of the highest value, where there is no `lut`.
    #[serde(alias = "colour")]
    pub color: [u8; 3],
    #[serde(default)]
    pub lut: Option<Lut>,
    pub on: bool,
    /// The sample value at the dark end of the color.
    pub low: f32,
    /// The sample value at the bright end.
    pub high: f32,
    /// 1 is straight, more lifts what is dark.
    pub gamma: f32,
    /// Whether the colors are inverted: dark values are shown bright.
    #[serde(default)]
    pub inverted: bool,
}

/// The backdrop of transparent pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backdrop {
    /// The window's own backdrop.
    None,
    #[default]
    Checkers,
    #[serde(alias = "colour")]
    Color([u8; 3]),
}

fn yes() -> bool {
    true
}

impl Display {
    /// The usual one for that kind of pixel: the type's full range (0 to 1 for floats).
    pub fn new(color: Color, channels: u8, sample: SampleType) -> Self {
        let count = usize::from(channels) - usize::from(color.has_alpha());
        let channel = |name: &str, color| Channel::new(name, color, sample.max());
        let channels = match (color, count) {
            (Color::Rgb | Color::Rgba, 3) => {
                let [r, g, b] = [[255, 0, 0], [0, 255, 0], [0, 0, 255]];
                vec![channel("Red", r), channel("Green", g), channel("Blue", b)]
            }
            (_, 1) => vec![channel("Gray", [255; 3])],
            _ => (0..count).map(|at| channel(&format!("Channel {}", at + 1), usual_color(at, ""))).collect(),
        };
        let mut display = Self { channels, managed: true, smooth: false, backdrop: Backdrop::default() };
        display.channels.iter_mut().skip(MOST_ON.max(3)).for_each(|channel| channel.on = false);
        display
    }

    /// Take names and colors over that the file gives, as far as channels have none of their own.
    pub fn name_channels(&mut self, names: &[ChannelName]) {
        if names.len() != self.channels.len() || names.len() == 3 && self.channels[0].name == "Red" {
            return;
        }
        // A single channel is gray unless the file gives a color.
        let alone = names.len() == 1;
        for (at, (channel, said)) in self.channels.iter_mut().zip(names).enumerate() {
            if !said.name.is_empty() {
                channel.name.clone_from(&said.name);
            }
            let usual = if alone { channel.color } else { usual_color(at, &said.name) };
            // Black would show nothing: the channel is there, but not shown at first.
            channel.on = channel.on && said.color != Some([0; 3]);
            channel.color = match said.color {
                Some([0, 0, 0]) => [255; 3],
                color => color.unwrap_or(usual),
            };
        }
    }

    /// Windows that show the values counted in `histograms` (one for each channel).
    ///
    /// Red, green and blue share one window, so that white stays white; and bytes and pictures that use the range of their
    /// type already keep all of it, unless `tight`.
    pub fn fit(&mut self, histograms: &[Histogram], color: Color, sample: SampleType, tight: bool) {
        let colors = matches!(color, Color::Rgb | Color::Rgba);
        let window = |histogram: &Histogram| {
            let (low, high) = (histogram.percentile(CUT), histogram.percentile(1.0 - CUT));
            // If nearly all pixels have one value, the window fits the others.
            if low < high { (low, high) } else { histogram.range() }
        };
        let windows: Vec<_> = histograms.iter().filter(|histogram| histogram.total() > 0).map(window).collect();
        let together = windows.iter().copied().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        let Some((lowest, highest)) = together else { return };
        let full = (0.0, sample.max());
        let fills = lowest >= 0.0 && highest <= full.1 && highest >= BRIGHT * full.1;
        let keeps = !tight && (sample == SampleType::U8 || colors && fills);
        for (channel, histogram) in self.channels.iter_mut().zip(histograms) {
            let (low, high) = match (keeps, colors) {
                (true, _) => full,
                (false, true) => (lowest, highest),
                (false, false) if histogram.total() > 0 => window(histogram),
                (false, false) => continue,
            };
            (channel.low, channel.high) = (low, if high > low { high } else { low + sample.max() / 255.0 });
        }
    }

    /// The type's full range in all channels, straight and upright; colors and names stay.
    pub fn reset(&mut self, sample: SampleType) {
        for channel in &mut self.channels {
            (channel.low, channel.high, channel.gamma, channel.inverted) = (0.0, sample.max(), 1.0, false);
        }
    }

    /// Whether three channels are shown as RGB, or one as gray, so that a color profile applies.
    pub fn is_natural(&self) -> bool {
        let plain = |channel: &Channel, color| channel.lut.is_none() && channel.color == color && channel.on;
        match &*self.channels {
            [gray] => plain(gray, [255; 3]),
            [r, g, b] => {
                // Hiding a color does not change the others.
                let pure = |channel: &Channel, color| channel.lut.is_none() && channel.color == color;
                pure(r, [255, 0, 0]) && pure(g, [0, 255, 0]) && pure(b, [0, 0, 255])
            }
            _ => false,
        }
    }
}

impl Channel {
    /// On, from 0 to `high`, straight.
    pub fn new(name: &str, color: [u8; 3], high: f32) -> Self {
        Self { name: name.into(), color, lut: None, on: true, low: 0.0, high, gamma: 1.0, inverted: false }
    }

    /// The colors of its values, dark to bright: 256 entries.
    pub fn ramp(&self) -> [[u8; 3]; 256] {
        match self.lut {
            Some(lut) => lut.table(),
            None => std::array::from_fn(|at| self.color.map(|c| ((usize::from(c) * at + 127) / 255) as u8)),
        }
    }
}

/// What a channel gets that the file gives no color: stains that everybody shows in one color have it, the others go by
/// the order of viv (Manz et al., Nature Methods 2022).
fn usual_color(at: usize, name: &str) -> [u8; 3] {
    const KNOWN: [(&str, [u8; 3]); 9] = [
        ("dapi", [0, 0, 255]),
        ("hoechst", [0, 0, 255]),
        ("fitc", [0, 255, 0]),
        ("gfp", [0, 255, 0]),
        ("alexa 488", [0, 255, 0]),
        ("cy3", [255, 128, 0]),
        ("tritc", [255, 0, 0]),
        ("texas red", [255, 0, 0]),
        ("cy5", [255, 0, 255]),
    ];
    const VIV: [[u8; 3]; 8] = [
        [0, 0, 255],
        [0, 255, 0],
        [255, 0, 255],
        [255, 255, 0],
        [255, 128, 0],
        [0, 255, 255],
        [255, 255, 255],
        [255, 0, 0],
    ];
    let name = name.to_lowercase();
    let known = KNOWN.iter().find(|(stain, _)| name.contains(stain));
    known.map_or(VIV[at % VIV.len()], |(_, color)| *color)
}

#[cfg(test)]
mod tests;
