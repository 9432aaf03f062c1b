//! Philips' TIFF (export of iSyntax slides): XML of a DICOM-like kind in the first description; levels padded to whole tiles;
//! label and macro in strips, or as JPEG in the XML.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine as _, alphabet};

use super::directory::Directory;
use super::image::{is_tiled, size_of};
use super::page::{Details, Page};
use super::tags as tag;
use super::{Associated, Contents};
use crate::PositionedFile;
use crate::geometry::Size;
use crate::xml::Node;

/// The contents of the file, if it is one of Philips'.
pub(super) fn contents(file: &Arc<PositionedFile>, chain: &[Directory]) -> Option<Contents> {
    let software = chain[0].text(file, SOFTWARE).filter(|text| text.starts_with("Philips"))?;
    let root = Node::parse(&chain[0].text(file, tag::IMAGE_DESCRIPTION)?)?;
    if root.get("ObjectType") != Some("DPUfsImport") || software.is_empty() {
        return None;
    }
    let tiled: Vec<Directory> = chain.iter().filter(|directory| is_tiled(directory)).cloned().collect();
    let full = size_of(tiled.first()?).ok()?;
    let images = attribute(&root, "PIM_DP_SCANNED_IMAGES")?;
    let images: Vec<&Node> = objects(images, "DPScannedImage").collect();
    let whole = images.iter().find(|image| text(image, "PIM_DP_IMAGE_TYPE").as_deref() == Some("WSI"))?;
    let representations = attribute(whole, "PIIM_PIXEL_DATA_REPRESENTATION_SEQUENCE");
    let spacings = representations.into_iter().flat_map(|list| objects(list, "PixelDataRepresentation"));
    let spacings: Vec<(f64, f64)> = spacings.filter_map(spacing).collect();
    let first = spacings.first().copied().or_else(|| spacing(whole));
    let sizes = spacings.iter().map(|(down, across)| {
        let (base_down, base_across) = first.unwrap_or((*down, *across));
        // Padding hides the true sizes; the ratio of spacings, a whole number, gives them back.
        let side = |full: u32, ratio: f64| (f64::from(full) / ratio.round().max(1.0)) as u32;
        Size::new(side(full.width, across / base_across), side(full.height, down / base_down))
    });
    let sizes: Vec<Size> = sizes.collect();
    let mut properties = BTreeMap::new();
    list(&root, "philips", &mut properties);
    let details = Details {
        mpp: first.map(|(down, across)| (across * 1000.0, down * 1000.0)),
        measured: false,
        properties,
        sizes: if sizes.len() == tiled.len() { sizes } else { Vec::new() },
        ..Details::slide("Philips TIFF", "philips")
    };
    let mut associated: Vec<(String, Associated)> = Vec::new();
    for directory in chain.iter().filter(|directory| !is_tiled(directory)) {
        let description = directory.text(file, tag::IMAGE_DESCRIPTION).unwrap_or_default();
        let name = ["Label", "Macro"].into_iter().find(|name| description.starts_with(name));
        if let Some(name) = name {
            associated.push((name.to_lowercase(), Associated::Directory(directory.clone())));
        }
    }
    for (kind, name) in [("LABELIMAGE", "label"), ("MACROIMAGE", "macro")] {
        let found = images.iter().find(|image| text(image, "PIM_DP_IMAGE_TYPE").as_deref() == Some(kind));
        let data = found.and_then(|image| text(image, "PIM_DP_IMAGE_DATA"));
        if let Some(data) = data.and_then(|data| from_base64(&data))
            && associated.iter().all(|(known, _)| known != name)
        {
            associated.push((name.to_owned(), Associated::Jpeg(data.into())));
        }
    }
    let page = Page::new(file, tiled, details);
    Some(Contents::of(vec![page], associated))
}

const SOFTWARE: u16 = 305;

/// The attribute of that name of an object.
fn attribute<'a>(object: &'a Node, name: &str) -> Option<&'a Node> {
    object.all("Attribute").find(|attribute| attribute.get("Name") == Some(name))
}

/// The objects of a type in the array that an attribute holds.
fn objects<'a>(attribute: &'a Node, kind: &'a str) -> impl Iterator<Item = &'a Node> {
    let arrays = attribute.all("Array");
    arrays.flat_map(|array| array.all("DataObject")).filter(move |object| object.get("ObjectType") == Some(kind))
}

fn text(object: &Node, name: &str) -> Option<String> {
    attribute(object, name).map(|attribute| attribute.text.trim().to_owned())
}

/// Millimeters from row to row and from column to column: `"0.00025" "0.00025"`.
fn spacing(object: &Node) -> Option<(f64, f64)> {
    let text = text(object, "DICOM_PIXEL_SPACING")?;
    let mut values = text.split('"').filter_map(|part| part.trim().parse::<f64>().ok());
    let (down, across) = (values.next()?, values.next()?);
    (down > 0.0 && across > 0.0 && down.is_finite() && across.is_finite()).then_some((down, across))
}

/// Plain attributes under the names that `OpenSlide` gives them.
fn list(object: &Node, prefix: &str, properties: &mut BTreeMap<String, String>) {
    for attribute in object.all("Attribute").filter(|attribute| attribute.children.is_empty()) {
        if let Some(name) = attribute.get("Name")
            && attribute.text.len() < 4096
        {
            properties.insert(format!("{prefix}.{name}"), attribute.text.trim().to_owned());
        }
    }
    for holder in object.all("Attribute") {
        let name = holder.get("Name").unwrap_or_default();
        for (number, child) in holder.all("Array").flat_map(|array| array.all("DataObject")).enumerate().take(32) {
            if name != "PIM_DP_SCANNED_IMAGES" || number == 0 {
                list(child, &format!("{prefix}.{name}[{number}]"), properties);
            }
        }
    }
}

/// RFC 4648, section 4; white space is skipped, and padding may be missing.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let dense: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    GeneralPurpose::new(&alphabet::STANDARD, LENIENT).decode(dense).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read() {
        let cases =
            [("", &b""[..]), ("Zg==", b"f"), ("Zm9v", b"foo"), ("Zm9v\nYmFy", b"foobar"), ("+/8=", &[0xFB, 0xFF])];
        for (text, bytes) in cases {
            assert_eq!(from_base64(text).as_deref(), Some(bytes), "{text}");
        }
        assert_eq!(from_base64("Z!"), None);
    }

    #[test]
    fn spacings_are_quoted() {
        let object = "<D><Attribute Name='DICOM_PIXEL_SPACING'>&quot;0.00025&quot; &quot;0.0005&quot;</Attribute></D>";
        assert_eq!(spacing(&Node::parse(object).unwrap()), Some((0.00025, 0.0005)));
    }
}
