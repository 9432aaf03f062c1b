//! Colors, fonts and spacing, dark and light.

use std::sync::Arc;

use egui::{Color32, CornerRadius, FontData, FontFamily, FontId, Stroke, TextStyle, Theme, Visuals};
pub(super) use lucide_icons::Icon;

/// The colors that egui has no name for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Palette {
    pub(super) canvas: Color32,
    pub(super) weak: Color32,
    pub(super) strong: Color32,
    pub(super) accent: Color32,
    pub(super) accent_fill: Color32,
    pub(super) border: Color32,
    /// Around fields to type in.
    pub(super) field: Color32,
    pub(super) bad: Color32,
    pub(super) good: Color32,
    /// Behind labels that lie on the picture.
    pub(super) scrim: Color32,
}

const DARK: Palette = Palette {
    canvas: Color32::from_rgb(0x10, 0x12, 0x15),
    weak: Color32::from_rgb(0x8B, 0x92, 0x9D),
    strong: Color32::from_rgb(0xE8, 0xEA, 0xED),
    accent: Color32::from_rgb(0x4F, 0x8E, 0xF7),
    accent_fill: Color32::from_rgb(0x22, 0x3B, 0x6B),
    border: Color32::from_rgb(0x2B, 0x2F, 0x36),
    field: Color32::from_rgb(0x3A, 0x3F, 0x48),
    bad: Color32::from_rgb(0xF0, 0x71, 0x6A),
    good: Color32::from_rgb(0x57, 0xB8, 0x7B),
    scrim: Color32::from_black_alpha(170),
};

const LIGHT: Palette = Palette {
    canvas: Color32::from_rgb(0xDF, 0xE2, 0xE6),
    weak: Color32::from_rgb(0x5F, 0x67, 0x72),
    strong: Color32::from_rgb(0x16, 0x19, 0x1D),
    accent: Color32::from_rgb(0x1F, 0x66, 0xDB),
    accent_fill: Color32::from_rgb(0xC9, 0xDC, 0xFA),
    border: Color32::from_rgb(0xCD, 0xD2, 0xD8),
    field: Color32::from_rgb(0xB4, 0xBB, 0xC4),
    bad: Color32::from_rgb(0xC2, 0x37, 0x30),
    good: Color32::from_rgb(0x1E, 0x7F, 0x48),
    scrim: Color32::from_black_alpha(170),
};

/// The palette of the theme in use.
pub(super) fn palette(ui: &egui::Ui) -> Palette {
    if ui.visuals().dark_mode { DARK } else { LIGHT }
}

/// Fonts and styles of both themes.
pub(super) fn install(context: &egui::Context) {
    let mut fonts = egui::FontDefinitions::default();
    let faces: [(&str, &'static [u8]); 3] = [
        ("inter", include_bytes!("../../assets/fonts/Inter-Medium.otf")),
        ("mono", include_bytes!("../../assets/fonts/JetBrainsMono-Regular.ttf")),
        ("icons", lucide_icons::LUCIDE_FONT_BYTES),
    ];
    for (name, bytes) in faces {
        fonts.font_data.insert(name.into(), Arc::new(FontData::from_static(bytes)));
    }
    fonts.families.entry(FontFamily::Proportional).or_default().insert(0, "inter".into());
    fonts.families.entry(FontFamily::Monospace).or_default().insert(0, "mono".into());
    fonts.families.insert(FontFamily::Name("icons".into()), vec!["icons".into()]);
    context.set_fonts(fonts);
    context.all_styles_mut(|style| {
        style.text_styles = [
            (TextStyle::Small, FontId::proportional(11.0)),
            (TextStyle::Body, FontId::proportional(13.0)),
            (TextStyle::Button, FontId::proportional(13.0)),
            (TextStyle::Heading, FontId::proportional(19.0)),
            (TextStyle::Monospace, FontId::monospace(12.0)),
        ]
        .into();
        style.spacing.item_spacing = egui::vec2(8.0, 6.0);
        style.spacing.button_padding = egui::vec2(9.0, 4.0);
        style.spacing.interact_size.y = 24.0;
        style.spacing.slider_rail_height = 4.0;
        // A floating bar would lie over the buttons at the right edge and take their clicks.
        style.spacing.scroll.floating_allocated_width = 10.0;
        // What does not fit says so before the mouse is on it.
        style.spacing.scroll.dormant_handle_opacity = 0.5;
        style.animation_time = 0.08;
    });
    context.set_visuals_of(Theme::Dark, visuals(DARK, true));
    context.set_visuals_of(Theme::Light, visuals(LIGHT, false));
    context.set_theme(Theme::Dark);
}

fn visuals(palette: Palette, dark: bool) -> Visuals {
    let mut visuals = if dark { Visuals::dark() } else { Visuals::light() };
    let shade = |dark_value: u8, light_value: u8| Color32::from_gray(if dark { dark_value } else { light_value });
    let panel = if dark { Color32::from_rgb(0x18, 0x1B, 0x1F) } else { Color32::from_rgb(0xF5, 0xF6, 0xF8) };
    visuals.panel_fill = panel;
    visuals.window_fill = if dark { Color32::from_rgb(0x1E, 0x21, 0x26) } else { Color32::WHITE };
    visuals.window_stroke = Stroke::new(1.0, palette.border);
    visuals.window_corner_radius = CornerRadius::same(10);
    visuals.menu_corner_radius = CornerRadius::same(8);
    visuals.extreme_bg_color = if dark { Color32::from_rgb(0x10, 0x12, 0x15) } else { Color32::WHITE };
    // White fields would not be visible on the white of dialogs.
    visuals.text_edit_bg_color = (!dark).then_some(Color32::from_rgb(0xEA, 0xEC, 0xF0));
    visuals.faint_bg_color = shade(0x20, 0xEE);
    visuals.selection.bg_fill = palette.accent_fill;
    visuals.selection.stroke = Stroke::new(1.0, palette.accent);
    visuals.hyperlink_color = palette.accent;
    visuals.error_fg_color = palette.bad;
    visuals.slider_trailing_fill = true;
    let widgets = &mut visuals.widgets;
    widgets.noninteractive.bg_stroke = Stroke::new(1.0, palette.border);
    widgets.noninteractive.fg_stroke = Stroke::new(1.0, shade(0xC6, 0x2C));
    // The fill of buttons; that of boxes to check and of rails, which nothing else tells from the ground.
    for (state, fill, box_fill, text) in [
        (&mut widgets.inactive, shade(0x2A, 0xE6), shade(0x3C, 0xCE), shade(0xD8, 0x22)),
        (&mut widgets.hovered, shade(0x36, 0xDA), shade(0x48, 0xC2), shade(0xF4, 0x0C)),
        (&mut widgets.active, shade(0x42, 0xCE), shade(0x54, 0xB6), shade(0xFF, 0x00)),
        (&mut widgets.open, shade(0x30, 0xDF), shade(0x42, 0xC7), shade(0xF4, 0x0C)),
    ] {
        state.bg_fill = box_fill;
        state.weak_bg_fill = fill;
        state.bg_stroke = Stroke::NONE;
        state.fg_stroke = Stroke::new(1.2, text);
        state.corner_radius = CornerRadius::same(6);
        state.expansion = 0.0;
    }
    visuals
}

/// An icon as text in the icon font.
pub(super) fn icon(icon: Icon, size: f32) -> egui::RichText {
    egui::RichText::new(char::from(icon)).font(FontId::new(size, FontFamily::Name("icons".into())))
}
