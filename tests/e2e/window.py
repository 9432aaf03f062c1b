#!/usr/bin/env python3
"""Use the real window as a person does: under Xvfb, with mouse and keys, and look at what it shows.

    window.py --bin mosaicist [--shots FOLDER] [what to open; "demo" if nothing is said]

Starts a display, a window manager and the program with a fresh configuration of its own, and ends them again. Input goes
through XTEST (xdotool), so it takes the way of a real mouse and keyboard. The last line counts the checks.
"""
import argparse, contextlib, os, pathlib, shutil, signal, struct, subprocess, sys, tempfile, time

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 1440, 900
counts = {True: 0, False: 0}


class Stop(Exception):
    """Going on makes no sense."""


def check(ok, what, detail=""):
    """Count one check and print it."""
    counts[bool(ok)] += 1
    print(("  ok      " if ok else "  FAILED  ") + what + (f": {detail}" if detail and not ok else ""), flush=True)
    return bool(ok)


def wait_for(what, seconds, found):
    """Call `found` until it gives something true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if result := found():
            return result
        time.sleep(0.05)
    raise Stop(f"{what}: not within {seconds} s")


class Desktop:
    """A display of its own, a window manager on it, and one program."""

    def __init__(self, folder):
        self.folder, self.running = pathlib.Path(folder), []
        self.env = {k: v for k, v in os.environ.items() if k not in ("WAYLAND_DISPLAY", "WAYLAND_SOCKET", "DBUS_SESSION_BUS_ADDRESS")}
        for name in ("CONFIG_HOME", "CACHE_HOME", "DATA_HOME", "STATE_HOME", "RUNTIME_DIR"):
            path = self.folder / name.lower()
            path.mkdir(mode=0o700)
            self.env[f"XDG_{name}"] = str(path)
        self.env |= {"HOME": str(self.folder), "LIBGL_ALWAYS_SOFTWARE": "1", "NO_AT_BRIDGE": "1"}

    def start(self, name, *command, **more):
        log = open(self.folder / f"{name}.log", "w")
        process = subprocess.Popen(command, env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **more)
        log.close()
        self.running.append((name, process))
        return process

    def log(self, name):
        return (self.folder / f"{name}.log").read_text(errors="replace")[-2000:]

    def open_display(self):
        """Xvfb takes the first free number itself and tells it through a pipe."""
        ours, its = os.pipe()
        self.start("xvfb", "Xvfb", "-displayfd", str(its), "-screen", "0", f"{WIDTH + 40}x{HEIGHT + 60}x24", "-nolisten", "tcp", pass_fds=[its])
        os.close(its)
        os.set_blocking(ours, False)

        def number():
            with contextlib.suppress(BlockingIOError):
                return os.read(ours, 16).decode().strip()

        self.env["DISPLAY"] = ":" + wait_for("a display", 20, number)
        os.close(ours)
        self.start("openbox", "openbox")
        wait_for("the window manager", 10, lambda: "_NET_SUPPORTING_WM_CHECK(WINDOW)" in self.ask("xprop", "-root", "_NET_SUPPORTING_WM_CHECK"))

    def ask(self, *command, binary=False):
        """What a short command prints; nothing if it fails."""
        done = subprocess.run(command, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
        out = done.stdout if done.returncode == 0 else b""
        return out if binary else out.decode(errors="replace").strip()

    def close(self):
        for name, process in reversed(self.running):
            if process.poll() is None:
                process.terminate()
        for name, process in reversed(self.running):
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()


class Window:
    """The program's window, its picture and its controls."""

    def __init__(self, desktop, process, shots):
        self.desktop, self.process, self.shots = desktop, process, shots
        self.id = wait_for("the window", 60, self.find)
        desktop.ask("xdotool", "windowactivate", "--sync", self.id)
        desktop.ask("xdotool", "windowmove", self.id, "0", "0", "windowsize", self.id, str(WIDTH), str(HEIGHT))
        desktop.ask("xdotool", "windowfocus", "--sync", self.id)

    def find(self):
        if self.process.poll() is not None:
            raise Stop(f"the program ended with status {self.process.returncode}: {self.desktop.log('program')}")
        clients = self.desktop.ask("xprop", "-root", "_NET_CLIENT_LIST").partition("#")[2].replace(",", " ").split()
        named = [c for c in clients if "mosaicist" in self.desktop.ask("xprop", "-id", c, "_NET_WM_NAME", "WM_NAME").lower()]
        return named and named[0]

    def picture(self):
        """What the window shows, (height, width, 3)."""
        dump = self.desktop.ask("xwd", "-silent", "-id", self.id, binary=True)
        if not dump:
            raise Stop(f"no picture of the window; the program's status: {self.process.poll()}")
        # X11/XWDFile.h: 25 numbers, big-endian; then the window's name, the colours, the pixels.
        head = struct.unpack(">25I", dump[:100])
        size, width, height, little, bits, line, colours = head[0], head[4], head[5], head[7] == 0, head[11], head[12], head[19]
        if bits != 32:
            raise Stop(f"the display has {bits} bits for a pixel, not 32")
        pixels = np.frombuffer(dump, np.uint8, height * line, size + colours * 12).reshape(height, line)[:, :width * 4]
        pixels = pixels.reshape(height, width, 4)
        return np.ascontiguousarray(pixels[..., 2::-1] if little else pixels[..., 1:])

    def settled(self, name, seconds=30):
        """The picture once it has stayed the same for half a second."""
        end, before, since = time.monotonic() + seconds, self.picture(), time.monotonic()
        while time.monotonic() - since < 0.5:
            time.sleep(0.1)
            now = self.picture()
            if now.shape != before.shape or (now != before).any():
                before, since = now, time.monotonic()
            if time.monotonic() > end:
                check(False, f"{name}: the picture comes to rest within {seconds} s")
                break
        Image.fromarray(before).save(self.shots / f"{name}.png")
        return before

    def do(self, *words):
        self.desktop.ask("xdotool", *map(str, words))
        time.sleep(0.08)   # press, move and release at once are lost

    def point(self, x, y):
        self.do("mousemove", "--window", self.id, round(x), round(y))

    def wheel(self, x, y, notches):
        self.point(x, y)
        for _ in range(abs(notches)):
            self.do("click", 4 if notches > 0 else 5)

    def drag(self, x, y, dx, dy, button=1):
        self.point(x, y)
        self.do("mousedown", button)
        for step in range(1, 9):
            self.point(x + dx * step / 8, y + dy * step / 8)
        self.do("mouseup", button)

    def key(self, *names):
        for name in names:
            self.do("key", name)

    def cpu(self):
        """Seconds of processor the program has used."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def canvas_of(picture):
    """The middle of the window, where the canvas is whatever panels there are."""
    height, width = picture.shape[:2]
    return picture[int(height * 0.25):int(height * 0.75), int(width * 0.3):int(width * 0.7)]


def colours_of(picture):
    """How many colours the canvas has."""
    return len(np.unique(canvas_of(picture).reshape(-1, 3), axis=0))


def changed(a, b):
    """The part of the canvas that differs: squares of 4 by 4, so that a shift by part of a pixel hardly counts."""
    if a.shape != b.shape:
        return 1.0
    a, b = (canvas_of(p).astype(float) for p in (a, b))
    height, width = a.shape[0] // 4, a.shape[1] // 4
    a, b = (p[:height * 4, :width * 4].reshape(height, 4, width, 4, 3).mean((1, 3)) for p in (a, b))
    return float((np.abs(a - b).max(-1) > 20).mean())


def moved_by(a, b, most=200):
    """(dx, dy) by which `a`'s canvas has moved in `b`'s: the peak of their phase correlation (Kuglin and Hines, 1975)."""
    a, b = (canvas_of(p).astype(float).mean(-1) for p in (a, b))
    window = np.outer(np.hanning(a.shape[0]), np.hanning(a.shape[1]))
    spectrum = np.fft.fft2((b - b.mean()) * window) * np.conj(np.fft.fft2((a - a.mean()) * window))
    peak = np.fft.ifft2(spectrum / np.maximum(np.abs(spectrum), 1e-9)).real
    y, x = np.unravel_index(peak.argmax(), peak.shape)
    return (x if x <= peak.shape[1] // 2 else x - peak.shape[1]), (y if y <= peak.shape[0] // 2 else y - peak.shape[0])


def use(window):
    """Everything that is checked, in the order a person might do it."""
    start = time.monotonic()
    with contextlib.suppress(Stop):   # an example may have to be made first
        wait_for("a picture", 180, lambda: colours_of(window.picture()) > 2000)
    print(f"  a picture after {time.monotonic() - start:.1f} s more", flush=True)
    first = window.settled("1-opened", 60)
    check(first.shape[0] >= HEIGHT * 0.8 and first.shape[1] >= WIDTH * 0.8, "the window has its size", first.shape)
    check(colours_of(first) > 2000, "the canvas shows a picture", f"{colours_of(first)} colours")

    window.key("0")
    fit = window.settled("2-fit")
    height, width = fit.shape[:2]
    x, y = width * 0.5, height * 0.5
    window.wheel(x, y, 5)
    zoomed = window.settled("3-zoomed")
    check(changed(fit, zoomed) > 0.2, "the wheel zooms in", f"{changed(fit, zoomed):.3f} of the canvas changed")
    window.wheel(x, y, -5)
    back = window.settled("4-zoomed-back")
    check(changed(fit, back) < 0.1, "and out again to the same", f"{changed(fit, back):.3f} of the canvas differs")

    window.key("1")
    full = window.settled("5-full-size")
    check(changed(fit, full) > 0.2, "1 shows full size", f"{changed(fit, full):.3f} of the canvas changed")
    # The middle button moves the view, whatever tool is on and whatever lies below.
    window.drag(x, y, -120, -75, button=2)
    panned = window.settled("6-panned")
    move = moved_by(full, panned)
    check(abs(move[0] + 120) <= 2 and abs(move[1] + 75) <= 2, "dragging with the middle button moves the view with the hand", f"moved by {move}")

    window.key("0")
    again = window.settled("7-fit-again")
    check(changed(fit, again) < 0.01, "0 shows everything again", f"{changed(fit, again):.3f} of the canvas differs")

    # A tile is dragged, and put back by undo.
    window.key("v")
    window.drag(x, y, 90, 60)
    dragged = window.settled("8-tile-dragged")
    check(changed(again, dragged) > 0.01, "a drag moves what is under it", f"{changed(again, dragged):.3f} of the canvas changed")
    window.key("ctrl+z", "Escape", "0")   # and nothing selected, so that no outline is left
    window.point(5, height - 5)
    undone = window.settled("9-undone")
    window.key("ctrl+shift+z", "0")
    redone = window.settled("10-redone")
    window.key("ctrl+z", "0", "Escape")
    last = window.settled("11-undone-again")
    check(changed(again, undone) < changed(again, dragged) / 4, "Ctrl+Z puts it back", f"{changed(again, undone):.3f} of the canvas differs")
    check(changed(undone, redone) > 0.01, "Ctrl+Shift+Z moves it again", f"{changed(undone, redone):.3f} of the canvas changed")
    check(changed(undone, last) < changed(undone, redone) / 4, "and Ctrl+Z puts it back again", f"{changed(undone, last):.3f} of the canvas differs")

    window.point(width * 0.5, height * 0.5)
    time.sleep(2)
    before = window.cpu()
    time.sleep(3)
    used = window.cpu() - before
    check(used <= 0.1, "nothing happens when nobody does anything", f"{used:.2f} s of processor in 3 s")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--bin", required=True, help="the program")
    ap.add_argument("--shots", type=pathlib.Path, help="keep the screenshots here")
    ap.add_argument("open", nargs="*", default=["demo"], help="the program's arguments")
    opt = ap.parse_args()
    for tool in ("Xvfb", "openbox", "xdotool", "xwd", "xprop"):
        shutil.which(tool) or sys.exit(f"{tool} is missing (Debian: xvfb openbox xdotool x11-apps x11-utils)")
    program = os.path.abspath(shutil.which(opt.bin) or sys.exit(f"{opt.bin}: no such program"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))   # so that `close` runs
    with tempfile.TemporaryDirectory(prefix="mosaicist-window-", ignore_cleanup_errors=True) as folder:
        shots = opt.shots or pathlib.Path(folder) / "shots"
        shots.mkdir(parents=True, exist_ok=True)
        desktop = Desktop(folder)
        try:
            desktop.open_display()
            start = time.monotonic()
            process = desktop.start("program", program, *opt.open)
            window = Window(desktop, process, shots)
            check(True, "the window is there")
            print(f"  after {time.monotonic() - start:.1f} s", flush=True)
            use(window)
            check(process.poll() is None, "the program is still running", process.returncode)
            window.key("alt+F4")   # the window manager asks the program to close, as its own button would
            with contextlib.suppress(Stop):
                wait_for("the end", 15, lambda: process.poll() is not None)
            check(process.returncode == 0, "closing the window ends the program well", f"status {process.returncode}")
            check("panicked" not in desktop.log("program"), "no panic", desktop.log("program"))
        except (Stop, subprocess.TimeoutExpired) as stop:
            check(False, "the whole way", stop)
            print(desktop.log("program") if (desktop.folder / "program.log").exists() else "")
        finally:
            desktop.close()
    print(f"{counts[True]} passed, {counts[False]} failed")
    return bool(counts[False]) or not counts[True]


if __name__ == "__main__":
    sys.exit(main())
