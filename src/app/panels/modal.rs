//! The frame of every dialog: a heading, a body that scrolls where the window is low, and a foot that is always there. Enter does what
//! the first button says, Escape closes, a click beside it does nothing.

use egui::{Event, Frame, Id, Key, Layout, Margin, Modal, Popup, ScrollArea, Ui, vec2};

use super::super::theme::palette;

/// Points between a dialog and its content, and between it and the window.
const MARGIN: f32 = 20.0;
const AROUND: f32 = 12.0;

/// What a dialog is called.
pub(super) struct Title<'a> {
    /// Names it among dialogs.
    pub(super) name: &'a str,
    pub(super) heading: &'a str,
    /// Points, where the window is wide enough.
    pub(super) width: f32,
}

/// Shows a dialog of `state`: `body` scrolls, `foot` gets whether Enter was pressed. Whether it stays open.
pub(super) fn modal<S>(
    ui: &Ui,
    Title { name, heading, width }: Title<'_>,
    state: &mut S,
    body: impl FnOnce(&mut Ui, &mut S),
    foot: impl FnOnce(&mut Ui, &mut S, bool),
) -> bool {
    let (context, id) = (ui.ctx(), Id::unique(name));
    let entered = is_entered(ui, id);
    let room = context.content_rect().size();
    let frame = Frame::popup(ui.style()).inner_margin(Margin::same(MARGIN as i8));
    let shown = Modal::new(id).frame(frame).show(context, |ui| {
        ui.set_width(width.min(room.x - 2.0 * (MARGIN + AROUND)));
        let top = ui.cursor().top();
        if !heading.is_empty() {
            ui.add(egui::Label::new(egui::RichText::new(heading).heading()).wrap());
            ui.add_space(4.0);
        }
        let head = ui.cursor().top() - top;
        let known: f32 = ui.data(|data| data.get_temp(id)).unwrap_or(60.0);
        let highest = (room.y - 2.0 * (MARGIN + AROUND) - head - known - ui.spacing().item_spacing.y).max(60.0);
        let area = ScrollArea::vertical().max_height(highest).min_scrolled_height(highest).auto_shrink([false, true]);
        area.show(ui, |ui| body(ui, state));
        let foot_height = ui.scope(|ui| foot(ui, state, entered)).response.rect.height();
        if (foot_height - known).abs() > 0.5 {
            ui.data_mut(|data| data.insert_temp(id, foot_height));
            ui.ctx().request_repaint();
        }
    });
    let is_free = shown.is_top_modal && !shown.any_popup_open;
    let escaped = is_free && context.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Escape));
    !(shown.response.should_close() || escaped)
}

/// The buttons at the foot, from the right.
pub(super) fn buttons(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    ui.add_space(6.0);
    let size = vec2(ui.available_width(), 28.0);
    ui.allocate_ui_with_layout(size, Layout::right_to_left(egui::Align::Center), content);
}

/// The button that Enter presses, too.
pub(super) fn main_button(ui: &mut Ui, text: &str, on: bool, entered: bool) -> bool {
    let button = egui::Button::new(text).fill(palette(ui).accent_fill).min_size(vec2(84.0, 28.0));
    ui.add_enabled(on, button).clicked() || on && entered
}

/// Whether Enter was pressed for this dialog: it is the topmost one, no list hangs open, and no button has the keyboard.
fn is_entered(ui: &Ui, id: Id) -> bool {
    let context = ui.ctx();
    let layer = Modal::default_area(id).layer();
    let is_top = context.memory(egui::Memory::top_modal_layer) == Some(layer);
    let is_free = context.memory(egui::Memory::focused).is_none() || context.text_edit_focused();
    let is_enter = |event: &Event| {
        let Event::Key { key: Key::Enter, pressed: true, repeat: false, modifiers, .. } = event else { return false };
        !modifiers.any()
    };
    is_top && is_free && !Popup::is_any_open(context) && context.input(|input| input.events.iter().any(is_enter))
}
