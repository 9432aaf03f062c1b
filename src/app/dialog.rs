//! [`Dialogs`]: the open dialogs. Drawing a dialog changes only its own fields.

use std::path::PathBuf;
use std::sync::Arc;

use super::batch::BatchDialog;
use super::bindings::Rebinding;
use super::export_form::PlannedExport;
use super::go_to_form::GoToForm;
use super::question::Question;
use super::{Ask, ExportForm, RawForm};
use crate::mosaic::Mosaic;

/// Something open over the window, with its fields.
pub(super) enum Dialog {
    Export(Box<ExportDialog>),
    Batch(Box<BatchDialog>),
    Raw(Box<RawForm>),
    Path(TypedPath),
    /// The shortcuts sheet; a key being chosen on it, if so.
    Shortcuts(Option<Rebinding>),
    GoTo(GoToForm),
    /// The documents that a crash has left.
    Recovery,
    /// A file that is no image.
    Unknown(UnknownFile),
    /// Version and licenses.
    About,
    Question(Question),
}

/// The export dialog.
pub(super) struct ExportDialog {
    pub(super) form: ExportForm,
    /// How the export would go, for the fields and the document it was planned for.
    pub(super) preview: Option<Preview>,
    /// The fields for which that is being planned.
    pub(super) previewing: Option<ExportForm>,
    /// The export has been started; what stands where it writes is being looked at.
    pub(super) starts: bool,
}

/// The plan shown in the export dialog, or the error.
#[derive(Debug, Clone)]
pub(super) struct Preview {
    pub(super) form: ExportForm,
    pub(super) mosaic: Arc<Mosaic>,
    pub(super) found: Result<PlannedExport, String>,
}

/// A file that cannot be opened as an image, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UnknownFile {
    pub(super) path: PathBuf,
    pub(super) reason: String,
}

/// A path being typed, and its purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TypedPath {
    pub(super) ask: Ask,
    pub(super) text: String,
}

/// The open dialogs, the topmost last; at most one of each kind.
#[derive(Default)]
pub(super) struct Dialogs(Vec<Dialog>);

impl Dialogs {
    /// Open `dialog` on top of the others, in place of one of its kind.
    pub(super) fn open(&mut self, dialog: Dialog) {
        let kind = std::mem::discriminant(&dialog);
        self.0.retain(|known| std::mem::discriminant(known) != kind);
        self.0.push(dialog);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Closes the dialogs that wait for nothing. Whether no other is open.
    pub(super) fn give_way(&mut self) -> bool {
        self.0.retain(|dialog| match dialog {
            Dialog::Shortcuts(_) | Dialog::GoTo(_) | Dialog::Unknown(_) | Dialog::About => false,
            Dialog::Path(path) => !matches!(path.ask, Ask::Files | Ask::Folder),
            Dialog::Export(_) | Dialog::Batch(_) | Dialog::Raw(_) | Dialog::Recovery | Dialog::Question(_) => true,
        });
        self.0.is_empty()
    }

    /// Draws all dialogs and closes those for which `draw` returns `false`. `draw` must not open others.
    pub(super) fn retain(&mut self, draw: impl FnMut(&mut Dialog) -> bool) {
        self.0.retain_mut(draw);
    }

    pub(super) fn export(&self) -> Option<&ExportDialog> {
        self.0.iter().find_map(|dialog| if let Dialog::Export(export) = dialog { Some(&**export) } else { None })
    }

    pub(super) fn export_mut(&mut self) -> Option<&mut ExportDialog> {
        self.0
            .iter_mut()
            .find_map(|dialog| if let Dialog::Export(export) = dialog { Some(&mut **export) } else { None })
    }

    pub(super) fn batch_mut(&mut self) -> Option<&mut BatchDialog> {
        self.0.iter_mut().find_map(|dialog| if let Dialog::Batch(batch) = dialog { Some(&mut **batch) } else { None })
    }

    pub(super) fn take_batch(&mut self) -> Option<BatchDialog> {
        let at = self.0.iter().position(|dialog| matches!(dialog, Dialog::Batch(_)))?;
        if let Dialog::Batch(batch) = self.0.remove(at) { Some(*batch) } else { None }
    }

    pub(super) fn shows_batch_on_top(&self) -> bool {
        matches!(self.0.last(), Some(Dialog::Batch(_)))
    }

    pub(super) fn close_export(&mut self) {
        self.0.retain(|dialog| !matches!(dialog, Dialog::Export(_)));
    }

    pub(super) fn raw_mut(&mut self) -> Option<&mut RawForm> {
        self.0.iter_mut().find_map(|dialog| if let Dialog::Raw(form) = dialog { Some(&mut **form) } else { None })
    }

    pub(super) fn take_raw(&mut self) -> Option<RawForm> {
        let at = self.0.iter().position(|dialog| matches!(dialog, Dialog::Raw(_)))?;
        if let Dialog::Raw(form) = self.0.remove(at) { Some(*form) } else { None }
    }

    pub(super) fn take_question(&mut self) -> Option<Question> {
        let at = self.0.iter().position(|dialog| matches!(dialog, Dialog::Question(_)))?;
        if let Dialog::Question(question) = self.0.remove(at) { Some(question) } else { None }
    }

    pub(super) fn has_question(&self) -> bool {
        self.0.iter().any(|dialog| matches!(dialog, Dialog::Question(_)))
    }

    /// Closes the questions for which `is_void` holds.
    pub(super) fn drop_questions(&mut self, is_void: impl Fn(&Question) -> bool) {
        self.0.retain(|dialog| !matches!(dialog, Dialog::Question(question) if is_void(question)));
    }

    pub(super) fn shows_recovery(&self) -> bool {
        self.0.iter().any(|dialog| matches!(dialog, Dialog::Recovery))
    }

    pub(super) fn close_recovery(&mut self) {
        self.0.retain(|dialog| !matches!(dialog, Dialog::Recovery));
    }

    pub(super) fn close_shortcuts(&mut self) {
        self.0.retain(|dialog| !matches!(dialog, Dialog::Shortcuts(_)));
    }
}
