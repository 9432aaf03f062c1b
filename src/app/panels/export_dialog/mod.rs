//! The export dialog: content, options and plan.

use std::sync::Arc;

mod regions;

use egui::{ComboBox, RichText, TextEdit};

use self::regions::regions_ui;
use super::field::{number_field, number_slider, text_field};
use super::modal::{Title, buttons, main_button, modal};
use crate::app::dialog::ExportDialog;
use crate::app::display::Displayed;
use crate::app::export_form::PlannedExport;
use crate::app::speeds::between;
use crate::app::theme::palette;
use crate::app::{App, ExportCommand, ExportForm, RegionExportForm, RegionFiles};
use crate::codec::jpeg::{StoredColors, Subsampling};
use crate::display::TargetProfile;
use crate::export::{Compression, Edges, FORMATS, FormatSpec, Offsets, OptionName};
use crate::mosaic::{Mosaic, Region};
use crate::work::Outlines;

/// Points that fields are wide.
pub(in crate::app::panels) const FIELD: f32 = 250.0;
/// The most regions that a list to choose one from holds.
const MOST_LISTED: usize = 200;

impl App {
    /// Whether it stays open.
    pub(in crate::app::panels) fn export_ui(&self, ui: &mut egui::Ui, export: &mut ExportDialog) -> bool {
        let mosaic = self.mosaic().clone();
        let mut done = None;
        let title = Title { name: "export", heading: "Export", width: 450.0 };
        let is_open = modal(
            ui,
            title,
            export,
            |ui, export| {
                let offer = Offer {
                    mosaic: &mosaic,
                    display: &self.documents().tab.display,
                    usual: &self.preferences().settings.region_export,
                    selected: self.selection().regions.len(),
                    tabs: self.tabs_with_regions().len(),
                };
                form_ui(ui, &mut export.form, &offer);
                more_ui(ui, &mut export.form);
            },
            |ui, export, entered| {
                ui.add_space(4.0);
                ui.horizontal(|ui| {
                    let width = (ui.available_width() - 92.0).max(120.0);
                    let field = TextEdit::singleline(&mut export.form.path).desired_width(width).hint_text("Write to");
                    text_field(ui, field);
                    if ui.button("Browse…").clicked() {
                        done = Some(ExportCommand::AskPath);
                    }
                });
                ui.add_space(4.0);
                let ready = self.preview_ui(ui, export);
                buttons(ui, |ui| {
                    if main_button(ui, "Start", ready, entered) {
                        done = Some(ExportCommand::Start);
                    }
                    if ui.button("Close").clicked() {
                        ui.close();
                    }
                });
            },
        );
        if let Some(command) = done {
            self.ask(command);
        }
        is_open
    }

    /// The plan of the export; returns whether it can start. Recomputed after a change; until then the last plan is shown.
    fn preview_ui(&self, ui: &mut egui::Ui, export: &ExportDialog) -> bool {
        let current = export.preview.as_ref().is_some_and(|known| {
            known.form == export.form && Arc::ptr_eq(&known.mosaic, self.documents().tab.history.now())
        });
        if !current {
            self.ask(ExportCommand::Preview);
        }
        let colors = palette(ui);
        let (text, bad) = match &export.preview {
            _ if export.starts => ("Checking what is there…".to_owned(), false),
            Some(known) => match &known.found {
                Ok(plan) => (self.plan_text(plan), false),
                Err(reason) => (reason.clone(), true),
            },
            None => ("Estimating size and time…".to_owned(), false),
        };
        let color = if bad { colors.bad } else { colors.weak };
        // Of one height, so that the buttons below stay where they are.
        let size = egui::vec2(ui.available_width(), 72.0);
        ui.allocate_ui_with_layout(size, egui::Layout::top_down(egui::Align::Min), |ui| {
            ui.set_min_height(size.y);
            ui.add(egui::Label::new(RichText::new(text).color(color)).wrap());
        });
        !(export.starts || current && bad)
    }

    /// How the export would go, with the time that exports in this format take here.
    fn plan_text(&self, plan: &PlannedExport) -> String {
        let seconds = self.preferences().settings.speeds.range(plan.format, plan.seconds);
        plan.text(&between(seconds))
    }
}

/// What there is to export.
struct Offer<'a> {
    mosaic: &'a Mosaic,
    display: &'a Displayed,
    /// How regions were exported the last time.
    usual: &'a RegionExportForm,
    /// How many regions are selected.
    selected: usize,
    /// How many open tabs have regions.
    tabs: usize,
}

fn form_ui(ui: &mut egui::Ui, form: &mut ExportForm, offer: &Offer<'_>) {
    form_grid(ui, |ui| {
        format_ui(ui, form);
        what_ui(ui, form, offer);
        extent_ui(ui, form, offer);
        ui.label("Values");
        let mut apply = form.display.is_some();
        ui.add_enabled_ui(offer.display.settings().is_some(), |ui| as_seen_ui(ui, &mut apply));
        form.display = if apply { form.display.take().or_else(|| offer.display.to_save()) } else { None };
        ui.end_row();
        encoding_ui(ui, form, false);
    });
}

/// The grid of the fields, two columns.
pub(in crate::app::panels) fn form_grid(ui: &mut egui::Ui, rows: impl FnOnce(&mut egui::Ui)) {
    egui::Grid::new("export form").num_columns(2).spacing([16.0, 7.0]).min_col_width(90.0).show(ui, rows);
}

/// The row of the format.
pub(in crate::app::panels) fn format_ui(ui: &mut egui::Ui, form: &mut ExportForm) {
    ui.label("Format");
    let mut format = form.format;
    ComboBox::from_id_salt("format").width(FIELD).height(480.0).selected_text(title(format.spec())).show_ui(ui, |ui| {
        for spec in FORMATS {
            ui.selectable_value(&mut format, spec.format, title(spec));
        }
    });
    if form.format != format {
        form.set_format(format);
    }
    ui.end_row();
}

/// Whether display settings are applied.
pub(in crate::app::panels) fn as_seen_ui(ui: &mut egui::Ui, apply: &mut bool) {
    let hint = "Writes the image as displayed: windows, gamma, colors and the visible channels, as RGB with 8 bits per channel";
    ui.checkbox(apply, "Apply display settings (8-bit RGB)").on_hover_text(hint);
}

/// The rows of how pixels are encoded, and of the memory. The compression may be left to each image if they are `several`.
pub(in crate::app::panels) fn encoding_ui(ui: &mut egui::Ui, form: &mut ExportForm, several: bool) {
    let spec = form.format.spec();
    if spec.has(OptionName::Compression) {
        ui.label("Compression");
        ui.horizontal(|ui| {
            let left = several.then_some(None).into_iter();
            let all: Vec<_> = left.chain(spec.compressions.iter().copied().map(Some)).collect();
            let before = if all.contains(&form.compression) { form.compression } else { all[0] };
            let mut compression = before;
            choice(ui, "compression", 130.0, &mut compression, &all, compression_name);
            if compression != before {
                form.compression = compression;
            }
            if spec.has(OptionName::Pyramid) {
                ui.checkbox(&mut form.pyramid, "Pyramid");
            }
        });
        ui.end_row();
    }
    if !spec.tiles.is_empty() {
        ui.label("Tiles");
        ui.horizontal(|ui| {
            for &tiles in spec.tiles {
                ui.selectable_value(&mut form.tiles, tiles, tiles.ending().to_uppercase());
            }
            if spec.has(OptionName::Viewer) {
                ui.checkbox(&mut form.extras.viewer, "Include HTML viewer");
            }
        });
        ui.end_row();
    }
    if form.is_jpeg() {
        ui.label("Quality");
        ui.add(number_slider(&mut form.quality, 1..=100));
        ui.end_row();
    }
    ui.label("Memory");
    ui.add(number_slider(&mut form.memory_mib, 128..=8192).logarithmic(true).suffix(" MiB"));
    ui.end_row();
}

/// Which part.
fn what_ui(ui: &mut egui::Ui, form: &mut ExportForm, &Offer { mosaic, usual, selected, .. }: &Offer<'_>) {
    let files = |which, count: usize| {
        let what = if which == RegionFiles::All { "Each region" } else { "Each selected region" };
        format!("{what}, a file of its own ({count})")
    };
    let count = |which| if which == RegionFiles::All { mosaic.regions.len() } else { selected };
    let name = |id| mosaic.region(id).map_or_else(|| "–".to_owned(), |region| region.title().to_owned());
    let chosen = match (&form.each, form.region) {
        (Some(each), _) => files(each.which, count(each.which)),
        (None, Some(id)) => name(id),
        (None, None) => "The whole mosaic".to_owned(),
    };
    ui.label("What");
    ComboBox::from_id_salt("what").width(FIELD).selected_text(chosen).show_ui(ui, |ui| {
        if ui.selectable_label(form.each.is_none() && form.region.is_none(), "The whole mosaic").clicked() {
            form.export_part(None);
        }
        for which in [RegionFiles::All, RegionFiles::Selected].into_iter().filter(|which| count(*which) > 0) {
            let is_chosen = form.each.as_ref().is_some_and(|each| each.which == which);
            if ui.selectable_label(is_chosen, files(which, count(which))).clicked() {
                form.export_each(which, usual);
            }
        }
        for region in mosaic.regions.iter().take(MOST_LISTED) {
            let is_chosen = form.each.is_none() && form.region == Some(region.id);
            if ui.selectable_label(is_chosen, region.title()).clicked() {
                form.export_part(Some(region.id));
            }
        }
    });
    ui.end_row();
}

/// How large it comes out.
fn extent_ui(ui: &mut egui::Ui, form: &mut ExportForm, &Offer { mosaic, tabs, .. }: &Offer<'_>) {
    let rect = form.region.and_then(|id| mosaic.region(id)).map_or(mosaic.bounds(), Region::rect);
    let is_one = form.each.is_none();
    ui.label("Resolution");
    let level_name = |level: usize| match (level, is_one) {
        (0, true) => format!("Full, {}", rect.size()),
        (0, false) => "Full".to_owned(),
        (_, true) => format!("1/{}, {}", 1 << level, rect.size().halved_times(level)),
        (_, false) => format!("1/{}", 1 << level),
    };
    const PHYSICAL: &str = "In µm per pixel";
    let chosen = if form.pixel_size.is_some() { PHYSICAL.to_owned() } else { level_name(form.level) };
    ComboBox::from_id_salt("level").width(FIELD).selected_text(chosen).show_ui(ui, |ui| {
        for level in (0..8).filter(|&level| level == 0 || rect.size().halved_times(level).longest() >= 32) {
            let is_chosen = form.pixel_size.is_none() && form.level == level;
            if ui.selectable_label(is_chosen, level_name(level)).clicked() {
                (form.level, form.pixel_size) = (level, None);
            }
        }
        if let Some((x, y)) = form.mpp
            && ui.selectable_label(form.pixel_size.is_some(), PHYSICAL).clicked()
        {
            form.pixel_size = form.pixel_size.or(Some((x * y).sqrt()));
        }
    });
    ui.end_row();
    ui.label(if form.pixel_size.is_some() { "Pixel size" } else { "Scale" });
    ui.horizontal(|ui| {
        if let Some(um) = &mut form.pixel_size {
            ui.add(number_field(um).range(0.001..=100_000.0).speed(0.01).max_decimals(4).suffix(" µm"));
        } else {
            let mut percent = form.scale * 100.0;
            let field = number_field(&mut percent).range(0.1..=1600.0).speed(0.5).max_decimals(3).suffix(" %");
            if ui.add(field).on_hover_text("On top of the resolution, in any factor").changed() {
                form.scale = percent / 100.0;
            }
        }
        if is_one {
            ui.label(RichText::new(format!("{} px", form.size_of(rect.size()))).color(palette(ui).weak));
        }
    });
    ui.end_row();
    if let Some(each) = &mut form.each {
        regions_ui(ui, each, tabs);
    }
    if !mosaic.regions.is_empty() {
        ui.label("Outlines");
        ui.horizontal(|ui| {
            let mut burnt = form.outlines.is_some();
            ui.checkbox(&mut burnt, "Burn in").on_hover_text("The outlines of the visible regions, in their colors");
            form.outlines = if burnt { form.outlines.or(Some(Outlines::of_width(2.0))) } else { None };
            if let Some(Outlines { width, names }) = &mut form.outlines {
                ui.add(number_field(width).range(0.5..=100.0).speed(0.1).max_decimals(1).suffix(" px"));
                let mut named = names.is_some();
                ui.checkbox(&mut named, "Names")
                    .on_hover_text("The names of the regions too; texts are always burnt in");
                *names = if named { names.or(Some(Outlines::LETTERS)) } else { None };
                if let Some(height) = names {
                    let field = number_field(height).range(4.0..=1000.0).speed(0.5).max_decimals(1).suffix(" px");
                    ui.add(field).on_hover_text("The height of the letters");
                }
            }
        });
        ui.end_row();
    }
}

/// Options that are rarely changed, folded.
pub(in crate::app::panels) fn more_ui(ui: &mut egui::Ui, form: &mut ExportForm) {
    egui::CollapsingHeader::new("More").id_salt("more").show(ui, |ui| rare_ui(ui, form));
}

fn rare_ui(ui: &mut egui::Ui, form: &mut ExportForm) {
    let spec = form.format.spec();
    egui::Grid::new("export more").num_columns(2).spacing([16.0, 7.0]).min_col_width(90.0).show(ui, |ui| {
        if spec.has(OptionName::Tile) && !form.tiff.strips {
            ui.label("Tile size");
            ui.horizontal(|ui| {
                let mut side = form.tile.unwrap_or(spec.tile);
                let step = f64::from(spec.tile_step);
                if ui.add(number_field(&mut side).range(16..=16384).speed(step).suffix(" px")).changed() {
                    let whole = side.next_multiple_of(spec.tile_step);
                    form.tile = (whole != spec.tile).then_some(whole);
                }
                if spec.has(OptionName::Overlap) {
                    ui.label("overlap");
                    ui.add(number_field(&mut form.overlap).range(0..=side - 1).suffix(" px"));
                }
            });
            ui.end_row();
        }
        if form.may_flatten() {
            ui.label("Alpha");
            ui.checkbox(&mut form.flatten, "Flatten onto background");
            ui.end_row();
        }
        if form.display.is_none() {
            ui.label("Color profile");
            let named = TargetProfile::NAMED.map(|(name, _, _)| Some(name));
            let all: Vec<_> = std::iter::once(None).chain(named).collect();
            let usual = if spec.is_for_browsers() { "sRGB, as usual on the web" } else { "As in the image" };
            choice(ui, "profile", 150.0, &mut form.profile, &all, |name| profile_title(name, usual));
            ui.end_row();
        }
        ui.label("Background");
        ui.color_edit_button_srgb(&mut form.background)
            .on_hover_text("Color under transparent pixels where no alpha is written");
        ui.end_row();
        if form.is_jpeg() {
            ui.label("Color detail");
            let all = [Subsampling::Full, Subsampling::Half, Subsampling::HalfDown, Subsampling::Quarter];
            choice(ui, "subsampling", 130.0, &mut form.subsampling, &all, subsampling_name);
            ui.end_row();
        }
        if spec.has(OptionName::Offsets) {
            tiff_ui(ui, form);
        }
        if spec.has(OptionName::Id) {
            ui.label("Address");
            let id = form.extras.id.get_or_insert_default();
            text_field(ui, TextEdit::singleline(id).desired_width(FIELD).hint_text("https://example.org/iiif/image"));
            ui.end_row();
        }
        patches_ui(ui, form);
        if spec.has(OptionName::Shard) {
            ui.label("Shards");
            ui.add(number_field(&mut form.extras.shard).range(0..=64).suffix(" chunks a side"))
                .on_hover_text("None if 0");
            ui.end_row();
        }
        if spec.has(OptionName::Copy) {
            ui.label("Encoded tiles");
            ui.checkbox(&mut form.copy_tiles, "Copy without re-encoding where possible");
            ui.end_row();
        }
    });
}

fn tiff_ui(ui: &mut egui::Ui, form: &mut ExportForm) {
    match form.compression {
        None | Some(Compression::None) => {}
        Some(Compression::Jpeg) => {
            ui.label("Stored as");
            let all = [StoredColors::Ycc, StoredColors::Rgb];
            let name = |colors| if colors == StoredColors::Rgb { "RGB" } else { "YCbCr" };
            choice(ui, "stored colors", 130.0, &mut form.tiff.jpeg_colors, &all, name);
            ui.end_row();
        }
        Some(_) => {
            ui.label("Predictor");
            ui.checkbox(&mut form.tiff.predictor, "Horizontal predictor");
            ui.end_row();
        }
    }
    if form.compression == Some(Compression::Zstd) {
        ui.label("Zstandard");
        ui.add(number_slider(&mut form.tiff.zstd_level, 1..=22));
        ui.end_row();
    }
    ui.label("Layout");
    ui.vertical(|ui| {
        if form.format.spec().has(OptionName::Strips) {
            ui.checkbox(&mut form.tiff.strips, "Strips instead of tiles");
        }
        if form.pyramid && form.format.spec().has(OptionName::SubImages) {
            ui.checkbox(&mut form.tiff.sub_images, "Reduced levels as sub-images");
        }
    });
    ui.end_row();
    ui.label("Offsets");
    let name = |offsets| match offsets {
        None => "Default",
        Some(Offsets::Big) => "BigTIFF",
        Some(Offsets::Auto) => "Classic where it fits",
        Some(Offsets::Classic) => "Classic TIFF",
    };
    let all = [None, Some(Offsets::Big), Some(Offsets::Auto), Some(Offsets::Classic)];
    choice(ui, "offsets", 170.0, &mut form.tiff.offsets, &all, name);
    ui.end_row();
}

fn patches_ui(ui: &mut egui::Ui, form: &mut ExportForm) {
    let spec = form.format.spec();
    if spec.has(OptionName::Pattern) {
        ui.label("Names");
        let pattern = form.extras.pattern.get_or_insert_default();
        text_field(ui, TextEdit::singleline(pattern).desired_width(FIELD).hint_text("{name}_{x:06}_{y:06}"))
            .on_hover_text("With {name}, {x}, {y}, {column}, {row}, {index}");
        ui.end_row();
    }
    if spec.has(OptionName::Edges) {
        ui.label("At the edge");
        let name = |edges| match edges {
            Edges::Cut => "Smaller patches",
            Edges::Pad => "Filled up",
            Edges::Drop => "Left out",
        };
        choice(ui, "edges", 150.0, &mut form.extras.edges, &[Edges::Cut, Edges::Pad, Edges::Drop], name);
        ui.end_row();
    }
    if spec.has(OptionName::SkipEmpty) {
        ui.label("Empty ones");
        ui.checkbox(&mut form.extras.skip_empty, "Skip tiles that are only background");
        ui.end_row();
    }
}

/// One of some values, by their names.
pub(in crate::app::panels) fn choice<T: Copy + PartialEq>(
    ui: &mut egui::Ui,
    id: &str,
    width: f32,
    value: &mut T,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) {
    ComboBox::from_id_salt(id).width(width).selected_text(name(*value)).show_ui(ui, |ui| {
        for &one in all {
            ui.selectable_value(value, one, name(one));
        }
    });
}

/// A format's name with the ending of its files, if they have one.
fn title(spec: &FormatSpec) -> String {
    spec.endings.first().map_or_else(|| spec.title.to_owned(), |ending| format!("{} (.{ending})", spec.title))
}

fn compression_name(compression: Option<Compression>) -> &'static str {
    match compression {
        None => "By the image",
        Some(Compression::None) => "None",
        Some(Compression::Lzw) => "LZW",
        Some(Compression::Deflate) => "Deflate",
        Some(Compression::Zstd) => "Zstandard",
        Some(Compression::Jpeg) => "JPEG",
    }
}

/// The title of a color profile by its name; `usual` where none is chosen.
fn profile_title(profile: Option<&'static str>, usual: &'static str) -> &'static str {
    let title = |name| TargetProfile::NAMED.into_iter().find_map(|(own, _, title)| (own == name).then_some(title));
    profile.and_then(title).unwrap_or(usual)
}

fn subsampling_name(subsampling: Subsampling) -> &'static str {
    match subsampling {
        Subsampling::Full => "4:4:4, all",
        Subsampling::Half => "4:2:2",
        Subsampling::HalfDown => "4:4:0",
        Subsampling::Quarter => "4:2:0, small",
    }
}
