#!/usr/bin/env python3
"""Look at Deep Zoom, Zoomify, IIIF and map tiles with OpenSeadragon in headless Chromium, as a visitor of a web page does.

    deepzoom_browser.py --bin mosaicist --openseadragon FOLDER [--shots FOLDER]     exports the demo and looks at it
    deepzoom_browser.py --dzi some.dzi --openseadragon FOLDER                       looks at one that is there already

The page (deepzoom_browser.html) drives itself: it opens the picture, visits places at several zooms, and sends each canvas
back once everything is loaded. Checked here: every request was answered, no tile failed, and each canvas shows what
Pillow composes from the tiles. The other formats must show what Deep Zoom's tiles hold. Then each format's own page
(--viewer) is opened from the disk, without a server. The last line counts the checks.
"""
import argparse, base64, functools, http.server, io, json, math, os, pathlib, shutil, subprocess, sys, tempfile, threading, urllib.parse
import xml.etree.ElementTree as ET

import numpy as np
from PIL import Image

HERE = pathlib.Path(__file__).resolve().parent
Image.MAX_IMAGE_PIXELS = None
FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --no-default-browser-check
    --disable-background-networking --disable-component-update --disable-sync --disable-extensions --mute-audio
    --disable-dev-shm-usage --hide-scrollbars --force-device-scale-factor=1 --window-size=1100,900""".split()
counts = {True: 0, False: 0}


def check(ok, what, detail=""):
    """Count one check and print it."""
    counts[bool(ok)] += 1
    print(("  ok      " if ok else "  FAILED  ") + what + (f": {detail}" if detail and not ok else ""), flush=True)
    return bool(ok)


class Site(http.server.ThreadingHTTPServer):
    """The page, OpenSeadragon and the picture on 127.0.0.1; remembers what was asked for and what the page sent."""

    daemon_threads = True
    page = None   # another page than ours

    def __init__(self, dzi, openseadragon, source=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.dzi, self.openseadragon, self.source = dzi, openseadragon, source or f"/picture/{dzi.name}"
        self.answers, self.shots, self.problems, self.done, self.told = [], [], [], threading.Event(), None

    def file_of(self, path):
        """The file a request means, or None."""
        path = urllib.parse.unquote(urllib.parse.urlsplit(path).path)
        if path == "/":
            return HERE / "deepzoom_browser.html"
        folder = {"openseadragon": self.openseadragon, "picture": self.dzi.parent}.get(path.split("/")[1])
        file = folder and (folder / path.split("/", 2)[2]).resolve()
        return file if file and file.is_relative_to(folder) and file.is_file() else None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    TYPES = {".html": "text/html", ".js": "text/javascript", ".dzi": "text/xml", ".jpg": "image/jpeg", ".png": "image/png",
             ".json": "application/json", ".xml": "text/xml"}

    def do_GET(self):
        file = self.server.file_of(self.path)
        self.server.answers.append((self.path, 200 if file else 404))
        body = file.read_bytes() if file else b""
        self.send_response(200 if file else 404)
        self.send_header("Content-Type", self.TYPES.get(file.suffix, "application/octet-stream") if file else "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/shot":
            self.server.shots.append(sent)
        elif self.path == "/problem":
            self.server.problems.append(sent)
        self.send_response(204)
        self.end_headers()
        if self.path == "/done":
            self.server.told = sent
            self.server.done.set()

    def log_message(self, *_):
        pass


class DeepZoom:
    """The picture as the tiles hold it, level by level."""

    def __init__(self, dzi):
        root = ET.parse(dzi).getroot()
        size = next(e for e in root if e.tag.endswith("Size"))
        self.width, self.height = int(size.get("Width")), int(size.get("Height"))
        self.tile, self.overlap, self.ending = int(root.get("TileSize")), int(root.get("Overlap")), root.get("Format")
        self.folder = dzi.with_name(dzi.stem + "_files")
        self.top = math.ceil(math.log2(max(self.width, self.height)))

    @functools.cache
    def level(self, down):
        """The level `down` steps of 2x below full resolution, each tile without its overlap."""
        width, height = -(-self.width // 2 ** down), -(-self.height // 2 ** down)
        whole = Image.new("RGB", (width, height))
        for y in range(-(-height // self.tile)):
            for x in range(-(-width // self.tile)):
                tile = Image.open(self.folder / str(self.top - down) / f"{x}_{y}.{self.ending}").convert("RGB")
                left, above = self.overlap * (x > 0), self.overlap * (y > 0)
                part = tile.crop((left, above, min(left + self.tile, tile.width), min(above + self.tile, tile.height)))
                whole.paste(part, (x * self.tile, y * self.tile))
        return whole

    def shown_part(self, rect, size):
        """The rectangle `rect` (x, y, width, height in full pixels, may reach outside: white) as `size` canvas pixels."""
        down = max(0, min(self.top, math.floor(math.log2(max(rect[2] / size[0], 1)) + 1e-6)))
        level = self.level(down)
        scale = size[0] / rect[2]
        x0, y0 = max(0, math.ceil(-rect[0] * scale - 1e-6)), max(0, math.ceil(-rect[1] * scale - 1e-6))
        x1 = min(size[0], math.floor((self.width - rect[0]) * scale + 1e-6))
        y1 = min(size[1], math.floor((self.height - rect[1]) * scale + 1e-6))
        box = (rect[0] + x0 / scale, rect[1] + y0 / scale, rect[0] + x1 / scale, rect[1] + y1 / scale)
        box = tuple(min(max(v / 2 ** down, 0), most) for v, most in zip(box, level.size * 2))
        shown = Image.new("RGB", size, "white")
        shown.paste(level.resize((x1 - x0, y1 - y0), Image.Resampling.BILINEAR, box), (x0, y0))
        return shown, (x0, y0, x1, y1)


def browse(site, chromium, seconds):
    """Run Chromium on the page until it says it is done; true if it did in time."""
    url = site.page or f"http://127.0.0.1:{site.server_port}/?source={urllib.parse.quote(json.dumps(site.source))}"
    with tempfile.TemporaryDirectory(prefix="mosaicist-chromium-", ignore_cleanup_errors=True) as profile:
        home = {"HOME": profile, "XDG_CONFIG_HOME": profile, "XDG_CACHE_HOME": profile}
        log = open(os.path.join(profile, "log"), "w+")
        browser = subprocess.Popen([chromium, *FLAGS, f"--user-data-dir={profile}/data", "--remote-debugging-port=0", url],
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **home}, start_new_session=True)
        try:
            for _ in range(int(seconds * 5)):
                if site.done.wait(0.2) or browser.poll() is not None:
                    break
            if not site.done.is_set():
                log.seek(0)
                print(f"  Chromium (status {browser.poll()}) said: {log.read()[-2000:]}")
            return site.done.is_set()
        finally:
            browser.terminate()   # it takes its own children with it
            try:
                browser.wait(10)
            except subprocess.TimeoutExpired:
                browser.kill()
                browser.wait()
            log.close()


def check_shot(picture, shot, folder, name):
    """Compare one canvas with what the tiles hold there."""
    canvas = Image.open(io.BytesIO(base64.b64decode(shot["png"].split(",", 1)[1])))
    canvas = Image.alpha_composite(Image.new("RGBA", canvas.size, "white"), canvas.convert("RGBA")).convert("RGB")
    wanted, inside = picture.shown_part(shot["rect"], canvas.size)
    off = np.abs(np.asarray(canvas, int) - np.asarray(wanted, int))
    x0, y0, x1, y1 = inside
    within = off[y0:y1, x0:x1]
    # Tile by tile, so that one wrong tile of many is not averaged away.
    blocks = [within[y:y + 64, x:x + 64].mean() for y in range(0, within.shape[0], 64) for x in range(0, within.shape[1], 64)]
    mean, worst = within.mean(), max(blocks)
    # OpenSeadragon draws tiles that do not overlap a pixel too large, so that no seam shows.
    allowed = 1.0 if shot["exact"] and not name else 9.0
    right = mean <= allowed and worst <= 3 * allowed and (y1 - y0) * (x1 - x0) > 0.05 * canvas.width * canvas.height
    check(right, f"{shot['name']}: the canvas shows the tiles", f"mean difference {mean:.2f}, worst block {worst:.2f}, allowed {allowed}")
    outside = off.copy()
    outside[max(y0 - 2, 0):y1 + 2, max(x0 - 2, 0):x1 + 2] = 0
    check(outside.max() == 0, f"{shot['name']}: nothing is drawn beside the picture", f"difference {outside.max()}")
    if folder:
        canvas.save(folder / f"{name or 'deepzoom'}-{shot['name']}.png")
        if not right:
            wanted.save(folder / f"{name or 'deepzoom'}-{shot['name']}-wanted.png")
    return np.asarray(wanted)[y0:y1, x0:x1].std()


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--bin", help="the program; its demo is exported")
    ap.add_argument("--dzi", type=pathlib.Path, help="a Deep Zoom instead")
    ap.add_argument("--openseadragon", type=pathlib.Path, required=True, help="the folder that holds openseadragon.min.js")
    ap.add_argument("--chromium", default="chromium")
    ap.add_argument("--shots", type=pathlib.Path, help="keep the canvases here")
    ap.add_argument("--seconds", type=float, default=120, help="how long the browser may take")
    opt = ap.parse_args()
    if bool(opt.bin) == bool(opt.dzi):
        ap.error("give either --bin or --dzi")
    chromium = shutil.which(opt.chromium) or sys.exit(f"{opt.chromium}: no such program")
    if not (opt.openseadragon / "openseadragon.min.js").is_file():
        sys.exit(f"{opt.openseadragon}: no openseadragon.min.js there")
    if opt.shots:
        opt.shots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mosaicist-demo-") as folder:
        dzi = opt.dzi
        if opt.bin:
            dzi = pathlib.Path(folder) / "demo.dzi"
            done = subprocess.run([shutil.which(opt.bin) or opt.bin, "demo", "--headless", "-o", dzi],
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
            check(done.returncode == 0 and dzi.is_file(), "the demo is exported", f"status {done.returncode}, {done.stderr[-500:]}")
        if dzi.is_file():
            look(dzi.resolve(), opt, chromium)
        if opt.bin:
            other_formats(pathlib.Path(folder).resolve(), opt, chromium)
    print(f"{counts[True]} passed, {counts[False]} failed")
    return bool(counts[False]) or not counts[True]


def other_formats(folder, opt, chromium):
    """The example in the other formats of the web, without loss: they must show what a Deep Zoom without loss holds."""
    program = shutil.which(opt.bin) or opt.bin

    def run(*args):
        done = subprocess.run([program, *map(str, args)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
        check(done.returncode == 0, f"{args[0]} {args[-1]}", done.stderr[-500:])

    run("demo", "--headless", "-o", folder / "all.png")
    # Odd sides: where readers round, they differ.
    whole, width, height = folder / "whole.png", 4869, 3331
    run("export", folder / "all.png", "--region", f"2000,1500,{width},{height}", "-o", whole)
    export = lambda name, *args: run("export", whole, "--tiles", "png", "--viewer", *args, "-o", folder / name)
    dzi = folder / "exact.dzi"
    export(dzi.name)
    export("zoomify", "--format", "zoomify")
    run("export", whole, "--viewer", "--quality", 95, "--format", "iiif", "--id", "/picture/iiif", "-o", folder / "iiif")
    export("iiif3", "--format", "iiif3", "--id", "/picture/iiif3")
    export("xyz", "--format", "xyz")
    zoomify = {"type": "zoomifytileservice", "width": width, "height": height, "tilesUrl": "/picture/zoomify/", "fileFormat": "png"}
    xyz = {"xyz": True, "width": width, "height": height, "tileSize": 256, "folder": "/picture/xyz",
           "maxLevel": max(int(p.name) for p in (folder / "xyz").iterdir() if p.is_dir())}
    sources = {"zoomify": zoomify, "iiif": "/picture/iiif/info.json", "iiif3": "/picture/iiif3/info.json", "xyz": xyz}
    for name, source in sources.items():
        print(f" {name}", flush=True)
        look(dzi, opt, chromium, name, source)
    for name in ("exact_files", *sources):
        look_from_disk(folder / name, opt, chromium)


DRIVER = """
<script>
(async () => {
    const failed = [], wait = seconds => new Promise(done => setTimeout(done, seconds * 1000));
    let loaded = 0;
    const tell = what => fetch("http://127.0.0.1:PORT/done", { method: "POST", mode: "no-cors", body: JSON.stringify(what) });
    viewer.addHandler("open-failed", event => failed.push(event.message));
    viewer.addHandler("tile-load-failed", event => failed.push(event.tile.getUrl()));
    viewer.addHandler("tile-loaded", () => loaded++);
    const settled = async () => {
        for (let still = 0, end = performance.now() + 15000; still < 5 && performance.now() < end; await wait(0.1))
            still = viewer.world.getItemAt(0)?.getFullyLoaded() ? still + 1 : 0;
    };
    await settled();
    for (const [x, y] of [[0, 0], [1, 0], [0.5, 0.5], [0, 1], [1, 1]]) {
        const home = viewer.viewport.getHomeBounds();
        viewer.viewport.panTo(new OpenSeadragon.Point(home.x + x * home.width, home.y + y * home.height), true);
        viewer.viewport.zoomTo(viewer.viewport.imageToViewportZoom(1), null, true);
        await settled();
    }
    viewer.viewport.goHome(true);
    await settled();
    await tell({ loaded, failed, full: viewer.world.getItemAt(0)?.getFullyLoaded() });
})();
</script>
"""


def look_from_disk(folder, opt, chromium):
    """The page that lies with the tiles, opened as a file."""
    what = f"the page in {folder.name}"
    if not check((folder / "index.html").is_file(), f"{what} is there"):
        return
    site = Site(folder, opt.openseadragon.resolve())
    page = folder / "driven.html"
    page.write_text((folder / "index.html").read_text() + DRIVER.replace("PORT", str(site.server_port)))
    site.page = page.resolve().as_uri()
    threading.Thread(target=site.serve_forever, daemon=True).start()
    check(browse(site, chromium, opt.seconds), f"{what} is done within {opt.seconds:.0f} s")
    site.shutdown()
    told = site.told or {}
    check(told.get("full") and told.get("loaded", 0) > 3 and not told.get("failed"), f"{what} shows its tiles from the disk", told)


def look(dzi, opt, chromium, name=None, source=None):
    site = Site(dzi, opt.openseadragon.resolve(), source)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    check(browse(site, chromium, opt.seconds), f"the page is done within {opt.seconds:.0f} s")
    site.shutdown()
    missing = [path for path, status in site.answers if status != 200]
    check(not missing, "every request is answered", missing[:5])
    check(not site.problems, "the page meets no problem", site.problems[:5])
    picture = DeepZoom(dzi)
    tiles = {path for path, status in site.answers if path.endswith((".jpg", ".png")) and status == 200}
    if source:
        check(len(tiles) >= 20, "tiles are fetched", len(tiles))
    else:
        levels = {int(path.split("_files/")[1].split("/")[0]) for path in tiles}
        check(picture.top in levels and len(levels) >= min(3, picture.top), "tiles of the full and of reduced levels are fetched", sorted(levels))
    check(len(site.shots) >= 7, "the page sends its canvases", len(site.shots))
    try:
        detail = [check_shot(picture, shot, opt.shots, name) for shot in site.shots]
        check(max(detail, default=0) > 10, "there is something to see", detail)
    except OSError as error:
        check(False, "Pillow composes the tiles", error)
    print(f"  {len(site.answers)} requests, {len(tiles)} tiles")


if __name__ == "__main__":
    sys.exit(main())
