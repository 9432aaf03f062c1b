//! Rounds of imaging, as cycles of staining: a mosaic that is in place, and the tiles of another round.

use crate::mosaic::{Edit, Mosaic};
use mosaicist_align::{Alignment, Tile};

/// The tiles of `reference`, which stay, and then those of `round`; and all of them as one mosaic. Positions are canvas pixels of
/// `reference`. Without a reference, the tiles of `round` alone, of which those that are locked stay.
pub fn joined_rounds(reference: &Mosaic, round: &Mosaic) -> (Vec<Tile>, Mosaic) {
    let stay = reference.placements.iter().map(|placement| Tile { locked: true, ..Tile::of(placement) });
    let number = u32::from(!reference.placements.is_empty());
    let own = round.placements.iter().map(|placement| Tile { round: number, ..Tile::of(placement) });
    let tiles = stay.chain(own).collect();
    if reference.placements.is_empty() {
        return (tiles, round.clone());
    }
    let mut all = reference.clone();
    all.apply(&Edit::Add(round.placements.iter().cloned().collect()));
    (tiles, all)
}

/// The edits that put the tiles of `round` where `own` has them, on the canvas of `reference`: so exports of both have the same pixels.
/// `own` is the alignment of the tiles of `round` alone.
pub fn settled_round(reference: &Mosaic, round: &Mosaic, own: &Alignment) -> Vec<Edit> {
    let places = round.placements.iter().zip(&own.placed).map(|(placement, placed)| (placement.id, placed.position));
    vec![Edit::Place(places.collect()), Edit::Canvas(Some(reference.bounds()))]
}
