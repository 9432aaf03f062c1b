//! [`RenderSettings`]: a display as the loader's threads use it.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use egui::{ColorImage, TextureFilter, TextureOptions};

use crate::Result;
use crate::geometry::Size;
use crate::mosaic::PixelKind;
use crate::pixels::{Color, Pixels, conform};
use crate::source::Info;
use mosaicist_display::{Display, Mapper, Profile, ProfileSpace};

/// Display settings prepared for one pixel type. Immutable.
pub(in crate::app) struct RenderSettings {
    /// Unique among all render settings.
    pub(in crate::app) revision: u64,
    pub(in crate::app) display: Display,
    kind: PixelKind,
    mapper: OnceLock<Mapper>,
    /// The visible channels, and their display without the others.
    on: Vec<usize>,
    few: OnceLock<Mapper>,
    profiles: Arc<Profiles>,
}

impl RenderSettings {
    pub(super) fn new(display: Display, kind: PixelKind, profiles: Arc<Profiles>) -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let revision = LAST.fetch_add(1, Relaxed) + 1;
        let many = kind.color == Color::Channels;
        let on =
            display.channels.iter().enumerate().filter(|(_, channel)| many && channel.on).map(|(at, _)| at).collect();
        Self { revision, display, kind, mapper: OnceLock::new(), on, few: OnceLock::new(), profiles }
    }

    /// Pixels of a `kind`, whose colors the profile `icc` tells, as the screen shows them. Its tables are made by whichever
    /// thread comes first.
    pub(in crate::app) fn image(&self, pixels: &Pixels, kind: PixelKind, icc: Option<&Arc<[u8]>>) -> ColorImage {
        let size = [pixels.size().width as usize, pixels.size().height as usize];
        let own = self.kind;
        let alike = (kind != own).then(|| conform(pixels.clone(), kind.color, own.color, own.channels, own.sample));
        let mapper = self.mapper.get_or_init(|| Mapper::new(&self.display, own.color, own.channels, own.sample));
        let mut rgba = mapper.rgba(alike.as_ref().unwrap_or(pixels));
        if let Some(profile) = self.profile(kind.color, icc) {
            profile.to_srgb(&mut rgba);
        }
        if own.color.has_alpha() {
            ColorImage::from_rgba_unmultiplied(size, &rgba)
        } else {
            ColorImage::from_rgba_premultiplied(size, &rgba)
        }
    }

    /// The channels that are on, of pixels with channels of any number.
    pub(in crate::app) fn channels_on(&self) -> &[usize] {
        &self.on
    }

    /// A picture of `size` pixels of a `kind` whose channels are stored apart: `read` gives the pixels of those channels alone
    /// that it is asked for. Nothing if it must be shown as a whole.
    pub(in crate::app) fn image_of_channels(
        &self,
        size: Size,
        kind: PixelKind,
        read: impl FnOnce(&[usize]) -> Option<Result<Arc<Pixels>>>,
    ) -> Option<Result<ColorImage>> {
        if kind != self.kind || kind.color != Color::Channels {
            return None;
        }
        let size = [size.width as usize, size.height as usize];
        if self.on.is_empty() {
            return Some(Ok(ColorImage::filled(size, egui::Color32::BLACK)));
        }
        let pixels = match read(&self.on)? {
            Ok(pixels) => pixels,
            Err(error) => return Some(Err(error)),
        };
        let mapper = self.few.get_or_init(|| {
            let channels = self.on.iter().map(|at| self.display.channels[*at].clone()).collect();
            let display = Display { channels, ..self.display.clone() };
            Mapper::new(&display, Color::Channels, self.on.len() as u8, kind.sample)
        });
        Some(Ok(ColorImage::from_rgba_premultiplied(size, &mapper.rgba(&pixels))))
    }

    /// The profile by which the CMYK samples of an image become colors, if it is to be followed.
    pub(in crate::app) fn cmyk_profile(&self, info: &Info) -> Option<Arc<Profile>> {
        if !self.display.managed || info.channels != 3 {
            return None;
        }
        self.profiles.get(info.icc.as_ref()?).filter(|profile| profile.space() == ProfileSpace::Cmyk)
    }

    /// How textures are drawn.
    pub(in crate::app) fn options(&self) -> TextureOptions {
        let magnification = if self.display.smooth { TextureFilter::Linear } else { TextureFilter::Nearest };
        TextureOptions { magnification, ..TextureOptions::LINEAR }
    }

    /// The profile to apply, if the image is shown in the profile's color space.
    fn profile(&self, color: Color, icc: Option<&Arc<[u8]>>) -> Option<Arc<Profile>> {
        if !self.display.managed || !self.display.is_natural() {
            return None;
        }
        let speaks = match color {
            Color::Gray | Color::GrayAlpha => ProfileSpace::Gray,
            Color::Rgb | Color::Rgba => ProfileSpace::Rgb,
            Color::Channels => return None,
        };
        self.profiles.get(icc?).filter(|profile| profile.space() == speaks && !profile.is_srgb())
    }
}

/// The profiles met so far, each read once.
#[derive(Default)]
pub(in crate::app) struct Profiles(Mutex<Vec<Known>>);

/// The bytes of a profile, and the result of parsing them.
type Known = (Arc<[u8]>, Option<Arc<Profile>>);

impl Profiles {
    /// At most so many are cached.
    const MOST: usize = 16;

    /// The profile, if it can be followed.
    pub(in crate::app) fn get(&self, icc: &Arc<[u8]>) -> Option<Arc<Profile>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, profile)) = known.iter().find(|(bytes, _)| Arc::ptr_eq(bytes, icc) || bytes == icc) {
            return profile.clone();
        }
        let profile = Profile::new(icc).ok().map(Arc::new);
        if known.len() >= Self::MOST {
            known.remove(0);
        }
        known.push((Arc::clone(icc), profile.clone()));
        profile
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::{SampleType, Samples};

    #[test]
    fn a_tile_of_another_kind_is_shown_like_the_rest() {
        let kind = PixelKind { color: Color::Rgb, channels: 3, sample: SampleType::U16 };
        let mut display = Display::new(kind.color, kind.channels, kind.sample);
        display.channels.iter_mut().for_each(|channel| channel.high = 32768.0);
        let settings = RenderSettings::new(display, kind, Arc::default());
        let gray = PixelKind { color: Color::Gray, channels: 1, sample: SampleType::U8 };
        let tile = Pixels::new(Size::new(2, 1), 1, Samples::U8(vec![64, 200])).unwrap();
        let image = settings.image(&tile, gray, None);
        assert_eq!(image.pixels, [egui::Color32::from_gray(128), egui::Color32::WHITE]);
    }

    #[test]
    fn a_profile_is_followed_where_colors_are_natural() {
        let icc: Arc<[u8]> = moxcms::ColorProfile::new_display_p3().encode().unwrap().into();
        let shown = |change: fn(&mut Display)| {
            let mut display = Display::new(Color::Rgb, 3, SampleType::U8);
            change(&mut display);
            let tile = Pixels::new(Size::new(1, 1), 3, Samples::U8(vec![200, 60, 60])).unwrap();
            RenderSettings::new(display, PixelKind::RGB8, Arc::default())
                .image(&tile, PixelKind::RGB8, Some(&icc))
                .pixels[0]
        };
        let plain = egui::Color32::from_rgb(200, 60, 60);
        assert_ne!(shown(|_| {}), plain);
        assert_eq!(shown(|display| display.managed = false), plain);
        // Red alone as gray is no color any more.
        let gray = shown(|display| display.channels[0].color = [255; 3]);
        assert_eq!(gray, egui::Color32::from_rgb(200, 255, 255));
    }
}
