//! The modes that make a pixel of those at its place alone.

use super::Mixed;
use super::patches::Patches;
use super::seam::Labels;
use crate::geometry::Rect;
use crate::mosaic::BlendMode;

/// The pixels of `area` that two or more patches cover, mixed.
pub(super) fn mix(mode: BlendMode, patches: &Patches<'_>, area: Rect) -> Mixed {
    let (count, cover) = patches.cover(area);
    let mut colors = vec![0.0f32; area.area() as usize * patches.colors];
    match mode {
        BlendMode::Max => extreme(patches, area, &mut colors, f32::max),
        BlendMode::Min => extreme(patches, area, &mut colors, f32::min),
        BlendMode::Median => median(patches, area, &count, &mut colors),
        BlendMode::Linear | BlendMode::Cosine => mean(patches, area, &mut colors, true, mode == BlendMode::Cosine),
        _ => mean(patches, area, &mut colors, false, false),
    }
    Mixed { rect: area, colors, cover, is_new: count.into_iter().map(|count| count > 1).collect() }
}

/// Each pixel that two or more patches cover from the one of its label.
pub(super) fn chosen(patches: &Patches<'_>, labels: &Labels, area: Rect) -> Mixed {
    let (count, cover) = patches.cover(area);
    let colors = labels.colors(patches, area);
    Mixed { rect: area, colors, cover, is_new: count.into_iter().map(|count| count > 1).collect() }
}

/// What is done with a row: the number of its first pixel, the pixels' weights and their colors.
type TakeRow<'a> = dyn FnMut(usize, &[f32], &[f32]) + 'a;

/// Weighted means; with shares shaped by a cosine if that is asked for.
fn mean(patches: &Patches<'_>, area: Rect, colors: &mut [f32], by_distance: bool, cosine: bool) {
    let width = area.width() as usize;
    let mut total = vec![0.0f32; area.area() as usize];
    let mut shares = vec![0.0f32; if cosine { area.area() as usize } else { 0 }];
    let each = |take: &mut TakeRow<'_>| {
        let mut weights = vec![1.0f32; width];
        for patch in patches.iter() {
            let shared = patch.shared(area);
            for y in 0..shared.height {
                let (own, (x, line)) = shared.row(y);
                let weights = &mut weights[..shared.width];
                if by_distance {
                    patch.weights.row(own.0, own.1, weights);
                } else {
                    weights.fill(1.0);
                }
                weights.iter_mut().zip(patch.cover(own, shared.width)).for_each(|(weight, cover)| *weight *= cover);
                take(line * width + x, weights, patch.colors(own, shared.width, patches.colors));
            }
        }
    };
    if cosine {
        each(&mut |at, weights, _| {
            shares[at..].iter_mut().zip(weights).for_each(|(sum, weight)| *sum += weight);
        });
    }
    each(&mut |at, weights, from| {
        let sums = total[at..].iter_mut().zip(colors[at * patches.colors..].chunks_exact_mut(patches.colors));
        let pixels = sums.zip(weights).zip(from.chunks_exact(patches.colors));
        for (number, (((total, sums), weight), pixel)) in pixels.enumerate() {
            let weight = if cosine && *weight > 0.0 { eased(weight / shares[at + number]) } else { *weight };
            *total += weight;
            sums.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += weight * value);
        }
    });
    for (sums, total) in colors.chunks_exact_mut(patches.colors).zip(&total) {
        let scale = if *total > 0.0 { 1.0 / total } else { 0.0 };
        sums.iter_mut().for_each(|sum| *sum *= scale);
    }
}

/// Half a cosine from 0 to 1, so that the shares of two still make one.
fn eased(share: f32) -> f32 {
    0.5 - 0.5 * (std::f32::consts::PI * share).cos()
}

/// The largest or smallest value of each color.
fn extreme(patches: &Patches<'_>, area: Rect, colors: &mut [f32], choose: fn(f32, f32) -> f32) {
    let width = area.width() as usize;
    let mut known = vec![false; area.area() as usize];
    for patch in patches.iter() {
        let shared = patch.shared(area);
        for y in 0..shared.height {
            let (own, (x, line)) = shared.row(y);
            let at = line * width + x;
            let to = colors[at * patches.colors..].chunks_exact_mut(patches.colors).zip(&mut known[at..]);
            let from = patch.colors(own, shared.width, patches.colors).chunks_exact(patches.colors);
            for (((to, known), from), cover) in to.zip(from).zip(patch.cover(own, shared.width)) {
                if *cover > 0.0 {
                    let all = to.iter_mut().zip(from);
                    all.for_each(|(to, value)| *to = if *known { choose(*to, *value) } else { *value });
                    *known = true;
                }
            }
        }
    }
}

/// The median of each color; of an even number the mean of both in the middle.
fn median(patches: &Patches<'_>, area: Rect, count: &[u32], colors: &mut [f32]) {
    let width = area.width() as usize;
    let mut values: Vec<f32> = Vec::new();
    let all: Vec<_> = patches.iter().map(|patch| (patch, patch.shared(area))).collect();
    for (at, _) in count.iter().enumerate().filter(|(_, count)| **count > 1) {
        let (x, y) = (at % width, at / width);
        for color in 0..patches.colors {
            values.clear();
            for (patch, shared) in &all {
                let (Some(dx), Some(dy)) = (x.checked_sub(shared.other.0), y.checked_sub(shared.other.1)) else {
                    continue;
                };
                let own = (shared.own.0 + dx, shared.own.1 + dy);
                if dx < shared.width && dy < shared.height && patch.cover(own, 1)[0] > 0.0 {
                    values.push(patch.colors(own, 1, patches.colors)[color]);
                }
            }
            colors[at * patches.colors + color] = middle(&mut values);
        }
    }
}

/// The median of some values.
fn middle(values: &mut [f32]) -> f32 {
    let count = values.len();
    let (below, upper, _) = values.select_nth_unstable_by(count / 2, f32::total_cmp);
    if count % 2 == 1 {
        return *upper;
    }
    f32::midpoint(below.iter().copied().fold(f32::NEG_INFINITY, f32::max), *upper)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_is_between_both_in_the_middle() {
        assert_eq!(middle(&mut [3.0, 1.0, 9.0]), 3.0);
        assert_eq!(middle(&mut [9.0, 1.0, 3.0, 4.0]), 3.5);
    }

    #[test]
    fn shares_of_two_make_one() {
        for share in [0.0, 0.1, 0.5, 0.77] {
            assert!((eased(share) + eased(1.0 - share) - 1.0).abs() < 1e-6);
        }
        assert!(eased(0.01) < 0.001, "flat at both ends");
    }
}
