//! Ventana's slides saved as plain tiles (`.tif`): descriptions `level=N mag=M`, the scanner's XML in tag 700.
//!
//! Its `.bif` files, whose tiles overlap, are not laid out here.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::directory::Directory;
use super::image::size_of;
use super::page::{Details, Page};
use super::tags as tag;
use super::xml::Node;
use super::{Associated, Contents};
use crate::source::PositionedFile;

/// The contents of the file, if it is one of Ventana's.
pub(super) fn contents(file: &Arc<PositionedFile>, chain: &[Directory]) -> Option<Contents> {
    let scan = chain.iter().find_map(|directory| Some(xml(file, directory)?.find("iScan")?.clone()))?;
    let overlapping = |directory: &Directory| {
        let joints = xml(file, directory);
        joints.is_some_and(|joints| joints.find("TileJointInfo").is_some())
    };
    let (mut levels, mut associated): (Vec<Directory>, Vec<(String, Associated)>) = (Vec::new(), Vec::new());
    for directory in chain {
        let description = directory.text(file, tag::IMAGE_DESCRIPTION).unwrap_or_default();
        match description.as_str() {
            "Label Image" | "Label_Image" => {
                associated.push(("macro".into(), Associated::Directory(directory.clone())));
            }
            "Thumbnail" => associated.push(("thumbnail".into(), Associated::Directory(directory.clone()))),
            level if level.starts_with("level=") => levels.push(directory.clone()),
            _ => {}
        }
    }
    levels.sort_by_key(|directory| std::cmp::Reverse(size_of(directory).map_or(0, |size| size.width)));
    if levels.is_empty() || levels.iter().any(overlapping) {
        return None;
    }
    let positive = |name: &str| scan.number::<f64>(name).filter(|value| value.is_finite() && *value > 0.0);
    let properties: BTreeMap<String, String> =
        scan.attributes().map(|(name, value)| (format!("ventana.{name}"), value.to_owned())).collect();
    let details = Details {
        mpp: positive("ScanRes").map(|mpp| (mpp, mpp)),
        objective: positive("Magnification"),
        measured: false,
        properties,
        ..Details::slide("Ventana TIFF", "ventana")
    };
    Some(Contents { pages: vec![Page::new(file, levels, details)], associated })
}

fn xml(file: &PositionedFile, directory: &Directory) -> Option<Node> {
    Node::parse(directory.text(file, tag::XMP)?.trim_start_matches('\u{feff}'))
}
