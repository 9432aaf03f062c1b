//! `filters`: the filters there are, and the value of `--filter`.

use clap::Args;
use serde_json::json;

use super::{Done, Failure, print};
use crate::filter::{FILTERS, Filter, find_filter};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  mosaicist filters\n  mosaicist filters gaussian --json")]
pub(super) struct Filters {
    /// One filter; all unless given.
    name: Option<String>,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

impl Filters {
    pub(super) fn run(&self) -> Done {
        let chosen: Vec<&Filter> = match &self.name {
            Some(name) => vec![
                find_filter(name)
                    .ok_or_else(|| Failure::Usage(format!("no filter '{name}'; see mosaicist filters")))?,
            ],
            None => FILTERS.iter().collect(),
        };
        if self.json {
            let all: Vec<_> = chosen.into_iter().map(json_of).collect();
            return print(&format!("{:#}\n", json!(all)));
        }
        let mut text = String::new();
        let mut group = None;
        for filter in chosen {
            if group != Some(filter.group) {
                text += &format!("{}{}\n", if group.is_some() { "\n" } else { "" }, filter.group.title());
                group = Some(filter.group);
            }
            text += &format!("  {:<14} {}\n", filter.name, filter.help);
            for param in filter.params {
                let unit = if param.unit.is_empty() { String::new() } else { format!(" {}", param.unit) };
                let (range, default) = (param.kind.range(), param.kind.default());
                text += &format!("      {:<11} {} ({range}{unit}; {default})\n", param.name, param.help);
            }
        }
        print(&text)
    }
}

fn json_of(filter: &Filter) -> serde_json::Value {
    let params: Vec<_> = filter
        .params
        .iter()
        .map(|param| {
            let default = param.kind.default().to_string();
            json!({ "name": param.name, "unit": param.unit, "range": param.kind.range(), "default": default, "help": param.help })
        })
        .collect();
    json!({ "name": filter.name, "group": filter.group.title(), "help": filter.help, "params": params })
}
