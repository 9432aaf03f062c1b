//! The screen and the export show the same: placements that are rotated, scaled, shifted by parts of pixels, cropped, amplified or
//! faded, drawn tile by tile and composed; and what abuts has no seam.

use std::path::PathBuf;

use image::RgbaImage;
use mosaicist::app::{ExportCommand, Launch, Toggle, View, ViewChange, ViewCommand, WindowCommand};
use mosaicist::export::{Format, write_image};
use mosaicist::geometry::{Affine, Point, Rect, Size};
use mosaicist::mosaic::{Margins, Mosaic, PixelKind, Placement, save};
use mosaicist::pixels::{Color, Pixels, Samples};

use crate::driver::{TILE, Window};

/// At 100 % every sample may differ by so much from the export: rounding, once more than there.
const ROUNDING: u8 = 1;
/// Where the screen shows a coarser level, a sample may be any between those of the export around it, and so much beyond: a level of
/// an image at an odd place lies up to half a pixel of the screen beside that of the canvas, and is itself a mean.
const BEYOND: u8 = 4;
/// So many of 1000 samples may be farther: at edges of images, which come to the nearest pixel of a level.
const FEW: f64 = 5.0;

/// An image of waves, each channel of another length, so that any shift is seen.
pub(super) fn waves(x: u32, y: u32) -> [u8; 3] {
    let wave = |at: f64, length: f64| (127.5 + 110.0 * (at / length).sin()) as u8;
    let (x, y) = (f64::from(x), f64::from(y));
    [wave(x, 17.0), wave(y, 13.0), wave(x + 2.0 * y, 29.0)]
}

impl Window {
    pub(super) fn image_of(&self, name: &str, size: Size, color: impl Fn(u32, u32) -> [u8; 3]) -> PathBuf {
        let path = self.folder.path().join(name);
        let samples = (0..size.height).flat_map(|y| {
            (0..size.width).flat_map({
                let color = &color;
                move |x| color(x, y)
            })
        });
        let pixels = Pixels::new(size, 3, Samples::U8(samples.collect())).unwrap();
        write_image(&path, &pixels, Color::Rgb, 90).unwrap();
        path
    }

    /// Open these placements as a project, with nothing drawn over the canvas.
    pub(super) fn with_placements(placements: impl Fn(&Self) -> Vec<Placement>) -> Self {
        let mut window = Self::new();
        let mut mosaic = Mosaic::default();
        for placement in placements(&window) {
            mosaic.add(Placement { kind: Some(PixelKind::RGB8), ..placement });
        }
        let project = window.folder.path().join("p.mosaic");
        save(&mosaic, &project).unwrap();
        window.app().ask(WindowCommand::Toggle(Toggle::ScaleBar));
        window.app().start(Launch::Files(vec![project]));
        window.until("it is open", |app| !app.mosaic().placements.is_empty());
        window.harness.event(egui::Event::PointerGone);
        window
    }

    /// What the screen shows with the canvas pixel `at` exactly under a screen pixel near the middle.
    pub(super) fn shot(&mut self, at: Point, zoom: f64, degrees: f64) -> RgbaImage {
        let middle = self.app().canvas_rect().center();
        let beside = Point::new(f64::from(middle.x.fract()) / zoom, f64::from(middle.y.fract()) / zoom);
        let view = View { center: at + beside, zoom, degrees, mirrored: false };
        self.app().ask(ViewCommand::Change(ViewChange::At(view)));
        self.steps(2);
        self.rest();
        self.until("it is sharp", |app| app.is_sharp());
        self.steps(2);
        self.harness.render().unwrap()
    }

    /// The whole canvas as a PNG export.
    pub(super) fn exported(&mut self) -> image::RgbImage {
        let out = self.folder.path().join("out.png");
        self.app().ask(ExportCommand::Show(None));
        self.steps(2);
        let form = self.app().export_form().unwrap();
        (form.format, form.path) = (Format::Png, out.to_string_lossy().into_owned());
        self.app().ask(ExportCommand::Start);
        self.until("it is exported", |app| !app.is_busy() && app.notices().iter().any(|n| n.contains("Exported")));
        image::open(out).unwrap().to_rgb8()
    }
}

/// Every kind of placement, within 720 × 580 pixels.
fn all_kinds(window: &Window) -> Vec<Placement> {
    let path = window.image_of("waves.png", TILE, waves);
    let new = |x: f64, y: f64| Placement::new(path.clone(), TILE).at(Point::new(x, y));
    let with = |transform: Affine, x: f64, y: f64| Placement {
        transform: transform.then(Affine::translation(Point::new(x, y))),
        ..new(0.0, 0.0)
    };
    vec![
        new(3.0, 5.0),
        with(Affine::rotation(17.0), 420.0, 10.0),
        with(Affine::scale(0.6, 1.2), 20.25, 200.5),
        Placement { subpixel: true, ..new(230.37, 260.61) },
        Placement { crop: Margins { left: 31, top: 12, right: 63, bottom: 50 }, ..new(401.0, 301.0) },
        Placement { gain: 1.3, offset: -20.0, ..new(150.0, 120.0) },
        Placement { opacity: 0.4, ..with(Affine::rotation(-90.0), 300.0, 480.0) },
        Placement {
            opacity: 0.7,
            subpixel: true,
            ..with(Affine::rotation(200.0).then(Affine::scale(-0.8, 0.8)), 420.5, 330.5)
        },
    ]
}

/// Placements at whole pixels with all their samples: what is drawn from the images' own tiles.
pub(super) fn plain_ones(window: &Window) -> Vec<Placement> {
    let path = window.image_of("waves.png", TILE, waves);
    let places = [(0.0, 0.0), (301.0, 7.0), (33.0, 222.0), (350.4, 239.6)];
    places.map(|(x, y)| Placement::new(path.clone(), TILE).at(Point::new(x, y))).into()
}

/// How many of 1000 samples of the screen are farther than `beyond` from the export `expected`, whose first pixel is the canvas's pixel
/// at the corner of `bounds`; in the pixels of `level`, and there from all samples around theirs.
pub(super) fn apart(window: &mut Window, expected: &image::RgbImage, bounds: Rect, level: u32, beyond: u8) -> f64 {
    let scale = 1u32 << level;
    let at = Point::new((bounds.x0 + 360) as f64, (bounds.y0 + 280) as f64);
    let shot = window.shot(at, 1.0 / f64::from(scale), 0.0);
    let (screen, (width, height)) = (window.app().canvas_rect(), expected.dimensions());
    let corner = window.at(bounds.x0 as f64, bounds.y0 as f64);
    assert!((corner.x - corner.x.round()).abs() < 1e-3, "pixels meet pixels: {corner:?}");
    let (columns, rows) = (width / scale, height / scale);
    let mean = |x: u32, y: u32, channel: usize| {
        let square = (0..scale).flat_map(|dy| (0..scale).map(move |dx| (x * scale + dx, y * scale + dy)));
        let all: u32 = square.map(|(x, y)| u32::from(expected.get_pixel(x, y).0[channel])).sum();
        ((all + scale * scale / 2) / (scale * scale)) as u8
    };
    let reach = u32::from(level > 0);
    let (mut count, mut many) = (0, 0);
    for y in 0..rows {
        for x in 0..columns {
            let on_screen = (corner.x.round() as i64 + i64::from(x), corner.y.round() as i64 + i64::from(y));
            if !screen.shrink(1.0).contains(egui::pos2(on_screen.0 as f32 + 0.5, on_screen.1 as f32 + 0.5)) {
                continue;
            }
            let shown = shot.get_pixel(on_screen.0 as u32, on_screen.1 as u32);
            let around = |at: u32, all: u32| at.saturating_sub(reach)..=(at + reach).min(all - 1);
            for channel in 0..3 {
                let near = around(y, rows).flat_map(|y| around(x, columns).map(move |x| (x, y)));
                let near: Vec<u8> = near.map(|(x, y)| mean(x, y, channel)).collect();
                let (least, most) = (near.iter().min().unwrap(), near.iter().max().unwrap());
                let fits = least.saturating_sub(beyond)..=most.saturating_add(beyond);
                (count, many) = (count + 1, many + usize::from(!fits.contains(&shown.0[channel])));
            }
        }
    }
    assert!(count > 200_000 / (scale * scale) as usize, "most of it is in view: {count}");
    1000.0 * many as f64 / count as f64
}

fn compare(placements: impl Fn(&Window) -> Vec<Placement>) {
    let mut window = Window::with_placements(placements);
    let expected = window.exported();
    let bounds = window.app().mosaic().bounds();
    assert_eq!((u64::from(expected.width()), u64::from(expected.height())), (bounds.width(), bounds.height()));
    let differing = apart(&mut window, &expected, bounds, 0, ROUNDING);
    assert!(differing == 0.0, "{differing} of 1000 samples differ at 100 %");
    for level in [1, 2] {
        let differing = apart(&mut window, &expected, bounds, level, BEYOND);
        assert!(differing <= FEW, "level {level}: {differing:.2} of 1000 samples differ");
    }
}

#[test]
fn the_screen_shows_what_is_exported_of_all_kinds_of_placements() {
    compare(all_kinds);
}

#[test]
fn the_screen_shows_what_is_exported_of_plain_placements() {
    compare(plain_ones);
}

/// White tiles that abut: as many across and down, each as `change` makes it of its column and row.
fn abutting(count: i64, size: Size, change: impl Fn(Placement, f64, f64) -> Placement) -> Window {
    Window::with_placements(|window| {
        let path = window.image_of("white.png", size, |_, _| [255; 3]);
        let places = (0..count * count).map(|number| ((number % count) as f64, (number / count) as f64));
        places.map(|(column, row)| change(Placement::new(path.clone(), size), column, row)).collect()
    })
}

/// Every pixel well inside `inside`, a rectangle seen through `to_canvas`, is white at all zooms and angles.
fn shows_no_seam(window: &mut Window, inside: Rect, to_canvas: Affine) {
    let middle =
        to_canvas.apply(Point::new((inside.x0 + inside.x1) as f64 / 2.0, (inside.y0 + inside.y1) as f64 / 2.0));
    let from_canvas = to_canvas.invert().unwrap();
    for (zoom, degrees) in
        [(1.0, 0.0), (0.77, 0.0), (0.5, 0.0), (0.37, 90.0), (0.25, 0.0), (0.11, 0.0), (2.6, 0.0), (0.6, 33.0)]
    {
        let shot = window.shot(middle, zoom, degrees);
        let (view, screen) = (window.app().view(), window.app().canvas_rect());
        // One pixel of the screen, at most two of the level that is shown.
        let margin = 2.0 / zoom + 1.0;
        let mut looked_at = 0;
        for y in screen.top().ceil() as u32..screen.bottom().floor() as u32 {
            for x in screen.left().ceil() as u32..screen.right().floor() as u32 {
                let at = view.canvas_from_ui(screen, egui::pos2(x as f32 + 0.5, y as f32 + 0.5));
                let at = from_canvas.apply(at);
                let within = |at: f64, low: i64, high: i64| at > low as f64 + margin && at < high as f64 - margin;
                if within(at.x, inside.x0, inside.x1) && within(at.y, inside.y0, inside.y1) {
                    looked_at += 1;
                    let pixel = shot.get_pixel(x, y).0;
                    assert!(pixel[..3].iter().all(|v| *v >= 254), "{pixel:?} at {at:?}, zoom {zoom}, {degrees}°");
                }
            }
        }
        assert!(looked_at > 500, "{looked_at}");
    }
}

#[test]
fn abutting_tiles_of_odd_size_show_no_seam() {
    let size = Size::new(301, 203);
    let mut window =
        abutting(4, size, |tile, column, row| tile.at(Point::new(column * 301.0 - 55.0, row * 203.0 + 7.0)));
    shows_no_seam(&mut window, Rect::new(-55, 7, 4 * 301 - 55, 4 * 203 + 7), Affine::IDENTITY);
}

#[test]
fn very_many_abutting_tiles_show_no_seam() {
    let size = Size::new(61, 43);
    let mut window = abutting(24, size, |tile, column, row| tile.at(Point::new(column * 61.0 - 5.0, row * 43.0 + 3.0)));
    shows_no_seam(&mut window, Rect::new(-5, 3, 24 * 61 - 5, 24 * 43 + 3), Affine::IDENTITY);
}

#[test]
fn abutting_cropped_tiles_show_no_seam() {
    let size = Size::new(301, 203);
    let crop = Margins { left: 11, top: 6, right: 14, bottom: 9 };
    // What is left of each is 276 × 188.
    let mut window = abutting(4, size, |tile, column, row| Placement {
        crop,
        ..tile.at(Point::new(column * 276.0 - 11.0 - 5.0, row * 188.0 - 6.0 + 3.0))
    });
    shows_no_seam(&mut window, Rect::new(-5, 3, 4 * 276 - 5, 4 * 188 + 3), Affine::IDENTITY);
}

#[test]
fn abutting_tiles_at_parts_of_pixels_show_no_seam() {
    let size = Size::new(301, 203);
    let mut window = abutting(4, size, |tile, column, row| Placement {
        subpixel: true,
        ..tile.at(Point::new(column * 301.0 + 0.37, row * 203.0 + 0.61))
    });
    shows_no_seam(&mut window, Rect::new(1, 1, 4 * 301, 4 * 203), Affine::IDENTITY);
}

#[test]
fn abutting_rotated_and_scaled_tiles_show_no_seam() {
    let size = Size::new(301, 203);
    let turn = Affine::scale(1.3, 0.9).then(Affine::rotation(21.0)).then(Affine::translation(Point::new(40.3, 7.8)));
    let mut window = abutting(3, size, |tile, column, row| Placement {
        transform: Affine::translation(Point::new(column * 301.0, row * 203.0)).then(turn),
        ..tile
    });
    shows_no_seam(&mut window, Rect::new(0, 0, 3 * 301, 3 * 203), turn);
}
