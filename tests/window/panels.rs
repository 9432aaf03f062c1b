//! Panels and dialogs that show what a file holds: its pages, its properties, its neighbors, its bytes.

use std::path::Path;

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use mosaicist::app::{
    Command, DisplayChange, ExportCommand, FileCommand, Launch, RegionCommand, ViewCommand, WindowCommand, Zoom,
};
use mosaicist::export::{Compression, Format};
use mosaicist::geometry::{Rect, Size};
use mosaicist::source::RawType;

use crate::driver::Window;

/// 2 series of 3 Z-slices, 40 × 30, each page filled with its number.
fn write_series(path: &Path) {
    let series = |number: usize, name: &str| {
        format!(
            r#"<Image ID="Image:{number}" Name="{name}"><Pixels ID="Pixels:{number}" DimensionOrder="XYZCT" Type="uint8" SizeX="40"
 SizeY="30" SizeZ="3" SizeC="1" SizeT="1" PhysicalSizeX="0.5" PhysicalSizeY="0.5"><Channel ID="Channel:{number}:0"/>
<TiffData IFD="{}" PlaneCount="3"/></Pixels></Image>"#,
            number * 3
        )
    };
    write_planes(path, &format!("{}{}", series(0, "Left"), series(1, "Right")));
}

/// 2 channels of 3 Z-slices, likewise.
pub(super) fn write_channels(path: &Path) {
    let image = r#"<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint8" SizeX="40" SizeY="30" SizeZ="3"
 SizeC="2" SizeT="1" PhysicalSizeX="0.5" PhysicalSizeY="0.5"><Channel ID="Channel:0:0" Name="DAPI"/><Channel ID="Channel:0:1" Name="FITC"/><TiffData/></Pixels></Image>"#;
    write_planes(path, image);
}

/// The six pages that `images` describe.
fn write_planes(path: &Path, images: &str) {
    let xml = r#"<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">"#;
    let xml = format!("{xml}{images}</OME>");
    let mut encoder = tiff::encoder::TiffEncoder::new(std::fs::File::create(path).unwrap()).unwrap();
    for number in 0..6u8 {
        let mut image = encoder.new_image::<tiff::encoder::colortype::Gray8>(40, 30).unwrap();
        if number == 0 {
            image.encoder().write_tag(tiff::tags::Tag::ImageDescription, xml.as_str()).unwrap();
        }
        image.write_data(&[number * 40; 40 * 30]).unwrap();
    }
}

fn page(window: &mut Window) -> u32 {
    window.app().mosaic().placements[0].image.number()
}

#[test]
fn pages_are_turned_by_keys_along_each_axis() {
    let mut window = Window::new();
    let path = window.folder.path().join("planes.ome.tif");
    write_series(&path);
    window.open(path);
    window.until("its properties are read", |app| app.is_described());
    window.steps(2);
    window.harness.get_by_label("1 / 6");
    window.harness.get_by_label("Z-slice");
    let alt_shift = Modifiers::ALT | Modifiers::SHIFT;
    let command_shift = Modifiers::COMMAND | Modifiers::SHIFT;
    for (modifiers, key, expected) in [
        (Modifiers::COMMAND, Key::PageDown, 1),
        (Modifiers::ALT, Key::PageDown, 2),
        (Modifiers::ALT, Key::PageDown, 2),
        (command_shift, Key::PageDown, 5),
        (alt_shift, Key::PageDown, 5),
        (Modifiers::ALT, Key::PageUp, 4),
        (command_shift, Key::PageUp, 1),
        (Modifiers::COMMAND, Key::PageUp, 0),
    ] {
        window.key(modifiers, key);
        window
            .until("the page is shown", |app| app.mosaic().placements[0].image.number() == expected && app.is_sharp());
        // What the page says is known before it can be turned further.
        window.until("its properties are read", |app| app.is_described());
    }
    assert_eq!(page(&mut window), 0);
    window.app().ask(FileCommand::Close);
    window.steps(3);
    assert!(window.app().mosaic().placements.is_empty(), "looking at pages changes nothing that could be lost");
}

#[test]
fn z_slices_of_channels_change_in_all_channels() {
    let mut window = Window::new();
    let path = window.folder.path().join("planes.ome.tif");
    write_channels(&path);
    window.open(path);
    window.until("its properties are read", |app| app.is_described());
    window.steps(2);
    window.harness.get_by_label("Show FITC");
    window.app().ask(Command::Display(DisplayChange::Color(0, [255, 0, 0])));
    window.app().ask(Command::Display(DisplayChange::Color(1, [0, 255, 0])));
    window.key(Modifiers::ALT, Key::PageDown);
    window.until("the Z-slice is shown", |app| app.mosaic().placements[0].image.number() == 1 && app.is_sharp());
    window.app().ask(RegionCommand::Add(Rect::new(0, 0, 4, 4)));
    window.steps(2);
    assert_eq!(window.copied().pixels[0], egui::Color32::from_rgb(40, 160, 0), "pages 1 and 4 of the file");
    let channels = &window.app().display().unwrap().channels;
    assert_eq!((channels[1].name.as_str(), channels[1].color), ("FITC", [0, 255, 0]), "as it was set");
}

#[test]
fn properties_are_searched() {
    let mut window = Window::new();
    let path = window.folder.path().join("planes.ome.tif");
    write_series(&path);
    window.open(path);
    window.until("its properties are read", |app| app.is_described());
    window.app().ask(WindowCommand::ShowPanel("info"));
    window.steps(3);
    window.harness.get_by_label("mpp_x");
    window.harness.get_by_label("file_bytes");
    let field = window.harness.get_all_by_role(egui::accesskit::Role::TextInput).next().unwrap();
    field.focus();
    window.steps(2);
    window.harness.event(egui::Event::Text("MPP".into()));
    window.steps(3);
    window.harness.get_by_label("mpp_x");
    assert!(window.harness.query_by_label("file_bytes").is_none(), "only what is searched for");
}

#[test]
fn properties_follow_the_mouse_and_stay_over_the_panel() {
    let mut window = Window::with_tiles();
    window.app().ask(WindowCommand::ShowPanel("info"));
    window.steps(3);
    assert!(window.harness.query_by_label_contains("Of t").is_none(), "nothing is pointed at yet");
    let over = window.at(480.0, 120.0);
    window.harness.event(egui::Event::PointerMoved(over));
    window.until("its properties are read", |app| app.is_described());
    window.steps(2);
    let panel = window.harness.get_by_label("Of t1.png").rect().center();
    window.harness.event(egui::Event::PointerMoved(panel));
    window.steps(3);
    window.harness.get_by_label("Of t1.png");
}

#[test]
fn next_file_keeps_the_view() {
    let mut window = Window::new();
    let path = window.folder.path().join("tiles/t4.png");
    window.open(path);
    window.app().ask(ViewCommand::Zoom(Zoom::By(3.0)));
    window.steps(1);
    window.rest();
    let view = window.app().view();
    for (key, name) in [(Key::PageDown, "t5.png"), (Key::PageDown, "t0.png"), (Key::PageUp, "t5.png")] {
        window.key(Modifiers::NONE, key);
        window.until("the file is shown", |app| app.mosaic().placements[0].name() == name && app.is_sharp());
        assert_eq!(window.app().view(), view);
    }
    assert_eq!(window.app().tab_ids().len(), 1);
}

#[test]
fn a_raw_file_is_previewed_while_its_layout_is_edited() {
    let mut window = Window::new();
    let path = window.folder.path().join("camera.bin");
    let samples: Vec<u8> = (0..640u32 * 480).flat_map(|i| ((i % 640) as u16).to_be_bytes()).collect();
    std::fs::write(&path, samples).unwrap();
    window.app().start(Launch::Files(vec![path]));
    window.until_shown("camera.bin cannot be opened");
    window.press("Import raw…");
    window.until("the dialog asks", |app| app.raw_form().is_some_and(|form| form.is_shown()));
    let form = window.app().raw_form().unwrap();
    assert!(form.guesses.iter().any(|guess| guess.size == Size::new(640, 480)), "{:?}", form.guesses);
    (form.layout.size, form.layout.bands) = (Size::new(640, 481), 1);
    (form.layout.sample, form.layout.big_endian) = (RawType::U16, true);
    window.until("the numbers are tried", |app| app.raw_form().unwrap().is_shown());
    assert!(window.app().raw_form().unwrap().reason().is_some(), "the file is too short for that");
    window.app().raw_form().unwrap().fill_height();
    window.until("the numbers are tried", |app| app.raw_form().unwrap().is_shown());
    assert_eq!((window.app().raw_form().unwrap().left_over(), window.app().raw_form().unwrap().reason()), (0, None));
    window.steps(2);
    window.harness.get_by_label("Open").click();
    window.until("it is open", |app| app.mosaic().placements.len() == 1);
    assert_eq!(window.app().mosaic().placements[0].size, Size::new(640, 480));
    window.until("it is sharp", |app| app.is_sharp());
}

#[test]
fn export_dialog_shows_passthrough_and_every_field() {
    let mut window = Window::with_tiles();
    let out = window.folder.path().join("whole.tif");
    window.app().ask(ExportCommand::Show(None));
    window.steps(2);
    let form = window.app().export_form().unwrap();
    (form.format, form.compression) = (Format::Tiff, Some(Compression::Jpeg));
    form.path = out.to_string_lossy().into_owned();
    form.scale = 0.75;
    window.app().ask(ExportCommand::Start);
    window.until("it is written", |app| app.notices().iter().any(|n| n.contains("Exported")));
    window.app().ask(WindowCommand::DismissNotices);
    window.app().ask(FileCommand::OpenTab(vec![out]));
    window.until("it is open", |app| app.tab_ids().len() == 2 && !app.is_busy());
    assert_eq!(window.app().mosaic().placements[0].size, Size::new(720, 360), "at three quarters");
    window.app().ask(ExportCommand::Show(None));
    window.steps(2);
    let form = window.app().export_form().unwrap();
    (form.format, form.compression, form.quality) = (Format::Tiff, Some(Compression::Jpeg), 85);
    window.until("it is found how it would go", |app| app.is_previewed());
    window.steps(2);
    window.harness.get_by_label_contains("tiles are copied without decoding");
    window.app().export_form().unwrap().copy_tiles = false;
    window.until("it is found anew", |app| app.is_previewed());
    window.steps(2);
    assert!(window.harness.query_by_label_contains("tiles are copied without decoding").is_none());
}

#[test]
fn an_export_is_converted_to_the_chosen_color_profile() {
    let mut window = Window::with_tiles();
    let out = window.folder.path().join("wide.tif");
    window.app().ask(ExportCommand::Show(None));
    window.steps(8);
    let form = window.app().export_form().unwrap();
    (form.format, form.compression) = (Format::Tiff, Some(Compression::None));
    form.path = out.to_string_lossy().into_owned();
    window.steps(4);
    window.press("More");
    window.steps(20);
    let label = window.place_of("Color profile");
    window.click_at(label.left_center() + egui::vec2(170.0, 0.0));
    window.steps(4);
    window.press("Display P3");
    assert_eq!(window.app().export_form().unwrap().profile, Some("display-p3"));
    window.app().ask(ExportCommand::Start);
    window.until("it is written", |app| app.notices().iter().any(|n| n.contains("Exported")));
    let written = mosaicist::source::open_image(&out.into()).unwrap();
    let profile = mosaicist::display::Profile::new(written.info().icc.as_ref().unwrap()).unwrap();
    assert!(!profile.is_srgb(), "the output carries the profile");
}

#[test]
fn clicking_a_history_step_restores_it() {
    let mut window = Window::with_tiles();
    for x in 0..3 {
        window.app().ask(RegionCommand::Add(Rect::new(x * 50, 0, x * 50 + 40, 40)));
    }
    window.app().ask(WindowCommand::ShowPanel("history"));
    window.steps(3);
    for (step, regions) in [("1. Draw region", 1), ("0. Opened", 0), ("3. Draw region", 3), ("2. Draw region", 2)] {
        window.press(step);
        assert_eq!(window.app().mosaic().regions.len(), regions, "{step}");
    }
    window.key(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    assert_eq!(window.app().mosaic().regions.len(), 3, "the third step could still be redone");
}

#[test]
fn diagnostics_name_the_documents_the_failures_and_the_log() {
    let mut window = Window::new();
    let folder = window.folder.path().to_owned();
    window.app().keep_in(&folder);
    std::fs::write(folder.join("log.txt"), "a line of the log\n").unwrap();
    std::fs::write(folder.join("tiles/t1.png"), "no image").unwrap();
    window.open(folder.join("tiles"));
    window.press("Help");
    let rect = window.harness.get_by_label_contains("Copy diagnostics").rect().center();
    window.move_to(rect);
    window.button(rect, true, Modifiers::NONE);
    window.steps(1);
    window.button(rect, false, Modifiers::NONE);
    let text = window.next_copied(|command| match command {
        egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    let lines = ["Mosaicist ", "Document: tiles (6 images), 6 images, ", "t1.png", "a line of the log"];
    for line in lines {
        assert!(text.contains(line), "{line:?} is not in {text}");
    }
}
