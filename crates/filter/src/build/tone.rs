//! Point filters: tones, colors, channels, types.

use crate::frame::Frame;
use crate::kernels::{Built, Convert, Curve, PerPixel, Pick, Point, Spline};
use crate::pixels::{Color, SampleType};
use crate::spec::FilterSpec;
use crate::{Error, Result};

/// The filter `spec` for images like `frame`.
pub(super) fn build(spec: &FilterSpec, frame: &Frame) -> Result<Built> {
    let number = |name: &str| spec.number(name).unwrap_or(0.0) as f32;
    let full = frame.full();
    match spec.filter().name {
        "threshold" => {
            let (limit, inverted) = (number("value"), spec.text("invert") == "yes");
            let (below, above) = if inverted { (full, 0.0) } else { (0.0, full) };
            Ok(curve(frame, move |_, v| if v > limit { above } else { below }))
        }
        "levels" => levels(spec, frame),
        "gamma" => {
            let exponent = 1.0 / f64::from(number("gamma"));
            Ok(curve(frame, move |_, v| (f64::from(v / full).max(0.0).powf(exponent) * f64::from(full)) as f32))
        }
        "invert" => Ok(curve(frame, move |_, v| full - v)),
        "curves" => curves(spec, frame),
        "white-balance" => {
            needs_colors(spec, frame)?;
            let factors = [number("red"), number("green"), number("blue")];
            Ok(curve(frame, move |c, v| v * factors[c.min(2)]))
        }
        "saturation" => {
            needs_colors(spec, frame)?;
            let factor = number("factor");
            Ok(mixed(frame.clone(), move |pixel, out| {
                let gray = luma(pixel);
                out.copy_from_slice(pixel);
                out[..3].iter_mut().for_each(|value| *value = gray + (*value - gray) * factor);
            }))
        }
        "gray" => {
            needs_colors(spec, frame)?;
            let alpha = frame.alpha();
            let (channels, color) = if alpha.is_some() { (2, Color::GrayAlpha) } else { (1, Color::Gray) };
            Ok(mixed(Frame { channels, color, ..frame.clone() }, move |pixel, out| {
                out[0] = luma(pixel);
                if let Some(alpha) = alpha {
                    out[1] = pixel[alpha];
                }
            }))
        }
        "stain" => stain(spec, frame),
        "channel" => pick(spec, frame),
        "mix" => mix(spec, frame),
        "flatten" => flatten(spec, frame),
        "depth" => Ok(depth(spec, frame)),
        other => Err(Error::invalid(format!("{other}: not known"))),
    }
}

/// A curve for every channel but alpha.
fn curve(frame: &Frame, curve: impl Fn(usize, f32) -> f32 + Send + Sync + 'static) -> Built {
    let alpha = frame.alpha();
    let curve: Curve = Box::new(move |c, value| if alpha == Some(c) { value } else { curve(c, value) });
    Built { op: Box::new(Point::new(frame.channels, curve)), frame: frame.clone() }
}

fn mixed(frame: Frame, mixer: impl Fn(&[f32], &mut [f32]) + Send + Sync + 'static) -> Built {
    Built { op: Box::new(PerPixel::new(frame.channels, Box::new(mixer))), frame }
}

fn needs_colors(spec: &FilterSpec, frame: &Frame) -> Result<()> {
    if frame.colors() == 3 && frame.color != Color::Channels {
        return Ok(());
    }
    Err(Error::invalid(format!("{}: wants red, green and blue, not {} channels", spec.filter().name, frame.channels)))
}

/// BT.601.
fn luma(pixel: &[f32]) -> f32 {
    0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2]
}

fn levels(spec: &FilterSpec, frame: &Frame) -> Result<Built> {
    let full = f64::from(frame.full());
    let number = |name: &str| spec.number(name);
    let (black, white) = (number("black").unwrap_or(0.0), number("white").unwrap_or(full));
    let (to_black, to_white) = (number("to-black").unwrap_or(0.0), number("to-white").unwrap_or(full));
    if black >= white {
        return Err(spec.wrong("black", format!("{black} is not below white, {white}")));
    }
    let exponent = 1.0 / number("gamma").unwrap_or(1.0);
    Ok(curve(frame, move |_, v| {
        let part = ((f64::from(v) - black) / (white - black)).clamp(0.0, 1.0);
        (to_black + part.powf(exponent) * (to_white - to_black)) as f32
    }))
}

fn curves(spec: &FilterSpec, frame: &Frame) -> Result<Built> {
    let points = spec.lines("points")?;
    let pairs: Option<Vec<(f64, f64)>> =
        points.iter().map(|point| if let [x, y] = point[..] { Some((x, y)) } else { None }).collect();
    let rising = |pairs: &Vec<(f64, f64)>| pairs.len() >= 2 && pairs.windows(2).all(|p| p[0].0 < p[1].0);
    let pairs = pairs.filter(rising).ok_or_else(|| spec.wrong("points", "wants two or more pairs x y, x rising"))?;
    let (spline, full) = (Spline::new(pairs), f64::from(frame.full()));
    Ok(curve(frame, move |_, v| (spline.at(f64::from(v) / full) * full) as f32))
}

/// Beer and Lambert: optical densities are sums of those of the stains; each is found by the inverse of their vectors.
fn stain(spec: &FilterSpec, frame: &Frame) -> Result<Built> {
    needs_colors(spec, frame)?;
    let rows = spec.lines("vectors")?;
    let unit = |row: &Vec<f64>| {
        let length = row.iter().map(|v| v * v).sum::<f64>().sqrt();
        (row.len() == 3 && length > 0.0).then(|| [row[0] / length, row[1] / length, row[2] / length])
    };
    let vectors: Option<Vec<[f64; 3]>> = rows.iter().map(unit).collect();
    let inverse = vectors.as_deref().and_then(|v| if let [a, b, c] = *v { inverted([a, b, c]) } else { None });
    let inverse = inverse.ok_or_else(|| spec.wrong("vectors", "wants three rows of three that are independent"))?;
    let wanted = match spec.text("channel") {
        "hematoxylin" => vec![0],
        "eosin" => vec![1],
        "residual" => vec![2],
        _ => vec![0, 1, 2],
    };
    let (full, alpha) = (f64::from(frame.full()), frame.alpha());
    let (channels, color) = match (wanted.len(), alpha.is_some()) {
        (1, false) => (1, Color::Gray),
        (1, true) => (2, Color::GrayAlpha),
        // Three stains are no colors, and leave no place for alpha.
        _ => (3, Color::Channels),
    };
    Ok(mixed(Frame { channels, color, ..frame.clone() }, move |pixel, out| {
        let density = [0, 1, 2].map(|c| -(f64::from(pixel[c]) / full).max(1e-6).ln());
        for (out, stain) in out.iter_mut().zip(&wanted) {
            let amount: f64 = (0..3).map(|c| density[c] * inverse[c][*stain]).sum();
            *out = (full * (-amount.max(0.0)).exp()) as f32;
        }
        if let (Some(alpha), 2) = (alpha, out.len()) {
            out[1] = pixel[alpha];
        }
    }))
}

/// The inverse of a matrix of three rows.
fn inverted([a, b, c]: [[f64; 3]; 3]) -> Option<[[f64; 3]; 3]> {
    let cross =
        |u: [f64; 3], v: [f64; 3]| [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
    let columns = [cross(b, c), cross(c, a), cross(a, b)];
    let determinant: f64 = (0..3).map(|i| a[i] * columns[0][i]).sum();
    (determinant.abs() > 1e-9).then(|| [0, 1, 2].map(|i| columns.map(|column| column[i] / determinant)))
}

fn pick(spec: &FilterSpec, frame: &Frame) -> Result<Built> {
    let numbers: Vec<f64> = spec.lines("numbers")?.concat();
    let last = f64::from(frame.channels) - 1.0;
    if numbers.is_empty()
        || numbers.len() > 255
        || numbers.iter().any(|n| n.fract() != 0.0 || !(0.0..=last).contains(n))
    {
        return Err(spec.wrong("numbers", format!("wants channels from 0 to {last}")));
    }
    let picks: Vec<usize> = numbers.iter().map(|n| *n as usize).collect();
    // Alpha stays alpha where it is last.
    let ends_in_alpha = frame.alpha().is_some() && picks.last().copied() == frame.alpha();
    let color = match (picks.len(), ends_in_alpha, frame.color) {
        (1, false, _) => Color::Gray,
        (2, true, _) => Color::GrayAlpha,
        (3, false, Color::Rgb | Color::Rgba) if !picks.contains(&3) => Color::Rgb,
        (4, true, Color::Rgba) => Color::Rgba,
        _ => Color::Channels,
    };
    let frame = Frame { channels: picks.len() as u8, color, ..frame.clone() };
    Ok(Built { op: Box::new(Pick(picks)), frame })
}

fn mix(spec: &FilterSpec, frame: &Frame) -> Result<Built> {
    let rows = spec.lines("weights")?;
    let had = frame.channels as usize;
    if rows.is_empty() || rows.len() > 255 || rows.iter().any(|row| row.len() != had) {
        return Err(spec.wrong("weights", format!("wants rows of {had} weights, one for each channel of the image")));
    }
    let color = match rows.len() {
        1 => Color::Gray,
        3 if frame.color == Color::Rgb => Color::Rgb,
        4 if frame.color == Color::Rgba => Color::Rgba,
        _ => Color::Channels,
    };
    let offset = spec.number("offset").unwrap_or(0.0);
    let made = Frame { channels: rows.len() as u8, color, ..frame.clone() };
    Ok(mixed(made, move |pixel, out| {
        for (out, row) in out.iter_mut().zip(&rows) {
            let sum: f64 = row.iter().zip(pixel).map(|(weight, value)| weight * f64::from(*value)).sum();
            *out = (sum + offset) as f32;
        }
    }))
}

fn flatten(spec: &FilterSpec, frame: &Frame) -> Result<Built> {
    let color: Vec<f64> = spec.lines("color")?.concat();
    if color.len() != 3 || color.iter().any(|v| !(0.0..=255.0).contains(v)) {
        return Err(spec.wrong("color", "wants red, green and blue from 0 to 255"));
    }
    let Some(alpha) = frame.alpha() else { return Ok(curve(frame, |_, v| v)) };
    let full = frame.full();
    let on: Vec<f32> = color.iter().map(|v| *v as f32 / 255.0 * full).collect();
    let (channels, color) = if alpha == 1 { (1, Color::Gray) } else { (3, Color::Rgb) };
    let on = if alpha == 1 { vec![luma(&on)] } else { on };
    Ok(mixed(Frame { channels, color, ..frame.clone() }, move |pixel, out| {
        let alpha_value = pixel[alpha] / full;
        for ((out, value), on) in out.iter_mut().zip(pixel).zip(&on) {
            *out = on + (value - on) * alpha_value;
        }
    }))
}

fn depth(spec: &FilterSpec, frame: &Frame) -> Built {
    let sample = match spec.text("type") {
        "u16" => SampleType::U16,
        "f32" => SampleType::F32,
        _ => SampleType::U8,
    };
    let factor = if spec.text("range") == "keep" { 1.0 } else { sample.max() / frame.full() };
    Built { op: Box::new(Convert { factor, sample }), frame: Frame { sample, ..frame.clone() } }
}
