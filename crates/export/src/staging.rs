//! A plain file under a temporary name beside its final one, until it is complete.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::workspace::folder_of;
use crate::{IoResultExt, Result};

/// A file in the making; gone when dropped, unless [`published`](Self::publish).
pub(super) struct Staging {
    path: PathBuf,
    published: bool,
}

impl Staging {
    /// A new name beside `out`. Nothing is created.
    pub(super) fn beside(out: &Path) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let mut name = OsString::from(".");
        name.push(out.file_name().unwrap_or_default());
        name.push(format!(".{}-{}.part", std::process::id(), COUNT.fetch_add(1, Relaxed)));
        Self { path: folder_of(out).join(name), published: false }
    }

    /// Where to write.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Give it its final name; a file of that name is replaced in one step.
    pub(super) fn publish(mut self, out: &Path) -> Result<()> {
        fs::rename(&self.path, out).at(out)?;
        self.published = true;
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if self.published {
            return;
        }
        // It may never have been created; and what cannot be removed now is only a hidden leftover.
        fs::remove_file(&self.path).unwrap_or_default();
    }
}
