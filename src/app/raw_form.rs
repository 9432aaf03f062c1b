//! [`RawForm`]: the dialog that imports a raw file: its layout, and a preview.

use std::path::PathBuf;

use egui::{ColorImage, TextureHandle, TextureOptions};

use crate::Result;
use crate::geometry::Size;
use crate::source::{RawLayout, RawType, guess_layouts};

/// The fields, and the picture they give.
pub struct RawForm {
    pub path: PathBuf,
    /// Of the file, in bytes.
    pub length: u64,
    pub layout: RawLayout,
    /// Layouts that the length allows, likelier ones first.
    pub guesses: Vec<RawLayout>,
    /// The layout that is being tried.
    pub(super) asked: Option<RawLayout>,
    /// The last previewed layout and its preview.
    pub(super) shown: Option<(RawLayout, std::result::Result<TextureHandle, String>)>,
}

impl RawForm {
    pub(super) fn new(path: PathBuf, length: u64) -> Self {
        let guesses = guess_layouts(length);
        let usual = || RawLayout::new(Size::new((length.isqrt() as u32).clamp(1, 1024), 1), 1, RawType::U8);
        let layout = guesses.first().cloned().unwrap_or_else(usual);
        Self { path, length, layout, guesses, asked: None, shown: None }
    }

    /// Whether the preview matches the fields.
    pub fn is_shown(&self) -> bool {
        self.shown.as_ref().is_some_and(|(layout, _)| *layout == self.layout)
    }

    /// The error of the previewed layout, if any.
    pub fn reason(&self) -> Option<&str> {
        self.shown.as_ref().filter(|_| self.is_shown())?.1.as_ref().err().map(String::as_str)
    }

    /// Bytes of the file that the layout leaves over; fewer than none if the file is too short.
    pub fn left_over(&self) -> i128 {
        i128::from(self.length) - i128::from(self.layout.offset) - i128::from(self.layout.bytes())
    }

    /// Use all rows in the file.
    pub fn fill_height(&mut self) {
        let row = u64::from(self.layout.size.width) * u64::from(self.layout.bands) * self.layout.sample.bytes();
        let rows = self.length.saturating_sub(self.layout.offset) / row.max(1);
        self.layout.size.height = rows.clamp(1, 1 << 30) as u32;
    }

    pub(super) fn receive(&mut self, context: &egui::Context, layout: RawLayout, found: Result<(Size, Vec<u8>)>) {
        self.asked = None;
        let texture = |(size, rgba): (Size, Vec<u8>)| {
            let size = [size.width as usize, size.height as usize];
            let image = ColorImage::from_rgba_unmultiplied(size, &rgba);
            context.load_texture("raw", image, TextureOptions::NEAREST)
        };
        self.shown = Some((layout, found.map(texture).map_err(|error| error.reason())));
    }
}
