#!/usr/bin/env python3
"""Exports sources of all kinds in all ways, each within a limit of memory, and compares `--dry-run` with what came of it.

    memory_walk.py --bin PROGRAM --work FOLDER [--every] [--only PART]

The promise: the process holds no more than what `--memory` allows, whatever the source, scale, region, format and filter; what
cannot be done in that is refused, and the refusal names the memory that would do. An image that is tiled, or stored in rows from
top to bottom, is never refused. `--dry-run` tells the peak and the bytes of the output to within 30 %.

The product of all dimensions is walked so that each pair of values of two dimensions occurs together (a covering array), two cases
at a time: less than four minutes on two idle processors. The peak is the system's (`ru_maxrss` of the child, by `wait4` in a small process): the pages that the program
and the allocator really hold, so an address space that is only reserved counts for nothing. The sources are made once in FOLDER.
Prints a line for each case and `FAIL` before those that break the promise; the exit status is 1 if one does. Linux only.
"""
import argparse, concurrent.futures, itertools, json, os, pathlib, random, subprocess, sys, tempfile

import numpy as np
import pyvips
import tifffile

from bombs import LAUNCH

MEMORY = 256
MIB = 1 << 20
# Predictions may be off by this factor, and by so much besides: what a process takes for itself differs from machine to machine.
NEAR, SLACK_PEAK, SLACK_BYTES = 1.3, 12 * MIB, 64 << 10
# What a small export is told too much at most: buffers of a large one are planned for.
SMALL = 32 * MIB


def picture(width, height, bands=3, sample=np.uint8, seed=1):
    """A photograph of sorts: slopes, shapes and some grain."""
    xyz = pyvips.Image.xyz(width, height)
    x, y = xyz[0], xyz[1]
    parts = []
    for band in range(bands):
        slope = (x * (0.011 + 0.004 * band) + y * 0.007).sin() * 60 + (x * y * 1e-6 + band * 40).sin() * 50 + 120
        parts.append(slope)
    image = parts[0].bandjoin(parts[1:]) if bands > 1 else parts[0]
    image = image + pyvips.Image.gaussnoise(width, height, sigma=5, mean=0, seed=seed)
    if sample == np.uint16:
        return (image * 257).cast("ushort").copy(interpretation="grey16" if bands == 1 else "rgb16")
    if sample == np.float32:
        return image.cast("float").copy(interpretation="b-w" if bands == 1 else "multiband")
    return image.cast("uchar").copy(interpretation="b-w" if bands == 1 else "srgb")


def array(image):
    return np.ndarray(buffer=image.write_to_memory(), dtype={"uchar": np.uint8, "ushort": np.uint16, "float": np.float32}[image.format],
                      shape=(image.height, image.width, image.bands) if image.bands > 1 else (image.height, image.width))


def page(width, height):
    """A printed page: bits."""
    rows = np.zeros((height, width), bool)
    rng = np.random.default_rng(3)
    for y in range(200, height - 60, 60):
        at = rng.integers(0, width - 60, width // 120)
        for x in at:
            rows[y:y + 30, x:x + rng.integers(3, 40)] = True
    return rows


def make_zarr(path, image):
    import zarr
    pixels = array(image)
    group = zarr.open_group(path, mode="w", zarr_format=2)
    data = group.create_array("0", shape=pixels.shape, chunks=(1024, 1024), dtype=pixels.dtype)
    data[:] = pixels
    axes = [{"name": name, "type": "space"} for name in "yx"]
    scale = [{"type": "scale", "scale": [1, 1]}]
    group.attrs["multiscales"] = [{"version": "0.4", "axes": axes, "datasets": [{"path": "0", "coordinateTransformations": scale}]}]


def make_tiles(folder, columns, rows, width, height):
    folder.mkdir()
    for row in range(rows):
        for column in range(columns):
            picture(width, height, seed=row * columns + column).jpegsave(folder / f"t_{row:02}_{column:02}.jpg", Q=85)


# Name, what makes it, and whether it may be refused, since it can only be decoded as a whole. Some 150 to 320 MB of pixels each.
SOURCES = {
    "pyramid.tif": (lambda at: picture(10000, 8000).tiffsave(at, tile=True, pyramid=True, compression="jpeg", Q=85), False),
    "tiled.tif": (lambda at: picture(10000, 8000).tiffsave(at, tile=True, compression="deflate", predictor="horizontal"), False),
    "tiled16.tif": (lambda at: picture(9000, 8000, 1, np.uint16).tiffsave(at, tile=True, compression="lzw"), False),
    "tiledf.tif": (lambda at: tifffile.imwrite(at, array(picture(6000, 6000, 1, np.float32)), tile=(256, 256), compression="zstd"), False),
    "large-tiles.tif": (lambda at: tifffile.imwrite(at, array(picture(8192, 8192)), tile=(4096, 4096), compression="zstd"), False),
    "strips.tif": (lambda at: picture(10000, 8000).tiffsave(at, compression="lzw"), False),
    "plain.tif": (lambda at: picture(8000, 7000).tiffsave(at), False),
    "one-strip.tif": (lambda at: tifffile.imwrite(at, array(picture(8000, 7000)), rowsperstrip=7000, compression="lzw", predictor=True), False),
    "one-strip16.tif": (lambda at: tifffile.imwrite(at, array(picture(9000, 9000, 1, np.uint16)), rowsperstrip=9000, compression="zlib", predictor=True), False),
    "one-strip-planes.tif": (lambda at: tifffile.imwrite(at, np.moveaxis(array(picture(8000, 7000)), 2, 0), rowsperstrip=7000, compression="packbits",
                                                         planarconfig="separate", photometric="rgb"), False),
    "one-strip-jpeg.tif": (lambda at: tifffile.imwrite(at, array(picture(8000, 7000)), rowsperstrip=7000, compression="jpeg"), False),
    "fax.tif": (lambda at: pyvips.Image.new_from_array(page(20000, 16000).astype(np.uint8) * 255).cast("uchar").tiffsave(
        at, compression="ccittfax4", bitdepth=1, miniswhite=True), False),
    "one-strip-fax.tif": (lambda at: one_strip_fax(at), False),
    "baseline.jpg": (lambda at: picture(9000, 8000).jpegsave(at, Q=85), False),
    "progressive.jpg": (lambda at: picture(9000, 8000).jpegsave(at, Q=85, interlace=True), False),
    "small.jpg": (lambda at: picture(5600, 5600).jpegsave(at, Q=85), True),
    "small-progressive.jpg": (lambda at: picture(5600, 5600).jpegsave(at, Q=85, interlace=True), True),
    "rows.png": (lambda at: picture(9000, 8000).pngsave(at, compression=1), False),
    "rows16.png": (lambda at: picture(5000, 5000, 3, np.uint16).pngsave(at, compression=1), False),
    "interlaced.png": (lambda at: picture(9000, 8000).pngsave(at, compression=1, interlace=True), True),
    "small-interlaced.png": (lambda at: picture(4000, 4000).pngsave(at, compression=1, interlace=True), True),
    "rows.bmp": (lambda at: bmp(at, array(picture(8000, 7000))), False),
    "rows.ppm": (lambda at: at.write_bytes(b"P6 8000 7000 255\n" + picture(8000, 7000).write_to_memory()), False),
    "wavelet.jp2": (lambda at: wavelet(at, array(picture(4000, 4000))), True),
    "whole.webp": (lambda at: picture(6000, 6000).webpsave(at, Q=80, effort=0), True),
    "small.gif": (lambda at: picture(4000, 4000, 1).gifsave(at, effort=1), True),
    "chunks.zarr": (lambda at: make_zarr(at, picture(9000, 8000, 1, np.uint16)), False),
    "web.dzi": (lambda at: picture(10000, 8000).dzsave(at.with_suffix("")), False),
    "tiles": (lambda at: make_tiles(at, 12, 10, 1000, 800), False),
    "photos": (lambda at: make_tiles(at, 3, 2, 4000, 3000), False),
}
SCALES = [[], ["--scale", "0.1"], ["--scale", "0.37"], ["--level", "2"], ["--level", "5"], ["--scale", "1.5"]]
REGIONS = [None, (0.0, 0.4, 1.0, 0.1), (0.3, 0.0, 0.1, 1.0), (0.4, 0.4, 0.06, 0.06), "rotated"]
FORMATS = {
    "tif": [], "tif-deflate": ["--compression", "deflate"], "tif-flat": ["--no-pyramid", "--compression", "none"],
    "tif-zstd": ["--compression", "zstd", "--tile", "1024"], "ome.tif": [], "cog": [], "dzi": [], "szi": [],
    "zoomify": [], "iiif3": [], "xyz": [], "patches": [], "png": [], "jpg": [], "bmp": [], "raw": [], "zarr": [],
    "zarr04": [], "zarr-shard": ["--shard", "8"], "dzi-png": ["--tiles", "png"],
}
FILTERS = [[], ["--filter", "gaussian:sigma=3"], ["--filter", "median"], ["--filter", "sharpen", "--filter", "invert"], ["--flatten"]]
# By how pixels are handed on: tiles in any order to one file or to many, rows from the top, rows at their places.
WAYS = {"one file": ["tif", "tif-deflate", "tif-flat", "tif-zstd", "ome.tif", "cog", "szi"],
        "many files": ["dzi", "dzi-png", "zoomify", "iiif3", "xyz", "patches", "zarr", "zarr04", "zarr-shard"],
        "rows": ["png", "jpg"], "places": ["bmp", "raw"]}
OF_BYTES = {"bmp", "dzi", "szi", "zoomify", "iiif3", "xyz", "jpg", "dzi-png"}
OF_JPEG = {"dzi", "szi", "zoomify", "iiif3", "xyz", "jpg"}
# Their samples are no bytes.
WIDE = {"tiled16.tif", "tiledf.tif", "one-strip16.tif", "rows16.png", "chunks.zarr"}


def bmp(at, pixels):
    from PIL import Image
    Image.MAX_IMAGE_PIXELS = None
    Image.fromarray(pixels).save(at)


def wavelet(at, pixels):
    import imagecodecs
    at.write_bytes(imagecodecs.jpeg2k_encode(pixels, level=30, codecformat="jp2"))


def one_strip_fax(at):
    """All rows in one strip, which few writers do and many scanners."""
    import imagecodecs
    bits = np.packbits(page(20000, 16000), axis=1)
    coded = fax4(at.parent, bits, 20000, 16000)
    write_tiff(at, 20000, 16000, coded)


def fax4(folder, bits, width, height):
    """The Group 4 code of all rows in one piece: by libtiff, in one strip."""
    part = folder / "fax4-part.tif"
    image = pyvips.Image.new_from_array(np.unpackbits(bits, axis=1)[:, :width] * 255).cast("uchar")
    image.tiffsave(part, compression="ccittfax4", bitdepth=1, miniswhite=True, tile=True, tile_width=(width + 15) // 16 * 16,
                   tile_height=(height + 15) // 16 * 16)
    with tifffile.TiffFile(part) as file:
        tags = file.pages[0].tags
        file.filehandle.seek(tags["TileOffsets"].value[0])
        coded = file.filehandle.read(tags["TileByteCounts"].value[0])
    part.unlink()
    return coded


def write_tiff(at, width, height, coded):
    """A TIFF of one strip of Group 4."""
    import struct
    tags = [(256, 4, width), (257, 4, height), (258, 3, 1), (259, 3, 4), (262, 3, 0), (273, 4, 8), (277, 3, 1), (278, 4, height),
            (279, 4, len(coded))]
    end = (8 + len(coded) + 1) // 2 * 2
    with open(at, "wb") as file:
        file.write(struct.pack("<2sHI", b"II", 42, end) + coded + bytes(end - 8 - len(coded)) + struct.pack("<H", len(tags)))
        for tag, kind, value in tags:
            file.write(struct.pack("<HHII", tag, kind, 1, value))
        file.write(bytes(4))


def make_sources(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, (make, _) in SOURCES.items():
        if (folder / name).exists():
            continue
        # Under its name only when it is complete.
        with tempfile.TemporaryDirectory(dir=folder) as part:
            make(pathlib.Path(part, name))
            for made in pathlib.Path(part).iterdir():
                made.rename(folder / made.name)


# Width and height of what tiles make together.
JOINED = {"tiles": (12000, 8000), "photos": (12000, 6000)}


def size_of(program, folder, name):
    if name in JOINED:
        return JOINED[name]
    info = json.loads(subprocess.run([program, "info", folder / name, "--json"], capture_output=True, check=True).stdout)
    return info["width"], info["height"]


def cases(every):
    """(source, scale, region, format, filters), so that each pair of values of two of them is there once at least; of sources and
    formats, unless it is to be `every` pair, each source with one format of each way that pixels are handed on."""
    dimensions = [list(SOURCES), range(len(SCALES)), range(len(REGIONS)), list(FORMATS), range(len(FILTERS))]
    kind = {name: name if every else way for way, names in WAYS.items() for name in names}
    shown = lambda a, b, x, y: (a, b, x, kind[y] if (a, b) == (0, 3) else y)
    wanted = {shown(a, b, x, y) for a, b in itertools.combinations(range(5), 2) for x in dimensions[a] for y in dimensions[b]}
    choose, found = random.Random(17), []
    pairs = lambda case: {shown(a, b, case[a], case[b]) for a, b in itertools.combinations(range(5), 2)}
    while wanted:
        a, b, x, y = min(wanted, key=str)
        best = None
        for _ in range(200):
            case = [choose.choice(list(values)) for values in dimensions]
            case[a], case[b] = x, y if (a, b) != (0, 3) else choose.choice([name for name, way in kind.items() if way == y])
            gain = len(pairs(case) & wanted)
            if best is None or gain > best[0]:
                best = (gain, case)
        found.append(tuple(best[1]))
        wanted -= pairs(best[1])
    return found


def command(case, folder, out, size):
    """The arguments of this case, without its output's name."""
    source, scale, region, form, filters = case
    (width, height), region = size, REGIONS[region]
    arguments = ["export", folder / source] if source not in JOINED else ["export", out / "sources" / f"{source}.mosaic"]
    # Where pixels become JPEG, flattening is no choice.
    arguments += SCALES[scale] + [part for part in FILTERS[filters] if part != "--flatten" or form not in OF_JPEG]
    name = form.split("-")[0]
    if region == "rotated":
        # The same way as a region at an angle is exported.
        side = min(width, height) * 0.3
        x, y = width / 2, height / 2
        corners = [[x, y - side], [x + side, y - side * 0.4], [x + side * 0.4, y + side * 0.6], [x - side * 0.6, y], [x, y - side]]
        shape = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [corners]}, "properties": {"name": "part"}}
        (out / "rois.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [shape]}))
        arguments += ["--rois", out / "rois.geojson", "--rotate", "own"]
    elif region:
        x, y, w, h = (round(part * side) for part, side in zip(region, (width, height, width, height)))
        arguments += ["--region", f"{x},{y},{w},{h}"]
    arguments += FORMATS[form]
    if source in WIDE and form in OF_BYTES:
        arguments += ["--as-seen"]
    named = {"cog", "zoomify", "iiif3", "xyz", "patches", "zarr04"}
    ending = "" if name in named else f".{name}"
    if region == "rotated" or name in named:
        arguments += ["--format", {"ome.tif": "ome-tiff"}.get(name, name)]
        ending = ""
    return [str(part) for part in arguments], out / f"out{ending}"


def run(program, arguments, home):
    report = home / "report"
    environment = dict(os.environ, HOME=str(home), XDG_CACHE_HOME=str(home))
    done = subprocess.run([sys.executable, "-ISc", LAUNCH, report, "600", program, *arguments], capture_output=True, text=True, env=environment)
    status, busy, peak = json.loads(report.read_text())
    return status, busy, peak << 10, done.stdout, done.stderr


def near(told, real, slack, more):
    """Whether `told` is within a factor of `real`: too little by `slack` besides, or too much by `more`."""
    return told <= real * NEAR + more and real <= told * NEAR + slack


def judge(program, case, folder, size):
    """What is wrong in this case, and what was found."""
    with tempfile.TemporaryDirectory(dir=folder) as made:
        out = pathlib.Path(made)
        if case[0] in JOINED:
            (out / "sources").mkdir()
            across = {"tiles": "12", "photos": "3"}[case[0]]
            stitched = subprocess.run([program, "stitch", folder / case[0], "--across", across, "-o", out / "sources" / f"{case[0]}.mosaic"], capture_output=True)
            assert stitched.returncode == 0, stitched.stderr
        arguments, target = command(case, folder, out, size)
        common = [*arguments, "--memory", f"{MEMORY}M", "--json", "-o", str(target)]
        single = "--rois" not in common
        # What the try has scanned must not spare the export its scan.
        (out / "home").mkdir()
        told = run(program, [*common, "--dry-run"], out / "home") if single else None
        status, busy, peak, text, errors = run(program, common, out)
        wrong, found = [], f"{peak >> 20} MiB, {busy:.1f} s"
        if status != 0:
            refused = status in (1, 2) and "memory" in errors and SOURCES[case[0]][1]
            other = status == 1 and any(word in errors for word in ("choose 0.5, 0.25", "pixels a side", "of f32 samples"))
            if not (refused or other):
                wrong.append(f"status {status}: {errors.strip()[-200:]}")
            return wrong, f"{found}, refused: {errors.strip()[-160:]}"
        if peak > MEMORY * MIB:
            wrong.append("more than the limit")
        if told and told[0]:
            wrong.append(f"the dry run ends with {told[0]}: {told[4].strip()[-200:]}")
        elif told:
            plan, done = json.loads(told[3]), json.loads(text)
            found += f", told {plan['peak_bytes'] >> 20} MiB, {plan['seconds']:.1f} s; {done['bytes']} B, told {plan['output_bytes']}"
            if not near(plan["peak_bytes"], peak, SLACK_PEAK, SMALL):
                wrong.append(f"peak told as {plan['peak_bytes'] / peak:.2f} of what it is")
            if not near(plan["output_bytes"], done["bytes"], SLACK_BYTES, SLACK_BYTES):
                wrong.append(f"bytes told as {plan['output_bytes'] / max(done['bytes'], 1):.2f} of what they are")
            if told[2] > MEMORY * MIB:
                wrong.append(f"the dry run takes {told[2] >> 20} MiB")
        return wrong, found


def words_of(case):
    """How a case is called."""
    source, scale, region, form, filters = case
    return [word for word in [source, *SCALES[scale], str(REGIONS[region] or ""), form, *FILTERS[filters]] if word]


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--bin", required=True, help="the program to judge")
    options.add_argument("--work", required=True, type=pathlib.Path, help="where the sources are, or will be made")
    options.add_argument("--every", action="store_true", help="each source in each format: half an hour")
    options.add_argument("--only", default="", help="only cases whose line holds this")
    options = options.parse_args()
    make_sources(options.work)
    program = os.path.abspath(options.bin)
    known = {name: size_of(program, options.work, name) for name in SOURCES}
    lines = {" ".join(words_of(case)): case for case in cases(options.every)}
    lines = {line: case for line, case in lines.items() if options.only in line}
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        judged = pool.map(lambda case: judge(program, case, options.work, known[case[0]]), lines.values())
        for line, (wrong, found) in zip(lines, judged):
            print(f"{'FAIL ' if wrong else ''}{line}: {found}{'; ' if wrong else ''}{'; '.join(wrong)}", flush=True)
            failed, passed = failed + bool(wrong), passed + (not wrong)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
