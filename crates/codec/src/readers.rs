//! Compressed bytes of any length, undone as they are read: for pieces too large to be decoded in one call.
//!
//! A reader ends where its stream ends or is damaged; how much that should have been, the caller knows.

use std::io::{BufRead, ErrorKind, Read, Result};

use weezl::{BitOrder, LzwStatus, decode::Decoder};

/// A stream on its way.
pub type Reader = Box<dyn Read + Send>;

/// Undoes zlib's deflate.
pub fn inflate(stream: impl BufRead + Send + 'static) -> Reader {
    Box::new(flate2::bufread::ZlibDecoder::new(stream))
}

/// Undoes Zstandard.
pub fn unzstd(stream: impl BufRead + Send + 'static) -> Result<Reader> {
    Ok(Box::new(zstd::stream::read::Decoder::with_buffer(stream)?))
}

/// Undoes LZMA in its `.xz` wrapping.
pub fn unxz(stream: impl BufRead + Send + 'static) -> Reader {
    Box::new(lzma_rust2::XzReader::new_mem_limit(stream, true, crate::bytes::MOST_XZ_KIB))
}

/// Undoes TIFF's LZW, in the newer or the older order of bits ([`lzw`](crate::lzw)).
pub fn unlzw(mut stream: impl BufRead + Send + 'static) -> Result<Reader> {
    // As in `lzw`: the first code is Clear.
    let is_old = matches!(stream.fill_buf()?, [0, second, ..] if second & 1 == 1);
    let decoder =
        if is_old { Decoder::new(BitOrder::Lsb, 8) } else { Decoder::with_tiff_size_switch(BitOrder::Msb, 8) };
    Ok(Box::new(Lzw { stream, decoder }))
}

struct Lzw<R> {
    stream: R,
    decoder: Decoder,
}

impl<R: BufRead> Read for Lzw<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        loop {
            let stored = self.stream.fill_buf()?;
            let is_over = stored.is_empty();
            let done = self.decoder.decode_bytes(stored, buffer);
            self.stream.consume(done.consumed_in);
            let progress = done.status.map_err(|error| std::io::Error::new(ErrorKind::InvalidData, error))?;
            let stands_still = is_over || !matches!(progress, LzwStatus::Ok);
            if done.consumed_out > 0 || buffer.is_empty() || stands_still {
                return Ok(done.consumed_out);
            }
        }
    }
}

/// Undoes PackBits.
pub fn unpack_bits(stream: impl BufRead + Send + 'static) -> Reader {
    Box::new(PackBits { stream, literal: 0, run: (0, 0) })
}

struct PackBits<R> {
    stream: R,
    /// Bytes to come as they are stored.
    literal: usize,
    /// So many times a byte.
    run: (usize, u8),
}

impl<R: BufRead> PackBits<R> {
    fn byte(&mut self) -> Result<Option<u8>> {
        let byte = self.stream.fill_buf()?.first().copied();
        self.stream.consume(usize::from(byte.is_some()));
        Ok(byte)
    }
}

impl<R: BufRead> Read for PackBits<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        while self.literal == 0 && self.run.0 == 0 {
            let Some(code) = self.byte()? else { return Ok(0) };
            match code as i8 {
                -128 => {}
                run @ ..0 => {
                    let Some(value) = self.byte()? else { return Ok(0) };
                    self.run = (1 + usize::from(run.unsigned_abs()), value);
                }
                count => self.literal = count as usize + 1,
            }
        }
        let count = if self.run.0 > 0 {
            let count = self.run.0.min(buffer.len());
            buffer[..count].fill(self.run.1);
            self.run.0 -= count;
            return Ok(count);
        } else {
            self.literal.min(buffer.len())
        };
        let count = self.stream.read(&mut buffer[..count])?;
        self.literal -= count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor, Write as _};

    use super::*;
    use crate::lzw;

    /// As [`BufReader`]s that give few bytes at a time.
    fn in_pieces(stream: &[u8]) -> BufReader<Cursor<Vec<u8>>> {
        BufReader::with_capacity(7, Cursor::new(stream.to_vec()))
    }

    /// What comes of it, in reads of 5 bytes.
    fn all(mut reader: Reader) -> Vec<u8> {
        let (mut out, mut part) = (Vec::new(), [0; 5]);
        while let Ok(count @ 1..) = reader.read(&mut part) {
            out.extend_from_slice(&part[..count]);
        }
        out
    }

    #[test]
    fn streams_come_back_in_pieces() {
        let plain: Vec<u8> = (0..60_000u32).map(|i| if i % 700 < 300 { 9 } else { ((i * i) >> 7) as u8 }).collect();
        let mut deflated = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        deflated.write_all(&plain).unwrap();
        let mut xz = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(1)).unwrap();
        xz.write_all(&plain).unwrap();
        let packed: Vec<u8> = plain
            .chunk_by(|a, b| a == b)
            .flat_map(|run| run.chunks(128))
            .flat_map(|run| [if run.len() == 1 { 0 } else { 1u8.wrapping_sub(run.len() as u8) }, run[0]])
            .collect();
        let new = weezl::encode::Encoder::with_tiff_size_switch(BitOrder::Msb, 8).encode(&plain).unwrap();
        let old = weezl::encode::Encoder::new(BitOrder::Lsb, 8).encode(&plain).unwrap();
        assert_eq!(lzw::decode(&old, plain.len()).unwrap(), plain, "both agree which is the older order");
        type Undo = fn(&[u8]) -> Reader;
        let cases: [(&str, Undo, Vec<u8>); 6] = [
            ("deflate", |stream| inflate(in_pieces(stream)), deflated.finish().unwrap()),
            ("zstd", |stream| unzstd(in_pieces(stream)).unwrap(), zstd::bulk::compress(&plain, 1).unwrap()),
            ("xz", |stream| unxz(in_pieces(stream)), xz.finish().unwrap()),
            ("lzw", |stream| unlzw(in_pieces(stream)).unwrap(), new),
            ("old lzw", |stream| unlzw(in_pieces(stream)).unwrap(), old),
            ("packbits", |stream| unpack_bits(in_pieces(stream)), packed),
        ];
        for (name, reader, stream) in cases {
            assert_eq!(all(reader(&stream)), plain, "{name}");
            let half = all(reader(&stream[..stream.len() / 2]));
            assert!(half.len() < plain.len() && plain.starts_with(&half), "{name}: what came of a half is right");
        }
    }
}
