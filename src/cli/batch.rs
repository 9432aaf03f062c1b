//! `batch`: the same filters and export for many files.

use std::path::{Path, PathBuf};

use clap::{Args, Parser};
use serde_json::{Value as Json, json};

use super::args::rect;
use super::output::Output;
use super::{Done, Failure, print};
use crate::Error;
use crate::geometry::Rect;
use crate::job::Progress;
use crate::mosaic::Mosaic;
use crate::work::{BatchReport, Recipe, batch, batch_items, list_images};

#[derive(Debug, Args)]
#[command(after_help = "Example:
  mosaicist batch scans/ --recipe recipe.json -o 'out/{name}.tif'

A recipe: { \"filters\": [\"gaussian:sigma=2\"], \"options\": { \"compression\": \"deflate\", \"no-pyramid\": true } }")]
pub(super) struct Batch {
    /// Images, and folders of images.
    #[arg(required = true, value_name = "FILE|FOLDER")]
    files: Vec<PathBuf>,
    /// Filters, and options of an export by their names.
    #[arg(long, value_name = "FILE")]
    recipe: PathBuf,
    /// Where results go: {name} is the file's name without its ending, {index} its number from 1.
    #[arg(short, long)]
    out: String,
    /// Continue an interrupted batch: finished files are skipped.
    #[arg(long)]
    resume: bool,
    /// Replace results that exist.
    #[arg(long)]
    overwrite: bool,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

impl Batch {
    pub(super) fn run(&self) -> Done {
        let protected = [self.recipe.clone()];
        let recipe = Recipe::load(&self.recipe)?;
        let mut wanted = RecipeOptions::of(&recipe)?;
        wanted.output.overwrite |= self.overwrite;
        let items = batch_items(&list_images(&self.files)?, &self.out)?;
        let count = items.len();
        // The parameters that determine the results: an earlier run with others cannot be continued.
        let identity = format!("{}\n{}", json!(recipe), self.out);
        let request = |mosaic: &Mosaic, out: &Path| {
            let mut output = wanted.output.clone();
            output.out = Some(out.to_owned());
            output.request(mosaic, &protected, wanted.region, wanted.level).map_err(|failure| match failure {
                Failure::Usage(what) | Failure::Partial(what) => Error::invalid(what),
                Failure::Work(error) => error,
            })
        };
        let report = batch(&items, &identity, self.resume, request, |number, item| {
            say!("{} of {count}: {}", number + 1, item.input);
            Progress::default()
        })?;
        tell(&report, self.json)
    }
}

/// The export options of a recipe.
#[derive(Debug, Parser)]
#[command(name = "recipe", no_binary_name = true, disable_help_flag = true)]
struct RecipeOptions {
    #[arg(long, value_parser = rect, allow_hyphen_values = true)]
    region: Option<Rect>,
    #[arg(long, default_value_t = 0)]
    level: usize,
    #[command(flatten)]
    output: Output,
}

/// Options that are the command's own.
const OWN: [&str; 4] = ["out", "json", "dry-run", "resume"];

impl RecipeOptions {
    fn of(recipe: &Recipe) -> Result<Self, Failure> {
        let mut arguments = Vec::new();
        for (name, value) in &recipe.options {
            match value {
                _ if OWN.contains(&&**name) => {
                    return Err(Failure::Usage(format!("recipe: {name} is an option of the command")));
                }
                Json::Bool(false) => {}
                Json::Bool(true) => arguments.push(format!("--{name}")),
                Json::String(text) => arguments.push(format!("--{name}={text}")),
                Json::Number(number) => arguments.push(format!("--{name}={number}")),
                _ => return Err(Failure::Usage(format!("recipe: {name}: wants text, a number, true or false"))),
            }
        }
        let parsed = Self::try_parse_from(arguments);
        let mut wanted = parsed.map_err(|error| Failure::Usage(format!("recipe: {}", error.render())))?;
        // A damaged file is to be named, not written with blanks.
        wanted.output.strict = true;
        wanted.output.filters.splice(0..0, recipe.filters.iter().cloned());
        Ok(wanted)
    }
}

/// Failures last, where they are not missed.
fn tell(report: &BatchReport, as_json: bool) -> Done {
    let failed = report.failed.len();
    if as_json {
        let failures = report.failed.iter().map(|(path, error)| json!({ "file": path, "reason": error.reason() }));
        let failures: Vec<_> = failures.collect();
        print(&format!("{:#}\n", json!({ "done": report.done, "skipped": report.skipped, "failed": failures })))?;
    }
    say!("{} done, {} done before, {failed} failed", report.done, report.skipped);
    for (path, error) in &report.failed {
        say!("  {}: {}", path.display(), error.reason());
    }
    match failed {
        0 => Ok(()),
        _ => Err(Failure::Partial(format!("{failed} of {} files failed", failed + report.done + report.skipped))),
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
        let wanted = of(recipe).ok().unwrap();
        assert_eq!((wanted.level, wanted.region, wanted.output.filters.len()), (2, Some(Rect::new(-1, 0, 4, 6)), 1));
        for refused in [r#"{ "options": { "out": "x" } }"#, r#"{ "options": { "colour": "x" } }"#] {
            assert!(matches!(of(refused), Err(Failure::Usage(_))), "{refused}");
        }
    }
}
