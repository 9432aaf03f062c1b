//! Each filter against a slow one written from its definition: doubles, every pixel by itself, no separation, no blocks.
#![expect(clippy::unwrap_used, reason = "a test helper that cannot go on should say where")]

use mosaicist_core::geometry::{Rect, Region, Size};
use mosaicist_core::pixels::{Pixels, SampleType, Samples};
use mosaicist_filter::{Filtered, parse_chain};
use mosaicist_source::Source;
use mosaicist_source::testing::{InMemory, Pattern};

/// An image as doubles.
#[derive(Clone)]
struct Image {
    width: i64,
    height: i64,
    channels: usize,
    values: Vec<f64>,
}

impl Image {
    fn of(pixels: &Pixels) -> Self {
        let values = match pixels.samples() {
            Samples::U8(v) => v.iter().map(|v| f64::from(*v)).collect(),
            Samples::U16(v) => v.iter().map(|v| f64::from(*v)).collect(),
            Samples::F32(v) => v.iter().map(|v| f64::from(*v)).collect(),
            other => panic!("samples of {}", other.sample_type().name()),
        };
        let size = pixels.size();
        Self { width: size.width.into(), height: size.height.into(), channels: pixels.channels().into(), values }
    }

    fn at(&self, x: i64, y: i64, c: usize) -> f64 {
        let (x, y) = (x.clamp(0, self.width - 1), y.clamp(0, self.height - 1));
        self.values[(y * self.width + x) as usize * self.channels + c]
    }

    fn mirrored(&self, x: i64, y: i64, c: usize) -> f64 {
        let fold = |at: i64, length: i64| {
            let at = at.rem_euclid(2 * (length - 1));
            at.min(2 * (length - 1) - at)
        };
        self.at(fold(x, self.width), fold(y, self.height), c)
    }

    fn map(&self, value: impl Fn(i64, i64, usize) -> f64) -> Self {
        let places = (0..self.height).flat_map(|y| (0..self.width).map(move |x| (x, y)));
        let values =
            places.flat_map(|(x, y)| (0..self.channels).map(move |c| (x, y, c))).map(|(x, y, c)| value(x, y, c));
        Self { values: values.collect(), ..*self }
    }

    /// The sum of weights times neighbors.
    fn convolved(&self, radius: i64, weight: impl Fn(i64, i64) -> f64) -> Self {
        self.map(|x, y, c| square(radius).map(|(dx, dy)| weight(dx, dy) * self.at(x + dx, y + dy, c)).sum())
    }
}

fn square(radius: i64) -> impl Iterator<Item = (i64, i64)> {
    (-radius..=radius).flat_map(move |y| (-radius..=radius).map(move |x| (x, y)))
}

const SIZE: Size = Size::new(83, 61);

fn source(channels: u8, sample: SampleType) -> (InMemory, Image) {
    let pixels = Pattern::new(SIZE, channels, sample).read(Region::new(0, Rect::from_size(SIZE))).unwrap();
    let image = Image::of(&pixels);
    (InMemory::new(pixels), image)
}

fn filtered(source: InMemory, chain: &str) -> Image {
    let filtered = Filtered::new(source, &parse_chain(chain.split('|')).unwrap()).unwrap();
    Image::of(&filtered.read(Region::new(0, filtered.info().whole(0))).unwrap())
}

/// Both agree within `most`, once the expected values are clamped to 0 to `full`.
fn check(name: &str, found: &Image, expected: &Image, full: f64, most: f64) {
    let shape = |image: &Image| (image.width, image.height, image.channels);
    assert_eq!(shape(found), shape(expected), "{name}");
    for (i, (found, expected)) in found.values.iter().zip(&expected.values).enumerate() {
        let expected = if full > 0.0 { expected.clamp(0.0, full) } else { *expected };
        let near = (found - expected).abs() <= most || found.is_nan() && expected.is_nan();
        assert!(near, "{name}: sample {i} is {found}, not {expected}");
    }
}

/// `reference` against `chain` on bytes, 16 bits and floats: half a level of rounding, and float sums in relation.
fn check_types(chain: &str, reference: impl Fn(&Image, f64) -> Image) {
    check_within(chain, 0.502, reference);
}

/// The same where bytes are summed up with few binary places, and so are seldom rounded to the other side of a half.
fn check_scaled(chain: &str, reference: impl Fn(&Image, f64) -> Image) {
    check_within(chain, 0.56, reference);
}

fn check_within(chain: &str, bytes: f64, reference: impl Fn(&Image, f64) -> Image) {
    for (sample, full, most) in
        [(SampleType::U8, 255.0, bytes), (SampleType::U16, 65535.0, 0.6), (SampleType::F32, 0.0, 2e-6)]
    {
        let (memory, image) = source(3, sample);
        let middle = [128.0, 32768.0, 0.0][[255.0, 65535.0, 0.0].iter().position(|f| *f == full).unwrap()];
        check(&format!("{chain} {}", sample.name()), &filtered(memory, chain), &reference(&image, middle), full, most);
    }
}

fn gauss(radius: i64, sigma: f64) -> impl Fn(i64, i64) -> f64 {
    let one = move |x: i64| (-0.5 * (x * x) as f64 / (sigma * sigma)).exp();
    let sum: f64 = (-radius..=radius).map(one).sum();
    move |x, y| one(x) * one(y) / (sum * sum)
}

/// The radius at which a Gaussian ends.
fn reach(sigma: f64, middle: f64) -> i64 {
    (sigma * if middle == 128.0 { 3.0 } else { 4.0 } + 0.5) as i64
}

#[test]
fn blurs() {
    check_scaled("gaussian:2", |image, middle| image.convolved(reach(2.0, middle), gauss(reach(2.0, middle), 2.0)));
    check_scaled("gaussian:0.7,border=mirror", |image, middle| {
        let (radius, weight) = (reach(0.7, middle), gauss(reach(0.7, middle), 0.7));
        image.map(|x, y, c| square(radius).map(|(dx, dy)| weight(dx, dy) * image.mirrored(x + dx, y + dy, c)).sum())
    });
    check_types("bilateral:1.5,range=20", |image, middle| {
        let range = 0.2 * [255.0, 65535.0, 1.0][[128.0, 32768.0, 0.0].iter().position(|m| *m == middle).unwrap()];
        let radius = 3;
        let weight = |x: i64, y: i64, dx: i64, dy: i64| {
            let apart: f64 = (0..3).map(|c| (image.at(x, y, c) - image.at(x + dx, y + dy, c)).abs()).sum();
            (-0.5 * ((dx * dx + dy * dy) as f64 / 2.25 + apart * apart / (range * range))).exp()
        };
        let disk = || square(radius).filter(|(dx, dy)| dx * dx + dy * dy <= radius * radius);
        image.map(|x, y, c| {
            let sum: f64 = disk().map(|(dx, dy)| weight(x, y, dx, dy) * image.at(x + dx, y + dy, c)).sum();
            sum / disk().map(|(dx, dy)| weight(x, y, dx, dy)).sum::<f64>()
        })
    });
}

#[test]
fn means_of_whole_numbers_are_exact() {
    check_types("mean:7", |image, _| image.convolved(3, |_, _| 1.0 / 49.0));
    for (size, sample, full) in
        [(3, SampleType::U8, 255.0), (7, SampleType::U16, 65535.0), (33, SampleType::U16, 65535.0)]
    {
        let (memory, image) = source(2, sample);
        let (radius, count) = (size / 2, (size * size) as f64);
        let plain = image.map(|x, y, c| {
            let sum: f64 = square(radius).map(|(dx, dy)| image.at(x + dx, y + dy, c)).sum();
            ((sum + (count / 2.0).floor()) / count).floor()
        });
        check("mean", &filtered(memory, &format!("mean:{size},alpha=ignore")), &plain, full, 0.0);
    }
}

#[test]
fn sharpening_and_kernels() {
    check_types("sharpen", |image, _| image.convolved(1, |dx, dy| if (dx, dy) == (0, 0) { 2.0 } else { -0.125 }));
    check_types("unsharp:2,amount=1.5", |image, middle| {
        let blurred = image.convolved(reach(2.0, middle), gauss(reach(2.0, middle), 2.0));
        image.map(|x, y, c| image.at(x, y, c) + 1.5 * (image.at(x, y, c) - blurred.at(x, y, c)))
    });
    check_scaled("highpass:3", |image, middle| {
        let blurred = image.convolved(reach(3.0, middle), gauss(reach(3.0, middle), 3.0));
        image.map(|x, y, c| image.at(x, y, c) - blurred.at(x, y, c) + middle)
    });
    check_scaled("dog:1,sigma2=2,scale=3", |image, middle| {
        let blurred = |sigma| image.convolved(reach(sigma, middle), gauss(reach(sigma, middle), sigma));
        let (narrow, wide) = (blurred(1.0), blurred(2.0));
        image.map(|x, y, c| 3.0 * (narrow.at(x, y, c) - wide.at(x, y, c)) + middle)
    });
    let dense = [3.0, -1.0, 2.0, 0.0, 5.0, 1.0, -2.0, 4.0, 1.0];
    check_types("kernel:weights=3 -1 2/0 5 1/-2 4 1", |image, _| {
        image.convolved(1, |dx, dy| dense[((dy + 1) * 3 + dx + 1) as usize] / 13.0)
    });
}

/// The second derivative along an axis, without what the cut leaves of its sum.
#[test]
fn laplacian_of_gaussian() {
    check_scaled("log:1.6", |image, middle| {
        // One sigma farther than the Gaussian.
        let (radius, sigma) = (reach(1.6, middle) + 2, 1.6f64);
        let one = |x: i64| (-0.5 * (x * x) as f64 / (sigma * sigma)).exp();
        let sum: f64 = (-radius..=radius).map(one).sum();
        let smooth = |x: i64| one(x) / sum;
        let bare = |x: i64| smooth(x) * ((x * x) as f64 / sigma.powi(4) - 1.0 / sigma.powi(2));
        let rest: f64 = (-radius..=radius).map(bare).sum();
        let second = |x: i64| bare(x) - rest * smooth(x);
        let made = image.convolved(radius, |dx, dy| second(dx) * smooth(dy) + smooth(dx) * second(dy));
        made.map(|x, y, c| made.at(x, y, c) + middle)
    });
}

#[test]
fn gradients() {
    let along = |image: &Image| image.convolved(1, |dx, dy| dx as f64 * (2.0 - (dy * dy) as f64) / 4.0);
    let down = |image: &Image| image.convolved(1, |dx, dy| dy as f64 * (2.0 - (dx * dx) as f64) / 4.0);
    check_types("sobel", |image, _| {
        let (gx, gy) = (along(image), down(image));
        image.map(|x, y, c| gx.at(x, y, c).hypot(gy.at(x, y, c)))
    });
    check_types("sobel:x", |image, middle| {
        let made = along(image);
        made.map(|x, y, c| made.at(x, y, c) + middle)
    });
}

#[test]
fn medians_are_exact() {
    for sample in [SampleType::U8, SampleType::U16, SampleType::F32] {
        for size in [3, 5, 7, 11] {
            let (memory, image) = source(3, sample);
            let plain = image.map(|x, y, c| {
                let mut all: Vec<f64> = square(size / 2).map(|(dx, dy)| image.at(x + dx, y + dy, c)).collect();
                all.sort_by(f64::total_cmp);
                all[all.len() / 2]
            });
            check(&format!("median {size}"), &filtered(memory, &format!("median:{size}")), &plain, 0.0, 0.0);
        }
    }
}

#[test]
fn morphology_is_exact() {
    let best = |image: &Image, radius: i64, disk: bool, largest: bool| {
        let fits = move |(dx, dy): &(i64, i64)| !disk || dx * dx + dy * dy <= radius * radius;
        image.map(|x, y, c| {
            let all = square(radius).filter(fits).map(|(dx, dy)| image.at(x + dx, y + dy, c));
            if largest { all.fold(f64::MIN, f64::max) } else { all.fold(f64::MAX, f64::min) }
        })
    };
    let minus = |a: &Image, b: &Image| a.map(|x, y, c| a.at(x, y, c) - b.at(x, y, c));
    for (sample, most) in [(SampleType::U8, 0.0), (SampleType::U16, 0.0), (SampleType::F32, 1e-7)] {
        for (size, shape) in [(3, "square"), (7, "disk"), (9, "square")] {
            let (radius, disk) = (size / 2, shape == "disk");
            let (memory, image) = source(3, sample);
            let open = best(&best(&image, radius, disk, false), radius, disk, true);
            let close = best(&best(&image, radius, disk, true), radius, disk, false);
            for (name, plain) in [
                ("erode", best(&image, radius, disk, false)),
                ("dilate", best(&image, radius, disk, true)),
                ("tophat", minus(&image, &open)),
                ("blackhat", minus(&close, &image)),
                ("open", open),
                ("close", close),
            ] {
                let found = filtered(memory.clone(), &format!("{name}:{size},shape={shape}"));
                check(&format!("{name} {size} {shape}"), &found, &plain, 0.0, most);
            }
        }
    }
}

/// Straight from `OpenCV`'s rules, the paths without an end.
#[test]
fn canny_edges() {
    // A disc on uneven ground.
    let value = |x: i64, y: i64| {
        let inside = (x - 20).pow(2) + (y - 15).pow(2) < 110;
        ((x * 7 + y * 13) % 11) as u8 + if inside { 190 } else { 30 }
    };
    let (width, height) = (i64::from(SIZE.width), i64::from(SIZE.height));
    let values = (0..height).flat_map(|y| (0..width).map(move |x| value(x, y))).collect();
    let pixels = Pixels::new(SIZE, 1, Samples::U8(values)).unwrap();
    let (image, memory) = (Image::of(&pixels), InMemory::new(pixels));
    let gradient = |x: i64, y: i64| {
        let sum = |weight: &dyn Fn(i64, i64) -> f64| -> f64 {
            square(1).map(|(dx, dy)| weight(dx, dy) * image.at(x + dx, y + dy, 0)).sum()
        };
        (sum(&|dx, dy| dx as f64 * (2.0 - (dy * dy) as f64)), sum(&|dx, dy| dy as f64 * (2.0 - (dx * dx) as f64)))
    };
    let inside = |x: i64, y: i64| x >= 0 && y >= 0 && x < image.width && y < image.height;
    let length = |x: i64, y: i64| {
        let (dx, dy) = gradient(x, y);
        if inside(x, y) { dx * dx + dy * dy } else { 0.0 }
    };
    let (low, high) = (60.0 * 60.0, 160.0 * 160.0);
    let edge = |x: i64, y: i64| {
        let (own, (dx, dy)) = (length(x, y), gradient(x, y));
        let tangent = 13573.0 / 32768.0;
        let steepest = if dy.abs() < dx.abs() * tangent {
            own > length(x - 1, y) && own >= length(x + 1, y)
        } else if dy.abs() > dx.abs() * (tangent + 2.0) {
            own > length(x, y - 1) && own >= length(x, y + 1)
        } else {
            let side = if (dx < 0.0) == (dy < 0.0) { 1 } else { -1 };
            own > length(x - side, y - 1) && own > length(x + side, y + 1)
        };
        if own > low && steepest { 1.0 + f64::from(u8::from(own > high)) } else { 0.0 }
    };
    let mut edges = image.map(|x, y, _| edge(x, y));
    loop {
        let grown = edges.map(|x, y, _| {
            let near = square(1).any(|(dx, dy)| inside(x + dx, y + dy) && edges.at(x + dx, y + dy, 0) == 2.0);
            if edges.at(x, y, 0) == 1.0 && near { 2.0 } else { edges.at(x, y, 0) }
        });
        if grown.values == edges.values {
            break;
        }
        edges = grown;
    }
    let plain = edges.map(|x, y, _| if edges.at(x, y, 0) == 2.0 { 255.0 } else { 0.0 });
    let found = filtered(memory.clone(), "canny:60,high=160,reach=4096");
    check("canny", &found, &plain, 0.0, 0.0);
    assert!(plain.values.iter().filter(|v| **v > 0.0).count() > 20, "there are edges");
    let short = filtered(memory, "canny:60,high=160,reach=1");
    assert!(short.values.iter().sum::<f64>() <= found.values.iter().sum(), "a short reach keeps fewer");
}

#[test]
fn thresholds() {
    for (sample, full) in [(SampleType::U8, 255.0), (SampleType::U16, 65535.0)] {
        let (memory, image) = source(1, sample);
        // Otsu by trying every value.
        let between = |limit: f64| {
            let (low, high): (Vec<f64>, Vec<f64>) = image.values.iter().partition(|v| **v <= limit);
            let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
            if low.is_empty() || high.is_empty() {
                0.0
            } else {
                low.len() as f64 * high.len() as f64 * (mean(&low) - mean(&high)).powi(2)
            }
        };
        let mut values = image.values.clone();
        values.sort_by(f64::total_cmp);
        values.dedup();
        let limit = values.iter().copied().max_by(|a, b| between(*a).total_cmp(&between(*b))).unwrap();
        let above = |limit: f64| image.map(|x, y, c| if image.at(x, y, c) > limit { full } else { 0.0 });
        check("otsu", &filtered(memory.clone(), "otsu"), &above(limit), full, 0.0);
        check(
            "threshold",
            &filtered(memory.clone(), &format!("threshold:{}", full * 0.4)),
            &above(full * 0.4),
            full,
            0.0,
        );
        let means = image.convolved(4, |_, _| 1.0 / 81.0);
        let local = image.map(|x, y, c| if image.at(x, y, c) > means.at(x, y, c) - 5.0 { full } else { 0.0 });
        check("local", &filtered(memory, "local:9,offset=5"), &local, full, 0.0);
    }
}

#[test]
fn background_is_an_opening_by_a_paraboloid() {
    let (memory, image) = source(1, SampleType::U8);
    let radius = 3.0f64;
    let far = (2.0 * radius * 255.0).sqrt().ceil().min(4.0 * radius) as i64;
    let height = |dx: i64, dy: i64| (dx * dx + dy * dy) as f64 / (2.0 * radius);
    let least = |x: i64, y: i64, c: usize| {
        square(far).map(|(dx, dy)| image.at(x + dx, y + dy, c) + height(dx, dy)).fold(f64::MAX, f64::min)
    };
    let below = image.map(least);
    let most = |x: i64, y: i64, c: usize| {
        square(far).map(|(dx, dy)| below.at(x + dx, y + dy, c) - height(dx, dy)).fold(f64::MIN, f64::max)
    };
    let plain = image.map(|x, y, c| image.at(x, y, c) - most(x, y, c));
    check("background", &filtered(memory, "background:3"), &plain, 255.0, 0.501);
}

#[test]
fn resizing() {
    let sinc = |x: f64| if x == 0.0 { 1.0 } else { (std::f64::consts::PI * x).sin() / (std::f64::consts::PI * x) };
    let lanczos = move |x: f64| if x.abs() < 3.0 { sinc(x) * sinc(x / 3.0) } else { 0.0 };
    let cubic = |x: f64| match x.abs() {
        x if x < 1.0 => 1.5 * x.powi(3) - 2.5 * x.powi(2) + 1.0,
        x if x < 2.0 => -0.5 * x.powi(3) + 2.5 * x.powi(2) - 4.0 * x + 2.0,
        _ => 0.0,
    };
    let linear = |x: f64| (1.0 - x.abs()).max(0.0);
    type Curve<'a> = &'a dyn Fn(f64) -> f64;
    let curves: [(&str, f64, Curve<'_>); 3] =
        [("lanczos3", 3.0, &lanczos), ("bicubic", 2.0, &cubic), ("bilinear", 1.0, &linear)];
    for (width, height) in [(75, 55), (30, 20), (140, 99)] {
        for (name, support, shape) in curves {
            check_scaled(&format!("resize:width={width},height={height},filter={name}"), |image, _| {
                let taps = |at: i64, to: i64, length: i64| {
                    let step = length as f64 / to as f64;
                    let (center, wide) = ((at as f64 + 0.5) * step, step.max(1.0));
                    let window = (0..length).filter(|i| (*i as f64 + 0.5 - center).abs() < support * wide + 0.5);
                    let raw: Vec<(i64, f64)> = window.map(|i| (i, shape((i as f64 + 0.5 - center) / wide))).collect();
                    let sum: f64 = raw.iter().map(|tap| tap.1).sum();
                    raw.into_iter().map(|(i, w)| (i, w / sum)).collect::<Vec<_>>()
                };
                let made = Image { width, height, channels: 3, values: vec![0.0; (width * height * 3) as usize] };
                let columns: Vec<_> = (0..width).map(|x| taps(x, width, image.width)).collect();
                let rows: Vec<_> = (0..height).map(|y| taps(y, height, image.height)).collect();
                made.map(|x, y, c| {
                    let line =
                        |row: i64| columns[x as usize].iter().map(|(i, w)| w * image.at(*i, row, c)).sum::<f64>();
                    rows[y as usize].iter().map(|(row, w)| w * line(*row)).sum()
                })
            });
        }
    }
    check_scaled("resize:width=30,height=22,filter=mean", |image, _| {
        let overlap = |at: i64, to: i64, length: i64, i: i64| {
            let step = length as f64 / to as f64;
            (((i + 1) as f64).min((at + 1) as f64 * step) - (i as f64).max(at as f64 * step)).max(0.0) / step
        };
        let made = Image { width: 30, height: 22, channels: 3, values: vec![0.0; 30 * 22 * 3] };
        made.map(|x, y, c| {
            let places = (0..image.height).flat_map(|j| (0..image.width).map(move |i| (i, j)));
            places
                .map(|(i, j)| overlap(x, 30, image.width, i) * overlap(y, 22, image.height, j) * image.at(i, j, c))
                .sum()
        })
    });
}

#[test]
fn turning() {
    let (memory, image) = source(3, SampleType::U8);
    let (w, h) = (image.width, image.height);
    let upright = Image { values: vec![0.0; image.values.len()], ..image };
    let lying = Image { width: h, height: w, ..upright.clone() };
    check(
        "rotate 90",
        &filtered(memory.clone(), "rotate:90"),
        &lying.map(|x, y, c| image.at(y, h - 1 - x, c)),
        0.0,
        0.0,
    );
    check(
        "rotate 270",
        &filtered(memory.clone(), "rotate:-90"),
        &lying.map(|x, y, c| image.at(w - 1 - y, x, c)),
        0.0,
        0.0,
    );
    check(
        "rotate 180",
        &filtered(memory.clone(), "rotate:180"),
        &upright.map(|x, y, c| image.at(w - 1 - x, h - 1 - y, c)),
        0.0,
        0.0,
    );
    check(
        "flip",
        &filtered(memory.clone(), "flip:horizontal"),
        &upright.map(|x, y, c| image.at(w - 1 - x, y, c)),
        0.0,
        0.0,
    );
    let (sin, cos) = 20f64.to_radians().sin_cos();
    let cubic = |x: f64| match x.abs() {
        x if x < 1.0 => 1.5 * x.powi(3) - 2.5 * x.powi(2) + 1.0,
        x if x < 2.0 => -0.5 * x.powi(3) + 2.5 * x.powi(2) - 4.0 * x + 2.0,
        _ => 0.0,
    };
    let plain = upright.map(|x, y, c| {
        let (dx, dy) = (x as f64 + 0.5 - w as f64 / 2.0, y as f64 + 0.5 - h as f64 / 2.0);
        let (u, v) = (cos * dx + sin * dy + w as f64 / 2.0, -sin * dx + cos * dy + h as f64 / 2.0);
        if u < 0.0 || v < 0.0 || u >= w as f64 || v >= h as f64 {
            return 0.0;
        }
        let (left, top) = ((u - 0.5).floor() as i64 - 1, (v - 0.5).floor() as i64 - 1);
        let weight = |i: i64, at: f64| cubic(i as f64 + 0.5 - at);
        (top..top + 4)
            .flat_map(|j| (left..left + 4).map(move |i| (i, j)))
            .map(|(i, j)| weight(i, u) * weight(j, v) * image.at(i, j, c))
            .sum()
    });
    check("rotate 20", &filtered(memory, "rotate:20,size=keep"), &plain, 255.0, 0.51);
}

#[test]
fn colors_and_tones() {
    let (memory, image) = source(3, SampleType::U8);
    let gamma = image.map(|x, y, c| (image.at(x, y, c) / 255.0).powf(1.0 / 2.2) * 255.0);
    check("gamma", &filtered(memory.clone(), "gamma:2.2"), &gamma, 255.0, 0.501);
    let levels = image.map(|x, y, c| ((image.at(x, y, c) - 20.0) / 180.0).clamp(0.0, 1.0) * 255.0);
    check("levels", &filtered(memory.clone(), "levels:20,white=200"), &levels, 255.0, 0.501);
    let wide = image.map(|x, y, c| image.at(x, y, c) * 257.0);
    check("depth", &filtered(memory.clone(), "depth:u16"), &wide, 65535.0, 0.0);
    check("depth and back", &filtered(memory.clone(), "depth:u16|depth:u8"), &image, 255.0, 0.0);
    // Hematoxylin by Cramer's rule.
    let unit = |v: [f64; 3]| v.map(|x| x / (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]).sqrt());
    let [h, e, d] = [[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]].map(unit);
    let determinant = |a: [f64; 3], b: [f64; 3], c: [f64; 3]| {
        a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0])
    };
    let one = Image { channels: 1, values: vec![0.0; image.values.len() / 3], ..image };
    let plain = one.map(|x, y, _| {
        let density = [0, 1, 2].map(|c| -(image.at(x, y, c) / 255.0).max(1e-6).ln());
        let amount = determinant(density, e, d) / determinant(h, e, d);
        255.0 * (-amount.max(0.0)).exp()
    });
    check("stain", &filtered(memory, "stain"), &plain, 255.0, 0.502);
}

/// What is missing or hidden has no say: means are those of what is there, and differences take the pixel itself instead.
#[test]
fn missing_and_transparent_neighbors_do_not_count() {
    let (_, mut image) = source(1, SampleType::F32);
    let hole = |i: usize| i % 7 == 3 || i / 83 % 13 == 5;
    image.values.iter_mut().enumerate().filter(|(i, _)| hole(*i)).for_each(|(_, v)| *v = f64::NAN);
    let values = image.values.iter().map(|v| *v as f32).collect();
    let memory = InMemory::new(Pixels::new(SIZE, 1, Samples::F32(values)).unwrap());
    let weight = gauss(8, 2.0);
    let blurred = image.map(|x, y, c| {
        let there =
            || square(8).map(|(dx, dy)| (weight(dx, dy), image.at(x + dx, y + dy, c))).filter(|(_, v)| !v.is_nan());
        let own = image.at(x, y, c);
        if own.is_nan() { own } else { there().map(|(w, v)| w * v).sum::<f64>() / there().map(|(w, _)| w).sum::<f64>() }
    });
    check("gaussian with holes", &filtered(memory.clone(), "gaussian:2"), &blurred, 0.0, 2e-6);
    let sharp = image.map(|x, y, c| {
        let own = image.at(x, y, c);
        let shown = |v: f64| if v.is_nan() { own } else { v };
        square(1)
            .map(|(dx, dy)| if (dx, dy) == (0, 0) { 2.0 * own } else { -0.125 * shown(image.at(x + dx, y + dy, c)) })
            .sum()
    });
    check("sharpen with holes", &filtered(memory.clone(), "sharpen"), &sharp, 0.0, 3e-6);
    let median = image.map(|x, y, c| {
        let own = image.at(x, y, c);
        let mut all: Vec<f64> = square(2).map(|(dx, dy)| image.at(x + dx, y + dy, c)).filter(|v| !v.is_nan()).collect();
        all.sort_by(f64::total_cmp);
        if own.is_nan() { own } else { all[(all.len() - 1) / 2] }
    });
    check("median with holes", &filtered(memory, "median:5"), &median, 0.0, 0.0);

    let (_, mut image) = source(4, SampleType::U8);
    let alpha = |i: usize| [0.0, 60.0, 255.0, 255.0][i / 9 % 4];
    image.values.iter_mut().skip(3).step_by(4).enumerate().for_each(|(i, v)| *v = alpha(i));
    let values = image.values.iter().map(|v| *v as u8).collect();
    let memory = InMemory::new(Pixels::new(SIZE, 4, Samples::U8(values)).unwrap());
    let weight = gauss(6, 2.0);
    let blurred = image.map(|x, y, c| {
        let all = || {
            square(6)
                .map(|(dx, dy)| (weight(dx, dy) * image.at(x + dx, y + dy, 3) / 255.0, image.at(x + dx, y + dy, c)))
        };
        let share: f64 = all().map(|(w, _)| w).sum();
        if c == 3 { 255.0 * share } else { all().map(|(w, v)| w * v).sum::<f64>() / share.max(1e-9) }
    });
    let found = filtered(memory, "gaussian:2");
    check("gaussian with alpha", &found, &blurred, 255.0, 0.502);
}
