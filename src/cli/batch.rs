//! `batch`: the same filters and export for many files.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use lexopt::prelude::*;
use serde_json::{Value as Json, json};

use super::output::OutputOptions;
use super::{Done, Failure, print, rect};
use crate::Error;
use crate::geometry::Rect;
use crate::job::Progress;
use crate::mosaic::Mosaic;
use crate::work::{BatchReport, Recipe, batch, batch_items, list_images};

pub(super) fn run(mut parser: lexopt::Parser) -> Done {
    let (mut files, mut recipe, mut out): (Vec<PathBuf>, Option<PathBuf>, Option<OsString>) = (Vec::new(), None, None);
    let (mut resume, mut as_json, mut overwrite) = (false, false, false);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("recipe") => recipe = Some(parser.value()?.into()),
            Short('o') | Long("out") => out = Some(parser.value()?),
            Long("resume") => resume = true,
            Long("json") => as_json = true,
            Long("overwrite") => overwrite = true,
            Value(value) => files.push(value.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    let missing = |what: &str| Failure::Usage(format!("batch wants {what}"));
    let recipe = recipe.ok_or_else(|| missing("--recipe RECIPE.json"))?;
    let out = out.ok_or_else(|| missing("-o 'OUT/{name}.tif'"))?.string()?;
    if files.is_empty() {
        return Err(missing("files or folders"));
    }
    let protected = [recipe];
    let recipe = Recipe::load(&protected[0])?;
    let mut wanted = RecipeOptions::of(&recipe)?;
    wanted.options.overwrite |= overwrite;
    let items = batch_items(&list_images(&files)?, &out)?;
    let count = items.len();
    // What decides the results: an earlier run with anything else counts for nothing.
    let identity = format!("{}\n{out}", json!(recipe));
    let request = |mosaic: &Mosaic, out: &Path| {
        let options = OutputOptions { out: Some(out.to_owned()), ..wanted.options.clone() };
        options.request(mosaic, &protected, wanted.region, wanted.level).map_err(|failure| match failure {
            Failure::Usage(what) | Failure::Partial(what) => Error::invalid(what),
            Failure::Work(error) => error,
        })
    };
    let report = batch(&items, &identity, resume, request, |number, item| {
        eprintln!("{} of {count}: {}", number + 1, item.input.display());
        Progress::default()
    })?;
    tell(&report, as_json)
}

/// What a recipe asks of an export.
struct RecipeOptions {
    options: OutputOptions,
    region: Option<Rect>,
    level: usize,
}

impl RecipeOptions {
    fn of(recipe: &Recipe) -> Result<Self, Failure> {
        let mut arguments = Vec::new();
        for (name, value) in &recipe.options {
            match value {
                Json::Bool(false) => continue,
                Json::Bool(true) => arguments.push(format!("--{name}")),
                Json::String(text) => arguments.push(format!("--{name}={text}")),
                Json::Number(number) => arguments.push(format!("--{name}={number}")),
                _ => return Err(Failure::Usage(format!("recipe: {name}: wants text, a number, true or false"))),
            }
        }
        // A damaged file is to be named, not written with blanks.
        let options = OutputOptions { strict: true, filters: recipe.filters.clone(), ..OutputOptions::default() };
        let mut wanted = Self { options, region: None, level: 0 };
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            let Long(name) = argument else { return Err(argument.unexpected().into()) };
            match &*name.to_owned() {
                "region" => wanted.region = Some(rect(&parser.value()?, "region")?),
                "level" => wanted.level = parser.value()?.parse()?,
                name => {
                    if matches!(name, "out" | "json" | "dry-run" | "resume")
                        || !wanted.options.take(name, &mut parser)?
                    {
                        return Err(Failure::Usage(format!("recipe: unknown option '{name}'")));
                    }
                }
            }
        }
        Ok(wanted)
    }
}

/// The failures last, where people look.
fn tell(report: &BatchReport, as_json: bool) -> Done {
    let failed = report.failed.len();
    if as_json {
        let failures = report.failed.iter().map(|(path, error)| json!({ "file": path, "reason": error.reason() }));
        let failures: Vec<_> = failures.collect();
        print(&format!("{:#}\n", json!({ "done": report.done, "skipped": report.skipped, "failed": failures })))?;
    }
    eprintln!("{} done, {} done before, {failed} failed", report.done, report.skipped);
    for (path, error) in &report.failed {
        eprintln!("  {}: {}", path.display(), error.reason());
    }
    match failed {
        0 => Ok(()),
        _ => Err(Failure::Partial(format!("{failed} of {} files failed", failed + report.done + report.skipped))),
    }
}
