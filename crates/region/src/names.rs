//! [`Pattern`] and [`Names`]: names of files after a pattern, safe on every system, none twice.

use std::collections::HashSet;
use std::fmt::Write as _;

use crate::{Error, Result};

/// A pattern such as `{image}_{name}_{class}_{x}_{y}_{level}`; `{x:06}` fills a number up with zeros.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Field { field: String, digits: usize },
}

/// The longest name in bytes: file systems take 255, endings and temporary names come on top.
const LONGEST: usize = 180;

impl Pattern {
    /// Read a pattern whose fields are among `fields`.
    pub fn parse(text: &str, fields: &[&str]) -> Result<Self> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find('{') {
            pieces.push(Piece::Text(rest[..start].to_owned()));
            let (inside, after) = rest[start + 1..]
                .split_once('}')
                .ok_or_else(|| Error::invalid(format!("'{text}': a '{{' without its '}}'")))?;
            let (field, digits) = inside.split_once(':').unwrap_or((inside, ""));
            if !fields.contains(&field) {
                let known = fields.iter().map(|field| format!("{{{field}}}")).collect::<Vec<_>>().join(" ");
                return Err(Error::invalid(format!("'{text}': no field {{{field}}}; there are {known}")));
            }
            let digits = if digits.is_empty() { Some(0) } else { digits.parse().ok().filter(|&digits| digits <= 20) };
            let digits =
                digits.ok_or_else(|| Error::invalid(format!("'{text}': {{{inside}}} wants digits, as {{x:06}}")))?;
            pieces.push(Piece::Field { field: field.to_owned(), digits });
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self { pieces })
    }

    /// The name that `value` gives the fields of, safe as the name of a file. Empty fields take the separator before them
    /// along.
    pub fn fill(&self, value: impl Fn(&str) -> String) -> String {
        let mut name = String::new();
        for piece in &self.pieces {
            match piece {
                // Separators of an empty field do not pile up.
                Piece::Text(text) if name.ends_with(['_', '-']) && text.starts_with(['_', '-']) => {
                    name.push_str(&text[1..]);
                }
                Piece::Text(text) => name.push_str(text),
                Piece::Field { field, digits } => {
                    let value = value(field);
                    match value.strip_prefix('-') {
                        Some(number) if *digits > 0 => write!(name, "-{number:0>digits$}"),
                        _ => write!(name, "{value:0>digits$}"),
                    }
                    .unwrap_or_default();
                }
            }
        }
        safe(name.trim_end_matches(['_', '-']))
    }
}

/// Names that have been given.
#[derive(Debug, Default)]
pub struct Names {
    given: HashSet<String>,
}

impl Names {
    /// `name`, with a number behind it if it was given before (upper and lower case are the same to some file systems).
    pub fn unique(&mut self, name: &str) -> String {
        let mut candidate = name.to_owned();
        let mut number = 2;
        while !self.given.insert(candidate.to_lowercase()) {
            candidate = format!("{name}-{number}");
            number += 1;
        }
        candidate
    }
}

/// `name` without what Windows, macOS or Linux refuse in the name of a file, and no longer than [`LONGEST`] bytes.
fn safe(name: &str) -> String {
    let refused = |c: char| c.is_control() || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|');
    let mut safe: String = name.chars().map(|c| if refused(c) { '_' } else { c }).collect();
    let end = (0..=LONGEST.min(safe.len())).rev().find(|&end| safe.is_char_boundary(end)).unwrap_or(0);
    safe.truncate(end);
    // Neither hidden nor an option, and no end that Windows drops.
    let trimmed = safe.trim_start_matches(['.', '-', ' ']).trim_end_matches(['.', ' ']);
    let stem = trimmed.split('.').next().unwrap_or_default().to_ascii_uppercase();
    let numbered =
        |device: &str| stem.strip_prefix(device).is_some_and(|rest| matches!(rest.as_bytes(), [b'0'..=b'9']));
    match &*stem {
        "" => "region".to_owned(),
        "CON" | "PRN" | "AUX" | "NUL" => format!("_{trimmed}"),
        _ if numbered("COM") || numbered("LPT") => format!("_{trimmed}"),
        _ => trimmed.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_filled_and_unsafe_characters_go() {
        let pattern = Pattern::parse("{image}_{name}_{class}_{x:05}", &["image", "name", "class", "x"]).unwrap();
        let fill = |name: &str, class: &str, x: &str| {
            let value = |field: &str| match field {
                "image" => "slide".to_owned(),
                "name" => name.to_owned(),
                "class" => class.to_owned(),
                _ => x.to_owned(),
            };
            pattern.fill(value)
        };
        assert_eq!(fill("a", "Tumor", "12"), "slide_a_Tumor_00012");
        assert_eq!(fill("../a:b", "", "-3"), "slide_.._a_b_-00003");
        assert!(!fill("x/../../etc", "CON", "1").contains(['/', '\\']));
        assert!(Pattern::parse("{title}", &["name"]).unwrap_err().to_string().contains("{name}"));
        assert!(Pattern::parse("{name", &["name"]).is_err());
    }

    #[test]
    fn names_are_safe_on_every_system() {
        for (name, expected) in [("..", "region"), ("nul", "_nul"), ("com1.x", "_com1.x"), ("a. ", "a"), ("-o", "o")] {
            assert_eq!(safe(name), expected, "{name}");
        }
        assert!(safe(&"ä".repeat(200)).len() <= LONGEST);
    }

    #[test]
    fn no_name_is_given_twice() {
        let mut names = Names::default();
        assert_eq!(["a", "A", "a", "a-2"].map(|name| names.unique(name)), ["a", "A-2", "a-3", "a-2-2"]);
    }
}
