//! [`BatchCommand`]: fills in, starts and controls the batch of the window.

use std::path::PathBuf;

use super::BatchForm;
use crate::ImageRef;
use crate::work::Rerun;

/// What can be done to the batch.
#[derive(Debug, Clone, PartialEq)]
pub enum BatchCommand {
    /// Shows its dialog: the run if there is one, else the form.
    Show,
    /// Keeps the form of the dialog that is being closed.
    Keep(Box<BatchForm>),
    /// Shows an image in a tab, in place of the dialog.
    Open(ImageRef),
    AskFiles,
    AskFolder,
    /// Adds files, and the images in folders.
    Add(Vec<PathBuf>),
    /// Asks for the folder of the results.
    AskOut,
    /// Asks for a recipe.
    AskRecipe,
    LoadRecipe(PathBuf),
    /// Asks where to save the recipe.
    AskSaveRecipe,
    /// Finds which file becomes what.
    Plan,
    Start,
    Pause(bool),
    Cancel,
    /// Goes on after it was cancelled, or tries again what has failed.
    Rerun(Rerun),
    /// Forgets the run, and shows the form again.
    Forget,
}
