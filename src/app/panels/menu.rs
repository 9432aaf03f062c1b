//! Menus: they scroll where the window is low, and stay open while a field in them is used.

use egui::containers::menu::{MenuButton, MenuConfig, SubMenuButton, is_in_menu};
use egui::{IntoAtoms, Popup, PopupCloseBehavior, Response, ScrollArea, Ui};

/// Points that a menu leaves free above and below it.
const AROUND: f32 = 56.0;

/// A menu, or a menu in a menu. A line that was chosen closes it itself.
pub(super) fn menu<'a>(ui: &mut Ui, title: impl IntoAtoms<'a>, content: impl FnOnce(&mut Ui)) -> Response {
    let config = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    if is_in_menu(ui) {
        SubMenuButton::new(title).config(config).ui(ui, |ui| scrolled(ui, content)).0
    } else {
        MenuButton::new(title).config(config).ui(ui, |ui| scrolled(ui, content)).0
    }
}

/// The menu that the right button opens on something.
pub(super) fn context_menu(response: &Response, content: impl FnOnce(&mut Ui)) {
    let menu = Popup::context_menu(response).close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    menu.show(|ui| scrolled(ui, content));
}

fn scrolled(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    let highest = ui.ctx().content_rect().height() - AROUND;
    ScrollArea::vertical().max_height(highest).min_scrolled_height(highest).show(ui, content);
}
