//! `batch`: the same filters and export for many files.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::recipe::RecipeOptions;
use super::{Done, Failure, print};
use crate::mosaic::Mosaic;
use crate::work::{BatchPlan, BatchReport, BatchTurn, Recipe, batch, list_images};

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
        let wanted = RecipeOptions::of(&recipe).map_err(Failure::Usage)?.overwriting(self.overwrite);
        let plan = BatchPlan::new(&list_images(&self.files)?, &self.out, &recipe)?;
        plan.check()?;
        let count = plan.items.len();
        let numbers: Vec<usize> = (0..count).collect();
        wanted.output.keep_to_memory();
        let request = |mosaic: &Mosaic, out: &Path| wanted.request(mosaic, out, &protected);
        let report = batch(&plan, &numbers, self.resume, request, |number, turn| {
            if let BatchTurn::Begins(item, _) = turn {
                say!("{} of {count}: {}", number + 1, item.input);
            }
        })?;
        tell(&report, self.json)
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
