//! Numbers of the tags that are read. Those that the `tiff` crate names are its own; the others, by their makers' names, stand
//! here as numbers, for its list has none of them.

use tiff::tags::{CompressionMethod, Tag};

pub(super) const NEW_SUBFILE_TYPE: u16 = Tag::NewSubfileType.to_u16();
pub(super) const SUBFILE_TYPE: u16 = Tag::SubfileType.to_u16();
pub(super) const WIDTH: u16 = Tag::ImageWidth.to_u16();
pub(super) const HEIGHT: u16 = Tag::ImageLength.to_u16();
pub(super) const BITS_PER_SAMPLE: u16 = Tag::BitsPerSample.to_u16();
pub(super) const COMPRESSION: u16 = Tag::Compression.to_u16();
pub(super) const PHOTOMETRIC: u16 = Tag::PhotometricInterpretation.to_u16();
pub(super) const FILL_ORDER: u16 = Tag::FillOrder.to_u16();
pub(super) const IMAGE_DESCRIPTION: u16 = Tag::ImageDescription.to_u16();
pub(super) const STRIP_OFFSETS: u16 = Tag::StripOffsets.to_u16();
pub(super) const ORIENTATION: u16 = Tag::Orientation.to_u16();
pub(super) const SAMPLES_PER_PIXEL: u16 = Tag::SamplesPerPixel.to_u16();
pub(super) const ROWS_PER_STRIP: u16 = Tag::RowsPerStrip.to_u16();
pub(super) const STRIP_BYTE_COUNTS: u16 = Tag::StripByteCounts.to_u16();
pub(super) const X_RESOLUTION: u16 = Tag::XResolution.to_u16();
pub(super) const Y_RESOLUTION: u16 = Tag::YResolution.to_u16();
pub(super) const PLANAR: u16 = Tag::PlanarConfiguration.to_u16();
pub(super) const X_POSITION: u16 = 286;
pub(super) const Y_POSITION: u16 = 287;
pub(super) const T4_OPTIONS: u16 = 292;
pub(super) const RESOLUTION_UNIT: u16 = Tag::ResolutionUnit.to_u16();
pub(super) const PREDICTOR: u16 = Tag::Predictor.to_u16();
pub(super) const COLOR_MAP: u16 = Tag::ColorMap.to_u16();
pub(super) const TILE_WIDTH: u16 = Tag::TileWidth.to_u16();
pub(super) const TILE_HEIGHT: u16 = Tag::TileLength.to_u16();
pub(super) const TILE_OFFSETS: u16 = Tag::TileOffsets.to_u16();
pub(super) const TILE_BYTE_COUNTS: u16 = Tag::TileByteCounts.to_u16();
pub(super) const SUB_IFDS: u16 = Tag::SubIfd.to_u16();
pub(super) const INK_SET: u16 = 332;
pub(super) const EXTRA_SAMPLES: u16 = Tag::ExtraSamples.to_u16();
pub(super) const SAMPLE_FORMAT: u16 = Tag::SampleFormat.to_u16();
pub(super) const JPEG_TABLES: u16 = Tag::JPEGTables.to_u16();
pub(super) const JPEG_INTERCHANGE: u16 = 513;
pub(super) const JPEG_INTERCHANGE_LENGTH: u16 = 514;
pub(super) const JPEG_RESTART_INTERVAL: u16 = 515;
pub(super) const JPEG_Q_TABLES: u16 = 519;
pub(super) const JPEG_DC_TABLES: u16 = 520;
pub(super) const JPEG_AC_TABLES: u16 = 521;
pub(super) const YCBCR_COEFFICIENTS: u16 = 529;
pub(super) const YCBCR_SUBSAMPLING: u16 = Tag::ChromaSubsampling.to_u16();
pub(super) const REFERENCE_BLACK_WHITE: u16 = 532;
pub(super) const XMP: u16 = 700;
pub(super) const MODEL_PIXEL_SCALE: u16 = Tag::ModelPixelScaleTag.to_u16();
pub(super) const MODEL_TIE_POINT: u16 = Tag::ModelTiepointTag.to_u16();
pub(super) const MODEL_TRANSFORMATION: u16 = Tag::ModelTransformationTag.to_u16();
pub(super) const ICC_PROFILE: u16 = Tag::IccProfile.to_u16();
pub(super) const GEO_KEY_DIRECTORY: u16 = Tag::GeoKeyDirectoryTag.to_u16();
pub(super) const GEO_DOUBLE_PARAMS: u16 = Tag::GeoDoubleParamsTag.to_u16();
pub(super) const GEO_ASCII_PARAMS: u16 = Tag::GeoAsciiParamsTag.to_u16();
/// `MetaMorph` stacks: as many values as planes.
pub(super) const UIC2: u16 = 33629;
pub(super) const GDAL_METADATA: u16 = 42112;
pub(super) const GDAL_NODATA: u16 = Tag::GdalNodata.to_u16();
pub(super) const LERC_PARAMETERS: u16 = 50674;
pub(super) const MICRO_MANAGER: u16 = 51123;
pub(super) const NDPI_FORMAT: u16 = 65420;
pub(super) const NDPI_SOURCE_LENS: u16 = 65421;
pub(super) const NDPI_X_OFFSET: u16 = 65422;
pub(super) const NDPI_Y_OFFSET: u16 = 65423;
pub(super) const NDPI_FOCAL_PLANE: u16 = 65424;
pub(super) const NDPI_MCU_STARTS: u16 = 65426;
pub(super) const NDPI_REFERENCE: u16 = 65427;
pub(super) const NDPI_MCU_STARTS_HIGH: u16 = 65432;
pub(super) const NDPI_CAPTURE_MODE: u16 = 65441;
pub(super) const NDPI_SERIAL: u16 = 65442;
pub(super) const NDPI_PROPERTIES: u16 = 65449;

/// The texts worth showing, with the names `OpenSlide` users know.
pub(super) const TEXTS: &[(u16, &str)] = &[
    (269, "tiff.DocumentName"),
    (Tag::ImageDescription.to_u16(), "tiff.ImageDescription"),
    (Tag::Make.to_u16(), "tiff.Make"),
    (Tag::Model.to_u16(), "tiff.Model"),
    (Tag::Software.to_u16(), "tiff.Software"),
    (Tag::DateTime.to_u16(), "tiff.DateTime"),
    (Tag::Artist.to_u16(), "tiff.Artist"),
    (Tag::HostComputer.to_u16(), "tiff.HostComputer"),
    (Tag::Copyright.to_u16(), "tiff.Copyright"),
];

/// Compressions, by the numbers that the tag has: the `tiff` crate's where it names them.
pub(super) mod compression {
    use super::CompressionMethod;

    pub(crate) const NONE: u64 = CompressionMethod::None.to_u16() as u64;
    pub(crate) const HUFFMAN: u64 = CompressionMethod::Huffman.to_u16() as u64;
    pub(crate) const FAX_3: u64 = CompressionMethod::Fax3.to_u16() as u64;
    pub(crate) const FAX_4: u64 = CompressionMethod::Fax4.to_u16() as u64;
    pub(crate) const LZW: u64 = CompressionMethod::LZW.to_u16() as u64;
    /// Of TIFF 6.0, withdrawn.
    pub(crate) const OLD_JPEG: u64 = CompressionMethod::JPEG.to_u16() as u64;
    pub(crate) const JPEG: u64 = CompressionMethod::ModernJPEG.to_u16() as u64;
    pub(crate) const DEFLATE: u64 = CompressionMethod::Deflate.to_u16() as u64;
    pub(crate) const OLD_DEFLATE: u64 = CompressionMethod::OldDeflate.to_u16() as u64;
    pub(crate) const PACK_BITS: u64 = CompressionMethod::PackBits.to_u16() as u64;
    pub(crate) const ZSTD: u64 = CompressionMethod::ZSTD.to_u16() as u64;
    pub(crate) const WEBP: u64 = CompressionMethod::WebP.to_u16() as u64;
    pub(crate) const NEXT: u64 = 32766;
    /// Huffman, each row beginning at a word.
    pub(crate) const HUFFMAN_WORDS: u64 = 32771;
    pub(crate) const THUNDER_SCAN: u64 = 32809;
    /// Aperio's, of luma and chroma.
    pub(crate) const JPEG_2000_YCC: u64 = 33003;
    pub(crate) const JPEG_2000_LOSSY: u64 = 33004;
    /// Aperio's, of red, green and blue.
    pub(crate) const JPEG_2000_RGB: u64 = 33005;
    /// SGI's `LogLuv` and `LogL` in runs.
    pub(crate) const LOG_RUNS: u64 = 34676;
    /// SGI's `LogLuv` of 24 bits.
    pub(crate) const LOG_PACKED: u64 = 34677;
    pub(crate) const JPEG_2000: u64 = 34712;
    pub(crate) const LERC: u64 = 34887;
    pub(crate) const LZMA: u64 = 34925;
    pub(crate) const PNG: u64 = 34933;
    pub(crate) const JPEG_XL: u64 = 50002;
    /// Of DNG 1.7.
    pub(crate) const JPEG_XL_DNG: u64 = 52546;
}
