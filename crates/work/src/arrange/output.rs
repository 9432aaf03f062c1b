//! [`positions_of`]: a mosaic as a file of positions.

use std::path::Path;

use crate::mosaic::positions::{Positions, TilePosition};
use crate::mosaic::{Mosaic, relative};
use crate::{IoResultExt as _, Result};

/// The positions of all tiles of `mosaic` in px, with paths relative to the folder of the file `out`.
pub fn positions_of(mosaic: &Mosaic, out: &Path) -> Result<Positions> {
    let out = std::path::absolute(out).at(out)?;
    let folder = out.parent().unwrap_or(&out);
    let paged = mosaic.placements.iter().any(|placement| placement.image.number() > 0);
    let tile = |placement: &crate::mosaic::Placement| TilePosition {
        file: relative(&placement.image.path, folder).to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/"),
        x: placement.position().x,
        y: placement.position().y,
        z: None,
        series: paged.then_some(placement.image.number()),
        size: Some(placement.size),
        kind: placement.kind,
    };
    Ok(Positions { tiles: mosaic.placements.iter().map(tile).collect(), ..Positions::default() })
}
