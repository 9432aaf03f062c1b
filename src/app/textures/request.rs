//! What is requested: names of tiles, and what their pixels are read from.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::ImageRef;
use crate::app::compare::Pair;
use crate::app::display::RenderSettings;
use crate::app::scene::Canvas;
use crate::cache::Library;
use crate::composite::Patch;

/// What display tiles are cut from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::app) enum Shown {
    /// An image in its own pixels, shown as that display has it: each tab has a look of its own.
    Image { image: ImageRef, display: u64 },
    /// A composed canvas, by its number.
    Canvas(u64),
    /// The difference of two, by its number.
    Difference(u64),
    /// Work on its overview.
    Overview(u64),
}

/// One display tile: cell (column, row) of a picture at `level`. The picture by its short name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::app) struct TileId {
    pub(in crate::app) picture: u32,
    pub(in crate::app) level: u32,
    pub(in crate::app) column: u32,
    pub(in crate::app) row: u32,
}

/// Where the pixels of a tile come from.
#[derive(Clone)]
pub(in crate::app) enum Pixels {
    Image {
        library: Library,
        image: ImageRef,
    },
    Canvas(Arc<Canvas>),
    /// Enlarged so many times, as a power of two.
    Difference(Arc<Pair>, u32),
    /// No tile but a piece of the canvas's overview, which tiles are then cut from.
    Overview(Arc<Canvas>, Patch),
}

/// A tile to be made. Two orders of the same tile and revision are the same.
#[derive(Clone)]
pub(in crate::app) struct TileRequest {
    pub(in crate::app) tile: TileId,
    /// Which state of the picture: another than the texture has means that it is to be made anew.
    pub(in crate::app) revision: u64,
    /// Something is shown for the tile already.
    pub(in crate::app) begun: bool,
    pub(in crate::app) pixels: Pixels,
    /// How it is shown. While a tile is made with one look, no other one is begun: it follows once the first is there.
    pub(in crate::app) look: Arc<RenderSettings>,
}

/// What a texture shows of its tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::app) struct State {
    /// Of the picture: [`TileRequest::revision`].
    pub(in crate::app) revision: u64,
    /// The revision of the look.
    pub(in crate::app) look: u64,
}

impl TileRequest {
    /// What the tile will show.
    pub(in crate::app) fn state(&self) -> State {
        State { revision: self.revision, look: self.look.revision }
    }

    /// Whether it is work that no tile waits for.
    pub(in crate::app) fn is_background(&self) -> bool {
        matches!(self.pixels, Pixels::Overview(..))
    }
}

impl PartialEq for TileRequest {
    fn eq(&self, other: &Self) -> bool {
        (self.tile, self.revision) == (other.tile, other.revision)
    }
}

impl Eq for TileRequest {}

impl Hash for TileRequest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.tile, self.revision).hash(state);
    }
}

/// How urgent a request is, most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::app) enum Rank {
    /// What makes all of a blank canvas show something.
    Sketch,
    /// The coarse whole of a picture of which there is nothing at all.
    Whole,
    /// What fills a gap shown by a much coarser tile.
    Coarse,
    /// Visible, at the level of the screen.
    Sharp,
    /// In the direction of motion.
    Ahead,
    /// Elsewhere.
    Later,
}

/// A tile that is wanted, and how much.
pub(in crate::app) struct Request {
    pub(in crate::app) rank: Rank,
    /// From the middle of the view; only compared.
    pub(in crate::app) distance: f32,
    pub(in crate::app) order: TileRequest,
}

impl Request {
    pub(in crate::app) fn new(
        rank: Rank,
        distance: f32,
        tile: TileId,
        revision: u64,
        pixels: Pixels,
        look: &Arc<RenderSettings>,
    ) -> Self {
        Self { rank, distance, order: TileRequest { tile, revision, begun: false, pixels, look: Arc::clone(look) } }
    }
}
