//! [`Pictures`]: an output of one image file per tile. Formats differ in their [`Layout`].

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::tile::{Place, TileEncoder};
use super::zip::Zip;
use super::{Job, TileSink, viewer};
use crate::TileFolder;
use crate::copied::CopiedLevel;
use crate::job::Progress;
use crate::pixels::PixelsView;
use crate::source::TileEncoding;
use crate::{Error, IoResultExt, Result};

/// The file layout of a format, and its descriptors.
pub(super) trait Layout: Send + Sync {
    /// The name of a tile's file, relative, with slashes.
    fn path(&self, place: Place) -> String;

    /// Whether edge tiles are cut, padded or left out.
    fn shown<'a>(&self, _place: Place, tile: PixelsView<'a>) -> Result<Shown<'a>> {
        Ok(Shown::Part(tile))
    }

    /// The descriptors, written after all tiles.
    fn descriptors(&self) -> Vec<(String, Vec<u8>)>;

    /// Further images, made of the tiles in `folder`.
    fn more(&self, _folder: &TileFolder, _encoder: &TileEncoder) -> Result<()> {
        Ok(())
    }

    /// The descriptor beside the folder: its path and content.
    fn beside(&self) -> Option<(PathBuf, Vec<u8>)> {
        None
    }

    /// The tile source of the [`viewer`].
    fn tile_source(&self) -> Option<Value> {
        None
    }
}

/// The treatment of edge tiles.
pub(super) enum Shown<'a> {
    Part(PixelsView<'a>),
    Whole(crate::pixels::Pixels),
    Nothing,
}

/// Writes small pictures into a folder or a zip.
pub(super) struct Pictures<L> {
    layout: L,
    encoder: TileEncoder,
    store: Store,
    /// The encoding of passed-through tiles, for each such level.
    encodings: Vec<Option<TileEncoding>>,
    /// The title of the HTML viewer, if it is included.
    page: Option<String>,
}

enum Store {
    Folder(TileFolder),
    Zip(Zip),
}

impl<L: Layout> Pictures<L> {
    /// In a folder of that name.
    pub(super) fn in_folder(job: Job<'_>, name: &OsStr, layout: L) -> Result<Self> {
        Ok(Self::new(job, layout, Store::Folder(TileFolder::create(job.work, name)?)))
    }

    /// In a folder of the output's name.
    pub(super) fn in_own_folder(job: Job<'_>, layout: L) -> Result<Self> {
        Self::in_folder(job, job.work.out().file_name().unwrap_or_default(), layout)
    }

    /// In a zip.
    pub(super) fn in_zip(job: Job<'_>, layout: L) -> Result<Self> {
        Ok(Self::new(job, layout, Store::Zip(Zip::create(job)?)))
    }

    fn new(job: Job<'_>, layout: L, store: Store) -> Self {
        let page = job.options.extras.viewer.then(|| job.name());
        let encoder = TileEncoder::new(job.info, job.options, job.options.spec().keep_depth);
        let encoding = |copied: &Option<CopiedLevel>| copied.as_ref().map(|copied| copied.coded.encoding.clone());
        let encodings = job.plan.copied.iter().map(encoding).collect();
        Self { layout, encoder, store, encodings, page }
    }

    fn write(&self, place: Place, stream: &[u8]) -> Result<()> {
        match &self.store {
            Store::Folder(folder) => folder.write(&self.layout.path(place), stream),
            Store::Zip(zip) => zip.put(place, &self.layout.path(place), stream),
        }
    }
}

impl<L: Layout> TileSink for Pictures<L> {
    fn put(&self, level: usize, column: u32, row: u32, tile: PixelsView<'_>) -> Result<()> {
        let place = Place { level, column, row };
        match self.layout.shown(place, tile)? {
            Shown::Part(view) => self.write(place, &self.encoder.encode(view)?),
            Shown::Whole(pixels) => self.write(place, &self.encoder.encode(pixels.view())?),
            Shown::Nothing => Ok(()),
        }
    }

    fn put_coded(&self, level: usize, column: u32, row: u32, tile: &[u8]) -> Result<()> {
        let missing = || Error::invalid("internal error: no tiles of this level are copied");
        let encoding = self.encodings[level].as_ref().ok_or_else(missing)?;
        self.write(Place { level, column, row }, &self.encoder.complete(tile, encoding)?)
    }

    fn state(&self) -> Vec<u8> {
        match &self.store {
            Store::Folder(folder) => folder.state(),
            Store::Zip(zip) => zip.state(),
        }
    }

    fn restore(&mut self, state: &[u8]) -> Result<()> {
        match &self.store {
            Store::Folder(folder) => folder.restore(state),
            Store::Zip(zip) => zip.restore(state)?,
        }
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        match &self.store {
            Store::Folder(folder) => folder.sync(),
            Store::Zip(zip) => zip.sync(),
        }
    }

    fn finish(self: Box<Self>, _: &Progress) -> Result<u64> {
        let folder = match &self.store {
            Store::Folder(folder) => folder,
            Store::Zip(zip) => return zip.finish(|place| self.layout.path(place), &self.layout.descriptors()),
        };
        for (path, bytes) in self.layout.descriptors() {
            folder.write(&path, &bytes)?;
        }
        self.layout.more(folder, &self.encoder)?;
        if let (Some(title), Some(source)) = (&self.page, self.layout.tile_source()) {
            folder.write("index.html", viewer::page(title, &source).as_bytes())?;
        }
        let Some((path, bytes)) = self.layout.beside() else { return Ok(folder.bytes()) };
        fs::write(&path, &bytes).at(&path)?;
        Ok(folder.bytes() + bytes.len() as u64)
    }
}
