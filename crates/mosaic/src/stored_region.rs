//! Regions in project files, a line each. Named rectangles of whole pixels are written as the first versions knew them.

use std::collections::HashSet;
use std::sync::Arc;

use mosaicist_shape::{Bounds, Class, Geometry, Roi};
use serde::{Deserialize, Serialize};

use super::{Mosaic, Region, RoiId};
use crate::geometry::Rect;

/// A region of any version.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredRegion {
    pub(super) id: RoiId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shape: Option<FirstShape>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parent: Option<RoiId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    roi: Option<Roi>,
}

/// What the first versions could hold.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum FirstShape {
    Rectangle(Rect),
}

impl StoredRegion {
    pub(super) fn new(region: &Region) -> Self {
        let parent = region.parent;
        match first_shape(region) {
            Some(rect) => Self {
                id: region.id,
                name: region.name.clone(),
                shape: Some(FirstShape::Rectangle(rect)),
                parent,
                roi: None,
            },
            None => Self { id: region.id, name: None, shape: None, parent, roi: Some(region.roi.clone()) },
        }
    }
}

/// The rectangle that the first versions would have held of a region, if that is all there is to it.
fn first_shape(region: &Region) -> Option<Rect> {
    let Geometry::Rectangle(bounds) = region.geometry else { return None };
    let rect = region.rect();
    let plain = Roi { name: region.name.clone(), ..Roi::new(region.geometry.clone()) };
    (region.parent.is_none() && region.name.is_some() && Bounds::from(rect) == bounds && plain == region.roi)
        .then_some(rect)
}

/// Whether the first versions could hold all regions.
pub(super) fn are_first(mosaic: &Mosaic) -> bool {
    mosaic.regions.iter().all(|region| first_shape(region).is_some())
}

/// The regions of a file; equal classes are shared.
pub(super) fn regions(stored: Vec<StoredRegion>) -> Result<Vec<Region>, String> {
    let mut classes: HashSet<Arc<Class>> = HashSet::new();
    let mut region = |stored: StoredRegion| {
        let StoredRegion { id, name, shape, parent, roi } = stored;
        let mut roi = match (shape, roi) {
            (_, Some(roi)) => roi,
            (Some(FirstShape::Rectangle(rect)), None) => {
                Roi { name, ..Roi::new(Geometry::Rectangle(Bounds::from(rect))) }
            }
            (None, None) => return Err(format!("the region {} has no shape", id.0)),
        };
        roi.parent = None;
        if let Some(class) = roi.class.take() {
            let shared = classes.get(&class).cloned().unwrap_or(class);
            classes.insert(Arc::clone(&shared));
            roi.class = Some(shared);
        }
        Ok(Region { id, parent, roi })
    };
    stored.into_iter().map(&mut region).collect()
}
