#!/usr/bin/env python3
"""The regions of benches/regions.rs read by other programs, one thread.

    regions_peers.py FILE SIDE POSITIONS openslide|tifffile

prints the milliseconds of opening and of a region. Bind it to a core (taskset), as the bench.
"""
import sys
import time

import numpy


def openslide_reader(path):
    import openslide

    slide = openslide.OpenSlide(path)
    return lambda x, y, side: numpy.asarray(slide.read_region((x, y), 0, (side, side)))


def tifffile_reader(path):
    """The touched tiles, each read and decoded once by tifffile with imagecodecs."""
    import tifffile

    page = tifffile.TiffFile(path).pages[0]
    wide, high = page.tilewidth, page.tilelength
    columns = -(-page.imagewidth // wide)
    handle, tables = page.parent.filehandle, page.jpegtables

    def read(x, y, side):
        out = numpy.zeros((side, side, page.samplesperpixel), page.dtype)
        for row in range(y // high, (y + side - 1) // high + 1):
            for column in range(x // wide, (x + side - 1) // wide + 1):
                number = row * columns + column
                handle.seek(page.dataoffsets[number])
                data = handle.read(page.databytecounts[number])
                tile = page.decode(data, number, jpegtables=tables)[0][0]
                left, top = column * wide, row * high
                x0, y0 = max(x, left), max(y, top)
                x1, y1 = min(x + side, left + tile.shape[1]), min(y + side, top + tile.shape[0])
                out[y0 - y : y1 - y, x0 - x : x1 - x] = tile[y0 - top : y1 - top, x0 - left : x1 - left]
        return out

    return read


def main():
    path, side, positions, peer = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
    places = [tuple(map(int, line.split())) for line in open(positions)]
    began = time.perf_counter()
    read = {"openslide": openslide_reader, "tifffile": tifffile_reader}[peer](path)
    opened = time.perf_counter() - began
    times = []
    for x, y in places:
        began = time.perf_counter()
        read(x, y, side)
        times.append(time.perf_counter() - began)
    times.sort()
    median, slow = (1e3 * times[int(len(times) * part)] for part in (0.5, 0.95))
    print(f"{peer}: open {1e3 * opened:.2f} ms, median {median:.2f} ms, 95 % {slow:.2f} ms, total {sum(times):.2f} s")


main()
