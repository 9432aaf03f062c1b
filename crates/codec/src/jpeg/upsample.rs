//! Chroma back to full resolution, row by row.
//!
//! The filter is libjpeg's "fancy" one: a sample lies in the middle between the pixels it was made from, so each pixel takes
//! 3/4 of the nearest sample and 1/4 of the next. Plain repetition is a little faster, but it leaves steps at the edges of
//! colors, and every other decoder would disagree with it. At the borders of a stream, so of a tile, there is no next sample
//! and the nearest counts for all: what libjpeg, and therefore nearly every program, shows for the same tile.

/// Twice as wide: `from` to `to`, whose length is twice that of `from` or one less. Up to two samples are only repeated, as
/// libjpeg does.
#[inline(always)]
pub(super) fn across(from: &[u8], to: &mut [u8]) {
    if from.len() <= 2 {
        return repeat(from, to);
    }
    let last = from.len() - 1;
    to[0] = from[0];
    to[1] = blend(from[0], from[1], 2);
    let inner = to[2..].as_chunks_mut::<2>().0;
    for ((to, three), _) in inner.iter_mut().zip(from.windows(3)).zip(1..last) {
        *to = [blend(three[1], three[0], 1), blend(three[1], three[2], 2)];
    }
    to[2 * last] = blend(from[last], from[last - 1], 1);
    if let Some(to) = to.get_mut(2 * last + 1) {
        *to = from[last];
    }
}

/// Twice as high: one row from the `near` row of samples and the next nearest, `far`. Which of both is above settles how
/// halves are rounded.
#[inline(always)]
pub(super) fn down(near: &[u8], far: &[u8], is_upper: bool, to: &mut [u8]) {
    let bias = if is_upper { 1 } else { 2 };
    for ((to, &near), &far) in to.iter_mut().zip(near).zip(far) {
        *to = blend(near, far, bias);
    }
}

/// Twice as wide and as high: as [`across`] and [`down`], rounded once. `sums` is room for a row of samples.
#[inline(always)]
pub(super) fn both(near: &[u8], far: &[u8], sums: &mut Vec<u16>, to: &mut [u8]) {
    let len = near.len().min(far.len());
    let (near, far) = (&near[..len], &far[..len]);
    if len <= 2 {
        return repeat(near, to);
    }
    sums.resize(len, 0);
    for ((sum, &near), &far) in sums.iter_mut().zip(near).zip(far) {
        *sum = 3 * u16::from(near) + u16::from(far);
    }
    let sums = &sums[..len];
    let last = len - 1;
    let blend = |near: u16, far: u16, bias| ((3 * near + far + bias) >> 4) as u8;
    to[0] = blend(sums[0], sums[0], 8);
    to[1] = blend(sums[0], sums[1], 7);
    let inner = to[2..].as_chunks_mut::<2>().0;
    for (((to, &left), &middle), &right) in inner.iter_mut().zip(&sums[..last - 1]).zip(&sums[1..last]).zip(&sums[2..])
    {
        *to = [blend(middle, left, 8), blend(middle, right, 7)];
    }
    to[2 * last] = blend(sums[last], sums[last - 1], 8);
    if let Some(to) = to.get_mut(2 * last + 1) {
        *to = blend(sums[last], sums[last], 7);
    }
}

/// Twice as wide, each sample for two pixels.
#[inline(always)]
pub(super) fn repeat(from: &[u8], to: &mut [u8]) {
    for (to, &from) in to.chunks_mut(2).zip(from) {
        to.fill(from);
    }
}

#[inline(always)]
fn blend(near: u8, far: u8, bias: u16) -> u8 {
    ((3 * u16::from(near) + u16::from(far) + bias) >> 2) as u8
}
