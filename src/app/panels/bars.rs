//! The menu bar, the tool bar at the left, the status bar.

use std::path::Path;
use std::time::Duration;

use egui::scroll_area::ScrollBarVisibility;
use egui::{Panel, RichText, Sense};

use super::super::theme::{Icon, icon, palette};
use super::super::tools::{ToolRow, other_tools, region_tools};
use super::super::{
    App, BatchCommand, Command, EditCommand, ExportCommand, FileCommand, Shot, Toggle, ViewCommand, WindowCommand, Zoom,
};
use super::batch::batch_title;
use super::menu::menu;
use crate::app::background::Painted;
use crate::job::{resident, show_bytes};
use crate::work::{BatchRunner, QueueItem};

/// A tool bar of fewer points shows tools only.
const LOW: f32 = 640.0;
/// Points that are left for a job in a status bar with room for a progress bar.
const WIDE: f32 = 640.0;

impl App {
    pub(super) fn menu_bar_ui(&self, ui: &mut egui::Ui) {
        let frame = egui::Frame::NONE.fill(ui.visuals().panel_fill).inner_margin(egui::Margin::symmetric(10, 5));
        Panel::top("menu").frame(frame).show(ui, |ui| {
            egui::MenuBar::new().ui(ui, |ui| {
                ui.label(icon(Icon::Grid3x3, 17.0).color(palette(ui).accent));
                menu(ui, "File", |ui| self.file_menu_ui(ui));
                menu(ui, "Edit", |ui| self.edit_menu_ui(ui));
                menu(ui, "Tiles", |ui| self.tiles_menu_ui(ui));
                menu(ui, "View", |ui| self.view_menu_ui(ui));
                menu(ui, "Help", |ui| {
                    self.item(ui, "Keyboard shortcuts", Command::Window(WindowCommand::ShowShortcuts(true)), true);
                    self.item(ui, "Open example", Command::File(FileCommand::Demo), true);
                    ui.separator();
                    self.item(ui, "Copy diagnostics", Command::Window(WindowCommand::CopyDiagnostics), true);
                    self.item(ui, "About Mosaicist", Command::Window(WindowCommand::ShowAbout), true);
                });
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    let open = !self.mosaic().placements.is_empty();
                    let export =
                        egui::Button::new("Export…").fill(palette(ui).accent_fill).min_size(egui::vec2(76.0, 24.0));
                    if ui.add_enabled(open, export).clicked() {
                        self.ask(ExportCommand::Show(None));
                    }
                    if open {
                        let name = self.documents().tab.name();
                        let label = egui::Label::new(RichText::new(&name).color(palette(ui).weak)).truncate();
                        ui.add(label).on_hover_text(name);
                    }
                });
            });
        });
    }

    fn file_menu_ui(&self, ui: &mut egui::Ui) {
        ui.set_min_width(250.0);
        let open = !self.mosaic().placements.is_empty();
        self.item(ui, "Open files…", Command::File(FileCommand::AskFiles), true);
        self.item(ui, "Open folder…", Command::File(FileCommand::AskFolder), true);
        self.item(ui, "Open location…", Command::File(FileCommand::AskLocation), true);
        self.item(ui, "Import raw…", Command::File(FileCommand::AskRaw), true);
        self.item(ui, "Add images…", Command::File(FileCommand::AskMore), !self.documents().tab.is_blank());
        self.item(ui, "Next file in folder", Command::File(FileCommand::NextFile(1)), open);
        self.item(ui, "Previous file in folder", Command::File(FileCommand::NextFile(-1)), open);
        let recent = self.preferences().settings.recent.clone();
        ui.add_enabled_ui(!recent.is_empty(), |ui| {
            menu(ui, "Recent", |ui| {
                for path in recent {
                    self.item(
                        ui,
                        &path.to_string_lossy(),
                        Command::File(FileCommand::OpenTab(vec![path.clone()])),
                        true,
                    );
                }
            });
        });
        let there = !self.documents().tab.is_blank();
        let resume = !there && !self.preferences().settings.session.is_empty();
        self.item(ui, "Restore last session", Command::File(FileCommand::RestoreSession), resume);
        self.toggle_item(ui, "Restore session on startup", Toggle::Reopen);
        if !self.services().crashes.found.is_empty() {
            self.item(ui, "Recover unsaved changes…", Command::File(FileCommand::ShowRecovery(true)), true);
        }
        ui.separator();
        self.item(ui, "Save project", Command::File(FileCommand::Save), there);
        self.item(ui, "Save project as…", Command::File(FileCommand::SaveAs), there);
        self.item(ui, "Save portable project…", Command::File(FileCommand::AskPortable), open);
        self.item(ui, "Export…", Command::Export(ExportCommand::Show(None)), open);
        self.item(ui, "Batch…", Command::Batch(BatchCommand::Show), true);
        self.item(ui, "Save view as image…", Command::View(ViewCommand::Shot(Shot::AskPath)), open);
        ui.separator();
        self.item(ui, "Close", Command::File(FileCommand::Close), there || self.documents().tabs.count() > 1);
        self.item(ui, "Quit", Command::File(FileCommand::Quit), true);
    }

    fn edit_menu_ui(&self, ui: &mut egui::Ui) {
        let (undo, redo) = (self.documents().tab.history.undo_label(), self.documents().tab.history.redo_label());
        let named =
            |what: &str, label: Option<&str>| label.map_or_else(|| what.to_owned(), |label| format!("{what}: {label}"));
        self.item(ui, &named("Undo", undo), Command::Edit(EditCommand::Undo), self.can_undo());
        self.item(ui, &named("Redo", redo), Command::Edit(EditCommand::Redo), redo.is_some());
        ui.separator();
        let open = !self.mosaic().placements.is_empty();
        let region = self.selection().region().is_some();
        let what = if region { "Copy region" } else { "Copy view" };
        self.item(ui, what, Command::View(ViewCommand::Shot(Shot::CopyRegion)), open);
        self.item(ui, "Copy view with overlays", Command::View(ViewCommand::Shot(Shot::CopyView)), open);
        ui.separator();
        let some = !self.documents().tab.selection.placements.is_empty();
        self.item(ui, "Select all tiles", Command::Edit(EditCommand::SelectAll), open);
        self.item(
            ui,
            "Remove",
            Command::Edit(EditCommand::RemoveSelected),
            some || !self.selection().regions.is_empty(),
        );
    }

    /// Whether there is a step to undo, be it one that is still made in the background.
    fn can_undo(&self) -> bool {
        let tab = &self.documents().tab;
        tab.history.undo_label().is_some() || tab.moving.is_some()
    }

    /// A menu's line: its text, its key, its command.
    pub(super) fn item(&self, ui: &mut egui::Ui, text: &str, command: Command, enabled: bool) {
        let button = ui.add_enabled(enabled, egui::Button::new(text).shortcut_text(self.shortcut_text(&command)));
        button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, enabled, text));
        if button.clicked() {
            self.ask(command);
            ui.close();
        }
    }

    pub(super) fn tool_bar_ui(&self, ui: &mut egui::Ui) {
        let frame = egui::Frame::NONE.fill(ui.visuals().panel_fill).inner_margin(egui::Margin::symmetric(6, 8));
        Panel::left("tools").exact_size(46.0).resizable(false).frame(frame).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 6.0;
            let room = ui.available_height();
            let foot = if room < LOW { 0.0 } else { 3.0 * 40.0 };
            let area = egui::ScrollArea::vertical().max_height(room - foot).auto_shrink([false, true]);
            area.scroll_bar_visibility(ScrollBarVisibility::AlwaysHidden).show(ui, |ui| self.tools_ui(ui));
            if foot > 0.0 {
                ui.with_layout(egui::Layout::bottom_up(egui::Align::Min), |ui| self.tool_foot_ui(ui));
            }
        });
    }

    fn tools_ui(&self, ui: &mut egui::Ui) {
        for ToolRow { info, .. } in other_tools() {
            let chosen = self.layout().toolbox.is_current(info.id);
            self.tool_button(ui, info.icon, info.name, chosen, WindowCommand::SetTool(info.id).into());
            if info.id == "crop" {
                self.region_tool_ui(ui);
            }
        }
        ui.separator();
        self.tool_button(ui, Icon::Maximize, "Fit", false, Command::View(ViewCommand::Zoom(Zoom::Fit)));
        self.tool_button(ui, Icon::ZoomIn, "Zoom in", false, Command::View(ViewCommand::Zoom(Zoom::By(1.25))));
        self.tool_button(ui, Icon::ZoomOut, "Zoom out", false, Command::View(ViewCommand::Zoom(Zoom::By(0.8))));
        ui.separator();
        let (undo, redo) = (self.can_undo(), self.documents().tab.history.redo_label().is_some());
        let mut step = |is_enabled, picture, text, command: EditCommand| {
            ui.add_enabled_ui(is_enabled, |ui| self.tool_button(ui, picture, text, false, command.into()));
        };
        step(undo, Icon::Undo2, "Undo", EditCommand::Undo);
        step(redo, Icon::Redo2, "Redo", EditCommand::Redo);
    }

    /// What menus have, too: in a low window it gives way to the tools. From below.
    fn tool_foot_ui(&self, ui: &mut egui::Ui) {
        let shortcuts = Command::Window(WindowCommand::ShowShortcuts(true));
        self.tool_button(ui, Icon::Keyboard, "Keyboard shortcuts", false, shortcuts);
        let (dark, theme) = (!self.preferences().settings.light, Command::Window(WindowCommand::SwitchTheme));
        self.tool_button(ui, Icon::SunMoon, "Dark theme", dark, theme);
        let grid = self.preferences().settings.is_on(Toggle::Grid);
        self.tool_button(ui, Icon::Grid3x3, "Grid", grid, Command::Window(WindowCommand::Toggle(Toggle::Grid)));
    }

    /// The tool for regions that was used last; a click while it is in use, or with the right button, shows the others.
    fn region_tool_ui(&self, ui: &mut egui::Ui) {
        let (toolbox, info) = (&self.layout().toolbox, self.layout().toolbox.region_tool());
        let chosen = toolbox.is_current(info.id);
        let button = self.tool_button(ui, info.icon, info.name, chosen, WindowCommand::SetTool(info.id).into());
        let corner = button.rect.right_bottom() - egui::vec2(4.0, 4.0);
        let triangle = vec![corner, corner - egui::vec2(5.0, 0.0), corner - egui::vec2(0.0, 5.0)];
        ui.painter().add(egui::Shape::convex_polygon(triangle, palette(ui).weak, egui::Stroke::NONE));
        let opens = button.secondary_clicked() || button.clicked() && chosen;
        let menu = egui::Popup::menu(&button).align(egui::RectAlign::RIGHT_START);
        menu.open_memory(opens.then_some(egui::SetOpenCommand::Toggle)).show(|ui| {
            for ToolRow { info, .. } in region_tools() {
                let command = Command::from(WindowCommand::SetTool(info.id));
                let content = (icon(info.icon, 15.0), info.name);
                let item = egui::Button::new(content).shortcut_text(self.shortcut_text(&command));
                if ui.add(item.selected(toolbox.is_current(info.id))).clicked() {
                    self.ask(command);
                    ui.close();
                }
            }
        });
    }

    fn tool_button(
        &self,
        ui: &mut egui::Ui,
        picture: Icon,
        text: &str,
        chosen: bool,
        command: Command,
    ) -> egui::Response {
        let colors = palette(ui);
        let text = self.hint(text, &command);
        let (rect, response) = ui.allocate_exact_size(egui::vec2(34.0, 34.0), Sense::click());
        let is_enabled = ui.is_enabled();
        response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, is_enabled, chosen, &text));
        let fill = match (chosen, response.hovered()) {
            (true, _) => colors.accent_fill,
            (false, true) => ui.visuals().widgets.hovered.bg_fill,
            (false, false) => egui::Color32::TRANSPARENT,
        };
        ui.painter().rect_filled(rect, 7.0, fill);
        let color = if chosen { colors.accent } else { ui.visuals().text_color() };
        let font = egui::FontId::new(18.0, egui::FontFamily::Name("icons".into()));
        ui.painter().text(rect.center(), egui::Align2::CENTER_CENTER, char::from(picture), font, color);
        let response = response.on_hover_text(text);
        if response.clicked() {
            self.ask(command);
        }
        response
    }

    pub(super) fn status_bar_ui(&self, ui: &mut egui::Ui) {
        let frame = egui::Frame::NONE.fill(ui.visuals().panel_fill).inner_margin(egui::Margin::symmetric(12, 4));
        Panel::bottom("status").exact_size(28.0).frame(frame).show(ui, |ui| {
            // From the right: what stands there is never written over.
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let weak = palette(ui).weak;
                let open = !self.mosaic().placements.is_empty();
                ui.monospace(resident().map_or_else(|| "–".to_owned(), show_bytes));
                ui.label(icon(Icon::MemoryStick, 13.0).color(weak)).on_hover_text("Memory used by Mosaicist");
                self.bell_ui(ui);
                let left = self.services().textures.absent();
                if open && self.background_ui(ui) {
                    // It says what is missing.
                } else if open && left > 0 && !self.services().jobs.is_busy() {
                    ui.separator();
                    let scanning = self.services().textures.scanning().map(|scan| scan.snapshot().fraction() * 100.0);
                    let text = scanning.map_or(format!("{left} tiles to load"), |done| format!("Reading {done:.0} %"));
                    ui.label(RichText::new(text).color(weak));
                }
                self.job_ui(ui);
                if open {
                    ui.add_space(8.0);
                    let room = ui.available_width();
                    ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| self.readout_ui(ui, room));
                }
            });
        });
    }

    /// The overview that is painted in the background. Whether there is one.
    fn background_ui(&self, ui: &mut egui::Ui) -> bool {
        let Some(Painted { part, left }) = self.services().background.painted() else { return false };
        ui.separator();
        let left = left.map_or_else(String::new, |left| format!(", {}", about(left)));
        let text = RichText::new(format!("Overview {:.0} %{left}", part * 100.0)).color(palette(ui).weak);
        let hint = "The whole mosaic at low resolution is read once; the next opening has it at once";
        ui.label(text).on_hover_text(hint);
        true
    }

    /// The running job or export: title, progress, time left, cancel button.
    fn job_ui(&self, ui: &mut egui::Ui) {
        let (title, now) = match self.services().jobs.current() {
            Some(job) => (job.title.clone(), job.progress.snapshot()),
            None => match self.services().exports.items().into_iter().find(QueueItem::is_under_way) {
                Some(item) => (format!("Exporting {}", file_name(&item.out)), item.progress),
                None => match self.batch_runner().map(BatchRunner::overview).filter(|now| now.is_running) {
                    Some(now) => (batch_title(&now), now.progress),
                    None => return,
                },
            },
        };
        ui.separator();
        if ui.small_button("Cancel").clicked() {
            self.ask(WindowCommand::CancelJob);
        }
        let left = match now.left {
            _ if now.paused => ", paused".to_owned(),
            Some(left) => format!(", {} left", about(left)),
            None => String::new(),
        };
        // Until the steps are counted, it is being prepared.
        let part = if now.total == 0 { "…".to_owned() } else { format!("  {:.0} %", now.fraction() * 100.0) };
        let text = format!("{}{part}{left}", shortened(&title));
        // In a narrow window the text says enough.
        if ui.available_width() > WIDE {
            ui.add(egui::ProgressBar::new(now.fraction()).desired_width(140.0).desired_height(6.0));
        }
        ui.add(egui::Label::new(text).truncate());
    }
}

/// `text`, with its middle left out if it is long.
fn shortened(text: &str) -> String {
    const ENDS: (usize, usize) = (24, 14);
    let count = text.chars().count();
    if count <= ENDS.0 + ENDS.1 + 1 {
        return text.to_owned();
    }
    let (first, last) = (text.chars().take(ENDS.0), text.chars().skip(count - ENDS.1));
    first.chain(['…']).chain(last).collect()
}

/// The last part of a path, for display.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A time that is estimated: never none, and no more exact than an estimate is.
pub(super) fn about(time: Duration) -> String {
    let seconds = time.as_secs().max(1);
    let step = match seconds {
        0..60 => 1,
        60..300 => 10,
        _ => 60,
    };
    let rounded = Duration::from_secs((seconds + step / 2) / step * step);
    let text = duration(rounded);
    format!("about {}", text.strip_suffix(" 00 s").unwrap_or(&text))
}

pub(super) fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}
