//! Laying out 360,000 tiles by their names, without their files: `cargo bench --bench layout`, and `--profile dev` for the other.
#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should say where")]

use std::time::Instant;

use mosaicist::geometry::Size;
use mosaicist::job::peak_resident;
use mosaicist::mosaic::pattern::{Pattern, guess};
use mosaicist::mosaic::positions::{Columns, FORMATS, Positions, TilePosition, match_files, parse};
use mosaicist::mosaic::{Grid, TileLayout, natural_cmp};

const SIDE: usize = 600;

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let result = work();
    println!("{what:<44} {:>8.1} ms", began.elapsed().as_secs_f64() * 1e3);
    result
}

fn main() {
    let count = SIDE * SIDE;
    let mut names: Vec<String> = (0..count)
        .map(|at| format!("/data/tiles/tile_r{:03}_c{:03}.jpg", at * 7919 % count / SIDE, at * 7919 % count % SIDE))
        .collect();
    let sizes = vec![Size::new(800, 600); count];
    println!("{count} tiles, {} MiB before", peak_resident().unwrap_or(0) >> 20);
    timed("sort in natural order", || names.sort_by(|a, b| natural_cmp(a, b)));
    let found = timed("guess", || guess(&names, &sizes, None));
    println!("  {}: {}", found[0].layout.pattern, found[0].reason);
    let pattern = Pattern::parse(&found[0].layout.pattern).unwrap();
    let matches = timed("match", || pattern.matches(&names));
    assert_eq!((matches.matched.len(), matches.unmatched.len()), (count, 0));
    drop(matches);
    let layout = TileLayout::Names(found[0].layout.clone());
    let placed = timed("match and lay out", || layout.apply(&names, &sizes).unwrap());
    assert_eq!(placed.positions[count - 1].map(|point| (point.x, point.y)), Some((599.0 * 800.0, 599.0 * 600.0)));
    timed("lay out in a grid", || TileLayout::Grid(Grid::across(SIDE as u32)).apply(&names, &sizes).unwrap());
    let tile = |(name, point): (&String, &Option<mosaicist::geometry::Point>)| TilePosition {
        file: name.clone(),
        x: point.unwrap().x,
        y: point.unwrap().y,
        size: Some(sizes[0]),
        ..TilePosition::default()
    };
    let positions =
        Positions { tiles: names.iter().zip(&placed.positions).map(tile).collect(), ..Positions::default() };
    for format in FORMATS.iter().filter(|format| format.can_write()) {
        let text = timed(&format!("write {}", format.title), || format.text(&positions).unwrap().text);
        let back =
            timed(&format!("read  {}", format.title), || parse(format.file_name, &text, &Columns::default()).unwrap());
        assert_eq!(back.tiles.len(), count);
    }
    let matched = timed("match positions with files", || match_files(&positions.tiles, &names));
    assert_eq!(matched.pairs.len(), count);
    println!("{} MiB at most", peak_resident().unwrap_or(0) >> 20);
}
