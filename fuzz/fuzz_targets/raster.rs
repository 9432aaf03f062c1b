//! CUPS and PWG raster.
#![no_main]

libfuzzer_sys::fuzz_target!(init: mosaicist_fuzz::begin(), |data: &[u8]| mosaicist_fuzz::run(|| mosaicist_fuzz::file(data, "a.ras", 0, &[b"RaSt", b"tSaR", b"RaS2", b"2SaR", b"RaS3", b"3SaR"])));
