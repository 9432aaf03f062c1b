//! Text fields, with a frame that is seen in both themes.

use egui::{Response, Stroke, TextEdit, Ui};

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
