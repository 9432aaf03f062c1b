//! [`Hud`]: what the performance overlay shows besides the state of loading.

use std::collections::VecDeque;
use std::time::Duration;

/// Frames that are looked back on.
pub(super) const FRAMES: usize = 120;

/// Whether the figures are shown, and how long the last frames took.
#[derive(Debug, Default)]
pub(super) struct Hud {
    pub(super) shown: bool,
    /// In milliseconds, oldest first.
    pub(super) frames: VecDeque<f32>,
}

impl Hud {
    /// The window's thread has worked so long for a frame.
    pub(super) fn note(&mut self, frame: Duration) {
        self.frames.push_back(frame.as_secs_f32() * 1e3);
        if self.frames.len() > FRAMES {
            self.frames.pop_front();
        }
    }

    /// The time that a part of the last frames stayed under.
    pub(super) fn under(&self, part: f32) -> f32 {
        let mut sorted: Vec<f32> = self.frames.iter().copied().collect();
        sorted.sort_by(f32::total_cmp);
        sorted.get((sorted.len() as f32 * part) as usize).or(sorted.last()).copied().unwrap_or(0.0)
    }
}
