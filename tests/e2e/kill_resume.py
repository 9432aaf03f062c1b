#!/usr/bin/env python3
"""Kill exports at random times, resume them, and compare: an interrupted export must give what an uninterrupted one gives.

    kill_resume.py --bin target/release/mosaicist --kills 30

Each kill is SIGKILL at a random time of the run, all formats in turn; then the same command with --resume, which is killed
again now and then. Compared are the compressed tiles (their order in a file may differ), names and bytes of small files, or
the whole file. Then a disk that is full half way (a tmpfs, so this wants root): a clear error, untouched sources, and
--resume after room is made. The last line counts.
"""
import argparse, hashlib, json, os, pathlib, random, shutil, subprocess, sys, tempfile, time, zipfile

import numpy as np
import tifffile
from PIL import Image

FORMATS = {   # name of the output: further options
    "jpg.dzi": [],
    "png.dzi": ["--compression", "deflate"],
    "jpeg.tif": [],
    "deflate.tif": ["--compression", "deflate"],
    "plain.tif": ["--compression", "none", "--no-pyramid"],
    "cloud.tif": ["--format", "cog"],
    "micro.ome.tif": [],
    "jpg.szi": [],
    "zoom": ["--format", "zoomify"],
    "iiif": ["--format", "iiif"],
    "xyz": ["--format", "xyz"],
    "patches": ["--format", "patches"],
    "chunks.zarr": [],
    "one.png": [],
    "one.jpg": [],
    "one.bmp": [],
    "one.raw": [],
}
WHOLE = (".png", ".jpg", ".bmp", ".raw")   # no tiles to choose a size of
failed = []


def check(ok, what, detail=""):
    if not ok:
        failed.append(what)
        print(f"FAILED {what}" + (f": {detail}" if detail else ""), flush=True)
    return ok


def make_tiles(folder, across, down, size, noise):
    """Tiles of a ramp with `noise` of 0 to 255 on it."""
    rng = np.random.default_rng(5)
    ramp = np.add.outer(np.arange(size[1]), np.arange(size[0]))
    for i in range(across * down):
        grain = rng.integers(0, noise + 1, (size[1], size[0], 3))
        tile = (ramp[..., None] * [1, 2, 3] // 8 + i * 9 + grain) % 256
        Image.fromarray(tile.astype(np.uint8)).save(folder / f"{i:04}.jpg", quality=85)


def digest(out):
    """What must not depend on interruptions, as {part: digest}."""
    short = lambda data: hashlib.sha256(data).hexdigest()
    if out.suffix in (".tif", ".tiff"):
        found = {}
        with tifffile.TiffFile(out) as tif, open(out, "rb") as file:
            pages = [page for series in tif.series for level in series.levels for page in level.pages] if tif.is_ome else list(tif.pages)
            for number, page in enumerate(pages):
                for index, (offset, count) in enumerate(zip(page.dataoffsets, page.databytecounts)):
                    file.seek(offset)
                    found[f"{number}/{index}"] = short(file.read(count))
        return found
    if zipfile.is_zipfile(out):
        with zipfile.ZipFile(out) as archive:
            return {name: short(archive.read(name)) for name in archive.namelist()}
    beside = [out, out.with_name(out.stem + "_files")]
    files = [p for top in beside for p in ([top] if top.is_file() else top.rglob("*")) if p.is_file()]
    return {str(p.relative_to(out.parent)): short(p.read_bytes()) for p in files}


def command(opt, tiles, out, *more):
    how = FORMATS.get(out.name, [])
    return [str(c) for c in (opt.bin, "stitch", tiles, "--across", opt.across, "-o", out, "--overlap", "11,7", *([] if out.suffix in WHOLE else ["--tile", 128]),
                             "--memory", "256M", "--json", "--overwrite", *how, *more)]


def part_of(out):
    return out.with_name(f".{out.name}.mosaicist-part")


def killed(arguments, after):
    """Run and kill after so many seconds; whether it was still running."""
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(after)
        return False
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True


def killed_in_the_middle(arguments, journal):
    """Run and kill as soon as the journal grows, which is with the first block; whether it was still running."""
    size = lambda: journal.stat().st_size if journal.exists() else 0
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    head = 0
    while process.poll() is None and (head == 0 or size() == head):
        head = head or size()
        time.sleep(0.001)
    process.kill()
    process.wait()
    return process.returncode < 0


def finished(arguments):
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=600)
    if not check(done.returncode == 0, " ".join(arguments[-6:]), done.stderr.strip()[-300:]):
        return None
    return json.loads(done.stdout)


def kill_test(opt, tiles, work):
    rng = random.Random(opt.seed)
    expected, seconds = {}, {}
    for name in FORMATS:
        out = work / "whole" / name
        out.parent.mkdir(exist_ok=True)
        start = time.perf_counter()
        finished(command(opt, tiles, out))
        seconds[name], expected[name] = time.perf_counter() - start, digest(out)
        check(len(expected[name]) > 4 or out.suffix in WHOLE, f"{name} has tiles")
        if not part_of(out).exists():
            continue
        check(False, f"{name}: the working folder is gone when all is done")
    kills = taken_over = tiles_in_all = resumed = 0
    for turn in range(opt.kills * 3):
        if kills >= opt.kills:
            break
        name = list(FORMATS)[kills % len(FORMATS)]
        folder = work / f"killed-{turn}"
        folder.mkdir()
        out = folder / name
        if not killed(command(opt, tiles, out, "--resume"), rng.uniform(0.02, 1.0) * seconds[name]):
            shutil.rmtree(folder)
            continue
        kills += 1
        stands = out.exists()
        check(not stands or digest(out) == expected[name], f"{name}: nothing half-made stands under the name")
        if kills < opt.kills and rng.random() < 0.3 and killed(command(opt, tiles, out, "--resume"), rng.uniform(0.02, 0.6) * seconds[name]):
            kills += 1
        said = finished(command(opt, tiles, out, "--resume"))
        if said is None:
            continue
        resumed += 1
        taken_over, tiles_in_all = taken_over + said["resumed_tiles"], tiles_in_all + said["tiles"]
        found = digest(out)
        differ = [part for part in expected[name].keys() | found.keys() if expected[name].get(part) != found.get(part)]
        check(not differ, f"{name}, kill {kills}: equal in every tile", f"{len(differ)} of {len(found)} differ, {sorted(differ)[:5]}")
        check(not part_of(out).exists(), f"{name}: the working folder is gone when all is done")
        shutil.rmtree(folder)
    check(kills >= opt.kills, f"{opt.kills} kills", f"only {kills} came before the end")
    check(taken_over > 0, "what was done is taken over")
    return f"{kills} kills, {resumed} exports gone on with, {taken_over} of their {tiles_in_all} tiles taken over"


def changes_test(opt, tiles, work):
    """An input or a setting that changed is named; --restart starts anew."""
    out = work / "changed" / "jpeg.tif"
    out.parent.mkdir()
    copy = work / "changed-tiles"
    shutil.copytree(tiles, copy)
    journal = part_of(out) / "journal"
    check(killed_in_the_middle(command(opt, copy, out, "--resume"), journal), "killed in the middle")
    said = subprocess.run(command(opt, copy, out, "--resume", "--quality", 33), capture_output=True, text=True)
    check(said.returncode == 1 and "quality" in said.stderr, "a changed setting is named", said.stderr)
    first = sorted(copy.iterdir())[0]
    first.write_bytes(first.read_bytes() + b"\0")
    said = subprocess.run(command(opt, copy, out, "--resume"), capture_output=True, text=True)
    check(said.returncode == 1 and first.name in said.stderr, "a changed input is named", said.stderr)
    check(not out.exists(), "and nothing is written")
    finished(command(opt, copy, out, "--restart"))
    check(out.exists(), "--restart starts anew")


def full_disk_test(opt, work):
    """A disk that fills up half way; the guess beforehand must think it enough, so the pictures are noise."""
    if os.geteuid() != 0:
        return check(False, "full disk", "needs root, to mount a tmpfs")
    tiles = work / "noise"
    tiles.mkdir()
    make_tiles(tiles, opt.across, 6, (400, 300), 255)
    before = digest_folder(tiles)
    names = [name for name in ("jpg.dzi", "png.dzi", "jpeg.tif", "deflate.tif", "jpg.szi", "zoom", "one.png", "one.jpg") if name in FORMATS]
    for name in names:
        whole = work / "noise-whole" / name
        whole.parent.mkdir(exist_ok=True)
        quality = ["--quality", 97] if name.startswith(("jp", "zoom")) or name.endswith(".jpg") else []
        finished(command(opt, tiles, whole, *quality))
        expected = digest(whole)
        need = sum(p.stat().st_size // 4096 * 4096 + 4096 for p in whole.parent.rglob("*") if p.is_file())
        disk = work / "disk"
        disk.mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={int(need * 0.7)}", "tmpfs", disk], check=True)
        try:
            out = disk / name
            said = subprocess.run(command(opt, tiles, out, *quality), capture_output=True, text=True)
            check(said.returncode == 1 and "no space left" in said.stderr, f"{name}: a full disk is a clear error", said.stderr)
            check("--resume" in said.stderr, f"{name}: and says how to go on", said.stderr)
            check(not out.exists(), f"{name}: nothing half-made stands under the name")
            check(digest_folder(tiles) == before, f"{name}: the sources are untouched")
            subprocess.run(["mount", "-o", f"remount,size={need * 3 + (64 << 20)}", disk], check=True)
            said = finished(command(opt, tiles, out, *quality, "--resume"))
            check(said and said["resumed_tiles"] > 0, f"{name}: it goes on where it was", said)
            check(digest(out) == expected, f"{name}: equal in every tile after a full disk")
        finally:
            subprocess.run(["umount", disk], check=True)
        shutil.rmtree(whole.parent)
    return f"full disk: {len(names)} formats"


def digest_folder(folder):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--bin", type=pathlib.Path, required=True)
    ap.add_argument("--kills", type=int, default=30)
    ap.add_argument("--seed", type=int, default=None, help="of the kill times; timing also depends on the machine")
    ap.add_argument("--across", type=int, default=10)
    ap.add_argument("--only", default="", help="formats whose name has this in it")
    opt = ap.parse_args()
    opt.bin = opt.bin.resolve()
    opt.seed = opt.seed if opt.seed is not None else random.randrange(10 ** 6)
    for name in [name for name in FORMATS if opt.only not in name]:
        del FORMATS[name]
    work = pathlib.Path(tempfile.mkdtemp(prefix="kill-resume-", dir=os.environ.get("TMPDIR")))
    try:
        tiles = work / "tiles"
        tiles.mkdir()
        make_tiles(tiles, opt.across, 8, (640, 480), 12)
        said = [kill_test(opt, tiles, work)]
        changes_test(opt, tiles, work)
        said.append(full_disk_test(opt, work))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"{'; '.join(str(s) for s in said)}; seed {opt.seed}; {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
