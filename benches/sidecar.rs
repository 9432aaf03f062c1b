//! One sequential scan of a large flat file: `cargo bench --bench sidecar -- FILE [PREVIEW]` prints seconds, megapixels a second and the most
//! memory held. Compare with `vips dzsave FILE out` of the same file.
#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should say where")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use mosaicist::job::{Progress, peak_resident, show_bytes};
use mosaicist::source::{ImageRef, Sidecar, SidecarFolder, open};

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let Some(path) = arguments.next().map(PathBuf::from) else { return };
    let folder = tempfile::tempdir_in(".").unwrap();
    let sidecars = SidecarFolder::new(folder.path(), 64 << 30);
    let began = Instant::now();
    let image = ImageRef::file(&path);
    let source = open(&path).unwrap().page(0).unwrap();
    println!("open          {:8.3} s", began.elapsed().as_secs_f64());
    if arguments.next().is_some() {
        let began = Instant::now();
        let started = Sidecar::start(&sidecars, &image, source).unwrap();
        let mut preview = started.preview().unwrap();
        println!("first preview {:8.3} s", began.elapsed().as_secs_f64());
        while preview.as_ref().is_some_and(|preview| !preview.is_whole) {
            std::thread::sleep(std::time::Duration::from_millis(20));
            preview = started.preview().unwrap();
        }
        let size = preview.map(|preview| preview.pixels.size());
        println!("preview       {:8.3} s  {size:?}", began.elapsed().as_secs_f64());
        return;
    }
    let area = source.info().size().area();
    let began = Instant::now();
    drop(Sidecar::build(&sidecars, &image, &source, &Progress::default()).unwrap());
    let seconds = began.elapsed().as_secs_f64();
    println!("scan          {seconds:8.3} s  {:.1} Mpx/s", area as f64 / 1e6 / seconds);
    let bytes: u64 = folder.path().read_dir().unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    println!("sidecar       {}", show_bytes(bytes));
    println!("peak memory   {}", show_bytes(peak_resident().unwrap_or(0)));
    let began = Instant::now();
    let found = Sidecar::open(&sidecars, &image, &source).map(|found| Arc::strong_count(&found));
    println!("opened again  {:8.3} s  {}", began.elapsed().as_secs_f64(), found.is_some());
}
