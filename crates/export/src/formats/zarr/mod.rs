//! OME-Zarr: a folder of chunks, one file each or many to a shard, and JSON that says what they are.
//!
//! OME-NGFF 0.4 on Zarr 2 and 0.5 on Zarr 3. Axes are c, y, x; colors are channels, all of them in one chunk, while measured
//! channels have chunks of their own. Chunks have their full size at the edges too, the rest being zero.

mod labels;
mod metadata;
mod shard;

pub use self::labels::{LabelMeaning, write_labels};

use std::io::Write as _;
use std::path::Path;

use flate2::Compression as Level;
use flate2::write::GzEncoder;

use self::metadata::{Metadata, Version};
use self::shard::Shards;
use super::spec::{FormatSpec, JpegUse, OptionName};
use super::templates::{TILE_FOLDER, own_encoding};
use super::{Job, TileSink};
use crate::earlier::OutputFolder;
use crate::format::Format;
use crate::geometry::Size;
use crate::job::Progress;
use crate::pixels::{Color, PixelsView, Samples, by_type, le_bytes};
use crate::{Compression, TileFolder};
use crate::{Error, IoResultExt, Result};

/// OME-Zarr 0.5.
pub(super) const ZARR: FormatSpec = FormatSpec {
    format: Format::Zarr,
    name: "zarr",
    title: "OME-Zarr 0.5",
    endings: &["zarr"],
    tile: 512,
    jpeg: JpegUse::Never,
    compressions: &[Compression::Deflate, Compression::None],
    tiles: &[],
    options: &[
        OptionName::Tile,
        OptionName::Compression,
        OptionName::DeflateLevel,
        OptionName::Pyramid,
        OptionName::Shard,
    ],
    folder: Some(&FOLDER_05),
    check: |options, _| {
        if options.compression.is_none_or(|chosen| options.spec().compressions.contains(&chosen)) {
            return Ok(());
        }
        let what = format!("such a compression in {}; choose deflate or none (--compression)", options.spec().title);
        Err(Error::unsupported(what))
    },
    takes: |_, _, _| false,
    encoding: own_encoding,
    table_bytes: |options, info, tiles| {
        let layers = if info.color == Color::Channels { u64::from(info.channels) } else { 1 };
        if options.extras.shard > 0 { tiles * layers * 16 } else { 0 }
    },
    create: |job| Ok(Box::new(Zarr::create(job, Version::Five)?)),
    ..TILE_FOLDER
};

/// OME-Zarr 0.4.
pub(super) const ZARR_04: FormatSpec = FormatSpec {
    format: Format::Zarr04,
    name: "zarr04",
    title: "OME-Zarr 0.4",
    endings: &[],
    options: &[OptionName::Tile, OptionName::Compression, OptionName::DeflateLevel, OptionName::Pyramid],
    folder: Some(&FOLDER_04),
    table_bytes: |_, _, _| 0,
    create: |job| Ok(Box::new(Zarr::create(job, Version::Four)?)),
    ..ZARR
};

/// The folder that is the output, of version 0.5.
pub(crate) const FOLDER_05: OutputFolder = OutputFolder {
    descriptor: "zarr.json",
    says: "\"multiscales\"",
    names: &[
        "zarr.json",
        "#/zarr.json",
        "#/c/#/#/#",
        "labels/zarr.json",
        "labels/regions/zarr.json",
        "labels/regions/#/zarr.json",
        "labels/regions/#/c/#/#/#",
    ],
};
/// The same of version 0.4.
pub(crate) const FOLDER_04: OutputFolder = OutputFolder {
    descriptor: ".zattrs",
    says: "\"multiscales\"",
    names: &[
        ".zgroup",
        ".zattrs",
        "#/.zarray",
        "#/#/#/#",
        "labels/.zgroup",
        "labels/.zattrs",
        "labels/regions/.zgroup",
        "labels/regions/.zattrs",
        "labels/regions/#/.zarray",
        "labels/regions/#/#/#/#",
    ],
};

/// Writes one OME-Zarr.
pub(super) struct Zarr {
    folder: TileFolder,
    metadata: Metadata,
    tile: Size,
    compression: Option<u8>,
    shards: Option<Shards>,
}

impl Zarr {
    /// The folder.
    fn create(job: Job<'_>, version: Version) -> Result<Self> {
        let side = job.options.extras.shard;
        if side > 0 && version == Version::Four {
            return Err(Error::unsupported("shards in OME-Zarr 0.4; choose 0.5, or no shards").at(job.work.out()));
        }
        if side > 64 {
            return Err(Error::invalid(format!("shards of {side} × {side} chunks; choose up to 64")));
        }
        let packed = job.options.compression_for(job.info) != Compression::None;
        let compression = packed.then_some(job.options.deflate_level.min(9));
        let folder = TileFolder::create(job.work, job.work.out().file_name().unwrap_or_default())?;
        let metadata = Metadata::new(job, version, compression);
        let layers = u64::from(job.info.channels.div_ceil(metadata.chunk_channels()));
        let shards = (side > 0).then(|| Shards::new(side, &job.plan.levels, job.plan.tile, layers));
        Ok(Self { folder, metadata, tile: Size::new(job.plan.tile, job.plan.tile), compression, shards })
    }

    /// A chunk as it stands in its file.
    fn pack(&self, planes: &Samples) -> Result<Vec<u8>> {
        let bytes = le_bytes(planes);
        let Some(level) = self.compression else { return Ok(bytes.into_owned()) };
        let mut gzip = GzEncoder::new(Vec::with_capacity(bytes.len() / 2), Level::new(level.into()));
        gzip.write_all(&bytes).and_then(|()| gzip.finish()).at(Path::new(""))
    }
}

impl TileSink for Zarr {
    fn put(&self, level: usize, column: u32, row: u32, tile: PixelsView<'_>) -> Result<()> {
        let together = usize::from(self.metadata.chunk_channels());
        for (number, first) in (0..tile.channels() as usize).step_by(together).enumerate() {
            let bytes = self.pack(&planes(tile, first, together, self.tile))?;
            match &self.shards {
                None => self.folder.write(&self.metadata.chunk_path(level, number, column, row), &bytes)?,
                Some(shards) => shards.put((level, number as u64), (column, row), &bytes, |across, down| {
                    self.folder.path().join(self.metadata.chunk_path(level, number, across, down))
                })?,
            }
        }
        Ok(())
    }

    /// The folder's, and behind it the shards'.
    fn state(&self) -> Vec<u8> {
        let mut state = self.folder.state();
        state.extend(self.shards.as_ref().map(Shards::state).unwrap_or_default());
        state
    }

    fn restore(&mut self, state: &[u8]) -> Result<()> {
        let damaged = || Error::corrupt("the record of an unfinished export");
        let (folder, rest) = state.split_at_checked(self.folder.state().len()).ok_or_else(damaged)?;
        self.folder.restore(folder);
        self.shards.as_ref().map_or(Ok(()), |shards| shards.restore(rest))
    }

    fn sync(&self) -> Result<()> {
        self.folder.sync()
    }

    fn finish(self: Box<Self>, _: &Progress) -> Result<u64> {
        for (path, json) in self.metadata.files() {
            self.folder.write(&path, format!("{json:#}\n").as_bytes())?;
        }
        let sharded = self.shards.as_ref().map(|shards| {
            shards.finish(|level, number, across, down| {
                self.folder.path().join(self.metadata.chunk_path(level, number as usize, across, down))
            })
        });
        Ok(self.folder.bytes() + sharded.transpose()?.unwrap_or(0))
    }
}

/// `count` channels of `tile` from `first` on, one plane after the other, each filled up to `size` with zeros.
fn planes(tile: PixelsView<'_>, first: usize, count: usize, size: Size) -> Samples {
    fn spread<S: crate::pixels::Sample>(tile: PixelsView<'_>, first: usize, count: usize, size: Size) -> Samples {
        let (width, area, channels) = (size.width as usize, size.area() as usize, tile.channels() as usize);
        let mut all = vec![S::default(); area * count];
        for (y, row) in tile.rows::<S>().enumerate() {
            for (c, plane) in all.chunks_exact_mut(area).enumerate() {
                let samples = row.iter().skip(first + c).step_by(channels);
                plane[y * width..].iter_mut().zip(samples).for_each(|(to, sample)| *to = *sample);
            }
        }
        S::wrap(all)
    }
    by_type!(tile.sample_type(), S => spread::<S>(tile, first, count, size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::Pixels;

    #[test]
    fn planes_part_the_channels_and_fill_up() {
        let pixels = Pixels::new(Size::new(2, 1), 3, Samples::U8(vec![1, 2, 3, 4, 5, 6])).unwrap();
        let of = |first, count| planes(pixels.view(), first, count, Size::new(3, 2));
        assert_eq!(of(0, 3), Samples::U8(vec![1, 4, 0, 0, 0, 0, 2, 5, 0, 0, 0, 0, 3, 6, 0, 0, 0, 0]));
        assert_eq!(of(2, 1), Samples::U8(vec![3, 6, 0, 0, 0, 0]));
    }
}
