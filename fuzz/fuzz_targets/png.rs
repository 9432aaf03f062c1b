//! PNG.
#![no_main]

libfuzzer_sys::fuzz_target!(init: mosaicist_fuzz::begin(), |data: &[u8]| mosaicist_fuzz::run(|| mosaicist_fuzz::file(data, "a.png", 0, &[b"\x89PNG\r\n\x1a\n"])));
