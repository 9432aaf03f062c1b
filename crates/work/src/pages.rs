//! [`Pages`]: the pages of a file along its axes: series and channels, Z-slices, timepoints.

use std::collections::HashMap;

use crate::source::PagePlace;

/// One axis of a page's position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageAxis {
    /// Series and channel, which have names.
    SeriesChannel,
    /// Z-slice.
    Z,
    /// Timepoint.
    Time,
}

/// The metadata of one page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageEntry {
    pub name: Option<String>,
    /// `None` if the file only lists its pages.
    pub place: Option<PagePlace>,
}

/// The number of a page's series and channel among [`Pages::names`], its Z-slice, its timepoint.
type Place = [usize; 3];

/// The position of each page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pages {
    /// The names of series and channels, in order of their first page.
    pub names: Vec<String>,
    /// The length of each axis.
    pub counts: [usize; 3],
    places: Vec<Place>,
    at: HashMap<Place, usize>,
}

/// An entry among the names.
#[derive(PartialEq, Eq, Hash)]
enum Named {
    /// A series and a channel of it.
    Place(u32, u32),
    /// A page without a position.
    Name(String),
}

impl Pages {
    /// From all pages of a file, in order. A page without metadata is named by its number.
    pub fn of(entries: &[PageEntry]) -> Self {
        let mut pages = Self { counts: [0, 1, 1], ..Self::default() };
        let mut known: HashMap<Named, usize> = HashMap::new();
        for (number, entry) in entries.iter().enumerate() {
            let (named, name, [z, t]) = if let Some(place) = &entry.place {
                let index = place.index;
                (Named::Place(index.series, index.c), series_channel(place), [index.z as usize, index.t as usize])
            } else {
                let name = entry.name.clone().unwrap_or_else(|| format!("Page {}", number + 1));
                (Named::Name(name.clone()), name, [0, 0])
            };
            let first = *known.entry(named).or_insert_with(|| {
                pages.names.push(name);
                pages.names.len() - 1
            });
            pages.put(number, [first, z, t]);
        }
        pages
    }

    fn put(&mut self, number: usize, mut place: Place) {
        // Of two pages at the same position, the later one gets its own name.
        while self.at.contains_key(&place) {
            self.names.push(format!("{} (page {})", self.names[place[0]], number + 1));
            place[0] = self.names.len() - 1;
        }
        for (count, at) in self.counts.iter_mut().zip(place) {
            *count = (*count).max(at + 1);
        }
        self.places.push(place);
        self.at.insert(place, number);
    }

    /// The index of a page along an axis, from 0.
    pub fn at(&self, page: usize, axis: PageAxis) -> usize {
        self.places.get(page).map_or(0, |place| place[axis as usize])
    }

    /// The page at `at` along `axis`, otherwise at the position of `page`; the first of a series that has no such page.
    pub fn moved(&self, page: usize, axis: PageAxis, at: usize) -> Option<usize> {
        let mut place = *self.places.get(page)?;
        place[axis as usize] = at;
        let first = || {
            let named = axis == PageAxis::SeriesChannel;
            named.then(|| self.places.iter().position(|place| place[0] == at)).flatten()
        };
        self.at.get(&place).copied().or_else(first)
    }
}

/// The names of a page's series and channel; a series without a name is named by its number.
fn series_channel(place: &PagePlace) -> String {
    let number = || (place.counts.series > 1).then(|| format!("Series {}", place.index.series + 1));
    let parts = [place.series.clone().or_else(number), place.channel_name()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::ChannelName;
    use crate::source::PageIndex;

    fn at(series: &str, channel: &str, [number, c, z, t]: [u32; 4]) -> PageEntry {
        let place = PagePlace {
            index: PageIndex { series: number, c, z, t },
            counts: PageIndex { series: 2, c: 2, z: 2, t: 1 },
            series: (!series.is_empty()).then(|| series.to_owned()),
            channel: ChannelName { name: channel.into(), color: None },
            is_one_channel: true,
        };
        PageEntry { name: Some("no matter".into()), place: Some(place) }
    }

    #[test]
    fn pages_are_found_by_index() {
        let overview = PageEntry { name: Some("Overview, Z-slice 2 of 3".into()), place: None };
        let pages = Pages::of(&[
            at("I", "A", [0, 0, 0, 0]),
            at("I", "A", [0, 0, 1, 0]),
            at("I", "", [0, 1, 0, 0]),
            at("I", "", [0, 1, 1, 0]),
            at("", "A", [1, 0, 0, 0]),
            overview,
        ]);
        assert_eq!(pages.names, ["I, A", "I, channel 2", "Series 2, A", "Overview, Z-slice 2 of 3"]);
        assert_eq!(pages.counts, [4, 2, 1]);
        assert_eq!((pages.at(3, PageAxis::SeriesChannel), pages.at(3, PageAxis::Z)), (1, 1));
        assert_eq!(pages.moved(3, PageAxis::SeriesChannel, 0), Some(1), "the same Z-slice of the other");
        assert_eq!(pages.moved(3, PageAxis::Z, 0), Some(2));
        assert_eq!(pages.moved(3, PageAxis::SeriesChannel, 2), Some(4), "which has no second Z-slice");
        assert_eq!(pages.moved(3, PageAxis::Time, 7), None);
    }

    #[test]
    fn every_page_can_be_named() {
        let named = |name: &str| PageEntry { name: (!name.is_empty()).then(|| name.to_owned()), place: None };
        let mut entries: Vec<_> = ["", "", "X", "X", "Z-slice 1 of 3"].map(named).into();
        entries.extend([at("X", "", [0, 0, 0, 0]), at("X", "", [0, 0, 0, 0])]);
        let pages = Pages::of(&entries);
        let names = ["Page 1", "Page 2", "X", "X (page 4)", "Z-slice 1 of 3", "X, channel 1", "X, channel 1 (page 7)"];
        assert_eq!(pages.names, names);
        assert!((0..7).all(|page| pages.moved(page, PageAxis::SeriesChannel, page) == Some(page)));
    }
}
