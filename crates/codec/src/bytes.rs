//! General compressors of bytes: deflate, Zstandard and LZMA, each one call for one chunk.

use std::io::Read;

use crate::{Error, Result};

/// The most memory that undoing LZMA may take, in KiB.
pub(crate) const MOST_XZ_KIB: u32 = 256 << 10;

/// Undo zlib's deflate up to `expected` bytes; fewer where the stream ends before. What follows is ignored.
pub fn inflate(stream: &[u8], expected: usize) -> Result<Vec<u8>> {
    // A byte of deflate stands for 1032 at most.
    let room = expected.min(stream.len().saturating_mul(1040));
    let mut out = vec![0; room];
    if let Ok(length) = libdeflater::Decompressor::new().zlib_decompress(stream, &mut out) {
        out.truncate(length);
        return Ok(out);
    }
    // More than expected, or a checksum that is missing: the patient way.
    read(flate2::read::ZlibDecoder::new(stream), expected, "deflate")
}

/// Undo zlib's deflate up to `expected` bytes; fewer where the stream ends or is damaged before.
pub fn inflate_sound(stream: &[u8], expected: usize) -> Vec<u8> {
    inflate(stream, expected).unwrap_or_else(|_| read_sound(flate2::read::ZlibDecoder::new(stream), expected).0)
}

/// Undo Zstandard up to `expected` bytes; fewer where the stream ends or is damaged before.
pub fn unzstd_sound(stream: &[u8], expected: usize) -> Vec<u8> {
    let decoder = zstd::stream::read::Decoder::with_buffer(stream);
    decoder.map(|decoder| read_sound(decoder, expected).0).unwrap_or_default()
}

/// Undo gzip up to `expected` bytes; fewer where the stream ends before.
pub fn gunzip(stream: &[u8], expected: usize) -> Result<Vec<u8>> {
    read(flate2::read::MultiGzDecoder::new(stream), expected, "gzip")
}

/// Undo Zstandard up to `expected` bytes; fewer where the stream ends before.
pub fn unzstd(stream: &[u8], expected: usize) -> Result<Vec<u8>> {
    let decoder = zstd::stream::read::Decoder::with_buffer(stream);
    read(decoder.map_err(|error| Error::corrupt(format!("Zstandard: {error}")))?, expected, "Zstandard")
}

/// Undo LZMA in its `.xz` wrapping up to `expected` bytes; fewer where the stream ends before.
pub fn unxz(stream: &[u8], expected: usize) -> Result<Vec<u8>> {
    read(lzma_rust2::XzReader::new_mem_limit(stream, true, MOST_XZ_KIB), expected, "LZMA")
}

/// Undo LZMA in its older `.lzma` wrapping up to `expected` bytes; fewer where the stream ends before.
pub fn unlzma(stream: &[u8], expected: usize) -> Result<Vec<u8>> {
    let reader = lzma_rust2::LzmaReader::new_mem_limit(stream, MOST_XZ_KIB, None);
    read(reader.map_err(|error| Error::corrupt(format!("LZMA: {error}")))?, expected, "LZMA")
}

/// Undo bzip2 up to `expected` bytes; fewer where the stream ends before.
pub fn unbz2(stream: &[u8], expected: usize) -> Result<Vec<u8>> {
    read(bzip2::read::MultiBzDecoder::new(stream), expected, "bzip2")
}

/// Up to `expected` bytes, with memory for what really comes.
fn read(reader: impl Read, expected: usize, name: &str) -> Result<Vec<u8>> {
    match read_sound(reader, expected) {
        (out, Some(error)) if out.len() < expected => Err(Error::corrupt(format!("{name}: {error}"))),
        (out, _) => Ok(out),
    }
}

/// What came before the first failure, and that.
fn read_sound(reader: impl Read, expected: usize) -> (Vec<u8>, Option<std::io::Error>) {
    let mut out = Vec::with_capacity(expected.min(1 << 20));
    let failed = reader.take(expected as u64).read_to_end(&mut out).err();
    (out, failed)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn compressors_come_back() {
        let plain: Vec<u8> = (0..50_000u32).map(|i| ((i * i) >> 7) as u8).collect();
        let mut deflated = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        deflated.write_all(&plain).unwrap();
        let mut xz = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(1)).unwrap();
        xz.write_all(&plain).unwrap();
        type Decode = fn(&[u8], usize) -> Result<Vec<u8>>;
        let cases: [(&str, Decode, Vec<u8>); 3] = [
            ("deflate", inflate, deflated.finish().unwrap()),
            ("zstd", unzstd, zstd::bulk::compress(&plain, 1).unwrap()),
            ("xz", unxz, xz.finish().unwrap()),
        ];
        for (name, decode, stream) in cases {
            assert_eq!(decode(&stream, plain.len()).unwrap(), plain, "{name}");
            assert_eq!(decode(&stream, 7).unwrap(), plain[..7], "{name}: no more than is wanted");
            assert_eq!(
                decode(&[&stream[..], b"and more"].concat(), plain.len()).unwrap(),
                plain,
                "{name}: more behind"
            );
            assert!(decode(&stream[..stream.len() / 2], plain.len()).is_err(), "{name}: broken off");
        }
    }
}
