//! Photoshop.
#![no_main]

libfuzzer_sys::fuzz_target!(init: mosaicist_fuzz::begin(), |data: &[u8]| mosaicist_fuzz::run(|| mosaicist_fuzz::file(data, "a.psd", 0, &[b"8BPS\0\x01", b"8BPS\0\x02"])));
