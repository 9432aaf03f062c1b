//! [`Profile`]: from the colors of an ICC profile (ICC.1:2022) to sRGB, by moxcms.

use std::sync::Arc;

use moxcms::{ColorProfile, DataColorSpace, Layout, TransformExecutor, TransformOptions};

use crate::conversion::guarded;
use crate::pixels::{Pixels, Samples};
use crate::{Error, Result};

/// No profile in use is longer.
pub(crate) const LONGEST: usize = 32 << 20;

/// The color space of a profile's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProfileSpace {
    Rgb,
    Gray,
    Cmyk,
}

/// A conversion from the colors of a profile to sRGB.
pub struct Profile {
    space: ProfileSpace,
    way: Way,
}

enum Way {
    /// sRGB, or equal to it at 8 bits.
    None,
    Gray(Box<[[u8; 3]; 256]>),
    Rgba(Arc<dyn TransformExecutor<u8> + Send + Sync>),
    Cmyk(Arc<dyn TransformExecutor<u8> + Send + Sync>),
}

impl Profile {
    /// Parses a profile. Fails if it is damaged, or of another color space than gray, RGB or CMYK.
    pub fn new(icc: &[u8]) -> Result<Self> {
        // moxcms may panic on a damaged profile; the image is still displayed, without it.
        guarded(|| Self::read(icc))
    }

    fn read(icc: &[u8]) -> Result<Self> {
        let damaged = |error| Error::corrupt(format!("the color profile cannot be read: {error}"));
        let profile = read_profile(icc)?;
        let (space, from) = match profile.color_space {
            DataColorSpace::Rgb => (ProfileSpace::Rgb, Layout::Rgba),
            DataColorSpace::Gray => (ProfileSpace::Gray, Layout::Gray),
            DataColorSpace::Cmyk => (ProfileSpace::Cmyk, Layout::Rgba),
            other => return Err(Error::unsupported(format!("a color profile for {other:?}"))),
        };
        let to = if space == ProfileSpace::Rgb { Layout::Rgba } else { Layout::Rgb };
        let srgb = ColorProfile::new_srgb();
        let transform = profile.create_transform_8bit(from, &srgb, to, TransformOptions::default()).map_err(damaged)?;
        let way = match space {
            ProfileSpace::Gray => {
                let (values, mut colors) = ((0..=255).collect::<Vec<u8>>(), vec![0; 768]);
                transform.transform(&values, &mut colors).map_err(damaged)?;
                let table: Box<[[u8; 3]; 256]> =
                    Box::new(std::array::from_fn(|at| [colors[at * 3], colors[at * 3 + 1], colors[at * 3 + 2]]));
                let same = table.iter().enumerate().all(|(at, color)| color.iter().all(|c| c.abs_diff(at as u8) <= 1));
                if same { Way::None } else { Way::Gray(table) }
            }
            ProfileSpace::Rgb => {
                // Corners, edges and middles of the cube tell.
                let steps = [0u8, 51, 102, 153, 204, 255];
                let cube = steps.iter().flat_map(|r| steps.iter().flat_map(move |g| steps.map(|b| [*r, *g, b, 255])));
                let asked: Vec<u8> = cube.flatten().collect();
                let mut told = vec![0; asked.len()];
                transform.transform(&asked, &mut told).map_err(damaged)?;
                let same = asked.iter().zip(&told).all(|(a, b)| a.abs_diff(*b) <= 1);
                if same { Way::None } else { Way::Rgba(transform) }
            }
            ProfileSpace::Cmyk => Way::Cmyk(transform),
        };
        Ok(Self { space, way })
    }

    /// The color space that the profile converts from.
    pub const fn space(&self) -> ProfileSpace {
        self.space
    }

    /// Whether the conversion changes nothing.
    pub const fn is_srgb(&self) -> bool {
        matches!(self.way, Way::None)
    }

    /// Converts RGBA bytes to sRGB in place. A CMYK profile leaves them unchanged.
    pub fn to_srgb(&self, rgba: &mut Vec<u8>) {
        match &self.way {
            Way::None | Way::Cmyk(_) => {}
            Way::Gray(table) => {
                for [r, g, b, _] in rgba.as_chunks_mut::<4>().0 {
                    [*r, *g, *b] = table[usize::from(*g)];
                }
            }
            Way::Rgba(transform) => {
                let mut out = vec![255; rgba.len()];
                if transform.transform(rgba, &mut out).is_ok() {
                    *rgba = out;
                }
            }
        }
    }

    /// Converts CMYK bytes (255 = full colorant) to sRGB bytes; `None` if the profile or the pixels are of another kind.
    pub fn from_cmyk(&self, cmyk: &Pixels) -> Option<Pixels> {
        let (Way::Cmyk(transform), Samples::U8(samples), 4) = (&self.way, cmyk.samples(), cmyk.channels()) else {
            return None;
        };
        let mut rgb = vec![0; samples.len() / 4 * 3];
        transform.transform(samples, &mut rgb).ok()?;
        Pixels::new(cmyk.size(), 3, Samples::U8(rgb)).ok()
    }
}

/// Parses a profile. Fails if it is damaged; moxcms may panic.
pub(crate) fn read_profile(icc: &[u8]) -> Result<ColorProfile> {
    if icc.len() > LONGEST {
        return Err(Error::limit("a color profile of more than 32 MiB"));
    }
    ColorProfile::new_from_slice(icc)
        .map_err(|error| Error::corrupt(format!("the color profile cannot be read: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    fn encoded(profile: &ColorProfile) -> Profile {
        Profile::new(&profile.encode().unwrap()).unwrap()
    }

    #[test]
    fn srgb_is_left_alone() {
        let profile = encoded(&ColorProfile::new_srgb());
        assert!(profile.is_srgb() && profile.space() == ProfileSpace::Rgb);
        let mut rgba = vec![1, 2, 3, 4];
        profile.to_srgb(&mut rgba);
        assert_eq!(rgba, [1, 2, 3, 4]);
    }

    #[test]
    fn a_wide_gamut_profile_keeps_gray_and_alpha() {
        let profile = encoded(&ColorProfile::new_display_p3());
        let mut rgba = vec![128, 128, 128, 77, 200, 60, 60, 255, 0, 0, 0, 0];
        profile.to_srgb(&mut rgba);
        assert_eq!(rgba[..4], [128, 128, 128, 77]);
        // Computed by the matrices of SMPTE EG 432-1 and IEC 61966-2-1.
        let expected = [217, 42, 52];
        assert!(rgba[4..7].iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 2), "{rgba:?}");
        assert_eq!(rgba[8..], [0, 0, 0, 0]);
    }

    #[test]
    fn gray_follows_its_curve() {
        let profile = encoded(&ColorProfile::new_gray_with_gamma(1.0));
        let mut rgba = vec![55, 55, 55, 255, 255, 255, 255, 9];
        profile.to_srgb(&mut rgba);
        // Linear light of 55/255 is 0.502 in sRGB.
        assert!(rgba[0].abs_diff(128) <= 1 && rgba[0] == rgba[1], "{rgba:?}");
        assert_eq!(rgba[4..], [255, 255, 255, 9]);
    }

    #[test]
    fn damage_is_refused() {
        let good = ColorProfile::new_display_p3().encode().unwrap();
        assert!(Profile::new(&good[..100]).is_err());
        assert!(Profile::new(b"no profile at all").is_err());
        let (mut used, mut refused) = (0, 0);
        for at in (0..good.len()).step_by(7) {
            let mut bad = good.clone();
            bad[at] ^= 0xFF;
            match Profile::new(&bad) {
                Ok(profile) => {
                    profile.to_srgb(&mut vec![9; 64]);
                    used += 1;
                }
                Err(_) => refused += 1,
            }
        }
        assert!(used > 0 && refused > 0, "{used} used, {refused} refused");
    }

    /// A press profile with measured values for paper and full colorants only: `lut8Type` of ICC.1:2022, 10.10, to CIE L*a*b*.
    fn press() -> Vec<u8> {
        let mut lut = b"mft1\0\0\0\0\x04\x03\x02\0".to_vec();
        for at in 0..9 {
            lut.extend(if at % 4 == 0 { [0, 1, 0, 0] } else { [0; 4] });
        }
        let straight: Vec<u8> = (0..=255).collect();
        lut.extend(straight.repeat(4));
        for corner in 0..16 {
            // Cyan is the slowest; black paper stays black.
            let [c, m, y, k] = [8, 4, 2, 1].map(|bit| corner & bit != 0);
            let lab = match (c, m, y, k) {
                (.., true) => [16, 0, 0],
                (false, false, false, _) => [95, 0, 0],
                (true, false, false, _) => [55, -37, -50],
                (false, true, false, _) => [48, 74, -3],
                (false, false, true, _) => [89, -5, 93],
                _ => [30, 0, 0],
            };
            lut.extend([(lab[0] * 255 / 100) as u8, (lab[1] + 128) as u8, (lab[2] + 128) as u8]);
        }
        lut.extend(straight.repeat(3));
        let mut profile = vec![0; 128];
        profile[8] = 2;
        profile[12..24].copy_from_slice(b"prtrCMYKLab ");
        profile[36..40].copy_from_slice(b"acsp");
        for (at, value) in [(68, 0xF6D6u32), (72, 0x1_0000), (76, 0xD32D)] {
            profile[at..at + 4].copy_from_slice(&value.to_be_bytes());
        }
        profile.extend([0, 0, 0, 1]);
        profile.extend(b"A2B0");
        profile.extend(144u32.to_be_bytes());
        profile.extend((lut.len() as u32).to_be_bytes());
        profile.extend(lut);
        let length = profile.len() as u32;
        profile[..4].copy_from_slice(&length.to_be_bytes());
        profile
    }

    #[test]
    fn cmyk_is_converted_by_its_profile() {
        let profile = Profile::new(&press()).unwrap();
        assert_eq!(profile.space(), ProfileSpace::Cmyk);
        let cmyk = vec![0, 0, 0, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 0, 0, 255];
        let shown = profile.from_cmyk(&Pixels::new(Size::new(4, 1), 4, Samples::U8(cmyk)).unwrap()).unwrap();
        let Samples::U8(shown) = shown.samples() else { panic!("bytes") };
        // About what LittleCMS makes of the L*a*b* above; whether paper is white is a matter of intent.
        for (at, expected) in [[245, 245, 245], [216, 0, 121], [246, 223, 0], [38, 38, 38]].iter().enumerate() {
            let found = &shown[at * 3..][..3];
            let off = found.iter().zip(expected).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(off < Some(20), "{at}: {found:?}, not about {expected:?}");
        }
        let mut rgba = vec![1, 2, 3, 4];
        profile.to_srgb(&mut rgba);
        assert_eq!(rgba, [1, 2, 3, 4], "colors are left alone");
    }

    #[test]
    fn colors_are_no_inks() {
        let profile = encoded(&ColorProfile::new_display_p3());
        let pixels = Pixels::new(Size::new(1, 1), 4, Samples::U8(vec![0; 4])).unwrap();
        assert!(profile.from_cmyk(&pixels).is_none());
    }
}
