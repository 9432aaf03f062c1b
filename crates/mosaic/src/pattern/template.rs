//! Names as templates: texts with numbers between, the same for most names of a set of tiles.

use std::collections::HashMap;

use crate::natural::is_sign;

/// Names of one template.
pub(super) struct Template {
    /// Before, between and after the numbers: one more than there are numbers.
    pub(super) texts: Vec<String>,
    /// Which names, in order.
    pub(super) names: Vec<usize>,
    /// One for each number of the template.
    pub(super) fields: Vec<NumberField>,
    /// The names' common ending with its dot, if they have one.
    pub(super) ending: Option<String>,
}

/// A number of the template in all names.
#[derive(Default)]
pub(super) struct NumberField {
    /// One for each name.
    pub(super) values: Vec<f64>,
    /// How it is written in the first name.
    pub(super) first: String,
    /// Digits, if all names have as many and some begin with 0.
    pub(super) width: Option<usize>,
    /// Whether all have as many digits, decimals included: equal values are then equal text.
    pub(super) is_uniform: bool,
    /// Whether some have decimals.
    pub(super) is_decimal: bool,
    /// The different values, in order.
    pub(super) distinct: Vec<f64>,
}

/// Names with more numbers than this are skipped.
const MOST_NUMBERS: usize = 16;

#[derive(Clone, Copy, PartialEq)]
enum Sign {
    None,
    /// Where only a sign can stand.
    Sure,
    /// After a letter, where a `-` may separate.
    Unsure,
}

struct Number<'a> {
    sign: Sign,
    negative: bool,
    digits: &'a str,
    is_decimal: bool,
}

/// The template that most of the names have.
pub(super) fn most_common(names: &[impl AsRef<str>]) -> Option<Template> {
    let mut groups: HashMap<String, Vec<usize>> = HashMap::new();
    let (mut key, mut numbers) = (String::new(), Vec::new());
    for (at, name) in names.iter().enumerate() {
        split(stem_of(name.as_ref()).0, &mut key, &mut numbers);
        if numbers.len() <= MOST_NUMBERS {
            match groups.get_mut(&key) {
                Some(group) => group.push(at),
                None => _ = groups.insert(key.clone(), vec![at]),
            }
        }
    }
    let (key, tiles) = groups.into_iter().max_by(|(a, x), (b, y)| x.len().cmp(&y.len()).then_with(|| b.cmp(a)))?;
    Some(Template::of(&key, tiles, names))
}

impl Template {
    fn of(key: &str, tiles: Vec<usize>, names: &[impl AsRef<str>]) -> Self {
        let mut texts: Vec<String> = key.split('\0').map(str::to_owned).collect();
        let mut columns: Vec<Column> = (1..texts.len()).map(|_| Column::default()).collect();
        let (mut scratch, mut numbers) = (String::new(), Vec::new());
        for tile in &tiles {
            split(stem_of(names[*tile].as_ref()).0, &mut scratch, &mut numbers);
            columns.iter_mut().zip(&numbers).for_each(|(column, number)| column.add(number));
        }
        let mut fields = Vec::new();
        for (at, column) in columns.into_iter().enumerate() {
            let (field, separator) = column.finish();
            if separator {
                texts[at].push('-');
            }
            fields.push(field);
        }
        let mut endings = tiles.iter().map(|tile| stem_of(names[*tile].as_ref()).1);
        let first = endings.next().unwrap_or_default();
        let ending = endings.all(|ending| ending == first).then(|| first.to_owned());
        Self { texts, names: tiles, fields, ending }
    }
}

#[derive(Default)]
struct Column {
    field: NumberField,
    unsure: usize,
    widths: Option<(usize, usize)>,
    padded: bool,
}

impl Column {
    fn add(&mut self, number: &Number<'_>) {
        let value: f64 = number.digits.parse().unwrap_or(f64::INFINITY);
        if self.field.values.is_empty() {
            self.field.first = format!("{}{}", if number.negative { "-" } else { "" }, number.digits);
        }
        self.field.values.push(if number.negative { -value } else { value });
        self.field.is_decimal |= number.is_decimal;
        self.unsure += usize::from(number.sign == Sign::Unsure && number.negative);
        let width = number.digits.len();
        let (least, most) = self.widths.unwrap_or((width, width));
        self.widths = Some((least.min(width), most.max(width)));
        self.padded |= width > 1 && number.digits.starts_with('0');
    }

    /// The field, and whether what looks like its sign is a separator: where each name has it.
    fn finish(mut self) -> (NumberField, bool) {
        let separator = self.unsure > 0 && self.unsure == self.field.values.len();
        if separator {
            self.field.values.iter_mut().for_each(|value| *value = -*value);
            self.field.first.remove(0);
        }
        self.field.is_uniform = self.widths.is_some_and(|(least, most)| least == most);
        self.field.width = self.widths.filter(|(least, most)| least == most && self.padded).map(|(width, _)| width);
        let mut distinct = self.field.values.clone();
        distinct.sort_unstable_by(f64::total_cmp);
        distinct.dedup();
        self.field.distinct = distinct;
        (self.field, separator)
    }
}

/// The name in a path without its endings, and these.
pub(crate) fn stem_of(path: &str) -> (&str, &str) {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let mut stem = name;
    for _ in 0..2 {
        let Some((front, ending)) = stem.rsplit_once('.') else { break };
        let is_ending = ending.starts_with(|first: char| first.is_ascii_alphabetic())
            && ending.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_ending || front.is_empty() {
            break;
        }
        stem = front;
    }
    (stem, &name[stem.len()..])
}

/// Splits `stem` into its texts, with zeros between in `key`, and its numbers.
fn split<'a>(stem: &'a str, key: &mut String, numbers: &mut Vec<Number<'a>>) {
    key.clear();
    numbers.clear();
    let bytes = stem.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let (mut at, mut text) = (0, 0);
    while at < bytes.len() {
        let signed = matches!(bytes[at], b'-' | b'+') && digit(at + 1);
        let sign = match at.checked_sub(1).map(|before| bytes[before]) {
            _ if !signed => Sign::None,
            _ if is_sign(bytes, at) => Sign::Sure,
            Some(before) if before.is_ascii_alphabetic() => Sign::Unsure,
            _ => Sign::None,
        };
        let start = at + usize::from(sign != Sign::None);
        if !digit(start) {
            at += 1;
            continue;
        }
        let mut end = start + bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let fraction = bytes.get(end + 1..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count();
        let is_decimal = bytes.get(end) == Some(&b'.')
            && fraction > 0
            && (sign == Sign::Sure || has_decimals(&stem[..at], &stem[end + 1 + fraction..]));
        if is_decimal {
            end += 1 + fraction;
        }
        key.push_str(&stem[text..at]);
        key.push('\0');
        numbers.push(Number { sign, negative: bytes[at] == b'-', digits: &stem[start..end], is_decimal });
        (at, text) = (end, end);
    }
    key.push_str(&stem[text..]);
}

/// Whether a number between these texts is a measure rather than two numbers with a dot between.
fn has_decimals(before: &str, after: &str) -> bool {
    let label = before.trim_end_matches(['_', '=', ' ']);
    label.ends_with(['x', 'y', 'z', 'X', 'Y', 'Z'])
        || ["um", "µm", "mm", "nm", "px"].iter().any(|u| after.starts_with(u))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(names: &[&str]) -> (Vec<String>, Vec<Vec<f64>>) {
        let found = most_common(names).unwrap();
        (found.texts, found.fields.into_iter().map(|field| field.values).collect())
    }

    #[test]
    fn most_names_share_a_template() {
        let found = most_common(&["a/t_r01_c02.tif", "t_r01_c10.tif", "result.tif", "t_r11_c3.png"]).unwrap();
        assert_eq!((found.texts, found.names), (vec!["t_r".into(), "_c".into(), String::new()], vec![0, 1, 3]));
        assert_eq!((found.fields[0].width, found.fields[1].width, found.ending), (Some(2), None, None));
        assert_eq!(found.fields[1].distinct, [2.0, 3.0, 10.0]);
        assert!(most_common(&[] as &[&str]).is_none());
    }

    #[test]
    fn signs_and_separators_are_distinguished() {
        assert_eq!(shape(&["-1_0_map", "2_-3_map"]).1, [[-1.0, 2.0], [0.0, -3.0]]);
        assert_eq!(shape(&["tile-001", "tile-002"]), (vec!["tile-".into(), String::new()], vec![vec![1.0, 2.0]]));
        assert_eq!(shape(&["x-1y0", "x0y-1"]).1, [[-1.0, 0.0], [0.0, -1.0]]);
        assert_eq!(shape(&["1-2", "3--4"]).1, [[1.0, 3.0], [2.0, -4.0]]);
        assert_eq!(shape(&["x1.5_y2.0"]).1, [[1.5], [2.0]]);
        assert_eq!(shape(&["cd1.2"]).1, [[1.0], [2.0]]);
    }

    #[test]
    fn endings_are_cut() {
        for (path, stem) in [("a/b.ome.tif", "b"), ("b.1.tif", "b.1"), (".tif", ".tif"), ("b", "b"), ("x.7z", "x.7z")] {
            assert_eq!(stem_of(path).0, stem);
        }
    }
}
