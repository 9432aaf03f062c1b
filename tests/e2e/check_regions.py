#!/usr/bin/env python3
"""Check regions of interest with programs that are not ours.

shapely and geopandas read the GeoJSON that `detect` writes; roifile the ImageJ ROIs; lxml the XML. Regions written by shapely are
exported: each file must hold the pixels that tifffile and OpenSlide read at its place, 16 bits stay 16 bits, and what a mask clears
must be what rasterio's rasterize leaves out. The seed job: a synthetic MIRAX slide is searched, and each region found becomes a
JPEG, by one command. Random polygons
are measured, joined, cut, simplified and rasterized beside shapely and rasterio. Rotated regions are what OpenCV samples; masks of
labels are what rasterio rasterizes, in TIFF and in OME-Zarr, which yaozarrs validates; GeoJSON is valid for geojson-pydantic and keeps
what it does not know. The last line counts the checks.

Needs numpy, pillow, shapely, geopandas, rasterio, tifffile, openslide, roifile, cv2, zarr, yaozarrs, geojson-pydantic. One that is
missing fails.
"""
import argparse, csv, json, pathlib, subprocess, tempfile

import cv2
import geojson_pydantic
import geopandas
import numpy as np
import openslide
import rasterio.features
import roifile
import shapely
import shapely.affinity
import tifffile
import yaozarrs
import zarr
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


def collection(shapes, **members):
    """Features named r0, r1, ... of classes A and B, with members that no reader knows."""
    return {"type": "FeatureCollection", **members, "features": [
        {"type": "Feature", "id": f"id{i}", "geometry": json.loads(shapely.to_geojson(shape)), "made": {"by": i},
         "properties": {"name": f"r{i}", "classification": {"name": "AB"[i % 2], "color": [255, 0, 51]}, "own": [i]}}
        for i, shape in enumerate(shapes)]}


def table(folder):
    return list(csv.DictReader(open(folder / "regions.csv")))


def turned_box(middle, width, height, degrees):
    box = shapely.box(-width / 2, -height / 2, width / 2, height / 2)
    return shapely.affinity.translate(shapely.affinity.rotate(box, degrees, origin=(0, 0)), *middle)


def rotated(program, folder):
    """Along the region's own axes and at an angle, beside OpenCV's resampling; quarter turns pixel for pixel."""
    rng = np.random.default_rng(3)
    smooth = cv2.GaussianBlur(rng.integers(0, 60000, (700, 900)).astype(np.float32), (0, 0), 3)
    smooth = ((smooth - smooth.min()) / np.ptp(smooth) * 60000).astype(np.uint16)
    image = folder / "smooth.tif"
    tifffile.imwrite(image, smooth)
    shapes = [turned_box((400, 300), 200, 120, 30), turned_box((600, 450), 160, 90, -20)]
    rois = folder / "turned.geojson"
    rois.write_text(json.dumps(collection(shapes)))
    for scale in (1, .5):
        out = folder / f"own-{scale}"
        run(program, "export", image, "--rois", rois, "--rotate", "own", "--scale", scale, "--format", "tif", "-o", out)
        for row, (width, height, degrees) in zip(table(out), [(200, 120, 30), (160, 90, -20)]):
            got = tifffile.imread(out / row["file"], series=0, level=0).squeeze()
            check(f"{row['file']}: size and type", got.shape == (round(height * scale), round(width * scale)) and got.dtype == np.uint16, got.shape)
            check(f"{row['file']}: angle", abs(float(row["angle"]) - degrees) < 1e-6 and row["width"] == str(width), row)
            # From pixels of the output to those of the image, centers at whole numbers.
            cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
            x, y = float(row["x"]), float(row["y"])
            step = 1 / scale
            to = lambda u, v: (x + cos * u - sin * v - .5, y + sin * u + cos * v - .5)
            v, u = np.mgrid[:got.shape[0], :got.shape[1]]
            at = to((u + .5) * step, (v + .5) * step)
            expected = cv2.remap(smooth, at[0].astype(np.float32), at[1].astype(np.float32), cv2.INTER_CUBIC)
            off = np.abs(got.astype(float) - expected)
            check(f"{row['file']}: as OpenCV samples", off.mean() < 250 and off.max() < 2500, (off.mean(), off.max()))
    out = folder / "quarter"
    square = folder / "square.geojson"
    square.write_text(json.dumps(collection([shapely.box(100, 200, 180, 260)])))
    run(program, "export", image, "--rois", square, "--rotate", 90, "--format", "tif", "-o", out)
    got = tifffile.imread(out / table(out)[0]["file"], series=0, level=0).squeeze()
    check("a quarter turn keeps every pixel", np.array_equal(got, np.rot90(smooth[200:260, 100:180], -1)))
    # Filters read as far as they reach, and those that look at the whole image look at all of it.
    near = folder / "near-the-edge.geojson"
    near.write_text(json.dumps(collection([shapely.box(10, 200, 180, 260)])))
    for name, filters in [("wide", ["mean:size=301", "mean:size=301"]), ("otsu", ["otsu"]), ("cut", ["gaussian:sigma=40"])]:
        options = [part for each in filters for part in ("--filter", each)]
        parts = []
        for rotate in ([], ["--rotate", 90]):
            out = folder / f"{name}{len(rotate)}"
            run(program, "export", image, "--rois", near, *rotate, *options, "--format", "tif", "-o", out)
            parts.append(tifffile.imread(out / table(out)[0]["file"], series=0, level=0).squeeze().astype(int))
        off = np.abs(parts[1] - np.rot90(parts[0], -1)).max()
        check(f"{name}: a rotated region is filtered as the whole image", off <= 1, off)
    run(program, "export", image, "--rois", square, "--rotate", "left", "--format", "tif", "-o", folder / "none", status=2)
    masked = folder / "masked-own"
    run(program, "export", image, "--rois", rois, "--rotate", "own", "--masked", "--patch", 40, "--format", "png", "-o", masked)
    check("patches along the region's axes", len(table(masked)) == 5 * 3 + 4 * 2, len(table(masked)))


def masks(program, folder, gray):
    """Labels beside: as rasterio rasterizes them, the later on top; 16 bits for more than 255."""
    shapes = [shapely.box(100, 120, 350, 370), shapely.Point(300, 300).buffer(150), turned_box((800, 500), 300, 200, 25)]
    rois = folder / "labels.geojson"
    rois.write_text(json.dumps(collection(shapes)))
    image = folder / "gray16.tif"
    expected = lambda x, y, w, h: rasterio.features.rasterize(list(zip(shapes, (1, 2, 3))), (h, w), transform=rasterio.Affine.translation(x, y))
    out = folder / "labeled"
    run(program, "export", image, "--rois", rois, "--format", "png", "--labels", "--geojson", "-o", out)
    for row in table(out):
        x, y, w, h = (int(row[k]) for k in ("x", "y", "width", "height"))
        got = tifffile.imread(out / "labels" / (row["file"] + ".tif")).squeeze()
        check(f"{row['file']}: a mask of bytes of its size", got.dtype == np.uint8 and got.shape == (h, w), (got.dtype, got.shape))
        check(f"{row['file']}: labels as rasterio's", (got != expected(x, y, w, h)).sum() <= 3, (got != expected(x, y, w, h)).sum())
    check("the masks are all", len(list((out / "labels").iterdir())) == 3)
    many = [shapely.box(x, y, x + 8, y + 8) for y in range(0, 800, 40) for x in range(0, 1300, 80)]
    few = folder / "many.geojson"
    few.write_text(json.dumps(collection(many)))
    out = folder / "many-labels"
    run(program, "export", image, "--rois", few, "--format", "png", "--labels", "--level", 1, "-o", out)
    last = tifffile.imread(out / "labels" / (table(out)[-1]["file"] + ".tif"))
    check("16 bits for many", last.dtype == np.uint16 and last.shape == (4, 4) and (last == len(many)).all(), (last.dtype, last.shape))
    for format, ending, image_dtype in (("zarr", ".zarr", np.uint16), ("zarr04", "", np.uint16)):
        out = folder / f"labels-{format}"
        run(program, "export", image, "--rois", rois, "--format", format, "--labels", "--no-pyramid", "-o", out)
        for row in table(out):
            x, y, w, h = (int(row[k]) for k in ("x", "y", "width", "height"))
            try:
                yaozarrs.validate_zarr_store(str(out / row["file"]))
                if format == "zarr":
                    yaozarrs.validate_zarr_store(str(out / row["file"] / "labels"))
                yaozarrs.validate_zarr_store(str(out / row["file"] / "labels/regions"))
            except Exception as error:
                check(f"{row['file']}: a valid OME-Zarr", False, error)
            group = zarr.open_group(str(out / row["file"]), mode="r")
            ome = dict(group["labels"].attrs)
            ome = ome.get("ome", ome)
            check(f"{row['file']}: labels are listed", ome["labels"] == ["regions"], ome)
            label = dict(group["labels/regions"].attrs)
            label = label.get("ome", label)["image-label"]
            check(f"{row['file']}: meanings", {p["name"] for p in label["properties"]} >= {row["name"]} and label["source"]["image"] == "../../", label)
            got = group["labels/regions/0"][0]
            check(f"{row['file']}: labels as rasterio's", np.issubdtype(got.dtype, np.unsignedinteger) and (got != expected(x, y, w, h)).sum() <= 3)
            check(f"{row['file']}: samples", np.array_equal(group["0"][0], gray[y:y + h, x:x + w]))
        check(f"{format}: nothing beside", not (out / "labels").exists())
    # Of a rotated region, too.
    out = folder / "labeled-own"
    run(program, "export", image, "--rois", rois, "--format", "png", "--labels", "--rotate", "own", "--level", 1, "-o", out)
    row = table(out)[2]
    got = tifffile.imread(out / "labels" / (row["file"] + ".tif"))
    check("a rotated mask is full", got.shape == (100, 150) and (got == 3).all(), got.shape)


def geojson(program, folder):
    """What is written is valid, holds the same, and keeps what no program knows."""
    shapes = [shapely.box(10, 20, 110.5, 90), shapely.Polygon([(300, 300), (500, 320), (420, 480)], [[(400, 350), (420, 350), (410, 370)]]),
              shapely.MultiPolygon([shapely.box(600, 20, 650, 80), shapely.box(700, 20, 730, 60)]), shapely.LineString([(5, 5), (300, 40), (310, 200)]),
              shapely.MultiPoint([(50, 600), (70, 620), (90, 610)])]
    given = collection(shapes, project={"name": "Ä", "list": [1, None]}, bbox=[10, 20, 730, 480])
    given["features"].append({"type": "Feature", "id": "e", "geometry": {"type": "Polygon", "isEllipse": True, "coordinates": [[
        [500 + 80 * np.cos(t), 700 + 40 * np.sin(t)] for t in np.linspace(0, 2 * np.pi, 61)[:-1]] + [[580.0, 700.0]]]},
        "properties": {"objectType": "annotation", "measurements": {"Area µm^2": 12.5, "n": 3}, "childObjects": [
            {"type": "Feature", "id": "c", "geometry": json.loads(shapely.to_geojson(shapely.box(490, 690, 510, 710))), "properties": {"objectType": "detection"}}]}})
    rois = folder / "given.geojson"
    rois.write_text(json.dumps(given))
    out = folder / "beside"
    run(program, "export", folder / "rgb.tif", "--rois", rois, "--format", "jpg", "--geojson", "-o", out)
    text = (out / "regions.geojson").read_text()
    made = json.loads(text)
    geojson_pydantic.FeatureCollection.model_validate(made)
    check("top-level members are kept", made["project"] == given["project"], made.keys())
    check("a stale bbox is not", "bbox" not in made)
    by_id = {feature.get("id"): feature for feature in made["features"]}
    for before in given["features"][:len(shapes)]:
        after = by_id[before["id"]]
        same = shapely.from_geojson(json.dumps(before["geometry"])).normalize().equals(shapely.from_geojson(json.dumps(after["geometry"])).normalize())
        check(f"{before['id']}: geometry", same, after["geometry"])
        check(f"{before['id']}: members", after["made"] == before["made"] and after["properties"]["own"] == before["properties"]["own"], after)
        check(f"{before['id']}: name and class", all(after["properties"][k] == before["properties"][k] for k in ("name", "classification")), after)
    ellipse = by_id["e"]
    held = ellipse["properties"].get("childObjects", [])
    check("an ellipse stays one", ellipse["geometry"].get("isEllipse") is True, ellipse["geometry"].keys())
    check("nested objects are kept", [child["id"] for child in held] == ["c"] and held[0]["properties"]["objectType"] == "detection", held)
    check("measurements are kept", ellipse["properties"]["measurements"] == {"Area µm^2": 12.5, "n": 3}, ellipse["properties"].get("measurements"))
    frame = geopandas.read_file(out / "regions.geojson")
    check("geopandas reads it", len(frame) == len(given["features"]), len(frame))
    # Written, read and written again: the same bytes.
    again = folder / "again"
    run(program, "export", folder / "rgb.tif", "--rois", out / "regions.geojson", "--format", "jpg", "--geojson", "-o", again)
    check("writing again changes nothing", (again / "regions.geojson").read_text() == text)


def burnt(program, folder, rgb):
    shape = shapely.Polygon([(120, 130), (340, 150), (300, 360), (140, 340)])
    rois = folder / "burnt.geojson"
    rois.write_text(json.dumps(collection([shape])))
    out = folder / "burnt"
    run(program, "export", folder / "rgb.tif", "--rois", rois, "--format", "png", "--outlines=6", "-o", out)
    row = table(out)[0]
    x, y, w, h = (int(row[k]) for k in ("x", "y", "width", "height"))
    got = np.asarray(Image.open(out / row["file"]))
    v, u = np.mgrid[:h, :w]
    away = shapely.distance(shapely.points(x + u + .5, y + v + .5), shape.boundary)
    check("outlines have the color of the class", (got[away < 2.7] == (255, 0, 51)).all())
    check("and the rest stays", np.array_equal(got[away > 3.1], rgb[y:y + h, x:x + w][away > 3.1]))
    # Names in letters on black, in the upper left corner; the rest is as without.
    named = folder / "named"
    document = collection([shape])
    document["features"][0]["properties"]["name"] = "Tumor 7"
    rois.write_text(json.dumps(document))
    run(program, "export", folder / "rgb.tif", "--rois", rois, "--format", "png", "--outlines=6", "--outline-names=20", "-o", named)
    lettered = np.asarray(Image.open(named / table(named)[0]["file"]))
    changed = (lettered != got).any(axis=2)
    rows, columns = np.nonzero(changed)
    check("names are in the corner", rows.max() <= 26 and columns.max() < 110 and rows.min() == 0 and columns.min() == 0, (rows.max(), columns.max()))
    box = lettered[:rows.max() + 1, :columns.max() + 1]
    black, colored = (box == 0).all(axis=2).mean(), (box == (255, 0, 51)).all(axis=2).mean()
    check("letters of the color on black", black > .5 and .08 < colored < .4, (black, colored))
    run(program, "export", folder / "rgb.tif", "--rois", rois, "--format", "png", "--outline-names", "-o", folder / "names-alone", status=2)
    # The text of a label, beside its point.
    project, plain, noted = (folder / name for name in ("noted.mosaic", "plain.png", "noted.png"))
    run(program, "stitch", folder / "rgb.tif", "-o", project)
    run(program, "export", project, "-o", plain)
    text = {"id": 2, "roi": {"geometry": {"text": {"at": [60.0, 80.0], "text": "necrosis"}}, "color": [255, 220, 0]}}
    project.write_text(project.read_text().replace('"last_id":1', '"last_id":2').replace('"regions": []', f'"regions": [{json.dumps(text)}]'))
    run(program, "export", project, "--outlines=3", "-o", noted)
    plain, noted = (np.asarray(Image.open(path)) for path in (plain, noted))
    rows, columns = np.nonzero((plain != noted).any(axis=2))
    check("a text lies beside its point", 68 <= rows.min() and rows.max() < 92 and columns.min() >= 55 and 110 < columns.max() < 140,
          (rows.min(), rows.max(), columns.min(), columns.max()))
    box = noted[70:90, 66:columns.max()]
    check("in its color", .05 < (box == (255, 220, 0)).all(axis=2).mean() < .5 and (box == 0).all(axis=2).mean() > .4)
    run(program, "export", folder / "rgb.tif", "--outlines", "-o", folder / "no-regions.png", status=1)
    run(program, "export", folder / "rgb.tif", "--rois", rois, "--format", "png", "--outlines=0", "-o", folder / "no-width", status=1)


def resolutions(program, folder, rgb):
    rois = folder / "burnt.geojson"
    image = folder / "known.tif"
    # 20,000 pixels a cm: 0.5 µm.
    tifffile.imwrite(image, rgb, photometric="rgb", resolution=(20000, 20000), resolutionunit="CENTIMETER")
    for um, rotate in ((1, []), (1.25, []), (2, ["--rotate", "30"])):
        out = folder / f"mpp-{um}"
        run(program, "export", image, "--rois", rois, "--format", "tif", "--mpp", um, "-o", out, *rotate)
        row = table(out)[0]
        with tifffile.TiffFile(out / row["file"]) as tif:
            page = tif.pages[0]
            size = [round(int(row[k]) * .5 / um) for k in ("width", "height")]
            check(f"{um} µm: size", all(abs(a - b) <= 1 for a, b in zip(size, (page.imagewidth, page.imagelength))), (size, page.shape))
            found = page.tags["XResolution"].value
            per_um = found[0] / found[1] / {2: 25400, 3: 10000}[int(page.tags["ResolutionUnit"].value)]
            check(f"{um} µm: told", abs(1 / per_um - um) < .02 * um, 1 / per_um)
    run(program, "export", folder / "rgb.tif", "--rois", rois, "--format", "tif", "--mpp", 1, "-o", folder / "mpp-unknown", status=1)
    run(program, "export", image, "--mpp", 1, "--level", 1, "-o", folder / "x.tif", status=2)
    run(program, "export", image, "--mpp", 2, "-o", folder / "whole-mpp.png")
    check("of the whole image too", Image.open(folder / "whole-mpp.png").size == (rgb.shape[1] // 4, rgb.shape[0] // 4))


def refusals(program, folder):
    rois, image = folder / "burnt.geojson", folder / "rgb.tif"
    for flag in ("--overwrite", "--resume", "--restart"):
        done = run(program, "export", image, "--rois", rois, "--format", "png", flag, "-o", folder / "refused", status=2)
        check(f"{flag} is named", flag in done.stderr, done.stderr)
    for option in (["--quality", 80], ["--tile", 256], ["--compression", "lzw"], ["--viewer"]):
        done = run(program, "export", image, "--rois", rois, "--format", "png", *option, "-o", folder / "refused", status=2)
        check(f"{option[0]} is named", option[0] in done.stderr, done.stderr)
    run(program, "export", image, "--labels", "-o", folder / "x.png", status=2)
    run(program, "export", image, "--rotate", "own", "-o", folder / "x.png", status=2)
    done = run(program, "export", image, "--rois", rois, "--format", "png", "--dry-run", "--json", "-o", folder / "refused")
    check("a dry run tells the files", len(json.loads(done.stdout)["files"]) == 1)
    check("and nothing is written", not (folder / "refused").exists())


def every_format(program, folder):
    rois = folder / "burnt.geojson"
    formats = "dzi szi tif ome-tiff cog zarr zarr04 zoomify iiif3 iiif xyz patches png jpg bmp raw".split()
    known = run(program, "export", "--help").stdout
    for format in formats:
        check(f"{format} is a format", format in known)
        out = folder / f"format-{format}"
        run(program, "export", folder / "rgb.tif", "--rois", rois, "--format", format, "-o", out)
        row = table(out)[0]
        check(f"{format}: the region is there", (out / row["file"]).exists(), list(out.iterdir()) if out.exists() else "")


def no_patches(program, folder):
    done = run(program, "export", folder / "rgb.tif", "--rois", folder / "burnt.geojson", "--patch", 900, "--format", "png", "-o", folder / "none-fit", status=1)
    check("that no patch fits is said", "900 px" in done.stderr and not (folder / "none-fit").exists(), done.stderr)


def many_images(program, folder, rgb):
    images, out = folder / "images", folder / "of-many"
    (images / "rois").mkdir(parents=True)
    for number in range(3):
        Image.fromarray(rgb[:400 + number, :500]).save(images / f"s{number}.png")
        if number < 2:
            (images / f"rois/s{number}.geojson").write_text(json.dumps(collection([shapely.box(10, 10, 60, 50)] * (number + 1))))
    done = run(program, "export", images, "--rois", images / "rois/{name}.geojson", "--format", "jpg", "--json", "-o", out, status=3)
    told = json.loads(done.stdout)
    check("two are done, the third is named", [len(one["files"]) for one in told["images"]] == [1, 2] and "s2" in told["failed"][0]["file"], told)
    check("a folder for each", sorted(path.name for path in out.iterdir()) == ["s0", "s1"] and len(list((out / "s1").glob("*.jpg"))) == 2)
    run(program, "export", images / "s0.png", images / "s1.png", "--rois", images / "rois/s0.geojson", "--format", "png", "-o", folder / "same")
    check("one file of regions for all", len(list((folder / "same").glob("*/*.png"))) == 2)
    run(program, "export", images / "s0.png", images / "s1.png", "-o", folder / "x.tif", status=2)
    run(program, "export", images, "--rois", images / "rois/{name}.geojson", "--format", "jpg", "-o", out, status=1)


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
        rotated(args.bin, folder)
        masks(args.bin, folder, gray)
        geojson(args.bin, folder)
        burnt(args.bin, folder, rgb)
        resolutions(args.bin, folder, rgb)
        refusals(args.bin, folder)
        every_format(args.bin, folder)
        no_patches(args.bin, folder)
        many_images(args.bin, folder, rgb)
        seed_job(args.bin, folder, pathlib.Path(args.data))
        geometry(args.geometry)
    print(f"{count} checks, {failed} failed")
    raise SystemExit(failed > 0)


main()
