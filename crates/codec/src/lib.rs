//! One compressed chunk to [`Pixels`](crate::pixels::Pixels) or bytes and back.
//!
//! A codec must never open a file, and never knows what an image's other chunks hold.

use mosaicist_core::{Error, IoResultExt, Result, geometry, pixels};

pub mod bytes;
pub mod fax;
pub mod jpeg;
pub mod jpeg2000;
pub mod jpegxl;
pub mod lerc;
pub mod logluv;
pub mod lzw;
pub mod packbits;
pub mod readers;
pub mod webp;
