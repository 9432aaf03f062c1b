//! The Regions tab: the list and its filters, properties of many at once, files of regions, measures, finding and exporting.

use egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::Queryable as _;
use mosaicist::app::{
    DetectForm, Drawing, EditCommand, ExportCommand, ExportForm, FileCommand, MeasureForm, OutsidePixels, RegionAxes,
    RegionCommand, RegionFiles, Shaping, WindowCommand,
};
use mosaicist::export::Format;
use mosaicist::geometry::{Rect, Size};
use mosaicist::mosaic::RegionProperty;
use mosaicist::pixels::{Color, Pixels, Samples};
use mosaicist::region::detect::{Mode, Options};
use mosaicist::region::{Class, Geometry};

use crate::driver::Window;

/// A window with its Regions tab open, and three regions.
fn with_regions() -> Window {
    let mut window = Window::with_tiles();
    window.app().ask(WindowCommand::ShowPanel("regions"));
    for x in [0, 200, 400] {
        window.app().ask(RegionCommand::Add(Rect::new(x, 10, x + 100, 110)));
    }
    window.app().ask(RegionCommand::Select(None));
    window.steps(3);
    window
}

/// Press the row that bears `label` twice, so many points right of its left edge.
fn double_click(window: &mut Window, label: &str, right: f32) {
    let row = window.harness.query_all_by_label(label).next().unwrap().rect();
    let at = row.left_center() + vec2(right, 0.0);
    window.move_to(at);
    for pressed in [true, false, true, false] {
        window.button(at, pressed, Modifiers::NONE);
        window.steps(1);
    }
    window.steps(3);
}

#[test]
fn a_double_click_on_the_name_renames_a_region_and_escape_gives_up() {
    let mut window = with_regions();
    let names = |window: &mut Window| -> Vec<String> {
        window.app().mosaic().regions.iter().map(|region| region.title().to_owned()).collect()
    };
    double_click(&mut window, "Region 2", 60.0);
    assert!(window.shows("New name of region"));
    window.type_over("Tumor");
    window.key(Modifiers::NONE, Key::Enter);
    assert_eq!(names(&mut window), ["Region 1", "Tumor", "Region 3"]);
    double_click(&mut window, "Region 3", 60.0);
    assert!(window.shows("New name of region"));
    window.type_over("x");
    window.key(Modifiers::NONE, Key::Escape);
    assert!(!window.shows("New name of region"));
    assert_eq!(names(&mut window), ["Region 1", "Tumor", "Region 3"]);
    let before = window.app().view();
    double_click(&mut window, "Region 3", 14.0);
    window.until("on the picture, it shows the region", move |app| app.view() != before);
}

/// A file as the system drops it.
#[derive(Debug)]
struct Dropped(std::path::PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &std::path::Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

pub(super) fn drop_file(window: &mut Window, path: std::path::PathBuf) {
    window.harness.input_mut().dropped_files.push(std::sync::Arc::new(Dropped(path)));
}

/// Three dark squares on white, of 900 × 600 pixels.
fn squares(window: &mut Window) {
    let size = Size::new(900, 600);
    let dark = |x: usize, y: usize| {
        [(100, 80), (400, 300), (700, 120)]
            .iter()
            .any(|&(left, top)| (left..left + 120).contains(&x) && (top..top + 120).contains(&y))
    };
    let value = |index: usize| if dark(index % 900, index / 900) { 20 } else { 245 };
    let samples = (0..900 * 600).flat_map(|index| [value(index); 3]).collect();
    let pixels = Pixels::new(size, 3, Samples::U8(samples)).unwrap();
    let path = window.folder.path().join("squares.png");
    mosaicist::export::write_image(&path, &pixels, Color::Rgb, 90).unwrap();
    window.open(path);
}

#[test]
fn rows_select_with_shift_and_ctrl_and_the_search_narrows() {
    let mut window = with_regions();
    window.press("Region 1");
    assert_eq!(window.app().selection().regions.len(), 1);
    let last = window.harness.query_all_by_label("Region 3").last().unwrap().rect().center();
    window.harness.event(egui::Event::ModifiersChanged(Modifiers::SHIFT));
    window.move_to(last);
    window.button(last, true, Modifiers::SHIFT);
    window.steps(1);
    window.button(last, false, Modifiers::SHIFT);
    window.steps(2);
    window.harness.event(egui::Event::ModifiersChanged(Modifiers::NONE));
    assert_eq!(window.app().selection().regions.len(), 3, "a range");
    window.press("Search regions");
    window.type_over("3");
    assert!(window.shows("Region 3") && !window.shows("Region 2"));
    window.press("Select all");
    assert_eq!(window.app().selection().regions.len(), 1, "all that are listed");
}

#[test]
fn next_and_previous_go_through_the_list_and_show_each() {
    let mut window = with_regions();
    let ids: Vec<_> = window.app().mosaic().regions.iter().map(|region| region.id).collect();
    for (button, expected) in [("Next region", 0), ("Next region", 1), ("Previous region", 0), ("Previous region", 2)] {
        window.press(button);
        window.rest();
        assert_eq!(window.app().selection().region(), Some(ids[expected]), "{button}");
        let (center, rect) = (window.app().view().center, window.app().mosaic().regions[expected].rect());
        assert!((center.x - (rect.x0 + rect.x1) as f64 / 2.0).abs() < 2.0, "{center:?} shows {rect}");
    }
}

#[test]
fn many_get_a_class_at_once_and_one_undo_takes_it_back() {
    let mut window = with_regions();
    window.app().ask(RegionCommand::SelectAll);
    let class = std::sync::Arc::new(Class { name: "Tumor".into(), color: Some([200, 0, 0]) });
    window.app().ask(RegionCommand::Set(RegionProperty::Class(Some(class))));
    window.steps(3);
    let classed = |window: &mut Window| window.app().mosaic().regions.iter().filter(|r| r.class.is_some()).count();
    assert_eq!(classed(&mut window), 3);
    window.app().ask(RegionCommand::Set(RegionProperty::Hidden(true)));
    window.steps(3);
    assert!(window.app().mosaic().regions.iter().all(|region| region.hidden));
    window.app().ask(RegionCommand::ShowAll);
    window.steps(3);
    assert!(window.app().mosaic().regions.iter().all(|region| !region.hidden));
    for _ in 0..3 {
        window.key(Modifiers::COMMAND, egui::Key::Z);
    }
    assert_eq!(classed(&mut window), 0);
}

#[test]
fn a_name_is_typed_and_regions_are_merged() {
    let mut window = with_regions();
    window.press("Region 2");
    window.press("Region Name");
    window.type_over("Margin");
    window.key(Modifiers::NONE, egui::Key::Enter);
    assert_eq!(window.app().mosaic().regions[1].title(), "Margin");
    window.app().ask(RegionCommand::SelectAll);
    window.steps(2);
    window.press("Merge");
    assert_eq!(window.app().mosaic().regions.len(), 1);
    assert!((window.app().mosaic().regions[0].geometry.area() - 30_000.0).abs() < 1e-6);
    window.app().ask(RegionCommand::Shape(Shaping::Split));
    window.steps(2);
    assert_eq!(window.app().mosaic().regions.len(), 3, "its parts");
}

#[test]
fn files_of_regions_go_out_and_come_back_by_a_drop() {
    let mut window = with_regions();
    let path = window.folder.path().join("r.geojson");
    *window.picker.0.lock().unwrap() = vec![path.clone()];
    window.press("Save…");
    window.until("it is written", |app| app.notices().iter().any(|notice| notice.contains("Saved 3 regions")));
    let before = window.app().mosaic().regions.clone();
    window.app().ask(RegionCommand::SelectAll);
    window.app().ask(RegionCommand::RemoveSelected);
    window.steps(3);
    assert!(window.app().mosaic().regions.is_empty());
    drop_file(&mut window, path.clone());
    window.until("they are there", |app| app.mosaic().regions.len() == 3);
    for (a, b) in window.app().mosaic().regions.iter().zip(&before) {
        assert_eq!((&a.geometry, &a.name, &a.class), (&b.geometry, &b.name, &b.class));
    }
    window.key(Modifiers::COMMAND, egui::Key::Z);
    assert!(window.app().mosaic().regions.is_empty(), "one step");
    // Opened beside an image, it is imported, too.
    window.app().ask(mosaicist::app::FileCommand::AskFiles);
    window.until("they are there", |app| app.mosaic().regions.len() == 3);
    window.key(Modifiers::COMMAND, egui::Key::Z);
    // What is no file of regions is opened as ever.
    let other = window.folder.path().join("not regions.json");
    std::fs::write(&other, "{}").unwrap();
    drop_file(&mut window, other);
    window.until("it is told", |app| !app.is_busy());
    assert!(window.app().mosaic().regions.is_empty());
}

#[test]
fn what_cannot_be_read_is_listed() {
    let mut window = with_regions();
    let path = window.folder.path().join("half.geojson");
    let text = r#"{"type": "FeatureCollection", "features": [
        {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [[[0,0],[9,0],[9,9],[0,0]]]}, "properties": {"own": 1}},
        {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": "none"}, "properties": {}}]}"#;
    std::fs::write(&path, text).unwrap();
    window.app().ask(RegionCommand::Import(vec![path]));
    window.until("one is there", |app| app.mosaic().regions.len() == 4);
    assert!(window.app().mosaic().regions[3].extra.is_some(), "unknown members stay");
    window.until_shown("1 notes on the last file");
}

#[test]
fn measures_are_a_table_to_copy_and_to_save() {
    let mut window = with_regions();
    window.app().ask(RegionCommand::Measure(MeasureForm { samples: true, ..MeasureForm::default() }));
    window.until("they are measured", |app| !app.is_busy());
    window.app().ask(RegionCommand::CopyMeasures);
    let text = window.next_copied(|command| match command {
        egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    let mut lines = text.lines();
    let columns: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let first: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let value = |name: &str| first[columns.iter().position(|column| column.ends_with(name)).unwrap()];
    assert_eq!((value("area_px"), value("name")), ("10000", "Region 1"));
    assert!(value("mean").parse::<f64>().is_ok_and(|mean| (0.0..=255.0).contains(&mean)), "{columns:?} {first:?}");
    let path = window.folder.path().join("m.csv");
    *window.picker.0.lock().unwrap() = vec![path.clone()];
    window.app().ask(RegionCommand::AskSaveMeasures);
    window.until("it is written", |_| path.exists());
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 4);
}

#[test]
fn choosing_a_tool_or_a_region_leaves_the_canvas_where_it_is() {
    let mut window = with_regions();
    let canvas = window.app().canvas_rect();
    let fixed = Drawing { fixed: true, size: (12_345.0, 12_345.0), ..Drawing::default() };
    window.app().ask(RegionCommand::SetDrawing(fixed));
    let id = window.app().mosaic().regions[0].id;
    for selected in [None, Some(id)] {
        window.app().ask(RegionCommand::Select(selected));
        for tool in ["hand", "rectangle", "ellipse", "polygon", "brush", "eraser", "wand", "points", "text"] {
            window.app().ask(WindowCommand::SetTool(tool));
            window.steps(4);
            assert_eq!(window.app().canvas_rect(), canvas, "{tool}, {selected:?}: a click would miss");
        }
    }
    window.app().ask(RegionCommand::Detect(DetectForm::default()));
    for section in ["Find regions", "Measure", "Export"] {
        window.harness.query_all_by_label(section).last().unwrap().scroll_to_me();
        window.steps(5);
        window.press(section);
        window.until("nothing is searched", |app| !app.is_busy());
        assert_eq!(window.app().canvas_rect(), canvas, "{section}");
    }
}

#[test]
fn the_seed_job_by_a_few_clicks() {
    let mut window = Window::new();
    squares(&mut window);
    window.app().ask(WindowCommand::ShowPanel("regions"));
    window.steps(3);
    window.press("Find regions");
    window.harness.get_by_label("Find").scroll_to_me();
    window.steps(5);
    window.press("Find");
    window.until("three are found", |app| app.detecting().is_some() && !app.is_busy());
    window.until_shown("3 found");
    window.harness.get_by_label("Add regions").scroll_to_me();
    window.steps(5);
    window.press("Add regions");
    assert_eq!(window.app().mosaic().regions.len(), 3);
    let found: Vec<Rect> = window.app().mosaic().regions.iter().map(mosaicist::mosaic::Region::rect).collect();
    assert!(found.iter().any(|rect| (rect.x0 - 100).abs() <= 2 && (rect.width() as i64 - 120).abs() <= 4), "{found:?}");
    let folder = window.folder.path().join("squares regions");
    window.harness.get_by_label("Export").scroll_to_me();
    window.steps(5);
    window.press("Export");
    window.harness.get_by_label("Export all…").scroll_to_me();
    window.steps(5);
    window.press("Export all…");
    window.until("the export is planned", |app| app.is_previewed());
    let which = |window: &mut Window| window.app().export_form().unwrap().each.as_ref().map(|each| each.which);
    assert_eq!(which(&mut window), Some(RegionFiles::All));
    window.key(Modifiers::NONE, egui::Key::Escape);
    // What is found is selected; Ctrl+E offers that.
    window.key(Modifiers::COMMAND, egui::Key::E);
    window.until("the export is planned", |app| app.is_previewed());
    assert_eq!(which(&mut window), Some(RegionFiles::Selected));
    window.press("Start");
    window.until("they are exported", |app| app.notices().iter().any(|notice| notice.contains("Exported 3 files")));
    let ending = |ending: &str| {
        let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|found| found == ending)).count()
    };
    assert_eq!((ending("jpg"), ending("csv"), ending("geojson")), (3, 1, 1));
}

#[test]
fn the_preview_follows_the_settings_and_the_canvas_is_cropped() {
    let mut window = Window::new();
    squares(&mut window);
    let form = |options: Options| DetectForm { options };
    window.app().ask(RegionCommand::Detect(form(Options { mode: Mode::Dark, ..Options::default() })));
    window.until("it is searched", |app| !app.is_busy());
    window.app().ask(RegionCommand::Detect(form(Options { autocrop: true, margin: 5.0, ..Options::default() })));
    window.until("it is searched again", |app| !app.is_busy());
    window.app().ask(RegionCommand::CropToFound);
    window.steps(3);
    let canvas = window.app().mosaic().canvas.unwrap();
    assert!((canvas.x0 - 95).abs() <= 3 && (canvas.x1 - 825).abs() <= 3, "{canvas}");
    assert!(window.app().mosaic().regions.is_empty(), "nothing was added");
}

/// Opens the export dialog for the selected regions, and starts it with these fields.
fn export_selected(window: &mut Window, folder: &str, format: Format, fields: impl FnOnce(&mut ExportForm)) {
    window.app().ask(ExportCommand::ShowRegions(RegionFiles::Selected));
    window.steps(3);
    let path = window.folder.path().join(folder).to_string_lossy().into_owned();
    let form = window.app().export_form().unwrap();
    form.choose(format);
    form.path = path;
    form.each.as_mut().unwrap().names = "{name}".into();
    fields(form);
    window.until("the export is planned", |app| app.is_previewed());
    window.press("Start");
    window.until("it is exported", |app| app.notices().iter().any(|notice| notice.contains("Exported 1 file to")));
}

#[test]
fn selected_regions_are_exported_masked() {
    let mut window = with_regions();
    let circle = Geometry::Ellipse { center: (150.0, 300.0).into(), rx: 40.0, ry: 40.0, angle: 0.0 };
    window.app().ask(RegionCommand::Draw { shape: circle, combine: mosaicist::app::Combine::New });
    window.steps(2);
    export_selected(&mut window, "masked", Format::Png, |form| {
        let each = form.each.as_mut().unwrap();
        (each.outside, each.geojson) = (OutsidePixels::Transparent, false);
    });
    let folder = window.folder.path().join("masked");
    let written = crate::whole(&folder.join("Region 4.png"));
    assert_eq!((written.size(), written.channels()), (Size::new(80, 80), 4));
    assert!(!folder.join("regions.geojson").exists());
    // The folder is not empty now, and the dialog says so.
    window.app().ask(ExportCommand::ShowRegions(RegionFiles::Selected));
    window.steps(3);
    window.app().export_form().unwrap().path = folder.to_string_lossy().into_owned();
    window.until("the export is planned", |app| app.is_previewed());
    assert!(window.harness.query_all_by_label_contains("not empty").next().is_some());
}

#[test]
fn a_rotated_region_is_exported_upright_with_its_mask_and_outline() {
    let mut window = with_regions();
    let shape = Geometry::RotatedRectangle { center: (300.0, 240.0).into(), width: 120.0, height: 60.0, angle: 0.5 };
    window.app().ask(RegionCommand::Draw { shape, combine: mosaicist::app::Combine::New });
    window.steps(2);
    export_selected(&mut window, "own", Format::Png, |form| {
        form.outlines = Some(mosaicist::work::Outlines::of_width(4.0));
        let each = form.each.as_mut().unwrap();
        (each.axes, each.labels) = (RegionAxes::Own, true);
    });
    let folder = window.folder.path().join("own");
    let written = crate::whole(&folder.join("Region 4.png"));
    assert_eq!(written.size(), Size::new(120, 60));
    let Samples::U8(samples) = written.samples() else { panic!("no bytes") };
    assert_eq!(samples[..3], mosaicist::region::Roi::DEFAULT_COLOR, "the outline at the edge");
    let mask = crate::whole(&folder.join("labels/Region 4.png.tif"));
    assert_eq!((mask.size(), mask.samples()), (Size::new(120, 60), &Samples::U8(vec![1; 120 * 60])));
    let regions = std::fs::read_to_string(folder.join("regions.geojson")).unwrap();
    assert!(regions.contains("Region 4"), "{regions}");
}

#[test]
fn regions_of_all_tabs_go_to_folders_of_their_names() {
    let mut window = with_regions();
    let one = window.folder.path().join("one.png");
    std::fs::copy(window.folder.path().join("tiles/t1.png"), &one).unwrap();
    window.app().ask(FileCommand::OpenTab(vec![one]));
    window.until("it has a tab", |app| app.tab_ids().len() == 2 && !app.is_busy());
    window.app().ask(RegionCommand::Add(Rect::new(10, 10, 60, 50)));
    window.steps(2);
    window.app().ask(ExportCommand::ShowRegions(RegionFiles::All));
    window.steps(3);
    window.press("All 2 with regions, a folder for each");
    let folder = window.folder.path().join("both");
    let form = window.app().export_form().unwrap();
    form.choose(Format::Png);
    form.path = folder.to_string_lossy().into_owned();
    window.until("the export is planned", |app| app.is_previewed());
    window.press("Start");
    window.until("they are exported", |app| app.notices().iter().any(|notice| notice.contains("Exported 4 files")));
    let count = |name: &str| {
        let files = std::fs::read_dir(folder.join(name)).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|ending| ending == "png")).count()
    };
    assert_eq!((count("tiles"), count("one")), (3, 1));
}

#[test]
fn regions_become_folders_of_any_format() {
    let mut window = with_regions();
    let id = window.app().mosaic().regions[1].id;
    window.app().ask(RegionCommand::Select(Some(id)));
    window.steps(2);
    export_selected(&mut window, "webs", Format::DeepZoom, |_| {});
    let folder = window.folder.path().join("webs");
    assert!(folder.join("Region 2.dzi").is_file() && folder.join("Region 2_files").is_dir());
}

#[test]
fn all_shapes_are_saved_and_opened_again() {
    let mut window = with_regions();
    let line = Geometry::Line([(1.5, 2.0).into(), (30.0, 40.25).into()]);
    window.app().ask(RegionCommand::Draw { shape: line, combine: mosaicist::app::Combine::New });
    let project = window.folder.path().join("p.mosaic");
    window.app().ask(FileCommand::SaveTo(project.clone()));
    window.until("it is saved", |app| app.notices().iter().any(|notice| notice.contains("Saved")));
    let loaded = mosaicist::mosaic::load(&project).unwrap();
    assert_eq!(loaded.regions, window.app().mosaic().regions);
}

#[test]
fn a_region_is_moved_and_resized_by_its_fields_in_one_step_each() {
    let mut window = with_regions();
    window.resize(vec2(1200.0, 1100.0));
    let id = window.app().mosaic().regions.iter().next().unwrap().id;
    window.app().ask(RegionCommand::Select(Some(id)));
    window.steps(5);
    let rect = |window: &mut Window| window.app().mosaic().region(id).unwrap().rect();
    assert_eq!(rect(&mut window), Rect::new(0, 10, 100, 110));
    window.enter("Region X", "35");
    assert_eq!(rect(&mut window), Rect::new(35, 10, 135, 110));
    window.enter("Region height", "50");
    assert_eq!(rect(&mut window), Rect::new(35, 10, 135, 60));
    window.app().ask(EditCommand::Undo);
    window.steps(3);
    assert_eq!(rect(&mut window), Rect::new(35, 10, 135, 110));
    window.app().ask(EditCommand::Undo);
    window.steps(3);
    assert_eq!(rect(&mut window), Rect::new(0, 10, 100, 110));
}
