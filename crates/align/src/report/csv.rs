//! The tiles and their positions as text: CSV, and the layout file of Fiji's stitching plugins.

use std::fmt::Write as _;

use crate::Alignment;

/// `file,x,y,confidence,state` and a line for each tile, named by `names`. Positions in canvas pixels to 1/10,000.
pub fn csv(alignment: &Alignment, names: &[String]) -> String {
    let mut out = String::from("file,x,y,confidence,state\n");
    for (placed, name) in alignment.placed.iter().zip(names) {
        let (x, y) = (plain(placed.position.x), plain(placed.position.y));
        let line = writeln!(out, "{},{x},{y},{:.3},{}", field(name), placed.confidence, placed.state.name());
        debug_assert!(line.is_ok(), "a string takes what is written");
    }
    out
}

/// Fiji's `TileConfiguration.txt`, with the positions as real numbers.
///
/// Fails on a name with a semicolon or a line break, for which that format has no way.
pub fn tile_configuration(alignment: &Alignment, names: &[String]) -> crate::Result<String> {
    let mut out = String::from(
        "# Define the number of dimensions we are working on\ndim = 2\n\n# Define the image coordinates\n",
    );
    for (placed, name) in alignment.placed.iter().zip(names) {
        if name.contains([';', '\n', '\r']) {
            return Err(crate::Error::invalid(format!("'{name}' cannot be named in a TileConfiguration; use a CSV")));
        }
        let line = writeln!(out, "{name}; ; ({}, {})", plain(placed.position.x), plain(placed.position.y));
        debug_assert!(line.is_ok(), "a string takes what is written");
    }
    Ok(out)
}

/// Four digits after the point, and never -0.
fn plain(value: f64) -> String {
    let text = format!("{value:.4}");
    if text == "-0.0000" { "0.0000".to_owned() } else { text }
}

/// A field of CSV (RFC 4180): in quotes where it needs them.
fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Point, Size};
    use crate::job::Progress;
    use crate::{Link, Tile};

    #[test]
    fn names_and_numbers_are_written_as_readers_want_them() {
        let tile = |x, y| Tile { position: Point::new(x, y), size: Size::new(10, 10), locked: false, round: 0 };
        let tiles = vec![tile(-0.000_01, 2.5), tile(1234.56789, 0.0)];
        let alignment = Alignment::new(tiles, Vec::<Link>::new(), &Progress::default()).unwrap();
        let names = ["a, \"b\".tif".to_owned(), "c.tif".to_owned()];
        assert_eq!(
            csv(&alignment, &names),
            "file,x,y,confidence,state\n\"a, \"\"b\"\".tif\",0.0000,2.5000,0.000,guessed\nc.tif,1234.5679,0.0000,0.000,guessed\n"
        );
        let text = tile_configuration(&alignment, &names).unwrap();
        assert!(text.ends_with("c.tif; ; (1234.5679, 0.0000)\n") && text.contains("dim = 2"), "{text}");
        assert!(tile_configuration(&alignment, &["a;b".into(), "c".into()]).is_err());
    }
}
