//! How long filters take on one thread: `cargo run --release -p mosaicist-filter --example speed -- gaussian:sigma=2 ...`
//!
//! Each argument is a chain, its filters joined by `+`. What is printed is the processor time for 20000×15000×4 bytes, extrapolated from
//! a part, reading left out.

use mosaicist_core::geometry::{Rect, Region, Size};
use mosaicist_core::pixels::{Pixels, SampleType, Samples};
use mosaicist_filter::{Filtered, parse_chain};
use mosaicist_source::Source;
use mosaicist_source::testing::{InMemory, Pattern};

const SIDE: u32 = 3072;
const BLOCK: i64 = 1024;

fn main() {
    let size = Size::new(SIDE, SIDE);
    let pattern = Pattern::new(size, 4, SampleType::U8);
    let Ok(mut pixels) = pattern.read(Region::new(0, Rect::from_size(size))) else { return };
    if std::env::var_os("OPAQUE").is_some()
        && let Samples::U8(samples) = pixels.samples_mut()
    {
        samples.iter_mut().skip(3).step_by(4).for_each(|alpha| *alpha = 255);
    }
    let memory = InMemory::new(pixels);
    for argument in std::env::args().skip(1) {
        match parse_chain(argument.split('+')).and_then(|chain| Filtered::new(memory.clone(), &chain)) {
            Ok(filtered) => println!("{argument:<40} {:6.2} s", seconds(&filtered)),
            Err(error) => println!("{argument}: {error}"),
        }
    }
}

fn seconds(filtered: &dyn Source) -> f64 {
    let whole = filtered.info().whole(0);
    let start = busy();
    for y in (0..whole.y1).step_by(BLOCK as usize) {
        for x in (0..whole.x1).step_by(BLOCK as usize) {
            let rect = Rect::new(x, y, x + BLOCK, y + BLOCK).intersect(whole);
            let read: Result<Pixels, _> = filtered.read(Region::new(0, rect));
            if let Err(error) = read {
                println!("{error}");
            }
        }
    }
    (busy() - start) * 20_000.0 * 15_000.0 / f64::from(SIDE).powi(2)
}

/// Seconds that this thread has had a processor, where the system tells.
fn busy() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}
