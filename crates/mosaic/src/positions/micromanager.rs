//! Positions of Micro-Manager: the `metadata.txt` beside its images, and position lists (`.pos`) of 1.4 and 2.0, whose labels
//! stand for names. µm of the stage.

use serde_json::Value;

use super::{Positions, TilePosition};
use crate::layout::Unit;
use crate::{Error, Result};

pub(super) fn detect(_: &str, text: &str) -> bool {
    let is_json = text.trim_start().starts_with('{');
    is_json && ["XPositionUm", "\"StagePositions\"", "\"POSITIONS\""].iter().any(|key| text.contains(key))
}

pub(super) fn read(text: &str) -> Result<Positions> {
    let root: Value = serde_json::from_str(text).map_err(|error| Error::corrupt(format!("no proper JSON: {error}")))?;
    let mut positions = Positions { unit: Unit::Micrometer, ..Positions::default() };
    if let Some(list) = root["POSITIONS"].as_array() {
        positions.tiles = list.iter().filter_map(old_place).collect();
    } else if let Some(list) = root["map"]["StagePositions"]["array"].as_array() {
        positions.tiles = list.iter().filter_map(new_place).collect();
    } else if let Some(frames) = root.as_object() {
        positions.tiles = frames.iter().filter_map(|(key, frame)| frame_place(key, frame)).collect();
        let size = frames.values().find_map(|frame| frame["PixelSizeUm"].as_f64()).filter(|size| *size > 0.0);
        positions.pixel_size = size.map(|size| (size, size));
    }
    Ok(positions)
}

fn made(file: &str, x: Option<f64>, y: Option<f64>) -> Option<TilePosition> {
    Some(TilePosition { file: file.to_owned(), x: x?, y: y?, ..TilePosition::default() })
}

/// 1.4: `{"LABEL": "Pos0", "DEVICES": [{"DEVICE": "XY", "AXES": 2, "X": 1.0, "Y": 2.0}]}`.
fn old_place(place: &Value) -> Option<TilePosition> {
    let stage = place["DEVICES"].as_array()?.iter().find(|device| device["AXES"].as_i64() == Some(2))?;
    made(place["LABEL"].as_str()?, stage["X"].as_f64(), stage["Y"].as_f64())
}

/// 2.0: `{"Label": {"scalar": "Pos0"}, "DevicePositions": {"array": [{"Position_um": {"array": [1.0, 2.0]}}]}}`.
fn new_place(place: &Value) -> Option<TilePosition> {
    let devices = place["DevicePositions"]["array"].as_array()?;
    let of = |device: &Value| device["Position_um"]["array"].as_array().cloned();
    let at = devices.iter().filter_map(of).find(|axes| axes.len() == 2)?;
    made(place["Label"]["scalar"].as_str()?, at[0].as_f64(), at[1].as_f64())
}

/// `"Metadata-folder/img.tif"` of 2.0, or `"FrameKey-0-0-0"` of 1.4, which names its file inside.
fn frame_place(key: &str, frame: &Value) -> Option<TilePosition> {
    let file = frame["FileName"].as_str().or_else(|| key.strip_prefix("Metadata-"))?;
    made(file, frame["XPositionUm"].as_f64(), frame["YPositionUm"].as_f64())
}
