//! Paths as JSON keeps them: text where a path is text, otherwise `{"escaped": "a%FF.png"}`, so that any path comes back.
//!
//! Use `#[serde(with = "stored_path")]` for a path, `#[serde(with = "stored_path::list")]` for a `Vec<PathBuf>`, and
//! `#[serde(default, with = "stored_path::option")]` for an `Option<PathBuf>`.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The JSON key of a path that is not UTF-8.
const ESCAPED: &str = "escaped";

/// Write a path.
pub fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    if let Some(text) = path.to_str() {
        return serializer.serialize_str(text);
    }
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(ESCAPED, &escape(path.as_os_str()))?;
    map.end()
}

/// Read what [`serialize`] wrote.
pub fn deserialize<'de, D: Deserializer<'de>, P: From<PathBuf>>(deserializer: D) -> Result<P, D::Error> {
    deserializer.deserialize_any(PathVisitor).map(Into::into)
}

/// Lists of paths.
pub mod list {
    use super::{Deserialize as _, Deserializer, PathBuf, Serializer, StoredPath};

    /// Write the paths.
    pub fn serialize<S: Serializer>(paths: &[PathBuf], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(paths.iter().map(|path| StoredPath(path.clone())))
    }

    /// Read what [`serialize`] wrote.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PathBuf>, D::Error> {
        let paths = Vec::<StoredPath>::deserialize(deserializer)?;
        Ok(paths.into_iter().map(|StoredPath(path)| path).collect())
    }
}

/// Paths that may be missing.
pub mod option {
    use super::{Deserialize as _, Deserializer, PathBuf, Serialize as _, Serializer, StoredPath};

    /// Write the path, or nothing.
    pub fn serialize<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
        path.clone().map(StoredPath).serialize(serializer)
    }

    /// Read what [`serialize`] wrote.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
        Ok(Option::<StoredPath>::deserialize(deserializer)?.map(|StoredPath(path)| path))
    }
}

/// One path of a list.
struct StoredPath(PathBuf);

impl Serialize for StoredPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for StoredPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize(deserializer).map(Self)
    }
}

struct PathVisitor;

impl<'de> Visitor<'de> for PathVisitor {
    type Value = PathBuf;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a path")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<PathBuf, E> {
        Ok(text.into())
    }

    fn visit_string<E: serde::de::Error>(self, text: String) -> Result<PathBuf, E> {
        Ok(text.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PathBuf, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<String>()? {
            if key == ESCAPED {
                found = Some(map.next_value::<String>()?);
            } else {
                map.next_value::<serde::de::IgnoredAny>()?;
            }
        }
        let text = found.ok_or_else(|| A::Error::missing_field(ESCAPED))?;
        unescape(&text).map(Into::into).ok_or_else(|| A::Error::custom("a path that this system cannot have"))
    }
}

/// The bytes of a name, those that are no plain letter as `%FF`.
#[cfg(not(windows))]
fn escape(name: &OsStr) -> String {
    let mut text = String::new();
    for &byte in name.as_encoded_bytes() {
        if byte == b'%' || !(b' '..=b'~').contains(&byte) {
            // Writing to a string cannot fail.
            write!(text, "%{byte:02X}").ok();
        } else {
            text.push(char::from(byte));
        }
    }
    text
}

/// The 16-bit units of a name, those that are no plain letter as `%D800`.
#[cfg(windows)]
fn escape(name: &OsStr) -> String {
    use std::os::windows::ffi::OsStrExt as _;
    let mut text = String::new();
    for unit in name.encode_wide() {
        match u8::try_from(unit) {
            Ok(byte) if byte != b'%' && (b' '..=b'~').contains(&byte) => text.push(char::from(byte)),
            // Writing to a string cannot fail.
            _ => drop(write!(text, "%{unit:04X}")),
        }
    }
    text
}

#[cfg(unix)]
fn unescape(text: &str) -> Option<OsString> {
    use std::os::unix::ffi::OsStringExt as _;
    Some(OsString::from_vec(units(text, 2)?.into_iter().map(|unit| unit as u8).collect()))
}

#[cfg(windows)]
fn unescape(text: &str) -> Option<OsString> {
    use std::os::windows::ffi::OsStringExt as _;
    Some(OsString::from_wide(&units(text, 4)?))
}

#[cfg(not(any(unix, windows)))]
fn unescape(text: &str) -> Option<OsString> {
    String::from_utf8(units(text, 2)?.into_iter().map(|unit| unit as u8).collect()).ok().map(Into::into)
}

/// The characters of `text`, with each `%` and its hexadecimal digits as a number.
fn units(text: &str, digits: usize) -> Option<Vec<u16>> {
    let mut units = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first == '%' {
            // Parsing alone would take a sign for a digit.
            let number = rest.get(1..=digits).filter(|number| number.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
            units.push(u16::from_str_radix(number, 16).ok()?);
            rest = &rest[1 + digits..];
        } else {
            units.push(u8::try_from(first).ok().filter(u8::is_ascii)?.into());
            rest = &rest[1..];
        }
    }
    Some(units)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt as _;

    #[test]
    fn names_of_any_bytes_come_back() {
        let all: Vec<u8> = (1..=255).collect();
        for bytes in [b"a\xff/b%c \xc3\xa4.png".as_slice(), &all] {
            let text = escape(OsStr::from_bytes(bytes));
            assert!(text.is_ascii());
            assert_eq!(unescape(&text).unwrap().as_bytes(), bytes, "{text}");
        }
        for text in ["%", "%F", "%+1", "ä", "%ä"] {
            assert_eq!(unescape(text), None, "{text}");
        }
    }
}
