//! The magic wand: the pixels like the one under the pointer and connected to it, as a region.

use crate::components::components;
use crate::core_geometry::Size;
use crate::trace::trace_components;
use mosaicist_shape::{Geometry, Polygon};

/// How the wand works.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wand {
    /// The largest Euclidean distance between colors, 0 to 442.
    pub tolerance: f32,
    pub fill_holes: bool,
}

impl Default for Wand {
    fn default() -> Self {
        Self { tolerance: 32.0, fill_holes: true }
    }
}

/// The pixels of `image` around (x, y) whose color is that of 3 × 3 pixels around it, within the tolerance, in pixels of
/// the image. `None` if (x, y) is outside, or the pixel differs from what surrounds it.
///
/// `image` is `size` pixels of 8-bit red, green, blue (and more, as `channels` says), row by row.
pub fn wand(image: &[u8], size: Size, channels: usize, (x, y): (u32, u32), wand: Wand) -> Option<Geometry> {
    let used = channels.min(3);
    if x >= size.width || y >= size.height || image.len() as u64 != size.area() * channels as u64 || used == 0 {
        return None;
    }
    let pixel = |x: u32, y: u32| &image[(y as usize * size.width as usize + x as usize) * channels..][..used];
    let around = |at: u32, side: u32| at.saturating_sub(1)..=(at + 1).min(side - 1);
    let (mut mean, mut count) = ([0.0f32; 3], 0.0);
    for (x, y) in around(y, size.height).flat_map(|y| around(x, size.width).map(move |x| (x, y))) {
        mean.iter_mut().zip(pixel(x, y)).for_each(|(sum, &value)| *sum += f32::from(value));
        count += 1.0;
    }
    let most = wand.tolerance * wand.tolerance;
    let is_like = |pixel: &[u8]| {
        let squares = pixel.iter().zip(mean).map(|(&value, sum)| (f32::from(value) - sum / count).powi(2));
        squares.sum::<f32>() <= most
    };
    let like: Vec<bool> = image.chunks_exact(channels).map(|pixel| is_like(&pixel[..used])).collect();
    let all = components(&like, size);
    let label = all.labels[y as usize * size.width as usize + x as usize];
    let polygon = trace_components(&all).into_iter().nth(label.checked_sub(1)? as usize)?;
    Some(Geometry::Polygon(if wand.fill_holes { Polygon::new(polygon.exterior) } else { polygon }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selects_connected_similar_pixels() {
        let size = Size::new(20, 10);
        let color = |x: u32, y: u32| -> [u8; 3] {
            let left = x < 8 && !(3..5).contains(&x) | !(4..6).contains(&y);
            if left || x >= 12 { [200, 20, 20] } else { [250, 250, 250] }
        };
        let image: Vec<u8> = (0..10).flat_map(|y| (0..20).flat_map(move |x| color(x, y))).collect();
        let take = |at, fill_holes| wand(&image, size, 3, at, Wand { tolerance: 30.0, fill_holes });
        assert_eq!(take((1, 1), true).unwrap().area(), 80.0);
        assert_eq!(take((1, 1), false).unwrap().area(), 76.0);
        assert_eq!(take((30, 1), true), None);
    }
}
