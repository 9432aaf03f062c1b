//! PNG's row filters (section 9): each row as differences to its neighbors, by the filter that leaves the least.

/// Rows of `line` bytes and `pixel` bytes a pixel, each behind the number of its filter.
///
/// The first row knows none above it: rows are encoded in pieces.
pub(super) fn filtered(bytes: &[u8], pixel: usize, line: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / line.max(1));
    let (mut tried, mut best) = (vec![0; line], vec![0; line]);
    let mut above: Option<&[u8]> = None;
    for row in bytes.chunks_exact(line) {
        sub(row, pixel, &mut best);
        let (mut least, mut filter) = (weight(&best), SUB);
        if let Some(above) = above {
            for (number, apply) in [(UP, up as fn(&[u8], &[u8], usize, &mut [u8])), (PAETH, paeth)] {
                apply(row, above, pixel, &mut tried);
                let weight = weight(&tried);
                if weight < least {
                    (least, filter) = (weight, number);
                    std::mem::swap(&mut tried, &mut best);
                }
            }
        }
        out.push(filter);
        out.extend_from_slice(&best);
        above = Some(row);
    }
    out
}

const SUB: u8 = 1;
const UP: u8 = 2;
const PAETH: u8 = 4;

/// The sum of the bytes as signed numbers, without their signs: the usual heuristic for what compresses best.
fn weight(line: &[u8]) -> u64 {
    line.chunks(1 << 12)
        .map(|part| u64::from(part.iter().map(|&byte| u32::from((byte as i8).unsigned_abs())).sum::<u32>()))
        .sum()
}

fn sub(row: &[u8], pixel: usize, out: &mut [u8]) {
    let first = pixel.min(row.len());
    out[..first].copy_from_slice(&row[..first]);
    for ((to, &right), &left) in out[first..].iter_mut().zip(&row[first..]).zip(row) {
        *to = right.wrapping_sub(left);
    }
}

fn up(row: &[u8], above: &[u8], _pixel: usize, out: &mut [u8]) {
    for ((to, &below), &above) in out.iter_mut().zip(row).zip(above) {
        *to = below.wrapping_sub(above);
    }
}

fn paeth(row: &[u8], above: &[u8], pixel: usize, out: &mut [u8]) {
    let first = pixel.min(row.len());
    up(&row[..first], &above[..first], pixel, &mut out[..first]);
    let here = out[first..].iter_mut().zip(&row[first..]);
    let around = row.iter().zip(&above[first..]).zip(above);
    for ((to, &x), ((&left, &above), &corner)) in here.zip(around) {
        let (a, b, c) = (i16::from(left), i16::from(above), i16::from(corner));
        let (to_left, to_above, to_corner) = ((b - c).abs(), (a - c).abs(), (a + b - 2 * c).abs());
        let other = if to_above <= to_corner { above } else { corner };
        let near = if to_left <= to_above && to_left <= to_corner { left } else { other };
        *to = x.wrapping_sub(near);
    }
}
