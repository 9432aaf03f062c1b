//! Regions of interest in the window: what can be done to them, how they are drawn, found and measured. Data only: `logic` changes it,
//! tools and panels ask for [`RegionCommand`]s.

mod command;
mod detecting;
mod drawing;
mod export_form;
mod frame;
mod layer;
mod measuring;
mod operate;
mod picture;

pub(super) use command::ChosenRegions;
pub use command::{Combine, Pick, RegionCommand, RegionFiles, Shaping};
pub use detecting::DetectForm;
pub(super) use detecting::Detecting;
pub use drawing::Drawing;
pub use export_form::{OutsidePixels, RegionAxes, RegionExportForm};
pub(super) use frame::{RegionFrame, frame_of};
pub(super) use layer::{DEFAULT_COLOR, RegionLayer};
pub use measuring::MeasureForm;
pub(super) use measuring::{Measured, Measuring, measured};
pub(super) use operate::{combined, shaped};
