//! GeoJSON (RFC 7946) with the members that QuPath adds: objects' types, classes, measurements, ellipses, nested objects.
//!
//! Coordinates are pixels, y down. Members as in QuPath 0.6's `QuPathTypeAdapters` and `ROITypeAdapters`; shapes that GeoJSON
//! cannot say (rotated rectangles and ellipses, angles, text) are written as what comes closest, with a member `mosaicist`
//! that says the shape exactly.
//!
//! Read by serde straight into regions: the `geojson` crate's tree of vectors takes five times the memory and the time.

mod coordinates;
mod lenient;
mod read;
mod shape;
mod write;

pub(super) use read::read;
pub(super) use write::write;

/// The member of a geometry that holds a shape that GeoJSON cannot say.
const OWN: &str = "mosaicist";
/// Where QuPath keeps the description of an annotation in its metadata.
const NOTES: &str = "ANNOTATION_DESCRIPTION";

pub(super) fn detect(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    matches!(head.iter().find(|byte| !byte.is_ascii_whitespace()), Some(b'{' | b'['))
}
