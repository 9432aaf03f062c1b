//! What the window and the command line both do with a document: gather files into it, export it, make the example.
//!
//! Here the modules above are put together. Nothing here talks to a person.

mod collect;
pub mod demo;
mod export;
mod queue;
mod terrain;

pub use collect::{list_images, natural_cmp, probe};
pub use export::{ExportRequest, export, library, preview_plan, viewing_library};
pub use queue::{ExportQueue, QueueId, QueueItem, QueueState};
