//! [`Live`]: the last of the changes that go on, as by a slider or by arrow keys, and are one step to undo.

use super::tile_command::Chosen;
use crate::geometry::Point;
use crate::mosaic::MergeKey;

/// What goes on.
pub(super) struct Live {
    pub(super) key: MergeKey,
    pub(super) label: &'static str,
    pub(super) chosen: Chosen,
    /// How far all nudges go together.
    pub(super) nudged: Point,
}
