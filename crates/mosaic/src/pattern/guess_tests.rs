//! Guessing patterns from names: conventions of microscopes, renderers and maps.

use super::guess;
use crate::geometry::Size;

/// The likeliest pattern, whether it is sure, and its reason.
fn first(names: &[String], sizes: &[Size]) -> (String, bool, String) {
    let found = guess(names, sizes, None);
    let best = found.first().unwrap();
    (best.layout.pattern.clone(), best.is_sure(), best.reason.clone())
}

/// Names of a full grid, columns first running.
fn grid(columns: std::ops::Range<i64>, rows: std::ops::Range<i64>, name: impl Fn(i64, i64) -> String) -> Vec<String> {
    rows.flat_map(|row| columns.clone().map(move |column| (column, row))).map(|(c, r)| name(c, r)).collect()
}

#[test]
fn conventions_are_known() {
    let cases: [(Vec<String>, &str); 12] = [
        (grid(0..4, 0..3, |c, r| format!("tile_r{r:02}_c{c:02}.jpg")), "tile_r{row:02}_c{col:02}"),
        (grid(1..5, 1..4, |c, r| format!("a/scan Row{r} Col{c}.ome.tif")), "scan Row{row} Col{col}"),
        (grid(-3..2, -2..2, |c, r| format!("{c}_{r}_map.png")), "{col}_{row}_map"),
        (grid(-3..2, -2..2, |c, r| format!("x{c}y{r}.png")), "x{col}y{row}"),
        (grid(0..2, 0..3, |c, r| format!("stitch2d_ex[Grid@{c} {r}].jpg")), "stitch2d_ex[Grid@{col} {row}]"),
        (grid(1..3, 1..5, |c, r| format!("cd{r}.{c}.jpg")), "cd{row}.{col}"),
        (grid(0..5, 0..5, |c, r| format!("3-{c}-{r}.jpg")), "3-{col}-{row}"),
        (grid(0..5, 0..5, |c, r| format!("1-Pos_{c:03}_{r:03}.tif")), "1-Pos_{col:03}_{row:03}"),
        (grid(0..4, 0..3, |c, r| format!("t{:03}_r{r}_c{c}.tif", r * 4 + c)), "t{*}_r{row}_c{col}"),
        (grid(0..4, 0..3, |c, r| format!("p_x{}_y{}.tif", c * 900, r * 700)), "p_x{x}_y{y}"),
        (grid(0..4, 0..3, |c, r| format!("p_x{}um_y{}um.tif", c * 333, r * 250)), "p_x{x:um}um_y{y:um}um"),
        (grid(0..4, 0..3, |c, r| format!("p_x{}.25_y{}.5.tif", c * 333, r * 250)), "p_x{x}_y{y}"),
    ];
    for (names, pattern) in cases {
        let (found, sure, reason) = first(&names, &[]);
        assert_eq!((found.as_str(), sure), (pattern, true), "{reason}");
    }
}

#[test]
fn reasons_name_the_fields() {
    let mut names = grid(1..5, 1..4, |c, r| format!("r{r}_c{c}.png"));
    names.remove(5);
    names.push("result.png".into());
    let best = guess(&names, &[], None).remove(0);
    assert_eq!(best.reason, "c and r in the names, columns 1 to 4, rows 1 to 3, 1 of 12 cells empty");
    assert_eq!(best.unmatched, [11]);
}

#[test]
fn planes_share_a_grid() {
    let two = |c: i64, r: i64| [format!("x{c}_y{r}_ch1_z4.tif"), format!("x{c}_y{r}_ch2_z4.tif")];
    let names: Vec<String> = (0..12).flat_map(|at| two(at % 4, at / 4)).collect();
    assert_eq!(first(&names, &[]).0, "x{col}_y{row}_ch{channel}_z4");
    let unnamed = grid(0..4, 0..6, |c, r| format!("r{}_c{c}_{}.tif", r / 2, r % 2));
    assert_eq!(first(&unnamed, &[]).0, "r{row}_c{col}_{z}");
}

#[test]
fn sizes_distinguish_columns_rows_and_pixels() {
    let names = grid(0..4, 0..3, |c, r| format!("m_{r}_{c}.png"));
    assert_eq!(first(&names, &[]).0, "m_{col}_{row}", "nothing tells");
    let sizes: Vec<Size> = (0..12).map(|at| Size::new(if at % 4 == 3 { 60 } else { 100 }, 100)).collect();
    assert_eq!(first(&names, &sizes).0, "m_{row}_{col}", "the last column is narrower");
    let pixels = grid(0..4, 0..3, |c, r| format!("m_{}_{}.png", c * 90, r * 80));
    assert_eq!(first(&pixels, &[Size::new(100, 100); 12]).0, "m_{x}_{y}");
    let found = guess(&pixels, &[Size::new(300, 300); 12], Some((0.3, 0.3)));
    assert_eq!(found[0].layout.pattern, "m_{x:um}_{y:um}");
    assert!(found.iter().any(|other| other.layout.pattern == "m_{x}_{y}"), "alternatives are listed");
}

#[test]
fn names_without_positions_are_not_certain() {
    let numbered: Vec<String> = (1..30).map(|at| format!("IMG_{at:04}.jpg")).collect();
    assert_eq!(first(&numbered, &[]), ("IMG_{i:04}".into(), false, "a running number from 1 to 29".into()));
    let dated: Vec<String> = (0..30).map(|at| format!("2024{:04}_{:06}.jpg", 101 + at / 7, at * 1237)).collect();
    assert!(!first(&dated, &[]).1);
    let hashes = ["a8f3.png", "bb31.png", "0c9e.png", "77aa.png"].map(String::from);
    assert!(guess(&hashes, &[], None).iter().all(|guess| !guess.is_sure()));
    assert!(guess(&["a.png", "b.png"], &[], None).is_empty());
    assert!(guess(&["t_r1_c1.png"], &[], None).is_empty());
}
