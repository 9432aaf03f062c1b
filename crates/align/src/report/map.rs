//! The map of a report: tiles as rectangles colored by confidence, links as lines colored by residual, as SVG.

use std::fmt::Write as _;

use crate::geometry::Rect;
use crate::{Alignment, LinkState, TileState};

/// More tiles are drawn together, a cell of the map for those that lie in it.
const MOST_TILES: usize = 6_000;
/// Cells along the longer side then.
const CELLS: f64 = 120.0;
/// The longer side of the map, in its own units.
const LONG_SIDE: f64 = 1000.0;

/// The map; `names` are the tooltips of tiles.
pub(super) fn map(alignment: &Alignment, names: &[String]) -> String {
    let rects: Vec<Rect> = alignment
        .tiles
        .iter()
        .zip(&alignment.placed)
        .map(|(tile, placed)| {
            let (x, y) = placed.position.round();
            Rect::at(x, y, tile.size)
        })
        .collect();
    let bounds = rects.iter().fold(Rect::default(), |all, rect| all.union(*rect));
    let scale = LONG_SIDE / bounds.width().max(bounds.height()).max(1) as f64;
    let to_map = |x: f64, y: f64| ((x - bounds.x0 as f64) * scale, (y - bounds.y0 as f64) * scale);
    let mut out = format!(
        "<svg id=\"map\" viewBox=\"-4 -4 {:.1} {:.1}\" role=\"img\" aria-label=\"Map of the tiles\">\n",
        bounds.width() as f64 * scale + 8.0,
        bounds.height() as f64 * scale + 8.0
    );
    if rects.len() > MOST_TILES {
        cells(alignment, &rects, bounds, scale, &mut out);
    } else {
        for ((rect, placed), name) in rects.iter().zip(&alignment.placed).zip(names) {
            let (x, y) = to_map(rect.x0 as f64, rect.y0 as f64);
            let (width, height) = (rect.width() as f64 * scale, rect.height() as f64 * scale);
            let color = tile_color(placed.state, placed.confidence);
            put(
                &mut out,
                format_args!(
                    "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" fill=\"{color}\"><title>{}: {} ({:.2})</title></rect>\n",
                    super::html::escape(name),
                    placed.state.name(),
                    placed.confidence
                ),
            );
        }
        for link in &alignment.links {
            let middle = |tile: u32| {
                let rect = rects[tile as usize];
                to_map((rect.x0 + rect.x1) as f64 / 2.0, (rect.y0 + rect.y1) as f64 / 2.0)
            };
            let ((x0, y0), (x1, y1)) = (middle(link.a), middle(link.b));
            let (color, dashes) = link_color(link.state, link.residual.unwrap_or(0.0));
            put(
                &mut out,
                format_args!(
                    "<line x1=\"{x0:.1}\" y1=\"{y0:.1}\" x2=\"{x1:.1}\" y2=\"{y1:.1}\" stroke=\"{color}\"{dashes}/>\n"
                ),
            );
        }
    }
    out.push_str("</svg>\n");
    out
}

/// Many tiles: each cell has the color of the worst of its tiles.
fn cells(alignment: &Alignment, rects: &[Rect], bounds: Rect, scale: f64, out: &mut String) {
    let side = LONG_SIDE / CELLS;
    let mut worst = std::collections::BTreeMap::new();
    for (rect, placed) in rects.iter().zip(&alignment.placed) {
        let middle = |from: i64, to: i64, start: i64| (((from + to) as f64 / 2.0 - start as f64) * scale / side) as i64;
        let cell = (middle(rect.y0, rect.y1, bounds.y0), middle(rect.x0, rect.x1, bounds.x0));
        let at = worst.entry(cell).or_insert((placed.state, placed.confidence, 0u32));
        *at = (at.0.max(placed.state), at.1.min(placed.confidence), at.2 + 1);
    }
    for ((row, column), (state, confidence, count)) in worst {
        put(
            out,
            format_args!(
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{side:.1}\" height=\"{side:.1}\" fill=\"{}\"><title>{count} tiles, worst: {} ({confidence:.2})</title></rect>\n",
                column as f64 * side,
                row as f64 * side,
                tile_color(state, confidence),
                state.name()
            ),
        );
    }
}

/// Green by confidence, yellow for weak, red for guessed, gray for unplaced.
fn tile_color(state: TileState, confidence: f32) -> String {
    match state {
        TileState::Aligned => format!("hsl({:.0} 45% 50%)", 80.0 + 70.0 * confidence.clamp(0.0, 1.0)),
        TileState::Weak => "hsl(45 85% 55%)".to_owned(),
        TileState::Guessed => "hsl(5 70% 55%)".to_owned(),
        TileState::Unplaced => "#999".to_owned(),
    }
}

fn link_color(state: LinkState, residual: f32) -> (String, &'static str) {
    let dashed = " stroke-dasharray=\"3 3\"";
    match state {
        // Half a pixel is as red as it gets.
        LinkState::Accepted => (format!("hsl({:.0} 80% 22%)", 140.0 * (1.0 - (residual / 0.5).min(1.0))), ""),
        LinkState::Weak => ("#a60".to_owned(), dashed),
        LinkState::Bare => ("#999".to_owned(), dashed),
        LinkState::Contradicted | LinkState::Rejected | LinkState::Unreadable => ("#c00".to_owned(), dashed),
    }
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    let put = out.write_fmt(text);
    debug_assert!(put.is_ok(), "a string takes what is written");
}
