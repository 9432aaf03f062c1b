//! Columns and rows of tiles that lie about in a grid, for formats that name them.

use super::TilePosition;

/// (column, row) of each tile, from 0: tiles less than half a side apart share a column or row.
pub(super) fn cells_of(tiles: &[TilePosition]) -> Vec<(usize, usize)> {
    let x: Vec<f64> = tiles.iter().map(|tile| tile.x).collect();
    let y: Vec<f64> = tiles.iter().map(|tile| tile.y).collect();
    let side = |of: fn(crate::geometry::Size) -> u32| tiles.iter().filter_map(|tile| tile.size).map(of).min();
    let columns = lines_of(&x, side(|size| size.width));
    let rows = lines_of(&y, side(|size| size.height));
    columns.into_iter().zip(rows).collect()
}

fn lines_of(values: &[f64], side: Option<u32>) -> Vec<usize> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let widest = sorted.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
    // Without a size, the widest step between neighbors is about a tile.
    let apart = side.map_or(widest, f64::from) / 2.0;
    let starts = sorted.windows(2).filter(|pair| pair[1] - pair[0] > apart).map(|pair| pair[1]).collect::<Vec<_>>();
    values.iter().map(|value| starts.partition_point(|start| start <= value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scattered_tiles_have_columns_and_rows() {
        let at = |x: f64, y: f64| TilePosition { x, y, ..TilePosition::default() };
        let tiles = [at(0.0, 3.0), at(901.0, 0.0), at(4.0, 703.0), at(897.0, 699.0)];
        assert_eq!(cells_of(&tiles), [(0, 0), (1, 0), (0, 1), (1, 1)]);
        assert_eq!(cells_of(&tiles[..1]), [(0, 0)]);
    }
}
