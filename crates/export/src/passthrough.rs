//! [`Passthrough`]: encoded tiles of the source, written without decoding where they match the output.
//!
//! A level of the output is made of the source's own tiles where it is one of the source's levels, its tiles lie on the
//! source's grid, and their encoding matches the options. A tile that crosses the edge of a part is not copied: cropped pixels
//! must not be in the output. This module never decodes a tile.

use super::ExportOptions;
use super::copied::CopiedLevel;
use crate::Result;
use crate::geometry::{Rect, Region, Size, TileGrid};
use crate::pixels::{Downsample, Pixels};
use crate::source::{Info, Source};

/// Which of the levels `sizes` of the output can be copied, in tiles of `tile` pixels.
pub(super) fn find(
    source: &dyn Source,
    options: &ExportOptions,
    sizes: &[Size],
    tile: u32,
) -> Vec<Option<CopiedLevel>> {
    let info = source.info();
    let (changed, scale) = (options.flatten && info.color.has_alpha(), options.scale.unwrap_or(1.0));
    let before = (-scale.log2()).round().max(0.0);
    let resampled = (scale * before.exp2() - 1.0).abs() > 1e-9;
    if !options.copy_tiles || options.overlap_pixels() > 0 || changed || resampled {
        return vec![None; sizes.len()];
    }
    let region = options.region.unwrap_or(info.whole(0)).intersect(info.whole(0));
    let one = |(level, &size): (usize, &Size)| {
        let reduction = options.level + before as usize + level;
        // The source's own levels are means.
        if reduction > 0 && options.downsample != Downsample::Mean {
            return None;
        }
        let step = 1i64 << reduction;
        let found = level_of(info, reduction)?;
        let coded = source.encoding(found)?;
        let side = step * i64::from(tile);
        let on_grid = region.x0 % side == 0 && region.y0 % side == 0;
        let (origin, bounds) = ((region.x0 / step, region.y0 / step), Rect::from_size(info.levels[found].size));
        let rect = Rect::at(origin.0, origin.1, size);
        let fits = coded.tile == Size::new(tile, tile) && (options.spec().takes)(options, info, &coded);
        if !(on_grid && fits && rect.intersect(bounds) == rect) {
            return None;
        }
        // The last tile may only be cut where the source's is.
        let cut = options.spec().whole_edges;
        let whole = |from: u32, end: i64, edge: i64| if cut && end == edge { from.div_ceil(tile) } else { from / tile };
        let (columns, rows) = (whole(size.width, rect.x1, bounds.x1), whole(size.height, rect.y1, bounds.y1));
        (columns > 0 && rows > 0).then_some(CopiedLevel { level: found, origin, columns, rows, coded })
    };
    sizes.iter().enumerate().map(one).collect()
}

/// The level of a source that is exactly at 1/2^`reduction` of its level 0.
fn level_of(info: &Info, reduction: usize) -> Option<usize> {
    let scale = 2f64.powi(reduction as i32);
    info.levels.iter().position(|level| (level.downsample / scale - 1.0).abs() < 1e-9)
}

/// The source's tiles of the levels that are copied.
pub(super) struct Passthrough<'a> {
    pub(super) source: &'a dyn Source,
    pub(super) levels: &'a [Option<CopiedLevel>],
}

/// A tile of a level that is copied.
pub(super) enum Tile {
    /// The encoded tile of the source.
    Packed(Vec<u8>),
    /// Decoded pixels, where the tile is cropped or missing.
    Pixels(Pixels),
}

impl Passthrough<'_> {
    /// Whether all levels from `level` on are the source's, so that no pixel of them needs to be made.
    pub(super) fn all_from(&self, level: usize) -> bool {
        self.levels[level..].iter().all(Option::is_some)
    }

    /// A tile of a level in the output's `grid`, if that level is copied.
    pub(super) fn tile(&self, level: usize, grid: TileGrid, column: u32, row: u32) -> Result<Option<Tile>> {
        let Some(copied) = &self.levels[level] else { return Ok(None) };
        let ((x, y), side) = (copied.origin, i64::from(grid.tile.width));
        if column < copied.columns && row < copied.rows {
            let whole = Rect::at(x + i64::from(column) * side, y + i64::from(row) * side, grid.tile);
            if let Some(bytes) = self.source.encoded_tile(copied.level, whole)? {
                return Ok(Some(Tile::Packed(bytes)));
            }
        }
        let shown = grid.rect(column, row).translate(x, y);
        self.source.read(Region::new(copied.level, shown)).map(|pixels| Some(Tile::Pixels(pixels)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Progress;
    use crate::pixels::{SampleType, Samples, halve};
    use crate::source::testing::Pattern;
    use crate::source::{Capabilities, Coded, EncodedTiles, Level, ReadingCost, TileEncoding, open};
    use crate::{Compression, Format, plan, run};

    /// Reads one image, but its encoded tiles hold the negative, so a test can tell which of the two an output is made of.
    struct Negatives {
        pattern: Pattern,
        info: Info,
    }

    const TILE: Size = Size::new(64, 64);

    impl Negatives {
        fn new(size: Size) -> Self {
            let pattern = Pattern::new(size, 3, SampleType::U8);
            let mut info = pattern.info().clone();
            info.levels = [0, 1]
                .map(|n| Level { size: size.halved_times(n), downsample: f64::from(1 << n), tile: TILE })
                .to_vec();
            Self { pattern, info }
        }
    }

    fn negative(pixels: &Pixels) -> Pixels {
        let Samples::U8(samples) = pixels.samples() else { panic!("bytes") };
        let samples = samples.iter().map(|sample| 255 - sample).collect();
        Pixels::new(pixels.size(), pixels.channels(), Samples::U8(samples)).unwrap()
    }

    impl Source for Negatives {
        fn info(&self) -> &Info {
            &self.info
        }

        fn capabilities(&self) -> Capabilities<'_> {
            Capabilities {
                raw_samples: None,
                cmyk: None,
                planar: None,
                encoded: Some(self),
                sequential: None,
                deferred: None,
                preview: None,
            }
        }

        fn cost(&self, region: Region) -> ReadingCost {
            ReadingCost::of_tiles(self.info(), region, 2)
        }

        fn read(&self, region: Region) -> Result<Pixels> {
            self.pattern.read(Region::new(0, region.rect))
        }
    }

    impl EncodedTiles for Negatives {
        fn encoding(&self, level: usize) -> Option<Coded> {
            (level < 2)
                .then_some(Coded { tile: TILE, encoding: TileEncoding::Lossless { compression: 1, predictor: 1 } })
        }

        fn encoded_tile(&self, level: usize, rect: Rect) -> Result<Option<Vec<u8>>> {
            assert!(rect.x0 % 64 == 0 && rect.y0 % 64 == 0 && rect.size() == TILE && level < 2, "{rect}");
            if (rect.x0, rect.y0) == (128, 192) {
                return Ok(None);
            }
            let Samples::U8(bytes) = negative(&self.read(Region::new(level, rect))?).into_samples() else { panic!() };
            Ok(Some(bytes))
        }
    }

    fn options() -> ExportOptions {
        let usual = ExportOptions::new(Format::Tiff);
        ExportOptions { tile: Some(64), compression: Some(Compression::None), overwrite: true, ..usual }
    }

    #[test]
    fn tiles_are_copied_where_they_fit() {
        let source = Negatives::new(Size::new(1000, 700));
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("a.tif");
        let whole = Rect::from_size(Size::new(1000, 700));
        let even = Rect::new(128, 256, 550, 700);
        for (region, level, copied) in [
            (whole, 0, 16 * 11 + 8 * 6),
            (whole, 1, 8 * 6),
            // The last column of the part is cut, its last row ends with the image.
            (even, 0, 6 * 7 + 3 * 4),
            (Rect::new(64, 256, 550, 700), 0, 7 * 7),
            (Rect::new(60, 256, 550, 700), 0, 0),
        ] {
            let options = ExportOptions { region: Some(region), level, ..options() };
            assert_eq!(plan(&source, &out, &options).unwrap().copied_tiles, copied, "{region}, level {level}");
            run(&source, &out, &options, &Progress::default()).unwrap();
            let found = open(&out).unwrap().page(0).unwrap();
            let read = |level| found.read(Region::new(level, found.info().whole(level))).unwrap();
            let shown = source.read(Region::new(0, region.reduced(level as u32))).unwrap();
            let mut expected = shown.clone();
            if copied > 0 {
                let size = if region == whole { expected.size() } else { Size::new(6 * 64, 444) };
                let size = if region.x0 == 64 { Size::new(7 * 64, 444) } else { size };
                expected.paste(negative(&shown.crop(Rect::from_size(size))).view(), 0, 0);
                // The tile that the source does not have.
                let hole = Rect::at(128, 192, TILE).translate(-region.x0 >> level, -region.y0 >> level);
                let hole_here = hole.intersect(Rect::from_size(shown.size()));
                expected.paste(shown.part(hole_here), hole_here.x0, hole_here.y0);
            }
            assert!(read(0) == expected, "{region}, level {level}");
            if level == 0 {
                let made = halve(halve(shown.view(), false).view(), false);
                assert!(read(2) == made, "{region}: what is not copied is made of what is shown");
            }
        }
    }

    #[test]
    fn other_options_require_encoding() {
        let source = Negatives::new(Size::new(300, 200));
        let copied =
            |options: ExportOptions| plan(&source, std::path::Path::new("a.tif"), &options).unwrap().copied_tiles;
        assert_eq!(copied(options()), 5 * 4 + 3 * 2);
        assert_eq!(copied(ExportOptions { copy_tiles: false, ..options() }), 0);
        assert_eq!(copied(ExportOptions { tile: Some(128), ..options() }), 0);
        assert_eq!(copied(ExportOptions { compression: Some(Compression::Deflate), ..options() }), 0);
        assert_eq!(copied(ExportOptions { format: Format::DeepZoom, overlap: 0, ..options() }), 0, "no pictures");
        assert_eq!(copied(ExportOptions { format: Format::Cog, ..options() }), 5 * 4);
    }
}
