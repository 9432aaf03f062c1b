//! OME-TIFF (Open Microscopy Environment, model 2016-06): XML in the first description says which plane of which image each
//! directory holds, in this file and in others beside it. Each plane is a page; its smaller copies hang below its directory.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Contents;
use super::directory::Directory;
use super::page::{Details, Elsewhere, Page};
use super::tags as tag;
use crate::pixels::ChannelName;
use crate::wavelength::color_of_wavelength;
use crate::xml::Node;
use crate::{Error, IoResultExt as _, Result};
use crate::{Opened, PageIndex, PagePlace, PositionedFile, StagePosition, StageUnit, neighbor};

/// No image has more planes than this.
const MOST_PLANES: u64 = 200_000;
/// A companion file longer than this is none.
const MOST_XML: u64 = 256 << 20;

/// The contents of the file, if it is an OME-TIFF.
pub(super) fn contents(file: &Arc<PositionedFile>, chain: &[Directory]) -> Option<Contents> {
    let description = chain[0].text(file, tag::IMAGE_DESCRIPTION)?;
    if !description.contains("<OME") && !description.contains(":OME") {
        return None;
    }
    let root = Node::parse(&description).filter(|root| root.name == "OME")?;
    let companion = root.child("BinaryOnly").and_then(|only| only.get("MetadataFile")).map(str::to_owned);
    let own = own_id(&root);
    let root = match companion {
        Some(name) => read_companion(&beside(file.path(), &name)?)?,
        None => root,
    };
    contents_of(file, chain, &root, own.as_deref())
}

/// The contents as `root` tells them, of which this file, whose own id is `own`, is a part.
fn contents_of(file: &Arc<PositionedFile>, chain: &[Directory], root: &Node, own: Option<&str>) -> Option<Contents> {
    let mut files = Files::new(file, own, root);
    let mut pages: Vec<(bool, Page)> = Vec::new();
    let count = root.all("Image").count() as u32;
    let mut left = MOST_PLANES;
    for (number, image) in (0..).zip(root.all("Image")) {
        pages.extend(image_pages(&mut files, chain, root, (number, count, image), &mut left)?);
    }
    // The opened page comes first, then the rest of the series.
    pages.sort_by_key(|(here, _)| !here);
    let pages: Vec<Page> = pages.into_iter().map(|(_, page)| page).collect();
    (!pages.is_empty()).then_some(Contents::of(pages, Vec::new()))
}

/// Whether a file with this beginning is OME-XML that describes other files: a companion file.
pub(crate) fn is_companion(_: &Path, head: &[u8]) -> bool {
    let start = String::from_utf8_lossy(head);
    start.trim_start_matches('\u{FEFF}').trim_start().starts_with('<')
        && start.contains("openmicroscopy.org")
        && (start.contains("<OME") || start.contains(":OME"))
}

/// The image that a companion file describes: the first of its files that is there is opened for all.
pub(crate) fn open_companion(path: &Path) -> Result<Box<dyn Opened>> {
    let root = read_companion(path).ok_or_else(|| Error::corrupt("no OME-XML, or too long"))?;
    let names = named_files(&root);
    let there = names.iter().filter_map(|name| beside(path, name)).find(|file| neighbor::is_file(path, file));
    let Some(first) = there else {
        let what = match names.first() {
            Some(name) => format!("none of the files that it names is beside it: {name} and {} more", names.len() - 1),
            None => "OME-XML that names no image files".into(),
        };
        return Err(Error::unsupported(what));
    };
    let file = Arc::new(PositionedFile::open(&first)?);
    let chain = Directory::chain(&file).at(&first)?;
    let description = chain[0].text(&file, tag::IMAGE_DESCRIPTION).and_then(|text| Node::parse(&text));
    let own = description.as_ref().and_then(own_id);
    let contents = contents_of(&file, &chain, &root, own.as_deref());
    let contents = contents.ok_or_else(|| Error::corrupt("the planes it describes are not in its files"))?;
    super::opened(file, contents)
}

/// The id of a file in its own XML.
fn own_id(root: &Node) -> Option<String> {
    root.get("UUID").map(str::to_owned).or_else(|| Some(root.child("BinaryOnly")?.get("UUID")?.to_owned()))
}

/// The names of all files that the XML says its planes are in, each once.
fn named_files(root: &Node) -> Vec<String> {
    let pixels = root.all("Image").filter_map(|image| image.child("Pixels"));
    let blocks = pixels.flat_map(|pixels| pixels.all("TiffData"));
    let mut known = HashSet::new();
    let names = blocks.filter_map(|block| block.child("UUID")?.get("FileName").map(str::to_owned));
    names.filter(|name| known.insert(name.clone())).collect()
}

/// The files of a series, by what the XML calls them.
struct Files<'a> {
    file: &'a Arc<PositionedFile>,
    own: Option<&'a str>,
    /// Whether all planes are said to be in one file, which is then this one, whatever it is called now.
    is_alone: bool,
    /// What each name and id stands for, once it has been looked for.
    known: HashMap<(Option<String>, Option<String>), Place>,
    /// The ids of the files in the folder, read when the first is wanted that has no name.
    by_id: Option<HashMap<String, PathBuf>>,
}

/// Where a plane is.
#[derive(Clone)]
enum Place {
    Here,
    There(PathBuf),
    Missing(PathBuf),
}

/// So many files of a folder are looked into for an id.
const MOST_SIBLINGS: usize = 256;

impl<'a> Files<'a> {
    fn new(file: &'a Arc<PositionedFile>, own: Option<&'a str>, root: &Node) -> Self {
        let names = named_files(root);
        let is_alone = match &*names {
            [one] => beside(file.path(), one).is_none_or(|path| !neighbor::is_file(file.path(), &path)),
            _ => false,
        };
        Self { file, own, is_alone, known: HashMap::new(), by_id: None }
    }

    /// Where the planes of a block are: in the file of its id, or of its name.
    fn place(&mut self, block: &Node) -> Place {
        let Some(uuid) = block.child("UUID") else { return Place::Here };
        let id = Some(uuid.text.trim().to_owned()).filter(|id| !id.is_empty());
        let key = (uuid.get("FileName").map(str::to_owned), id);
        if let Some(place) = self.known.get(&key) {
            return place.clone();
        }
        let place = self.find(key.0.as_deref(), key.1.as_deref());
        self.known.insert(key, place.clone());
        place
    }

    fn find(&mut self, name: Option<&str>, id: Option<&str>) -> Place {
        let path = self.file.path();
        // A file that was renamed, or copied and changed, is itself and never another.
        if self.own.is_some() && id == self.own || self.is_alone {
            return Place::Here;
        }
        let named = name.and_then(|name| beside(path, name));
        match (named, id) {
            (Some(named), _) if named == path => Place::Here,
            (Some(named), _) if neighbor::is_file(path, &named) => Place::There(named),
            (named, Some(id)) => match self.by_id().get(id) {
                Some(found) => Place::There(found.clone()),
                None => Place::Missing(named.unwrap_or_else(|| path.with_file_name(id))),
            },
            (Some(named), None) => Place::Missing(named),
            (None, None) => Place::Here,
        }
    }

    fn by_id(&mut self) -> &HashMap<String, PathBuf> {
        let path = self.file.path();
        self.by_id.get_or_insert_with(|| {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let entries = folder.read_dir().into_iter().flatten().flatten().take(16 * MOST_SIBLINGS);
            let is_tiff = |path: &PathBuf| {
                let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
                matches!(ending.as_deref(), Some("tif" | "tiff"))
            };
            let siblings = entries.map(|entry| folder.join(entry.file_name())).filter(is_tiff);
            let siblings = siblings.filter(|other| neighbor::is_file(path, other)).take(MOST_SIBLINGS);
            let with_id = siblings.filter_map(|other| {
                let file = PositionedFile::open(&other).ok()?;
                let first = Directory::first(&file).ok()?;
                let root = Node::parse(&first.text(&file, tag::IMAGE_DESCRIPTION)?)?;
                Some((own_id(&root)?, other))
            });
            with_id.collect()
        })
    }
}

/// The other files that the OME-TIFF at `path` names, its companion included; none if it is no OME-TIFF.
pub(super) fn linked_parts(file: &PositionedFile, first: &Directory) -> Vec<PathBuf> {
    let description = first.text(file, tag::IMAGE_DESCRIPTION);
    let Some(mut root) = description.and_then(|text| Node::parse(&text)).filter(|root| root.name == "OME") else {
        return Vec::new();
    };
    let mut names = Vec::new();
    if let Some(companion) = root.child("BinaryOnly").and_then(|only| only.get("MetadataFile")) {
        let companion = companion.to_owned();
        root = beside(file.path(), &companion).and_then(|path| read_companion(&path)).unwrap_or(root);
        names.push(companion);
    }
    names.extend(named_files(&root));
    names.iter().filter_map(|name| beside(file.path(), name)).collect()
}

fn read_companion(path: &Path) -> Option<Node> {
    let file = PositionedFile::open(path).ok()?;
    let length = file.length().ok().filter(|length| *length <= MOST_XML)?;
    let bytes = file.read_at(0, length).ok()?;
    Node::parse(&String::from_utf8_lossy(&bytes)).filter(|root| root.name == "OME")
}

/// The file of that name in the folder of `path`: a name never leads anywhere else.
fn beside(path: &Path, name: &str) -> Option<PathBuf> {
    let name = name.rsplit(['/', '\\']).next().filter(|name| !name.is_empty() && *name != "..")?;
    Some(path.with_file_name(name))
}

/// Sizes and order of the planes of an image.
struct Planes {
    /// Channels, Z-slices, timepoints, in the order of the letters.
    counts: [u64; 3],
    letters: [u8; 3],
}

impl Planes {
    fn of(pixels: &Node) -> Option<Self> {
        let samples: u64 = pixels.all("Channel").map(|c| c.number("SamplesPerPixel").unwrap_or(1)).max().unwrap_or(1);
        let size = |name| pixels.number::<u64>(name).unwrap_or(1).max(1);
        let listed = pixels.all("Channel").count() as u64;
        let channels = if listed > 0 { listed } else { size("SizeC") / samples.max(1) }.max(1);
        let order = pixels.get("DimensionOrder").unwrap_or("XYCZT").as_bytes();
        let letters = <[u8; 3]>::try_from(order.get(2..5)?).ok()?;
        let count = |letter: u8| match letter {
            b'C' => channels,
            b'Z' => size("SizeZ"),
            _ => size("SizeT"),
        };
        let planes = Self { counts: letters.map(count), letters };
        let total = planes.counts.iter().try_fold(1u64, |all, count| all.checked_mul(*count))?;
        let sorted = [b'C', b'T', b'Z'].iter().all(|letter| letters.contains(letter));
        (sorted && total <= MOST_PLANES).then_some(planes)
    }

    fn total(&self) -> u64 {
        self.counts.iter().product()
    }

    /// The number of the plane at a channel, Z-slice and timepoint.
    fn number(&self, place: impl Fn(u8) -> u64) -> Option<u64> {
        let at = self.letters.map(place);
        let inside = at.iter().zip(&self.counts).all(|(at, count)| at < count);
        inside.then(|| at[0] + self.counts[0] * (at[1] + self.counts[1] * at[2]))
    }

    /// Channel, Z-slice or timepoint of plane `number`, and how many there are.
    fn place(&self, number: u64, letter: u8) -> (u64, u64) {
        let mut rest = number;
        for (known, count) in self.letters.iter().zip(&self.counts) {
            if *known == letter {
                return (rest % count, *count);
            }
            rest /= count;
        }
        (0, 1)
    }
}

/// The pages of one image, each with whether it is in this file.
fn image_pages(
    files: &mut Files<'_>,
    chain: &[Directory],
    root: &Node,
    (series, series_count, image): (u32, u32, &Node),
    left: &mut u64,
) -> Option<Vec<(bool, Page)>> {
    let pixels = image.child("Pixels")?;
    let planes = Planes::of(pixels)?;
    *left = left.checked_sub(planes.total())?;
    let details = Arc::new(details(root, image, pixels));
    let channels: Vec<&Node> = pixels.all("Channel").collect();
    let mut places: Vec<Option<(Place, u64)>> = vec![None; planes.total() as usize];
    let mut data: Vec<&Node> = pixels.all("TiffData").collect();
    let mut steps = 2 * MOST_PLANES;
    let everything = Node::default();
    if data.is_empty() {
        data.push(&everything);
    }
    for block in data {
        let ifd: Option<u64> = block.number("IFD");
        let count = block.number("PlaneCount").unwrap_or(if ifd.is_some() { 1 } else { planes.total() });
        let firsts = [b'C', b'Z', b'T'].map(|letter| {
            let first = block.number::<u64>(&format!("First{}", char::from(letter))).unwrap_or(0);
            // Channels are counted by samples.
            (letter, first)
        });
        let first = planes.number(|letter| firsts.iter().find(|(known, _)| *known == letter).map_or(0, |(_, at)| *at));
        let Some(first) = first else { continue };
        let place = files.place(block);
        let count = count.min(planes.total() - first).min(steps);
        steps -= count;
        for step in 0..count {
            places[(first + step) as usize] = Some((place.clone(), ifd.unwrap_or(0).saturating_add(step)));
        }
    }
    // Of a series only some files may be here. A missing channel of an image that is here leaves a gap, and is told.
    let index = |number: u64| page_place(image, &channels, &planes, (series, series_count, number));
    let there = places.iter().enumerate().filter(|(_, place)| !matches!(place, None | Some((Place::Missing(_), _))));
    let images: HashSet<PageIndex> = there.map(|(number, _)| index(number as u64).image()).collect();
    let mut pages = Vec::new();
    for (number, place) in places.into_iter().enumerate() {
        let (place, ifd) = place?;
        let place_in_file = index(number as u64);
        let image = place_in_file.image();
        let (name, details, file) = (place_in_file.name(), Arc::clone(&details), Arc::clone(files.file));
        let (levels, elsewhere) = match place {
            Place::Here => (vec![chain.get(ifd as usize)?.clone()], None),
            Place::There(path) => (Vec::new(), Some(Elsewhere { path, is_missing: false, directory: ifd as usize })),
            Place::Missing(path) if images.contains(&image) => {
                (vec![chain[0].clone()], Some(Elsewhere { path, is_missing: true, directory: 0 }))
            }
            Place::Missing(_) => continue,
        };
        let is_here = elsewhere.is_none();
        let place = Some(place_in_file);
        pages.push((is_here, Page { file, levels, below: true, elsewhere, plane: None, name, place, details }));
    }
    Some(pages)
}

/// Where plane `number` of image `series`, one of so many, belongs.
fn page_place(
    image: &Node,
    channels: &[&Node],
    planes: &Planes,
    (series, series_count, number): (u32, u32, u64),
) -> PagePlace {
    // Their product is checked to be small.
    let place = |letter| {
        let (at, count) = planes.place(number, letter);
        (at as u32, count as u32)
    };
    let [(c, channel_count), (z, z_count), (t, timepoints)] = [b'C', b'Z', b'T'].map(place);
    let channel = channels.get(c as usize).copied();
    let is_color = channel.and_then(|channel| channel.number::<u32>("SamplesPerPixel")).is_some_and(|count| count > 1);
    PagePlace {
        index: PageIndex { series, c, z, t },
        counts: PageIndex { series: series_count, c: channel_count, z: z_count, t: timepoints },
        series: image.get("Name").filter(|name| !name.is_empty()).map(str::to_owned),
        channel: channel.map(channel_name).unwrap_or_default(),
        is_one_channel: channel_count > 1 && !is_color,
    }
}

fn details(root: &Node, image: &Node, pixels: &Node) -> Details {
    let size = |axis: &str| {
        let value: f64 = pixels.number(&format!("PhysicalSize{axis}"))?;
        let size = value * micrometers(pixels.get(&format!("PhysicalSize{axis}Unit")).unwrap_or("µm"))?;
        (size.is_finite() && size > 0.0).then_some(size)
    };
    let used = image.child("ObjectiveSettings").and_then(|settings| settings.get("ID"));
    let objectives = root.all("Instrument").flat_map(|instrument| instrument.all("Objective"));
    let objective = objectives.into_iter().find(|objective| used.is_some() && objective.get("ID") == used);
    let mut properties = BTreeMap::new();
    let mut put = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            properties.insert(format!("ome.{name}"), value.to_owned());
        }
    };
    put("image-name", image.get("Name"));
    put("acquisition-date", image.text_of("AcquisitionDate"));
    for name in ["SizeC", "SizeZ", "SizeT", "DimensionOrder", "Type"] {
        put(&name.to_lowercase(), pixels.get(name));
    }
    let channels: Vec<&str> = pixels.all("Channel").filter_map(|channel| channel.get("Name")).collect();
    // Each page has its own copy.
    put("channels", Some(&channels.join(", ")).filter(|_| channels.len() <= 256).map(String::as_str));
    Details {
        mpp: size("X").zip(size("Y")),
        objective: objective.and_then(|objective| objective.number("NominalMagnification")),
        properties,
        channel_names: pixels.all("Channel").map(channel_name).collect(),
        stage: stage(pixels),
        ..Details::plain("OME-TIFF")
    }
}

/// How many µm a unit of length has.
fn micrometers(unit: &str) -> Option<f64> {
    Some(match unit {
        "µm" | "μm" | "um" | "micron" => 1.0,
        "nm" => 1e-3,
        "mm" => 1e3,
        "cm" => 1e4,
        "m" => 1e6,
        "Å" => 1e-4,
        "in" => 25_400.0,
        _ => return None,
    })
}

/// Where the stage stood at the first plane that says so. Writers that name the reference frame as the unit mean µm, as do
/// those that name none; `ASHLAR` reads them so too.
fn stage(pixels: &Node) -> Option<StagePosition> {
    let place = |plane: &Node| {
        let along = |axis: &str| {
            let value: f64 = plane.number(&format!("Position{axis}"))?;
            match plane.get(&format!("Position{axis}Unit")).unwrap_or("µm") {
                "reference frame" => Some((value, StageUnit::Micrometer)),
                "pixel" => Some((value, StageUnit::Pixel)),
                unit => micrometers(unit).map(|scale| (value * scale, StageUnit::Micrometer)),
            }
        };
        let ((x, unit), (y, other)) = along("X").zip(along("Y"))?;
        StagePosition::new(x, y, unit).filter(|_| unit == other)
    };
    pixels.all("Plane").find_map(place)
}

/// Name and color of a channel: the color is red, green, blue and alpha as one signed number.
fn channel_name(channel: &Node) -> ChannelName {
    let color = channel.number::<i32>("Color").map(|color| {
        let [r, g, b, _] = color.to_be_bytes();
        [r, g, b]
    });
    // Without an emission wavelength the color is unknown.
    let nanometers = || match channel.get("EmissionWavelengthUnit").unwrap_or("nm") {
        "nm" => channel.number::<f64>("EmissionWavelength"),
        "µm" | "μm" => channel.number::<f64>("EmissionWavelength").map(|value| value * 1000.0),
        _ => None,
    };
    let color = color.or_else(|| nanometers().and_then(color_of_wavelength));
    ChannelName { name: channel.get("Name").unwrap_or_default().to_owned(), color }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixels(text: &str) -> Node {
        Node::parse(text).unwrap()
    }

    #[test]
    fn planes_are_numbered_by_their_order() {
        let node = pixels("<Pixels DimensionOrder='XYZCT' SizeC='2' SizeZ='3' SizeT='4'/>");
        let planes = Planes::of(&node).unwrap();
        assert_eq!(planes.total(), 24);
        for number in 0..24 {
            let place = |letter| planes.place(number, letter).0;
            assert_eq!(planes.number(place), Some(number));
        }
        assert_eq!((planes.place(4, b'Z'), planes.place(4, b'C')), ((1, 3), (1, 2)));
        let rgb = pixels("<Pixels DimensionOrder='XYCZT' SizeC='3'><Channel SamplesPerPixel='3'/></Pixels>");
        assert_eq!(Planes::of(&rgb).unwrap().total(), 1, "one channel of three samples");
        let absurd = pixels("<Pixels DimensionOrder='XYCZT' SizeC='99999999' SizeZ='99999999' SizeT='99999999'/>");
        assert!(Planes::of(&absurd).is_none());
    }

    #[test]
    fn planes_of_one_slice_and_moment_make_an_image() {
        let image = pixels(
            "<Image Name='I'><Pixels DimensionOrder='XYZCT' SizeC='2' SizeZ='3' SizeT='1'>\
             <Channel Name='A' Color='-16776961'/><Channel EmissionWavelength='510'/></Pixels></Image>",
        );
        let node = image.child("Pixels").unwrap();
        let planes = Planes::of(node).unwrap();
        let channels: Vec<&Node> = node.all("Channel").collect();
        let found: Vec<_> = (0..6).map(|number| page_place(&image, &channels, &planes, (2, 4, number))).collect();
        let index = |c, z| PageIndex { series: 2, c, z, t: 0 };
        let expected = [index(0, 0), index(0, 1), index(0, 2), index(1, 0), index(1, 1), index(1, 2)];
        assert_eq!(found.iter().map(|place| place.index).collect::<Vec<_>>(), expected);
        assert!(found.iter().all(|place| place.is_one_channel));
        assert_eq!(found[1].image(), found[4].image());
        assert_eq!(found[4].image_name().as_deref(), Some("I, Z-slice 2 of 3"));
        assert_eq!(found[4].name().as_deref(), Some("I, channel 2, Z-slice 2 of 3"));
        assert_eq!(found[0].channel, ChannelName { name: "A".into(), color: Some([255, 0, 0]) });
        assert_eq!(found[3].channel, ChannelName { name: String::new(), color: Some([0, 255, 0]) });
        let rgb = pixels("<Pixels SizeC='3'><Channel SamplesPerPixel='3'/></Pixels>");
        let colors = page_place(&image, &[rgb.child("Channel").unwrap()], &Planes::of(&rgb).unwrap(), (0, 1, 0));
        assert_eq!((colors.is_one_channel, colors.counts.c), (false, 1));
    }

    #[test]
    fn stage_positions_have_units() {
        let at = |plane: &str| stage(&pixels(&format!("<Pixels><Plane TheC='0'/>{plane}</Pixels>")));
        let found = |x: f64, y: f64, unit| Some(StagePosition { x, y, unit });
        let mm = "<Plane PositionX='1.5' PositionXUnit='mm' PositionY='-2' PositionYUnit='µm'/>";
        assert_eq!(at(mm), found(1500.0, -2.0, StageUnit::Micrometer));
        let frame = "<Plane PositionX='3' PositionXUnit='reference frame' PositionY='4'/>";
        assert_eq!(at(frame), found(3.0, 4.0, StageUnit::Micrometer));
        let px = "<Plane PositionX='3' PositionXUnit='pixel' PositionY='4' PositionYUnit='pixel'/>";
        assert_eq!(at(px), found(3.0, 4.0, StageUnit::Pixel));
        for none in ["", "<Plane PositionX='3'/>", "<Plane PositionX='NaN' PositionY='1'/>"] {
            assert_eq!(at(none), None, "{none}");
        }
    }

    #[test]
    fn names_stay_in_their_folder() {
        let path = Path::new("/data/a.ome.tif");
        assert_eq!(beside(path, "b.ome.tif"), Some("/data/b.ome.tif".into()));
        assert_eq!(beside(path, "../../etc/passwd"), Some("/data/passwd".into()));
        assert_eq!(beside(path, ".."), None);
    }
}
