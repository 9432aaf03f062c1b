//! The options of `stitch` that say where tiles lie.

use std::path::PathBuf;

use lexopt::prelude::*;

use super::Failure;
use crate::Error;
use crate::mosaic::layout::{Align, Axes, CellSize};
use crate::mosaic::positions::Columns;
use crate::mosaic::{Grid, Length, NameLayout, TileLayout};
use crate::work::{Placing, PlaneChoice};

/// The options, as far as they were given.
#[derive(Debug, Default)]
pub(super) struct LayoutOptions {
    grid: Grid,
    /// The option that asks for tiles in order, if one was given.
    in_order: Option<&'static str>,
    /// Whether an option of the grid's measures was given.
    measured: bool,
    layout: Option<String>,
    pattern: Option<String>,
    positions: Option<PathBuf>,
    columns: Option<Columns>,
    axes: Axes,
    pub(super) pixel_size: Option<(f64, f64)>,
    pub(super) plane: PlaneChoice,
}

impl LayoutOptions {
    /// Take one option if it is one of these.
    pub(super) fn take(&mut self, name: &str, parser: &mut lexopt::Parser) -> Result<bool, Failure> {
        let wrong = |error: Error| Failure::Usage(error.to_string());
        let mut text = || -> Result<String, Failure> { Ok(parser.value()?.string()?) };
        match name {
            "across" | "down" => {
                let count: u32 = parser.value()?.parse()?;
                if count == 0 {
                    return Err(Failure::Usage(format!("--{name} wants at least 1")));
                }
                let (side, option) = match name {
                    "across" => (&mut self.grid.across, "--across"),
                    _ => (&mut self.grid.down, "--down"),
                };
                (*side, self.in_order) = (Some(count), Some(option));
            }
            "layout" => {
                self.layout = Some(text()?);
                self.in_order = self.in_order.or(Some("--layout"));
            }
            "overlap" => self.grid.overlap = pair::<Length>(&text()?, "--overlap")?,
            "spacing" => self.grid.spacing = pair::<f64>(&text()?, "--spacing")?,
            "skew" => self.grid.skew = pair::<f64>(&text()?, "--skew")?,
            "align" => {
                self.grid.align = match &*text()? {
                    "start" => (Align::Start, Align::Start),
                    "center" => (Align::Center, Align::Center),
                    "end" => (Align::End, Align::End),
                    other => {
                        let what = format!("unknown alignment '{other}'; there are start, center and end");
                        return Err(Failure::Usage(what));
                    }
                };
            }
            "cells" => {
                self.grid.cell = match &*text()? {
                    "each" => CellSize::Each,
                    "largest" => CellSize::Largest,
                    "median" => CellSize::Median,
                    other => {
                        let what = format!("unknown size of cells '{other}'; there are each, largest and median");
                        return Err(Failure::Usage(what));
                    }
                };
            }
            "pattern" => self.pattern = Some(text()?),
            "positions" => self.positions = Some(parser.value()?.into()),
            "columns" => self.columns = Some(text()?.parse().map_err(wrong)?),
            "pixel-size" => self.pixel_size = Some(pair::<f64>(&text()?, "--pixel-size")?),
            "plane" => self.plane = text()?.parse().map_err(wrong)?,
            "swap-axes" => self.axes.swap = true,
            "flip-x" => self.axes.flip_x = true,
            "flip-y" => self.axes.flip_y = true,
            _ => return Ok(false),
        }
        self.measured |= matches!(name, "overlap" | "spacing" | "skew" | "align" | "cells");
        Ok(true)
    }

    /// Whether tiles need not be named: a file of positions does.
    pub(super) fn names_tiles(&self) -> bool {
        self.positions.as_deref().is_some_and(|path| !is_metadata(path))
    }

    /// Where tiles get their places from.
    pub(super) fn placing(&self) -> Result<Placing, Failure> {
        let refuse = |one: &str, other: &str| Failure::Usage(format!("either {one} or {other}, not both"));
        let mut grid = self.grid;
        if let Some(layout) = &self.layout {
            grid.parse_layout(layout).map_err(|error| Failure::Usage(error.to_string()))?;
        }
        match (&self.positions, &self.pattern) {
            (Some(_), Some(_)) => Err(refuse("--positions", "--pattern")),
            (Some(_), None) if self.in_order.is_some() => Err(refuse("--positions", self.in_order.unwrap_or_default())),
            (Some(_), None) if self.measured => Err(Failure::Usage(
                "--overlap, --spacing, --skew, --align and --cells are of grids, not of --positions".into(),
            )),
            (Some(path), None) if is_metadata(path) => Ok(Placing::Metadata(self.axes)),
            (Some(path), None) => {
                let columns = self.columns.clone().unwrap_or_default();
                Ok(Placing::File { path: path.clone(), columns, axes: self.axes })
            }
            _ if self.columns.is_some() => Err(Failure::Usage("--columns needs --positions FILE".into())),
            (None, Some(pattern)) => {
                let pixel_size = self.pixel_size;
                let layout = NameLayout { grid, axes: self.axes, pixel_size, ..NameLayout::new(pattern.clone()) };
                Ok(Placing::Layout(TileLayout::Names(layout)))
            }
            (None, None) if self.in_order.is_some() => Ok(Placing::Layout(TileLayout::Grid(grid))),
            (None, None) => Ok(Placing::Auto(grid)),
        }
    }
}

fn is_metadata(path: &std::path::Path) -> bool {
    path.as_os_str() == "metadata"
}

/// `X,Y`, or one value for both.
fn pair<T: std::str::FromStr + Copy>(text: &str, what: &str) -> Result<(T, T), Failure> {
    let parse = |part: &str| part.trim().parse::<T>().ok();
    let parsed = match text.split_once(',') {
        Some((x, y)) => parse(x).zip(parse(y)),
        None => parse(text).map(|both| (both, both)),
    };
    let units = if what == "--overlap" { ", in px or as 10%" } else { "" };
    parsed.ok_or_else(|| Failure::Usage(format!("{what} wants X,Y or one number for both{units}, not '{text}'")))
}
