//! Losses: the parts of a picture that a damaged file no longer holds, told beside the pixels that came.
//!
//! A decoder that can go on without a part calls [`note`] and returns the rest. Whoever answers for the whole calls
//! [`collect`]. Both are of one thread: work on other threads is collected there, and noted again by whoever waits for it.

use std::cell::RefCell;

use crate::geometry::Rect;
use crate::{Error, ImageRef};

/// A part of an image that is missing.
#[derive(Debug, Clone)]
pub struct Loss {
    /// Its file, its extent and the reason.
    pub error: Error,
    /// Where it is, in pixels of the image's level 0; as closely as is known.
    pub place: Option<Rect>,
    /// Of which image, where several are read.
    pub image: Option<ImageRef>,
}

impl From<Error> for Loss {
    fn from(error: Error) -> Self {
        Self { error, place: None, image: None }
    }
}

impl std::fmt::Display for Loss {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(out)
    }
}

/// What was told while some pixels were read.
#[derive(Debug, Default, Clone)]
pub struct Losses {
    /// The missing parts, in the order they were found, each once.
    pub parts: Vec<Loss>,
    /// Whether any pixel came from the file.
    pub delivered: bool,
}

impl Losses {
    /// Note all of it again, for who collects here.
    pub fn note_again(&self) {
        self.parts.iter().cloned().for_each(note);
        if self.delivered {
            deliver();
        }
    }
}

/// More parts of one reading are not told one by one.
const MOST_PARTS: usize = 1000;

thread_local! {
    static OPEN: RefCell<Vec<Losses>> = const { RefCell::new(Vec::new()) };
}

/// Tell that a part is missing. Without anybody who collects, nobody learns of it.
pub fn note(part: impl Into<Loss>) {
    let part = part.into();
    OPEN.with_borrow_mut(|open| {
        if let Some(losses) = open.last_mut()
            && losses.parts.len() < MOST_PARTS
        {
            let text = part.error.to_string();
            if losses.parts.iter().all(|known| known.error.to_string() != text) {
                losses.parts.push(part);
            }
        }
    });
}

/// Tell that pixels have come from the file.
pub fn deliver() {
    OPEN.with_borrow_mut(|open| {
        if let Some(losses) = open.last_mut() {
            losses.delivered = true;
        }
    });
}

/// Do `work`, and give what it told with its result. Collections may be nested: the innermost one hears.
pub fn collect<T>(work: impl FnOnce() -> T) -> (T, Losses) {
    /// Closes the collection also when `work` panics.
    struct Open;
    impl Drop for Open {
        fn drop(&mut self) {
            OPEN.with_borrow_mut(Vec::pop);
        }
    }
    OPEN.with_borrow_mut(|open| open.push(Losses::default()));
    let open = Open;
    let result = work();
    let losses = OPEN.with_borrow_mut(|open| open.last_mut().map(std::mem::take).unwrap_or_default());
    drop(open);
    (result, losses)
}

/// Do `work`, which reads `place` of an image; what it tells without a place is there.
pub fn within<T>(place: Rect, work: impl FnOnce() -> T) -> T {
    let (result, mut losses) = collect(work);
    losses.parts.iter_mut().for_each(|part| _ = part.place.get_or_insert(place));
    losses.note_again();
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_collection_hears_and_may_tell_again() {
        let (inner, outer) = collect(|| {
            note(Error::corrupt("a"));
            let (number, inner) = collect(|| {
                note(Error::corrupt("b"));
                note(Error::corrupt("b"));
                deliver();
                7
            });
            assert_eq!(number, 7);
            inner.note_again();
            inner
        });
        let texts = |losses: &Losses| losses.parts.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!((texts(&inner), inner.delivered), (vec!["damaged: b".to_owned()], true));
        assert_eq!(texts(&outer), ["damaged: a", "damaged: b"]);
        let (known, read) = (Rect::new(0, 5, 9, 9), Rect::new(0, 0, 9, 9));
        let ((), placed) = collect(|| {
            within(read, || {
                note(Loss { place: Some(known), ..Error::corrupt("c").into() });
                note(Error::corrupt("d"));
            });
        });
        let places: Vec<_> = placed.parts.iter().map(|part| part.place).collect();
        assert_eq!(places, [Some(known), Some(read)]);
        let caught = std::panic::catch_unwind(|| collect(|| panic!("in a decoder")));
        assert!(caught.is_err());
        note(Error::corrupt("nobody hears"));
        assert!(collect(|| ()).1.parts.is_empty());
    }
}
