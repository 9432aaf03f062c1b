#!/usr/bin/env python3
"""Aligns mosaics whose positions are known, generated and real, and fails where the result is worse than it has to be.

  check_align.py --bin PROGRAM --shared FOLDER --work FOLDER [--seeds N,N] [--only SET,SET] [--no-layouts]

FOLDER (shared) holds bench/mosaics.py, which makes the generated sets, and data/, the real ones; the sets are stored in the work
folder. Needs numpy, pillow, tifffile and scikit-image.
"""
import argparse, csv, hashlib, json, os, shutil, subprocess, sys
import numpy as np
import tifffile
from PIL import Image
from mosaic_sets import all_names, fiji, overlap_of, set_of

failures = []
# Goals that are not reached yet. They are told as missed, and fail no run while they get no worse than the figure here.
MISSED = {"libvips": "loops within 2.3 px instead of 1", "starrynight": "links within 1.6 px instead of 1",
          "layout of period10": "the right number of columns, but not the order: the pattern repeats itself"}


def check(name, fine, what, bearable=False):
    missed = not fine and bearable and (name in MISSED or name.startswith("unknown layout of"))
    print(f"{'ok  ' if fine else 'miss' if missed else 'FAIL'} {name}: {what}", flush=True)
    if not fine and not missed:
        failures.append(f"{name}: {what}")


def align(files, out, *options):
    """Positions, states and what --json tells."""
    run = subprocess.run([args.bin, "align", *files, "-o", out, "--report", out[:-4] + ".html", "--overwrite", "--json",
                          *map(str, options)], capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(f"align failed on {out}: {run.stderr}")
    rows = list(csv.DictReader(open(out, newline="")))
    assert list(rows[0]) == ["file", "x", "y", "confidence", "state"], rows[0]
    page = open(out[:-4] + ".html", encoding="utf-8").read()
    assert "<svg" in page and "http" not in page and "src=" not in page, "the report is not self-contained"
    return rows, json.loads(run.stdout), run.stderr


def errors(rows, truth, names):
    """How far each of `names` is from its truth, all moved as one."""
    found = {row["file"]: np.array([float(row["x"]), float(row["y"])]) for row in rows}
    off = np.array([found[name] - truth[name] for name in names])
    return np.hypot(*(off - off.mean(0)).T)


def rms(values):
    return float(np.sqrt(np.mean(np.square(values)))) if len(values) else 0.0


def wrong_links(report, truth):
    """Accepted links off by more than 2 px; and all accepted ones."""
    accepted = [link for link in report["links"] if link["state"] == "accepted"]
    off = lambda link: np.hypot(*(np.array([link["dx"], link["dy"]]) - (truth[link["b"]] - truth[link["a"]])))
    return [link for link in accepted if off(link) > 2], accepted


# RMS in px of the informed tiles, and how many may be uninformed.
LIMITS = {"clean20": .02, "clean10": .02, "noisy10": .02, "noisy30": .02, "vg10": .02, "sub10": .05, "subnoisy10": .1,
          "heavy10": .1, "backlash10": .1, "noisy05": .1, "period10": .1, "photo20": .02, "photosub20": .15,
          "photosubnoisy20": .15, "blank10": .1}


def generated(name, seed):
    folder, rows, spec = set_of(args.shared, args.work, name, seed)
    truth = {row["file"]: np.array([float(row["true_x"]), float(row["true_y"])]) for row in rows}
    files = [f"{folder}/{row['file']}" for row in rows]
    options = ["--across", spec["nx"], "--overlap", ",".join(map(str, overlap_of(spec)))]
    found, report, _ = align(files, f"{args.work}/seed{seed}/{name}.csv", *options)
    wrong, accepted = wrong_links(report, truth)
    groups = [errors(found, truth, group) for group in report["groups"]]
    worst = max((float(group.max()) for group in groups), default=0)
    total = rms(np.concatenate(groups)) if groups else 0
    states = {state: [row["file"] for row in found if row["state"] == state] for state in ("aligned", "weak", "guessed")}
    label = f"{name} seed {seed}"
    check(label, not wrong, f"{len(accepted)} of {len(report['links'])} links accepted, {len(wrong)} wrong")
    check(label, total <= LIMITS[name] and worst <= 1,
          f"RMS {total:.4f} px (at most {LIMITS[name]}), worst {worst:.3f}; {len(states['aligned'])} aligned, "
          f"{len(states['weak'])} weak, {len(states['guessed'])} guessed")
    uninformed = set(blank(spec, name, seed, rows)) if spec.get("blank") else set()
    if uninformed:
        named = set(states["weak"]) | set(states["guessed"])
        check(label, named == uninformed, f"{len(uninformed)} tiles without information, {len(named ^ uninformed)} named amiss")
        every = errors(found, truth, [row["file"] for row in rows])
        cap = .04 * max(spec["tw"], spec["th"])
        check(label, every.max() <= cap, f"farthest tile {every.max():.1f} px off (cap {cap:.0f})")
    elif name == "photosubnoisy20":
        check(label, len(states["aligned"]) >= 15, "all but the sky is aligned")   # noise hides the sky
    else:
        check(label, len(states["aligned"]) == len(rows), "all tiles are aligned")
    return files, spec


def blank(spec, name, seed, rows):
    """The tiles all of whose overlaps are blank: chosen as mosaics.py chose them."""
    random = np.random.default_rng([seed, all_names(args.shared).index(name)])
    random.uniform(-spec["jit"], spec["jit"], (len(rows), 2))
    chosen = set(random.choice(len(rows), round(spec["blank"] * len(rows)), replace=False).tolist())
    across = spec["nx"]
    for tile, row in enumerate(rows):
        column, line = tile % across, tile // across
        beside = [(column - 1, line), (column + 1, line), (column, line - 1), (column, line + 1)]
        others = [y * across + x for x, y in beside if 0 <= x < across and 0 <= y < spec["ny"]]
        if tile in chosen or all(other in chosen for other in others):
            yield row["file"]


def real():
    data, out = f"{args.shared}/data", f"{args.work}/real.csv"
    folder = f"{data}/generated-cut/hills-4x3-rc"
    rows = list(csv.DictReader(open(f"{folder}/truth.csv")))
    truth = {row["file"]: np.array([float(row["true_x"]), float(row["true_y"])]) for row in rows}
    found, report, _ = align([f"{folder}/{row['file']}" for row in rows], out, "--across", 4, "--overlap", "122,108")
    off = errors(found, truth, [name for group in report["groups"] for name in group])
    wrong, accepted = wrong_links(report, truth)
    aligned = sum(row["state"] == "aligned" for row in found)
    check("hills", rms(off) <= .1 and not wrong, f"RMS {rms(off):.3f} px, {aligned} of 12 aligned, {len(wrong)} of {len(accepted)} links wrong")
    every = errors(found, truth, list(truth))
    check("hills", every.max() <= 1, f"farthest tile {every.max():.2f} px off")

    folder = f"{data}/arouwane+Distortion-correction/examples/data/lscm_speckle/x100_3x4_10pct1/corrected_case1"
    truth = fiji(f"{folder}/TileConfiguration.registered.txt")
    files = sorted(f"{folder}/{name}" for name in truth)
    found, report, _ = align(files, out, "--across", 4, "--layout", "snake", "--overlap", "103,103")
    off = errors(found, truth, list(truth))
    check("LSCM", rms(off) <= .25 and len(report["groups"]) == 1, f"RMS {rms(off):.3f} px from Fiji's")

    folder = f"{data}/adamancer+stitch2d"
    truth = {name: np.array([at["x"], at["y"]]) for name, at in json.load(open(f"{folder}/truth.json")).items()}
    files = sorted(f"{folder}/tests/tiles/{name}" for name in truth)
    found, report, _ = align(files, out, "--across", 2, "--layout", "columns", "--overlap", "128,46")
    off = errors(found, truth, list(truth))
    check("stitch2d", rms(off) <= .5 and len(report["groups"]) == 1, f"RMS {rms(off):.3f} px from its own solution")

    folder = f"{data}/libvips+libvips/test/test-suite/images"
    files = [f"{folder}/cd{row}.{column}.jpg" for row in (1, 2, 3, 4) for column in (1, 2)]
    found, report, _ = align(files, out, "--across", 2, "--overlap", "83,63", "--max-shift", 40)
    step = {(link["a"], link["b"]): np.array([link["dx"], link["dy"]]) for link in report["links"] if link["state"] == "accepted"}
    loops = [np.hypot(*(step[f"cd{k}.1.jpg", f"cd{k}.2.jpg"] + step[f"cd{k}.2.jpg", f"cd{k + 1}.2.jpg"]
                        - step[f"cd{k}.1.jpg", f"cd{k + 1}.1.jpg"] - step[f"cd{k + 1}.1.jpg", f"cd{k + 1}.2.jpg"])) for k in (1, 2, 3)
             ] if len(step) == 10 else [np.inf]
    check("libvips", max(loops) <= 1, f"loops close within {max(loops):.2f} px, {len(step)} of 10 links accepted",
          max(loops) <= 2.3)

    folder = f"{data}/broadinstitute+starrynight/starrynight/tests/fixtures/stitch_images"
    truth = fiji(f"{folder}/tile_config.registered.txt")
    files = [f"{folder}/{k}.tif" for k in range(1, 11)]
    found, report, _ = align(files, out, "--across", 10, "--overlap", "297,0", "--max-shift", 80)
    weak = {(link["a"], link["b"]) for link in report["links"] if link["state"] != "accepted"}
    doubtful = {("1.tif", "2.tif"), ("5.tif", "6.tif"), ("7.tif", "8.tif")}
    off = [np.hypot(*(np.array([link["dx"], link["dy"]]) - (truth[link["b"]] - truth[link["a"]])))
           for link in report["links"] if link["state"] == "accepted"]
    check("starrynight", doubtful <= weak, f"weak: {', '.join(a[:-4] + '-' + b[:-4] for a, b in sorted(weak))}")
    check("starrynight", len(off) >= 5 and max(off) <= 1, f"{len(off)} links accepted, the farthest {max(off, default=9):.2f} px from Fiji's",
          len(off) >= 5 and max(off) <= 1.6)


def run(*words):
    """What the program says. It must succeed."""
    done = subprocess.run([args.bin, *map(str, words)], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, words))} failed: {done.stderr}")
    return done.stdout + done.stderr


def places_of(table):
    with open(table, newline="") as lines:
        return {os.path.basename(row["file"]): np.array([float(row["x"]), float(row["y"])]) for row in csv.DictReader(lines)}


def rounds():
    """A second round of other brightness at other places, aligned to the first; and another channel at the places of the first."""
    folder, rows, spec = set_of(args.shared, args.work, "clean20", 11)
    truth = {row["file"]: np.array([float(row["true_x"]), float(row["true_y"])]) for row in rows}
    work = f"{args.work}/rounds"
    os.makedirs(f"{work}/first", exist_ok=True)
    files = [shutil.copyfile(f"{folder}/{row['file']}", f"{work}/first/{row['file']}") for row in rows]
    own_tile = files[0]
    layout = ["--across", str(spec["nx"]), "--overlap", ",".join(map(str, overlap_of(spec)))]
    run("align", *files, *layout, "-o", f"{work}/first.mosaic", "--overwrite")
    run("positions", f"{work}/first.mosaic", "-o", f"{work}/first.csv", "--overwrite")
    first = places_of(f"{work}/first.csv")
    origin = np.mean([truth[name] - first[name] for name in truth], axis=0)

    whole, random = tifffile.imread(f"{folder}/orig.tif"), np.random.default_rng(4)
    second, others, channel = {}, [], []
    for row in rows:
        x, y = (int(row["true_x"]) + 13 + random.integers(-8, 9), int(row["true_y"]) - 9 + random.integers(-8, 9))
        x, y = (min(max(at, 0), most - side) for at, most, side in zip((x, y), whole.shape[::-1], (spec["tw"], spec["th"])))
        tile = 255 * (whole[y:y + spec["th"], x:x + spec["tw"]] / 255) ** .7 + random.normal(0, 4, (spec["th"], spec["tw"]))
        name = row["file"].replace("tile", "cycle2")
        tifffile.imwrite(f"{work}/{name}", np.clip(tile + .5, 0, 255).astype(np.uint8))
        second[name] = np.array([x, y]) - origin
        others.append(f"{work}/{name}")
        copy = f"{work}/{row['file'].replace('tile', 'FITC')}"
        shutil.copyfile(f"{folder}/{row['file']}", copy)
        channel.append(copy)
    run("align", *others, *layout, "--to", f"{work}/first.mosaic", "--max-shift", 40, "-o", f"{work}/second.csv", "--overwrite")
    found = places_of(f"{work}/second.csv")
    off = np.array([np.hypot(*(found[name] - second[name])) for name in second])
    check("second round", len(found) == len(rows) and rms(off) <= .1 and off.max() <= .5,
          f"{len(found)} tiles, RMS {rms(off):.3f} px from the truth in the first round's pixels, worst {off.max():.2f}")
    run("align", *others, *layout, "--to", f"{work}/first.mosaic", "--max-shift", 40, "-o", f"{work}/second.mosaic", "--overwrite")
    for name in ("first", "second"):
        run("export", f"{work}/{name}.mosaic", "-o", f"{work}/{name}.tif", "--overwrite")
    refused = subprocess.run([args.bin, "align", *others, *layout, "--to", f"{work}/first.mosaic", "-o", f"{work}/third.csv",
                              "--report", own_tile, "--overwrite"], capture_output=True, text=True)
    check("second round", refused.returncode == 1 and tifffile.imread(own_tile).size > 0, "a report replaces no tile of the first")
    sizes = [tifffile.imread(f"{work}/{name}.tif").shape for name in ("first", "second")]
    check("second round", sizes[0] == sizes[1], f"exports of {sizes[0]} and {sizes[1]}")

    run("stitch", *files, "--positions", f"{work}/first.csv", "-o", f"{work}/own.tif", "--overwrite")
    own = tifffile.imread(f"{work}/own.tif")
    for way in ([], ["--pattern", "{*}_r{row}_c{col}"]):
        said = run("stitch", *channel, "--positions", f"{work}/first.csv", *way, "-o", f"{work}/channel.tif", "--overwrite")
        same = np.array_equal(tifffile.imread(f"{work}/channel.tif"), own)
        check("channel", same and "FITC_r00_c00.tif has the position of" in said, f"placed as the first {' '.join(way) or 'by what differs in the names'}")


def layouts(files, spec, name):
    """The guesser on the tiles of a set, listed in other orders."""
    columns, rows = spec["nx"], spec["ny"]
    for order, start in [("rows", "top-left"), ("snake", "bottom-right"), ("columns", "bottom-left"), ("snake-columns", "top-right")]:
        listed = []
        length, lines = (columns, rows) if order in ("rows", "snake") else (rows, columns)
        for line in range(lines):
            for along in range(length):
                along = length - 1 - along if "snake" in order and line % 2 else along
                column, row = (along, line) if order in ("rows", "snake") else (line, along)
                column = columns - 1 - column if "right" in start else column
                row = rows - 1 - row if "bottom" in start else row
                listed.append(files[row * columns + column])
        _, _, told = align(listed, f"{args.work}/guess.csv", "--layout", "auto")
        check(f"layout of {name}", f"layout: {columns} across, {order}@{start}," in told, f"{order} from {start}; {told.splitlines()[0]}",
              f"layout: {columns} across," in told)


# Tiles that must find their place where nothing is known of the layout, of all; and whether the set is one group.
# The generated scenes show the same pictures at several places: there narrow or noisy overlaps, and those of tiles with blank
# neighbors, may be placed wrong, but then the program has to say that they are ambiguous.
UNKNOWN = {"sub10": (64, True), "subnoisy10": (62, True), "noisy05": (50, False), "heavy10": (50, False), "blank10": (30, False),
           "period10": (0, False), "photo20": (20, True), "photosub20": (20, True), "photosubnoisy20": (12, True)}
REPEATED = ("noisy05", "heavy10", "blank10")


def shuffled(files, folder, seed):
    """Copies in a random order under names that tell nothing, and the number of the file that each is of."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    order = np.random.default_rng(seed).permutation(len(files))
    named = {f"{hashlib.sha1(f'{seed} {number}'.encode()).hexdigest()[:10]}{os.path.splitext(files[number])[1]}": number for number in order}
    for name, number in named.items():
        shutil.copyfile(files[number], f"{folder}/{name}")
    return named


def unknown(label, files, truth, seed, limit, worst, least, one_group, bearable=False):
    """Tiles in no order, under other names; `truth` has the position of each of `files`."""
    folder = f"{args.work}/unknown"
    named = shuffled(files, folder, seed)
    truth = {name: truth[os.path.basename(files[number])] for name, number in named.items()}
    found, report, _ = align([folder], f"{args.work}/unknown.csv", "--layout", "unknown")
    shutil.rmtree(folder)
    wrong, accepted = wrong_links(report, truth)
    groups = [errors(found, truth, group) for group in report["groups"]]
    off = np.concatenate(groups) if groups else np.array([0.0])
    aligned = sum(row["state"] == "aligned" for row in found)
    label = f"unknown layout of {label}"
    bearable &= report["ambiguous"]
    check(label, not wrong, f"{len(accepted)} of {len(report['links'])} links accepted, {len(wrong)} wrong; {report['seconds']:.1f} s, "
          f"{report['peak_memory'] / 2**20:.0f} MiB; {'ambiguous' if report['ambiguous'] else 'sure'}", bearable)
    check(label, rms(off) <= limit and off.max() <= worst, f"RMS {rms(off):.4f} px (at most {limit}), worst {off.max():.3f}", bearable)
    check(label, aligned >= least and (len(groups) == 1 or not one_group),
          f"{aligned} of {len(found)} tiles aligned (at least {least}) in {len(groups)} groups, {report['unplaced']} unplaced")
    boxes = [group_box(found, report["groups"], at, files[0]) for at in range(len(groups))]
    apart = all(a[2] < b[0] or b[2] < a[0] or a[3] < b[1] or b[3] < a[1] for k, a in enumerate(boxes) for b in boxes[:k])
    check(label, apart, "groups lie apart")


def group_box(rows, groups, number, tile):
    """The corners of what a group covers; all tiles are as large as `tile`."""
    at = np.array([[float(row["x"]), float(row["y"])] for row in rows if row["file"] in groups[number]])
    return *at.min(0), *(at.max(0) + Image.open(tile).size)


def unknown_real():
    data = f"{args.shared}/data"
    folder = f"{data}/generated-cut/hills-4x3-rc"
    rows = list(csv.DictReader(open(f"{folder}/truth.csv")))
    truth = {row["file"]: np.array([float(row["true_x"]), float(row["true_y"])]) for row in rows}
    unknown("hills", [f"{folder}/{name}" for name in truth], truth, 3, .1, 1, 8, True)
    folder = f"{data}/arouwane+Distortion-correction/examples/data/lscm_speckle/x100_3x4_10pct1/corrected_case1"
    truth = fiji(f"{folder}/TileConfiguration.registered.txt")
    unknown("LSCM", [f"{folder}/{name}" for name in truth], truth, 3, .25, 1, 12, True)
    folder = f"{data}/adamancer+stitch2d"
    truth = {name: np.array([at["x"], at["y"]]) for name, at in json.load(open(f"{folder}/truth.json")).items()}
    unknown("stitch2d", [f"{folder}/tests/tiles/{name}" for name in truth], truth, 3, .5, 1, 6, True)


parser = argparse.ArgumentParser()
parser.add_argument("--bin", required=True)
parser.add_argument("--shared", required=True)
parser.add_argument("--work", required=True)
parser.add_argument("--seeds", default="11,7")
parser.add_argument("--only", default="")
parser.add_argument("--layouts", action=argparse.BooleanOptionalAction, default=True)
args = parser.parse_args()
args.shared, args.work = os.path.abspath(args.shared), os.path.abspath(args.work)
for number, seed in enumerate(map(int, args.seeds.split(","))):
    for name in LIMITS:
        if not args.only or name in args.only.split(","):
            files, spec = generated(name, seed)
            if args.layouts and number == 0 and name in ("clean10", "period10", "blank10", "photosub20"):
                layouts(files, spec, name)
if not args.only or "real" in args.only.split(","):
    real()
if not args.only or "rounds" in args.only.split(","):
    rounds()
for number, seed in enumerate(map(int, args.seeds.split(","))):
    for name, (least, one_group) in UNKNOWN.items():
        if not args.only or "unknown" in args.only.split(",") or f"unknown-{name}" in args.only.split(","):
            folder, rows, _ = set_of(args.shared, args.work, name, seed)
            truth = {row["file"]: np.array([float(row["true_x"]), float(row["true_y"])]) for row in rows}
            unknown(f"{name} seed {seed}", [f"{folder}/{row['file']}" for row in rows], truth, seed, LIMITS[name], 1, least, one_group,
                    name in REPEATED)
if not args.only or "unknown" in args.only.split(","):
    unknown_real()
print(f"\n{len(failures)} failed" if failures else "\nall fine")
sys.exit(bool(failures))
