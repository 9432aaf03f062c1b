//! [`MemoryBudget`]: how many bytes a piece of work may hold, and how many the process holds.

use crate::{Error, Result};

/// The most bytes a job plans to hold at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct MemoryBudget(pub u64);

impl Default for MemoryBudget {
    /// The smaller of 1 GiB and a quarter of the machine's memory (512 MiB where that is not known).
    fn default() -> Self {
        let quarter = proc_kib("/proc/meminfo", "MemTotal:").map_or(512 << 20, |kib| kib * 1024 / 4);
        Self(quarter.min(1 << 30))
    }
}

/// `512M`, `1.5 GiB`, `800000`: a number of bytes with an optional binary suffix.
pub fn parse_bytes(text: &str) -> Result<u64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let shift = match unit.trim().to_ascii_lowercase().trim_end_matches("ib").trim_end_matches('b') {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        _ => return Err(Error::invalid(format!("'{text}' is no number of bytes; write 512M or 2G"))),
    };
    match number.parse::<f64>() {
        Ok(n) if n >= 0.0 => Ok((n * (1u64 << shift) as f64) as u64),
        _ => Err(Error::invalid(format!("'{text}' is no number of bytes; write 512M or 2G"))),
    }
}

/// Formats bytes with three digits, such as `1.21 GiB`.
pub fn show_bytes(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let power = (0..4).rev().find(|p| bytes >= 1 << (10 * (p + 1))).map_or(0, |p| p + 1);
    let value = bytes as f64 / (1u64 << (10 * power)) as f64;
    let digits = if power == 0 || value >= 100.0 { 0 } else { 1 + usize::from(value < 10.0) };
    format!("{value:.digits$} {}", units[power])
}

/// Bytes of memory this process holds now, where the system tells.
pub fn resident() -> Option<u64> {
    proc_kib("/proc/self/status", "VmRSS:").map(|kib| kib * 1024)
}

/// The most bytes of memory this process has held, where the system tells.
pub fn peak_resident() -> Option<u64> {
    proc_kib("/proc/self/status", "VmHWM:").map(|kib| kib * 1024)
}

fn proc_kib(file: &str, key: &str) -> Option<u64> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    line[key.len()..].split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_and_shown() {
        for (text, bytes) in [("512M", 512 << 20), ("1.5 GiB", 3 << 29), ("2gb", 2 << 30), ("7", 7), ("10 k", 10240)] {
            assert_eq!(parse_bytes(text).ok(), Some(bytes), "{text}");
        }
        for text in ["", "much", "5 X", "-3M"] {
            assert!(parse_bytes(text).is_err(), "{text}");
        }
        let shown = [0, 1023, 1024, 512 << 20, 1_300_000_000].map(show_bytes);
        assert_eq!(shown, ["0 B", "1023 B", "1.00 KiB", "512 MiB", "1.21 GiB"]);
    }
}
