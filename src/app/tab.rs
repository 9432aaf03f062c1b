//! [`Tab`]: one document in the window, with its view and selection.

use std::collections::{HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::View;
use super::display::Displayed;
use super::flight::Flight;
use super::frame::{Frame, FrameCache};
use super::links::{LinkStates, Links};
use super::live::Live;
use super::motion::Motion;
use super::navigate::Navigation;
use super::regions::{Detecting, Measuring, RegionFrame, RegionLayer};
use super::scene::Scene;
use super::tile_command::Chosen;
use super::tile_layout::TabLayout;
use super::watch::Watch;
use crate::geometry::{Affine, Point};
use crate::mosaic::{History, Mosaic, Placement, PlacementId, PlacementIds, Region, Revision, RoiId};

/// The selection.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    pub placements: Arc<PlacementIds>,
    pub regions: Arc<HashSet<RoiId>>,
}

impl Selection {
    /// The selected region, if it is the only one.
    pub fn region(&self) -> Option<RoiId> {
        if self.regions.len() == 1 { self.regions.iter().next().copied() } else { None }
    }
}

/// A change of very many tiles, as one step.
pub(super) struct ManyEdit {
    pub(super) label: &'static str,
    pub(super) chosen: Chosen,
    /// Makes it, again where the document is another one by then.
    pub(super) change: Change,
}

type Change = Box<dyn Fn(&mut Mosaic, &Chosen) + Send + Sync>;

/// Tiles that are shown transformed until the document says so.
pub(super) struct Moving {
    pub(super) chosen: Chosen,
    pub(super) by: Affine,
}

/// A document and its view. Only `logic` changes it.
pub(super) struct Tab {
    pub(super) history: History,
    /// The file the document was read from or saved to.
    pub(super) project: Option<PathBuf>,
    pub(super) view: View,
    pub(super) nav: Navigation,
    /// The opened paths, for restoring the session.
    pub(super) opened: Vec<PathBuf>,
    /// The rectangle of the canvas on the screen in the last frame.
    pub(super) screen: egui::Rect,
    /// Fit as soon as the canvas has a size.
    pub(super) fit_pending: bool,
    pub(super) selection: Selection,
    /// The box around the selected placements, once it has been found.
    pub(super) frame: FrameCache,
    /// The box around the selected regions.
    pub(super) region_frame: RegionFrame,
    /// The state of the document in which all selected regions were there.
    pub(super) regions_checked: Option<Revision>,
    /// The picture of very many regions.
    pub(super) region_layer: RegionLayer,
    /// What is looked for, and what was found.
    pub(super) detecting: Detecting,
    /// The table of measures.
    pub(super) measuring: Measuring,
    /// What the last file of regions holds that could not be read, or not be written.
    pub(super) region_notes: Arc<Vec<String>>,
    /// Changes that are one step as long as they go on.
    pub(super) live: Option<Live>,
    /// Changes of very many tiles that are made in the background, one after another.
    pub(super) many: VecDeque<Arc<ManyEdit>>,
    /// What they move.
    pub(super) moving: Option<Moving>,
    /// What was dragged is still shown as it was while it was dragged, until the composed canvas is there.
    pub(super) settling: bool,
    /// How the tiles are laid out.
    pub(super) layout: TabLayout,
    /// What aligning found, once it has.
    pub(super) links: Option<Links>,
    /// The links that undo comes back to.
    pub(super) link_states: LinkStates,
    /// The folder that is watched for more tiles.
    pub(super) watch: Option<Watch>,
    /// The canvas point under the mouse.
    pub(super) cursor: Option<Point>,
    /// The image that the panels told of last.
    pub(super) pointed: Option<PlacementId>,
    /// How the view moves.
    pub(super) motion: Motion,
    /// The drawn state of the document.
    pub(super) scene: Scene,
    /// How its values are shown.
    pub(super) display: Displayed,
    /// Whether the canvas is shown through the filters.
    pub(super) before: Before,
}

/// What is shown of a canvas that goes through filters.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Before {
    /// The filtered canvas.
    #[default]
    After,
    /// The canvas without the filters.
    Original,
    /// Both: left of this part of the width, 0 to 1, the original.
    Swipe(f32),
}

impl Default for Tab {
    fn default() -> Self {
        Self {
            history: History::default(),
            project: None,
            view: View::default(),
            nav: Navigation::default(),
            opened: Vec::new(),
            screen: egui::Rect::ZERO,
            fit_pending: false,
            selection: Selection::default(),
            frame: FrameCache::default(),
            region_frame: RegionFrame::default(),
            regions_checked: None,
            region_layer: RegionLayer::default(),
            detecting: Detecting::default(),
            measuring: Measuring::default(),
            region_notes: Arc::default(),
            live: None,
            many: VecDeque::new(),
            moving: None,
            settling: false,
            layout: TabLayout::default(),
            links: None,
            link_states: LinkStates::default(),
            watch: None,
            cursor: None,
            pointed: None,
            motion: Motion::default(),
            scene: Scene::default(),
            display: Displayed::default(),
            before: Before::default(),
        }
    }
}

impl Tab {
    /// The topmost visible placement at a canvas point.
    pub(super) fn at(&self, point: Point) -> Option<Placement> {
        self.scene.mosaic().at(point).cloned()
    }

    /// Whether nothing has been opened in it yet. A document that has become empty is none of that.
    pub(super) fn is_blank(&self) -> bool {
        let history = &self.history;
        let stands = history.undo_label().is_some() || history.redo_label().is_some();
        history.now().placements.is_empty() && !stands && self.project.is_none() && self.many.is_empty()
    }

    /// Whether there are changes that are not saved, made or being made.
    pub(super) fn is_dirty(&self) -> bool {
        self.history.is_dirty() || !self.many.is_empty()
    }

    /// The box around the selected placements; `None` if nothing is selected.
    pub(super) fn frame(&self) -> Option<&Frame> {
        self.frame.of(&self.selection.placements)
    }

    /// The lowest number of the selected placements.
    pub(super) fn first_selected(&self) -> Option<PlacementId> {
        self.frame.first(&self.selection.placements)
    }

    /// The box around the selected regions; `None` if none is selected.
    pub(super) fn region_frame(&self) -> Option<&Frame> {
        self.region_frame.of(&self.selection.regions)
    }

    /// The selected region, if it is the only one.
    pub(super) fn single_region(&self) -> Option<&Region> {
        self.history.now().region(self.selection.region()?)
    }

    /// Find the boxes around what is selected again, if that or the document has changed.
    pub(super) fn follow_frame(&mut self, context: &egui::Context) {
        self.frame.follow(&self.history, &self.selection.placements);
        self.region_frame.follow(&self.history, &self.selection.regions, context);
    }

    /// The view where it will be once nothing moves any more.
    pub(super) fn heading(&self) -> View {
        match self.nav.flight {
            Flight::Flying { to, .. } => to,
            Flight::Still | Flight::Glide { .. } => self.view,
        }
    }

    /// Where it was opened from, for a hint: its project, or its files and folders.
    pub(super) fn places(&self) -> Vec<PathBuf> {
        let first = self.history.now().placements.front();
        let folder = || first.and_then(|placement| placement.image.path.parent()).map(Path::to_owned);
        match (&self.project, self.opened.is_empty()) {
            (Some(project), _) => vec![project.clone()],
            (None, false) => self.opened.clone(),
            (None, true) => folder().into_iter().collect(),
        }
    }

    /// The document's name, for the title; empty where nothing is open.
    pub(super) fn name(&self) -> String {
        let mosaic = self.history.now();
        let stem = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match (&self.project, mosaic.placements.len()) {
            (Some(project), _) => stem(project),
            (None, 0) if self.is_blank() => String::new(),
            (None, 0) => "Empty document".to_owned(),
            (None, 1) => mosaic.placements[0].name(),
            (None, count) => {
                let folder = mosaic.placements[0].image.path.parent().map(stem).unwrap_or_default();
                format!("{folder} ({count} images)")
            }
        }
    }
}
