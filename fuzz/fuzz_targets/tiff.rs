//! TIFF and the slides that are TIFFs: SVS, NDPI, SCN, BIF, Philips, Trestle, QPTIFF, OME.
#![no_main]

libfuzzer_sys::fuzz_target!(init: mosaicist_fuzz::begin(), |data: &[u8]| mosaicist_fuzz::run(|| mosaicist_fuzz::file(data, "a.tif", 0, &[b"II\x2a\0", b"MM\0\x2a", b"II\x2b\0\x08\0\0\0", b"MM\0\x2b\0\x08\0\0"])));
