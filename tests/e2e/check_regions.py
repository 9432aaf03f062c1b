#!/usr/bin/env python3
"""Check regions of interest with programs that are not ours.

shapely and geopandas read the GeoJSON that `detect` writes; roifile the ImageJ ROIs; lxml the XML. Regions written by shapely are
exported: each file must hold the pixels that tifffile and OpenSlide read at its place, 16 bits stay 16 bits, and what a mask clears
must be what rasterio's rasterize leaves out. The seed job: a synthetic MIRAX slide is searched, and each region found becomes a
JPEG, by one command. Random polygons
are measured, joined, cut, simplified and rasterized beside shapely and rasterio. The last line counts the checks.

Needs numpy, pillow, shapely, geopandas, rasterio, tifffile, openslide, roifile. One that is missing fails its checks.
"""
import argparse, csv, json, pathlib, subprocess, tempfile

import geopandas
import numpy as np
import openslide
import rasterio.features
import roifile
import shapely
import tifffile
from PIL import Image

count = failed = 0


def check(what, condition, detail=""):
    global count, failed
    count += 1
    if not condition:
        failed += 1
        print(f"FAILED: {what} {detail}")


def run(program, *args, status=0):
    done = subprocess.run([program, *map(str, args)], capture_output=True, text=True)
    check(f"status of {' '.join(map(str, args))}", done.returncode == status, done.stderr[-400:])
    return done


def squares(folder):
    """Three dark squares on white, as a 16-bit gray and an 8-bit color picture."""
    gray = np.full((900, 1400), 60000, np.uint16)
    corners = [(100, 120), (600, 200), (1050, 500)]
    rng = np.random.default_rng(1)
    for x, y in corners:
        gray[y:y + 250, x:x + 250] = rng.integers(500, 3000, (250, 250))
    rgb = np.repeat((gray >> 8).astype(np.uint8)[..., None], 3, 2)
    tifffile.imwrite(folder / "gray16.tif", gray)
    tifffile.imwrite(folder / "rgb.tif", rgb, photometric="rgb")
    return gray, rgb, corners


def detection(program, folder, corners):
    for mode in ("foreground", "dark", "rectangles"):
        out = folder / f"{mode}.geojson"
        run(program, "detect", folder / "rgb.tif", "-o", out, "--mode", mode)
        frame = geopandas.GeoDataFrame.from_features(json.loads(out.read_text())["features"])
        check(f"{mode}: three squares", len(frame) == 3, len(frame))
        check(f"{mode}: valid", bool(frame.geometry.is_valid.all()))
        for shape, (x, y) in zip(frame.geometry, corners):
            common = shape.intersection(shapely.box(x, y, x + 250, y + 250)).area / shape.union(shapely.box(x, y, x + 250, y + 250)).area
            check(f"{mode}: place", common > .97, common)
    out = folder / "outlines.geojson"
    run(program, "detect", folder / "rgb.tif", "-o", out, "--as", "outlines")
    check("outlines are valid", all(shapely.from_geojson(json.dumps(f["geometry"])).is_valid for f in json.loads(out.read_text())["features"]))
    run(program, "detect", folder / "rgb.tif", "-o", out, status=1)
    run(program, "detect", folder / "rgb.tif", "-o", folder / "rgb.tif", "--overwrite", status=1)
    run(program, "detect", folder / "rgb.tif", "--mode", "none", status=2)
    zipped = folder / "found.zip"
    run(program, "detect", folder / "rgb.tif", "-o", zipped, "--mode", "dark")
    rois = roifile.roiread(zipped)
    bounds = sorted((round(float(r.subpixelrect and r.xd or r.left)), round(float(r.subpixelrect and r.yd or r.top))) for r in rois)
    check("ImageJ reads the boxes", len(rois) == 3 and all(abs(a - x) <= 2 and abs(b - y) <= 2 for (a, b), (x, y) in zip(bounds, sorted(corners))), bounds)


def exports(program, folder, gray, rgb, corners):
    shapes = [shapely.box(x, y, x + 250, y + 250) for x, y in corners]
    shapes.append(shapely.Point(700, 450).buffer(180, quad_segs=16))
    shapes.append(shapely.Polygon([(50, 600), (400, 560), (380, 850), (90, 800)], [[(150, 650), (300, 640), (220, 780)]]))
    features = [{"type": "Feature", "geometry": json.loads(shapely.to_geojson(s)), "properties": {"name": f"r/{i}", "classification": {"name": "A" if i % 2 else "B", "color": [255, 0, 0]}}}
                for i, s in enumerate(shapes)]
    rois = folder / "shapes.geojson"
    rois.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    out = folder / "tiff"
    run(program, "export", folder / "gray16.tif", "--rois", rois, "--format", "tif", "-o", out)
    rows = list(csv.DictReader(open(out / "regions.csv")))
    check("one file a region", len(rows) == len(shapes) and len(list(out.glob("*.tif"))) == len(shapes), len(rows))
    for row in rows:
        x, y, w, h = (int(row[k]) for k in ("x", "y", "width", "height"))
        got = tifffile.imread(out / row["file"], series=0, level=0)
        check(f"{row['file']}: samples", got.dtype == np.uint16 and np.array_equal(got.squeeze(), gray[y:y + h, x:x + w]))
        shape = shapes[int(row["region"]) - 1]
        check(f"{row['file']}: part inside", abs(float(row["inside"]) - shape.area / (w * h)) < .01, row["inside"])
    run(program, "export", folder / "gray16.tif", "--rois", rois, "--format", "tif", "-o", out, status=1)
    masked = folder / "masked"
    run(program, "export", folder / "rgb.tif", "--rois", rois, "--format", "png", "-o", masked, "--masked", "--names", "{class}-{index:03}")
    for row in csv.DictReader(open(masked / "regions.csv")):
        x, y, w, h = (int(row[k]) for k in ("x", "y", "width", "height"))
        got = np.asarray(Image.open(masked / row["file"]).convert("RGBA"))
        inside = rasterio.features.rasterize([shapes[int(row["region"]) - 1]], (h, w), transform=rasterio.Affine.translation(x, y)) > 0
        # Which side a pixel belongs to whose center is on the edge, each may decide for itself.
        edge = shapes[int(row["region"]) - 1].boundary
        differing = sum(edge.distance(shapely.Point(x + px + .5, y + py + .5)) > 1e-6 for py, px in np.argwhere((got[..., 3] == 255) != inside))
        check(f"{row['file']}: mask as rasterio's", differing <= 2, differing)
        both = inside & (got[..., 3] == 255)
        check(f"{row['file']}: pixels inside", np.array_equal(got[..., :3][both], rgb[y:y + h, x:x + w][both]))
    patches = folder / "patches"
    run(program, "export", folder / "rgb.tif", "--rois", rois, "--format", "png", "-o", patches, "--patch", 64, "--stride", 48, "--inside", 80, "--class", "A")
    for row in csv.DictReader(open(patches / "regions.csv")):
        x, y = int(row["x"]), int(row["y"])
        part = shapes[int(row["name"][2:])].intersection(shapely.box(x, y, x + 64, y + 64)).area / 64**2
        check(f"{row['file']}: patch", part > .78 and np.array_equal(np.asarray(Image.open(patches / row["file"])), rgb[y:y + 64, x:x + 64]), part)
    run(program, "export", folder / "rgb.tif", "--names", "{x}", "-o", folder / "x.png", status=2)


def seed_job(program, folder, data):
    slide = data / "generated-vendor/synthetic-mirax.mrxs"
    check("the slide is there", slide.exists(), slide)
    if not slide.exists():
        return
    found, out = folder / "mirax.geojson", folder / "jpegs"
    run(program, "detect", slide, "-o", found, "--min-size", 60)
    features = json.loads(found.read_text())["features"]
    check("tissue is found", len(features) >= 1, len(features))
    run(program, "export", slide, "--rois", found, "--format", "jpg", "-o", out)
    reference = openslide.OpenSlide(str(slide))
    rows = list(csv.DictReader(open(out / "regions.csv")))
    check("a JPEG for each region", len(rows) == len(features) == len(list(out.glob("*.jpg"))), len(rows))
    for row in rows:
        x, y, w, h = (int(row[k]) for k in ("x", "y", "width", "height"))
        got = np.asarray(Image.open(out / row["file"]).convert("RGB")).astype(int)
        expected = np.asarray(reference.read_region((x, y), 0, (w, h)).convert("RGB")).astype(int)
        check(f"{row['file']}: as OpenSlide reads", got.shape == expected.shape and np.abs(got - expected).mean() < 4, np.abs(got - expected).mean() if got.shape == expected.shape else got.shape)


def geometry(program):
    """Random polygons, some with a hole: what our geometry makes of them is what shapely makes of them."""
    rng = np.random.default_rng(16)

    def star(middle, least, most):
        count = int(rng.integers(3, 30))
        turn = (np.arange(count) + rng.uniform(0, .8, count)) / count * 2 * np.pi
        away = rng.uniform(least, most, count)
        return np.round(middle + away[:, None] * np.stack([np.cos(turn), np.sin(turn)], 1), 3).tolist()

    cases = []
    for index in range(300):
        middle = rng.uniform(60, 140, 2)
        a = [star(middle, 25, 55)] + ([star(middle, 4, 8)] if index % 3 == 0 else [])
        cases.append({"a": a, "b": [star(rng.uniform(60, 140, 2), 10, 55)], "points": rng.uniform(0, 200, (60, 2)).tolist()})
    lines = "\n".join(map(json.dumps, cases))
    done = subprocess.run([program], input=lines, capture_output=True, text=True)
    check("the geometry runs", done.returncode == 0, done.stderr[-400:])
    of = lambda polygons: shapely.union_all([shapely.Polygon(rings[0], rings[1:]) for rings in polygons if len(rings[0]) > 2])
    made = [json.loads(line) for line in done.stdout.splitlines()]
    check("a line for each pair", len(made) == len(cases), len(made))
    wrong = {}
    for case, ours in zip(cases, made):
        a, b = (shapely.Polygon(case[key][0], case[key][1:]) for key in "ab")
        if not (a.is_valid and b.is_valid):
            continue
        near = lambda x, y: abs(x - y) <= 1e-3 + 1e-6 * abs(y)
        same = lambda key, shape: of(ours[key]).symmetric_difference(shape).area < .01
        inside = shapely.contains_xy(a, np.array(case["points"]))
        shore = np.array([a.boundary.distance(shapely.Point(p)) for p in case["points"]]) < 1e-6
        mask = int(rasterio.features.rasterize([a], (200, 200)).sum())
        halves = [a.intersection(shapely.box(-10, y, 210, y + 110)).area for y in (-10, 100)]
        for what, held in {
            "area": near(ours["area"], a.area), "perimeter": near(ours["perimeter"], a.length),
            "contains": bool(((np.array(ours["inside"]) == inside) | shore).all()),
            "union": same("union", a | b), "intersection": same("intersection", a & b), "difference": same("difference", a - b),
            "hull": same("hull", a.convex_hull), "simplified is valid": of(ours["simple"]).is_valid,
            "simplified is near": of(ours["simple"]).symmetric_difference(a).area < len(case["a"][0]) * 1.0,
            "mask as rasterio's": abs(ours["mask"] - mask) <= 2, "halves": near(sum(ours["cut"]), sum(halves)),
        }.items():
            wrong[what] = wrong.get(what, 0) + (not held)
    for what, number in wrong.items():
        check(f"shapely: {what}", number == 0, f"{number} of {len(cases)}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--geometry", required=True, help="the example of that name in crates/region")
    parser.add_argument("--data", default="../shared/data")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        gray, rgb, corners = squares(folder)
        detection(args.bin, folder, corners)
        exports(args.bin, folder, gray, rgb, corners)
        seed_job(args.bin, folder, pathlib.Path(args.data))
        geometry(args.geometry)
    print(f"{count} checks, {failed} failed")
    raise SystemExit(failed > 0)


main()
