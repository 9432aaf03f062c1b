//! The command line: the window's engine without the window. Names and meanings are a contract with scripts.
//!
//! Results go to stdout, progress and messages to stderr. Exit status 0: done; 1: failed, with one clear line; 2: wrong usage.

mod crop;
mod demo;
mod detect;
mod info;
mod output;
mod regions;
mod stitch;
mod tiff;

use std::ffi::OsString;
use std::process::ExitCode;

use crate::Error;

/// What `--help` prints.
const HELP: &str = "\
Mosaicist: open, arrange, look at and export images far larger than memory

  mosaicist [FILE|FOLDER|PROJECT ...]         open the window with these
  mosaicist demo [--headless -o OUT]          a bundled example, shown or exported
  mosaicist info FILE [--json]                what a file holds
  mosaicist crop FILE --rect X,Y,W,H [--level L] [--page N] [--associated NAME] -o OUT [--overwrite]
                                              a part of a level, in the image's own sample type
  mosaicist stitch TILE|FOLDER ... -o OUT     tiles to one image (or a .mosaic project):
      --across N          tiles in a row (default: as square as it gets)
      --layout L          rows, columns, snake, snake-columns; and @top-left, @bottom-right ...
      --overlap X,Y       pixels that neighbors share
  mosaicist export FILE|PROJECT -o OUT        a file or project to one image:
      --region X,Y,W,H    only this part, in full-resolution pixels
      --level L           at 1/2^L of the full resolution
  mosaicist export FILE|PROJECT --rois R -o FOLDER
                                              each region of R to a file in a new or empty folder, with regions.csv
                                              (R: GeoJSON, ImageScope, ASAP or OME XML, NDPA, ImageJ, CSV of boxes):
      --format F          what the files are; samples stay as they are stored
      --names P           as {image}_{name}_{class}_{x}_{y}_{level}; also {kind} {id} {index} {width} {height}, {x:06}
      --masked            transparent outside the region; --outside R,G,B: in this color
      --class C           only regions of this class
      --patch N           squares of N pixels instead; --stride N, --inside PERCENT (50): kept where so much is inside
  mosaicist detect FILE|PROJECT [-o REGIONS]  regions found in an overview, in full-resolution pixels:
      --mode M            foreground, dark, bright, rectangles or tma (a grid of cores)
      --as A              boxes or outlines       --feature F    auto, brightness or saturation
      --threshold T       0 to 1 (Otsu's)         --min-size PX  smaller objects are left out
      --margin PX         around each             --join PX      nearer pieces are one object
      --keep-holes        do not fill them        --autocrop     one box around everything
      --overwrite         replace REGIONS         --page N, --channels N,N

Files that store each channel as a page (info, crop, export; 0 is the first):
  --channels all|N,N  pages are images with these channels together (export: all, unless it says otherwise)
  --page N            info, crop: a page as it is stored; export: with --channels, or alone where channels are pages

Files without a header (info, crop, stitch, export):
  --raw W,H,BANDS,TYPE[,OFFSET][,be][,line|plane]   TYPE: u8 i8 u16 i16 u32 i32 f32 f64

OUT's ending chooses the format: .dzi .szi (Deep Zoom), .tif (BigTIFF pyramid), .ome.tif, .zarr (OME-Zarr), .png .jpg .bmp .raw;
  --format F          that, or one without an ending of its own: zoomify, iiif, iiif3, xyz, zarr04, cog,
                      patches
  --tiles T           jpg, png, webp or raw tiles   --quality Q      1 to 100 of JPEG
  --compression C     none, lzw, deflate, zstd, jpeg; --deflate-level N (1 to 12), --zstd-level N (1 to 22)
  --offsets O         TIFF: big, auto or classic    --sub-images     TIFF: levels below the full image
  --subsampling S     JPEG: 4:4:4 ... 4:2:0, or rgb  --no-predictor   TIFF: no differences
  --strips            TIFF: rows instead of tiles, no pyramid
  --tile N            side of a tile                --tile-overlap N   pixels that tiles share
  --no-pyramid        one level (TIFF, Zarr)        --viewer           a page to look at the tiles, without a network
  --id URL            where IIIF will be found      --shard N          Zarr: N x N chunks to a file
  --pattern P         names of patches, as {name}_x{x}_y{y}; also {column}, {row}, {index}, {x:06}
  --edges E           cut, pad or drop patches      --skip-empty       no patches of nothing but background
  --memory BYTES      the most to hold, as 512M     --threads N        workers
  --background R,G,B  where no tile lies            --strict           fail on a bad tile
  --scale S           by any factor, as 0.3         --flatten          opacity laid on the background
  --as-seen           what a window shows at first, or the project's display: 8-bit RGB
  --no-copy           pack tiles anew that could be copied
  --dry-run           say what it would take        --json             answer in JSON
  --overwrite         replace OUT if it exists: a file, or a folder that is an earlier output of this format
  --resume            go on with an export that was interrupted
  --restart           start anew although an unfinished export is there
";

/// How a command ended, if not well.
enum Failure {
    /// The request could not be understood; the text says why.
    Usage(String),
    /// The work failed.
    Work(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Work(error)
    }
}

impl From<lexopt::Error> for Failure {
    fn from(error: lexopt::Error) -> Self {
        Self::Usage(error.to_string())
    }
}

type Done = std::result::Result<(), Failure>;

/// What the arguments ask for.
pub enum Asked {
    /// The command has run; this is its exit status.
    Done(ExitCode),
    /// Open the window with these files.
    Window(Vec<OsString>),
    /// Open the window with the example.
    DemoWindow,
}

/// Run the command that `arguments` (without the program's name) name, or say that it is the window they ask for.
pub fn run(arguments: Vec<OsString>) -> Asked {
    let Some(first) = arguments.first().map(|first| first.to_string_lossy().into_owned()) else {
        return Asked::Window(Vec::new());
    };
    let rest = || lexopt::Parser::from_args(arguments.iter().skip(1).cloned());
    let done = match &*first {
        "info" => info::run(rest()),
        "crop" => crop::run(rest()),
        "detect" => detect::run(rest()),
        "stitch" => stitch::run(rest(), stitch::Inputs::Tiles),
        "export" => stitch::run(rest(), stitch::Inputs::Document),
        "demo" => match demo::run(rest()) {
            Ok(true) => return Asked::DemoWindow,
            Ok(false) => Ok(()),
            Err(failure) => Err(failure),
        },
        "-h" | "--help" | "help" => print(HELP),
        "-V" | "--version" => print(concat!("mosaicist ", env!("CARGO_PKG_VERSION"), "\n")),
        flag if flag.starts_with('-') && flag.len() > 1 => Err(Failure::Usage(format!("unknown option '{flag}'"))),
        _ => return Asked::Window(arguments),
    };
    Asked::Done(match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Work(error)) => {
            eprintln!("mosaicist: {error}");
            ExitCode::from(1)
        }
        Err(Failure::Usage(what)) => {
            eprintln!("mosaicist: {what} (see mosaicist --help)");
            ExitCode::from(2)
        }
    })
}

/// To stdout; a reader that has gone away is no failure.
fn print(text: &str) -> Done {
    use std::io::Write as _;
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::Work(Error::io(std::path::Path::new("stdout"), error)))
        }
        _ => Ok(()),
    }
}

/// `N` whole numbers with commas between.
fn numbers<const N: usize>(text: &OsString, what: &str) -> std::result::Result<[i64; N], Failure> {
    let wrong =
        || Failure::Usage(format!("{what} wants {N} whole numbers with commas, not '{}'", text.to_string_lossy()));
    let text = text.to_str().ok_or_else(wrong)?;
    let parsed: Option<Vec<i64>> = text.split(',').map(|number| number.trim().parse().ok()).collect();
    parsed.and_then(|numbers| numbers.try_into().ok()).ok_or_else(wrong)
}

/// The value of `--raw`.
fn raw_layout(parser: &mut lexopt::Parser) -> std::result::Result<crate::source::RawLayout, Failure> {
    use lexopt::ValueExt as _;
    parser.value()?.string()?.parse().map_err(|error: Error| Failure::Usage(error.to_string()))
}

/// The value of `--channels`: `all`, or numbers from 0 with commas between.
fn channels(parser: &mut lexopt::Parser) -> std::result::Result<Vec<usize>, Failure> {
    use lexopt::ValueExt as _;
    let text = parser.value()?.string()?;
    if text == "all" {
        return Ok(Vec::new());
    }
    let numbers: Option<Vec<usize>> = text.split(',').map(|number| number.trim().parse().ok()).collect();
    numbers.ok_or_else(|| Failure::Usage(format!("--channels wants 'all' or numbers with commas, not '{text}'")))
}

/// `file` as `--raw` and `--channels` have it.
fn addressed(
    file: &std::path::Path,
    raw: Option<&crate::source::RawLayout>,
    channels: Option<&[usize]>,
) -> std::path::PathBuf {
    let file = raw.map_or_else(|| file.to_owned(), |layout| layout.attach(file));
    channels.map_or_else(|| file.clone(), |chosen| crate::source::channels_path(&file, chosen))
}

/// A rectangle as `X,Y,WIDTH,HEIGHT`.
fn rect(text: &OsString, what: &str) -> std::result::Result<crate::geometry::Rect, Failure> {
    let [x, y, width, height] = numbers(text, what)?;
    let ends = x.checked_add(width).zip(y.checked_add(height));
    match ends {
        Some((x1, y1)) if width > 0 && height > 0 => Ok(crate::geometry::Rect::new(x, y, x1, y1)),
        _ => Err(Failure::Usage(format!("{what}: the width and height must be positive"))),
    }
}
