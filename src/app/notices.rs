//! [`Notices`]: what the user has been told. Good news go away after some seconds, errors stay until they are closed; all of them are
//! listed under the bell.

use std::collections::VecDeque;
use std::time::SystemTime;

use super::{Command, TabId};

/// Seconds that good news are shown.
const SHOWN: f64 = 6.0;
/// So many are kept in the list.
const KEPT: usize = 60;

/// How a notice is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    /// Neither good nor bad: a job was cancelled, say.
    Plain,
    Bad,
}

/// A line for the user.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Notice {
    pub(super) number: u64,
    pub(super) text: String,
    pub(super) tone: Tone,
    pub(super) time: SystemTime,
    /// What the user can do about it, and what that is called.
    pub(super) action: Option<(&'static str, Command)>,
    /// When it was told, in the window's time.
    told: f64,
    closed: bool,
    /// The tab whose document it is about.
    about: Option<TabId>,
}

/// All of them, the newest last.
#[derive(Default)]
pub(super) struct Notices {
    list: VecDeque<Notice>,
    last: u64,
    /// The number of the last one that was there when the list was looked at.
    seen: u64,
}

impl Notices {
    pub(super) fn tell(&mut self, text: String, tone: Tone, action: Option<(&'static str, Command)>, now: f64) {
        // Told again, good news are shown once.
        self.list.iter_mut().filter(|known| known.text == text).for_each(|known| known.closed = true);
        self.last += 1;
        let (number, time) = (self.last, SystemTime::now());
        // The same error again is one error.
        self.list.retain(|known| !(tone == Tone::Bad && known.tone == tone && known.text == text));
        self.list.push_back(Notice { number, text, tone, time, action, told: now, closed: false, about: None });
        let over = self.list.len().saturating_sub(KEPT);
        self.list.drain(..over);
    }

    /// All that are kept, the newest last.
    pub(super) fn all(&self) -> impl DoubleEndedIterator<Item = &Notice> {
        self.list.iter()
    }

    /// Those that have not been closed.
    pub(super) fn open(&self) -> impl DoubleEndedIterator<Item = &Notice> {
        self.list.iter().filter(|notice| !notice.closed)
    }

    /// Errors that have not been closed.
    pub(super) fn errors(&self) -> impl DoubleEndedIterator<Item = &Notice> {
        self.open().filter(|notice| notice.tone == Tone::Bad)
    }

    /// What is shown for a while.
    pub(super) fn passing(&self, now: f64) -> impl Iterator<Item = &Notice> {
        self.open().filter(move |notice| notice.tone != Tone::Bad && now - notice.told < SHOWN)
    }

    /// In how many seconds the next of these goes away.
    pub(super) fn passes_in(&self, now: f64) -> Option<f64> {
        self.passing(now).map(|notice| notice.told + SHOWN - now).min_by(f64::total_cmp)
    }

    /// Whether something was told since the list was looked at.
    pub(super) fn is_new(&self) -> bool {
        self.last > self.seen
    }

    pub(super) fn see(&mut self) {
        self.seen = self.last;
    }

    pub(super) fn close(&mut self, number: u64) {
        self.list.iter_mut().filter(|notice| notice.number == number).for_each(|notice| notice.closed = true);
    }

    /// The last one is about the document of that tab.
    pub(super) fn last_is_about(&mut self, tab: TabId) {
        if let Some(last) = self.list.back_mut() {
            last.about = Some(tab);
        }
    }

    /// Closes those about the document of a tab, which is closed.
    pub(super) fn close_about(&mut self, tab: TabId) {
        self.list.iter_mut().filter(|notice| notice.about == Some(tab)).for_each(|notice| notice.closed = true);
    }

    /// Closes those about the document of a tab that offer `command`.
    pub(super) fn close_offers(&mut self, tab: TabId, command: &Command) {
        let offers = |notice: &&mut Notice| {
            notice.about == Some(tab) && notice.action.as_ref().is_some_and(|(_, offered)| offered == command)
        };
        self.list.iter_mut().filter(offers).for_each(|notice| notice.closed = true);
    }

    pub(super) fn close_all(&mut self) {
        self.list.iter_mut().for_each(|notice| notice.closed = true);
    }

    pub(super) fn clear(&mut self) {
        self.list.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_news_pass_and_errors_stay() {
        let mut notices = Notices::default();
        notices.tell("Saved".into(), Tone::Good, None, 1.0);
        notices.tell("Cannot be read".into(), Tone::Bad, None, 2.0);
        assert_eq!((notices.passing(3.0).count(), notices.passing(8.0).count()), (1, 0));
        assert_eq!((notices.passes_in(3.0), notices.passes_in(8.0)), (Some(4.0), None));
        notices.tell("Cannot be read".into(), Tone::Bad, None, 9.0);
        assert_eq!((notices.errors().count(), notices.all().count()), (1, 2), "told twice, one error");
        notices.tell("Saved".into(), Tone::Good, None, 9.0);
        notices.tell("Saved".into(), Tone::Good, None, 10.0);
        assert_eq!((notices.passing(11.0).count(), notices.all().count()), (1, 4), "shown once");
        assert!(notices.is_new());
        notices.see();
        let number = notices.errors().next().unwrap().number;
        notices.close(number);
        assert_eq!((notices.errors().count(), notices.all().count(), notices.is_new()), (0, 4, false));
    }
}
