//! [`Coding`]: how the samples of an image are stored, read from its directory and checked.

use super::directory::Directory;
use super::image::is_tiled;
use super::old_jpeg::OldJpeg;
use super::tags::{self as tag, compression as code};
use super::ycbcr::YcbcrCoding;
use crate::PositionedFile;
use crate::pixels::{ChannelName, Color, RawSampleType, SampleType};
use crate::{Error, Result};

/// The photometric interpretation (tag 262).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// 0 is white.
    WhiteIsZero,
    BlackIsZero,
    Rgb,
    Palette,
    /// CMYK; 0 is no colorant, or full colorant where `inverted`.
    Cmyk {
        inverted: bool,
    },
    /// Stored as luma and chroma; JPEG undoes that itself.
    YCbCr,
    /// CIE L*a*b*: the two last signed (8), or shifted to the middle (9, ICC).
    Lab {
        shifted: bool,
    },
    /// Measured channels without a color.
    Channels,
}

/// The photometric interpretations of `LogL` and `LogLuv`.
const LOG_L: u64 = 32844;
const LOG_LUV: u64 = 32845;

/// How samples are stored.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is one of TIFF's own switches")]
pub(super) struct Coding {
    pub(super) compression: u64,
    pub(super) meaning: Meaning,
    pub(super) predictor: u64,
    /// Of each number.
    pub(super) bits: u32,
    /// The type of decoded samples.
    pub(super) kind: RawSampleType,
    /// Half and 24-bit floats, which come out as floats of 32.
    pub(super) short_float: bool,
    /// Whether two samples make one sample.
    pub(super) complex: bool,
    /// Samples of one pixel, over all planes.
    pub(super) samples: usize,
    /// Whether planes are stored separately.
    pub(super) separate: bool,
    pub(super) little: bool,
    /// Whether the first pixel of a byte is its lowest bit.
    pub(super) reversed: bool,
    /// The meaning of the last sample.
    pub(super) alpha: Alpha,
    pub(super) t4_options: u64,
    pub(super) tables: Vec<u8>,
    pub(super) lerc_compression: u64,
    /// Red, green and blue of each palette entry, 8 bits.
    pub(super) palette: Vec<[u8; 3]>,
    pub(super) ycbcr: Option<YcbcrCoding>,
    pub(super) old_jpeg: Option<OldJpeg>,
    /// Whether chunks are strips: of one that breaks off, the rows before are shown.
    pub(super) in_strips: bool,
}

/// Whether the last sample is alpha.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alpha {
    None,
    /// The colors are not premultiplied.
    Plain,
    /// The colors are multiplied by it.
    Premultiplied,
    /// The colors are flattened onto white with it.
    OnWhite,
}

impl Alpha {
    /// Whether stored colors must be converted.
    pub(super) fn is_mixed_in(self) -> bool {
        matches!(self, Self::Premultiplied | Self::OnWhite)
    }
}

impl Coding {
    /// Plain samples of `bits`, most significant byte first, a plane for each sample, packed as PackBits or not at all.
    pub(super) fn planar(meaning: Meaning, samples: usize, bits: u32, compression: u64) -> Result<Self> {
        let (kind, short_float) = number_type(if bits == 32 { 3 } else { 1 }, bits)?;
        let coding = Self {
            compression,
            meaning,
            predictor: 1,
            bits,
            kind,
            short_float,
            complex: false,
            samples,
            separate: samples > 1,
            little: false,
            reversed: false,
            alpha: Alpha::None,
            t4_options: 0,
            tables: Vec::new(),
            lerc_compression: 0,
            palette: Vec::new(),
            ycbcr: None,
            old_jpeg: None,
            in_strips: true,
        };
        coding.check()?;
        Ok(coding)
    }

    /// Parses `directory`; fails if this program cannot read its pixels.
    pub(super) fn read(file: &PositionedFile, directory: &Directory) -> Result<Self> {
        let compression = directory.int(tag::COMPRESSION).unwrap_or(code::NONE);
        let samples = samples_of(directory, compression);
        if samples == 0 {
            return Err(Error::corrupt("a TIFF pixel without samples"));
        }
        let format = directory.ints(file, tag::SAMPLE_FORMAT)?.first().copied().unwrap_or(1);
        let complex = matches!(format, 5 | 6);
        let samples = samples.saturating_mul(1 + u64::from(complex));
        if samples > 255 {
            return Err(Error::unsupported(format!("{samples} samples in a TIFF pixel")));
        }
        let bits = bits_of(&directory.ints(file, tag::BITS_PER_SAMPLE)?, samples as usize, compression)?;
        let bits = if complex { bits / 2 } else { bits };
        let is_log = matches!(compression, code::LOG_RUNS | code::LOG_PACKED);
        // Logarithms come out as floats, whatever the tags say of the numbers before.
        let (format, bits) = if is_log { (3, 32) } else { (format, bits) };
        let (kind, short_float) = number_type(format, bits)?;
        let palette = palette(&directory.ints(file, tag::COLOR_MAP)?);
        let meaning = meaning(directory, compression, samples, &palette, matches!(format, 3 | 6))?;
        let extra = directory.ints(file, tag::EXTRA_SAMPLES)?;
        let mut coding = Self {
            compression,
            meaning,
            predictor: directory.int(tag::PREDICTOR).unwrap_or(1),
            bits,
            kind,
            short_float,
            complex,
            samples: samples as usize,
            separate: directory.int(tag::PLANAR) == Some(2) && samples > 1,
            little: is_log || directory.is_little(),
            reversed: directory.int(tag::FILL_ORDER) == Some(2),
            alpha: Alpha::None,
            t4_options: directory.int(tag::T4_OPTIONS).unwrap_or(0),
            tables: directory.bytes(file, tag::JPEG_TABLES)?,
            lerc_compression: directory.ints(file, tag::LERC_PARAMETERS)?.get(1).copied().unwrap_or(0),
            palette,
            ycbcr: None,
            old_jpeg: None,
            in_strips: !is_tiled(directory),
        };
        coding.alpha = coding.alpha_of(&extra);
        // Old JPEG leaves it to the tags which codes are black and white; the new one settles that itself.
        if meaning == Meaning::YCbCr && compression != code::JPEG && !coding.is_jpeg2000() {
            coding.ycbcr = Some(YcbcrCoding::read(file, directory)?);
        }
        if compression == code::OLD_JPEG {
            coding.old_jpeg = Some(OldJpeg::read(file, directory)?);
        }
        coding.check()?;
        Ok(coding)
    }

    /// Samples of a stored pixel.
    pub(super) fn stored(&self) -> usize {
        if self.separate { 1 } else { self.samples }
    }

    /// Whether the bytes of an uncompressed chunk are the pixels as they are shown.
    pub(super) fn is_plain_bytes(&self) -> bool {
        (self.compression, self.kind, self.bits) == (code::NONE, RawSampleType::U8, 8)
            && matches!(self.meaning, Meaning::BlackIsZero | Meaning::Rgb | Meaning::Channels)
            && matches!(self.alpha, Alpha::None | Alpha::Plain)
            && !self.separate
            && !self.reversed
            && self.ycbcr.is_none()
    }

    /// JPEG 2000, by any of its compression numbers.
    pub(super) fn is_jpeg2000(&self) -> bool {
        matches!(self.compression, code::JPEG_2000_YCC | code::JPEG_2000_LOSSY | code::JPEG_2000_RGB | code::JPEG_2000)
    }

    /// Facsimile coding of bits.
    pub(super) fn is_fax(&self) -> bool {
        matches!(self.compression, code::HUFFMAN | code::FAX_3 | code::FAX_4 | code::HUFFMAN_WORDS)
    }

    /// Channels of the decoded pixels.
    pub(super) fn channels(&self) -> usize {
        match self.meaning {
            Meaning::Palette => 3,
            Meaning::Cmyk { .. } => 3 + usize::from(self.alpha != Alpha::None),
            _ => self.samples,
        }
    }

    /// Bytes of a decoded pixel.
    pub(super) fn pixel_bytes(&self) -> usize {
        self.channels() * self.sample_type().bytes()
    }

    /// The color type of the decoded pixels.
    pub(super) fn color(&self) -> Color {
        let alpha = self.alpha != Alpha::None;
        match (self.meaning, self.channels()) {
            (Meaning::WhiteIsZero | Meaning::BlackIsZero, 1) => Color::Gray,
            (Meaning::WhiteIsZero | Meaning::BlackIsZero, 2) if alpha => Color::GrayAlpha,
            (Meaning::WhiteIsZero | Meaning::BlackIsZero | Meaning::Channels, _) => Color::Channels,
            (_, 3) => Color::Rgb,
            (_, 4) if alpha => Color::Rgba,
            _ => Color::Channels,
        }
    }

    /// The sample type of the decoded pixels.
    pub(super) fn sample_type(&self) -> SampleType {
        match (self.kind, self.meaning) {
            (RawSampleType::U8, _)
            | (_, Meaning::Palette | Meaning::Cmyk { .. })
            | (RawSampleType::I8, Meaning::Lab { .. }) => SampleType::U8,
            (RawSampleType::U16, _) | (RawSampleType::I16, Meaning::Lab { .. }) => SampleType::U16,
            // Two whole numbers that make a complex one.
            (kind, _) if self.complex && kind != RawSampleType::F64 => SampleType::F32,
            (RawSampleType::F32, _) => SampleType::F32,
            (RawSampleType::I8, _) => SampleType::I8,
            (RawSampleType::I16, _) => SampleType::I16,
            (RawSampleType::U32, _) => SampleType::U32,
            (RawSampleType::I32, _) => SampleType::I32,
            (RawSampleType::F64 | RawSampleType::U64 | RawSampleType::I64, _) => SampleType::F64,
        }
    }

    /// The type of the raw samples, if decoding changes them.
    pub(super) fn stored_type(&self) -> Option<RawSampleType> {
        let shown_changed =
            matches!(self.meaning, Meaning::Palette | Meaning::Cmyk { .. } | Meaning::YCbCr | Meaning::Lab { .. });
        let same = match self.kind {
            RawSampleType::U8 => matches!(self.bits, 1 | 2 | 4 | 8),
            RawSampleType::U16 => self.bits == 16,
            RawSampleType::U64 | RawSampleType::I64 => false,
            _ => true,
        };
        // Colors that lie on white have no name in other files.
        let shown_changed = shown_changed || self.alpha == Alpha::OnWhite;
        let is_picture = matches!(self.kind, RawSampleType::U8 | RawSampleType::U16);
        let turned = self.meaning == Meaning::WhiteIsZero && !is_picture;
        let same = same && self.alpha != Alpha::Premultiplied && !turned;
        // Two whole samples that make a complex one are given as floats.
        let as_floats = self.complex && self.kind != RawSampleType::F64;
        (!(same || shown_changed || as_floats)).then_some(self.kind)
    }

    /// What channels are called of colors with further samples.
    pub(super) fn channel_names(&self) -> Vec<ChannelName> {
        if self.meaning != Meaning::Rgb || self.color() != Color::Channels {
            return Vec::new();
        }
        ChannelName::rgb_and_more(self.channels())
    }

    fn alpha_of(&self, extra: &[u64]) -> Alpha {
        let colors = match self.meaning {
            Meaning::WhiteIsZero | Meaning::BlackIsZero => 1,
            Meaning::Rgb | Meaning::YCbCr => 3,
            Meaning::Cmyk { .. } => 4,
            _ => return Alpha::None,
        };
        match extra.last() {
            _ if self.samples != colors + 1 => Alpha::None,
            Some(1) => Alpha::Premultiplied,
            Some(2) => Alpha::Plain,
            // Infrared, for one.
            Some(_) => Alpha::None,
            // Red, green, blue and an unspecified fourth: alpha, as every program reads it.
            _ if self.meaning == Meaning::Rgb && self.kind != RawSampleType::F32 => Alpha::Plain,
            _ => Alpha::None,
        }
    }

    fn check(&self) -> Result<()> {
        let no = |what: String| Err(Error::unsupported(what));
        let by_bytes = matches!(
            self.compression,
            code::NONE
                | code::LZW
                | code::DEFLATE
                | code::PACK_BITS
                | code::OLD_DEFLATE
                | code::LZMA
                | code::ZSTD
                | code::LOG_RUNS
                | code::LOG_PACKED
        );
        let fax = self.is_fax();
        let pictures = matches!(
            self.compression,
            code::OLD_JPEG | code::JPEG | code::PNG | code::WEBP | code::JPEG_XL | code::JPEG_XL_DNG
        ) || self.is_jpeg2000();
        let others = matches!(self.compression, code::LERC | code::NEXT | code::THUNDER_SCAN);
        if !(by_bytes || fax || pictures || others) {
            return no(format!("TIFF compression {}", self.compression));
        }
        if fax && (self.bits != 1 || self.stored() != 1) {
            return no(format!("TIFF fax coding of {} bits and {} samples", self.bits, self.stored()));
        }
        // NeXT's gray has two bits, ThunderScan's four.
        let gray_bits =
            [(code::NEXT, 2), (code::THUNDER_SCAN, 4)].into_iter().find(|(code, _)| *code == self.compression);
        if gray_bits.is_some_and(|(_, bits)| self.bits != bits || self.stored() != 1) {
            return no(format!("TIFF compression {} of {} bits", self.compression, self.bits));
        }
        let jpeg = matches!(self.compression, code::OLD_JPEG | code::JPEG);
        if jpeg && self.bits != 8 && (self.compression, self.bits) != (code::JPEG, 12) {
            return no(format!("JPEG of {} bits in a TIFF", self.bits));
        }
        if by_bytes && self.predictor > 3
            || by_bytes
                && self.predictor == 2
                && !matches!(self.bits, 8 | 16 | 32 | 64)
                && self.bits > 8
                && self.bits != 12
            || by_bytes && self.predictor == 3 && !matches!(self.kind, RawSampleType::F32 | RawSampleType::F64)
        {
            return no(format!("TIFF predictor {} for {} bits", self.predictor, self.bits));
        }
        if self.meaning == Meaning::Palette
            && (self.samples != 1 || !matches!(self.kind, RawSampleType::U8 | RawSampleType::U16))
        {
            return no("a TIFF palette of this kind".into());
        }
        if self.ycbcr.is_some() && (self.samples != 3 || self.kind != RawSampleType::U8 || self.bits != 8) {
            return no(format!("TIFF luma and chroma of {} bits", self.bits));
        }
        let is_log = matches!(self.compression, code::LOG_RUNS | code::LOG_PACKED);
        if is_log
            && (self.separate || !matches!((self.meaning, self.samples), (Meaning::Rgb, 3) | (Meaning::BlackIsZero, 1)))
        {
            return no(format!("TIFF logarithms of {} samples", self.samples));
        }
        let lab = matches!(self.meaning, Meaning::Lab { .. });
        if lab && (self.samples != 3 || !matches!(self.bits, 8 | 16) || self.short_float) {
            return no(format!("TIFF L*a*b* of {} samples of {} bits", self.samples, self.bits));
        }
        Ok(())
    }
}

/// Samples of a pixel. Writers of the old JPEG leave that to their streams.
pub(super) fn samples_of(directory: &Directory, compression: u64) -> u64 {
    let is_color = matches!(directory.int(tag::PHOTOMETRIC), Some(2 | 6));
    let usual = if compression == code::OLD_JPEG && is_color { 3 } else { 1 };
    directory.int(tag::SAMPLES_PER_PIXEL).unwrap_or(usual)
}

/// The one width of all samples.
fn bits_of(listed: &[u64], samples: usize, compression: u64) -> Result<u32> {
    let listed = &listed[..listed.len().min(samples)];
    if listed.windows(2).any(|pair| pair[0] != pair[1]) {
        return Err(Error::unsupported("TIFF samples of different widths"));
    }
    let usual = if matches!(compression, code::OLD_JPEG | code::JPEG | code::WEBP) { 8 } else { 1 };
    match listed.first().copied().unwrap_or(usual) {
        bits @ 1..=128 => Ok(bits as u32),
        bits => Err(Error::unsupported(format!("TIFF samples of {bits} bits"))),
    }
}

/// The type that samples of tag 339's `format` come out as, and whether they are floats that must be made longer.
fn number_type(format: u64, bits: u32) -> Result<(RawSampleType, bool)> {
    Ok(match (format, bits) {
        (3 | 6, 16 | 24) => (RawSampleType::F32, true),
        (3 | 6, 32) => (RawSampleType::F32, false),
        (3 | 6, 64) => (RawSampleType::F64, false),
        (2 | 5, 8) => (RawSampleType::I8, false),
        (2 | 5, 16) => (RawSampleType::I16, false),
        (2 | 5, 32) => (RawSampleType::I32, false),
        (2 | 5, 64) => (RawSampleType::I64, false),
        (2, ..8) => (RawSampleType::I8, false),
        (2, ..16) => (RawSampleType::I16, false),
        (2, ..32) => (RawSampleType::I32, false),
        (2, ..64) => (RawSampleType::I64, false),
        // 4 is "undefined", and some writers put 0 or worse there for plain samples.
        (1 | 4 | 0 | 7.., ..=8) => (RawSampleType::U8, false),
        (1 | 4 | 0 | 7.., ..=16) => (RawSampleType::U16, false),
        (1 | 4 | 0 | 7.., ..=32) => (RawSampleType::U32, false),
        (1 | 4 | 0 | 7.., ..=64) => (RawSampleType::U64, false),
        (format, bits) => return Err(Error::unsupported(format!("TIFF samples of {bits} bits, format {format}"))),
    })
}

fn meaning(
    directory: &Directory,
    compression: u64,
    samples: u64,
    palette: &[[u8; 3]],
    is_float: bool,
) -> Result<Meaning> {
    let guess = match (compression, samples) {
        (code::HUFFMAN | code::FAX_3 | code::FAX_4, _) => 0,
        (_, 3 | 4) => 2,
        _ => 1,
    };
    Ok(match directory.int(tag::PHOTOMETRIC).unwrap_or(guess) {
        0 => Meaning::WhiteIsZero,
        2 if samples < 3 => Meaning::Channels,
        2 => Meaning::Rgb,
        3 if palette.is_empty() => Meaning::BlackIsZero,
        3 => Meaning::Palette,
        // Separations other than cyan, magenta, yellow and black have no known color, and floats of them no known range.
        5 if samples < 4 || is_float || directory.int(tag::INK_SET) == Some(2) => Meaning::Channels,
        5 => Meaning::Cmyk { inverted: false },
        6 if samples == 3 => Meaning::YCbCr,
        8 if samples == 3 => Meaning::Lab { shifted: false },
        9 if samples == 3 => Meaning::Lab { shifted: true },
        // 4 is a mask; color filters and linear raw are shown as the samples they are.
        1 | 4 | 6 | 8 | 9 | 32803 | 34892 => Meaning::BlackIsZero,
        LOG_L if compression == code::LOG_RUNS && samples == 1 => Meaning::BlackIsZero,
        LOG_LUV if matches!(compression, code::LOG_RUNS | code::LOG_PACKED) && samples == 3 => Meaning::Rgb,
        other => return Err(Error::unsupported(format!("TIFF photometric interpretation {other}"))),
    })
}

fn palette(map: &[u64]) -> Vec<[u8; 3]> {
    let third = map.len() / 3;
    // Entries are 16 bits; some writers store 8.
    let wide = map.iter().any(|&value| value > 255);
    // As GDAL has it: 65535 is 255 and 257 is 1, but for writers that moved bytes up and left nothing below them.
    let divisor = if map.iter().all(|value| value % 256 == 0) { 256 } else { 257 };
    let byte = |value: u64| if wide { (value.min(65535) / divisor) as u8 } else { value as u8 };
    (0..third).map(|at| [0, 1, 2].map(|c| byte(map[c * third + at]))).collect()
}
