#!/usr/bin/env python3
"""Polygons rasterized to one mask by rasterio and OpenCV, for comparison with `cargo bench -p mosaicist-region -- FILE.geojson`.

    masks_peers.py FILE.geojson [SIDE=40000]

Only the rasterizing counts, not the reading of the file. CPU and wall seconds.
"""
import json
import sys
import time

import cv2
import numpy as np
import rasterio.features

cv2.setNumThreads(1)


def timed(name, work):
    cpu, wall = time.process_time(), time.perf_counter()
    mask = work()
    print(f"{name}: {time.process_time() - cpu:.3f} CPU s, {time.perf_counter() - wall:.3f} s; {int((mask > 0).sum())} pixels", flush=True)


def main():
    side = int(sys.argv[2]) if len(sys.argv) > 2 else 40000
    began = time.perf_counter()
    features = json.load(open(sys.argv[1]))["features"]
    print(f"json.load: {time.perf_counter() - began:.2f} s", flush=True)
    shapes = [feature["geometry"] for feature in features]
    # OpenCV takes fixed point; its pixels' centers are whole numbers, ours are halves.
    fixed = [np.round((np.array(shape["coordinates"][0]) - 0.5) * 256).astype(np.int32) for shape in shapes]

    def opencv():
        mask = np.zeros((side, side), np.uint8)
        for ring in fixed:
            cv2.fillPoly(mask, [ring], 1, shift=8)
        return mask

    timed("OpenCV fillPoly", opencv)
    timed("rasterio rasterize", lambda: rasterio.features.rasterize(((shape, 1) for shape in shapes), (side, side), dtype="uint8"))


main()
