//! [`CmykSidecar`]: a large CMYK image for the screen. Its sidecar holds CMYK at every level, for conversion by the ICC profile;
//! [`Source::read`] converts to RGB without a profile.

use std::sync::Arc;

use super::{
    Capabilities, CoarsePreview, Deferred, ImageRef, Info, Preview, ReadCmyk, ReadingCost, Sequential, SequentialScan,
    Sidecar, SidecarFolder, Source,
};
use crate::geometry::Region;
use crate::job::Progress;
use crate::pixels::{Color, Pixels, Samples};
use crate::{Error, Result};

/// A CMYK image with levels of CMYK tiles.
pub(super) struct CmykSidecar {
    info: Info,
    /// Four channels, 255 for full.
    cmyk: Arc<dyn Source>,
    /// The image as its file stores it.
    plain: Arc<dyn Source>,
}

impl CmykSidecar {
    /// Whether `source` is CMYK with a profile, and CMYK can be read in parts or by a sequential scan.
    pub(super) fn is_wanted(source: &dyn Source) -> Result<bool> {
        let info = source.info();
        let is_known = info.is_cmyk && info.channels == 3 && info.icc.is_some();
        Ok(is_known && (source.sequential_scan()?.is_none() || source.scan_cmyk()?.is_some()))
    }

    /// `source`, named by `image`, with the CMYK levels of its sidecar in `folder`, which is made if missing.
    pub(super) fn of(folder: &SidecarFolder, image: &ImageRef, source: &Arc<dyn Source>) -> Result<Arc<dyn Source>> {
        let given = source.info();
        let info = Info {
            channels: 4,
            color: Color::Channels,
            background: vec![0.0; 4],
            is_cmyk: false,
            stored: None,
            ..given.clone()
        };
        let cmyk: Arc<dyn Source> = Arc::new(Cmyk { source: Arc::clone(source), info });
        let cmyk = match Sidecar::open(folder, image, &cmyk) {
            Some(finished) => finished,
            None => Sidecar::start(folder, image, cmyk)?,
        };
        // No colorant is white.
        let background = vec![255.0; 3];
        let info = Info { levels: cmyk.info().levels.clone(), background, stored: None, ..given.clone() };
        Ok(Arc::new(Self { info, cmyk, plain: Arc::clone(source) }))
    }
}

impl Source for CmykSidecar {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities {
            raw_samples: None,
            cmyk: Some(self),
            planar: None,
            encoded: None,
            sequential: None,
            deferred: Some(self),
            preview: Some(self),
        }
    }

    fn cost(&self, region: Region) -> ReadingCost {
        self.cmyk.cost(region)
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        rendered(&self.cmyk.read(region)?)
    }
}

impl ReadCmyk for CmykSidecar {
    fn read_cmyk(&self, region: Region) -> Result<Option<Pixels>> {
        self.cmyk.read(region).map(Some)
    }

    /// Any part can be read.
    fn scan_cmyk(&self) -> Result<Option<SequentialScan>> {
        Ok(None)
    }
}

impl Deferred for CmykSidecar {
    fn is_ready(&self, region: Region) -> bool {
        self.cmyk.is_ready(region)
    }

    fn scanning(&self) -> Option<Progress> {
        self.cmyk.scanning()
    }
}

impl CoarsePreview for CmykSidecar {
    fn preview(&self) -> Result<Option<Preview>> {
        match self.cmyk.preview()? {
            Some(preview) => Ok(Some(Preview { pixels: rendered(&preview.pixels)?, ..preview })),
            None => self.plain.preview(),
        }
    }

    fn thumbnail(&self) -> Result<Option<Pixels>> {
        self.plain.thumbnail()
    }
}

/// The CMYK samples of a source as a source of four channels.
struct Cmyk {
    source: Arc<dyn Source>,
    info: Info,
}

impl Source for Cmyk {
    fn info(&self) -> &Info {
        &self.info
    }

    fn capabilities(&self) -> Capabilities<'_> {
        Capabilities {
            raw_samples: None,
            cmyk: None,
            planar: None,
            encoded: None,
            sequential: Some(self),
            deferred: None,
            preview: None,
        }
    }

    fn cost(&self, region: Region) -> ReadingCost {
        ReadingCost::of_tiles(self.info(), region, 2)
    }

    fn read(&self, region: Region) -> Result<Pixels> {
        self.source.read_cmyk(region)?.ok_or_else(|| Error::corrupt("no CMYK samples"))
    }
}

impl Sequential for Cmyk {
    fn sequential_scan(&self) -> Result<Option<SequentialScan>> {
        self.source.scan_cmyk()
    }
}

/// CMYK to RGB without a profile: `R = (255 - C) * (255 - K) / 255`.
fn rendered(cmyk: &Pixels) -> Result<Pixels> {
    let (Samples::U8(samples), 4) = (cmyk.samples(), cmyk.channels()) else {
        return Err(Error::corrupt("CMYK of other than four bytes per pixel"));
    };
    let light = |[c, m, y, k]: &[u8; 4]| {
        [c, m, y].map(|value| (((255 - u32::from(*value)) * (255 - u32::from(*k)) + 127) / 255) as u8)
    };
    Pixels::new(cmyk.size(), 3, Samples::U8(samples.as_chunks::<4>().0.iter().flat_map(light).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Rect, Size};
    use crate::pixels::{SampleType, halve};
    use crate::testing::{Pattern, check_source};

    /// A pattern as CMYK.
    struct Printed(Pattern, Info);

    impl Source for Printed {
        fn info(&self) -> &Info {
            &self.1
        }

        fn capabilities(&self) -> Capabilities<'_> {
            Capabilities {
                raw_samples: None,
                cmyk: Some(self),
                planar: None,
                encoded: None,
                sequential: None,
                deferred: None,
                preview: None,
            }
        }

        fn cost(&self, region: Region) -> ReadingCost {
            ReadingCost::of_tiles(self.info(), region, 2)
        }

        fn read(&self, region: Region) -> Result<Pixels> {
            rendered(&self.0.read(region)?)
        }
    }

    impl ReadCmyk for Printed {
        fn read_cmyk(&self, region: Region) -> Result<Option<Pixels>> {
            self.0.read(region).map(Some)
        }

        fn scan_cmyk(&self) -> Result<Option<SequentialScan>> {
            Ok(None)
        }
    }

    #[test]
    fn every_level_has_cmyk() {
        let folder = tempfile::tempdir().unwrap();
        let image = folder.path().join("a.tif");
        std::fs::write(&image, "content").unwrap();
        let sidecars = SidecarFolder::new(folder.path().join("sidecars"), 1 << 30);
        let size = Size::new(1300, 900);
        let mut info = Info::plain("print", size, Size::new(1300, 64), 3, SampleType::U8);
        (info.is_cmyk, info.icc) = (true, Some(Arc::from(&b"a profile"[..])));
        let pattern = Pattern::new(size, 4, SampleType::U8);
        let source: Arc<dyn Source> = Arc::new(Printed(pattern.clone(), info));
        assert!(CmykSidecar::is_wanted(&*source).unwrap() && !CmykSidecar::is_wanted(&pattern).unwrap());
        for _ in ["made", "found again"] {
            let sidecar = CmykSidecar::of(&sidecars, &ImageRef::file(&image), &source).unwrap();
            assert_eq!((sidecar.info().channels, sidecar.info().is_cmyk, sidecar.info().levels.len()), (3, true, 3));
            check_source(&*sidecar);
            let mut expected = pattern.read(Region::new(0, Rect::from_size(size))).unwrap();
            for level in 0..3 {
                let region = Region::new(level, sidecar.info().whole(level));
                assert_eq!(sidecar.read_cmyk(region).unwrap().as_ref(), Some(&expected), "level {level}");
                assert_eq!(sidecar.read(region).unwrap(), rendered(&expected).unwrap(), "level {level}");
                expected = halve(expected.view(), false);
            }
        }
    }
}
