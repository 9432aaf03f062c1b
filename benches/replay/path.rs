//! A recorded path: what a hand does, one step a line.

use std::time::Duration;

/// One step. Distances are parts of the canvas's width and height.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Step {
    /// Show all.
    Fit,
    /// Zoom to so many screen pixels for each image pixel, about the point (x, y) of the canvas.
    Zoom {
        to: f64,
        seconds: f64,
        x: f64,
        y: f64,
    },
    /// Be somewhere else: at this part of the picture's width and height.
    Jump {
        x: f64,
        y: f64,
    },
    /// Drag by (dx, dy).
    Drag {
        seconds: f64,
        dx: f64,
        dy: f64,
    },
    /// Use the tool that moves tiles, or else the hand.
    Arrange(bool),
    SelectAll,
    /// Select the region that is nearest to the middle of the canvas.
    Pick,
    /// Drag a vertex of the selected region.
    Vertex {
        seconds: f64,
        dx: f64,
        dy: f64,
    },
    /// Set the filter's parameter to `count` values, and after each wait for the first texture that shows it.
    Knob {
        from: f64,
        to: f64,
        count: f64,
    },
    /// Set it to another value in each frame.
    Turn {
        from: f64,
        to: f64,
        seconds: f64,
    },
    Undo,
    /// Wait until every visible tile is sharp, and measure how long that takes.
    Stop,
    /// Leave mouse and keys alone.
    Rest(Duration),
}

/// Read a path; empty lines and what follows `#` count for nothing.
///
///     fit
///     zoom TO SECONDS X Y
///     jump X Y
///     drag SECONDS DX DY
///     flick DX DY             a drag of a tenth of a second
///     arrange | hand          the tool that drags from now on
///     select-all
///     pick                    select the region nearest to the middle
///     vertex SECONDS DX DY    a drag of its first vertex
///     knob FROM TO COUNT      so many values of the parameter of --filter, each waited for
///     turn FROM TO SECONDS    another value in each frame
///     undo
///     stop
///     rest SECONDS
pub(super) fn read(text: &str) -> Result<Vec<Step>, String> {
    let lines = text.lines().enumerate().map(|(number, line)| (number, line.split('#').next().unwrap_or("").trim()));
    lines
        .filter(|(_, line)| !line.is_empty())
        .map(|(number, line)| step(line).ok_or(format!("line {}: {line}", number + 1)))
        .collect()
}

fn step(line: &str) -> Option<Step> {
    let mut words = line.split_whitespace();
    let what = words.next()?;
    let numbers: Vec<f64> = words.map(|word| word.parse().ok()).collect::<Option<_>>()?;
    Some(match (what, &*numbers) {
        ("fit", []) => Step::Fit,
        ("zoom", &[to, seconds, x, y]) => Step::Zoom { to, seconds, x, y },
        ("jump", &[x, y]) => Step::Jump { x, y },
        ("drag", &[seconds, dx, dy]) => Step::Drag { seconds, dx, dy },
        ("flick", &[dx, dy]) => Step::Drag { seconds: 0.1, dx, dy },
        ("arrange", []) => Step::Arrange(true),
        ("hand", []) => Step::Arrange(false),
        ("select-all", []) => Step::SelectAll,
        ("pick", []) => Step::Pick,
        ("vertex", &[seconds, dx, dy]) => Step::Vertex { seconds, dx, dy },
        ("knob", &[from, to, count]) => Step::Knob { from, to, count },
        ("turn", &[from, to, seconds]) => Step::Turn { from, to, seconds },
        ("undo", []) => Step::Undo,
        ("stop", []) => Step::Stop,
        ("rest", &[seconds]) => Step::Rest(Duration::try_from_secs_f64(seconds).ok()?),
        _ => return None,
    })
}
