//! JPEG 2000.
#![no_main]

libfuzzer_sys::fuzz_target!(init: mosaicist_fuzz::begin(), |data: &[u8]| mosaicist_fuzz::run(|| mosaicist_fuzz::file(data, "a.jp2", 0, &[b"\xFF\x4F\xFF\x51", b"\0\0\0\x0CjP  \r\n\x87\n"])));
