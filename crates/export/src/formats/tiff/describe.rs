//! The tags of a directory, except the positions of its tiles.

use super::encoder::ChunkEncoder;
use super::ifd::{Directory, Value, tag};
use crate::geometry::Size;
use crate::pixels::{ChannelName, Color, SampleType};
use crate::source::{GeoTags, Info};

/// The tags for an image of `size` whose tiles are encoded by `encoder`.
pub(super) fn description(encoder: &ChunkEncoder, size: Size) -> Directory {
    let mut entries = plain_description(size, encoder.channels(), encoder.sample(), encoder.color());
    entries.insert(tag::COMPRESSION, Value::Short(vec![encoder.code()]));
    if let Some(predictor) = encoder.predictor() {
        entries.insert(tag::PREDICTOR, Value::Short(vec![predictor]));
    }
    if let Some(subsampling) = encoder.subsampling() {
        let (across, down) = subsampling.factors();
        entries.insert(tag::PHOTOMETRIC, Value::Short(vec![6]));
        entries.insert(tag::YCBCR_SUBSAMPLING, Value::Short(vec![across.into(), down.into()]));
        let full_range = [0, 255, 128, 255, 128, 255].map(|value| (value, 1));
        entries.insert(tag::REFERENCE_BLACK_WHITE, Value::Rational(full_range.to_vec()));
    }
    if let Some(tables) = encoder.tables() {
        entries.insert(tag::JPEG_TABLES, Value::Bytes(tables.to_vec()));
    }
    entries
}

/// Say that the first three of the channels are red, green and blue, and that nothing is said of the others.
pub(crate) fn tell_rgb_and_more(entries: &mut Directory, channels: u8) {
    entries.insert(tag::PHOTOMETRIC, Value::Short(vec![2]));
    entries.insert(tag::EXTRA_SAMPLES, Value::Short(vec![0; usize::from(channels).saturating_sub(3)]));
}

/// The tags for uncompressed pixels.
pub(crate) fn plain_description(size: Size, channels: u8, sample: SampleType, color: Color) -> Directory {
    let all = |value: u16| Value::Short(vec![value; channels as usize]);
    let colors = if matches!(color, Color::Rgb | Color::Rgba) { 3 } else { 1 };
    let mut entries = Directory::from([
        (tag::IMAGE_WIDTH, Value::Long(vec![size.width])),
        (tag::IMAGE_LENGTH, Value::Long(vec![size.height])),
        (tag::BITS_PER_SAMPLE, all(sample.bytes() as u16 * 8)),
        (tag::COMPRESSION, Value::Short(vec![1])),
        (tag::PHOTOMETRIC, Value::Short(vec![if colors == 3 { 2 } else { 1 }])),
        (tag::SAMPLES_PER_PIXEL, Value::Short(vec![channels.into()])),
        (tag::PLANAR_CONFIGURATION, Value::Short(vec![1])),
        (tag::SOFTWARE, Value::Text("Mosaicist".into())),
        (
            tag::SAMPLE_FORMAT,
            all(match sample {
                sample if sample.is_float() => 3,
                sample if sample.is_signed() => 2,
                _ => 1,
            }),
        ),
    ]);
    if channels > colors {
        let mut extra = vec![0; (channels - colors) as usize];
        if color.has_alpha() {
            // Unassociated: not premultiplied.
            extra[0] = 2;
        }
        entries.insert(tag::EXTRA_SAMPLES, Value::Short(extra));
    }
    entries
}

/// What a directory says about the measured thing: resolution, place on the map, color profile; of a reduced level, each pixel
/// of which is `scale` full ones, only what its readers ask each level for.
pub(crate) fn about(info: &Info, scale: (f64, f64), level: usize) -> Directory {
    let mut entries = Directory::new();
    if info.color == Color::Channels && ChannelName::are_rgb_and_more(&info.channel_names) {
        tell_rgb_and_more(&mut entries, info.channels);
    }
    if let Some((x, y)) = info.mpp {
        entries.extend(resolution((x * scale.0, y * scale.1)));
    }
    if let Some(geo) = &info.geo {
        entries.extend(place(geo, level));
    }
    if let (0, Some(profile)) = (level, &info.icc) {
        entries.insert(tag::ICC_PROFILE, Value::Bytes(profile.to_vec()));
    }
    entries
}

/// Pixels per centimeter, from micrometers per pixel.
fn resolution((x, y): (f64, f64)) -> Directory {
    let per_centimeter = |mpp: f64| {
        let value = (10_000.0 / mpp).clamp(1e-3, 4e6);
        Value::Rational(vec![((value * 1000.0).round() as u32, 1000)])
    };
    Directory::from([
        (tag::X_RESOLUTION, per_centimeter(x)),
        (tag::Y_RESOLUTION, per_centimeter(y)),
        (tag::RESOLUTION_UNIT, Value::Short(vec![3])),
    ])
}

/// Where on the map the image lies.
fn place(geo: &GeoTags, level: usize) -> Directory {
    let text = |text: &str| (!text.is_empty()).then(|| Value::Text(text.to_owned().into()));
    let doubles = |values: &[f64]| (!values.is_empty()).then(|| Value::Double(values.to_vec()));
    let keys = (!geo.key_directory.is_empty()).then(|| Value::Short(geo.key_directory.clone()));
    let full = [
        (33550, doubles(&geo.pixel_scale)),
        (33922, doubles(&geo.tie_points)),
        (34264, doubles(&geo.transformation)),
        (34735, keys),
        (34736, doubles(&geo.double_params)),
        (34737, text(&geo.ascii_params)),
        (42112, text(&geo.gdal_metadata)),
    ];
    let all = full.into_iter().filter(|_| level == 0).chain([(42113, text(&geo.gdal_nodata))]);
    all.filter_map(|(tag, value)| Some((tag, value?))).collect()
}
