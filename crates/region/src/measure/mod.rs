//! Measuring regions: their shape in pixels and physical units, and the samples inside; tables as CSV.

mod intensity;
mod shape;
mod table;

pub use intensity::{ChannelStatistics, IntensityOptions, intensity};
pub use shape::{ShapeMeasures, shape};
pub(crate) use table::write_row;
pub use table::{Table, table};
