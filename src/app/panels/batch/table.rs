//! The table of a batch, of which only the rows in view are laid out.

use egui::{Color32, Rect, RichText, ScrollArea, Sense, TextStyle, Ui, pos2, vec2};

use crate::app::batch::BatchList;
use crate::app::panels::line::line;
use crate::app::panels::menu::context_menu;
use crate::app::theme::palette;

/// Points that a row is high.
const ROW: f32 = 22.0;
/// The columns, and the parts of the width that they begin at.
const COLUMNS: [(&str, f32); 4] = [("File", 0.0), ("State", 0.36), ("Result", 0.56), ("Time", 0.9)];

/// What a row says.
pub(super) struct Row {
    pub(super) texts: [String; 4],
    /// Of state and result, if they are not of the usual color.
    pub(super) color: Option<Color32>,
}

/// The rows that are shown.
pub(super) struct Rows<'a> {
    /// The numbers of the items; all in their order if none.
    pub(super) numbers: Option<&'a [usize]>,
    pub(super) count: usize,
    /// The item that is to be in view.
    pub(super) current: Option<usize>,
    /// Points.
    pub(super) height: f32,
    pub(super) row: &'a dyn Fn(&Ui, usize) -> Row,
    /// The menu of an item.
    pub(super) menu: &'a dyn Fn(&mut Ui, usize),
    /// A double click on an item.
    pub(super) open: &'a dyn Fn(usize),
}

/// Shows the table; clicks choose rows, scrolling by hand ends following the item that runs.
pub(super) fn table_ui(ui: &mut Ui, list: &mut BatchList, rows: &Rows<'_>) {
    let (top, _) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
    for (number, (title, _)) in COLUMNS.iter().enumerate() {
        let (left, width) = column(top, number);
        line(ui, pos2(left, top.top() + 2.0), width, title, TextStyle::Small, palette(ui).weak);
    }
    let frame = egui::Frame::NONE.stroke((1.0, palette(ui).field)).corner_radius(4.0).inner_margin(1.0);
    frame.show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let area = ScrollArea::vertical().id_salt("batch rows").auto_shrink([false, false]);
        let area = area.max_height(rows.height).min_scrolled_height(rows.height);
        let shown = rows.numbers.map_or(rows.count, <[usize]>::len);
        let place = rows.current.filter(|_| list.follows).and_then(|current| match rows.numbers {
            Some(numbers) => numbers.iter().position(|number| *number == current),
            None => Some(current),
        });
        let highest = (shown as f32 * ROW - rows.height).max(0.0);
        let offset = place.map(|row| (row as f32 * ROW - rows.height / 2.0).clamp(0.0, highest).floor());
        let area = match offset {
            Some(offset) => area.vertical_scroll_offset(offset),
            None => area,
        };
        let output = area.show_rows(ui, ROW, shown, |ui, range| {
            for row in range {
                let number = rows.numbers.map_or(row, |numbers| numbers[row]);
                row_ui(ui, list, rows, number);
            }
        });
        if offset.is_some_and(|offset| (output.state.clamped_offset().y - offset).abs() > 2.0) {
            list.follows = false;
        }
    });
}

fn row_ui(ui: &mut Ui, list: &mut BatchList, rows: &Rows<'_>, number: usize) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let (row, chosen) = ((rows.row)(ui, number), list.chosen.contains(&number));
    let label = row.texts[..3].iter().filter(|text| !text.is_empty()).cloned().collect::<Vec<_>>().join(", ");
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::ListItem, true, chosen, &label));
    let colors = palette(ui);
    if chosen || response.hovered() {
        let fill = if chosen { colors.accent_fill } else { ui.visuals().widgets.inactive.bg_fill };
        ui.painter().rect_filled(rect.shrink2(vec2(1.0, 1.0)), 3.0, fill);
    }
    for (at, text) in row.texts.iter().enumerate() {
        let (left, width) = column(rect, at);
        let color = if at == 0 { colors.strong } else { row.color.filter(|_| at < 3).unwrap_or(colors.weak) };
        line(ui, pos2(left, rect.top() + 3.0), width, text, TextStyle::Body, color);
    }
    if response.double_clicked() {
        (rows.open)(number);
    } else if response.clicked() || response.secondary_clicked() && !chosen {
        choose(ui, list, rows, number);
    }
    context_menu(&response, |ui| (rows.menu)(ui, number));
}

/// Chooses the item that was clicked: alone, in addition (Ctrl), or all up to it (Shift).
fn choose(ui: &Ui, list: &mut BatchList, rows: &Rows<'_>, number: usize) {
    let modifiers = ui.input(|input| input.modifiers);
    if let Some(anchor) = list.anchor.filter(|_| modifiers.shift) {
        let range = anchor.min(number)..=anchor.max(number);
        list.chosen = match rows.numbers {
            Some(numbers) => numbers.iter().copied().filter(|number| range.contains(number)).collect(),
            None => range.collect(),
        };
        return;
    }
    list.anchor = Some(number);
    if !modifiers.command {
        list.chosen = [number].into();
    } else if !list.chosen.remove(&number) {
        list.chosen.insert(number);
    }
}

/// Where a column of a row begins, and how wide its text is at most.
fn column(row: Rect, number: usize) -> (f32, f32) {
    let at = |number: usize| COLUMNS.get(number).map_or(1.0, |(_, at)| *at);
    let left = row.left() + 6.0 + row.width() * at(number);
    (left, row.width() * (at(number + 1) - at(number)) - 12.0)
}

/// What is to be said of the item that is chosen, below the table. Of one height, so that nothing below it jumps.
pub(super) fn details_ui(ui: &mut Ui, text: &str, bad: bool) {
    let color = if bad { palette(ui).bad } else { palette(ui).weak };
    ui.allocate_ui(vec2(ui.available_width(), 36.0), |ui| {
        ui.set_min_height(36.0);
        let area = ScrollArea::vertical().id_salt("batch details").auto_shrink([false, false]).max_height(36.0);
        area.min_scrolled_height(36.0).show(ui, |ui| {
            ui.add(egui::Label::new(RichText::new(text).small().color(color)).wrap().selectable(true));
        });
    });
}
