//! Filters that move pixels, and where they then come from.

use crate::frame::{Affine, Frame};
use crate::geometry::{Rect, Size};
use crate::kernels::{Built, Crop, Interpolation, Resampling, Resize, Turn, Warp};
use crate::spec::FilterSpec;
use crate::{Error, Result};

/// No side of a result is longer, in pixels.
const LONGEST: f64 = 2e9;

/// The filter `spec` for images like `frame`.
pub(super) fn build(spec: &FilterSpec, frame: &Frame) -> Result<Built> {
    match spec.filter().name {
        "flip" => {
            let across = spec.text("axis") == "horizontal";
            Ok(turned(frame, Turn { transposed: false, mirror_x: across, mirror_y: !across, size: frame.size }))
        }
        "rotate" => rotate(spec, frame),
        "affine" => affine(spec, frame),
        "crop" => crop(spec, frame),
        _ => resize(spec, frame),
    }
}

fn moved(frame: &Frame, size: Size, map: Affine) -> Frame {
    Frame { size, to_source: map.then(frame.to_source), ..frame.clone() }
}

fn turned(frame: &Frame, turn: Turn) -> Built {
    Built { op: Box::new(turn), frame: moved(frame, turn.result(), turn.map()) }
}

fn crop(spec: &FilterSpec, frame: &Frame) -> Result<Built> {
    let numbers: Vec<f64> = spec.lines("rect")?.concat();
    let [x, y, width, height] = numbers[..] else { return Err(spec.wrong("rect", "wants X Y WIDTH HEIGHT")) };
    if numbers.iter().any(|v| v.fract() != 0.0 || v.abs() > LONGEST) || width < 1.0 || height < 1.0 {
        return Err(spec.wrong("rect", "wants whole pixels, at least one each way"));
    }
    let along = |from: f64, length: f64, pixels: u32| {
        let end = f64::from(pixels) * frame.downsample;
        let (from, to) = (from.max(0.0) / frame.downsample, (from + length).min(end) / frame.downsample);
        // At a coarse level what is left may be less than a pixel.
        let first = (from.floor() as i64).min(i64::from(pixels) - 1);
        (to > from).then(|| (first, (to.ceil() as i64).clamp(first + 1, pixels.into())))
    };
    let sides = along(x, width, frame.size.width).zip(along(y, height, frame.size.height));
    let Some(((x0, x1), (y0, y1))) = sides else {
        return Err(spec.wrong("rect", format!("holds no pixel of the {} of the image", frame.size)));
    };
    let rect = Rect::new(x0, y0, x1, y1);
    let map = Affine::straight((1.0, 1.0), (rect.x0 as f64, rect.y0 as f64));
    Ok(Built { op: Box::new(Crop { x: rect.x0, y: rect.y0 }), frame: moved(frame, rect.size(), map) })
}

fn resize(spec: &FilterSpec, frame: &Frame) -> Result<Built> {
    let (width, height) = (f64::from(frame.size.width), f64::from(frame.size.height));
    let scale = spec.number("scale").unwrap_or(1.0);
    let pixels = |name: &str| spec.number(name).map(|pixels| pixels / frame.downsample);
    let wanted = match (pixels("width"), pixels("height")) {
        (Some(w), Some(h)) => (w, h),
        (Some(w), None) => (w, height * w / width),
        (None, Some(h)) => (width * h / height, h),
        (None, None) => (width * scale, height * scale),
    };
    if wanted.0 > LONGEST || wanted.1 > LONGEST {
        return Err(Error::limit(format!("resize: {:.0}×{:.0} pixels are too many", wanted.0, wanted.1)));
    }
    let side = |pixels: f64| pixels.round().max(1.0) as u32;
    let size = Size::new(side(wanted.0), side(wanted.1));
    let op = Resize::new(frame, size, Resampling::of_name(spec.text("filter")));
    let frame = moved(frame, size, op.map());
    Ok(Built { op: Box::new(op), frame })
}

fn rotate(spec: &FilterSpec, frame: &Frame) -> Result<Built> {
    let angle = spec.number("angle").unwrap_or(0.0);
    let keeps = spec.text("size") == "keep";
    let quarters = angle / 90.0;
    let square = frame.size.width == frame.size.height;
    if quarters.fract() == 0.0 && (!keeps || square || quarters % 2.0 == 0.0) {
        return Ok(turned(frame, Turn::quarters(quarters as i64, frame.size)));
    }
    let (sin, cos) = angle.to_radians().sin_cos();
    let (width, height) = (f64::from(frame.size.width), f64::from(frame.size.height));
    // Without what rounding adds to a whole number.
    let needed = |pixels: f64| (pixels - 1e-6).ceil();
    let (out_width, out_height) = if keeps {
        (width, height)
    } else {
        (needed(width * cos.abs() + height * sin.abs()), needed(width * sin.abs() + height * cos.abs()))
    };
    let center = |x: f64, y: f64| Affine::straight((1.0, 1.0), (x, y));
    let back = Affine { x: [cos, sin, 0.0], y: [-sin, cos, 0.0] };
    let map = center(-out_width / 2.0, -out_height / 2.0).then(back).then(center(width / 2.0, height / 2.0));
    warped(spec, frame, (out_width, out_height), map)
}

fn affine(spec: &FilterSpec, frame: &Frame) -> Result<Built> {
    let numbers: Vec<f64> = spec.lines("matrix")?.concat();
    let [a, b, c, d, e, f] = numbers[..] else { return Err(spec.wrong("matrix", "wants six numbers: a b c/d e f")) };
    let forth = Affine { x: [a, b, c / frame.downsample], y: [d, e, f / frame.downsample] };
    let back = forth.inverse().ok_or_else(|| spec.wrong("matrix", "maps the image to a line"))?;
    let bounds = forth.bounds(frame.rect());
    let map = Affine::straight((1.0, 1.0), (bounds.x0 as f64, bounds.y0 as f64)).then(back);
    warped(spec, frame, (bounds.width() as f64, bounds.height() as f64), map)
}

fn warped(spec: &FilterSpec, frame: &Frame, (width, height): (f64, f64), map: Affine) -> Result<Built> {
    if width > LONGEST || height > LONGEST || width < 1.0 || height < 1.0 {
        return Err(Error::limit(format!("{}: {width:.0}×{height:.0} pixels", spec.filter().name)));
    }
    let op = Warp::new(map, Interpolation::of_name(spec.text("filter")), frame);
    Ok(Built { op: Box::new(op), frame: moved(frame, Size::new(width as u32, height as u32), map) })
}
