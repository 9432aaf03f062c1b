//! [`Plane`]: one channel of a part of a tile as floats, and the few ways to blur and shrink it.

/// `height` rows of `width` values.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plane {
    pub width: usize,
    pub height: usize,
    /// Row by row.
    pub data: Vec<f32>,
}

impl Plane {
    /// All zeros.
    pub fn zeros(width: usize, height: usize) -> Self {
        Self { width, height, data: vec![0.0; width * height] }
    }

    /// What `value` gives at each (x, y).
    pub fn from_fn(width: usize, height: usize, mut value: impl FnMut(usize, usize) -> f32) -> Self {
        let mut data = Vec::with_capacity(width * height);
        for y in 0..height {
            data.extend((0..width).map(|x| value(x, y)));
        }
        Self { width, height, data }
    }

    /// Row `y`.
    pub fn row(&self, y: usize) -> &[f32] {
        &self.data[y * self.width..][..self.width]
    }

    /// Row `y`, to be changed.
    pub fn row_mut(&mut self, y: usize) -> &mut [f32] {
        &mut self.data[y * self.width..][..self.width]
    }

    /// A copy of `width` × `height` values from (x, y), which must lie inside.
    #[must_use]
    pub fn crop(&self, x: usize, y: usize, width: usize, height: usize) -> Self {
        let mut data = Vec::with_capacity(width * height);
        for row in y..y + height {
            data.extend_from_slice(&self.row(row)[x..x + width]);
        }
        Self { width, height, data }
    }

    /// The mean of all values; 0 if there are none.
    pub fn mean(&self) -> f32 {
        let sum: f64 = (0..self.height).map(|y| f64::from(self.row(y).iter().sum::<f32>())).sum();
        if self.data.is_empty() { 0.0 } else { (sum / self.data.len() as f64) as f32 }
    }

    /// The variance of all values.
    pub fn variance(&self) -> f32 {
        let mean = self.mean();
        let sum: f64 =
            (0..self.height).map(|y| f64::from(self.row(y).iter().map(|v| (v - mean) * (v - mean)).sum::<f32>())).sum();
        if self.data.is_empty() { 0.0 } else { (sum / self.data.len() as f64) as f32 }
    }

    /// Means of squares of `by` × `by` values; what is left over at the right and below is dropped, unless that is all.
    #[must_use]
    pub fn binned(&self, by: usize) -> Self {
        if by <= 1 {
            return self.clone();
        }
        let (width, height) = (self.width / by, self.height / by);
        let mut out = Self::zeros(width, height);
        let mut sums = vec![0.0f32; width * by];
        let scale = 1.0 / (by * by) as f32;
        for y in 0..height {
            sums.copy_from_slice(&self.row(y * by)[..width * by]);
            for k in 1..by {
                sums.iter_mut().zip(self.row(y * by + k)).for_each(|(sum, value)| *sum += value);
            }
            for (to, group) in out.row_mut(y).iter_mut().zip(sums.chunks_exact(by)) {
                *to = group.iter().sum::<f32>() * scale;
            }
        }
        out
    }

    /// Blurred by a Gaussian of `sigma` pixels, cut off at three of them; mirrored at the edges.
    #[must_use]
    pub fn gauss(&self, sigma: f32) -> Self {
        let kernel = gauss_kernel(sigma);
        self.convolved_across(&kernel).convolved_down(&kernel)
    }

    /// About the same, much cheaper for a large `sigma`: shrunk, blurred, and interpolated.
    #[must_use]
    pub fn low_pass(&self, sigma: f32) -> Self {
        let by = ((sigma / 2.0) as usize).min(self.width.min(self.height) / 2);
        if by < 2 {
            return self.gauss(sigma);
        }
        let left = (sigma * sigma - ((by * by - 1) as f32) / 12.0).max(0.1).sqrt() / by as f32;
        self.binned(by).gauss(left).enlarged(by, self.width, self.height)
    }

    /// Every value less its surroundings' mean: [`low_pass`](Self::low_pass) taken away.
    #[must_use]
    pub fn high_pass(mut self, sigma: f32) -> Self {
        let low = self.low_pass(sigma);
        self.data.iter_mut().zip(&low.data).for_each(|(value, low)| *value -= low);
        self
    }

    /// What [`binned`](Self::binned) made small, as large as before, linear between.
    fn enlarged(&self, by: usize, width: usize, height: usize) -> Self {
        let place = |at: usize, most: usize| {
            let at = ((at as f32 + 0.5) / by as f32 - 0.5).clamp(0.0, (most - 1) as f32);
            let first = (at as usize).min(most.saturating_sub(2));
            (first, (first + 1).min(most - 1), at - first as f32)
        };
        let columns: Vec<_> = (0..width).map(|x| place(x, self.width)).collect();
        let mut out = Self::zeros(width, height);
        let mut mixed = vec![0.0f32; self.width];
        for y in 0..height {
            let (above, below, part) = place(y, self.height);
            for ((to, a), b) in mixed.iter_mut().zip(self.row(above)).zip(self.row(below)) {
                *to = a + (b - a) * part;
            }
            for (to, &(left, right, part)) in out.row_mut(y).iter_mut().zip(&columns) {
                *to = mixed[left] + (mixed[right] - mixed[left]) * part;
            }
        }
        out
    }

    /// Each row convolved with a kernel of odd length.
    #[must_use]
    pub fn convolved_across(&self, kernel: &[f32]) -> Self {
        let reach = kernel.len() / 2;
        let mut out = Self::zeros(self.width, self.height);
        let mut padded = vec![0.0f32; self.width + 2 * reach];
        for y in 0..self.height {
            let row = self.row(y);
            padded[reach..reach + self.width].copy_from_slice(row);
            for k in 0..reach {
                padded[k] = row[mirrored(k as isize - reach as isize, self.width)];
                padded[reach + self.width + k] = row[mirrored((self.width + k) as isize, self.width)];
            }
            let to = out.row_mut(y);
            for (k, weight) in kernel.iter().enumerate() {
                to.iter_mut().zip(&padded[k..]).for_each(|(sum, value)| *sum += weight * value);
            }
        }
        out
    }

    /// Each column convolved with a kernel of odd length.
    #[must_use]
    pub fn convolved_down(&self, kernel: &[f32]) -> Self {
        let reach = kernel.len() as isize / 2;
        let mut out = Self::zeros(self.width, self.height);
        for y in 0..self.height {
            let to = &mut out.data[y * self.width..][..self.width];
            for (k, weight) in kernel.iter().enumerate() {
                let from = self.row(mirrored(y as isize + k as isize - reach, self.height));
                to.iter_mut().zip(from).for_each(|(sum, value)| *sum += weight * value);
            }
        }
        out
    }
}

/// A Gaussian of that sigma, cut off at three of them, with a sum of 1.
fn gauss_kernel(sigma: f32) -> Vec<f32> {
    let reach = (sigma * 3.0).ceil().max(1.0) as i32;
    let raw: Vec<f32> = (-reach..=reach).map(|k| (-0.5 * (k as f32 / sigma.max(1e-3)).powi(2)).exp()).collect();
    let sum: f32 = raw.iter().sum();
    raw.into_iter().map(|weight| weight / sum).collect()
}

/// The place inside 0..`length` that mirroring at both ends (each end's value once more) puts `at` to.
fn mirrored(at: isize, length: usize) -> usize {
    let length = length as isize;
    let at = at.rem_euclid(2 * length);
    (if at < length { at } else { 2 * length - 1 - at }) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blurring_keeps_flat_areas_and_the_sum() {
        let flat = Plane::from_fn(40, 30, |_, _| 7.0);
        for blurred in [flat.gauss(1.0), flat.low_pass(8.0), flat.gauss(5.0)] {
            assert!(blurred.data.iter().all(|value| (value - 7.0).abs() < 1e-4));
        }
        let dot = Plane::from_fn(61, 61, |x, y| f32::from(u8::from(x == 30 && y == 30)));
        let sum: f32 = dot.gauss(2.0).data.iter().sum();
        assert!((sum - 1.0).abs() < 1e-4, "{sum}");
        assert!((dot.gauss(2.0).data[30 * 61 + 30] - 1.0 / (2.0 * std::f32::consts::PI * 4.0)).abs() < 1e-3);
    }

    #[test]
    fn the_cheap_low_pass_is_nearly_the_gaussian() {
        let wave = Plane::from_fn(128, 96, |x, y| (x as f32 / 9.0).sin() + (y as f32 / 14.0).cos());
        let (cheap, exact) = (wave.low_pass(8.0), wave.gauss(8.0));
        let worst = (10..86).flat_map(|y| (10..118).map(move |x| y * 128 + x));
        let worst = worst.map(|at| (cheap.data[at] - exact.data[at]).abs()).fold(0.0, f32::max);
        assert!(worst < 0.05, "{worst}");
    }

    #[test]
    fn binning_takes_means() {
        let plane = Plane::from_fn(5, 4, |x, y| (x + 10 * y) as f32);
        assert_eq!(plane.binned(2).data, [5.5, 7.5, 25.5, 27.5]);
        assert_eq!(plane.crop(1, 1, 2, 2).data, [11.0, 12.0, 21.0, 22.0]);
    }
}
