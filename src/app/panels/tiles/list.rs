//! The list of tiles: searched and sorted in the background, drawn for the rows in view only.

use std::collections::HashSet;
use std::sync::Arc;

use crossbeam_channel::Receiver;
use egui::{Align2, RichText, Sense, TextEdit, Ui};

use crate::ImageRef;
use crate::app::panels::field::text_field;
use crate::app::panels::line::line;
use crate::app::panels::menu::context_menu;
use crate::app::scene::in_background;
use crate::app::theme::{Icon, icon, palette};
use crate::app::{App, EditCommand, TabId, ViewCommand, Zoom};
use crate::geometry::Point;
use crate::mosaic::{Mosaic, Natural, Placement, PlacementId, PlacementIds, Revision};

/// Points that a row is high.
const ROW: f32 = 38.0;
/// Rows that are shown at least, where there are as many.
const MIN_ROWS: f32 = 5.0;
/// After an edit of more tiles than this, all are sorted again.
const MAX_COMPARED: usize = 1000;

/// What the list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Sort {
    #[default]
    Name,
    X,
    Y,
    Size,
    State,
}

const SORTS: [(Sort, &str, &str); 5] = [
    (Sort::Name, "Name", "Sort by name"),
    (Sort::X, "x", "Sort by x position"),
    (Sort::Y, "y", "Sort by y position"),
    (Sort::Size, "Size", "Sort by image size"),
    (Sort::State, "State", "Sort by state: unreadable, hidden, locked"),
];

/// What is listed, and in which order.
#[derive(Clone, PartialEq, Default)]
struct Wanted {
    tab: TabId,
    query: String,
    sort: Sort,
    descending: bool,
    /// How many images could not be read.
    failures: usize,
}

/// The tiles in their order, and the document they are of.
#[derive(Default)]
struct Listed {
    wanted: Wanted,
    mosaic: Arc<Mosaic>,
    revision: Option<Revision>,
    ids: Vec<PlacementId>,
}

/// The list of tiles.
#[derive(Default)]
pub(super) struct TileList {
    wanted: Wanted,
    listed: Listed,
    making: Option<Receiver<Listed>>,
    /// The row that a range begins at.
    anchor: Option<usize>,
    /// The only selected tile, as far as the list has followed it.
    followed: Option<PlacementId>,
}

impl TileList {
    pub(super) fn list_ui(&mut self, ui: &mut Ui, app: &App) {
        ui.horizontal(|ui| {
            ui.label(icon(Icon::Search, 13.0).color(palette(ui).weak));
            let field = TextEdit::singleline(&mut self.wanted.query).hint_text("Search names");
            let field = text_field(ui, field.desired_width(f32::INFINITY));
            field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Search tiles"));
        });
        self.sort_ui(ui);
        self.follow(app);
        let (shown, all) = (self.listed.ids.len(), app.mosaic().placements.len());
        if !self.listed.wanted.query.is_empty() {
            ui.label(RichText::new(format!("{shown} of {all}")).small().color(palette(ui).weak));
        }
        let room = (ui.available_height() - 24.0).max(MIN_ROWS * ROW);
        ui.spacing_mut().item_spacing.y = 0.0;
        let area = egui::ScrollArea::vertical().id_salt("tiles").auto_shrink([false, true]);
        let area = area.max_height(room).min_scrolled_height(room);
        let area = match self.row_to_show(app) {
            Some(row) => area.vertical_scroll_offset((row as f32 * ROW - room / 2.0).max(0.0)),
            None => area,
        };
        area.show_rows(ui, ROW, shown, |ui, rows| {
            for row in rows {
                self.row_ui(ui, app, row);
            }
        });
    }

    fn sort_ui(&mut self, ui: &mut Ui) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            ui.spacing_mut().button_padding.x = 6.0;
            for (sort, name, hint) in SORTS {
                let chosen = self.wanted.sort == sort;
                let arrow = match (chosen, self.wanted.descending) {
                    (true, false) => " ↑",
                    (true, true) => " ↓",
                    (false, _) => "",
                };
                let button = egui::Button::selectable(chosen, RichText::new(format!("{name}{arrow}")).small());
                let button = ui.add(button);
                button.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, chosen, hint));
                if button.on_hover_text(hint).clicked() {
                    self.wanted.descending = chosen && !self.wanted.descending;
                    self.wanted.sort = sort;
                }
            }
        });
    }

    /// Take in what has been sorted; have it sorted anew where that is needed.
    fn follow(&mut self, app: &App) {
        self.wanted.tab = app.documents().tabs.current();
        self.wanted.failures = app.services().textures.failures.len();
        if let Some(listed) = self.making.as_ref().and_then(|making| making.try_recv().ok()) {
            (self.listed, self.making, self.anchor) = (listed, None, None);
        }
        let history = &app.documents().tab.history;
        if self.listed.wanted == self.wanted && Arc::ptr_eq(&self.listed.mosaic, history.now()) {
            return;
        }
        if self.keeps_order(app) {
            self.listed.mosaic = Arc::clone(history.now());
            self.listed.revision = Some(history.revision());
        } else if self.making.is_none() {
            if self.listed.wanted.tab != self.wanted.tab {
                self.listed = Listed::default();
            }
            let (wanted, mosaic) = (self.wanted.clone(), Arc::clone(history.now()));
            let revision = Some(history.revision());
            let failures: HashSet<ImageRef> = app.services().textures.failures.keys().cloned().collect();
            self.making = in_background(app.context(), move || {
                let ids = sorted(&mosaic, &wanted, &failures);
                Listed { wanted, mosaic, revision, ids }
            });
        }
    }

    /// Whether the document differs from the listed one in nothing that the order depends on.
    fn keeps_order(&self, app: &App) -> bool {
        let (Listed { wanted, mosaic, revision, .. }, now) = (&self.listed, app.mosaic());
        let steady = *wanted == self.wanted && matches!(wanted.sort, Sort::Name | Sort::Size);
        let Some(revision) = revision.filter(|_| steady) else { return false };
        let changes = app.documents().tab.history.changes_since(revision);
        let alike = |id: &PlacementId| match (mosaic.placement(*id), now.placement(*id)) {
            (Some(before), Some(after)) => before.image == after.image && before.size == after.size,
            (None, None) => true,
            _ => false,
        };
        changes.is_some_and(|changes| changes.placements.len() <= MAX_COMPARED && changes.placements.iter().all(alike))
    }

    /// The row of a tile that was selected elsewhere.
    fn row_to_show(&mut self, app: &App) -> Option<usize> {
        let chosen = &app.documents().tab.selection.placements;
        let only = chosen.only();
        if only == self.followed {
            return None;
        }
        let row = self.listed.ids.iter().position(|id| Some(*id) == only);
        if row.is_some() || only.is_none() {
            self.followed = only;
        }
        row
    }

    fn row_ui(&mut self, ui: &mut Ui, app: &App, row: usize) {
        let (rect, response) = ui.allocate_exact_size(egui::vec2(ui.available_width(), ROW), Sense::click());
        let Some(placement) = self.listed.ids.get(row).and_then(|id| app.mosaic().placement(*id)) else { return };
        let selected = app.documents().tab.selection.placements.contains(placement.id);
        let name = placement.name();
        response.widget_info(|| egui::WidgetInfo::selected(egui::Role::ListItem, true, selected, &name));
        paint(ui, app, rect, placement, &name, selected, response.hovered());
        if response.double_clicked() {
            app.ask(ViewCommand::Zoom(Zoom::Show(placement.rect())));
        } else if response.clicked() || response.secondary_clicked() && !selected {
            self.click(ui, app, row, placement);
        }
        context_menu(&response, |ui| app.tile_menu_ui(ui, placement));
        response.on_hover_text(placement.image.path.to_string_lossy());
    }

    /// Select what was clicked: alone, in addition (Ctrl), or all rows up to it (Shift).
    fn click(&mut self, ui: &Ui, app: &App, row: usize, placement: &Placement) {
        let modifiers = ui.input(|input| input.modifiers);
        let chosen = &app.documents().tab.selection.placements;
        let (ids, add) = match self.anchor.filter(|_| modifiers.shift) {
            Some(anchor) => {
                let rows = anchor.min(row)..=anchor.max(row);
                (self.listed.ids.get(rows).unwrap_or_default().iter().copied().collect(), modifiers.command)
            }
            None if modifiers.command && chosen.contains(placement.id) => {
                (chosen.difference(&PlacementIds::from_iter([placement.id])), false)
            }
            None => (PlacementIds::from_iter([placement.id]), modifiers.command),
        };
        if !modifiers.shift {
            self.anchor = Some(row);
        }
        self.followed = Some(placement.id);
        app.ask(EditCommand::Select { ids, add });
        let (rect, tab) = (placement.rect(), &app.documents().tab);
        let visible = tab.view.visible(tab.screen);
        if !visible.contains(rect) && !rect.contains(visible) {
            let center = Point::new((rect.x0 + rect.x1) as f64 / 2.0, (rect.y0 + rect.y1) as f64 / 2.0);
            app.ask(ViewCommand::CenterOn(center));
        }
    }
}

/// The tiles whose names hold what is searched, in their order.
fn sorted(mosaic: &Mosaic, wanted: &Wanted, failures: &HashSet<ImageRef>) -> Vec<PlacementId> {
    let query = wanted.query.trim().to_lowercase();
    let matches = |placement: &&Placement| query.is_empty() || placement.name().to_lowercase().contains(&query);
    let mut all: Vec<&Placement> = mosaic.placements.iter().filter(matches).collect();
    match wanted.sort {
        Sort::Name => all.sort_by_cached_key(|placement| Natural(placement.name())),
        Sort::X => all.sort_by(|a, b| a.position().x.total_cmp(&b.position().x)),
        Sort::Y => all.sort_by(|a, b| a.position().y.total_cmp(&b.position().y)),
        Sort::Size => all.sort_by_key(|placement| (placement.size.area(), placement.size.width)),
        Sort::State => all.sort_by_key(|placement| {
            let bad = placement.kind.is_none() || failures.contains(&placement.image);
            (!bad, placement.visible, !placement.locked)
        }),
    }
    if wanted.descending {
        all.reverse();
    }
    all.into_iter().map(|placement| placement.id).collect()
}

/// A row: picture, name, position and size, and what is unusual about the tile.
fn paint(ui: &Ui, app: &App, rect: egui::Rect, tile: &Placement, name: &str, selected: bool, hovered: bool) {
    let colors = palette(ui);
    if selected || hovered {
        let fill = if selected { colors.accent_fill } else { ui.visuals().widgets.inactive.bg_fill };
        ui.painter().rect_filled(rect.shrink2(egui::vec2(0.0, 1.0)), 4.0, fill);
    }
    let side = ROW - 10.0;
    let place = egui::Rect::from_min_size(rect.min + egui::vec2(5.0, 5.0), egui::vec2(side, side));
    let (width, height) = (tile.size.width.max(1) as f32, tile.size.height.max(1) as f32);
    let scale = side / width.max(height);
    let picture = egui::Rect::from_center_size(place.center(), egui::vec2(width, height) * scale);
    match app.pane().whole_texture(tile) {
        Some(texture) => {
            let uv = egui::Rect::from_min_max(egui::Pos2::ZERO, egui::pos2(1.0, 1.0));
            ui.painter().image(texture, picture, uv, egui::Color32::WHITE);
        }
        None => _ = ui.painter().rect_filled(picture, 2.0, colors.border),
    }
    let failed = tile.kind.is_none() || app.services().textures.failures.contains_key(&tile.image);
    let states = [
        (failed, Icon::TriangleAlert, colors.bad),
        (tile.locked, Icon::Lock, colors.weak),
        (!tile.visible, Icon::EyeOff, colors.weak),
    ];
    let mut right = rect.right() - 6.0;
    for (_, icon, color) in states.into_iter().filter(|(is, ..)| *is) {
        let font = egui::FontId::new(13.0, egui::FontFamily::Name("icons".into()));
        let at = egui::pos2(right, rect.center().y);
        ui.painter().text(at, Align2::RIGHT_CENTER, char::from(icon), font, color);
        right -= 18.0;
    }
    let left = place.right() + 8.0;
    let color = if selected || tile.visible { colors.strong } else { colors.weak };
    let name_at = egui::pos2(left, rect.top() + 4.0);
    line(ui, name_at, right - left, name, egui::TextStyle::Body, color);
    let at = tile.position();
    let text = format!("{}, {}  ·  {} × {} px", short(at.x), short(at.y), tile.size.width, tile.size.height);
    let text_at = egui::pos2(left, rect.top() + 21.0);
    line(ui, text_at, right - left, &text, egui::TextStyle::Small, colors.weak);
}

fn short(value: f64) -> String {
    let rounded = (value * 100.0).round() / 100.0;
    format!("{rounded}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::mosaic::{PlacementIds, Property};

    #[test]
    fn tiles_are_searched_and_sorted() {
        let mut mosaic = Mosaic::default();
        for (name, x, side) in [("Tile10", 5.0, 30), ("tile9", 7.0, 10), ("other", 1.0, 20), ("tile2", 3.0, 40)] {
            let tile = Placement::new(name, Size::new(side, side)).at(Point::new(x, -x));
            mosaic.add(Placement { kind: Some(crate::mosaic::PixelKind::RGB8), ..tile });
        }
        let names = |mosaic: &Mosaic, query: &str, sort, descending| {
            let wanted = Wanted { query: query.into(), sort, descending, ..Wanted::default() };
            let ids = sorted(mosaic, &wanted, &[ImageRef::file("tile9")].into());
            ids.iter().map(|id| mosaic.placement(*id).unwrap().name()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(&mosaic, "TILE", Sort::Name, false), "Tile10 tile2 tile9");
        assert_eq!(names(&mosaic, "", Sort::X, false), "other tile2 Tile10 tile9");
        assert_eq!(names(&mosaic, "", Sort::Y, false), "tile9 Tile10 tile2 other");
        assert_eq!(names(&mosaic, "", Sort::Size, true), "tile2 Tile10 other tile9");
        let hidden = PlacementIds::from_iter([mosaic.placements[2].id]);
        mosaic.set(&hidden, Property::Visible(false));
        assert_eq!(names(&mosaic, "", Sort::State, false), "tile9 other Tile10 tile2");
    }
}
