//! [`Table`]: regions as rows, measurements as columns; as CSV.

use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;

use super::shape;
use mosaicist_shape::Roi;

/// Rows of text and numbers under named columns.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    pub columns: Vec<Arc<str>>,
    pub rows: Vec<Vec<String>>,
}

/// The shape of each region, and the measurements it has; `scale` is how large a pixel is, across and down, and in what unit.
pub fn table(rois: &[Roi], scale: Option<((f64, f64), &str)>) -> Table {
    let mpp = scale.map(|(pixel, _)| pixel);
    let mut columns: Vec<Arc<str>> = [
        "name",
        "class",
        "kind",
        "shape",
        "x",
        "y",
        "width",
        "height",
        "center_x",
        "center_y",
        "area_px",
        "perimeter_px",
    ]
    .map(Arc::from)
    .to_vec();
    columns.extend(["length_px", "angle_degrees"].map(Arc::from));
    if let Some((_, unit)) = scale {
        columns.extend([format!("area_{unit}2"), format!("perimeter_{unit}"), format!("length_{unit}")].map(Arc::from));
    }
    let own = columns.len();
    let mut places: HashMap<Arc<str>, usize> = HashMap::new();
    for (name, _) in rois.iter().flat_map(|roi| roi.measurements.iter()) {
        places.entry(Arc::clone(name)).or_insert_with(|| {
            columns.push(Arc::clone(name));
            columns.len() - 1
        });
    }
    let row = |roi: &Roi| {
        let mut row = shape_cells(roi, mpp);
        debug_assert_eq!(row.len(), own, "a cell for each column");
        row.resize(columns.len(), String::new());
        for (name, value) in roi.measurements.iter() {
            if let Some(cell) = places.get(name).and_then(|&place| row.get_mut(place)) {
                *cell = value.to_string();
            }
        }
        row
    };
    let rows = rois.iter().map(row).collect();
    Table { columns, rows }
}

fn shape_cells(roi: &Roi, mpp: Option<(f64, f64)>) -> Vec<String> {
    let measured = shape(&roi.geometry, mpp);
    let text = |text: Option<&Arc<str>>| text.map_or_else(String::new, ToString::to_string);
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let bounds = measured.bounds;
    let mut cells = vec![
        text(roi.name.as_ref()),
        text(roi.class.as_ref().map(|class| &class.name)),
        roi.kind.name().to_owned(),
        roi.geometry.name().to_owned(),
    ];
    let numbers = [bounds.x0, bounds.y0, bounds.width(), bounds.height(), measured.center.x, measured.center.y];
    cells.extend(numbers.map(|value| value.to_string()));
    cells.extend([measured.area_px, measured.perimeter_px, measured.length_px, measured.angle_degrees].map(number));
    if mpp.is_some() {
        cells.extend([measured.area_um2, measured.perimeter_um, measured.length_um].map(number));
    }
    cells
}

impl Table {
    /// Write it as CSV (RFC 4180), with a header.
    pub fn write_csv(&self, out: &mut dyn Write) -> std::io::Result<()> {
        write_row(out, self.columns.iter().map(|column| &**column))?;
        self.rows.iter().try_for_each(|row| write_row(out, row.iter().map(String::as_str)))
    }

    /// The rows in the order of a column: numbers by value, then text.
    pub fn sort_by(&mut self, column: usize, descending: bool) {
        let key = |row: &Vec<String>| {
            let cell = row.get(column).cloned().unwrap_or_default();
            (cell.parse::<f64>().ok(), cell)
        };
        self.rows.sort_by(|a, b| {
            let order = match (key(a), key(b)) {
                ((Some(a), _), (Some(b), _)) => a.total_cmp(&b),
                ((Some(_), _), (None, _)) => std::cmp::Ordering::Less,
                ((None, _), (Some(_), _)) => std::cmp::Ordering::Greater,
                ((None, a), (None, b)) => a.cmp(&b),
            };
            if descending { order.reverse() } else { order }
        });
    }
}

/// One line of CSV. Text that a spreadsheet would read as a formula is escaped.
pub(crate) fn write_row<'a>(out: &mut dyn Write, cells: impl Iterator<Item = &'a str>) -> std::io::Result<()> {
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        let formula = cell.starts_with(['=', '+', '@']) || cell.starts_with('-') && cell.parse::<f64>().is_err();
        if formula || cell.contains([',', '"', '\n', '\r']) {
            write!(out, "\"{}{}\"", if formula { "'" } else { "" }, cell.replace('"', "\"\""))?;
        } else {
            out.write_all(cell.as_bytes())?;
        }
    }
    out.write_all(b"\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use mosaicist_shape::Geometry;

    #[test]
    fn regions_become_rows() {
        let mut one = Roi::new(Geometry::rectangle(1.0, 2.0, 3.0, 4.0)).named("a, \"b\"");
        one.measurements = Arc::from([(Arc::from("Mean"), 2.5)]);
        let two = Roi::new(Geometry::rectangle(0.0, 0.0, 1.0, 1.0)).named("=1+1");
        let mut table = table(&[one, two], Some(((0.5, 0.5), "um")));
        table.sort_by(10, false);
        let mut text = Vec::new();
        table.write_csv(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[0].ends_with("area_um2,perimeter_um,length_um,Mean"), "{}", lines[0]);
        assert_eq!(lines[1], "\"'=1+1\",,annotation,rectangle,0,0,1,1,0.5,0.5,1,4,,,0.25,2,,");
        assert_eq!(lines[2], "\"a, \"\"b\"\"\",,annotation,rectangle,1,2,3,4,2.5,4,12,14,,,3,7,,2.5");
    }
}
