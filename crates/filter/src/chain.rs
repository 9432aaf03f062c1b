//! [`Filtered`]: a source with a chain of filters, each part of which is computed from what it needs.

use std::sync::{Arc, OnceLock};

use crate::block::Block;
use crate::build::build;
use crate::frame::{Affine, Border, Frame};
use crate::geometry::{Rect, Region, Size};
use crate::kernels::{Built, Task, Whole};
use crate::pixels::{Pixels, SampleType};
use crate::source::{Capabilities, Deferred, Info, Level, ReadingCost, Source};
use crate::spec::FilterSpec;
use crate::{Error, Result};

/// A source and the filters that its pixels go through, in order.
///
/// Every level of the source is one of the result, with lengths divided by the level's downsample factor; [`Filtered::exact`]
/// has level 0 alone, so that smaller ones are made of it.
pub struct Filtered<S> {
    source: S,
    info: Info,
    levels: Vec<Chain>,
    nodata: Option<f32>,
    /// Statistics for filters that need their whole input, one entry for each filter.
    whole: Vec<OnceLock<Result<Whole>>>,
}

/// The filters for one level.
struct Chain {
    base: Frame,
    stages: Vec<Built>,
    piece: Size,
}

impl Chain {
    fn frame(&self) -> &Frame {
        self.stages.last().map_or(&self.base, |stage| &stage.frame)
    }

    /// Whether filter `number` hands 16-bit numbers to the next: it is given bytes, and both can.
    fn gives_words(&self, number: usize, nodata: bool) -> bool {
        let bytes = self.base.sample == SampleType::U8
            && !nodata
            && self.stages[..number].iter().all(|stage| stage.op.moves_samples());
        bytes && self.stages[number].op.gives_words() && self.stages[number + 1].op.takes_words()
    }

    /// The frame of the input of filter `number`.
    fn input(&self, number: usize) -> &Frame {
        if number == 0 { &self.base } else { &self.stages[number - 1].frame }
    }
}

/// Results are computed in pieces of at most so many pixels across and down; the lowest come first. Low pieces stay in the
/// processor's cache, high ones read less around them.
const PIECES: [Size; 5] =
    [Size::new(1024, 64), Size::new(1024, 128), Size::new(1024, 256), Size::new(1024, 512), Size::new(512, 512)];
/// The first piece is taken that reads at most so many times the least for each of its pixels.
const MORE_READ: f64 = 1.2;
/// Samples of any input that a piece may need; smaller pieces are taken where it needs more.
const MOST_SAMPLES: u64 = 6 << 20;
/// Below this a piece is not cut further.
const LEAST_PIECE: u32 = 32;
/// The most pixels from which the statistics of a whole image are taken: the finest level that has no more, else the coarsest.
const WHOLE_PIXELS: u64 = 64 << 20;

impl<S: Source> Filtered<S> {
    /// `source` through `filters`, at each of its levels. Fails for samples that are neither bytes, words nor floats.
    pub fn new(source: S, filters: &[FilterSpec]) -> Result<Self> {
        if !source.info().sample.is_picture() {
            let what = format!("filters work on bytes, words and floats, not on {}", source.info().sample.name());
            return Err(Error::invalid(what));
        }
        let levels = source.info().levels.clone();
        let nodata = nodata_of(source.info());
        let chain = |level: &Level| chain_of(source.info(), level, filters, nodata.is_some());
        let chains = levels.iter().map(chain).collect::<Result<Vec<_>>>()?;
        let info = info_of(source.info(), &levels, &chains);
        let whole = filters.iter().map(|_| OnceLock::new()).collect();
        Ok(Self { source, info, levels: chains, nodata, whole })
    }

    /// The same with level 0 alone; statistics of the whole are those that the other levels give all the same.
    pub fn exact(source: S, filters: &[FilterSpec]) -> Result<Self> {
        let mut made = Self::new(source, filters)?;
        made.info.levels.truncate(1);
        Ok(made)
    }

    /// The source.
    pub const fn source(&self) -> &S {
        &self.source
    }

    /// The frame of the output at `level`.
    pub fn frame(&self, level: usize) -> Option<&Frame> {
        self.levels.get(level).map(Chain::frame)
    }

    /// The pixels of the source that those of `rect` at `level` depend on.
    pub fn needs(&self, level: usize, rect: Rect) -> Rect {
        let Some(chain) = self.levels.get(level) else { return rect };
        let needed = chain.stages.iter().rev().fold(rect, |rect, stage| stage.op.needs(rect));
        needed.intersect(Rect::from_size(chain.base.size))
    }

    /// Whether each pixel depends on the whole source, as by a threshold that is found from its histogram.
    pub fn looks_at_whole(&self) -> bool {
        self.levels.iter().flat_map(|chain| &chain.stages).any(|stage| stage.op.wants_whole())
    }

    /// The most bytes that reading parts of `region` takes besides the result and what the source takes.
    fn working_bytes(&self, region: Rect) -> u64 {
        let chain = &self.levels[0];
        let whole = Rect::from_size(region.size());
        let mut rect = Rect::from_size(chain.piece).intersect(whole);
        let mut most = 0;
        let mut bytes = |rect: Rect, frame: &Frame| most += rect.area() * u64::from(frame.channels) * 4;
        for (number, stage) in chain.stages.iter().enumerate().rev() {
            bytes(rect, &stage.frame);
            rect = stage.op.needs(rect);
            bytes(rect, chain.input(number));
        }
        most
    }

    /// The result of the first `count` filters in `rect`, which lies inside.
    fn compute(&self, level: usize, count: usize, rect: Rect) -> Result<Block> {
        let chain = &self.levels[level];
        let Some(number) = count.checked_sub(1) else {
            let block = Block::new(self.source.read(Region::new(level, rect))?, rect);
            return Ok(match self.nodata {
                Some(nodata) => block.masked(nodata),
                None => block,
            });
        };
        let stage = &chain.stages[number];
        let whole = if stage.op.wants_whole() { Some(self.whole(number)?) } else { None };
        let (needs, border) = (stage.op.needs(rect), stage.op.border());
        let size = chain.input(number).size;
        let input = self.compute(level, number, inside(needs, size, border))?.extended(needs, size, border);
        let last = count == chain.stages.len() && self.nodata.is_none();
        let result = match last {
            true => stage.frame.sample,
            false if chain.gives_words(number, self.nodata.is_some()) => SampleType::I16,
            false => SampleType::F32,
        };
        let pixels = stage.op.run(&Task { input: &input, out: rect, result, whole })?;
        debug_assert_eq!((pixels.size(), pixels.channels()), (rect.size(), stage.frame.channels));
        Ok(Block::new(pixels, rect))
    }

    /// The statistics of the input of filter `number`.
    fn whole(&self, number: usize) -> Result<&Whole> {
        let found = self.whole[number].get_or_init(|| self.look_at_whole(number));
        found.as_ref().map_err(Clone::clone)
    }

    fn look_at_whole(&self, number: usize) -> Result<Whole> {
        let small = |chain: &Chain| chain.input(number).size.area() <= WHOLE_PIXELS;
        let level = self.levels.iter().position(small).unwrap_or(self.levels.len() - 1);
        let chain = &self.levels[level];
        let frame = chain.input(number);
        Whole::of(frame, |rect| self.compute(level, number, rect), chain.piece)
    }

    fn piece(&self, level: usize, rect: Rect) -> Result<Pixels> {
        let chain = &self.levels[level];
        Ok(self.compute(level, chain.stages.len(), rect)?.rounded(self.info.sample, self.nodata))
    }
}

impl<S: Source> Source for Filtered<S> {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        // Raw and encoded forms are not filtered; waiting is forwarded.
        Capabilities {
            raw_samples: None,
            cmyk: None,
            planar: None,
            encoded: None,
            sequential: None,
            deferred: self.source.capabilities().deferred.map(|_| self as &dyn Deferred),
            preview: None,
        }
    }

    fn cost(&self, region: Region) -> ReadingCost {
        let needed = Region::new(region.level, self.needs(region.level, region.rect));
        let cost = self.source.cost(needed);
        ReadingCost { working: cost.working + self.working_bytes(region.rect), ..cost }
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        let inside = region.rect.intersect(Rect::from_size(self.info.level(region)?.size));
        let piece = self.levels[region.level].piece;
        let fits = region.rect.width() <= u64::from(piece.width) && region.rect.height() <= u64::from(piece.height);
        if inside == region.rect && fits && !inside.is_empty() {
            return self.piece(region.level, inside);
        }
        let mut out = self.info.blank(region.rect.size());
        if inside.is_empty() {
            return Ok(out);
        }
        for y in (inside.y0..inside.y1).step_by(piece.height as usize) {
            for x in (inside.x0..inside.x1).step_by(piece.width as usize) {
                let part = Rect::at(x, y, piece).intersect(inside);
                out.paste(self.piece(region.level, part)?.view(), x - region.rect.x0, y - region.rect.y0);
            }
        }
        Ok(out)
    }
}

impl<S: Source> Deferred for Filtered<S> {
    fn is_ready(&self, region: Region) -> bool {
        let Some(deferred) = self.source.capabilities().deferred else { return true };
        let Some(chain) = self.levels.get(region.level) else { return true };
        let mut rect = region.rect;
        for (number, stage) in chain.stages.iter().enumerate().rev() {
            rect = inside(stage.op.needs(rect), chain.input(number).size, stage.op.border());
        }
        deferred.is_ready(Region::new(region.level, rect))
    }

    fn scanning(&self) -> Option<crate::job::Progress> {
        self.source.capabilities().deferred?.scanning()
    }
}

/// The pixels inside the image that `rect` is made of; never none.
fn inside(rect: Rect, size: Size, border: Border) -> Rect {
    let along = |from: i64, to: i64, length: u32| {
        let length = i64::from(length);
        if from >= 0 && to <= length && from < to {
            return (from, to);
        }
        let places = || (from..to.max(from + 1)).map(|at| border.place(at, length));
        (places().min().unwrap_or(0), places().max().unwrap_or(0) + 1)
    };
    let ((x0, x1), (y0, y1)) = (along(rect.x0, rect.x1, size.width), along(rect.y0, rect.y1, size.height));
    Rect::new(x0, y0, x1, y1)
}

/// The nodata value, if missing pixels can occur.
fn nodata_of(info: &Info) -> Option<f32> {
    let value: f64 = info.geo.as_ref()?.gdal_nodata.trim().parse().ok()?;
    let value = value as f32;
    let occurs = match info.sample {
        sample if sample.is_float() || sample.is_signed() => true,
        _ => value.fract() == 0.0 && (0.0..=info.sample.max()).contains(&value),
    };
    occurs.then_some(value)
}

fn chain_of(info: &Info, level: &Level, filters: &[FilterSpec], nodata: bool) -> Result<Chain> {
    let base = Frame {
        size: level.size,
        channels: info.channels,
        color: info.color,
        sample: info.sample,
        downsample: level.downsample,
        to_source: Affine::IDENTITY,
        missing: nodata,
    };
    if base.size.is_empty() {
        return Err(Error::invalid("an image without pixels"));
    }
    let mut stages: Vec<Built> = Vec::new();
    for filter in filters {
        let before = stages.last().map_or(&base, |stage| &stage.frame);
        let stage = build(filter, before)?;
        if stage.frame.size.is_empty() || stage.frame.channels == 0 {
            return Err(Error::invalid(format!("{}: nothing is left of {} pixels", filter.filter().name, before.size)));
        }
        stages.push(stage);
    }
    let piece = piece_of(&base, &stages);
    Ok(Chain { base, stages, piece })
}

/// The lowest piece that reads little around it, or a part of it where its inputs are too much.
fn piece_of(base: &Frame, stages: &[Built]) -> Size {
    let last = stages.last().map_or(base, |stage| &stage.frame);
    let (x, y) = (i64::from(last.size.width / 2), i64::from(last.size.height / 2));
    // Samples of the largest input, and those of all inputs for each pixel.
    let needed = |piece: Size| {
        let (mut rect, mut most, mut sum) = (Rect::at(x, y, piece), 0, 0);
        for (number, stage) in stages.iter().enumerate().rev() {
            rect = stage.op.needs(rect);
            let channels = if number == 0 { base.channels } else { stages[number - 1].frame.channels };
            let samples = rect.area().saturating_mul(channels.into());
            most = most.max(samples);
            sum = u64::saturating_add(sum, samples);
        }
        (most, sum as f64 / piece.area() as f64)
    };
    let least = PIECES.map(|piece| needed(piece).1).into_iter().fold(f64::INFINITY, f64::min);
    let mut piece = PIECES.into_iter().find(|&piece| needed(piece).1 <= least * MORE_READ).unwrap_or(PIECES[0]);
    while needed(piece).0 > MOST_SAMPLES && piece.width > LEAST_PIECE {
        piece = Size::new(piece.width / 2, (piece.height / 2).max(LEAST_PIECE));
    }
    piece
}

/// The description of the result.
fn info_of(info: &Info, levels: &[Level], chains: &[Chain]) -> Info {
    let first = chains[0].frame();
    let map = first.to_source;
    let (across, down) = (map.x[0].hypot(map.y[0]), map.x[1].hypot(map.y[1]));
    let turned = map.x[0].abs() < map.x[1].abs();
    let tile = |level: &Level| {
        let tile = if turned { Size::new(level.tile.height, level.tile.width) } else { level.tile };
        let fewer = |pixels: u32, step: f64| (f64::from(pixels) / step.max(1e-9)).round().clamp(1.0, 1e9) as u32;
        Size::new(fewer(tile.width, across), fewer(tile.height, down))
    };
    let levels = levels.iter().zip(chains).map(|(level, chain)| {
        let size = chain.frame().size;
        let downsample = if level.downsample == 1.0 { 1.0 } else { level.downsample };
        Level { size, downsample, tile: tile(level) }
    });
    let same = first.channels == info.channels && first.color == info.color;
    let background = match (same && first.sample == info.sample, first.alpha()) {
        (true, _) => info.background.clone(),
        _ => vec![0.0; first.channels as usize],
    };
    Info {
        levels: levels.collect(),
        channels: first.channels,
        sample: first.sample,
        color: first.color,
        stored: None,
        is_cmyk: false,
        background,
        channel_names: if same { info.channel_names.clone() } else { Vec::new() },
        icc: info.icc.clone().filter(|_| same),
        mpp: info.mpp.map(|(x, y)| if turned { (y * across, x * down) } else { (x * across, y * down) }),
        geo: info.geo.as_ref().map(|geo| {
            let mut geo = geo.through(map.x, map.y).without_statistics();
            if let (Some(nodata), true) = (nodata_of(info), first.sample != info.sample) {
                geo.gdal_nodata = crate::block::stored_as(nodata, first.sample).to_string();
            }
            Arc::new(geo)
        }),
        ..info.clone()
    }
}
