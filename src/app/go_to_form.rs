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
            degrees: view.angle(),
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
        to.turn_to(self.degrees);
        Some(to)
    }
}

/// Two numbers in one text, as they are copied from a table or a readout: `50,20`, `x 50.5 y 20`, `50 20`.
pub(super) fn pair_of(text: &str) -> Option<(String, String)> {
    let is_part = |letter: char| letter.is_ascii_digit() || matches!(letter, '.' | '-' | '+' | 'e' | 'E');
    let mut numbers = text.split(|letter| !is_part(letter)).filter(|part| part.parse::<f64>().is_ok());
    let pair = (numbers.next()?.to_owned(), numbers.next()?.to_owned());
    numbers.next().is_none().then_some(pair)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_numbers_are_coordinates() {
        let pair = |x: &str, y: &str| Some((x.to_owned(), y.to_owned()));
        assert_eq!(pair_of("50,20"), pair("50", "20"));
        assert_eq!(pair_of(" x 50.5  y -20 "), pair("50.5", "-20"));
        assert_eq!(pair_of("1e3;7"), pair("1e3", "7"));
        assert_eq!((pair_of("50.5"), pair_of("1 2 3"), pair_of("")), (None, None, None));
    }
}
