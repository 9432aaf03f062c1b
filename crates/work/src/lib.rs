//! What the window and the command line share: opening and arranging files, exporting, the example.
//!
//! Nothing here prints or shows anything.

use mosaicist_codec as codec;
use mosaicist_composite as composite;
use mosaicist_core::{Error, IoResultExt, Result, geometry, job, pixels};
use mosaicist_mosaic as mosaic;
use mosaicist_source::{self as source, cache};

mod arrange;
mod batch;
mod collect;
pub mod demo;
mod export;
mod filter_view;
mod filters;
mod light;
mod properties;
mod pages;
mod placement_reader;
mod portable;
mod problems;
mod project;
mod queue;
mod raw_preview;
mod regions;
mod relink;
mod resolution;
mod rounds;
mod terrain;

pub use crate::mosaic::natural_cmp;
pub use arrange::{
    Arranged, FEWEST_BY_NAMES, Placing, PlaneChoice, PositionFile, ProbedTile, TileMetadata, Tiles, TilesAtHand,
    arrange_tiles, earlier_result, guess_layout, positions_of, probe_tiles,
};
pub use batch::{
    BatchItem, BatchOverview, BatchPlan, BatchReport, BatchRunner, BatchTurn, ItemStanding, ItemState, PlannedItem,
    Recipe, RequestOf, Rerun, batch,
};
pub use collect::{list_images, neighbor, probe, suspected_results};
pub use export::{
    ExportRequest, Exported, display_of, export, library, preview_plan, sampled_plan, standing, standing_file,
    viewing_library,
};
pub use filter_view::FilterView;
pub use filters::{document_filter, document_filters};
pub use light::{apply_all, estimate_flat_field, flat_field_edit, matched_exposures};
pub use pages::{PageAxis, PageEntry, Pages};
pub use placement_reader::{PixelValue, PlacementReader};
pub use portable::save_portable;
pub use problems::{Problem, ProblemKind, find_problems};
pub use project::load_project;
pub use properties::{LevelProperties, Properties};
pub use queue::{ExportQueue, QueueId, QueueItem, QueueState};
pub use raw_preview::raw_preview;
pub use regions::{
    Axes, Outlines, PatchGrid, RegionExport, RegionOutput, export_regions, find_in, find_regions, listed_regions,
    overview_of, plan_regions, read_regions, write_regions,
};
pub use relink::find_moved;
pub use resolution::{at_pixel_size, pixel_size};
pub use rounds::{joined_rounds, settled_round};
