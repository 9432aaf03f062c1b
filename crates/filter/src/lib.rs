//! Filters on images of any size: each computes a region from its input with a halo around it, so results have no seams and
//! depend neither on blocks nor on threads.
//!
//! [`FilterSpec`] names a filter and its parameters ([`FILTERS`] lists them); [`Filtered`] is a source with a chain of them.
//! Inside a chain fractional results stay float, or have six binary places where bytes are resized and then go through a kernel of whole
//! numbers; the last filter rounds once, to nearest with halves up, clamped to the range of the sample type. A missing pixel (NaN, or the file's nodata value) has no part in any neighbor's result and stays
//! missing. Alpha weights the colors it belongs to.
//!
//! This crate must never know about files, exports or screens.

use mosaicist_core::{Error, Result, geometry, job, pixels};
use mosaicist_source as source;

mod block;
mod build;
mod chain;
mod frame;
mod kernels;
mod pixel_types;
mod spec;
mod table;
mod vector;
mod words;

pub use chain::Filtered;
pub use frame::{Affine, Border, Frame};
pub use spec::{FilterSpec, Value, parse_chain};
pub use table::{FILTERS, Filter, Group, Param, ParamKind, find_filter};
