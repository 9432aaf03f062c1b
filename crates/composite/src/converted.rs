//! [`Converted`]: a source in the colors of another profile.

use crate::Result;
use crate::geometry::{Region, Size};
use crate::pixels::{Color, Pixels, Sample, SampleType};
use crate::rendered::{cost_in_strips, in_strips};
use crate::source::{Capabilities, Info, ReadingCost, Source};
use mosaicist_display::{Conversion, Profile, ProfileSpace, TargetProfile};

/// A source of gray or colors as RGB of another profile, which its description names. Alpha is unchanged.
pub struct Converted<S> {
    source: S,
    info: Info,
    conversion: Conversion,
}

impl<S: Source> Converted<S> {
    /// `source` in the colors of `target`. Fails where the pixels have no colors, or the profile of the source is damaged.
    pub fn new(source: S, target: &TargetProfile) -> Result<Self> {
        let from = source.info();
        let conversion = Conversion::new(from.icc.as_deref(), from.color, from.sample, target)?;
        let mut info = from.clone();
        info.channels = conversion.channels();
        info.color = if from.color.has_alpha() { Color::Rgba } else { Color::Rgb };
        info.icc = Some(std::sync::Arc::clone(conversion.icc()));
        (info.stored, info.is_cmyk) = (None, false);
        info.channel_names.clear();
        // The background is converted like any pixel.
        let outside = conversion.convert(&from.blank(Size::new(1, 1)))?;
        info.background = background_of(&outside);
        Ok(Self { source, info, conversion })
    }
}

/// Whether bytes of gray or colors have another profile than sRGB, one that is for them.
pub fn has_other_profile(info: &Info) -> bool {
    let space = match info.color {
        Color::Gray | Color::GrayAlpha => ProfileSpace::Gray,
        Color::Rgb | Color::Rgba => ProfileSpace::Rgb,
        Color::Channels => return false,
    };
    let is_other = |profile: Profile| profile.space() == space && !profile.is_srgb();
    info.sample == SampleType::U8 && info.icc.as_ref().is_some_and(|icc| Profile::new(icc).is_ok_and(is_other))
}

fn background_of(pixel: &Pixels) -> Vec<f32> {
    crate::pixels::each_type!(pixel.samples(), samples => samples.iter().map(|value| value.to_f32()).collect())
}

impl<S: Source> Source for Converted<S> {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        // Every pixel is new: none of the source's abilities hold.
        Capabilities::none()
    }

    fn cost(&self, region: Region) -> ReadingCost {
        cost_in_strips(&self.source, region, self.info.pixel_bytes() as u64)
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        in_strips(&self.source, &self.info, region, |pixels| self.conversion.convert(pixels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::testing::{Pattern, check_source};

    #[test]
    fn converted_pixels_do_not_depend_on_the_region() {
        for (channels, sample) in [(1, SampleType::U8), (3, SampleType::U16), (4, SampleType::U8), (3, SampleType::F32)]
        {
            let source = Pattern::new(Size::new(300, 1500), channels, sample);
            let converted = Converted::new(source, &TargetProfile::DisplayP3).unwrap();
            assert!(converted.info().icc.is_some());
            check_source(&converted);
        }
    }
}
