//! [`Pages`]: the pages of a file along its axes: series and channels, slices, moments.

use std::collections::HashMap;

/// One axis of a page's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageAxis {
    /// Series or channel: what has a name.
    Named,
    /// Depth.
    Slice,
    Time,
}

/// A page's place: its name's number, its slice, its moment.
type Place = [usize; 3];

/// Which page lies where.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pages {
    /// What is not a slice or a moment, in the order in which it comes first.
    pub names: Vec<String>,
    /// How many there are along each axis.
    pub counts: [usize; 3],
    places: Vec<Place>,
    at: HashMap<Place, usize>,
}

impl Pages {
    /// Of the names that a file gives its pages: `DAPI, slice 2 of 3, time 1 of 9`. A page without a name has its number.
    pub fn of(names: &[Option<String>]) -> Self {
        let mut pages = Self { counts: [0, 1, 1], ..Self::default() };
        let mut known: HashMap<String, usize> = HashMap::new();
        for (number, name) in names.iter().enumerate() {
            let mut place: Place = [0; 3];
            let mut named = Vec::new();
            for part in name.as_deref().unwrap_or_default().split(", ").filter(|part| !part.is_empty()) {
                match numbered(part) {
                    Some((axis, at)) => place[axis as usize] = at,
                    None => named.push(part),
                }
            }
            let name = if name.is_none() { format!("Page {}", number + 1) } else { named.join(", ") };
            place[0] = *known.entry(name.clone()).or_insert_with(|| {
                pages.names.push(name);
                pages.names.len() - 1
            });
            // Of two with the same name, the later one gets a name of its own.
            while pages.at.contains_key(&place) {
                pages.names.push(format!("{} (page {})", pages.names[place[0]], number + 1));
                place[0] = pages.names.len() - 1;
            }
            for (count, at) in pages.counts.iter_mut().zip(place) {
                *count = (*count).max(at + 1);
            }
            pages.places.push(place);
            pages.at.insert(place, number);
        }
        pages
    }

    /// Where a page lies along an axis, from 0.
    pub fn at(&self, page: usize, axis: PageAxis) -> usize {
        self.places.get(page).map_or(0, |place| place[axis as usize])
    }

    /// The page that lies at `at` along `axis` and else as `page` does: of a series without it, its first.
    pub fn moved(&self, page: usize, axis: PageAxis, at: usize) -> Option<usize> {
        let mut place = *self.places.get(page)?;
        place[axis as usize] = at;
        let first = || (axis == PageAxis::Named).then(|| self.places.iter().position(|place| place[0] == at)).flatten();
        self.at.get(&place).copied().or_else(first)
    }
}

/// `slice 2 of 3` as the axis and the place on it, from 0.
fn numbered(part: &str) -> Option<(PageAxis, usize)> {
    let (what, rest) = part.split_once(' ')?;
    let (at, count) = rest.split_once(" of ")?;
    let axis = match what {
        "slice" => PageAxis::Slice,
        "time" => PageAxis::Time,
        _ => return None,
    };
    let (at, count): (usize, usize) = (at.parse().ok()?, count.parse().ok()?);
    (1..=count).contains(&at).then(|| (axis, at - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str]) -> Pages {
        Pages::of(&names.iter().map(|name| (!name.is_empty()).then(|| (*name).to_owned())).collect::<Vec<_>>())
    }

    #[test]
    fn axes_are_found_in_names() {
        let pages = of(&["A, slice 1 of 2", "A, slice 2 of 2", "B, slice 1 of 2", "B, slice 2 of 2", "Overview"]);
        assert_eq!((&*pages.names, pages.counts), (&["A".into(), "B".into(), "Overview".into()][..], [3, 2, 1]));
        assert_eq!((pages.at(3, PageAxis::Named), pages.at(3, PageAxis::Slice)), (1, 1));
        assert_eq!(pages.moved(3, PageAxis::Named, 0), Some(1), "the same slice of the other");
        assert_eq!(pages.moved(3, PageAxis::Slice, 0), Some(2));
        assert_eq!(pages.moved(3, PageAxis::Named, 2), Some(4), "which has no slices");
        assert_eq!(pages.moved(3, PageAxis::Time, 7), None);
    }

    #[test]
    fn every_page_can_be_named() {
        let pages = of(&["", "", "X", "X", "slice 9 of 3"]);
        assert_eq!(pages.names, ["Page 1", "Page 2", "X", "X (page 4)", "slice 9 of 3"]);
        assert!((0..5).all(|page| pages.moved(page, PageAxis::Named, page) == Some(page)));
    }
}
