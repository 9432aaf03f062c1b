//! `--memory` holds: the most that the program's process takes, as it says itself and as the system says while it runs.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test helper that cannot go on should say where")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use mosaicist::export::write_image;
use mosaicist::geometry::{Rect, Region, Size};
use mosaicist::job::{parse_bytes, show_bytes};
use mosaicist::pixels::{Color, SampleType};
use mosaicist::source::Source as _;
use mosaicist::source::testing::Pattern;

const MEMORY: &str = "128M";
const TILE: Size = Size::new(192, 192);

/// A folder of `count` tiles: files of their own for the program, ten pictures on the disk.
fn make_tiles(folder: &Path, count: u32) {
    std::fs::create_dir(folder).unwrap();
    let picture = Pattern::new(Size::new(TILE.width * 10, TILE.height), 3, SampleType::U8);
    let path = |number: u32| folder.join(format!("{number:05}.jpg"));
    for number in 0..count {
        if let Some(same) = number.checked_sub(10) {
            std::fs::hard_link(path(same), path(number)).unwrap();
        } else {
            let rect = Rect::at(i64::from(number * TILE.width), 0, TILE);
            let tile = picture.read(Region::new(0, rect)).unwrap();
            write_image(&path(number), &tile, Color::Rgb, 90).unwrap();
        }
    }
}

/// The most bytes that process `id` has held, while it runs.
fn peak_of_process(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

/// Stitch `tiles` to `out` with [`MEMORY`]; says what happened if the process takes more than `limit` bytes.
fn stitch_within(limit: u64, tiles: &Path, across: u32, out: &Path) -> Result<(), String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mosaicist"));
    command.arg("stitch").arg(tiles).args(["--across", &across.to_string(), "--memory", MEMORY, "--json", "-o"]);
    let mut child = command.arg(out).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        // Between its last breath and its end a process has no memory to tell of.
        peak = peak.max(peak_of_process(child.id()).unwrap_or(0));
        std::thread::sleep(Duration::from_millis(2));
    }
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let report: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
    let told = report["peak_memory"].as_u64().unwrap();
    assert!(peak >= told / 2, "measured {}, told {}", show_bytes(peak), show_bytes(told));
    let most = peak.max(told);
    let name = out.file_name().unwrap().to_string_lossy();
    eprintln!("{name} of {} tiles: {} reported, {} measured", report["inputs"], show_bytes(told), show_bytes(peak));
    if most <= limit { Ok(()) } else { Err(format!("{name}: {} of {}", show_bytes(most), show_bytes(limit))) }
}

#[test]
fn the_process_stays_within_its_memory_however_many_tiles_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let limit = parse_bytes(MEMORY).unwrap();
    for (count, across) in [(300, 20), (3000, 60)] {
        let tiles = folder.path().join(format!("{count}"));
        make_tiles(&tiles, count);
        // Uncompressed, the larger canvas takes 332 MB.
        for name in ["a.dzi", "a.tif", "a.png"] {
            let out = folder.path().join(format!("{count}-{name}"));
            stitch_within(limit, &tiles, across, &out).unwrap();
        }
    }
    let broken = stitch_within(limit / 16, &folder.path().join("300"), 20, &folder.path().join("again.tif"));
    assert!(broken.is_err(), "a limit below what a process takes at all would be noticed");
}
