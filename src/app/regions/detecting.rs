//! [`Detecting`]: regions looked for in the picture, as a preview that follows the settings.

use std::sync::Arc;

use crate::mosaic::Mosaic;
use crate::region::Roi;
use crate::region::detect::{Options, Overview};

/// What to look for.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct DetectForm {
    pub options: Options,
}

/// What is looked for, and what was found.
#[derive(Default)]
pub(in crate::app) struct Detecting {
    /// The settings; `None` while no preview is shown.
    pub(in crate::app) form: Option<DetectForm>,
    /// The overview that is searched, and the document that it shows.
    pub(in crate::app) overview: Option<(Arc<Mosaic>, Arc<Overview>)>,
    /// A job searches.
    pub(in crate::app) running: bool,
    /// What was found, and by which settings.
    pub(in crate::app) result: Option<(DetectForm, Arc<Vec<Roi>>)>,
}

impl Detecting {
    /// What was found last, in canvas pixels, while the preview is shown.
    pub(in crate::app) fn found(&self) -> &[Roi] {
        match (&self.form, &self.result) {
            (Some(_), Some((_, found))) => found,
            _ => &[],
        }
    }

    /// Whether what was found is by the settings that are shown.
    pub(in crate::app) fn is_current(&self) -> bool {
        self.result.as_ref().map(|(form, _)| *form) == self.form
    }
}
