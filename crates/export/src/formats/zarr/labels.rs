//! Labels of an OME-Zarr: an image of numbers in the folder `labels/regions` of the image that it describes.
//!
//! OME-NGFF 0.4 and 0.5, "labels" and "image-label".

use std::path::Path;

use serde_json::{Value, json};

use crate::format::Format;
use crate::job::Progress;
use crate::options::ExportOptions;
use crate::source::Source;
use crate::workspace::Workspace;
use crate::{Error, IoResultExt as _, Result};

/// What one number of a label image means.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelMeaning {
    pub value: u32,
    pub name: String,
    pub class: String,
    /// Red, green, blue.
    pub color: [u8; 3],
}

/// The name of the label image.
const NAME: &str = "regions";

/// Adds `labels` to the OME-Zarr that is made in `work`, written with `options`: an OME-Zarr of the same version.
pub fn write_labels(
    work: &Workspace,
    labels: &dyn Source,
    meanings: &[LabelMeaning],
    options: &ExportOptions,
    progress: &Progress,
) -> Result<()> {
    let folder = work.output(work.out().file_name().unwrap_or_default()).join("labels");
    std::fs::create_dir_all(&folder).at(&folder)?;
    let out = folder.join(NAME);
    crate::run(labels, &out, options, progress)?;
    match options.format {
        Format::Zarr04 => {
            write(&folder.join(".zgroup"), &json!({ "zarr_format": 2 }))?;
            write(&folder.join(".zattrs"), &json!({ "labels": [NAME] }))?;
            describe(&out.join(".zattrs"), "", "0.4", meanings)
        }
        Format::Zarr => {
            let ome = json!({ "version": "0.5", "labels": [NAME] });
            let group = json!({ "zarr_format": 3, "node_type": "group", "attributes": { "ome": ome } });
            write(&folder.join("zarr.json"), &group)?;
            describe(&out.join("zarr.json"), "/attributes/ome", "0.5", meanings)
        }
        _ => Err(Error::invalid("internal error: only an OME-Zarr has labels")),
    }
}

/// Says in the file at `path`, in its member `at`, that the image is one of labels, and what these mean.
fn describe(path: &Path, at: &str, version: &str, meanings: &[LabelMeaning]) -> Result<()> {
    let bad = |what: String| Error::invalid(format!("internal error: {what}")).at(path);
    let mut file: Value =
        serde_json::from_slice(&std::fs::read(path).at(path)?).map_err(|error| bad(error.to_string()))?;
    let about = file.pointer_mut(at).and_then(Value::as_object_mut).ok_or_else(|| bad(format!("no {at}")))?;
    // Numbers of regions have no windows and no channel colors.
    about.remove("omero");
    if let Some(multiscale) = about.get_mut("multiscales").and_then(|all| all.get_mut(0)) {
        multiscale["type"] = "nearest".into();
    }
    let colors = meanings.iter().map(|meaning| {
        let [r, g, b] = meaning.color;
        json!({ "label-value": meaning.value, "rgba": [r, g, b, 255] })
    });
    let properties = meanings
        .iter()
        .map(|meaning| json!({ "label-value": meaning.value, "name": meaning.name, "class": meaning.class }));
    let mut label = json!({ "source": { "image": "../../" } });
    if version == "0.4" {
        label["version"] = version.into();
    }
    if !meanings.is_empty() {
        label["colors"] = colors.collect();
        label["properties"] = properties.collect();
    }
    about.insert("image-label".into(), label);
    write(path, &file)
}

fn write(path: &Path, json: &Value) -> Result<()> {
    std::fs::write(path, format!("{json:#}\n")).at(path)
}
