//! Fields to type in: texts, with a frame that is seen in both themes, and numbers, also with a decimal comma.

use std::ops::RangeInclusive;

use egui::emath::Numeric;
use egui::{DragValue, Response, Slider, Stroke, TextEdit, Ui};

use crate::app::theme::palette;

/// A line of text to type.
pub(super) fn text_field(ui: &mut Ui, field: TextEdit<'_>) -> Response {
    let border = Stroke::new(1.0, palette(ui).field);
    ui.scope(|ui| {
        let widgets = &mut ui.visuals_mut().widgets;
        for state in [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active] {
            state.bg_stroke = border;
        }
        ui.add(field)
    })
    .inner
}

/// Selects all the text of a field, so that what is typed or pasted replaces it.
pub(super) fn select_all(ui: &Ui, field: &Response, text: &str) {
    use egui::text::{CCursor, CCursorRange};
    let mut state = egui::text_edit::TextEditState::load(ui.ctx(), field.id).unwrap_or_default();
    let all = CCursorRange::two(CCursor::new(0), CCursor::new(text.chars().count()));
    state.cursor.set_char_range(Some(all));
    state.store(ui.ctx(), field.id);
}

/// A number to drag or to type.
pub(super) fn number_field<N: Numeric>(value: &mut N) -> DragValue<'_> {
    DragValue::new(value).custom_parser(parsed)
}

/// A slider with its number to type.
pub(super) fn number_slider<N: Numeric>(value: &mut N, range: RangeInclusive<N>) -> Slider<'_> {
    Slider::new(value, range).custom_parser(parsed)
}

/// The number that `text` says: a lone comma is a decimal point, others part thousands, and a unit may follow.
fn parsed(text: &str) -> Option<f64> {
    let text: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    let text = text.replace('−', "-");
    let number = ["%", "°", "px", "µm", "pt"].into_iter().find_map(|unit| text.strip_suffix(unit)).unwrap_or(&text);
    let is_decimal = number.matches(',').count() == 1 && !number.contains('.');
    let number = number.replace(',', if is_decimal { "." } else { "" });
    number.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_type_them() {
        let read = ["12.5", "12,5", " −3 ", "1,234.5", "1,000,000", "37°", "50 %", "1e3", "abc", "", "NaN"].map(parsed);
        let expected = [12.5, 12.5, -3.0, 1234.5, 1e6, 37.0, 50.0, 1000.0].map(Some);
        assert_eq!(read[..8], expected);
        assert_eq!(read[8..], [None; 3]);
    }
}
