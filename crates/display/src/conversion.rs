//! [`Conversion`]: from the colors of an image's ICC profile (ICC.1:2022) to those of another, by moxcms.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use moxcms::{ColorProfile, DataColorSpace, Layout, RenderingIntent, TransformExecutor, TransformOptions};

use crate::pixels::{Color, Pixels, SampleType, Samples};
use crate::profile::{LONGEST, read_profile};
use crate::{Error, Result, regular_file};

/// A color space that colors can be converted to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetProfile {
    Srgb,
    DisplayP3,
    /// Adobe RGB (1998).
    AdobeRgb,
    /// `ProPhoto` RGB, of ISO 22028-2.
    ProPhoto,
    /// Of Rec. ITU-R BT.2020.
    Rec2020,
    /// The RGB profile of a file.
    File(Arc<[u8]>),
}

impl TargetProfile {
    /// Those that need no file, by their names on the command line, with their titles.
    pub const NAMED: [(&'static str, Self, &'static str); 5] = [
        ("srgb", Self::Srgb, "sRGB"),
        ("display-p3", Self::DisplayP3, "Display P3"),
        ("adobe-rgb", Self::AdobeRgb, "Adobe RGB (1998)"),
        ("prophoto", Self::ProPhoto, "ProPhoto RGB"),
        ("rec2020", Self::Rec2020, "Rec. 2020"),
    ];

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMED.into_iter().find_map(|(own, target, _)| (own == name).then_some(target))
    }

    /// The RGB profile in the file at `path`. Fails if there is no regular file of at most 32 MiB, and as [`TargetProfile::of_icc`].
    pub fn of_file(path: &Path) -> Result<Self> {
        Self::of_icc(regular_file::read(path, LONGEST as u64)?)
    }

    /// The RGB profile in `icc`. Fails if it is damaged or not for RGB.
    pub fn of_icc(icc: Vec<u8>) -> Result<Self> {
        let profile = guarded(|| read_profile(&icc))?;
        if profile.color_space != DataColorSpace::Rgb {
            return Err(Error::unsupported(format!("a color profile for {:?}; take one for RGB", profile.color_space)));
        }
        Ok(Self::File(icc.into()))
    }

    /// The name on the command line, or `file`.
    pub fn name(&self) -> &'static str {
        Self::NAMED.iter().find_map(|(name, target, _)| (target == self).then_some(*name)).unwrap_or("file")
    }

    /// A text that is another for another profile.
    pub fn identity(&self) -> String {
        match self {
            Self::File(icc) => format!("file of {} bytes, CRC {:08x}", icc.len(), crc32fast::hash(icc)),
            _ => self.name().to_owned(),
        }
    }

    fn profile(&self) -> Result<ColorProfile> {
        Ok(match self {
            Self::Srgb => ColorProfile::new_srgb(),
            Self::DisplayP3 => ColorProfile::new_display_p3(),
            Self::AdobeRgb => ColorProfile::new_adobe_rgb(),
            Self::ProPhoto => ColorProfile::new_pro_photo_rgb(),
            Self::Rec2020 => ColorProfile::new_bt2020(),
            Self::File(icc) => read_profile(icc)?,
        })
    }
}

/// A conversion of gray or RGB pixels, with or without alpha, to RGB of another profile: relative colorimetric. Alpha stays.
pub struct Conversion {
    way: Way,
    channels: u8,
    icc: Arc<[u8]>,
}

enum Way {
    U8(Arc<dyn TransformExecutor<u8> + Send + Sync>),
    U16(Arc<dyn TransformExecutor<u16> + Send + Sync>),
    F32(Arc<dyn TransformExecutor<f32> + Send + Sync>),
}

impl Conversion {
    /// From pixels of `color` and `sample` with the profile `icc`, sRGB if there is none, to `target`. Fails for measured channels,
    /// for types that no picture has, and for a profile that is damaged or not for such pixels.
    pub fn new(icc: Option<&[u8]>, color: Color, sample: SampleType, target: &TargetProfile) -> Result<Self> {
        // moxcms may panic on a damaged profile.
        guarded(|| Self::made(icc, color, sample, target))
    }

    fn made(icc: Option<&[u8]>, color: Color, sample: SampleType, target: &TargetProfile) -> Result<Self> {
        let (gray, from) = match color {
            Color::Gray => (true, Layout::Gray),
            Color::GrayAlpha => (true, Layout::GrayAlpha),
            Color::Rgb => (false, Layout::Rgb),
            Color::Rgba => (false, Layout::Rgba),
            Color::Channels => {
                return Err(Error::invalid("a color profile is for gray and colors, not for measured channels"));
            }
        };
        let own = match icc {
            Some(icc) => read_profile(icc)?,
            None if gray => {
                let mut gray = ColorProfile::new_gray_with_gamma(2.2);
                gray.gray_trc = ColorProfile::new_srgb().red_trc;
                gray
            }
            None => ColorProfile::new_srgb(),
        };
        if own.color_space != if gray { DataColorSpace::Gray } else { DataColorSpace::Rgb } {
            let what = format!("the image has a color profile for {:?}, and its pixels are not", own.color_space);
            return Err(Error::unsupported(what));
        }
        let to = if color.has_alpha() { Layout::Rgba } else { Layout::Rgb };
        let wanted = target.profile()?;
        let options = TransformOptions {
            rendering_intent: RenderingIntent::RelativeColorimetric,
            prefer_fixed_point: false,
            ..TransformOptions::default()
        };
        let failed = |error| Error::unsupported(format!("the color profile cannot be converted: {error}"));
        let way = match sample {
            SampleType::U8 => Way::U8(own.create_transform_8bit(from, &wanted, to, options).map_err(failed)?),
            SampleType::U16 => Way::U16(own.create_transform_16bit(from, &wanted, to, options).map_err(failed)?),
            SampleType::F32 => Way::F32(own.create_transform_f32(from, &wanted, to, options).map_err(failed)?),
            other => {
                return Err(Error::invalid(format!(
                    "a color profile is for bytes, words and floats, not for {}",
                    other.name()
                )));
            }
        };
        let icc = match target {
            TargetProfile::File(icc) => Arc::clone(icc),
            _ => wanted.encode().map_err(failed)?.into(),
        };
        Ok(Self { way, channels: if color.has_alpha() { 4 } else { 3 }, icc })
    }

    /// The channels of the result.
    pub const fn channels(&self) -> u8 {
        self.channels
    }

    /// The profile of the result.
    pub const fn icc(&self) -> &Arc<[u8]> {
        &self.icc
    }

    /// `pixels`, which are of the kind that was named, in the colors of the other profile.
    pub fn convert(&self, pixels: &Pixels) -> Result<Pixels> {
        let count = pixels.size().area() as usize * usize::from(self.channels);
        fn through<T: Copy + Default + std::fmt::Debug>(
            transform: &(dyn TransformExecutor<T> + Send + Sync),
            from: &[T],
            count: usize,
        ) -> Result<Vec<T>> {
            let mut out = vec![T::default(); count];
            let failed = |error| Error::invalid(format!("internal error: the color profile: {error}"));
            transform.transform(from, &mut out).map_err(failed).map(|()| out)
        }
        let samples = match (&self.way, pixels.samples()) {
            (Way::U8(transform), Samples::U8(from)) => Samples::U8(through(&**transform, from, count)?),
            (Way::U16(transform), Samples::U16(from)) => Samples::U16(through(&**transform, from, count)?),
            (Way::F32(transform), Samples::F32(from)) => Samples::F32(through(&**transform, from, count)?),
            _ => return Err(Error::invalid("internal error: pixels of another type than the color profile is for")),
        };
        Pixels::new(pixels.size(), self.channels, samples)
    }
}

/// A panic of moxcms as an error.
pub(crate) fn guarded<T>(make: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(make))
        .unwrap_or_else(|_| Err(Error::corrupt("the color profile cannot be converted")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    fn one(samples: Samples, color: Color, icc: Option<&[u8]>, target: &TargetProfile) -> Samples {
        let channels = samples.len() as u8;
        let pixels = Pixels::new(Size::new(1, 1), channels, samples).unwrap();
        let conversion = Conversion::new(icc, color, pixels.sample_type(), target).unwrap();
        conversion.convert(&pixels).unwrap().samples().clone()
    }

    #[test]
    fn every_type_of_sample_goes_to_display_p3_and_back() {
        // By the matrices of SMPTE EG 432-1 and IEC 61966-2-1.
        let Samples::U8(bytes) = one(Samples::U8(vec![217, 42, 52]), Color::Rgb, None, &TargetProfile::DisplayP3)
        else {
            panic!("no bytes")
        };
        assert!(bytes.iter().zip([200, 60, 60]).all(|(a, b)| a.abs_diff(b) <= 2), "{bytes:?}");
        let p3 = ColorProfile::new_display_p3().encode().unwrap();
        let words = one(Samples::U16(vec![51400, 15420, 15420, 777]), Color::Rgba, Some(&p3), &TargetProfile::Srgb);
        let Samples::U16(words) = words else { panic!("no words") };
        assert!(words.iter().zip([217 * 257, 42 * 257, 52 * 257]).all(|(a, b)| a.abs_diff(b) <= 600), "{words:?}");
        assert_eq!(words[3], 777);
        let floats = one(Samples::F32(vec![0.784, 0.235, 0.235]), Color::Rgb, Some(&p3), &TargetProfile::Srgb);
        let Samples::F32(floats) = floats else { panic!("no floats") };
        assert!(floats.iter().zip([0.851f32, 0.165, 0.204]).all(|(a, b)| (a - b).abs() < 0.01), "{floats:?}");
    }

    #[test]
    fn gray_becomes_equal_colors_and_keeps_alpha() {
        let Samples::U8(bytes) = one(Samples::U8(vec![128, 9]), Color::GrayAlpha, None, &TargetProfile::Srgb) else {
            panic!("no bytes")
        };
        assert!(bytes[..3].iter().all(|v| v.abs_diff(128) <= 1) && bytes[3] == 9, "{bytes:?}");
    }

    #[test]
    fn what_is_no_profile_for_the_pixels_is_refused() {
        let gray = ColorProfile::new_gray_with_gamma(2.2).encode().unwrap();
        let new = |icc: &[u8], color, sample| Conversion::new(Some(icc), color, sample, &TargetProfile::Srgb).err();
        assert!(new(&gray, Color::Rgb, SampleType::U8).is_some());
        assert!(new(&gray, Color::Channels, SampleType::U8).is_some());
        assert!(new(&gray, Color::Gray, SampleType::I32).is_some());
        assert!(new(&gray[..60], Color::Gray, SampleType::U8).is_some());
        assert!(TargetProfile::of_icc(gray).is_err());
    }

    #[test]
    fn names_are_those_of_the_command_line() {
        assert!(TargetProfile::NAMED.into_iter().all(|(name, target, _)| target.name() == name));
        assert_eq!(TargetProfile::named("adobe-rgb"), Some(TargetProfile::AdobeRgb));
        assert_eq!(TargetProfile::named("other"), None);
        assert_eq!(TargetProfile::AdobeRgb.identity(), "adobe-rgb");
        let file = |gamma| ColorProfile::new_gray_with_gamma(gamma).encode().unwrap().into();
        assert_ne!(TargetProfile::File(file(1.8)).identity(), TargetProfile::File(file(2.2)).identity());
    }
}
