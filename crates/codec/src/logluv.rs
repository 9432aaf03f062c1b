//! `LogLuv` and `LogL`: pixels of a very high dynamic range in 16, 24 or 32 bits (G. Ward Larson, "LogLuv encoding for full-gamut,
//! high-dynamic range images", Journal of Graphics Tools 3(1), 1998; TIFF compressions 34676 and 34677).
//!
//! A pixel is the logarithm of its luminance and its place in the CIE 1976 u'v' diagram. It comes out as linear light: luminance,
//! or red, green and blue of the primaries of Rec. 709, where colors outside of these have negative parts.

use crate::{Error, Result};

/// How pixels are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Luminance in 16 bits, as runs of each byte.
    Gray,
    /// 16 bits of luminance, 8 of u', 8 of v', as runs of each byte.
    Color,
    /// 10 bits of luminance and 14 bits that number the squares of the diagram, in three bytes.
    Packed,
}

/// Decode up to `rows` rows of `width` pixels: little-endian floats, one for gray and three for colors; fewer rows where the stream
/// ends or is damaged before. Fails where not even the first is there.
pub fn decode(stream: &[u8], kind: Kind, width: u32, rows: u32) -> Result<Vec<u8>> {
    let (mut rest, mut codes, mut out) = (stream, vec![0u32; width as usize], Vec::new());
    for row in 0..rows {
        codes.fill(0);
        let came = match kind {
            Kind::Gray => unpack_runs(&mut rest, &mut codes, 2),
            Kind::Color => unpack_runs(&mut rest, &mut codes, 4),
            Kind::Packed => unpack_triples(&mut rest, &mut codes),
        };
        if came.is_none() {
            if row == 0 {
                return Err(Error::corrupt("LogLuv: the chunk breaks off"));
            }
            break;
        }
        for code in &codes {
            match kind {
                Kind::Gray => out.extend((luminance_16(*code as u16) as f32).to_le_bytes()),
                Kind::Color => out.extend(color_of_32(*code).map(f32::to_le_bytes).as_flattened()),
                Kind::Packed => out.extend(color_of_24(*code).map(f32::to_le_bytes).as_flattened()),
            }
        }
    }
    Ok(out)
}

/// One row: the highest bytes of all codes, then the next ones, each as runs.
fn unpack_runs(rest: &mut &[u8], codes: &mut [u32], bytes: u32) -> Option<()> {
    for rank in (0..bytes).rev() {
        let mut at = 0;
        while at < codes.len() {
            let (&head, after) = rest.split_first()?;
            let (count, is_run) = if head >= 128 { (usize::from(head) - 126, true) } else { (head.into(), false) };
            let (values, after) = after.split_at_checked(if is_run { 1 } else { count })?;
            for step in 0..count.min(codes.len() - at) {
                codes[at + step] |= u32::from(values[if is_run { 0 } else { step }]) << (8 * rank);
            }
            (at, *rest) = (at + count, after);
        }
    }
    Some(())
}

fn unpack_triples(rest: &mut &[u8], codes: &mut [u32]) -> Option<()> {
    let (row, after) = rest.split_at_checked(3 * codes.len())?;
    *rest = after;
    for (code, [high, middle, low]) in codes.iter_mut().zip(row.as_chunks::<3>().0) {
        *code = u32::from_be_bytes([0, *high, *middle, *low]);
    }
    Some(())
}

/// Candelas per square meter, if the file is of absolute values; the highest bit is the sign.
fn luminance_16(code: u16) -> f64 {
    let size = code & 0x7FFF;
    if size == 0 {
        return 0.0;
    }
    let value = ((f64::from(size) + 0.5) / 256.0 - 64.0).exp2();
    if code & 0x8000 == 0 { value } else { -value }
}

fn color_of_32(code: u32) -> [f32; 3] {
    let part = |shift: u32| (f64::from(code >> shift & 0xFF) + 0.5) / 410.0;
    rgb_of(luminance_16((code >> 16) as u16), part(8), part(0))
}

fn color_of_24(code: u32) -> [f32; 3] {
    let luminance = match code >> 14 & 0x3FF {
        0 => 0.0,
        size => ((f64::from(size) + 0.5) / 64.0 - 12.0).exp2(),
    };
    let (u, v) = place_of(code & 0x3FFF);
    rgb_of(luminance, u, v)
}

/// Linear red, green and blue of a luminance at (u', v') (Rec. ITU-R BT.709, white D65).
fn rgb_of(luminance: f64, u: f64, v: f64) -> [f32; 3] {
    if luminance <= 0.0 {
        return [0.0; 3];
    }
    let scale = luminance / (4.0 * v);
    let (x, y, z) = (9.0 * u * scale, luminance, (12.0 - 3.0 * u - 20.0 * v) * scale);
    [
        3.240_97 * x - 1.537_383 * y - 0.498_611 * z,
        -0.969_244 * x + 1.875_968 * y + 0.041_555 * z,
        0.055_63 * x - 0.203_977 * y + 1.056_972 * z,
    ]
    .map(|value| value as f32)
}

/// The side of a square of the diagram, and the v' where they begin.
const SQUARE: f64 = 0.0035;
const FIRST_V: f64 = 0.016_94;

/// The middle of square `number` of the diagram, (u', v'); white for numbers that no square has.
fn place_of(number: u32) -> (f64, f64) {
    let mut left = number;
    for (row, (start, count)) in (0..).zip(ROWS) {
        if left < count.into() {
            let u = f64::from(start) * 1e-6 + (f64::from(left) + 0.5) * SQUARE;
            return (u, FIRST_V + (f64::from(row) + 0.5) * SQUARE);
        }
        left -= u32::from(count);
    }
    (0.210_526, 0.473_684)
}

/// The rows of squares that cover the visible colors: the u' where each begins, in millionths, and how many they are. Found by
/// having a reader decode every number.
#[rustfmt::skip]
const ROWS: [(u32, u8); 163] = [
    (247_663, 4), (243_779, 6), (241_684, 7), (237_874, 9), (235_906, 10), (232_153, 12), (228_352, 14),
    (226_259, 15), (222_371, 17), (220_410, 18), (214_710, 21), (212_714, 22), (210_721, 23), (204_976, 26),
    (202_986, 27), (199_245, 29), (195_525, 31), (193_560, 32), (189_878, 34), (186_216, 36), (186_216, 36),
    (182_592, 38), (179_003, 40), (175_466, 42), (172_001, 44), (172_001, 44), (168_612, 46), (168_612, 46),
    (163_575, 49), (158_642, 52), (158_642, 52), (158_642, 52), (153_815, 55), (153_815, 55), (149_097, 58),
    (149_097, 58), (142_746, 62), (142_746, 62), (142_746, 62), (138_270, 65), (138_270, 65), (138_270, 65),
    (132_166, 69), (132_166, 69), (126_204, 73), (126_204, 73), (126_204, 73), (120_381, 77), (120_381, 77),
    (120_381, 77), (120_381, 77), (112_962, 82), (112_962, 82), (112_962, 82), (107_450, 86), (107_450, 86),
    (107_450, 86), (107_450, 86), (100_343, 91), (100_343, 91), (100_343, 91), (95_126, 95), (95_126, 95),
    (95_126, 95), (95_126, 95), (88_276, 100), (88_276, 100), (88_276, 100), (88_276, 100), (81_523, 105),
    (81_523, 105), (81_523, 105), (81_523, 105), (74_861, 110), (74_861, 110), (74_861, 110), (74_861, 110),
    (68_290, 115), (68_290, 115), (68_290, 115), (68_290, 115), (63_573, 119), (63_573, 119), (63_573, 119),
    (63_573, 119), (57_219, 124), (57_219, 124), (57_219, 124), (57_219, 124), (50_985, 129), (50_985, 129),
    (50_985, 129), (50_985, 129), (50_985, 129), (44_859, 134), (44_859, 134), (44_859, 134), (44_859, 134),
    (40_571, 138), (40_571, 138), (40_571, 138), (40_571, 138), (36_339, 142), (36_339, 142), (36_339, 142),
    (36_339, 142), (32_139, 146), (32_139, 146), (32_139, 146), (32_139, 146), (27_947, 150), (27_947, 150),
    (27_947, 150), (23_739, 154), (23_739, 154), (23_739, 154), (23_739, 154), (19_504, 158), (19_504, 158),
    (19_504, 158), (16_976, 161), (16_976, 161), (16_976, 161), (16_976, 161), (12_639, 165), (12_639, 165),
    (12_639, 165), (9_991, 168), (9_991, 168), (9_991, 168), (9_016, 170), (9_016, 170), (9_016, 170), (6_217, 173),
    (6_217, 173), (5_097, 175), (5_097, 175), (5_097, 175), (3_909, 177), (3_909, 177), (2_340, 177), (2_389, 170),
    (1_068, 164), (1_653, 157), (717, 150), (1_614, 143), (270, 136), (484, 129), (1_103, 123), (1_242, 115),
    (1_188, 109), (1_011, 103), (709, 97), (301, 89), (2_416, 82), (3_251, 76), (3_246, 69), (4_141, 62), (5_963, 55),
    (8_839, 47), (10_490, 40), (16_994, 31), (23_659, 21),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn floats(bytes: &[u8]) -> Vec<f32> {
        bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect()
    }

    #[test]
    fn squares_number_all_colors() {
        assert_eq!(ROWS.iter().map(|(_, count)| u32::from(*count)).sum::<u32>(), 16289);
        let (u, v) = place_of(0);
        assert!((u - 0.249_413).abs() < 1e-9 && (v - 0.018_69).abs() < 1e-9);
        let (u, v) = place_of(16288);
        assert!((u - (0.023_659 + 20.5 * SQUARE)).abs() < 1e-9 && (v - (FIRST_V + 162.5 * SQUARE)).abs() < 1e-9);
        assert_eq!(place_of(16289), place_of(16383), "white");
    }

    #[test]
    fn runs_give_luminance() {
        // 64 × 256 is a luminance of 1 to half a step; 0x8000 its sign.
        let stream = [129, 0x40, 2, 0xC0, 0, 130, 0, 1, 0];
        let gray = floats(&decode(&stream, Kind::Gray, 5, 1).unwrap());
        let one = (0.5f64 / 256.0).exp2() as f32;
        assert_eq!(gray, [one, one, one, -one, 0.0]);
        let two = floats(&decode(&stream, Kind::Gray, 5, 2).unwrap());
        assert_eq!(two, gray, "the second row is missing");
        assert!(decode(&stream[..5], Kind::Gray, 5, 1).is_err());
    }

    #[test]
    fn white_is_gray_and_colors_have_their_luminance() {
        // u' and v' of D65, as near as they are stored.
        let white = [130, 0x40, 130, 0, 130, (0.1978f64 * 410.0) as u8, 130, (0.4683f64 * 410.0) as u8];
        let rgb = floats(&decode(&white, Kind::Color, 4, 1).unwrap());
        assert!(rgb.iter().all(|part| (part - 1.0).abs() < 0.02), "{rgb:?}");
        for number in (0..16289u32).step_by(777) {
            let code = (12 * 64) << 14 | number;
            let stream = code.to_be_bytes();
            let rgb = floats(&decode(&stream[1..], Kind::Packed, 1, 1).unwrap());
            let luminance = 0.212_639 * rgb[0] + 0.715_169 * rgb[1] + 0.072_192 * rgb[2];
            assert!((luminance - 1.005_43).abs() < 2e-3 * rgb[2].abs().max(1.0), "{number}: {rgb:?}");
        }
    }
}
