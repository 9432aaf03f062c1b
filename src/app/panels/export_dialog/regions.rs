//! The fields of the export dialog that are about regions, each a file of its own.

use egui::{TextEdit, Ui};

use super::super::field::{number_field, text_field};
use super::{FIELD, choice};
use crate::app::{OutsidePixels, RegionAxes, RegionExportForm, RegionFiles};

const OUTSIDE: [OutsidePixels; 4] =
    [OutsidePixels::Keep, OutsidePixels::Transparent, OutsidePixels::White, OutsidePixels::Black];
const AXES: [RegionAxes; 3] = [RegionAxes::Canvas, RegionAxes::Own, RegionAxes::View];
/// The fields of a name.
const FIELDS: &str =
    "Fields: {image} {name} {class} {kind} {id} {index} {x} {y} {width} {height} {level}; {x:06} adds zeros";

/// Rows of the dialog's grid. `tabs` is how many open tabs have regions.
pub(super) fn regions_ui(ui: &mut Ui, form: &mut RegionExportForm, tabs: usize) {
    if tabs > 1 && form.which == RegionFiles::All {
        ui.label("Tabs");
        ui.checkbox(&mut form.all_tabs, format!("All {tabs} with regions, a folder for each"));
        ui.end_row();
    } else {
        form.all_tabs = false;
    }
    ui.label("Pixels");
    choice(ui, "outside", FIELD, &mut form.outside, &OUTSIDE, |outside| match outside {
        OutsidePixels::Keep => "Bounding box",
        OutsidePixels::Transparent => "Masked, outside transparent",
        OutsidePixels::White => "Masked, outside white",
        OutsidePixels::Black => "Masked, outside black",
    });
    ui.end_row();
    ui.label("Rotation");
    choice(ui, "axes", FIELD, &mut form.axes, &AXES, |axes| match axes {
        RegionAxes::Canvas => "None",
        RegionAxes::Own => "To the region's own axes",
        RegionAxes::View => "As in the view",
    });
    ui.end_row();
    ui.label("Patches");
    ui.vertical(|ui| patches_ui(ui, form));
    ui.end_row();
    ui.label("Names");
    let names = text_field(ui, TextEdit::singleline(&mut form.names).desired_width(FIELD));
    names.on_hover_text(FIELDS);
    ui.end_row();
    ui.label("Beside");
    ui.horizontal(|ui| {
        ui.checkbox(&mut form.geojson, "GeoJSON").on_hover_text("The regions, in regions.geojson");
        let hint =
            "The number of the region at each pixel: in an OME-Zarr as its labels, else a TIFF in the folder labels";
        ui.checkbox(&mut form.labels, "Label masks").on_hover_text(hint);
    });
    ui.end_row();
}

fn patches_ui(ui: &mut Ui, form: &mut RegionExportForm) {
    ui.checkbox(&mut form.patches, "Square patches of each region");
    if !form.patches {
        return;
    }
    ui.horizontal(|ui| {
        ui.add(number_field(&mut form.side).range(1..=65_535).suffix(" px")).on_hover_text("Side of a patch");
        ui.label("every");
        ui.add(number_field(&mut form.stride).range(1..=65_535).suffix(" px"))
            .on_hover_text("From one patch to the next");
        ui.add(number_field(&mut form.inside).range(0.0..=100.0).suffix(" %"))
            .on_hover_text("The least part of a patch inside its region");
        ui.label("inside");
    });
}
