//! Deep Zoom in a zip.
#![no_main]

libfuzzer_sys::fuzz_target!(init: mosaicist_fuzz::begin(), |data: &[u8]| mosaicist_fuzz::run(|| mosaicist_fuzz::file(data, "a.szi", 0, &[b"PK\x03\x04"])));
