//! Planes of stacks, wherever they lie: behind one directory, in files of their own, under another name.

use std::path::Path;

use mosaicist::ImageRef;
use mosaicist::geometry::Region;
use mosaicist::loss;
use mosaicist::pixels::{RawSamples, Samples};
use mosaicist::source::{open, open_image};

/// A little-endian TIFF of 16-bit gray planes of 4 × 2 pixels, the numbers of plane n being n and upwards; each has a directory
/// of its own, or only the first.
fn tiff(description: &str, planes: u16, one_directory: bool, resolution: Option<u32>) -> Vec<u8> {
    let mut file = b"II*\0\0\0\0\0".to_vec();
    let text = [description.as_bytes(), b"\0"].concat();
    let text_at = file.len() as u32;
    file.extend(&text);
    file.resize(file.len().next_multiple_of(4), 0);
    let ratio_at = file.len() as u32;
    file.extend([resolution.unwrap_or(1).to_le_bytes(), 1u32.to_le_bytes()].concat());
    let data_at = file.len() as u32;
    for plane in 0..planes {
        file.extend((0..8u16).flat_map(|n| (plane * 100 + n).to_le_bytes()));
    }
    let mut link = 4;
    for number in 0..if one_directory { 1 } else { u32::from(planes) } {
        let at = (file.len() as u32).to_le_bytes();
        file[link..link + 4].copy_from_slice(&at);
        let mut entries: Vec<(u16, u16, u32, u32)> = vec![
            (256, 4, 1, 4),
            (257, 4, 1, 2),
            (258, 3, 1, 16),
            (259, 3, 1, 1),
            (262, 3, 1, 1),
            (270, 2, text.len() as u32, text_at),
            (273, 4, 1, data_at + 16 * number),
            (277, 3, 1, 1),
            (278, 4, 1, 2),
            (279, 4, 1, 16),
        ];
        if resolution.is_some() {
            entries.extend([(282, 5, 1, ratio_at), (283, 5, 1, ratio_at), (296, 3, 1, 1)]);
        }
        file.extend((entries.len() as u16).to_le_bytes());
        for (tag, kind, count, value) in entries {
            file.extend(
                [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat(),
            );
        }
        link = file.len();
        file.extend([0; 4]);
    }
    file
}

/// The first number of a page, and how many pages there are.
fn first(path: &Path, page: usize) -> (u16, usize) {
    let opened = open(path).unwrap();
    let source = opened.page(page).unwrap();
    let pixels = source.read(Region::new(0, source.info().whole(0))).unwrap();
    let Samples::U16(samples) = pixels.samples() else { panic!("another type") };
    (samples[0], opened.pages())
}

/// The first numbers of all channels of the image that page 0 belongs to.
fn channels(path: &Path) -> Vec<u16> {
    let source = open_image(&ImageRef::file(path).channels(0, &[])).unwrap();
    let pixels = source.read(Region::new(0, source.info().whole(0))).unwrap();
    let channels = usize::from(pixels.channels());
    let bytes = RawSamples::from_pixels(pixels).bytes()[..channels * 2].to_vec();
    bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect()
}

#[test]
fn imagej_stacks_have_channels_slices_and_a_scale() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stack.tif");
    let text = "ImageJ=1.54f\nimages=6\nchannels=2\nslices=3\nhyperstack=true\nunit=um\n";
    for one_directory in [false, true] {
        std::fs::write(&path, tiff(text, 6, one_directory, Some(4))).unwrap();
        let opened = open(&path).unwrap();
        let place = opened.page_place(3).unwrap();
        assert_eq!((place.index.c, place.index.z, place.counts.c, place.counts.z), (1, 1, 2, 3), "{one_directory}");
        assert_eq!(opened.page(0).unwrap().info().mpp, Some((0.25, 0.25)));
        assert_eq!(first(&path, 5), (500, 6), "{one_directory}");
        assert_eq!(channels(&path), [0, 100], "{one_directory}");
    }
    // The file ends before the planes that it announces.
    std::fs::write(&path, tiff("ImageJ=1.54f\nimages=900\nslices=900\n", 4, true, None)).unwrap();
    let most = std::fs::metadata(&path).unwrap().len() as usize / 16;
    assert!((4..most).contains(&first(&path, 3).1), "no more than are there");
}

fn ome(own: &str, blocks: &[(u16, &str, &str, u16)]) -> String {
    let block = |(c, name, id, ifd): &(u16, &str, &str, u16)| {
        let name = if name.is_empty() { String::new() } else { format!(" FileName=\"{name}\"") };
        format!("<TiffData FirstC=\"{c}\" IFD=\"{ifd}\" PlaneCount=\"1\"><UUID{name}>urn:uuid:{id}</UUID></TiffData>")
    };
    let blocks: String = blocks.iter().map(block).collect();
    format!(
        "<?xml version=\"1.0\"?><OME xmlns=\"http://www.openmicroscopy.org/Schemas/OME/2016-06\" UUID=\"urn:uuid:{own}\">\
         <Image ID=\"Image:0\"><Pixels ID=\"Pixels:0\" DimensionOrder=\"XYCZT\" Type=\"uint16\" SizeX=\"4\" SizeY=\"2\" SizeZ=\"1\" \
         SizeC=\"2\" SizeT=\"1\"><Channel/><Channel/>{blocks}</Pixels></Image></OME>"
    )
}

#[test]
fn an_ome_tiff_under_another_name_is_itself() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let text = ome("1", &[(0, "cells.ome.tif", "1", 0), (1, "cells.ome.tif", "1", 1)]);
    std::fs::write(at("cells (1).ome.tif"), tiff(&text, 2, false, None)).unwrap();
    assert_eq!(channels(&at("cells (1).ome.tif")), [0, 100]);
    // Beside the original, a changed copy shows its own pixels.
    std::fs::write(at("cells.ome.tif"), tiff(&text, 2, false, None)).unwrap();
    let mut changed = tiff(&text, 2, false, None);
    let data = changed.windows(6).position(|six| six == [0, 0, 1, 0, 2, 0]).unwrap();
    changed[data] = 77;
    std::fs::write(at("changed.ome.tif"), changed).unwrap();
    assert_eq!((channels(&at("changed.ome.tif")), channels(&at("cells.ome.tif"))), (vec![77, 100], vec![0, 100]));
}

#[test]
fn parts_of_a_series_are_found_or_told() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let write = |name: &str, text: &str| std::fs::write(at(name), tiff(text, 1, false, None)).unwrap();
    // By their ids alone.
    for (number, name) in ["p0.tif", "p1.tif"].iter().enumerate() {
        write(name, &ome(&number.to_string(), &[(0, "", "0", 0), (1, "", "1", 0)]));
    }
    assert_eq!(channels(&at("p0.tif")), [0, 0]);
    assert_eq!(open(&at("p0.tif")).unwrap().pages(), 2);
    // One is missing: its channel is blank, and whoever reads it is told.
    let both = [(0, "s0.tif", "7", 0), (1, "s1.tif", "8", 0)];
    write("s0.tif", &ome("7", &both));
    let (found, losses) = loss::collect(|| channels(&at("s0.tif")));
    assert_eq!((found, losses.parts.len()), (vec![0, 0], 1));
    assert!(losses.parts[0].to_string().contains("s1.tif"), "{}", losses.parts[0]);
    // By the companion file, and by a part that names it.
    let companion = |own: &str| {
        format!(
            "<OME xmlns=\"http://www.openmicroscopy.org/Schemas/OME/2016-06\" UUID=\"urn:uuid:{own}\">\
             <BinaryOnly MetadataFile=\"all.companion.ome\" UUID=\"urn:uuid:9\"/></OME>"
        )
    };
    write("s0.tif", &companion("7"));
    write("s1.tif", &companion("8"));
    std::fs::write(at("all.companion.ome"), ome("9", &both)).unwrap();
    for name in ["all.companion.ome", "s0.tif"] {
        let (found, losses) = loss::collect(|| channels(&at(name)));
        assert_eq!((found, losses.parts.len()), (vec![0, 0], 0), "{name}");
    }
}
