//! Position and size of the selected region, in fields.

use egui::{Response, Ui, vec2};

use crate::app::panels::field::number_field;
use crate::app::panels::side::row;
use crate::app::{App, RegionCommand};
use crate::geometry::{Affine, Point};
use crate::mosaic::{Region, RoiId};

/// Points that a field is wide.
const FIELD: f32 = 74.0;
/// The least side that a region is given, in canvas pixels.
const LEAST: f64 = 0.01;

/// The fields. What is typed or dragged counts once that has ended, as one step to undo.
#[derive(Default)]
pub(super) struct RegionPlace {
    /// The region, the box around it in the document, and the box in the fields.
    changed: Option<(RoiId, Sides, Sides)>,
}

/// A box in canvas pixels: left, top, width, height.
type Sides = [f64; 4];

impl RegionPlace {
    pub(super) fn ui(&mut self, ui: &mut Ui, app: &App, region: &Region) {
        let bounds = region.geometry.bounds();
        let before = [bounds.x0, bounds.y0, bounds.x1 - bounds.x0, bounds.y1 - bounds.y0];
        let known = self.changed.take().filter(|(id, was, _)| *id == region.id && *was == before);
        let mut now = known.map_or(before, |(_, _, now)| now);
        let (mut goes_on, mut ends) = (false, false);
        let mut note = |response: &Response| {
            goes_on |= response.dragged() || response.has_focus();
            ends |= response.drag_stopped() || response.lost_focus();
        };
        ui.add_enabled_ui(!region.locked, |ui| {
            row(ui, "Position, px", |ui| {
                note(&number(ui, "Region X", "X", &mut now[0]));
                note(&number(ui, "Region Y", "Y", &mut now[1]));
            });
            row(ui, "Size, px", |ui| {
                for (side, name, prefix) in [(2, "Region width", "W"), (3, "Region height", "H")] {
                    // A point or a level line has no size to change.
                    let is_long = before[side] > 0.0;
                    ui.add_enabled_ui(is_long, |ui| note(&number(ui, name, prefix, &mut now[side])));
                    now[side] = if is_long { now[side].max(LEAST) } else { before[side] };
                }
            });
        });
        if ends && now != before {
            let label = if now[2..] == before[2..] { "Move regions" } else { "Resize regions" };
            app.ask(RegionCommand::Transform { label, by: between(before, now) });
        } else if goes_on {
            self.changed = Some((region.id, before, now));
        }
    }
}

/// One of two fields in a row: no more digits than fit, or the panel would grow while a region is dragged.
fn number(ui: &mut Ui, name: &str, prefix: &str, value: &mut f64) -> Response {
    let decimals = usize::from(value.abs() < 10_000.0);
    let field = number_field(value).speed(1.0).max_decimals(decimals).prefix(format!("{prefix} "));
    let response = ui.add_sized(vec2(FIELD, ui.spacing().interact_size.y), field);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::SpinButton, true, name));
    response
}

/// What takes one box to another.
fn between(before: Sides, now: Sides) -> Affine {
    let factor = |side: usize| if before[side] > 0.0 { now[side] / before[side] } else { 1.0 };
    let corner = Point::new(before[0], before[1]);
    let moved = Affine::translation(Point::new(now[0] - before[0], now[1] - before[1]));
    Affine::scale(factor(2), factor(3)).about(corner).then(moved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_becomes_another() {
        let by = between([10.0, 20.0, 40.0, 0.0], [5.0, 25.0, 20.0, 0.0]);
        assert_eq!(by.apply(Point::new(10.0, 20.0)), Point::new(5.0, 25.0));
        assert_eq!(by.apply(Point::new(50.0, 20.0)), Point::new(25.0, 25.0));
    }
}
