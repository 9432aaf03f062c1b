//! Small files written whole or not at all.

use std::io::{BufWriter, Write};
use std::path::Path;

use crate::{Error, IoResultExt as _, Result};

/// Write `path`: what stands there stays until the new file is complete and on the disk. The folder must be there.
pub(super) fn write(path: &Path, fill: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let file = tempfile::Builder::new().prefix(".mosaicist-").tempfile_in(folder).at(path)?;
    let mut writer = BufWriter::new(file);
    fill(&mut writer).at(path)?;
    let file = writer.into_inner().map_err(std::io::IntoInnerError::into_error).at(path)?;
    file.as_file().sync_all().at(path)?;
    file.persist(path).map_err(|error| Error::io(path, error.error))?;
    Ok(())
}
