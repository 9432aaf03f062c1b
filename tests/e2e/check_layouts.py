#!/usr/bin/env python3
"""Lays out real and generated mosaics by the names of their tiles and by files of positions, and compares with what is known.

  check_layouts.py --bin PROGRAM --shared FOLDER --work FOLDER

FOLDER (shared) holds data/, the real mosaics, and bench/mosaics.py, which makes the generated ones; those are stored in the work
folder. Every format of positions is read, written and read again. Needs numpy, pillow, tifffile and scikit-image.
"""
import argparse, csv, json, os, random, re, shutil, subprocess, sys, tempfile
import numpy as np
from PIL import Image
from mosaic_sets import all_names, fiji, overlap_of, set_of

count, failures = 0, []
# The formats that are written, and by how much a position may change in them.
FORMATS = {"fiji": 0, "mist": .5, "trakem2": .5, "stitch2d": 0, "bigstitcher": 0, "hugin": 0, "vrt": 0, "csv": 0, "tsv": 0}


def check(name, fine, what=""):
    global count
    count += 1
    if not fine:
        failures.append(f"{name}: {what}")
        print(f"FAILED: {name}: {what}", flush=True)


def run(*words):
    done = subprocess.run([args.bin, *map(str, words)], capture_output=True, text=True)
    check(" ".join(map(str, words)), done.returncode == 0, done.stderr[-500:])
    return done.stderr


def laid_out(*words):
    """File name to position, as `stitch` lays tiles out with those options."""
    project = f"{here}/laid.mosaic"
    run("stitch", *words, "-o", project, "--overwrite")
    return positions(project)


def positions(file):
    table = f"{here}/table.csv"
    run("positions", file, "-o", table, "--overwrite")
    with open(table, newline="") as rows:
        return {os.path.basename(row["file"]): np.array([float(row["x"]), float(row["y"])]) for row in csv.DictReader(rows)}


def same(name, found, expected, within=0):
    """Whether both have the same tiles at the same places, all moved as one."""
    if found.keys() != expected.keys():
        return check(name, False, f"other tiles: {sorted(found.keys() ^ expected.keys())[:5]}")
    if not found:
        return check(name, False, "no tiles")
    # The whole may be moved, but not by a fraction that rounding hides.
    off = np.array([found[file] - expected[file] for file in sorted(found)])
    off -= np.round(off[0])
    check(name, np.abs(off).max() <= within + 1e-6, f"up to {np.abs(off).max()} px off")


def column(file, x, y):
    with open(file, newline="") as rows:
        return {row["file"]: np.array([float(row[x]), float(row[y])]) for row in csv.DictReader(rows)}


def round_trips(name, tiles, file, expected, *options):
    """Positions read from a file, stored in a project, written in every format, and read from there."""
    found = laid_out(*tiles, "--positions", file, *options)
    same(f"{name} by {os.path.basename(file)}", found, expected)
    project = f"{here}/source.mosaic"
    shutil.copy(f"{here}/laid.mosaic", project)
    for kind, within in FORMATS.items():
        written = f"{here}/written.{kind}"
        run("positions", project, "--format", kind, "-o", written, "--overwrite")
        same(f"{name} through {kind}", laid_out(*tiles, "--positions", written), found, within)


def hills():
    folder = f"{data}/generated-cut/hills-4x3-rc"
    truth = column(f"{folder}/truth.csv", "nominal_x", "nominal_y")
    tiles = [f"{folder}/{file}" for file in truth]
    for pattern in ("tile_r{row:02}_c{col:02}", r"tile_r(?P<row>\d+)_c(?P<col>\d+)\.jpg"):
        same(f"hills by {pattern}", laid_out(folder, "--pattern", pattern, "--overlap", "122,108"), truth)
    shuffled = random.sample(tiles, len(tiles))
    same("hills with no option but the overlap", laid_out(*shuffled, "--overlap", "122,108"), truth)
    round_trips("hills", tiles, f"{folder}/truth.csv", column(f"{folder}/truth.csv", "true_x", "true_y"),
                "--columns", "file=file,x=true_x,y=true_y")


def lscm():
    folder = f"{data}/arouwane+Distortion-correction/examples/data/lscm_speckle/x100_3x4_10pct1/corrected_case1"
    for file in ("TileConfiguration.txt", "TileConfiguration.registered.txt"):
        truth = fiji(f"{folder}/{file}")
        round_trips("LSCM", [f"{folder}/{name}" for name in truth], f"{folder}/{file}", truth)


def stitch2d():
    folder = f"{data}/adamancer+stitch2d"
    truth = {name: np.array([at["x"], at["y"]]) for name, at in json.load(open(f"{folder}/truth.json")).items()}
    tiles = [f"{folder}/tests/tiles/{name}" for name in truth]
    round_trips("stitch2d", tiles, f"{folder}/truth.json", truth)
    # The names tell column and row; the neighbors overlap.
    cell = lambda name: np.array([int(n) for n in re.search(r"@(\d+) (\d+)", name).groups()])
    width, height = Image.open(tiles[0]).size
    grid = {name: cell(name) * [width - 128, height - 46] for name in truth}
    same("stitch2d by names", laid_out(*random.sample(tiles, len(tiles)), "--overlap", "128,46"), grid)


def starrynight():
    folder = f"{data}/broadinstitute+starrynight/starrynight/tests/fixtures/stitch_images"
    for file in ("tile_config.txt", "tile_config.registered.txt"):
        truth = fiji(f"{folder}/{file}")
        round_trips("starrynight", [f"{folder}/{name}" for name in truth], f"{folder}/{file}", truth)


def dezoomify():
    """Tiles whose names tell column and row, and the picture that they are known to give."""
    folder = f"{data}/lovasoa+dezoomify-rs/testdata"
    cases = [("generic", "generic", "map_expected.png", r"map_\d_\d\.jpg"),
             ("zoomify", "zoomify/test_custom_size/TileGroup0", "../expected_result.jpg", r".*\.jpg")]
    for name, tiles, picture, pattern in cases:
        files = [f"{folder}/{tiles}/{file}" for file in os.listdir(f"{folder}/{tiles}") if re.fullmatch(pattern, file)]
        made = f"{here}/made.png"
        run("stitch", *random.sample(files, len(files)), "-o", made, "--overwrite")
        found, expected = (np.asarray(Image.open(file).convert("RGB"), int) for file in (made, f"{folder}/{tiles}/{picture}"))
        check(f"dezoomify {name}", found.shape == expected.shape, f"{found.shape} instead of {expected.shape}")
        if found.shape == expected.shape:
            off = np.abs(found - expected).mean()
            check(f"dezoomify {name}", off <= 2, f"{off:.2f} gray levels off on average")


def generated():
    """Every set of mosaics.py: by the names, and by the true positions, which have fractions."""
    for name in all_names(args.shared):
        if name == "big":
            continue
        folder, _, spec = set_of(args.shared, args.work, name, 11)
        truth, overlap = f"{folder}/truth.csv", overlap_of(spec)
        nominal = column(truth, "nominal_x", "nominal_y")
        tiles = [f"{folder}/{file}" for file in nominal]
        random.shuffle(tiles)
        if not spec.get("backlash") and not spec.get("skew"):
            same(f"{name} by names", laid_out(*tiles, "--overlap", ",".join(map(str, overlap))), nominal)
        true = column(truth, "true_x", "true_y")
        found = laid_out(*tiles, "--positions", truth, "--columns", "file=file,x=true_x,y=true_y")
        same(f"{name} by the table of true positions", found, true)


parser = argparse.ArgumentParser()
parser.add_argument("--bin", required=True)
parser.add_argument("--shared", required=True)
parser.add_argument("--work", required=True)
args = parser.parse_args()
args.shared, args.work, args.bin = (os.path.abspath(path) for path in (args.shared, args.work, args.bin))
data = f"{args.shared}/data"
random.seed(14)
with tempfile.TemporaryDirectory() as here:
    for case in (hills, lscm, stitch2d, starrynight, dezoomify, generated):
        case()
print(f"{count} checks, {len(failures)} failed")
sys.exit(bool(failures))
