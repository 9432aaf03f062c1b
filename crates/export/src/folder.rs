//! [`TileFolder`]: an output that is a folder of many small files.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::workspace::{Workspace, sync_below};
use crate::{IoResultExt, Result};

/// Writes files below one folder of a [`Workspace`], counts their bytes, and makes them durable in one go.
///
/// A file written twice (by an export that was interrupted in between) is the later one.
pub struct TileFolder {
    root: PathBuf,
    bytes: AtomicU64,
}

impl TileFolder {
    /// The folder that will be published as `name` beside (or as) the output.
    pub fn create(work: &Workspace, name: &std::ffi::OsStr) -> Result<Self> {
        let root = work.output(name);
        fs::create_dir_all(&root).at(&root)?;
        Ok(Self { root, bytes: AtomicU64::new(0) })
    }

    /// Write the file of that name (`LEVEL/COLUMN_ROW.jpg`, say). Folders on its way are made where they are missing.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.root.join(name);
        let mut file = File::create(&path);
        if file.as_ref().is_err_and(|error| error.kind() == ErrorKind::NotFound)
            && let Some(folder) = path.parent()
        {
            fs::create_dir_all(folder).at(folder)?;
            file = File::create(&path);
        }
        file.and_then(|mut file| file.write_all(bytes)).at(&path)?;
        self.bytes.fetch_add(bytes.len() as u64, Relaxed);
        Ok(())
    }

    /// Where it is while it is made.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Bytes written, earlier runs included.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    /// For [`TileSink::sync`](super::TileSink::sync).
    pub fn sync(&self) -> Result<()> {
        sync_below(&self.root).at(&self.root)
    }

    /// For [`TileSink::state`](super::TileSink::state): the bytes so far.
    pub fn state(&self) -> Vec<u8> {
        self.bytes().to_le_bytes().to_vec()
    }

    /// For [`TileSink::restore`](super::TileSink::restore).
    pub fn restore(&self, state: &[u8]) {
        if let Ok(bytes) = state.try_into() {
            self.bytes.store(u64::from_le_bytes(bytes), Relaxed);
        }
    }
}
