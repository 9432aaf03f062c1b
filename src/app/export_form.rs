//! [`ExportForm`]: the fields of the export dialog, and the request they make.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::regions::{ChosenRegions, RegionExportForm, RegionFiles};
use super::{View, names};
use crate::codec::jpeg::Subsampling;
use crate::export::{Compression, ExportOptions, Extras, Format, JpegUse, OptionName, TiffOptions, TileFormat};
use crate::geometry::{Rect, Size};
use crate::job::{MemoryBudget, Progress, show_bytes};
use crate::mosaic::{Mosaic, PixelKind, RoiId};
use crate::pixels::{Color, SampleType};
use crate::region::files::Loaded;
use crate::work::{ExportRequest, Outlines, RegionExport, at_pixel_size, listed_regions, plan_regions, preview_plan};
use crate::{Error, Result};
use mosaicist_display::{Display, TargetProfile};

/// The export dialog's fields.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportForm {
    pub format: Format,
    /// `None` for the whole mosaic.
    pub region: Option<RoiId>,
    /// Each region as a file of its own, in place of one output: the path is a folder then.
    pub each: Option<RegionExportForm>,
    /// Level: 0 is the full resolution, each further one a 2× downsampling.
    pub level: usize,
    /// On top of `level`.
    pub scale: f64,
    /// µm of a pixel of the output, in place of level and scale.
    pub pixel_size: Option<f64>,
    /// µm of a canvas pixel across and down, if they are known.
    pub mpp: Option<(f64, f64)>,
    /// Burn the outlines of regions in, and perhaps their names.
    pub outlines: Option<Outlines>,
    /// The view that regions may be rotated to.
    pub(super) view: View,
    /// `{image}` in the names of regions' files.
    pub(super) image: String,
    /// The selected regions.
    pub(super) selected: ChosenRegions,
    /// Write no alpha.
    pub flatten: bool,
    /// Apply these display settings (8-bit RGB).
    pub display: Option<Arc<Display>>,
    /// Convert colors from the image's profile to the one of this name ([`TargetProfile::NAMED`]).
    pub profile: Option<&'static str>,
    /// Color under transparent pixels where no alpha is written.
    pub background: [u8; 3],
    /// Of TIFF and Zarr; chosen by each image if `None`, which a batch may ask for.
    pub compression: Option<Compression>,
    pub tiff: TiffOptions,
    /// Of a folder of tiles.
    pub tiles: TileFormat,
    /// The side of a tile; the format's usual one if `None`.
    pub tile: Option<u32>,
    /// Pixels that tiles share with each neighbor, where the format knows that.
    pub overlap: u32,
    pub extras: Extras,
    pub quality: u8,
    pub subsampling: Subsampling,
    pub pyramid: bool,
    /// Pass encoded tiles through where possible.
    pub copy_tiles: bool,
    pub memory_mib: u64,
    pub path: String,
    /// The folder of the path, which need not be text: [`names::in_folder`].
    pub(super) folder: PathBuf,
    /// The path as it was proposed; the user has typed another one if they differ.
    pub(super) proposed: String,
    /// What it was proposed for.
    pub(super) named_for: Option<NamedFor>,
}

/// What a name is proposed for: the regions or the part, and the format.
pub(super) type NamedFor = (Option<RegionFiles>, Option<RoiId>, Format);

impl ExportForm {
    /// The usual fields, for a region or for everything. `base`: where to write, without the ending.
    pub(super) fn new(region: Option<RoiId>, base: &Path) -> Self {
        let format = if region.is_some() { Format::Tiff } else { Format::DeepZoom };
        let path = names::with_ending(base, format).to_string_lossy().into_owned();
        let usual = ExportOptions::new(format);
        let mut form = Self {
            format,
            region,
            each: None,
            level: 0,
            scale: 1.0,
            pixel_size: None,
            mpp: None,
            outlines: None,
            view: View::default(),
            image: String::new(),
            selected: ChosenRegions::default(),
            folder: base.parent().map(Path::to_owned).unwrap_or_default(),
            flatten: false,
            display: None,
            profile: None,
            background: usual.background,
            compression: Some(Compression::Jpeg),
            tiff: usual.tiff,
            tiles: TileFormat::default(),
            tile: None,
            overlap: 0,
            extras: usual.extras,
            quality: 0,
            subsampling: usual.subsampling,
            pyramid: true,
            copy_tiles: usual.copy_tiles,
            memory_mib: MemoryBudget::default().0 >> 20,
            proposed: path.clone(),
            path,
            named_for: None,
        };
        form.set_format(format);
        form
    }

    /// Choose a format, as the dialog does.
    pub fn choose(&mut self, format: Format) {
        self.set_format(format);
    }

    /// Exports one region, or the whole mosaic.
    pub(super) fn export_part(&mut self, region: Option<RoiId>) {
        (self.region, self.each) = (region, None);
    }

    /// Exports regions, each to a file of its own, as it was done the last time.
    pub(super) fn export_each(&mut self, which: RegionFiles, usual: &RegionExportForm) {
        let before = self.each.take();
        let is_new = before.is_none();
        self.region = None;
        self.each = Some(RegionExportForm { which, ..before.unwrap_or_else(|| usual.clone()) });
        if is_new {
            self.set_format(usual.last_format());
        }
    }

    /// What the name of the output is proposed for.
    pub(super) fn named_for(&self) -> NamedFor {
        (self.each.as_ref().map(|each| each.which), self.region, self.format)
    }

    /// Chooses a format that holds such pixels unchanged: most hold 8-bit colors only.
    pub(super) fn suit(&mut self, kind: PixelKind) {
        if kind.color == Color::Channels {
            self.set_format(Format::OmeTiff);
        }
        if kind.color == Color::Channels || kind.sample != SampleType::U8 {
            self.compression = Some(Compression::Deflate);
        }
    }

    /// Changes the format, with the extension of the path and the format's defaults.
    pub(super) fn set_format(&mut self, format: Format) {
        let (before, after) = (self.format.spec(), format.spec());
        let endings = before.endings.iter().map(|ending| format!(".{ending}"));
        let stem = endings.filter_map(|ending| self.path.strip_suffix(&ending)).min_by_key(|stem| stem.len());
        let stem = stem.unwrap_or(&self.path).to_owned();
        // Regions go to a folder.
        let ending = after.endings.first().filter(|_| self.each.is_none());
        let path = ending.map_or_else(|| stem.clone(), |ending| format!("{stem}.{ending}"));
        if self.path == self.proposed {
            self.proposed.clone_from(&path);
        }
        self.path = path;
        (self.format, self.quality) = (format, after.quality);
        self.tiles = after.tiles.first().copied().unwrap_or_default();
        (self.tile, self.overlap) = (None, after.overlap.unwrap_or(0));
        self.extras.viewer &= after.has(OptionName::Viewer);
        self.tiff.strips &= after.has(OptionName::Strips);
    }

    /// Whether anything is encoded as JPEG, so that a quality is to be chosen.
    pub(super) fn is_jpeg(&self) -> bool {
        match self.format.spec().jpeg {
            JpegUse::Never => false,
            JpegUse::Always => true,
            JpegUse::ByCompression => self.compression == Some(Compression::Jpeg),
            JpegUse::ByTiles => self.tiles == TileFormat::Jpg,
        }
    }

    /// Whether it may write alpha, so that flattening is a choice.
    pub(super) fn may_flatten(&self) -> bool {
        self.format.spec().jpeg == JpegUse::ByCompression || !self.is_jpeg()
    }

    /// Whether transparent pixels are flattened where the format could hold them.
    pub(super) fn flattens(&self) -> bool {
        self.flatten && self.may_flatten()
    }

    /// The compression, if it is one of those that the format has.
    pub(super) fn chosen_compression(&self) -> Option<Compression> {
        self.compression.filter(|chosen| self.format.spec().compressions.contains(chosen))
    }

    /// The pixels that come out of `full` ones.
    pub(super) fn size_of(&self, full: Size) -> Size {
        let (level, scale) = self
            .pixel_size
            .map_or((self.level, Some(self.scale)), |um| at_pixel_size(self.mpp, um).unwrap_or_default());
        let halved = full.halved_times(level);
        let scaled = |side: u32| (f64::from(side) * scale.unwrap_or(1.0)).round().max(1.0) as u32;
        Size::new(scaled(halved.width), scaled(halved.height))
    }

    /// The export request of the fields.
    pub(super) fn request(&self, mosaic: &Mosaic) -> Result<ExportRequest> {
        let region = match self.region {
            Some(id) => Some(mosaic.region(id).ok_or_else(|| Error::invalid("the region is gone"))?.rect()),
            None => None,
        };
        let spec = self.format.spec();
        let extras = Extras {
            id: self.extras.id.clone().filter(|id| !id.trim().is_empty()),
            pattern: self.extras.pattern.clone().filter(|pattern| !pattern.trim().is_empty()),
            ..self.extras.clone()
        };
        // The usual quality asks for nothing in particular, so that tiles may be copied.
        let quality = (self.is_jpeg() && self.quality != spec.quality).then_some(self.quality);
        let options = ExportOptions {
            compression: self.chosen_compression(),
            tiff: self.tiff.clone(),
            tiles: (!spec.tiles.is_empty()).then_some(self.tiles),
            tile: self.tile,
            overlap: self.overlap,
            extras,
            quality,
            subsampling: self.subsampling,
            pyramid: self.pyramid,
            copy_tiles: self.copy_tiles,
            background: self.background,
            memory: MemoryBudget(self.memory_mib << 20),
            ..ExportOptions::new(self.format)
        };
        let (level, scale) = match self.pixel_size {
            Some(um) => at_pixel_size(self.mpp, um)?,
            None => (self.level, ((self.scale - 1.0).abs() > 1e-9).then_some(self.scale)),
        };
        let (flatten, display, outlines) = (self.flattens(), self.display.clone(), self.outlines);
        Ok(ExportRequest {
            region,
            level,
            scale,
            flatten,
            // What is shown is sRGB.
            profile: self.profile.filter(|_| display.is_none()).and_then(TargetProfile::named),
            display,
            outlines,
            ..ExportRequest::new(self.out()?, options)
        })
    }

    /// Where to write: a folder for regions.
    pub(super) fn out(&self) -> Result<PathBuf> {
        let path = self.path.trim();
        if path.is_empty() {
            return Err(Error::invalid("say where to write: the path is empty"));
        }
        let endings = self.format.spec().endings;
        let named = endings.iter().any(|ending| path.to_ascii_lowercase().ends_with(&format!(".{ending}")));
        Ok(match endings.first().filter(|_| self.each.is_none()) {
            Some(ending) if !named => names::in_folder(&format!("{path}.{ending}"), &self.folder),
            _ => names::in_folder(path, &self.folder),
        })
    }

    /// The request for regions, each to a file of its own, with their ids; none if one output is asked for.
    pub(super) fn each_request(&self, mosaic: &Mosaic) -> Result<Option<EachRegion>> {
        let Some(form) = &self.each else { return Ok(None) };
        let mut request = self.request(mosaic)?;
        // The names of files are those of regions.
        request.options.extras.pattern = None;
        let how = form.export(request.out.clone(), self.image.clone(), self.view);
        let ids = match form.which {
            RegionFiles::All => mosaic.regions.iter().map(|region| region.id).collect(),
            RegionFiles::Selected => {
                let mut ids: Vec<RoiId> = self.selected.iter().copied().collect();
                ids.sort_unstable();
                ids
            }
        };
        let regions = listed_regions(mosaic, ids);
        Ok(Some(EachRegion { request, how, regions, of_all_tabs: form.all_tabs }))
    }

    /// How the export would go, or why it cannot. Opens a single image.
    pub(super) fn preview(&self, mosaic: &Mosaic) -> Result<PlannedExport> {
        if let Some(each) = self.each_request(mosaic)? {
            return each.preview(mosaic, self.format);
        }
        let request = self.request(mosaic)?;
        // What must never be written is said here; what may be replaced is asked when it starts.
        crate::work::standing(mosaic, &request)?;
        crate::export::check_folder(&request.out)?;
        let plan = preview_plan(mosaic, &request)?;
        let size = plan.levels.first().copied().unwrap_or_default();
        let levels = if plan.levels.len() == 1 { "1 level".into() } else { format!("{} levels", plan.levels.len()) };
        let tiles = if plan.tiles == 1 { "1 tile".into() } else { format!("{} tiles", plan.tiles) };
        let what = format!("{size} px, {levels}, {tiles}, about {}", show_bytes(plan.output_bytes));
        let copied = (plan.copied_tiles > 0).then(|| {
            let which = if plan.copied_tiles == plan.tiles { "All".into() } else { plan.copied_tiles.to_string() };
            format!("{which} tiles are copied without decoding: fast and lossless")
        });
        Ok(PlannedExport {
            what,
            copied,
            memory: show_bytes(plan.peak_bytes),
            free: plan.free_bytes.map(show_bytes),
            seconds: plan.seconds,
            format: self.format.spec().name,
        })
    }
}

/// Regions, each to be a file of its own.
pub(super) struct EachRegion {
    pub(super) request: ExportRequest,
    pub(super) how: RegionExport,
    pub(super) regions: Loaded,
    of_all_tabs: bool,
}

impl EachRegion {
    /// How the export would go, or why it cannot.
    fn preview(&self, mosaic: &Mosaic, format: Format) -> Result<PlannedExport> {
        let progress = Progress::default();
        let outputs = plan_regions(mosaic, &self.request, &self.regions, &self.how, &progress)?;
        let largest =
            outputs.iter().max_by_key(|output| output.size.area()).map_or(Size::new(1, 1), |output| output.size);
        let bounds = mosaic.bounds();
        // The largest decides about the memory; where it lies does not matter.
        let part = Rect::at(bounds.x0, bounds.y0, largest).intersect(bounds);
        let one = ExportRequest { region: Some(part), outlines: None, ..self.request.clone() };
        let plan = preview_plan(mosaic, &one)?;
        let area: u64 = outputs.iter().map(|output| output.size.area()).sum();
        let times = area as f64 / part.area().max(1) as f64;
        let size = plan.levels.first().copied().unwrap_or_default();
        let files = if outputs.len() == 1 { "1 file".to_owned() } else { format!("{} files", outputs.len()) };
        let of = if self.of_all_tabs { "Of this tab " } else { "" };
        let left_out = progress.warnings().len();
        let bytes = show_bytes((plan.output_bytes as f64 * times) as u64);
        Ok(PlannedExport {
            what: format!("{of}{files}, the largest {size} px, about {bytes}"),
            copied: (left_out > 0).then(|| format!("{left_out} lie outside the image and are left out")),
            memory: show_bytes(plan.peak_bytes),
            free: plan.free_bytes.map(show_bytes),
            seconds: plan.seconds * times,
            format: format.spec().name,
        })
    }
}

/// How an export would go.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PlannedExport {
    what: String,
    copied: Option<String>,
    memory: String,
    free: Option<String>,
    /// As expected of a typical machine.
    pub(super) seconds: f64,
    /// The name of the format, which times are measured by.
    pub(super) format: &'static str,
}

impl PlannedExport {
    /// In lines; `time` is how long it takes, in words.
    pub(super) fn text(&self, time: &str) -> String {
        let lines = [
            Some(self.what.clone()),
            self.copied.clone(),
            Some(format!("At most {} of memory, {time}", self.memory)),
            self.free.as_ref().map(|free| format!("{free} free on the disk")),
        ];
        lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
    }
}
