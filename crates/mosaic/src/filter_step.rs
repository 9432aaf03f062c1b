//! [`FilterStep`]: a filter that the composed canvas goes through.

use serde::{Deserialize, Serialize};

/// The most steps of a document.
pub const MOST_FILTERS: usize = 100;
/// The longest text of one, in bytes: a kernel of 31×31 numbers takes some thousands.
const LONGEST: usize = 64 << 10;

/// A filter of a document, and whether it is on. The document keeps the text; who computes it knows what it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterStep {
    /// Name and parameters, as `gaussian:sigma=2`.
    pub filter: String,
    /// Whether it is left out for now.
    #[serde(default, skip_serializing_if = "is_false")]
    pub off: bool,
}

impl FilterStep {
    /// A step that is on.
    pub fn new(filter: impl Into<String>) -> Self {
        Self { filter: filter.into(), off: false }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(value: &bool) -> bool {
    !value
}

/// Fails if a project has more, or longer ones, than anybody needs.
pub(crate) fn check(steps: &[FilterStep]) -> Result<(), String> {
    if steps.len() > MOST_FILTERS {
        return Err(format!("{} filters, more than {MOST_FILTERS}", steps.len()));
    }
    match steps.iter().find(|step| step.filter.len() > LONGEST) {
        Some(_) => Err(format!("a filter of more than {LONGEST} bytes")),
        None => Ok(()),
    }
}
