//! Normalized, centered cross-correlation on the true overlap of two strips.

use crate::correlate::Offset;
use crate::plane::Plane;

/// About so many parts of an overlap are compared by themselves, none with a side much shorter than so many pixels.
const PARTS: usize = 16;
const LEAST_PART: f64 = 20.0;
/// Parts with less than this of the median texture say nothing.
const TEXTURED: f64 = 0.25;
/// Parts that correlate at least this much of what good ones do are alike.
const ALIKE: f64 = 0.5;

/// A part of a strip: (x, y) of its first pixel, its width and height.
type Part = (usize, usize, usize, usize);

/// The part of strip a that strip b covers at an offset: (x, y) of its first pixel in a, its width and height.
pub(crate) fn shared(a: &Plane, b: &Plane, (x, y): Offset) -> Option<Part> {
    let (x0, y0) = (x.max(0), y.max(0));
    let (x1, y1) = ((x + b.width as i64).min(a.width as i64), (y + b.height as i64).min(a.height as i64));
    (x1 > x0 && y1 > y0).then(|| (x0 as usize, y0 as usize, (x1 - x0) as usize, (y1 - y0) as usize))
}

/// The correlation of what both strips show at an offset, -1 to 1, less a rim of that many pixels, but of a sixth at most;
/// `None` where they share less than `least` pixels along a side. Flat strips correlate by 0.
pub(crate) fn ncc(a: &Plane, b: &Plane, offset: Offset, least: usize, rim: usize) -> Option<f32> {
    let (x, y, width, height) = shared(a, b, offset)?;
    if width.min(height) < least {
        return None;
    }
    let part = without_rim((x, y, width, height), rim);
    Some(correlation(part_sums(a, b, offset, part), (part.2 * part.3) as f64))
}

/// How evenly strips match at an offset: the part, 0 to 1, of those parts of what both show with texture that correlate about as
/// well as the best of them. Pictures that have only some object in common match unevenly.
pub(crate) fn evenness(a: &Plane, b: &Plane, offset: Offset, rim: usize) -> f32 {
    let Some(whole) = shared(a, b, offset) else { return 0.0 };
    let (x, y, width, height) = without_rim(whole, rim);
    let side = ((width * height / PARTS) as f64).sqrt().max(LEAST_PART);
    let count = |length: usize| ((length as f64 / side).round() as usize).max(1);
    let (columns, rows) = (count(width), count(height));
    let mut parts: Vec<(f64, f32)> = Vec::with_capacity(columns * rows);
    for row in 0..rows {
        let (top, bottom) = (row * height / rows, (row + 1) * height / rows);
        for column in 0..columns {
            let (left, right) = (column * width / columns, (column + 1) * width / columns);
            let pixels = ((right - left) * (bottom - top)) as f64;
            let sums = part_sums(a, b, offset, (x + left, y + top, right - left, bottom - top));
            let [of_a, of_b, aa, bb, _] = sums;
            let texture = ((aa - of_a * of_a / pixels) * (bb - of_b * of_b / pixels)).max(0.0).sqrt() / pixels;
            parts.push((texture, correlation(sums, pixels)));
        }
    }
    let upper = |values: &mut Vec<f64>, part: usize| {
        values.sort_by(f64::total_cmp);
        values.get(values.len() * part / 4).copied().unwrap_or(0.0)
    };
    let median = upper(&mut parts.iter().map(|(texture, _)| *texture).collect(), 2);
    parts.retain(|(texture, _)| *texture >= TEXTURED * median);
    let good = upper(&mut parts.iter().map(|(_, ncc)| f64::from(*ncc)).collect(), 3);
    let alike = parts.iter().filter(|(_, ncc)| f64::from(*ncc) >= ALIKE * good).count();
    alike as f32 / parts.len().max(1) as f32
}

/// A part of strip a less its rim, of a sixth at most.
fn without_rim((x, y, width, height): Part, rim: usize) -> Part {
    let (across, down) = (rim.min(width / 6), rim.min(height / 6));
    (x + across, y + down, width - 2 * across, height - 2 * down)
}

/// The sums of a, b, a², b² and ab over a part of strip a and what strip b shows there.
fn part_sums(a: &Plane, b: &Plane, offset: Offset, (x, y, width, height): Part) -> [f64; 5] {
    let (left, top) = ((x as i64 - offset.0) as usize, (y as i64 - offset.1) as usize);
    let mut sums = [0.0f64; 5];
    for row in 0..height {
        let from_a = &a.row(y + row)[x..x + width];
        let from_b = &b.row(top + row)[left..left + width];
        sums.iter_mut().zip(row_sums(from_a, from_b)).for_each(|(sum, more)| *sum += f64::from(more));
    }
    sums
}

/// The sums of a, b, a², b² and ab.
fn row_sums(a: &[f32], b: &[f32]) -> [f32; 5] {
    // Several sums side by side, so that they are vectors.
    const LANES: usize = 8;
    let mut lanes = [[0.0f32; LANES]; 5];
    let (whole_a, rest_a) = a.as_chunks::<LANES>();
    let (whole_b, rest_b) = b.as_chunks::<LANES>();
    for (a, b) in whole_a.iter().zip(whole_b) {
        for k in 0..LANES {
            lanes[0][k] += a[k];
            lanes[1][k] += b[k];
            lanes[2][k] += a[k] * a[k];
            lanes[3][k] += b[k] * b[k];
            lanes[4][k] += a[k] * b[k];
        }
    }
    let mut sums = lanes.map(|lane| lane.iter().sum::<f32>());
    for (a, b) in rest_a.iter().zip(rest_b) {
        sums.iter_mut().zip([*a, *b, a * a, b * b, a * b]).for_each(|(sum, more)| *sum += more);
    }
    sums
}

/// The correlation that the sums of a, b, a², b² and ab over `count` pixels give.
pub(crate) fn correlation([a, b, aa, bb, ab]: [f64; 5], count: f64) -> f32 {
    let (var_a, var_b) = (aa - a * a / count, bb - b * b / count);
    let product = var_a * var_b;
    // What rounding leaves of a flat strip is no texture.
    if var_a <= aa * 1e-9 || var_b <= bb * 1e-9 || product <= 0.0 {
        return 0.0;
    }
    ((ab - a * b / count) / product.sqrt()).clamp(-1.0, 1.0) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::texture;

    #[test]
    fn gain_and_offset_do_not_matter() {
        let scene = texture(90, 60, 1);
        let a = scene.crop(0, 0, 50, 40);
        let mut b = scene.crop(20, 5, 60, 50);
        b.data.iter_mut().for_each(|value| *value = *value * 0.7 + 11.0);
        assert!((ncc(&a, &b, (20, 5), 8, 0).unwrap() - 1.0).abs() < 1e-4);
        assert!(ncc(&a, &b, (25, 5), 8, 0).unwrap() < 0.9);
        assert!((ncc(&a, &b, (20, 5), 8, 4).unwrap() - 1.0).abs() < 1e-4, "also without its rim");
        assert_eq!(ncc(&a, &b, (44, 5), 8, 0), None, "they share too little");
        assert_eq!(ncc(&Plane::zeros(50, 40), &b, (0, 0), 8, 0), Some(0.0), "nothing to see");
    }

    #[test]
    fn pictures_with_an_object_in_common_match_unevenly() {
        let (scene, other) = (texture(200, 160, 1).high_pass(8.0), texture(200, 160, 2).high_pass(8.0));
        let a = scene.crop(0, 0, 150, 120);
        let mut b = scene.crop(30, 10, 150, 120);
        assert!(evenness(&a, &b, (30, 10), 4) > 0.95);
        for y in 0..120 {
            b.row_mut(y)[50..].copy_from_slice(&other.row(y)[50..150]);
        }
        assert!(evenness(&a, &b, (30, 10), 4) < 0.6);
    }
}
