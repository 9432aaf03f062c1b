//! The choice of a class, the colors of classes, and what can be done to the selected regions as a menu.

use std::collections::BTreeMap;
use std::sync::Arc;

use egui::{Color32, ComboBox, TextEdit};

use crate::app::panels::field::text_field;
use crate::app::panels::menu::menu;
use crate::app::theme::palette;
use crate::app::{App, Command, RegionCommand, RegionFiles, Shaping};
use crate::mosaic::RegionProperty;
use crate::region::Class;

/// QuPath's own classes.
const CLASSES: [(&str, [u8; 3]); 7] = [
    ("Tumor", [200, 0, 0]),
    ("Stroma", [150, 200, 150]),
    ("Immune cells", [160, 90, 160]),
    ("Necrosis", [50, 50, 50]),
    ("Other", [255, 200, 0]),
    ("Positive", [250, 62, 62]),
    ("Negative", [112, 112, 225]),
];
/// Colors of classes that are typed.
const COLORS: [[u8; 3]; 8] = [
    [230, 120, 20],
    [60, 160, 230],
    [90, 180, 70],
    [210, 80, 170],
    [240, 190, 30],
    [20, 170, 160],
    [150, 110, 220],
    [190, 120, 80],
];
/// Regions looked through for the classes that there are, each frame that a list of these is open.
const MOST_LOOKED: usize = 20_000;

/// The color of a class in lists.
fn class_color(class: &Class) -> Color32 {
    let [r, g, b] = class.color.unwrap_or([242, 177, 60]);
    Color32::from_rgb(r, g, b)
}

/// A class of that name: one that is known, or a new one with a color of its own.
fn class_of(name: &str) -> Arc<Class> {
    let known = CLASSES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    let sum = name.bytes().fold(7usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    let color = known.map_or(COLORS[sum % COLORS.len()], |(_, color)| *color);
    Arc::new(Class { name: known.map_or(name, |(known, _)| known).into(), color: Some(color) })
}

/// The classes of the document, then QuPath's.
pub(super) fn classes(app: &App) -> Vec<Arc<Class>> {
    let mut found: BTreeMap<Arc<str>, Arc<Class>> = BTreeMap::new();
    for class in app.mosaic().regions.iter().take(MOST_LOOKED).filter_map(|region| region.class.as_ref()) {
        found.entry(Arc::clone(&class.name)).or_insert_with(|| Arc::clone(class));
    }
    let mut all: Vec<_> = found.values().cloned().collect();
    all.extend(CLASSES.iter().filter(|(name, _)| !found.contains_key(*name)).map(|(name, _)| class_of(name)));
    all
}

/// The class that was chosen, or none.
pub(super) struct ClassChoice(pub(super) Option<Arc<Class>>);

/// Chooses a class or none, or types a new one; what is chosen.
pub(super) fn class_menu_ui(
    ui: &mut egui::Ui,
    app: &App,
    id: &str,
    now: Option<&Arc<Class>>,
    typed: &mut String,
) -> Option<ClassChoice> {
    let mut chosen = None;
    let text = now.map_or("None", |class| &*class.name).to_owned();
    if let Some(class) = now {
        swatch(ui, class_color(class));
    }
    let width = ui.available_width() - 4.0;
    let combo = ComboBox::from_id_salt(id).width(width).selected_text(text).truncate();
    combo.show_ui(ui, |ui| {
        if ui.selectable_label(now.is_none(), "None").clicked() {
            chosen = Some(ClassChoice(None));
        }
        for class in classes(app) {
            ui.horizontal(|ui| {
                swatch(ui, class_color(&class));
                if ui.selectable_label(now == Some(&class), &*class.name).clicked() {
                    chosen = Some(ClassChoice(Some(class)));
                    ui.close();
                }
            });
        }
        let field = text_field(ui, TextEdit::singleline(typed).hint_text("New class").desired_width(140.0));
        field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "New class"));
        if field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter)) && !typed.trim().is_empty() {
            chosen = Some(ClassChoice(Some(class_of(typed.trim()))));
            typed.clear();
            ui.close();
        }
    });
    chosen
}

/// A small square of a color.
pub(super) fn swatch(ui: &mut egui::Ui, color: Color32) {
    let (rect, _) = ui.allocate_exact_size(egui::vec2(11.0, 11.0), egui::Sense::hover());
    ui.painter().rect(rect, 2.0, color, egui::Stroke::new(1.0, palette(ui).border), egui::StrokeKind::Inside);
}

impl App {
    /// What can be done to the selected regions.
    pub(in crate::app) fn region_menu_ui(&self, ui: &mut egui::Ui) {
        ui.set_min_width(200.0);
        let count = self.selection().regions.len();
        let (some, several) = (count > 0, count > 1);
        let item = |ui: &mut egui::Ui, text: &str, command: RegionCommand, enabled: bool| {
            self.item(ui, text, Command::Region(command), enabled);
        };
        item(ui, "Zoom to selected", RegionCommand::Show((*self.selection().regions).clone()), some);
        item(ui, "Duplicate", RegionCommand::Duplicate, some);
        menu(ui, "Combine", |ui| {
            item(ui, "Merge", RegionCommand::Shape(Shaping::Merge), several);
            item(ui, "Subtract others from first", RegionCommand::Shape(Shaping::Subtract), several);
            item(ui, "Intersect", RegionCommand::Shape(Shaping::Intersect), several);
            item(ui, "Split into parts", RegionCommand::Shape(Shaping::Split), some);
        });
        menu(ui, "Shape", |ui| {
            let tolerance = self.preferences().settings.drawing.simplify;
            item(ui, "Simplify", RegionCommand::Shape(Shaping::Simplify(tolerance)), some);
            item(ui, "Fill holes", RegionCommand::Shape(Shaping::FillHoles), some);
            item(ui, "Convex hull", RegionCommand::Shape(Shaping::Hull), some);
            item(ui, "Bounding box", RegionCommand::Shape(Shaping::Box), some);
            if let Some((path, area)) = self.cut() {
                ui.separator();
                let text = "Cut by the selected line";
                if ui.button(text).clicked() {
                    self.ask(RegionCommand::Select(Some(area)));
                    self.ask(RegionCommand::Shape(Shaping::Cut(path)));
                    ui.close();
                }
            }
        });
        ui.separator();
        item(ui, "Lock", RegionCommand::Set(RegionProperty::Locked(true)), some);
        item(ui, "Unlock", RegionCommand::Set(RegionProperty::Locked(false)), some);
        item(ui, "Hide", RegionCommand::Set(RegionProperty::Hidden(true)), some);
        item(ui, "Show all", RegionCommand::ShowAll, true);
        ui.separator();
        item(ui, "Export to file of regions…", RegionCommand::AskSave(RegionFiles::Selected), some);
        item(ui, "Remove", RegionCommand::RemoveSelected, some);
    }

    /// The path and the area, if a line and an area are selected.
    fn cut(&self) -> Option<(Vec<crate::geometry::Point>, crate::mosaic::RoiId)> {
        if self.selection().regions.len() != 2 {
            return None;
        }
        let regions = self.selection().regions.iter().filter_map(|id| self.mosaic().region(*id));
        let (areas, lines): (Vec<_>, Vec<_>) = regions.partition(|region| region.geometry.is_area());
        let path = lines.first()?.geometry.paths().first()?.to_vec();
        Some((path, areas.first()?.id))
    }
}
