//! The only place that changes the window's state: commands, and what the jobs bring.

use std::path::PathBuf;
use std::sync::Arc;

use super::display::Displayed;
use super::jobs::{Message, Target, lay_out};
use super::navigate::Navigation;
use super::picker::Ask;
use super::question::Writing;
use super::state::Notice;
use super::tab::Tab;
use super::{App, Command, ExportForm, Launch, Selection, TabId, Tool, View};
use crate::Error;
use crate::geometry::Point;
use crate::job::show_bytes;
use crate::mosaic::{Bookmark, BookmarkId, Grid, History, Mosaic, Placement, RoiId, Shape};
use crate::work::QueueState;

impl App {
    /// What the program was started with.
    pub fn start(&mut self, start: Launch) {
        match start {
            Launch::Files(files) if files.is_empty() => self.reopen(),
            Launch::Files(files) => self.ask(Command::Open(files)),
            Launch::Demo => self.ask(Command::Demo),
        }
    }

    /// Before each frame: take in results, do what was asked.
    pub fn update(&mut self, context: &egui::Context) {
        while let Some(message) = self.jobs.take() {
            self.receive(message);
        }
        let dropped: Vec<PathBuf> =
            context.input(|input| input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect());
        if !dropped.is_empty() {
            self.commands.push(Command::Open(dropped));
        }
        if context.input(|input| input.viewport().close_requested()) && self.has_something_to_lose() {
            context.send_viewport_cmd(egui::ViewportCommand::CancelClose);
            self.close_asking(Command::Quit);
        }
        for command in std::mem::take(&mut self.commands) {
            self.apply(command);
        }
        self.go_on_recovering();
        self.go_on_resuming();
        self.name_export();
        self.advance_view(context);
        self.read_out();
        self.keep_thumbnails();
        let mark = if self.tab.history.is_dirty() { "• " } else { "" };
        let name = self.tab.name();
        let title = if name.is_empty() { "Mosaicist".to_owned() } else { format!("{mark}{name} — Mosaicist") };
        if self.title != title {
            context.send_viewport_cmd(egui::ViewportCommand::Title(title.clone()));
            self.title = title;
        }
        self.report_exports();
        self.keep();
        let quiet = self.is_sharp();
        self.tab.display.follow(self.tab.history.now(), self.textures.library(), context, quiet);
        if self.is_busy() {
            context.request_repaint_after(std::time::Duration::from_millis(100));
        }
    }

    /// Do one thing.
    pub(super) fn apply(&mut self, command: Command) {
        match command {
            Command::CloseDocument | Command::CloseTab(_) | Command::NextFile(_) | Command::Quit => {
                self.close_asking(command);
            }
            Command::Answer(answer) => self.answer(answer),
            Command::Demo => self.jobs.demo(),
            Command::Save => match self.tab.project.clone() {
                Some(path) => {
                    self.look_before(Writing::Project { tab: self.tabs.current(), path, confirmed: true });
                }
                None => self.apply(Command::SaveAs),
            },
            Command::SaveAs => self.jobs.pick(Arc::clone(&self.picker), Ask::SaveProject(self.project_name())),
            Command::SaveTo(path) => self.save_as(path, false),
            Command::Undo => self.step(History::undo),
            Command::Redo => self.step(History::redo),
            Command::SetTool(tool) => self.tool = tool,
            Command::Zoom(zoom) => self.zoom(zoom),
            Command::ChangeView(change) => self.change_view(change),
            Command::Pan(by) => self.pan(by),
            Command::CenterOn(point) => {
                self.pan(egui::Vec2::ZERO);
                self.tab.view.center = point;
            }
            Command::Arrow(x, y) => self.arrow(x, y, false),
            Command::FarArrow(x, y) => self.arrow(x, y, true),
            Command::Shot(shot) => self.shoot(shot),
            Command::Resume => self.resume(),
            window @ (Command::ShowGoTo(_)
            | Command::FullScreen
            | Command::OnlyPicture
            | Command::Escape
            | Command::Toggle(_)
            | Command::SetUnit(_)
            | Command::Rebind(..)
            | Command::ResetKeys
            | Command::ForgetVisited) => self.arrange_window(window),
            Command::Select { ids, add } => {
                if !add {
                    self.tab.selection.placements.clear();
                }
                self.tab.selection.placements.extend(ids);
            }
            Command::SelectAll => {
                self.tab.selection.placements = self.mosaic().placements.iter().map(|p| p.id).collect();
                self.tool = Tool::Select;
            }
            Command::SelectRegion(region) => self.tab.selection.region = region,
            Command::StartExport => self.start_export(),
            Command::ShowExport(region) => self.show_export(region),
            Command::AskExportPath => {
                if let Some(form) = &self.export_form {
                    self.jobs.pick(Arc::clone(&self.picker), Ask::SaveExport(form.path.clone()));
                }
            }
            Command::CancelJob => {
                let mut items = self.exports.items();
                items.retain(|item| item.is_under_way() || matches!(item.state, QueueState::Waiting));
                match (&self.jobs.current, items.iter().min_by_key(|item| !item.is_under_way())) {
                    (Some(job), _) => job.progress.cancel(),
                    (None, Some(item)) => self.exports.cancel(item.id),
                    (None, None) => {}
                }
            }
            Command::PauseExport(id, paused) => self.exports.set_paused(id, paused),
            Command::CancelExport(id) => self.exports.cancel(id),
            Command::RepeatExport { id, anew } => {
                self.reported.remove(&id);
                self.exports.again(
                    id,
                    if anew { crate::export::ResumeMode::Restart } else { crate::export::ResumeMode::Resume },
                );
            }
            Command::ForgetExport(id) => self.exports.remove(id),
            Command::ShowFolder(folder) => self.jobs.show_folder(folder),
            Command::Display(change) => {
                self.tab.display.change(&change, self.textures.library(), &self.context);
            }
            Command::SwitchTheme => {
                self.settings.light = !self.settings.light;
                self.apply_theme();
            }
            Command::ShowShortcuts(shown) => self.shortcuts_shown = shown,
            Command::ShowFigures => self.hud.shown = !self.hud.shown,
            Command::DismissNotices => self.notices.clear(),
            Command::PreviewExport => self.preview_export(),
            other => {
                if !self.apply_to_files(&other) && !self.apply_to_tabs(&other) && !self.apply_to_crashes(&other) {
                    self.edit(other);
                }
            }
        }
    }

    /// The commands that change the document: each one step to undo.
    fn edit(&mut self, command: Command) {
        let chosen = self.tab.selection.placements.clone();
        let history = &mut self.tab.history;
        match command {
            Command::MoveSelected(by) => history.edit("Move tiles", |m| m.move_by(&chosen, by.x, by.y)),
            Command::RemoveSelected if self.tab.selection.region.is_some() => {
                let region = self.tab.selection.region.take();
                history.edit("Remove region", |m| region.into_iter().for_each(|id| m.remove_region(id)));
            }
            Command::RemoveSelected => history.edit("Remove tiles", |m| m.remove(&chosen)),
            Command::Restack { to_top } => {
                let label = if to_top { "Bring to front" } else { "Send to back" };
                history.edit(label, |m| m.restack(&chosen, to_top));
            }
            Command::HideSelected => history.edit("Hide tiles", |m| m.set_visible(&chosen, false)),
            Command::ShowAll => history.edit("Show all tiles", |m| {
                let all = m.placements.iter().map(|p| p.id).collect();
                m.set_visible(&all, true);
            }),
            Command::Arrange(grid) => {
                history.edit("Arrange", |m| {
                    let ids = if chosen.len() > 1 { chosen } else { m.placements.iter().map(|p| p.id).collect() };
                    let origin = m.placements.iter().filter(|p| ids.contains(&p.id)).map(Placement::rect);
                    let origin = origin.reduce(crate::geometry::Rect::union).unwrap_or_default();
                    m.arrange(&ids, &grid, Point::new(origin.x0 as f64, origin.y0 as f64));
                });
                self.tab.fit_pending = true;
            }
            Command::AddRegion(rect) => {
                let mut made = None;
                history.edit("Draw region", |m| made = Some(m.add_region(None, Shape::Rectangle(rect))));
                self.tab.selection.region = made;
            }
            Command::ReshapeRegion(id, rect) => {
                history.edit("Change region", |m| m.reshape(id, Shape::Rectangle(rect)));
            }
            Command::RenameRegion(id, name) => history.edit("Rename region", |m| m.rename_region(id, name)),
            Command::RemoveRegion(id) => {
                history.edit("Remove region", |m| m.remove_region(id));
                self.tab.selection.region = self.tab.selection.region.filter(|selected| *selected != id);
            }
            Command::AddBookmark => {
                let View { center, zoom, degrees, mirrored } = self.tab.view;
                let (id, name) = (BookmarkId::default(), String::new());
                let bookmark = Bookmark { id, name, center, zoom, degrees, mirrored };
                history.edit("Add bookmark", |m| _ = m.add_bookmark(bookmark));
            }
            Command::RenameBookmark(id, name) => history.edit("Rename bookmark", |m| m.rename_bookmark(id, name)),
            Command::RemoveBookmark(id) => history.edit("Remove bookmark", |m| m.remove_bookmark(id)),
            // Every other command is done by `apply`.
            _ => {}
        }
        self.forget_vanished();
    }

    fn step(&mut self, step: fn(&mut History) -> Option<&'static str>) {
        if step(&mut self.tab.history).is_some() {
            self.forget_vanished();
        }
    }

    /// Deselect what is no longer there.
    fn forget_vanished(&mut self) {
        let mosaic = Arc::clone(self.tab.history.now());
        if !self.tab.selection.placements.is_empty() {
            let there: std::collections::HashSet<_> = mosaic.placements.iter().map(|p| p.id).collect();
            self.tab.selection.placements.retain(|id| there.contains(id));
        }
        self.tab.selection.region = self.tab.selection.region.filter(|id| mosaic.region(*id).is_some());
    }

    fn receive(&mut self, message: Message) {
        match message {
            Message::Images { target, placements, named } => self.receive_images(target, placements, &named),
            Message::Project { mosaic, path } => self.receive_project(mosaic, path),
            Message::Demo(mosaic) => {
                self.jobs.finished();
                self.fresh_tab();
                self.replace(mosaic, None);
            }
            Message::Saved { tab: id, path, mosaic } => {
                self.settings.remember(&path);
                self.tell(format!("Saved {}", path.display()), false);
                if let Some(tab) = self.tab_of_mut(id) {
                    tab.history.mark_saved(&mosaic);
                    tab.opened = vec![path.clone()];
                    tab.project = Some(path);
                }
                if let Some((_, leaving)) = self.after_saving.take_if(|(saved, _)| *saved == id) {
                    self.go_on_leaving(leaving);
                }
            }
            Message::Picked { ask, paths, confirmed } => self.receive_picked(&ask, paths, confirmed),
            Message::Looked { writing, found } => self.receive_looked(writing, found),
            Message::FreeName { asked, free } => self.receive_free_name(&asked, &free),
            Message::Crashed { documents, exports } => {
                self.receive_crashed(documents);
                self.receive_interrupted(exports);
            }
            Message::Recovered { path, head, picture, mosaic } => self.receive_recovered(&path, head, picture, *mosaic),
            Message::Pictured(tab, picture) => self.receive_picture(tab, picture),
            Message::NotKept(error) => self.receive_not_kept(&error),
            Message::Shot { window, canvas, to } => self.receive_shot(&window, canvas, to),
            Message::Copied { image, level } => {
                self.jobs.finished();
                let how = if level == 0 { String::new() } else { format!(", reduced to 1/{}", 1 << level) };
                self.copy(image, &how);
            }
            Message::Written(path) => self.tell(format!("Saved {}", path.display()), false),
            Message::Thumbnails(found) => self.receive_thumbnails(found),
            Message::NoPicker(ask) => self.type_path(ask),
            Message::Properties { path, page, found } => self.facts.put(path, page, found),
            Message::Instead { tab, id, shown, error, other_file } => {
                self.receive_instead(tab, id, &shown, error, other_file);
            }
            Message::Unknown { path, length } => self.receive_unknown(path, length),
            Message::RawPreview { layout, found } => self.receive_raw_preview(layout, found),
            Message::Preview { preview } => {
                self.previewing = None;
                self.preview = Some(preview);
            }
            // Another program shows the folder.
            Message::Shown => {}
            Message::Failed(error) => {
                self.jobs.finished();
                self.opening = None;
                self.turning = false;
                self.after_saving = None;
                let text = if error.is_cancelled() { "Cancelled".into() } else { error.to_string() };
                self.tell(text, !error.is_cancelled());
            }
        }
    }

    /// Tell of the exports that have ended since the last frame.
    fn report_exports(&mut self) {
        for item in self.exports.items() {
            let name = item.out.display();
            let (text, bad) = match &item.state {
                QueueState::Done(statistics) => {
                    (format!("Exported {name} ({}, {:.1} s)", show_bytes(statistics.bytes), statistics.seconds), false)
                }
                QueueState::Failed(error) => (error.to_string(), true),
                QueueState::Cancelled if item.unfinished.is_some() => {
                    (format!("Cancelled; {name} is unfinished and can be resumed"), false)
                }
                QueueState::Cancelled => (format!("Cancelled; {name} was not written"), false),
                QueueState::Waiting | QueueState::Running | QueueState::Paused => continue,
            };
            if !self.reported.insert(item.id) {
                continue;
            }
            self.tell(text, bad);
            if let Some(first) = item.warnings.first() {
                let more = item.warning_count - 1;
                let rest = if more > 0 { format!(", and {more} more") } else { String::new() };
                self.tell(format!("Left as background: {first}{rest}"), true);
            }
        }
    }

    fn receive_project(&mut self, mosaic: Mosaic, path: PathBuf) {
        self.jobs.finished();
        self.settings.remember(&path);
        let path = std::path::absolute(&path).unwrap_or(path);
        let open = |id: &TabId| self.tab_of(*id).is_some_and(|tab| tab.project.as_ref() == Some(&path));
        if let Some(id) = self.tabs.ids().into_iter().find(open) {
            // Two tabs of one project would save over each other.
            self.opening = None;
            self.show_tab(id);
            self.tell(format!("{} is open already: this is its tab", path.display()), false);
            return;
        }
        self.fresh_tab();
        self.replace(mosaic, Some(path.clone()));
        self.tab.opened = vec![path];
    }

    fn receive_images(&mut self, target: Target, placements: Vec<(Placement, Option<Error>)>, named: &[PathBuf]) {
        self.jobs.finished();
        let unreadable = placements.iter().filter(|(_, error)| error.is_some()).count();
        if unreadable == placements.len() {
            let reason = placements.into_iter().find_map(|(_, error)| error);
            self.tell(reason.map_or_else(String::new, |error| error.to_string()), true);
            return;
        }
        for (placement, error) in &placements {
            if let Some(error) = error {
                self.textures.failures.insert(Arc::clone(&placement.path), error.clone());
            }
        }
        if unreadable > 0 {
            let (count, files) = (placements.len(), if unreadable == 1 { "file" } else { "files" });
            self.tell(format!("{unreadable} {files} of {count} cannot be read; see the marked places"), true);
        }
        for path in named {
            self.settings.remember(path);
        }
        let opened =
            named.iter().map(|path| std::path::absolute(path).unwrap_or_else(|_| path.clone())).collect::<Vec<_>>();
        let placements: Vec<_> = placements.into_iter().map(|(placement, _)| placement).collect();
        let grid = Grid::square(placements.len());
        match target {
            Target::Tab(id) if self.tab_of(id).is_some_and(|tab| !tab.history.now().placements.is_empty()) => {
                self.show_tab(id);
                self.tab.opened.extend(opened);
                self.tab.history.edit("Add images", |mosaic| lay_out(mosaic, placements, &grid));
                self.tab.fit_pending = true;
            }
            Target::Tab(_) | Target::Own => {
                let mut mosaic = Mosaic::default();
                lay_out(&mut mosaic, placements, &grid);
                self.fresh_tab();
                self.replace(mosaic, None);
                self.tab.opened = opened;
            }
        }
    }

    /// Another document instead of this one.
    pub(super) fn replace(&mut self, mosaic: Mosaic, project: Option<PathBuf>) {
        if self.tabs.count() == 1 {
            let failures = std::mem::take(&mut self.textures.failures);
            self.textures.clear();
            self.textures.failures = failures;
        }
        self.tool = if mosaic.placements.len() > 1 { Tool::Select } else { Tool::Hand };
        self.tab.grid = Grid::square(mosaic.placements.len());
        self.readout.forget(self.textures.library());
        self.tab.nav = Navigation { opening: self.opening.take(), ..Navigation::default() };
        self.tab.opened = Vec::new();
        self.tab.history = History::new(mosaic);
        self.tab.project = project;
        self.tab.selection = Selection::default();
        self.tab.display = Displayed::default();
        self.tab.fit_pending = true;
    }

    fn show_export(&mut self, region: Option<RoiId>) {
        if self.mosaic().placements.is_empty() {
            return;
        }
        let base = self.tab.folder(self.settings.export_folder.as_deref()).join(self.tab.stem(region));
        let mut form = ExportForm::new(region, &base);
        if let Some(kind) = self.tab.display.kind() {
            form.suit(kind);
        }
        self.export_form = Some(form);
    }

    fn start_export(&mut self) {
        let Some(form) = self.export_form.clone() else { return };
        match form.request(self.mosaic()) {
            Ok(mut request) => {
                request.protected =
                    self.tabs.ids().into_iter().filter_map(|id| self.tab_of(id)?.project.clone()).collect();
                let mosaic = Arc::clone(self.tab.history.now());
                self.look_before(Writing::Export { mosaic, request: Box::new(request) });
            }
            Err(error) => self.tell(error.to_string(), true),
        }
    }

    pub(super) fn save_to(&self, tab: TabId, path: PathBuf) {
        if let Some(Tab { history, display, .. }) = self.tab_of(tab) {
            self.jobs.save(tab, Arc::clone(history.now()), display.to_save(), path);
        }
    }

    fn project_name(&self) -> String {
        let beside = || self.tab.folder(None).join(format!("{}.mosaic", self.tab.stem(None)));
        self.tab.project.clone().unwrap_or_else(beside).to_string_lossy().into_owned()
    }

    pub(super) fn tell(&mut self, text: String, bad: bool) {
        const MOST: usize = 4;
        self.notices.push(Notice { text, bad });
        let over = self.notices.len().saturating_sub(MOST);
        self.notices.drain(..over);
    }

    pub(super) fn apply_theme(&self) {
        self.context.set_theme(if self.settings.light { egui::Theme::Light } else { egui::Theme::Dark });
    }
}
