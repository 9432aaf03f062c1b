//! The table of formats, and opening a file by it.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use super::joined::JoinedFile;
use super::single::Single;
use super::{
    ImageRef, Opened, Part, Source, arriving, flat, limits, open_raw, raster, raw, slides, tiff, unknown, web, zarr,
};
use crate::{Error, IoResultExt as _, Result};

/// One row of the table: how to know and open a format.
pub struct Format {
    pub name: &'static str,
    /// Lower case, without the dot.
    pub extensions: &'static [&'static str],
    /// Whether a file with this beginning is one; a folder has none.
    pub detect: fn(&Path, head: &[u8]) -> bool,
    pub open: fn(&Path) -> Result<Box<dyn Opened>>,
}

/// Every format that can be opened, in the order they are tried.
pub static FORMATS: &[Format] = &[
    Format {
        name: "TIFF",
        extensions: &["tif", "tiff", "btf", "tf8", "svs", "ndpi", "scn", "bif"],
        detect: tiff::detect,
        open: tiff::open,
    },
    Format { name: "Photoshop", extensions: &["psd", "psb"], detect: tiff::is_photoshop, open: tiff::open_photoshop },
    Format { name: "3DHISTECH MRXS", extensions: &["mrxs"], detect: slides::is_mirax, open: slides::open_mirax },
    Format { name: "Zeiss CZI", extensions: &["czi"], detect: slides::is_czi, open: slides::open_czi },
    Format { name: "DICOM", extensions: &["dcm"], detect: slides::is_dicom, open: slides::open_dicom },
    Format { name: "Hamamatsu VMS", extensions: &["vms"], detect: slides::is_vms, open: slides::open_vms },
    Format { name: "JPEG", extensions: &["jpg", "jpeg", "jfif"], detect: flat::jpeg::detect, open: flat::jpeg::open },
    Format { name: "PNG", extensions: &["png"], detect: flat::png::detect, open: flat::png::open },
    Format { name: "plain BMP", extensions: &[], detect: raw::is_bitmap, open: raw::open_bitmap },
    Format {
        name: "BMP",
        extensions: &["bmp", "dib"],
        detect: |_, head| head.starts_with(b"BM"),
        open: flat::other::open,
    },
    Format { name: "GIF", extensions: &["gif"], detect: |_, head| head.starts_with(b"GIF8"), open: flat::other::open },
    Format { name: "WebP", extensions: &["webp"], detect: flat::other::is_webp, open: flat::other::open },
    Format { name: "plain PNM", extensions: &["pfm"], detect: raw::is_plain, open: raw::open_plain },
    Format {
        name: "PNM",
        extensions: &["pnm", "pbm", "pgm", "ppm", "pam"],
        detect: flat::other::is_pnm,
        open: flat::other::open,
    },
    Format { name: "HDR", extensions: &["hdr"], detect: flat::other::is_hdr, open: flat::other::open },
    Format { name: "EXR", extensions: &["exr"], detect: flat::other::is_exr, open: flat::exr::open },
    Format { name: "QOI", extensions: &["qoi"], detect: |_, head| head.starts_with(b"qoif"), open: flat::other::open },
    Format { name: "icon", extensions: &["ico"], detect: flat::other::is_icon, open: flat::other::open },
    Format { name: "TGA", extensions: &["tga"], detect: flat::other::is_tga, open: flat::other::open },
    Format { name: "FITS", extensions: &["fits", "fit", "fts"], detect: raw::is_fits, open: raw::open_fits },
    Format { name: "NIfTI", extensions: &["nii"], detect: raw::is_nifti, open: raw::open_nifti },
    Format { name: "CUPS raster", extensions: &["ras", "pwg"], detect: raster::detect, open: raster::open },
    Format {
        name: "JPEG 2000",
        extensions: &["jp2", "j2k", "j2c", "jpc", "jpf", "jpx"],
        detect: flat::wavelet::is_jpeg2000,
        open: flat::wavelet::open_jpeg2000,
    },
    Format {
        name: "JPEG XL",
        extensions: &["jxl"],
        detect: flat::wavelet::is_jpegxl,
        open: flat::wavelet::open_jpegxl,
    },
    // Without an ending of its own: in a folder, its parts are images already.
    Format { name: "OME companion", extensions: &[], detect: tiff::is_companion, open: tiff::open_companion },
    Format { name: "Deep Zoom", extensions: &["dzi"], detect: web::is_dzi, open: web::open_dzi },
    Format { name: "SZI", extensions: &["szi"], detect: web::is_szi, open: web::open_szi },
    Format { name: "OME-Zarr", extensions: &[], detect: zarr::detect, open: zarr::open },
    Format { name: "Zoomify", extensions: &[], detect: web::is_zoomify, open: web::open_zoomify },
    Format { name: "IIIF", extensions: &[], detect: web::is_iiif, open: web::open_iiif },
    Format { name: "XYZ tiles", extensions: &[], detect: web::is_xyz, open: web::open_xyz },
];

/// Opens the file or folder at `path`, with its pages as stored.
///
/// Fails with [`Error::Unsupported`] if it is of no format that this program knows, with [`Error::Corrupt`] or [`Error::Io`]
/// if it cannot be read. Waits for a file that this process is about to write ([`arriving`]).
pub fn open(path: &Path) -> Result<Box<dyn Opened>> {
    arriving::wait_for(path);
    let format = format_of(path)?.ok_or_else(|| {
        if path.is_dir() {
            return Error::invalid(format!("{}: a folder, not an image", path.display()));
        }
        if let Some(kind) = read_head(path).ok().as_deref().and_then(unknown::kind_of) {
            return Error::unsupported(kind).at(path);
        }
        not_an_image(path)
    })?;
    let length = std::fs::metadata(path).map_or(0, |found| if found.is_file() { found.len() } else { 0 });
    let began = std::time::Instant::now();
    let opened = limits::opening(length, || (format.open)(path)).at(path);
    tracing::debug!(path = %path.display(), format = format.name, ms = began.elapsed().as_millis(), "opened");
    opened
}

/// Why a file of no known format is none, as far as its name and its beginning tell.
fn not_an_image(path: &Path) -> Error {
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let head = read_head(path).unwrap_or_default();
    let is_letter = |byte: &u8| *byte >= b' ' && *byte != 0x7F || matches!(byte, b'\n' | b'\r' | b'\t');
    // A letter may be cut in two at the end.
    let is_text = head.iter().all(is_letter)
        && std::str::from_utf8(&head).map_or_else(|error| error.error_len().is_none(), |text| !text.is_empty());
    if let Some(format) = FORMATS.iter().find(|format| format.extensions.contains(&&*ending)) {
        let what = if is_text { "it is text" } else { "its beginning is damaged, or it is something else" };
        return Error::unsupported(format!("named like {}, but {what}", format.name)).at(path);
    }
    if is_text {
        return Error::unsupported("a text, not an image").at(path);
    }
    let names: Vec<_> = FORMATS.iter().map(|format| format.name).collect();
    Error::unsupported(format!("not an image this program knows ({})", names.join(", "))).at(path)
}

/// Opens `path` with its separate channels merged; also returns the reference of its first image.
pub fn open_whole(path: &Path) -> Result<(ImageRef, Box<dyn Opened>)> {
    match JoinedFile::new(open(path)?, Vec::new()).if_any_is_joined() {
        Ok(joined) => Ok((ImageRef::file(path).channels(0, &[]), Box::new(joined))),
        Err(opened) => Ok((ImageRef::file(path), opened)),
    }
}

/// The image that `image` names.
pub fn open_image(image: &ImageRef) -> Result<Arc<dyn Source>> {
    open_part(image)?.page(image.number() as usize).at(&image.path)
}

/// The file of `image` as its part has it: the pages as stored, the images whose channels are together, or the one image that
/// an associated image or a raw layout is. The image itself is its page [`ImageRef::number`].
pub fn open_part(image: &ImageRef) -> Result<Box<dyn Opened>> {
    match &image.part {
        Part::Page(_) => open(&image.path),
        Part::Channels { chosen, .. } => Ok(Box::new(JoinedFile::new(open(&image.path)?, chosen.to_vec()))),
        Part::Associated(name) => Ok(Box::new(Single(open(&image.path)?.associated_image(name).at(&image.path)?))),
        Part::Raw(layout) => open_raw(&image.path, layout).at(&image.path),
    }
}

/// The format of the file or folder at `path`, by its content; `None` if unknown.
pub fn format_of(path: &Path) -> Result<Option<&'static Format>> {
    let head = if path.is_dir() { Vec::new() } else { read_head(path)? };
    Ok(FORMATS.iter().find(|format| (format.detect)(path, &head)))
}

/// Whether a folder is one image: the tiles of a web pyramid.
pub fn is_image_folder(path: &Path) -> bool {
    path.is_dir() && FORMATS.iter().any(|format| (format.detect)(path, &[]))
}

/// Whether a file of this name is worth opening: for folders, where other files lie about.
pub fn is_image_name(path: &Path) -> bool {
    let Some(ending) = path.extension() else { return false };
    let ending = ending.to_string_lossy().to_ascii_lowercase();
    FORMATS.iter().any(|format| format.extensions.contains(&&*ending))
}

fn read_head(path: &Path) -> Result<Vec<u8>> {
    let file = mosaicist_core::regular_file::open(path)?;
    if file.metadata().at(path)?.len() == 0 {
        return Err(Error::corrupt("the file is empty").at(path));
    }
    let mut head = Vec::with_capacity(512);
    file.take(512).read_to_end(&mut head).at(path)?;
    Ok(head)
}
