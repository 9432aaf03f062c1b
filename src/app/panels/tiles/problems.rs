//! What may be wrong with the tiles, each with what mends it. Looked for in the background.

use std::collections::HashSet;
use std::sync::Arc;

use crossbeam_channel::Receiver;
use egui::{RichText, Ui};

use crate::app::scene::in_background;
use crate::app::theme::{Icon, icon, palette};
use crate::app::{App, EditCommand, FileCommand, RepairCommand, ViewCommand, Zoom};
use crate::geometry::{Point, Rect};
use crate::job::Progress;
use crate::mosaic::{Mosaic, Placement, PlacementIds};
use crate::source::arriving::expected_at;
use crate::work::{Problem, ProblemKind, find_problems};
use crate::{Error, ImageRef};

/// A mosaic of more tiles is looked at again only when that is asked for.
const MAX_AT_ONCE: usize = 20_000;

/// So many missing parts are listed one by one.
const MAX_PARTS: usize = 24;

/// The Problems section.
#[derive(Default)]
pub(super) struct Problems {
    found: Option<Found>,
    making: Option<Receiver<Found>>,
}

struct Found {
    mosaic: Arc<Mosaic>,
    /// How many images could not be read, and how many only in parts.
    failures: (usize, usize),
    problems: Vec<Problem>,
}

impl Problems {
    pub(super) fn problems_ui(&mut self, ui: &mut Ui, app: &App) {
        if let Some(found) = self.making.as_ref().and_then(|making| making.try_recv().ok()) {
            (self.found, self.making) = (Some(found), None);
        }
        let (now, failures) = (app.mosaic(), failures(app));
        let is_now = |found: &Found| Arc::ptr_eq(&found.mosaic, now) && found.failures == failures;
        let current = self.found.as_ref().is_some_and(is_now);
        let mut again = !current && (self.found.is_none() || now.placements.len() <= MAX_AT_ONCE);
        let weak = palette(ui).weak;
        match &self.found {
            None => _ = ui.label(RichText::new("Looking…").color(weak)),
            Some(found) if found.problems.is_empty() => {
                ui.horizontal(|ui| {
                    ui.label(icon(Icon::Check, 13.0).color(palette(ui).good));
                    ui.label("None found");
                });
            }
            Some(found) => found.problems.iter().for_each(|problem| problem_ui(ui, app, problem)),
        }
        if !current && !again {
            ui.horizontal(|ui| {
                ui.label(RichText::new("The tiles have been changed since.").small().color(weak));
                again = ui.small_button("Look again").clicked();
            });
        }
        if again && self.making.is_none() {
            self.look(app);
        }
    }

    fn look(&mut self, app: &App) {
        let (mosaic, failures) = (Arc::clone(app.mosaic()), failures(app));
        let unreadable: HashSet<ImageRef> = app.services().textures.failures.keys().cloned().collect();
        let damaged = app.services().textures.damaged.keys().cloned().collect::<HashSet<_>>();
        self.making = in_background(app.context(), move || {
            let is_there = |path: &std::path::Path| path.exists() || expected_at(path).is_some();
            let (bad, partly) = (|image: &_| unreadable.contains(image), |image: &_| damaged.contains(image));
            let problems = find_problems(&mosaic, bad, partly, is_there, &Progress::default());
            Found { mosaic, failures, problems: problems.unwrap_or_default() }
        });
    }
}

/// How many images are known not to be readable, and how many only in parts.
fn failures(app: &App) -> (usize, usize) {
    let textures = &app.services().textures;
    (textures.failures.len(), textures.damaged.len())
}

/// What it is called, and in which words one and many are told.
fn title(problem: &Problem) -> String {
    let count = problem.tiles.len() + problem.places.len();
    let one_or = |one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    match problem.kind {
        ProblemKind::Missing => one_or("file is missing", "files are missing"),
        ProblemKind::Unreadable => one_or("tile cannot be read", "tiles cannot be read"),
        ProblemKind::Damaged => one_or("image is damaged in parts", "images are damaged in parts"),
        ProblemKind::SameFile => one_or("tile shows a file again", "tiles show a file again"),
        ProblemKind::SamePlace => one_or("tile lies exactly below another", "tiles lie exactly below others"),
        ProblemKind::OtherSize => one_or("tile has another size", "tiles have another size"),
        ProblemKind::OtherSamples => one_or("tile has other samples", "tiles have other samples"),
        ProblemKind::Overlap => one_or("tile overlaps another by half", "tiles overlap others by half"),
        ProblemKind::Gap => one_or("gap between tiles", "gaps between tiles"),
    }
}

fn hint(problem: &Problem) -> String {
    match &problem.usual {
        Some(usual) => format!("Most tiles have {usual}. Click to select and show them"),
        None if problem.kind == ProblemKind::Gap => {
            "No tile lies in these cells of the grid. Click to show them".into()
        }
        None if problem.kind == ProblemKind::Damaged => {
            "What is there of them is shown. Click to select and show them".into()
        }
        None => "Click to select and show them".into(),
    }
}

fn problem_ui(ui: &mut Ui, app: &App, problem: &Problem) {
    let colors = palette(ui);
    let is_bad = matches!(problem.kind, ProblemKind::Missing | ProblemKind::Unreadable | ProblemKind::Damaged);
    ui.horizontal(|ui| {
        let color = if is_bad { colors.bad } else { colors.weak };
        ui.label(icon(Icon::TriangleAlert, 13.0).color(color));
        let text = title(problem);
        if ui.add(egui::Button::new(&text).frame(false).truncate()).on_hover_text(hint(problem)).clicked() {
            show(app, problem);
        }
    });
    if matches!(problem.kind, ProblemKind::Unreadable | ProblemKind::Damaged) {
        parts_ui(ui, app, problem);
    }
    let ids = || problem.tiles.iter().copied().collect::<PlacementIds>();
    ui.horizontal(|ui| {
        ui.add_space(20.0);
        let fix = |ui: &mut Ui, name: &str, hint: &str| ui.small_button(name).on_hover_text(hint).clicked();
        match problem.kind {
            ProblemKind::Missing => {
                if fix(ui, "Find…", "Choose the folder that the files have been moved to") {
                    app.ask(RepairCommand::AskMoved);
                }
                if fix(ui, "Remove", "Remove these tiles from the mosaic") {
                    app.ask(RepairCommand::Remove(ids()));
                }
            }
            ProblemKind::Unreadable | ProblemKind::Damaged => {
                if fix(ui, "Retry", "Read the files again") {
                    app.ask(FileCommand::Retry);
                }
                if fix(ui, "Remove", "Remove these tiles from the mosaic; their files stay") {
                    app.ask(RepairCommand::Remove(ids()));
                }
            }
            ProblemKind::SameFile | ProblemKind::SamePlace => {
                if fix(ui, "Remove duplicates", "Leave one of each in the mosaic; the files stay") {
                    app.ask(RepairCommand::Remove(ids()));
                }
                if fix(ui, "Hide", "Hide all but one of each") {
                    app.ask(RepairCommand::Hide(ids()));
                }
            }
            ProblemKind::OtherSize | ProblemKind::OtherSamples | ProblemKind::Overlap => {
                if fix(ui, "Hide", "Hide these tiles") {
                    app.ask(RepairCommand::Hide(ids()));
                }
                if fix(ui, "Remove", "Remove these tiles from the mosaic; their files stay") {
                    app.ask(RepairCommand::Remove(ids()));
                }
            }
            ProblemKind::Gap => {
                if fix(ui, "Show next", "Show the gaps one after another") {
                    let heading = app.documents().tab.heading().center;
                    if let Some(rect) = next_gap(&problem.places, heading) {
                        app.ask(ViewCommand::Zoom(Zoom::Show(around(rect))));
                    }
                }
            }
        }
    });
    ui.add_space(2.0);
}

/// What is missing of these tiles, a line for each part; a click shows it.
fn parts_ui(ui: &mut Ui, app: &App, problem: &Problem) {
    let (textures, mosaic) = (&app.services().textures, app.mosaic());
    let tiles = problem.tiles.iter().filter_map(|id| mosaic.placement(*id));
    let mut parts = tiles.flat_map(|tile| textures.lost(&tile.image).map(move |(error, place)| (tile, error, place)));
    let line = |ui: &mut Ui, add: &dyn Fn(&mut Ui)| {
        ui.horizontal(|ui| {
            ui.add_space(20.0);
            add(ui);
        });
    };
    for (tile, error, place) in parts.by_ref().take(MAX_PARTS) {
        let text = told_in_folder(error, &tile.image);
        line(ui, &|ui| {
            let button = egui::Button::new(RichText::new(&text).small()).frame(false).wrap();
            if ui.add(button).on_hover_text("Click to show this part").clicked() {
                app.ask(EditCommand::Select { ids: std::iter::once(tile.id).collect(), add: false });
                app.ask(ViewCommand::Zoom(Zoom::Show(on_canvas(tile, place))));
            }
        });
    }
    let left = parts.count();
    if left > 0 {
        line(ui, &|ui| _ = ui.label(RichText::new(format!("… and {left} more")).small().color(palette(ui).weak)));
    }
}

/// The error, its path relative to the folder of the image.
fn told_in_folder(error: &Error, image: &ImageRef) -> String {
    let text = error.to_string();
    let folder = image.path.parent().map(|folder| folder.join("").display().to_string());
    folder.and_then(|folder| Some(text.strip_prefix(&folder)?.to_owned())).unwrap_or(text)
}

/// A part of the image as the canvas shows it; the whole tile where that is not known or not shown.
fn on_canvas(tile: &Placement, place: Option<Rect>) -> Rect {
    let part = place.map(|place| place.intersect(tile.part())).filter(|part| !part.is_empty());
    part.map_or_else(|| tile.rect(), |part| tile.painted().bounds_of(part))
}

/// The gap after the one that the view is at, around the end.
fn next_gap(places: &[Rect], center: Point) -> Option<Rect> {
    let at = places.iter().position(|rect| {
        let (x, y) = ((rect.x0 + rect.x1) as f64 / 2.0, (rect.y0 + rect.y1) as f64 / 2.0);
        (x - center.x).abs() < 1.0 && (y - center.y).abs() < 1.0
    });
    places.get(at.map_or(0, |at| (at + 1) % places.len())).copied()
}

/// With as much around it as it is large.
fn around(rect: Rect) -> Rect {
    rect.expand(rect.width().max(rect.height()) as i64)
}

/// Select the tiles, and show all of them or all places.
fn show(app: &App, problem: &Problem) {
    let mosaic = app.mosaic();
    let tiles = problem.tiles.iter().filter_map(|id| mosaic.placement(*id)).map(Placement::rect);
    let all = tiles.chain(problem.places.iter().copied()).reduce(Rect::union);
    if !problem.tiles.is_empty() {
        app.ask(EditCommand::Select { ids: problem.tiles.iter().copied().collect(), add: false });
    }
    if let Some(rect) = all {
        app.ask(ViewCommand::Zoom(Zoom::Show(rect)));
    }
}
