//! What a batch does with files that are fine, damaged, done before or in the way.

use std::path::Path;
use std::sync::mpsc::channel;

use super::{BatchPlan, BatchRunner, ItemStanding, ItemState, Recipe, Rerun, batch};
use crate::Result;
use crate::export::ExportRequest;
use crate::geometry::Region;
use crate::mosaic::Mosaic;
use crate::source::ImageRef;
use mosaicist_export::{Compression, ExportOptions, Format};

fn bmp(path: &Path, shade: u8) {
    image::GrayImage::from_pixel(20, 10, image::Luma([shade])).save_with_format(path, image::ImageFormat::Bmp).unwrap();
}

fn recipe() -> Recipe {
    serde_json::from_str(r#"{ "filters": ["invert"] }"#).unwrap()
}

fn request(_: &Mosaic, out: &Path) -> Result<ExportRequest> {
    let options = ExportOptions { compression: Some(Compression::None), ..ExportOptions::new(Format::Tiff) };
    Ok(ExportRequest { filters: recipe().filters, ..ExportRequest::new(out.to_owned(), options) })
}

/// A folder of a.bmp, b.bmp, d.bmp, and c.bmp, which is none; the plan for them.
fn folder() -> (tempfile::TempDir, impl Fn() -> BatchPlan) {
    let folder = tempfile::tempdir().unwrap();
    for (name, shade) in [("a.bmp", 10), ("b.bmp", 20), ("d.bmp", 40)] {
        bmp(&folder.path().join(name), shade);
    }
    std::fs::write(folder.path().join("c.bmp"), "no image").unwrap();
    let inputs = ["a.bmp", "b.bmp", "c.bmp", "d.bmp"].map(|name| ImageRef::file(folder.path().join(name)));
    let pattern = folder.path().join("out/{name}.tif").to_string_lossy().into_owned();
    (folder, move || BatchPlan::new(&inputs, &pattern, &recipe()).unwrap())
}

#[test]
fn failures_do_not_stop_a_batch_and_resume_finishes_it() {
    let (folder, plan) = folder();
    let path = |name: &str| folder.path().join(name);
    let run = |resume| batch(&plan(), &[0, 1, 2, 3], resume, request, |_, _| {}).unwrap();
    let report = run(false);
    assert_eq!((report.done, report.skipped, report.failed.len()), (3, 0, 1));
    assert_eq!(report.failed[0].0, path("c.bmp"));
    let opened = crate::source::open_image(&path("out/a.tif").into()).unwrap();
    let whole = Region::new(0, opened.info().whole(0));
    assert!(opened.read(whole).unwrap().samples().to_le_bytes().iter().all(|&value| value == 245));
    bmp(&path("c.bmp"), 30);
    std::fs::remove_file(path("out/b.tif")).unwrap();
    let stands: Vec<_> = plan().items.iter().map(|planned| format!("{:?}", planned.standing)).collect();
    assert_eq!(stands, ["DoneBefore", "New", "New", "DoneBefore"]);
    let report = run(true);
    assert_eq!((report.done, report.skipped, report.failed.len()), (2, 2, 0));
    assert!(path("out/b.tif").exists() && path("out/c.tif").exists());
}

#[test]
fn names_that_collide_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let image = |name: &str| ImageRef::file(path(name));
    let plan = |inputs: &[ImageRef], pattern: &str| BatchPlan::new(inputs, pattern, &recipe()).unwrap();
    bmp(&path("a.bmp"), 1);
    assert!(plan(&[image("a.bmp"), image("a.png")], "out/{name}.tif").check().is_err());
    assert!(plan(&[image("a.bmp"), image("b.bmp")], "out/x.tif").check().is_err());
    assert!(plan(&[image("a.bmp")], &path("{name}.bmp").to_string_lossy()).check().is_err());
    let fine = plan(&[image("a.bmp"), image("a.png")], "o/{index}-{name}.tif");
    assert!(fine.check().is_ok());
    assert_eq!(fine.items[1].item.out, Path::new("o/2-a.tif"));
}

#[test]
fn another_recipe_is_another_batch() {
    let (folder, plan) = folder();
    batch(&plan(), &[0], false, request, |_, _| {}).unwrap();
    let inputs = [ImageRef::file(folder.path().join("a.bmp"))];
    let pattern = folder.path().join("out/{name}.tif").to_string_lossy().into_owned();
    let standing = |recipe: &Recipe| BatchPlan::new(&inputs, &pattern, recipe).unwrap().items.remove(0).standing;
    assert!(matches!(standing(&recipe()), ItemStanding::DoneBefore));
    assert!(matches!(standing(&Recipe::default()), ItemStanding::Exists));
}

/// Starts the plan and waits until it has ended; `meddle` is called whenever something changes.
fn run(plan: BatchPlan, resume: bool, meddle: impl Fn(&BatchRunner)) -> BatchRunner {
    let (sender, changes) = channel();
    let wake = move || sender.send(()).unwrap_or_default();
    let runner = BatchRunner::start(plan, resume, Box::new(request), wake);
    while runner.is_running() {
        changes.recv().unwrap();
        meddle(&runner);
    }
    runner
}

fn wait(runner: &BatchRunner) {
    while runner.is_running() {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

#[test]
fn failures_run_again_alone() {
    let (folder, plan) = folder();
    let mut runner = run(plan(), false, |_| {});
    let now = runner.overview();
    assert_eq!((now.done, now.failed, now.left, runner.failed()), (3, 1, 0, vec![2]));
    assert!(matches!(runner.state(2), ItemState::Failed(_)));
    bmp(&folder.path().join("c.bmp"), 30);
    std::fs::remove_file(folder.path().join("out/a.tif")).unwrap();
    runner.again(Rerun::Failed);
    wait(&runner);
    assert_eq!((runner.overview().done, runner.overview().failed), (4, 0));
    assert!(folder.path().join("out/c.tif").exists() && !folder.path().join("out/a.tif").exists());
}

#[test]
fn a_cancelled_batch_goes_on_with_the_rest() {
    let (folder, plan) = folder();
    let mut runner = run(plan(), false, |runner| {
        if runner.overview().current.is_some_and(|(number, _)| number >= 1) {
            runner.cancel();
        }
    });
    let left = runner.overview().left;
    assert!(runner.overview().done >= 1, "what is done stays");
    runner.again(Rerun::Rest);
    wait(&runner);
    let now = runner.overview();
    assert_eq!((now.done + now.failed, now.left), (4, 0), "{left} were left");
    let written = |name: &str| folder.path().join("out").join(name).exists();
    assert!(["a.tif", "b.tif", "d.tif"].into_iter().all(written));
}

#[test]
fn a_folder_that_cannot_be_written_ends_the_batch() {
    let (folder, plan) = folder();
    let plan = plan();
    std::fs::write(folder.path().join("out"), "a file").unwrap();
    let runner = run(plan, false, |_| {});
    assert!(runner.overview().error.is_some() && matches!(runner.state(0), ItemState::Cancelled));
}
