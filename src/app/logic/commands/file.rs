//! Opening, saving and closing documents.

use std::path::PathBuf;

use crate::ImageRef;
use crate::app::dialog::Dialog;
use crate::app::files::Target;
use crate::app::question::{Closing, Writing};
use crate::app::{App, Ask, FileCommand};
use crate::job::Progress;
use crate::work::demo;

impl App {
    pub(super) fn apply_file(&mut self, command: FileCommand) {
        match command {
            FileCommand::AskFiles => self.pick(Ask::Files),
            FileCommand::AskFolder => self.pick(Ask::Folder),
            FileCommand::AskMore => self.pick(Ask::More),
            FileCommand::AskRaw => self.pick(Ask::Raw),
            FileCommand::AskLocation => self.type_path(Ask::Files),
            FileCommand::ImportRaw(path) => self.import_raw(path),
            FileCommand::Typed(ask, path) => self.receive_picked(&ask, vec![path], false),
            FileCommand::Open(paths) => self.open(paths, Target::Tab(self.documents.tabs.current())),
            FileCommand::OpenTab(paths) => self.open(paths, Target::Own),
            FileCommand::OpenImage(image) => self.open_image(image),
            FileCommand::NextFile(step) => self.close_asking(Closing::ForFile(step)),
            FileCommand::Demo => self.open_demo(),
            FileCommand::Close => self.close_asking(Closing::Tab(self.documents.tabs.current())),
            FileCommand::Quit => self.close_asking(Closing::Window),
            FileCommand::Answer(answer) => self.answer(answer),
            FileCommand::Save => self.save(),
            FileCommand::SaveAs => self.pick(Ask::SaveProject(self.project_name())),
            FileCommand::SaveTo(path) => self.save_as(path, false),
            FileCommand::AskPortable => {
                let beside =
                    self.documents.tab.folder(None).join(format!("{} portable.mosaic", self.documents.tab.stem(None)));
                self.pick(Ask::SavePortable(beside.to_string_lossy().into_owned()));
            }
            FileCommand::PreviewRaw => self.preview_raw(),
            FileCommand::OpenRaw => {
                if let Some(form) = self.dialogs.take_raw() {
                    self.open_image(ImageRef::file(form.path).raw(form.layout));
                }
            }
            FileCommand::Retry => {
                self.services.textures.retry();
                self.services.properties.forget();
            }
            FileCommand::RestoreSession => self.resume(),
            FileCommand::ShowRecovery(true) => self.dialogs.open(Dialog::Recovery),
            FileCommand::ShowRecovery(false) => self.dialogs.close_recovery(),
            FileCommand::Recover(path) => self.services.crashes.want(path),
            FileCommand::DiscardRecovery(path) => self.discard_recovery(&path),
        }
    }

    fn open_demo(&mut self) {
        let progress = Progress::default();
        let making = progress.clone();
        let begin = move || demo::Example::begin(&demo::folder()?, &making);
        self.services.jobs.run(begin, |app, example| {
            app.fresh_tab();
            app.replace(example.mosaic.clone(), None);
            if example.is_missing_tiles() {
                let results = app.services.jobs.sender();
                let arrived = move || results.send(|app| app.services.textures.wait_no_longer());
                let make = move |_: &Progress| example.make(arrived);
                app.services.jobs.start_with(progress, "Making the example", make, |_, ()| {});
            }
        });
    }

    pub(in crate::app::logic) fn save(&mut self) {
        match self.documents.tab.project.clone() {
            Some(path) => {
                self.look_before(Writing::Project { tab: self.documents.tabs.current(), path, confirmed: true });
            }
            None => self.apply(FileCommand::SaveAs),
        }
    }

    fn project_name(&self) -> String {
        let beside = || self.documents.tab.folder(None).join(format!("{}.mosaic", self.documents.tab.stem(None)));
        let path: PathBuf = self.documents.tab.project.clone().unwrap_or_else(beside);
        path.to_string_lossy().into_owned()
    }
}
