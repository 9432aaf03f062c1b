//! The export options of a recipe, read as those of the command line are; the window reads them so, too.

use std::path::{Path, PathBuf};

use clap::Parser;
use serde_json::Value as Json;

use super::Failure;
use super::args::rect;
use super::output::Output;
use crate::geometry::Rect;
use crate::mosaic::Mosaic;
use crate::work::{ExportRequest, Recipe};
use crate::{Error, Result};

/// The export options of a recipe.
#[derive(Debug, Parser)]
#[command(name = "recipe", no_binary_name = true, disable_help_flag = true)]
pub(crate) struct RecipeOptions {
    #[arg(long, value_parser = rect, allow_hyphen_values = true)]
    region: Option<Rect>,
    #[arg(long, default_value_t = 0)]
    level: usize,
    #[command(flatten)]
    pub(super) output: Output,
}

/// Options that are the command's own.
const OWN: [&str; 4] = ["out", "json", "dry-run", "resume"];

impl RecipeOptions {
    /// Those of `recipe`; else what is wrong with it, for the user.
    pub(crate) fn of(recipe: &Recipe) -> std::result::Result<Self, String> {
        let mut arguments = Vec::new();
        for (name, value) in &recipe.options {
            match value {
                _ if OWN.contains(&&**name) => {
                    return Err(format!("recipe: {name} is an option of the command"));
                }
                Json::Bool(false) => {}
                Json::Bool(true) => arguments.push(format!("--{name}")),
                Json::String(text) => arguments.push(format!("--{name}={text}")),
                Json::Number(number) => arguments.push(format!("--{name}={number}")),
                _ => return Err(format!("recipe: {name}: wants text, a number, true or false")),
            }
        }
        let parsed = Self::try_parse_from(arguments);
        let mut wanted = parsed.map_err(|error| format!("recipe: {}", error.render()))?;
        // A damaged file is to be named, not written with blanks.
        wanted.output.strict = true;
        wanted.output.filters.splice(0..0, recipe.filters.iter().cloned());
        Ok(wanted)
    }
    /// With results that exist replaced, if so asked here or by the recipe.
    pub(crate) fn overwriting(mut self, overwrite: bool) -> Self {
        self.output.overwrite |= overwrite;
        self
    }

    /// The export of `mosaic` to `out`; `protected` are files that it must not overwrite besides the document's images.
    pub(crate) fn request(&self, mosaic: &Mosaic, out: &Path, protected: &[PathBuf]) -> Result<ExportRequest> {
        let mut output = self.output.clone();
        output.out = Some(out.to_owned());
        output.request(mosaic, protected, self.region, self.level).map_err(|failure| match failure {
            Failure::Usage(what) | Failure::Partial(what) => Error::invalid(what),
            Failure::Work(error) => error,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipes_take_options_of_an_export() {
        let of = |text: &str| RecipeOptions::of(&serde_json::from_str::<Recipe>(text).unwrap());
        let recipe =
            r#"{ "filters": ["invert"], "options": { "level": 2, "no-pyramid": true, "region": "-1,0,5,6" } }"#;
        let wanted = of(recipe).unwrap();
        assert_eq!((wanted.level, wanted.region, wanted.output.filters.len()), (2, Some(Rect::new(-1, 0, 4, 6)), 1));
        for refused in [r#"{ "options": { "out": "x" } }"#, r#"{ "options": { "colour": "x" } }"#] {
            assert!(of(refused).is_err(), "{refused}");
        }
    }
}
