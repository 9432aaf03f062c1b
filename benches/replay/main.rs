//! Looking, replayed: `cargo bench --bench replay -- [--path FILE] [--regions FILE] [--patience SECONDS]
//! [--filter NAME:PARAMETER] IMAGE...` opens the images in the window's own
//! code without a window, plays a path of pans and zooms at 60 frames a second, and prints figures as JSON.
//!
//! A frame is what the window's thread does for it: events, drawing, tessellation, and a copy of each new texture in place of the
//! upload. Frames are drawn as by the real event loop: when there is input or somebody asked for one. Times in milliseconds.
#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should say where")]

mod path;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use egui::{Event, Modifiers, PointerButton, Pos2, RawInput, pos2, vec2};
use mosaicist::app::{
    App, EditCommand, Launch, NoDialog, ProcessCommand, RegionCommand, ViewCommand, WindowCommand, Zoom,
};
use mosaicist::geometry::Point;
use mosaicist::job::peak_resident;
use mosaicist::mosaic::FilterStep;
use path::Step;

const FRAME: Duration = Duration::from_nanos(16_666_667);
const SCREEN: egui::Vec2 = vec2(1440.0, 900.0);

struct NoPicker;

impl mosaicist::app::Picker for NoPicker {
    fn pick(&self, _: &mosaicist::app::Ask) -> Result<Vec<PathBuf>, NoDialog> {
        Err(NoDialog)
    }
}

struct Player {
    context: egui::Context,
    app: App,
    began: Instant,
    next: Instant,
    /// When a frame is due, if anybody asked for one.
    due: Arc<Mutex<Option<Instant>>>,
    events: Vec<Event>,
    pointer: Pos2,
    /// Of each frame: on the clock, and of the thread's own time.
    frames: Vec<(f64, f64)>,
    copied: u64,
    /// Textures of pictures that were new.
    renewed: u64,
    /// The filter and the parameter that are turned, as `gaussian:sigma`.
    filter: String,
    /// From a new value of the parameter to the first texture that shows it, in milliseconds.
    knob: Vec<f64>,
    scratch: Vec<u8>,
    /// A stop that is not sharp by then counts as this.
    patience: Duration,
}

impl Player {
    fn new() -> Self {
        let context = egui::Context::default();
        let due = Arc::new(Mutex::new(None::<Instant>));
        let asked = Arc::clone(&due);
        context.set_request_repaint_callback(move |info| {
            let at = Instant::now() + info.delay.min(Duration::from_hours(1));
            let mut due = asked.lock().unwrap();
            *due = Some(due.map_or(at, |before| before.min(at)));
        });
        let app = App::new(&context, Arc::new(NoPicker));
        let now = Instant::now();
        let (events, frames, scratch, patience) = (Vec::new(), Vec::new(), vec![0; 8 << 20], Duration::from_secs(30));
        Self {
            patience,
            context,
            app,
            began: now,
            next: now,
            due,
            events,
            pointer: pos2(0.0, 0.0),
            frames,
            copied: 0,
            renewed: 0,
            filter: "gaussian:sigma".to_owned(),
            knob: Vec::new(),
            scratch,
        }
    }

    /// The next sixtieth of a second: a frame if there is reason for one.
    fn tick(&mut self) {
        self.next += FRAME;
        std::thread::sleep(self.next.saturating_duration_since(Instant::now()));
        let now = Instant::now();
        // A late frame delays those after it, as on a screen.
        self.next = self.next.max(now.checked_sub(FRAME).unwrap_or(now));
        let is_due = self.due.lock().unwrap().is_some_and(|due| due <= now + FRAME / 2);
        if !self.events.is_empty() || is_due {
            *self.due.lock().unwrap() = None;
            self.frame();
        }
    }

    fn frame(&mut self) {
        let input = RawInput {
            screen_rect: Some(egui::Rect::from_min_size(Pos2::ZERO, SCREEN)),
            time: Some(self.began.elapsed().as_secs_f64()),
            events: std::mem::take(&mut self.events),
            focused: true,
            ..RawInput::default()
        };
        let (began, cpu) = (Instant::now(), thread_seconds());
        let app = &mut self.app;
        let mut output = self.context.run_ui(input, |ui| {
            let context = ui.ctx().clone();
            app.update(&context);
            app.show(ui);
        });
        let triangles = self.context.tessellate(std::mem::take(&mut output.shapes), output.pixels_per_point);
        let pictures = output.textures_delta.set.keys().filter(|id| **id != egui::TextureId::default());
        self.renewed += pictures.count() as u64;
        for delta in output.textures_delta.set.values().flatten() {
            let egui::ImageData::Color(image) = &delta.image;
            let bytes = image.as_raw();
            let length = bytes.len().min(self.scratch.len());
            self.scratch[..length].copy_from_slice(&bytes[..length]);
            self.copied += bytes.len() as u64;
        }
        std::hint::black_box((&triangles, &self.scratch));
        self.frames.push((began.elapsed().as_secs_f64() * 1e3, (thread_seconds() - cpu) * 1e3));
        output.drop_without_applying_deltas();
    }

    /// Seconds until `holds`, or the most there may be.
    fn until(&mut self, holds: impl Fn(&App) -> bool) -> f64 {
        let began = Instant::now();
        loop {
            self.tick();
            if holds(&self.app) || began.elapsed() > self.patience {
                return began.elapsed().as_secs_f64() * 1e3;
            }
        }
    }

    fn step(&mut self, step: Step, stops: &mut Vec<f64>) {
        let canvas = self.app.canvas_rect();
        match step {
            Step::Fit => {
                self.app.ask(ViewCommand::Zoom(Zoom::Fit));
                self.tick();
            }
            Step::Zoom { to, seconds, x, y } => {
                let at = canvas.min + canvas.size() * vec2(x as f32, y as f32);
                let about = self.app.view().canvas_from_ui(canvas, at);
                let frames = (seconds * 60.0) as i32;
                for left in (1..=frames).rev() {
                    let factor = (to / self.app.view().zoom).powf(1.0 / f64::from(left));
                    self.app.ask(ViewCommand::Zoom(Zoom::About(about, factor)));
                    self.tick();
                }
            }
            Step::Jump { x, y } => {
                let all = self.app.mosaic().bounds();
                let at = |from: i64, to: i64, part: f64| from as f64 + (to - from) as f64 * part;
                self.app.ask(ViewCommand::CenterOn(Point::new(at(all.x0, all.x1, x), at(all.y0, all.y1, y))));
                self.tick();
            }
            Step::Drag { seconds, dx, dy } => {
                let by = canvas.size() * vec2(dx as f32, dy as f32);
                let from = canvas.center() - by / 2.0;
                self.move_to(from);
                self.tick();
                self.button(true);
                self.tick();
                let frames = (seconds * 60.0) as i32;
                for frame in 1..=frames {
                    self.move_to(from + by * (frame as f32 / frames as f32));
                    self.tick();
                }
                self.button(false);
                self.tick();
            }
            Step::Arrange(arrange) => {
                self.app.ask(WindowCommand::SetTool(if arrange { "arrange" } else { "hand" }));
                self.tick();
            }
            Step::SelectAll => {
                self.app.ask(EditCommand::SelectAll);
                self.tick();
            }
            Step::Pick => self.pick(),
            Step::Vertex { seconds, dx, dy } => self.drag_vertex(canvas, seconds, vec2(dx as f32, dy as f32)),
            Step::Knob { from, to, count } => {
                for number in 1..=count as u32 {
                    self.turn_to(from + (to - from) * f64::from(number) / count);
                    let (began, renewed) = (Instant::now(), self.renewed);
                    while self.renewed == renewed && began.elapsed() < self.patience {
                        self.tick();
                    }
                    self.knob.push(began.elapsed().as_secs_f64() * 1e3);
                    self.until(App::is_sharp);
                }
            }
            Step::Turn { from, to, seconds } => {
                let frames = (seconds * 60.0) as i32;
                for frame in 1..=frames {
                    self.turn_to(from + (to - from) * f64::from(frame) / f64::from(frames));
                    self.tick();
                }
            }
            Step::Undo => {
                self.app.ask(EditCommand::Undo);
                self.tick();
            }
            Step::Stop => stops.push(self.until(App::is_sharp)),
            Step::Rest(time) => {
                let began = Instant::now();
                while began.elapsed() < time {
                    self.tick();
                }
            }
        }
    }

    /// Click on the region that is nearest to the middle of the canvas, with a tool that edits it.
    fn pick(&mut self) {
        self.app.ask(WindowCommand::SetTool("rectangle"));
        self.tick();
        let (canvas, view) = (self.app.canvas_rect(), self.app.view());
        let away = |at: Point| (at.x - view.center.x).hypot(at.y - view.center.y);
        let middles = self.app.mosaic().regions.iter().map(|region| region.geometry.bounds().center());
        let Some(at) = middles.min_by(|a, b| away(*a).total_cmp(&away(*b))) else { return };
        self.move_to(view.ui_from_canvas(canvas, at));
        self.tick();
        self.button(true);
        self.tick();
        self.button(false);
        self.tick();
        self.tick();
        assert_eq!(self.app.selection().regions.len(), 1, "a click at {at:?} selects a region");
    }

    /// Drag the first vertex of the selected region by parts of the canvas.
    fn drag_vertex(&mut self, canvas: egui::Rect, seconds: f64, by: egui::Vec2) {
        let region = self.app.selection().region().and_then(|id| self.app.mosaic().region(id));
        let Some(vertex) = region.map(|region| region.geometry.polygons()[0].exterior[0]) else { return };
        let (from, by) = (self.app.view().ui_from_canvas(canvas, vertex), canvas.size() * by);
        let before = self.app.mosaic().clone();
        self.move_to(from);
        self.tick();
        self.button(true);
        self.tick();
        let frames = (seconds * 60.0) as i32;
        for frame in 1..=frames {
            self.move_to(from + by * (frame as f32 / frames as f32));
            self.tick();
        }
        self.button(false);
        self.tick();
        self.tick();
        assert!(!Arc::ptr_eq(&before, self.app.mosaic()), "the vertex has not moved");
    }

    /// Another value of the filter's parameter, as while its number is dragged.
    fn turn_to(&mut self, value: f64) {
        let steps = vec![FilterStep::new(format!("{}={value:.3}", self.filter))];
        self.app.ask(ProcessCommand::Set { label: "Change filter", steps, goes_on: true });
    }

    fn move_to(&mut self, at: Pos2) {
        self.pointer = at;
        self.events.push(Event::PointerMoved(at));
    }

    fn button(&mut self, pressed: bool) {
        let (pos, button) = (self.pointer, PointerButton::Primary);
        self.events.push(Event::PointerButton { pos, button, pressed, modifiers: Modifiers::NONE });
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let (mut images, mut steps) = (Vec::new(), path::read(include_str!("tour.txt")).unwrap());
    let (mut patience, mut regions, mut filter) = (Duration::from_secs(30), None, None);
    while let Some(argument) = arguments.next() {
        match &*argument {
            "--patience" => patience = Duration::from_secs_f64(arguments.next().unwrap().parse().unwrap()),
            "--filter" => filter = arguments.next(),
            "--regions" => regions = Some(PathBuf::from(arguments.next().unwrap())),
            "--path" => steps = path::read(&std::fs::read_to_string(arguments.next().unwrap()).unwrap()).unwrap(),
            _ => images.push(PathBuf::from(argument)),
        }
    }
    if images.is_empty() {
        return;
    }
    mosaicist::job::draws_window();
    let mut player = Player::new();
    player.patience = patience;
    if let Some(filter) = filter {
        player.filter = filter;
    }
    // The empty window is up, with its fonts.
    player.app.ask(WindowCommand::SetTool("hand"));
    for _ in 0..5 {
        player.frame();
    }
    player.frames.clear();
    player.next = Instant::now();
    player.app.start(Launch::Files(images));
    let began = Instant::now();
    player.until(|app| !app.mosaic().placements.is_empty());
    let opened = began.elapsed().as_secs_f64() * 1e3;
    player.until(|app| app.figures().textures > 0);
    let first = began.elapsed().as_secs_f64() * 1e3;
    player.app.ask(WindowCommand::SetTool("hand"));
    if let Some(path) = regions {
        let began = Instant::now();
        player.app.ask(RegionCommand::Import(vec![path]));
        player.until(|app| !app.mosaic().regions.is_empty());
        println!("{} regions in {:.0} ms", player.app.mosaic().regions.len(), began.elapsed().as_secs_f64() * 1e3);
        player.app.ask(RegionCommand::Select(None));
        player.tick();
    }
    let opening = std::mem::take(&mut player.frames);
    let (mut stops, mut most_textures, mut most_decoded) = (Vec::new(), 0, 0);
    // Of each step its longest frame, on the clock and of the thread's own time.
    let mut longest: Vec<(String, f64, f64)> = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        let before = player.frames.len();
        player.step(*step, &mut stops);
        let most = player.frames[before..].iter().copied().max_by(|a, b| a.0.total_cmp(&b.0));
        longest.extend(most.map(|(clock, cpu)| (format!("{number} {step:?}"), round(clock), round(cpu))));
        let figures = player.app.figures();
        most_textures = most_textures.max(figures.texture_bytes.0);
        most_decoded = most_decoded.max(figures.decoded_bytes.0);
    }
    let drawn = player.frames.len();
    let idle = Instant::now();
    while idle.elapsed() < Duration::from_secs(2) {
        player.tick();
    }
    longest.sort_by(|a, b| b.1.total_cmp(&a.1));
    longest.truncate(8);
    let figures = player.app.figures();
    let (clock, cpu): (Vec<f64>, Vec<f64>) = player.frames[..drawn].iter().copied().unzip();
    let summary = serde_json::json!({
        "tiles": player.app.mosaic().placements.len(),
        "opened_ms": round(opened),
        "first_picture_ms": round(first),
        "opening_frames_ms": spread(opening.iter().map(|frame| frame.0).collect()),
        "opening_frames_cpu_ms": spread(opening.iter().map(|frame| frame.1).collect()),
        "frames": drawn,
        "frame_ms": spread(clock),
        "frame_cpu_ms": spread(cpu),
        "longest_frames_ms": longest,
        "sharp_ms": spread(stops.clone()),
        "stops_ms": stops.iter().map(|ms| round(*ms)).collect::<Vec<_>>(),
        "knob_ms": spread(player.knob.clone()),
        "made": figures.loader.started,
        "abandoned": figures.loader.abandoned,
        "unrequested": figures.loader.unrequested,
        "wasted_ms": round(figures.loader.wasted.as_secs_f64() * 1e3),
        "decodes": figures.decodes,
        "textures_mib": most_textures >> 20,
        "decoded_mib": most_decoded >> 20,
        "uploaded_mib": player.copied >> 20,
        "peak_memory_mib": peak_resident().unwrap_or(0) >> 20,
        "idle_frames": player.frames.len() - drawn,
    });
    println!("{}", serde_json::to_string_pretty(&summary).unwrap());
}

fn spread(mut values: Vec<f64>) -> serde_json::Value {
    values.sort_by(f64::total_cmp);
    let at =
        |part: f64| values.get(((values.len() as f64 * part) as usize).min(values.len().saturating_sub(1))).copied();
    let at = |part: f64| round(at(part).unwrap_or(0.0));
    serde_json::json!({ "p50": at(0.5), "p95": at(0.95), "p99": at(0.99), "max": at(1.0) })
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// Processor time of this thread; its clock where the system doesn't tell.
fn thread_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split_whitespace().next().and_then(|nanos| nanos.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}
