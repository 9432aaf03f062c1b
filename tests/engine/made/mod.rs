//! Slides made for tests: small, in the layouts that the vendors' programs write.
//!
//! What they show is [`color`] at each place of the finest level, or plain colors where the pixels must be exact.
#![expect(clippy::unwrap_used, reason = "a test helper that cannot go on should say where")]
#![allow(dead_code, reason = "each test takes of it what it needs")]

pub(crate) mod containers;
pub(crate) mod tiffs;

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;

use mosaicist::codec::jpeg::{self, EncodeOptions, Subsampling};
use mosaicist::export::{self, ExportOptions, Extras, Format, write_image};
use mosaicist::geometry::{Rect, Size};
use mosaicist::job::Progress;
use mosaicist::pixels::{Color, Pixels, SampleType, Samples};
use mosaicist::source::testing::Pattern;

/// The pixel at (x, y) of a level downsampled by `scale`.
pub(crate) fn color(x: u32, y: u32, scale: u32) -> [u8; 3] {
    let (x, y) = (x * scale, y * scale);
    [(40 + x * 2 / 3) as u8, (200 - y / 2) as u8, (60 + (x + y) / 3) as u8]
}

pub(crate) fn picture(size: Size, scale: u32) -> Pixels {
    let at = |n: u32| color(n % size.width, n / size.width, scale);
    Pixels::new(size, 3, Samples::U8((0..size.area() as u32).flat_map(at).collect())).unwrap()
}

/// A picture of one color.
pub(crate) fn plain(size: Size, color: [u8; 3]) -> Pixels {
    Pixels::new(size, 3, Samples::U8(color.repeat(size.area() as usize))).unwrap()
}

pub(crate) fn coded(pixels: &Pixels, subsampling: Subsampling) -> Vec<u8> {
    let mut out = Vec::new();
    jpeg::encode(pixels.view(), &EncodeOptions { quality: 95, subsampling, ..EncodeOptions::default() }, &mut out)
        .unwrap();
    out
}

/// A stream with a restart marker after every `count` MCUs of 4:2:0, and where its intervals begin.
pub(crate) fn with_restarts(pixels: &Pixels, count: u16) -> (Vec<u8>, Vec<u32>) {
    let options = EncodeOptions { quality: 95, ..EncodeOptions::default() };
    let (mut out, mut starts) = (Vec::new(), Vec::new());
    jpeg::write_header(pixels.size(), 3, &options, count, &mut out).unwrap();
    let (across, size) = (u32::from(count) * 16, pixels.size());
    for y in (0..size.height).step_by(16) {
        for x in (0..size.width).step_by(across as usize) {
            if !starts.is_empty() {
                out.extend([0xFF, 0xD0 + ((starts.len() - 1) & 7) as u8]);
            }
            starts.push(out.len() as u32);
            let part = pixels.crop(Rect::at(x.into(), y.into(), Size::new(across, 16)));
            jpeg::encode_interval(part.view(), &options, &mut out).unwrap();
        }
    }
    out.extend([0xFF, 0xD9]);
    (out, starts)
}

/// An OME-Zarr of the newest kind with shards, or one of version 0.4 if `old`, in chunks of 32 pixels.
pub(crate) fn zarr(path: &Path, old: bool) {
    let pattern = Pattern::new(Size::new(61, 47), 2, SampleType::U16);
    let format = if old { Format::Zarr04 } else { Format::Zarr };
    let extras = Extras { shard: if old { 0 } else { 2 }, ..Extras::default() };
    let options = ExportOptions { tile: Some(32), extras, ..ExportOptions::new(format) };
    export::run(&pattern, path, &options, &Progress::default()).unwrap();
}

/// All files below `folder`, named from there.
pub(crate) fn files_below(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            names.extend(files_below(&entry.path()).iter().map(|below| format!("{name}/{below}")));
        } else {
            names.push(name);
        }
    }
    names.sort();
    names
}

/// The value of a TIFF's tag.
pub(crate) enum Value {
    Short(Vec<u16>),
    Long(Vec<u32>),
    Float(f32),
    Rational(u32, u32),
    Text(String),
    /// Longs whose upper halves an NDPI stores after its entries.
    Wide(u64),
}

pub(crate) type Tags = Vec<(u16, Value)>;

/// A little-endian TIFF of directories whose data are written already; Hamamatsu's variety if `ndpi`.
pub(crate) struct Tiff {
    file: File,
    ndpi: bool,
    link: u64,
}

impl Tiff {
    pub(crate) fn create(path: &Path, ndpi: bool) -> Self {
        let mut file = File::create(path).unwrap();
        file.write_all(b"II\x2a\0\0\0\0\0\0\0\0\0\0\0\0\0").unwrap();
        Self { file, ndpi, link: 4 }
    }

    /// Put `bytes` at `at`, or at the end; where they are.
    pub(crate) fn put(&mut self, bytes: &[u8], at: Option<u64>) -> u64 {
        let at = self.file.seek(at.map_or(SeekFrom::End(0), SeekFrom::Start)).unwrap();
        self.file.write_all(bytes).unwrap();
        at
    }

    pub(crate) fn directory(&mut self, mut tags: Tags) {
        tags.sort_by_key(|(tag, _)| *tag);
        let (mut entries, mut uppers) = (Vec::new(), Vec::new());
        for (tag, value) in &tags {
            let (kind, count, bytes) = match value {
                Value::Short(numbers) => (3, numbers.len(), numbers.iter().flat_map(|n| n.to_le_bytes()).collect()),
                Value::Long(numbers) => (4, numbers.len(), numbers.iter().flat_map(|n| n.to_le_bytes()).collect()),
                Value::Float(number) => (11, 1, number.to_le_bytes().to_vec()),
                Value::Rational(a, b) => (5, 1, [a.to_le_bytes(), b.to_le_bytes()].concat()),
                Value::Text(text) => (2, text.len() + 1, [text.as_bytes(), &[0]].concat()),
                Value::Wide(number) => (4, 1, (*number as u32).to_le_bytes().to_vec()),
            };
            let outside = bytes.len() > 4 || self.ndpi && kind == 2;
            let mut field = bytes.clone();
            let mut upper = 0u32;
            if let Value::Wide(number) = value {
                upper = (number >> 32) as u32;
            }
            if outside {
                let at = self.put(&bytes, None);
                (field, upper) = ((at as u32).to_le_bytes().to_vec(), (at >> 32) as u32);
            }
            field.resize(4, 0);
            entries.extend(
                [&tag.to_le_bytes()[..], &u16::to_le_bytes(kind), &(count as u32).to_le_bytes(), &field].concat(),
            );
            uppers.extend(upper.to_le_bytes());
        }
        let nothing = if self.ndpi { [&[0; 8][..], &uppers].concat() } else { vec![0; 4] };
        let all = [&(tags.len() as u16).to_le_bytes()[..], &entries, &nothing].concat();
        let at = self.put(&all, None);
        let width = if self.ndpi { 8 } else { 4 };
        self.put(&at.to_le_bytes()[..width], Some(self.link));
        self.link = at + 2 + entries.len() as u64;
    }

    /// A directory of JPEG tiles of `side` pixels.
    pub(crate) fn tiled(&mut self, pixels: &Pixels, side: u32, more: Tags) {
        let size = pixels.size();
        let (mut offsets, mut counts) = (Vec::new(), Vec::new());
        for y in (0..size.height).step_by(side as usize) {
            for x in (0..size.width).step_by(side as usize) {
                let mut tile = plain(Size::new(side, side), [0; 3]);
                tile.paste(pixels.view(), -i64::from(x), -i64::from(y));
                let bytes = coded(&tile, Subsampling::Full);
                offsets.push(self.put(&bytes, None) as u32);
                counts.push(bytes.len() as u32);
            }
        }
        let side = side as u16;
        let own = [
            (258, Value::Short(vec![8; 3])),
            (259, Value::Short(vec![7])),
            (262, Value::Short(vec![6])),
            (256, Value::Long(vec![size.width])),
            (257, Value::Long(vec![size.height])),
            (277, Value::Short(vec![3])),
            (322, Value::Short(vec![side])),
            (323, Value::Short(vec![side])),
            (324, Value::Long(offsets)),
            (325, Value::Long(counts)),
        ];
        self.directory(own.into_iter().chain(more).collect());
    }
}

/// Hamamatsu's: levels of 192 × 100 and 96 × 50 with restart markers (the second at `far`, which may be beyond 4 GiB), a macro.
pub(crate) fn ndpi(path: &Path, far: Option<u64>, listed: bool) {
    let mut tiff = Tiff::create(path, true);
    let streams = [(192, 100, 1, 20.0, None), (96, 50, 2, 10.0, far)];
    for (width, height, scale, lens, at) in streams {
        let (stream, starts) = with_restarts(&picture(Size::new(width, height), scale), 2);
        let offset = tiff.put(&stream, at);
        let mut tags = frame(width, height, lens, offset, stream.len());
        if listed {
            tags.push((65426, Value::Long(starts)));
        }
        tiff.directory(tags);
    }
    let stream = coded(&picture(Size::new(40, 30), 4), Subsampling::Full);
    let offset = tiff.put(&stream, None);
    tiff.directory(frame(40, 30, -1.0, offset, stream.len()));
}

fn frame(width: u32, height: u32, lens: f32, offset: u64, length: usize) -> Tags {
    vec![
        (256, Value::Long(vec![width])),
        (257, Value::Long(vec![height])),
        (259, Value::Short(vec![7])),
        (273, Value::Wide(offset)),
        (279, Value::Long(vec![length as u32])),
        (282, Value::Rational(20_000, 1)),
        (283, Value::Rational(40_000, 1)),
        (296, Value::Short(vec![3])),
        (65420, Value::Long(vec![1])),
        (65421, Value::Float(lens)),
        (65427, Value::Text("REF".into())),
        (65449, Value::Text("Product=C1\r\nEmpty=\r\n".into())),
    ]
}

/// Hamamatsu's older ones: two streams side by side, 64 and 32 pixels wide, and a map of half the size.
pub(crate) fn vms(folder: &Path) {
    let whole = picture(Size::new(96, 48), 1);
    let (left, starts) = with_restarts(&whole.crop(Rect::new(0, 0, 64, 48)), 2);
    let (right, more) = with_restarts(&whole.crop(Rect::new(64, 0, 96, 48)), 2);
    let (map, _) = with_restarts(&picture(Size::new(32, 16), 3), 2);
    let macro_image = coded(&picture(Size::new(20, 10), 5), Subsampling::Full);
    // Where rows begin; the last row of all is missing.
    let rows = starts.iter().step_by(2).chain(&more);
    let mut table: Vec<u8> = rows.flat_map(|start| [&u64::from(*start).to_le_bytes()[..], &[0; 32]].concat()).collect();
    table.truncate(40 * 5);
    for (name, bytes) in [("l.jpg", left), ("r.jpg", right), ("m.jpg", map), ("g.jpg", macro_image), ("o.opt", table)] {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    let settings = "[Virtual Microscope Specimen]\r\nNoJpegColumns=2\r\nNoJpegRows=1\r\nImageFile=l.jpg\r\n\
        ImageFile(1,0)=r.jpg\r\nMapFile=m.jpg\r\nMacroImage=g.jpg\r\nOptimisationFile=o.opt\r\n\
        PhysicalWidth=48000\r\nPhysicalHeight=24000\r\nSourceLens=20\r\n";
    std::fs::write(folder.join("a.vms"), settings).unwrap();
}

/// Where the photos of [`mirax`] lie.
pub(crate) const PHOTOS: [(i32, i32); 4] = [(2, 0), (60, 4), (0, 58), (61, 61)];

/// The color of picture (x, y) of a level of [`mirax`].
pub(crate) fn mirax_color(level: u32, x: u32, y: u32) -> [u8; 3] {
    [(40 * x + 20) as u8, (40 * y + 30) as u8, (60 * level + 10) as u8]
}

/// 3DHISTECH's: photos of 2 × 2 pictures of 32 × 32 pixels, of one color each. The second level joins the pictures of a photo,
/// the third photos.
pub(crate) fn mirax(folder: &Path) {
    let inside = folder.join("a");
    std::fs::create_dir_all(&inside).unwrap();
    let (mut file, mut entries) = (Vec::new(), vec![Vec::new(), Vec::new(), Vec::new()]);
    let mut stored = |bytes: &[u8]| {
        file.extend(bytes);
        (file.len() - bytes.len(), bytes.len())
    };
    let scratch = folder.join("scratch.png");
    for (level, step) in [(0, 1u32), (1, 2), (2, 4)] {
        for (x, y) in (0..4).step_by(step as usize).flat_map(|y| (0..4).step_by(step as usize).map(move |x| (x, y))) {
            let mut pixels = plain(Size::new(32, 32), mirax_color(level, x, y));
            if level == 2 {
                // Each quarter is another photo.
                for (at, (x, y)) in [(0, 0), (16, 0), (0, 16), (16, 16)].into_iter().enumerate() {
                    let quarter = plain(Size::new(16, 16), mirax_color(2, at as u32 % 2 * 2, at as u32 / 2 * 2));
                    pixels.paste(quarter.view(), x, y);
                }
            }
            write_image(&scratch, &pixels, Color::Rgb, 90).unwrap();
            let (at, length) = stored(&std::fs::read(&scratch).unwrap());
            entries[level as usize].push([y * 4 + x, at as u32, length as u32, 0]);
        }
    }
    std::fs::remove_file(scratch).unwrap();
    let positions: Vec<u8> =
        PHOTOS.iter().flat_map(|(x, y)| [&[1][..], &x.to_le_bytes(), &y.to_le_bytes()].concat()).collect();
    let label = coded(&plain(Size::new(24, 16), [200, 100, 50]), Subsampling::Full);
    let records = [stored(&positions), stored(&label)];
    std::fs::write(inside.join("Data0000.dat"), file).unwrap();
    std::fs::write(inside.join("Index.dat"), mirax_index(&entries, &records)).unwrap();
    std::fs::write(folder.join("a.mrxs"), coded(&plain(Size::new(8, 8), [1, 2, 3]), Subsampling::Full)).unwrap();
    let mut settings = "\u{feff}[GENERAL]\nSLIDE_ID = TEST\nIMAGENUMBER_X = 4\nIMAGENUMBER_Y = 4\n\
        OBJECTIVE_MAGNIFICATION = 20x\nCameraImageDivisionsPerSide = 2\n[HIERARCHICAL]\nHIER_COUNT = 1\nNONHIER_COUNT = 2\n\
        INDEXFILE = Index.dat\nHIER_0_NAME = Slide zoom level\nHIER_0_COUNT = 3\nNONHIER_0_NAME = VIMSLIDE_POSITION_BUFFER\n\
        NONHIER_0_COUNT = 1\nNONHIER_1_NAME = Scan data layer\nNONHIER_1_COUNT = 1\n\
        NONHIER_1_VAL_0 = ScanDataLayer_SlideBarcode\nHIER_0_VAL_0_SECTION = L0\nHIER_0_VAL_1_SECTION = L1\n\
        HIER_0_VAL_2_SECTION = L2\n[DATAFILE]\nFILE_COUNT = 1\nFILE_0 = Data0000.dat\n"
        .to_owned();
    for level in 0..3 {
        let section = format!(
            "[L{level}]\nOVERLAP_X = 4\nOVERLAP_Y = 4\nMICROMETER_PER_PIXEL_X = 0.25\nMICROMETER_PER_PIXEL_Y = 0.5\n\
             IMAGE_FORMAT = PNG\nIMAGE_FILL_COLOR_BGR = 1193046\nDIGITIZER_WIDTH = 32\nDIGITIZER_HEIGHT = 32\n\
             IMAGE_CONCAT_FACTOR = {}\n=stray\n",
            level.min(1)
        );
        settings += &section;
    }
    std::fs::write(inside.join("Slidedat.ini"), settings).unwrap();
}

/// An index of pictures, each with its number, offset, length and file, for each level, and of records.
pub(crate) fn mirax_index(levels: &[Vec<[u32; 4]>], records: &[(usize, usize)]) -> Vec<u8> {
    let mut out = b"01.02TEST".to_vec();
    let roots = out.len();
    out.extend([0; 8]);
    let put = |out: &mut Vec<u8>, numbers: &[u32]| {
        let at = out.len() as u32;
        out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        at
    };
    let mut lists = [Vec::new(), Vec::new()];
    for entries in levels {
        // Two pages, the second for the last picture.
        let (last, first) = entries.split_last().unwrap();
        let second = put(&mut out, &[&[1, 0][..], last].concat());
        let page = put(&mut out, &[&[first.len() as u32, second][..], &first.concat()].concat());
        lists[0].push(put(&mut out, &[0, page]));
    }
    for (at, length) in records {
        let page = put(&mut out, &[1, 0, 0, 0, *at as u32, *length as u32, 0]);
        lists[1].push(put(&mut out, &[0, page]));
    }
    for (number, list) in lists.iter().enumerate() {
        let at = put(&mut out, list);
        out[roots + 4 * number..][..4].copy_from_slice(&at.to_le_bytes());
    }
    out
}
