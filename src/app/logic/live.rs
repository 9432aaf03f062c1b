//! Changes that go on, as by a slider or by arrow keys, and are one step to undo.

use std::sync::Arc;

use crate::app::App;
use crate::app::live::Live;
use crate::app::tile_command::Chosen;
use crate::geometry::Point;
use crate::mosaic::{Edited, MergeKey, Mosaic};

impl App {
    /// Change the document, as one step with the last one if that has the same label, the same tiles are selected and nothing came
    /// between. Each replaces the one before: `change` starts from the document before the first, and gets the sum of the nudges `by`.
    pub(super) fn edit_live(
        &mut self,
        label: &'static str,
        by: Point,
        change: impl FnOnce(&mut Mosaic, &Chosen, Point),
    ) {
        let tab = &mut self.documents.tab;
        let chosen = Arc::clone(&tab.selection.placements);
        let goes_on = tab.live.take().filter(|live| {
            let is_last = !Arc::ptr_eq(tab.history.base(live.key), tab.history.now());
            is_last && live.label == label && Arc::ptr_eq(&live.chosen, &chosen)
        });
        let (key, before) =
            goes_on.map_or_else(|| (MergeKey::unique(), Point::default()), |live| (live.key, live.nudged));
        let nudged = before + by;
        let made = Edited::of(tab.history.base(key), |mosaic| change(mosaic, &chosen, nudged));
        tab.history.put(label, Some(key), made);
        tab.live = Some(Live { key, label, chosen, nudged });
    }
}
