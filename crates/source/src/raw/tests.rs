//! Raw files by their layouts, and those whose header is one.

use super::*;
use crate::testing::check_source;

#[test]
fn every_order_of_samples_gives_the_same_picture() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.raw");
    let (w, h, bands) = (37usize, 23usize, 3usize);
    let value = |x: usize, y: usize, c: usize| (x * 911 + y * 53 + c * 20_011) as u16;
    let mut shown = Vec::new();
    for (interleave, big) in
        [(Interleave::Pixel, false), (Interleave::Pixel, true), (Interleave::Line, false), (Interleave::Plane, true)]
    {
        let mut values = vec![0; w * h * bands];
        for (at, (y, x, c)) in (0..h).flat_map(|y| (0..w).flat_map(move |x| (0..3).map(move |c| (y, x, c)))).enumerate()
        {
            let place = match interleave {
                Interleave::Pixel => at,
                Interleave::Line => (y * bands + c) * w + x,
                Interleave::Plane => (c * h + y) * w + x,
            };
            values[place] = value(x, y, c);
        }
        let bytes = values.iter().flat_map(|v| if big { v.to_be_bytes() } else { v.to_le_bytes() });
        std::fs::write(&path, [b"head".to_vec(), bytes.collect()].concat()).unwrap();
        let mut layout = RawLayout::new(Size::new(w as u32, h as u32), 3, RawType::U16);
        (layout.offset, layout.interleave, layout.big_endian) = (4, interleave, big);
        let source = open_raw(&path, &layout).unwrap().page(0).unwrap();
        check_source(&*source);
        shown.push(source.read(Region::new(0, source.info().whole(0))).unwrap());
        // The same by its name alone.
        let named = crate::open_image(&crate::ImageRef::file(&path).raw(layout.clone())).unwrap();
        assert!(named.read(Region::new(0, named.info().whole(0))).unwrap() == shown[0]);
        layout.offset = 5;
        assert!(open_raw(&path, &layout).is_err(), "too short");
    }
    assert!(shown.iter().all(|other| *other == shown[0]));
    let Samples::U16(first) = shown[0].samples() else { panic!("words") };
    assert_eq!(first[(5 * w + 7) * 3 + 2], value(7, 5, 2));
}

#[test]
fn other_types_come_as_float() {
    let bytes = [(-2.5f64).to_be_bytes(), 3.0f64.to_be_bytes()].concat();
    assert_eq!(samples(RawType::F64, true, bytes), Samples::F64(vec![-2.5, 3.0]));
    assert_eq!(samples(RawType::I16, false, vec![0xFF, 0xFF]), Samples::I16(vec![-1]));
    assert_eq!(samples(RawType::I8, false, vec![0x80]), Samples::I8(vec![-128]));
}

#[test]
fn bitmaps_are_read_in_parts_and_fall_back_where_they_break_off() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.bmp");
    for height in [5i32, -5] {
        // Rows of 7 pixels are padded to 24 bytes.
        let mut file = b"BM".to_vec();
        file.extend([0u32, 0, 54, 40, 7].map(u32::to_le_bytes).as_flattened());
        file.extend(height.to_le_bytes());
        file.extend([1u16, 24].map(u16::to_le_bytes).as_flattened());
        file.extend([0u32, 0, 11_811, 11_811, 0, 0].map(u32::to_le_bytes).as_flattened());
        for row in 0..5u8 {
            file.extend((0..7u8).flat_map(|x| [x, 100 + row, 200]));
            file.extend([0; 3]);
        }
        std::fs::write(&path, &file).unwrap();
        let source = crate::open(&path).unwrap().page(0).unwrap();
        assert!(is_bitmap(&path, &file));
        assert!(source.info().mpp.is_some_and(|(x, _)| (x - 84.667).abs() < 0.01), "300 dpi");
        let first = source.read(Region::new(0, Rect::new(6, 0, 7, 1))).unwrap();
        let row = if height > 0 { 104 } else { 100 };
        assert_eq!(first.samples(), &Samples::U8(vec![200, row, 6]));
        check_source(&*source);
        std::fs::write(&path, &file[..file.len() - 2]).unwrap();
        assert!(!is_bitmap(&path, &file), "for the patient decoder");
    }
}

/// A FITS header of `cards`, padded to its block.
fn fits_header(cards: &[&str]) -> Vec<u8> {
    let mut bytes: Vec<u8> = cards.iter().chain(&["END"]).flat_map(|card| format!("{card:<80}").into_bytes()).collect();
    bytes.resize(bytes.len().next_multiple_of(2880), b' ');
    bytes
}

#[test]
fn fits_images_are_upright_and_unsigned_where_they_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.fits");
    let first = fits_header(&[
        "SIMPLE  =                    T / a comment",
        "BITPIX  =                   16",
        "NAXIS   =                    3",
        "NAXIS1  =                    3",
        "NAXIS2  =                    2",
        "NAXIS3  =                    2",
        "BZERO   =              32768.0",
        "OBJECT  = 'a galaxy'           / what it is",
    ]);
    let numbers: Vec<u8> = (0..12i16).flat_map(|n| (n - 5).to_be_bytes()).collect();
    let second = fits_header(&[
        "XTENSION= 'IMAGE   '",
        "BITPIX  =                  -32",
        "NAXIS   =                    2",
        "NAXIS1  =                    2",
        "NAXIS2  =                    1",
    ]);
    let mut file = [first, numbers].concat();
    file.resize(file.len().next_multiple_of(2880), 0);
    file.extend(second);
    file.extend([1.5f32, f32::NAN].iter().flat_map(|value| value.to_be_bytes()));
    std::fs::write(&path, &file).unwrap();
    let opened = crate::open(&path).unwrap();
    assert_eq!(opened.pages(), 3);
    let page = opened.page(1).unwrap();
    assert_eq!(page.info().properties["fits.OBJECT"], "a galaxy");
    let pixels = page.read(Region::new(0, Rect::new(0, 0, 3, 2))).unwrap();
    // The last row is the first of the picture.
    let expected = [9, 10, 11, 6, 7, 8].map(|n: u16| 32768 + n - 5).to_vec();
    assert_eq!(pixels.samples(), &Samples::U16(expected));
    check_source(&*page);
    let floats = opened.page(2).unwrap();
    assert!(floats.info().nodata.is_some_and(f64::is_nan));
    let Samples::F32(values) = floats.read(Region::new(0, Rect::new(0, 0, 2, 1))).unwrap().into_samples() else {
        panic!("no floats")
    };
    assert!(values[0] == 1.5 && values[1].is_nan());
    std::fs::write(&path, &file[..2880 + 8]).unwrap();
    let cut = crate::open(&path).unwrap();
    let (rows, losses) = crate::loss::collect(|| cut.page(0).unwrap().read(Region::new(0, Rect::new(0, 0, 3, 2))));
    let Samples::U16(rows) = rows.unwrap().into_samples() else { panic!("no words") };
    assert_eq!(rows[3..], [32763, 32764, 32765], "the row that is there");
    let places: Vec<_> = losses.parts.iter().map(|part| part.place).collect();
    assert_eq!(places, [Some(Rect::new(0, 0, 3, 1))]);
    assert!(cut.page(1).is_err());
    std::fs::write(&path, &file[..2880 + 5]).unwrap();
    assert!(crate::open(&path).is_err(), "no whole row");
}

#[test]
fn nifti_volumes_have_their_planes_and_size() {
    let folder = tempfile::tempdir().unwrap();
    for big in [false, true] {
        let path = folder.path().join(format!("{big}.nii"));
        let mut head = vec![0u8; 352];
        let mut put = |at: usize, mut bytes: Vec<u8>| {
            if big {
                bytes.reverse();
            }
            head[at..at + bytes.len()].copy_from_slice(&bytes);
        };
        put(0, 348i32.to_le_bytes().to_vec());
        for (axis, length) in [3i16, 4, 3, 2].into_iter().enumerate() {
            put(40 + 2 * axis, length.to_le_bytes().to_vec());
        }
        put(70, 512i16.to_le_bytes().to_vec());
        for axis in 1..4 {
            put(76 + 4 * axis, 0.5f32.to_le_bytes().to_vec());
        }
        put(108, 352f32.to_le_bytes().to_vec());
        head[123] = 2;
        head[344..348].copy_from_slice(b"n+1\0");
        let number = |n: u16| if big { n.to_be_bytes() } else { n.to_le_bytes() };
        head.extend((0..24).flat_map(number));
        std::fs::write(&path, &head).unwrap();
        let opened = crate::open(&path).unwrap();
        assert_eq!(opened.pages(), 2);
        let page = opened.page(1).unwrap();
        assert_eq!(page.info().mpp, Some((500.0, 500.0)));
        let pixels = page.read(Region::new(0, Rect::new(0, 0, 4, 3))).unwrap();
        assert_eq!(pixels.samples(), &Samples::U16((12..24).collect()));
    }
}
