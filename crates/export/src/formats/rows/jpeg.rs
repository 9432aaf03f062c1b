//! One JPEG of any height, encoded by many threads.
//!
//! A restart marker ends each row of MCUs, behind which nothing depends on what was before (ITU T.81, E.1.4). So pieces of
//! rows are encoded one by one, and their data joined.

use super::super::Job;
use super::super::resolved::check_jpeg;
use super::super::spec::{FormatSpec, JpegUse, OptionName};
use super::super::templates::PICTURE;
use super::{RowFormat, Rows};
use crate::Result;
use crate::codec::jpeg::{self, EncodeOptions, Subsampling};
use crate::depth::opaque_bytes;
use crate::format::Format;
use crate::geometry::{Rect, Size};
use crate::pixels::{Color, Pixels};
use crate::source::Info;

/// One JPEG.
pub(in crate::formats) const JPEG: FormatSpec = FormatSpec {
    format: Format::Jpeg,
    name: "jpg",
    title: "JPEG",
    endings: &["jpg", "jpeg"],
    jpeg: JpegUse::Always,
    options: &[OptionName::Quality, OptionName::Subsampling],
    longest: 65_535,
    check: |_, info| check_jpeg(info, "write a .tif, or apply display settings (--as-seen)"),
    // Whole MCUs.
    piece_rows: |_| PIECE_ROWS,
    create: |job| Ok(Box::new(Rows::create(job, Jpeg::new(job)?)?)),
    ..PICTURE
};

/// Whole rows of MCUs: of 8 or 16 pixels.
pub(super) const PIECE_ROWS: u32 = 128;

/// How one JPEG is made.
pub(in crate::formats) struct Jpeg {
    size: Size,
    color: Color,
    background: [u8; 3],
    options: EncodeOptions,
    /// Rows of pixels in a row of MCUs.
    mcu_rows: u32,
    head: Vec<u8>,
}

impl Jpeg {
    pub(in crate::formats) fn new(job: Job<'_>) -> Result<Self> {
        let quality = job.options.jpeg_quality();
        // From quality 90 on, chroma subsampling is the most visible artifact.
        let subsampling = if quality >= 90 { Subsampling::Full } else { job.options.subsampling };
        let options = EncodeOptions { quality, subsampling, ..EncodeOptions::default() };
        let size = job.plan.levels[0];
        let channels = job.info.channels - u8::from(job.info.color.has_alpha());
        let (across, down) = if channels == 1 { (1, 1) } else { subsampling.factors() };
        // As many MCUs as are in a row of them.
        let interval = size.width.div_ceil(8 * u32::from(across)) as u16;
        let mcu_rows = 8 * u32::from(down);
        let mut head = Vec::new();
        jpeg::write_header(size, channels, &options, interval, &mut head)?;
        let head = with_profile(with_resolution(head, job.info), job.info);
        Ok(Self { size, color: job.info.color, background: job.options.background, options, mcu_rows, head })
    }
}

impl RowFormat for Jpeg {
    type Sum = ();

    fn head(&self, _: Option<u64>) -> Vec<u8> {
        self.head.clone()
    }

    fn encode(&self, rows: &Pixels, first: u32) -> Result<(Vec<u8>, ())> {
        let flat = opaque_bytes(rows.view(), self.color, self.background)?;
        let view = flat.as_ref().map_or(rows.view(), Pixels::view);
        let mut stream = Vec::new();
        for top in (0..rows.size().height).step_by(self.mcu_rows as usize) {
            let end = (top + self.mcu_rows).min(rows.size().height);
            let part = Rect::new(0, top.into(), rows.size().width.into(), end.into());
            jpeg::encode_interval(view.part(part), &self.options, &mut stream)?;
            let is_last = first + end == self.size.height;
            stream.extend([0xFF, if is_last { 0xD9 } else { 0xD0 + ((first + top) / self.mcu_rows % 8) as u8 }]);
        }
        Ok((stream, ()))
    }

    fn tail(&self, (): (), _: u64) -> Result<Vec<u8>> {
        Ok(Vec::new())
    }
}

/// `head` with the resolution in its JFIF segment: to the inch, or to the centimeter where that is too fine for its 16 bits.
fn with_resolution(mut head: Vec<u8>, info: &Info) -> Vec<u8> {
    let (Some((x, y)), Some(b"JFIF\0")) = (info.mpp, head.get(6..11)) else { return head };
    let per = |length: f64| [length / x, length / y];
    let fits = |counts: &[f64; 2]| counts.iter().all(|count| (1.0..=65_535.0).contains(&count.round()));
    let chosen = [(1, per(25_400.0)), (2, per(10_000.0))].into_iter().find(|(_, counts)| fits(counts));
    if let (Some((unit, counts)), Some(field)) = (chosen, head.get_mut(13..18)) {
        let [[a, b], [c, d]] = counts.map(|count| (count.round() as u16).to_be_bytes());
        field.copy_from_slice(&[unit, a, b, c, d]);
    }
    head
}

/// `head` with the ICC profile behind its JFIF segment, in pieces as ICC.1 (annex B.4) has them.
fn with_profile(head: Vec<u8>, info: &Info) -> Vec<u8> {
    const MOST: usize = 65_519;
    let Some(profile) = &info.icc else { return head };
    let jfif =
        if head.get(2..4) == Some(&[0xFF, 0xE0]) { 4 + usize::from(head[4]) * 256 + usize::from(head[5]) } else { 2 };
    let count = profile.len().div_ceil(MOST);
    if count > 255 || jfif > head.len() {
        return head;
    }
    let mut all = head[..jfif].to_vec();
    for (number, part) in (1..).zip(profile.chunks(MOST)) {
        all.extend([0xFF, 0xE2]);
        all.extend((part.len() as u16 + 16).to_be_bytes());
        all.extend(b"ICC_PROFILE\0");
        all.extend([number, count as u8]);
        all.extend(part);
    }
    all.extend(&head[jfif..]);
    all
}
