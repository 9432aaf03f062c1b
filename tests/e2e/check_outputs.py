#!/usr/bin/env python3
"""Check what `mosaicist stitch` writes with readers that are not ours: tifffile, OpenSlide, libvips,
Pillow, zarr-python and more.

The tiles are made here. Without lossy compression a mosaic must be what pasting in memory gives, and each level the exact
2x2 mean of the one below, halves rounded up, edges replicated. JPEG must come close. The last line counts the checks.
"""
import argparse, contextlib, io, json, os, pathlib, re, shutil, subprocess, sys, tempfile
import xml.etree.ElementTree as ET

import imagecodecs
import numpy as np
import openslide
import pyvips
import tifffile
from openslide.deepzoom import DeepZoomGenerator
from PIL import Image

import more_outputs

counts = {True: 0, False: 0}
NAMES = {"none": 1, "deflate": 8, "jpeg": 7}


def check(ok, what, detail=""):
    """Count one check; a failed one is printed."""
    ok = bool(ok)
    counts[ok] += 1
    if not ok:
        print(f"FAILED {what}" + (f": {detail}" if detail else ""), flush=True)
    return ok


@contextlib.contextmanager
def guarded(what):
    """A reader that cannot read is a failed check, not the end."""
    try:
        yield
    except Exception as error:  # whatever the libraries raise
        check(False, what, f"{type(error).__name__}: {str(error)[:300]}")


# ---------------------------------------------------------------- the pictures, and what must become of them

def picture(seed, width, height, channels=3, dtype=np.uint8):
    """Something like a photo: soft blobs, a ramp, an edge and a little noise, in the full range of `dtype`."""
    rng = np.random.default_rng(seed)


    def blobs():
        few = Image.fromarray(rng.integers(0, 256, (4, 5), np.uint8))
        return np.asarray(few.resize((width, height), Image.Resampling.BICUBIC), np.float64)

    light = 0.75 * blobs() + np.linspace(0, 30, width)[None]
    light[:, width // 3:] += 20
    planes = [light + 0.15 * blobs() + rng.normal(0, 1.5, (height, width)) for _ in range(channels)]
    top = np.iinfo(dtype).max
    whole = np.clip(np.stack(planes, -1) / 255, 0, 1) * top
    return whole.astype(dtype)


def halve(a):
    """The next level: (a + b + c + d + 2) / 4, the last column and row twice where a side is odd."""
    a = np.pad(a, ((0, a.shape[0] % 2), (0, a.shape[1] % 2), (0, 0)), mode="edge").astype(np.uint32)
    return ((a[::2, ::2] + a[1::2, ::2] + a[::2, 1::2] + a[1::2, 1::2] + 2) // 4)


def pyramid(a):
    """All levels down to one pixel."""
    levels = [a]
    while max(levels[-1].shape[:2]) > 1:
        levels.append(halve(levels[-1]).astype(a.dtype))
    return levels


def conformed(a, channels, dtype):
    """Grey spread to colours, bytes widened to the full range of 16 bits."""
    a = np.repeat(a, channels, -1) if a.shape[2] == 1 else a
    return a.astype(dtype) * 257 if dtype == np.uint16 and a.dtype == np.uint8 else a


def cells_of(count, across, layout):
    """(column, row) of each tile."""
    cells = [(i % across, i // across) for i in range(count)]
    rows = -(-count // across)
    if layout == "snake":
        cells = [(across - 1 - x if y % 2 else x, y) for x, y in cells]
    elif layout == "columns@bottom-right":
        cells = [(across - 1 - i // rows, rows - 1 - i % rows) for i in range(count)]
    elif layout != "rows":
        raise ValueError(layout)
    return cells


def pasted(tiles, across, layout="rows", overlap=(0, 0), absent=(), free=()):
    """The mosaic as numpy pastes it, later tiles on top, and where anything is right (under the tiles `free`)."""
    channels = max(t.shape[2] for t in tiles)
    dtype = np.result_type(*(t.dtype for t in tiles))
    cells = cells_of(len(tiles), across, layout)
    widths = [max(t.shape[1] for t, c in zip(tiles, cells) if c[0] == x) for x in range(max(c[0] for c in cells) + 1)]
    heights = [max(t.shape[0] for t, c in zip(tiles, cells) if c[1] == y) for y in range(max(c[1] for c in cells) + 1)]
    left = [sum(widths[:x]) - x * overlap[0] for x in range(len(widths))]
    above = [sum(heights[:y]) - y * overlap[1] for y in range(len(heights))]
    places = [(left[x], above[y], t) for t, (x, y) in zip(tiles, cells)]
    size = max(y + t.shape[0] for _, y, t in places), max(x + t.shape[1] for x, _, t in places)
    canvas, anything = np.zeros((*size, channels), dtype), np.zeros(size, bool)
    for i, (x, y, t) in enumerate(places):
        h, w = t.shape[:2]
        if i not in absent:
            canvas[y:y + h, x:x + w] = conformed(t, channels, dtype)
        anything[y:y + h, x:x + w] = i in free
    return canvas, anything


def psnr(a, b):
    error = np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2)
    return 99.0 if error == 0 else 10 * np.log10(255 ** 2 / error)


def jpeg_allows(want, quality):
    """The least PSNR in dB of a JPEG of `want`: what libjpeg reaches with halved colours, less 2 dB; 38 is always enough."""
    file = io.BytesIO()
    Image.fromarray(want[..., 0] if want.shape[2] == 1 else want).save(file, "jpeg", quality=quality, subsampling="4:2:0")
    return min(psnr(np.asarray(Image.open(file)).reshape(want.shape), want), 40) - 2


# ---------------------------------------------------------------- running the program

class Bench:
    """A folder of tiles and the program's answer to it."""

    def __init__(self, program, folder):
        self.program, self.folder = program, pathlib.Path(folder)
        self.tiles, self.out = self.folder / "tiles", self.folder / "out"

    def fresh(self):
        for folder in (self.tiles, self.out):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()

    def write_tiles(self, tiles, ending="png"):
        self.fresh()
        names = [self.tiles / f"tile_{i:04}.{ending}" for i in range(len(tiles))]
        for name, tile in zip(names, tiles):
            plain = np.ascontiguousarray(tile[..., 0] if tile.shape[2] == 1 else tile)
            if ending == "png":
                name.write_bytes(imagecodecs.png_encode(plain, level=1))
            elif ending == "tif":
                tifffile.imwrite(name, plain, photometric="minisblack" if plain.ndim == 2 else "rgb")
            else:
                Image.fromarray(plain).save(name, quality=92)
        return names

    def run(self, *args):
        command = [self.program, *map(str, args)]
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=180, cwd=self.folder)

    def stitch(self, what, *args, out="out.tif", status=0):
        """Run `stitch`; check how it ends. Gives the output's path and the messages."""
        path = self.out / out
        done = self.run("stitch", *args, "-o", path, "--overwrite")
        check(done.returncode == status, f"{what}: exit status {status}", f"{done.returncode}, {done.stderr[-300:]!r}")
        check("panicked" not in done.stderr, f"{what}: no panic", done.stderr[-300:])
        return path, done.stderr

    def left(self):
        """Everything below the output folder but the folders themselves."""
        return sorted(str(p.relative_to(self.out)) for p in self.out.rglob("*") if not p.is_dir())


# ---------------------------------------------------------------- TIFF

def check_tiff(what, bench, path, expected, anything, compression, levels=True, quality=None):
    """Every level by three readers. With a JPEG `quality` they need only come close."""
    check(bench.left() == ["out.tif"], f"{what}: one file is written", bench.left())
    wanted, masks = pyramid(expected), [anything]
    while len(masks) < len(wanted):
        masks.append(halve(masks[-1][..., None].astype(np.uint8) * 255)[..., 0] > 0)

    def compare(who, level, got):
        got = got[..., None] if got.ndim == 2 else got
        want, mask = wanted[level], masks[level]
        if not check(got.shape == want.shape and got.dtype == want.dtype, f"{what}: {who} level {level} shape",
                     f"{got.shape} {got.dtype}, wanted {want.shape} {want.dtype}"):
            return
        got = np.where(mask[..., None], want, got)
        if quality is None:
            wrong = np.argwhere((got != want).any(-1))
            check(not len(wrong), f"{what}: {who} level {level} samples",
                  len(wrong) and f"{len(wrong)} pixels differ, first at {wrong[0][::-1]}: {got[tuple(wrong[0])]}, wanted {want[tuple(wrong[0])]}")
        else:
            near, least = psnr(got, want), jpeg_allows(want, quality)
            check(near >= least, f"{what}: {who} level {level} close", f"{near:.1f} dB, wanted {least:.1f}")

    with guarded(f"{what}: tifffile reads"), tifffile.TiffFile(path) as tiff:
        pages = list(tiff.pages)
        check(tiff.is_bigtiff, f"{what}: BigTIFF")
        check(all(p.is_tiled and (p.tilewidth, p.tilelength) == (256, 256) for p in pages), f"{what}: tiles of 256")
        check(all(p.compression == NAMES[compression] for p in pages), f"{what}: compression {compression}", pages[0].compression)
        check([p.is_reduced for p in pages] == [False] + [True] * (len(pages) - 1), f"{what}: levels are marked reduced")
        sizes = [(p.imagewidth, p.imagelength) for p in pages]
        chain = [(w.shape[1], w.shape[0]) for w in wanted[:len(pages)]]
        check(sizes == chain, f"{what}: each level is half the one before, rounded up", f"{sizes}, wanted {chain}")
        enough = max(sizes[-1]) <= 256 if levels else len(pages) == 1
        check(enough, f"{what}: {'the last level is small' if levels else 'one level'}", sizes)
        for level, page in enumerate(pages[:len(wanted)]):
            compare("tifffile", level, page.asarray())
        count = len(pages)

    with guarded(f"{what}: libvips reads"):
        image = pyvips.Image.new_from_file(str(path), access="sequential", fail_on="warning")
        compare("libvips", 0, image.numpy())
        last = pyvips.Image.new_from_file(str(path), page=count - 1, fail_on="warning")
        compare("libvips", count - 1, last.numpy())

    if expected.dtype != np.uint8:
        return   # OpenSlide shows 8 bits
    with guarded(f"{what}: OpenSlide reads"), openslide.OpenSlide(path) as slide:
        dimensions = [(w.shape[1], w.shape[0]) for w in wanted[:count]]
        check(list(slide.level_dimensions) == dimensions, f"{what}: OpenSlide's levels", slide.level_dimensions)
        for level, size in enumerate(slide.level_dimensions):
            shown = np.asarray(slide.read_region((0, 0), level, size))
            check((shown[..., 3] == 255).all(), f"{what}: OpenSlide level {level} is opaque")
            compare("OpenSlide", level, np.ascontiguousarray(shown[..., :expected.shape[2]]))


def tiff_cases(bench):
    def case(what, tiles, across, *args, ending="png", compression="none", quality=None, levels=True, **how):
        bench.write_tiles(tiles, ending)
        if quality:
            args = *args, "--quality", quality
        path, _ = bench.stitch(what, bench.tiles, "--across", across, "--compression", compression, *args)
        check_tiff(what, bench, path, *pasted(tiles, across, **how), compression, levels, quality)
        print(f"  {what}", flush=True)

    odd = [picture(i, 97, 61) for i in range(100)]
    case("10x10 of odd size", odd, 10)
    case("deflate", odd, 10, compression="deflate")
    case("JPEG", odd, 10, compression="jpeg", quality=90)
    case("without a pyramid", odd, 10, "--no-pyramid", levels=False)
    case("a last row that is not full", odd[:23], 5)
    case("snake", odd[:20], 5, "--layout", "snake", layout="snake")
    case("columns from the lower right", odd[:20], 5, "--layout", "columns@bottom-right", layout="columns@bottom-right")
    wide = [picture(200 + i, 131, 89) for i in range(24)]
    case("overlaps, later on top", wide, 6, "--overlap", "17,11", overlap=(17, 11))
    case("gaps", wide, 6, "--overlap", "-9,-4", overlap=(-9, -4))
    rng = np.random.default_rng(5)
    mixed = [picture(300 + i, *map(int, rng.integers(40, 200, 2))) for i in range(30)]
    case("different sizes", mixed, 6)
    case("different sizes that overlap", mixed, 6, "--overlap", "30,25", overlap=(30, 25))
    grey = [picture(400 + i, 120, 90, channels=3 if i % 3 else 1) for i in range(12)]
    case("grey beside colour", grey, 4)
    case("grey alone", [picture(500 + i, 120, 90, channels=1) for i in range(12)], 4)
    case("16 bits, grey", [picture(600 + i, 120, 90, 1, np.uint16) for i in range(12)], 4)
    deep = [picture(700 + i, 120, 90, 3, np.uint16 if i % 4 else np.uint8) for i in range(12)]
    case("16 bits beside 8, deflate", deep, 4, compression="deflate")
    case("tiles from TIFF", [picture(800 + i, 143, 75) for i in range(12)], 4, ending="tif")
    case("one tile, one pixel wide", [picture(900, 1, 300)], 1)
    large = [picture(1000 + i, 411, 307) for i in range(80)]
    case("many blocks in little memory", large, 10, "--memory", "160M")


def jpeg_tiles(bench):
    """JPEG tiles: decoders may differ by a little rounding, and no more."""
    what, tiles = "tiles from JPEG", [picture(1100 + i, 203, 157) for i in range(30)]
    names = bench.write_tiles(tiles, "jpg")
    path, _ = bench.stitch(what, *names, "--across", 6, "--compression", "none")
    expected, _ = pasted([np.asarray(Image.open(n)) for n in names], 6)
    with guarded(what):
        off = np.abs(tifffile.imread(path).astype(int) - expected)
        check(off.mean() < 0.5 and off.max() <= 8, f"{what}: as Pillow decodes them", f"mean {off.mean():.3f}, at most {off.max()}")


def info_and_crop(bench):
    """The program reads its own output as the others do."""
    what, tiles = "info and crop", [picture(1200 + i, 150, 110) for i in range(16)]
    bench.write_tiles(tiles)
    path, _ = bench.stitch(what, bench.tiles, "--across", 4, "--compression", "none")
    with guarded(what):
        wanted = pyramid(pasted(tiles, 4)[0])
        info = json.loads(bench.run("info", path, "--json").stdout)
        sizes = [(level["width"], level["height"]) for level in info["levels"]]
        check(sizes == [(w.shape[1], w.shape[0]) for w in wanted[:len(sizes)]] and len(sizes) > 1, f"{what}: levels", sizes)
        done = bench.run("crop", path, "--level", 1, "--rect", "33,21,101,87", "-o", bench.out / "crop.tif")
        check(done.returncode == 0, f"{what}: crop ends well", done.stderr[-300:])
        got = tifffile.imread(bench.out / "crop.tif")
        check(np.array_equal(got, wanted[1][21:108, 33:134]), f"{what}: the crop's samples")


def scales(bench):
    """Any scale: what Pillow's Lanczos filter gives for the whole."""
    tiles = [picture(1300 + i, 301, 207) for i in range(20)]
    bench.write_tiles(tiles)
    whole = pasted(tiles, 5)[0]
    for scale, most in ((0.37, 2), (0.8, 2), (1.9, 2), (0.26, 2), (0.11, 6), (0.5, 0)):
        what = f"scale {scale}"
        path, _ = bench.stitch(what, bench.tiles, "--across", 5, "--scale", scale, "--compression", "none", "--memory", "200M", "--tile", 64)
        size = [max(1, int(side * scale + 0.5)) for side in whole.shape[1::-1]]
        # In floats, channel by channel: in bytes Pillow cuts off what the filter overshoots after the first direction.
        scaled = [np.asarray(Image.fromarray(whole[..., c].astype(np.float32)).resize(size, Image.Resampling.LANCZOS)) for c in range(3)]
        wanted = halve(whole) if scale == 0.5 else np.clip(np.rint(np.stack(scaled, axis=-1)), 0, 255).astype(np.uint8)
        with guarded(what):
            got = tifffile.imread(path)
            if check(got.shape == wanted.shape, f"{what}: size", f"{got.shape}, wanted {wanted.shape}"):
                off = np.abs(got.astype(int) - wanted)
                check(off.max() <= most, f"{what}: as Pillow scales it", f"off by {off.max()}, on average by {off.mean():.3f}")
        print(f"  {what}", flush=True)
    transparent = [picture(1400 + i, 120, 90, channels=4) for i in range(6)]
    for flags, channels in (([], 4), (["--flatten", "--background", "200,100,0"], 3)):
        what = f"alpha {' '.join(flags) or 'written'}"
        bench.write_tiles(transparent)
        path, _ = bench.stitch(what, bench.tiles, "--across", 3, "--compression", "deflate", *flags)
        wanted = pasted(transparent, 3)[0].astype(float)
        if flags:
            part = wanted[..., 3:] / 255
            wanted = wanted[..., :3] * part + np.array([200, 100, 0]) * (1 - part)
        with guarded(what):
            got = tifffile.imread(path)
            check(got.shape[2] == channels and np.abs(got - wanted).max() <= 1, f"{what}: samples", got.shape)
        print(f"  {what}", flush=True)


# ---------------------------------------------------------------- Deep Zoom

def check_deep_zoom(what, bench, path, expected, anything, tile, overlap, quality):
    left, name = bench.left(), path.stem
    with guarded(f"{what}: descriptor"):
        root = ET.parse(path).getroot()
        space = "{http://schemas.microsoft.com/deepzoom/2008}"
        size = root.find(f"{space}Size")
        said = root.tag, root.get("Format"), root.get("TileSize"), root.get("Overlap"), size.get("Width"), size.get("Height")
        wanted = f"{space}Image", "jpg", str(tile), str(overlap), str(expected.shape[1]), str(expected.shape[0])
        check(said == wanted, f"{what}: descriptor", f"{said}, wanted {wanted}")

    # OpenSlide's own idea of the tiles of such a picture.
    shape = DeepZoomGenerator(openslide.ImageSlide(Image.new("L", expected.shape[1::-1])), tile, overlap)
    places = {f"{name}_files/{level}/{x}_{y}.jpg": (level, x, y)
              for level, (across, down) in enumerate(shape.level_tiles) for y in range(down) for x in range(across)}
    missing, stray = sorted(set(places) - set(left)), sorted(set(left) - set(places) - {path.name})
    check(not missing, f"{what}: every tile is there", f"{len(missing)} missing: {missing[:5]}")
    check(not stray, f"{what}: no stray file", f"{len(stray)}: {stray[:5]}")
    levels, far, worst, sizes = pyramid(expected)[::-1], [], [], []
    for file, (level, x, y) in places.items():
        if file in missing:
            continue
        with guarded(f"{what}: {file}"):
            image = Image.open(bench.out / file)
            if image.format != "JPEG" or image.size != shape.get_tile_dimensions(level, (x, y)):
                sizes.append((file, image.format, image.size))
                continue
            x0, y0 = max(x * tile - overlap, 0), max(y * tile - overlap, 0)
            want = levels[level][y0:y0 + image.height, x0:x0 + image.width]
            got = np.asarray(image).reshape(want.shape[0], want.shape[1], -1)
            if got.shape != want.shape:
                sizes.append((file, got.shape))
                continue
            near, least = psnr(got, want), jpeg_allows(want, quality)
            worst.append(near)
            if near < least:
                far.append(f"{file} {near:.1f} dB, wanted {least:.1f}")
    check(not sizes, f"{what}: tiles are JPEG of the right size", sizes[:5])
    check(not far, f"{what}: tiles show the picture", f"{len(far)} do not: {far[:8]}")
    print(f"  {what}: {len(places)} tiles, worst {min(worst, default=0):.1f} dB", flush=True)
    return sum((bench.out / file).stat().st_size for file in left)


def deep_zoom_cases(bench):
    def case(what, tiles, across, *args, tile=254, overlap=1, quality=75):
        bench.write_tiles(tiles)
        path, _ = bench.stitch(what, bench.tiles, "--across", across, *args, out="out.dzi")
        return check_deep_zoom(what, bench, path, *pasted(tiles, across), tile, overlap, quality)

    odd = [picture(i, 97, 61) for i in range(100)]
    usual = case("Deep Zoom", odd, 10)
    fine = case("Deep Zoom, quality 95", odd, 10, "--quality", 95, quality=95)
    check(fine > 1.3 * usual, "Deep Zoom: quality has an effect", f"{usual} and {fine} bytes")
    case("Deep Zoom, tiles of 256 without overlap", odd, 10, "--tile", 256, "--tile-overlap", 0, tile=256, overlap=0)
    case("Deep Zoom, overlap 3", odd, 10, "--tile", 126, "--tile-overlap", 3, tile=126, overlap=3)
    case("Deep Zoom of one small tile", [picture(2000, 90, 41)], 1)
    case("Deep Zoom of exactly one tile", [picture(2001, 254, 254)], 1)
    case("Deep Zoom one pixel over", [picture(2002, 255, 509)], 1)
    case("Deep Zoom, grey", [picture(2100 + i, 120, 90, channels=1) for i in range(12)], 4)
    case("Deep Zoom, many blocks in little memory", [picture(2200 + i, 411, 307) for i in range(80)], 10, "--memory", "160M")


def other_formats(bench):
    more_outputs.check_all(bench, check, picture, pyramid, psnr, jpeg_allows)


# ---------------------------------------------------------------- what goes wrong

def faults(bench):
    tiles = [picture(3000 + i, 160, 120) for i in range(20)]
    for what, hole in (("a missing tile", 7), ("a truncated tile", 12)):
        names = bench.write_tiles(tiles)
        if hole == 7:
            names[hole].unlink()
            how, status = {"absent": [hole]}, 3   # done, but for an image that gave nothing
        else:
            names[hole].write_bytes(names[hole].read_bytes()[:4000])
            how, status = {"free": [hole]}, 0   # what of it could be read may be shown
        path, messages = bench.stitch(what, *names, "--across", 5, "--compression", "none", status=status)
        lines = [line for line in messages.splitlines() if names[hole].name in line]
        check(lines, f"{what}: it is named", messages[-300:])
        check_tiff(what, bench, path, *pasted(tiles, 5, **how), "none")
        for out in ("out.tif", "out.dzi"):
            shutil.rmtree(bench.out)
            bench.out.mkdir()
            _, messages = bench.stitch(f"{what}, --strict", *names, "--across", 5, "--strict", out=out, status=1)
            check(names[hole].name in messages, f"{what}, --strict, {out}: it is named", messages[-300:])
            check(not (bench.out / out).exists(), f"{what}, --strict, {out}: no output under its name", bench.left())
        print(f"  {what}", flush=True)

    names = bench.write_tiles(tiles[:4])
    for what, status, args in (
        ("no arguments", 2, ["stitch"]),
        ("an unknown option", 2, ["stitch", names[0], "--no-such-option", "-o", bench.out / "a.tif"]),
        ("no output", 2, ["stitch", names[0]]),
        ("a number that is none", 2, ["stitch", names[0], "--across", "many", "-o", bench.out / "a.tif"]),
        ("an unknown command's file", 1, ["info", bench.folder / "not-there.tif"]),
        ("a folder that does not exist", 1, ["stitch", names[0], "-o", bench.folder / "not" / "there" / "a.tif"]),
        ("an ending no format has", None, ["stitch", names[0], "-o", bench.out / "a.xyz"]),
    ):
        done = bench.run(*args)
        right = done.returncode == status if status else done.returncode in (1, 2)
        check(right, f"{what}: exit status {status or '1 or 2'}", f"{done.returncode} {done.stderr[-200:]!r}")
        check(done.stderr.strip() and "panicked" not in done.stderr, f"{what}: says why", done.stderr[-200:])
        check(not bench.left(), f"{what}: nothing is written", bench.left())
    print("  wrong usage", flush=True)


def main():
    pyvips.cache_set_max(0)   # the same name is another picture each time
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--bin", required=True, help="the program")
    ap.add_argument("--only", default="", help="only the groups whose name matches this expression")
    opt = ap.parse_args()
    program = shutil.which(opt.bin) or sys.exit(f"{opt.bin}: no such program")
    with tempfile.TemporaryDirectory(prefix="mosaicist-check-") as folder:
        bench = Bench(os.path.abspath(program), folder)
        for group in (tiff_cases, jpeg_tiles, info_and_crop, scales, deep_zoom_cases, other_formats, faults):
            if re.search(opt.only, group.__name__):
                print(group.__name__.replace("_", " "), flush=True)
                with guarded(group.__name__):
                    group(bench)
    print(f"{counts[True]} passed, {counts[False]} failed")
    return bool(counts[False]) or not counts[True]


if __name__ == "__main__":
    sys.exit(main())
