//! Normalized, centered cross-correlation on the true overlap of two strips.

use crate::correlate::Offset;
use crate::plane::Plane;

/// The part of strip a that strip b covers at an offset: (x, y) of its first pixel in a, its width and height.
pub(crate) fn shared(a: &Plane, b: &Plane, (x, y): Offset) -> Option<(usize, usize, usize, usize)> {
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
    let (across, down) = (rim.min(width / 6), rim.min(height / 6));
    let (x, y, width, height) = (x + across, y + down, width - 2 * across, height - 2 * down);
    let (left, top) = ((x as i64 - offset.0) as usize, (y as i64 - offset.1) as usize);
    let mut sums = [0.0f64; 5];
    for row in 0..height {
        let from_a = &a.row(y + row)[x..x + width];
        let from_b = &b.row(top + row)[left..left + width];
        sums.iter_mut().zip(row_sums(from_a, from_b)).for_each(|(sum, more)| *sum += f64::from(more));
    }
    Some(correlation(sums, (width * height) as f64))
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
}
