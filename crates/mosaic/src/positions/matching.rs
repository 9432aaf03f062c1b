//! Which tile at hand is meant by which name in a file of positions: [`match_files`] by the names, [`match_fields`] by what a pattern
//! reads in them, as for tiles of another channel.

use std::collections::{HashMap, HashSet};

use super::TilePosition;
use crate::pattern::{Pattern, TileName, stem_of};
use crate::{Error, Result};

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
/// is meant. What no name fits is matched by the name without its ending, and then by a label that one name has in it. If no
/// name fits at all, the parts count that differ among the names, so that tiles get the positions of another channel's or round's.
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
    let matched = Matched::of(found, files.len());
    if matched.pairs.is_empty() { match_varying(tiles, files).unwrap_or(matched) } else { matched }
}

/// Finds the file of each position by what `pattern` reads in both names: row and column, x and y, or the running number. Planes
/// don't count, so that tiles get the positions of another channel's, slice's or round's. Fails where two files or two positions
/// say the same.
pub fn match_fields(tiles: &[TilePosition], files: &[impl AsRef<str>], pattern: &Pattern) -> Result<Matched> {
    let key = |name: &str| pattern.read(name).map(|tile| place_of(&tile));
    let mut by_place = HashMap::with_capacity(files.len());
    for (number, file) in files.iter().enumerate() {
        let Some(place) = key(file.as_ref()) else { continue };
        if let Some(before) = by_place.insert(place, number) {
            let (a, b) = (files[before].as_ref(), file.as_ref());
            return Err(Error::invalid(format!("{a} and {b} have the same place by the pattern; choose one plane")));
        }
    }
    let mut used: HashMap<usize, usize> = HashMap::with_capacity(files.len());
    let mut found = Vec::with_capacity(tiles.len());
    for (number, tile) in tiles.iter().enumerate() {
        let file = key(&tile.file).and_then(|place| by_place.get(&place).copied());
        if let Some(before) = file.and_then(|file| used.insert(file, number)) {
            let (a, b) = (&tiles[before].file, &tile.file);
            return Err(Error::invalid(format!("the positions of {a} and {b} are both of one file by the pattern")));
        }
        found.push(file);
    }
    Ok(Matched::of(found, files.len()))
}

/// What identifies a tile of one plane.
type Place = (Option<i64>, Option<i64>, Option<u64>, Option<u64>, Option<i64>);

fn place_of(tile: &TileName) -> Place {
    (tile.column, tile.row, tile.x.map(f64::to_bits), tile.y.map(f64::to_bits), tile.index)
}

/// By the parts of the names that differ among the positions and among the files, as the row and the column of
/// `DAPI_r03_c04.tif` and `FITC_r3_c4.tif`. None unless these name all and each just once.
fn match_varying(tiles: &[TilePosition], files: &[impl AsRef<str>]) -> Option<Matched> {
    let named: Vec<&str> = tiles.iter().map(|tile| tile.file.as_str()).collect();
    let files: Vec<&str> = files.iter().map(AsRef::as_ref).collect();
    let (wanted, there) = (varying(&named)?, varying(&files)?);
    let by_key: HashMap<&[Part<'_>], usize> = there.iter().map(Vec::as_slice).zip(0..).collect();
    let distinct: HashSet<&[Part<'_>]> = wanted.iter().map(Vec::as_slice).collect();
    if by_key.len() < files.len() || distinct.len() < named.len() {
        return None;
    }
    let found: Vec<Option<usize>> = wanted.iter().map(|key| by_key.get(key.as_slice()).copied()).collect();
    // Few that agree by chance are no reason.
    let common = found.iter().flatten().count();
    (common >= 2 && 2 * common >= named.len().min(files.len())).then(|| Matched::of(found, files.len()))
}

/// A run of digits, by its value, or of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Part<'a> {
    Number(u64),
    Text(&'a str),
}

/// Of each name those parts that are not the same in all; none where the names have not as many parts of the same kinds.
fn varying<'a>(paths: &[&'a str]) -> Option<Vec<Vec<Part<'a>>>> {
    let split: Vec<Vec<Part<'_>>> = paths.iter().map(|path| split(parts(path).last().copied().unwrap_or(""))).collect();
    let first = split.first()?;
    let is_number = |part: &Part<'_>| matches!(part, Part::Number(_));
    let alike = |other: &Vec<Part<'_>>| {
        other.len() == first.len() && other.iter().zip(first).all(|(a, b)| is_number(a) == is_number(b))
    };
    if !split.iter().all(alike) {
        return None;
    }
    let differ: Vec<usize> = (0..first.len()).filter(|at| split.iter().any(|parts| parts[*at] != first[*at])).collect();
    Some(split.iter().map(|parts| differ.iter().map(|at| parts[*at]).collect()).collect())
}

/// A name without its ending as runs of digits and of others.
fn split(name: &str) -> Vec<Part<'_>> {
    let (mut rest, mut all) = (stem_of(name).0, Vec::new());
    while let Some(first) = rest.chars().next() {
        let is_digit = first.is_ascii_digit();
        let end = rest.find(|letter: char| letter.is_ascii_digit() != is_digit).unwrap_or(rest.len());
        let (run, more) = rest.split_at(end);
        // A number of very many digits is text.
        all.push(if is_digit { run.parse().map_or(Part::Text(run), Part::Number) } else { Part::Text(run) });
        rest = more;
    }
    all
}

impl Matched {
    /// From the file of each position.
    fn of(found: Vec<Option<usize>>, files: usize) -> Self {
        let mut placed = vec![false; files];
        let mut matched = Self::default();
        for (tile, file) in found.into_iter().enumerate() {
            match file {
                Some(file) => {
                    placed[file] = true;
                    matched.pairs.push((file, tile));
                }
                None => matched.missing.push(tile),
            }
        }
        matched.unplaced = (0..files).filter(|file| !placed[*file]).collect();
        matched
    }
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

    #[test]
    fn tiles_of_another_channel_are_found_by_what_differs_in_their_names() {
        let names = ["DAPI_r00_c00.tif", "DAPI_r00_c01.tif", "DAPI_r01_c00.tif"];
        let others = ["/2/FITC_r1_c0.png", "/2/FITC_r0_c0.png", "/2/FITC_r0_c1.png"];
        assert_eq!(matched(&names, &others), [(1, 0), (2, 1), (0, 2)]);
        assert_eq!(matched(&names, &["x_r0_c0.tif", "y_r0_c1.tif"]), [], "text differs as well");
        assert_eq!(matched(&names, &["a_r7_c7.tif", "a_r8_c8.tif"]), [], "other places");
        let channels = ["r0_c0_ch1.tif", "r0_c0_ch2.tif", "r0_c1_ch1.tif"];
        assert_eq!(matched(&names, &channels), [], "which channel is not said");
    }

    #[test]
    fn a_pattern_says_which_fields_count() {
        let tile = |name: &&str| TilePosition { file: (*name).to_owned(), ..TilePosition::default() };
        let tiles: Vec<TilePosition> = ["r0_c0_z3.tif", "r0_c1_z3.tif", "r1_c0_z3.tif"].iter().map(tile).collect();
        let pattern = Pattern::parse("{*}r{row}_c{col}_z{z}").unwrap();
        let files = ["round2/r0_c1_z9.tif", "round2/r1_c0_z9.tif", "round2/notes.txt"];
        let found = match_fields(&tiles, &files, &pattern).unwrap();
        assert_eq!((found.pairs, found.missing, found.unplaced), (vec![(0, 1), (1, 2)], vec![0], vec![2]));
        let doubled = match_fields(&tiles, &["r0_c1_z8.tif", "r0_c1_z9.tif"], &pattern).unwrap_err();
        assert!(doubled.to_string().contains("choose one plane"), "{doubled}");
    }
}
