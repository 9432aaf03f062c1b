//! Akoya's (`PerkinElmer`'s) QPTIFF: XML in every description says what its image is. Fluorescence holds one image for each
//! channel at each resolution, brightfield one in color.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::directory::Directory;
use super::page::{Details, Page};
use super::tags as tag;
use super::{Associated, Contents};
use crate::pixels::ChannelName;
use crate::xml::Node;
use crate::{PageIndex, PagePlace, PositionedFile};

/// The contents of the file, if it is a QPTIFF.
pub(super) fn contents(file: &Arc<PositionedFile>, chain: &[Directory]) -> Option<Contents> {
    let described: Vec<(&Directory, Node)> =
        chain.iter().filter_map(|directory| Some((directory, description(file, directory)?))).collect();
    if !described.first().is_some_and(|(directory, _)| directory.is(&chain[0])) {
        return None;
    }
    let (mut pages, mut associated): (Vec<Page>, Vec<(String, Associated)>) = (Vec::new(), Vec::new());
    let mut reduced = 0;
    for (directory, node) in &described {
        match node.text_of("ImageType").unwrap_or_default() {
            "FullResolution" => pages.push(page(file, directory, node)),
            "ReducedResolution" => {
                // The channels of a resolution come in the order of those before.
                let count = pages.len().max(1);
                if let Some(page) = pages.get_mut(reduced % count) {
                    page.levels.push((*directory).clone());
                }
                reduced += 1;
            }
            kind @ ("Thumbnail" | "Overview" | "Label") => {
                let name = if kind == "Overview" { "macro".to_owned() } else { kind.to_lowercase() };
                associated.push((name, Associated::Directory((*directory).clone())));
            }
            _ => {}
        }
    }
    if pages.len() > 1 {
        let counts = PageIndex { series: 1, c: pages.len() as u32, z: 1, t: 1 };
        let full = described.iter().filter(|(_, node)| node.text_of("ImageType") == Some("FullResolution"));
        for ((at, page), (_, node)) in (0..).zip(&mut pages).zip(full) {
            let channel = ChannelName {
                name: page.name.clone().unwrap_or_default(),
                color: node.text_of("Color").and_then(color),
            };
            let index = PageIndex { c: at, ..PageIndex::default() };
            page.place = Some(PagePlace { index, counts, channel, is_one_channel: true, series: None });
        }
    }
    (!pages.is_empty()).then_some(Contents::of(pages, associated))
}

/// Red, green and blue as `255,128,0`.
fn color(text: &str) -> Option<[u8; 3]> {
    let numbers: Option<Vec<u8>> = text.split(',').map(|number| number.trim().parse().ok()).collect();
    numbers?.try_into().ok()
}

fn description(file: &PositionedFile, directory: &Directory) -> Option<Node> {
    let text = directory.text(file, tag::IMAGE_DESCRIPTION)?;
    if !text.contains("PerkinElmer-QPI-ImageDescription") {
        return None;
    }
    Node::parse(&text).filter(|node| node.name == "PerkinElmer-QPI-ImageDescription")
}

fn page(file: &Arc<PositionedFile>, directory: &Directory, node: &Node) -> Page {
    let magnification = |text: &str| {
        let digits: String =
            text.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
        digits.parse::<f64>().ok().filter(|value| *value > 0.0)
    };
    let plain = node.children.iter().filter(|child| child.children.is_empty() && child.text.len() < 4096);
    let properties: BTreeMap<String, String> =
        plain.map(|child| (format!("perkinelmer.{}", child.name), child.text.trim().to_owned())).collect();
    let details = Details {
        objective: node.find("Objective").and_then(|found| magnification(&found.text)),
        properties,
        ..Details::plain("QPTIFF")
    };
    let page = Page::new(file, vec![directory.clone()], details);
    Page { name: node.text_of("Name").or_else(|| node.text_of("Biomarker")).map(str::to_owned), ..page }
}
