//! OME-XML for the first directory of an OME-TIFF, by the schema of 2016-06.

use std::fmt::Write as _;
use std::path::Path;

use mosaicist_core::xml::escaped;

use crate::geometry::Size;
use crate::pixels::{ChannelName, SampleType};
use crate::source::Info;

/// The XML for one image of `size`, its pixels like `info`'s: `planes` images of one channel each, or one whose pixels have
/// `stored` samples.
pub(super) fn xml(info: &Info, size: Size, stored: u8, planes: usize, out: &Path) -> String {
    let name = out.file_name().unwrap_or_default().to_string_lossy();
    let name = name.split(".ome.").next().unwrap_or_default();
    let (kind, bits) = match info.sample {
        SampleType::U8 => ("uint8", 8),
        SampleType::U16 => ("uint16", 16),
        SampleType::F32 => ("float", 32),
        SampleType::I8 => ("int8", 8),
        SampleType::I16 => ("int16", 16),
        SampleType::U32 => ("uint32", 32),
        SampleType::I32 => ("int32", 32),
        SampleType::F64 => ("double", 64),
    };
    let physical = info.mpp.map_or_else(String::new, |(x, y)| {
        format!(" PhysicalSizeX=\"{x}\" PhysicalSizeXUnit=\"µm\" PhysicalSizeY=\"{y}\" PhysicalSizeYUnit=\"µm\"")
    });
    let (instrument, settings) = info.objective.map_or_else(Default::default, |magnification| {
        let objective = format!("<Objective ID=\"Objective:0:0\" NominalMagnification=\"{magnification}\"/>");
        (
            format!("<Instrument ID=\"Instrument:0\">{objective}</Instrument>"),
            "<InstrumentRef ID=\"Instrument:0\"/><ObjectiveSettings ID=\"Objective:0:0\"/>",
        )
    });
    let channels = if planes > 1 { planes } else { stored.into() };
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <OME xmlns=\"http://www.openmicroscopy.org/Schemas/OME/2016-06\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xsi:schemaLocation=\"http://www.openmicroscopy.org/Schemas/OME/2016-06 \
         http://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd\" Creator=\"Mosaicist\">{instrument}\
         <Image ID=\"Image:0\" Name=\"{}\">{settings}\
         <Pixels ID=\"Pixels:0\" DimensionOrder=\"XYCZT\" Type=\"{kind}\" SignificantBits=\"{bits}\" BigEndian=\"false\" \
         Interleaved=\"{}\" SizeX=\"{}\" SizeY=\"{}\" SizeC=\"{channels}\" SizeZ=\"1\" SizeT=\"1\"{physical}>",
        escaped(name),
        planes == 1 && stored > 1,
        size.width,
        size.height,
    );
    for plane in 0..planes {
        let samples = if planes > 1 { 1 } else { stored };
        let said = info.channel_names.get(plane).filter(|_| samples == 1).map(channel_name).unwrap_or_default();
        // Writing to a string cannot fail.
        write!(text, "<Channel ID=\"Channel:0:{plane}\"{said} SamplesPerPixel=\"{samples}\"/>").unwrap_or_default();
    }
    for plane in 0..planes {
        let place = format!("FirstC=\"{plane}\" FirstZ=\"0\" FirstT=\"0\"");
        write!(text, "<TiffData IFD=\"{plane}\" {place} PlaneCount=\"1\"/>").unwrap_or_default();
    }
    text + "</Pixels></Image></OME>"
}

/// Name and color of a channel as attributes: the color is red, green, blue and alpha as one signed number.
fn channel_name(said: &ChannelName) -> String {
    let name = if said.name.is_empty() { String::new() } else { format!(" Name=\"{}\"", escaped(&said.name)) };
    let color = said.color.map(|[r, g, b]| format!(" Color=\"{}\"", i32::from_be_bytes([r, g, b, 255])));
    name + &color.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_the_xml() {
        let info = Info::plain("test", Size::new(7, 5), Size::new(7, 5), 3, SampleType::U8);
        let text = xml(&info, Size::new(7, 5), 3, 1, Path::new("a & b.ome.tif"));
        let channel = |name: &str, color| channel_name(&ChannelName { name: name.into(), color });
        assert_eq!(channel("a<b\"\u{1}", Some([0, 0, 255])), " Name=\"a&lt;b&quot;\" Color=\"65535\"");
        assert_eq!(channel("", Some([255, 0, 255])), " Color=\"-16711681\"");
        assert!(text.contains("Name=\"a &amp; b\"") && text.contains("SamplesPerPixel=\"3\""), "{text}");
    }
}
