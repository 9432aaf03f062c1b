//! [`Shot`]: which picture of the view is asked for.

use std::path::PathBuf;

/// The content and destination of a screenshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shot {
    /// The pixels of the selected region, or of the visible part, to the clipboard.
    CopyRegion,
    /// The canvas with all overlays, to the clipboard.
    CopyView,
    /// The same to a file that the user is asked for.
    AskPath,
    SaveView(PathBuf),
}
