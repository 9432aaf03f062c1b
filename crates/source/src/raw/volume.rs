//! [`Volume`]: planes that lie plainly one after the other behind a header, each a page; what FITS and `NIfTI` have in common.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Raw, RawLayout};
use crate::{Error, Opened, PageIndex, PagePlace, Result, Source};

/// Planes of one file.
const MOST_PLANES: u64 = 1 << 24;

/// Planes of one array.
pub(super) struct Volume {
    pub(super) format: &'static str,
    /// Of the first plane; the others follow it.
    pub(super) layout: RawLayout,
    /// Lengths of the axes beyond the picture, the fastest first.
    pub(super) further: Vec<u64>,
    /// Whether the highest bit of the stored numbers is turned: unsigned ones kept as signed, or the reverse.
    pub(super) is_turned: bool,
    pub(super) nodata: Option<f64>,
    pub(super) mpp: Option<(f64, f64)>,
    pub(super) properties: BTreeMap<String, String>,
}

impl Volume {
    fn planes(&self) -> u64 {
        self.further.iter().try_fold(1u64, |all, axis| all.checked_mul(*axis)).unwrap_or(u64::MAX)
    }
}

/// The arrays of a file.
pub(super) struct Volumes {
    path: PathBuf,
    all: Vec<Volume>,
}

impl Volumes {
    /// `all` arrays of the file at `path`, one at least.
    pub(super) fn of(path: &Path, all: Vec<Volume>) -> Result<Box<dyn Opened>> {
        let planes = all.iter().map(Volume::planes).fold(0, u64::saturating_add);
        if planes == 0 || planes > MOST_PLANES {
            return Err(Error::limit(format!("a file of {planes} planes")));
        }
        let volumes = Self { path: path.to_owned(), all };
        // What is not there is told at once.
        volumes.page(0)?;
        Ok(Box::new(volumes))
    }

    /// The array of page `page`, its number, and which of its planes that is.
    fn find(&self, page: usize) -> Option<(&Volume, u32, u64)> {
        let mut left = page as u64;
        for (number, volume) in (0..).zip(&self.all) {
            if left < volume.planes() {
                return Some((volume, number, left));
            }
            left -= volume.planes();
        }
        None
    }
}

impl Opened for Volumes {
    fn pages(&self) -> usize {
        self.all.iter().map(Volume::planes).sum::<u64>() as usize
    }

    fn page(&self, page: usize) -> Result<Arc<dyn Source>> {
        let last = self.pages() - 1;
        let missing = || Error::invalid(format!("page {page} does not exist; the last one is {last}"));
        let (volume, _, plane) = self.find(page).ok_or_else(missing)?;
        let offset = plane.saturating_mul(volume.layout.bytes()).saturating_add(volume.layout.offset);
        let mut raw = Raw::new(&self.path, &RawLayout { offset, ..volume.layout.clone() }, volume.format)?;
        raw.is_turned = volume.is_turned;
        if volume.is_turned {
            raw.info.sample = super::turned(raw.info.sample);
        }
        (raw.info.mpp, raw.info.properties) = (volume.mpp, volume.properties.clone());
        if let Some(nodata) = volume.nodata {
            raw.info.set_nodata(nodata);
        }
        Ok(Arc::new(raw))
    }

    fn page_name(&self, page: usize) -> Option<String> {
        self.page_place(page)?.name()
    }

    fn page_place(&self, page: usize) -> Option<PagePlace> {
        let (volume, number, plane) = self.find(page)?;
        let axis = |at: usize| volume.further.get(at).copied().unwrap_or(1).max(1);
        let (depth, times) = (axis(0), axis(1));
        let rest = plane / depth / times;
        let index = PageIndex {
            series: number + rest as u32,
            c: 0,
            z: (plane % depth) as u32,
            t: (plane / depth % times) as u32,
        };
        let series = self.all.len() as u32 - 1 + (volume.planes() / depth / times) as u32;
        let counts = PageIndex { series, c: 1, z: depth as u32, t: times as u32 };
        Some(PagePlace { index, counts, ..PagePlace::default() })
    }
}
