//! Aligning, blending and evening out images in the window: each is one step to undo, and the screen shows it.

use std::path::PathBuf;

use egui_kittest::kittest::Queryable as _;
use mosaicist::app::{EditCommand, LayoutCommand, LayoutForm, OverlapCommand};
use mosaicist::geometry::{Point, Rect, Size};
use mosaicist::mosaic::{Blend, BlendMode, Grid, Length, SeamPath};
use mosaicist::pixels::{Pixels, Samples};

use crate::driver::Window;

const TILE: Size = Size::new(200, 160);
/// Where the four tiles belong: off the grid by some pixels.
const PLACES: [(i64, i64); 4] = [(0, 0), (163, 4), (5, 118), (158, 121)];

/// Structures of some pixels and up, the same at the same place.
fn scene(x: i64, y: i64) -> f32 {
    let wave = |length: f32, angle: f32| {
        ((x as f32 * angle.cos() + y as f32 * angle.sin()) / length * std::f32::consts::TAU).sin()
    };
    let waves = [(9.0, 0.3), (13.0, 1.4), (21.0, 2.2), (34.0, 0.9), (55.0, 2.8)];
    110.0 + waves.into_iter().map(|(length, angle)| 16.0 * wave(length, angle)).sum::<f32>()
}

/// Four overlapping tiles of one scene, the second brighter by a fifth, laid out as a regular grid.
fn window() -> Window {
    let mut window = Window::new();
    let folder = window.folder.path().join("cuts");
    std::fs::create_dir(&folder).unwrap();
    let paths: Vec<PathBuf> = PLACES
        .iter()
        .enumerate()
        .map(|(number, (left, top))| {
            let gain = if number == 1 { 1.2 } else { 1.0 };
            let places = (0..i64::from(TILE.height)).flat_map(|y| (0..i64::from(TILE.width)).map(move |x| (x, y)));
            let samples = places.map(|(x, y)| (scene(left + x, top + y) * gain) as u8).collect();
            let path = folder.join(format!("cut_r{}_c{}.tif", number / 2, number % 2));
            let pixels = Pixels::new(TILE, 1, Samples::U8(samples)).unwrap();
            mosaicist::export::write_plain_tiff(&path, &pixels).unwrap();
            path
        })
        .collect();
    window.app().ask(mosaicist::app::FileCommand::Open(paths));
    window.until("the tiles are open", |app| app.mosaic().placements.len() == 4);
    let grid = Grid { overlap: (Length::Px(40.0), Length::Px(40.0)), ..Grid::across(2) };
    window.app().ask(LayoutCommand::Set { form: Box::new(LayoutForm { grid, ..LayoutForm::default() }), apply: true });
    window.until("they are laid out", |app| app.mosaic().placements[3].position() == Point::new(160.0, 120.0));
    window
}

#[test]
fn aligning_moves_tiles_to_where_they_match_and_is_undone_at_once() {
    let mut window = window();
    let before = window.positions();
    window.app().ask(OverlapCommand::Align { selected: false, max_shift: Some(16.0) });
    window.until("the tiles are aligned", |app| !app.is_busy());
    window.steps(2);
    let found = window.positions();
    for (at, belongs) in found.iter().zip(PLACES) {
        let off = (at.0 - found[0].0 - belongs.0 as f64).hypot(at.1 - found[0].1 - belongs.1 as f64);
        assert!(off < 0.2, "{found:?}");
    }
    window.app().ask(EditCommand::Undo);
    window.steps(2);
    assert_eq!(window.positions(), before);
}

#[test]
fn exposures_are_matched_and_a_blend_is_chosen_in_the_panel() {
    let mut window = window();
    window.app().ask(OverlapCommand::Align { selected: false, max_shift: Some(16.0) });
    window.until("the tiles are aligned", |app| !app.is_busy());
    window.app().ask(OverlapCommand::MatchExposures);
    window.until("the exposures are matched", |app| app.mosaic().placements[1].gain != 1.0 && !app.is_busy());
    let gains: Vec<f32> = window.app().mosaic().placements.iter().map(|placement| placement.gain).collect();
    assert!((gains[0] / gains[1] - 1.2).abs() < 0.01 && (gains[2] / gains[3] - 1.0).abs() < 0.01, "{gains:?}");
    window.app().ask(mosaicist::app::WindowCommand::ShowPanel("tiles"));
    window.until_shown("Align all");
    assert!(window.harness.query_by_label("Seam").is_none(), "overlay has none");
    let blend = Blend { mode: BlendMode::MultiBand, seam: SeamPath::LeastDifference };
    window.app().ask(OverlapCommand::Blend(blend));
    window.until_shown("Seam");
    assert_eq!(window.app().mosaic().blend, blend);
    window.app().ask(EditCommand::Undo);
    window.steps(2);
    assert_eq!(window.app().mosaic().blend, Blend::default());
}

#[test]
fn a_blended_mosaic_is_drawn_as_it_is_composed() {
    let mut window = window();
    window.app().ask(OverlapCommand::Blend(Blend { mode: BlendMode::Max, seam: SeamPath::Middle }));
    window.until("it is drawn", |app| app.is_sharp());
    window.app().ask(mosaicist::app::RegionCommand::Add(Rect::new(160, 0, 200, 40)));
    window.steps(2);
    let copied = window.copied();
    // The overlap of the first two: the brighter of both everywhere.
    let expected = |x: i64, y: i64| (scene(160 + x, y) as u8).max((scene(163 + x, 4 + y) * 1.2) as u8);
    let size = copied.size;
    assert_eq!(size, [40, 40]);
    for (at, pixel) in copied.pixels.iter().enumerate() {
        let (x, y) = ((at % 40) as i64, (at / 40) as i64);
        assert_eq!(pixel.r(), expected(x, y), "at {x},{y}");
    }
}
