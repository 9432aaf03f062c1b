//! An earlier result among its tiles: a file that is unlike all others in name and much larger.

use crate::geometry::Size;
use crate::mosaic::natural_cmp;

/// The file, as its number, that looks like a mosaic of the others: the only one whose name has another shape, and at least half as large
/// again as the usual tile both ways, or three times one way. `sizes` in px, one for each name.
pub fn earlier_result(names: &[String], sizes: &[Size]) -> Option<usize> {
    if names.len() < 4 {
        return None;
    }
    let mut sorted: Vec<(String, usize)> = names.iter().map(|name| shape(name)).zip(0..).collect();
    sorted.sort_unstable_by(|a, b| natural_cmp(&a.0, &b.0).then(a.1.cmp(&b.1)));
    let groups: Vec<&[(String, usize)]> = sorted.chunk_by(|a, b| a.0 == b.0).collect();
    let [small, large] = groups[..] else { return None };
    let ([(_, odd)], others) = (if small.len() == 1 { (small, large) } else { (large, small) }) else { return None };
    let side = |of: fn(Size) -> u32| {
        let mut sides: Vec<u32> = others.iter().map(|(_, at)| of(sizes[*at])).collect();
        let middle = sides.len() / 2;
        f64::from(of(sizes[*odd])) / f64::from((*sides.select_nth_unstable(middle).1).max(1))
    };
    let (across, down) = (side(|size| size.width), side(|size| size.height));
    (across.min(down) >= 1.5 || across.min(down) >= 0.95 && across.max(down) >= 3.0).then_some(*odd)
}

/// A name with one mark for each number.
fn shape(name: &str) -> String {
    let mut shape = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter {
            '0'..='9' if shape.ends_with('0') => {}
            '0'..='9' => shape.push('0'),
            other => shape.push(other),
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_file_of_another_name_is_a_result() {
        let names = |all: &[&str]| all.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let (tile, whole) = (Size::new(64, 64), Size::new(200, 130));
        let tiles = names(&["001.png", "002.png", "result.png", "003.png", "010.png"]);
        assert_eq!(earlier_result(&tiles, &[tile, tile, whole, tile, tile]), Some(2));
        assert_eq!(earlier_result(&tiles, &[tile; 5]), None, "as small as a tile");
        let alike = names(&["1.png", "2.png", "3.png", "4.png"]);
        assert_eq!(earlier_result(&alike, &[tile, tile, tile, whole]), None, "named like a tile");
        let mixed = names(&["a.png", "b.png", "c.png", "1.png"]);
        assert_eq!(earlier_result(&mixed, &[tile, tile, whole, tile]), None, "no tiles of one kind");
    }
}
