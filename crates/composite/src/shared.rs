//! [`Shared`]: what all images of a mosaic say beyond their pixels is the mosaic's too.

use std::sync::Arc;

use super::Composite;
use super::described::wide;
use crate::Error;
use crate::mosaic::{Placement, Sampling};
use crate::pixels::{ChannelName, PixelKind, RawSampleType};
use crate::source::{GeoTags, Info, Source as _};

/// So many images are asked; of more, as many of them evenly.
const MOST_ASKED: usize = 4096;

/// What the images agree on so far; `None` of a field where they do not, or say nothing.
#[derive(Default)]
pub(super) struct Shared {
    icc: Option<Arc<[u8]>>,
    mpp: Option<(f64, f64)>,
    objective: Option<f64>,
    nodata: Option<f64>,
    /// Of the mosaic's upper left corner.
    geo: Option<GeoTags>,
    channel_names: Vec<ChannelName>,
    /// Of numbers of 64 bits that some image has.
    stored: Option<RawSampleType>,
}

impl Shared {
    /// What the visible images of `composite` say. Where they disagree, a warning is noted.
    pub(super) fn of(composite: &Composite) -> Self {
        let step = composite.placements.visible().div_ceil(MOST_ASKED).max(1);
        let visible = composite.placements.iter().filter(|placement| placement.visible).step_by(step);
        let mut shared: Option<Self> = None;
        let mut unlike = Vec::new();
        for placement in visible {
            let Ok(source) = composite.library.open(&placement.image) else { continue };
            let one = Self::one(source.info(), composite, placement);
            match &mut shared {
                None => shared = Some(one),
                Some(shared) => shared.join(one, &mut unlike),
            }
        }
        unlike.sort_unstable();
        unlike.dedup();
        if !unlike.is_empty() {
            let what = format!("the images do not agree on their {}: the mosaic has none", unlike.join(" and "));
            composite.progress.warn_once(Error::limit(what));
        }
        shared.unwrap_or_default()
    }

    fn one(info: &Info, composite: &Composite, placement: &Placement) -> Self {
        let in_place = placement.sampling() == Sampling::Shift;
        let (x, y) = composite.image_at(placement);
        let moved = |geo: &Arc<GeoTags>| geo.of_part((-x as f64, -y as f64), (1.0, 1.0));
        let alike = PixelKind::from(info) == composite.kind();
        Self {
            icc: info.icc.clone(),
            mpp: info.mpp.filter(|_| in_place),
            objective: info.objective.filter(|_| in_place),
            nodata: info.nodata.filter(|_| alike),
            geo: info.geo.as_ref().filter(|_| in_place).map(moved),
            channel_names: info.channel_names.clone(),
            stored: wide(info),
        }
    }

    /// Keep what `other` says too. The names of what both say, but not alike, go to `unlike`.
    fn join(&mut self, other: Self, unlike: &mut Vec<&'static str>) {
        let mut agreed = |agree: bool, both: bool, name: &'static str| {
            if !agree && both {
                unlike.push(name);
            }
            agree
        };
        let both = self.icc.is_some() && other.icc.is_some();
        if !agreed(self.icc == other.icc, both, "color profile") {
            self.icc = None;
        }
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-3 * a.abs().max(b.abs());
        let alike = self.mpp.zip(other.mpp).is_some_and(|(a, b)| close(a.0, b.0) && close(a.1, b.1));
        if !agreed(alike, self.mpp.is_some() && other.mpp.is_some(), "pixel size") {
            self.mpp = None;
        }
        self.objective = self.objective.filter(|own| other.objective.is_some_and(|other| close(*own, other)));
        let same = |a: f64, b: f64| a.is_nan() && b.is_nan() || a.total_cmp(&b).is_eq();
        self.nodata = self.nodata.filter(|own| other.nodata.is_some_and(|other| same(*own, other)));
        let fits = self.geo.as_ref().zip(other.geo.as_ref()).is_some_and(|(a, b)| is_same_place(a, b));
        if !agreed(fits, self.geo.is_some() && other.geo.is_some(), "place on the map") {
            self.geo = None;
        }
        self.stored = self.stored.or(other.stored);
        if self.channel_names != other.channel_names {
            self.channel_names.clear();
        }
    }

    /// Put it into `info`.
    pub(super) fn tell(self, info: &mut Info) {
        info.stored = self.stored;
        // What the document says of its pixels is not for the images to say.
        (info.icc, info.mpp, info.objective) = (self.icc, info.mpp.or(self.mpp), self.objective);
        if self.channel_names.len() == usize::from(info.channels) {
            info.channel_names = self.channel_names;
        }
        if let Some(nodata) = self.nodata {
            info.nodata = Some(nodata);
            info.background = vec![nodata as f32; usize::from(info.channels)];
        }
        // What GDAL notes of an image's values is not true of several.
        let gdal_nodata = match info.nodata {
            None => String::new(),
            Some(nodata) if nodata.is_nan() => "nan".to_owned(),
            Some(nodata) => nodata.to_string(),
        };
        let geo = self.geo.map(GeoTags::without_statistics);
        // Images that lie nowhere on a map may say which value means nothing, too.
        let geo = geo.or_else(|| (!gdal_nodata.is_empty()).then(GeoTags::default));
        info.geo = geo.map(|geo| Arc::new(GeoTags { gdal_nodata, ..geo }));
    }
}

/// Whether both are of one projection, and the same pixel lies at the same place to half a pixel.
fn is_same_place(a: &GeoTags, b: &GeoTags) -> bool {
    let keys = |geo: &GeoTags| (geo.key_directory.clone(), geo.double_params.clone(), geo.ascii_params.clone());
    let far = 10_000.0;
    let corners = [(0.0, 0.0), (far, 0.0), (0.0, far)];
    let step = a.map_of_pixel(0.0, 0.0).zip(a.map_of_pixel(1.0, 1.0));
    let Some(step) = step.map(|(from, to)| (to.0 - from.0).hypot(to.1 - from.1)) else { return false };
    let near = |(x, y): (f64, f64)| {
        let both = a.map_of_pixel(x, y).zip(b.map_of_pixel(x, y));
        both.is_some_and(|(a, b)| (a.0 - b.0).hypot(a.1 - b.1) <= 0.75 * step)
    };
    keys(a) == keys(b) && corners.into_iter().all(near)
}
