//! Between the fields of an export and the options of a recipe: those that differ from the usual, by their names on the command line.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::app::ExportForm;
use crate::codec::jpeg::{StoredColors, Subsampling};
use crate::display::TargetProfile;
use crate::export::{Compression, Edges, ExportOptions, Format, Offsets, OptionName, TileFormat};
use crate::job::{MemoryBudget, parse_bytes};

/// An option that has a field.
struct Field {
    /// On the command line, without dashes.
    name: &'static str,
    /// What a format has to honor for it.
    needs: Option<OptionName>,
    /// Its value, unless it is the usual one or has no effect.
    get: fn(&ExportForm) -> Option<Json>,
    /// Fills the field in by the text of a value; nothing if the field cannot say it.
    set: fn(&mut ExportForm, &str) -> Option<()>,
}

const COMPRESSIONS: [(Compression, &str); 5] = [
    (Compression::None, "none"),
    (Compression::Lzw, "lzw"),
    (Compression::Deflate, "deflate"),
    (Compression::Zstd, "zstd"),
    (Compression::Jpeg, "jpeg"),
];
const SUBSAMPLINGS: [(Subsampling, &str); 4] = [
    (Subsampling::Full, "4:4:4"),
    (Subsampling::Half, "4:2:2"),
    (Subsampling::HalfDown, "4:4:0"),
    (Subsampling::Quarter, "4:2:0"),
];
const EDGES: [(Edges, &str); 3] = [(Edges::Cut, "cut"), (Edges::Pad, "pad"), (Edges::Drop, "drop")];
const OFFSETS: [(Offsets, &str); 3] = [(Offsets::Big, "big"), (Offsets::Auto, "auto"), (Offsets::Classic, "classic")];

/// The format is first: it sets the others to what is usual for it. What depends on the compression comes after it.
const FIELDS: [Field; 26] = [
    field(
        "format",
        None,
        |form| Some(json!(form.format.spec().name)),
        |form, text| {
            form.choose(Format::of_name(text).ok()?);
            Some(())
        },
    ),
    field("level", None, |form| (form.level > 0).then(|| json!(form.level)), |form, text| put(&mut form.level, text)),
    field(
        "scale",
        None,
        |form| ((form.scale - 1.0).abs() > 1e-9).then(|| json!(form.scale)),
        |form, text| put(&mut form.scale, text),
    ),
    field("flatten", None, |form| switch(form.flattens()), |form, text| put(&mut form.flatten, text)),
    field(
        "profile",
        None,
        |form| form.profile.map(Json::from),
        |form, text| {
            form.profile = Some(TargetProfile::NAMED.into_iter().find(|(name, ..)| *name == text)?.0);
            Some(())
        },
    ),
    field("background", None, background, |form, text| {
        let colors: Vec<u8> = text.split(',').map_while(|part| part.trim().parse().ok()).collect();
        form.background = colors.try_into().ok()?;
        Some(())
    }),
    field("memory", None, memory, |form, text| {
        form.memory_mib = parse_bytes(text).ok().map(|bytes| bytes >> 20).filter(|mib| *mib > 0)?;
        Some(())
    }),
    field(
        "compression",
        Some(OptionName::Compression),
        |form| named(&COMPRESSIONS, form.chosen_compression()?),
        |form, text| {
            form.compression = Some(of_name(&COMPRESSIONS, text)?);
            form.chosen_compression().map(|_| ())
        },
    ),
    field(
        "tiles",
        Some(OptionName::Tiles),
        |form| Some(json!(form.tiles.ending())),
        |form, text| {
            form.tiles = TileFormat::of_name(text).ok()?;
            Some(())
        },
    ),
    field(
        "tile",
        Some(OptionName::Tile),
        |form| form.tile.map(Json::from),
        |form, text| {
            form.tile = Some(text.parse().ok()?);
            Some(())
        },
    ),
    field(
        "tile-overlap",
        Some(OptionName::Overlap),
        |form| (form.overlap != form.format.spec().overlap.unwrap_or(0)).then(|| json!(form.overlap)),
        |form, text| put(&mut form.overlap, text),
    ),
    field(
        "quality",
        Some(OptionName::Quality),
        |form| (form.is_jpeg() && form.quality != form.format.spec().quality).then(|| json!(form.quality)),
        |form, text| {
            put(&mut form.quality, text)?;
            form.is_jpeg().then_some(())
        },
    ),
    field("subsampling", Some(OptionName::Subsampling), subsampling, |form, text| {
        if text == "rgb" {
            (form.tiff.jpeg_colors, form.subsampling) = (StoredColors::Rgb, Subsampling::Full);
        } else {
            form.subsampling = of_name(&SUBSAMPLINGS, text)?;
        }
        form.is_jpeg().then_some(())
    }),
    field(
        "no-pyramid",
        Some(OptionName::Pyramid),
        |form| switch(!form.pyramid),
        |form, text| put_not(&mut form.pyramid, text),
    ),
    field(
        "no-copy",
        Some(OptionName::Copy),
        |form| switch(!form.copy_tiles),
        |form, text| put_not(&mut form.copy_tiles, text),
    ),
    field(
        "viewer",
        Some(OptionName::Viewer),
        |form| switch(form.extras.viewer),
        |form, text| put(&mut form.extras.viewer, text),
    ),
    field(
        "id",
        Some(OptionName::Id),
        |form| filled(form.extras.id.as_deref()),
        |form, text| {
            form.extras.id = Some(text.to_owned());
            Some(())
        },
    ),
    field(
        "names",
        Some(OptionName::Pattern),
        |form| filled(form.extras.pattern.as_deref()),
        |form, text| {
            form.extras.pattern = Some(text.to_owned());
            Some(())
        },
    ),
    field(
        "skip-empty",
        Some(OptionName::SkipEmpty),
        |form| switch(form.extras.skip_empty),
        |form, text| put(&mut form.extras.skip_empty, text),
    ),
    field(
        "edges",
        Some(OptionName::Edges),
        |form| named(&EDGES, form.extras.edges).filter(|_| form.extras.edges != Edges::Cut),
        |form, text| {
            form.extras.edges = of_name(&EDGES, text)?;
            Some(())
        },
    ),
    field(
        "shard",
        Some(OptionName::Shard),
        |form| (form.extras.shard > 0).then(|| json!(form.extras.shard)),
        |form, text| put(&mut form.extras.shard, text),
    ),
    field(
        "sub-images",
        Some(OptionName::SubImages),
        |form| switch(form.tiff.sub_images),
        |form, text| put(&mut form.tiff.sub_images, text),
    ),
    field(
        "strips",
        Some(OptionName::Strips),
        |form| switch(form.tiff.strips),
        |form, text| put(&mut form.tiff.strips, text),
    ),
    field(
        "offsets",
        Some(OptionName::Offsets),
        |form| named(&OFFSETS, form.tiff.offsets?),
        |form, text| {
            form.tiff.offsets = Some(of_name(&OFFSETS, text)?);
            Some(())
        },
    ),
    field(
        "no-predictor",
        Some(OptionName::Predictor),
        |form| switch(!form.tiff.predictor && is_lossless(form)),
        |form, text| {
            put_not(&mut form.tiff.predictor, text)?;
            is_lossless(form).then_some(())
        },
    ),
    field(
        "zstd-level",
        Some(OptionName::ZstdLevel),
        |form| {
            let usual = ExportOptions::new(form.format).tiff.zstd_level;
            let is_asked = form.compression == Some(Compression::Zstd) && form.tiff.zstd_level != usual;
            is_asked.then(|| json!(form.tiff.zstd_level))
        },
        |form, text| {
            put(&mut form.tiff.zstd_level, text)?;
            (form.compression == Some(Compression::Zstd)).then_some(())
        },
    ),
];

const fn field(
    name: &'static str,
    needs: Option<OptionName>,
    get: fn(&ExportForm) -> Option<Json>,
    set: fn(&mut ExportForm, &str) -> Option<()>,
) -> Field {
    Field { name, needs, get, set }
}

/// The options of a recipe that say what `form` says.
pub(super) fn options(form: &ExportForm) -> BTreeMap<String, Json> {
    let spec = form.format.spec();
    let fields = FIELDS.iter();
    let honored = fields.filter(|field| field.needs.is_none_or(|option| spec.has(option)));
    honored.filter_map(|field| Some((field.name.to_owned(), (field.get)(form)?))).collect()
}

/// Fills `form` in by `options`; what it has no field for stays in these.
pub(super) fn take(form: &mut ExportForm, options: &mut BTreeMap<String, Json>) {
    for field in &FIELDS {
        let Some(value) = options.get(field.name) else { continue };
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let before = form.clone();
        if (field.set)(form, &text).is_some() {
            options.remove(field.name);
        } else {
            *form = before;
        }
    }
}

fn is_lossless(form: &ExportForm) -> bool {
    matches!(form.compression, Some(Compression::Lzw | Compression::Deflate | Compression::Zstd))
}

fn background(form: &ExportForm) -> Option<Json> {
    let [red, green, blue] = form.background;
    let usual = ExportOptions::new(form.format).background;
    (form.background != usual).then(|| json!(format!("{red},{green},{blue}")))
}

fn memory(form: &ExportForm) -> Option<Json> {
    let usual = MemoryBudget::default().0 >> 20;
    (form.memory_mib != usual).then(|| json!(format!("{}M", form.memory_mib)))
}

fn subsampling(form: &ExportForm) -> Option<Json> {
    let is_tiff = form.format.spec().has(OptionName::Offsets);
    match form.tiff.jpeg_colors {
        _ if !form.is_jpeg() => None,
        StoredColors::Rgb if is_tiff => Some(json!("rgb")),
        _ if form.subsampling == ExportOptions::new(form.format).subsampling => None,
        _ => named(&SUBSAMPLINGS, form.subsampling),
    }
}

fn filled(text: Option<&str>) -> Option<Json> {
    text.filter(|text| !text.trim().is_empty()).map(Json::from)
}

fn switch(is_on: bool) -> Option<Json> {
    is_on.then_some(Json::Bool(true))
}

fn named<T: PartialEq>(names: &[(T, &str)], value: T) -> Option<Json> {
    names.iter().find(|(own, _)| *own == value).map(|(_, name)| json!(name))
}

fn of_name<T: Copy>(names: &[(T, &str)], text: &str) -> Option<T> {
    names.iter().find(|(_, name)| *name == text).map(|(value, _)| *value)
}

fn put<T: std::str::FromStr>(field: &mut T, text: &str) -> Option<()> {
    *field = text.parse().ok()?;
    Some(())
}

fn put_not(field: &mut bool, text: &str) -> Option<()> {
    *field = !text.parse::<bool>().ok()?;
    Some(())
}
