//! [`Array`]: the chunks of one Zarr array.

use std::path::{Path, PathBuf};

use super::codecs::{ChunkCodec, decoded};
use super::layout::{IndexPlace, Layout, Shard};
use crate::pixels::{RawSampleType, RawSamples, SampleType};
use crate::{Error, IoResultExt as _, Result};
use crate::{PositionedFile, neighbor};

/// A packed chunk may be so many bytes longer than twice the plain one.
const MOST_OVERHEAD: u64 = 1 << 20;

/// An open array.
pub(super) struct Array {
    /// The folder that the user opened.
    image: PathBuf,
    folder: PathBuf,
    layout: Layout,
}

impl Array {
    pub(super) fn open(image: &Path, folder: &Path) -> Result<Self> {
        let layout = Layout::read(image, folder).at(folder)?;
        Ok(Self { image: image.to_owned(), folder: folder.to_owned(), layout })
    }

    pub(super) fn shape(&self) -> &[u64] {
        &self.layout.shape
    }

    /// The pieces it is read in.
    pub(super) fn chunk(&self) -> &[u64] {
        &self.layout.chunk
    }

    pub(super) fn kind(&self) -> RawSampleType {
        self.layout.number.kind
    }

    /// Bytes from a number of a chunk to the next one along `axis`.
    pub(super) fn stride(&self, axis: usize) -> usize {
        let Layout { chunk, order, .. } = &self.layout;
        let faster = order.iter().rev().take_while(|other| **other != axis);
        faster.map(|axis| chunk[*axis]).product::<u64>() as usize * self.kind().bytes()
    }

    /// What stands where no chunk is.
    pub(super) fn fill(&self) -> f64 {
        self.layout.fill
    }

    /// The type of its pixels.
    pub(super) fn sample(&self) -> SampleType {
        RawSamples::zeroed(crate::geometry::Size::new(1, 1), 1, self.kind()).into_pixels().sample_type()
    }

    /// The numbers of the chunk `index`, low bytes first; chunks at the edges are whole too.
    pub(super) fn read(&self, index: &[u64]) -> Result<Vec<u8>> {
        let stored = match &self.layout.shard {
            None => {
                let path = self.path(index);
                let file = neighbor::open(&self.image, &path)?;
                file.map(|file| self.stored(&file, 0, file.length()?)).transpose()?.map(|bytes| (path, bytes))
            }
            Some(shard) => self.in_shard(index, shard)?,
        };
        let expected = self.bytes();
        let Some((path, stored)) = stored else { return Ok(self.blank()) };
        let mut plain = decoded(stored, &self.layout.codecs, expected).at(&path)?;
        if plain.len() < expected {
            let what = format!("a chunk of {} bytes where {expected} belong", plain.len());
            return Err(Error::corrupt(what).at(&path));
        }
        plain.truncate(expected);
        Ok(self.layout.number.plain(plain))
    }

    /// Of a chunk as it is stored, but for its compression.
    fn bytes(&self) -> usize {
        self.layout.chunk.iter().product::<u64>() as usize * self.layout.number.bytes()
    }

    /// A chunk in a file with many: a table at its end or its start says where (Zarr's `sharding_indexed`).
    fn in_shard(&self, index: &[u64], shard: &Shard) -> Result<Option<(PathBuf, Vec<u8>)>> {
        let Shard { sides, codecs, place } = shard;
        let outer: Vec<u64> = index.iter().zip(sides).map(|(at, side)| at / side).collect();
        let path = self.path(&outer);
        let Some(file) = neighbor::open(&self.image, &path)? else { return Ok(None) };
        if codecs.iter().any(|codec| !matches!(codec, ChunkCodec::Checksum { at_start: false })) {
            return Err(Error::unsupported("a Zarr shard whose index is packed").at(&path));
        }
        let table = sides.iter().product::<u64>() * 16 + 4 * codecs.len() as u64;
        let missing = || Error::corrupt("a shard without its index").at(&path);
        let behind = file.length()?.checked_sub(table).ok_or_else(missing)?;
        let start = if *place == IndexPlace::Start { 0 } else { behind };
        let number = index.iter().zip(sides).fold(0, |all, (at, side)| all * side + at % side);
        let entry = file.read_at(start + 16 * number, 16)?;
        let [offset, length] = [0, 8].map(|at| entry[at..].first_chunk().map_or(u64::MAX, |n| u64::from_le_bytes(*n)));
        if (offset, length) == (u64::MAX, u64::MAX) {
            return Ok(None);
        }
        self.stored(&file, offset, length).map(|bytes| Some((path, bytes)))
    }

    /// The bytes of a chunk: of one that is not packed no more than it needs. Packed ones are hardly longer than that.
    fn stored(&self, file: &PositionedFile, offset: u64, length: u64) -> Result<Vec<u8>> {
        let expected = self.bytes() as u64;
        if self.layout.codecs.is_empty() {
            return file.read_at(offset, length.min(expected));
        }
        if length > 2 * expected + MOST_OVERHEAD {
            let what = format!("a packed chunk of {length} bytes, which unpacked has {expected}");
            return Err(Error::corrupt(what).at(file.path()));
        }
        file.read_at(offset, length)
    }

    fn blank(&self) -> Vec<u8> {
        let count = self.layout.chunk.iter().product::<u64>() as usize;
        self.kind().bytes_of(self.layout.fill).repeat(count)
    }

    fn path(&self, index: &[u64]) -> PathBuf {
        let Layout { prefix, separator, .. } = &self.layout;
        let numbers = index.iter().map(u64::to_string);
        let parts: Vec<String> =
            Some((*prefix).to_owned()).filter(|p| !p.is_empty()).into_iter().chain(numbers).collect();
        self.folder.join(parts.join(separator))
    }
}
