"""Checks of single pictures, zips, Zarrs and folders of tiles by readers that are not ours. Called by check_outputs.py.

Each odd size is exported from one lossless PNG to every format, and read back: Pillow, libvips, numpy, pngcheck, zipfile, zarr-python and
yaozarrs, and for the folders of tiles what their readers' own rules say (the browser test looks at these with OpenSeadragon).
"""
import json, math, pathlib, subprocess, zipfile

import imagecodecs
import numpy as np
import pyvips
import yaozarrs
import zarr
from PIL import Image

SIZES = (1, 1), (255, 255), (257, 256), (1025, 700), (5000, 3), (3, 5000)
Image.MAX_IMAGE_PIXELS = None


class Case:
    """One picture and the program's exports of it."""

    def __init__(self, bench, check, what, picture, pyramid):
        bench.fresh()
        self.bench, self.check, self.what, self.picture = bench, check, what, picture
        self.levels = pyramid(picture)
        self.file = bench.tiles / "in.png"
        self.file.write_bytes(imagecodecs.png_encode(np.ascontiguousarray(picture[..., 0] if picture.shape[2] == 1 else picture), level=1))

    def export(self, name, *args):
        out = self.bench.out / name
        done = self.bench.run("export", self.file, "-o", out, *args)
        self.check(done.returncode == 0, f"{self.what}: {name} is exported", done.stderr[-300:])
        return out

    def same(self, name, got, want=None):
        want = self.picture if want is None else want
        got = np.asarray(got)
        got = got[..., None] if got.ndim == 2 else got
        right = got.shape == want.shape and got.dtype == want.dtype and np.array_equal(got, want)
        self.check(right, f"{self.what}: {name} holds every sample", f"{got.shape} {got.dtype}, wanted {want.shape} {want.dtype}")


def single_pictures(case, psnr, jpeg_allows):
    """PNG, BMP, raw, JPEG."""
    path = case.export("a.png")
    case.same("PNG by imagecodecs", imagecodecs.png_decode(path.read_bytes()))
    told = subprocess.run(["pngcheck", "-q", path], capture_output=True, text=True)
    case.check(told.returncode == 0, f"{case.what}: pngcheck finds no fault", told.stdout[-300:])
    case.same("PNG by libvips", pyvips.Image.new_from_file(str(path), access="sequential", fail_on="warning").numpy())
    path = case.export("a.raw")
    case.same("raw", np.fromfile(path, case.picture.dtype).reshape(case.picture.shape))
    case.check(f"samples = {case.picture.shape[1]}\n" in path.with_suffix(".hdr").read_text(), f"{case.what}: raw's header")
    if case.picture.dtype != np.uint8:
        return
    with Image.open(case.export("a.bmp")) as image:
        case.same("BMP by Pillow", image)
    path = case.export("a.jpg", "--quality", 85)
    with Image.open(path) as image:
        got = np.asarray(image).reshape(case.picture.shape)
    near, least = psnr(got, case.picture), jpeg_allows(case.picture, 85)
    case.check(near >= least, f"{case.what}: JPEG comes close", f"{near:.1f} dB, wanted {least:.1f}")
    strict = pyvips.Image.new_from_file(str(path), access="sequential", fail_on="warning").numpy()
    case.check(psnr(strict.reshape(got.shape), got) > 45, f"{case.what}: libvips and Pillow see the same JPEG")


def zarrs(case):
    """OME-Zarr 0.4 and 0.5, with and without shards."""
    for name, args in (("a.zarr", ()), ("b.zarr", ("--shard", 2)), ("c.zarr", ("--format", "zarr04")), ("d.zarr", ("--compression", "none"))):
        path = case.export(name, "--tile", 128, *args)
        yaozarrs.validate_zarr_store(str(path))
        group = zarr.open_group(str(path), mode="r")
        scales = (group.attrs.get("ome") or group.attrs)["multiscales"][0]
        case.check([axis["name"] for axis in scales["axes"]] == ["c", "y", "x"], f"{case.what}: {name}: axes")
        sizes = [group[dataset["path"]].shape[1:] for dataset in scales["datasets"]]
        case.check(max(sizes[-1]) <= 128, f"{case.what}: {name}: the last level is one chunk", sizes)
        for dataset, want in zip(scales["datasets"], case.levels):
            case.same(f"{name} level {dataset['path']}", np.moveaxis(group[dataset["path"]][:], 0, -1), want)


def zips(case):
    """SZI holds what Deep Zoom is, file by file."""
    dzi, szi = case.export("z.dzi", "--tiles", "png"), case.export("z.szi", "--tiles", "png")
    with zipfile.ZipFile(szi) as archive:
        case.check(archive.testzip() is None, f"{case.what}: SZI: every checksum")
        names = archive.namelist()
        case.check(all(n.startswith("z/") for n in names) and len(set(names)) == len(names), f"{case.what}: SZI: one folder, each name once")
        case.check(all(i.compress_type == zipfile.ZIP_STORED for i in archive.infolist()), f"{case.what}: SZI: files are stored")
        files = [dzi, *(p for p in dzi.with_name("z_files").rglob("*") if p.is_file())]
        same = {str(p.relative_to(dzi.parent)): p.read_bytes() for p in files}
        case.check(same == {n[2:]: archive.read(n) for n in names}, f"{case.what}: SZI: the files are those of Deep Zoom")


def composed(read, size, tile):
    """The picture of `size` from tiles that `read(column, row)` gives."""
    whole = np.zeros((size[1], size[0], 3), np.uint8)
    for y in range(-(-size[1] // tile)):
        for x in range(-(-size[0] // tile)):
            part = np.asarray(read(x, y))[:size[1] - y * tile, :size[0] - x * tile]
            whole[y * tile:y * tile + part.shape[0], x * tile:x * tile + part.shape[1]] = part
    return whole


def folders(case, psnr, jpeg_allows):
    """Zoomify, IIIF, XYZ and patches at full resolution, by the rules of their readers."""
    height, width = case.picture.shape[:2]
    out = case.export("zoomify", "--format", "zoomify", "--tiles", "png")
    sizes = [(width, height)]
    while max(sizes[0]) > 256:
        sizes.insert(0, (sizes[0][0] // 2, sizes[0][1] // 2))
    before = sum(math.ceil(w / 256) * math.ceil(h / 256) for w, h in sizes[:-1])
    columns = math.ceil(width / 256)
    group = lambda x, y: (before + y * columns + x) // 256
    case.same("Zoomify", composed(lambda x, y: Image.open(out / f"TileGroup{group(x, y)}/{len(sizes) - 1}-{x}-{y}.png"), (width, height), 256))
    for version, name in ((2, "iiif"), (3, "iiif3")):
        ending = "jpg" if version == 2 else "png"   # readers of version 2 ask for nothing but JPEG
        quality = ("--quality", 85) if ending == "jpg" else ()
        out = case.export(name, "--format", name, "--tiles", ending, "--tile", 256, *quality, "--id", "https://example.org/a")
        info = json.loads((out / "info.json").read_text())
        case.check(info["@id" if version == 2 else "id"] == "https://example.org/a", f"{case.what}: {name}: its id")

        def read(x, y):
            w, h = min(256, width - x * 256), min(256, height - y * 256)
            region = "full" if (w, h) == (width, height) else f"{x * 256},{y * 256},{w},{h}"
            if version == 2:
                size = "full" if w == width else f"{w},"
            else:
                size = "max" if (w, h) == (width, height) else f"{w},{h}"
            return Image.open(out / region / size / f"0/default.{ending}")
        got = composed(read, (width, height), 256)
        if version == 2:
            case.check(psnr(got, case.picture) >= jpeg_allows(case.picture, 85), f"{case.what}: {name} comes close")
        else:
            case.same(name, got)
        with Image.open(out / f"full/max/0/default.{ending}") as most:
            limit = (info["profile"][1] if version == 2 else info).get("maxWidth", max(width, height))
            case.check(max(most.size) == limit, f"{case.what}: {name}: full/max is as large as it says", f"{most.size}, {limit}")
    out = case.export("xyz", "--format", "xyz", "--tiles", "png")
    zoom = max(int(p.name) for p in out.iterdir() if p.is_dir())
    with Image.open(out / f"{zoom}/0/0.png") as first:
        case.check(first.size == (256, 256), f"{case.what}: map tiles are full squares", first.size)
    case.same("XYZ", composed(lambda x, y: Image.open(out / f"{zoom}/{x}/{y}.png"), (width, height), 256))
    out = case.export("patches", "--format", "patches", "--tile", 100, "--tiles", "webp", "--names", "{row}/{column:03}")
    case.same("patches of WebP", composed(lambda x, y: Image.open(out / f"{y}/{x:03}.webp").convert("RGB"), (width, height), 100))


def refusals(case):
    """What a format cannot hold ends with advice, and the plan says what an export takes."""
    done = case.bench.run("export", case.file, "-o", case.bench.out / "dry.png", "--dry-run", "--json")
    plan = json.loads(done.stdout)
    case.check(plan["peak_bytes"] > 0 and plan["output_bytes"] > 0 and plan["free_bytes"] > 0 and plan["seconds"] > 0, "the plan says what it takes", plan)
    case.check(not (case.bench.out / "dry.png").exists(), "a dry run writes nothing")
    done = case.bench.run("export", case.file, "-o", case.bench.out / "a", "--format", "gif")
    case.check(done.returncode == 2 and "zoomify" in done.stderr, "an unknown format: the message names those there are", done.stderr)


def check_all(bench, check, picture, pyramid, psnr, jpeg_allows):
    for width, height in SIZES:
        case = Case(bench, check, f"{width}x{height}", picture(7, width, height), pyramid)
        single_pictures(case, psnr, jpeg_allows)
        zarrs(case)
        zips(case)
        folders(case, psnr, jpeg_allows)
        print(f"  {width}x{height}", flush=True)
    for what, channels, dtype in (("grey", 1, np.uint8), ("16 bits", 3, np.uint16), ("16 bits, grey", 1, np.uint16), ("alpha", 4, np.uint8)):
        case = Case(bench, check, what, picture(8, 601, 403, channels, dtype), pyramid)
        if channels == 4:
            with Image.open(case.export("a.bmp")) as image:
                case.same("BMP by Pillow", image.convert("RGBA"))
            case.same("PNG", imagecodecs.png_decode(case.export("a.png").read_bytes()))
            continue
        single_pictures(case, psnr, jpeg_allows)
        zarrs(case)
        print(f"  {what}", flush=True)
    refusals(case)
