//! [`ByteKernel`]: a linear filter of bytes in whole numbers.
//!
//! Kernels of whole numbers give exact sums. Others are separable, and their sums have as many binary places as 16 bits hold: they are
//! off by less than a half, so rounded results differ from rounded exact ones by 1 at most, and not at all where those are whole, as
//! in flat areas. Kernels for which that cannot be shown are left to floats.

use crate::block::Block;
use crate::geometry::Rect;
use crate::kernels::Term;
use crate::vector::Weights;
use crate::words::{
    CHUNK, Group, PLACES, floats_of_sums, floats_of_words, narrow, narrow_sums, sum_exact, sum_scaled, widen,
};

/// The most weights of an exact kernel; with more, other ways are faster.
const MOST_TAPS: usize = 81;
/// Binary places of bytes that are summed up.
const BYTE_PLACES: i32 = PLACES as i32;
/// The most binary places of a sum.
const MOST_PLACES: i32 = 14;
/// The most that a sum may be, a little below what 16 bits hold: products are rounded.
const MOST: f64 = 32_660.0;

/// The kernel.
#[derive(Debug, Clone)]
pub(crate) enum ByteKernel {
    /// Whole numbers at (x, y) from the upper left corner of the kernel.
    Exact {
        taps: Vec<(usize, usize)>,
        /// Equal weights together, for bytes; each by itself, for numbers with binary places, the sums of which would not fit.
        groups: Vec<Group>,
        singles: Vec<Group>,
    },
    /// Products of two kernels of one dimension; the sums have so many binary `places`.
    Scaled { terms: Vec<Scaled>, places: u32 },
}

/// One of the products.
#[derive(Debug, Clone)]
pub(crate) struct Scaled {
    down: Vec<Group>,
    across: Vec<Group>,
    /// How far it reaches across and down.
    radii: (usize, usize),
}

/// What is filtered.
#[derive(Debug, Clone, Copy)]
pub(crate) enum From<'a> {
    Bytes(&'a [u8]),
    /// With [`PLACES`] binary places: exact kernels take these, too, and their sums have as many.
    Words(&'a [i16]),
}

/// A row of results.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sums<'a> {
    Exact(&'a [i32]),
    /// With so many binary places.
    Scaled(&'a [i16], u32),
}

impl ByteKernel {
    /// The sum of `terms`, which reach as far as `radii`, if whole numbers hold it.
    pub(crate) fn new(terms: &[Term], radii: (usize, usize)) -> Option<Self> {
        exact(terms, radii).or_else(|| scaled(terms))
    }

    pub(crate) const fn is_exact(&self) -> bool {
        matches!(self, Self::Exact { .. })
    }

    /// The rows of the result of `from`, the samples of `input`, which is `radii` larger on each side than `out`; `skipped` rows of it
    /// are not asked for.
    pub(crate) fn rows(
        &self,
        from: From<'_>,
        input: &Block,
        out: Rect,
        (radii, skipped): ((usize, usize), usize),
        mut emit: impl FnMut(usize, Sums<'_>),
    ) {
        let (stride, channels, tall) = (input.stride(), input.channels(), 2 * radii.1 + 1);
        let width = out.width() as usize * channels;
        // Results are made in whole chunks; what is read for them lies behind the row.
        let (length, padded) = (width.next_multiple_of(CHUNK), stride.next_multiple_of(CHUNK) + CHUNK);
        let places = if self.is_exact() { 0 } else { PLACES };
        let mut ring = vec![0i16; tall * padded];
        let take = |row: usize, ring: &mut [i16]| {
            let (place, to) = (row * stride..(row + 1) * stride, &mut ring[row % tall * padded..][..stride]);
            match from {
                From::Bytes(bytes) => widen(&bytes[place], places, to),
                From::Words(words) => to.copy_from_slice(&words[place]),
            }
        };
        (skipped..skipped + tall - 1).for_each(|row| take(row, &mut ring));
        let (mut line, mut sums, mut exact) = (vec![0i16; padded], vec![0i16; length], vec![0i32; length]);
        for y in 0..out.height() as usize {
            let top = y + skipped;
            take(top + tall - 1, &mut ring);
            let row = |down: usize| &ring[(top + down) % tall * padded..][..padded];
            match self {
                Self::Exact { taps, groups, singles } => {
                    let shifts: Vec<&[i16]> = taps.iter().map(|(x, y)| &row(*y)[x * channels..]).collect();
                    let groups = if matches!(from, From::Bytes(_)) { groups } else { singles };
                    sum_exact(&shifts, groups, &mut exact);
                    emit(y, Sums::Exact(&exact[..width]));
                }
                Self::Scaled { terms, places } => {
                    for (number, term) in terms.iter().enumerate() {
                        let (first, left) = (radii.1 - term.radii.1, (radii.0 - term.radii.0) * channels);
                        let rows: Vec<&[i16]> = (0..=2 * term.radii.1).map(|down| &row(first + down)[left..]).collect();
                        let wanted = (width + 2 * term.radii.0 * channels).next_multiple_of(CHUNK);
                        sum_scaled(&rows, &term.down, &mut line[..wanted], false);
                        let shifts: Vec<&[i16]> = (0..=2 * term.radii.0).map(|x| &line[x * channels..]).collect();
                        sum_scaled(&shifts, &term.across, &mut sums, number > 0);
                    }
                    emit(y, Sums::Scaled(&sums[..width], *places));
                }
            }
        }
    }
}

impl Sums<'_> {
    /// The same as floats.
    pub(crate) fn floats(self, out: &mut [f32]) {
        match self {
            Sums::Exact(sums) => floats_of_sums(sums, out),
            Sums::Scaled(sums, places) => floats_of_words(sums, 1.0 / (1u32 << places) as f32, out),
        }
    }

    /// The nearest bytes to what they are divided by `divisor`, `offset` added; false if that takes floats.
    pub(crate) fn bytes(self, divisor: f32, offset: f32, out: &mut [u8]) -> bool {
        let shift = divisor.log2();
        let is_plain = offset.fract() == 0.0 && offset.abs() <= 512.0 && shift.fract() == 0.0;
        match self {
            Sums::Scaled(sums, places) if is_plain && shift == 0.0 => narrow(sums, places, offset as i16, out),
            Sums::Exact(sums) if is_plain && (0.0..16.0).contains(&shift) => {
                narrow_sums(sums, shift as u32, offset as i32, out);
            }
            _ => return false,
        }
        true
    }
}

/// All terms as one kernel of whole numbers.
fn exact(terms: &[Term], (x_radius, y_radius): (usize, usize)) -> Option<ByteKernel> {
    let (wide, tall) = (2 * x_radius + 1, 2 * y_radius + 1);
    if wide * tall > 31 * 31 {
        return None;
    }
    let mut kernel = vec![0f64; wide * tall];
    for term in terms {
        let (x, y) = term.radii();
        let corner = (y_radius - y) * wide + x_radius - x;
        match term {
            Term::Separable { across, down } => {
                for (row, down) in down.values.iter().enumerate() {
                    for (column, across) in across.values.iter().enumerate() {
                        kernel[corner + row * wide + column] += f64::from(*down) * f64::from(*across);
                    }
                }
            }
            Term::Dense { taps, weights, .. } => {
                for ((column, row), weight) in taps.iter().zip(weights) {
                    kernel[corner + row * wide + column] += f64::from(*weight);
                }
            }
        }
    }
    let mut groups: Vec<Group> = Vec::new();
    let mut taps = Vec::new();
    for (i, weight) in kernel.into_iter().enumerate() {
        if weight.fract() != 0.0 || weight.abs() > f64::from(i16::MAX) {
            return None;
        }
        let weight = weight as i16;
        if weight == 0 {
            continue;
        }
        match groups.iter_mut().find(|group| group.weight == weight) {
            Some(group) => group.rows.push(taps.len()),
            None => groups.push(Group { weight, rows: vec![taps.len()] }),
        }
        taps.push((i % wide, i / wide));
    }
    let few = !taps.is_empty() && taps.len() <= MOST_TAPS;
    // Sums that floats hold exactly.
    let most: f64 = groups.iter().map(|group| f64::from(group.weight).abs() * group.rows.len() as f64 * 255.0).sum();
    let single = |group: &Group| {
        let weight = group.weight;
        group.rows.clone().into_iter().map(move |row| Group { weight, rows: vec![row] })
    };
    let singles = groups.iter().flat_map(single).collect();
    (few && most < f64::from(1 << 24)).then_some(ByteKernel::Exact { taps, groups, singles })
}

/// Products of kernels, with as many binary places as fit.
fn scaled(terms: &[Term]) -> Option<ByteKernel> {
    let lines: Vec<Line<'_>> = terms.iter().map(Line::of).collect::<Option<_>>()?;
    let sum = |part: fn(&Line<'_>) -> f64| lines.iter().map(part).sum::<f64>();
    let most = sum(|line| line.above).max(sum(|line| line.below));
    let places = lines.iter().map(|line| places_of(most, line.across, line.places)).min()?;
    let error: f64 = lines.iter().map(|line| line.error(places)).sum();
    if places < 0 || error >= 0.5 {
        return None;
    }
    let scaled = |line: &Line<'_>| Scaled {
        down: groups_of(line.down, line.places - BYTE_PLACES),
        across: groups_of(line.across, places - line.places),
        radii: (line.across.radius(), line.down.radius()),
    };
    Some(ByteKernel::Scaled { terms: lines.iter().map(scaled).collect(), places: places as u32 })
}

/// A product of two kernels, the sums of the first of which have so many binary `places`.
struct Line<'a> {
    across: &'a Weights,
    down: &'a Weights,
    places: i32,
    /// What the first makes of bytes at most, and both together above and below 0.
    most: f64,
    above: f64,
    below: f64,
}

impl<'a> Line<'a> {
    fn of(term: &'a Term) -> Option<Self> {
        let Term::Separable { across, down } = term else { return None };
        let ((up, low), (right, left)) = (signed(down), signed(across));
        let (above, below) = ((up * right + low * left) * 255.0, (up * left + low * right) * 255.0);
        let most = up.max(low) * 255.0;
        // Two of the first sums are added before they are multiplied.
        let places = places_of(most * 2.0, down, BYTE_PLACES);
        (places >= 0).then_some(Self { across, down, places, most, above, below })
    }

    /// The most by which the sums are off: each product and each weight is rounded.
    fn error(&self, places: i32) -> f64 {
        let pass = |weights: &Weights, most: f64, from: i32, to: i32| {
            let (products, count) = (groups_of(weights, to - from).len() as f64, weights.values.len() as f64);
            products * 0.5 * f64::from(-to).exp2() + count * 0.5 * most * f64::from(from - to - 15).exp2()
        };
        let (right, left) = signed(self.across);
        pass(self.down, 255.0, BYTE_PLACES, self.places) * (right + left)
            + pass(self.across, self.most, self.places, places)
    }
}

/// The sums of the weights above and below 0.
fn signed(weights: &Weights) -> (f64, f64) {
    let sum = |sign: f64| weights.values.iter().map(|weight| (f64::from(*weight) * sign).max(0.0)).sum();
    (sum(1.0), sum(-1.0))
}

/// The most binary places with which sums of at most `most`, and `weights` of numbers with `from` places, fit 16 bits; below 0 if
/// they do not fit.
fn places_of(most: f64, weights: &Weights, from: i32) -> i32 {
    let largest = weights.values.iter().fold(0f32, |most, weight| most.max(weight.abs()));
    let fits = |places: i32| {
        most * f64::from(places).exp2() <= MOST && f64::from(largest) * f64::from(places - from).exp2() <= 1.0
    };
    (0..=MOST_PLACES).rev().find(|places| fits(*places)).unwrap_or(-1)
}

/// Weights times 2 to the power of `shift`, those on both sides of the center together where they are equal.
fn groups_of(weights: &Weights, shift: i32) -> Vec<Group> {
    let count = weights.values.len();
    let weight = |i: usize| {
        let value = f64::from(weights.values[i]) * f64::from(15 + shift).exp2();
        value.round().clamp(-32_767.0, 32_767.0) as i16
    };
    let mut groups = Vec::new();
    for i in 0..=count / 2 {
        let other = count - 1 - i;
        if i == other {
            groups.push(Group { weight: weight(i), rows: vec![i] });
        } else if weights.values[i].to_bits() == weights.values[other].to_bits() {
            groups.push(Group { weight: weight(i), rows: vec![i, other] });
        } else {
            groups.push(Group { weight: weight(i), rows: vec![i] });
            groups.push(Group { weight: weight(other), rows: vec![other] });
        }
    }
    groups.retain(|group| group.weight != 0);
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::{gaussian, laplacian_of_gaussian, terms_of, weights};

    fn gaussian_terms(sigma: f64, radius: usize) -> Vec<Term> {
        let line = weights(&gaussian(sigma, radius));
        vec![Term::Separable { across: line.clone(), down: line }]
    }

    #[test]
    fn whole_numbers_are_exact_and_equal_ones_are_together() {
        let sharpen = terms_of(3, &[-1.0, -1.0, -1.0, -1.0, 16.0, -1.0, -1.0, -1.0, -1.0]);
        let Some(ByteKernel::Exact { taps, groups, .. }) = ByteKernel::new(&sharpen, (1, 1)) else {
            panic!("not exact")
        };
        assert_eq!((taps.len(), groups.len()), (9, 2));
        assert_eq!(groups.iter().map(|group| (group.weight, group.rows.len())).collect::<Vec<_>>(), [(-1, 8), (16, 1)]);
    }

    #[test]
    fn places_follow_what_fits() {
        let Some(ByteKernel::Scaled { places, terms }) = ByteKernel::new(&gaussian_terms(2.0, 6), (6, 6)) else {
            panic!("not scaled")
        };
        assert_eq!((places, terms[0].down.len()), (7, 7));
        let log = laplacian_of_gaussian(2.0, 8, 1.0);
        assert!(matches!(ByteKernel::new(&log, (8, 8)), Some(ByteKernel::Scaled { places: 4.., .. })));
        assert!(
            ByteKernel::new(&gaussian_terms(20.0, 60), (60, 60)).is_none(),
            "so many rounded products are off by more"
        );
    }
}
