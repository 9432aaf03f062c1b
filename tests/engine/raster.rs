//! CUPS and PWG raster of every version, byte order, color order and depth, made here by the specification.

use mosaicist::geometry::{Rect, Region, Size};
use mosaicist::pixels::{Pixels, Samples};
use mosaicist::source::open;
use mosaicist::source::testing::check_source;

const SIZE: Size = Size::new(45, 131);

/// How a page is stored.
#[derive(Debug, Clone, Copy)]
struct Kind {
    version: u8,
    little: bool,
    order: u32,
    bits: u32,
    space: u32,
    colors: u32,
}

impl Kind {
    fn sync(self) -> [u8; 4] {
        let mut sync = *b"RaSt";
        if self.version > 1 {
            sync[3] = b'0' + self.version;
        }
        if self.little {
            sync.reverse();
        }
        sync
    }

    /// Bits of a pixel: chunky RGB of few bits is padded to a power of two.
    fn pixel_bits(self) -> u32 {
        let bits = self.bits * self.colors;
        if self.order != 0 {
            self.bits
        } else if bits < 16 {
            bits.next_power_of_two()
        } else {
            bits
        }
    }

    /// Some value of the stored range: with runs for the run-length encoding, and sometimes a repeated line.
    fn value(self, x: usize, y: usize, c: usize) -> u16 {
        let y = y / 3;
        let wide = ((x / 4) * 7919 + y * 977 + c * 4211) as u16;
        wide >> (16 - self.bits)
    }

    fn word(self, value: u32) -> [u8; 4] {
        if self.little { value.to_le_bytes() } else { value.to_be_bytes() }
    }

    /// The lines of the page, uncompressed.
    fn lines(self) -> Vec<Vec<u8>> {
        let (w, h, n) = (SIZE.width as usize, SIZE.height as usize, self.colors as usize);
        let bits_of = |values: Vec<(u16, u32)>| {
            if self.bits == 16 {
                let two = |value: u16| if self.little { value.to_le_bytes() } else { value.to_be_bytes() };
                return values.into_iter().flat_map(|(value, _)| two(value)).collect();
            }
            let mut bits: Vec<u8> = Vec::new();
            for (value, width) in values {
                bits.extend((0..width).rev().map(|bit| (u32::from(value) >> bit & 1) as u8));
            }
            let mut bytes: Vec<u8> =
                bits.chunks(8).map(|byte| byte.iter().enumerate().map(|(n, bit)| bit << (7 - n)).sum()).collect();
            // Words of 16 bits stand in the file's order; this is written down as a big-endian machine would hold it.
            if !self.little && self.bits < 8 && self.pixel_bits() == 16 {
                bytes.chunks_exact_mut(2).for_each(<[u8]>::reverse);
            }
            bytes
        };
        let plain = |y: usize, c: usize| bits_of((0..w).map(|x| (self.value(x, y, c), self.bits)).collect());
        match self.order {
            0 => {
                let pad = self.pixel_bits() - self.bits * self.colors;
                let pixel = move |x: usize, y: usize| {
                    let first = if pad > 0 { vec![(0, pad)] } else { vec![] };
                    first.into_iter().chain((0..n).map(move |c| (self.value(x, y, c), self.bits)))
                };
                (0..h).map(|y| bits_of((0..w).flat_map(|x| pixel(x, y)).collect())).collect()
            }
            1 => (0..h).map(|y| (0..n).flat_map(|c| plain(y, c)).collect()).collect(),
            _ => (0..n).flat_map(|c| (0..h).map(move |y| (y, c))).map(|(y, c)| plain(y, c)).collect(),
        }
    }

    fn page(self) -> Vec<u8> {
        let lines = self.lines();
        let mut header = vec![0; if self.version == 1 { 420 } else { 1796 }];
        let mut put = |at: usize, value: u32| header[at..at + 4].copy_from_slice(&self.word(value));
        put(276, 300);
        put(280, 300);
        put(372, SIZE.width);
        put(376, SIZE.height);
        put(384, self.bits);
        put(388, self.pixel_bits());
        put(392, lines[0].len() as u32);
        put(396, self.order);
        put(400, self.space);
        if self.version > 1 {
            put(420, self.colors);
        }
        if self.version != 2 {
            return [header, lines.concat()].concat();
        }
        let unit = (if self.order == 0 { self.pixel_bits() } else { self.bits }).div_ceil(8) as usize;
        let mut at = 0;
        while at < lines.len() {
            let same = lines[at..].iter().take(256).take_while(|line| **line == lines[at]).count();
            header.push(same as u8 - 1);
            header.extend(packed(&lines[at], unit));
            at += same;
        }
        header
    }

    /// What is shown.
    fn shown(self) -> Vec<u16> {
        let (full, most) = if self.bits == 16 { (65_535u32, 65_535u32) } else { (255, (1 << self.bits) - 1) };
        let wide = |value: u16| u32::from(value) * full / most;
        let mut all = Vec::new();
        for (y, x) in (0..SIZE.height as usize).flat_map(|y| (0..SIZE.width as usize).map(move |x| (y, x))) {
            let stored: Vec<u32> = (0..self.colors as usize).map(|c| wide(self.value(x, y, c))).collect();
            match self.space {
                3 => all.push(full - stored[0]),
                4 => all.extend(stored.iter().map(|value| full - value)),
                6 => {
                    let light = |value: u32| {
                        (u64::from(full - value) * u64::from(full - stored[3]) + u64::from(full / 2)) / u64::from(full)
                    };
                    all.extend(stored[..3].iter().map(|&value| light(value) as u32));
                }
                _ => all.extend(stored),
            }
        }
        all.into_iter().map(|value| value as u16).collect()
    }
}

/// A line as packets; the blank rest of it as one, where it is blank.
fn packed(line: &[u8], unit: usize) -> Vec<u8> {
    let units: Vec<&[u8]> = line.chunks(unit).collect();
    let (mut out, mut at) = (Vec::new(), 0);
    while at < units.len() {
        let same = units[at..].iter().take(128).take_while(|next| **next == units[at]).count();
        if same > 1 || at + 1 == units.len() {
            out.push(same as u8 - 1);
            out.extend(units[at]);
            at += same;
        } else {
            let most = units.len().min(at + 128);
            let end = (at + 1..most).find(|&next| units[next] == units[next - 1]).map_or(most, |next| next - 1);
            let count = (end - at).max(2).min(units.len() - at);
            out.push((257 - count) as u8);
            out.extend(units[at..at + count].concat());
            at += count;
        }
    }
    out
}

fn check(path: &std::path::Path, kind: Kind, page: usize) {
    let source = open(path).unwrap().page(page).unwrap();
    check_source(&*source);
    let read = source.read(Region::new(0, Rect::from_size(SIZE))).unwrap();
    let shown = kind.shown();
    let channels = (shown.len() / SIZE.area() as usize) as u8;
    let samples = if kind.bits == 16 {
        Samples::U16(shown)
    } else {
        Samples::U8(shown.into_iter().map(|value| value as u8).collect())
    };
    assert!(read == Pixels::new(SIZE, channels, samples).unwrap(), "{kind:?}");
}

#[test]
fn every_kind_of_page() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ras");
    for (space, colors) in [(18, 1), (3, 1), (19, 3), (4, 3), (6, 4)] {
        for (bits, order) in [1, 2, 4, 8, 16].into_iter().flat_map(|bits| [0, 1, 2].map(|order| (bits, order))) {
            for (version, little) in [(1, true), (2, false), (2, true), (3, false)] {
                let kind = Kind { version, little, order, bits, space, colors };
                std::fs::write(&path, [kind.sync().to_vec(), kind.page(), kind.page()].concat()).unwrap();
                let opened = open(&path).unwrap();
                assert_eq!(opened.pages(), 2, "{kind:?}");
                check(&path, kind, 1);
            }
        }
    }
}

#[test]
fn a_packed_file_is_unpacked() {
    use std::io::Write as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pwg");
    let kind = Kind { version: 2, little: false, order: 0, bits: 8, space: 19, colors: 3 };
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(&[&kind.sync()[..], &kind.page()].concat()).unwrap();
    let packed = packer.finish().unwrap();
    std::fs::write(&path, &packed).unwrap();
    check(&path, kind, 0);
    std::fs::write(&path, &packed[..packed.len() / 2]).unwrap();
    assert!(open(&path).is_err(), "torn");
}

#[test]
fn a_line_that_stops_early_is_white() {
    let folder = tempfile::tempdir().unwrap();
    for (space, expected) in [(18, 255), (3, 255), (19, 255)] {
        let kind =
            Kind { version: 2, little: false, order: 0, bits: 8, space, colors: if space == 19 { 3 } else { 1 } };
        let mut page = kind.page();
        page.truncate(1796);
        page.extend([130, 128]);
        let path = folder.path().join("a.pwg");
        std::fs::write(&path, [&kind.sync()[..], &page].concat()).unwrap();
        let source = open(&path).unwrap().page(0).unwrap();
        let read = source.read(Region::new(0, Rect::from_size(SIZE))).unwrap();
        let Samples::U8(samples) = read.samples() else { panic!("bytes") };
        assert!(samples.iter().all(|&sample| sample == expected));
    }
}

#[test]
fn truncated_pages_fail_at_the_damage() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("torn.ras");
    for version in [1, 2, 3] {
        let kind = Kind { version, little: true, order: 0, bits: 8, space: 19, colors: 3 };
        let whole = [kind.sync().to_vec(), kind.page()].concat();
        for cut in [3, 200, whole.len() / 2, whole.len() - 1] {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let read = open(&path).and_then(|opened| opened.page(0)?.read(Region::new(0, Rect::from_size(SIZE))));
            assert!(read.unwrap_err().to_string().contains("torn.ras"));
        }
    }
}
