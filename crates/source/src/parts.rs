//! Companion files of an image: the tiles of a Deep Zoom, the data of a slide, the files of a series.
//!
//! Used to protect inputs from being overwritten; nothing is decoded here.

use std::path::{Path, PathBuf};

use super::{format_of, slides, tiff};

/// The files and folders that the image at `path` is made of, by its name; first its own file or folder.
///
/// They need not exist.
pub fn parts(path: &Path) -> Vec<PathBuf> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let mut parts = vec![path.to_owned()];
    match &*name {
        // These describe the folder that they lie in.
        "imageproperties.xml" | "info.json" | "zarr.json" | ".zattrs" | ".zgroup" => {
            parts.extend(path.parent().filter(|folder| !folder.as_os_str().is_empty()).map(Path::to_owned));
        }
        _ => {}
    }
    match &*ending {
        "dzi" | "xml" => parts.push(path.with_file_name(format!("{stem}_files"))),
        "mrxs" => parts.push(path.with_extension("")),
        _ => {}
    }
    if let Some(stem) = name.ends_with("_files").then(|| &stem[..stem.len().saturating_sub("_files".len())]) {
        parts.extend(["dzi", "xml"].map(|ending| path.with_file_name(format!("{stem}.{ending}"))));
    }
    parts
}

/// The other files that the image at `path` refers to; opens it.
pub fn linked_parts(path: &Path) -> Vec<PathBuf> {
    if path.is_dir() {
        return Vec::new();
    }
    match format_of(path).ok().flatten().map(|format| format.name) {
        Some("TIFF") => tiff::linked_parts(path),
        Some("DICOM slide") => slides::dicom_parts(path),
        Some("Hamamatsu VMS") => slides::vms_parts(path),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_identify_companion_files() {
        for (path, others) in [
            ("a/b.dzi", vec!["a/b_files"]),
            ("a/b_files", vec!["a/b.dzi", "a/b.xml"]),
            ("a/s.mrxs", vec!["a/s"]),
            ("a/ImageProperties.xml", vec!["a", "a/ImageProperties_files"]),
            ("a/info.json", vec!["a"]),
            ("a/b.png", vec![]),
        ] {
            let found = parts(Path::new(path));
            let others: Vec<_> = others.into_iter().map(PathBuf::from).collect();
            assert_eq!(found[1..], others, "{path}");
        }
    }
}
