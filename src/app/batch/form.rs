//! [`BatchForm`]: the fields of the batch dialog, and the recipe and the plan that they make.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value as Json;

use super::recipe;
use crate::ImageRef;
use crate::app::ExportForm;
use crate::cli::recipe::RecipeOptions;
use crate::export::Format;
use crate::filter::FilterSpec;
use crate::work::{BatchPlan, Recipe};

/// The option that applies display settings.
const AS_SEEN: &str = "as-seen";
/// The name of a result, without its ending.
const NAME: &str = "{name}";

/// The fields of the batch dialog.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchForm {
    /// Shared: there may be very many.
    pub files: Arc<Vec<ImageRef>>,
    /// The filters that each image goes through, in order.
    pub filters: Vec<FilterSpec>,
    /// The format and its options; the path is the pattern of names.
    pub export: ExportForm,
    /// Apply each image's display settings (8-bit RGB).
    pub as_seen: bool,
    /// Options of a loaded recipe that have no field.
    pub further: BTreeMap<String, Json>,
    /// The folder of the results.
    pub folder: String,
    /// Replace results that exist, and do again what an earlier run has done.
    pub replace: bool,
}

impl BatchForm {
    /// Without files; `format` is that of the results.
    pub(in crate::app) fn new(format: Format) -> Self {
        Self {
            files: Arc::default(),
            filters: Vec::new(),
            export: export_form(format),
            as_seen: false,
            further: BTreeMap::new(),
            folder: String::new(),
            replace: false,
        }
    }

    /// What is done with each file, as the command line reads it.
    pub fn recipe(&self) -> Recipe {
        let mut options = recipe::options(&self.export);
        if self.as_seen {
            options.remove("profile");
            options.insert(AS_SEEN.to_owned(), Json::Bool(true));
        }
        options.extend(self.further.clone());
        Recipe { filters: self.filters.clone(), options }
    }

    /// Takes over a recipe; files and names stay. Fails, for the user, if it has options that there are not.
    pub fn adopt(&mut self, recipe: &Recipe) -> Result<(), String> {
        RecipeOptions::of(recipe)?;
        let mut export = export_form(self.export.format);
        export.path.clone_from(&self.export.path);
        let mut further = recipe.options.clone();
        self.as_seen = further.remove(AS_SEEN) == Some(Json::Bool(true));
        recipe::take(&mut export, &mut further);
        further.retain(|_, value| *value != Json::Bool(false));
        (self.export, self.further, self.filters) = (export, further, recipe.filters.clone());
        Ok(())
    }

    /// The options that each file is exported with; else what is wrong with them, for the user.
    pub(in crate::app) fn options(&self) -> Result<RecipeOptions, String> {
        Ok(RecipeOptions::of(&self.recipe())?.overwriting(self.replace))
    }

    /// Where results go: a path with fields, as `mosaicist batch -o` has it.
    pub fn pattern(&self) -> Result<String, String> {
        let folder = self.folder.trim();
        if folder.is_empty() {
            return Err("say where to write: the folder is empty".into());
        }
        let name = self.export.out().map_err(|error| error.reason())?;
        Ok(Path::new(folder).join(name).to_string_lossy().into_owned())
    }

    /// Which file becomes what; else why not, for the user. Reads the disk.
    pub(super) fn plan(&self) -> Result<BatchPlan, String> {
        self.options()?;
        BatchPlan::new(&self.files, &self.pattern()?, &self.recipe()).map_err(|error| error.to_string())
    }
}

/// The usual options of a format, with the usual names.
fn export_form(format: Format) -> ExportForm {
    let mut form = ExportForm::new(None, Path::new(NAME));
    form.choose(format);
    form.compression = None;
    form
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::jpeg::{StoredColors, Subsampling};
    use crate::export::{Compression, Edges, FORMATS, Offsets, OptionName, TileFormat};
    use crate::geometry::Size;
    use crate::mosaic::{Mosaic, PixelKind, Placement};

    /// A form with each field of `format` that has an effect changed.
    fn changed(format: Format, compression: Option<Compression>) -> BatchForm {
        let mut form = BatchForm::new(format);
        let (export, spec) = (&mut form.export, format.spec());
        (export.level, export.scale, export.flatten, export.background) = (1, 0.5, true, [1, 2, 3]);
        (export.profile, export.memory_mib) = (Some("adobe-rgb"), 300);
        export.compression = compression.filter(|kind| spec.compressions.contains(kind));
        export.tiles = spec.tiles.last().copied().unwrap_or(TileFormat::Jpg);
        export.flatten = export.may_flatten();
        if spec.tile > 0 && spec.has(OptionName::Tile) {
            export.tile = Some(spec.tile * 2);
        }
        if spec.overlap.is_some() {
            export.overlap = 3;
        }
        if export.is_jpeg() {
            (export.quality, export.subsampling) = (61, Subsampling::Full);
        }
        export.copy_tiles = !spec.has(OptionName::Copy);
        export.extras.viewer = spec.has(OptionName::Viewer);
        export.extras.id = spec.has(OptionName::Id).then(|| "https://example.org/i".into());
        export.extras.pattern = spec.has(OptionName::Pattern).then(|| "{x}_{y}".into());
        export.extras.skip_empty = spec.has(OptionName::SkipEmpty);
        export.extras.edges = if spec.has(OptionName::Edges) { Edges::Pad } else { Edges::Cut };
        export.extras.shard = if spec.has(OptionName::Shard) { 4 } else { 0 };
        export.tiff.offsets = spec.has(OptionName::Offsets).then_some(Offsets::Classic);
        export.tiff.sub_images = spec.has(OptionName::SubImages);
        if spec.has(OptionName::Predictor)
            && matches!(export.compression, Some(Compression::Deflate | Compression::Zstd))
        {
            export.tiff.predictor = false;
        }
        if spec.has(OptionName::ZstdLevel) && export.compression == Some(Compression::Zstd) {
            export.tiff.zstd_level = 7;
        }
        form.filters = vec!["gaussian:sigma=2".parse().unwrap(), "invert".parse().unwrap()];
        form
    }

    fn all() -> impl Iterator<Item = BatchForm> {
        let compressions = [None, Some(Compression::Jpeg), Some(Compression::Deflate), Some(Compression::Zstd)];
        FORMATS.iter().flat_map(move |spec| compressions.map(|kind| changed(spec.format, kind)))
    }

    #[test]
    fn a_recipe_exports_what_the_form_says() {
        let mut mosaic = Mosaic::default();
        mosaic.add(Placement { kind: Some(PixelKind::RGB8), ..Placement::new("a.png", Size::new(600, 400)) });
        for form in all() {
            let by_recipe = form.options().and_then(|options| {
                let out = form.export.out().map_err(|error| error.to_string())?;
                options.request(&mosaic, &out, &[]).map_err(|error| error.to_string())
            });
            let by_recipe = by_recipe.unwrap_or_else(|why| panic!("{:?}: {why}", form.recipe()));
            let by_form = form.export.request(&mosaic).unwrap();
            assert_eq!(by_recipe.options, by_form.options, "{:?}", form.recipe());
            assert_eq!(
                (by_recipe.level, by_recipe.scale, by_recipe.flatten, &by_recipe.profile, &by_recipe.filters),
                (by_form.level, by_form.scale, by_form.flatten, &by_form.profile, &form.filters)
            );
        }
    }

    #[test]
    fn a_recipe_fills_the_form_in_again() {
        for form in all() {
            let mut again = BatchForm::new(Format::Png);
            again.adopt(&form.recipe()).unwrap();
            assert_eq!(again, form);
        }
        let mut form = BatchForm::new(Format::Tiff);
        form.export.compression = Some(Compression::Jpeg);
        form.export.tiff.jpeg_colors = StoredColors::Rgb;
        (form.export.subsampling, form.as_seen) = (Subsampling::Full, true);
        let mut again = BatchForm::new(Format::Tiff);
        again.adopt(&form.recipe()).unwrap();
        assert_eq!(again, form);
    }

    #[test]
    fn options_without_a_field_are_kept() {
        let text = r#"{ "options": { "threads": 1, "level": 2, "viewer": false, "downsample": "nearest" } }"#;
        let recipe: Recipe = serde_json::from_str(text).unwrap();
        let mut form = BatchForm::new(Format::Tiff);
        form.adopt(&recipe).unwrap();
        assert_eq!((form.export.level, form.further.len()), (2, 2));
        let again = form.recipe();
        assert_eq!(again.options["downsample"], "nearest");
        let before = form.clone();
        assert!(form.adopt(&serde_json::from_str(r#"{ "options": { "colour": 1 } }"#).unwrap()).is_err());
        assert_eq!(form, before);
    }
}
