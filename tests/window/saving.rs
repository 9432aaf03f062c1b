//! Where files are written: the typed path's purpose, questions before anything is replaced, the names proposed.

use std::path::Path;
use std::sync::atomic::Ordering;

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use mosaicist::app::{ExportCommand, FileCommand, RegionCommand, Shot, ViewCommand, WindowCommand};
use mosaicist::export::Format;
use mosaicist::geometry::Rect;

use crate::driver::Window;

const SAVE_AS: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

impl Window {
    /// Tiles, and no dialog of the system.
    fn without_dialogs() -> Self {
        let window = Self::with_tiles();
        window.picker.1.store(true, Ordering::Relaxed);
        window
    }

    /// Save what is open as `name` in the window's folder.
    fn saved_as(&mut self, name: &str) -> std::path::PathBuf {
        let path = self.folder.path().join(name);
        self.app().ask(FileCommand::SaveTo(path.clone()));
        self.until("it is saved", |app| !app.is_dirty() && app.project().is_some());
        self.app().ask(WindowCommand::DismissNotices);
        self.steps(2);
        path
    }

    /// The path in the export dialog, once the name has been looked for.
    fn proposed(&mut self) -> String {
        self.steps(3);
        for _ in 0..20 {
            std::thread::sleep(std::time::Duration::from_millis(5));
            self.steps(1);
        }
        let folder = self.folder.path().to_string_lossy().into_owned();
        let path = self.app().export_form().unwrap().path.clone();
        path.strip_prefix(&format!("{folder}/")).unwrap_or(&path).to_owned()
    }
}

#[test]
fn typed_locations_open_with_any_extension() {
    let mut window = Window::without_dialogs();
    let project = window.saved_as("p.mosaic");
    window.key(Modifiers::COMMAND, Key::W);
    window.open(window.folder.path().join("tiles"));
    window.app().ask(RegionCommand::Add(Rect::new(5, 6, 70, 80)));
    window.steps(2);
    let before = std::fs::read(&project).unwrap();
    window.key(Modifiers::COMMAND, Key::L);
    window.until_shown("Open location");
    window.type_over(&project.to_string_lossy());
    assert!(window.shows("Open location") && !window.shows("Save project as"));
    window.key(Modifiers::NONE, Key::Enter);
    window.until("the project is open", |app| app.project().is_some());
    assert_eq!(window.app().tab_ids().len(), 2);
    assert!(window.app().mosaic().regions.is_empty());
    assert_eq!(std::fs::read(&project).unwrap(), before, "nothing was written");
}

#[test]
fn a_location_typed_to_save_is_saved_with_its_ending() {
    let mut window = Window::without_dialogs();
    window.key(SAVE_AS, Key::S);
    window.until_shown("Save project as");
    window.type_over(&window.folder.path().join("plain").to_string_lossy());
    assert!(window.shows("Save project as") && !window.shows("Open location"));
    window.press("Save");
    let plain = window.folder.path().join("plain.mosaic");
    window.until("it is saved", |app| app.project().is_some());
    assert_eq!(window.app().project(), Some(&*plain));
    assert!(plain.is_file());
    // An image's name is no exception.
    let image = window.folder.path().join("tiles/t0.png");
    let before = std::fs::read(&image).unwrap();
    window.key(SAVE_AS, Key::S);
    window.until_shown("Save project as");
    window.type_over(&image.to_string_lossy());
    window.key(Modifiers::NONE, Key::Enter);
    let named = window.folder.path().join("tiles/t0.png.mosaic");
    window.until("it is saved", |app| app.project() == Some(&*named));
    assert_eq!(std::fs::read(&image).unwrap(), before);
}

#[test]
fn saving_over_a_file_asks_with_its_size_and_date() {
    let mut window = Window::without_dialogs();
    let there = window.folder.path().join("there.mosaic");
    std::fs::write(&there, "x".repeat(3000)).unwrap();
    let ask = |window: &mut Window| {
        window.key(SAVE_AS, Key::S);
        window.until_shown("Save project as");
        window.type_over(&there.to_string_lossy());
        window.key(Modifiers::NONE, Key::Enter);
        window.until_shown("Replace there.mosaic?");
    };
    ask(&mut window);
    assert!(window.harness.query_by_label_contains("there.mosaic: file, 2.93 KiB, modified 2").is_some());
    window.press("Cancel");
    assert!(window.app().project().is_none());
    assert_eq!(std::fs::metadata(&there).unwrap().len(), 3000, "nothing has changed");
    ask(&mut window);
    window.press("Replace");
    window.until("it is saved", |app| app.project().is_some());
    assert_eq!(mosaicist::mosaic::load(&there).unwrap().placements.len(), 6);
}

#[test]
fn the_project_of_another_tab_is_not_saved_over() {
    let mut window = Window::with_tiles();
    let project = window.saved_as("p.mosaic");
    let before = std::fs::read(&project).unwrap();
    window.open_beside(1);
    let mut names = vec![project.clone(), window.folder.path().join("tiles/../p.mosaic")];
    #[cfg(unix)]
    {
        let link = window.folder.path().join("link.mosaic");
        std::os::unix::fs::symlink(&project, &link).unwrap();
        names.push(link);
    }
    for name in names {
        window.app().ask(WindowCommand::DismissNotices);
        *window.picker.0.lock().unwrap() = vec![name];
        window.key(SAVE_AS, Key::S);
        window.until("it is refused", |app| {
            app.notices().iter().any(|notice| notice.contains("p.mosaic is open in another tab"))
        });
        assert!(window.app().project().is_none());
        assert_eq!(std::fs::read(&project).unwrap(), before);
    }
}

#[test]
fn an_open_project_is_shown_and_not_opened_twice() {
    let mut window = Window::with_tiles();
    let project = window.saved_as("p.mosaic");
    let first = window.app().current_tab();
    window.open_beside(1);
    window.app().ask(FileCommand::OpenTab(vec![project]));
    window.until("its tab is shown", |app| app.current_tab() == first && !app.is_busy());
    assert_eq!(window.app().tab_ids().len(), 2);
}

#[test]
fn a_picture_of_the_view_never_replaces_an_open_image() {
    let mut window = Window::with_tiles();
    let image = window.folder.path().join("tiles/t3.png");
    let before = std::fs::read(&image).unwrap();
    *window.picker.0.lock().unwrap() = vec![image.clone()];
    window.app().ask(ViewCommand::Shot(Shot::AskPath));
    window.until("it is refused", |app| app.notices().iter().any(|notice| notice.contains("which this job reads")));
    assert_eq!(std::fs::read(&image).unwrap(), before);
}

#[test]
fn exports_are_named_after_the_document_beside_it() {
    let mut window = Window::with_tiles();
    window.app().ask(ExportCommand::Show(None));
    assert_eq!(window.proposed(), "tiles.dzi", "a folder of tiles: beside that folder");
    window.app().export_form().unwrap().choose(Format::Zoomify);
    assert_eq!(window.proposed(), "tiles-2", "the folder itself is taken");
    window.app().export_form().unwrap().choose(Format::Tiff);
    std::fs::write(window.folder.path().join("tiles-2.png"), "").unwrap();
    assert_eq!(window.proposed(), "tiles-2.tif", "only the ending changes");
    window.app().export_form().unwrap().choose(Format::Png);
    assert_eq!(window.proposed(), "tiles-3.png", "unless that is taken");
    window.app().export_form().unwrap().path = "typed.png".into();
    window.app().export_form().unwrap().choose(Format::Jpeg);
    assert_eq!(window.proposed(), "typed.jpg", "what the user has typed stays");
    window.key(Modifiers::NONE, Key::Escape);

    // A region's own name; a region chosen in the dialog is named, too.
    window.app().ask(RegionCommand::Add(Rect::new(5, 6, 70, 80)));
    window.app().ask(RegionCommand::Add(Rect::new(5, 6, 90, 90)));
    window.steps(2);
    let ids: Vec<_> = window.app().mosaic().regions.iter().map(|region| region.id).collect();
    window.app().ask(RegionCommand::Rename(ids[0], "Left: top/1".into()));
    window.app().ask(ExportCommand::Show(Some(ids[0])));
    assert_eq!(window.proposed(), "Left_ top_1.tif");
    window.app().export_form().unwrap().region = Some(ids[1]);
    assert_eq!(window.proposed(), "Region 2.tif");
    window.key(Modifiers::NONE, Key::Escape);

    // Beside the project, by its name.
    std::fs::create_dir(window.folder.path().join("projects")).unwrap();
    window.saved_as("projects/liver.mosaic");
    std::fs::write(window.folder.path().join("projects/liver.dzi"), "").unwrap();
    window.app().ask(RegionCommand::Select(None));
    window.app().ask(ExportCommand::Show(None));
    assert_eq!(window.proposed(), "projects/liver-2.dzi");
    window.press("Start");
    window.until("it is written", |app| app.notices().iter().any(|notice| notice.contains("Exported")));
    assert!(window.folder.path().join("projects/liver-2.dzi").is_file());

    // One image: its own name without the ending, in the folder of the last export.
    window.open_beside(4);
    window.app().ask(ExportCommand::Show(None));
    assert_eq!(window.proposed(), "projects/t4.dzi");
}

#[test]
fn an_image_alone_is_exported_beside_itself_under_a_free_name() {
    let mut window = Window::new();
    window.open(window.folder.path().join("tiles/t0.png"));
    window.app().ask(ExportCommand::Show(None));
    assert_eq!(window.proposed(), "tiles/t0.dzi");
    window.app().export_form().unwrap().choose(Format::Png);
    assert_eq!(window.proposed(), "tiles/t0-2.png");
}

/// Start an export to `out`, which something stands at, by the mouse.
fn press_start(window: &mut Window, format: Format, out: &Path) {
    window.app().ask(ExportCommand::Show(None));
    window.steps(2);
    let form = window.app().export_form().unwrap();
    form.choose(format);
    form.path = out.to_string_lossy().into_owned();
    window.until("it is planned", |app| app.is_previewed());
    window.press("Start");
}

#[test]
fn the_export_dialog_says_that_there_is_no_such_folder() {
    let mut window = Window::with_tiles();
    let (folder, missing) = (window.folder.path().to_owned(), window.folder.path().join("later"));
    window.app().ask(ExportCommand::Show(None));
    window.steps(3);
    window.app().export_form().unwrap().path = missing.join("out.dzi").to_string_lossy().into_owned();
    let told = format!(
        "{}: there is no folder {}; create it, or choose another",
        missing.join("out.dzi").display(),
        missing.display()
    );
    window.until_shown(&told);
    std::fs::create_dir(&missing).unwrap();
    // A name alone is one in the folder that was proposed.
    window.app().export_form().unwrap().path = "alone".into();
    window.until("it is planned", |app| app.is_previewed());
    window.app().ask(ExportCommand::Start);
    window.until("it is written", |app| app.notices().iter().any(|notice| notice.contains("Exported")));
    assert!(folder.join("alone.dzi").is_file(), "{:?}", window.app().notices());
}

#[test]
fn export_asks_before_replacing_a_file() {
    let mut window = Window::with_tiles();
    let out = window.folder.path().join("out.png");
    std::fs::write(&out, "mine").unwrap();
    press_start(&mut window, Format::Png, &out);
    window.until_shown("Replace out.png?");
    window.press("Cancel");
    assert!(window.app().export_form().is_some(), "the dialog is still open");
    assert_eq!(std::fs::read(&out).unwrap(), b"mine");
    assert!(!window.app().is_busy());
    window.press("Start");
    window.until_shown("Replace out.png?");
    window.press("Replace");
    window.until("it is written", |app| app.notices().iter().any(|notice| notice.contains("Exported")));
    assert_eq!(crate::whole(&out).size(), mosaicist::geometry::Size::new(960, 480));
}

/// All files below the window's folder and what is in them.
fn contents(window: &Window) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    fn walk(folder: &Path, found: &mut Vec<(std::path::PathBuf, Vec<u8>)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                found.push((path, bytes));
            }
        }
    }
    let mut found = Vec::new();
    walk(window.folder.path(), &mut found);
    found.sort();
    found
}

#[test]
fn an_output_that_is_or_holds_an_image_is_refused_in_the_dialog() {
    let mut window = Window::with_tiles();
    let foreign = window.folder.path().join("foreign");
    std::fs::create_dir(&foreign).unwrap();
    std::fs::write(foreign.join("letter.txt"), "mine").unwrap();
    let before = contents(&window);
    for (format, name, reason) in [
        (Format::Png, "tiles/t0.png", "which this job reads"),
        // Spelled otherwise than the name that is proposed, which would give way.
        (Format::Patches, "tiles/../tiles", "which this job reads"),
        (Format::Zoomify, "tiles/.", "which this job reads"),
        (Format::Patches, ".", "which this job reads"),
        (Format::Zoomify, "foreign", "no earlier output of this format"),
    ] {
        let out = window.folder.path().join(name);
        press_start(&mut window, format, &out);
        window.steps(10);
        let told = window.harness.query_all_by_label_contains(reason).count();
        let told_instead = (window.app().preview_text(), window.app().notices());
        assert!(told > 0, "{format:?} to {name} is refused with its reason: {told_instead:?}");
        assert!(window.app().export_form().is_some() && !window.app().is_busy(), "{format:?} to {name}");
        assert!(!window.shows("Replace"), "there is nothing to agree to");
        assert!(contents(&window) == before, "{format:?} to {name} left every byte");
        window.press("Close");
    }
}
