//! From approximate positions of overlapping tiles to exact ones, with the reasons: which overlaps match how well.
//!
//! Pure: positions and a way to read pixels go in; positions, links and a report come out. Nothing here opens a window or
//! changes a document. The steps: pairs that may overlap (`neighbors`), what both show there (`strip`), where it may match
//! (`correlate`), how well it does (`ncc`), to a fraction of a pixel (`refine`), and all positions from all pairs (`solve`). Where
//! no positions are known, `search` finds the pairs by features.

use mosaicist_core::{Error, Result, geometry, job};

mod alignment;
mod correlate;
mod guess;
pub mod light;
mod link;
mod ncc;
mod neighbors;
mod pair;
mod plane;
mod refine;
mod register;
pub mod report;
mod search;
pub mod solve;
mod strip;
#[cfg(test)]
mod testing;
mod tile;
mod usual;

pub use alignment::{Alignment, Placed, TileState};
pub use guess::{Guess, guess_layout};
pub use link::{ByHand, Link, LinkState};
pub use pair::{Comparison, Limits, Match};
pub use plane::Plane;
pub use register::{AlignOptions, align};
pub use tile::{Tile, TileReader};
