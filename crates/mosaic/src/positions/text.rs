//! What the text formats share: bytes to text, numbers with a decimal comma, lines that could not be read.

use super::{Positions, TilePosition};

/// Text in UTF-8, or UTF-16 with its mark, or else Latin-1.
pub(super) fn decode(bytes: Vec<u8>) -> String {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|pair| unit(*pair)).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes.get(..2) {
        Some([0xFF, 0xFE]) => return wide(&bytes[2..], u16::from_le_bytes),
        Some([0xFE, 0xFF]) => return wide(&bytes[2..], u16::from_be_bytes),
        _ => {}
    }
    let text = String::from_utf8(bytes);
    let text = text.unwrap_or_else(|error| error.as_bytes().iter().map(|byte| char::from(*byte)).collect());
    text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)
}

/// A number, with a point or a comma.
pub(super) fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    match text.parse::<f64>() {
        Ok(value) => Some(value),
        Err(_) if text.bytes().filter(|byte| *byte == b',').count() == 1 => text.replace(',', ".").parse().ok(),
        Err(_) => None,
    }
}

/// `count` or more numbers of a tuple's inside, `1.5, 2` or `1,5, 2,0` or `1,5; 2,0`.
pub(super) fn tuple(inside: &str, count: Option<usize>) -> Option<Vec<f64>> {
    let fits = |numbers: &Vec<f64>| count.map_or((2..=3).contains(&numbers.len()), |count| numbers.len() == count);
    let split = |separator: &str| inside.split(separator).map(number).collect::<Option<Vec<f64>>>().filter(fits);
    split(";")
        .or_else(|| split(", "))
        .or_else(|| {
            let plain = |part: &str| part.trim().parse::<f64>().ok();
            inside.split(',').map(plain).collect::<Option<Vec<f64>>>().filter(fits)
        })
        .or_else(|| {
            // A comma both between and within the numbers: two parts make one.
            let parts: Vec<&str> = inside.split(',').collect();
            let pairs = parts.chunks_exact(2);
            if !pairs.remainder().is_empty() {
                return None;
            }
            pairs
                .map(|pair| format!("{}.{}", pair[0].trim(), pair[1].trim()).parse().ok())
                .collect::<Option<Vec<f64>>>()
                .filter(fits)
        })
}

/// Reads each line that is no comment by `line`, and names those that it does not understand.
pub(super) fn read_lines(text: &str, mut line: impl FnMut(&str) -> Line) -> Positions {
    let mut positions = Positions::default();
    let mut wrong = Vec::new();
    for (number, text) in (1..).zip(text.lines()) {
        let trimmed = text.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        match line(text) {
            Line::Tile(tile) => positions.tiles.push(tile),
            Line::Setting => {}
            Line::Unknown => wrong.push(number),
        }
    }
    positions.notes.extend(unread(&wrong));
    positions
}

/// What a line turned out to be.
pub(super) enum Line {
    Tile(TilePosition),
    Setting,
    Unknown,
}

/// A note on lines that could not be read.
pub(super) fn unread(lines: &[usize]) -> Option<String> {
    let first: Vec<String> = lines.iter().take(5).map(ToString::to_string).collect();
    match lines.len() {
        0 => None,
        1 => Some(format!("line {} cannot be read", first[0])),
        count if count > 5 => Some(format!("{count} lines cannot be read: {} …", first.join(", "))),
        _ => Some(format!("lines {} cannot be read", first.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_may_have_commas() {
        for (text, expected) in [
            ("1.5, 2", Some(vec![1.5, 2.0])),
            ("1.5,2", Some(vec![1.5, 2.0])),
            ("1,5, 2,0", Some(vec![1.5, 2.0])),
            ("1,5,2,0", Some(vec![1.5, 2.0])),
            ("1,5; -2,0", Some(vec![1.5, -2.0])),
            ("1.0, 2.0, 3.0", Some(vec![1.0, 2.0, 3.0])),
            ("1", None),
            ("a, b", None),
        ] {
            assert_eq!(tuple(text, None), expected, "{text}");
        }
        assert_eq!(tuple("1,2,3,4", Some(2)), Some(vec![1.2, 3.4]));
    }

    #[test]
    fn text_of_any_encoding_is_read() {
        assert_eq!(decode(b"\xEF\xBB\xBFa;b".to_vec()), "a;b");
        assert_eq!(decode(b"\xFF\xFEa\0\xB5\0".to_vec()), "aµ");
        assert_eq!(decode(b"a\xB5".to_vec()), "aµ");
    }
}
