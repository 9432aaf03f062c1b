//! Random regions of a tiled file, one thread: `cargo bench --bench regions -- FILE SIDE POSITIONS` reads a square of SIDE pixels at each
//! `X Y` of the lines of POSITIONS and prints the milliseconds of opening and of a region.
#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should say where")]

use std::path::PathBuf;
use std::time::Instant;

use mosaicist::geometry::{Rect, Region, Size};
use mosaicist::source::open;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let [path, side, positions] = &arguments[..] else { return };
    let (path, side) = (PathBuf::from(path), side.parse().unwrap());
    let positions = std::fs::read_to_string(positions).unwrap();
    let began = Instant::now();
    let source = open(&path).unwrap().page(0).unwrap();
    let opened = began.elapsed().as_secs_f64();
    let mut times = Vec::new();
    for line in positions.lines() {
        let (x, y) = line.split_once(' ').unwrap();
        let rect = Rect::at(x.parse().unwrap(), y.parse().unwrap(), Size::new(side, side));
        let began = Instant::now();
        let pixels = source.read(Region::new(0, rect)).unwrap();
        times.push(began.elapsed().as_secs_f64());
        assert_eq!(pixels.size(), rect.size());
    }
    let total: f64 = times.iter().sum();
    times.sort_by(f64::total_cmp);
    let at = |part: f64| times[(times.len() as f64 * part) as usize] * 1e3;
    println!("open {:.2} ms, median {:.2} ms, 95 % {:.2} ms, total {total:.2} s", opened * 1e3, at(0.5), at(0.95));
}
