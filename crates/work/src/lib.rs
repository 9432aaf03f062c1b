//! What the window and the command line both do with a document: gather files into it, export it, make the example.
//!
//! Here the modules above are put together. Nothing here talks to a person.

use mosaicist_codec as codec;
use mosaicist_composite as composite;
use mosaicist_core::{Error, IoResultExt, Result, geometry, job, pixels};
use mosaicist_mosaic as mosaic;
use mosaicist_source::{self as source, cache};

mod arrange;
mod collect;
pub mod demo;
mod export;
mod properties;
mod pages;
mod queue;
mod raw_preview;
mod terrain;

pub use crate::mosaic::natural_cmp;
pub use arrange::{Arranged, Placing, PlaneChoice, Tiles, arrange_tiles, guess_layout, positions_of};
pub use collect::{list_images, neighbor, probe, suspected_results};
pub use export::{ExportRequest, display_of, export, library, preview_plan, standing, standing_file, viewing_library};
pub use pages::{PageAxis, PageEntry, Pages};
pub use properties::{LevelProperties, Properties};
pub use queue::{ExportQueue, QueueId, QueueItem, QueueState};
pub use raw_preview::raw_preview;
