//! How long the solution of a large mosaic takes, and how much memory: 600 × 600 tiles with noise, wrong and missing links.
//!
//! `cargo bench -p mosaicist-align --bench solver -- [COLUMNS ROWS]`

use std::time::Instant;

use mosaicist_align::solve::{Robust, robust};
use mosaicist_core::geometry::Point;
use mosaicist_core::job::{Progress, peak_resident, show_bytes};

/// The next pseudo-random number, 0 to 1 (`SplitMix64`).
fn random(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

fn main() {
    let sides: Vec<u32> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let (columns, rows) = if let [columns, rows] = *sides { (columns, rows) } else { (600, 600) };
    let mut state = 1;
    let nominal = |k: u32| Point::new(f64::from(k % columns) * 720.0, f64::from(k / columns) * 540.0);
    let count = columns * rows;
    // A stage that is turned by 0.4 %, and off by some pixels each time.
    let truth: Vec<Point> = (0..count)
        .map(|k| {
            let at = nominal(k);
            let mut off = || random(&mut state) * 12.0 - 6.0;
            Point::new(at.x - 0.004 * at.y + off(), at.y + 0.004 * at.x + off())
        })
        .collect();
    let mut links = Vec::new();
    for k in 0..count {
        let right = (k % columns + 1 < columns).then_some(k + 1);
        let below = (k / columns + 1 < rows).then_some(k + columns);
        for other in [right, below].into_iter().flatten() {
            let step = truth[other as usize] - truth[k as usize];
            let mut error =
                |size: f64| Point::new((random(&mut state) - 0.5) * size, (random(&mut state) - 0.5) * size);
            let (kind, noise, wrong) = (error(1.0).x + 0.5, error(0.2), error(60.0));
            // 15 % say nothing, 2 % are wrong.
            let measured = if kind < 0.15 { None } else { Some((step + if kind < 0.17 { wrong } else { noise }, 1.0)) };
            let usual = nominal(other) - nominal(k);
            let turned = Point::new(usual.x - 0.004 * usual.y, usual.y + 0.004 * usual.x);
            links.push(Robust { a: k, b: other, measured, is_sure: false, usual: turned });
        }
    }
    let mut found: Vec<Point> = (0..count).map(nominal).collect();
    let (begin, fixed) = (Instant::now(), vec![false; count as usize]);
    let counts = robust(&mut found, &links, &fixed, &Progress::default());
    let seconds = begin.elapsed().as_secs_f64();
    let dropped = counts
        .map_or(0, |counts| counts.iter().zip(&links).filter(|(c, l)| l.measured.is_some() && **c < 0.05).count());
    let mean = found.iter().zip(&truth).fold(Point::default(), |sum, (found, truth)| sum + (*truth - *found));
    let mean = Point::new(mean.x / f64::from(count), mean.y / f64::from(count));
    let off = found.iter().zip(&truth).map(|(found, truth)| *truth - *found - mean);
    let squares: f64 = off.map(|off| off.x * off.x + off.y * off.y).sum();
    println!(
        "{count} tiles, {} links, {dropped} contradicted: {seconds:.1} s, RMS {:.3} px, peak {}",
        links.len(),
        (squares / f64::from(count)).sqrt(),
        peak_resident().map_or_else(String::new, show_bytes)
    );
}
