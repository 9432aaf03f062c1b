//! Huffman tables made to measure, from how often each symbol comes (ITU T.81, K.2).

use super::tables::HuffmanSpec;

/// An owned [`HuffmanSpec`].
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    counts: [u8; 16],
    symbols: Vec<u8>,
}

impl Table {
    /// The best code for these frequencies whose longest code has 16 bits.
    pub(super) fn for_frequencies(frequencies: &[u32; 256]) -> Self {
        // One symbol more than there are, the rarest, so that no real one gets the code of ones only, which is not allowed.
        let mut weights: Vec<u64> = frequencies.iter().map(|&count| count.into()).chain([1]).collect();
        let lengths = code_lengths(&mut weights);
        let mut counts = [0u32; 257];
        for &length in &lengths {
            counts[length] += 1;
        }
        counts[0] = 0;
        shorten(&mut counts);
        if let Some(longest) = counts.iter().rposition(|&count| count > 0) {
            counts[longest] -= 1;
        }
        let mut symbols: Vec<u8> = (0..=255).filter(|&symbol| lengths[usize::from(symbol)] > 0).collect();
        symbols.sort_by_key(|&symbol| lengths[usize::from(symbol)]);
        Self { counts: std::array::from_fn(|i| counts[i + 1] as u8), symbols }
    }

    /// What goes into a DHT segment.
    pub(super) fn spec(&self) -> HuffmanSpec<'_> {
        HuffmanSpec { counts: &self.counts, symbols: &self.symbols }
    }
}

/// Join the two rarest groups until there is one; each joining makes the codes of its symbols one bit longer.
fn code_lengths(weights: &mut [u64]) -> Vec<usize> {
    let mut lengths = vec![0; weights.len()];
    let mut group: Vec<usize> = (0..weights.len()).collect();
    loop {
        // Of equally rare ones the last, so that the extra symbol gets the longest code.
        let rarest = |weights: &[u64], but: Option<usize>| {
            (0..weights.len()).rev().filter(|&i| weights[i] > 0 && Some(i) != but).min_by_key(|&i| weights[i])
        };
        let Some(first) = rarest(weights, None) else { return lengths };
        let Some(second) = rarest(weights, Some(first)) else { return lengths };
        weights[first] += std::mem::take(&mut weights[second]);
        let (keep, join) = (group[first], group[second]);
        for (length, group) in lengths.iter_mut().zip(&mut group) {
            if *group == keep || *group == join {
                *length += 1;
                *group = keep;
            }
        }
    }
}

/// Bring all codes down to 16 bits (figure K.3): a pair of the longest loses a bit by taking the place of their parent, and
/// the other moves below a shorter code.
fn shorten(counts: &mut [u32; 257]) {
    for length in (17..257).rev() {
        while counts[length] > 0 {
            let Some(shorter) = (1..length - 1).rev().find(|&shorter| counts[shorter] > 0) else { return };
            counts[length] -= 2;
            counts[length - 1] += 1;
            counts[shorter + 1] += 2;
            counts[shorter] -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_a_prefix_code_of_at_most_16_bits() {
        let fibonacci = |i: usize| (0..i.min(40)).fold((1u32, 1u32), |(a, b), _| (b, a.saturating_add(b))).0;
        let cases: [[u32; 256]; 4] = [
            std::array::from_fn(|i| u32::from(i == 5)),
            std::array::from_fn(fibonacci),
            [1; 256],
            std::array::from_fn(|i| if i < 40 { fibonacci(i) } else { 0 }),
        ];
        for frequencies in cases {
            let table = Table::for_frequencies(&frequencies);
            let space: u32 = (1..).zip(table.counts).map(|(length, count)| u32::from(count) << (16 - length)).sum();
            assert!(space < 1 << 16, "the code of ones is used");
            assert_eq!(table.symbols.len(), frequencies.iter().filter(|&&count| count > 0).count());
            assert_eq!(table.symbols.len(), table.counts.iter().map(|&count| usize::from(count)).sum::<usize>());
        }
    }
}
