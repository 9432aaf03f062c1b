//! Makes the corpora to begin with: `seeds CORPUS [FOLDER]`. A folder of CORPUS for each target, filled by the generators of the tests,
//! the program's own writers, and the files of FOLDER that are small, sorted by what they are. A target only in that it's built like one.
#![no_main]
#![expect(clippy::unwrap_used, reason = "a tool of its own, which may stop where it cannot go on")]

#[path = "../../tests/engine/made/mod.rs"]
mod made;

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::{DynamicImage, ImageFormat};
use mosaicist::export::{self, Compression, ExportOptions, Format, TileFormat, write_image};
use mosaicist::filter::FILTERS;
use mosaicist::geometry::{Affine, Point, Size};
use mosaicist::job::Progress;
use mosaicist::mosaic::positions::{FORMATS as PLACES, Positions, TilePosition};
use mosaicist::mosaic::{
    self, Blend, BlendMode, Edit, FilterStep, Flat, FlatField, Mosaic, Placement, PlacementIds, Property, SeamPath,
    Surface,
};
use mosaicist::pixels::{Color, SampleType};
use mosaicist::region::files::{FORMATS as REGIONS, Frame, Loaded};
use mosaicist::region::{Bounds, Geometry, Polygon, Roi};
use mosaicist::source::Source as _;
use mosaicist::source::format_of;
use mosaicist::source::testing::Pattern;
use mosaicist_fuzz::MARK;

/// Longer files of a folder are left out; of all but containers also shorter ones, since their pictures take time.
const LONGEST: u64 = 40 << 10;
const LONGEST_PICTURE: usize = 12 << 10;

libfuzzer_sys::fuzz_target!(
    init: main(),
    |_data: &[u8]| ()
);

fn main() {
    std::process::exit(make_all());
}

fn make_all() -> i32 {
    let mut arguments = std::env::args().skip(1);
    let corpus = PathBuf::from(arguments.next().expect("the folder of the corpora"));
    let scratch = tempfile::tempdir().unwrap();
    let mut seeds = Seeds { corpus, scratch: scratch.path().to_owned(), made: BTreeMap::new() };
    seeds.pictures();
    seeds.slides();
    seeds.pyramids();
    seeds.codecs();
    seeds.descriptions();
    seeds.texts();
    seeds.projects();
    if let Some(folder) = arguments.next() {
        seeds.real(Path::new(&folder));
    }
    for (target, count) in &seeds.made {
        println!("{target}: {count}");
    }
    0
}

struct Seeds {
    corpus: PathBuf,
    scratch: PathBuf,
    made: BTreeMap<String, usize>,
}

impl Seeds {
    fn add(&mut self, target: &str, bytes: &[u8]) {
        let folder = self.corpus.join(target);
        std::fs::create_dir_all(&folder).unwrap();
        let number = self.made.entry(target.to_owned()).or_default();
        std::fs::write(folder.join(format!("seed-{number:04}")), bytes).unwrap();
        *number += 1;
    }

    fn add_file(&mut self, target: &str, path: &Path) {
        let bytes = std::fs::read(path).unwrap();
        self.add(target, &bytes);
    }

    /// The files below `folder` as one input.
    fn add_folder(&mut self, target: &str, folder: &Path) {
        let mut bytes = Vec::new();
        for name in made::files_below(folder).into_iter().take(30) {
            bytes.extend([MARK, name.as_bytes(), b"\n", &std::fs::read(folder.join(name.as_str())).unwrap()].concat());
        }
        self.add(target, &bytes);
    }

    fn pictures(&mut self) {
        for (channels, sample) in [(1, SampleType::U8), (3, SampleType::U8), (4, SampleType::U8), (3, SampleType::U16)]
        {
            let pattern = Pattern::new(Size::new(37, 23), channels, sample);
            let pixels = pattern.read(mosaicist::geometry::Region::new(0, pattern.info().whole(0))).unwrap();
            for (target, name) in [("png", "a.png"), ("jpeg", "a.jpg"), ("bmp", "a.bmp"), ("tiff", "a.tif")] {
                let path = self.scratch.join(name);
                if write_image(&path, &pixels, Color::of_channels(channels), 80).is_ok() {
                    self.add_file(target, &path);
                }
            }
            for compression in
                [Compression::None, Compression::Lzw, Compression::Deflate, Compression::Zstd, Compression::Jpeg]
            {
                for format in [Format::Tiff, Format::OmeTiff] {
                    let path = self.scratch.join("b.ome.tif");
                    std::fs::remove_file(&path).ok();
                    let options =
                        ExportOptions { compression: Some(compression), tile: Some(16), ..ExportOptions::new(format) };
                    if export::run(&pattern, &path, &options, &Progress::default()).is_ok() {
                        self.add_file("tiff", &path);
                    }
                }
            }
        }
        let small = image::RgbImage::from_fn(21, 13, |x, y| image::Rgb([x as u8 * 3, y as u8 * 5, (x ^ y) as u8]));
        for (target, format) in [
            ("bmp", ImageFormat::Bmp),
            ("gif", ImageFormat::Gif),
            ("webp", ImageFormat::WebP),
            ("hdr", ImageFormat::Hdr),
            ("exr", ImageFormat::OpenExr),
            ("pnm", ImageFormat::Pnm),
        ] {
            let picture = DynamicImage::ImageRgb8(small.clone());
            let is_float = matches!(format, ImageFormat::Hdr | ImageFormat::OpenExr);
            let picture = if is_float { DynamicImage::ImageRgb32F(picture.to_rgb32f()) } else { picture };
            let mut bytes = Cursor::new(Vec::new());
            picture.write_to(&mut bytes, format).unwrap();
            self.add(target, &bytes.into_inner());
        }
        let body: Vec<u8> = (0..13 * 7 * 8).map(|n| (n * 7) as u8).collect();
        for head in [
            "P1 13 7\n",
            "P2 13 7 200\n",
            "P3 13 7 200\n",
            "P4 13 7\n",
            "P5 13 7 255\n",
            "P5 13 7 1000\n",
            "P6 13 7 255\n",
            "Pf 13 7 -1.0\n",
            "PF 5 7 1.0\n",
            "P7\nWIDTH 13\nHEIGHT 7\nDEPTH 2\nMAXVAL 255\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\n",
            "P7\nWIDTH 13\nHEIGHT 7\nDEPTH 4\nMAXVAL 65535\nTUPLTYPE RGB_ALPHA\nENDHDR\n",
        ] {
            let plain = (0..13 * 7 * 3).map(|n| format!("{} ", n % 2)).collect::<String>();
            let body = if head.as_bytes()[1] < b'4' { plain.as_bytes() } else { &body };
            self.add("pnm", &[head.as_bytes(), body].concat());
        }
        for line in [
            "13,7,3,u8,0",
            "13,7,1,u16,16",
            "5,5,2,f32,0",
            "13,7,3,u8,2,planar",
            "13,7,3,u8,0,rows",
            "9,9,1,u12,0",
            "9,9,1,i16be,0",
        ] {
            self.add("raw", &[line.as_bytes(), b"\n", &body].concat());
        }
        for interleave in 0..3 {
            for sample in 0..8 {
                self.add(
                    "raw",
                    &[&[b'[', 13, 0, 7, 0, 2, sample, 5, sample % 2, interleave, 1][..], &body, &body].concat(),
                );
            }
        }
        for (sync, length) in [(*b"RaSt", 420), (*b"RaS2", 1796), (*b"RaS3", 1796)] {
            let mut header = vec![0; length];
            for (at, value) in [(372, 13u32), (376, 7), (384, 8), (388, 24), (392, 39), (400, 19), (420, 3)] {
                if at + 4 <= header.len() {
                    header[at..at + 4].copy_from_slice(&value.to_be_bytes());
                }
            }
            let line = if sync[3] == b'2' { vec![1, 12, 1, 2, 3] } else { (0..39).collect() };
            self.add("raster", &[&sync[..], &header, &line.repeat(7)].concat());
        }
        for (depth, mode, compression) in [(8u16, 3u16, 0u16), (16, 1, 0), (8, 4, 1)] {
            let mut bytes = b"8BPS\0\x01\0\0\0\0\0\0".to_vec();
            for value in [
                if mode == 3 {
                    3u16
                } else if mode == 4 {
                    4
                } else {
                    1
                },
                0,
                5,
                0,
                6,
                depth,
                mode,
            ] {
                bytes.extend(value.to_be_bytes());
            }
            bytes.extend([0; 12]);
            bytes.extend(compression.to_be_bytes());
            bytes.extend((0..400).map(|n| n as u8));
            self.add("photoshop", &bytes);
        }
    }

    fn slides(&mut self) {
        let file = self.scratch.join("slide");
        for make in [
            made::tiffs::scn as fn(&Path),
            made::tiffs::bif,
            made::tiffs::trestle,
            |path| made::ndpi(path, None, true),
            |path| made::ndpi(path, None, false),
        ] {
            make(&file);
            self.add_file("tiff", &file);
        }
        made::containers::czi(&file);
        self.add_file("czi", &file);
        for (sparse, scale) in [(false, 1), (true, 2)] {
            let size = Size::new(40 / scale, 30 / scale);
            made::containers::dicom(
                &file,
                &made::containers::Dicom { flavour: "VOLUME", size, scale, sparse, series: "1.2" },
            );
            self.add_file("dicom", &file);
        }
        for (target, make) in [("vms", made::vms as fn(&Path)), ("mirax", made::mirax)] {
            let folder = self.scratch.join(target);
            std::fs::create_dir(&folder).unwrap();
            make(&folder);
            self.add_folder(target, &folder);
        }
    }

    fn pyramids(&mut self) {
        let pattern = Pattern::new(Size::new(37, 23), 3, SampleType::U8);
        let wide = Pattern::new(Size::new(21, 13), 2, SampleType::U16);
        for (number, (target, format, tile)) in [
            ("web", Format::DeepZoom, 32),
            ("web", Format::Zoomify, 32),
            ("web", Format::Iiif, 32),
            ("web", Format::Iiif3, 32),
            ("web", Format::Xyz, 32),
            ("zarr", Format::Zarr, 16),
            ("zarr", Format::Zarr04, 16),
            ("szi", Format::Szi, 32),
        ]
        .into_iter()
        .enumerate()
        {
            let folder = self.scratch.join(format!("pyramid-{number}"));
            std::fs::create_dir(&folder).unwrap();
            let path = folder.join(if format == Format::Szi { "a.szi" } else { "a.dzi" });
            let mut options = ExportOptions { tile: Some(tile), ..ExportOptions::new(format) };
            let done = if target == "zarr" {
                export::run(&wide, &path, &options, &Progress::default())
            } else {
                options.tiles = Some(TileFormat::Jpg);
                export::run(&pattern, &path, &options, &Progress::default())
            };
            done.unwrap_or_else(|error| panic!("{format:?}: {error}"));
            match (target, path.is_dir()) {
                ("szi", _) => self.add_file("szi", &path),
                (_, true) => self.add_folder(target, &path),
                _ => self.add_folder(target, &folder),
            }
        }
    }

    fn codecs(&mut self) {
        let text: Vec<u8> = (0..600u32).map(|n| (n * n / 7) as u8).collect();
        let flat = [[0x5A; 300], [0; 300]].concat();
        let packed: Vec<u8> = (0..40).flat_map(|n| [3, n, 1, 2, 3, 237, n]).collect();
        let jpeg = made::coded(&made::picture(Size::new(33, 20), 3), mosaicist::codec::jpeg::Subsampling::Quarter);
        for (kind, stream) in [
            (0, text.clone()),
            (1, text.clone()),
            (2, text.clone()),
            (3, text.clone()),
            (4, literals(&text)),
            (5, literals(&flat)),
            (6, packed.clone()),
            (7, [&[0, 0][..], &text].concat()),
            (8, packed),
            (12, zstd::bulk::compress(&text, 3).unwrap()),
            (15, jpeg.clone()),
            (16, jpeg.clone()),
            (17, [&jpeg[..], &jpeg].concat()),
        ] {
            for size in [[1, 5], [5, 9], [12, 40]] {
                self.add("codecs", &[&[kind, size[0], size[1], kind][..], &stream].concat());
            }
        }
    }

    fn descriptions(&mut self) {
        let ome = r#"<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0" Name="a"><Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint8" SizeX="12" SizeY="12" SizeC="3" SizeZ="1" SizeT="1" PhysicalSizeX="0.5" PhysicalSizeY="0.5" PhysicalSizeXUnit="µm"><Channel ID="Channel:0:0" SamplesPerPixel="1" Name="DAPI" Color="65535"/><Channel ID="Channel:0:1" SamplesPerPixel="1" EmissionWavelength="520"/><TiffData IFD="0" PlaneCount="3"/><Plane TheC="0" TheZ="0" TheT="0" PositionX="1.5" PositionY="2"/></Pixels></Image></OME>"#;
        let files = r#"<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:1"><Image ID="Image:0"><Pixels ID="P" DimensionOrder="XYZCT" Type="uint8" SizeX="12" SizeY="12" SizeC="1" SizeZ="3" SizeT="1"><TiffData FirstZ="0" IFD="0"><UUID FileName="a.tif">urn:uuid:1</UUID></TiffData><TiffData FirstZ="1" IFD="1"><UUID FileName="a.tif">urn:uuid:1</UUID></TiffData></Pixels></Image></OME>"#;
        let philips = r#"<?xml version="1.0"?><DataObject ObjectType="DPUfsImport"><Attribute Name="PIM_DP_SCANNED_IMAGES" Group="0x301D" Element="0x1003" PMSVR="IDataObjectArray"><Array><DataObject ObjectType="DPScannedImage"><Attribute Name="PIM_DP_IMAGE_TYPE" PMSVR="IString">WSI</Attribute><Attribute Name="DICOM_PIXEL_SPACING" PMSVR="IDoubleArray">"0.00025" "0.00025"</Attribute><Attribute Name="PIIM_PIXEL_DATA_REPRESENTATION_SEQUENCE" PMSVR="IDataObjectArray"><Array><DataObject ObjectType="PixelDataRepresentation"><Attribute Name="DICOM_PIXEL_SPACING" PMSVR="IDoubleArray">"0.00025" "0.00025"</Attribute><Attribute Name="PIIM_PIXEL_DATA_REPRESENTATION_NUMBER" PMSVR="IUInt16">0</Attribute></DataObject></Array></Attribute></DataObject></Array></Attribute></DataObject>"#;
        let qptiff = "<?xml version=\"1.0\"?><PerkinElmer-QPI-ImageDescription><ImageType>FullResolution</ImageType><Name>DAPI</Name><Color>0,0,255</Color><Objective>20x</Objective></PerkinElmer-QPI-ImageDescription>";
        let ventana = "<iScan Magnification='20' ScanRes='0.5'/>\x1e<EncodeInfo><SlideStitchInfo><ImageInfo AOIScanned='1' Width='6' Height='6' NumCols='2' NumRows='2' Pos-X='3' Pos-Y='0'><TileJointInfo Direction='RIGHT' Tile1='1' Tile2='2' OverlapX='2' OverlapY='0' Confidence='90'/><TileJointInfo Direction='UP' Tile1='1' Tile2='4' OverlapX='0' OverlapY='1' Confidence='90'/></ImageInfo></SlideStitchInfo><AoiOrigin><AOI0 OriginX='0' OriginY='0'/></AoiOrigin></EncodeInfo>";
        let scn = "<scn xmlns='http://www.leica-microsystems.com/scn/2010/10/01'><collection sizeX='100000' sizeY='80000'><image><pixels><dimension sizeX='12' sizeY='12' r='0' ifd='0'/></pixels><view sizeX='100000' sizeY='80000' offsetX='0' offsetY='0'/><scanSettings><objectiveSettings><objective>20</objective></objectiveSettings></scanSettings></image><image><pixels><dimension sizeX='12' sizeY='12' r='0' ifd='1'/></pixels><view sizeX='32000' sizeY='32000' offsetX='20000' offsetY='10000'/></image></collection></scn>";
        let gdal = "<GDALMetadata><Item name=\"STATISTICS_MEAN\" sample=\"0\">3</Item><Item name=\"SCALE\" sample=\"0\" role=\"scale\">2</Item></GDALMetadata>";
        for (kind, text) in [
            (0, ome),
            (0, files),
            (
                0,
                "Aperio Image Library v11\n12x12 [0,0 12x12] (12x12) JPEG/RGB Q=70|AppMag = 20|MPP = 0.5|Left = 3.5|Top=2",
            ),
            (0, scn),
            (
                0,
                "ImageJ=1.53t\nimages=3\nchannels=1\nslices=3\nhyperstack=true\nmode=grayscale\nunit=micron\nspacing=0.5\nloop=false\nmin=0\nmax=255\n",
            ),
            (0, "Background Color=E6E6E6;Objective Power=10;OverlapsXY= 4 6 0 0"),
            (0, "{\"shape\": [3, 12, 12]}"),
            (1, philips),
            (2, qptiff),
            (3, ventana),
            (4, gdal),
            (9, "Product=C1\r\nEmpty=\r\nXOffsetFromSlideCentre=100"),
        ] {
            self.add("description", &[&[kind], text.as_bytes()].concat());
        }
        let keys: Vec<u8> = [1u16, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32633]
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect();
        self.add("description", &[&[5][..], &keys].concat());
        let ties: Vec<u8> =
            [0.0f64, 0.0, 0.0, 500_000.0, 4_000_000.0, 0.0].iter().flat_map(|v| v.to_le_bytes()).collect();
        self.add("description", &[&[6][..], &ties].concat());
        let lists: Vec<u8> = [20u32, 8, 8].iter().flat_map(|v| v.to_le_bytes()).collect();
        self.add(
            "description",
            &[&[7][..], &lists, &[0; 4], b"IJIJinfo\0\0\0\x01labl\0\0\0\x01\0a\0b\0c\0d\0e\0f\0g\0h"].concat(),
        );
        self.add("description", &[&[8][..], &moxcms_profile()].concat());
        self.add("description", &[&[11][..], b"Adobe Photoshop Document Data Block\0MIB8ryaL", &[0; 40]].concat());
    }

    fn texts(&mut self) {
        let tile = |number: u32| TilePosition {
            file: format!("tile_00{}_00{}.tif", number / 3, number % 3),
            x: f64::from(number % 3) * 90.5,
            y: f64::from(number / 3) * 70.25,
            size: Some(Size::new(100, 80)),
            ..TilePosition::default()
        };
        let positions =
            Positions { tiles: (0..6).map(tile).collect(), pixel_size: Some((0.5, 0.5)), ..Positions::default() };
        for (kind, format) in PLACES.iter().enumerate() {
            if let Ok(written) = format.text(&positions) {
                self.add("positions", &[&[kind as u8], written.text.as_bytes()].concat());
            }
        }
        for (kind, text) in [
            (
                3,
                r#"{"Summary":{"PixelSize_um":0.5,"InitialPositionList":[{"Label":"1-Pos_000_000","GridRowIndex":0,"GridColumnIndex":0,"DeviceCoordinatesUm":{"XYStage":[1.5,2]}}]},"map":{"StagePositions":{"array":[{"DevicePositions":{"array":[{"Position_um":{"array":[1,2]}}]}}]}}}"#,
            ),
            (
                6,
                "# Define the number of dimensions\ndim = 2\n# Define the image coordinates\na.tif; ; (0.0, 0.0)\nb.tif; 1; (90.5, 1e1)\n",
            ),
            (6, "dim=3\nmultiseries = true\na.czi; 0; (0.0, 0.0, 1.0)\n"),
            (
                2,
                "p f0 w3000 h1500 v360 n\"TIFF\"\ni w100 h80 f0 v10 TrX1 TrY2 TrZ0 n\"a.tif\"\ni w100 h80 f0 v=0 TrX0.5 n\"b.tif\"\n",
            ),
            (
                5,
                "file: a.tif; corr: 0.9; position: (1, 2); grid: (0, 0);\nfile: b.tif; corr: 0.9; position: (90, 2); grid: (1, 0);\n",
            ),
            (9, "name,x,y,unit\na.tif,1,2,um\n\"b,c.tif\",\"3.5\",4e2,um\n"),
            (8, "file\tx_px\ty_px\na.tif\t1\t2\n"),
        ] {
            self.add("positions", &[&[kind], text.as_bytes()].concat());
        }
        let loaded = Loaded::new(shapes().into_iter().map(Roi::new).collect());
        let frame = Frame {
            size: Some(Size::new(1000, 800)),
            mpp: Some((0.25, 0.25)),
            slide_offset_nm: Some((1.0, 2.0)),
            ..Frame::default()
        };
        for (kind, format) in REGIONS.iter().enumerate() {
            let mut bytes = vec![kind as u8];
            if (format.write)(&loaded, &frame, &mut bytes).is_ok() {
                self.add("regions", &bytes);
            }
            for roi in &loaded.rois {
                let mut bytes = vec![kind as u8];
                if (format.write)(&Loaded::new(vec![roi.clone()]), &frame, &mut bytes).is_ok() {
                    self.add("regions", &bytes);
                }
            }
        }
        self.add("regions", &[&[0][..], br#"{"type":"FeatureCollection","features":[{"type":"Feature","id":"PathCellObject","geometry":{"type":"Polygon","coordinates":[[[10,0],[20,10],[10,20],[0,10],[10,0]]],"plane":{"c":-1,"z":2,"t":0},"isEllipse":true},"nucleusGeometry":{"type":"Polygon","coordinates":[[[1,1],[2,1],[2,2],[1,1]]]},"properties":{"objectType":"cell","classification":{"names":["a","b"],"colorRGB":-3670016},"measurements":[{"name":"Mean","value":NaN}],"childObjects":[]}}]}"#].concat());
        for filter in FILTERS {
            self.add("filters", filter.name.as_bytes());
            let params: Vec<String> = filter.params.iter().map(|param| format!("{}=2", param.name)).collect();
            self.add("filters", format!("{}:{}\ninvert", filter.name, params.join(",")).as_bytes());
            for param in filter.params {
                self.add("filters", format!("{}:{}=1.5", filter.name, param.name).as_bytes());
            }
        }
        for text in [
            "curves:points=0 0/128 200/255 255",
            "kernel:values=1 2 1/2 4 2/1 2 1",
            "mix:matrix=1 0 0/0 1 0/0 0 1",
            "crop:0 0 20 10",
            "resize:0.5",
            "rotate:30",
            "affine:1 0.1 3 0 1 2",
            r#"{ "filters": ["gaussian:sigma=2", "resize:0.5"], "options": { "compression": "deflate", "no-pyramid": true } }"#,
        ] {
            self.add("filters", text.as_bytes());
        }
        for text in [
            "tile_r{row:03}_c{col}\ntile_r001_c2.tif\ntile_r002_c3.tif\n",
            "{x:um}_{y:um}.tif\n1.5_2.5.tif\n",
            r"r(?<row>\d+)_c(?<col>\d+)",
            "{iii}.png\n001.png\n002.png\n003.png\n",
            "{*}/{i}_{z}_{t}_{channel}\n",
            "img_p{pp}.tif\nA1.tif\nB2.tif\nC11.tif\n",
            "{row:A}{col}\nA1\nB2\n",
            "{{{row}}}",
            "snake@bottom-left",
            "12.5px",
            "10%",
            "1.5G",
            "61,47,4,u8,0",
            "a.tif#page=3",
            "a.tif#channels=1,2",
            "a.raw#raw=16,16,1,u8",
            "{name}_{x:06}",
            "file=name,x=true_x,y=true_y,unit=um",
            "z=1,t=2",
        ] {
            self.add("names", text.as_bytes());
        }
    }

    fn projects(&mut self) {
        let folder = self.scratch.join("projects");
        std::fs::create_dir(&folder).unwrap();
        let images = ["a.png", "b.png", "c.png", "d.png"];
        let mut plain = Mosaic::default();
        for (number, name) in images.iter().cycle().take(6).enumerate() {
            let at = Point::new(number as f64 * 25.0, number as f64 % 2.0 * 15.0);
            plain.add(Placement::new(folder.join(name), Size::new(30, 20)).at(at));
        }
        let first = |mosaic: &Mosaic| PlacementIds::from_iter([mosaic.placements[0].id]);
        let mut all = vec![plain.clone()];
        for mode in BlendMode::ALL {
            let mut mosaic = plain.clone();
            mosaic.apply(&Edit::Blend(Blend { mode, seam: SeamPath::LeastDifference }));
            all.push(mosaic);
        }
        let mut mosaic = plain.clone();
        mosaic.apply(&Edit::Transform {
            ids: first(&plain),
            by: Affine::rotation(30.0).then(Affine::translation(Point::new(0.1, -7.25))),
        });
        for property in [Property::Gain { gain: 1.1, offset: -3.0 }, Property::Opacity(0.3), Property::Subpixel(true)] {
            mosaic.set(&first(&plain), property);
        }
        for shape in shapes() {
            mosaic.add_region(Some("a".into()), shape);
        }
        all.push(mosaic.clone());
        mosaic.apply(&Edit::Filters(vec![
            FilterStep::new("gaussian:sigma=2"),
            FilterStep { off: true, ..FilterStep::new("invert") },
        ]));
        let surface = Surface { columns: 2, rows: 2, channels: 1, values: vec![0.5, 1.0, 0.75, 0.875] };
        mosaic.apply(&Edit::FlatField(Some(Arc::new(FlatField {
            flat: Flat::Surface(surface),
            dark: Some(folder.join("b.png").into()),
        }))));
        all.push(mosaic.clone());
        mosaic.apply(&Edit::FlatField(Some(Arc::new(FlatField {
            flat: Flat::Image(folder.join("b.png").into()),
            dark: None,
        }))));
        all.push(mosaic);
        for mosaic in all {
            let mut bytes = Vec::new();
            mosaic::write(&mosaic, Some(&folder), &mut bytes).unwrap();
            self.add("project", &bytes);
        }
        self.add("project", br##"{"mosaicist":2,"last_id":9,"background":"#102030","canvas":[0,0,50,40],"pixel_size":[0.5,0.5],"regions":[],"placements":[{"path":"a.png","part":{"raw":"16,16,1,u8,0"},"size":[16,16]},{"path":"d.png","size":[30,20],"kind":"rgba8","transform":[1,0,0,1,5,5],"crop":[1,2,3,4],"group":1,"locked":true,"visible":true}]}"##);
    }

    /// Real files, each to the target of its format.
    fn real(&mut self, folder: &Path) {
        let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                self.real(&path);
                continue;
            }
            if !path.metadata().is_ok_and(|file| (1..=LONGEST).contains(&file.len())) {
                continue;
            }
            let target = match format_of(&path).ok().flatten().map(|format| format.name) {
                Some("TIFF") => "tiff",
                Some("Photoshop") => "photoshop",
                Some("Zeiss CZI") => "czi",
                Some("DICOM slide") => "dicom",
                Some("JPEG") => "jpeg",
                Some("PNG") => "png",
                Some("BMP") => "bmp",
                Some("GIF") => "gif",
                Some("WebP") => "webp",
                Some("plain PNM" | "PNM") => "pnm",
                Some("HDR") => "hdr",
                Some("EXR") => "exr",
                Some("CUPS raster") => "raster",
                Some("JPEG 2000") => "jpeg2000",
                Some("JPEG XL") => "jpegxl",
                Some("SZI") => "szi",
                _ => continue,
            };
            let bytes = std::fs::read(&path).unwrap();
            if bytes.len() > LONGEST_PICTURE && !matches!(target, "dicom" | "czi" | "raster" | "szi") {
                continue;
            }
            self.add(target, &bytes);
            let kind = match target {
                "jpeg" => 16,
                "webp" => 10,
                "jpeg2000" => 18,
                "jpegxl" => 19,
                _ => continue,
            };
            self.add("codecs", &[&[kind, 5, 20, 0][..], &bytes].concat());
        }
    }
}

fn shapes() -> Vec<Geometry> {
    let ring = |all: &[(f64, f64)]| all.iter().copied().map(Point::from).collect::<Arc<[Point]>>();
    let triangle = ring(&[(0.1, 0.0), (10.0, 0.0), (0.0, 1.0 / 3.0)]);
    let polygon = Polygon { exterior: triangle.clone(), holes: vec![ring(&[(1.0, 0.1), (2.0, 0.1), (1.0, 0.2)])] };
    let (a, b, c) = (Point::new(1.0, 2.0), Point::new(3.5, 4.0), Point::new(5.0, -6.0));
    vec![
        Geometry::Rectangle(Bounds::at(0.5, 1.0, 2.0, 3.0)),
        Geometry::RotatedRectangle { center: a, width: 4.0, height: 2.0, angle: 0.3 },
        Geometry::Ellipse { center: a, rx: 4.0, ry: 2.0, angle: 0.3 },
        Geometry::Polygon(polygon.clone()),
        Geometry::MultiPolygon([polygon, Polygon::new(triangle.clone())].into()),
        Geometry::Polyline(triangle.clone()),
        Geometry::MultiPolyline([triangle.clone(), triangle.clone()].into()),
        Geometry::Points(triangle),
        Geometry::Line([a, b]),
        Geometry::Angle([a, b, c]),
        Geometry::Text { at: a, text: "\"note\"\n2".into() },
    ]
}

/// An LZW stream of single bytes.
fn literals(bytes: &[u8]) -> Vec<u8> {
    let codes = bytes
        .chunks(200)
        .flat_map(|some| [256].into_iter().chain(some.iter().map(|byte| u16::from(*byte))))
        .chain([257]);
    let bits: Vec<u16> = codes.flat_map(|code| (0..9).rev().map(move |bit| code >> bit & 1)).collect();
    bits.chunks(8)
        .map(|eight| eight.iter().enumerate().fold(0, |byte, (at, bit)| byte | (*bit as u8) << (7 - at)))
        .collect()
}

/// A profile of our own.
fn moxcms_profile() -> Vec<u8> {
    moxcms::ColorProfile::new_display_p3().encode().unwrap_or_default()
}
