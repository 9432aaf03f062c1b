//! [`Outcome`]: what came of the images while a composite was read.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::job::Progress;
use crate::loss::Losses;
use crate::mosaic::{Placement, PlacementId, PlacementIds};
use crate::{Error, Result};

/// What came of the inputs while a composite was read.
#[derive(Debug, Default)]
pub struct Outcome(Mutex<Inputs>);

#[derive(Debug, Default)]
struct Inputs {
    /// Of which some pixel was read.
    read: PlacementIds,
    /// Of which something could not be read: how many parts were told, and the first failure.
    lost: HashMap<PlacementId, (usize, Error)>,
}

/// More missing parts for one image are not told one by one.
const MOST_PARTS: usize = 16;
/// After so many lost parts of the only image, and no pixel of it, an export does not go on.
const HOPELESS: usize = 256;

impl Outcome {
    /// Whether something was to be read and nothing could be, with the first reason.
    pub fn nothing_read(&self) -> Option<Error> {
        let inputs = self.lock();
        let first = inputs.lost.iter().min_by_key(|(id, _)| **id).map(|(_, (_, error))| error.clone());
        first.filter(|_| inputs.read.is_empty())
    }

    /// The number of images of which nothing could be read.
    pub fn unread(&self) -> usize {
        let inputs = self.lock();
        inputs.lost.keys().filter(|id| !inputs.read.contains(**id)).count()
    }

    /// Notes that pixels of an image were read.
    pub(super) fn deliver(&self, id: PlacementId) {
        self.lock().read.insert(id);
    }

    /// Notes what of `placement` was read and lost, and warns `progress` of each missing part once. Fails once very many parts of the
    /// only image (`is_only`) were lost and nothing was read.
    pub(super) fn report(
        &self,
        placement: &Placement,
        losses: &Losses,
        progress: &Progress,
        is_only: bool,
    ) -> Result<()> {
        let mut inputs = self.lock();
        if losses.delivered {
            inputs.read.insert(placement.id);
        }
        for part in &losses.parts {
            let part = part.error.clone().at(&placement.image.path);
            let (told, _) = inputs.lost.entry(placement.id).or_insert_with(|| (0, part.clone()));
            *told += 1;
            let told = *told;
            if told <= MOST_PARTS {
                progress.warn_once(part);
            } else if told == MOST_PARTS + 1 {
                let more = Error::corrupt("more parts of it cannot be read").at(&placement.image.path);
                progress.warn_once(more);
            } else if told > HOPELESS && inputs.read.is_empty() && is_only {
                return Err(part);
            }
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Inputs> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
