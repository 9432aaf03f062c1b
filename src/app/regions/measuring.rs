//! [`Measuring`]: the table of measures of regions, made in the background.

use std::collections::HashMap;
use std::sync::Arc;

use super::RegionFiles;
use crate::geometry::{Affine, Point};
use crate::job::Progress;
use crate::mosaic::{Mosaic, RoiId};
use crate::region::measure::{ChannelStatistics, IntensityOptions, Table, intensity, table};
use crate::source::Source;
use crate::{Error, Result};

/// The most regions whose histograms are kept.
const MOST_HISTOGRAMS: usize = 500;

/// What to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MeasureForm {
    pub which: RegionFiles,
    /// Samples inside, of each channel.
    pub samples: bool,
    /// The level that samples are taken from; 0 is the full resolution.
    pub level: usize,
}

/// The table, once there is one.
#[derive(Default)]
pub(in crate::app) struct Measuring {
    pub(in crate::app) measured: Option<Arc<Measured>>,
    /// A job measures.
    pub(in crate::app) running: bool,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::app) struct Measured {
    pub(in crate::app) form: MeasureForm,
    pub(in crate::app) table: Table,
    /// The region of each row.
    pub(in crate::app) ids: Vec<RoiId>,
    /// How often which samples occur in each channel, of as many regions as are not too many.
    pub(in crate::app) histograms: HashMap<RoiId, Vec<ChannelStatistics>>,
}

/// How large a pixel is, across and down, and in what.
pub(in crate::app) type PixelScale<'a> = Option<((f64, f64), &'a str)>;

/// Measures regions; `source` is the picture of the document, for samples. One step of `progress` is one region.
pub(in crate::app) fn measured(
    mosaic: &Mosaic,
    ids: Vec<RoiId>,
    form: MeasureForm,
    scale: PixelScale<'_>,
    source: Option<&dyn Source>,
    progress: &Progress,
) -> Result<Measured> {
    let ids: Vec<RoiId> = ids.into_iter().filter(|id| mosaic.region(*id).is_some()).collect();
    let rois = mosaic.regions.listed(ids.iter().copied());
    let mut table = table(&rois, scale);
    let mut histograms = HashMap::new();
    if let Some(source) = source.filter(|_| form.samples) {
        let corner = mosaic.bounds();
        let onto = Affine::translation(Point::new(-corner.x0 as f64, -corner.y0 as f64));
        let info = source.info();
        let level = form.level.min(info.levels.len().saturating_sub(1));
        for channel in 0..usize::from(info.channels) {
            let name =
                info.channel_names.get(channel).map(|channel| channel.name.clone()).filter(|name| !name.is_empty());
            let name = name.unwrap_or_else(|| format!("channel {}", channel + 1));
            table.columns.extend(["mean", "min", "max", "std"].map(|what| format!("{name} {what}").into()));
        }
        progress.set_total(rois.len() as u64);
        for ((roi, row), id) in rois.iter().zip(&mut table.rows).zip(&ids) {
            let shape = roi.geometry.transformed(onto);
            let options = IntensityOptions { level, bins: 256 };
            match intensity(source, &shape, options, &Progress::default()) {
                Ok(channels) => {
                    for found in &channels {
                        let values = [found.mean, found.min, found.max, found.std];
                        row.extend(values.map(|value| if found.count > 0 { value.to_string() } else { String::new() }));
                    }
                    if rois.len() <= MOST_HISTOGRAMS {
                        histograms.insert(*id, channels);
                    }
                }
                // A line has no inside.
                Err(Error::Invalid { .. }) => {}
                Err(error) => return Err(error),
            }
            row.resize(table.columns.len(), String::new());
            progress.advance(1)?;
        }
    }
    Ok(Measured { form, table, ids, histograms })
}

impl Measured {
    /// The same in the order of a column.
    pub(in crate::app) fn sorted(&self, column: usize, descending: bool) -> Self {
        let mut sorted = self.clone();
        // The ids go along as a column of their own.
        sorted.table.rows.iter_mut().zip(&self.ids).for_each(|(row, id)| row.push(id.0.to_string()));
        sorted.table.sort_by(column, descending);
        let id = |row: &mut Vec<String>| RoiId(row.pop().and_then(|id| id.parse().ok()).unwrap_or_default());
        sorted.ids = sorted.table.rows.iter_mut().map(id).collect();
        sorted
    }

    /// As text that spreadsheets paste.
    pub(in crate::app) fn tab_separated(&self) -> String {
        let line = |cells: &mut dyn Iterator<Item = &str>| {
            let cells: Vec<String> = cells.map(|cell| cell.replace(['\t', '\n', '\r'], " ")).collect();
            cells.join("\t") + "\n"
        };
        let mut text = line(&mut self.table.columns.iter().map(|column| &**column));
        self.table.rows.iter().for_each(|row| text.push_str(&line(&mut row.iter().map(String::as_str))));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Rect;

    #[test]
    fn rows_are_sorted_with_their_regions() {
        let mut mosaic = Mosaic::default();
        let ids: Vec<RoiId> = [30, 10, 200].map(|width| mosaic.add_region(None, Rect::new(0, 0, width, 5))).to_vec();
        let form = MeasureForm::default();
        let measured =
            measured(&mosaic, ids.clone(), form, Some(((0.5, 0.5), "um")), None, &Progress::default()).unwrap();
        let column = measured.table.columns.iter().position(|name| &**name == "width").unwrap();
        assert_eq!(measured.sorted(column, false).ids, [ids[1], ids[0], ids[2]]);
        assert_eq!(measured.sorted(column, true).ids, [ids[2], ids[0], ids[1]]);
        let text = measured.tab_separated();
        assert!(text.starts_with("name\tclass\t") && text.contains("area_um2"), "{text}");
        assert_eq!(text.lines().count(), 4);
    }
}
