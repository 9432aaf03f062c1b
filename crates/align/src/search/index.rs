//! [`Index`]: which features have descriptors much like a given one, by locality-sensitive hashing (Indyk and Motwani 1998):
//! each table sorts all features by some of the bits.

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use super::descriptor::{BITS, Descriptor, random};

/// How many tables there are.
const TABLES: u64 = 10;
/// The bits of a key.
const LEAST_KEY: u32 = 8;
const LONGEST_KEY: u32 = 20;
/// What more features than these share is no sign of a place.
const MOST_ALIKE: usize = 200;

/// Tables of all features.
pub(super) struct Index(Vec<Table>);

struct Table {
    /// The numbers of the bits that make the key.
    bits: Vec<u32>,
    /// The features with key `k` are `features[starts[k]..starts[k + 1]]`.
    starts: Vec<u32>,
    features: Vec<u32>,
}

impl Index {
    pub(super) fn new(descriptors: &[Descriptor]) -> Self {
        let length = (descriptors.len().max(1).ilog2()).saturating_sub(1).clamp(LEAST_KEY, LONGEST_KEY);
        Self((0..TABLES).into_par_iter().map(|number| Table::new(descriptors, number, length)).collect())
    }

    /// The features that share a key with a descriptor, each once, in their order. `found` is emptied first.
    pub(super) fn alike(&self, descriptor: &Descriptor, found: &mut Vec<u32>) {
        found.clear();
        for table in &self.0 {
            let key = table.key(descriptor);
            let alike = &table.features[table.starts[key] as usize..table.starts[key + 1] as usize];
            if alike.len() <= MOST_ALIKE {
                found.extend_from_slice(alike);
            }
        }
        found.sort_unstable();
        found.dedup();
    }
}

impl Table {
    fn new(descriptors: &[Descriptor], number: u64, length: u32) -> Self {
        let mut state = number.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
        let mut bits: Vec<u32> = Vec::with_capacity(length as usize);
        while bits.len() < length as usize {
            let bit = (random(&mut state) % u64::from(BITS)) as u32;
            if !bits.contains(&bit) {
                bits.push(bit);
            }
        }
        let mut table = Self { bits, starts: vec![0; (1 << length) + 1], features: vec![0; descriptors.len()] };
        for descriptor in descriptors {
            let key = table.key(descriptor);
            table.starts[key + 1] += 1;
        }
        for key in 1..table.starts.len() {
            table.starts[key] += table.starts[key - 1];
        }
        let mut next = table.starts.clone();
        for (feature, descriptor) in (0u32..).zip(descriptors) {
            let at = &mut next[table.key(descriptor)];
            table.features[*at as usize] = feature;
            *at += 1;
        }
        table
    }

    fn key(&self, descriptor: &Descriptor) -> usize {
        let bit = |bit: &u32| (descriptor[*bit as usize / 64] >> (bit % 64)) as usize & 1;
        self.bits.iter().fold(0, |key, number| (key << 1) | bit(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_with_few_other_bits_are_found() {
        let mut state = 3;
        let descriptors: Vec<Descriptor> = (0..20_000).map(|_| [0; 4].map(|_: u64| random(&mut state))).collect();
        let index = Index::new(&descriptors);
        let (mut found, mut hits, mut looked_at) = (Vec::new(), 0, 0);
        for (number, descriptor) in descriptors.iter().enumerate().take(400) {
            let mut changed = *descriptor;
            for _ in 0..20 {
                let bit = random(&mut state) % 256;
                changed[(bit / 64) as usize] ^= 1 << (bit % 64);
            }
            index.alike(&changed, &mut found);
            hits += usize::from(found.contains(&(number as u32)));
            looked_at += found.len();
        }
        assert!(hits > 360 && looked_at < 400 * 60, "{hits} of 400 among {looked_at}");
    }
}
