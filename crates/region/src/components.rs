//! Connected components of a raster: equal values that touch along an edge.

use crate::core_geometry::{Rect, Size};

/// One component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Component {
    /// In pixels of the raster.
    pub(crate) bounds: Rect,
    pub(crate) area: u64,
}

/// Every pixel's component: 0 for those of the default value, else one more than an index into `found`.
#[derive(Debug, Clone)]
pub(crate) struct Components {
    pub(crate) size: Size,
    pub(crate) labels: Vec<u32>,
    pub(crate) found: Vec<Component>,
}

/// Find the components of `values`, `size` pixels row by row, in reading order of their first pixels.
///
/// Two scans with a union of equivalent labels (Rosenfeld and Pfaltz 1966).
pub(crate) fn components<T: Copy + PartialEq + Default>(values: &[T], size: Size) -> Components {
    let width = size.width as usize;
    let mut labels = vec![0u32; values.len()];
    let mut parents = vec![0u32];
    for at in 0..values.len() {
        let value = values[at];
        if value == T::default() {
            continue;
        }
        let left = if at % width > 0 && values[at - 1] == value { labels[at - 1] } else { 0 };
        let above = if at >= width && values[at - width] == value { labels[at - width] } else { 0 };
        labels[at] = match (left, above) {
            (0, 0) => {
                parents.push(parents.len() as u32);
                parents.len() as u32 - 1
            }
            (0, one) | (one, 0) => one,
            (a, b) => join(&mut parents, a, b),
        };
    }
    renumber(&mut labels, &mut parents, size)
}

fn root(parents: &mut [u32], mut label: u32) -> u32 {
    while parents[label as usize] != label {
        parents[label as usize] = parents[parents[label as usize] as usize];
        label = parents[label as usize];
    }
    label
}

fn join(parents: &mut [u32], a: u32, b: u32) -> u32 {
    let (a, b) = (root(parents, a), root(parents, b));
    let (first, second) = (a.min(b), a.max(b));
    parents[second as usize] = first;
    first
}

fn renumber(labels: &mut Vec<u32>, parents: &mut [u32], size: Size) -> Components {
    let mut numbers = vec![0u32; parents.len()];
    let mut found: Vec<Component> = Vec::new();
    for (at, label) in labels.iter_mut().enumerate().filter(|(_, label)| **label != 0) {
        let (x, y) = ((at % size.width as usize) as i64, (at / size.width as usize) as i64);
        let pixel = Rect::new(x, y, x + 1, y + 1);
        let root = root(parents, *label) as usize;
        if numbers[root] == 0 {
            found.push(Component { bounds: pixel, area: 0 });
            numbers[root] = found.len() as u32;
        }
        *label = numbers[root];
        let component = &mut found[*label as usize - 1];
        component.bounds = component.bounds.union(pixel);
        component.area += 1;
    }
    Components { size, labels: std::mem::take(labels), found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diagonal_neighbors_are_apart() {
        let values = [1u8, 1, 0, 0, 0, 0, 1, 1, 1, 0, 1, 0];
        let all = components(&values, Size::new(4, 3));
        assert_eq!(all.labels, [1, 1, 0, 0, 0, 0, 2, 2, 3, 0, 2, 0]);
        assert_eq!(all.found[1], Component { bounds: Rect::new(2, 1, 4, 3), area: 3 });
    }

    #[test]
    fn a_spiral_is_one() {
        let values = [1u8, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1];
        assert_eq!(components(&values, Size::new(4, 5)).found.len(), 1);
    }
}
