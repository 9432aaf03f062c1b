//! [`CmykSidecar`]: a large picture of four inks for the screen. Its sidecar holds the inks, so that whoever follows their profile
//! can, at every level; the plain rendering is made of them.

use std::sync::Arc;

use super::{
    Capabilities, CoarsePreview, Deferred, ImageRef, Info, Preview, ReadCmyk, Sequential, SequentialScan, Sidecar,
    SidecarFolder, Source,
};
use crate::geometry::Region;
use crate::job::Progress;
use crate::pixels::{Color, Pixels, Samples};
use crate::{Error, Result};

/// The picture.
pub(super) struct CmykSidecar {
    info: Info,
    /// Four channels, 255 for full.
    inks: Arc<dyn Source>,
    /// The picture as its file has it.
    plain: Arc<dyn Source>,
}

impl CmykSidecar {
    /// Whether the colors of `source` are only known by a profile of its inks, and those can be read in parts or in a scan.
    pub(super) fn is_wanted(source: &dyn Source) -> Result<bool> {
        let info = source.info();
        let is_known = info.inks && info.channels == 3 && info.icc.is_some();
        Ok(is_known && (source.sequential_scan()?.is_none() || source.scan_cmyk()?.is_some()))
    }

    /// `source`, which `image` names, with levels of inks that are kept in `folder` or are being made.
    pub(super) fn of(folder: &SidecarFolder, image: &ImageRef, source: &Arc<dyn Source>) -> Result<Arc<dyn Source>> {
        let given = source.info();
        let info = Info {
            channels: 4,
            color: Color::Channels,
            background: vec![0.0; 4],
            inks: false,
            stored: None,
            ..given.clone()
        };
        let inks: Arc<dyn Source> = Arc::new(Cmyk { source: Arc::clone(source), info });
        let inks = match Sidecar::open(folder, image, &inks) {
            Some(finished) => finished,
            None => Sidecar::start(folder, image, inks)?,
        };
        // Where there is no ink, there is paper.
        let background = vec![255.0; 3];
        let info = Info { levels: inks.info().levels.clone(), background, stored: None, ..given.clone() };
        Ok(Arc::new(Self { info, inks, plain: Arc::clone(source) }))
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

    fn read(&self, region: Region) -> Result<Pixels> {
        rendered(&self.inks.read(region)?)
    }
}

impl ReadCmyk for CmykSidecar {
    fn read_cmyk(&self, region: Region) -> Result<Option<Pixels>> {
        self.inks.read(region).map(Some)
    }

    /// Any part can be read.
    fn scan_cmyk(&self) -> Result<Option<SequentialScan>> {
        Ok(None)
    }
}

impl Deferred for CmykSidecar {
    fn is_ready(&self, region: Region) -> bool {
        self.inks.is_ready(region)
    }

    fn scanning(&self) -> Option<Progress> {
        self.inks.scanning()
    }
}

impl CoarsePreview for CmykSidecar {
    fn preview(&self) -> Result<Option<Preview>> {
        match self.inks.preview()? {
            Some(preview) => Ok(Some(Preview { pixels: rendered(&preview.pixels)?, ..preview })),
            None => self.plain.preview(),
        }
    }
}

/// The inks of a picture as a picture.
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

    fn read(&self, region: Region) -> Result<Pixels> {
        self.source.read_cmyk(region)?.ok_or_else(|| Error::corrupt("the inks are gone"))
    }
}

impl Sequential for Cmyk {
    fn sequential_scan(&self) -> Result<Option<SequentialScan>> {
        self.source.scan_cmyk()
    }
}

/// Light that passes a color and black: what there is without a profile.
fn rendered(inks: &Pixels) -> Result<Pixels> {
    let (Samples::U8(samples), 4) = (inks.samples(), inks.channels()) else {
        return Err(Error::corrupt("inks of other than four bytes a pixel"));
    };
    let light = |[c, m, y, k]: &[u8; 4]| {
        [c, m, y].map(|ink| (((255 - u32::from(*ink)) * (255 - u32::from(*k)) + 127) / 255) as u8)
    };
    Pixels::new(inks.size(), 3, Samples::U8(samples.as_chunks::<4>().0.iter().flat_map(light).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Rect, Size};
    use crate::pixels::{SampleType, halve};
    use crate::testing::{Pattern, check_source};

    /// A pattern taken for inks.
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
    fn every_level_has_its_inks() {
        let folder = tempfile::tempdir().unwrap();
        let image = folder.path().join("a.tif");
        std::fs::write(&image, "what it is made of").unwrap();
        let sidecars = SidecarFolder::new(folder.path().join("sidecars"), 1 << 30);
        let size = Size::new(1300, 900);
        let mut info = Info::plain("print", size, Size::new(1300, 64), 3, SampleType::U8);
        (info.inks, info.icc) = (true, Some(Arc::from(&b"a profile"[..])));
        let pattern = Pattern::new(size, 4, SampleType::U8);
        let source: Arc<dyn Source> = Arc::new(Printed(pattern.clone(), info));
        assert!(CmykSidecar::is_wanted(&*source).unwrap() && !CmykSidecar::is_wanted(&pattern).unwrap());
        for _ in ["made", "found again"] {
            let inked = CmykSidecar::of(&sidecars, &ImageRef::file(&image), &source).unwrap();
            assert_eq!((inked.info().channels, inked.info().inks, inked.info().levels.len()), (3, true, 3));
            check_source(&*inked);
            let mut expected = pattern.read(Region::new(0, Rect::from_size(size))).unwrap();
            for level in 0..3 {
                let region = Region::new(level, inked.info().whole(level));
                assert_eq!(inked.read_cmyk(region).unwrap().as_ref(), Some(&expected), "level {level}");
                assert_eq!(inked.read(region).unwrap(), rendered(&expected).unwrap(), "level {level}");
                expected = halve(expected.view(), false);
            }
        }
    }
}
