//! Directories of an ordinary TIFF to pages: reduced images, sub-directories and unflagged pyramids become levels.

use std::sync::Arc;

use super::directory::Directory;
use super::image::{is_tiled, size_of};
use super::page::{Details, Page};
use super::tags as tag;
use crate::PositionedFile;
use crate::geometry::Size;

/// The pages of a chain.
pub(super) fn pages(file: &Arc<PositionedFile>, chain: Vec<Directory>) -> Vec<Page> {
    let unflagged = is_unflagged_pyramid(&chain);
    let mut pages: Vec<Page> = Vec::new();
    for directory in chain {
        let kind = subfile_type(&directory);
        if kind & 4 != 0 && !pages.is_empty() {
            // A mask of transparency.
            continue;
        }
        let reduced = kind & 1 == 1 || unflagged;
        if let (Some(page), true) = (pages.last_mut(), reduced)
            && page.levels.first().is_some_and(|full| is_smaller(&directory, full))
        {
            page.levels.push(directory);
            continue;
        }
        pages.push(Page { below: true, ..Page::new(file, vec![directory], Details::plain("TIFF")) });
    }
    for page in &mut pages {
        page.name = page.levels[0].text(file, PAGE_NAME);
        if is_tiled(&page.levels[0]) && page.levels.len() > 1 {
            page.details = Arc::new(Details { vendor: Some("generic-tiff"), ..Details::plain("TIFF") });
        }
    }
    pages
}

const PAGE_NAME: u16 = 285;

/// Tag 254, or what tag 255 of older files says in its place.
pub(super) fn subfile_type(directory: &Directory) -> u64 {
    let old = || u64::from(directory.int(tag::SUBFILE_TYPE) == Some(2));
    directory.int(tag::NEW_SUBFILE_TYPE).unwrap_or_else(old)
}

/// Whether the first image and tiled images after it, none marked as reduced, each have the shape of the first and at most two
/// thirds of the size of the one before: some writers of pyramids forget the mark.
fn is_unflagged_pyramid(chain: &[Directory]) -> bool {
    let sizes: Option<Vec<Size>> = chain.iter().map(|directory| size_of(directory).ok()).collect();
    let Some(sizes) = sizes.filter(|sizes| sizes.len() > 1) else { return false };
    let plain = |directory: &Directory| is_tiled(directory) && subfile_type(directory) == 0;
    let shrinks = |pair: &[Size]| u64::from(pair[1].width) * 3 <= u64::from(pair[0].width) * 2;
    chain.iter().all(plain)
        && sizes.windows(2).all(shrinks)
        && sizes.iter().all(|size| has_shape(*size, sizes[0]))
        && chain.iter().all(|directory| {
            let same = |tag| directory.int(tag) == chain[0].int(tag);
            same(tag::SAMPLES_PER_PIXEL) && same(tag::PHOTOMETRIC)
        })
}

/// Whether `directory` may be a smaller copy of `full`: same shape, fewer pixels.
pub(super) fn is_smaller(directory: &Directory, full: &Directory) -> bool {
    let (Ok(small), Ok(full)) = (size_of(directory), size_of(full)) else { return false };
    small.width < full.width && has_shape(small, full)
}

/// Whether the sides have the ratio of `full`'s, but for rounding, which tells most on the shorter side.
fn has_shape(small: Size, full: Size) -> bool {
    let sides = |size: Size| (f64::from(size.width), f64::from(size.height));
    let ((small_w, small_h), (full_w, full_h)) = (sides(small), sides(full));
    let (expected, found) =
        if full_w >= full_h { (full_h * small_w / full_w, small_h) } else { (full_w * small_h / full_h, small_w) };
    (expected - found).abs() <= 2.0 + expected * 0.01
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thin_levels_have_the_shape_of_the_whole() {
        let full = Size::new(100, 900);
        for (width, height, alike) in [(50, 450, true), (13, 113, true), (1, 8, true), (50, 300, false)] {
            assert_eq!(has_shape(Size::new(width, height), full), alike, "{width}×{height}");
            assert_eq!(has_shape(Size::new(height, width), Size::new(900, 100)), alike, "{height}×{width}");
        }
    }
}
