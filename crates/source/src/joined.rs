//! [`Joined`]: the channels of one image that its file stores plane by plane, as one image.
//!
//! A path says so, as with raw layouts and associated images: `cells.ome.tif#channels` has the pages of `cells.ome.tif` with the
//! channels of each series, slice and moment together; `cells.ome.tif#channels=0,2` only those two of them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Info, Opened, Source, open};
use crate::geometry::Region;
use crate::job::Progress;
use crate::pixels::{ChannelName, Color, Pixels, RawSamples, interleave, interleave_raw};
use crate::{Error, Result};

/// Stands between the path of a file and the channels chosen.
const MARK: &str = "#channels";
/// An image has no more channels.
const MOST: usize = 255;

/// Which channel of which image a page is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plane {
    /// The same for all channels of one image: of a series at a depth and a moment.
    pub image: u64,
    /// Where the channel stands among them.
    pub at: u64,
    /// What the image is called, without the channel.
    pub name: Option<String>,
    pub channel: ChannelName,
}

/// The path of the file at `path` with its channels together: those of the numbers in `chosen`, or all if that is empty.
pub fn channels_path(path: &Path, chosen: &[usize]) -> PathBuf {
    let mut text = path.as_os_str().to_owned();
    text.push(MARK);
    if !chosen.is_empty() {
        let numbers: Vec<_> = chosen.iter().map(ToString::to_string).collect();
        text.push(format!("={}", numbers.join(",")));
    }
    text.into()
}

/// What [`channels_path`] made one path of. A file that is called so is itself.
pub(super) fn detach(path: &Path) -> Option<(PathBuf, Vec<usize>)> {
    let (file, rest) = path.to_str()?.rsplit_once(MARK)?;
    let chosen = match rest.strip_prefix('=') {
        Some(list) => list.split(',').map(|number| number.parse().ok()).collect::<Option<Vec<usize>>>()?,
        None if rest.is_empty() => Vec::new(),
        None => return None,
    };
    (!path.exists()).then(|| (file.into(), chosen))
}

/// The file at `path` as people look at it, and the path under which it is that: its channels together, where it stores them
/// apart.
pub fn open_whole(path: &Path) -> Result<(PathBuf, Box<dyn Opened>)> {
    let joined = JoinedFile::new(open(path)?, Vec::new());
    let together = joined.images.iter().position(|image| image.pages.len() > 1);
    if together.is_some_and(|image| joined.page(image).is_ok()) {
        return Ok((channels_path(path, &[]), Box::new(joined)));
    }
    Ok((path.to_owned(), joined.opened))
}

pub(super) fn open_joined(path: &Path, chosen: &[usize]) -> Result<Box<dyn Opened>> {
    Ok(Box::new(JoinedFile::new(open(path)?, chosen.to_vec())))
}

/// One page: the pages of the file whose channels it has.
struct Image {
    name: Option<String>,
    /// By channel.
    pages: Vec<(u64, usize, ChannelName)>,
}

/// An open file whose pages are images with all their channels.
struct JoinedFile {
    opened: Box<dyn Opened>,
    images: Vec<Image>,
    /// All channels if empty.
    chosen: Vec<usize>,
}

impl JoinedFile {
    fn new(opened: Box<dyn Opened>, chosen: Vec<usize>) -> Self {
        let mut images: Vec<Image> = Vec::new();
        let mut known: HashMap<u64, usize> = HashMap::new();
        for page in 0..opened.pages() {
            let Some(plane) = opened.plane(page) else {
                images.push(Image { name: opened.page_name(page), pages: vec![(0, page, ChannelName::default())] });
                continue;
            };
            let number = *known.entry(plane.image).or_insert_with(|| {
                images.push(Image { name: plane.name.clone(), pages: Vec::new() });
                images.len() - 1
            });
            images[number].pages.push((plane.at, page, plane.channel));
        }
        // What the user has opened may come first in a file of many; channels have an order of their own.
        for image in &mut images {
            image.pages.sort_by_key(|(at, ..)| *at);
        }
        Self { opened, images, chosen }
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
                |(number, (_, page, _)): (usize, &(u64, usize, ChannelName))| Ok((number, self.opened.page(*page)?));
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

    fn associated(&self) -> Vec<String> {
        self.opened.associated()
    }

    fn associated_image(&self, name: &str) -> Result<Arc<dyn Source>> {
        self.opened.associated_image(name)
    }
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

    fn read(&self, region: Region) -> Result<Pixels> {
        self.info.level(region)?;
        let parts: Vec<_> = self.planes.iter().map(|(_, plane)| plane.read(region)).collect::<Result<_>>()?;
        interleave(&parts)
    }

    fn read_raw(&self, region: Region) -> Result<Option<RawSamples>> {
        self.info.level(region)?;
        let parts = self.planes.iter().map(|(_, plane)| plane.read_raw(region));
        parts.collect::<Result<Option<Vec<_>>>>()?.map(|parts| interleave_raw(&parts)).transpose()
    }

    fn planes(&self) -> Vec<(usize, Arc<dyn Source>)> {
        self.planes.clone()
    }

    fn is_ready(&self, region: Region) -> bool {
        self.planes.iter().all(|(_, plane)| plane.is_ready(region))
    }

    fn passing(&self) -> Option<Progress> {
        self.planes.iter().find_map(|(_, plane)| plane.passing())
    }
}
