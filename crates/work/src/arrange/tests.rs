//! Folders of tiles become the right picture: by names, patterns, position files and metadata.

use std::path::Path;

use super::*;
use crate::composite::{BadTiles, Composite};
use crate::geometry::{Rect, Region};
use crate::library;
use crate::pixels::{Pixels, SampleType};
use crate::source::Source as _;
use crate::source::testing::Pattern;
use mosaicist_export::write_plain_tiff;

/// A picture in which no two tiles are alike.
fn picture(width: u32, height: u32) -> Pixels {
    let size = Size::new(width, height);
    Pattern::new(size, 3, SampleType::U8).read(Region::new(0, Rect::from_size(size))).unwrap()
}

/// Cuts tiles of `side` px from `picture`, named by `name` (column, row), written in an order that tells nothing.
fn cut(folder: &Path, picture: &Pixels, side: u32, step: u32, name: impl Fn(u32, u32) -> Option<String>) {
    let count = |length: u32| (length - side) / step + 1;
    let (across, down) = (count(picture.size().width), count(picture.size().height));
    let mut cells: Vec<(u32, u32)> = (0..down).flat_map(|row| (0..across).map(move |column| (column, row))).collect();
    cells.sort_by_key(|(column, row)| (column * 7919 + row * 104_729) % 1009);
    for (column, row) in cells {
        if let Some(name) = name(column, row) {
            let at = Rect::at((column * step).into(), (row * step).into(), Size::new(side, side));
            write_plain_tiff(&folder.join(name), &picture.crop(at)).unwrap();
        }
    }
}

fn folder_tiles(folder: &Path) -> Tiles {
    let images = crate::list_images(&[folder.to_owned()]).unwrap();
    Tiles { images, from_folder: true, strict: true, ..Tiles::default() }
}

fn arrange(tiles: &Tiles, how: &Placing) -> Arranged {
    arrange_tiles(tiles, how, &Progress::default()).unwrap()
}

/// The whole mosaic.
fn pixels(mosaic: &Mosaic) -> Pixels {
    let composite = Composite::new(mosaic, library(64 << 20), BadTiles::Fail, Progress::default()).unwrap();
    composite.read(Region::new(0, composite.info().whole(0))).unwrap()
}

fn pattern(text: &str, grid: Grid) -> Placing {
    Placing::Layout(TileLayout::Names(NameLayout { grid, ..NameLayout::new(text) }))
}

#[test]
fn a_folder_named_by_row_and_column_is_laid_out_with_no_option() {
    let folder = tempfile::tempdir().unwrap();
    let whole = picture(160, 160);
    cut(folder.path(), &whole, 16, 16, |column, row| Some(format!("tile_r{}_c{}.tif", row + 1, column + 1)));
    write_plain_tiff(&folder.path().join("overview.tif"), &picture(40, 40)).unwrap();
    let found = arrange(&folder_tiles(folder.path()), &Placing::default());
    assert_eq!(found.mosaic.placements.len(), 100);
    assert_eq!(pixels(&found.mosaic), whole);
    assert_eq!(
        found.notes,
        [
            "arranged by c and r in the names, columns 1 to 10, rows 1 to 10 (as --pattern 'tile_r{row}_c{col}'; \
             --across N arranges tiles in order)",
            "1 tile without the pattern's numbers in the name, left out: overview.tif",
        ]
    );
}

#[test]
fn files_named_one_by_one_are_laid_out_by_their_names_in_any_order() {
    let folder = tempfile::tempdir().unwrap();
    let whole = picture(48, 32);
    cut(folder.path(), &whole, 16, 16, |column, row| Some(format!("tile_r{row}_c{column}.tif")));
    let mut tiles = Tiles { from_folder: false, ..folder_tiles(folder.path()) };
    tiles.images.reverse();
    assert_eq!(pixels(&arrange(&tiles, &Placing::default()).mosaic), whole);
    // One whose name tells nothing is meant too, so they stay in their order.
    write_plain_tiff(&folder.path().join("overview.tif"), &picture(16, 16)).unwrap();
    let with_other = Tiles { from_folder: false, ..folder_tiles(folder.path()) };
    let found = arrange(&with_other, &Placing::default());
    assert_eq!((found.mosaic.placements.len(), found.notes), (7, Vec::new()));
}

#[test]
fn overlap_and_missing_tiles_are_preserved() {
    let folder = tempfile::tempdir().unwrap();
    let whole = picture(88, 64);
    // Steps of 12 px: 7 columns, 5 rows, the last 16 px to the edge.
    cut(folder.path(), &whole, 16, 12, |column, row| {
        (column != 2 || row != 3).then(|| format!("x{}y{}.tif", i64::from(column) - 2, i64::from(row) - 1))
    });
    let grid = Grid::default().with_overlap(4.0, 4.0);
    let found = arrange(&folder_tiles(folder.path()), &Placing::Auto(grid));
    let hole = Rect::new(28, 40, 36, 48);
    let read = pixels(&found.mosaic);
    assert_eq!(read.crop(Rect::new(0, 0, 88, 36)), whole.crop(Rect::new(0, 0, 88, 36)));
    assert_eq!(
        read.crop(hole),
        Pixels::filled(hole.size(), SampleType::U8, &[0.0; 3]),
        "nothing where the tile is missing"
    );
    assert!(found.notes[0].contains("1 of 35 cells empty"), "{:?}", found.notes);
    let bottom = Grid { start: crate::mosaic::Corner::BottomLeft, ..grid };
    let upside_down = arrange(&folder_tiles(folder.path()), &pattern("x{col}y{row}", bottom));
    let y = |mosaic: &Mosaic| mosaic.placements.iter().map(|p| p.position().y).collect::<Vec<_>>();
    assert_eq!(y(&upside_down.mosaic), y(&found.mosaic).iter().map(|y| 48.0 - y).collect::<Vec<_>>());
    let error =
        arrange_tiles(&folder_tiles(folder.path()), &pattern("q{row}", grid), &Progress::default()).unwrap_err();
    assert!(error.to_string().contains("matches no name"), "{error}");
}

#[test]
fn a_plane_is_chosen_and_doubles_are_named() {
    let folder = tempfile::tempdir().unwrap();
    for (at, name) in ["r0_c0_chA", "r0_c1_chA", "r0_c0_chB", "r0_c1_chB"].into_iter().enumerate() {
        write_plain_tiff(
            &folder.path().join(format!("{name}.tif")),
            &Pixels::filled(Size::new(8, 8), SampleType::U8, &[at as f32]),
        )
        .unwrap();
    }
    let tiles = Tiles { plane: "channel=B".parse().unwrap(), ..folder_tiles(folder.path()) };
    let found = arrange(&tiles, &pattern("r{row}_c{col}_ch{channel}", Grid::default()));
    assert_eq!(pixels(&found.mosaic), {
        let mut both = Pixels::filled(Size::new(16, 8), SampleType::U8, &[2.0]);
        both.paste(Pixels::filled(Size::new(8, 8), SampleType::U8, &[3.0]).view(), 8, 0);
        both
    });
    assert_eq!(found.notes, ["the names tell 2 planes: channel B is arranged (--plane chooses)"]);
    let doubled = arrange(&folder_tiles(folder.path()), &pattern("r{row}_c{col}_{*}", Grid::default()));
    assert_eq!(doubled.notes, ["warning: r0_c0_chA.tif and r0_c0_chB.tif have the same place, and 1 more pairs"]);
    let wrong = Tiles { plane: "channel=C".parse().unwrap(), ..tiles };
    let how = pattern("r{row}_c{col}_ch{channel}", Grid::default());
    assert!(
        arrange_tiles(&wrong, &how, &Progress::default()).unwrap_err().to_string().contains("channel A; channel B")
    );
}

#[test]
fn position_files_place_tiles_and_name_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let whole = picture(40, 40);
    cut(folder.path(), &whole, 16, 12, |column, row| Some(format!("{}.tif", row * 3 + column)));
    let placed: Vec<_> = (0..9).map(|at| format!("{at}.tif; ; ({}.0, {}.0)\n", at % 3 * 12, at / 3 * 12)).collect();
    let placed = placed.concat();
    let path = folder.path().join("TileConfiguration.txt");
    std::fs::write(&path, format!("dim = 2\n{placed}10.tif; ; (0.0, 9.0)\n")).unwrap();
    let how = Placing::File(PositionFile { path, ..PositionFile::default() });
    let with_others = arrange(&folder_tiles(folder.path()), &how);
    assert_eq!(pixels(&with_others.mosaic), whole);
    assert!(with_others.notes[0].contains("missing, not arranged: 10.tif"), "{:?}", with_others.notes);
    assert_eq!(arrange(&Tiles::default(), &how).mosaic.bounds(), whole_bounds(&whole), "the tiles that it names");
    let out = folder.path().join("again.csv");
    let positions = positions_of(&with_others.mosaic, &out).unwrap();
    positions::write(&positions, &out, positions::format_of_path(&out).unwrap()).unwrap();
    let again = Placing::File(PositionFile { path: out, ..PositionFile::default() });
    assert_eq!(pixels(&arrange(&Tiles::default(), &again).mosaic), whole);
}

fn whole_bounds(whole: &Pixels) -> Rect {
    Rect::from_size(whole.size())
}

#[test]
fn an_earlier_result_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let whole = picture(64, 48);
    cut(folder.path(), &whole, 16, 16, |column, row| Some(format!("{:03}.tif", row * 4 + column)));
    write_plain_tiff(&folder.path().join("result.tif"), &whole).unwrap();
    let found = arrange(&folder_tiles(folder.path()), &Placing::Layout(TileLayout::Grid(Grid::across(4))));
    assert_eq!(pixels(&found.mosaic), whole);
    assert_eq!(found.notes, ["result.tif is left out: it looks like an earlier result among its tiles"]);
    let named = Tiles { from_folder: false, ..folder_tiles(folder.path()) };
    let grid = Placing::Layout(TileLayout::Grid(Grid::across(4)));
    assert_eq!(arrange(&named, &grid).mosaic.placements.len(), 13, "what is named is meant");
}

#[test]
fn tiles_at_hand_are_placed_by_a_file_and_by_metadata() {
    let folder = tempfile::tempdir().unwrap();
    cut(folder.path(), &picture(40, 40), 16, 12, |column, row| Some(format!("{}.tif", row * 3 + column)));
    let images = crate::list_images(&[folder.path().to_owned()]).unwrap();
    let (probed, metadata) = probe_tiles(&images, &Progress::default()).unwrap();
    let sizes: Vec<Size> = probed.iter().map(|(placement, _)| placement.size).collect();
    let tiles = TilesAtHand { images: &images, sizes: &sizes, metadata: Some(&metadata), pixel_size: None };
    let path = folder.path().join("TileConfiguration.txt");
    std::fs::write(&path, "dim = 2\n3.tif; ; (5.0, 6.5)\n77.tif; ; (0.0, 9.0)\n").unwrap();
    let how = Placing::File(PositionFile { path: path.clone(), ..PositionFile::default() });
    let (found, notes) = tiles.place(&how).unwrap();
    let placed: Vec<_> = found.positions.iter().enumerate().filter_map(|(at, point)| Some((at, (*point)?))).collect();
    assert_eq!(placed, [(3, Point::new(5.0, 6.5))]);
    assert!(notes[0].contains("77.tif"), "{notes:?}");
    std::fs::write(&path, "dim = 2\n77.tif; ; (0.0, 9.0)\n").unwrap();
    assert!(tiles.place(&how).unwrap_err().to_string().contains("is among the files"));
    let error = tiles.place(&Placing::Metadata(Axes::default())).unwrap_err().to_string();
    assert!(error.contains("no tile tells its position"), "{error}");
    let unread = TilesAtHand { metadata: None, ..tiles };
    assert!(unread.place(&Placing::Metadata(Axes::default())).unwrap_err().to_string().contains("not been read"));
}
