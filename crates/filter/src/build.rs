//! Builds a filter from a [`FilterSpec`] and the frame of its input; also gives the frame of its output.

mod geometry;
mod tone;

use crate::Result;
use crate::frame::{Border, Frame};
use crate::kernels::{self, Built, Direction, Kind, Linear, Op, Operation, Term, terms_of, weights};
use crate::spec::FilterSpec;

/// The filter `spec` for images like `frame`.
pub(crate) fn build(spec: &FilterSpec, frame: &Frame) -> Result<Built> {
    let number = |name: &str| spec.number(name).unwrap_or(0.0);
    // Lengths are in pixels of level 0.
    let length = |name: &str| number(name) / frame.downsample;
    let same = |op: Box<dyn Op>| Ok(Built { op, frame: frame.clone() });
    match spec.filter().name {
        "gaussian" => same(smooth(spec, frame, gaussian_term(length("sigma"), frame))),
        "unsharp" => unsharp(spec, frame),
        "sharpen" => {
            let divisor = 8.0 / number("amount");
            let mut kernel = [-1.0; 9];
            kernel[4] = 8.0 + divisor;
            same(Box::new(difference(spec, frame, terms_of(3, &kernel)).divided(divisor as f32)))
        }
        "kernel" => kernel(spec, frame),
        "highpass" => {
            let scale = number("scale");
            let blur = scaled(gaussian_term(length("sigma"), frame), -scale);
            same(Box::new(signed(spec, frame, vec![point(scale), blur])))
        }
        "log" => {
            let sigma = length("sigma").max(0.3);
            let terms = kernels::laplacian_of_gaussian(sigma, kernels::laplacian_radius(sigma, frame), number("scale"));
            same(Box::new(signed(spec, frame, terms)))
        }
        "dog" => {
            let (narrow, wide) = (gaussian_term(length("sigma"), frame), gaussian_term(length("sigma2"), frame));
            let terms = vec![scaled(narrow, number("scale")), scaled(wide, -number("scale"))];
            same(Box::new(signed(spec, frame, terms)))
        }
        "mean" => same(mean(spec, frame)),
        "median" => {
            let op = kernels::Median::new(odd(length("size"), 31), border(spec), frame, is_weighted(spec));
            same(Box::new(op))
        }
        "bilateral" => {
            let range = number("range") / 100.0 * f64::from(frame.full());
            same(Box::new(kernels::Bilateral::new(length("sigma").max(0.3), range, border(spec), frame)))
        }
        "sobel" => sobel(spec, frame),
        "canny" => canny(spec, frame),
        "erode" | "dilate" | "open" | "close" | "tophat" | "blackhat" => {
            let (operation, disk) = (Operation::of_name(spec.filter().name), spec.text("shape") == "disk");
            same(Box::new(kernels::Morphology::new(operation, odd(length("size"), 301), disk, border(spec), frame)))
        }
        "otsu" => same(Box::new(kernels::Otsu::new(frame, is_inverted(spec)))),
        "local" => {
            let size = odd(length("size"), 301);
            let gaussian = spec.text("weight") == "gaussian";
            let line = if gaussian { kernels::gaussian((size - 1) as f64 / 6.0, size / 2) } else { vec![1.0; size] };
            let line = weights(&line);
            let divisor = if gaussian { 1.0 } else { (size * size) as f32 };
            let term = Term::Separable { across: line.clone(), down: line };
            let mean = Linear::new(vec![term], Kind::Mean, frame, border(spec), true).divided(divisor);
            same(Box::new(kernels::Local::new(mean, number("offset") as f32, frame, is_inverted(spec))))
        }
        "background" => background(spec, frame),
        "flip" | "rotate" | "affine" | "crop" | "resize" => geometry::build(spec, frame),
        _ => tone::build(spec, frame),
    }
}

/// The odd number of pixels nearest to a length, up to `most`; 1 leaves an image as it is.
fn odd(length: f64, most: usize) -> usize {
    (2 * (((length - 1.0) / 2.0).round().max(0.0) as usize) + 1).min(most)
}

fn is_inverted(spec: &FilterSpec) -> bool {
    spec.text("invert") == "yes"
}

fn mean(spec: &FilterSpec, frame: &Frame) -> Box<dyn Op> {
    let size = odd(spec.number("size").unwrap_or(3.0) / frame.downsample, 301);
    let line = weights(&vec![1.0; size]);
    let term = Term::Separable { across: line.clone(), down: line };
    let weighted = is_weighted(spec);
    let linear = Linear::new(vec![term], Kind::Mean, frame, border(spec), weighted).divided((size * size) as f32);
    Box::new(kernels::Mean::new(size, linear, frame.alpha().filter(|_| weighted).map(|_| frame.full())))
}

fn sobel(spec: &FilterSpec, frame: &Frame) -> Result<Built> {
    let direction = match spec.text("direction") {
        "x" => Direction::X,
        "y" => Direction::Y,
        _ => Direction::Magnitude,
    };
    let offset = spec.number("offset").map_or(frame.middle(), |offset| offset as f32);
    let scale = spec.number("scale").unwrap_or(0.25) as f32;
    let op = kernels::Sobel::new(frame, border(spec), is_weighted(spec), direction, scale, offset);
    Ok(Built { op: Box::new(op), frame: frame.clone() })
}

fn canny(spec: &FilterSpec, frame: &Frame) -> Result<Built> {
    let number = |name: &str| spec.number(name).unwrap_or(0.0);
    let sigma = number("sigma") / frame.downsample;
    let blur = (sigma >= 0.05).then(|| gaussian_term(sigma, frame));
    let (limits, reach) = ((number("low") as f32, number("high") as f32), (number("reach") / frame.downsample).ceil());
    let op = kernels::Canny::new(frame, border(spec), blur, limits, spec.text("norm") == "l1", reach as i64);
    let (channels, color) = (1, crate::pixels::Color::Gray);
    let frame = Frame { channels, color, sample: crate::pixels::SampleType::U8, ..frame.clone() };
    Ok(Built { op: Box::new(op), frame })
}

fn background(spec: &FilterSpec, frame: &Frame) -> Result<Built> {
    let (radius, light) = (spec.number("radius").unwrap_or(50.0) / frame.downsample, spec.text("light") == "yes");
    let op: Box<dyn Op> = if spec.text("method") == "gaussian" {
        let linear = difference(spec, frame, vec![point(1.0), scaled(gaussian_term(radius, frame), -1.0)]);
        Box::new(linear.shifted(if light { frame.full() } else { 0.0 }))
    } else {
        Box::new(kernels::Paraboloid::new(radius.max(0.5), light, border(spec), frame))
    };
    Ok(Built { op, frame: frame.clone() })
}

/// The border mode.
pub(crate) fn border(spec: &FilterSpec) -> Border {
    if spec.text("border") == "mirror" { Border::Mirror } else { Border::Replicate }
}

/// Whether alpha weights colors.
fn is_weighted(spec: &FilterSpec) -> bool {
    spec.text("alpha") != "ignore"
}

/// A blur of `sigma` pixels; one too narrow to have an effect is left out.
fn gaussian_term(sigma: f64, frame: &Frame) -> Term {
    if sigma < 0.05 {
        return point(1.0);
    }
    let line = weights(&kernels::gaussian(sigma, kernels::gaussian_radius(sigma, frame)));
    Term::Separable { across: line.clone(), down: line }
}

/// The pixel itself, times `factor`.
fn point(factor: f64) -> Term {
    Term::Separable { across: weights(&[factor]), down: weights(&[1.0]) }
}

fn scaled(term: Term, factor: f64) -> Term {
    match term {
        Term::Separable { across, down } => {
            let across: Vec<f64> = across.values.iter().map(|value| f64::from(*value) * factor).collect();
            Term::Separable { across: weights(&across), down }
        }
        dense @ Term::Dense { .. } => dense,
    }
}

fn smooth(spec: &FilterSpec, frame: &Frame, term: Term) -> Box<dyn Op> {
    Box::new(Linear::new(vec![term], Kind::Mean, frame, border(spec), is_weighted(spec)))
}

fn difference(spec: &FilterSpec, frame: &Frame, terms: Vec<Term>) -> Linear {
    Linear::new(terms, Kind::Difference, frame, border(spec), is_weighted(spec))
}

/// A filter whose results are signed.
fn signed(spec: &FilterSpec, frame: &Frame, terms: Vec<Term>) -> Linear {
    let offset = spec.number("offset").map_or(frame.middle(), |offset| offset as f32);
    difference(spec, frame, terms).shifted(offset)
}

fn unsharp(spec: &FilterSpec, frame: &Frame) -> Result<Built> {
    let number = |name: &str| spec.number(name).unwrap_or(0.0);
    let (sigma, amount) = (number("sigma") / frame.downsample, number("amount"));
    let blur = scaled(gaussian_term(sigma, frame), -amount);
    let linear = difference(spec, frame, vec![point(amount), blur]);
    let op = kernels::Unsharp::new(linear, number("threshold") as f32, frame.alpha().filter(|_| is_weighted(spec)));
    Ok(Built { op: Box::new(op), frame: frame.clone() })
}

fn kernel(spec: &FilterSpec, frame: &Frame) -> Result<Built> {
    let rows = spec.lines("weights")?;
    let side = rows.len();
    let fits = (3..=31).contains(&side) && side % 2 == 1 && rows.iter().all(|row| row.len() == side);
    if !fits {
        return Err(spec.wrong("weights", "wants as many weights in each row as rows, an odd number from 3 to 31"));
    }
    let kernel: Vec<f64> = rows.concat();
    let sum: f64 = kernel.iter().sum();
    let divisor = spec.number("divisor").unwrap_or(if sum.abs() < 1e-9 { 1.0 } else { sum });
    if divisor == 0.0 {
        return Err(spec.wrong("divisor", "must not be 0"));
    }
    let kind = if kernel.iter().all(|weight| *weight >= 0.0) && sum > 0.0 { Kind::Mean } else { Kind::Difference };
    let terms = terms_of(side, &kernel);
    let linear = Linear::new(terms, kind, frame, border(spec), is_weighted(spec));
    let offset = spec.number("offset").unwrap_or(0.0) as f32;
    Ok(Built { op: Box::new(linear.divided(divisor as f32).shifted(offset)), frame: frame.clone() })
}
