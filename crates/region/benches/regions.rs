//! 100,000 polygons of 40 vertices: load, rasterize. CPU and wall seconds, and the memory of loading.
//!
//! `cargo bench -p mosaicist-region [-- FILE.geojson]`; without a file it makes one of its own.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on should say where")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use mosaicist_core::geometry::Rect;
use mosaicist_region::files::{Frame, load, save_rois};
use mosaicist_region::{Geometry, Point, Raster, Roi};

const SIDE: f64 = 40_000.0;

fn main() {
    let named = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let folder = tempfile::tempdir().unwrap();
    let path = named.map_or_else(|| make(folder.path()), PathBuf::from);
    let before = resident();
    let loaded = timed("load", || load(&path, &Frame::default()).unwrap());
    let peak = mosaicist_core::job::peak_resident().unwrap_or(0);
    let megabytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    println!(
        "  {} regions, {} warnings; resident {:.0} MiB more, peak {:.0} MiB",
        loaded.rois.len(),
        loaded.warnings.len(),
        megabytes(resident().saturating_sub(before)),
        megabytes(peak)
    );
    let rois = loaded.rois;
    let rect = Rect::new(0, 0, SIDE as i64, SIDE as i64);
    let raster = timed("raster of 40000²: index", || Raster::new(rois.iter().map(|roi| (&roi.geometry, 1))));
    let mut set = 0u64;
    timed("raster of 40000², bands of 64 rows", || {
        raster
            .bands::<u8, ()>(rect, 64, |_, labels| {
                set += u64::from(labels[labels.len() / 2]);
                Ok(())
            })
            .unwrap();
    });
    let mask = timed("raster of 40000² whole, bytes", || raster.mask::<u8>(rect));
    let pixels = mask.labels.iter().map(|&label| u64::from(label)).sum::<u64>();
    println!("  {pixels} pixels set ({set})");
}

/// Do it once, and print what it took.
fn timed<T>(name: &str, work: impl FnOnce() -> T) -> T {
    let (cpu, wall) = (cpu_seconds(), Instant::now());
    let result = work();
    println!("{name}: {:.3} CPU s, {:.3} s", cpu_seconds() - cpu, wall.elapsed().as_secs_f64());
    result
}

/// Of the process so far, from Linux; 0 elsewhere.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn resident() -> u64 {
    mosaicist_core::job::resident().unwrap_or(0)
}

/// A number between 0 and 1 for each index (`SplitMix64`).
fn random(index: u64) -> f64 {
    let mixed = index.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    (mixed ^ mixed >> 31) as f64 / u64::MAX as f64
}

fn random_point(index: u64, side: f64) -> Point {
    Point::new(random(2 * index) * side, random(2 * index + 1) * side)
}

/// Cell outlines: star-shaped, two decimals.
fn make(folder: &Path) -> PathBuf {
    let cell = |cell: u64| {
        let (center, radius) = (random_point(cell, SIDE), 8.0 + 32.0 * random(cell + (1 << 40)));
        let vertex = |step: u64| {
            let (sin, cos) = (step as f64 / 40.0 * std::f64::consts::TAU).sin_cos();
            let away = radius * (0.9 + 0.2 * random(cell * 40 + step + (1 << 50)));
            let round = |value: f64| (value * 100.0).round() / 100.0;
            Point::new(round(center.x + away * cos), round(center.y + away * sin))
        };
        Roi::new(Geometry::polygon((0..40).map(vertex).collect::<Vec<_>>()))
    };
    let path = folder.join("cells.geojson");
    save_rois(&path, (0..100_000).map(cell).collect(), &Frame::default()).unwrap();
    path
}
