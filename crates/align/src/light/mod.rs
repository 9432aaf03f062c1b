//! How bright each tile came out, and each part of all tiles: from what two tiles show of the same place.
//!
//! Nothing here looks at what is in the picture: only ratios of the same places in two tiles count, so no structure of the
//! subject can be taken for light.

mod exposure;
mod flat;
mod samples;

pub use exposure::{Exposure, Exposures, match_exposure};
pub use flat::flat_field;
