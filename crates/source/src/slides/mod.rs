//! Slides that are no TIFF: many files in a folder, or a container of its own.
//!
//! `mirax` 3DHISTECH's, `vms` Hamamatsu's older ones, `dicom` the standard of hospitals, `czi` Zeiss'. What their tiles are
//! decoded by is in `codec`, how tiles become an image in `placed_tiles` and `streams`.

mod czi;
mod czi_block;
mod dicom;
mod dicom_data;
mod dicom_frames;
mod ini;
mod mirax;
mod mirax_index;
mod vms;

pub(super) use czi::{detect as is_czi, open as open_czi};
pub(super) use dicom::{beside as dicom_parts, detect as is_dicom, open as open_dicom};
pub(super) use mirax::{detect as is_mirax, open as open_mirax};
pub(super) use vms::{detect as is_vms, open as open_vms, parts as vms_parts};
