//! Pictures for tests, made from a formula: any part at any fraction of a pixel is exact.

use crate::plane::Plane;

/// A sum of waves and blobs in every direction, about 0 to 255, the same for the same `seed`.
pub(crate) struct Scene {
    waves: Vec<[f32; 4]>,
    blobs: Vec<[f32; 4]>,
    cell: f32,
}

/// The next pseudo-random number, 0 to 1 (`SplitMix64`).
pub(crate) fn random(state: &mut u64) -> f32 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 40) as f32 / (1u64 << 24) as f32
}

/// About Gaussian, mean 0, standard deviation 1.
pub(crate) fn noise(state: &mut u64) -> f32 {
    (0..12).map(|_| random(state)).sum::<f32>() - 6.0
}

impl Scene {
    /// The scene of that seed.
    pub(crate) fn new(seed: u64) -> Self {
        let mut state = seed;
        let waves = (0..12)
            .map(|k| {
                let (angle, length) = (random(&mut state) * 6.3, 7.0 * 1.35f32.powi(k));
                let frequency = std::f32::consts::TAU / length;
                [angle.cos() * frequency, angle.sin() * frequency, random(&mut state) * 6.3, 9.0]
            })
            .collect();
        let blobs = (0..64).map(|_| [0; 4].map(|_: i32| random(&mut state))).collect();
        Self { waves, blobs, cell: 24.0 }
    }

    /// The value at a point.
    pub(crate) fn at(&self, x: f32, y: f32) -> f32 {
        let wave = |[fx, fy, phase, height]: &[f32; 4]| (fx * x + fy * y + phase).sin() * height;
        let mut value: f32 = 120.0 + self.waves.iter().map(wave).sum::<f32>();
        let (column, row) = ((x / self.cell).floor() as i64, (y / self.cell).floor() as i64);
        for (i, j) in (-1..=1).flat_map(|j| (-1..=1).map(move |i| (column + i, row + j))) {
            let mixed = (i.wrapping_mul(73_856_093) ^ j.wrapping_mul(19_349_663)) as u64;
            let mut state = mixed;
            random(&mut state);
            let [u, v, size, height] = self.blobs[(random(&mut state) * 63.0) as usize];
            let (dx, dy) = (x - (i as f32 + u) * self.cell, y - (j as f32 + v) * self.cell);
            let sigma = 1.5 + 2.5 * size;
            value += (height - 0.4) * 120.0 * (-(dx * dx + dy * dy) / (2.0 * sigma * sigma)).exp();
        }
        value
    }

    /// The part of `width` × `height` pixels from (x, y).
    pub(crate) fn cut(&self, x: f64, y: f64, width: usize, height: usize) -> Plane {
        Plane::from_fn(width, height, |i, j| self.at((x + i as f64) as f32, (y + j as f64) as f32))
    }
}

/// `width` × `height` pixels of a scene.
pub(crate) fn texture(width: usize, height: usize, seed: u64) -> Plane {
    Scene::new(seed).cut(0.0, 0.0, width, height)
}
