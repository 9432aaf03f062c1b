//! [`Speeds`]: how much faster or slower than expected exports run on this machine, by format, as measured.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Exports that are over sooner say more about starting than about the machine.
const SHORTEST: f64 = 0.5;
/// How much of the known speed the newest export replaces, and of how far it may be off.
const NEWEST: f64 = 0.4;
const NEWEST_SPREAD: f64 = 0.25;
/// By this much a time may be wrong before anything was measured, after the first export, and at least: how fast another image is
/// encoded depends on what it shows.
const UNKNOWN: f64 = 4.0;
const ONCE: f64 = 3.0;
const SUREST: f64 = 1.5;

/// What exports in a format were measured at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Speed {
    /// The time taken over the time that the plan expects, as its logarithm.
    factor: f64,
    /// How far measurements differ from that, in the same way.
    spread: f64,
}

/// By the name of the format.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Speeds(BTreeMap<String, Speed>);

impl Speeds {
    /// An export in `format` took `taken` seconds where its plan expected `expected`.
    pub(super) fn learn(&mut self, format: &str, expected: f64, taken: f64) {
        if taken < SHORTEST || expected <= 0.0 {
            return;
        }
        let factor = (taken / expected).ln();
        let new = Speed { factor, spread: ONCE.ln() };
        let std::collections::btree_map::Entry::Occupied(mut known) = self.0.entry(format.to_owned()) else {
            self.0.insert(format.to_owned(), new);
            return;
        };
        let known = known.get_mut();
        let off = (factor - known.factor).abs();
        known.factor += (factor - known.factor) * NEWEST;
        known.spread += (off.max(SUREST.ln()) - known.spread) * NEWEST_SPREAD;
    }

    /// The least and the most seconds that an export in `format` is likely to take. A format that was never measured is expected to
    /// be as far off as others are.
    pub(super) fn range(&self, format: &str, expected: f64) -> (f64, f64) {
        let others = || {
            let count = self.0.len() as f64;
            let factor = self.0.values().map(|speed| speed.factor).sum::<f64>() / count.max(1.0);
            Speed { factor, spread: UNKNOWN.ln() }
        };
        let Speed { factor, spread } = self.0.get(format).copied().unwrap_or_else(others);
        (expected * (factor - spread).exp(), expected * (factor + spread).exp())
    }
}

/// A range of seconds in words; what is rounded leaves none out.
pub(super) fn between((least, most): (f64, f64)) -> String {
    let whole = |seconds: f64, round: fn(f64) -> f64| {
        if seconds < 90.0 { (round(seconds).max(1.0), "s") } else { (round(seconds / 60.0).max(1.0), "min") }
    };
    match (whole(least, f64::floor), whole(most, f64::ceil)) {
        _ if most < 1.0 => "less than 1 s".to_owned(),
        ((low, unit), (high, other)) if unit == other && low >= high => format!("about {high} {unit}"),
        ((low, unit), (high, other)) if unit == other => format!("{low} to {high} {unit}"),
        ((low, unit), (high, other)) => format!("{low} {unit} to {high} {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_measured_is_expected_the_next_time() {
        let mut speeds = Speeds::default();
        let (least, most) = speeds.range("png", 1.0);
        assert!(least <= 0.26 && most >= 3.9, "nothing is known: {least} to {most}");
        speeds.learn("png", 1.0, 15.0);
        let (least, most) = speeds.range("png", 2.0);
        assert!((9.0..11.0).contains(&least) && (85.0..95.0).contains(&most), "measured once: {least} to {most}");
        for _ in 0..12 {
            speeds.learn("png", 1.0, 15.0);
        }
        let (least, most) = speeds.range("png", 2.0);
        assert!((18.0..21.0).contains(&least) && (43.0..50.0).contains(&most), "measured often: {least} to {most}");
        let (least, most) = speeds.range("tiff", 1.0);
        assert!(least < 15.0 && most > 15.0, "another format is as far off: {least} to {most}");
        speeds.learn("png", 1.0, 0.1);
        assert_eq!(speeds.range("png", 2.0), speeds.range("png", 2.0));
    }

    #[test]
    fn ranges_are_told_in_words() {
        let told = [(0.2, 0.7), (1.0, 4.4), (50.0, 200.0), (200.0, 700.0), (5.2, 5.4)].map(between);
        assert_eq!(told, ["less than 1 s", "1 to 5 s", "50 s to 4 min", "3 to 12 min", "5 to 6 s"]);
    }

    /// Seconds expected and taken by exports of two images, of 116 and of 192 Mpx, on two cores of a busy machine.
    #[test]
    fn most_exports_take_what_was_told() {
        let measured = [
            ("dzi", 0.72, 2.1),
            ("tif", 0.68, 1.5),
            ("png", 3.13, 8.4),
            ("jpg", 0.63, 1.7),
            ("zarr", 4.0, 7.6),
            ("dzi", 0.72, 2.2),
            ("dzi", 0.72, 2.8),
            ("dzi", 1.1, 1.8),
            ("tif", 1.05, 1.5),
            ("png", 5.0, 4.4),
            ("jpg", 0.92, 2.0),
            ("zarr", 6.6, 15.5),
        ];
        let mut speeds = Speeds::default();
        let mut held = 0;
        for (format, expected, taken) in measured {
            let (least, most) = speeds.range(format, expected);
            held += usize::from((least..=most).contains(&taken));
            speeds.learn(format, expected, taken);
        }
        assert!(held >= 11, "{held} of {}", measured.len());
    }
}
