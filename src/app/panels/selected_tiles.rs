//! The section "Selected tiles" of the Tiles tab: place, size, order and looks of what is selected.

use egui::{RichText, Ui};

use super::field::{number_field, number_slider};
use super::side::{row, section};
use super::tile_fields::{adjust, half_of, icon_button, number, slider};
use super::tiles_menu::ALIGNMENTS;
use crate::app::frame::Frame;
use crate::app::theme::{Icon, palette};
use crate::app::{Adjustment, App, Command, CropSide, Direction, EditCommand, TileCommand, Toggle, WindowCommand};
use crate::geometry::Point;
use crate::mosaic::{Distribution, Placement, Pose, Stacking};

/// Fields of the section that are not of the document.
#[derive(Default)]
pub(super) struct SelectedTiles {
    /// How far apart tiles are distributed, in canvas pixels; with equal gaps between the ends if `None`.
    gap: Option<f64>,
    /// How far several tiles are being rotated, in degrees.
    turned: f64,
}

impl SelectedTiles {
    pub(super) fn ui(&mut self, ui: &mut Ui, app: &App) {
        section(ui, Icon::MousePointer2, "Selected tiles", |ui| {
            let tab = &app.documents().tab;
            let first = tab.first_selected().and_then(|id| app.mosaic().placement(id));
            let (Some(frame), Some(first)) = (tab.frame(), first) else {
                return nothing_ui(ui, app);
            };
            let count = tab.selection.placements.len();
            let title = if count == 1 { first.name() } else { format!("{count} tiles") };
            ui.add(egui::Label::new(RichText::new(title).strong()).truncate());
            state_ui(ui, app, count, first);
            ui.add_enabled_ui(!frame.is_locked, |ui| {
                self.place_ui(ui, app, frame, first);
                arrange_ui(ui, app, count);
                if count > 1 {
                    self.distribute_ui(ui, app, count);
                }
                crop_ui(ui, app, first);
                look_ui(ui, app, first);
            });
        });
        section(ui, Icon::Magnet, "Snapping", |ui| snapping_ui(ui, app));
    }

    /// Position, size, rotation.
    fn place_ui(&mut self, ui: &mut Ui, app: &App, frame: &Frame, first: &Placement) {
        let (mut x, mut y) = (frame.extent.min.x, frame.extent.min.y);
        row(ui, "Position", |ui| {
            let half = half_of(ui);
            adjust(app, &number(ui, half, "X position", "X", " px", &mut x), Adjustment::X(x));
            adjust(app, &number(ui, half, "Y position", "Y", " px", &mut y), Adjustment::Y(y));
        });
        let (mut width, mut height) = frame.size();
        row(ui, "Size", |ui| {
            let half = half_of(ui);
            adjust(app, &number(ui, half, "Width", "W", " px", &mut width), Adjustment::Width(width.max(1.0)));
            adjust(app, &number(ui, half, "Height", "H", " px", &mut height), Adjustment::Height(height.max(1.0)));
        });
        let pose = Pose::of(first.transform, Point::default());
        row(ui, "Scale", |ui| {
            let mut percent = (pose.scale.0 * pose.scale.1).abs().sqrt() * 100.0;
            let field = number_field(&mut percent).speed(0.5).range(0.1..=100_000.0).max_decimals(2).suffix(" %");
            let response = ui.add(field);
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, true, "Scale"));
            adjust(app, &response, Adjustment::Scale(percent / 100.0));
            let is_as_opened = (pose.degrees, pose.scale, pose.shear) == (0.0, (1.0, 1.0), 0.0);
            if ui.add_enabled(!is_as_opened, egui::Button::new("Reset").small()).clicked() {
                app.ask(TileCommand::ResetTransform);
            }
        });
        row(ui, "Rotation", |ui| {
            let single = frame.single.is_some();
            let mut degrees = if single { pose.degrees } else { self.turned };
            let field = number_field(&mut degrees).speed(0.1).range(-360.0..=360.0).max_decimals(2).suffix("°");
            let response = ui.add(field);
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, true, "Rotation"));
            adjust(app, &response, Adjustment::Rotation(degrees));
            let is_going_on = response.dragged() || response.has_focus();
            self.turned = if single || !is_going_on { 0.0 } else { degrees };
            for (picture, text, command) in [
                (Icon::RotateCcwSquare, "Rotate tiles left", TileCommand::Rotate(-90.0)),
                (Icon::RotateCwSquare, "Rotate tiles right", TileCommand::Rotate(90.0)),
                (Icon::FlipVertical2, "Flip tiles horizontally", TileCommand::Flip(Direction::Horizontal)),
                (Icon::FlipHorizontal2, "Flip tiles vertically", TileCommand::Flip(Direction::Vertical)),
            ] {
                icon_button(ui, app, picture, text, command, true);
            }
        });
        row(ui, "Sub-pixel", |ui| {
            let mut on = first.subpixel;
            let response = ui.checkbox(&mut on, "Keep fractions");
            adjust(app, &response, Adjustment::Subpixel(on));
        });
    }

    fn distribute_ui(&mut self, ui: &mut Ui, app: &App, count: usize) {
        row(ui, "Distribute", |ui| {
            let how = |across| TileCommand::Distribute(Distribution { across, gap: self.gap });
            let on = count > 2 || self.gap.is_some();
            icon_button(ui, app, Icon::AlignHorizontalDistributeCenter, "Distribute across", how(true), on);
            icon_button(ui, app, Icon::AlignVerticalDistributeCenter, "Distribute down", how(false), on);
            let mut fixed = self.gap.is_some();
            ui.checkbox(&mut fixed, "Gap")
                .on_hover_text("Off: equal gaps, the outer tiles stay. On: this gap; negative numbers are overlaps");
            self.gap = fixed.then(|| self.gap.unwrap_or(0.0));
            if let Some(gap) = &mut self.gap {
                let response = ui.add(number_field(gap).speed(1.0).max_decimals(1).suffix(" px"));
                response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, true, "Gap width"));
            }
        });
    }
}

fn nothing_ui(ui: &mut Ui, app: &App) {
    let key = app.shortcut_text(&Command::Window(WindowCommand::SetTool("arrange")));
    let key = if key.is_empty() { String::new() } else { format!(" ({key})") };
    let text = format!("Nothing selected. Click tiles with the Arrange tool{key}, or draw a box around them.");
    ui.label(RichText::new(text).color(palette(ui).weak));
    let open = !app.mosaic().placements.is_empty();
    if ui.add_enabled(open, egui::Button::new("Select all")).clicked() {
        app.ask(EditCommand::SelectAll);
    }
}

/// What tiles are, and what can be done to them as a whole.
fn state_ui(ui: &mut Ui, app: &App, count: usize, first: &Placement) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(4.0, 4.0);
        let locked = first.locked;
        let (picture, text) = if locked { (Icon::LockOpen, "Unlock") } else { (Icon::Lock, "Lock") };
        icon_button(ui, app, picture, text, TileCommand::Lock(!locked), true);
        icon_button(ui, app, Icon::EyeOff, "Hide", TileCommand::Hide, true);
        icon_button(ui, app, Icon::Focus, "Isolate", TileCommand::Isolate, true);
        icon_button(ui, app, Icon::Eye, "Show all", TileCommand::ShowAll, true);
        icon_button(ui, app, Icon::Group, "Group", TileCommand::Group, count > 1);
        icon_button(ui, app, Icon::Ungroup, "Ungroup", TileCommand::Ungroup, first.group.is_some());
        icon_button(ui, app, Icon::Copy, "Duplicate", TileCommand::Duplicate, true);
        icon_button(ui, app, Icon::ArrowLeftRight, "Swap two tiles", TileCommand::Swap, count == 2);
        icon_button(ui, app, Icon::ImageUp, "Replace file…", TileCommand::AskReplace, count == 1);
        icon_button(ui, app, Icon::Trash2, "Remove", TileCommand::Remove, true);
    });
}

/// Painting order, and edges in line.
fn arrange_ui(ui: &mut Ui, app: &App, count: usize) {
    row(ui, "Order", |ui| {
        for (picture, text, to) in [
            (Icon::BringToFront, "Bring to front", Stacking::Front),
            (Icon::ChevronUp, "Bring forward", Stacking::Forward),
            (Icon::ChevronDown, "Send backward", Stacking::Backward),
            (Icon::SendToBack, "Send to back", Stacking::Back),
        ] {
            icon_button(ui, app, picture, text, TileCommand::Restack(to), true);
        }
    });
    if count > 1 {
        row(ui, "Align", |ui| {
            let pictures = [
                Icon::AlignStartVertical,
                Icon::AlignCenterVertical,
                Icon::AlignEndVertical,
                Icon::AlignStartHorizontal,
                Icon::AlignCenterHorizontal,
                Icon::AlignEndHorizontal,
            ];
            for (picture, (text, how)) in pictures.into_iter().zip(ALIGNMENTS) {
                icon_button(ui, app, picture, text, TileCommand::Align(how), true);
            }
        });
    }
}

fn crop_ui(ui: &mut Ui, app: &App, first: &Placement) {
    let crop = first.crop;
    let field = |ui: &mut Ui, half: f32, (name, prefix): (&str, &str), side: CropSide, margin: u32| {
        let mut value = f64::from(margin);
        let response = number(ui, half, name, prefix, " px", &mut value);
        adjust(app, &response, Adjustment::Crop(side, value.clamp(0.0, f64::from(u32::MAX)) as u32));
    };
    row(ui, "Crop", |ui| {
        let half = half_of(ui);
        field(ui, half, ("Crop left", "L"), CropSide::Left, crop.left);
        field(ui, half, ("Crop right", "R"), CropSide::Right, crop.right);
    });
    row(ui, "", |ui| {
        let half = half_of(ui);
        field(ui, half, ("Crop top", "T"), CropSide::Top, crop.top);
        field(ui, half, ("Crop bottom", "B"), CropSide::Bottom, crop.bottom);
    });
}

/// Opacity, gain, offset.
fn look_ui(ui: &mut Ui, app: &App, first: &Placement) {
    let (mut opacity, mut gain, mut offset) = (first.opacity * 100.0, first.gain, first.offset);
    let highest = first.kind.map_or(255.0, |kind| kind.sample.max());
    row(ui, "Opacity", |ui| {
        let response = slider(ui, "Opacity", number_slider(&mut opacity, 0.0..=100.0).max_decimals(0).suffix(" %"));
        adjust(app, &response, Adjustment::Opacity(opacity / 100.0));
    });
    row(ui, "Gain", |ui| {
        let response = slider(ui, "Gain", number_slider(&mut gain, 0.1..=10.0).logarithmic(true).max_decimals(3));
        adjust(app, &response, Adjustment::Gain(gain));
    });
    row(ui, "Offset", |ui| {
        let (half, digits) = (highest / 2.0, if highest > 1.0 { 0 } else { 4 });
        let response = slider(ui, "Offset", number_slider(&mut offset, -half..=half).max_decimals(digits));
        adjust(app, &response, Adjustment::Offset(offset));
    });
    row(ui, "", |ui| {
        let is_plain = first.keeps_samples();
        if ui.add_enabled(!is_plain, egui::Button::new("Reset opacity and gain").small()).clicked() {
            app.ask(TileCommand::ResetLook);
        }
    });
}

fn snapping_ui(ui: &mut Ui, app: &App) {
    let check = |ui: &mut Ui, text: &str, toggle: Toggle| {
        let mut on = app.preferences().settings.is_on(toggle);
        let response = ui.checkbox(&mut on, text);
        if response.changed() {
            app.ask(WindowCommand::Toggle(toggle));
        }
        response
    };
    check(ui, "Edges of tiles", Toggle::SnapEdges);
    check(ui, "Equal overlaps", Toggle::SnapOverlaps);
    let hint = "Tiles that are let go move on to where they look the same as the tiles they overlap";
    check(ui, "Best match", Toggle::SnapMatch).on_hover_text(hint);
    ui.horizontal(|ui| {
        check(ui, "Grid", Toggle::SnapGrid);
        let mut step = app.preferences().settings.snap_grid();
        let response = ui.add(number_field(&mut step).range(1..=1_000_000).suffix(" px"));
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, true, "Grid spacing"));
        if response.changed() {
            app.ask(WindowCommand::SetSnapGrid(step));
        }
    });
}
