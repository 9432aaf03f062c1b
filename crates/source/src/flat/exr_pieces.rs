//! The header of an `OpenEXR` file, as far as it says how large the pieces are that its decoder makes room for.
//!
//! `exr` believes the length of each piece up to the size that the header gives a tile or some lines.

use crate::{Error, Result};

/// No piece has more bytes.
const MOST_PIECE: u64 = 512 << 20;

/// Fails if the file that begins with `head` has pieces that are too large. What is no sound header is left to the decoder.
pub(super) fn check(head: &[u8]) -> Result<()> {
    let mut rest = head.get(8..).unwrap_or_default();
    let mut part = Part::default();
    // A header ends with an empty name; of a file of several parts, others follow.
    while let Some((name, after)) = text(rest) {
        if name.is_empty() {
            part.check()?;
            (part, rest) = (Part::default(), after);
            if rest.first().is_none_or(|byte| *byte == 0) {
                break;
            }
            continue;
        }
        let Some((_, after)) = text(after) else { break };
        let Some((length, after)) = after.split_first_chunk::<4>() else { break };
        let Some((value, after)) = after.split_at_checked(u32::from_le_bytes(*length) as usize) else { break };
        part.take(name, value);
        rest = after;
    }
    part.check()
}

/// What a header says of the pieces of its part.
#[derive(Default)]
struct Part {
    channels: u64,
    sides: (u64, u64),
    lines: u64,
    tile: Option<(u64, u64)>,
}

impl Part {
    fn take(&mut self, name: &[u8], value: &[u8]) {
        let int = |at: usize| value.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |four| i32::from_le_bytes(*four));
        let side = |from: usize, to: usize| (i64::from(int(to)) - i64::from(int(from)) + 1).max(0) as u64;
        match name {
            b"channels" => self.channels = channels(value),
            b"dataWindow" => self.sides = (side(0, 8), side(4, 12)),
            b"tiles" => self.tile = Some((u64::from(int(0) as u32), u64::from(int(4) as u32))),
            b"compression" => {
                self.lines = match value.first() {
                    Some(3 | 5) => 16,
                    Some(4 | 6..=8) => 32,
                    Some(9..) => 256,
                    _ => 1,
                }
            }
            _ => {}
        }
    }

    fn check(&self) -> Result<()> {
        let (width, height) = self.tile.unwrap_or((self.sides.0, self.lines.min(self.sides.1)));
        // A sample has four bytes at most.
        let bytes = width.saturating_mul(height).saturating_mul(4 * self.channels);
        if bytes <= MOST_PIECE {
            return Ok(());
        }
        Err(Error::limit(format!(
            "OpenEXR pieces of {width}×{height} pixels in {} channels are too large",
            self.channels
        )))
    }
}

/// The channels of a list: names, each with 16 bytes, up to an empty one.
fn channels(mut list: &[u8]) -> u64 {
    let mut count = 0;
    while let Some((name, after)) = text(list).filter(|(name, _)| !name.is_empty()) {
        (count, list) = (count + 1, after.get(16..).unwrap_or_default());
        debug_assert!(!name.is_empty());
    }
    count
}

/// The bytes up to a zero, and what comes after it.
fn text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(name: &str, kind: &str, value: &[u8]) -> Vec<u8> {
        [name.as_bytes(), &[0], kind.as_bytes(), &[0], &(value.len() as u32).to_le_bytes(), value].concat()
    }

    fn head(tile: (u32, u32), window: (i32, i32), compression: u8) -> Vec<u8> {
        let channel = |name: &str| [name.as_bytes(), &[0; 17]].concat();
        let list = [channel("B"), channel("G"), channel("R"), vec![0]].concat();
        let window = [0, 0, window.0 - 1, window.1 - 1].map(i32::to_le_bytes).concat();
        let mut all = [0x76, 0x2F, 0x31, 0x01, 2, 0, 0, 0].to_vec();
        all.extend(attribute("channels", "chlist", &list));
        all.extend(attribute("compression", "compression", &[compression]));
        all.extend(attribute("dataWindow", "box2i", &window));
        if tile.0 > 0 {
            let tile = [tile.0.to_le_bytes(), tile.1.to_le_bytes()].concat();
            all.extend(attribute("tiles", "tiledesc", &[&tile[..], &[0]].concat()));
        }
        [all, vec![0], vec![0; 8]].concat()
    }

    #[test]
    fn pieces_are_no_larger_than_they_need_to_be() {
        for (tile, window, compression, sound) in [
            ((64, 64), (20, 12), 1, true),
            ((0x2E00_0040, 64), (20, 12), 1, false),
            ((0, 0), (20_000, 10_000), 4, true),
            ((0, 0), (1 << 28, 1), 1, false),
            ((0, 0), (1 << 20, 1000), 9, false),
        ] {
            assert_eq!(check(&head(tile, window, compression)).is_ok(), sound, "{tile:?} {window:?} {compression}");
        }
        let whole = head((64, 64), (20, 12), 1);
        (0..whole.len()).for_each(|length| check(&whole[..length]).unwrap());
    }
}
