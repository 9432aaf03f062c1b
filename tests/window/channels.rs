//! Channels stored as pages: all are shown together, and only those switched on are decoded.

use std::path::PathBuf;
use std::sync::Arc;

use egui_kittest::kittest::Queryable as _;
use mosaicist::app::{Command, DisplayChange, ExportCommand, FileCommand, RegionCommand, TabCommand};
use mosaicist::export::{Compression, ExportOptions, Format, run};
use mosaicist::geometry::{Rect, Size};
use mosaicist::job::Progress;
use mosaicist::pixels::{ChannelName, SampleType};
use mosaicist::source::testing::Pattern;
use mosaicist::source::{Joined, Source};

use super::driver::Window;

/// An OME-TIFF of so many channels, beside the tiles.
fn made(window: &Window, count: usize) -> PathBuf {
    let path = window.folder.path().join("cells.ome.tif");
    let plane =
        |number: usize| (number, Arc::new(Pattern::new(Size::new(900, 700), 1, SampleType::U16)) as Arc<dyn Source>);
    let name = |number: usize| ChannelName { name: format!("Dye {number}"), color: Some([255, 0, number as u8]) };
    let image = Joined::new((0..count).map(plane).collect(), (0..count).map(name).collect()).unwrap();
    let options = ExportOptions { compression: Some(Compression::None), ..ExportOptions::new(Format::OmeTiff) };
    run(&image, &path, &options, &Progress::default()).unwrap();
    path
}

fn change(window: &mut Window, change: DisplayChange) {
    window.app().ask(Command::Display(change));
    window.steps(1);
    window.until("it is shown", |app| app.is_sharp());
}

#[test]
fn channels_have_their_names_and_colors_and_are_switched_without_decoding() {
    let mut window = Window::new();
    let path = made(&window, 4);
    window.open(path);
    let channels = window.app().display().unwrap().channels.clone();
    let known: Vec<_> = channels.iter().map(|channel| (&*channel.name, channel.color, channel.on)).collect();
    assert_eq!(known[..2], [("Dye 0", [255, 0, 0], true), ("Dye 1", [255, 0, 1], true)]);
    assert_eq!(channels.len(), 4);
    let placement = window.app().mosaic().placements[0].clone();
    assert_eq!(placement.name(), "cells.ome.tif", "how its channels are addressed is nobody's business");
    let decodes = window.app().figures().decodes;
    window.harness.get_by_label("Show Dye 2").click();
    window.steps(3);
    window.until("it is shown", |app| app.is_sharp());
    change(&mut window, DisplayChange::Window { low: 100.0, high: 9000.0 });
    change(&mut window, DisplayChange::Color(0, [0, 255, 0]));
    assert!(!window.app().display().unwrap().channels[2].on);
    assert_eq!(window.app().figures().decodes, decodes, "nothing is decoded again");
    window.app().ask(Command::Display(DisplayChange::Only(3)));
    window.steps(1);
    window.until("it is shown", |app| app.is_sharp());
    window.app().ask(Command::Display(DisplayChange::Show(3, false)));
    window.steps(1);
    window.until("nothing is shown, which is black", |app| app.is_sharp());
}

#[test]
fn two_tabs_of_a_file_have_separate_displays() {
    let mut window = Window::new();
    let path = made(&window, 2);
    window.open(path.clone());
    let first = window.app().current_tab();
    window.app().ask(FileCommand::OpenTab(vec![path]));
    window.until("it has a tab", |app| app.tab_ids().len() == 2 && !app.is_busy());
    window.until("it is sharp and measured", |app| app.is_sharp() && app.is_measured());
    change(&mut window, DisplayChange::Color(0, [0, 255, 0]));
    window.app().ask(TabCommand::Compare(mosaicist::app::Compare::Two));
    window.steps(3);
    window.until("both are sharp", |app| app.is_sharp());
    let made = window.app().figures().loader.started;
    window.steps(40);
    assert_eq!(window.app().figures().loader.started, made, "neither takes the other's tiles");
    window.app().ask(TabCommand::Show(first));
    window.steps(3);
    assert_eq!(window.app().display().unwrap().channels[0].color, [255, 0, 0]);
}

#[test]
fn display_settings_are_applied_on_export_if_chosen() {
    let mut window = Window::new();
    let path = made(&window, 2);
    window.open(path);
    change(&mut window, DisplayChange::Only(0));
    change(&mut window, DisplayChange::Window { low: 0.0, high: 65535.0 });
    window.app().ask(RegionCommand::Add(Rect::new(0, 0, 64, 64)));
    window.app().ask(ExportCommand::Show(None));
    window.steps(3);
    window.harness.get_by_label_contains("Apply display settings").click();
    window.steps(3);
    let out = window.folder.path().join("displayed.png");
    let form = window.app().export_form().unwrap();
    assert!(form.display.is_some());
    form.format = Format::Png;
    form.path = out.to_string_lossy().into_owned();
    window.app().ask(ExportCommand::Start);
    window.until("it is written", |app| app.notices().iter().any(|n| n.contains("Exported")));
    let picture = super::whole(&out);
    assert_eq!((picture.channels(), picture.sample_type()), (3, SampleType::U8));
    let shown: Vec<u8> = window.copied().pixels.iter().flat_map(|pixel| [pixel.r(), pixel.g(), pixel.b()]).collect();
    let corner = picture.crop(Rect::new(0, 0, 64, 64));
    assert_eq!(corner.samples(), &mosaicist::pixels::Samples::U8(shown));
}
