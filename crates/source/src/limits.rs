//! [`Limits`]: what opening a file may cost. Parsers charge what they keep before they keep it.
//!
//! [`open`](super::open()) begins an opening on its thread, and every parser below charges bytes and items to it; nobody has to
//! hand it on. What is read later, when pixels are wanted, is bounded by the codecs and caches.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::geometry::Size;
use crate::job::show_bytes;
use crate::{Error, Result};

/// Bytes beyond the file's own size that its description may take in memory.
const BEYOND: u64 = 256 << 20;
/// What it may take in all, unless somebody asks for more.
const MOST: u64 = 1 << 30;
/// Pixels of one piece beyond its size.
const MOST_SURPLUS: u64 = 16 << 20;
/// What an opening may take.
const MOST_TIME: Duration = Duration::from_secs(10);

/// The most pixels that a stream for a piece of `size` may have: some writers store more than belongs there, but not much.
pub(crate) fn most_pixels(size: Size) -> u64 {
    let area = size.area().max(1 << 12);
    area.saturating_add((3 * area.min(MOST_SURPLUS)).min(MOST_SURPLUS))
}

static MOST_MEMORY: AtomicU64 = AtomicU64::new(MOST);

/// Let descriptions of files take up to `bytes` of memory each.
pub fn set_most_open_memory(bytes: u64) {
    MOST_MEMORY.store(bytes, Relaxed);
}

/// What is left of one opening.
#[derive(Debug)]
struct Limits {
    bytes: u64,
    allowed: u64,
    end: Instant,
    charges: u32,
    /// The first refusal: parsers that pass over what they cannot read must not pass over this.
    refused: Option<Error>,
}

thread_local! {
    static OPEN: RefCell<Option<Limits>> = const { RefCell::new(None) };
}

/// Open a file of `length` bytes by `work`, within the limits. Openings inside of another are charged to it.
pub(crate) fn opening<T>(length: u64, work: impl FnOnce() -> Result<T>) -> Result<T> {
    /// Ends the opening also when `work` panics.
    struct End;
    impl Drop for End {
        fn drop(&mut self) {
            OPEN.set(None);
        }
    }
    if OPEN.with_borrow(Option::is_some) {
        return work();
    }
    let most = MOST_MEMORY.load(Relaxed);
    let allowed = if most == MOST { length.saturating_add(BEYOND).min(MOST) } else { most };
    let end = Instant::now() + MOST_TIME * if most > MOST { 6 } else { 1 };
    OPEN.set(Some(Limits { bytes: allowed, allowed, end, charges: 0, refused: None }));
    let guard = End;
    let opened = work();
    let refused = OPEN.with_borrow_mut(|open| open.as_mut().and_then(|limits| limits.refused.take()));
    drop(guard);
    match refused {
        Some(error) => Err(error),
        None => opened,
    }
}

/// Charge `bytes` that are about to be kept.
pub(crate) fn charge(bytes: u64) -> Result<()> {
    OPEN.with_borrow_mut(|open| {
        let Some(limits) = open else { return Ok(()) };
        if let Some(error) = &limits.refused {
            return Err(error.clone());
        }
        limits.charges = limits.charges.wrapping_add(1);
        let refusal = match limits.bytes.checked_sub(bytes) {
            None => Some(format!(
                "what it says of itself takes more than {} of memory; --max-open-memory allows more",
                show_bytes(limits.allowed)
            )),
            Some(left) => {
                limits.bytes = left;
                let late = limits.charges.is_multiple_of(256) && Instant::now() > limits.end;
                late.then(|| {
                    let most = MOST_TIME.as_secs();
                    format!("opening it takes more than {most} s; a --max-open-memory above 1G gives it more time too")
                })
            }
        };
        match refusal {
            None => Ok(()),
            Some(what) => {
                let error = Error::limit(what);
                limits.refused = Some(error.clone());
                Err(error)
            }
        }
    })
}

/// Charge `count` items of `each` bytes.
pub(crate) fn charge_items(count: u64, each: usize) -> Result<()> {
    charge(count.saturating_mul(each as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_charged_is_limited_by_the_file() {
        let charged =
            |length: u64, bytes: &[u64]| opening(length, || bytes.iter().try_for_each(|bytes| charge(*bytes)));
        assert!(charged(1 << 20, &[BEYOND, 1 << 20]).is_ok());
        let error = charged(1 << 20, &[BEYOND, 1 << 20, 1]).unwrap_err().to_string();
        assert!(error.contains("--max-open-memory"), "{error}");
        assert!(charged(u64::MAX, &[MOST, 1]).is_err() && charged(0, &[u64::MAX]).is_err());
        assert!(charge(u64::MAX).is_ok(), "nothing is being opened");
        let passed_over = opening(0, || {
            assert!(charge(u64::MAX).is_err());
            Ok(())
        });
        assert!(passed_over.is_err(), "a parser that goes on does not get by");
        let inside = opening(0, || opening(u64::MAX, || charge(BEYOND + 1)));
        assert!(inside.is_err(), "a file inside of another is charged to that");
    }
}
