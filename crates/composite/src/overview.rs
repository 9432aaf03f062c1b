//! [`Overview`]: the whole composed canvas at low resolution in memory, painted cell by cell in the background.
//!
//! First each cell is sketched from one of its tiles, in steps of increasing detail, so that a preview is there at once for any
//! number of tiles; then from the thumbnails that large photos keep of themselves; then it is read from the [`Composite`]. After an edit only the cells that it touched are painted again; until
//! then they show their old pixels.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{OnceLock, PoisonError, RwLock, RwLockReadGuard};
use std::time::Instant;

use super::Composite;
use super::overview_cache::OverviewCache;
use super::overview_thumbnails::OverviewThumbnails;
use crate::Result;
use crate::cache::CancelToken;
use crate::geometry::{Rect, Region, Size, TileGrid};
use crate::pixels::{Pixels, conform, halve};
use crate::source::Source as _;

/// The most bytes of the finest level.
const MOST_BYTES: u64 = 36 << 20;
/// The side of a cell in pixels of the finest level.
const CELL: u32 = 128;
/// The most pixels on the longest side of the coarsest level.
const LAST: u32 = 512;
/// Cells across of one sketch, the coarsest first; the last is of thumbnails.
const SKETCHES: [u32; 4] = [8, 2, 1, 1];
/// The sketch of thumbnails.
const THUMBNAILS: u32 = SKETCHES.len() as u32 - 1;
/// Changes are published in steps of this many milliseconds, so that textures are not remade for each cell.
pub const STEP_MS: u64 = 200;

/// The state of a cell: 0 empty, then a sketch by its detail, then painted after an edit.
pub(super) const PAINTED: u64 = 1 + SKETCHES.len() as u64;

/// The canvas at low resolution.
pub struct Overview {
    /// The level of the composite that is its finest.
    level: u32,
    size: Size,
    /// Its finest level and the 2× downsampled ones of it.
    pub(super) levels: RwLock<Vec<Pixels>>,
    pub(super) grid: TileGrid,
    pub(super) cells: Vec<Cell>,
    began: Instant,
    /// If there may be photos that have some.
    thumbnails: Option<OverviewThumbnails>,
    /// Where it is cached on disk, once [`Overview::remember`] is called.
    pub(super) cache: OnceLock<OverviewCache>,
}

#[derive(Default)]
pub(super) struct Cell {
    pub(super) shows: AtomicU64,
    /// The step of its last change.
    changed: AtomicU64,
}

/// A unit of work on an overview.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Patch {
    /// Sketch the cells around one; a greater number gives more detail.
    Sketch { column: u32, row: u32, fineness: u32 },
    /// Paint a cell in its state after this edit.
    Paint { column: u32, row: u32, edit: u64 },
}

impl Overview {
    /// An empty overview at the finest level that fits its memory limit.
    pub fn new(composite: &Composite) -> Self {
        let info = composite.info();
        let bytes = |size: Size| size.area() * info.pixel_bytes() as u64;
        let level = info.levels.iter().position(|level| bytes(level.size) <= MOST_BYTES);
        let level = level.unwrap_or(info.levels.len() - 1);
        let size = info.levels[level].size;
        let mut levels = vec![info.blank(size)];
        while let Some(last) = levels.last().map(Pixels::size).filter(|size| size.longest() > LAST) {
            levels.push(info.blank(last.halved()));
        }
        let grid = TileGrid::square(size, CELL);
        let cells = (0..grid.columns() * grid.rows()).map(|_| Cell::default()).collect();
        let (began, cache) = (Instant::now(), OnceLock::new());
        let thumbnails = OverviewThumbnails::of(composite);
        let (level, size, levels) = (level as u32, info.size(), RwLock::new(levels));
        Self { level, size, levels, grid, cells, began, thumbnails, cache }
    }

    /// The level of the composite that is its finest.
    pub fn level(&self) -> u32 {
        self.level
    }

    /// The pixels of `rect` at `level` of the composite, which is not finer than [`level`](Self::level), in their current state.
    pub fn read(&self, level: u32, rect: Rect) -> Pixels {
        let levels = self.read_levels();
        let up = level.saturating_sub(self.level) as usize;
        let last = up.min(levels.len() - 1);
        let more = (up - last) as u32;
        let mut pixels =
            levels[last].crop(Rect::new(rect.x0 << more, rect.y0 << more, rect.x1 << more, rect.y1 << more));
        drop(levels);
        for _ in 0..more {
            pixels = halve(pixels.view(), false);
        }
        pixels
    }

    /// A revision that grows when pixels of `rect` (canvas pixels from the upper left) change, in steps of [`STEP_MS`].
    pub fn revision(&self, rect: Rect) -> u64 {
        let now = self.step();
        // Changes of the current step are published when it has ended.
        let cells = self.touching(rect).map(|(column, row)| self.cell(column, row).changed.load(Relaxed));
        cells.filter(|&step| step < now).max().unwrap_or(0)
    }

    /// Whether `rect` has changed in the current step, so that [`revision`](Self::revision) will grow within
    /// [`STEP_MS`].
    pub fn is_changing(&self, rect: Rect) -> bool {
        let now = self.step();
        self.touching(rect).any(|(column, row)| self.cell(column, row).changed.load(Relaxed) >= now)
    }

    /// The work left for `rect` (canvas pixels), most urgent first, given the last edit that touched a rectangle.
    pub fn missing(&self, rect: Rect, edit_of: impl Fn(Rect) -> u64) -> Vec<Patch> {
        let mut patches: Vec<(u64, Patch)> = Vec::new();
        for (column, row) in self.touching(rect) {
            let shows = self.cell(column, row).shows.load(Relaxed);
            for (fineness, &across) in (0u32..).zip(&SKETCHES) {
                let is_used = fineness != THUMBNAILS || self.thumbnails.is_some();
                if is_used && column % across == 0 && row % across == 0 && shows < 1 + u64::from(fineness) {
                    patches.push((u64::from(fineness), Patch::Sketch { column, row, fineness }));
                }
            }
            let edit = edit_of(self.on_canvas(column, row));
            if shows < PAINTED + edit {
                patches.push((PAINTED, Patch::Paint { column, row, edit }));
            }
        }
        patches.sort_by_key(|(rank, _)| *rank);
        patches.into_iter().map(|(_, patch)| patch).collect()
    }

    /// The rectangle of a patch, in canvas pixels.
    pub fn place(&self, patch: Patch) -> Rect {
        match patch {
            Patch::Sketch { column, row, .. } | Patch::Paint { column, row, .. } => self.on_canvas(column, row),
        }
    }

    /// Executes a patch from `composite`, the canvas after the patch's edit. Changes nothing if it fails or is cancelled.
    pub fn apply(&self, patch: Patch, composite: &Composite, cancel: &CancelToken) -> Result<()> {
        match patch {
            Patch::Paint { column, row, edit } => {
                let rect = self.grid.rect(column, row);
                let pixels = composite.read_while(Region::new(self.level as usize, rect), cancel)?;
                self.put((column, row), PAINTED + edit, &pixels);
                self.keep();
            }
            Patch::Sketch { column, row, fineness: THUMBNAILS } => {
                let rect = self.grid.rect(column, row);
                let thumbnails = self.thumbnails.as_ref();
                let pixels = match thumbnails.and_then(|all| all.canvas(composite, self.on_canvas(column, row))) {
                    Some(canvas) => canvas.read_while(Region::new(self.level as usize, rect), cancel)?,
                    // What it shows is the best there is.
                    None => self.read_levels()[0].crop(rect),
                };
                self.put((column, row), 1 + u64::from(THUMBNAILS), &pixels);
            }
            Patch::Sketch { column, row, fineness } => {
                let across = SKETCHES.get(fineness as usize).copied().unwrap_or(1);
                let cells: Vec<(u32, u32)> = (row..(row + across).min(self.grid.rows()))
                    .flat_map(|y| (column..(column + across).min(self.grid.columns())).map(move |x| (x, y)))
                    .collect();
                let middle = cells[cells.len() / 2];
                let color = composite.color_near(self.on_canvas(middle.0, middle.1), cancel)?;
                for cell in cells {
                    cancel.check()?;
                    let rect = self.grid.rect(cell.0, cell.1);
                    let pixels = composite.tinted(Region::new(self.level as usize, rect), color.as_ref());
                    self.put(cell, 1 + u64::from(fineness), &pixels);
                }
            }
        }
        Ok(())
    }

    /// Stores a cell in every level, unless a better one is already there.
    pub(super) fn put(&self, (column, row): (u32, u32), shows: u64, pixels: &Pixels) {
        let mut levels = self.levels.write().unwrap_or_else(PoisonError::into_inner);
        let cell = self.cell(column, row);
        if cell.shows.load(Relaxed) >= shows {
            return;
        }
        let mut rect = self.grid.rect(column, row);
        levels[0].paste(pixels.view(), rect.x0, rect.y0);
        for level in 1..levels.len() {
            let (finer, coarser) = levels.split_at_mut(level);
            let (from, to) = (&finer[level - 1], &mut coarser[0]);
            let half = Rect::new(rect.x0 / 2, rect.y0 / 2, (rect.x1 + 1) / 2, (rect.y1 + 1) / 2);
            let whole = Rect::new(half.x0 * 2, half.y0 * 2, half.x1 * 2, half.y1 * 2);
            to.paste(halve(from.part(whole.intersect(Rect::from_size(from.size()))), false).view(), half.x0, half.y0);
            rect = half;
        }
        cell.shows.store(shows, Relaxed);
        cell.changed.store(self.step(), Relaxed);
    }

    fn step(&self) -> u64 {
        1 + self.began.elapsed().as_millis() as u64 / STEP_MS
    }

    fn cell(&self, column: u32, row: u32) -> &Cell {
        &self.cells[(row * self.grid.columns() + column) as usize]
    }

    fn touching(&self, rect: Rect) -> impl Iterator<Item = (u32, u32)> {
        let scale = 1i64 << self.level;
        let rect = rect.intersect(Rect::from_size(self.size));
        self.grid.touching(Rect::new(
            rect.x0 / scale,
            rect.y0 / scale,
            (rect.x1 + scale - 1) / scale,
            (rect.y1 + scale - 1) / scale,
        ))
    }

    fn on_canvas(&self, column: u32, row: u32) -> Rect {
        let (rect, scale) = (self.grid.rect(column, row), 1i64 << self.level);
        Rect::new(rect.x0 * scale, rect.y0 * scale, rect.x1 * scale, rect.y1 * scale)
    }

    fn read_levels(&self) -> RwLockReadGuard<'_, Vec<Pixels>> {
        self.levels.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Composite {
    /// The mean color of an image that touches `rect`, in the canvas's pixel type; `None` if none can be read.
    fn color_near(&self, rect: Rect, cancel: &CancelToken) -> Result<Option<Vec<f32>>> {
        const TRIES: usize = 3;
        let touching: Vec<_> = self.touching(rect).collect();
        for placement in touching.iter().skip(touching.len() / 2).take(TRIES) {
            let Ok(source) = self.library.open(&placement.image) else { continue };
            let source = source.until_cancelled(cancel);
            let size = source.info().size();
            let reduction = (0..24).find(|&n| size.halved_times(n).longest() <= 8).unwrap_or(24);
            let color = source.info().color;
            match source.read_reduced(reduction as u32, Rect::from_size(size.halved_times(reduction))) {
                Err(error) if error.is_cancelled() => return Err(error),
                Err(_) => {}
                Ok(pixels) => {
                    let kind = self.kind();
                    let pixels = conform(pixels, color, kind.color, kind.channels, kind.sample);
                    return Ok(Some(mean(&pixels)));
                }
            }
        }
        Ok(None)
    }

    /// `region` with each image as its mean color.
    fn tinted(&self, region: Region, color: Option<&Vec<f32>>) -> Pixels {
        let (level, rect) = (region.level as u32, region.rect);
        let mut out = self.info.blank(rect.size());
        let Some(color) = color else { return out };
        let full = Rect::new(rect.x0 << level, rect.y0 << level, rect.x1 << level, rect.y1 << level);
        for placement in self.touching(full) {
            let place = self.place(placement).reduced(level).intersect(rect);
            let tint = Pixels::filled(place.size(), self.info.sample, color);
            out.paste(tint.view(), place.x0 - rect.x0, place.y0 - rect.y0);
        }
        out
    }
}

/// The mean of each channel.
fn mean(pixels: &Pixels) -> Vec<f32> {
    let channels = pixels.channels() as usize;
    let mut sums = vec![0.0; channels];
    mosaicist_core::pixels::each_type!(pixels.samples(), samples => {
        for pixel in samples.chunks_exact(channels) {
            sums.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += crate::pixels::Sample::to_f32(*value));
        }
    });
    let count = pixels.size().area().max(1) as f32;
    sums.into_iter().map(|sum| sum / count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use crate::BadTiles;
    use crate::cache::{Library, TileCache};
    use crate::geometry::Point;
    use crate::job::Progress;
    use crate::mosaic::{Mosaic, Placement, PlacementIds};
    use crate::pixels::SampleType;
    use crate::source::testing::Pattern;
    use crate::source::{ImageRef, SidecarFolder, Source, Sources};

    const TILE: Size = Size::new(160, 120);

    struct Tiles(AtomicU64);

    impl Sources for Tiles {
        fn get(&self, _: &ImageRef) -> Result<Arc<dyn Source>> {
            self.0.fetch_add(1, Relaxed);
            Ok(Arc::new(Pattern::new(TILE, 3, SampleType::U8)))
        }
    }

    /// 40 × 40 tiles.
    fn canvas(files: &Arc<Tiles>) -> (Mosaic, Composite) {
        let mut mosaic = Mosaic::default();
        for number in 0..1600u32 {
            let mut placement = Placement::new(format!("{number}"), TILE);
            placement.set_position(Point::new(f64::from(number % 40 * 160), f64::from(number / 40 * 120)));
            placement.kind = Some(crate::mosaic::PixelKind::RGB8);
            mosaic.add(placement);
        }
        let composite = composite(&mosaic, files);
        (mosaic, composite)
    }

    fn composite(mosaic: &Mosaic, files: &Arc<Tiles>) -> Composite {
        let library = Library::new(Arc::clone(files) as Arc<dyn Sources>, Arc::new(TileCache::new(8 << 20)));
        Composite::new(mosaic, library, BadTiles::Mark, Progress::default()).unwrap()
    }

    #[test]
    fn a_sketch_of_all_opens_few_files_and_painting_gives_the_composite() {
        let files = Arc::new(Tiles(AtomicU64::new(0)));
        let (_, composite) = canvas(&files);
        let overview = Overview::new(&composite);
        let level = overview.level() as usize;
        let (all, size) = (composite.info().whole(0), composite.info().levels[level].size);
        let patches = overview.missing(all, |_| 0);
        let coarse: Vec<_> = patches.iter().take_while(|p| matches!(p, Patch::Sketch { fineness: 0, .. })).collect();
        for patch in &coarse {
            overview.apply(**patch, &composite, &CancelToken::default()).unwrap();
        }
        assert!(coarse.len() < 32 && files.0.load(Relaxed) < 32, "{} sketches", coarse.len());
        let blank = Pixels::filled(size, SampleType::U8, &composite.info().background);
        let sketched = overview.read(level as u32, Rect::from_size(size));
        assert!(sketched != blank);
        let corner = |pixels: &Pixels| pixels.crop(Rect::from_size(size).last_quarter());
        assert!(corner(&sketched) != corner(&blank), "everywhere");
        let part = Rect::new(1600, 1600, 3200, 2400);
        for patch in overview.missing(part, |_| 0) {
            overview.apply(patch, &composite, &CancelToken::default()).unwrap();
        }
        assert_eq!(overview.missing(part, |_| 0), []);
        let here = part.reduced(level as u32);
        assert_eq!(overview.read(level as u32, here), composite.read(Region::new(level, here)).unwrap());
        let coarser = Rect::new(here.x0 / 2 + 1, here.y0 / 2 + 1, here.x1 / 2 - 1, here.y1 / 2 - 1);
        let fine = Rect::new(coarser.x0 * 2, coarser.y0 * 2, coarser.x1 * 2, coarser.y1 * 2);
        let expected = halve(composite.read(Region::new(level, fine)).unwrap().view(), false);
        assert_eq!(overview.read(level as u32 + 1, coarser), expected);
    }

    #[test]
    fn painted_cells_are_cached() {
        let (folder, files) = (tempfile::tempdir().unwrap(), Arc::new(Tiles(AtomicU64::new(0))));
        let sidecars = || SidecarFolder::new(folder.path(), 1 << 30);
        let (mut mosaic, _) = canvas(&files);
        for number in 1600..5000 {
            let mut placement = Placement::new("again", TILE);
            placement.set_position(Point::new(f64::from(number % 40 * 160), f64::from(number / 40 * 120)));
            placement.kind = Some(crate::mosaic::PixelKind::RGB8);
            mosaic.add(placement);
        }
        let composite = composite(&mosaic, &files);
        let (frame, all) = (mosaic.bounds(), composite.info().whole(0));
        let first = Overview::new(&composite);
        first.remember(&mosaic, frame, sidecars());
        let patches = first.missing(all, |_| 0);
        let part = patches.len() / 2;
        for patch in patches {
            first.apply(patch, &composite, &CancelToken::default()).unwrap();
        }
        assert!(part > 0 && first.missing(all, |_| 0).is_empty());
        let second = Overview::new(&composite);
        second.remember(&mosaic, frame, sidecars());
        assert_eq!(second.missing(all, |_| 0), [], "nothing is left to be painted");
        let (level, whole) = (first.level(), |overview: &Overview| Rect::from_size(overview.read_levels()[0].size()));
        assert_eq!(second.read(level, whole(&second)), first.read(level, whole(&first)));
        let moved = mosaic.placements[7].id;
        mosaic.move_by(&PlacementIds::from_iter([moved]), 1.0, 0.0);
        let other = Overview::new(&composite);
        other.remember(&mosaic, frame, sidecars());
        assert!(!other.missing(all, |_| 0).is_empty(), "of another mosaic nothing is known");
    }

    #[test]
    fn a_change_is_pending_until_the_revision_tells_of_it() {
        let files = Arc::new(Tiles(AtomicU64::new(0)));
        let (_, composite) = canvas(&files);
        let overview = Overview::new(&composite);
        let all = composite.info().whole(0);
        assert!(!overview.is_changing(all), "nothing has been made");
        let patch = overview.missing(all, |_| 0)[0];
        overview.apply(patch, &composite, &CancelToken::default()).unwrap();
        let step = overview.cells.iter().map(|cell| cell.changed.load(Relaxed)).max().unwrap();
        while overview.step() <= step {
            // The order matters: between both calls a step may end.
            let pending = overview.is_changing(all);
            assert!(pending || overview.revision(all) == step);
            std::thread::yield_now();
        }
        assert!(!overview.is_changing(all));
        assert_eq!(overview.revision(all), step);
    }

    #[test]
    fn an_edit_paints_only_what_it_touched() {
        let files = Arc::new(Tiles(AtomicU64::new(0)));
        let (mut mosaic, before) = canvas(&files);
        let overview = Overview::new(&before);
        let all = before.info().whole(0);
        for patch in overview.missing(all, |_| 0) {
            overview.apply(patch, &before, &CancelToken::default()).unwrap();
        }
        let moved = mosaic.placements[45].id;
        let was = mosaic.placements[45].rect();
        mosaic.move_by(&PlacementIds::from_iter([moved]), 0.0, -120.0);
        let touched = [was, was.translate(0, -120)];
        let after = composite(&mosaic, &files);
        let edit_of = |rect: Rect| u64::from(touched.iter().any(|part| part.overlaps(rect)));
        let patches = overview.missing(all, edit_of);
        assert!((1..=4).contains(&patches.len()), "{patches:?}");
        for patch in patches {
            overview.apply(patch, &after, &CancelToken::default()).unwrap();
            // The result of an older state is ignored.
            let Patch::Paint { column, row, .. } = patch else { panic!("painted, not sketched") };
            overview.apply(Patch::Paint { column, row, edit: 0 }, &before, &CancelToken::default()).unwrap();
        }
        let level = overview.level();
        let whole = Rect::from_size(after.info().levels[level as usize].size);
        assert_eq!(overview.read(level, whole), after.read(Region::new(level as usize, whole)).unwrap());
    }
}
