//! [`TileRequest`]: the display tiles that a frame requests, and what they are read from.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::ImageRef;
use crate::app::compare::Pair;
use crate::app::display::RenderSettings;
use crate::app::scene::Canvas;
use crate::cache::Library;
use crate::composite::Patch;

/// The side of a display tile, in the pixels of its level.
pub(in crate::app) const SIDE: u32 = 512;

/// The image that display tiles are part of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::app) enum Shown {
    /// An image in its own pixels, with the display settings of that number (those of a tab).
    Image { image: ImageRef, display: u64 },
    /// A composed canvas, by its number, through the document's filters or not.
    Canvas(u64, bool),
    /// The difference of two, by its number.
    Difference(u64),
    /// Work on its overview.
    Overview(u64),
}

/// One display tile: cell (column, row) at `level` of the image with the number `picture`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::app) struct TileId {
    pub(in crate::app) picture: u32,
    pub(in crate::app) level: u32,
    pub(in crate::app) column: u32,
    pub(in crate::app) row: u32,
}

/// Where the pixels of a tile come from.
#[derive(Clone)]
pub(in crate::app) enum TileSource {
    Image {
        library: Library,
        image: ImageRef,
    },
    /// Through the document's filters or not.
    Canvas(Arc<Canvas>, bool),
    /// Multiplied by 2 to this power.
    Difference(Arc<Pair>, u32),
    /// No tile but a part of the canvas's overview.
    Overview(Arc<Canvas>, Patch),
}

/// A request to make a tile. Requests of the same tile and revision are equal.
#[derive(Clone)]
pub(in crate::app) struct TileRequest {
    pub(in crate::app) tile: TileId,
    /// The revision of the image; a texture of another revision is outdated.
    pub(in crate::app) revision: u64,
    /// Whether the tile has a texture already.
    pub(in crate::app) begun: bool,
    pub(in crate::app) source: TileSource,
    /// The display settings to render with. While a tile is made, a request for it with other settings waits.
    pub(in crate::app) settings: Arc<RenderSettings>,
}

/// The revisions that a texture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::app) struct State {
    /// Of the image: [`TileRequest::revision`].
    pub(in crate::app) revision: u64,
    /// Of the display settings.
    pub(in crate::app) settings: u64,
}

impl TileRequest {
    /// The revisions that the texture will show.
    pub(in crate::app) fn state(&self) -> State {
        State { revision: self.revision, settings: self.settings.revision }
    }

    /// Whether no visible tile waits for it.
    pub(in crate::app) fn is_background(&self) -> bool {
        matches!(self.source, TileSource::Overview(..))
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
    /// A sketch of an empty canvas.
    Sketch,
    /// The coarsest tile of an image without any texture.
    Whole,
    /// In between, where a much coarser tile is drawn.
    Coarse,
    /// Visible, at the level of the screen.
    Sharp,
    /// In the direction of motion.
    Ahead,
    /// Elsewhere.
    Later,
}

/// A [`TileRequest`] and its priority.
pub(in crate::app) struct RankedRequest {
    pub(in crate::app) rank: Rank,
    /// Distance from the center of the view, for sorting.
    pub(in crate::app) distance: f32,
    pub(in crate::app) request: TileRequest,
}

impl RankedRequest {
    pub(in crate::app) fn new(
        rank: Rank,
        distance: f32,
        tile: TileId,
        revision: u64,
        source: TileSource,
        settings: &Arc<RenderSettings>,
    ) -> Self {
        Self {
            rank,
            distance,
            request: TileRequest { tile, revision, begun: false, source, settings: Arc::clone(settings) },
        }
    }
}
