//! Aperio's slides (`.svs`): a description of `key = value` parts, tiled levels, and label, macro and thumbnail in strips.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::directory::Directory;
use super::generic::subfile_type;
use super::image::{is_tiled, size_of};
use super::levels::Missing;
use super::page::{Details, Page};
use super::tags as tag;
use super::{Associated, Contents};
use crate::PositionedFile;

/// The contents of the file, if it is one of Aperio's.
pub(super) fn contents(file: &Arc<PositionedFile>, chain: &[Directory]) -> Option<Contents> {
    let description = chain[0].text(file, tag::IMAGE_DESCRIPTION).filter(|text| text.starts_with("Aperio"))?;
    if !is_tiled(&chain[0]) {
        return None;
    }
    let properties = properties(&description);
    let number = |name: &str| {
        let text = properties.get(name)?.replace(',', ".");
        text.parse::<f64>().ok().filter(|value| value.is_finite() && *value > 0.0)
    };
    let details = Details {
        mpp: number("aperio.MPP").map(|mpp| (mpp, mpp)),
        objective: number("aperio.AppMag"),
        missing: Missing::Finer,
        measured: false,
        properties: properties.clone(),
        ..Details::slide("Aperio SVS", "aperio")
    };
    let (mut levels, mut associated) = (vec![chain[0].clone()], Vec::new());
    for (number, directory) in chain.iter().enumerate().skip(1) {
        if is_tiled(directory) {
            let smaller = |last: &Directory| Some(size_of(directory).ok()?.width < size_of(last).ok()?.width);
            if levels.last().and_then(smaller) == Some(true) {
                levels.push(directory.clone());
            }
        } else if let Some(name) = name_of(file, number, directory) {
            associated.push((name.to_owned(), Associated::Directory(directory.clone())));
        }
    }
    Some(Contents::of(vec![Page::new(file, levels, details)], associated))
}

/// Which of the pictures that come with a slide this is.
fn name_of(file: &PositionedFile, number: usize, directory: &Directory) -> Option<&'static str> {
    let description = directory.text(file, tag::IMAGE_DESCRIPTION).unwrap_or_default();
    let said = description.lines().nth(1).and_then(|line| line.split_whitespace().next()).unwrap_or_default();
    match (number, said, subfile_type(directory)) {
        (_, "label", _) => Some("label"),
        (_, "macro", _) => Some("macro"),
        (1, ..) => Some("thumbnail"),
        (_, _, 1) => Some("label"),
        (_, _, 9) => Some("macro"),
        _ => None,
    }
}

/// The parts between `|`, each `key = value`, under the names `OpenSlide` gives them.
fn properties(description: &str) -> BTreeMap<String, String> {
    let pairs = description.split('|').skip(1).filter_map(|part| part.split_once('='));
    pairs.map(|(key, value)| (format!("aperio.{}", key.trim()), value.trim().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_taken_apart() {
        let found =
            properties("Aperio Image Library v11.2.1 \r\n46000x32914 [0,0] |AppMag = 20|MPP = 0,499|Title = a = b");
        let expected = [("aperio.AppMag", "20"), ("aperio.MPP", "0,499"), ("aperio.Title", "a = b")];
        assert_eq!(found, expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
    }
}
