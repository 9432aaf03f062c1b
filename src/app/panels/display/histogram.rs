//! The histogram: how often which values occur, and the window's two handles.

use egui::{Color32, Mesh, Painter, Pos2, Rect, Sense, Stroke};

use super::super::super::theme::palette;
use super::super::super::{App, DisplayChange};
use mosaicist_display::{Channel, Display};

const HEIGHT: f32 = 78.0;
/// Below the bars, for the handles' knobs.
const FOOT: f32 = 7.0;
/// Behind light of any color, in both themes.
const GROUND: Color32 = Color32::from_rgb(0x0E, 0x10, 0x13);

impl App {
    pub(super) fn histogram_ui(&self, ui: &mut egui::Ui, display: &Display) {
        let size = egui::vec2(ui.available_width(), HEIGHT);
        let (response, painter) = ui.allocate_painter(size, Sense::click_and_drag());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Canvas, true, "Histogram"));
        painter.rect_filled(response.rect, 5.0, GROUND);
        let inner = response.rect.shrink2(egui::vec2(6.0, 5.0));
        let count = (inner.width() / 2.0).clamp(16.0, 512.0) as usize;
        let bars = self.documents().tab.display.bars(count);
        for (bars, channel) in bars.iter().zip(&display.channels).filter(|(_, channel)| channel.on) {
            draw(&painter, inner.with_max_y(inner.max.y - FOOT), bars, shade(channel));
        }
        let axis = self.documents().tab.display.axis();
        let Some(channel) = self.documents().tab.display.shown_channel().cloned() else { return };
        let x_of = |value: f32| {
            let part = (value - axis.0) / (axis.1 - axis.0).max(f32::MIN_POSITIVE);
            inner.left() + part.clamp(0.0, 1.0) * inner.width()
        };
        let (low, high) = (x_of(channel.low), x_of(channel.high));
        for (x, outside) in [(low, inner.left()), (high, inner.right())] {
            let shadow = Rect::from_x_y_ranges(x.min(outside)..=x.max(outside), inner.y_range());
            painter.rect_filled(shadow, 0.0, Color32::from_black_alpha(110));
        }
        let held = ui.data(|data| data.get_temp::<bool>(response.id)).filter(|_| response.dragged());
        for (x, is_high) in [(low, false), (high, true)] {
            let near = response.hover_pos().is_some_and(|at| (at.x - x).abs() < 7.0);
            let color = if held == Some(is_high) || near { palette(ui).accent } else { Color32::WHITE };
            painter.vline(x, inner.top()..=inner.bottom() - FOOT, Stroke::new(1.2, color));
            painter.circle(Pos2::new(x, inner.bottom() - FOOT + 2.0), 4.0, color, Stroke::new(1.0, GROUND));
        }
        if response.drag_started()
            && let Some(at) = response.interact_pointer_pos()
        {
            let nearer_high = (at.x - high).abs() < (at.x - low).abs() || (high - low).abs() < 1.0 && at.x > high;
            ui.data_mut(|data| data.insert_temp(response.id, nearer_high));
        }
        if response.double_clicked() {
            self.change_display(DisplayChange::Fit);
        } else if let (true, Some(at)) = (response.dragged(), response.interact_pointer_pos()) {
            let part = ((at.x - inner.left()) / inner.width()).clamp(0.0, 1.0);
            let value = axis.0 + part * (axis.1 - axis.0);
            let (low, high) = match ui.data(|data| data.get_temp(response.id)) {
                Some(true) => (channel.low.min(value), value),
                _ => (value, channel.high.max(value)),
            };
            self.change_display(DisplayChange::Window { low, high });
        }
        if response.hovered() {
            ui.ctx().set_cursor_icon(egui::CursorIcon::ResizeHorizontal);
        }
    }
}

/// The channel's color, lightened for the dark backdrop.
fn shade(channel: &Channel) -> Color32 {
    let [r, g, b] = channel.color.map(|c| 60 + (u16::from(c) * 175 / 255) as u8);
    Color32::from_rgb(r, g, b)
}

/// One channel: an area under a line. The square root of the counts, so that rare values are visible beside frequent ones.
fn draw(painter: &Painter, rect: Rect, bars: &[f64], color: Color32) {
    // One value that fills half the image (empty glass, no signal) does not press the rest down.
    let mut sorted: Vec<f64> = bars.iter().copied().filter(|bar| *bar > 0.0).collect();
    sorted.sort_by(f64::total_cmp);
    let Some(tall) = sorted.get((sorted.len() * 49 / 50).min(sorted.len().saturating_sub(1))) else { return };
    let mut mesh = Mesh::default();
    let mut line = Vec::with_capacity(bars.len());
    let fill = color.gamma_multiply(0.3);
    for (at, bar) in bars.iter().enumerate() {
        let x = rect.left() + (at as f32 + 0.5) / bars.len() as f32 * rect.width();
        let height = (bar / tall).sqrt().min(1.0) as f32 * rect.height();
        let top = Pos2::new(x, rect.bottom() - height);
        mesh.colored_vertex(top, fill);
        mesh.colored_vertex(Pos2::new(x, rect.bottom()), fill);
        if at > 0 {
            let first = at as u32 * 2 - 2;
            mesh.add_triangle(first, first + 1, first + 2);
            mesh.add_triangle(first + 1, first + 3, first + 2);
        }
        line.push(top);
    }
    painter.add(mesh);
    painter.line(line, Stroke::new(1.0, color));
}
