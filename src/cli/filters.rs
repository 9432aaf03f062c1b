//! `filters`: the filters there are, and the value of `--filter`.

use lexopt::prelude::*;
use serde_json::json;

use super::{Done, Failure, print};
use crate::filter::{FILTERS, Filter, FilterSpec, find_filter};

/// The value of `--filter`.
pub(super) fn parse(text: &str) -> Result<FilterSpec, Failure> {
    text.parse().map_err(|error: crate::Error| Failure::Usage(error.to_string()))
}

pub(super) fn run(mut parser: lexopt::Parser) -> Done {
    let (mut name, mut as_json) = (None, false);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("json") => as_json = true,
            Value(value) if name.is_none() => name = Some(value.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    let chosen: Vec<&Filter> = match &name {
        Some(name) => vec![
            find_filter(name).ok_or_else(|| Failure::Usage(format!("no filter '{name}'; see mosaicist filters")))?,
        ],
        None => FILTERS.iter().collect(),
    };
    if as_json {
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
