//! [`Array`]: the chunks of one Zarr array.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::blosc;
use super::layout::{ChunkCodec, Layout};
use crate::PositionedFile;
use crate::codec::bytes;
use crate::pixels::{RawSampleType, RawSamples, SampleType};
use crate::{Error, IoResultExt as _, Result};

/// An open array.
pub(super) struct Array {
    folder: PathBuf,
    layout: Layout,
}

impl Array {
    pub(super) fn open(folder: &Path) -> Result<Self> {
        Ok(Self { folder: folder.to_owned(), layout: Layout::read(folder).at(folder)? })
    }

    pub(super) fn shape(&self) -> &[u64] {
        &self.layout.shape
    }

    /// The pieces it is read in.
    pub(super) fn chunk(&self) -> &[u64] {
        &self.layout.chunk
    }

    pub(super) fn kind(&self) -> RawSampleType {
        self.layout.kind
    }

    /// The type of its pixels.
    pub(super) fn sample(&self) -> SampleType {
        RawSamples::zeroed(crate::geometry::Size::new(1, 1), 1, self.layout.kind).into_pixels().sample_type()
    }

    /// The numbers of the chunk `index`, low bytes first; chunks at the edges are whole too.
    pub(super) fn read(&self, index: &[u64]) -> Result<Vec<u8>> {
        let stored = match &self.layout.shard {
            None => {
                let path = self.path(index);
                let file = open_if_there(&path)?;
                file.map(|file| file.read_at(0, file.length()?)).transpose()?.map(|bytes| (path, bytes))
            }
            Some((sides, codecs)) => self.in_shard(index, sides, codecs)?,
        };
        let expected = self.bytes();
        let Some((path, stored)) = stored else { return Ok(self.blank(expected)) };
        let mut plain = decoded(stored, &self.layout.codecs, expected).at(&path)?;
        if plain.len() < expected {
            let what = format!("a chunk of {} bytes where {expected} belong", plain.len());
            return Err(Error::corrupt(what).at(&path));
        }
        plain.truncate(expected);
        if self.layout.big_endian {
            plain.chunks_exact_mut(self.layout.kind.bytes()).for_each(<[u8]>::reverse);
        }
        Ok(plain)
    }

    fn bytes(&self) -> usize {
        self.layout.chunk.iter().product::<u64>() as usize * self.layout.kind.bytes()
    }

    /// A chunk in a file with many: a table at its end says where (Zarr's `sharding_indexed`).
    fn in_shard(&self, index: &[u64], sides: &[u64], codecs: &[ChunkCodec]) -> Result<Option<(PathBuf, Vec<u8>)>> {
        let outer: Vec<u64> = index.iter().zip(sides).map(|(at, side)| at / side).collect();
        let path = self.path(&outer);
        let Some(file) = open_if_there(&path)? else { return Ok(None) };
        if codecs.iter().any(|codec| *codec != ChunkCodec::Checksum) {
            return Err(Error::unsupported("a Zarr shard whose index is packed").at(&path));
        }
        let table = sides.iter().product::<u64>() * 16 + 4 * codecs.len() as u64;
        let start =
            file.length()?.checked_sub(table).ok_or_else(|| Error::corrupt("a shard without its index").at(&path))?;
        let number = index.iter().zip(sides).fold(0, |all, (at, side)| all * side + at % side);
        let entry = file.read_at(start + 16 * number, 16)?;
        let [offset, length] = [0, 8].map(|at| entry[at..].first_chunk().map_or(u64::MAX, |n| u64::from_le_bytes(*n)));
        if (offset, length) == (u64::MAX, u64::MAX) {
            return Ok(None);
        }
        file.read_at(offset, length).map(|bytes| Some((path, bytes)))
    }

    fn blank(&self, bytes: usize) -> Vec<u8> {
        let (fill, count) = (self.layout.fill, bytes / self.layout.kind.bytes());
        let one = match self.layout.kind {
            RawSampleType::U8 => vec![fill as u8],
            RawSampleType::I8 => vec![fill as i8 as u8],
            RawSampleType::U16 => (fill as u16).to_le_bytes().to_vec(),
            RawSampleType::I16 => (fill as i16).to_le_bytes().to_vec(),
            RawSampleType::U32 => (fill as u32).to_le_bytes().to_vec(),
            RawSampleType::I32 => (fill as i32).to_le_bytes().to_vec(),
            RawSampleType::U64 => (fill as u64).to_le_bytes().to_vec(),
            RawSampleType::I64 => (fill as i64).to_le_bytes().to_vec(),
            RawSampleType::F32 => (fill as f32).to_le_bytes().to_vec(),
            RawSampleType::F64 => fill.to_le_bytes().to_vec(),
        };
        one.repeat(count)
    }

    fn path(&self, index: &[u64]) -> PathBuf {
        let Layout { prefix, separator, .. } = &self.layout;
        let numbers = index.iter().map(u64::to_string);
        let parts: Vec<String> =
            Some((*prefix).to_owned()).filter(|p| !p.is_empty()).into_iter().chain(numbers).collect();
        self.folder.join(parts.join(separator))
    }
}

fn open_if_there(path: &Path) -> Result<Option<PositionedFile>> {
    match PositionedFile::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(Error::Io { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn decoded(mut stored: Vec<u8>, codecs: &[ChunkCodec], expected: usize) -> Result<Vec<u8>> {
    for codec in codecs.iter().rev() {
        stored = match codec {
            ChunkCodec::Gzip => bytes::gunzip(&stored, expected)?,
            ChunkCodec::Zlib => bytes::inflate(&stored, expected)?,
            ChunkCodec::Zstd => bytes::unzstd(&stored, expected)?,
            ChunkCodec::Blosc => blosc::decode(&stored, expected)?,
            ChunkCodec::Checksum => {
                stored.truncate(stored.len().saturating_sub(4));
                stored
            }
        };
    }
    Ok(stored)
}
