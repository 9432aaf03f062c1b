//! [`Drawing`]: how tools draw regions. Kept in the settings.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::region::Class;

/// How tools draw regions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Drawing {
    /// The class of what is drawn.
    pub class: Option<Arc<Class>>,
    /// Whether rectangles and ellipses have a fixed size.
    pub fixed: bool,
    /// That size, in pixels or µm.
    pub size: (f64, f64),
    /// Whether the size is in µm.
    pub in_um: bool,
    /// The brush is so wide, in points on the screen.
    pub brush: f64,
    /// The largest distance between colors that the wand takes as one, 0 to 442.
    pub tolerance: f32,
    /// Simplifying leaves vertices out that change the outline by less, in pixels.
    pub simplify: f64,
}

impl Default for Drawing {
    fn default() -> Self {
        Self {
            class: None,
            fixed: false,
            size: (512.0, 512.0),
            in_um: false,
            brush: 40.0,
            tolerance: 32.0,
            simplify: 2.0,
        }
    }
}

impl Drawing {
    /// The fixed size in pixels, if there is one; `mpp` are the µm of a pixel across and down.
    pub(in crate::app) fn fixed_size(&self, mpp: Option<(f64, f64)>) -> Option<(f64, f64)> {
        let (width, height) = self.size;
        let size = match (self.in_um, mpp) {
            (true, Some((across, down))) if across > 0.0 && down > 0.0 => (width / across, height / down),
            (true, _) => return None,
            (false, _) => (width, height),
        };
        (self.fixed && size.0 >= 1.0 && size.1 >= 1.0).then_some(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_in_um_become_pixels() {
        let drawing = Drawing { fixed: true, size: (100.0, 50.0), in_um: true, ..Drawing::default() };
        assert_eq!(drawing.fixed_size(Some((0.5, 0.25))), Some((200.0, 200.0)));
        assert_eq!(drawing.fixed_size(None), None, "not known how large a pixel is");
        assert_eq!(Drawing { in_um: false, ..drawing }.fixed_size(None), Some((100.0, 50.0)));
        assert_eq!(Drawing::default().fixed_size(None), None);
    }
}
