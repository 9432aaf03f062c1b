//! [`Planes`]: the channels of an image that stores each by itself, each with tiles of its own in the cache.

use std::sync::Arc;

use super::Cached;
use crate::Result;
use crate::geometry::Region;
use crate::pixels::{Color, Pixels, RawSamples, interleave, interleave_raw};
use crate::{ImageRef, Info, Part, Source};

/// Some or all channels of an image.
#[derive(Clone)]
pub(super) struct Planes {
    /// The description of the joined image.
    pub(super) info: Arc<Info>,
    planes: Arc<[Plane]>,
}

#[derive(Clone)]
struct Plane {
    /// Names it alone.
    image: ImageRef,
    source: Arc<dyn Source>,
}

impl Planes {
    /// The planes of `source`, which `image` names, if it has any.
    pub(super) fn of(source: &dyn Source, image: &ImageRef) -> Option<Self> {
        let planes = source.planes();
        // Channels are named by their page or image; nothing names those of other parts.
        if planes.is_empty() || !matches!(image.part, Part::Page(_) | Part::Channels { .. }) {
            return None;
        }
        let named = |(channel, source)| {
            let image = image.clone().channels(image.number(), &[channel]);
            Plane { image, source }
        };
        Some(Self { info: Arc::new(source.info().clone()), planes: planes.into_iter().map(named).collect() })
    }

    /// Those of them, by their places; nothing if one is not there, or none is named.
    pub(super) fn chosen(&self, places: &[usize]) -> Option<Self> {
        let planes: Arc<[Plane]> = places.iter().map(|at| self.planes.get(*at).cloned()).collect::<Option<_>>()?;
        let channels = u8::try_from(planes.len()).ok().filter(|count| *count > 0)?;
        let background = places.iter().map(|at| self.info.background[*at]).collect();
        let channel_names = places.iter().filter_map(|at| self.info.channel_names.get(*at).cloned()).collect();
        let info = Info::clone(&self.info);
        let info = Info { channels, color: Color::Channels, background, channel_names, ..info };
        Some(Self { info: Arc::new(info), planes })
    }

    /// Each as a source of its own, read as `whole` is.
    pub(super) fn each(&self, whole: &Cached) -> Result<Vec<Cached>> {
        self.planes.iter().map(|plane| whole.plane(&plane.image, &plane.source)).collect()
    }

    /// Whether `is` holds for every plane; planes that failed to open count as true.
    pub(super) fn all(&self, whole: &Cached, is: impl Fn(&Cached) -> bool) -> bool {
        self.each(whole).map_or(true, |planes| planes.iter().all(is))
    }

    pub(super) fn read(&self, whole: &Cached, region: Region) -> Result<Pixels> {
        let size = self.info.level(region)?.size;
        let parts = self.each(whole)?.into_iter().zip(&*self.planes).map(|(cached, plane)| {
            // A sidecar has levels of its own.
            let same = cached.info().levels.get(region.level).is_some_and(|level| level.size == size);
            if same { cached.read(region) } else { plane.source.read(region) }
        });
        interleave(&parts.collect::<Result<Vec<_>>>()?)
    }

    pub(super) fn read_raw(&self, region: Region) -> Result<Option<RawSamples>> {
        self.info.level(region)?;
        let parts = self.planes.iter().map(|plane| plane.source.read_raw(region));
        parts.collect::<Result<Option<Vec<_>>>>()?.map(|parts| interleave_raw(&parts)).transpose()
    }
}
