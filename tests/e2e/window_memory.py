#!/usr/bin/env python3
"""Open ten large images in the real window under Xvfb, look at them, close them: the memory that they took is given back.

    window_memory.py --bin PROGRAM [--shots FOLDER]

Ten names of one JPEG of 63 Mpx, each opened in a tab by the dialog for a location.
"""
import argparse, contextlib, os, pathlib, shutil, sys, tempfile, time

import numpy as np
from PIL import Image

from window import Desktop, Stop, Window, check, counts, wait_for

COUNT = 10
# By so much more than at the start the program may hold in the end.
MORE = 1.2


def make_images(folder):
    """Paths of ten images that the program knows as different ones."""
    random = np.random.default_rng(7)
    coarse = Image.fromarray(random.integers(0, 256, (70, 90, 3), dtype=np.uint8))
    picture = np.asarray(coarse.resize((9000, 7000), Image.BICUBIC)).astype(np.int16)
    picture += random.integers(-10, 11, (7000, 9000, 1), dtype=np.int16)
    first = folder / "image-0.jpg"
    Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(first, quality=88)
    others = [folder / f"image-{number}.jpg" for number in range(1, COUNT)]
    for other in others:
        os.link(first, other)
    return [first, *others]


def resident(process):
    """MiB that the process holds."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def at_rest(window, process, name):
    """MiB held once nothing more happens."""
    window.settled(name, 120)

    def is_idle():
        before = window.cpu()
        time.sleep(1)
        return window.cpu() - before < 0.03

    wait_for("rest", 180, is_idle)
    # Freed memory is handed back a little later.
    time.sleep(3)
    return resident(process)


def use(window, process, images):
    start = at_rest(window, process, "memory-1-start")
    for image in images:
        window.key("ctrl+l")
        time.sleep(0.4)
        window.desktop.ask("xdotool", "type", "--delay", "8", str(image))
        window.key("Return")
        time.sleep(1)
        window.settled("memory-2-opened", 60)
    for _ in images:
        window.key("ctrl+Tab", "1")
        for _ in range(3):
            window.drag(700, 450, -400, -300, button=2)
            time.sleep(0.5)
        window.key("0")
        time.sleep(0.5)
    looked = at_rest(window, process, "memory-3-looked-at")
    for _ in images:
        window.key("ctrl+w")
        time.sleep(0.3)
    closed = at_rest(window, process, "memory-4-closed")
    print(f"  {start:.0f} MiB at the start, {looked:.0f} with {COUNT} images looked at, {closed:.0f} after closing them", flush=True)
    check(looked > start * 2, "the images take memory", f"{looked:.0f} MiB")
    check(closed < start * MORE, "and closing them gives it back", f"{closed:.0f} MiB")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--bin", required=True, help="the program")
    ap.add_argument("--shots", type=pathlib.Path, help="keep the screenshots here")
    opt = ap.parse_args()
    for tool in ("Xvfb", "openbox", "xdotool", "xwd", "xprop"):
        shutil.which(tool) or sys.exit(f"{tool} is missing (Debian: xvfb openbox xdotool x11-apps x11-utils)")
    program = os.path.abspath(shutil.which(opt.bin) or sys.exit(f"{opt.bin}: no such program"))
    with tempfile.TemporaryDirectory(prefix="mosaicist-memory-", ignore_cleanup_errors=True) as folder:
        folder = pathlib.Path(folder)
        shots = opt.shots or folder / "shots"
        shots.mkdir(parents=True, exist_ok=True)
        images = make_images(folder)
        desktop = Desktop(folder)
        try:
            desktop.open_display()
            process = desktop.start("program", program)
            window = Window(desktop, process, shots)
            use(window, process, images)
            check(process.poll() is None, "the program is still running", process.returncode)
            window.key("alt+F4")
            with contextlib.suppress(Stop):
                wait_for("the end", 15, lambda: process.poll() is not None)
            check("panicked" not in desktop.log("program"), "no panic", desktop.log("program"))
        except Stop as stop:
            check(False, "the whole way", stop)
        finally:
            desktop.close()
    print(f"{counts[True]} passed, {counts[False]} failed")
    return bool(counts[False]) or not counts[True]


if __name__ == "__main__":
    sys.exit(main())
