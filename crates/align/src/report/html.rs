//! The HTML report: aligned, weak and guessed tiles, a map, and the links with the largest residuals. One file, works offline.

use std::fmt::Write as _;

use super::map::map;
use crate::{Alignment, Link, LinkState, TileState};

/// Rows of a table at most.
const MOST_ROWS: usize = 500;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#222;background:#fff}\
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}svg{width:100%;max-height:80vh;background:#f3f3f3}\
svg rect{stroke:#fff;stroke-width:.6;fill-opacity:.75}svg line{stroke-width:1.6}\
table{border-collapse:collapse;font-variant-numeric:tabular-nums}th,td{padding:.2rem .7rem;text-align:right;border-bottom:1px solid #ddd}\
th:first-child,td:first-child,.name{text-align:left}.key span{display:inline-block;width:.9em;height:.9em;margin:0 .35em 0 1.2em;vertical-align:-1px}\
@media(prefers-color-scheme:dark){body{color:#ddd;background:#1b1b1b}svg{background:#2a2a2a}th,td{border-color:#444}}";

/// The report of an alignment, its tiles named by `names`.
pub fn html(alignment: &Alignment, names: &[String]) -> String {
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>Alignment</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>Alignment of {} tiles</h1>\n",
        alignment.tiles.len()
    );
    summary(alignment, names, &mut out);
    out.push_str("<h2>Map</h2>\n<p class=\"key\">Tiles:<span style=\"background:hsl(140 45% 50%)\"></span>aligned\
        <span style=\"background:hsl(45 85% 55%)\"></span>weak<span style=\"background:hsl(5 70% 55%)\"></span>guessed\
        <span style=\"background:#999\"></span>unplaced. \
        Links: green to red by how far they are off (red: half a pixel and more); dashed where nothing or too little matches.</p>\n");
    out.push_str(&map(alignment, names));
    tiles(alignment, names, &mut out);
    links(alignment, names, &mut out);
    out.push_str("</body>\n</html>\n");
    out
}

fn summary(alignment: &Alignment, names: &[String], out: &mut String) {
    out.push_str("<table>\n<tr><th>Tiles</th><th>number</th></tr>\n");
    for state in TileState::ALL {
        if state == TileState::Unplaced && !alignment.is_unknown {
            continue;
        }
        put(out, format_args!("<tr><td>{}</td><td>{}</td></tr>\n", state.name(), alignment.count(state)));
    }
    out.push_str("</table>\n<p></p>\n<table>\n<tr><th>Links</th><th>number</th><th>median residual, px</th></tr>\n");
    let states = [
        LinkState::Accepted,
        LinkState::Weak,
        LinkState::Bare,
        LinkState::Contradicted,
        LinkState::Rejected,
        LinkState::Unreadable,
    ];
    for state in states {
        let of_state = || alignment.links.iter().filter(|link| link.state == state);
        let count = of_state().count();
        if count > 0 {
            let mut residuals: Vec<f32> = of_state().filter_map(|link| link.residual).collect();
            residuals.sort_by(f32::total_cmp);
            let median = residuals.get(residuals.len() / 2).map_or("–".to_owned(), |median| format!("{median:.3}"));
            put(out, format_args!("<tr><td>{}</td><td>{count}</td><td>{median}</td></tr>\n", state.name()));
        }
    }
    out.push_str("</table>\n");
    if alignment.is_ambiguous {
        out.push_str("<p>The tiles show the same things at several places: some may lie wrong.</p>\n");
    }
    let groups = alignment.groups();
    if groups.len() > 1 {
        put(
            out,
            format_args!(
                "<h2>Groups</h2>\n<p>The tiles fall into {} groups that no accepted link connects; where they lie to each other is a guess.</p>\n<ol>\n",
                groups.len()
            ),
        );
        for group in groups.iter().take(MOST_ROWS) {
            let first: Vec<String> = group.iter().take(12).map(|tile| escape(&names[*tile as usize])).collect();
            let more = if group.len() > 12 { " …" } else { "" };
            put(out, format_args!("<li>{} tiles: {}{more}</li>\n", group.len(), first.join(", ")));
        }
        out.push_str("</ol>\n");
    }
}

/// The tiles that are not aligned.
fn tiles(alignment: &Alignment, names: &[String], out: &mut String) {
    let unsure: Vec<usize> =
        (0..names.len()).filter(|tile| alignment.placed[*tile].state != TileState::Aligned).collect();
    if unsure.is_empty() {
        return;
    }
    put(out, format_args!("<h2>Tiles that are not aligned ({})</h2>\n", unsure.len()));
    out.push_str("<table>\n<tr><th>File</th><th>x</th><th>y</th><th>state</th></tr>\n");
    for tile in unsure.iter().take(MOST_ROWS) {
        let placed = &alignment.placed[*tile];
        put(
            out,
            format_args!(
                "<tr><td>{}</td><td>{:.2}</td><td>{:.2}</td><td>{}</td></tr>\n",
                escape(&names[*tile]),
                placed.position.x,
                placed.position.y,
                placed.state.name()
            ),
        );
    }
    out.push_str("</table>\n");
    left_out(unsure.len(), out);
}

/// The links: those that are not accepted first, then by residual.
fn links(alignment: &Alignment, names: &[String], out: &mut String) {
    let mut links: Vec<&Link> = alignment.links.iter().collect();
    links.sort_by(|a, b| {
        let accepted = |link: &Link| link.state == LinkState::Accepted;
        let residual = |link: &Link| link.residual.unwrap_or(-1.0);
        accepted(a).cmp(&accepted(b)).then(residual(b).total_cmp(&residual(a)))
    });
    put(out, format_args!("<h2>Links ({})</h2>\n", links.len()));
    out.push_str(
        "<table>\n<tr><th>From</th><th class=\"name\">to</th><th>residual, px</th><th>correlation</th><th>moved x</th><th>moved y</th><th>confidence</th><th>state</th></tr>\n",
    );
    for link in links.iter().take(MOST_ROWS) {
        let found = link.chosen.as_ref().or(link.matches().first());
        let number =
            |value: Option<f64>, digits: usize| value.map_or("–".to_owned(), |value| format!("{value:.digits$}"));
        put(
            out,
            format_args!(
                "<tr><td>{}</td><td class=\"name\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{:.2}</td><td>{}</td></tr>\n",
                escape(&names[link.a as usize]),
                escape(&names[link.b as usize]),
                number(link.residual.map(f64::from), 3),
                number(found.map(|found| f64::from(found.ncc)), 3),
                number(found.map(|found| found.step.x - link.expected.x), 2),
                number(found.map(|found| found.step.y - link.expected.y), 2),
                link.confidence,
                link.state.name()
            ),
        );
    }
    out.push_str("</table>\n");
    left_out(links.len(), out);
}

fn left_out(count: usize, out: &mut String) {
    if count > MOST_ROWS {
        put(out, format_args!("<p>{} more are left out.</p>\n", count - MOST_ROWS));
    }
}

/// Text as HTML shows it.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    let put = out.write_fmt(text);
    debug_assert!(put.is_ok(), "a string takes what is written");
}
