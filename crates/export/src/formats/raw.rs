//! The samples as they are, little-endian, interleaved, row by row; `NAME.hdr` beside them says so as ENVI does, which GDAL
//! and others read.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::Job;
use super::places::{Places, RowPlaces};
use super::spec::{Companion, FormatSpec};
use super::templates::PICTURE;
use crate::Result;
use crate::depth::bytes_of;
use crate::format::{Format, OutputLayout};
use crate::geometry::Size;
use crate::pixels::{PixelsView, SampleType};
use crate::source::Info;

/// Bare samples with an ENVI header.
pub(super) const RAW: FormatSpec = FormatSpec {
    format: Format::Raw,
    name: "raw",
    title: "Raw samples",
    endings: &["raw"],
    layout: OutputLayout::Places,
    companion: Some(Companion { path: header_of, is_folder: false, says: "ENVI" }),
    create: |job| Ok(Box::new(Places::create(job, Raw::new(job))?)),
    ..PICTURE
};

/// The ENVI header beside bare samples.
fn header_of(out: &Path) -> PathBuf {
    out.with_extension("hdr")
}

/// The layout of one export.
pub(super) struct Raw {
    size: Size,
    channels: u8,
    sample: SampleType,
}

impl Raw {
    pub(super) fn new(job: Job<'_>) -> Self {
        let Info { channels, sample, .. } = *job.info;
        Self { size: job.plan.levels[0], channels, sample }
    }

    fn line(&self) -> u64 {
        u64::from(self.size.width) * self.pixel_bytes() as u64
    }
}

impl RowPlaces for Raw {
    fn head(&self) -> Vec<u8> {
        Vec::new()
    }

    fn length(&self) -> u64 {
        self.line() * u64::from(self.size.height)
    }

    fn pixel_bytes(&self) -> usize {
        usize::from(self.channels) * self.sample.bytes()
    }

    fn position(&self, y: u64) -> u64 {
        y * self.line()
    }

    fn packed<'a>(&self, square: PixelsView<'a>) -> Result<Cow<'a, [u8]>> {
        Ok(bytes_of(square))
    }

    fn beside(&self) -> Option<(&'static str, Vec<u8>)> {
        let kind = match self.sample {
            SampleType::U8 => 1,
            SampleType::U16 => 12,
            SampleType::F32 => 4,
            // ENVI knows no signed bytes: they are told apart by their values alone.
            SampleType::I8 => 1,
            SampleType::I16 => 2,
            SampleType::I32 => 3,
            SampleType::F64 => 5,
            SampleType::U32 => 13,
        };
        let text = format!(
            "ENVI\nsamples = {}\nlines = {}\nbands = {}\nheader offset = 0\nfile type = ENVI Standard\ndata type = {kind}\n\
             interleave = bip\nbyte order = 0\n",
            self.size.width, self.size.height, self.channels
        );
        Some(("hdr", text.into_bytes()))
    }
}
