//! The text tool: a click adds a label, whose text is typed in the Regions tab.

use egui::{CursorIcon, Key, KeyboardShortcut, Modifiers};

use super::by_click::{ByClick, OneClick};
use super::{Grip, fine};
use crate::app::Command;
use crate::app::regions::{Combine, RegionCommand};
use crate::app::theme::Icon;
use crate::app::tools::{ToolInfo, Viewed};
use crate::geometry::Point;
use crate::region::Geometry;

pub(in crate::app::tools) const INFO: ToolInfo = ToolInfo {
    id: "text",
    icon: Icon::Type,
    name: "Text",
    keys: &[KeyboardShortcut::new(Modifiers::SHIFT, Key::T)],
    hint: "Click to add a label, then type its text in the Regions tab; drag to move it",
    double_click_zooms: false,
};

/// Adds labels.
pub(in crate::app::tools) type Text = ByClick<Label>;

/// A label at each click.
pub(in crate::app::tools) struct Label;

impl OneClick for Label {
    const INFO: &'static ToolInfo = &INFO;
    const CURSOR: CursorIcon = CursorIcon::Text;

    fn is_dragged(_: &Grip) -> bool {
        true
    }

    fn click(at: Point, _: Modifiers, _: &Viewed<'_>) -> Vec<Command> {
        let shape = Geometry::Text { at: fine(at), text: "Label".into() };
        vec![RegionCommand::Draw { shape, combine: Combine::New }.into()]
    }

    fn finish() -> Vec<Command> {
        Vec::new()
    }
}
