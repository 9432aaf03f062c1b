//! Where the scans of a stream lie (ITU T.81, B.2): one walk over all of it that looks at markers alone.
//!
//! It forgives what it can: a stream that ends early, or with nonsense between two markers, has the scans that were found.

use std::io::{BufRead, Read};
use std::ops::Range;
use std::path::Path;

use crate::{Error, IoResultExt as _, Result};

/// More scans are no picture but an attack: each one is a walk over all blocks. What files have are 3 to 20.
const MOST_SCANS: usize = 200;
/// More bytes than this of tables and scan headers are damage.
const MOST_HEADERS: usize = 1 << 22;

/// The headers of a stream, and where its data are.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// The stream without its data and without what only describes it.
    pub headers: Vec<u8>,
    /// For each scan header in `headers` the bytes of its data.
    pub data: Vec<Range<u64>>,
    /// Whether the stream goes on to its end marker.
    pub is_complete: bool,
}

impl Outline {
    /// Walk over a stream from its start marker.
    pub(super) fn read(from: &mut impl BufRead) -> Result<Self> {
        let mut bytes = Bytes { from, at: 0 };
        let mut outline = Self { headers: vec![0xFF, 0xD8], ..Self::default() };
        let mut has_frame = false;
        let mut next = bytes.next_marker()?;
        while let Some(marker) = next {
            if marker == 0xD9 {
                outline.is_complete = true;
                break;
            }
            let is_frame = matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xCC);
            // The second frame header of a stream says nothing that could be true.
            let is_header = matches!(marker, 0xC4 | 0xDA | 0xDB | 0xDD | 0xE0 | 0xEE) || is_frame && !has_frame;
            has_frame |= is_frame;
            let Some(segment) = bytes.segment()? else { break };
            if is_header {
                outline.headers.extend([0xFF, marker]);
                outline.headers.extend(segment);
            }
            if outline.headers.len() > MOST_HEADERS {
                return Err(Error::corrupt("a JPEG of too many tables"));
            }
            let start = bytes.at;
            next = bytes.next_marker()?;
            if marker == 0xDA {
                let end = if next.is_some() { bytes.at - 2 } else { bytes.at };
                outline.data.push(start..end);
                if outline.data.len() == MOST_SCANS {
                    break;
                }
            }
        }
        Ok(outline)
    }
}

/// Bytes from a reader, counted.
struct Bytes<'r, R> {
    from: &'r mut R,
    at: u64,
}

impl<R: BufRead> Bytes<'_, R> {
    /// The second byte of the next marker that begins a segment or ends the image, and behind it; `None` at the end. What
    /// belongs to the data of a scan, and bytes that are no marker, are skipped.
    fn next_marker(&mut self) -> Result<Option<u8>> {
        let mut after_ff = false;
        loop {
            let available = self.from.fill_buf().at(Path::new(""))?;
            let Some(&first) = available.first() else { return Ok(None) };
            if !after_ff {
                let found = available.iter().position(|&byte| byte == 0xFF);
                after_ff = found.is_some();
                let skipped = found.map_or(available.len(), |at| at + 1);
                self.skip(skipped);
                continue;
            }
            self.skip(1);
            if matches!(first, 0xC0..=0xC7 | 0xC9..=0xCF | 0xD9..=0xEF | 0xFE) {
                return Ok(Some(first));
            }
            // Any number of 0xFF may stand before a marker.
            after_ff = first == 0xFF;
        }
    }

    /// A segment from its length on; `None` where the stream ends in it.
    fn segment(&mut self) -> Result<Option<Vec<u8>>> {
        let mut segment = Vec::new();
        self.take(2, &mut segment)?;
        let Some(&length) = segment.first_chunk() else { return Ok(None) };
        let length = usize::from(u16::from_be_bytes(length)).max(2);
        self.take(length - 2, &mut segment)?;
        Ok((segment.len() == length).then_some(segment))
    }

    fn take(&mut self, count: usize, into: &mut Vec<u8>) -> Result<()> {
        let taken = self.from.take(count as u64).read_to_end(into).at(Path::new(""))?;
        self.at += taken as u64;
        Ok(())
    }

    fn skip(&mut self, count: usize) {
        self.from.consume(count);
        self.at += count as u64;
    }
}
