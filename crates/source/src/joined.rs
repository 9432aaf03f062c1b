//! [`Joined`]: the channels of one image that its file stores plane by plane, as one image.
//!
//! [`Part::Channels`](crate::Part::Channels) names it: which image of the file, and all of its channels or some of them.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Capabilities, Deferred, Info, Opened, PageIndex, PagePlace, Planar, ReadRaw, ReadingCost, Source};
use crate::geometry::Region;
use crate::job::Progress;
use crate::pixels::{ChannelName, Color, Pixels, RawSamples, interleave, interleave_raw};
use crate::{Error, Result};

/// An image has no more channels.
const MOST: usize = 255;

/// One page: the pages of the file whose channels it has.
struct Image {
    name: Option<String>,
    /// Its name in the file, without the channel.
    place: Option<PagePlace>,
    /// By channel: its number, its page.
    pages: Vec<(u32, usize, ChannelName)>,
}

/// An open file whose pages are images with all their channels.
pub(super) struct JoinedFile {
    opened: Box<dyn Opened>,
    images: Vec<Image>,
    /// All channels if empty.
    chosen: Vec<usize>,
}

impl JoinedFile {
    /// The images of `opened` with those channels, all if `chosen` is empty.
    pub(super) fn new(opened: Box<dyn Opened>, chosen: Vec<usize>) -> Self {
        let mut images: Vec<Image> = Vec::new();
        let mut known: HashMap<PageIndex, usize> = HashMap::new();
        for page in 0..opened.pages() {
            let place = opened.page_place(page);
            let Some(channel) = place.clone().filter(|place| place.is_one_channel) else {
                images.push(Image {
                    name: opened.page_name(page),
                    place,
                    pages: vec![(0, page, ChannelName::default())],
                });
                continue;
            };
            let number = *known.entry(channel.image()).or_insert_with(|| {
                images.push(Image { name: channel.image_name(), place: place.map(without_channel), pages: Vec::new() });
                images.len() - 1
            });
            images[number].pages.push((channel.index.c, page, channel.channel));
        }
        // The opened page may come first in a file of many; channels keep the file's order.
        for image in &mut images {
            image.pages.sort_by_key(|(at, ..)| *at);
        }
        Self { opened, images, chosen }
    }

    /// Whether some image has several pages, one for each channel, that make one image; else the file as it was.
    pub(super) fn if_any_is_joined(self) -> std::result::Result<Self, Box<dyn Opened>> {
        let together = self.images.iter().position(|image| image.pages.len() > 1);
        if together.is_some_and(|image| self.page(image).is_ok()) { Ok(self) } else { Err(self.opened) }
    }

    fn image(&self, page: usize) -> Result<&Image> {
        let last = self.images.len() - 1;
        self.images
            .get(page)
            .ok_or_else(|| Error::invalid(format!("image {page} does not exist; the last one is {last}")))
    }
}

impl Opened for JoinedFile {
    fn pages(&self) -> usize {
        self.images.len()
    }

    fn page(&self, page: usize) -> Result<Arc<dyn Source>> {
        let image = self.image(page)?;
        if let ([(_, page, _)], true) = (&*image.pages, self.chosen.is_empty()) {
            return self.opened.page(*page);
        }
        if image.pages.len() > MOST {
            return Err(Error::unsupported("more channels than one image has; open them as pages"));
        }
        let (planes, names) = if let [(_, page, _)] = &*image.pages {
            let source = self.opened.page(*page)?;
            let (planes, names) = (source.planes(), source.info().channel_names.clone());
            if planes.is_empty() {
                let what = "its channels are not stored one by one, so that none can be chosen";
                return Err(Error::unsupported(what));
            }
            (planes, names)
        } else {
            let open =
                |(number, (_, page, _)): (usize, &(u32, usize, ChannelName))| Ok((number, self.opened.page(*page)?));
            let planes = image.pages.iter().enumerate().map(open).collect::<Result<_>>()?;
            (planes, image.pages.iter().map(|(.., name)| name.clone()).collect())
        };
        if self.chosen.is_empty() {
            return Ok(Arc::new(Joined::new(planes, names)?));
        }
        let (mut some, mut called) = (Vec::new(), Vec::new());
        for number in &self.chosen {
            let plane = planes.get(*number).ok_or_else(|| {
                Error::invalid(format!("channel {number} does not exist; the last one is {}", planes.len() - 1))
            })?;
            some.push(plane.clone());
            called.extend(names.get(*number).cloned());
        }
        Ok(Arc::new(Joined::new(some, called)?))
    }

    fn page_name(&self, page: usize) -> Option<String> {
        self.images.get(page)?.name.clone()
    }

    fn page_place(&self, page: usize) -> Option<PagePlace> {
        self.images.get(page)?.place.clone()
    }

    fn associated(&self) -> Vec<String> {
        self.opened.associated()
    }

    fn associated_image(&self, name: &str) -> Result<Arc<dyn Source>> {
        self.opened.associated_image(name)
    }
}

/// The place of the image whose channel a page is.
fn without_channel(place: PagePlace) -> PagePlace {
    let counts = PageIndex { c: 1, ..place.counts };
    PagePlace { index: place.image(), counts, channel: ChannelName::default(), is_one_channel: false, ..place }
}

/// Planes as the channels of one image. Reading it reads all of them.
pub struct Joined {
    info: Info,
    planes: Vec<(usize, Arc<dyn Source>)>,
}

impl Joined {
    /// The channels `planes`, each with its number in the file, called `names` if there are as many.
    ///
    /// They must be images of one channel, alike in size and samples; levels that only some have are left out.
    pub fn new(planes: Vec<(usize, Arc<dyn Source>)>, names: Vec<ChannelName>) -> Result<Self> {
        let first = planes.first().ok_or_else(|| Error::invalid("an image of no channel"))?.1.info();
        let alike = |info: &Info| {
            (info.size(), info.sample, info.stored, info.channels) == (first.size(), first.sample, first.stored, 1)
        };
        if planes.len() > MOST || !planes.iter().all(|(_, plane)| alike(plane.info())) {
            return Err(Error::unsupported("channels that do not make one image; open them as pages"));
        }
        let mut info = first.clone();
        let common = |level: &usize| {
            let size = first.levels[*level].size;
            planes.iter().all(|(_, plane)| plane.info().levels.get(*level).is_some_and(|level| level.size == size))
        };
        info.levels.truncate((0..first.levels.len()).take_while(common).count());
        info.channels = planes.len() as u8;
        info.color = if planes.len() == 1 { Color::Gray } else { Color::Channels };
        info.background = planes.iter().map(|(_, plane)| plane.info().background[0]).collect();
        info.channel_names = if names.len() == planes.len() { names } else { Vec::new() };
        info.icc = None;
        Ok(Self { info, planes })
    }
}

impl Source for Joined {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        let all =
            |able: fn(&Capabilities<'_>) -> bool| self.planes.iter().all(|(_, plane)| able(&plane.capabilities()));
        let any =
            |able: fn(&Capabilities<'_>) -> bool| self.planes.iter().any(|(_, plane)| able(&plane.capabilities()));
        Capabilities {
            raw_samples: all(|plane| plane.raw_samples.is_some()).then_some(self),
            // Channels of one sample are no CMYK.
            cmyk: None,
            planar: Some(self),
            // A tile of all channels is encoded nowhere.
            encoded: None,
            // Each plane is scanned by itself (`planar`).
            sequential: None,
            deferred: any(|plane| plane.deferred.is_some()).then_some(self),
            // As above.
            preview: None,
        }
    }

    fn cost(&self, region: Region) -> ReadingCost {
        let each = self.planes.iter().map(|(_, plane)| plane.cost(region));
        each.fold(ReadingCost::default(), ReadingCost::and)
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        self.info.level(region)?;
        let parts: Vec<_> = self.planes.iter().map(|(_, plane)| plane.read(region)).collect::<Result<_>>()?;
        interleave(&parts)
    }
}

impl ReadRaw for Joined {
    fn read_raw(&self, region: Region) -> Result<Option<RawSamples>> {
        self.info.level(region)?;
        let parts = self.planes.iter().map(|(_, plane)| plane.read_raw(region));
        parts.collect::<Result<Option<Vec<_>>>>()?.map(|parts| interleave_raw(&parts)).transpose()
    }
}

impl Planar for Joined {
    fn planes(&self) -> Vec<(usize, Arc<dyn Source>)> {
        self.planes.clone()
    }
}

impl Deferred for Joined {
    fn is_ready(&self, region: Region) -> bool {
        self.planes.iter().all(|(_, plane)| plane.is_ready(region))
    }

    fn scanning(&self) -> Option<Progress> {
        self.planes.iter().find_map(|(_, plane)| plane.scanning())
    }
}
