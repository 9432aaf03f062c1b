//! [`ProgressivePreview`]: a coarse preview of an image that is decoded from its beginning, filled from the top on a thread.

use std::sync::{Arc, Mutex, PoisonError};

use crate::pixels::Pixels;
use crate::{Info, Preview, Rows};
use crate::{IoResultExt as _, Result};

/// A coarse preview being decoded. Dropping it ends the thread.
pub(super) struct ProgressivePreview(Arc<Mutex<Preview>>);

impl ProgressivePreview {
    /// Begin with `rows`, those of the coarse whole, as large as `blank`.
    pub(super) fn start(mut rows: Box<dyn Rows>, blank: Pixels, info: &Info) -> Result<Self> {
        let (channels, sample) = (info.channels, info.sample);
        let shared = Arc::new(Mutex::new(Preview { pixels: blank, is_whole: false }));
        let inside = Arc::clone(&shared);
        let run = move || {
            let mut top = 0;
            // What cannot be decoded stays blank: the sequential scan reports the error.
            while let Ok(Some(some)) = rows.next_rows() {
                let mut preview = inside.lock().unwrap_or_else(PoisonError::into_inner);
                if some.channels() != channels || some.sample_type() != sample || Arc::strong_count(&inside) == 1 {
                    break;
                }
                preview.pixels.paste(some.view(), 0, top);
                top += i64::from(some.size().height);
            }
            inside.lock().unwrap_or_else(PoisonError::into_inner).is_whole = true;
        };
        crate::job::spawn("preview", run).at(std::path::Path::new("thread"))?;
        Ok(Self(shared))
    }

    /// The preview so far.
    pub(super) fn now(&self) -> Preview {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
