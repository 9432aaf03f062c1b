//! Files that this program does not read, by what they are: so that a message can name the kind and the way out.

/// What a file with this beginning is, and what to do with it; nothing if it begins like nothing that is known.
pub(super) fn kind_of(head: &[u8]) -> Option<&'static str> {
    let brand = head.get(4..8).filter(|four| *four == b"ftyp").and_then(|_| head.get(8..12));
    if let Some(brand) = brand {
        return Some(match brand {
            b"avif" | b"avis" => AVIF,
            // Files of either kind may begin so; what else they are is listed behind.
            b"mif1" | b"msf1" | b"miaf" if head[12..head.len().min(64)].windows(4).any(|four| four == b"avif") => AVIF,
            b"heic" | b"heix" | b"hevc" | b"hevx" | b"heim" | b"heis" | b"mif1" | b"msf1" | b"miaf" => {
                "a HEIC photo; convert it to JPEG or TIFF"
            }
            b"crx " => "a Canon CR3 raw photo; develop it to TIFF",
            _ => "a film (MP4 or QuickTime); save its frames as pictures",
        });
    }
    BEGINNINGS
        .iter()
        .find(|(at, start, _)| head.get(*at..).is_some_and(|rest| rest.starts_with(start)))
        .map(|(.., kind)| *kind)
}

const AVIF: &str = "an AVIF picture; convert it to PNG or TIFF";

/// Where the bytes stand, the bytes, and what such a file is.
const BEGINNINGS: &[(usize, &[u8], &str)] = &[
    (0, b"%PDF-", "a PDF document; save its pages as PNG or TIFF"),
    (0, b"Paint Shop Pro Image File", "a PaintShop Pro picture; save it as PNG or TIFF"),
    (0, b"%!PS", "a PostScript document; convert it to PNG or TIFF"),
    (0, b"\xC5\xD0\xD3\xC6", "an EPS document; convert it to PNG or TIFF"),
    (344, b"ni1\0", "a NIfTI image; convert it to TIFF or OME-Zarr"),
    (0, b"\x89HDF\r\n\x1A\n", "an HDF5 file (Imaris, NetCDF and others); export its image as OME-TIFF or OME-Zarr"),
    (0, b"CDF\x01", "a NetCDF file; export its image as TIFF"),
    (0, b"CDF\x02", "a NetCDF file; export its image as TIFF"),
    (0, b"\0\0\x02\0", "a Windows cursor; convert it to PNG"),
    (0, b"icns", "a macOS icon; convert it to PNG"),
    (0, b"DDS ", "a DirectDraw texture; convert it to PNG or TIFF"),
    (0, b"\xABKTX ", "a KTX texture; convert it to PNG or TIFF"),
    (0, b"\x0A\x05\x01\x08", "a PCX picture; convert it to PNG"),
    (0, b"\x01\xDA", "an SGI picture; convert it to PNG or TIFF"),
    (0, b"\x59\xA6\x6A\x95", "a Sun raster; convert it to TIFF"),
    (0, b"SDPX", "a DPX frame; convert it to TIFF"),
    (0, b"XPDS", "a DPX frame; convert it to TIFF"),
    (0, b"8BPB", "a Photoshop file of an unknown kind; save it as PSD or TIFF"),
    (0, b"gimp xcf", "a GIMP file; export it as TIFF or PNG"),
    (0, b"AT&TFORM", "a DjVu document; convert its pages to TIFF"),
    (0, b"BPG\xFB", "a BPG picture; convert it to PNG"),
    (0, b"farbfeld", "a farbfeld picture; convert it to PNG"),
    (0, b"FLIF", "a FLIF picture; convert it to PNG"),
    (0, b"II\xBC", "a JPEG XR picture; convert it to JPEG or TIFF"),
    (0, b"\x8AMNG\r\n\x1A\n", "an MNG animation; convert it to PNG"),
    (0, b"\x8BJNG\r\n\x1A\n", "a JNG picture; convert it to PNG or JPEG"),
    (8, b"ILBM", "an Amiga picture (ILBM); convert it to PNG"),
    (8, b"PBM ", "an Amiga picture (PBM); convert it to PNG"),
    (0, b"\x80\x2A\x5F\xD7", "a Cineon frame; convert it to TIFF"),
    (0, b"\xD7\x5F\x2A\x80", "a Cineon frame; convert it to TIFF"),
    (0, b"\x53\x80\xF6\x34", "a Softimage picture; convert it to PNG or TIFF"),
    (0, b"\x13\xAB\xA1\x5C", "an ASTC texture; convert it to PNG"),
    (0, b"/* XPM */", "an XPM picture; convert it to PNG"),
    (40, b" EMF", "a Windows metafile (EMF); export it as PNG"),
    (0, b"\xD7\xCD\xC6\x9A", "a Windows metafile (WMF); export it as PNG"),
    (0, b"NRRD000", "an NRRD volume; convert it to TIFF or OME-Zarr"),
    (0, b"# vtk DataFile", "a VTK volume; convert it to TIFF or OME-Zarr"),
    (0, b"ObjectType = Image", "a MetaImage volume; convert it to TIFF, or open its data with --raw"),
    (208, b"MAP ", "an MRC volume; convert it to TIFF or OME-Zarr"),
    (0, b"\0\0\0\x03\0\0", "a DigitalMicrograph file (DM3); export its image as TIFF"),
    (0, b"\0\0\0\x04\0\0", "a DigitalMicrograph file (DM4); export its image as TIFF"),
    (0, b"SIS\0", "an Olympus ETS file; export the slide as OME-TIFF"),
    (0, b"<DataObject ObjectType=\"DPUfsImport\"", "a Philips iSyntax slide; export it as TIFF"),
    (0, b"SQLite format 3\0", "an SQLite database (svslide, MBTiles, GeoPackage); export its image as TIFF"),
    (0, b"msid", "a MrSID image; convert it to TIFF"),
    (0, b"NITF0", "a NITF image; convert it to TIFF"),
    (0, b"NSIF0", "a NITF image; convert it to TIFF"),
    (0, b"GRIB", "a GRIB file; convert it to TIFF"),
    (0, b"FUJIFILMCCD-RAW", "a Fuji raw photo; develop it to TIFF"),
    (0, b"IIU\0", "a Panasonic raw photo; develop it to TIFF"),
    (0, b"IIRO", "an Olympus raw photo; develop it to TIFF"),
    (0, b"IIRS", "an Olympus raw photo; develop it to TIFF"),
    (0, b"MMOR", "an Olympus raw photo; develop it to TIFF"),
    (6, b"HEAPCCDR", "a Canon CRW raw photo; develop it to TIFF"),
    (0, b"FOVb", "a Sigma raw photo; develop it to TIFF"),
    (0, b"\0MRM", "a Minolta raw photo; develop it to TIFF"),
    (0, b"\x70\0\0\0", "a Leica LIF file; export its images as OME-TIFF"),
    (0, b"\xDA\xCE\xBE\x0A", "a Nikon ND2 file; export its images as OME-TIFF"),
    (
        0,
        b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
        "a compound document (Olympus OIB, Zeiss ZVI, Office); export its images as OME-TIFF",
    ),
    (0, b"\x93NUMPY", "an array of NumPy; save it as TIFF, or open it with --raw"),
    (0, b"PK\x03\x04", "a zip archive; unpack it first"),
    (0, b"\x1F\x8B", "a gzip archive; unpack it first"),
    (0, b"7z\xBC\xAF\x27\x1C", "a 7z archive; unpack it first"),
    (0, b"Rar!", "a RAR archive; unpack it first"),
    (0, b"\xFD7zXZ", "an xz archive; unpack it first"),
    (257, b"ustar", "a tar archive; unpack it first"),
    (0, b"<svg", "an SVG drawing; export it as PNG"),
    (0, b"<!DOCTYPE html", "a web page, perhaps an error message saved in the image's place; fetch the image again"),
    (0, b"<html", "a web page, perhaps an error message saved in the image's place; fetch the image again"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_their_beginnings() {
        assert!(kind_of(b"\0\0\0\x18ftypheic\0\0").is_some_and(|kind| kind.contains("HEIC")));
        assert!(kind_of(b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf").is_some_and(|kind| kind.contains("AVIF")));
        assert!(kind_of(b"\0\0\0\x1cftypmif1\0\0\0\0mif1heicmiaf").is_some_and(|kind| kind.contains("HEIC")));
        assert!(kind_of(b"\0\0\0\x18ftypisom\0\0").is_some_and(|kind| kind.contains("film")));
        assert!(kind_of(b"%PDF-1.7").is_some_and(|kind| kind.contains("PDF")));
        assert_eq!([kind_of(b""), kind_of(b"hello"), kind_of(&[0; 400])], [None; 3]);
        for (at, start, kind) in BEGINNINGS {
            let head = [&vec![b' '; *at][..], start].concat();
            assert_eq!(kind_of(&head), Some(*kind));
        }
    }
}
