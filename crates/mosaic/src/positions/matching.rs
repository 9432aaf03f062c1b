//! [`match_files`]: which tile at hand is meant by which name in a file of positions.

use std::collections::HashMap;

use super::TilePosition;
use crate::pattern::stem_of;

/// Which files have which positions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Matched {
    /// Numbers of a file and of its position, in the order of the positions. A file may have several: its series.
    pub pairs: Vec<(usize, usize)>,
    /// Positions without a file.
    pub missing: Vec<usize>,
    /// Files without a position.
    pub unplaced: Vec<usize>,
}

/// Beyond so many comparisons, labels are not searched in names.
const MOST_COMPARED: usize = 20_000_000;

/// Finds the file of each position, by its name. Of files of the same name in different folders, the one whose folders agree
/// is meant. What no name fits is matched by the name without its ending, and then by a label that one name has in it.
pub fn match_files(tiles: &[TilePosition], files: &[impl AsRef<str>]) -> Matched {
    let paths: Vec<Vec<&str>> = files.iter().map(|file| parts(file.as_ref())).collect();
    let mut found: Vec<Option<usize>> = vec![None; tiles.len()];
    let by_name = index(&paths, |name| name);
    for (tile, found) in tiles.iter().zip(&mut found) {
        let wanted = parts(&tile.file);
        let candidates = wanted.last().and_then(|name| by_name.get(name));
        *found = candidates.and_then(|files| best(files, &wanted, &paths));
    }
    let by_stem = index(&paths, |name| stem_of(name).0);
    for (tile, found) in tiles.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
        let wanted = parts(&tile.file);
        if let Some([only]) = wanted.last().and_then(|name| by_stem.get(stem_of(name).0)).map(Vec::as_slice) {
            *found = Some(*only);
        }
    }
    let open: Vec<usize> = (0..tiles.len()).filter(|tile| found[*tile].is_none()).collect();
    if open.len().saturating_mul(files.len()) <= MOST_COMPARED {
        for tile in open {
            found[tile] = labeled(&tiles[tile].file, &paths);
        }
    }
    let mut placed = vec![false; files.len()];
    let mut matched = Matched::default();
    for (tile, file) in found.into_iter().enumerate() {
        match file {
            Some(file) => {
                placed[file] = true;
                matched.pairs.push((file, tile));
            }
            None => matched.missing.push(tile),
        }
    }
    matched.unplaced = (0..files.len()).filter(|file| !placed[*file]).collect();
    matched
}

/// The folders and the name, without what names no folder.
fn parts(path: &str) -> Vec<&str> {
    path.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".").collect()
}

fn index<'a>(paths: &[Vec<&'a str>], key: fn(&'a str) -> &'a str) -> HashMap<&'a str, Vec<usize>> {
    let mut all: HashMap<&str, Vec<usize>> = HashMap::with_capacity(paths.len());
    for (number, path) in paths.iter().enumerate() {
        if let Some(name) = path.last() {
            all.entry(key(name)).or_default().push(number);
        }
    }
    all
}

/// The file with the most folders in common, from the name upwards; none if two have as many.
fn best(files: &[usize], wanted: &[&str], paths: &[Vec<&str>]) -> Option<usize> {
    let shared = |file: &usize| paths[*file].iter().rev().zip(wanted.iter().rev()).take_while(|(a, b)| a == b).count();
    let most = files.iter().map(shared).max()?;
    let mut equal = files.iter().filter(|file| shared(file) == most);
    let first = equal.next().copied();
    first.filter(|_| equal.next().is_none())
}

/// The only file that has `label` in its name, not as a part of a longer word or number.
fn labeled(label: &str, paths: &[Vec<&str>]) -> Option<usize> {
    let whole = |name: &str| {
        name.match_indices(label).any(|(at, _)| {
            let free = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric());
            free(name[..at].chars().next_back()) && free(name[at + label.len()..].chars().next())
        })
    };
    if label.is_empty() {
        return None;
    }
    let mut found = (0..paths.len()).filter(|file| paths[*file].last().is_some_and(|name| whole(name)));
    let first = found.next();
    first.filter(|_| found.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matched(names: &[&str], files: &[&str]) -> Vec<(usize, usize)> {
        let tile = |name: &&str| TilePosition { file: (*name).to_owned(), ..TilePosition::default() };
        match_files(&names.iter().map(tile).collect::<Vec<_>>(), files).pairs
    }

    #[test]
    fn names_find_their_files() {
        assert_eq!(matched(&["b.tif", "c.tif"], &["/x/a.tif", "/x/b.tif"]), [(1, 0)]);
        assert_eq!(matched(&["1\\a.tif", "./2/a.tif"], &["/x/2/a.tif", "/x/1/a.tif"]), [(1, 0), (0, 1)]);
        assert_eq!(matched(&["a.tif"], &["/x/2/a.tif", "/x/1/a.tif"]), [], "either may be meant");
        assert_eq!(matched(&["a.tif"], &["/x/a.jpg"]), [(0, 0)], "converted");
        assert_eq!(matched(&["Pos1"], &["img_Pos1_0.tif", "img_Pos10_0.tif"]), [(0, 0)]);
        assert_eq!(matched(&["s.czi", "s.czi"], &["s.czi"]), [(0, 0), (0, 1)], "series of one file");
    }
}
