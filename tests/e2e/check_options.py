#!/usr/bin/env python3
"""Tries every option of `export` with every output format: each changes the output, or is refused by its name.

    check_options.py --bin PROGRAM [--only WORD]

The options and the formats are those that `export --help` lists; one that this script does not know fails. Each option is given to an
export in which it can have an effect: of an image with alpha, of one with 16 bits, of a mosaic with a hole, of encoded tiles. An export
that ends well and writes the same bytes as without the option fails, and so does a refusal that does not name the option.
Prints a line for each failure; the exit status is 1 if there is one. About two minutes on two idle processors.
"""
import argparse, concurrent.futures, hashlib, json, os, pathlib, re, subprocess, sys, tempfile

import numpy as np
import tifffile
from PIL import Image

# They choose what is told and how the work is done, not what is written.
NO_PIXELS = {"--out", "--format", "--overwrite", "--resume", "--restart", "--dry-run", "--json", "--strict", "--memory", "--threads",
             "--verbose", "--max-open-memory", "--allow-outside", "--help"}
TIFFS = ["tif", "ome-tiff", "cog"]
JPEG_TILES = {"patches": ["--tiles", "jpg"], **{name: ["--compression", "jpeg"] for name in TIFFS}}
# What can be stored by deflate is; of others the usual.
DEFLATE = {name: ["--compression", "deflate"] for name in [*TIFFS, "zarr", "zarr04"]}
ZSTD = {name: ["--compression", "zstd"] for name in [*TIFFS, "zarr", "zarr04"]}
NO_OVERLAP = {name: ["--tile-overlap", "0"] for name in ["dzi", "szi"]}
SQUARES = {name: ["--tile", "256", *NO_OVERLAP.get(name, []), *JPEG_TILES.get(name, [])]
           for name in [*TIFFS, "dzi", "szi", "zoomify", "iiif", "iiif3", "patches"]}
SQUARES["xyz"] = []
ROIS = ["--rois", "rois.geojson"]

# Option: source, arguments by format that the option adds to, and the option itself with its value.
CASES = {
    "--region": ("alpha.png", {}, ["--region", "20,30,400,300"]),
    "--level": ("alpha.png", {}, ["--level", "1"]),
    "--mpp": ("alpha.png", {}, ["--mpp", "100"]),
    "--raw": ("plain.data", {}, ["--raw", "640,480,3,u8"]),
    "--page": ("pages.tif", {}, ["--page", "1"]),
    "--channels": ("channels.ome.tif", "--as-seen", ["--channels", "1"]),
    "--rois": ("alpha.png", {}, ROIS),
    "--masked": ("alpha.png", " ".join(ROIS), ["--masked"]),
    "--outside": ("opaque.png", " ".join([*ROIS, "--masked"]), ["--outside", "9,99,199"]),
    "--class": ("alpha.png", " ".join(ROIS), ["--class", "Tumor"]),
    "--rotate": ("alpha.png", " ".join(ROIS), ["--rotate", "30"]),
    "--patch": ("alpha.png", " ".join(ROIS), ["--patch", "64"]),
    "--stride": ("alpha.png", " ".join([*ROIS, "--patch 64"]), ["--stride", "32"]),
    "--inside": ("alpha.png", " ".join([*ROIS, "--patch 64"]), ["--inside", "90"]),
    "--labels": ("alpha.png", " ".join(ROIS), ["--labels"]),
    "--geojson": ("alpha.png", " ".join(ROIS), ["--geojson"]),
    "--scale": ("alpha.png", {}, ["--scale", "0.7"]),
    "--outlines": ("alpha.png", " ".join(ROIS), ["--outlines"]),
    "--outline-names": ("alpha.png", " ".join([*ROIS, "--outlines"]), ["--outline-names"]),
    "--background": ("hole.mosaic", {}, ["--background", "250,120,10"]),
    "--filter": ("alpha.png", {}, ["--filter", "invert"]),
    "--downsample": ("alpha.png", "--level 1", ["--downsample", "nearest"]),
    "--flatten": ("alpha.png", {"patches": ["--tiles", "png"], "dzi": ["--tiles", "png"], "szi": ["--tiles", "png"], "zoomify": [],
                                "xyz": ["--tiles", "png"], "iiif3": ["--tiles", "png"], **DEFLATE}, ["--flatten"]),
    "--as-seen": ("alpha16.tif", DEFLATE, ["--as-seen"]),
    "--profile": ("opaque.png", {}, ["--profile", "rec2020"]),
    "--window": ("alpha16.tif", "--as-seen", ["--window", "1000,20000"]),
    "--tiles": ("opaque.png", {}, ["--tiles", "png"], ["--tiles", "jpg"]),
    "--compression": ("opaque.png", {}, ["--compression", "none"], ["--compression", "deflate"], ["--compression", "jpeg"]),
    "--quality": ("opaque.png", JPEG_TILES, ["--quality", "37"]),
    "--subsampling": ("opaque.png", JPEG_TILES, ["--subsampling", "444"], ["--subsampling", "420"]),
    "--deflate-level": ("opaque.png", DEFLATE, ["--deflate-level", "9"], ["--deflate-level", "2"]),
    "--tile": ("opaque.png", {}, ["--tile", "128"]),
    "--tile-overlap": ("opaque.png", {}, ["--tile-overlap", "3"]),
    "--no-pyramid": ("opaque.png", {}, ["--no-pyramid"]),
    "--no-copy": ("tiled.tif", SQUARES, ["--no-copy"]),
    "--viewer": ("opaque.png", {}, ["--viewer"]),
    "--id": ("opaque.png", {}, ["--id", "https://example.org/picture"]),
    "--shard": ("opaque.png", {}, ["--shard", "2"]),
    "--names": ("opaque.png", {}, ["--names", "p_{row}_{column}"]),
    "--edges": ("opaque.png", {}, ["--edges", "pad"]),
    "--skip-empty": ("empty.png", {}, ["--skip-empty"]),
    "--offsets": ("opaque.png", {}, ["--offsets", "classic"], ["--offsets", "big"]),
    "--strips": ("opaque.png", {}, ["--strips"]),
    "--sub-images": ("opaque.png", {}, ["--sub-images"]),
    "--no-predictor": ("opaque.png", DEFLATE, ["--no-predictor"]),
    "--zstd-level": ("opaque.png", ZSTD, ["--zstd-level", "19"]),
}


def picture(width, height, channels=3):
    y, x = np.mgrid[:height, :width]
    rng = np.random.default_rng(5)
    parts = [np.sin(x * (0.02 + 0.007 * band)) * 60 + np.cos(y * 0.013 * (band + 1)) * 50 + 120 for band in range(channels)]
    return np.clip(np.stack(parts, -1) + rng.normal(0, 4, (height, width, channels)), 0, 255).astype("u1")


def square(x, y, side, name, kind):
    corners = [[x, y], [x + side, y + side * 0.2], [x + side * 0.8, y + side], [x, y + side * 0.9], [x, y]]
    properties = {"name": name, "classification": {"name": kind}}
    return {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [corners]}, "properties": properties}


def make(program, folder):
    """The sources of all cases."""
    image = picture(640, 480)
    alpha = np.dstack([image, (np.hypot(*np.mgrid[-240:240, -320:320]) < 230) * 255]).astype("u1")
    opaque = Image.fromarray(image)
    opaque.save(folder / "opaque.png")
    Image.fromarray(alpha, "RGBA").save(folder / "alpha.png", dpi=(600, 600))
    tifffile.imwrite(folder / "alpha16.tif", image.astype("u2") * 200, photometric="rgb", metadata=None)
    (folder / "plain.data").write_bytes(image.tobytes())
    # Its larger part is background.
    empty = np.zeros((600, 900, 3), "u1")
    empty[:200, :200] = image[:200, :200]
    Image.fromarray(empty).save(folder / "empty.png")
    tifffile.imwrite(folder / "pages.tif", np.stack([image, 255 - image]), photometric="rgb", metadata=None)
    tifffile.imwrite(folder / "channels.ome.tif", np.moveaxis(image[..., :2], 2, 0).astype("u2") * 100, metadata={"axes": "CYX"})
    features = [square(40, 50, 200, "first", "Tumor"), square(300, 100, 150, "second", "Stroma")]
    (folder / "rois.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    run = lambda *arguments: subprocess.run([program, *map(str, arguments)], cwd=folder, capture_output=True, check=True)
    run("export", "opaque.png", "--compression", "jpeg", "--tile", "256", "--quality", "70", "-o", "tiled.tif")
    (folder / "tiles").mkdir()
    for name, place in {"r0_c0": (0, 0), "r0_c1": (320, 0), "r1_c0": (0, 240)}.items():
        opaque.crop((*place, place[0] + 320, place[1] + 240)).save(folder / f"tiles/{name}.png")
    run("stitch", "tiles", "--pattern", "r{row}_c{col}.png", "-o", "hole.mosaic")


def options_of(help_text):
    return set(re.findall(r"^ +(?:-\w, )?(--[a-z][a-z-]*)", help_text, re.M))


def formats_of(help_text):
    part = help_text.split("--format <F>", 1)[1].split("--overwrite", 1)[0]
    return re.findall(r"^ +- ([a-z0-9-]+):", part, re.M)


class Tries:
    def __init__(self, program, folder):
        self.program, self.folder, self.known = program, folder, {}

    def written(self, arguments):
        """The status, what was said, and a checksum of what was written; looked up where it was asked for before."""
        key = tuple(arguments)
        if key not in self.known:
            self.known[key] = self.export(arguments)
        return self.known[key]

    def export(self, arguments):
        with tempfile.TemporaryDirectory(dir=self.folder) as made:
            home = dict(os.environ, HOME=made, XDG_CACHE_HOME=made)
            out = pathlib.Path(made, "out")
            out.mkdir()
            done = subprocess.run([self.program, "export", *arguments, "--threads", "1", "-o", str(out / "o")], cwd=self.folder,
                                  capture_output=True, text=True, env=home)
            digest = hashlib.sha256()
            for path in sorted(path for path in out.rglob("*") if path.is_file()):
                # The record of an export tells how it was asked for.
                digest.update(str(path.relative_to(out)).encode() + b"\0" + path.read_bytes())
            return done.returncode, done.stderr, digest.hexdigest()

    def judge(self, option, name):
        """What is wrong with that option and that format; else nothing."""
        source, base, *given = CASES[option]
        base = base.split() if isinstance(base, str) else base.get(name, [])
        common = [source, "--format", name, *base]
        before = self.written(common)
        results = [self.written([*common, *options]) for options in given]
        refused = [status != 0 for status, _, _ in results]
        line = " ".join([*common, *given[0]])
        if all(refused):
            silent = [said for _, said, _ in results if option not in said]
            return f"{line}: refused without its name: {silent[0].strip()[-300:]}" if silent else None
        if before[0] != 0:
            # The option makes possible what was refused; raw pixels and 16 bits are of that kind.
            return None if option in ("--raw", "--as-seen") else f"{line}: without it: {before[1].strip()[-300:]}"
        if all(digest == before[2] for _, _, digest in results):
            return f"{line}: accepted without effect"
        return None


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--bin", required=True, help="the program to judge")
    options.add_argument("--only", default="", help="only pairs whose words hold this")
    options = options.parse_args()
    program = os.path.abspath(options.bin)
    text = subprocess.run([program, "export", "--help"], capture_output=True, text=True, check=True).stdout
    formats, known = formats_of(text), options_of(text)
    failures = [f"{option} is not tried here" for option in sorted(known - NO_PIXELS - set(CASES))]
    failures += [f"{option} is tried, but not an option" for option in sorted(set(CASES) - known)]
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made)
        make(program, folder)
        tries = Tries(program, folder)
        pairs = [(option, name) for option in sorted(set(CASES) & known) for name in formats if options.only in f"{option} {name}"]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            failures += filter(None, pool.map(lambda pair: tries.judge(*pair), pairs))
    for failure in failures:
        print(f"FAIL {failure}", flush=True)
    print(f"{len(pairs)} pairs of {len(formats)} formats tried, {len(failures)} failed")
    return 1 if failures or not pairs else 0


if __name__ == "__main__":
    sys.exit(main())
