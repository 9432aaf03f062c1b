//! [`Ini`]: keys and values in sections, as scanners' programs for Windows write them.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

use crate::{Error, PositionedFile, Result};

/// No such file is longer.
const MOST_BYTES: u64 = 4 << 20;

/// A file's sections.
#[derive(Debug)]
pub(super) struct Ini {
    sections: BTreeMap<String, BTreeMap<String, String>>,
}

impl Ini {
    /// Read the file at `path`.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let file = PositionedFile::open(path)?;
        let length = file.length()?;
        if length > MOST_BYTES {
            return Err(Error::corrupt("too long for a list of settings").at(path));
        }
        Ok(Self::parse(&String::from_utf8_lossy(&file.read_at(0, length)?)))
    }

    /// Lines that are neither a section nor `key = value` are skipped: 3DHISTECH's files have some.
    pub(super) fn parse(text: &str) -> Self {
        let (mut sections, mut name) = (BTreeMap::<String, BTreeMap<String, String>>::new(), String::new());
        for line in text.trim_start_matches('\u{feff}').lines().map(str::trim) {
            if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section.clone_into(&mut name);
                sections.entry(name.clone()).or_default();
            } else if let Some((key, value)) = line.split_once('=')
                && !key.trim().is_empty()
            {
                let section = sections.entry(name.clone()).or_default();
                section.insert(key.trim().to_owned(), value.trim().to_owned());
            }
        }
        Self { sections }
    }

    /// The keys and values of a section.
    pub(super) fn section(&self, name: &str) -> Option<&BTreeMap<String, String>> {
        self.sections.get(name)
    }

    /// The value of a key, if there is any.
    pub(super) fn get(&self, section: &str, key: &str) -> Option<&str> {
        Some(self.sections.get(section)?.get(key)?.as_str())
    }

    /// The value of a key that must be there.
    pub(super) fn need(&self, section: &str, key: &str) -> Result<&str> {
        self.get(section, key).ok_or_else(|| Error::corrupt(format!("[{section}] names no {key}")))
    }

    /// A number that must be there.
    pub(super) fn number<T: FromStr>(&self, section: &str, key: &str) -> Result<T> {
        let value = self.need(section, key)?;
        value.parse().ok().ok_or_else(|| Error::corrupt(format!("{key} of [{section}] is no such number: {value}")))
    }

    /// Everything, as `SECTION.KEY`.
    pub(super) fn all(&self) -> impl Iterator<Item = (String, &str)> {
        let sections = self.sections.iter();
        sections
            .flat_map(|(name, pairs)| pairs.iter().map(move |(key, value)| (format!("{name}.{key}"), value.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read() {
        let ini = Ini::parse("\u{feff}[A]\r\nx = 1\r\n=nothing\r\nno pair\r\n[B b]\ny=two = 2\n");
        assert_eq!((ini.get("A", "x"), ini.get("B b", "y"), ini.get("A", "y")), (Some("1"), Some("two = 2"), None));
        assert_eq!(ini.number::<u32>("A", "x").unwrap(), 1);
        assert!(ini.number::<u32>("B b", "y").is_err() && ini.need("C", "x").is_err());
        assert_eq!(ini.all().count(), 2);
    }
}
