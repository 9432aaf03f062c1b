//! [`natural_cmp`]: the order of file names in which numbers count by value.

use std::cmp::Ordering;

/// Compares text by its numbers' values: `tile2` before `tile10`, `-2_0` before `-1_0`.
///
/// A `-` before a digit is a sign at the start and after anything but a letter or a digit, so that `a-2` comes before `a-10`.
/// Names that differ only in leading zeros or signs of zero are ordered by these, so only equal text is equal.
pub fn natural_cmp(a: &str, b: &str) -> Ordering {
    let at = shared(a.as_bytes(), b.as_bytes());
    let (mut left, mut right) = (Tokens { bytes: a.as_bytes(), at }, Tokens { bytes: b.as_bytes(), at });
    let mut tie = Ordering::Equal;
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return tie.then_with(|| a.cmp(b)),
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(Token::Number(x)), Some(Token::Number(y))) => {
                tie = tie.then(x.written.cmp(&y.written));
                x.cmp_value(&y)
            }
            (Some(x), Some(y)) => x.rank().cmp(&y.rank()),
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Text in natural order: a key to sort by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Natural(pub String);

impl PartialOrd for Natural {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Natural {
    fn cmp(&self, other: &Self) -> Ordering {
        natural_cmp(&self.0, &other.0)
    }
}

/// The length of what both begin with, up to where a number may begin.
fn shared(a: &[u8], b: &[u8]) -> usize {
    let mut at = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    while at > 0 && (a[at - 1].is_ascii_digit() || a[at - 1] == b'-') {
        at -= 1;
    }
    at
}

enum Token<'a> {
    Byte(u8),
    Number(Number<'a>),
}

impl Token<'_> {
    /// Digits are one block among the bytes, so a number compares to other bytes as any digit does.
    fn rank(&self) -> u8 {
        match self {
            Token::Byte(byte) => *byte,
            Token::Number(_) => b'0',
        }
    }
}

struct Number<'a> {
    negative: bool,
    /// Without leading zeros.
    digits: &'a [u8],
    /// How many digits are written.
    written: usize,
}

impl Number<'_> {
    fn cmp_value(&self, other: &Self) -> Ordering {
        let sign = |number: &Self| if number.digits.is_empty() { 0 } else { 1 - 2 * i8::from(number.negative) };
        let magnitude = self.digits.len().cmp(&other.digits.len()).then_with(|| self.digits.cmp(other.digits));
        let both_negative = sign(self) < 0;
        sign(self).cmp(&sign(other)).then(if both_negative { magnitude.reverse() } else { magnitude })
    }
}

struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    fn next(&mut self) -> Option<Token<'a>> {
        let byte = *self.bytes.get(self.at)?;
        let digit = |at: usize| self.bytes.get(at).is_some_and(u8::is_ascii_digit);
        let negative = byte == b'-' && digit(self.at + 1) && is_sign(self.bytes, self.at);
        if !negative && !byte.is_ascii_digit() {
            self.at += 1;
            return Some(Token::Byte(byte));
        }
        let start = self.at + usize::from(negative);
        let length = self.bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let written = &self.bytes[start..start + length];
        let zeros = written.iter().take_while(|byte| **byte == b'0').count();
        self.at = start + length;
        Some(Token::Number(Number { negative, digits: &written[zeros..], written: length }))
    }
}

/// Whether the `-` or `+` at `at` is a sign, by what comes before it.
pub(crate) fn is_sign(bytes: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|before| bytes[before]) else { return true };
    match before {
        // `-1--2`: a separator, then a sign.
        b'-' => at >= 2 && bytes[at - 2].is_ascii_digit(),
        b')' | b']' | b'}' => false,
        other => other.is_ascii() && !other.is_ascii_alphanumeric(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sorted(mut names: Vec<&str>) -> Vec<&str> {
        names.sort_by(|a, b| natural_cmp(a, b));
        names
    }

    #[test]
    fn numbers_count_by_value() {
        let names = ["t10", "t9", "t1_b", "t1", "t09", "a"];
        assert_eq!(sorted(names.to_vec()), ["a", "t1", "t1_b", "t9", "t09", "t10"]);
    }

    #[test]
    fn signed_numbers_count_by_value() {
        let names = ["0_0", "-1_0", "-10_0", "1_-1", "1_1", "1_0", "-2_5"];
        assert_eq!(sorted(names.to_vec()), ["-10_0", "-2_5", "-1_0", "0_0", "1_-1", "1_0", "1_1"]);
        assert_eq!(sorted(vec!["a-10", "a-2", "2024-03", "2024-01"]), ["2024-01", "2024-03", "a-2", "a-10"]);
    }

    proptest! {
        #[test]
        fn the_order_is_total(names in proptest::collection::vec("[-_a0-2.]{0,6}", 3)) {
            let cmp = |a: usize, b: usize| natural_cmp(&names[a], &names[b]);
            prop_assert_eq!(cmp(0, 1), cmp(1, 0).reverse());
            prop_assert_eq!(cmp(0, 1).is_eq(), names[0] == names[1]);
            if cmp(0, 1).is_le() && cmp(1, 2).is_le() {
                prop_assert!(cmp(0, 2).is_le());
            }
        }
    }
}
