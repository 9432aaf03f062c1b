//! [`interleave`]: separate channels to one image of interleaved samples.

use std::borrow::Borrow;

use super::{Pixels, RawSamples, Sample, Samples};
use crate::{Error, Result};

/// One image of the channels of all `parts`, in their order. They must have one size and one sample type.
pub fn interleave<P: Borrow<Pixels>>(parts: &[P]) -> Result<Pixels> {
    let parts: Vec<&Pixels> = parts.iter().map(Borrow::borrow).collect();
    let first = parts.first().ok_or_else(|| Error::invalid("an image of no channel"))?;
    let channels = parts.iter().map(|part| usize::from(part.channels())).sum::<usize>();
    let channels = u8::try_from(channels).map_err(|_more| Error::limit(format!("an image of {channels} channels")))?;
    if parts.iter().any(|part| part.size() != first.size() || part.sample_type() != first.sample_type()) {
        return Err(Error::corrupt("channels of unlike sizes or samples"));
    }
    if parts.len() == 1 {
        return Ok((*first).clone());
    }
    fn interleave_samples<S: Sample>(parts: &[&Pixels], channels: usize) -> Samples {
        let count = parts[0].size().area() as usize;
        let mut out = vec![S::default(); count * channels];
        let mut at = 0;
        for part in parts {
            let width = usize::from(part.channels());
            let Some(samples) = S::slice(part.samples()) else { continue };
            for (from, to) in samples.chunks_exact(width).zip(out.chunks_exact_mut(channels)) {
                to[at..at + width].copy_from_slice(from);
            }
            at += width;
        }
        S::wrap(out)
    }
    let samples = super::by_type!(first.sample_type(), S => interleave_samples::<S>(&parts, channels.into()));
    Pixels::new(first.size(), channels, samples)
}

/// The same of samples as files store them, each part of one channel.
pub fn interleave_raw(parts: &[RawSamples]) -> Result<RawSamples> {
    let first = parts.first().ok_or_else(|| Error::invalid("an image of no channel"))?;
    let channels = u8::try_from(parts.len()).map_err(|_more| Error::limit("an image of more than 255 channels"))?;
    let alike = |part: &RawSamples| (part.size(), part.kind(), part.channels()) == (first.size(), first.kind(), 1);
    if !parts.iter().all(alike) {
        return Err(Error::corrupt("channels of unlike sizes or sample types"));
    }
    fn interleave_samples<const N: usize>(parts: &[RawSamples]) -> Vec<u8> {
        let parts: Vec<&[[u8; N]]> = parts.iter().map(|part| part.bytes().as_chunks().0).collect();
        let mut out = Vec::with_capacity(parts.iter().map(|part| part.len() * N).sum());
        for at in 0..parts[0].len() {
            for part in &parts {
                out.extend_from_slice(&part[at]);
            }
        }
        out
    }
    let bytes = match first.kind().bytes() {
        1 => interleave_samples::<1>(parts),
        2 => interleave_samples::<2>(parts),
        4 => interleave_samples::<4>(parts),
        _ => interleave_samples::<8>(parts),
    };
    RawSamples::new(first.size(), channels, first.kind(), bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    #[test]
    fn channels_come_in_their_order() {
        let part = |samples: Vec<u16>| Pixels::new(Size::new(2, 1), 1, Samples::U16(samples)).unwrap();
        let parts = [part(vec![1, 2]), part(vec![3, 4]), part(vec![5, 6])];
        let interleaved = interleave(&parts).unwrap();
        assert_eq!((interleaved.channels(), interleaved.samples()), (3, &Samples::U16(vec![1, 3, 5, 2, 4, 6])));
        let raw = interleave_raw(&parts.clone().map(RawSamples::from_pixels)).unwrap();
        assert_eq!(raw, RawSamples::from_pixels(interleaved));
        let other = Pixels::new(Size::new(1, 2), 1, Samples::U16(vec![1, 2])).unwrap();
        assert!(interleave(&[parts[0].clone(), other]).is_err() && interleave::<Pixels>(&[]).is_err());
    }
}
