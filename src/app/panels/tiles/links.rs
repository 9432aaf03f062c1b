//! What aligning found: a list of the links that fit worst first, and the one that is looked at.

use egui::{Align2, RichText, Sense, Ui};

use crate::align::{ByHand, Link, LinkState};
use crate::app::canvas::link_color;
use crate::app::links::Links;
use crate::app::panels::tab_bar::small_button;
use crate::app::theme::{Icon, palette};
use crate::app::{App, OverlapCommand, Overlaps, WindowCommand};

/// Points that a row is high, and how many rows are shown.
const ROW: f32 = 22.0;
const ROWS: f32 = 8.0;

const STATES: [(LinkState, &str); 6] = [
    (LinkState::Accepted, "accepted"),
    (LinkState::Weak, "weak"),
    (LinkState::Contradicted, "contradicted"),
    (LinkState::Bare, "without information"),
    (LinkState::Rejected, "rejected"),
    (LinkState::Unreadable, "unreadable"),
];

/// The Links section.
#[derive(Default)]
pub(super) struct LinkList {
    /// The chosen link, as far as the list has followed it.
    followed: Option<usize>,
}

impl LinkList {
    pub(super) fn links_ui(&mut self, ui: &mut Ui, app: &App, links: &Links) {
        let count = links.found.links().len();
        let parts =
            STATES.iter().map(|(state, name)| (links.found.count(*state), name)).filter(|(count, _)| *count > 0);
        let parts: Vec<String> = parts.map(|(count, name)| format!("{count} {name}")).collect();
        let text = if count == 0 { "No tiles overlap".to_owned() } else { parts.join(", ") };
        ui.add(egui::Label::new(text).wrap());
        ui.horizontal(|ui| {
            let mut shown = links.shown;
            if ui.checkbox(&mut shown, "Show on canvas").changed() {
                app.ask(OverlapCommand::ShowLinks(shown));
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if ui.button("Report…").on_hover_text("Write a page with a map, or a table of the tiles").clicked() {
                    app.ask(OverlapCommand::AskReport);
                }
            });
        });
        if count == 0 {
            return;
        }
        self.rows_ui(ui, app, links);
        if let Some((number, link)) = links.chosen() {
            ui.add_space(4.0);
            chosen_ui(ui, app, links, number, link);
        }
    }

    fn rows_ui(&mut self, ui: &mut Ui, app: &App, links: &Links) {
        let order = links.found.order();
        let height = ROW * ROWS.min(order.len() as f32);
        let area = egui::ScrollArea::vertical().id_salt("links").auto_shrink([false, true]);
        let mut area = area.max_height(height).min_scrolled_height(height);
        if links.chosen != self.followed {
            self.followed = links.chosen;
            let row = links.chosen.and_then(|chosen| order.iter().position(|number| *number as usize == chosen));
            if let Some(row) = row {
                area = area.vertical_scroll_offset((row as f32 * ROW - height / 2.0).max(0.0));
            }
        }
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            area.show_rows(ui, ROW, order.len(), |ui, rows| {
                for row in rows {
                    row_ui(ui, app, links, order[row] as usize);
                }
            });
        });
    }
}

fn row_ui(ui: &mut Ui, app: &App, links: &Links, number: usize) {
    let Some([a, b]) = links.found.placements(number, app.mosaic()) else {
        ui.allocate_space(egui::vec2(ui.available_width(), ROW));
        return;
    };
    let link = &links.found.links()[number];
    let (rect, response) = ui.allocate_exact_size(egui::vec2(ui.available_width(), ROW), Sense::click());
    let colors = palette(ui);
    let is_chosen = links.chosen == Some(number);
    if is_chosen || response.hovered() {
        let fill = if is_chosen { colors.accent_fill } else { ui.visuals().faint_bg_color };
        ui.painter().rect_filled(rect, 4.0, fill);
    }
    ui.painter().circle_filled(rect.left_center() + egui::vec2(8.0, 0.0), 4.0, link_color(link, colors));
    let font = egui::FontId::proportional(12.0);
    let right = rect.right_center() - egui::vec2(6.0, 0.0);
    let value = link.residual.map_or_else(|| link.state.name().to_owned(), |residual| format!("{residual:.2} px"));
    let value = ui.painter().text(right, Align2::RIGHT_CENTER, value, font.clone(), colors.weak);
    let room = value.left() - rect.left() - 26.0;
    let names = format!("{} – {}", a.name(), b.name());
    let mut job = egui::text::LayoutJob::simple_singleline(names.clone(), font, colors.strong);
    job.wrap = egui::text::TextWrapping::truncate_at_width(room.max(20.0));
    let galley = ui.painter().layout_job(job);
    let at = egui::pos2(rect.left() + 18.0, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, colors.strong);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Link {names}")));
    if response.on_hover_text(describe(link, &names)).clicked() {
        app.ask(OverlapCommand::ChooseLink(Some(number)));
    }
}

/// The link that is looked at: how it was found, what to do with it, and how its overlap is shown.
fn chosen_ui(ui: &mut Ui, app: &App, links: &Links, number: usize, link: &Link) {
    let Some([a, b]) = links.found.placements(number, app.mosaic()) else { return };
    let weak = palette(ui).weak;
    ui.horizontal(|ui| {
        let names = RichText::new(format!("{} – {}", a.name(), b.name())).strong();
        ui.add(egui::Label::new(names).truncate());
    });
    ui.add(egui::Label::new(RichText::new(facts(link)).small().color(weak)).wrap());
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let by_hand = link.by_hand;
        let mut judge = |name: &str, hint: &str, is_on: bool, can: bool, command: OverlapCommand| {
            let button = egui::Button::new(name).selected(is_on);
            if ui.add_enabled(can, button).on_hover_text(hint).clicked() {
                app.ask(command);
            }
        };
        let can = !app.services().jobs.is_busy();
        let matches = can && !link.matches().is_empty();
        let accept = OverlapCommand::Judge(Some(ByHand::Accept));
        judge("Accept", "The best match is right", by_hand == Some(ByHand::Accept), matches, accept);
        let reject = OverlapCommand::Judge(Some(ByHand::Reject));
        judge("Reject", "No match is right; other links place the tiles", by_hand == Some(ByHand::Reject), can, reject);
        let is_set = matches!(by_hand, Some(ByHand::Set(_)));
        judge("Set", "The tiles lie right against each other as they lie now", is_set, can, OverlapCommand::SetLink);
        judge("Auto", "Leave it to the comparison", by_hand.is_none(), can, OverlapCommand::Judge(None));
    });
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let overlaps = app.preferences().settings.overlaps;
        let mut blinks = links.blinks;
        if ui.toggle_value(&mut blinks, "Blink").on_hover_text("Draw both tiles by turns").changed() {
            app.ask(OverlapCommand::Blink(blinks));
        }
        let mut difference = overlaps == Overlaps::Difference;
        let hint = "Show how far overlapping tiles differ";
        if ui.toggle_value(&mut difference, "Difference").on_hover_text(hint).changed() {
            let shown = if difference { Overlaps::Difference } else { Overlaps::Normal };
            app.ask(WindowCommand::SetOverlaps(shown));
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let row = links.found.order().iter().position(|other| *other as usize == number).unwrap_or(0);
            let beside = |row: Option<usize>| row.and_then(|row| links.found.order().get(row)).map(|n| *n as usize);
            for (icon, hint, other) in [
                (Icon::ChevronDown, "Next link", beside(row.checked_add(1))),
                (Icon::ChevronUp, "Previous link", beside(row.checked_sub(1))),
            ] {
                if small_button(ui, icon, hint, false)
                    && let Some(other) = other
                {
                    app.ask(OverlapCommand::ChooseLink(Some(other)));
                }
            }
        });
    });
}

/// How a link was found.
fn facts(link: &Link) -> String {
    let state = STATES.iter().find(|(state, _)| *state == link.state).map_or("", |(_, name)| name);
    let found = link.chosen.as_ref().or(link.matches().first());
    let mut text = state.to_owned();
    if let Some(found) = found {
        let off = found.step - link.expected;
        text += &format!("; correlation {:.2}, moved by {:+.1}, {:+.1} px", found.ncc, off.x, off.y);
    }
    if let Some(residual) = link.residual {
        text += &format!("; residual {residual:.2} px");
    }
    text
}

fn describe(link: &Link, names: &str) -> String {
    format!("{names}\n{}", facts(link))
}
