//! [`Watch`]: a folder that is looked at again and again. Images that arrive in it are added to the mosaic of a tab, laid out as its
//! form says, once they are complete: their size has not changed for a while, and they open. The view stays where it is.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::{LayoutForm, Sequence};
use crate::geometry::{Point, Size};
use crate::job::Progress;
use crate::mosaic::{Edit, Edited, Mosaic, Natural, Placement};
use crate::work::{TilesAtHand, list_images, probe};
use crate::{Error, ImageRef};

/// Between two looks at the folder. A file whose size and time are the same in two of them is complete.
const PAUSE: Duration = Duration::from_secs(1);

/// A folder being watched. Dropping it ends that.
pub(super) struct Watch {
    pub(super) folder: PathBuf,
    /// How many images have arrived.
    pub(super) added: usize,
    pub(super) arrived: Receiver<Vec<Placement>>,
    pub(super) pending: Vec<Placement>,
    pub(super) is_adding: bool,
    /// Its end wakes and ends the thread.
    #[expect(dead_code, reason = "held, not read")]
    running: Sender<()>,
}

impl Watch {
    /// Looks at `folder` for images that are none of `known`.
    pub(super) fn start(context: &egui::Context, folder: PathBuf, known: HashSet<PathBuf>) -> crate::Result<Self> {
        let (sender, arrived) = bounded(4);
        let (running, ended) = bounded(0);
        let (context, inside) = (context.clone(), folder.clone());
        let watch = move || {
            let mut looking = Looking { known, ..Looking::default() };
            while ended.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
                let found = looking.look(&inside);
                if !found.is_empty() {
                    if sender.send(found).is_err() {
                        return;
                    }
                    context.request_repaint();
                }
            }
        };
        crate::job::spawn("watch", watch).map_err(|error| Error::io(Path::new("thread"), error))?;
        Ok(Self { folder, added: 0, arrived, pending: Vec::new(), is_adding: false, running })
    }
}

/// What is known of the files of a folder.
#[derive(Default)]
struct Looking {
    known: HashSet<PathBuf>,
    /// Length and time of change when they were looked at last.
    growing: HashMap<PathBuf, (u64, SystemTime)>,
}

impl Looking {
    /// The images that are complete now and were not before.
    fn look(&mut self, folder: &Path) -> Vec<Placement> {
        // An empty folder and one that cannot be read just now have nothing new.
        let images = list_images(&[folder.to_owned()]).unwrap_or_default();
        let mut complete: Vec<ImageRef> = Vec::new();
        for image in images.into_iter().filter(|image| !self.known.contains(&*image.path)) {
            let Ok(found) = std::fs::metadata(&image.path) else { continue };
            let stamp = (found.len(), found.modified().unwrap_or(SystemTime::UNIX_EPOCH));
            if self.growing.insert(image.path.to_path_buf(), stamp) == Some(stamp) && stamp.0 > 0 {
                complete.push(image);
            }
        }
        let probed = probe(&complete, &Progress::default()).unwrap_or_default();
        let mut found = Vec::new();
        for (image, (placement, error)) in complete.iter().zip(probed) {
            // One that does not open yet is tried again.
            if error.is_none() {
                self.growing.remove(&*image.path);
                self.known.insert(image.path.to_path_buf());
                found.push(placement);
            }
        }
        found
    }
}

/// `base` with `new` tiles where the form puts them among those that are there, which stay.
pub(super) fn added(base: &Arc<Mosaic>, form: &LayoutForm, mut new: Vec<Placement>) -> Edited {
    let mut all: Vec<(ImageRef, Size, Option<Point>, usize)> = Vec::new();
    for placement in &base.placements {
        let rect = placement.rect();
        let corner = Point::new(rect.x0 as f64, rect.y0 as f64);
        all.push((placement.image.clone(), rect.size(), Some(corner), usize::MAX));
    }
    all.extend(new.iter().enumerate().map(|(at, placement)| (placement.image.clone(), placement.size, None, at)));
    if form.sequence == Sequence::Name {
        all.sort_by_cached_key(|(image, ..)| Natural(image.path.to_string_lossy().into_owned()));
    }
    let images: Vec<ImageRef> = all.iter().map(|(image, ..)| image.clone()).collect();
    let sizes: Vec<Size> = all.iter().map(|(_, size, ..)| *size).collect();
    let tiles = TilesAtHand { images: &images, sizes: &sizes, metadata: None, pixel_size: form.pixel_size };
    let placed = form.placing().and_then(|placing| tiles.place(&placing)).map(|(found, _)| found.positions);
    let placed = placed.unwrap_or_else(|_| vec![None; all.len()]);
    // The layout begins anywhere; the tiles that are there say where.
    let there = all.iter().zip(&placed).find_map(|((_, _, corner, _), place)| Some(((*corner)?, (*place)?)));
    let origin = there.map_or(Point::default(), |(corner, place)| corner - place);
    let places = all.iter().zip(placed).filter(|((.., at), _)| *at != usize::MAX);
    let mut bounds = base.placements.bounds();
    let mut unplaced = Vec::new();
    for ((.., at), place) in places {
        match place {
            Some(place) => {
                new[*at].set_position(place + origin);
                bounds = bounds.union(new[*at].rect());
            }
            None => unplaced.push(*at),
        }
    }
    // What has no place lies below.
    let mut x = bounds.x0 as f64;
    for at in unplaced {
        new[at].set_position(Point::new(x, bounds.y1 as f64));
        x += f64::from(new[at].size.width);
    }
    Edited::of(base, |mosaic| _ = mosaic.apply(&Edit::Add(new)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::PositionSource;

    #[test]
    fn a_file_is_complete_when_it_stays_as_it_is_and_opens() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let write = |name: &str| image::GrayImage::new(8, 8).save(path(name)).unwrap();
        write("old.png");
        let mut looking = Looking { known: [path("old.png")].into(), ..Looking::default() };
        let mut look = || looking.look(folder.path()).iter().map(Placement::name).collect::<Vec<_>>();
        assert!(look().is_empty());
        write("a.png");
        let whole = std::fs::read(path("a.png")).unwrap();
        std::fs::write(path("a.png"), &whole[..20]).unwrap();
        assert!(look().is_empty(), "seen for the first time");
        assert!(look().is_empty(), "it does not open");
        std::fs::write(path("a.png"), &whole).unwrap();
        assert!(look().is_empty(), "it has grown");
        assert_eq!(look(), ["a.png"]);
        assert!(look().is_empty(), "only once");
    }

    #[test]
    fn arrived_tiles_lie_among_those_that_are_there() {
        let tile = |name: &str| Placement::new(name, Size::new(10, 10));
        let mut mosaic = Mosaic::default();
        mosaic.add(tile("r1_c1.png").at(Point::new(100.0, 50.0)));
        mosaic.add(tile("r1_c2.png").at(Point::new(110.0, 50.0)));
        let form =
            LayoutForm { source: PositionSource::Names, pattern: "r{row}_c{col}".into(), ..LayoutForm::default() };
        let new = vec![tile("r0_c2.png"), tile("notes.png"), tile("r2_c1.png")];
        let after = added(&Arc::new(mosaic), &form, new).into_after();
        let places: Vec<(f64, f64)> = after.placements.iter().map(|tile| tile.position().into()).collect();
        assert_eq!(places, [(100.0, 50.0), (110.0, 50.0), (110.0, 40.0), (100.0, 70.0), (100.0, 60.0)]);
    }
}
