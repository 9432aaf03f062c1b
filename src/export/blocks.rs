//! The order of blocks, and the workers that take them.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use crate::{Error, Result};

/// Blocks in vertical strips, row by row within a strip: neighbours share inputs while these are still in the cache.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order {
    pub(super) columns: u32,
    pub(super) rows: u32,
    /// Blocks across a strip.
    pub(super) strip: u32,
}

impl Order {
    /// The number of blocks.
    pub(super) fn count(self) -> u64 {
        u64::from(self.columns) * u64::from(self.rows)
    }

    /// The column and row of the block that is taken as number `turn`.
    pub(super) fn block(self, turn: u64) -> (u32, u32) {
        let (rows, width) = (u64::from(self.rows), u64::from(self.strip.clamp(1, self.columns.max(1))));
        let strip = turn / (rows * width);
        let first = strip * width;
        let here = width.min(u64::from(self.columns) - first);
        let within = turn - first * rows;
        ((first + within % here) as u32, (within / here) as u32)
    }
}

/// Call `work` with every number below `count`, from `workers` threads, in order of taking. The first failure ends it all.
pub(super) fn each(count: u64, workers: usize, work: impl Fn(u64) -> Result<()> + Sync) -> Result<()> {
    let (next, stop, failure) = (AtomicU64::new(0), AtomicBool::new(false), Mutex::new(None));
    let turn = || {
        while !stop.load(Relaxed) {
            let number = next.fetch_add(1, Relaxed);
            if number >= count {
                return;
            }
            let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(number)));
            let result =
                done.unwrap_or_else(|_| Err(Error::invalid("an internal error ended the export; please report it")));
            if let Err(error) = result {
                stop.store(true, Relaxed);
                failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..workers.clamp(1, count.clamp(1, 64) as usize) {
            scope.spawn(turn);
        }
    });
    failure.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_block_comes_once() {
        for (columns, rows, strip) in [(1, 1, 1), (7, 3, 2), (7, 3, 100), (1, 9, 4), (10, 10, 10)] {
            let order = Order { columns, rows, strip };
            let seen: HashSet<_> = (0..order.count()).map(|turn| order.block(turn)).collect();
            assert_eq!(seen.len() as u64, order.count());
            assert!(seen.iter().all(|&(column, row)| column < columns && row < rows));
        }
        let order = Order { columns: 5, rows: 2, strip: 2 };
        let first: Vec<_> = (0..5).map(|turn| order.block(turn)).collect();
        assert_eq!(first, [(0, 0), (1, 0), (0, 1), (1, 1), (2, 0)]);
    }

    #[test]
    fn the_first_failure_ends_it() {
        let done = AtomicU64::new(0);
        let result = each(1_000_000, 2, |number| {
            done.fetch_add(1, Relaxed);
            if number == 10 { Err(Error::Cancelled) } else { Ok(()) }
        });
        assert!(matches!(result, Err(Error::Cancelled)));
        assert!(done.into_inner() < 1_000_000);
        assert!(matches!(each(3, 2, |_| panic!("bug")), Err(Error::Invalid { .. })));
    }
}
