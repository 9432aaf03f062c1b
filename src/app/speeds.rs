//! [`Speeds`]: how much faster or slower than expected exports run on this machine, by format, as measured.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Exports that are over sooner say more about starting than about the machine.
const SHORTEST: f64 = 0.5;
/// How much of what is known the newest export replaces.
const NEWEST: f64 = 0.4;
/// By this much a time may be wrong before anything was measured, and at least.
const UNKNOWN: f64 = 4.0;
const SUREST: f64 = 1.3;

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
        let new = Speed { factor, spread: SUREST.ln() };
        let known = self.0.entry(format.to_owned()).or_insert(new);
        let off = (factor - known.factor).abs();
        known.factor += (factor - known.factor) * NEWEST;
        known.spread += (off.max(SUREST.ln()) - known.spread) * NEWEST;
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

/// A range of seconds in words.
pub(super) fn between((least, most): (f64, f64)) -> String {
    let whole = |seconds: f64| {
        if seconds < 90.0 { (seconds.round().max(1.0), "s") } else { ((seconds / 60.0).round().max(1.0), "min") }
    };
    match (whole(least), whole(most)) {
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
        for _ in 0..4 {
            speeds.learn("png", 1.0, 15.0);
        }
        let (least, most) = speeds.range("png", 2.0);
        assert!(least > 20.0 && least < 30.0 && most > 30.0 && most < 45.0, "{least} to {most}");
        let (least, most) = speeds.range("tiff", 1.0);
        assert!(least < 15.0 && most > 15.0, "another format is as far off: {least} to {most}");
        speeds.learn("png", 1.0, 0.1);
        assert_eq!(speeds.range("png", 2.0), speeds.range("png", 2.0));
    }

    #[test]
    fn ranges_are_told_in_words() {
        let told = [(0.2, 0.7), (1.0, 4.4), (50.0, 200.0), (200.0, 700.0), (5.2, 5.4)].map(between);
        assert_eq!(told, ["less than 1 s", "1 to 4 s", "50 s to 3 min", "3 to 12 min", "about 5 s"]);
    }
}
