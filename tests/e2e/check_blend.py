#!/usr/bin/env python3
"""Blends tiles whose scene is known, and fails where the result is farther from it than it has to be, or not always the same.

  check_blend.py --bin PROGRAM --shared FOLDER --work FOLDER [--seeds N,N]

FOLDER (shared) holds bench/mosaics.py, which makes the tiles: 64 of 1024x768 with a vignette and a gain each. The sets are kept
in the work folder. Needs numpy, pillow and tifffile.
"""
import argparse, hashlib, json, os, subprocess, sys
import numpy as np, tifffile
from mosaic_sets import set_of

failures = []


def check(name, fine, what):
    print(f"{'ok  ' if fine else 'FAIL'} {name}: {what}", flush=True)
    if not fine:
        failures.append(f"{name}: {what}")


def mosaicist(*arguments):
    run = subprocess.run([args.bin, *map(str, arguments)], capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(f"{' '.join(map(str, arguments))[:300]}: {run.stderr}")
    return run


def made(seed):
    """The folder of the set, its rows, and the scene under it."""
    folder, rows, spec = set_of(args.shared, args.work, "vg10", seed)
    y, x = np.mgrid[-1:1:spec["th"] * 1j, -1:1:spec["tw"] * 1j].astype(np.float32)
    tifffile.imwrite(f"{args.work}/flat.tif", (1 - spec["vig"] * (x**2 + y**2) / 2).astype(np.float32))
    return folder, rows, spec


def distances(path, folder, rows, spec):
    """RMS to the scene in gray levels, and the mean step of the error across tiles' edges, over 64 px along each edge."""
    corners = np.array([[round(float(row["true_x"])), round(float(row["true_y"]))] for row in rows])
    low, high = corners.min(0), corners.max(0) + [spec["tw"], spec["th"]]
    scene = tifffile.imread(f"{folder}/orig.tif")[low[1]:high[1], low[0]:high[0]].astype(np.float32)
    result = tifffile.imread(path).astype(np.float32)
    covered = np.zeros(scene.shape, bool)
    for x, y in corners - low:
        covered[y:y + spec["th"], x:x + spec["tw"]] = True
    result = result[:scene.shape[0], :scene.shape[1]]
    off = np.where(covered, result - scene, np.nan)
    steps = []
    for x, y in corners - low:
        for edge in (x, x + spec["tw"]):
            if 0 < edge < off.shape[1]:
                steps.append((off[y:y + spec["th"], edge] - off[y:y + spec["th"], edge - 1]))
        for edge in (y, y + spec["th"]):
            if 0 < edge < off.shape[0]:
                steps.append((off[edge, x:x + spec["tw"]] - off[edge - 1, x:x + spec["tw"]]))
    means = [np.nanmean(part) for line in steps for part in np.array_split(line, len(line) // 64) if not np.isnan(part).all()]
    return float(np.sqrt(np.nanmean(off**2))), float(np.mean(np.abs(means)))


def accuracy(seed):
    folder, rows, spec = made(seed)
    files = [f"{folder}/{row['file']}" for row in rows]
    overlap = ",".join(str(size - round(size * (1 - spec["ov"]))) for size in (spec["tw"], spec["th"]))
    exact = ["--compression", "none", "--overwrite", "--json"]
    start = [*files, "--across", spec["nx"], "--overlap", overlap, "--align"]
    project, out = f"{args.work}/vg10.mosaic", f"{args.work}/vg10.tif"
    mosaicist("stitch", *start, *exact, "-o", out)
    rms, step = distances(out, folder, rows, spec)
    print(f"     seed {seed}, overlay, nothing corrected: RMS {rms:.2f}, step {step:.2f}")
    # The gains are known, too: they stand in the project.
    mosaicist("stitch", *start, "--flat-field", f"{args.work}/flat.tif", "--blend", "linear", "--overwrite", "-o", project)
    lines = open(project).read().split("\n")
    gains = {row["file"]: float(row["gain"]) for row in rows}
    for number, line in enumerate(lines):
        if line.startswith('{"path"'):
            placement, end = json.JSONDecoder().raw_decode(line)
            placement["gain"] = 1 / gains[os.path.basename(placement["path"])]
            lines[number] = json.dumps(placement) + line[end:]
    open(project, "w").write("\n".join(lines))
    mosaicist("export", project, *exact, "-o", out)
    rms, step = distances(out, folder, rows, spec)
    check(f"seed {seed}, true flat field and gains", rms <= .6 and step <= .1, f"RMS {rms:.3f} (at most 0.6), step {step:.3f} (0.1)")
    for blend in ("linear", "cosine", "multi-band"):
        mosaicist("stitch", *start, "--flat-field", "auto", "--exposure", "--blend", blend, *exact, "-o", out)
        rms, step = distances(out, folder, rows, spec)
        check(f"seed {seed}, estimated, {blend}", rms <= 2 and step <= .3, f"RMS {rms:.3f} (at most 2), step {step:.3f} (0.3)")


def sameness(seed):
    """The same bytes whatever the memory, which decides the size of blocks, and the threads."""
    folder, rows, spec = made(seed)
    project = f"{args.work}/same.mosaic"
    files = [f"{folder}/{row['file']}" for row in rows if int(row["col"]) < 4 and int(row["row"]) < 4]
    for blend, seam in [("linear", "middle"), ("median", "middle"), ("seam", "least-difference"), ("multi-band", "middle"),
                        ("multi-band", "least-difference")]:
        mosaicist("stitch", *files, "--across", 4, "--overlap", "102,77", "--align", "--flat-field", "auto", "--exposure",
                  "--blend", blend, "--seam", seam, "-o", project, "--overwrite")
        sums = set()
        for memory, threads in [("256M", 1), ("256M", 2), ("512M", 1), ("512M", 2), ("2G", 2)]:
            out = f"{args.work}/same.tif"
            mosaicist("export", project, "-o", out, "--overwrite", "--compression", "none", "--memory", memory, "--threads", threads)
            sums.add(hashlib.sha256(tifffile.imread(out).tobytes()).hexdigest())
        check(f"{blend}, {seam}", len(sums) == 1, f"{len(sums)} different results of 5 exports")


parser = argparse.ArgumentParser()
parser.add_argument("--bin", required=True)
parser.add_argument("--shared", required=True)
parser.add_argument("--work", required=True)
parser.add_argument("--seeds", default="11")
args = parser.parse_args()
args.shared, args.work = os.path.abspath(args.shared), os.path.abspath(args.work)
for seed in map(int, args.seeds.split(",")):
    accuracy(seed)
sameness(int(args.seeds.split(",")[0]))
print(f"\n{len(failures)} failed" if failures else "\nall fine")
sys.exit(bool(failures))
