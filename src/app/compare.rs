//! [`Comparison`]: several tabs on the screen at once, and how their views go together.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crossbeam_channel::Receiver;

use super::scene::in_background;
use super::{TabId, View};
use crate::cache::{CancelToken, Library};
use crate::composite::{BadTiles, Composite};
use crate::geometry::{Rect, Region, Size};
use crate::job::Progress;
use crate::mosaic::{Mosaic, PixelKind};
use crate::pixels::{Pixels, Samples, conform};
use crate::source::Source as _;
use crate::{Error, Result};

/// How tabs are shown together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compare {
    /// One alone.
    #[default]
    One,
    /// Two side by side.
    Two,
    /// Up to four.
    Four,
    /// One over another, up to an edge that can be dragged.
    Swipe,
    /// One and another in turn.
    Blink,
    /// How far the pixels of two are apart.
    Difference,
}

impl Compare {
    /// How many tabs it shows.
    pub(super) fn count(self) -> usize {
        match self {
            Self::One => 1,
            Self::Four => 4,
            Self::Two | Self::Swipe | Self::Blink | Self::Difference => 2,
        }
    }
}

/// Which tabs are shown together, and how.
pub(super) struct Comparison {
    pub(super) how: Compare,
    /// Whether the others follow when one view moves.
    pub(super) linked: bool,
    /// In reading order; the current tab is among them, if there are any.
    pub(super) panes: Vec<TabId>,
    /// Where the swipe edge is, as a fraction of the width.
    pub(super) swipe: f32,
    /// How many times a difference is enlarged, as a power of two.
    pub(super) gain: u32,
    /// The current view as it was last drawn.
    pub(super) last_view: Option<(TabId, View)>,
    pub(super) difference: Difference,
}

impl Default for Comparison {
    fn default() -> Self {
        Self {
            how: Compare::One,
            linked: true,
            panes: Vec::new(),
            swipe: 0.5,
            gain: 0,
            last_view: None,
            difference: Difference::default(),
        }
    }
}

impl Comparison {
    /// Shows `id` in place of `instead_of`, unless it is shown already.
    pub(super) fn show(&mut self, instead_of: TabId, id: TabId) {
        if !self.panes.contains(&id)
            && let Some(pane) = self.panes.iter_mut().find(|pane| **pane == instead_of)
        {
            *pane = id;
        }
    }

    /// Removes a closed tab.
    pub(super) fn forget(&mut self, id: TabId) {
        self.panes.retain(|pane| *pane != id);
        // It holds both documents and their tiles.
        self.difference = Difference::default();
        if self.panes.len() < 2 {
            (self.how, self.panes) = (Compare::One, Vec::new());
        }
    }
}

/// The view of `own` bounds that corresponds to `view` of `bounds`.
pub(super) fn aligned(view: View, bounds: Rect, own: Rect) -> View {
    if bounds.is_empty() || own.is_empty() {
        return view;
    }
    let scale = own.width() as f64 / bounds.width() as f64;
    let down = own.height() as f64 / bounds.height() as f64;
    let mut found = view;
    found.center.x = own.x0 as f64 + (view.center.x - bounds.x0 as f64) * scale;
    found.center.y = own.y0 as f64 + (view.center.y - bounds.y0 as f64) * down;
    found.zoom = view.zoom / scale;
    found
}

/// `view` after the motion that leads from `before` to `after` on the screen.
pub(super) fn followed(view: View, before: View, after: View) -> View {
    let screen = egui::Rect::ZERO;
    let mut found = view;
    found.center = view.canvas_from_ui(screen, before.ui_from_canvas(screen, after.center));
    found.zoom = view.zoom * after.zoom / before.zoom;
    let mut upright = before;
    if before.mirrored != after.mirrored {
        upright.mirror();
        found.mirror();
    }
    found.turn(after.degrees - upright.degrees);
    found
}

/// Two documents, compared by pixels from their upper left corners. Files are read on other threads.
#[derive(Default)]
pub(super) struct Difference {
    of: Option<(Arc<Mosaic>, Arc<Mosaic>)>,
    pair: Option<Arc<Pair>>,
    making: Option<Receiver<Option<Pair>>>,
}

/// Two composed canvases.
pub(super) struct Pair {
    /// Of its own: addresses of tiles hold for one number.
    pub(super) number: u64,
    /// The area covered by both.
    pub(super) size: Size,
    one: Composite,
    other: Composite,
}

impl Difference {
    /// The pair, once it is there.
    pub(super) fn pair(&self) -> Option<&Arc<Pair>> {
        self.pair.as_ref()
    }

    /// Composes these two, unless it has. `context` is woken when they are there.
    pub(super) fn follow(
        &mut self,
        one: &Arc<Mosaic>,
        other: &Arc<Mosaic>,
        library: &Library,
        context: &egui::Context,
    ) {
        let same = |(a, b): &(Arc<Mosaic>, Arc<Mosaic>)| Arc::ptr_eq(a, one) && Arc::ptr_eq(b, other);
        if !self.of.as_ref().is_some_and(same) {
            self.of = Some((Arc::clone(one), Arc::clone(other)));
            let (one, other, library) = (Arc::clone(one), Arc::clone(other), library.clone());
            self.pair = None;
            self.making = in_background(context, move || Pair::new(&one, &other, &library));
        }
        if let Some(made) = self.making.as_ref().and_then(|made| made.try_recv().ok()) {
            (self.making, self.pair) = (None, made.map(Arc::new));
        }
    }
}

impl Pair {
    fn new(one: &Mosaic, other: &Mosaic, library: &Library) -> Option<Self> {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let composite = |mosaic| Composite::new(mosaic, library.clone(), BadTiles::Mark, Progress::default()).ok();
        let (one, other) = (composite(one)?, composite(other)?);
        let (a, b) = (one.info().size(), other.info().size());
        let size = Size::new(a.width.min(b.width), a.height.min(b.height));
        Some(Self { number: LAST.fetch_add(1, Relaxed), size, one, other })
    }

    /// The absolute difference of every sample in `rect` at `level`, and what its samples are. Where an image is
    /// transparent, so is the difference.
    pub(super) fn read(&self, level: u32, rect: Rect, cancel: &CancelToken) -> Result<(Pixels, PixelKind)> {
        let (a, b) = (self.one.info(), self.other.info());
        let kind = PixelKind::from(a).joined(b.into());
        let samples = |composite: &Composite| -> Result<Pixels> {
            let info = composite.info();
            let level = (level as usize).min(info.levels.len() - 1);
            let pixels = composite.read_while(Region::new(level, rect), cancel)?;
            Ok(conform(pixels, info.color, kind.color, kind.channels, kind.sample))
        };
        let (one, other) = (samples(&self.one)?, samples(&self.other)?);
        Ok((apart(&one, &other, kind)?, kind))
    }
}

/// How far two pictures of one kind are apart; alpha is the lesser of both.
fn apart(one: &Pixels, other: &Pixels, kind: PixelKind) -> Result<Pixels> {
    let channels = usize::from(kind.channels);
    let alpha = if kind.color.has_alpha() { channels - 1 } else { channels };
    macro_rules! each {
        ($a:expr, $b:expr, $abs:expr) => {
            $a.iter()
                .zip($b)
                .enumerate()
                .map(|(i, (a, b))| if i % channels == alpha { (*a).min(*b) } else { $abs(*a, *b) })
        };
    }
    let samples = match (one.samples(), other.samples()) {
        (Samples::U8(a), Samples::U8(b)) => Samples::U8(each!(a, b, u8::abs_diff).collect()),
        (Samples::U16(a), Samples::U16(b)) => Samples::U16(each!(a, b, u16::abs_diff).collect()),
        (Samples::F32(a), Samples::F32(b)) => Samples::F32(each!(a, b, |a: f32, b: f32| (a - b).abs()).collect()),
        (Samples::F64(a), Samples::F64(b)) => Samples::F64(each!(a, b, |a: f64, b: f64| (a - b).abs()).collect()),
        (Samples::U32(a), Samples::U32(b)) => Samples::U32(each!(a, b, u32::abs_diff).collect()),
        (Samples::I8(a), Samples::I8(b)) => {
            Samples::I8(each!(a, b, |a: i8, b: i8| a.saturating_sub(b).saturating_abs()).collect())
        }
        (Samples::I16(a), Samples::I16(b)) => {
            Samples::I16(each!(a, b, |a: i16, b: i16| a.saturating_sub(b).saturating_abs()).collect())
        }
        (Samples::I32(a), Samples::I32(b)) => {
            Samples::I32(each!(a, b, |a: i32, b: i32| a.saturating_sub(b).saturating_abs()).collect())
        }
        _ => return Err(Error::invalid("two pictures of different kinds")),
    };
    Pixels::new(one.size(), kind.channels, samples)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Point;
    use crate::pixels::{Color, SampleType};

    #[test]
    fn a_linked_view_moves_as_far_on_the_screen() {
        let screen = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(800.0, 600.0));
        let view = |x, y, zoom| {
            let mut view = View::default();
            (view.center, view.zoom) = (Point::new(x, y), zoom);
            view
        };
        let (large, small) = (view(4000.0, 3000.0, 0.1), view(100.0, 50.0, 2.0));
        let mut after = large;
        after.center = Point::new(4200.0, 2900.0);
        after.zoom_about(Point::new(3000.0, 2000.0), 1.7);
        let follower = followed(small, large, after);
        assert!((follower.zoom - 3.4).abs() < 1e-9);
        for at in [egui::pos2(0.0, 0.0), egui::pos2(400.0, 300.0), egui::pos2(700.0, 20.0)] {
            let moved = after.ui_from_canvas(screen, large.canvas_from_ui(screen, at));
            let followed = follower.ui_from_canvas(screen, small.canvas_from_ui(screen, at));
            assert!((moved - followed).length() < 0.01, "{at:?}: {moved:?}, {followed:?}");
        }
    }

    #[test]
    fn views_of_different_sizes_show_the_same_part() {
        let mut view = View::default();
        (view.center, view.zoom) = (Point::new(300.0, 100.0), 2.0);
        let (bounds, own) = (Rect::new(0, 0, 400, 200), Rect::new(50, 50, 850, 450));
        let found = aligned(view, bounds, own);
        assert_eq!((found.center, found.zoom), (Point::new(650.0, 250.0), 1.0));
        assert_eq!(aligned(view, bounds, bounds), view);
    }

    #[test]
    fn differences_are_of_the_samples_and_alpha_is_the_lesser() {
        let kind = PixelKind { color: Color::GrayAlpha, channels: 2, sample: SampleType::U16 };
        let pixels = |samples: [u16; 4]| Pixels::new(Size::new(2, 1), 2, Samples::U16(samples.to_vec())).unwrap();
        let found = apart(&pixels([7, 65535, 1000, 5]), &pixels([1000, 65535, 1000, 65535]), kind).unwrap();
        assert_eq!(found.into_samples(), Samples::U16(vec![993, 65535, 0, 5]));
    }
}
