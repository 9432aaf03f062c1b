//! Luma and chroma that no JPEG stream hides: TIFF 6.0 section 21.
//!
//! Chroma is subsampled and interleaved with its luma in small blocks.

use super::directory::Directory;
use super::tags as tag;
use crate::PositionedFile;
use crate::geometry::Size;
use crate::{Error, Result};

/// The tags for luma and chroma.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct YcbcrCoding {
    /// Pixels across and down that share their chroma.
    pub(super) across: u32,
    pub(super) down: u32,
    /// How much red, green and blue weigh in luma.
    weights: [f32; 3],
    /// Code of black and of white, of luma and of each chroma.
    reference: [f32; 6],
}

impl YcbcrCoding {
    pub(super) fn read(file: &PositionedFile, directory: &Directory) -> Result<Self> {
        let steps = directory.ints(file, tag::YCBCR_SUBSAMPLING)?;
        let (across, down) = match steps[..] {
            [] => (2, 2),
            [across @ (1 | 2 | 4), down @ (1 | 2 | 4), ..] => (across as u32, down as u32),
            _ => return Err(Error::corrupt(format!("TIFF chroma subsampling {steps:?}"))),
        };
        let floats = |tag| directory.doubles(file, tag).into_iter().map(|value| value as f32).collect::<Vec<_>>();
        let finite = |values: &[f32]| values.iter().all(|value| value.is_finite());
        let apart = |a: f32, b: f32| (a - b).abs() > 0.5;
        let weights = match floats(tag::YCBCR_COEFFICIENTS)[..] {
            [r, g, b, ..] if finite(&[r, g, b]) && g.abs() > 1e-3 => [r, g, b],
            _ => [0.299, 0.587, 0.114],
        };
        let reference = match floats(tag::REFERENCE_BLACK_WHITE)[..] {
            [a, b, c, d, e, f, ..] if finite(&[a, b, c, d, e, f]) && apart(a, b) && apart(c, d) && apart(e, f) => {
                [a, b, c, d, e, f]
            }
            _ => [0.0, 255.0, 128.0, 255.0, 128.0, 255.0],
        };
        Ok(Self { across, down, weights, reference })
    }

    /// Bytes of `size` pixels in clumps.
    pub(super) fn clumped_bytes(&self, size: Size) -> u64 {
        let clumps = u64::from(size.width.div_ceil(self.across)) * u64::from(size.height.div_ceil(self.down));
        clumps * u64::from(self.across * self.down + 2)
    }

    /// Luma and chroma of every pixel, interleaved, from clumps: all luma of a clump, then one of each chroma.
    pub(super) fn unclump(&self, bytes: &[u8], size: Size) -> Vec<u8> {
        let (across, down) = (self.across as usize, self.down as usize);
        let (width, height) = (size.width as usize, size.height as usize);
        let mut out = vec![0; width * height * 3];
        let columns = width.div_ceil(across);
        for (number, clump) in bytes.chunks_exact(across * down + 2).enumerate() {
            let (left, top) = (number % columns * across, number / columns * down);
            let (luma, chroma) = clump.split_at(across * down);
            for (at, luma) in luma.iter().enumerate() {
                let (x, y) = (left + at % across, top + at / across);
                if x < width && y < height {
                    out[(y * width + x) * 3..][..3].copy_from_slice(&[*luma, chroma[0], chroma[1]]);
                }
            }
        }
        out
    }

    /// The size of a separate chroma plane.
    pub(super) fn chroma_size(&self, size: Size) -> Size {
        Size::new(size.width.div_ceil(self.across), size.height.div_ceil(self.down))
    }

    /// Upsamples a separate chroma plane by replication.
    pub(super) fn spread(&self, plane: &[u8], size: Size) -> Vec<u8> {
        let width = self.chroma_size(size).width as usize;
        let (across, down) = (self.across as usize, self.down as usize);
        let rows = 0..size.height as usize;
        rows.flat_map(|y| (0..size.width as usize).map(move |x| plane[y / down * width + x / across])).collect()
    }

    /// Red, green and blue from luma and chroma, in place.
    pub(super) fn to_rgb(&self, samples: &mut [u8]) {
        let [r, g, b] = self.weights;
        let [y0, y1, cb0, cb1, cr0, cr1] = self.reference;
        let luma = |code: u8| (f32::from(code) - y0) * 255.0 / (y1 - y0);
        let chroma = |code: u8, zero: f32, full: f32| (f32::from(code) - zero) * 127.0 / (full - zero);
        for pixel in samples.chunks_exact_mut(3) {
            let y = luma(pixel[0]);
            let (cb, cr) = (chroma(pixel[1], cb0, cb1), chroma(pixel[2], cr0, cr1));
            let red = cr * (2.0 - 2.0 * r) + y;
            let blue = cb * (2.0 - 2.0 * b) + y;
            let green = (y - b * blue - r * red) / g;
            for (to, value) in pixel.iter_mut().zip([red, green, blue]) {
                *to = (value + 0.5).clamp(0.0, 255.0) as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coding(across: u32, down: u32) -> YcbcrCoding {
        let reference = [0.0, 255.0, 128.0, 255.0, 128.0, 255.0];
        YcbcrCoding { across, down, weights: [0.299, 0.587, 0.114], reference }
    }

    #[test]
    fn clumps_spread_over_their_pixels() {
        let size = Size::new(3, 2);
        let clumps = [1, 2, 3, 4, 100, 200, 5, 6, 7, 8, 101, 201];
        let coding = coding(2, 2);
        assert_eq!(coding.clumped_bytes(size), 12);
        let expected = [1, 100, 200, 2, 100, 200, 5, 101, 201, 3, 100, 200, 4, 100, 200, 7, 101, 201];
        assert_eq!(coding.unclump(&clumps, size), expected);
        assert_eq!(coding.spread(&[9, 8], size), [9, 9, 8, 9, 9, 8]);
    }

    #[test]
    fn gray_stays_gray_and_colors_come_back() {
        let mut samples = [0, 128, 128, 77, 128, 128, 255, 128, 128, 76, 85, 255];
        coding(1, 1).to_rgb(&mut samples);
        assert_eq!(samples[..9], [0, 0, 0, 77, 77, 77, 255, 255, 255]);
        assert!(samples[9] >= 253 && samples[10] <= 2 && samples[11] <= 2, "red: {samples:?}");
    }
}
