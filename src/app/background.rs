//! [`Background`]: how far the overview of very many tiles is that is painted in the background.

use std::time::{Duration, Instant};

/// Nothing is told of work that is done sooner.
const WORTH_TELLING: Duration = Duration::from_secs(1);

/// The overview being painted.
#[derive(Debug, Default)]
pub(super) struct Background {
    work: Option<Work>,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Painted {
    /// 0 to 1.
    pub(super) part: f32,
    pub(super) left: Option<Duration>,
}

#[derive(Debug)]
struct Work {
    /// The canvas whose overview it is.
    number: u64,
    /// Pieces that were left when it began.
    most: usize,
    left: usize,
    began: Instant,
}

impl Background {
    /// Of canvas `number`, `left` pieces of the overview are not painted yet.
    pub(super) fn note(&mut self, canvas: Option<(u64, usize)>) {
        let Some((number, left)) = canvas.filter(|(_, left)| *left > 0) else {
            self.work = None;
            return;
        };
        match &mut self.work {
            Some(work) if work.number == number && left <= work.most => work.left = left,
            _ => self.work = Some(Work { number, most: left, left, began: Instant::now() }),
        }
    }

    /// How far it is, once it is worth telling.
    pub(super) fn painted(&self) -> Option<Painted> {
        let Work { most, left, began, .. } = self.work.as_ref()?;
        let (done, elapsed) = (most - left, began.elapsed());
        (elapsed >= WORTH_TELLING).then(|| Painted {
            part: done as f32 / (*most).max(1) as f32,
            left: (done > 0).then(|| elapsed.mul_f64(*left as f64 / done as f64)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_it_is_is_told_after_a_while() {
        let mut background = Background::default();
        background.note(Some((7, 100)));
        assert_eq!(background.painted(), None, "it may be over at once");
        background.work.as_mut().unwrap().began -= Duration::from_secs(10);
        background.note(Some((7, 75)));
        let Painted { part, left } = background.painted().unwrap();
        assert!((part - 0.25).abs() < 1e-6 && (29..=31).contains(&left.unwrap().as_secs()), "{left:?}");
        background.note(Some((8, 40)));
        assert_eq!(background.painted(), None, "another canvas begins anew");
        background.note(None);
        assert!(background.work.is_none());
    }
}
