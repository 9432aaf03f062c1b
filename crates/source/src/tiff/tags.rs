//! Numbers of the tags that are read, by the names of TIFF 6.0 and of those who added to it.

pub(super) const NEW_SUBFILE_TYPE: u16 = 254;
pub(super) const SUBFILE_TYPE: u16 = 255;
pub(super) const WIDTH: u16 = 256;
pub(super) const HEIGHT: u16 = 257;
pub(super) const BITS_PER_SAMPLE: u16 = 258;
pub(super) const COMPRESSION: u16 = 259;
pub(super) const PHOTOMETRIC: u16 = 262;
pub(super) const FILL_ORDER: u16 = 266;
pub(super) const IMAGE_DESCRIPTION: u16 = 270;
pub(super) const STRIP_OFFSETS: u16 = 273;
pub(super) const ORIENTATION: u16 = 274;
pub(super) const SAMPLES_PER_PIXEL: u16 = 277;
pub(super) const ROWS_PER_STRIP: u16 = 278;
pub(super) const STRIP_BYTE_COUNTS: u16 = 279;
pub(super) const X_RESOLUTION: u16 = 282;
pub(super) const Y_RESOLUTION: u16 = 283;
pub(super) const PLANAR: u16 = 284;
pub(super) const T4_OPTIONS: u16 = 292;
pub(super) const RESOLUTION_UNIT: u16 = 296;
pub(super) const PREDICTOR: u16 = 317;
pub(super) const COLOR_MAP: u16 = 320;
pub(super) const TILE_WIDTH: u16 = 322;
pub(super) const TILE_HEIGHT: u16 = 323;
pub(super) const TILE_OFFSETS: u16 = 324;
pub(super) const TILE_BYTE_COUNTS: u16 = 325;
pub(super) const SUB_IFDS: u16 = 330;
pub(super) const INK_SET: u16 = 332;
pub(super) const EXTRA_SAMPLES: u16 = 338;
pub(super) const SAMPLE_FORMAT: u16 = 339;
pub(super) const JPEG_TABLES: u16 = 347;
pub(super) const JPEG_INTERCHANGE: u16 = 513;
pub(super) const JPEG_INTERCHANGE_LENGTH: u16 = 514;
pub(super) const JPEG_RESTART_INTERVAL: u16 = 515;
pub(super) const JPEG_Q_TABLES: u16 = 519;
pub(super) const JPEG_DC_TABLES: u16 = 520;
pub(super) const JPEG_AC_TABLES: u16 = 521;
pub(super) const YCBCR_COEFFICIENTS: u16 = 529;
pub(super) const YCBCR_SUBSAMPLING: u16 = 530;
pub(super) const REFERENCE_BLACK_WHITE: u16 = 532;
pub(super) const XMP: u16 = 700;
pub(super) const MODEL_PIXEL_SCALE: u16 = 33550;
pub(super) const MODEL_TIE_POINT: u16 = 33922;
pub(super) const MODEL_TRANSFORMATION: u16 = 34264;
pub(super) const ICC_PROFILE: u16 = 34675;
pub(super) const GEO_KEY_DIRECTORY: u16 = 34735;
pub(super) const GEO_DOUBLE_PARAMS: u16 = 34736;
pub(super) const GEO_ASCII_PARAMS: u16 = 34737;
pub(super) const GDAL_METADATA: u16 = 42112;
pub(super) const GDAL_NODATA: u16 = 42113;
pub(super) const LERC_PARAMETERS: u16 = 50674;
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
    (270, "tiff.ImageDescription"),
    (271, "tiff.Make"),
    (272, "tiff.Model"),
    (305, "tiff.Software"),
    (306, "tiff.DateTime"),
    (315, "tiff.Artist"),
    (316, "tiff.HostComputer"),
    (33432, "tiff.Copyright"),
];
