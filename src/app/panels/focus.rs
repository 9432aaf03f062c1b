//! The ring around the button, list or slider that has the keyboard.

use egui::{Memory, Stroke, StrokeKind, Ui};

use crate::app::theme::palette;

/// Draws the ring. Fields have a caret, and need none.
pub(in crate::app) fn focus_ui(ui: &Ui) {
    let context = ui.ctx();
    let Some(id) = context.memory(Memory::focused).filter(|_| !context.text_edit_focused()) else { return };
    let Some(response) = context.read_response(id) else { return };
    let stroke = Stroke::new(1.5, palette(ui).accent);
    context.layer_painter(response.layer_id).rect_stroke(response.interact_rect, 6.0, stroke, StrokeKind::Inside);
}
