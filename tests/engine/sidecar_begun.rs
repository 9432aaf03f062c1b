//! Sidecars that are read while they are made.

use std::sync::Arc;

use mosaicist::Result;
use mosaicist::geometry::{Rect, Region, Size};
use mosaicist::pixels::{Pixels, SampleType, halve};
use mosaicist::source::testing::Pattern;
use mosaicist::source::{Capabilities, ImageRef, Info, ReadingCost, Rows, Sequential, SequentialScan, Sidecar, Source};

use crate::sidecar::{Flow, check_is_the_pattern, files_in, flow, place};

#[test]
fn reads_during_the_scan_wait_for_their_tile() {
    let (_folder, sidecars, image) = place();
    let flow = flow(Size::new(900, 2100), SampleType::U8);
    let pattern = flow.pattern.clone();
    let (open, gate) = crossbeam_channel::bounded::<()>(1);
    let started = Sidecar::start(&sidecars, &ImageRef::file(&image), Arc::new(Held { flow, gate })).unwrap();
    let (begin, begins) = crossbeam_channel::bounded(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                begin.send(()).unwrap();
                check_is_the_pattern(&*started, &pattern);
            });
        }
        for _ in 0..4 {
            begins.recv().unwrap();
        }
        // Nothing is made yet.
        drop(open);
    });
}

/// A pattern in strips that can be read anywhere, but whose lower half is not given before `gate` opens.
struct Gated {
    pattern: Pattern,
    info: Info,
    gate: crossbeam_channel::Receiver<()>,
}

impl Source for Gated {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities::none()
    }

    fn cost(&self, region: Region) -> ReadingCost {
        ReadingCost::of_tiles(self.info(), region, 2)
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        let whole_rows = region.rect.width() == u64::from(self.info.size().width);
        if whole_rows && region.rect.y1 > i64::from(self.info.size().height) / 2 {
            // Nothing is ever sent: it opens by being closed.
            self.gate.recv().unwrap_err();
        }
        self.pattern.read(region)
    }
}

#[test]
fn reads_ahead_of_the_scan_use_the_image_if_fast() {
    let (_folder, sidecars, image) = place();
    let size = Size::new(3000, 2000);
    let (open, gate) = crossbeam_channel::bounded(1);
    let pattern = Pattern::new(size, 3, SampleType::U8);
    let mut info = pattern.info().clone();
    info.levels[0].tile = Size::new(size.width, 16);
    let source: Arc<dyn Source> = Arc::new(Gated { pattern: pattern.clone(), info, gate });
    let started = Sidecar::start(&sidecars, &ImageRef::file(&image), source).unwrap();
    let below = Region::new(1, Rect::new(512, 512, 1024, 1000));
    assert!(started.is_ready(below), "it needs no scan");
    let full = pattern.read(Region::new(0, Rect::new(1024, 1024, 2048, 2000))).unwrap();
    assert_eq!(started.read(below).unwrap(), halve(full.view(), false));
    drop(open);
    let last = started.info().levels.len() - 1;
    let whole = Region::new(last, started.info().whole(last));
    started.read(whole).unwrap();
    assert!(started.is_ready(whole));
}

/// A flow that begins when `gate` is closed.
struct Held {
    flow: Flow,
    gate: crossbeam_channel::Receiver<()>,
}

struct HeldRows {
    rows: Box<dyn Rows>,
    gate: crossbeam_channel::Receiver<()>,
}

impl Rows for HeldRows {
    fn next_rows(&mut self) -> Result<Option<Pixels>> {
        self.gate.recv().unwrap_err();
        self.rows.next_rows()
    }
}

impl Source for Held {
    fn info(&self) -> &Info {
        self.flow.info()
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities {
            raw_samples: None,
            cmyk: None,
            planar: None,
            encoded: None,
            sequential: Some(self),
            deferred: None,
            preview: None,
        }
    }

    fn cost(&self, region: Region) -> ReadingCost {
        ReadingCost::of_tiles(self.info(), region, 2)
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        self.flow.read(region)
    }
}

impl Sequential for Held {
    fn sequential_scan(&self) -> Result<Option<SequentialScan>> {
        let held = |scan: SequentialScan| {
            let rows = HeldRows { rows: scan.rows, gate: self.gate.clone() };
            SequentialScan { rows: Box::new(rows), ..scan }
        };
        Ok(self.flow.sequential_scan()?.map(held))
    }
}

#[test]
fn unscanned_regions_are_not_ready() {
    let (_folder, sidecars, image) = place();
    let size = Size::new(2000, 1500);
    let (open, gate) = crossbeam_channel::bounded::<()>(1);
    let source = Held { flow: flow(size, SampleType::U8), gate };
    let started = Sidecar::start(&sidecars, &ImageRef::file(&image), Arc::new(source)).unwrap();
    let last = started.info().levels.len() - 1;
    let whole = Region::new(last, started.info().whole(last));
    while started.scanning().is_none() {
        std::thread::yield_now();
    }
    assert!(!started.is_ready(whole));
    drop(open);
    started.read(whole).unwrap();
    assert!(started.is_ready(whole));
}

#[test]
fn two_passes_over_one_image_do_not_meet() {
    let (folder, sidecars, image) = place();
    let size = Size::new(2000, 1500);
    let (open, gate) = crossbeam_channel::bounded::<()>(1);
    let held = || Arc::new(Held { flow: flow(size, SampleType::U8), gate: gate.clone() });
    let first = Sidecar::start(&sidecars, &ImageRef::file(&image), held()).unwrap();
    let second = Sidecar::start(&sidecars, &ImageRef::file(&image), held()).unwrap();
    assert_eq!(files_in(&folder.path().join("sidecars")), 2);
    drop(open);
    let pattern = Pattern::new(size, 3, SampleType::U8);
    check_is_the_pattern(&*first, &pattern);
    check_is_the_pattern(&*second, &pattern);
}
