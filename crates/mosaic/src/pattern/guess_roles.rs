//! What the words around a number say that it is.

/// What a number in a name may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Row,
    Column,
    X,
    Y,
    Z,
    T,
    Channel,
    /// A number of a tile, a series, a field.
    Index,
}

/// The role that the text before a number names.
pub(super) fn role_of(before: &str) -> Option<Role> {
    let word = word_before(before).to_ascii_lowercase();
    Some(match word.as_str() {
        "r" | "row" | "rows" => Role::Row,
        "c" | "col" | "cols" | "column" | "columns" => Role::Column,
        "x" | "xpos" | "posx" => Role::X,
        "y" | "ypos" | "posy" => Role::Y,
        "z" | "slice" | "plane" | "focus" | "level" | "zoom" => Role::Z,
        "t" | "time" | "timepoint" | "tp" | "frame" => Role::T,
        "ch" | "channel" | "chan" | "w" | "wavelength" => Role::Channel,
        "i" | "n" | "s" | "p" | "f" | "m" | "series" | "pos" | "position" | "field" | "fov" | "site" | "tile"
        | "tiles" | "img" | "image" | "scan" | "no" | "number" | "index" => Role::Index,
        _ => return None,
    })
}

/// The word that a text ends with, but for separators.
pub(super) fn word_before(before: &str) -> &str {
    let text = before.trim_end_matches(['_', '-', '=', ' ', '.', '(', '@', ':', '#']);
    let start = text.char_indices().rev().take_while(|(_, letter)| letter.is_alphabetic()).last();
    start.map_or("", |(at, _)| &text[at..])
}

/// How many µm one of the unit is that the text after a number begins with, and its name in a pattern.
pub(super) fn unit_after(after: &str) -> Option<(f64, &'static str)> {
    [("um", 1.0, "um"), ("µm", 1.0, "um"), ("μm", 1.0, "um"), ("mm", 1e3, "mm"), ("nm", 1e-3, "nm")]
        .into_iter()
        .find(|(unit, ..)| {
            let rest = after.strip_prefix(unit);
            rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphabetic()))
        })
        .map(|(_, scale, name)| (scale, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_roles() {
        for (before, role) in [
            ("tile_r", Some(Role::Row)),
            ("_Col_", Some(Role::Column)),
            ("pos_x=", Some(Role::X)),
            ("_", None),
            ("bar", None),
            ("[Grid@", None),
            ("FOV ", Some(Role::Index)),
        ] {
            assert_eq!(role_of(before), role, "{before}");
        }
        assert_eq!(unit_after("um_y").map(|(scale, _)| scale), Some(1.0));
        assert_eq!(unit_after("umbra"), None);
    }
}
