//! Reports of an alignment: a CSV table of the tiles, and an HTML page with a map.

mod csv;
mod html;
mod map;

pub use csv::{csv, tile_configuration};
pub use html::html;
