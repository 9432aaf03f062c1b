#!/usr/bin/env python3
"""Check every kind of TIFF that `mosaicist export` writes with readers that are not ours.

tifffile, libvips, OpenSlide and libtiff's tiffinfo and tiffcp read each file; ome-types reads the XML of OME-TIFF; GDAL's
validate_cloud_optimized_geotiff (--full-check) and rio-cogeo judge each COG, rasterio where it lies. Without lossy
compression each level must be the exact 2x2 mean of the one before; JPEG must come close. The last line counts the checks.

Needs tifffile, imagecodecs, pyvips, openslide, ome-types, rasterio and rio-cogeo, and of the system libtiff-tools and
gdal-bin (with /usr/bin/python3 -m osgeo_utils). One that is missing fails its checks.
"""
import argparse, contextlib, os, pathlib, re, shutil, subprocess, sys, tempfile

import numpy as np
import openslide
import pyvips
import tifffile

from check_outputs import check, counts, guarded, jpeg_allows, picture, psnr, pyramid

CODES = {"none": 1, "lzw": 5, "jpeg": 7, "deflate": 8, "zstd": 50000}
SIZES = [(1, 1), (255, 40), (257, 300), (1025, 700), (5000, 3), (3, 5000)]


def floats(a):
    return (a.astype(np.float32) / np.iinfo(a.dtype).max) if a.dtype.kind == "u" else a


def halve_floats(a):
    a = np.pad(a, ((0, a.shape[0] % 2), (0, a.shape[1] % 2), (0, 0)), mode="edge")
    return (a[::2, ::2] + a[::2, 1::2] + a[1::2, ::2] + a[1::2, 1::2]) * np.float32(.25)


def levels_of(a):
    """All levels as this program makes them; alpha is a weight where there is one."""
    if a.dtype.kind == "u":
        return pyramid(a)
    levels = [a]
    while max(levels[-1].shape[:2]) > 1:
        levels.append(halve_floats(levels[-1]))
    return levels


class Bench:
    def __init__(self, program, folder):
        self.program, self.folder = program, pathlib.Path(folder)
        self.source, self.out = self.folder / "in.tif", self.folder / "out"

    def export(self, what, a, *args, out="out.tif", status=0, colour=None, **extra):
        """Write `a` as an input and export it."""
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.mkdir()
        channels = a.shape[2]
        if channels in (2, 4) and colour != "channels":
            extra["extrasamples"] = ["unassalpha"]
        photometric = "rgb" if channels in (3, 4) and colour != "channels" else "minisblack"
        tifffile.imwrite(self.source, a if channels > 1 else a[..., 0], photometric=photometric, planarconfig="contig" if channels > 1 else None,
                         metadata=None, **extra)
        return self.again(what, *args, out=out, status=status)

    def again(self, what, *args, out="out.tif", status=0):
        path = self.out / out
        command = [self.program, "export", self.source, "-o", path, "--overwrite", *args]
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=300)
        check(done.returncode == status, f"{what}: exit status {status}", f"{done.returncode}, {done.stderr[-300:]!r}")
        check("panicked" not in done.stderr, f"{what}: no panic", done.stderr[-300:])
        if status == 0:
            left = sorted(p.name for p in self.out.iterdir())
            check(left == [out], f"{what}: one file is written", left)
        return path, done.stderr


def compare(what, got, want, quality=None):
    got = np.asarray(got)
    got = got.reshape(want.shape) if got.ndim < 3 and got.size == want.size else got
    if not check(got.shape == want.shape and got.dtype == want.dtype, f"{what}: shape", f"{got.shape} {got.dtype}, wanted {want.shape} {want.dtype}"):
        return
    if quality is None:
        wrong = np.argwhere((got != want).any(-1))
        check(not len(wrong), f"{what}: samples", len(wrong) and f"{len(wrong)} pixels differ, first {wrong[0]}: {got[tuple(wrong[0])]}, wanted {want[tuple(wrong[0])]}")
    else:
        near, least = psnr(got, want), jpeg_allows(want, quality)
        check(near >= least, f"{what}: close", f"{near:.1f} dB, wanted {least:.1f}")


def pages_of(tiff, sub):
    """The images of each plane, finest first."""
    if sub:
        return [[page, *(page.pages or [])] for page in tiff.pages]
    return [list(tiff.pages)]


def check_file(what, path, a, compression, *, sub=False, planes=False, smallest=256, big=True, quality=None, pyramidal=True, tiled=True):
    wanted = levels_of(a)
    count = None
    with guarded(f"{what}: tifffile reads"), tifffile.TiffFile(path) as tiff:
        check(tiff.is_bigtiff == big, f"{what}: {'BigTIFF' if big else 'classic'}")
        families = pages_of(tiff, sub)
        check(len(families) == (a.shape[2] if planes else 1), f"{what}: planes", len(families))
        for plane, pages in enumerate(families):
            count = len(pages)
            check(all(p.compression == CODES[compression] for p in pages), f"{what}: compression", pages[0].compression)
            check([p.is_reduced for p in pages] == [False] + [True] * (count - 1), f"{what}: levels are marked reduced")
            sizes = [(p.imagewidth, p.imagelength) for p in pages]
            chain = [(w.shape[1], w.shape[0]) for w in wanted[:count]]
            check(sizes == chain, f"{what}: sizes", f"{sizes}, wanted {chain}")
            check(max(sizes[-1]) <= smallest if pyramidal else count == 1, f"{what}: the last level", sizes)
            for level, page in enumerate(pages[:len(wanted)]):
                want = wanted[level][..., plane:plane + 1] if planes else wanted[level]
                compare(f"{what}: tifffile plane {plane} level {level}", page.asarray(), want, quality)

    first = wanted[0][..., :1] if planes else wanted[0]
    # libvips comes without Zstandard here, and refuses a tile that is hundreds of times the image.
    readable = compression != "zstd" and not (a.shape[:2] == (1, 1) and what.startswith("COG"))
    with guarded(f"{what}: libvips reads") if readable else contextlib.suppress(pyvips.Error):
        compare(f"{what}: libvips", pyvips.Image.new_from_file(str(path), access="sequential", fail_on="warning").numpy(), first, quality)
        if count and count > 1:
            how = {"subifd": count - 2} if sub else {"page": count - 1}
            want = wanted[count - 1][..., :1] if planes else wanted[count - 1]
            compare(f"{what}: libvips, last level", pyvips.Image.new_from_file(str(path), fail_on="warning", **how).numpy(), want, quality)
    said = subprocess.run(["tiffinfo", str(path)], capture_output=True, text=True)
    # A private tag of GDAL is no fault.
    noise = [line for line in said.stderr.splitlines() if "Unknown field with tag 42" not in line]
    check(said.returncode == 0 and not noise, f"{what}: tiffinfo", (said.returncode, noise[:3]))
    # OpenSlide wants tiles.
    if tiled and a.dtype == np.uint8 and not sub and a.shape[2] in (1, 3):
        with guarded(f"{what}: OpenSlide reads"), openslide.OpenSlide(path) as slide:
            sizes = [(w.shape[1], w.shape[0]) for w in wanted[:count]]
            check(list(slide.level_dimensions) == sizes, f"{what}: OpenSlide's levels", slide.level_dimensions)
            shown = np.asarray(slide.read_region((0, 0), count - 1, slide.level_dimensions[-1]))
            compare(f"{what}: OpenSlide", np.ascontiguousarray(shown[..., :a.shape[2]]), wanted[count - 1], quality)


def kinds(bench):
    """Compressions x sample types x channels x ways to hang the pyramid, on odd sizes."""
    number = 0
    for width, height in SIZES:
        for dtype, channels in ((np.uint8, 1), (np.uint8, 3), (np.uint8, 4), (np.uint16, 1), (np.uint16, 3), (np.uint8, 2), (np.uint16, 5), (np.float32, 1), (np.float32, 3)):
            a = picture(number, width, height, channels, np.uint8 if dtype == np.uint8 else np.uint16)
            if channels in (2, 4):
                a[..., -1] = 255   # alpha as a weight is tested by unit tests
            a = floats(a) if dtype == np.float32 else a
            for compression in ("none", "lzw", "deflate", "zstd", "jpeg"):
                number += 1
                if compression == "jpeg" and (dtype != np.uint8 or channels in (2, 4)):
                    continue
                sub, big = number % 2 == 1, number % 3 > 0
                what = f"{width}x{height}x{channels} {np.dtype(dtype).name} {compression}{' below' if sub else ''}"
                quality = (75, 90)[number % 2] if compression == "jpeg" else None
                args = ["--compression", compression]
                args += ["--sub-images"] if sub else []
                args += [] if big else ["--offsets", ("auto", "classic")[number % 2]]
                args += ["--quality", quality, "--subsampling", ("4:4:4", "4:2:2", "4:2:0")[number % 3]] if quality else []
                args += ["--no-predictor"] if number % 5 == 0 and compression in ("lzw", "deflate", "zstd") else []
                with guarded(what):
                    path, _ = bench.export(what, a, *args)
                    check_file(what, path, a, compression, sub=sub, big=big, quality=quality)
        print(f"  {width}x{height}", flush=True)


def layouts(bench):
    """Tile sides, levels, parts, and what is refused."""
    a = picture(1, 1025, 700)
    for tile in (16, 128, 272, 1024):
        path, _ = bench.export(f"tiles of {tile}", a, "--tile", tile, "--compression", "zstd")
        check_file(f"tiles of {tile}", path, a, "zstd", smallest=tile)
    path, _ = bench.again("without a pyramid", "--no-pyramid", "--compression", "deflate")
    check_file("without a pyramid", path, a, "deflate", pyramidal=False)
    for compression in ("none", "lzw", "deflate", "zstd", "jpeg"):
        quality = 90 if compression == "jpeg" else None
        path, _ = bench.again(f"strips, {compression}", "--strips", "--compression", compression, *(["--quality", 90] if quality else []))
        check_file(f"strips, {compression}", path, a, compression, pyramidal=False, quality=quality, tiled=False)
        with tifffile.TiffFile(path) as tiff:
            check(not tiff.pages[0].is_tiled and len(tiff.pages) == 1, f"strips, {compression}: not tiled")
    path, _ = bench.again("a part at half the size", "--region", "100,34,800,600", "--level", 1, "--compression", "lzw")
    check_file("a part at half the size", path, pyramid(a[34:634, 100:900])[1], "lzw")
    _, messages = bench.again("tiles of 100", "--tile", 100, status=1)
    check("multiple of 16" in messages, "tiles of 100: says why", messages)
    _, messages = bench.again("an unknown compression", "--compression", "zip", status=2)
    check("zstd" in messages, "an unknown compression: says which there are", messages)
    print("  layouts", flush=True)


def ome(bench):
    """OME-TIFF: read by tifffile as such, its XML by ome-types."""
    from ome_types import from_xml
    cases = [("rgb", picture(2, 1025, 700), {}), ("grey of 16 bits", picture(3, 300, 257, 1, np.uint16), {}),
             ("five channels", picture(4, 700, 600, 5, np.uint16), {"colour": "channels"}),
             ("floats", floats(picture(5, 600, 300, 1, np.uint16)), {}), ("jpeg", picture(6, 1025, 700), {})]
    for name, a, how in cases:
        what = f"OME-TIFF, {name}"
        compression, quality = ("jpeg", 90) if name == "jpeg" else ("zstd", None)
        args = ["--compression", compression, *(["--quality", quality] if quality else [])]
        path, _ = bench.export(what, a, *args, out="out.ome.tif", resolution=(40000, 20000), resolutionunit="CENTIMETER", **how)
        planes = a.shape[2] == 5
        check_file(what, path, a, compression, sub=True, planes=planes, quality=quality)
        with guarded(what), tifffile.TiffFile(path) as tiff:
            check(tiff.is_ome, f"{what}: tifffile takes it for OME")
            series = tiff.series[0]
            check(len(series.levels) == len(tiff.pages[0].pages or []) + 1, f"{what}: the series has all levels", len(series.levels))
            check(series.axes == ("CYX" if planes else "YX" if a.shape[2] == 1 else "YXS"), f"{what}: axes", series.axes)
            got = series.asarray()
            compare(f"{what}: series", np.moveaxis(got, 0, -1) if planes else got, a, quality)
            pixels = from_xml(tiff.ome_metadata, validate=False).images[0].pixels
            kind = {"uint8": "uint8", "uint16": "uint16", "float32": "float"}[a.dtype.name]
            said = pixels.size_x, pixels.size_y, pixels.size_c, pixels.type.value
            check(said == (a.shape[1], a.shape[0], a.shape[2], kind), f"{what}: what ome-types reads", said)
            check((pixels.physical_size_x, pixels.physical_size_y) == (0.25, 0.5), f"{what}: physical size", (pixels.physical_size_x, pixels.physical_size_y))
            samples = [channel.samples_per_pixel for channel in pixels.channels]
            check(samples == ([1] * 5 if planes else [a.shape[2]]), f"{what}: samples of each channel", samples)
            from_xml(tiff.ome_metadata, validate=True)   # against the schema
            check(True, f"{what}: the XML is valid")
    print("  OME-TIFF", flush=True)


def validate_cog(what, path):
    said = subprocess.run(["/usr/bin/python3", "-m", "osgeo_utils.samples.validate_cloud_optimized_geotiff", "--full-check=yes", str(path)], capture_output=True, text=True)
    check(said.returncode == 0 and "is a valid cloud optimized GeoTIFF" in said.stdout and "warning" not in said.stdout.lower(),
          f"{what}: GDAL's validator", (said.stdout + said.stderr)[-400:])
    from rio_cogeo import cog_validate
    with guarded(f"{what}: rio-cogeo"):
        valid, errors, warnings = cog_validate(str(path), strict=True)
        check(valid, f"{what}: rio-cogeo", (errors, warnings))


def cog(bench):
    for number, (name, a) in enumerate([("rgb", picture(7, 1800, 1300)), ("grey", picture(8, 1025, 700, 1)), ("16 bits", picture(9, 1025, 1100, 3, np.uint16)),
                                        ("floats", floats(picture(10, 1100, 900, 1, np.uint16))), ("tiny", picture(11, 1, 1)), ("wide", picture(12, 5000, 3)), ("opaque", picture(13, 700, 600, 4))]):
        if a.shape[2] == 4:
            a[..., 3] = 255
        for compression in ("none", "lzw", "deflate", "zstd", "jpeg"):
            if compression == "jpeg" and (a.dtype != np.uint8 or a.shape[2] == 4):
                continue
            what, quality = f"COG, {name}, {compression}", 90 if compression == "jpeg" else None
            args = ["--format", "cog", "--compression", compression, *(["--quality", quality] if quality else []), *(["--tile", 256] if number % 2 else [])]
            args += [] if number % 3 else ["--offsets", "big"]
            with guarded(what):
                path, _ = bench.export(what, a, *args)
                check_file(what, path, a, compression, smallest=512, big=number % 3 == 0, quality=quality)
                validate_cog(what, path)
    print("  COG", flush=True)


def geo(bench):
    """The place on the map, of the whole, a part and a smaller copy; corners and middles."""
    import rasterio
    from rasterio.transform import Affine
    a = picture(14, 1800, 1300)
    turned = Affine.translation(500000.0, 4100000.0) * Affine.rotation(20) * Affine.scale(2.0, -3.0)
    straight = Affine(10.0, 0, 440720.0, 0, -20.0, 3751320.0)
    for transform in (straight, turned):
        for point in ("Area", "Point"):
            bench.export("geo, input", a)
            with rasterio.open(bench.source, "w", driver="GTiff", width=1800, height=1300, count=3, dtype="uint8", crs="EPSG:32633",
                               transform=transform, nodata=7, photometric="RGB", interleave="pixel") as source:
                source.write(a.transpose(2, 0, 1))
                source.update_tags(AREA_OR_POINT=point, purpose="check")
            for format, out in (("cog", "out.tif"), ("tif", "out.tif")):
                for args, offset, scale in (([], (0, 0), 1), (["--region", "320,112,900,700"], (320, 112), 1), (["--region", "320,112,900,700", "--level", "2"], (320, 112), 4)):
                    what = f"{format}, {point}, {'turned' if transform is turned else 'straight'}, {args}"
                    path, _ = bench.again(what, "--format", format, "--compression", "deflate", *args, out=out)
                    with guarded(what), rasterio.open(path) as got:
                        want = transform * Affine.translation(*offset) * Affine.scale(scale)
                        check(got.transform.almost_equals(want, 1e-6), f"{what}: transform", (got.transform, want))
                        check(got.crs == "EPSG:32633", f"{what}: projection", got.crs)
                        check(got.nodata == 7, f"{what}: nodata", got.nodata)
                        check(got.tags().get("AREA_OR_POINT") == point, f"{what}: area or point", got.tags())
                        check(got.tags().get("purpose") == "check", f"{what}: GDAL's own metadata", got.tags())
                        part = a[offset[1]:offset[1] + 700, offset[0]:offset[0] + 900] if args else a
                        compare(what, got.read().transpose(1, 2, 0), pyramid(part)[scale.bit_length() - 1])
                    if format == "cog":
                        validate_cog(what, path)
    print("  places on the map", flush=True)


def main():
    pyvips.cache_set_max(0)
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--bin", required=True, help="the program")
    ap.add_argument("--only", default="", help="only the groups whose name matches this expression")
    opt = ap.parse_args()
    program = shutil.which(opt.bin) or sys.exit(f"{opt.bin}: no such program")
    with tempfile.TemporaryDirectory(prefix="mosaicist-tiff-") as folder:
        bench = Bench(os.path.abspath(program), folder)
        for group in (kinds, layouts, ome, cog, geo):
            if re.search(opt.only, group.__name__):
                print(group.__name__, flush=True)
                with guarded(group.__name__):
                    group(bench)
    print(f"{counts[True]} passed, {counts[False]} failed")
    return bool(counts[False]) or not counts[True]


if __name__ == "__main__":
    sys.exit(main())
