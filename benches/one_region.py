#!/usr/bin/env python3
"""One large region of a pyramid to one JPEG and to one pyramid TIFF, beside libvips (pyvips), and read only by OpenSlide.

    one_region.py PROGRAM SLIDE X,Y,SIDE

Wall and processor seconds, and the peak memory of each process; of the peers Python's start included. All encode JPEG of quality 85.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

VIPS = """
import pyvips
image = pyvips.Image.new_from_file({slide!r}).crop({x}, {y}, {side}, {side})
image.write_to_file({out!r})
"""
OPENSLIDE = """
import numpy, openslide
slide = openslide.OpenSlide({slide!r})
for top in range({y}, {y} + {side}, 2048):
    for left in range({x}, {x} + {side}, 2048):
        size = (min(2048, {x} + {side} - left), min(2048, {y} + {side} - top))
        numpy.asarray(slide.read_region((left, top), 0, size))
"""


def measured(name, *command):
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    told = process.stderr.read().decode()
    _, status, used = os.wait4(process.pid, 0)
    wall, cpu = time.perf_counter() - began, used.ru_utime + used.ru_stime
    print(f"{name}: {wall:.1f} s, {cpu:.1f} CPU s, peak {used.ru_maxrss / 1024:.0f} MiB" + (f"; FAILED {told}" if status else ""), flush=True)


def main():
    program, slide = sys.argv[1], os.path.abspath(sys.argv[2])
    x, y, side = map(int, sys.argv[3].split(","))
    with tempfile.TemporaryDirectory(dir=os.path.dirname(slide)) as folder:
        folder = pathlib.Path(folder)
        corners = [[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]
        rois = folder / "region.geojson"
        rois.write_text(json.dumps({"type": "FeatureCollection", "features": [
            {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [corners]}, "properties": {}}]}))
        ours = [program, "export", slide, "--rois", str(rois), "--quality", "85", "--memory", "512M"]
        python = lambda text, out="": (sys.executable, "-c", text.format(slide=slide, x=x, y=y, side=side, out=str(folder / out)))
        measured("JPEG, mosaicist", *ours, "--format", "jpg", "-o", str(folder / "jpg"))
        measured("JPEG, libvips", *python(VIPS, "v.jpg[Q=85]"))
        measured("TIFF, mosaicist", *ours, "--format", "tif", "--tile", "256", "-o", str(folder / "tif"))
        measured("TIFF, libvips", *python(VIPS, "v.tif[tile,pyramid,compression=jpeg,Q=85,tile_width=256,tile_height=256,bigtiff]"))
        measured("read only, OpenSlide", *python(OPENSLIDE))


main()
