//! The list of regions: searched and filtered in the background where there are many, drawn for the rows in view only.

use std::collections::HashSet;
use std::sync::Arc;

use crossbeam_channel::Receiver;
use egui::{ComboBox, RichText, Sense, TextEdit, TextureHandle, Ui};

use super::menu::classes;
use super::thumbs::Thumbnails;
use crate::app::canvas::outline;
use crate::app::panels::field::{select_all, text_field};
use crate::app::panels::menu::context_menu;
use crate::app::regions::DEFAULT_COLOR;
use crate::app::scene::in_background;
use crate::app::theme::{Icon, icon, palette};
use crate::app::{App, Command, ExportCommand, Pick, RegionCommand, RegionFiles, TabId, WindowCommand};
use crate::geometry::Rect;
use crate::mosaic::{Region, RegionProperty, Regions, RoiId};
use crate::region::Geometry;

/// Points that a row is high.
const ROW: f32 = 34.0;
/// Points along the side of a thumbnail.
const THUMB: f32 = 30.0;
/// Rows that are shown at most.
const MOST_ROWS: usize = 9;
/// More regions than this are listed in the background.
const MOST_AT_ONCE: usize = 2000;
/// Vertices of a thumbnail.
const THUMB_VERTICES: usize = 40;

/// What is listed.
#[derive(Clone, PartialEq, Default)]
struct Wanted {
    tab: TabId,
    query: String,
    class: ClassFilter,
}

/// Which classes are listed.
#[derive(Clone, PartialEq, Default)]
enum ClassFilter {
    #[default]
    All,
    /// What has no class.
    None,
    Named(Arc<str>),
}

impl ClassFilter {
    fn has(&self, region: &Region) -> bool {
        match self {
            Self::All => true,
            Self::None => region.class.is_none(),
            Self::Named(name) => region.class.as_ref().is_some_and(|class| class.name == *name),
        }
    }
}

#[derive(Default)]
struct Listed {
    wanted: Wanted,
    regions: Regions,
    ids: Vec<RoiId>,
}

/// The list of regions.
#[derive(Default)]
pub(super) struct RegionList {
    wanted: Wanted,
    listed: Listed,
    making: Option<Receiver<Listed>>,
    /// The row that a range begins at.
    anchor: Option<usize>,
    /// The region that the list has been scrolled to.
    followed: Option<RoiId>,
    /// The region whose name is being typed, and what has been typed.
    renaming: Option<(RoiId, String)>,
    thumbnails: Thumbnails,
}

impl RegionList {
    pub(super) fn ui(&mut self, ui: &mut Ui, app: &App) {
        if app.mosaic().regions.is_empty() {
            let key = app.shortcut_text(&Command::Window(WindowCommand::SetTool("rectangle")));
            let how = if key.is_empty() { "Choose the Rectangle tool".to_owned() } else { format!("Press {key}") };
            let text = format!("No regions yet. {how} and drag on the image, or find or import some.");
            ui.label(RichText::new(text).color(palette(ui).weak));
            self.listed = Listed::default();
            if ui.button("Import…").clicked() {
                app.ask(RegionCommand::AskImport);
            }
            return;
        }
        self.filter_ui(ui, app);
        self.follow(app);
        self.bar_ui(ui, app);
        let count = self.listed.ids.len();
        ui.spacing_mut().item_spacing.y = 0.0;
        let room = ROW * count.clamp(1, MOST_ROWS) as f32;
        let area = egui::ScrollArea::vertical().id_salt("regions").auto_shrink([false, true]).max_height(room);
        let area = match self.row_to_show(app) {
            Some(row) => area.vertical_scroll_offset((row as f32 * ROW - room / 2.0).max(0.0)),
            None => area,
        };
        self.thumbnails.begin(app);
        area.show_rows(ui, ROW, count, |ui, rows| {
            for row in rows {
                self.row_ui(ui, app, row);
            }
        });
        self.thumbnails.end(app);
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            if ui.button("Import…").clicked() {
                app.ask(RegionCommand::AskImport);
            }
            if ui.button("Save…").on_hover_text("GeoJSON, ImageScope, ASAP, NDPA, ImageJ, OME-XML or CSV").clicked() {
                app.ask(RegionCommand::AskSave(RegionFiles::All));
            }
        });
    }

    fn filter_ui(&mut self, ui: &mut Ui, app: &App) {
        ui.horizontal(|ui| {
            ui.label(icon(Icon::Search, 13.0).color(palette(ui).weak));
            let field = TextEdit::singleline(&mut self.wanted.query).hint_text("Search");
            let width = ui.available_width() - 120.0;
            let field = text_field(ui, field.desired_width(width));
            field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Search regions"));
            let text = match &self.wanted.class {
                ClassFilter::All => "All classes".to_owned(),
                ClassFilter::None => "No class".to_owned(),
                ClassFilter::Named(name) => name.to_string(),
            };
            ComboBox::from_id_salt("class filter").width(108.0).selected_text(text).truncate().show_ui(ui, |ui| {
                let wanted = &mut self.wanted.class;
                ui.selectable_value(wanted, ClassFilter::All, "All classes");
                ui.selectable_value(wanted, ClassFilter::None, "No class");
                for class in classes(app) {
                    ui.selectable_value(wanted, ClassFilter::Named(Arc::clone(&class.name)), &*class.name);
                }
            });
        });
    }

    /// How many there are, selecting all of them, and going from one to the next.
    fn bar_ui(&self, ui: &mut Ui, app: &App) {
        ui.horizontal(|ui| {
            let (shown, all) = (self.listed.ids.len(), app.mosaic().regions.len());
            let text = if shown == all { format!("{all}") } else { format!("{shown} of {all}") };
            ui.label(RichText::new(text).small().color(palette(ui).weak));
            if ui.small_button("Select all").clicked() {
                app.ask(RegionCommand::Pick { ids: self.listed.ids.iter().copied().collect(), how: Pick::Only });
            }
            for (picture, text, step) in
                [(Icon::ChevronLeft, "Previous region", -1isize), (Icon::ChevronRight, "Next region", 1)]
            {
                if icon_button(ui, picture, text) {
                    self.go(app, step);
                }
            }
        });
    }

    /// Selects and shows the region so many rows further.
    fn go(&self, app: &App, step: isize) {
        let count = self.listed.ids.len() as isize;
        let now = app.selection().regions.iter().min();
        let at = now.and_then(|id| self.listed.ids.iter().position(|listed| listed == id));
        let next = at.map_or(if step < 0 { -1 } else { 0 }, |at| at as isize + step);
        if let Some(&id) = (count > 0).then(|| next.rem_euclid(count) as usize).and_then(|at| self.listed.ids.get(at)) {
            app.ask(RegionCommand::Select(Some(id)));
            app.ask(RegionCommand::Show([id].into()));
        }
    }

    /// Take in what has been listed; list anew where that is needed.
    fn follow(&mut self, app: &App) {
        self.wanted.tab = app.documents().tabs.current();
        if let Some(listed) = self.making.as_ref().and_then(|making| making.try_recv().ok()) {
            (self.listed, self.making, self.anchor) = (listed, None, None);
        }
        let regions = &app.mosaic().regions;
        if self.listed.wanted == self.wanted && self.listed.regions.is_same(regions) {
            return;
        }
        let (wanted, regions) = (self.wanted.clone(), regions.clone());
        if regions.len() <= MOST_AT_ONCE {
            (self.listed, self.making) = (listed(wanted, regions), None);
        } else if self.making.is_none() {
            if self.listed.wanted.tab != wanted.tab {
                self.listed = Listed::default();
            }
            self.making = in_background(app.context(), move || listed(wanted, regions));
        }
    }

    /// The row of the only selected region, once after it has been selected elsewhere.
    fn row_to_show(&mut self, app: &App) -> Option<usize> {
        let single = app.selection().region();
        if self.followed == single {
            return None;
        }
        self.followed = single;
        let id = single?;
        self.listed.ids.binary_search(&id).ok()
    }

    fn row_ui(&mut self, ui: &mut Ui, app: &App, row: usize) {
        let Some(region) = self.listed.ids.get(row).and_then(|id| app.mosaic().region(*id)) else {
            ui.allocate_space(egui::vec2(ui.available_width(), ROW));
            return;
        };
        let selected = app.selection().regions.contains(&region.id);
        let (rect, response) = ui.allocate_exact_size(egui::vec2(ui.available_width(), ROW), Sense::click());
        response.widget_info(|| egui::WidgetInfo::selected(egui::Role::ListItem, true, selected, region.title()));
        let fill = match (selected, response.hovered()) {
            (true, _) => palette(ui).accent_fill,
            (false, true) => ui.visuals().widgets.hovered.bg_fill,
            (false, false) => egui::Color32::TRANSPARENT,
        };
        ui.painter().rect_filled(rect.shrink2(egui::vec2(0.0, 1.0)), 4.0, fill);
        if response.clicked() {
            self.click(ui, app, row, region.id);
            self.followed = Some(region.id);
        }
        if response.double_clicked() {
            let is_beside = response.interact_pointer_pos().is_some_and(|at| at.x > rect.left() + THUMB);
            if is_beside {
                self.renaming = Some((region.id, region.title().to_owned()));
            } else {
                app.ask(RegionCommand::Show([region.id].into()));
            }
        }
        context_menu(&response, |ui| {
            if !app.selection().regions.contains(&region.id) {
                app.ask(RegionCommand::Select(Some(region.id)));
            }
            app.region_menu_ui(ui);
        });
        let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(rect.shrink2(egui::vec2(4.0, 0.0))));
        let picture = self.thumbnails.of(app, region);
        let renaming = &mut self.renaming;
        ui.horizontal_centered(|ui| row_content_ui(ui, app, region, picture, renaming));
    }

    fn click(&mut self, ui: &Ui, app: &App, row: usize, id: RoiId) {
        let modifiers = ui.input(|input| input.modifiers);
        let range = self.anchor.filter(|_| modifiers.shift).map(|anchor| (anchor.min(row), anchor.max(row)));
        let (ids, how): (HashSet<RoiId>, Pick) = match range {
            Some((from, to)) => {
                (self.listed.ids.get(from..=to).unwrap_or_default().iter().copied().collect(), Pick::Add)
            }
            None if modifiers.command => ([id].into(), Pick::Toggle),
            None => ([id].into(), Pick::Only),
        };
        if range.is_none() {
            self.anchor = Some(row);
        }
        app.ask(RegionCommand::Pick { ids, how });
    }
}

fn listed(wanted: Wanted, regions: Regions) -> Listed {
    let query = wanted.query.to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&query);
    let is_wanted = |region: &&Region| {
        wanted.class.has(region)
            && (query.is_empty() || has(region.title()) || region.notes.as_ref().is_some_and(|notes| has(notes)))
    };
    let ids = regions.iter().filter(is_wanted).map(|region| region.id).collect();
    Listed { wanted, regions, ids }
}

/// Thumbnail, name, size, and buttons.
fn row_content_ui(
    ui: &mut Ui,
    app: &App,
    region: &Region,
    picture: Option<(&TextureHandle, Rect)>,
    renaming: &mut Option<(RoiId, String)>,
) {
    ui.spacing_mut().item_spacing.x = 5.0;
    let color = region.shown_color().map_or(DEFAULT_COLOR, |[r, g, b]| egui::Color32::from_rgb(r, g, b));
    let (rect, _) = ui.allocate_exact_size(egui::vec2(THUMB, THUMB), Sense::hover());
    let color = if region.hidden { color.gamma_multiply(0.3) } else { color };
    thumbnail(ui.painter(), rect, &region.geometry, color, picture);
    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
        for (picture, text, command) in [
            (Icon::Trash2, "Remove region", Command::Region(RegionCommand::Remove(region.id))),
            (Icon::Download, "Export region", Command::Export(ExportCommand::Show(Some(region.id)))),
            (Icon::Focus, "Zoom to region", Command::Region(RegionCommand::Show([region.id].into()))),
        ] {
            if icon_button(ui, picture, text) {
                app.ask(command);
            }
        }
        let (picture, text) = if region.hidden { (Icon::EyeOff, "Show region") } else { (Icon::Eye, "Hide region") };
        if icon_button(ui, picture, text) {
            app.ask(RegionCommand::SetOf(region.id, RegionProperty::Hidden(!region.hidden)));
        }
        if region.locked && icon_button(ui, Icon::Lock, "Unlock region") {
            app.ask(RegionCommand::SetOf(region.id, RegionProperty::Locked(false)));
        }
        let rect = region.rect();
        let size = RichText::new(format!("{} × {}", rect.width(), rect.height())).small().color(palette(ui).weak);
        // Selectable text would take the row's clicks.
        ui.add(egui::Label::new(size).selectable(false));
        ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
            if let Some((_, name)) = renaming.as_mut().filter(|(id, _)| *id == region.id) {
                if rename_ui(ui, app, region, name) {
                    *renaming = None;
                }
                return;
            }
            let class = region.class.as_ref().filter(|class| &*class.name != region.title());
            let text = class.map_or(String::new(), |class| format!("  {}", class.name));
            let mut job = egui::text::LayoutJob::default();
            let font = egui::TextStyle::Body.resolve(ui.style());
            let format = |color| egui::TextFormat::simple(font.clone(), color);
            job.append(region.title(), 0.0, format(ui.visuals().text_color()));
            job.append(&text, 0.0, format(palette(ui).weak));
            let hint = format!("{rect}\nDouble click to rename");
            ui.add(egui::Label::new(job).truncate().selectable(false)).on_hover_text(hint);
        });
    });
}

/// The name of a region while it is typed: whether that is over.
fn rename_ui(ui: &mut Ui, app: &App, region: &Region, name: &mut String) -> bool {
    let field = text_field(ui, TextEdit::singleline(name).desired_width(ui.available_width()));
    field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "New name of region"));
    if field.lost_focus() {
        let is_given_up = ui.input(|input| input.key_pressed(egui::Key::Escape));
        if !is_given_up && name.trim() != region.title() {
            app.ask(RegionCommand::Rename(region.id, name.trim().to_owned()));
        }
        return true;
    }
    if !field.has_focus() {
        field.request_focus();
        select_all(ui, &field, name);
    }
    false
}

pub(super) fn icon_button(ui: &mut Ui, picture: Icon, text: &str) -> bool {
    let button = ui.add(egui::Button::new(icon(picture, 13.0)).frame(false));
    button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, text));
    button.on_hover_text(text).clicked()
}

/// The shape of a region over its pixels, as small as it fits.
fn thumbnail(
    painter: &egui::Painter,
    rect: egui::Rect,
    geometry: &Geometry,
    color: egui::Color32,
    picture: Option<(&TextureHandle, Rect)>,
) {
    let bounds = geometry.bounds();
    let scale = f64::from(rect.width() - 4.0) / bounds.width().max(bounds.height()).max(1e-9);
    let middle = bounds.center();
    let place = |point: crate::geometry::Point| {
        let step = point - middle;
        rect.center() + egui::vec2((step.x * scale) as f32, (step.y * scale) as f32)
    };
    if let Some((texture, shown)) = picture {
        let corner = |x: i64, y: i64| place(crate::geometry::Point::new(x as f64, y as f64));
        let at = egui::Rect::from_min_max(corner(shown.x0, shown.y0), corner(shown.x1, shown.y1));
        let whole = egui::Rect::from_min_max(egui::Pos2::ZERO, egui::pos2(1.0, 1.0));
        painter.with_clip_rect(rect).image(texture.id(), at, whole, egui::Color32::WHITE);
    }
    let stroke = egui::Stroke::new(1.3, color);
    geometry.each_path(|path, closed| {
        let step = path.len().div_ceil(THUMB_VERTICES).max(1);
        painter.extend(outline(path.iter().step_by(step).map(|&point| place(point)).collect(), closed, stroke));
    });
    for &point in geometry.points().iter().take(THUMB_VERTICES) {
        let at = if geometry.points().len() == 1 { rect.center() } else { place(point) };
        painter.circle_filled(at, 2.0, color);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mosaic::Mosaic;
    use crate::region::{Class, Roi};

    #[test]
    fn names_notes_and_classes_are_searched() {
        let mut mosaic = Mosaic::default();
        let square = || Roi::new(Geometry::rectangle(0.0, 0.0, 1.0, 1.0));
        let tumor = Arc::new(Class::named("Tumor"));
        let noted = Roi { notes: Some("Look AGAIN".into()), ..square().named("b") };
        let rois = vec![square().named("Alpha").classed(&tumor), noted, square().classed(&tumor)];
        let ids: Vec<RoiId> = mosaic.add_regions(rois).collect();
        let found = |query: &str, class| {
            let wanted = Wanted { query: query.into(), class, ..Wanted::default() };
            listed(wanted, mosaic.regions.clone()).ids
        };
        assert_eq!(found("alpha", ClassFilter::All), [ids[0]]);
        assert_eq!(found("again", ClassFilter::All), [ids[1]]);
        assert_eq!(found("tumor", ClassFilter::All), [ids[2]], "what has no name is called after its class");
        assert_eq!(found("", ClassFilter::Named("Tumor".into())), [ids[0], ids[2]]);
        assert_eq!(found("", ClassFilter::None), [ids[1]]);
    }
}
