//! The canvases of a frame: each gets its place and the pointer, what it shows is brought up to date, and it is drawn.

use std::sync::Arc;

use egui::{Align2, Painter, Sense, Stroke, StrokeKind, UiBuilder};

use crate::app::canvas::{CanvasPainter, Pane, blinks, cells, swipe_edge_ui, tag};
use crate::app::tab::Tab;
use crate::app::theme::palette;
use crate::app::{App, Compare, OverlapCommand, Overlaps, TabCommand, TabId};

impl App {
    /// The canvas of the current document.
    pub(in crate::app) fn pane(&self) -> Pane<'_> {
        Pane {
            id: self.documents.tabs.current(),
            tab: &self.documents.tab,
            toolbox: &self.layout.toolbox,
            settings: &self.preferences.settings,
            textures: &self.services.textures,
        }
    }

    /// The compared tabs, or the one canvas, in the remaining space.
    pub(super) fn panes_ui(&mut self, ui: &mut egui::Ui) {
        self.link_views();
        let area = ui.available_rect_before_wrap();
        match (self.documents.comparison.how, self.other_panes().first().copied()) {
            (Compare::Two | Compare::Four, Some(_)) => self.grid_ui(ui, area),
            (Compare::Swipe, Some(other)) => self.swipe_ui(ui, area, other),
            (Compare::Blink, Some(other)) => self.blink_ui(ui, area, other),
            (Compare::Difference, Some(other)) => self.difference_ui(ui, area, other),
            (Compare::One, _) | (_, None) => self.canvas_ui(ui),
        }
        self.documents.comparison.last_view = Some((self.documents.tabs.current(), self.documents.tab.view));
    }

    /// The canvas, in all the room that is left.
    fn canvas_ui(&mut self, ui: &mut egui::Ui) {
        let (response, painter) = ui.allocate_painter(ui.available_size(), Sense::CLICK | Sense::DRAG);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Canvas, true, "Canvas"));
        self.resize(response.rect);
        self.fit_if_pending();
        self.pointer(ui, &response);
        painter.rect_filled(response.rect, 0.0, palette(ui).canvas);
        self.draw(ui, &painter);
        self.pane().overlays_ui(ui, &painter, &response);
        self.canvas_menu_ui(ui, &response);
        self.note_visited(ui.pixels_per_point());
    }

    /// Draws the current document, once what is drawn of it has followed it.
    fn draw(&mut self, ui: &egui::Ui, painter: &Painter) {
        let differences = self.preferences.settings.overlaps == Overlaps::Difference;
        let tab = &mut self.documents.tab;
        tab.scene.follow(&tab.history);
        tab.scene.show_differences(differences);
        tab.motion.observe(tab.view, ui.input(|input| input.time));
        let (regions, selected) = (&tab.history.now().regions, &tab.selection.regions);
        let accent = palette(ui).accent;
        tab.region_layer.follow(regions, selected, tab.view, tab.screen, accent, &self.context);
        let plan = self.pane().plan();
        let scene = &mut self.documents.tab.scene;
        if plan.needs_canvas() || scene.has_canvas() {
            scene.compose(self.services.textures.library(), &self.context);
        }
        self.documents.tab.settling = self.pane().draw(ui, painter, &plan);
        if let Some(link) = self.pane().links_ui(ui, painter, &plan) {
            self.ask(OverlapCommand::ChooseLink(Some(link)));
        }
    }

    fn grid_ui(&mut self, ui: &mut egui::Ui, area: egui::Rect) {
        let panes = self.documents.comparison.panes.clone();
        ui.painter().rect_filled(area, 0.0, palette(ui).border);
        for (id, rect) in panes.iter().zip(cells(area, panes.len())) {
            self.with_tab(*id, |app| {
                app.follow_display();
                ui.scope_builder(UiBuilder::new().max_rect(rect).id_salt(("pane", id)), |ui| app.canvas_ui(ui));
            });
            let current = *id == self.documents.tabs.current();
            if !current && ui.rect_contains_pointer(rect) && ui.input(|input| input.pointer.any_pressed()) {
                self.ask(TabCommand::Show(*id));
            }
            self.name_tag(ui, *id, rect.center_top() + egui::vec2(0.0, 8.0), Align2::CENTER_TOP, rect.width());
            if current {
                let stroke = Stroke::new(2.0, palette(ui).accent);
                ui.painter().rect_stroke(rect, 0.0, stroke, StrokeKind::Inside);
            }
        }
    }

    fn swipe_ui(&mut self, ui: &mut egui::Ui, area: egui::Rect, other: TabId) {
        self.canvas_ui(ui);
        let swipe = self.documents.comparison.swipe;
        let (left, right) = area.split_left_right_at_x(area.left() + area.width() * swipe);
        let first = self.documents.comparison.panes.first() == Some(&self.documents.tabs.current());
        self.overlay(ui, area, if first { right } else { left }, other);
        self.documents.comparison.swipe = swipe_edge_ui(ui, area, swipe).unwrap_or(swipe);
        if let [first, second] = *self.documents.comparison.panes {
            self.name_tag(ui, first, left.right_top() + egui::vec2(-12.0, 8.0), Align2::RIGHT_TOP, left.width());
            self.name_tag(ui, second, right.left_top() + egui::vec2(12.0, 8.0), Align2::LEFT_TOP, right.width());
        }
    }

    fn blink_ui(&mut self, ui: &mut egui::Ui, area: egui::Rect, other: TabId) {
        self.canvas_ui(ui);
        let shown = blinks(ui);
        // Unseen, it is loaded all the same.
        self.overlay(ui, area, if shown { area } else { egui::Rect::NOTHING }, other);
        let id = if shown { other } else { self.documents.tabs.current() };
        self.name_tag(ui, id, area.center_top() + egui::vec2(0.0, 8.0), Align2::CENTER_TOP, area.width());
    }

    fn difference_ui(&mut self, ui: &mut egui::Ui, area: egui::Rect, other: TabId) {
        self.canvas_ui(ui);
        let painter = ui.painter_at(area);
        painter.rect_filled(area, 0.0, palette(ui).canvas);
        let Some(second) = self.tab_of(other).map(|tab| Arc::clone(tab.history.now())) else { return };
        let first = Arc::clone(self.mosaic());
        let comparison = &mut self.documents.comparison;
        comparison.difference.follow(&first, &second, self.services.textures.library(), &self.context);
        let comparison = &self.documents.comparison;
        let Some(pair) = comparison.difference.pair() else { return };
        self.pane().draw_difference(ui, &painter, pair, comparison.gain);
        let name = |id| self.tab_of(id).map(Tab::name).unwrap_or_default();
        let text = format!("|{} − {}|", name(self.documents.tabs.current()), name(other));
        tag(ui, area.center_top() + egui::vec2(0.0, 8.0), Align2::CENTER_TOP, &text, area.width());
    }

    /// Draw another tab over the canvas, as far as `clip`.
    fn overlay(&mut self, ui: &egui::Ui, area: egui::Rect, clip: egui::Rect, other: TabId) {
        let colors = palette(ui);
        let painter = Painter::new(ui.ctx().clone(), ui.layer_id(), clip);
        self.with_tab(other, |app| {
            app.documents.tab.screen = area;
            app.fit_if_pending();
            app.follow_display();
            if clip.is_positive() {
                painter.rect_filled(clip, 0.0, colors.canvas);
            }
            app.draw(ui, &painter);
            let drawing = &app.preferences.settings.drawing;
            app.pane().draw_regions(&CanvasPainter::new(&painter, colors, &app.documents.tab, drawing));
        });
    }

    /// Computes the histogram of a document in another pane.
    fn follow_display(&mut self) {
        let quiet = self.services.textures.is_settled();
        self.documents.tab.display.follow(
            self.documents.tab.history.now(),
            self.services.textures.library(),
            &self.context,
            quiet,
        );
    }

    fn name_tag(&self, ui: &egui::Ui, id: TabId, at: egui::Pos2, align: Align2, width: f32) {
        if let Some(tab) = self.tab_of(id) {
            tag(ui, at, align, &tab.name(), width);
        }
    }
}
