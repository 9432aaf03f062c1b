//! Reads and writes at positions, from any thread, without a shared cursor; [`PositionedFile`] checks the reads.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::{Error, IoResultExt as _, Result};

/// A file read at given positions.
#[derive(Debug)]
pub struct PositionedFile {
    file: File,
    path: PathBuf,
}

impl PositionedFile {
    /// Open a regular file for reading: what is none is refused, without waiting for a pipe's other end.
    pub fn open(path: &Path) -> Result<Self> {
        Ok(Self::new(mosaicist_core::regular_file::open(path)?, path))
    }

    /// Wrap an open file; `path` is for messages.
    pub fn new(file: File, path: &Path) -> Self {
        Self { file, path: path.to_owned() }
    }

    /// For messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes in it now.
    pub fn length(&self) -> Result<u64> {
        Ok(self.file.metadata().at(&self.path)?.len())
    }

    /// `length` bytes from `offset`. Checked against the file's length before anything is allocated.
    pub fn read_at(&self, offset: u64, length: u64) -> Result<Vec<u8>> {
        let have = self.length()?;
        if offset.checked_add(length).is_none_or(|end| end > have) {
            let what = format!("{length} bytes at {offset} are wanted, but the file ends at {have}");
            return Err(Error::corrupt(what).at(&self.path));
        }
        let mut bytes = vec![0; length as usize];
        self.fill(&mut bytes, offset).at(&self.path)?;
        Ok(bytes)
    }

    /// Fill `bytes` from `offset` on.
    pub fn fill(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        read_exact_at(&self.file, bytes, offset)
    }
}

/// Write all of `bytes` at `at`.
#[cfg(unix)]
pub fn write_all_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, at)
}

/// Fill `bytes` from `at` on.
#[cfg(unix)]
pub fn read_exact_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

/// Write all of `bytes` at `at`.
#[cfg(windows)]
pub fn write_all_at(file: &File, mut bytes: &[u8], mut at: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let count = std::os::windows::fs::FileExt::seek_write(file, bytes, at)?;
        if count == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        bytes = &bytes[count..];
        at += count as u64;
    }
    Ok(())
}

/// Fill `bytes` from `at` on.
#[cfg(windows)]
pub fn read_exact_at(file: &File, mut bytes: &mut [u8], mut at: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let count = std::os::windows::fs::FileExt::seek_read(file, bytes, at)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes = &mut bytes[count..];
        at += count as u64;
    }
    Ok(())
}
