//! [`FilterSpec`]: a filter and its parameters, as text: `gaussian:sigma=2`, `resize:0.9`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::table::{FILTERS, Filter, Param, ParamKind, find_filter};
use crate::{Error, Result};

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Number(f64),
    /// A name from a list, or a text of numbers.
    Text(String),
    /// Depends on the image and the other parameters.
    Auto,
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
            Self::Auto => f.write_str("auto"),
        }
    }
}

/// A filter with a value for each of its parameters, all of them within their ranges.
///
/// As text: the name, then after `:` parameters as `name=value` with commas between; a value without a name is that of the
/// first parameter. [`Display`](fmt::Display) writes what differs from the defaults.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FilterSpec {
    filter: &'static Filter,
    values: Vec<Value>,
}

impl PartialEq for FilterSpec {
    fn eq(&self, other: &Self) -> bool {
        self.filter.name == other.filter.name && self.values == other.values
    }
}

impl FilterSpec {
    /// `filter` with its defaults.
    pub fn new(filter: &'static Filter) -> Self {
        Self { filter, values: filter.params.iter().map(|param| param.kind.default()).collect() }
    }

    /// The filter.
    pub const fn filter(&self) -> &'static Filter {
        self.filter
    }

    /// Each parameter and its value.
    pub fn values(&self) -> impl Iterator<Item = (&'static Param, &Value)> {
        self.filter.params.iter().zip(&self.values)
    }

    /// Give a parameter a value, written as in a [`FilterSpec`]'s text.
    pub fn set(&mut self, name: &str, text: &str) -> Result<()> {
        let params = self.filter.params;
        let Some(at) = params.iter().position(|param| param.name == name) else {
            let names: Vec<&str> = params.iter().map(|param| param.name).collect();
            let known =
                if names.is_empty() { "it has none".to_owned() } else { format!("it has {}", names.join(", ")) };
            return Err(Error::invalid(format!("{}: no parameter '{name}'; {known}", self.filter.name)));
        };
        self.values[at] =
            params[at].parse(text).map_err(|why| Error::invalid(format!("{}: {why}", self.filter.name)))?;
        Ok(())
    }

    fn value(&self, name: &str) -> &Value {
        let at = self.filter.params.iter().position(|param| param.name == name);
        at.map_or(&Value::Auto, |at| &self.values[at])
    }

    /// The number a parameter has, unless it is left to the filter.
    pub fn number(&self, name: &str) -> Option<f64> {
        if let Value::Number(number) = self.value(name) { Some(*number) } else { None }
    }

    /// The name or text a parameter has.
    pub fn text(&self, name: &str) -> &str {
        if let Value::Text(text) = self.value(name) { text } else { "" }
    }

    /// The numbers in the text of a parameter, between commas, blanks, semicolons or slashes; of each line after a slash.
    pub fn lines(&self, name: &str) -> Result<Vec<Vec<f64>>> {
        let text = self.text(name);
        let wrong = |part: &str| Error::invalid(format!("{}: {name}: '{part}' is no number", self.filter.name));
        let line = |line: &str| {
            let parts = line.split([' ', ';', ',']).filter(|part| !part.is_empty());
            parts.map(|part| part.parse().ok().filter(|v: &f64| v.is_finite()).ok_or_else(|| wrong(part))).collect()
        };
        text.split('/').filter(|part| !part.trim().is_empty()).map(line).collect()
    }

    /// An error about a parameter, with both names.
    pub(crate) fn wrong(&self, param: &str, what: impl fmt::Display) -> Error {
        Error::invalid(format!("{}: {param}: {what}", self.filter.name))
    }
}

impl fmt::Display for FilterSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.filter.name)?;
        let mut between = ':';
        for (param, value) in self.values().filter(|(param, value)| **value != param.kind.default()) {
            write!(f, "{between}{}={value}", param.name)?;
            between = ',';
        }
        Ok(())
    }
}

impl FromStr for FilterSpec {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, rest) = text.trim().split_once(':').unwrap_or((text.trim(), ""));
        let Some(filter) = find_filter(name) else {
            let names: Vec<&str> = FILTERS.iter().map(|filter| filter.name).collect();
            return Err(Error::invalid(format!("no filter '{name}'; there are {}", names.join(", "))));
        };
        let mut spec = Self::new(filter);
        for (number, part) in rest.split(',').filter(|part| !part.trim().is_empty()).enumerate() {
            match (part.split_once('='), filter.params.first()) {
                (Some((name, value)), _) => spec.set(name.trim(), value.trim())?,
                (None, Some(first)) if number == 0 => spec.set(first.name, part.trim())?,
                _ => return Err(Error::invalid(format!("{name}: '{part}': write parameter=value"))),
            }
        }
        Ok(spec)
    }
}

impl TryFrom<String> for FilterSpec {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<FilterSpec> for String {
    fn from(spec: FilterSpec) -> Self {
        spec.to_string()
    }
}

/// A chain as text, as a recipe or a report has it.
pub fn parse_chain<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Vec<FilterSpec>> {
    texts.into_iter().map(str::parse).collect()
}

impl Param {
    /// Parses a value; fails with the reason.
    fn parse(&self, text: &str) -> Result<Value, String> {
        let range =
            |what: &str, min: f64, max: f64| format!("{} wants {what} from {min} to {max}, not '{text}'", self.name);
        let number = |what: &str, min: f64, max: f64, fits: fn(f64) -> bool| {
            let number = text.parse().ok().filter(|number| (min..=max).contains(number) && fits(*number));
            number.map(Value::Number).ok_or_else(|| range(what, min, max))
        };
        match self.kind {
            ParamKind::Number { min, max, default } => {
                if default.is_none() && text == "auto" {
                    return Ok(Value::Auto);
                }
                number("a number", min, max, |_| true)
            }
            ParamKind::Whole { min, max, .. } => number("a whole number", min, max, |n| n.fract() == 0.0),
            ParamKind::Odd { min, max, .. } => number("an odd number", min, max, |n| n % 2.0 == 1.0),
            ParamKind::Choice { names } if names.contains(&text) => Ok(Value::Text(text.to_owned())),
            ParamKind::Choice { names } => Err(format!("{} is one of {}, not '{text}'", self.name, names.join(", "))),
            ParamKind::Text { .. } => Ok(Value::Text(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_filters_and_texts_again() {
        for (text, shown) in [
            ("gaussian:sigma=2", "gaussian:sigma=2"),
            ("resize:0.9", "resize:scale=0.9"),
            ("sharpen", "sharpen"),
            ("median:5,border=mirror", "median:size=5,border=mirror"),
        ] {
            let spec: FilterSpec = text.parse().unwrap();
            assert_eq!(spec.to_string(), shown);
            assert_eq!(shown.parse::<FilterSpec>().unwrap(), spec);
            let json = serde_json::to_string(&spec).unwrap();
            assert_eq!(serde_json::from_str::<FilterSpec>(&json).unwrap(), spec);
        }
    }

    #[test]
    fn errors_name_the_parameter_and_its_range() {
        for (text, part) in [
            ("gaussian:sigma=-1", "sigma wants a number from 0.1 to"),
            ("median:4", "size wants an odd number from 3 to"),
            ("median:size=5,radius=3", "no parameter 'radius'; it has size"),
            ("gauss", "there are gaussian"),
            ("resize:0.5,filter=best", "filter is one of lanczos3"),
            ("gaussian:2,3", "write parameter=value"),
        ] {
            let error = text.parse::<FilterSpec>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn every_filter_is_named_once_and_its_defaults_parse() {
        let mut names = std::collections::BTreeSet::new();
        for filter in FILTERS {
            assert!(names.insert(filter.name), "{} twice", filter.name);
            assert!(!filter.help.is_empty() && filter.name.parse::<FilterSpec>().is_ok(), "{}", filter.name);
            for param in filter.params {
                let default = param.kind.default();
                if default != Value::Auto && default != Value::Text(String::new()) {
                    assert_eq!(param.parse(&default.to_string()).unwrap(), default, "{} {}", filter.name, param.name);
                }
            }
        }
    }
}
