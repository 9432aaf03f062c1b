//! Reading: features, bare geometries, nested objects, in one sequential scan.

use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::lenient::{Color, Key, Number, Text};
use super::shape::ParsedGeometry;
use crate::files::loaded::{Frame, Loaded, check};
use crate::{Error, Result};
use mosaicist_shape::{Class, Extra, Geometry, Kind, Measurements, Roi};

/// What a literal of infinity is turned into, see [`quote_specials`].
pub(super) const INFINITY: &str = "Infini";
pub(super) const MINUS_INFINITY: &str = "-Infini";

pub(crate) fn read(bytes: &[u8], _: &Frame) -> Result<Loaded> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let (mut state, mut stopped) = parse(bytes);
    if stopped.is_some() {
        let mut quoted = bytes.to_vec();
        if quote_specials(&mut quoted) {
            (state, stopped) = parse(&quoted);
        }
    }
    let mut loaded = state.finish();
    match stopped {
        Some(error) if loaded.rois.is_empty() => Err(Error::corrupt(format!("no GeoJSON: {error}"))),
        Some(error) => {
            let count = loaded.rois.len();
            loaded.warn(format!("damaged after {count} regions, which were read: {error}"));
            Ok(loaded.finished())
        }
        None => Ok(loaded.finished()),
    }
}

fn parse(bytes: &[u8]) -> (State, Option<serde_json::Error>) {
    let mut state = State::default();
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let seed = Things { state: &mut state, parent: None, is_top: true };
    let result = seed.deserialize(&mut deserializer).and_then(|()| deserializer.end());
    (state, result.err())
}

/// QuPath writes measurements that are no number as `NaN` and `Infinity`, which is no JSON. Put quotes around them, in the
/// room they have. Returns whether there were any.
fn quote_specials(bytes: &mut [u8]) -> bool {
    let (mut found, mut in_text, mut at) = (false, false, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if in_text => at += 1,
            b'"' => in_text = !in_text,
            b'N' if !in_text && bytes[at..].starts_with(b"NaN") => {
                bytes[at..at + 3].copy_from_slice(b"\"N\"");
                (found, at) = (true, at + 2);
            }
            b'I' if !in_text && bytes[at..].starts_with(b"Infinity") => {
                let start = if at > 0 && bytes[at - 1] == b'-' { at - 1 } else { at };
                let text = if start < at { MINUS_INFINITY } else { INFINITY };
                bytes[start..at + 8].copy_from_slice(format!("\"{text}\"").as_bytes());
                (found, at) = (true, at + 7);
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// What has been read so far. Objects hold their place before what is nested in them is read.
#[derive(Default)]
struct State {
    loaded: Loaded,
    rois: Vec<Option<Roi>>,
}

impl State {
    fn finish(mut self) -> Loaded {
        if self.rois.iter().any(Option::is_none) {
            // Some places are empty: those behind move up, and parents with them.
            let mut places = Vec::with_capacity(self.rois.len());
            let mut count = 0u32;
            for roi in &self.rois {
                places.push(count);
                count += u32::from(roi.is_some());
            }
            let is_there: Vec<bool> = self.rois.iter().map(Option::is_some).collect();
            for roi in self.rois.iter_mut().flatten() {
                roi.parent = roi.parent.filter(|&parent| is_there.get(parent as usize) == Some(&true));
                roi.parent = roi.parent.map(|parent| places[parent as usize]);
            }
        }
        self.loaded.rois = self.rois.into_iter().flatten().collect();
        self.loaded
    }

    /// Put what `thing` is into the place `slot` that was held for it.
    fn place(&mut self, slot: usize, parent: Option<u32>, is_top: bool, mut thing: Thing) {
        let number = slot + 1;
        let kind = thing.kind.take().unwrap_or_default();
        if kind == "FeatureCollection" || thing.has_features {
            if is_top {
                self.loaded.members = thing.members;
            }
            return;
        }
        let shape = match thing.shape.take() {
            Some(shape) => shape,
            None if ParsedGeometry::is_type(&kind) => thing.bare(kind),
            None => return self.loaded.warn(format!("object {number}: no geometry")),
        };
        let (plane, members) = (shape.plane, shape.members.clone());
        let geometries = match shape.geometries(0) {
            Ok(geometries) => geometries,
            Err(fault) => return self.loaded.warn(format!("object {number}: {fault}")),
        };
        let extra = Extra { feature: thing.members, geometry: members, properties: thing.properties.members };
        let Properties { kind, class, name, color, notes, locked, hidden, measurements, .. } = thing.properties;
        let legacy = thing.id.as_deref().filter(|id| id.ends_with("Object")).and_then(Kind::of_name);
        let mut roi = Roi {
            id: thing.id.filter(|_| legacy.is_none()).map(Arc::from),
            kind: kind.or(legacy).unwrap_or_default(),
            class,
            name,
            color,
            notes,
            locked,
            hidden,
            plane,
            measurements: measurements.unwrap_or_else(|| Arc::from([])),
            parent,
            extra: (!extra.is_empty()).then(|| Arc::new(extra)),
            ..Roi::new(Geometry::Points(Arc::from([])))
        };
        roi.nucleus = thing.nucleus.and_then(|shape| shape.geometries(0).ok()?.into_iter().next()).map(Arc::new);
        let mut slots = std::iter::once(slot).chain(self.rois.len()..);
        for geometry in geometries {
            if let Some(fault) = check(&geometry) {
                self.loaded.warn(format!("object {number}: {fault}"));
                continue;
            }
            let slot = slots.next().unwrap_or(slot);
            let one = Some(Roi { geometry, ..roi.clone() });
            match self.rois.get_mut(slot) {
                Some(place) => *place = one,
                None => self.rois.push(one),
            }
        }
    }
}

/// A feature, a collection or a geometry, until its end has shown which.
#[derive(Default)]
struct Thing {
    kind: Option<String>,
    id: Option<String>,
    has_features: bool,
    shape: Option<ParsedGeometry>,
    nucleus: Option<ParsedGeometry>,
    properties: Properties,
    /// Of a geometry that stands by itself.
    own: ParsedGeometry,
    members: Map<String, Value>,
}

impl Thing {
    /// The geometry that it is, not one that it has.
    fn bare(&mut self, kind: String) -> ParsedGeometry {
        let mut shape = ParsedGeometry { kind: Some(kind), ..std::mem::take(&mut self.own) };
        for (name, value) in std::mem::take(&mut self.members) {
            shape.take_value(name, value);
        }
        shape
    }
}

#[derive(Default)]
struct Properties {
    kind: Option<Kind>,
    class: Option<Arc<Class>>,
    name: Option<Arc<str>>,
    color: Option<[u8; 3]>,
    notes: Option<Arc<str>>,
    locked: bool,
    hidden: bool,
    measurements: Option<Measurements>,
    members: Map<String, Value>,
}

/// One object or an array of them.
struct Things<'s> {
    state: &'s mut State,
    parent: Option<u32>,
    is_top: bool,
}

impl<'de> DeserializeSeed<'de> for Things<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Visitor methods for scalar values, each of which gives `$given`.
macro_rules! scalars {
    ($value:ty, |$this:ident| $given:expr) => {
        fn visit_bool<E>(self, _: bool) -> std::result::Result<$value, E> {
            let $this = self;
            Ok($given)
        }
        fn visit_i64<E>(self, _: i64) -> std::result::Result<$value, E> {
            let $this = self;
            Ok($given)
        }
        fn visit_u64<E>(self, _: u64) -> std::result::Result<$value, E> {
            let $this = self;
            Ok($given)
        }
        fn visit_f64<E>(self, _: f64) -> std::result::Result<$value, E> {
            let $this = self;
            Ok($given)
        }
        fn visit_unit<E>(self) -> std::result::Result<$value, E> {
            let $this = self;
            Ok($given)
        }
    };
    ($value:ty, |$this:ident| $given:expr, text) => {
        scalars!($value, |$this| $given);
        fn visit_str<E>(self, _: &str) -> std::result::Result<$value, E> {
            let $this = self;
            Ok($given)
        }
    };
}
pub(super) use scalars;

impl<'de> Visitor<'de> for Things<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GeoJSON")
    }

    scalars!((), |this| this.state.loaded.warn("a value that is no object"), text);

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<(), A::Error> {
        while seq.next_element_seed(Things { state: self.state, parent: self.parent, is_top: false })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<(), A::Error> {
        let slot = self.state.rois.len();
        self.state.rois.push(None);
        let mut thing = Thing::default();
        while let Some(key) = map.next_key::<Key>()? {
            match key.as_str() {
                "type" => thing.kind = map.next_value::<Text>()?.0,
                "id" => thing.id = map.next_value::<Text>()?.0,
                "geometry" => thing.shape = Some(map.next_value::<ParsedGeometry>()?).filter(|shape| !shape.is_missing),
                "nucleusGeometry" => thing.nucleus = Some(map.next_value::<ParsedGeometry>()?),
                "coordinates" => thing.own.coordinates = map.next_value()?,
                "features" => {
                    thing.has_features = true;
                    map.next_value_seed(Things { state: self.state, parent: self.parent, is_top: false })?;
                }
                "properties" => {
                    let seed = PropertiesSeed { state: self.state, properties: &mut thing.properties, slot };
                    map.next_value_seed(seed)?;
                }
                // It follows from the coordinates, which may be others when it is written.
                "bbox" => drop(map.next_value::<IgnoredAny>()?),
                _ => {
                    let value = map.next_value::<Value>()?;
                    thing.members.insert(key.into_string(), value);
                }
            }
        }
        self.state.place(slot, self.parent, self.is_top, thing);
        Ok(())
    }
}

struct PropertiesSeed<'s> {
    state: &'s mut State,
    properties: &'s mut Properties,
    slot: usize,
}

impl<'de> DeserializeSeed<'de> for PropertiesSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for PropertiesSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("properties")
    }

    scalars!((), |_this| (), text);

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<(), A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<(), A::Error> {
        let Self { state, properties, slot } = self;
        while let Some(key) = map.next_key::<Key>()? {
            match key.as_str() {
                "name" => properties.name = map.next_value::<Text>()?.0.map(|name| state.loaded.name(&name)),
                "color" => properties.color = map.next_value::<Color>()?.0,
                "classification" => properties.class = map.next_value_seed(ClassSeed { loaded: &mut state.loaded })?,
                "measurements" => {
                    properties.measurements =
                        Some(map.next_value_seed(MeasurementsSeed { loaded: &mut state.loaded })?);
                }
                "childObjects" | "children" => {
                    let parent = Some(slot as u32);
                    map.next_value_seed(Things { state, parent, is_top: false })?;
                }
                _ => {
                    let value = map.next_value::<Value>()?;
                    properties.take(key, value);
                }
            }
        }
        Ok(())
    }
}

impl Properties {
    /// What is rarely there, or mostly short.
    fn take(&mut self, key: Key, mut value: Value) {
        match key.as_str() {
            "objectType" | "object_type" | "type" => {
                if let Some(kind) = value.as_str().and_then(Kind::of_name) {
                    self.kind = Some(kind);
                    return;
                }
            }
            "isLocked" if value.is_boolean() => return self.locked = value == Value::Bool(true),
            "isHidden" if value.is_boolean() => return self.hidden = value == Value::Bool(true),
            "metadata" => {
                if let Some(map) = value.as_object_mut() {
                    if let Some(Value::String(notes)) = map.remove(super::NOTES) {
                        self.notes = Some(notes.into());
                    }
                    if map.is_empty() {
                        return;
                    }
                }
            }
            _ => {}
        }
        self.members.insert(key.into_string(), value);
    }
}

struct ClassSeed<'s> {
    loaded: &'s mut Loaded,
}

impl<'de> DeserializeSeed<'de> for ClassSeed<'_> {
    type Value = Option<Arc<Class>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ClassSeed<'_> {
    type Value = Option<Arc<Class>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a classification")
    }

    scalars!(Self::Value, |_this| None);

    fn visit_str<E>(self, name: &str) -> std::result::Result<Self::Value, E> {
        Ok((!name.is_empty()).then(|| self.loaded.class(name, None)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Self::Value, A::Error> {
        let (mut name, mut color) = (None, None);
        while let Some(key) = map.next_key::<Key>()? {
            match key.as_str() {
                "name" => name = map.next_value::<Text>()?.0.or(name),
                // Derived classes, the base first.
                "names" => {
                    let names = map.next_value::<Value>()?;
                    let names = names.as_array().map(|all| all.iter().filter_map(Value::as_str).collect::<Vec<_>>());
                    name = names.map(|names| names.join(": ")).or(name);
                }
                "color" | "colorRGB" => color = map.next_value::<Color>()?.0.or(color),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(name.map(|name| self.loaded.class(&name, color)))
    }
}

struct MeasurementsSeed<'s> {
    loaded: &'s mut Loaded,
}

impl<'de> DeserializeSeed<'de> for MeasurementsSeed<'_> {
    type Value = Measurements;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<Measurements, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for MeasurementsSeed<'_> {
    type Value = Measurements;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("measurements")
    }

    scalars!(Measurements, |_this| Arc::from([]), text);

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Measurements, A::Error> {
        let mut all = Vec::with_capacity(8);
        while let Some(key) = map.next_key::<Key>()? {
            all.push((self.loaded.name(key.as_str()), map.next_value::<Number>()?.0));
        }
        Ok(all.into())
    }

    /// As before QuPath 0.4: objects with a name and a value.
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<Measurements, A::Error> {
        let mut all = Vec::new();
        while let Some(pair) = seq.next_element::<Value>()? {
            let name = pair.get("name").and_then(Value::as_str);
            if let (Some(name), Some(value)) = (name, pair.get("value")) {
                all.push((self.loaded.name(name), value.as_f64().unwrap_or(f64::NAN)));
            }
        }
        Ok(all.into())
    }
}
