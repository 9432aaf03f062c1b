#!/usr/bin/env python3
"""Compare every filter of `mosaicist export --filter` with programs that are not ours.

scipy.ndimage, OpenCV, scikit-image and Pillow compute the same of generated images (8 and 16 bits, floats with holes) and of
real ones in --data; results may differ by 1 gray level, rank filters and kernels of whole numbers not at all. GeoTIFFs of
--data keep their place through crop, resize, rotation and a filter: each corner is looked up with rasterio. A batch with
damaged files is killed in the middle and resumed. Color profiles are converted as Little CMS does. The last line counts the checks.

Needs numpy, scipy, opencv-python-headless, scikit-image, pillow, tifffile, imagecodecs and rasterio.
"""
import argparse, io, json, pathlib, signal, subprocess, sys, tempfile, time

import cv2
import numpy as np
import rasterio
import tifffile
from PIL import Image, ImageCms
from scipy import ndimage
from skimage import color, filters as skfilters, morphology

failures, checked = [], 0


def check(ok, what):
    global checked
    checked += 1
    if not ok:
        failures.append(what)
        print("FAILED", what, flush=True)


class Bench:
    def __init__(self, program, folder):
        self.program, self.folder = program, pathlib.Path(folder)

    def run(self, *args):
        return subprocess.run([self.program, *map(str, args)], capture_output=True, text=True, timeout=600)

    def filter(self, image, *chain):
        """The image through a chain, as an array; an image is an array or a path."""
        source, out = self.folder / "in.tif", self.folder / "out.tif"
        if isinstance(image, np.ndarray):
            rgb = image.ndim == 3
            tifffile.imwrite(source, image, photometric="rgb" if rgb else "minisblack", metadata=None)
            image = source
        out.unlink(missing_ok=True)
        wanted = [part for one in chain for part in ("--filter", one)]
        done = self.run("export", image, "-o", out, "--strips", "--compression", "none", *wanted)
        check(done.returncode == 0, f"{' '.join(chain)}: {done.stderr.strip()}")
        return tifffile.imread(out) if done.returncode == 0 else None

    def equal(self, what, image, chain, expected, most):
        found = self.filter(image, *chain.split("|"))
        if found is None:
            return
        if found.shape != expected.shape:
            return check(False, f"{what}: {chain}: {found.shape} instead of {expected.shape}")
        apart = np.abs(found.astype(np.float64) - expected.astype(np.float64))
        same_holes = (np.isnan(found) == np.isnan(expected)).all()
        check(same_holes and np.nanmax(apart, initial=0) <= most, f"{what}: {chain}: {np.nanmax(apart, initial=0)} apart")


def each_channel(function, image):
    return function(image) if image.ndim == 2 else np.stack([function(image[..., c]) for c in range(image.shape[2])], -1)


def rounded(values, like):
    if like.dtype.kind == "f":
        return values
    return np.clip(np.floor(values + .5), 0, np.iinfo(like.dtype).max).astype(like.dtype)


def neighborhoods(bench, what, a):
    """Filters with a halo, against scipy in doubles."""
    full = np.iinfo(a.dtype).max if a.dtype.kind == "u" else 1.0
    middle = {1: 128, 2: 32768, 4: 0}[a.dtype.itemsize]
    truncate = 3 if a.dtype == np.uint8 else 4
    one = full / 1e5 if a.dtype.kind == "f" else 1
    exact = 0 if a.dtype.kind == "u" else full / 1e5

    def compare(chain, function, most=one):
        expected = each_channel(lambda plane: function(plane.astype(np.float64)), a)
        bench.equal(what, a, chain, rounded(expected, a), most)

    for mode, border in (("nearest", "replicate"), ("mirror", "mirror")):
        compare(f"gaussian:sigma=2,border={border}", lambda p: ndimage.gaussian_filter(p, 2, mode=mode, truncate=truncate))
        compare(f"mean:size=7,border={border}", lambda p: ndimage.uniform_filter(p, 7, mode=mode), most=exact or 1)
        for size in (3, 5, 9):
            compare(f"median:size={size},border={border}", lambda p: ndimage.median_filter(p, size, mode=mode), exact)
    compare("unsharp:sigma=1.5,amount=0.8",
            lambda p: p + .8 * (p - ndimage.gaussian_filter(p, 1.5, mode="nearest", truncate=truncate)))
    kernel = np.full((3, 3), -1.0)
    kernel[1, 1] = 16
    compare("sharpen", lambda p: ndimage.correlate(p, kernel / 8, mode="nearest"), exact)
    five = np.array([[1, 0, 2, 0, 1], [0, 3, 1, 3, 0], [2, 1, 9, 1, 2], [0, 3, 1, 3, 0], [1, 0, 2, 0, 1]], float)
    text = "/".join(" ".join(f"{v:g}" for v in row) for row in five)
    compare(f"kernel:weights={text}", lambda p: ndimage.correlate(p, five / five.sum(), mode="nearest"), exact)
    # A second derivative that is cut does not sum to 0 in scipy, so that flat areas are not flat: the reference is not cut.
    compare("log:sigma=2", lambda p: ndimage.gaussian_laplace(p, 2, mode="nearest", truncate=8) + middle, 1 if one == 1 else 1e-3)
    compare("dog:sigma=1,sigma2=2", lambda p: ndimage.gaussian_filter(p, 1, mode="nearest", truncate=truncate)
            - ndimage.gaussian_filter(p, 2, mode="nearest", truncate=truncate) + middle)
    compare("highpass:sigma=4", lambda p: p - ndimage.gaussian_filter(p, 4, mode="nearest", truncate=truncate) + middle)
    compare("sobel", lambda p: np.hypot(ndimage.sobel(p, 0, mode="nearest"), ndimage.sobel(p, 1, mode="nearest")) / 4)
    compare("erode:size=5", lambda p: ndimage.grey_erosion(p, 5, mode="nearest"), exact)
    compare("dilate:size=5", lambda p: ndimage.grey_dilation(p, 5, mode="nearest"), exact)
    compare("open:size=5", lambda p: ndimage.grey_opening(p, 5, mode="nearest"), exact)
    compare("close:size=5", lambda p: ndimage.grey_closing(p, 5, mode="nearest"), exact)
    compare("tophat:size=5", lambda p: ndimage.white_tophat(p, 5, mode="nearest"), exact)
    disk = morphology.disk(4)
    compare("dilate:size=9,shape=disk", lambda p: ndimage.grey_dilation(p, footprint=disk, mode="nearest"), exact)
    compare("gaussian:sigma=2|median:size=5|mean:size=7",
            lambda p: ndimage.uniform_filter(ndimage.median_filter(ndimage.gaussian_filter(
                p, 2, mode="nearest", truncate=truncate), 5, mode="nearest"), 7, mode="nearest"))


def resized(a, size, how):
    """By Pillow, in floats."""
    one = lambda plane: np.asarray(Image.fromarray(plane.astype(np.float32)).resize(size, how))
    return each_channel(one, a)


def geometry(bench, what, a):
    height, width = a.shape[:2]
    for scale in (.9, .37, 1.6):
        size = (int(np.floor(width * scale + .5)), int(np.floor(height * scale + .5)))
        for name, how in (("lanczos3", Image.LANCZOS), ("bicubic", Image.BICUBIC), ("bilinear", Image.BILINEAR)):
            bench.equal(what, a, f"resize:scale={scale},filter={name}", rounded(resized(a, size, how), a), 1 if a.dtype.kind == "u" else 1e-4)
    size = (max(1, width // 3), max(1, height // 3))
    cut = a[:size[1] * 3, :size[0] * 3]
    area = cv2.resize(cut.astype(np.float64), size, interpolation=cv2.INTER_AREA)
    bench.equal(what, cut, f"resize:width={size[0]},height={size[1]},filter=mean", rounded(area, a), 1 if a.dtype.kind == "u" else 1e-4)
    bench.equal(what, a, "rotate:90", np.rot90(a, -1), 0)
    bench.equal(what, a, "rotate:180", np.rot90(a, 2), 0)
    bench.equal(what, a, "flip:horizontal", a[:, ::-1], 0)
    bench.equal(what, a, "crop:rect=5 7 40 30", a[7:37, 5:45], 0)
    # Against a spline of the same kernel: scipy has none, so OpenCV's bilinear, away from the edges.
    angle = 7.3
    found = bench.filter(a, f"rotate:angle={angle},size=keep,filter=bilinear")
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -angle, 1)
    expected = cv2.warpAffine(a.astype(np.float32), matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    inside = cv2.warpAffine(np.ones((height, width), np.float32), matrix, (width, height), flags=cv2.INTER_NEAREST, borderValue=0) > 0
    inside = ndimage.binary_erosion(inside, iterations=3)
    # OpenCV rounds positions to 1/32 of a pixel.
    step = np.abs(np.diff(a.astype(np.float64), axis=0)).max() / 16 + 1
    check(np.abs(found.astype(np.float64) - expected)[inside].max() <= step, f"{what}: rotate:{angle}")


def edges_and_thresholds(bench, what, a):
    gray = a if a.ndim == 2 else a[..., 1].copy()
    for low, high in ((60, 160), (30, 90)):
        expected = cv2.Canny(gray, low, high, L2gradient=True)
        bench.equal(what, gray, f"canny:low={low},high={high},reach=4096", expected, 0)
    near = bench.filter(gray, "canny:low=60,high=160")
    expected = cv2.Canny(gray, 60, 160, L2gradient=True)
    check((near != expected).mean() < 1e-3, f"{what}: canny with the default reach: {(near != expected).mean():.2%} differ")
    otsu = skfilters.threshold_otsu(gray)
    bench.equal(what, gray, "otsu", np.where(gray > otsu, 255, 0).astype(np.uint8), 0)
    means = ndimage.uniform_filter(gray.astype(np.float64), 15, mode="nearest")
    clear = np.abs(gray - means + 4) > 1e-3
    found = bench.filter(gray, "local:size=15,offset=4")
    check((found == np.where(gray > means - 4, 255, 0))[clear].all(), f"{what}: local")
    d = 7
    expected = cv2.bilateralFilter(a, d, 25.5, 1.5, borderType=cv2.BORDER_REPLICATE)
    bench.equal(what, a, "bilateral:sigma=1.5,range=10", expected, 1)


def tones(bench, what, a):
    expected = np.floor(255 * (a / 255.0) ** (1 / 2.2) + .5).astype(np.uint8)
    bench.equal(what, a, "gamma:2.2", expected, 0)
    bench.equal(what, a, "invert", 255 - a, 0)
    bench.equal(what, a, "depth:u16", a.astype(np.uint16) * 257, 0)
    bench.equal(what, a, "channel:2 1 0", a[..., ::-1], 0)
    bench.equal(what, a, "gray", cv2.cvtColor(a, cv2.COLOR_RGB2GRAY), 1)
    # scikit-image gives densities in units of ln(1e-6).
    vectors = np.array([[.65, .70, .29], [.07, .99, .11], [.27, .57, .78]])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    stains = color.separate_stains(np.maximum(a / 255.0, 1e-6), np.linalg.inv(vectors))
    light = np.floor(255 * np.exp(np.log(1e-6) * stains) + .5)
    bench.equal(what, a, "stain:hematoxylin", light[..., 0].astype(np.uint8), 1)
    bench.equal(what, a, "stain:eosin", light[..., 1].astype(np.uint8), 1)


def holes(bench, a):
    """Floats with missing pixels: the mean of what is there, by normalized convolution."""
    a = a.astype(np.float32) / 255
    a[10:30, 40:44] = np.nan
    a[::17, ::13] = np.nan
    there = (~np.isnan(a)).astype(np.float64)
    values = np.nan_to_num(a).astype(np.float64)
    blur = lambda p: ndimage.gaussian_filter(p, 2, mode="nearest", truncate=4)
    expected = np.where(there > 0, blur(values) / np.maximum(blur(there), 1e-9), np.nan)
    bench.equal("holes", a, "gaussian:sigma=2", expected, 1e-5)
    size = 5
    expected = ndimage.generic_filter(a.astype(np.float64), lambda v: np.sort(v[~np.isnan(v)])[(np.sum(~np.isnan(v)) - 1) // 2]
                                      if (~np.isnan(v)).any() else np.nan, size, mode="nearest")
    bench.equal("holes", a, f"median:size={size}", np.where(there > 0, expected, np.nan), 1e-6)


def places(bench, data):
    """GeoTIFFs lie where they lay: each corner of the result, through the map of its pixels, is where it was."""
    found = 0
    for path in sorted(data.rglob("*.tif*")):
        if path.stat().st_size > 20 << 20:
            continue
        try:
            with rasterio.open(path) as before:
                whole, crs, (width, height) = before.transform, before.crs, (before.width, before.height)
                points = before.gcps[0]
        except Exception:
            continue
        if whole.is_identity or min(width, height) < 24 or max(width, height) > 4000 or points:
            continue
        crop = (width // 4, height // 4, width // 2, height // 2)
        half = (int(np.floor(width * .5 + .5)), int(np.floor(height * .5 + .5)))
        cases = {
            "crop:rect=%d %d %d %d" % crop: lambda x, y: (x + crop[0], y + crop[1]),
            "resize:scale=0.5": lambda x, y: (x * width / half[0], y * height / half[1]),
            "rotate:90": lambda x, y: (y, height - x),
            "log:sigma=1.5": lambda x, y: (x, y),
        }
        out = bench.folder / "placed.tif"
        for chain, back in cases.items():
            out.unlink(missing_ok=True)
            done = bench.run("export", path, "-o", out, "--no-pyramid", "--filter", chain)
            if done.returncode:
                if "not supported" in done.stderr or "damaged" in done.stderr:
                    break
                check(False, f"{path.name}: {chain}: {done.stderr.strip()}")
                continue
            with rasterio.open(out) as after:
                corners = [(0, 0), (after.width, 0), (0, after.height), (after.width, after.height)]
                pixel = max(abs(whole.a) + abs(whole.b), abs(whole.d) + abs(whole.e))
                apart = max(np.hypot(*np.subtract(after.transform @ corner if hasattr(after.transform, "__matmul__") else after.transform * corner,
                                                  whole @ back(*corner) if hasattr(whole, "__matmul__") else whole * back(*corner))) for corner in corners)
                check(apart <= 1e-3 * pixel, f"{path.name}: {chain}: {apart} map units off")
                check(after.crs == crs, f"{path.name}: {chain}: {after.crs} instead of {crs}")
        else:
            found += 1
        if found >= 40:
            break
    check(found >= 5, f"only {found} GeoTIFFs in {data}")
    print(f"{found} GeoTIFFs", flush=True)


def batches(bench):
    """A folder of 200 GeoTIFFs, three of them damaged, killed and resumed."""
    folder = bench.folder / "many"
    folder.mkdir()
    rng = np.random.default_rng(5)
    places = {}
    for i in range(200):
        name = f"i{i:03}.tif"
        places[name] = rasterio.transform.from_origin(500000 + 4000 * i, 5400000 - 3000 * i, 10, 10)
        with rasterio.open(folder / name, "w", driver="GTiff", width=400, height=300, count=1, dtype="uint8",
                           crs="EPSG:32633", transform=places[name]) as file:
            file.write(rng.integers(0, 256, (1, 300, 400), np.uint8))
    damaged = ["i007.tif", "i123.tif", "i191.tif"]
    for name in damaged:
        (folder / name).write_bytes((folder / name).read_bytes()[:2000])
    recipe = bench.folder / "recipe.json"
    recipe.write_text(json.dumps({"filters": ["invert"], "options": {"strips": True, "compression": "none"}}))
    out = bench.folder / "done"
    command = [bench.program, "batch", str(folder), "--recipe", str(recipe), "-o", f"{out}/{{name}}.tif"]
    run = subprocess.Popen(command, stderr=subprocess.PIPE)
    deadline = time.time() + 120
    while len(list(out.glob("i*.tif"))) < 90 and run.poll() is None and time.time() < deadline:
        time.sleep(.005)
    run.send_signal(signal.SIGKILL)
    run.wait()
    before = {path.name: path.stat().st_mtime_ns for path in out.glob("i*.tif")}
    check(0 < len(before) < 197, f"killed after {len(before)} of 197")
    done = subprocess.run([*command, "--resume"], capture_output=True, text=True)
    check(done.returncode == 3, f"batch: status {done.returncode}: {done.stderr[-300:]}")
    for name in damaged:
        check(name in done.stderr.split("failed\n", 1)[-1], f"batch: {name} is not named at the end")
        check(not (out / name).exists(), f"batch: {name} has a result")
    results = sorted(path.name for path in out.glob("i*.tif"))
    check(len(results) == 197, f"batch: {len(results)} results")
    for name in results:
        check(np.array_equal(tifffile.imread(out / name), 255 - tifffile.imread(folder / name)), f"batch: {name}")
        with rasterio.open(out / name) as file:
            same = file.crs.to_epsg() == 32633 and file.transform.almost_equals(places[name])
            check(same, f"batch: {name} lies at {file.transform}, {file.crs}")
    unchanged = sum(before.get(name) == (out / name).stat().st_mtime_ns for name in results)
    check(unchanged >= len(before) - 1, f"batch: {unchanged} of {len(before)} unchanged")
    again = subprocess.run([*command, "--resume", "--json"], capture_output=True, text=True)
    check(json.loads(again.stdout)["skipped"] == 197, f"batch: again: {again.stdout}")


def profiles(bench, rgb):
    """`--profile` beside Little CMS, by the profiles that the outputs carry: bytes, words with alpha, gray, and back again."""
    plain, relative = ImageCms.createProfile("sRGB"), ImageCms.Intent.RELATIVE_COLORIMETRIC
    source, there, back = (bench.folder / name for name in ("plain.tif", "there.tif", "back.tif"))

    def converted(image, out, name):
        out.unlink(missing_ok=True)
        done = bench.run("export", image, "-o", out, "--strips", "--compression", "none", "--profile", name)
        check(done.returncode == 0, f"--profile {name}: {done.stderr.strip()}")
        with tifffile.TiffFile(out) as file:
            return file.asarray(), bytes(file.pages[0].tags["InterColorProfile"].value)

    tifffile.imwrite(source, rgb, photometric="rgb", metadata=None)
    for name in ("srgb", "display-p3", "adobe-rgb", "prophoto", "rec2020"):
        found, icc = converted(source, there, name)
        target = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        expected = np.asarray(ImageCms.profileToProfile(Image.fromarray(rgb), plain, target, renderingIntent=relative))
        apart = np.abs(found.astype(int) - expected)
        check(apart.max() <= 2 and apart.mean() < 0.3, f"--profile {name}: {apart.max()}, on average {apart.mean():.2f} from Little CMS")
        returned, _ = converted(there, back, "srgb")
        apart = np.abs(returned.astype(int) - rgb)
        check(apart.mean() < 1, f"--profile {name} and back: {apart.max()}, on average {apart.mean():.2f} apart")
        (bench.folder / "target.icc").write_bytes(icc)
        same, own = converted(source, back, bench.folder / "target.icc")
        apart = np.abs(same.astype(int) - found)
        check(apart.max() <= 2 and own == icc, f"--profile of a file is not {name}: {apart.max()} apart, {own == icc}")
        words = np.dstack([rgb.astype(np.uint16) * 257, np.arange(rgb[..., 0].size, dtype=np.uint16).reshape(rgb.shape[:2])])
        tifffile.imwrite(source.with_name("words.tif"), words, photometric="rgb", extrasamples=["unassalpha"], metadata=None)
        found, _ = converted(source.with_name("words.tif"), there, name)
        apart = np.abs(found[..., :3] / 257 - expected)
        check(apart.max() <= 2 and np.array_equal(found[..., 3], words[..., 3]), f"--profile {name}, words: {apart.max()} apart")
    gray = source.with_name("gray.tif")
    tifffile.imwrite(gray, rgb[..., 0], photometric="minisblack", metadata=None)
    found, _ = converted(gray, there, "srgb")
    check(np.abs(found.astype(int) - rgb[..., :1]).max() <= 2, "--profile srgb of gray")
    refused = bench.run("export", source, "-o", bench.folder / "no.tif", "--profile", bench.folder / "recipe.json")
    check(refused.returncode == 2 and not (bench.folder / "no.tif").exists(), f"--profile of no profile: {refused.returncode}")


def generated():
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:97, :121]
    smooth = 90 + 60 * np.sin(x / 9) * np.cos(y / 7)
    shapes = np.where((x // 20 + y // 15) % 3 == 0, 70, 0)
    planes = [np.clip(smooth + shapes + rng.normal(0, 12, x.shape) + 10 * c, 0, 255) for c in range(3)]
    rgb = np.stack(planes, -1)
    return {
        "8 bits": rgb.astype(np.uint8),
        "16 bits": (rgb[..., 0] * 256 + rng.integers(0, 256, x.shape)).astype(np.uint16),
        "floats": (rgb[..., 1] / 255).astype(np.float32),
    }


def real(data):
    """Some real images of few pixels: 8-bit colors and 16-bit grays."""
    found = {}
    for path in sorted(data.rglob("*")):
        if path.suffix.lower() not in (".png", ".jpg", ".tif", ".tiff") or path.stat().st_size > 2 << 20:
            continue
        try:
            a = np.asarray(Image.open(path))
        except Exception:
            continue
        fits = 100 <= min(a.shape[:2]) and max(a.shape[:2]) <= 700 and a.std() > 10
        kind = "real 8 bits" if a.dtype == np.uint8 and a.ndim == 3 and a.shape[2] == 3 else "real 16 bits" if a.dtype == np.uint16 and a.ndim == 2 else None
        if fits and kind and sum(name.startswith(kind) for name in found) < 2:
            found[f"{kind}: {path.name}"] = a
        if len(found) == 4:
            break
    return found


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--bin", required=True)
    options.add_argument("--data", type=pathlib.Path)
    options = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options.bin, folder)
        images = generated()
        if options.data and options.data.is_dir():
            images |= real(options.data)
        for what, a in images.items():
            print(what, a.shape, flush=True)
            neighborhoods(bench, what, a)
            geometry(bench, what, a)
            if a.dtype == np.uint8:
                edges_and_thresholds(bench, what, a)
                tones(bench, what, a)
        holes(bench, images["8 bits"][..., 0])
        if options.data and options.data.is_dir():
            places(bench, options.data)
        batches(bench)
        profiles(bench, images["8 bits"])
    print(f"{checked} checks, {len(failures)} failed")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
