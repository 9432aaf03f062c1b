//! Values that may be of another type than they should: then they are not there, and the rest is read on.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Implement `Deserialize` for `$type` by a visitor that gives `$nothing` for every type of value but those in `$body`.
macro_rules! lenient {
    ($type:ty, $nothing:expr, { $($body:tt)* }) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Lenient;
                impl<'de> Visitor<'de> for Lenient {
                    type Value = $type;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("any value")
                    }

                    $($body)*
                }
                deserializer.deserialize_any(Lenient)
            }
        }
    };
    (@default $type:ty, $nothing:expr, $name:ident $value:ty) => {
        fn $name<E>(self, _: $value) -> Result<$type, E> {
            Ok($nothing)
        }
    };
}

pub(super) fn skip_seq<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<(), A::Error> {
    while seq.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

pub(super) fn skip_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

/// A number; NaN where there is none. Infinity is one, and text that names a number counts.
pub(super) struct Number(pub(super) f64);

lenient!(Number, Number(f64::NAN), {
    fn visit_f64<E>(self, value: f64) -> Result<Number, E> {
        Ok(Number(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Number, E> {
        Ok(Number(value as f64))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Number, E> {
        Ok(Number(value as f64))
    }
    fn visit_str<E>(self, value: &str) -> Result<Number, E> {
        Ok(Number(match value {
            super::read::INFINITY => f64::INFINITY,
            super::read::MINUS_INFINITY => f64::NEG_INFINITY,
            other => other.trim().parse().unwrap_or(f64::NAN),
        }))
    }
    lenient!(@default Number, Number(f64::NAN), visit_bool bool);
    fn visit_unit<E>(self) -> Result<Number, E> {
        Ok(Number(f64::NAN))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Number, A::Error> {
        skip_seq(seq).map(|()| Number(f64::NAN))
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Number, A::Error> {
        skip_map(map).map(|()| Number(f64::NAN))
    }
});

/// Text; numbers are written out.
pub(super) struct Text(pub(super) Option<String>);

lenient!(Text, Text(None), {
    fn visit_str<E>(self, value: &str) -> Result<Text, E> {
        Ok(Text(Some(value.to_owned())))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Text, E> {
        Ok(Text(Some(value.to_string())))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Text, E> {
        Ok(Text(Some(value.to_string())))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Text, E> {
        Ok(Text(Some(value.to_string())))
    }
    lenient!(@default Text, Text(None), visit_bool bool);
    fn visit_unit<E>(self) -> Result<Text, E> {
        Ok(Text(None))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Text, A::Error> {
        skip_seq(seq).map(|()| Text(None))
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Text, A::Error> {
        skip_map(map).map(|()| Text(None))
    }
});

/// A color: three numbers, one number as Java's `Color.getRGB`, or `#rrggbb`.
pub(super) struct Color(pub(super) Option<[u8; 3]>);

/// A color in the lower 24 bits; the upper ones are alpha.
const fn rgb_from_int(packed: i64) -> [u8; 3] {
    [(packed >> 16 & 255) as u8, (packed >> 8 & 255) as u8, (packed & 255) as u8]
}

lenient!(Color, Color(None), {
    fn visit_i64<E>(self, value: i64) -> Result<Color, E> {
        Ok(Color(Some(rgb_from_int(value))))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Color, E> {
        Ok(Color(Some(rgb_from_int(value as i64))))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Color, E> {
        Ok(Color(Some(rgb_from_int(value as i64))))
    }
    fn visit_str<E>(self, value: &str) -> Result<Color, E> {
        Ok(Color(crate::files::loaded::hex_color(value)))
    }
    lenient!(@default Color, Color(None), visit_bool bool);
    fn visit_unit<E>(self) -> Result<Color, E> {
        Ok(Color(None))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Color, A::Error> {
        let mut values = [f64::NAN; 3];
        let mut count = 0;
        while let Some(Number(value)) = seq.next_element()? {
            if let Some(place) = values.get_mut(count) {
                *place = value;
            }
            count += 1;
        }
        let sound = (3..=4).contains(&count) && values.iter().all(|value| (0.0..256.0).contains(value));
        Ok(Color(sound.then(|| values.map(|value| value as u8))))
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Color, A::Error> {
        skip_map(map).map(|()| Color(None))
    }
});

/// A member's name: one of those known here without a copy, or any other.
pub(super) enum Key {
    Known(&'static str),
    Other(String),
}

/// Names that the reader asks for, in any place.
const KNOWN: &[&str] = &[
    "type",
    "geometry",
    "properties",
    "id",
    "coordinates",
    "objectType",
    "classification",
    "measurements",
    "name",
    "color",
    "colorRGB",
    "isLocked",
    "features",
    "metadata",
    "nucleusGeometry",
    "plane",
    "isEllipse",
    "geometries",
    "childObjects",
    "children",
    "names",
    "isHidden",
    "object_type",
    "value",
    super::OWN,
];

impl Key {
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Known(name) => name,
            Self::Other(name) => name,
        }
    }

    pub(super) fn into_string(self) -> String {
        match self {
            Self::Known(name) => name.to_owned(),
            Self::Other(name) => name,
        }
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl Visitor<'_> for KeyVisitor {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_str<E>(self, value: &str) -> Result<Key, E> {
                let known = KNOWN.iter().find(|known| **known == value);
                Ok(known.map_or_else(|| Key::Other(value.to_owned()), |known| Key::Known(known)))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}
