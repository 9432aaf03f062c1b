//! [`PropertiesCache`]: metadata of files for the panels, read by jobs.

use std::collections::HashMap;
use std::sync::Arc;

use crate::ImageRef;
use crate::mosaic::Placement;
use crate::work::{Pages, Properties};
use crate::{Error, Result};

/// How many are cached.
const MOST: usize = 256;

/// A page of a file and its pages' places.
pub(super) struct Described {
    pub(super) properties: Properties,
    pub(super) pages: Pages,
    /// All properties except levels and pages, formatted.
    pub(super) lines: Vec<(String, String)>,
}

/// Metadata by file and page.
#[derive(Default)]
pub(super) struct PropertiesCache {
    known: HashMap<ImageRef, std::result::Result<Arc<Described>, Error>>,
    /// Images being read.
    pub(super) asked: Option<ImageRef>,
}

impl PropertiesCache {
    pub(super) fn get(&self, placement: &Placement) -> Option<&std::result::Result<Arc<Described>, Error>> {
        self.known.get(&placement.image)
    }

    pub(super) fn put(&mut self, image: ImageRef, found: Result<Properties>) {
        if self.known.len() >= MOST {
            self.known.clear();
        }
        self.asked = None;
        let described = found.map(|properties| {
            let numbered = |name: &str| ["levels[", "page_names[", "images["].iter().any(|list| name.starts_with(list));
            let lines = properties.lines().into_iter().filter(|(name, _)| !numbered(name)).collect();
            let pages = Pages::of(&properties.entries);
            Arc::new(Described { properties, pages, lines })
        });
        self.known.insert(image, described);
    }

    /// A file may have changed.
    pub(super) fn forget(&mut self) {
        self.known.clear();
    }
}
