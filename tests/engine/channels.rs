//! Files that store each channel as a page of its own: together they are one image, for whoever looks at it and for exports.

use std::path::Path;
use std::sync::Arc;

use mosaicist::cache::{Library, TileCache};
use mosaicist::export::{Compression, ExportOptions, run};
use mosaicist::geometry::{Rect, Region, Size};
use mosaicist::job::Progress;
use mosaicist::mosaic::Mosaic;
use mosaicist::pixels::{ChannelName, Color, Pixels, SampleType, Samples};
use mosaicist::source::testing::check_source;
use mosaicist::source::{
    Capabilities, ImageRef, Info, Joined, PageIndex, ReadingCost, Source, SourceSet, open, open_image, open_whole,
};
use mosaicist::work::{ExportRequest, Properties, display_of, export, probe};

const SIZE: Size = Size::new(700, 500);

/// One channel, whose values tell it from others.
struct Plane(Info, u16);

impl Plane {
    fn value(number: u16, x: i64, y: i64) -> u16 {
        1000 * (number + 1) + (x % 300) as u16 + (y % 200) as u16
    }
}

impl Source for Plane {
    fn info(&self) -> &Info {
        &self.0
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities::none()
    }

    fn cost(&self, region: Region) -> ReadingCost {
        ReadingCost::of_tiles(self.info(), region, 2)
    }

    fn read(&self, region: Region) -> mosaicist::Result<Pixels> {
        let Rect { x0, y0, x1, y1 } = region.rect;
        let inside = |x, y| (0..i64::from(SIZE.width)).contains(&x) && (0..i64::from(SIZE.height)).contains(&y);
        let value = |x, y| if inside(x, y) { Self::value(self.1, x, y) } else { 0 };
        let values = (y0..y1).flat_map(|y| (x0..x1).map(move |x| value(x, y))).collect();
        Pixels::new(region.rect.size(), 1, Samples::U16(values))
    }
}

/// An image of four channels, two of which have a color.
fn four() -> Joined {
    let info = Info::plain("made", SIZE, Size::new(128, 128), 1, SampleType::U16);
    let plane = |number: usize| (number, Arc::new(Plane(info.clone(), number as u16)) as Arc<dyn Source>);
    let name = |name: &str, color| ChannelName { name: name.into(), color };
    let names =
        vec![name("DAPI", Some([0, 0, 255])), name("CD3", None), name("Ki67", Some([255, 0, 0])), name("a & b", None)];
    Joined::new((0..4).map(plane).collect(), names).unwrap()
}

/// It as a file.
fn written(folder: &Path, name: &str) -> std::path::PathBuf {
    let out = folder.join(name);
    let options = ExportOptions { compression: Some(Compression::Deflate), ..ExportOptions::for_path(&out).unwrap() };
    run(&four(), &out, &options, &Progress::default()).unwrap();
    out
}

fn whole(source: &dyn Source) -> Pixels {
    source.read(Region::new(0, source.info().whole(0))).unwrap()
}

fn channels(path: &Path, chosen: &[usize]) -> ImageRef {
    ImageRef::file(path).channels(0, chosen)
}

fn document(path: &Path) -> Mosaic {
    let mut mosaic = Mosaic::default();
    for (placement, error) in probe(&[path.into()], &Progress::default()).unwrap() {
        assert!(error.is_none(), "{error:?}");
        mosaic.add(placement);
    }
    mosaic
}

#[test]
fn channels_are_together_and_pages_stay_pages() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["four.ome.tif", "four.zarr"] {
        let path = written(folder.path(), name);
        let (shown, opened) = open_whole(&path).unwrap();
        let source = opened.page(0).unwrap();
        check_source(&*source);
        let info = source.info();
        assert_eq!((opened.pages(), info.channels, info.color), (1, 4, Color::Channels), "{name}");
        let names: Vec<_> = info.channel_names.iter().map(|said| said.name.as_str()).collect();
        assert_eq!(names, ["DAPI", "CD3", "Ki67", "a & b"], "{name}");
        assert_eq!(info.channel_names[2].color, Some([255, 0, 0]), "{name}");
        assert_eq!(whole(&*source), whole(&four()), "{name}");
        // The other format has all channels in each page.
        let expected = if name == "four.zarr" { ImageRef::file(&path) } else { channels(&path, &[]) };
        assert_eq!((source.planes().len(), shown), (4, expected), "{name}");
        // Two of them alone, in the order asked for.
        let some = open_image(&channels(&path, &[2, 0])).unwrap();
        check_source(&*some);
        let at = some.read(Region::new(0, Rect::new(5, 6, 6, 7))).unwrap();
        assert_eq!(at.samples(), &Samples::U16(vec![Plane::value(2, 5, 6), Plane::value(0, 5, 6)]), "{name}");
        assert!(open_image(&channels(&path, &[4])).is_err(), "{name}");
    }
    let path = folder.path().join("four.ome.tif");
    let pages = open(&path).unwrap();
    assert_eq!((pages.pages(), pages.page(3).unwrap().info().channels), (4, 1));
    let place = pages.page_place(3).unwrap();
    assert_eq!((place.index, place.counts.c), (PageIndex { series: 0, c: 3, z: 0, t: 0 }, 4));
    assert_eq!((&*place.channel.name, place.image_name()), ("a & b", pages.page_place(0).unwrap().image_name()));
    let properties = Properties::read(&ImageRef::file(&path)).unwrap();
    assert_eq!((properties.pages, properties.channels, properties.images.len()), (4, 1, 1));
    assert_eq!((&*properties.images[0].pages, &*properties.images[0].channels[1]), (&[0, 1, 2, 3][..], "CD3"));
    let properties = Properties::read(&channels(&path, &[])).unwrap();
    assert_eq!((properties.pages, properties.channels, properties.channel_names.len()), (1, 4, 4));
}

#[test]
fn only_channels_that_are_asked_for_are_decoded() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), "four.ome.tif");
    let cache = Arc::new(TileCache::new(64 << 20));
    let library = Library::new(Arc::new(SourceSet::default()), Arc::clone(&cache));
    let all = library.open(&channels(&path, &[])).unwrap();
    check_source(&all);
    cache.forget(&path);
    let before = cache.decodes();
    let two = all.of_channels(&[1, 3]).unwrap();
    let rect = Rect::new(0, 0, 100, 100);
    let read = two.read_reduced(0, rect).unwrap();
    assert_eq!(two.info().channels, 2);
    assert_eq!(cache.decodes() - before, 2, "one tile of each");
    assert_eq!(read, two.read_cell(0, (0, 0), rect).unwrap().crop(rect));
    let third = all.of_channels(&[0, 1, 3]).unwrap();
    third.read_reduced(0, rect).unwrap();
    assert_eq!(cache.decodes() - before, 3, "and one of what is switched on");
    assert!(all.of_channels(&[]).is_none() && all.of_channels(&[4]).is_none());
    assert!(library.open(&path.into()).unwrap().of_channels(&[0]).is_none(), "a page has no planes");
}

#[test]
fn exports_have_all_channels_and_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let mosaic = document(&written(folder.path(), "four.ome.tif"));
    let kind = mosaic.placements[0].kind.unwrap();
    assert_eq!((kind.channels, mosaic.placements[0].name()), (4, "four.ome.tif".to_owned()));
    let request = |name: &str| {
        let out = folder.path().join(name);
        let options = ExportOptions::for_path(&out).unwrap();
        ExportRequest::new(out, options)
    };
    for name in ["again.ome.tif", "again.zarr"] {
        export(&mosaic, &request(name), &Progress::default()).unwrap();
        let (_, opened) = open_whole(&folder.path().join(name)).unwrap();
        let source = opened.page(0).unwrap();
        assert_eq!(whole(&*source), whole(&four()), "{name}");
        assert_eq!(source.info().channel_names[0].name, "DAPI", "{name}");
    }
    export(&mosaic, &request("plain.tif"), &Progress::default()).unwrap();
    let plain = open(&folder.path().join("plain.tif")).unwrap().page(0).unwrap();
    assert_eq!((plain.info().channels, whole(&*plain)), (4, whole(&four())));
    let refused = export(&mosaic, &request("a.jpg"), &Progress::default()).unwrap_err().to_string();
    assert!(refused.contains("4 channels") && refused.contains("display settings"), "{refused}");
}

#[test]
fn display_settings_are_applied_on_export() {
    let folder = tempfile::tempdir().unwrap();
    let mosaic = document(&written(folder.path(), "four.ome.tif"));
    let display = display_of(&mosaic).unwrap();
    assert_eq!((&*display.channels[2].name, display.channels[2].color), ("Ki67", [255, 0, 0]));
    assert!(display.channels.iter().all(|channel| channel.low >= 900.0 && channel.high < 5000.0), "{display:?}");
    let mut only = mosaicist::display::Display::clone(&display);
    for (number, channel) in only.channels.iter_mut().enumerate() {
        (channel.on, channel.low, channel.high) = (number == 2, 3000.0, 3255.0);
    }
    let out = folder.path().join("displayed.png");
    let options = ExportOptions::for_path(&out).unwrap();
    let request = ExportRequest { display: Some(Arc::new(only)), ..ExportRequest::new(out.clone(), options) };
    export(&mosaic, &request, &Progress::default()).unwrap();
    let source = open(&out).unwrap().page(0).unwrap();
    assert_eq!((source.info().channels, source.info().sample), (3, SampleType::U8));
    let at = source.read(Region::new(0, Rect::new(100, 50, 101, 51))).unwrap();
    assert_eq!(at.samples(), &Samples::U8(vec![150, 0, 0]));
}
