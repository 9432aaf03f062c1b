//! The magic wand: a click adds what is like the pixel under it and connected to it, at the displayed level.

use egui::{CursorIcon, Key};

use super::Combine;
use crate::app::Command;
use crate::app::regions::RegionCommand;
use crate::app::theme::Icon;
use crate::app::tools::{CanvasEvent, Tool, ToolInfo, Viewed, key};
use crate::geometry::Point;

pub(in crate::app::tools) const INFO: ToolInfo = ToolInfo {
    id: "wand",
    icon: Icon::WandSparkles,
    name: "Magic wand",
    keys: &[key(Key::W)],
    hint: "Click to add what has the color there; Alt cuts it out of the selected, Ctrl joins it",
    double_click_zooms: false,
};

/// Selects by color.
#[derive(Default)]
pub(in crate::app::tools) struct Wand;

impl Tool for Wand {
    fn info(&self) -> &'static ToolInfo {
        &INFO
    }

    fn event(&mut self, event: CanvasEvent, _: &Viewed<'_>) -> Vec<Command> {
        match event {
            CanvasEvent::Press { at, modifiers } | CanvasEvent::Click { at, modifiers } => {
                vec![RegionCommand::Wand { at, combine: Combine::of(modifiers) }.into()]
            }
            _ => Vec::new(),
        }
    }

    fn cursor(&self, _: Point, _: &Viewed<'_>) -> CursorIcon {
        CursorIcon::Crosshair
    }

    fn is_dragging(&self) -> bool {
        false
    }
}
