//! Round trips of all formats of positions, and files written by other programs.

use proptest::prelude::*;

use super::*;
use crate::pixels::PixelKind;

fn plain(tiles: &[(&str, f64, f64)]) -> Positions {
    let tile = |(file, x, y): &(&str, f64, f64)| TilePosition {
        file: (*file).to_owned(),
        x: *x,
        y: *y,
        size: Some(Size::new(800, 600)),
        kind: Some(PixelKind::RGB8),
        ..TilePosition::default()
    };
    Positions { tiles: tiles.iter().map(tile).collect(), ..Positions::default() }
}

/// Name, x, y, z and series.
type Row<'a> = (&'a str, f64, f64, Option<f64>, Option<u32>);

fn rows(positions: &Positions) -> Vec<Row<'_>> {
    positions.tiles.iter().map(|tile| (tile.file.as_str(), tile.x, tile.y, tile.z, tile.series)).collect()
}

fn read(name: &str, text: &str) -> Positions {
    parse(name, text, &Columns::default()).unwrap()
}

fn written(format: &PositionFormat, positions: &Positions) -> Positions {
    let text = format.text(positions).unwrap().text;
    let back = read(format.file_name, &text);
    let found = FORMATS.iter().find(|other| (other.detect)(&format.file_name.to_lowercase(), &text)).unwrap();
    assert_eq!(found.name, format.name, "{text}");
    assert_eq!(back.notes, Vec::<String>::new(), "{text}");
    back
}

fn writable() -> impl Iterator<Item = &'static PositionFormat> {
    FORMATS.iter().filter(|format| format.can_write())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn written_files_read_back(
        tiles in proptest::collection::btree_map("[a-z]([a-z0-9 _.;,&'<>äµ-]{0,12}[a-z0-9])?", (-80_000_000i64..80_000_000, -80_000_000i64..80_000_000), 1..12)
    ) {
        // Thousandths of a pixel, and whole ones for what has no others.
        for format in writable() {
            let unit = if format.name == "mist" { 1.0 } else { 1000.0 };
            let places: Vec<_> = tiles.iter().map(|(name, (x, y))| (name.as_str(), *x as f64 / unit, *y as f64 / unit)).collect();
            let positions = plain(&places);
            let back = written(format, &positions);
            let near = |a: f64, b: f64| if format.name == "vrt" { (a - b).abs() < 1e-9 } else { a == b };
            prop_assert_eq!(back.tiles.len(), positions.tiles.len());
            for (a, b) in back.tiles.iter().zip(&positions.tiles) {
                prop_assert!(a.file == b.file && near(a.x, b.x) && near(a.y, b.y), "{}: {a:?} of {b:?}", format.name);
            }
        }
    }

    #[test]
    fn any_number_comes_back_from_text(x in proptest::num::f64::NORMAL, y in proptest::num::f64::NORMAL) {
        for name in ["fiji", "trakem2", "csv", "tsv", "stitch2d", "bigstitcher"] {
            let positions = plain(&[("a b.tif", x, y), ("b.tif", y, x)]);
            let back = written(format_of_name(name).unwrap(), &positions);
            prop_assert_eq!(rows(&back), rows(&positions), "{}", name);
        }
    }

    #[test]
    fn nothing_panics_on_nonsense(text in "[iap{}<>\"=;:,()/ \n0-9.-]{0,80}", name in "[a-z.]{0,8}") {
        for format in FORMATS {
            if (format.detect)(&name, &text) {
                _ = (format.read)(&text, &Columns::default());
            }
        }
    }
}

#[test]
fn depth_and_series_come_back() {
    let mut positions = plain(&[("a.czi", 1.5, 2.0), ("a.czi", -3.0, 4.0)]);
    (positions.tiles[0].z, positions.tiles[1].z) = (Some(0.5), Some(-2.0));
    for name in ["fiji", "trakem2", "csv", "tsv", "bigstitcher"] {
        assert_eq!(rows(&written(format_of_name(name).unwrap(), &positions)), rows(&positions), "{name}");
    }
    (positions.tiles[0].series, positions.tiles[1].series) = (Some(0), Some(1));
    let fiji = written(format_of_name("fiji").unwrap(), &positions);
    assert_eq!(rows(&fiji), rows(&positions));
}

#[test]
fn other_programs_files_are_read() {
    let fiji = "# Define the number of dimensions we are working on\ndim = 2\nmultiseries = true\n\n# Define\n\
        my tile; 1.tif; 3; (0.0, -921,0)\n";
    let cases: [(&str, &str, Vec<Row<'_>>); 12] = [
        ("TileConfiguration.txt", "dim = 2\r\na.tif; ; (0.0, 921.5)\r\n", vec![("a.tif", 0.0, 921.5, None, None)]),
        ("t.registered.txt", "dim = 3\na b.tif; ; (1,5, 2,5, 0,0)\n", vec![("a b.tif", 1.5, 2.5, Some(0.0), None)]),
        ("TileConfiguration.txt", fiji, vec![("my tile; 1.tif", 0.0, -921.0, None, Some(3))]),
        (
            "global-positions-0.txt",
            "file: img r001.tif; corr: 0,9812345678; position: (1252, 3); grid: (1, 0);\n",
            vec![("img r001.tif", 1252.0, 3.0, None, None)],
        ),
        (
            "import.txt",
            "/data/my a.tif 0 0 0\nb.tif\t10.5\t-3\t2\t800\t600\t0\t255\t0\n",
            vec![("/data/my a.tif", 0.0, 0.0, None, None), ("b.tif", 10.5, -3.0, Some(2.0), None)],
        ),
        (
            "p.json",
            r#"{"metadata":{"shape":[2,3],"size":6,"tile_shape":[442,512]},"coords":{"0":[0.0,9.73]},"filenames":{"0":"a.jpg"}}"#,
            vec![("a.jpg", 9.73, 0.0, None, None)],
        ),
        ("truth.json", r#"{"a [1].jpg": {"x": 1.5, "y": 2}}"#, vec![("a [1].jpg", 1.5, 2.0, None, None)]),
        (
            "m.pto",
            "p f0 w3000 h1500 v50\ni w800 h600 f0 v90 r0 p0 y0 TrX1 TrY0 TrZ0 n\"a b.jpg\"\n\
             i w=0 h=0 f0 v=0 r=0 p=0 y=0 TrX-1 TrY0.5 n\"c.jpg\"\n",
            vec![("a b.jpg", 0.0, -300.0, None, None), ("c.jpg", -800.0, -100.0, None, None)],
        ),
        (
            "m.vrt",
            "<VRTDataset rasterXSize=\"9\" rasterYSize=\"9\"><VRTRasterBand dataType=\"Byte\" band=\"1\"><SimpleSource>\
             <SourceFilename relativeToVRT=\"1\">a&amp;b.tif</SourceFilename><SourceBand>1</SourceBand>\
             <SrcRect xOff=\"10\" yOff=\"0\" xSize=\"800\" ySize=\"600\"/>\
             <DstRect xOff=\"720\" yOff=\"3.5\" xSize=\"800\" ySize=\"600\"/></SimpleSource></VRTRasterBand>\
             <VRTRasterBand band=\"2\"><SimpleSource><SourceFilename>a&amp;b.tif</SourceFilename></SimpleSource>\
             </VRTRasterBand></VRTDataset>",
            vec![("a&b.tif", 710.0, 3.5, None, None)],
        ),
        (
            "list.pos",
            r#"{"ID": "Micro-Manager XY-position list", "POSITIONS": [{"LABEL": "1-Pos_000_001", "DEVICES": [{"DEVICE": "Z", "AXES": 1, "X": 5}, {"DEVICE": "XY", "AXES": 2, "X": 1.5, "Y": -2}]}]}"#,
            vec![("1-Pos_000_001", 1.5, -2.0, None, None)],
        ),
        (
            "list.pos",
            r#"{"map": {"StagePositions": {"array": [{"Label": {"scalar": "Pos0"}, "DevicePositions": {"array": [{"Position_um": {"array": [3.0, 4.0]}}]}}]}}}"#,
            vec![("Pos0", 3.0, 4.0, None, None)],
        ),
        (
            "metadata.txt",
            r#"{"Summary": {}, "Metadata-Default/img_0.tif": {"XPositionUm": 7.5, "YPositionUm": 8, "PixelSizeUm": 0.5}}"#,
            vec![("Default/img_0.tif", 7.5, 8.0, None, None)],
        ),
    ];
    for (name, text, expected) in cases {
        assert_eq!(rows(&read(name, text)), expected, "{name}");
    }
}

#[test]
fn write_errors_are_shown() {
    let text = |name: &str, positions: &Positions| format_of_name(name).unwrap().text(positions);
    let odd = plain(&[("a\".tif", 0.5, 0.0)]);
    assert!(text("hugin", &odd).is_err());
    assert_eq!(text("mist", &odd).unwrap().notes, ["1 positions are rounded: MIST has whole pixels"]);
    assert!(text("micromanager", &odd).is_err(), "only read");
    for format in writable() {
        assert!(format.text(&plain(&[("a\nb", 0.0, 0.0)])).is_err(), "{}", format.name);
        assert!(format.text(&plain(&[("a", f64::NAN, 0.0)])).is_err(), "{}", format.name);
    }
    assert!(parse("x.txt", "nothing at all", &Columns::default()).is_err());
    assert!(parse("x.vrt", "<VRTDataset><VRTRasterBand/></VRTDataset>", &Columns::default()).is_err(), "no tile");
    assert!(format_of_path(Path::new("a.png")).is_err());
    assert_eq!(format_of_path(Path::new("out/Global-Positions-1.txt")).unwrap().name, "mist");
}

#[test]
fn tables_tell_their_columns() {
    let folder = tempfile::tempdir().unwrap();
    let columns = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        table_columns(&path).unwrap()
    };
    assert_eq!(columns("a.csv", "what;where;how\na;1;2\n"), ["what", "where", "how"], "whatever they hold");
    assert_eq!(columns("b.tsv", "a.tif\t1\t2\n"), ["1", "2", "3"]);
    assert!(columns("TileConfiguration.txt", "dim = 2\na.tif; ; (0.0, 0.0)\n").is_empty());
}
