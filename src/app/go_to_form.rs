//! [`GoToForm`]: the fields of the dialog that shows an exact place.

use super::View;
use super::units::{Georeference, Unit};

/// The dialog's fields.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct GoToForm {
    pub(super) unit: Unit,
    pub(super) x: String,
    pub(super) y: String,
    pub(super) percent: f64,
    pub(super) degrees: f64,
    /// The first field is to have the keyboard.
    pub(super) fresh: bool,
}

impl GoToForm {
    /// Where `view` is now.
    pub(super) fn at(view: &View, georeference: &Georeference, unit: Unit, pixels_per_point: f32) -> Self {
        let mut form = Self {
            unit,
            x: String::new(),
            y: String::new(),
            percent: view.zoom * f64::from(pixels_per_point) * 100.0,
            degrees: view.degrees,
            fresh: true,
        };
        form.place(view, georeference);
        form
    }

    /// The coordinates of the view's middle in the unit chosen.
    pub(super) fn place(&mut self, view: &View, georeference: &Georeference) {
        let digits = if self.unit == Unit::Pixels { 1 } else { 3 };
        let shown = |value: f64| format!("{value:.digits$}");
        if let Some((x, y)) = georeference.coordinates(self.unit, view.center) {
            (self.x, self.y) = (shown(x), shown(y));
        }
    }

    /// The view that the fields name; nothing while they make no sense.
    pub(super) fn view(&self, now: &View, georeference: &Georeference, pixels_per_point: f32) -> Option<View> {
        let number = |text: &str| text.trim().replace(',', ".").parse::<f64>().ok().filter(|value| value.is_finite());
        let center = georeference.canvas_point(self.unit, (number(&self.x)?, number(&self.y)?))?;
        let mut to = View { center, ..*now };
        to.zoom_about(center, self.percent / 100.0 / f64::from(pixels_per_point) / now.zoom);
        to.turn(self.degrees - now.degrees);
        Some(to)
    }
}
