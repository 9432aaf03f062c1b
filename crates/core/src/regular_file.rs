//! Regular files, and nothing else under a name: a pipe would wait for its other end, a device would never end.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::{Error, IoResultExt as _, Result};

/// Open the regular file at `path`, without waiting.
pub fn open(path: &Path) -> Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(NONBLOCK);
    }
    let file = options.open(path).at(path)?;
    if file.metadata().at(path)?.is_file() {
        return Ok(file);
    }
    Err(Error::unsupported("a pipe, a socket, a device or a folder where a file belongs").at(path))
}

/// All bytes of the regular file at `path`, at most `most`.
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>> {
    let file = open(path)?;
    let length = file.metadata().at(path)?.len();
    if length > most {
        return Err(Error::limit(format!("{length} bytes are too long for such a file")).at(path));
    }
    let mut bytes = Vec::with_capacity(length as usize);
    file.take(most).read_to_end(&mut bytes).at(path)?;
    Ok(bytes)
}

/// `O_NONBLOCK`: nothing on regular files.
#[cfg(any(target_os = "linux", target_os = "android"))]
const NONBLOCK: i32 = 0o4000;
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
const NONBLOCK: i32 = 4;
