//! Tiles laid out: by their names at once, by the form of the Tiles tab, by files of positions.

use std::path::PathBuf;

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use mosaicist::app::{
    EditCommand, FileCommand, Launch, LayoutCommand, LayoutForm, PositionSource, ViewCommand, WindowCommand, Zoom,
};
use mosaicist::geometry::{Rect, Region, Size};
use mosaicist::mosaic::{Corner, Grid, GridOrder, Length, Placement, PlacementIds};
use mosaicist::pixels::{Color, SampleType};
use mosaicist::source::Source as _;
use mosaicist::source::testing::Pattern;

use crate::driver::Window;

const SIDE: u32 = 20;

/// A folder of tiles cut from a picture of so many columns and rows, each named by its cell.
fn folder_of(window: &Window, (across, down): (u32, u32), name: impl Fn(u32, u32) -> String) -> PathBuf {
    let folder = window.folder.path().join("named");
    std::fs::create_dir_all(&folder).unwrap();
    let picture = Pattern::new(Size::new(across * SIDE, down * SIDE), 3, SampleType::U8);
    let mut cells: Vec<(u32, u32)> = (0..across).flat_map(|column| (0..down).map(move |row| (column, row))).collect();
    cells.sort_by_key(|(column, row)| (column * 7919 + row * 104_729) % 1009);
    for (column, row) in cells {
        let at = Rect::at((column * SIDE).into(), (row * SIDE).into(), Size::new(SIDE, SIDE));
        let tile = picture.read(Region::new(0, at)).unwrap();
        mosaicist::export::write_image(&folder.join(name(column, row)), &tile, Color::Rgb, 90).unwrap();
    }
    folder
}

fn open(window: &mut Window, folder: PathBuf, count: usize) {
    window.app().start(Launch::Files(vec![folder]));
    window.until("the tiles are open", move |app| app.mosaic().placements.len() == count && !app.is_busy());
    window.steps(3);
}

/// Whether each tile lies in the cell that its name tells.
fn is_right(placement: &Placement, cell: impl Fn(&str) -> (i64, i64)) -> bool {
    let (column, row) = cell(&placement.name());
    let side = i64::from(SIDE);
    placement.position().round() == (column * side, row * side)
}

fn numbers(name: &str) -> Vec<i64> {
    let parts = name.split(|letter: char| !letter.is_ascii_digit());
    parts.filter_map(|part| part.parse().ok()).collect()
}

#[test]
fn a_folder_named_by_rows_and_columns_is_right_at_once() {
    let mut window = Window::new();
    let folder = folder_of(&window, (10, 10), |column, row| format!("scan_r{row}_c{column}.png"));
    open(&mut window, folder, 100);
    let right = |placement: &Placement| is_right(placement, |name| (numbers(name)[1], numbers(name)[0]));
    assert!(window.app().mosaic().placements.iter().all(right));
    let line = window.app().layout_line().unwrap().to_owned();
    assert!(line.starts_with("Laid out by c and r in the names, columns 0 to 9, rows 0 to 9"), "{line}");
    assert!(window.shows(&line));
    assert!(!window.app().is_dirty(), "nothing was edited");
    window.press("Close layout line");
    assert!(window.app().layout_line().is_none() && !window.shows(&line));
}

#[test]
fn misleading_names_take_three_clicks() {
    let mut window = Window::new();
    // Both count from 1, so the row is taken to come first; here it is the column.
    let folder = folder_of(&window, (4, 3), |column, row| format!("img_{}_{}.png", column + 1, row + 1));
    open(&mut window, folder, 12);
    let wrong = |placement: &Placement| is_right(placement, |name| (numbers(name)[1] - 1, numbers(name)[0] - 1));
    assert!(window.app().mosaic().placements.iter().all(wrong));
    window.press("Change…");
    window.until("the names have been read", |app| app.layout_found().is_some());
    window.steps(3);
    window.harness.get_by_label("12 of 12 match");
    assert!(window.app().mosaic().placements.iter().all(wrong), "looking moves nothing");
    window.harness.get_all_by_value("img_{row}_{col}").last().unwrap().click();
    window.steps(3);
    window.harness.get_by_label_contains("img_{col}_{row}").click();
    let right = |placement: &Placement| is_right(placement, |name| (numbers(name)[0] - 1, numbers(name)[1] - 1));
    window.until("it is laid out", move |app| app.mosaic().placements.iter().all(right));
}

#[test]
fn names_without_places_are_a_grid_in_natural_order() {
    let mut window = Window::new();
    let folder = folder_of(&window, (4, 3), |column, row| format!("tile{}.png", row * 4 + column));
    open(&mut window, folder.clone(), 12);
    let right = |placement: &Placement| is_right(placement, |name| (numbers(name)[0] % 4, numbers(name)[0] / 4));
    assert!(window.app().mosaic().placements.iter().all(right));
    assert!(window.app().layout_line().is_none());
    // Files that are dropped come in any order.
    window.app().ask(FileCommand::Close);
    window.steps(3);
    let files = [7, 3, 11, 0, 10, 2, 1, 9, 4, 8, 6, 5].map(|number| folder.join(format!("tile{number}.png")));
    window.app().ask(FileCommand::Open(files.to_vec()));
    window.until("the files are open", |app| app.mosaic().placements.len() == 12 && !app.is_busy());
    assert!(window.app().mosaic().placements.iter().all(right));
}

#[test]
fn a_file_that_does_not_match_lies_below() {
    let mut window = Window::new();
    let folder = folder_of(&window, (4, 3), |column, row| format!("r{row}c{column}.png"));
    std::fs::copy(folder.join("r0c0.png"), folder.join("overview.png")).unwrap();
    open(&mut window, folder, 13);
    let other = window.app().mosaic().placements.iter().find(|placement| placement.name() == "overview.png").cloned();
    assert!(other.unwrap().position().y > f64::from(3 * SIDE), "below the others");
    assert!(window.app().layout_line().unwrap().ends_with("; 1 file does not match"));
    window.press("Change…");
    window.until("the names have been read", |app| app.layout_found().is_some());
    window.steps(3);
    window.harness.get_by_label("12 of 13 match");
    // The first of that name; the list of all tiles follows.
    window.harness.get_all_by_label("overview.png").next().unwrap().click();
    window.steps(3);
    assert_eq!(window.app().selection().placements.len(), 1);
    window.rest();
    let seen = window.app().view().visible(window.app().canvas_rect());
    assert!(seen.height() < 60, "the view shows it: {seen}");
}

fn set(window: &mut Window, form: LayoutForm) {
    window.app().ask(LayoutCommand::Set { form: Box::new(form), apply: true });
}

#[test]
fn a_session_of_changes_is_one_step() {
    let mut window = Window::with_tiles();
    let before = window.positions();
    for percent in [5.0, 10.0, 25.0] {
        let grid = Grid { overlap: (Length::Percent(percent), Length::Px(0.0)), ..Grid::across(2) };
        set(&mut window, LayoutForm { grid, ..LayoutForm::default() });
        window.steps(1);
    }
    window.until("it is laid out", |app| app.mosaic().placements[1].position().x == 240.0);
    assert_eq!(window.positions()[2], (0.0, 240.0));
    let grid = Grid { order: GridOrder::SnakeRows, start: Corner::BottomLeft, ..Grid::across(3) };
    set(&mut window, LayoutForm { grid, ..LayoutForm::default() });
    window.until("it is laid out", |app| app.mosaic().placements[0].position().y == 240.0);
    assert_eq!(window.positions()[3], (640.0, 0.0), "the second row runs back");
    window.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.positions(), before, "one step");
    assert!(!window.app().is_dirty());
    // After another edit, a new step.
    set(&mut window, LayoutForm { grid: Grid::across(6), ..LayoutForm::default() });
    window.until("it is laid out", |app| app.mosaic().placements[5].position().x == 1600.0);
    window.app().ask(EditCommand::SelectAll);
    window.app().ask(EditCommand::MoveSelected(mosaicist::geometry::Point::new(10.0, 0.0)));
    window.steps(2);
    set(&mut window, LayoutForm { grid: Grid::across(1), ..LayoutForm::default() });
    window.until("it is laid out", |app| app.mosaic().placements[5].position().y == 1200.0);
    assert_eq!(window.positions()[5], (10.0, 1200.0), "from where the tiles are");
    window.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.positions()[5], (1610.0, 0.0));
}

#[test]
fn the_form_moves_tiles_as_its_numbers_change() {
    let mut window = Window::with_tiles();
    window.app().ask(WindowCommand::ShowPanel("tiles"));
    window.steps(3);
    let across = window.harness.get_by_label("Tiles across").rect().center();
    window.drag(across, across - egui::vec2(10.0, 0.0), Modifiers::NONE);
    window.until("two in a row", |app| app.mosaic().placements[2].position().y == 240.0);
    let form = window.app().layout_form().clone();
    assert_eq!((form.source, form.grid.across), (PositionSource::Grid, Some(2)));
    window.harness.get_by_label("Overlap x").click();
    window.steps(2);
    window.type_over("400");
    window.key(Modifiers::NONE, Key::Enter);
    window.until("the form says why not", |app| app.layout_found().is_some_and(|found| found.is_err()));
    window.steps(2);
    assert!(window.harness.query_all_by_label_contains("is not smaller than the tiles").next().is_some());
}

#[test]
fn long_numbers_do_not_widen_the_panel() {
    let mut window = Window::with_tiles();
    window.app().ask(WindowCommand::ShowPanel("tiles"));
    window.steps(5);
    let before = window.app().canvas_rect();
    for name in ["Overlap x", "Overlap y"] {
        window.harness.get_by_label(name).click();
        window.steps(2);
        window.type_over("-123456789123.25");
        window.key(Modifiers::NONE, Key::Enter);
        window.steps(5);
    }
    assert!(window.harness.get_by_label("Overlap y").rect().width() > 100.0);
    assert_eq!(window.app().canvas_rect(), before);
}

#[test]
fn locked_tiles_stay_and_selected_ones_are_laid_out_alone() {
    let mut window = Window::with_tiles();
    let ids: Vec<_> = window.app().mosaic().placements.iter().map(|placement| placement.id).collect();
    window.app().ask(EditCommand::Select { ids: PlacementIds::from_iter([ids[4], ids[5]]), add: false });
    window.steps(2);
    set(&mut window, LayoutForm { grid: Grid::across(1), ..LayoutForm::default() });
    window.until("it is laid out", |app| app.mosaic().placements[5].position().x == 320.0);
    let expected = [(0.0, 0.0), (320.0, 0.0), (640.0, 0.0), (0.0, 240.0), (320.0, 240.0), (320.0, 480.0)];
    assert_eq!(window.positions(), expected);
}

#[test]
fn positions_are_written_and_read() {
    let mut window = Window::with_tiles();
    let grid = Grid { overlap: (Length::Px(7.0), Length::Px(3.0)), ..Grid::across(2) };
    set(&mut window, LayoutForm { grid, ..LayoutForm::default() });
    window.until("it is laid out", |app| app.mosaic().placements[1].position().x == 313.0);
    let laid_out = window.positions();
    for (format, name) in [("fiji", "TileConfiguration.txt"), ("csv", "p.csv"), ("vrt", "mosaic.vrt")] {
        let path = window.folder.path().join("tiles").join(name);
        *window.picker.0.lock().unwrap() = vec![path.clone()];
        window.app().ask(LayoutCommand::AskExport(format));
        window.until("it is written", |app| app.notices().iter().any(|notice| notice.contains(name)));
        set(&mut window, LayoutForm { grid: Grid::across(6), ..LayoutForm::default() });
        window.until("otherwise", |app| app.mosaic().placements[5].position().y == 0.0);
        window.app().ask(LayoutCommand::AskPositions);
        window.until("as it was written", |app| app.mosaic().placements[5].position().y > 0.0);
        assert_eq!(window.positions(), laid_out, "{name}");
        assert_eq!(window.app().layout_form().file.as_deref(), Some(&*path));
    }
    window.app().ask(WindowCommand::ShowPanel("tiles"));
    window.steps(3);
    window.harness.get_by_label("6 of 6 have a position");
    window.press("Metadata");
    window.until("it says why not", |app| app.layout_found().is_some_and(|found| found.is_err()));
    window.steps(2);
    assert!(window.harness.query_all_by_label_contains("no tile tells its position").next().is_some());
    assert_eq!(window.positions(), laid_out, "nothing moved");
}

/// Show the Tiles tab in a window so high that all of it is in view.
fn show_list(window: &mut Window) {
    window.harness.set_size(egui::vec2(1200.0, 2400.0));
    window.app().ask(WindowCommand::ShowPanel("tiles"));
    window.steps(4);
}

fn names(window: &mut Window) -> Vec<String> {
    window.app().mosaic().placements.iter().map(Placement::name).collect()
}

#[test]
fn the_list_searches_sorts_and_selects() {
    let mut window = Window::with_tiles();
    show_list(&mut window);
    window.until_shown("t0.png");
    let ids: Vec<_> = window.app().mosaic().placements.iter().map(|placement| placement.id).collect();
    window.press("t1.png");
    assert_eq!(window.app().selection().placements.as_ref(), &PlacementIds::from_iter([ids[1]]));
    let at = |window: &Window, name: &str| window.harness.get_by_label(name).rect().center();
    for (name, modifiers, expected) in [
        ("t3.png", Modifiers::SHIFT, vec![1, 2, 3]),
        ("t0.png", Modifiers::COMMAND, vec![0, 1, 2, 3]),
        ("t2.png", Modifiers::COMMAND, vec![0, 1, 3]),
        ("t4.png", Modifiers::NONE, vec![4]),
    ] {
        let pos = at(&window, name);
        window.harness.event(egui::Event::PointerMoved(pos));
        window.harness.event(egui::Event::ModifiersChanged(modifiers));
        window.button(pos, true, modifiers);
        window.steps(1);
        window.button(pos, false, modifiers);
        window.steps(2);
        window.harness.event(egui::Event::ModifiersChanged(Modifiers::NONE));
        // Two clicks in a short time are a double click.
        window.steps(20);
        let expected = expected.into_iter().map(|number: usize| ids[number]).collect();
        assert_eq!(window.app().selection().placements.as_ref(), &expected, "{name}");
    }
    window.harness.get_by_label("Search tiles").focus();
    window.steps(2);
    window.type_over("T5");
    window.until_shown("1 of 6");
    assert!(window.shows("t5.png") && !window.shows("t0.png"));
}

#[test]
fn the_list_follows_the_canvas() {
    let mut window = Window::new();
    let folder = folder_of(&window, (10, 10), |column, row| format!("t{:02}.png", row * 10 + column));
    open(&mut window, folder, 100);
    show_list(&mut window);
    window.until_shown("t00.png");
    assert!(!window.shows("t77.png"), "only what is in view is drawn");
    let id = window.app().mosaic().placements.iter().find(|placement| placement.name() == "t77.png").unwrap().id;
    window.app().ask(EditCommand::Select { ids: PlacementIds::from_iter([id]), add: false });
    window.until_shown("t77.png");
    assert!(!window.shows("t00.png"));
    // What lies out of view is shown.
    window.app().ask(ViewCommand::Zoom(Zoom::Show(Rect::new(0, 0, 40, 40))));
    window.steps(2);
    window.rest();
    window.press("t78.png");
    window.rest();
    let visible = window.app().view().visible(window.app().canvas_rect());
    assert!(visible.contains(Rect::new(160, 140, 180, 160)), "{visible}");
}

#[test]
fn problems_are_told_and_mended() {
    let mut window = Window::with_tiles();
    show_list(&mut window);
    window.until_shown("None found");
    let again = window.folder.path().join("tiles/t2.png");
    window.app().ask(FileCommand::Open(vec![again]));
    window.until("it is there twice", |app| app.mosaic().placements.len() == 7);
    window.until_shown("1 tile shows a file again");
    window.press("1 tile shows a file again");
    let last = window.app().mosaic().placements[6].id;
    assert_eq!(window.app().selection().placements.as_ref(), &PlacementIds::from_iter([last]));
    window.press("Remove duplicates");
    assert_eq!(window.app().mosaic().placements.len(), 6);
    window.until_shown("None found");
    window.key(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.app().mosaic().placements.len(), 7);
}

#[test]
fn each_missing_part_is_listed_with_its_extent_and_shown() {
    let mut window = Window::new();
    let path = window.folder.path().join("cut.jpg");
    let picture = Pattern::new(Size::new(640, 480), 3, SampleType::U8);
    let pixels = picture.read(Region::new(0, picture.info().whole(0))).unwrap();
    mosaicist::export::write_image(&path, &pixels, Color::Rgb, 90).unwrap();
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() * 6 / 10]).unwrap();
    window.open(path.clone());
    show_list(&mut window);
    window.until_shown("1 image is damaged in parts");
    let lost = window.app().losses_of(&path.clone().into());
    let [(text, Some(place))] = &*lost else { panic!("{lost:?}") };
    let rows = text.split_once("(rows ").and_then(|(_, rest)| rest.strip_suffix(" to 479 of 480)")).unwrap();
    assert_eq!(*place, Rect::new(0, rows.parse().unwrap(), 640, 480), "{text}");
    let line = text.strip_prefix(&*path.parent().unwrap().join("").to_string_lossy()).unwrap().to_owned();
    window.until_shown(&line);
    let all = window.app().mosaic().bounds();
    window.app().ask(ViewCommand::Zoom(Zoom::Show(Rect::new(0, 0, 30, 30))));
    window.rest();
    window.press(&line);
    window.rest();
    let visible = window.app().view().visible(window.app().canvas_rect());
    assert!(visible.contains(*place) && all.contains(*place), "{visible}");
    assert_eq!(window.app().selection().placements.len(), 1);
    // The whole file is there again.
    std::fs::write(&path, &whole).unwrap();
    window.press("Retry");
    window.until_shown("None found");
}

#[test]
fn moved_files_are_found_again() {
    let mut window = Window::with_tiles();
    let project = window.folder.path().join("p.mosaic");
    window.app().ask(FileCommand::SaveTo(project.clone()));
    window.until("it is saved", |app| app.notices().iter().any(|n| n.contains("Saved")));
    let before = window.positions();
    window.app().ask(FileCommand::Close);
    window.steps(3);
    let moved = window.folder.path().join("elsewhere/deep/tiles");
    std::fs::create_dir_all(moved.parent().unwrap()).unwrap();
    std::fs::rename(window.folder.path().join("tiles"), &moved).unwrap();
    window.app().ask(FileCommand::Open(vec![project]));
    window.until("it is open", |app| app.mosaic().placements.len() == 6);
    show_list(&mut window);
    window.until_shown("6 files are missing");
    *window.picker.0.lock().unwrap() = vec![window.folder.path().join("elsewhere")];
    window.press("Find…");
    window.until("they are found", |app| app.notices().iter().any(|n| n == "Found 6 of 6 missing files"));
    let there = |placement: &Placement| placement.image.path.starts_with(&moved);
    assert!(window.app().mosaic().placements.iter().all(there));
    assert_eq!(window.positions(), before, "where they were");
    window.until("the picture is sharp", |app| app.is_sharp());
    window.until_shown("None found");
    assert_eq!(names(&mut window)[0], "t0.png");
    window.key(Modifiers::COMMAND, Key::Z);
    assert!(!window.app().mosaic().placements.iter().any(there), "one step");
}

#[test]
fn a_watched_folder_adds_what_arrives() {
    let mut window = Window::new();
    let folder = folder_of(&window, (3, 2), |column, row| format!("r{row}_c{column}.png"));
    open(&mut window, folder.clone(), 6);
    window.app().ask(WindowCommand::ShowPanel("tiles"));
    window.app().ask(LayoutCommand::Watch(true));
    window.until_shown("named: 0 added");
    window.rest();
    let view = window.app().view();
    std::fs::copy(folder.join("r0_c0.png"), folder.join("r2_c1.png")).unwrap();
    window.until("it is added", |app| app.mosaic().placements.len() == 7);
    assert_eq!(window.positions()[6], (f64::from(SIDE), f64::from(2 * SIDE)));
    assert_eq!(window.app().view(), view, "the view stays");
    window.until_shown("named: 1 added");
    window.press("Watch the folder");
    assert!(!window.shows("named: 1 added"));
}

#[test]
fn a_portable_project_has_its_files_beside_it() {
    let mut window = Window::with_tiles();
    let project = window.folder.path().join("sent/p.mosaic");
    std::fs::create_dir(project.parent().unwrap()).unwrap();
    *window.picker.0.lock().unwrap() = vec![project.clone()];
    window.app().ask(FileCommand::AskPortable);
    window.until("it is saved", |app| app.notices().iter().any(|notice| notice.contains("Saved")));
    assert!(window.app().project().is_none(), "the tab stays as it is");
    std::fs::remove_dir_all(window.folder.path().join("tiles")).unwrap();
    window.app().ask(FileCommand::Open(vec![project]));
    window.until("it is open", |app| app.project().is_some());
    window.until("the picture is sharp", |app| app.is_sharp());
    let folder = window.folder.path().join("sent/p files");
    assert!(window.app().mosaic().placements.iter().all(|tile| tile.image.path.starts_with(&folder)));
    assert_eq!(window.app().mosaic().placements.len(), 6);
}
