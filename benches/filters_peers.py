#!/usr/bin/env python3
"""Filters from one uncompressed TIFF to another, beside libvips (pyvips) and OpenCV by strips, in turns.

    filters_peers.py PROGRAM IMAGE [--rows gaussian,median] [--turns 3] [--memory 256M]

IMAGE: 8-bit with 4 bands, rows stored one after the other (`gen.py big --bands 4`). Each program writes rows without compression.
OpenCV reads and writes through memory maps and keeps both cores busy by itself. For each row and program: the median of wall and
processor seconds, and the highest peak memory, Python's start included. The least time of the three is what a plain copy takes.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

VIPS = """
import sys, pyvips
image = pyvips.Image.new_from_file(sys.argv[1], access="sequential")
{operation}
image.tiffsave(sys.argv[2], bigtiff=True)
"""
OPENCV = """
import sys, cv2, numpy, tifffile
source = tifffile.memmap(sys.argv[1], mode="r")
height, width, bands = source.shape
halo = {halo}
def result(shape):
    return tifffile.memmap(sys.argv[2], shape=shape, dtype=numpy.uint8, photometric="rgb" if len(shape) == 3 else "minisblack", bigtiff=True, metadata=None)
def strips(operation, out, height=height, width=width):
    for top in range(0, height, 512):
        above, below = min(halo, top), min(halo, max(0, height - top - 512))
        rows = min(512, height - top)
        out[top : top + rows] = operation(source[top - above : top + rows + below])[above : above + rows]
    out.flush()
{operation}
"""
SAME = "strips(lambda part: {}, result(source.shape))"
ROWS = {
    "copy": ([], "", 0, SAME.format("part")),
    "crop, resize 0.9, sharpen": (
        ["crop:rect=100 100 19800 14800", "resize:0.9", "sharpen"],
        'image = image.crop(100, 100, image.width - 200, image.height - 200).resize(0.9, kernel="lanczos3")\n'
        "image = image.conv(pyvips.Image.new_from_array([[-1, -1, -1], [-1, 16, -1], [-1, -1, -1]], scale=8), precision='integer')",
        0,
        """
part = source[100:-100, 100:-100]
kernel = numpy.array([[-1, -1, -1], [-1, 16, -1], [-1, -1, -1]]) / 8
width, height = round(part.shape[1] * 0.9), round(part.shape[0] * 0.9)
out = result((height, width, bands))
for top in range(0, height, 450):
    rows = min(450, height - top)
    above, below = min(9, top), min(9, height - top - rows)
    first, last = int((top - above) / 0.9), min(part.shape[0], int((top + rows + below) / 0.9))
    small = cv2.resize(part[first:last], (width, rows + above + below), interpolation=cv2.INTER_LANCZOS4)
    out[top : top + rows] = cv2.filter2D(small, -1, kernel)[above : above + rows]
out.flush()
""",
    ),
    "gaussian, sigma 2": (["gaussian:sigma=2"], "image = image.gaussblur(2)", 8, SAME.format("cv2.GaussianBlur(part, (0, 0), 2)")),
    "log, sigma 2": (
        ["log:sigma=2"],
        "image = image.gaussblur(2).conv(pyvips.Image.new_from_array([[0, 1, 0], [1, -4, 1], [0, 1, 0]], offset=128), precision='integer').cast('uchar')",
        8,
        """
reach = numpy.arange(-6, 7) / 2.0
narrow = numpy.exp(-reach * reach / 2)
narrow /= narrow.sum()
curve = narrow * (reach * reach - 1) / 4
def laplacian(part):
    across = cv2.sepFilter2D(part, cv2.CV_32F, curve, narrow)
    return cv2.convertScaleAbs(cv2.add(across, cv2.sepFilter2D(part, cv2.CV_32F, narrow, curve)))
strips(laplacian, result(source.shape))
""",
    ),
    "log, one kernel of 9×9": (
        ["kernel:weights={log},divisor=4"],
        "image = image.conv(pyvips.Image.logmat(1.4, 0.1, precision='integer'), precision='integer').cast('uchar')",
        8,
        None,
    ),
    "median 5×5": (["median:size=5"], "image = image.median(5)", 2, SAME.format("cv2.medianBlur(part, 5)")),
    "sobel": (
        ["sobel"],
        "image = image.sobel()",
        1,
        """
def gradient(part):
    x, y = cv2.Sobel(part, cv2.CV_32F, 1, 0), cv2.Sobel(part, cv2.CV_32F, 0, 1)
    return cv2.convertScaleAbs(cv2.magnitude(x, y), alpha=0.25)
strips(gradient, result(source.shape))
""",
    ),
    "canny": (
        ["canny"],
        "image = image.canny(sigma=1.4).cast('uchar')",
        64,
        """
def edges(part):
    return cv2.Canny(numpy.ascontiguousarray(part[..., :3]), 50, 100, L2gradient=True)
strips(edges, result((height, width)))
""",
    ),
    "rotate 7.3°, bicubic": (
        ["rotate:angle=7.3"],
        "image = pyvips.Image.new_from_file(sys.argv[1])\nimage = image.similarity(angle=7.3, interpolate=pyvips.Interpolate.new('bicubic'))",
        0,
        """
angle = numpy.radians(7.3)
across, down = int(abs(width * numpy.cos(angle)) + abs(height * numpy.sin(angle))), int(abs(width * numpy.sin(angle)) + abs(height * numpy.cos(angle)))
turn = numpy.array([[numpy.cos(angle), numpy.sin(angle)], [-numpy.sin(angle), numpy.cos(angle)]])
out = result((down, across, bands))
for top in range(0, down, 512):
    rows = min(512, down - top)
    for left in range(0, across, 2048):
        columns = min(2048, across - left)
        corner = turn @ numpy.array([left - across / 2, top - down / 2]) + numpy.array([width / 2, height / 2])
        ends = numpy.array([turn @ numpy.array([x, y]) + corner for x in (0, columns) for y in (0, rows)])
        low, high = numpy.floor(ends.min(0)).astype(int) - 3, numpy.ceil(ends.max(0)).astype(int) + 3
        low, high = numpy.clip(low, 0, (width, height)), numpy.clip(high, 0, (width, height))
        if (high <= low).any(): continue
        part = numpy.ascontiguousarray(source[low[1] : high[1], low[0] : high[0]])
        matrix = numpy.column_stack([turn, corner - low])
        out[top : top + rows, left : left + columns] = cv2.warpAffine(part, matrix, (columns, rows), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP)
out.flush()
""",
    ),
}


def measured(command):
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    told = process.stderr.read().decode()
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command[:2]} failed: {told}")
    return time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("program")
    arguments.add_argument("image", type=os.path.abspath)
    arguments.add_argument("--rows", help="only those that begin with one of these")
    arguments.add_argument("--turns", type=int, default=3)
    arguments.add_argument("--memory", default="256M")
    chosen = arguments.parse_args()
    kernel = subprocess.run([sys.executable, "-c", "import pyvips; m = pyvips.Image.logmat(1.4, 0.1, precision='integer'); "
                             "print('/'.join(' '.join(str(int(m(x, y)[0])) for x in range(m.width)) for y in range(m.height)))"],
                            capture_output=True, text=True, check=True).stdout.strip()
    for row, (filters, vips, halo, opencv) in ROWS.items():
        if chosen.rows and not row.startswith(tuple(chosen.rows.split(","))):
            continue
        taken = {}
        for _ in range(chosen.turns):
            with tempfile.TemporaryDirectory(dir=pathlib.Path(chosen.image).parent) as folder:
                out = lambda name: os.path.join(folder, name + ".tif")
                ours = [chosen.program, "export", chosen.image, "--memory", chosen.memory, "--strips", "--compression", "none", "-o", out("m")]
                for filter in filters:
                    ours += ["--filter", filter.replace("{log}", kernel)]
                programs = {"mosaicist": ours, "libvips": [sys.executable, "-c", VIPS.format(operation=vips), chosen.image, out("v")]}
                if opencv:
                    programs["OpenCV"] = [sys.executable, "-c", OPENCV.format(operation=opencv, halo=halo), chosen.image, out("o")]
                for name, command in programs.items():
                    taken.setdefault(name, []).append(measured(command))
                    for written in pathlib.Path(folder).iterdir():
                        written.unlink()
        told = []
        for name, runs in taken.items():
            wall, cpu, peak = zip(*runs)
            told.append(f"{name} {statistics.median(wall):.1f} / {statistics.median(cpu):.1f} s, {max(peak):.0f} MiB")
        print(f"{row}: " + "; ".join(told), flush=True)


main()
