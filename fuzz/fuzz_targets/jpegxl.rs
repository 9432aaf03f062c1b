//! JPEG XL.
#![no_main]

libfuzzer_sys::fuzz_target!(init: mosaicist_fuzz::begin(), |data: &[u8]| mosaicist_fuzz::run(|| mosaicist_fuzz::file(data, "a.jxl", 0, &[b"\xFF\x0A", b"\0\0\0\x0CJXL \r\n\x87\n"])));
