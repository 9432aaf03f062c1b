//! The options that make one picture of tiles that overlap: aligning them, evening out their light, blending them.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use super::progress::watched;
use crate::align::light::Exposures;
use crate::align::{AlignOptions, LinkState, Tile, TileState, align};
use crate::cache::Library;
use crate::job::Progress;
use crate::mosaic::{Blend, BlendMode, Edit, Flat, FlatField, Mosaic, SeamPath};
use crate::work::{
    PixelValue, PlacementReader, apply_all, estimate_flat_field, flat_field_edit, library, matched_exposures,
};
use crate::{Error, ImageRef};

/// Decoded tiles that are cached while overlaps are compared, in bytes.
const CACHE: u64 = 192 << 20;

/// How overlaps become one picture.
#[derive(Debug, Args)]
#[command(next_help_heading = "Overlaps")]
pub(super) struct BlendArgs {
    /// Align the tiles by what they show where they overlap.
    #[arg(long)]
    align: bool,
    /// How far a step between two tiles may be off, in px; 4 % of the longer side unless given.
    #[arg(long, value_name = "PX", value_parser = super::align::shift, requires = "align")]
    max_shift: Option<f64>,
    /// What a pixel becomes that several tiles cover; overlay shows the topmost.
    #[arg(long, value_name = "MODE", value_parser = modes())]
    blend: Option<BlendMode>,
    /// Where seam and multi-band cut tiles.
    #[arg(long, value_name = "PATH", value_parser = seams())]
    seam: Option<SeamPath>,
    /// Divide by this image of something evenly lit, or by what is estimated from the overlaps.
    #[arg(long, value_name = "auto|FILE")]
    flat_field: Option<PathBuf>,
    /// Subtract this image, taken without light.
    #[arg(long, value_name = "FILE")]
    dark: Option<PathBuf>,
    /// Make tiles as bright as their neighbors.
    #[arg(long, value_name = "WHAT", num_args = 0..=1, default_missing_value = "gain", require_equals = true)]
    exposure: Option<ExposureName>,
}

/// What is adjusted of each tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ExposureName {
    /// A factor.
    Gain,
    /// A factor, and something added.
    GainOffset,
}

fn modes() -> impl TypedValueParser<Value = BlendMode> {
    let named = |name: String| BlendMode::ALL.into_iter().find(|mode| mode.name() == name).unwrap_or_default();
    PossibleValuesParser::new(BlendMode::ALL.map(BlendMode::name)).map(named)
}

fn seams() -> impl TypedValueParser<Value = SeamPath> {
    let named = |name: String| SeamPath::ALL.into_iter().find(|path| path.name() == name).unwrap_or_default();
    PossibleValuesParser::new(SeamPath::ALL.map(SeamPath::name)).map(named)
}

impl BlendArgs {
    /// Do to `mosaic` what was asked for, in the order in which one needs the other: places, light, exposures.
    pub(super) fn apply(&self, mosaic: &mut Mosaic, is_layout_unknown: bool, strict: bool) -> Result<(), Error> {
        let library = library(CACHE);
        let image = |path: &PathBuf| std::path::absolute(path).map_or_else(|_| path.clone().into(), ImageRef::from);
        if self.align {
            self.align(mosaic, &library, is_layout_unknown, strict)?;
        }
        let dark = self.dark.as_ref().map(image);
        let field = match &self.flat_field {
            Some(path) if path.as_os_str() == "auto" => {
                let progress = Progress::default();
                Some(watched(&progress, || estimate_flat_field(mosaic, &library, dark, &progress))?)
            }
            Some(path) => Some(FlatField { flat: Flat::Image(image(path)), dark }),
            None => dark.map(|dark| FlatField { flat: Flat::None, dark: Some(dark) }),
        };
        if let Some(field) = field {
            mosaic.apply(&flat_field_edit(field));
        }
        if let Some(exposure) = self.exposure {
            let what = match exposure {
                ExposureName::Gain => Exposures::Gain,
                ExposureName::GainOffset => Exposures::GainAndOffset,
            };
            let progress = Progress::default();
            let edits = watched(&progress, || matched_exposures(mosaic, &library, what, &progress))?;
            apply_all(mosaic, &edits);
        }
        let blend = Blend { mode: self.blend.unwrap_or_default(), seam: self.seam.unwrap_or_default() };
        mosaic.apply(&Edit::Blend(blend));
        Ok(())
    }

    /// Whether the tiles are aligned.
    pub(super) fn aligns(&self) -> bool {
        self.align
    }

    fn align(
        &self,
        mosaic: &mut Mosaic,
        library: &Library,
        is_layout_unknown: bool,
        strict: bool,
    ) -> Result<(), Error> {
        let reader = PlacementReader::new(library.clone(), mosaic, PixelValue::Gray);
        let tiles = mosaic.placements.iter().map(Tile::of).collect();
        let (options, progress) = (AlignOptions { max_shift: self.max_shift, is_layout_unknown }, Progress::default());
        let alignment = watched(&progress, || align(tiles, &reader, &options, &progress))?;
        let warnings = progress.warnings();
        if let (true, Some(error)) = (strict, warnings.first()) {
            return Err(error.clone());
        }
        warnings.iter().for_each(|warning| eprintln!("mosaicist: warning: {warning}"));
        let states = TileState::ALL.iter().filter(|state| is_layout_unknown || **state != TileState::Unplaced);
        let states: Vec<String> = states.map(|state| format!("{} {}", alignment.count(*state), state.name())).collect();
        let states = states.join(", ");
        let accepted = alignment.links.iter().filter(|link| link.state == LinkState::Accepted).count();
        eprintln!("mosaicist: {states}; {accepted} of {} links accepted", alignment.links.len());
        super::align::move_to(mosaic, &alignment);
        Ok(())
    }
}
