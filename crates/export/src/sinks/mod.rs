//! Where tiles go: one file per output format.
//!
//! A sink packs and places tiles; it must never know where their pixels come from, and writes only inside its
//! [`Workspace`]: what stands in the output folder there is published by the engine when all is done.

mod bmp;
mod deepzoom;
mod iiif;
mod patches;
mod pictures;
mod places;
mod rows;
mod table;
pub(super) mod tiff;
mod tile;
mod viewer;
mod xyz;
mod zarr;
mod zip;
mod zoomify;

use std::path::PathBuf;

pub use tiff::{Offsets, TiffOptions};

use super::{ExportOptions, Format, Plan, Workspace};
use crate::job::Progress;
use crate::pixels::PixelsView;
use crate::source::{Coded, Info};
use crate::{Error, Result};
use pictures::Pictures;

pub(super) use deepzoom::files_of;
pub(super) use rows::piece_rows;

/// What each format that writes a folder writes into it.
pub(super) mod folders {
    pub(crate) use super::deepzoom::FOLDER as DEEP_ZOOM;
    pub(crate) use super::iiif::{FOLDER_2 as IIIF_2, FOLDER_3 as IIIF_3};
    pub(crate) use super::patches::FOLDER as PATCHES;
    pub(crate) use super::xyz::FOLDER as XYZ;
    pub(crate) use super::zarr::{FOLDER_04 as ZARR_04, FOLDER_05 as ZARR};
    pub(crate) use super::zoomify::FOLDER as ZOOMIFY;
}

/// A tiled output in the making, at [`Workspace::output`].
///
/// An export may be interrupted at any moment and go on later, in another process. Then the sink is created again with
/// `resumed` true (files of the earlier run are there and must not be cut), [`restore`](Self::restore) is called for each
/// state that was kept, in their order, and every tile that was not known to be finished comes again.
pub trait TileSink: Send + Sync {
    /// Keep a tile, cut at the image's edge, overlaps included. From any thread, in any order. Each tile comes once; in an
    /// export that was interrupted it may come again, with the same pixels.
    fn put(&self, level: usize, column: u32, row: u32, tile: PixelsView<'_>) -> Result<()>;

    /// Keep a tile as the source has it, packed in a way that its format takes: of a level that the plan copies.
    fn put_coded(&self, level: usize, column: u32, row: u32, tile: &[u8]) -> Result<()> {
        let _ = (level, column, row, tile);
        Err(Error::invalid("internal error: this format takes no packed tiles"))
    }

    /// What a new sink must know of the tiles put before this call, beyond what earlier calls gave: small, for it is asked
    /// for after every block. Empty where the files say it all. Calls come one at a time, while other threads put tiles.
    fn state(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Take in one earlier [`state`](Self::state), right after creation. In `state`s taken by several runs, later ones count.
    fn restore(&mut self, state: &[u8]) -> Result<()> {
        let _ = state;
        Ok(())
    }

    /// Whether what was put of a block (numbered as in the journal: its stage, and row by row within) is gone after all, as
    /// far as the states tell that were restored. Such a block is done again.
    fn has_lost(&self, block: (u16, u64)) -> bool {
        let _ = block;
        false
    }

    /// Make durable all that was put before this call (so that it survives a power failure).
    fn sync(&self) -> Result<()>;

    /// Complete the output in the workspace. Gives its bytes. Long work counts nothing but asks `progress` whether to stop.
    ///
    /// May be interrupted too: a sink created and restored after that, to which no tile comes, must be able to do it again.
    fn finish(self: Box<Self>, progress: &Progress) -> Result<u64>;
}

/// All that a sink is made from.
#[derive(Clone, Copy)]
struct Job<'a> {
    work: &'a Workspace,
    /// Of the pixels that come.
    info: &'a Info,
    options: &'a ExportOptions,
    plan: &'a Plan,
    /// Whether an earlier sink has written here already.
    resumed: bool,
}

impl Job<'_> {
    /// Where the output is made.
    fn path(&self) -> PathBuf {
        self.work.output(self.work.out().file_name().unwrap_or_default())
    }

    /// The output's name without its ending.
    fn name(&self) -> String {
        self.work.out().file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The file at `path`, empty or as an earlier sink has left it.
    fn open(&self, path: &std::path::Path) -> std::io::Result<std::fs::File> {
        std::fs::File::options().read(true).write(true).create(true).truncate(!self.resumed).open(path)
    }
}

/// Whether the sink for `options.format` takes tiles packed like this, of an image like `info`.
pub(super) fn takes(coded: &Coded, info: &Info, options: &ExportOptions) -> bool {
    match options.format {
        format if format.is_tiff() => !options.tiff.strips && tiff::takes(coded, info, options),
        // These may leave out tiles, or lay several together.
        Format::Patches => false,
        _ if options.spec().tiles.is_empty() => false,
        _ => tile::TileEncoder::new(info, options, false).takes(&coded.packing, info, options),
    }
}

/// The sink for `options.format`, of pixels like `info`'s, in `work`.
///
/// With `resumed`, an earlier sink has written there already.
pub(super) fn create(
    work: &Workspace,
    info: &Info,
    options: &ExportOptions,
    plan: &Plan,
    resumed: bool,
) -> Result<Box<dyn TileSink>> {
    let job = Job { work, info, options, plan, resumed };
    Ok(match options.format {
        Format::Tiff if options.tiff.strips => Box::new(rows::Rows::create(job, tiff::Strips::new(job)?)?),
        Format::Tiff | Format::OmeTiff | Format::Cog => {
            Box::new(tiff::Tiff::create(work, info, options, plan, resumed)?)
        }
        Format::DeepZoom => {
            let files = deepzoom::files_of(work.out());
            Box::new(Pictures::in_folder(job, files.file_name().unwrap_or_default(), deepzoom::DeepZoom::new(job))?)
        }
        Format::Szi => Box::new(Pictures::in_zip(job, deepzoom::Zipped::new(job))?),
        Format::Zoomify => Box::new(in_folder(job, zoomify::Zoomify::new(job))?),
        Format::Iiif => Box::new(in_folder(job, iiif::Iiif::new(job, iiif::Version::Two))?),
        Format::Iiif3 => Box::new(in_folder(job, iiif::Iiif::new(job, iiif::Version::Three))?),
        Format::Xyz => Box::new(in_folder(job, xyz::Xyz::new(job))?),
        Format::Patches => Box::new(in_folder(job, patches::Patches::new(job)?)?),
        Format::Zarr => Box::new(zarr::Zarr::create(job, zarr::Version::Five)?),
        Format::Zarr04 => Box::new(zarr::Zarr::create(job, zarr::Version::Four)?),
        Format::Png => Box::new(rows::Rows::create(job, rows::png::Png::new(job)?)?),
        Format::Jpeg => Box::new(rows::Rows::create(job, rows::jpeg::Jpeg::new(job)?)?),
        Format::Bmp => Box::new(places::Places::create(job, bmp::Bmp::new(job))?),
        Format::Raw => Box::new(places::Places::create(job, places::Raw::new(job))?),
    })
}

/// Pictures in a folder of the output's name.
fn in_folder<L: pictures::Layout>(job: Job<'_>, layout: L) -> Result<Pictures<L>> {
    Pictures::in_folder(job, job.work.out().file_name().unwrap_or_default(), layout)
}
