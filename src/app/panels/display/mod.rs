//! The Display tab: histogram, channels, window and curve, color tables, and settings of the image as a whole.

mod histogram;
mod lut;

use std::ops::RangeInclusive;

use egui::{Align, Color32, Layout, RichText, Sense, Stroke, StrokeKind};

use super::side::row;
use super::{Panel, PanelInfo};
use crate::app::panels::field::number_field;
use crate::app::theme::{Icon, palette};
use crate::app::{App, DisplayChange};
use crate::pixels::{Color, SampleType};
use mosaicist_display::{Backdrop, Channel, Display, Lut, Profile, ProfileSpace};

/// The height of a line in the list of channels, in points.
const LINE: f32 = 26.0;

/// The Display tab.
pub(super) struct DisplayPanel;

impl Panel for DisplayPanel {
    fn info(&self) -> PanelInfo {
        PanelInfo { id: "display", icon: Icon::Contrast, title: "Display" }
    }

    fn ui(&mut self, ui: &mut egui::Ui, app: &App) {
        app.pages_of_ui(ui);
        app.display_ui(ui);
    }
}

impl App {
    fn display_ui(&self, ui: &mut egui::Ui) {
        let (Some(display), Some(kind)) =
            (self.documents().tab.display.settings().cloned(), self.documents().tab.display.kind())
        else {
            let shown = &self.documents().tab.display;
            let text = match (shown.kind(), self.mosaic().placements.is_empty()) {
                (_, true) => "Nothing is shown.",
                (None, _) => "No image of this document can be read.",
                (Some(_), _) if shown.is_measured() => "The values cannot be read.",
                (Some(_), _) => "Reading the values…",
            };
            ui.label(RichText::new(text).color(palette(ui).weak));
            return;
        };
        self.histogram_ui(ui, &display);
        self.buttons_ui(ui, &display);
        self.contrast_ui(ui, &display, kind.sample);
        match (&*display.channels, kind.color) {
            ([_], _) => {}
            (_, Color::Rgb | Color::Rgba) => self.chips_ui(ui, &display),
            _ => self.channel_list_ui(ui, &display),
        }
        self.curve_ui(ui, &display, kind.sample);
        self.picture_ui(ui, &display, kind.color.has_alpha());
        self.counting_ui(ui);
        ui.label(RichText::new("Exports keep the file's own values.").small().color(palette(ui).weak));
    }

    /// Says that the contrast was chosen by the values, with the way to the full range.
    fn contrast_ui(&self, ui: &mut egui::Ui, display: &Display, sample: SampleType) {
        let full = (0.0, sample.max());
        let Some(window) = self.documents().tab.display.fitted(display).filter(|window| *window != full) else {
            return;
        };
        let (low, high) = window;
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            let text = format!("Automatic contrast: {} to {}.", short(low), short(high));
            ui.label(RichText::new(text).small().color(palette(ui).weak));
            if ui
                .link(RichText::new("Full range").small())
                .on_hover_text("Show all values the samples can have")
                .clicked()
            {
                self.change_display(DisplayChange::FullRange);
            }
        });
    }

    pub(super) fn change_display(&self, change: DisplayChange) {
        self.ask(change);
    }

    /// Red, green and blue as three buttons; and which of them the sliders are for.
    fn chips_ui(&self, ui: &mut egui::Ui, display: &Display) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            let width = (ui.available_width() - 2.0 * 6.0) / 3.0;
            for (at, channel) in display.channels.iter().enumerate() {
                let (rect, response) = ui.allocate_exact_size(egui::vec2(width, 22.0), Sense::click());
                response
                    .widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, channel.on, &channel.name));
                let muted = channel.color.map(|c| 46 + (u16::from(c) * 100 / 255) as u8);
                let color = Color32::from_rgb(muted[0], muted[1], muted[2]);
                let (fill, text) = if channel.on {
                    (color, Color32::WHITE)
                } else {
                    (ui.visuals().widgets.inactive.bg_fill, palette(ui).weak)
                };
                let line = if response.hovered() { Stroke::new(1.0, palette(ui).accent) } else { Stroke::NONE };
                ui.painter().rect(rect, 5.0, fill, line, StrokeKind::Inside);
                let font = egui::FontId::proportional(12.0);
                ui.painter().text(rect.center(), egui::Align2::CENTER_CENTER, &channel.name, font, text);
                let hint = format!("{}: click to show or hide, double click for this channel only", channel.name);
                if response.double_clicked() {
                    self.change_display(DisplayChange::Show(at, true));
                    self.change_display(DisplayChange::Only(at));
                } else if response.on_hover_text(hint).clicked() {
                    self.change_display(DisplayChange::Show(at, !channel.on));
                }
            }
        });
        let chosen = self.documents().tab.display.chosen();
        let mut picked = chosen;
        row(ui, "Adjust", |ui| {
            let name = |at: Option<usize>| at.map_or("All channels", |at| &*display.channels[at].name);
            egui::ComboBox::from_id_salt("adjusted channel").width(110.0).selected_text(name(chosen)).show_ui(
                ui,
                |ui| {
                    for at in [None, Some(0), Some(1), Some(2)] {
                        ui.selectable_value(&mut picked, at, name(at));
                    }
                },
            );
        });
        if picked != chosen {
            self.change_display(DisplayChange::Choose(picked));
        }
    }

    /// The list of channels: visibility, color, name; the sliders change the selected one.
    fn channel_list_ui(&self, ui: &mut egui::Ui, display: &Display) {
        const MOST_SEEN: f32 = 8.0;
        let chosen = self.documents().tab.display.chosen();
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.y = 4.0;
            let area = egui::ScrollArea::vertical().id_salt("channels").auto_shrink([false, true]);
            area.max_height(MOST_SEEN * LINE).show_rows(ui, LINE - 4.0, display.channels.len(), |ui, rows| {
                for at in rows {
                    self.channel_ui(ui, at, &display.channels[at], chosen == Some(at));
                }
            });
        });
    }

    fn channel_ui(&self, ui: &mut egui::Ui, at: usize, channel: &Channel, chosen: bool) {
        let colors = palette(ui);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            ui.spacing_mut().interact_size = egui::vec2(20.0, LINE - 4.0);
            let eye = if channel.on { Icon::Eye } else { Icon::EyeOff };
            let color = if channel.on { ui.visuals().text_color() } else { colors.weak };
            let (rect, button) = ui.allocate_exact_size(egui::vec2(18.0, LINE - 4.0), Sense::click());
            let font = egui::FontId::new(14.0, egui::FontFamily::Name("icons".into()));
            ui.painter().text(rect.center(), egui::Align2::CENTER_CENTER, char::from(eye), font, color);
            let label = format!("Show {}", channel.name);
            button.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, channel.on, &label));
            if button.on_hover_text("Show or hide").clicked() {
                self.change_display(DisplayChange::Show(at, !channel.on));
            }
            let mut picked = channel.color;
            if ui.color_edit_button_srgb(&mut picked).on_hover_text("Color").changed() {
                self.change_display(DisplayChange::Color(at, picked));
            }
            let size = egui::vec2(ui.available_width(), LINE - 4.0);
            let (rect, name) = ui.allocate_exact_size(size, Sense::click());
            name.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, chosen, &channel.name));
            if chosen || name.hovered() {
                let fill = if chosen { colors.accent_fill } else { ui.visuals().widgets.inactive.bg_fill };
                ui.painter().rect_filled(rect, 4.0, fill);
            }
            let font = egui::TextStyle::Body.resolve(ui.style());
            let text = if chosen { colors.strong } else { color };
            let at_left = rect.left_center() + egui::vec2(7.0, 0.0);
            let mut room = rect.intersect(ui.clip_rect());
            // The value under the mouse, where the name leaves room for it.
            if let Some(value) = self.value_under(at) {
                let at_right = rect.right_center() - egui::vec2(7.0, 0.0);
                let font = egui::FontId::monospace(11.5);
                let drawn = ui.painter().text(at_right, egui::Align2::RIGHT_CENTER, value, font, colors.weak);
                room.max.x = drawn.left() - 6.0;
            }
            let clipped = ui.painter().with_clip_rect(room);
            clipped.text(at_left, egui::Align2::LEFT_CENTER, &channel.name, font, text);
            if name.double_clicked() {
                self.change_display(DisplayChange::Only(at));
            } else if name
                .on_hover_text(format!("{}: click to adjust, double click for this channel only", channel.name))
                .clicked()
            {
                self.change_display(DisplayChange::Choose(Some(at)));
            }
        });
    }

    /// The value that channel `at` has under the mouse.
    fn value_under(&self, at: usize) -> Option<String> {
        self.documents().tab.nav.under.image.as_ref()?;
        let values = self.services().readout.last_samples();
        values.iter().find(|value| value.number == at).map(|value| value.value.clone())
    }

    /// The window, the curve, and brightness and contrast as another way to move the window.
    fn curve_ui(&self, ui: &mut egui::Ui, display: &Display, sample: SampleType) {
        let Some(channel) = self.documents().tab.display.shown_channel().cloned() else { return };
        let (first, last) = self.documents().tab.display.axis();
        let axis = first.min(channel.low)..=last.max(channel.high);
        let whole = !sample.is_float();
        let digits = if whole { 0 } else { digits_for(last - first) };
        let (mut low, mut high, mut gamma) = (channel.low, channel.high, channel.gamma);
        let black = slider(ui, "Black", &mut low, axis.clone(), digits, false);
        let white = slider(ui, "White", &mut high, axis, digits, false);
        if black || white {
            // The end that is dragged pushes the other one.
            let (low, high) = if black { (low, high.max(low)) } else { (low.min(high), high) };
            self.change_display(DisplayChange::Window { low, high });
        }
        if slider(ui, "Gamma", &mut gamma, 0.1..=10.0, 2, true) {
            self.change_display(DisplayChange::Gamma(gamma));
        }
        let span = (last - first).max(f32::MIN_POSITIVE);
        let (middle, width) = (channel.low.midpoint(channel.high), (channel.high - channel.low).max(span * 1e-6));
        let mut brightness = (0.5 - (middle - first) / span) * 2.0;
        let mut contrast = span / width;
        if slider(ui, "Brightness", &mut brightness, -1.0..=1.0, 2, false) {
            let middle = first + (0.5 - brightness / 2.0) * span;
            self.change_display(DisplayChange::Window { low: middle - width / 2.0, high: middle + width / 2.0 });
        }
        if slider(ui, "Contrast", &mut contrast, 0.2..=50.0, 2, true) {
            let width = span / contrast;
            self.change_display(DisplayChange::Window { low: middle - width / 2.0, high: middle + width / 2.0 });
        }
        if !matches!(display.channels.len(), 3) || self.documents().tab.display.chosen().is_some() {
            self.lut_ui(ui, &channel);
        }
    }

    /// The scale of colors of the chosen channel.
    fn lut_ui(&self, ui: &mut egui::Ui, channel: &Channel) {
        let at = self.documents().tab.display.chosen().unwrap_or(0);
        let mut picked = channel.lut;
        row(ui, "Colors", |ui| {
            let name = |lut: Option<Lut>| lut.map_or("Single color", Lut::name);
            egui::ComboBox::from_id_salt("lut").width(110.0).selected_text(name(picked)).show_ui(ui, |ui| {
                let plain = Channel { lut: None, ..channel.clone() };
                for lut in std::iter::once(None).chain(Lut::ALL.map(Some)) {
                    let ramp = lut.map_or_else(|| plain.ramp(), Lut::table);
                    if lut::choice(ui, &ramp, name(lut), picked == lut) {
                        picked = lut;
                        ui.close();
                    }
                }
            });
        });
        lut::strip(ui, &channel.ramp(), channel.inverted);
        if picked != channel.lut {
            self.change_display(DisplayChange::Lut(at, picked));
        }
    }

    fn buttons_ui(&self, ui: &mut egui::Ui, display: &Display) {
        ui.horizontal(|ui| {
            if ui.button("Auto").on_hover_text("Fit the window to the values found").clicked() {
                self.change_display(DisplayChange::Fit);
            }
            let inverted = self.documents().tab.display.shown_channel().is_some_and(|channel| channel.inverted);
            if ui.add(egui::Button::new("Invert").selected(inverted)).on_hover_text("Invert colors").clicked() {
                self.change_display(DisplayChange::Invert);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if ui.button("Reset").on_hover_text("As when the image was opened").clicked() {
                    self.change_display(DisplayChange::Reset);
                }
                if display.channels.iter().any(|channel| !channel.on)
                    && ui.button("Show all").on_hover_text("Show every channel").clicked()
                {
                    (0..display.channels.len()).for_each(|at| self.change_display(DisplayChange::Show(at, true)));
                }
            });
        });
    }

    /// Settings of the image as a whole: interpolation, transparent pixels, the profile.
    fn picture_ui(&self, ui: &mut egui::Ui, display: &Display, alpha: bool) {
        let mut smooth = display.smooth;
        if ui.checkbox(&mut smooth, "Interpolate above 100 %").changed() {
            self.change_display(DisplayChange::Smooth(smooth));
        }
        if let Some(text) = self.profile_text() {
            let mut managed = display.managed;
            let enabled = text.1;
            ui.add_enabled_ui(enabled, |ui| {
                if ui.checkbox(&mut managed, "Color profile").on_hover_text(&text.0).changed() {
                    self.change_display(DisplayChange::Managed(managed));
                }
            });
            if !enabled {
                ui.label(RichText::new(text.0).small().color(palette(ui).weak));
            }
        }
        if alpha {
            let mut backdrop = display.backdrop;
            row(ui, "Behind", |ui| {
                let names = [(Backdrop::Checkers, "Checkers"), (Backdrop::None, "Nothing")];
                let named = names.iter().find(|(known, _)| *known == backdrop).map_or("Color", |(_, name)| name);
                egui::ComboBox::from_id_salt("backdrop").width(100.0).selected_text(named).show_ui(ui, |ui| {
                    for (value, name) in names {
                        ui.selectable_value(&mut backdrop, value, name);
                    }
                    let color =
                        if matches!(backdrop, Backdrop::Color(_)) { backdrop } else { Backdrop::Color([255; 3]) };
                    ui.selectable_value(&mut backdrop, color, "Color");
                });
                if let Backdrop::Color(color) = &mut backdrop {
                    ui.color_edit_button_srgb(color);
                }
            });
            if backdrop != display.backdrop {
                self.change_display(DisplayChange::Backdrop(backdrop));
            }
        }
    }

    /// The state of the color profile, and whether it can be switched.
    fn profile_text(&self) -> Option<(String, bool)> {
        let icc = self.documents().tab.display.found().icc.as_ref()?;
        let profile = self.documents().tab.display.profile(icc);
        Some(match profile.as_deref() {
            None => ("The color profile of this file cannot be read.".into(), false),
            Some(profile) if profile.is_srgb() => ("Its colors are sRGB.".into(), false),
            Some(profile) => (profile_space(profile).into(), true),
        })
    }

    /// The count of all values: asked for, or under way.
    fn counting_ui(&self, ui: &mut egui::Ui) {
        match self.documents().tab.display.counting() {
            Some(done) => {
                ui.horizontal(|ui| {
                    let bar =
                        egui::ProgressBar::new(done).desired_width(ui.available_width() - 62.0).desired_height(6.0);
                    ui.add(bar).on_hover_text("Computing the full histogram");
                    if ui.small_button("Stop").clicked() {
                        self.change_display(DisplayChange::StopCounting);
                    }
                });
            }
            None if self.documents().tab.display.found().whole => {}
            None => {
                let text = RichText::new("Histogram from a preview.").small().color(palette(ui).weak);
                ui.horizontal_wrapped(|ui| {
                    ui.spacing_mut().item_spacing.x = 4.0;
                    ui.label(text);
                    if ui.link(RichText::new("Compute full histogram").small()).clicked() {
                        self.change_display(DisplayChange::CountAll);
                    }
                });
            }
        }
    }
}

fn profile_space(profile: &Profile) -> &'static str {
    match profile.space() {
        ProfileSpace::Rgb => "Apply the file's RGB profile",
        ProfileSpace::Gray => "Apply the file's gray profile",
        ProfileSpace::Cmyk => "Apply the file's CMYK profile",
    }
}

/// A slider and its number. Whether it was changed.
fn slider(
    ui: &mut egui::Ui,
    name: &str,
    value: &mut f32,
    range: RangeInclusive<f32>,
    digits: usize,
    logarithmic: bool,
) -> bool {
    const NUMBER: f32 = 58.0;
    let before = *value;
    row(ui, name, |ui| {
        // Nothing in the line is higher than the line: it would be off the middle.
        ui.spacing_mut().button_padding.y = 2.0;
        ui.spacing_mut().slider_width = (ui.available_width() - NUMBER - 10.0).max(40.0);
        let rail = egui::Slider::new(value, range.clone()).show_value(false).logarithmic(logarithmic);
        let rail = rail.clamping(egui::SliderClamping::Never).handle_shape(egui::style::HandleShape::Circle);
        let height = ui.spacing().interact_size.y;
        ui.spacing_mut().interact_size.y = 16.0;
        let rail = ui.add(rail);
        ui.spacing_mut().interact_size.y = height;
        rail.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Slider, true, format!("{name} slider")));
        let speed = if logarithmic { 0.01 } else { f64::from(range.end() - range.start()) / 400.0 };
        let number = number_field(value).speed(speed).fixed_decimals(digits);
        let number = ui.add_sized([NUMBER, 20.0], number);
        number.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, true, name));
    });
    // Rounding for display is no change.
    (*value - before).abs() > f32::EPSILON * before.abs()
}

/// A value with the digits that matter.
fn short(value: f32) -> String {
    if value.abs() >= 100.0 || value == 0.0 { format!("{value:.0}") } else { format!("{value:.3}") }
}

/// Decimals needed to display a range of values.
fn digits_for(range: f32) -> usize {
    (3.0 - range.max(1e-9).log10().floor()).clamp(0.0, 9.0) as usize
}
