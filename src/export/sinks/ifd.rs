//! Writing `BigTIFF` directories (the `BigTIFF` design of Joris Van Damme; TIFF 6.0 for the tags).

/// A field's value, in one of the types this program writes.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Short(Vec<u16>),
    Long(Vec<u32>),
    Long8(Vec<u64>),
    /// Numerator and denominator.
    Rational(u32, u32),
    Ascii(String),
    Undefined(Vec<u8>),
}

impl Value {
    fn kind(&self) -> u16 {
        match self {
            Self::Ascii(_) => 2,
            Self::Short(_) => 3,
            Self::Long(_) => 4,
            Self::Rational(..) => 5,
            Self::Undefined(_) => 7,
            Self::Long8(_) => 16,
        }
    }

    fn count(&self) -> u64 {
        match self {
            Self::Short(values) => values.len() as u64,
            Self::Long(values) => values.len() as u64,
            Self::Long8(values) => values.len() as u64,
            Self::Rational(..) => 1,
            Self::Ascii(text) => text.len() as u64 + 1,
            Self::Undefined(bytes) => bytes.len() as u64,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Short(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            Self::Long(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            Self::Long8(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            Self::Rational(upper, lower) => [upper.to_le_bytes(), lower.to_le_bytes()].concat(),
            Self::Ascii(text) => [text.as_bytes(), &[0]].concat(),
            Self::Undefined(bytes) => bytes.clone(),
        }
    }
}

/// One directory for `offset`, with what does not fit into its fields behind it; the next directory follows, or none.
///
/// `entries` in any order; tags must differ.
pub(super) fn directory(mut entries: Vec<(u16, Value)>, offset: u64, last: bool) -> Vec<u8> {
    entries.sort_by_key(|(tag, _)| *tag);
    let head = 8 + entries.len() as u64 * 20 + 8;
    let (mut table, mut behind) = (Vec::new(), Vec::new());
    table.extend((entries.len() as u64).to_le_bytes());
    for (tag, value) in &entries {
        table.extend(tag.to_le_bytes());
        table.extend(value.kind().to_le_bytes());
        table.extend(value.count().to_le_bytes());
        let mut bytes = value.bytes();
        if bytes.len() <= 8 {
            bytes.resize(8, 0);
            table.extend(bytes);
        } else {
            table.extend((offset + head + behind.len() as u64).to_le_bytes());
            bytes.resize(bytes.len().next_multiple_of(8), 0);
            behind.extend(bytes);
        }
    }
    let next = if last { 0 } else { offset + head + behind.len() as u64 };
    table.extend(next.to_le_bytes());
    table.extend(behind);
    table
}
