//! [`Single`]: a file with one page.

use std::sync::Arc;

use super::{Opened, Source};
use crate::{Error, Result};

/// One source as an open file.
pub(super) struct Single(pub(super) Arc<dyn Source>);

impl Single {
    /// `source` as the only page.
    pub(super) fn of(source: impl Source + 'static) -> Box<dyn Opened> {
        Box::new(Self(Arc::new(source)))
    }
}

impl Opened for Single {
    fn pages(&self) -> usize {
        1
    }

    fn page(&self, page: usize) -> Result<Arc<dyn Source>> {
        if page > 0 {
            return Err(Error::invalid(format!("page {page} does not exist; there is only page 0")));
        }
        Ok(Arc::clone(&self.0))
    }
}
