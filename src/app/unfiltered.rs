//! [`Unfiltered`]: the composed canvas as filters read it, its coarse levels from the overview.

use std::sync::Arc;

use crate::Result;
use crate::composite::{Composite, Overview};
use crate::geometry::Region;
use crate::pixels::Pixels;
use crate::source::{Capabilities, Info, ReadingCost, Source};

/// The pixels that the screen would show without filters.
pub(super) struct Unfiltered {
    pub(super) composite: Composite,
    pub(super) overview: Arc<Overview>,
}

impl Source for Unfiltered {
    fn info(&self) -> &Info {
        self.composite.info()
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities::none()
    }

    fn cost(&self, region: Region) -> ReadingCost {
        self.composite.cost(region)
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        let level = region.level as u32;
        if level >= self.overview.level() {
            Ok(self.overview.read(level, region.rect))
        } else {
            self.composite.read(region)
        }
    }
}
