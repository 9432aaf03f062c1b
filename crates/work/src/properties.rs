//! [`Properties`]: the metadata of a file, for `info` and the window's panel.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::pages::PageEntry;
use crate::geometry::Size;
use crate::mosaic::PixelKind;
use crate::pixels::ChannelName;
use crate::source::{ImageRef, Opened, PagePlace, open_part};
use crate::{IoResultExt as _, Result};

/// One resolution.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LevelProperties {
    pub width: u32,
    pub height: u32,
    pub downsample: f64,
    pub tile_width: u32,
    pub tile_height: u32,
}

/// An image whose channels are pages.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ImageProperties {
    pub name: Option<String>,
    pub pages: Vec<usize>,
    /// The name of each; empty without one.
    pub channels: Vec<String>,
}

/// The metadata of a page and its file. Its JSON is the output of `info --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Properties {
    pub format: &'static str,
    pub pages: usize,
    pub width: u32,
    pub height: u32,
    pub channels: u8,
    pub sample_type: &'static str,
    pub levels: Vec<LevelProperties>,
    pub mpp_x: Option<f64>,
    pub mpp_y: Option<f64>,
    pub objective: Option<f64>,
    pub associated: Vec<String>,
    pub properties: BTreeMap<String, String>,
    /// Of the file; `None` for folders.
    pub file_bytes: Option<u64>,
    /// The names of the page's channels, if the file gives any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub channel_names: Vec<String>,
    /// The images whose channels are separate pages, with these pages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<ImageProperties>,
    /// Of each page, where the file names its pages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub page_names: Vec<Option<String>>,
    /// Of each page of a file with several, what distinguishes it.
    #[serde(skip)]
    pub entries: Vec<PageEntry>,
    #[serde(skip)]
    pub kind: PixelKind,
}

impl Properties {
    /// Reads the metadata of `image` and its file.
    pub fn read(image: &ImageRef) -> Result<Self> {
        let (opened, path) = (open_part(image)?, &image.path);
        let source = opened.page(image.number() as usize).at(path)?;
        let info = source.info();
        let level = |level: &crate::source::Level| LevelProperties {
            width: level.size.width,
            height: level.size.height,
            downsample: level.downsample,
            tile_width: level.tile.width,
            tile_height: level.tile.height,
        };
        let names: Vec<_> = (0..opened.pages()).map(|page| opened.page_name(page)).collect();
        Ok(Self {
            format: info.format,
            pages: opened.pages(),
            width: info.size().width,
            height: info.size().height,
            channels: info.channels,
            sample_type: info.type_name(),
            levels: info.levels.iter().map(level).collect(),
            mpp_x: info.mpp.map(|mpp| mpp.0),
            mpp_y: info.mpp.map(|mpp| mpp.1),
            objective: info.objective,
            associated: opened.associated(),
            properties: info.properties.clone(),
            file_bytes: std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map(|file| file.len()),
            channel_names: called(&info.channel_names),
            images: images(&*opened),
            entries: if names.len() > 1 { entries(&*opened, &names) } else { Vec::new() },
            page_names: if names.iter().any(Option::is_some) { names } else { Vec::new() },
            kind: info.into(),
        })
    }

    /// Of level 0.
    pub fn size(&self) -> Size {
        Size::new(self.width, self.height)
    }

    /// All known properties as name and formatted value. Levels and pages are numbered.
    pub fn lines(&self) -> Vec<(String, String)> {
        let mut lines = Vec::new();
        for (name, value) in json!(self).as_object().into_iter().flatten() {
            match value {
                Json::Null => {}
                Json::Array(values) => {
                    for (number, value) in values.iter().enumerate().filter(|(_, value)| !value.is_null()) {
                        lines.push((format!("{name}[{number}]"), shown(value)));
                    }
                }
                Json::Object(values) => lines.extend(values.iter().map(|(name, value)| (name.clone(), shown(value)))),
                other => lines.push((name.clone(), shown(other))),
            }
        }
        lines
    }
}

/// The names of channels, if any has one.
fn called(names: &[ChannelName]) -> Vec<String> {
    let any = names.iter().any(|name| !name.name.is_empty());
    names.iter().filter(|_| any).map(|name| name.name.clone()).collect()
}

fn entries(opened: &dyn Opened, names: &[Option<String>]) -> Vec<PageEntry> {
    let entry =
        |(page, name): (usize, &Option<String>)| PageEntry { name: name.clone(), place: opened.page_place(page) };
    names.iter().enumerate().map(entry).collect()
}

/// The pages that are channels, by image.
fn images(opened: &dyn Opened) -> Vec<ImageProperties> {
    let place = |page: usize| opened.page_place(page).filter(|place| place.is_one_channel);
    let mut planes: Vec<(usize, PagePlace)> =
        (0..opened.pages()).filter_map(|page| Some((page, place(page)?))).collect();
    planes.sort_by_key(|(_, place)| (place.image(), place.index.c));
    let image = |planes: &[(usize, PagePlace)]| ImageProperties {
        name: planes[0].1.image_name(),
        pages: planes.iter().map(|(page, _)| *page).collect(),
        channels: planes.iter().map(|(_, plane)| plane.channel.name.clone()).collect(),
    };
    let mut images: Vec<_> = planes.chunk_by(|(_, a), (_, b)| a.image() == b.image()).map(image).collect();
    images.sort_by_key(|image| image.pages.iter().min().copied());
    images
}

fn shown(value: &Json) -> String {
    match value {
        Json::Object(image) if image.contains_key("channels") => {
            let list = |key: &str| {
                let all = image[key].as_array().map(Vec::as_slice).unwrap_or_default();
                all.iter().map(shown).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ")
            };
            let name = image["name"].as_str().map_or_else(String::new, |name| format!("{name}: "));
            format!(
                "{name}{} channels ({}), pages {}",
                image["pages"].as_array().map_or(0, Vec::len),
                list("channels"),
                list("pages")
            )
        }
        Json::Object(level) => format!(
            "{} × {}, 1/{}, tiles {} × {}",
            level["width"], level["height"], level["downsample"], level["tile_width"], level["tile_height"]
        ),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}
