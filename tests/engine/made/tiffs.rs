//! Slides of vendors whose tiles overlap, as TIFFs.

use std::path::Path;

use mosaicist::geometry::Size;

use super::{Tiff, Value, picture, plain};

/// What each quarter of [`bif`] shows.
pub(crate) const COLORS: [[u8; 3]; 4] = [[200, 0, 0], [0, 200, 0], [0, 0, 200], [100, 100, 100]];

/// A Leica slide: the whole glass, and an area of two levels.
pub(crate) fn scn(path: &Path) {
    let image = |directories: [(u32, u32); 2], view: &str, light: &str| {
        let steps = directories.map(|(number, side)| {
            format!("<dimension sizeX='{side}' sizeY='{side}' r='0' ifd='{number}'/><dimension sizeX='9' sizeY='9' z='1' ifd='0'/>")
        });
        format!(
            "<image><pixels>{}</pixels><view {view}/><scanSettings><objectiveSettings><objective>20</objective>\
             </objectiveSettings><illuminationSettings><illuminationSource>{light}</illuminationSource>\
             </illuminationSettings></scanSettings></image>",
            steps.concat()
        )
    };
    let whole = image([(0, 32), (0, 32)], "sizeX='100000' sizeY='80000' offsetX='0' offsetY='0'", "brightfield");
    let area = image([(1, 64), (2, 32)], "sizeX='32000' sizeY='32000' offsetX='20000' offsetY='10000'", "brightfield");
    let xml = format!(
        "<scn xmlns='http://www.leica-microsystems.com/scn/2010/10/01'><collection sizeX='100000' sizeY='80000'>\
         <barcode>QUIx</barcode>{whole}{area}</collection></scn>"
    );
    let mut tiff = Tiff::create(path, false);
    tiff.tiled(&plain(Size::new(32, 32), [9, 9, 9]), 32, vec![(270, Value::Text(xml))]);
    tiff.tiled(&picture(Size::new(64, 64), 1), 32, vec![]);
    tiff.tiled(&picture(Size::new(32, 32), 2), 32, vec![]);
}

/// A Ventana slide: four tiles that overlap, in two levels, and a macro.
pub(crate) fn bif(path: &Path) {
    bif_of(path, 2, "10");
}

/// The same, whose XML speaks of so many columns and rows, and whose coarse level has that magnification.
pub(crate) fn bif_of(path: &Path, side: u32, coarse: &str) {
    // Two columns and rows, numbered from the lower left to and fro.
    let joint = |direction: &str, tiles: (u8, u8), overlap: (u8, u8), confidence: u8| {
        format!(
            "<TileJointInfo Direction='{direction}' Tile1='{}' Tile2='{}' OverlapX='{}' OverlapY='{}' Confidence='{confidence}'/>",
            tiles.0, tiles.1, overlap.0, overlap.1
        )
    };
    let joints = [
        joint("RIGHT", (1, 2), (10, 0), 90),
        joint("LEFT", (3, 4), (20, 0), 0),
        joint("UP", (1, 4), (0, 4), 50),
        joint("UP", (2, 3), (0, 8), 50),
    ];
    let stitch = format!(
        "<EncodeInfo><SlideStitchInfo><ImageInfo AOIScanned='1' Width='32' Height='32' NumCols='{side}' NumRows='{side}' Pos-X='3' \
         Pos-Y='0'>{}</ImageInfo></SlideStitchInfo><AoiOrigin><AOI0 OriginX='0' OriginY='0'/></AoiOrigin></EncodeInfo>",
        joints.concat()
    );
    let mut tiff = Tiff::create(path, false);
    let scan = "<iScan Magnification='20' ScanRes='0.5'/>";
    let text = |text: &str| Value::Text(text.into());
    tiff.tiled(&plain(Size::new(32, 32), [9, 9, 9]), 32, vec![(270, text("Label_Image")), (700, text(scan))]);
    let quarters = |side: u32| {
        let mut all = plain(Size::new(2 * side, 2 * side), [0; 3]);
        for (number, color) in (0..).zip(COLORS) {
            let place = (i64::from(number % 2 * side), i64::from(number / 2 * side));
            all.paste(plain(Size::new(side, side), color).view(), place.0, place.1);
        }
        all
    };
    tiff.tiled(&quarters(32), 32, vec![(270, text("level=0 mag=20")), (700, text(&stitch))]);
    tiff.tiled(&quarters(16), 32, vec![(270, text(&format!("level=1 mag={coarse}")))]);
}

/// A Trestle slide: two levels of tiles, of which the finer ones overlap.
pub(crate) fn trestle(path: &Path) {
    let mut tiff = Tiff::create(path, false);
    let description = "Background Color=E6E6E6;Objective Power=10;OverlapsXY= 4 6 0 0";
    let tags = vec![
        (270, Value::Text(description.into())),
        (282, Value::Rational(1, 2)),
        (283, Value::Rational(1, 2)),
        (305, Value::Text("MedScan".into())),
    ];
    tiff.tiled(&picture(Size::new(64, 64), 1), 32, tags);
    tiff.tiled(&picture(Size::new(32, 32), 2), 32, vec![]);
}
