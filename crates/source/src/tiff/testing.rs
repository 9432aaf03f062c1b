//! TIFFs made for tests: any layout, any coding that can be written in a few lines.

use std::io::Write as _;

use super::tags as tag;

/// A tag's value.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Text(String),
    Short(Vec<u16>),
    Long(Vec<u32>),
    Double(Vec<f64>),
    Bytes(Vec<u8>),
}

/// One directory: its tags but for those of the chunks, the chunks, and the directories below.
#[derive(Debug, Clone, Default)]
pub(super) struct Part {
    pub(super) tags: Vec<(u16, Value)>,
    pub(super) chunks: Vec<Vec<u8>>,
    pub(super) below: Vec<Part>,
}

impl Part {
    /// The same with one tag more, or another value of it.
    pub(super) fn with(mut self, tag: u16, value: Value) -> Self {
        self.tags.retain(|(known, _)| *known != tag);
        self.tags.push((tag, value));
        self
    }

    /// The same with one short number more.
    pub(super) fn short(self, tag: u16, value: u16) -> Self {
        self.with(tag, Value::Short(vec![value]))
    }
}

/// A file being written.
pub(super) struct Writer {
    pub(super) little: bool,
    pub(super) big: bool,
    out: Vec<u8>,
}

impl Writer {
    pub(super) fn new(little: bool, big: bool) -> Self {
        Self { little, big, out: Vec::new() }
    }

    /// The file that holds `parts` in its main chain.
    pub(super) fn file(mut self, parts: &[Part]) -> Vec<u8> {
        let mark = if self.little { *b"II" } else { *b"MM" };
        self.out.extend(mark);
        let version = self.number(if self.big { 43 } else { 42 }, 2);
        self.out.extend(version);
        if self.big {
            let sizes = [self.number(8, 2), self.number(0, 2)].concat();
            self.out.extend(sizes);
        }
        let mut link = self.out.len();
        let nothing = self.number(0, self.offset());
        self.out.extend(nothing);
        for part in parts {
            let (at, next) = self.part(part);
            self.link(link, at);
            link = next;
        }
        self.out
    }

    /// Write a directory and what belongs to it: where it is, and where its link to the next one is.
    fn part(&mut self, part: &Part) -> (usize, usize) {
        let mut tags = part.tags.clone();
        let (mut offsets, mut counts) = (Vec::new(), Vec::new());
        for chunk in &part.chunks {
            offsets.push(if chunk.is_empty() { 0 } else { self.out.len() as u32 });
            counts.push(chunk.len() as u32);
            self.out.extend(chunk);
        }
        let tiled = tags.iter().any(|(known, _)| *known == tag::TILE_WIDTH);
        let names = if tiled {
            (tag::TILE_OFFSETS, tag::TILE_BYTE_COUNTS)
        } else {
            (tag::STRIP_OFFSETS, tag::STRIP_BYTE_COUNTS)
        };
        tags.push((names.0, Value::Long(offsets)));
        tags.push((names.1, Value::Long(counts)));
        if !part.below.is_empty() {
            let below = part.below.iter().map(|part| self.part(part).0 as u32).collect();
            tags.push((tag::SUB_IFDS, Value::Long(below)));
        }
        tags.sort_by_key(|(tag, _)| *tag);
        let entries: Vec<Vec<u8>> = tags.iter().map(|(tag, value)| self.entry(*tag, value)).collect();
        let at = self.out.len();
        let count = self.number(entries.len() as u64, if self.big { 8 } else { 2 });
        self.out.extend(count);
        self.out.extend(entries.concat());
        let link = self.out.len();
        let nothing = self.number(0, self.offset());
        self.out.extend(nothing);
        (at, link)
    }

    fn entry(&mut self, tag: u16, value: &Value) -> Vec<u8> {
        let all = |numbers: Vec<Vec<u8>>| (numbers.len() as u64, numbers.concat());
        let (kind, (count, bytes)) = match value {
            Value::Text(text) => (2, (text.len() as u64 + 1, [text.as_bytes(), &[0]].concat())),
            Value::Short(numbers) => (3, all(numbers.iter().map(|&n| self.number(n.into(), 2)).collect())),
            Value::Long(numbers) => (4, all(numbers.iter().map(|&n| self.number(n.into(), 4)).collect())),
            Value::Double(numbers) => (12, all(numbers.iter().map(|n| self.number(n.to_bits(), 8)).collect())),
            Value::Bytes(bytes) => (7, (bytes.len() as u64, bytes.clone())),
        };
        let field = if bytes.len() <= self.offset() {
            let mut field = bytes;
            field.resize(self.offset(), 0);
            field
        } else {
            let at = self.out.len() as u64;
            self.out.extend(bytes);
            self.number(at, self.offset())
        };
        [self.number(tag.into(), 2), self.number(kind, 2), self.number(count, self.offset()), field].concat()
    }

    fn link(&mut self, place: usize, target: usize) {
        let target = self.number(target as u64, self.offset());
        self.out[place..place + target.len()].copy_from_slice(&target);
    }

    fn offset(&self) -> usize {
        if self.big { 8 } else { 4 }
    }

    fn number(&self, value: u64, bytes: usize) -> Vec<u8> {
        if self.little { value.to_le_bytes()[..bytes].to_vec() } else { value.to_be_bytes()[8 - bytes..].to_vec() }
    }
}

/// The storage options of a test image.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is one of TIFF's own switches")]
pub(super) struct Plan {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) bits: u32,
    /// As tag 339 has it.
    pub(super) format: u16,
    pub(super) samples: u32,
    pub(super) photometric: u16,
    pub(super) compression: u16,
    pub(super) predictor: u16,
    /// Tiles of 16 × 16, or strips of 7 rows.
    pub(super) tiled: bool,
    pub(super) separate: bool,
    pub(super) little: bool,
    pub(super) big: bool,
}

/// 37 × 29 pixels of gray bytes in strips.
pub(super) const PLAIN: Plan = Plan {
    width: 37,
    height: 29,
    bits: 8,
    format: 1,
    samples: 1,
    photometric: 1,
    compression: 1,
    predictor: 1,
    tiled: false,
    separate: false,
    little: true,
    big: false,
};

impl Plan {
    /// The number of channel `c` at (x, y), which has [`Plan::bits`].
    pub(super) fn value(&self, x: u32, y: u32, c: u32) -> u64 {
        let mixed = (u64::from(x / 2) * 0x9E37_79B9 + u64::from(y / 3) * 0x85EB_CA6B + u64::from(c) * 0xC2B2_AE35 + 1)
            .wrapping_mul(0x2545_F491_4F6C_DD1D);
        if self.format != 3 {
            return mixed >> (64 - self.bits);
        }
        let real = (mixed >> 40) as f64 / 1024.0 - 4000.0;
        match self.bits {
            64 => real.to_bits(),
            32 => u64::from((real as f32).to_bits()),
            // Whole numbers to 31 in half precision: 0x4C00 is 16.
            _ => 0x4C00 | mixed >> 60 << 6,
        }
    }

    /// The directory with all its chunks.
    pub(super) fn part(&self) -> Part {
        let (width, height) = if self.tiled { (16, 16) } else { (self.width, 7) };
        let (columns, rows) = (self.width.div_ceil(width), self.height.div_ceil(height));
        let planes = if self.separate { self.samples } else { 1 };
        let mut chunks = Vec::new();
        for plane in 0..planes {
            for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
                let tall = if self.tiled { height } else { height.min(self.height - row * height) };
                chunks.push(self.chunk((column * width, row * height), (width, tall), plane));
            }
        }
        let shorts = |value: u32| Value::Short(vec![value as u16; self.samples as usize]);
        let part = Part { chunks, ..Part::default() }
            .with(tag::WIDTH, Value::Long(vec![self.width]))
            .with(tag::HEIGHT, Value::Long(vec![self.height]))
            .with(tag::BITS_PER_SAMPLE, shorts(self.bits))
            .short(tag::COMPRESSION, self.compression)
            .short(tag::PHOTOMETRIC, self.photometric)
            .short(tag::SAMPLES_PER_PIXEL, self.samples as u16)
            .short(tag::PLANAR, if self.separate { 2 } else { 1 })
            .short(tag::PREDICTOR, self.predictor)
            .with(tag::SAMPLE_FORMAT, shorts(self.format.into()));
        if self.tiled {
            return part.short(tag::TILE_WIDTH, 16).short(tag::TILE_HEIGHT, 16);
        }
        part.short(tag::ROWS_PER_STRIP, 7)
    }

    /// The file with this one page.
    pub(super) fn file(&self) -> Vec<u8> {
        Writer::new(self.little, self.big).file(&[self.part()])
    }

    fn chunk(&self, (left, top): (u32, u32), (width, height): (u32, u32), plane: u32) -> Vec<u8> {
        let channels = if self.separate { plane..plane + 1 } else { 0..self.samples };
        let mut bytes = Vec::new();
        for y in top..top + height {
            let pixels = (left..left + width).flat_map(|x| channels.clone().map(move |c| (x, c)));
            let row: Vec<u64> = pixels.map(|(x, c)| self.value(x, y, c)).collect();
            bytes.extend(self.row(row, channels.len()));
        }
        self.compress(&bytes)
    }

    fn row(&self, mut values: Vec<u64>, stored: usize) -> Vec<u8> {
        let width = self.bits as usize / 8;
        if self.predictor == 3 {
            let planes = (0..width).flat_map(|byte| values.iter().map(move |v| (v >> (8 * (width - 1 - byte))) as u8));
            let planes: Vec<u8> = planes.collect();
            let before = |at: usize| if at < stored { 0 } else { planes[at - stored] };
            return (0..planes.len()).map(|at| planes[at].wrapping_sub(before(at))).collect();
        }
        if self.predictor == 2 {
            let mask = u64::MAX >> (64 - self.bits);
            for at in (stored..values.len()).rev() {
                values[at] = values[at].wrapping_sub(values[at - stored]) & mask;
            }
        }
        if !self.bits.is_multiple_of(8) || self.bits == 24 {
            let bits: Vec<u8> =
                values.iter().flat_map(|v| (0..self.bits).rev().map(move |bit| (v >> bit & 1) as u8)).collect();
            return bits
                .chunks(8)
                .map(|bits| bits.iter().enumerate().fold(0, |all, (at, bit)| all | bit << (7 - at)))
                .collect();
        }
        let number = |v: &u64| {
            if self.little { v.to_le_bytes()[..width].to_vec() } else { v.to_be_bytes()[8 - width..].to_vec() }
        };
        values.iter().flat_map(number).collect()
    }

    fn compress(&self, bytes: &[u8]) -> Vec<u8> {
        match self.compression {
            5 => weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8).encode(bytes).unwrap(),
            8 => {
                let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
                encoder.write_all(bytes).unwrap();
                encoder.finish().unwrap()
            }
            32773 => bytes.chunks(128).flat_map(|piece| [&[piece.len() as u8 - 1], piece].concat()).collect(),
            34925 => {
                let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(1)).unwrap();
                encoder.write_all(bytes).unwrap();
                encoder.finish().unwrap()
            }
            50000 => zstd::bulk::compress(bytes, 1).unwrap(),
            _ => bytes.to_vec(),
        }
    }
}
