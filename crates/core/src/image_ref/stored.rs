//! [`ImageRef`] in a project file: `path`, then `page` alone, or `channels` (and `page`, the image's number), `associated` or
//! `raw`.

use std::path::Path;
use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{ImageRef, Part};
use crate::stored_path;

#[derive(Serialize, Deserialize)]
struct Stored {
    #[serde(with = "stored_path")]
    path: Arc<Path>,
    #[serde(default, skip_serializing_if = "is_first")]
    page: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    channels: Option<Arc<[usize]>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    associated: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    raw: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_first(page: &u32) -> bool {
    *page == 0
}

impl Serialize for ImageRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (mut channels, mut associated, mut raw) = (None, None, None);
        match &self.part {
            Part::Page(_) => {}
            Part::Channels { chosen, .. } => channels = Some(Arc::clone(chosen)),
            Part::Associated(name) => associated = Some(Arc::clone(name)),
            Part::Raw(layout) => raw = Some(layout.to_string()),
        }
        Stored { path: Arc::clone(&self.path), page: self.number(), channels, associated, raw }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ImageRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Stored { path, page, channels, associated, raw } = Stored::deserialize(deserializer)?;
        let part = match (channels, associated, raw) {
            (None, None, None) => Part::Page(page),
            (Some(chosen), None, None) => Part::Channels { image: page, chosen },
            (None, Some(name), None) => Part::Associated(name),
            (None, None, Some(layout)) => Part::Raw(layout.parse().map_err(D::Error::custom)?),
            _ => return Err(D::Error::custom("an image that is two parts of a file")),
        };
        Ok(Self { path, part })
    }
}
