//! Predictors: rows of samples as the differences that compress better.
//!
//! Number 2 (TIFF 6.0, section 14) stores integers as their difference to the pixel on the left. Number 3 (Adobe's Photoshop
//! TIFF technical note 3 of 2005) splits floats into byte planes, most significant first, and stores differences.

use crate::depth::bytes_of;
use crate::pixels::{PixelsView, SampleType};

/// All rows of `view` behind one another, little-endian, as differences.
pub(super) fn differences(view: PixelsView<'_>) -> Vec<u8> {
    let step = view.channels() as usize;
    let mut all = vec![0; view.size().area() as usize * step * view.sample_type().bytes()];
    let row_bytes = (view.size().width as usize * step * view.sample_type().bytes()).max(1);
    let to = all.chunks_exact_mut(row_bytes);
    match view.sample_type() {
        SampleType::U8 => view.rows::<u8>().zip(to).for_each(|(row, to)| bytes_row(row, step, to)),
        SampleType::I8 | SampleType::I16 | SampleType::U32 | SampleType::I32 | SampleType::F64 => {
            // Of a measured type, taken for the unsigned number of as many bytes: differences wrap around.
            let width = view.sample_type().bytes();
            let plain = bytes_of(view);
            for (row, to) in plain.chunks_exact(row_bytes).zip(to) {
                numbers_row(row, width, step, to);
            }
        }
        SampleType::U16 => view.rows::<u16>().zip(to).for_each(|(row, to)| words_row(row, step, to)),
        SampleType::F32 => {
            let mut planes = vec![0; row_bytes];
            view.rows::<f32>().zip(to).for_each(|(row, to)| {
                take_apart(row, &mut planes);
                bytes_row(&planes, step, to);
            });
        }
    }
    all
}

// The rows before and after are different memory, so these loops become vector code.

fn bytes_row(row: &[u8], step: usize, to: &mut [u8]) {
    let step = step.min(row.len());
    to[..step].copy_from_slice(&row[..step]);
    for ((to, here), left) in to[step..].iter_mut().zip(&row[step..]).zip(row) {
        *to = here.wrapping_sub(*left);
    }
}

fn words_row(row: &[u16], step: usize, to: &mut [u8]) {
    let (first, rest) = to.split_at_mut(2 * step.min(row.len()));
    first.chunks_exact_mut(2).zip(row).for_each(|(to, here)| to.copy_from_slice(&here.to_le_bytes()));
    for ((to, here), left) in rest.chunks_exact_mut(2).zip(&row[step.min(row.len())..]).zip(row) {
        to.copy_from_slice(&here.wrapping_sub(*left).to_le_bytes());
    }
}

/// Rows of little-endian numbers of `width` bytes.
fn numbers_row(row: &[u8], width: usize, step: usize, to: &mut [u8]) {
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0u64, |all, byte| all << 8 | u64::from(*byte));
    let first = (step * width).min(row.len());
    to[..first].copy_from_slice(&row[..first]);
    for ((to, here), left) in
        to[first..].chunks_exact_mut(width).zip(row[first..].chunks_exact(width)).zip(row.chunks_exact(width))
    {
        to.copy_from_slice(&number(here).wrapping_sub(number(left)).to_le_bytes()[..width]);
    }
}

/// The highest bytes of all floats of a row, then the second highest, and so on.
fn take_apart(row: &[f32], to: &mut [u8]) {
    for (plane, shift) in to.chunks_exact_mut(row.len().max(1)).zip([24, 16, 8, 0]) {
        plane.iter_mut().zip(row).for_each(|(to, value)| *to = (value.to_bits() >> shift) as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::pixels::{Pixels, Samples};

    #[test]
    fn differences_are_of_samples_to_the_pixel_on_the_left() {
        let cases = [
            (Samples::U16(vec![0x0100, 0x00FF, 0x0101]), 1, vec![0x00, 0x01, 0xFF, 0xFF, 0x02, 0x00]),
            (Samples::U8(vec![10, 20, 30, 25]), 2, vec![10, 20, 20, 5]),
            // 0x3F800000, 0x40000000, 0x40400000: first bytes 3F 40 40, then 80 00 40, and zeros.
            (Samples::F32(vec![1.0, 2.0, 3.0]), 1, vec![0x3F, 1, 0, 0x40, 0x80, 0x40, 0xC0, 0, 0, 0, 0, 0]),
        ];
        for (samples, channels, expected) in cases {
            let size = Size::new((samples.len() / channels) as u32, 1);
            let pixels = Pixels::new(size, channels as u8, samples).unwrap();
            assert_eq!(differences(pixels.view()), expected, "{:?}", pixels.samples());
        }
    }
}
