//! [`match_exposure`]: the gain of each tile, and its offset if that is asked for, from the overlaps of all tiles.

use super::flat::median;
use super::samples::{Overlap, overlaps};
use crate::geometry::Point;
use crate::job::Progress;
use crate::solve::{Robust, robust};
use crate::{Result, Tile, TileReader};

/// What is solved for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Exposures {
    /// A gain for each tile.
    #[default]
    Gain,
    /// A gain and an offset.
    GainAndOffset,
}

/// What makes a tile as bright as the others: each of its samples becomes `gain` · sample + `offset`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exposure {
    pub gain: f32,
    pub offset: f32,
}

/// The solver's unit is a pixel; residuals of less than a third of one are never held against a link. So 1 % of gain is one.
const GAIN_UNIT: f64 = 100.0;
/// And offsets are counted in this part of the brightest sample.
const OFFSET_UNIT: f64 = 0.01;
/// Below this contrast, as standard deviation over mean, and below this correlation, both tiles' contrasts say nothing of gains.
const LEAST_CONTRAST: f64 = 0.05;
const LEAST_CORRELATION: f64 = 0.9;

/// The exposures that make all `tiles` alike where they overlap, which lie where they belong. Their mean is 1 (and 0) for each
/// group of tiles that overlap; locked tiles stay as they are.
///
/// `full` is the largest value that a sample can have, if there is one. `progress` counts pairs. Fails only when cancelled.
pub fn match_exposure(
    tiles: &[Tile],
    reader: &dyn TileReader,
    full: Option<f32>,
    what: Exposures,
    progress: &Progress,
) -> Result<Vec<Exposure>> {
    let overlaps = overlaps(tiles, reader, full, usize::MAX, progress)?;
    let fixed: Vec<bool> = tiles.iter().map(|tile| tile.locked).collect();
    let steps = overlaps.iter().map(|overlap| gain_step(overlap, what) * GAIN_UNIT);
    let gains = solved(tiles.len(), &overlaps, steps, &fixed, progress)?;
    let gains: Vec<f64> = gains.into_iter().map(|gain| (gain / GAIN_UNIT).exp()).collect();
    let mut offsets = vec![0.0; tiles.len()];
    if what == Exposures::GainAndOffset {
        let values = overlaps.iter().flat_map(|overlap| overlap.samples.iter().flat_map(|sample| sample.value));
        let unit = f64::from(values.fold(f32::MIN_POSITIVE, f32::max)) * OFFSET_UNIT;
        let steps = overlaps.iter().map(|overlap| offset_step(overlap, &gains) / unit);
        offsets = solved(tiles.len(), &overlaps, steps, &fixed, progress)?;
        offsets.iter_mut().for_each(|offset| *offset *= unit);
    }
    let all = gains.into_iter().zip(offsets);
    Ok(all.map(|(gain, offset)| Exposure { gain: gain as f32, offset: offset as f32 }).collect())
}

/// For each tile a number, such that those of both tiles of a pair differ as `steps` say.
fn solved(
    count: usize,
    overlaps: &[Overlap],
    steps: impl Iterator<Item = f64>,
    fixed: &[bool],
    progress: &Progress,
) -> Result<Vec<f64>> {
    let mut all = vec![Point::default(); count];
    let links = overlaps.iter().zip(steps).map(|(overlap, step)| Robust {
        a: overlap.a,
        b: overlap.b,
        measured: step.is_finite().then_some((Point::new(step, 0.0), 1.0)),
        is_sure: false,
        usual: Point::default(),
    });
    robust(&mut all, &links.collect::<Vec<_>>(), fixed, progress)?;
    Ok(all.into_iter().map(|point| point.x).collect())
}

/// By how much the logarithm of the gain of the second must be more than that of the first.
fn gain_step(overlap: &Overlap, what: Exposures) -> f64 {
    let by_contrast = || contrast_ratio(overlap).filter(|_| what == Exposures::GainAndOffset);
    by_contrast().unwrap_or_else(|| median(overlap.samples.iter().map(super::samples::Sample::ratio).collect()))
}

/// The logarithm of the contrast of the first over that of the second, where that is known.
fn contrast_ratio(overlap: &Overlap) -> Option<f64> {
    let count = overlap.samples.len() as f64;
    let mean = |value: &dyn Fn([f64; 2]) -> f64| {
        overlap.samples.iter().map(|sample| value(sample.value.map(f64::from))).sum::<f64>() / count
    };
    let (a, b) = (mean(&|[a, _]| a), mean(&|[_, b]| b));
    let (aa, bb) = (mean(&|[x, _]| (x - a).powi(2)), mean(&|[_, y]| (y - b).powi(2)));
    let ab = mean(&|[x, y]| (x - a) * (y - b));
    let is_known =
        aa.sqrt() > LEAST_CONTRAST * a && bb.sqrt() > LEAST_CONTRAST * b && ab > LEAST_CORRELATION * (aa * bb).sqrt();
    is_known.then(|| 0.5 * (aa / bb).ln())
}

/// By how much the offset of the second must be more than that of the first.
fn offset_step(overlap: &Overlap, gains: &[f64]) -> f64 {
    let (a, b) = (gains[overlap.a as usize], gains[overlap.b as usize]);
    median(
        overlap.samples.iter().map(|sample| a * f64::from(sample.value[0]) - b * f64::from(sample.value[1])).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Rect, Size};
    use crate::plane::Plane;
    use crate::testing::{Scene, random};

    struct Cuts {
        scene: Scene,
        tiles: Vec<Tile>,
        exposures: Vec<(f32, f32)>,
    }

    impl TileReader for Cuts {
        fn read(&self, tile: usize, rect: Rect) -> Result<Plane> {
            let at = self.tiles[tile].position;
            let (gain, offset) = self.exposures[tile];
            let mut plane = self.scene.cut(
                at.x + rect.x0 as f64,
                at.y + rect.y0 as f64,
                rect.width() as usize,
                rect.height() as usize,
            );
            plane.data.iter_mut().for_each(|value| *value = (*value + 100.0) * gain + offset);
            Ok(plane)
        }
    }

    fn cuts(offsets: f32) -> Cuts {
        let mut state = 9;
        let at = |k: usize| Point::new((k % 4) as f64 * 130.0, (k / 4) as f64 * 100.0);
        let tile = |k| Tile { position: at(k), size: Size::new(160, 130), locked: false, round: 0 };
        let exposures = (0..12).map(|_| (0.9 + 0.2 * random(&mut state), offsets * (random(&mut state) - 0.5)));
        Cuts { scene: Scene::new(4), tiles: (0..12).map(tile).collect(), exposures: exposures.collect() }
    }

    #[test]
    fn gains_and_offsets_are_undone() {
        // Of contrasts over narrow overlaps, gains are known less exactly; the offsets make up for it.
        for (what, offsets, within) in [(Exposures::Gain, 0.0, 0.002), (Exposures::GainAndOffset, 20.0, 0.005)] {
            let cuts = cuts(offsets);
            let found = match_exposure(&cuts.tiles, &cuts, None, what, &Progress::default()).unwrap();
            // All are as bright as the first but for what all have in common.
            let all: Vec<(f32, f32)> = found
                .iter()
                .zip(&cuts.exposures)
                .map(|(found, (gain, offset))| (found.gain * gain, found.gain * offset + found.offset))
                .collect();
            let off = |(gain, offset): &(f32, f32)| ((gain / all[0].0 - 1.0).abs(), (offset - all[0].1).abs());
            assert!(all.iter().map(off).all(|(gain, offset)| gain < within && offset < 1.0), "{what:?}: {all:?}");
        }
    }

    #[test]
    fn a_locked_tile_stays_as_bright_as_it_is() {
        let mut cuts = cuts(0.0);
        cuts.tiles[5].locked = true;
        let found = match_exposure(&cuts.tiles, &cuts, None, Exposures::Gain, &Progress::default()).unwrap();
        assert_eq!(found[5], Exposure { gain: 1.0, offset: 0.0 });
        let brightness = |k: usize| found[k].gain * cuts.exposures[k].0;
        assert!((0..12).all(|k| (brightness(k) / brightness(5) - 1.0).abs() < 0.002));
    }
}
