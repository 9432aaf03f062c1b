//! One file for each output format. A sink makes its output under a temporary name and shows it only when complete.

mod deepzoom;
mod encode;
mod ifd;
mod staged;
mod tiff;

pub use deepzoom::DeepZoom;
pub use tiff::Tiff;

pub(super) use encode::{jpeg_options, png, presentable};
pub(super) use staged::Staged;
