//! What an alignment is written down as: a table of the tiles, and a page with a map for people.

mod csv;
mod html;
mod map;

pub use csv::{csv, tile_configuration};
pub use html::html;
