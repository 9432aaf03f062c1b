//! [`PagePlace`]: where a page belongs among the pages of its file.

use crate::pixels::ChannelName;

/// The place of a page along the axes of OME: which series, channel, Z-slice and timepoint it is, each from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct PageIndex {
    /// Images of their own: series, scenes, positions.
    pub series: u32,
    pub c: u32,
    pub z: u32,
    pub t: u32,
}

/// A page's index, and the names of its series and channel.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PagePlace {
    pub index: PageIndex,
    /// How many series the file has, and channels, Z-slices and timepoints the page's series.
    pub counts: PageIndex,
    /// The name of the series; nothing where it has none.
    pub series: Option<String>,
    /// The name of the channel, empty where it has none, and its color.
    pub channel: ChannelName,
    /// Whether the page is one of several channels of one image, each of one sample.
    pub is_one_channel: bool,
}

impl PagePlace {
    /// The page's image: pages that are its channels have the same.
    pub fn image(&self) -> PageIndex {
        PageIndex { c: 0, ..self.index }
    }

    /// The channel's name, or its number where there are several.
    pub fn channel_name(&self) -> Option<String> {
        match &*self.channel.name {
            "" => (self.counts.c > 1).then(|| format!("channel {}", self.index.c + 1)),
            name => Some(name.to_owned()),
        }
    }

    /// The page for lists: series, channel, Z-slice and timepoint.
    pub fn name(&self) -> Option<String> {
        self.joined(self.channel_name())
    }

    /// The page's image for lists: the same without the channel.
    pub fn image_name(&self) -> Option<String> {
        self.joined(None)
    }

    fn joined(&self, channel: Option<String>) -> Option<String> {
        let numbered = |what: &str, at: u32, count: u32| (count > 1).then(|| format!("{what} {} of {count}", at + 1));
        let z = numbered("Z-slice", self.index.z, self.counts.z);
        let t = numbered("timepoint", self.index.t, self.counts.t);
        let parts: Vec<String> = [self.series.clone(), channel, z, t].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_give_what_distinguishes_a_page() {
        let alone = PagePlace { counts: PageIndex { series: 1, c: 1, z: 1, t: 1 }, ..PagePlace::default() };
        assert_eq!((alone.name(), alone.image_name()), (None, None));
        let counts = PageIndex { series: 2, c: 3, z: 4, t: 5 };
        let index = PageIndex { series: 1, c: 1, z: 2, t: 4 };
        let place = PagePlace { index, counts, series: Some("A, B".into()), ..alone };
        assert_eq!(place.name().as_deref(), Some("A, B, channel 2, Z-slice 3 of 4, timepoint 5 of 5"));
        assert_eq!(place.image_name().as_deref(), Some("A, B, Z-slice 3 of 4, timepoint 5 of 5"));
    }
}
