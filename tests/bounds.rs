//! What an export promises about itself: open files, decoding about once. Alone in its process, for it counts what that holds.
#![cfg(target_os = "linux")]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use mosaicist::composite::BadTiles;
use mosaicist::export::{ExportOptions, Format};
use mosaicist::geometry::{Point, Rect, Region, Size};
use mosaicist::job::{MemoryBudget, Progress};
use mosaicist::mosaic::{Grid, Mosaic, Placement};
use mosaicist::pixels::SampleType;
use mosaicist::source::Source as _;
use mosaicist::source::testing::Pattern;
use mosaicist::work::{ExportRequest, export};

/// 30 × 20 overlapping tiles; the cache holds some rows of blocks, far from all.
#[test]
fn each_input_is_decoded_about_once_with_few_files_open() {
    let folder = tempfile::tempdir().unwrap();
    let size = Size::new(400, 300);
    let pixels = Pattern::new(size, 3, SampleType::U8).read(Region::new(0, Rect::from_size(size))).unwrap();
    let samples = pixels.samples().to_le_bytes();
    let mut mosaic = Mosaic::default();
    let ids = (0..600).map(|i| {
        let path = folder.path().join(format!("{i:03}.png"));
        image::save_buffer(&path, &samples, size.width, size.height, image::ColorType::Rgb8).unwrap();
        mosaic.add(Placement::new(&path, size))
    });
    let ids = ids.collect();
    mosaic.arrange(&ids, &Grid::across(30).with_overlap(40.0, 30.0), Point::default()).unwrap();
    let options =
        ExportOptions { memory: MemoryBudget(160 << 20), threads: Some(4), ..ExportOptions::new(Format::Tiff) };
    let out = folder.path().join("out.tif");
    let request = ExportRequest { bad: BadTiles::Fail, ..ExportRequest::new(out, options) };
    let (most, done) = (AtomicUsize::new(0), AtomicBool::new(false));
    let mosaicist::work::Exported { decodes, .. } = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Relaxed) {
                let open = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
                most.fetch_max(open, Relaxed);
                std::thread::yield_now();
            }
        });
        let result = export(&mosaic, &request, &Progress::default());
        done.store(true, Relaxed);
        result.unwrap()
    });
    let most = most.into_inner();
    assert!((1..=256).contains(&most), "{most} files open");
    let times = decodes as f64 / 600.0;
    assert!((1.0..=1.3).contains(&times), "each input decoded {times:.2} times");
}
