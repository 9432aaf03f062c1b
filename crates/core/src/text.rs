//! Text from files, made safe for terminals, logs and templates; for XML and HTML, [`xml::escaped`](crate::xml::escaped) does it.

use std::borrow::Cow;

/// `text` as one line for a terminal or a log: control characters, which could move the cursor, color or fake further lines,
/// and marks that turn the direction of writing become U+FFFD; line breaks and tabs become spaces.
pub fn line(text: &str) -> Cow<'_, str> {
    let is_plain = |letter: char| !letter.is_control() && !turns(letter) && is_letter(letter);
    if text.chars().all(is_plain) {
        return text.into();
    }
    let clean = |letter: char| match letter {
        '\n' | '\r' | '\t' => ' ',
        letter if is_plain(letter) => letter,
        _ => char::REPLACEMENT_CHARACTER,
    };
    text.chars().map(clean).collect()
}

/// `template` with each of `marks` in it replaced by its text. What the texts themselves hold is no mark.
pub fn filled(template: &str, marks: &[(&str, &str)]) -> String {
    let (mut out, mut rest) = (String::with_capacity(template.len()), template);
    while let Some((at, mark, text)) =
        marks.iter().filter_map(|(mark, text)| Some((rest.find(mark)?, *mark, *text))).min_by_key(|(at, ..)| *at)
    {
        out.push_str(&rest[..at]);
        out.push_str(text);
        rest = &rest[at + mark.len()..];
    }
    out.push_str(rest);
    out
}

/// No character: U+FFFE and U+FFFF of each plane, and 32 more.
fn is_letter(letter: char) -> bool {
    !matches!(u32::from(letter) & 0xFFFF, 0xFFFE | 0xFFFF) && !('\u{FDD0}'..='\u{FDEF}').contains(&letter)
}

/// The marks of Unicode that override the direction of writing (UAX 9).
fn turns(letter: char) -> bool {
    matches!(letter, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_without_commands() {
        assert!(matches!(line("µm, 漢字 é"), Cow::Borrowed(_)));
        assert_eq!(
            line("a\x1b[2J\x07\nfake\u{9b}31m\u{202e}\u{fffe}"),
            "a\u{fffd}[2J\u{fffd} fake\u{fffd}31m\u{fffd}\u{fffd}"
        );
    }

    #[test]
    fn a_text_with_a_mark_is_no_mark() {
        assert_eq!(filled("<@A@|@B@|@A@>", &[("@A@", "@B@"), ("@B@", "b@A@")]), "<@B@|b@A@|@B@>");
    }
}
