//! Buffers that pixels no longer need, for the next ones.
//!
//! Tiles and blocks of some megabytes come and go by the thousand. Handed back to the allocator they would leave holes in the
//! heaps of all threads, which grow with the length of the work and not with what is held; and every buffer anew costs the
//! system a page fault for each 4 KiB.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Sample, SampleType, Samples};

/// Smaller buffers are the allocator's business.
const SMALLEST: usize = 64 << 10;
/// Bytes that may wait here.
const MOST: usize = 32 << 20;

static POOL: Mutex<BufferPool> = Mutex::new(BufferPool { waiting: Vec::new(), bytes: 0 });

#[derive(Debug)]
struct BufferPool {
    /// The oldest first.
    waiting: Vec<Samples>,
    bytes: usize,
}

/// `len` samples of any value.
pub fn buffer<S: Sample>(len: usize) -> Vec<S> {
    match take::<S>(len) {
        Some(mut samples) => {
            samples.resize(len, S::default());
            samples
        }
        None => vec![S::default(); len],
    }
}

/// `len` zeros.
pub fn zeros<S: Sample>(len: usize) -> Vec<S> {
    match take::<S>(len) {
        Some(mut samples) => {
            samples.clear();
            samples.resize(len, S::default());
            samples
        }
        None => vec![S::default(); len],
    }
}

/// Room for `len` samples.
pub fn room<S: Sample>(len: usize) -> Vec<S> {
    let mut samples = take(len).unwrap_or_else(|| Vec::with_capacity(len));
    samples.clear();
    samples
}

/// Keep what `samples` are in for those who ask next.
pub fn give(samples: Samples) {
    if capacity(&samples) >= SMALLEST {
        // What has to go goes after the lock.
        let _gone = pool().give(samples);
    }
}

/// Free all that waits: work has ended that needed it.
pub fn clear() {
    let _gone = {
        let mut pool = pool();
        pool.bytes = 0;
        std::mem::take(&mut pool.waiting)
    };
}

fn take<S: Sample>(len: usize) -> Option<Vec<S>> {
    if len * S::TYPE.bytes() < SMALLEST { None } else { S::unwrap(pool().take(S::TYPE, len)?) }
}

fn pool() -> MutexGuard<'static, BufferPool> {
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Bytes of the buffer.
fn capacity(samples: &Samples) -> usize {
    super::each_type!(samples, samples => samples.capacity()) * samples.sample_type().bytes()
}

impl BufferPool {
    /// The buffer that fits `len` samples best, but none that is much too large: the excess is not counted.
    fn take(&mut self, kind: SampleType, len: usize) -> Option<Samples> {
        let least = len * kind.bytes();
        let fits = |samples: &Samples| {
            samples.sample_type() == kind && (least..=least + least / 8).contains(&capacity(samples))
        };
        let fitting = self.waiting.iter().enumerate().filter(|(_, samples)| fits(samples));
        let (at, _) = fitting.min_by_key(|(_, samples)| capacity(samples))?;
        let samples = self.waiting.remove(at);
        self.bytes -= capacity(&samples);
        Some(samples)
    }

    /// Add a buffer. Gives those that there is no more room for.
    fn give(&mut self, samples: Samples) -> Vec<Samples> {
        self.bytes += capacity(&samples);
        self.waiting.push(samples);
        let mut gone = 0;
        while self.bytes > MOST {
            self.bytes -= capacity(&self.waiting[gone]);
            gone += 1;
        }
        self.waiting.drain(..gone).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_reused_if_they_fit() {
        let mut pool = BufferPool { waiting: Vec::new(), bytes: 0 };
        for len in [100_000, 90_000, 120_000] {
            assert!(pool.give(Samples::U8(vec![7; len])).is_empty());
        }
        assert_eq!(pool.take(SampleType::U8, 95_000).map(|samples| samples.len()), Some(100_000), "the closest");
        assert_eq!(pool.take(SampleType::U8, 95_000), None, "neither too small nor much too large");
        assert_eq!(pool.take(SampleType::U16, 45_000), None, "of its own type");
        assert_eq!(pool.bytes, 210_000);
    }

    #[test]
    fn only_so_many_wait() {
        let mut pool = BufferPool { waiting: Vec::new(), bytes: 0 };
        let gone: usize = (0..10).map(|_| pool.give(Samples::U8(vec![0; MOST / 4])).len()).sum();
        assert_eq!((gone, pool.waiting.len(), pool.bytes), (6, 4, MOST));
        assert_eq!(pool.give(Samples::U8(vec![0; MOST + 1])).len(), 5, "one that is too large goes at once");
        assert_eq!(pool.bytes, 0);
    }

    #[test]
    fn zeros_are_zeros() {
        for _ in 0..4 {
            give(Samples::U16(vec![9; SMALLEST]));
            assert!(zeros::<u16>(SMALLEST).iter().all(|&sample| sample == 0));
            give(Samples::U16(vec![9; SMALLEST]));
            assert!(room::<u16>(SMALLEST).is_empty());
            assert_eq!(buffer::<u16>(SMALLEST).len(), SMALLEST);
        }
    }
}
