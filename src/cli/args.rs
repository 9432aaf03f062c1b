//! Arguments that several commands share, and the values of arguments.

use clap::Args;

use crate::ImageRef;
use crate::geometry::Rect;
use crate::source::RawLayout;

/// How files are read.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reading")]
pub(super) struct Reading {
    /// The layout of raw files: WIDTH,HEIGHT,BANDS,TYPE[,OFFSET][,be][,line|plane].
    ///
    /// TYPE is u8, i8, u16, i16, u32, i32, f32 or f64; `be` is big-endian; `line` and `plane` store a line or a whole plane of
    /// each band after the other.
    #[arg(long, value_name = "LAYOUT", value_parser = raw_layout)]
    raw: Option<RawLayout>,
}

/// Which channels, and which page, of a file that stores each channel as a page.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reading")]
pub(super) struct Planes {
    /// Merge these channels to one image: 'all', or numbers from 0 with commas between.
    #[arg(long, value_name = "all|N,N", value_parser = channels, conflicts_with = "raw")]
    channels: Option<Channels>,
    /// The page, from 0.
    #[arg(long, value_name = "N")]
    pub(super) page: Option<u32>,
}

/// Numbers of channels; empty means all.
#[derive(Debug, Clone)]
pub(super) struct Channels(Vec<usize>);

impl Reading {
    /// `image` as these options have it.
    pub(super) fn address(&self, image: ImageRef) -> ImageRef {
        match &self.raw {
            Some(layout) => image.raw(layout.clone()),
            None => image,
        }
    }
}

impl Planes {
    /// `image` as these options have it: pages are numbered.
    pub(super) fn address(&self, image: ImageRef) -> ImageRef {
        let page = self.page.unwrap_or(0);
        match &self.channels {
            Some(Channels(chosen)) => image.channels(page, chosen),
            None => image.numbered(page),
        }
    }
}

fn raw_layout(text: &str) -> Result<RawLayout, crate::Error> {
    text.parse()
}

fn channels(text: &str) -> Result<Channels, String> {
    if text == "all" {
        return Ok(Channels(Vec::new()));
    }
    let numbers: Option<Vec<usize>> = text.split(',').map(|number| number.trim().parse().ok()).collect();
    numbers.map(Channels).ok_or_else(|| "write 'all', or numbers from 0 with commas between".into())
}

/// `N` whole numbers with commas between.
pub(super) fn numbers<const N: usize>(text: &str) -> Result<[i64; N], String> {
    let parsed: Option<Vec<i64>> = text.split(',').map(|number| number.trim().parse().ok()).collect();
    let wrong = || format!("write {N} whole numbers with commas between");
    parsed.and_then(|numbers| numbers.try_into().ok()).ok_or_else(wrong)
}

/// A rectangle as `X,Y,WIDTH,HEIGHT`.
pub(super) fn rect(text: &str) -> Result<Rect, String> {
    let [x, y, width, height] = numbers(text)?;
    let ends = x.checked_add(width).zip(y.checked_add(height));
    match ends {
        Some((x1, y1)) if width > 0 && height > 0 => Ok(Rect::new(x, y, x1, y1)),
        _ => Err("the width and height must be positive".into()),
    }
}
