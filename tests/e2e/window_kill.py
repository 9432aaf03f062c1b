#!/usr/bin/env python3
"""Kill the real window in the middle of a drag, of a save and of an export, and look at what the next start offers.

    window_kill.py --bin mosaicist [--shots FOLDER]

Needs no dialog of the system: under a bare Xvfb there is none, so paths are typed. The last line counts the checks.
"""
import argparse, contextlib, json, os, pathlib, shutil, signal, subprocess, sys, tempfile, time

import numpy as np
from PIL import Image

from window import Desktop, HEIGHT, Stop, WIDTH, Window, check, colours_of, counts, wait_for

ACCENT = (0x22, 0x3B, 0x6B)   # of the button that a dialog proposes, in the dark theme
TILE = (320, 240)
MANY = 20000 * os.cpu_count()  # images of the document whose saving and export are killed: some 20 s of export


def make_tiles(folder):
    """Six tiles that are told apart by their colours."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(7)
    for number in range(6):
        tile = rng.integers(0, 60, (TILE[1], TILE[0], 3), np.uint8)
        tile[:, :, number % 3] += 60 + 20 * number
        tile[8:-8:8, ::2] += 40
        Image.fromarray(tile).save(folder / f"t{number}.png")
    return folder


def make_project(path, tiles):
    """A project of very many placements of the six tiles."""
    across = int(MANY ** 0.5)
    place = lambda n: {"id": n + 1, "path": str(tiles / f"t{n % 6}.png"), "page": 0, "visible": True,
                       "position": [float(n % across * TILE[0]), float(n // across * TILE[1])],
                       "size": {"width": TILE[0], "height": TILE[1]}}
    project = {"mosaicist": 1, "placements": [place(n) for n in range(MANY)], "regions": [], "background": [0, 0, 0], "last_id": MANY}
    path.write_text(json.dumps(project))


class Session:
    """Runs of the program, one after another, with one home."""

    def __init__(self, desktop, program, shots):
        self.desktop, self.program, self.shots, self.window = desktop, program, shots, None

    def start(self, *arguments):
        self.process = self.desktop.start("program", self.program, *map(str, arguments))
        self.window = Window(self.desktop, self.process, self.shots)
        return self.window

    def kill(self):
        """As the system does when memory is short, or as a loss of power."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def quit(self):
        self.window.key("ctrl+q")
        wait_for("the end", 30, lambda: self.process.poll() is not None)
        check(self.process.returncode == 0, "the window closes well", self.process.returncode)
        check("panicked" not in self.desktop.log("program"), "no panic", self.desktop.log("program"))

    def copies(self):
        return sorted(self.desktop.folder.rglob("*.recovery"))

    def glance(self, name):
        """A screenshot a little later: a blinking caret keeps the window repainting."""
        time.sleep(1)
        Image.fromarray(self.window.picture()).save(self.shots / f"{name}.png")

    def press_proposed(self, name, lowest=True):
        """Click the lowest (or highest) button that is filled with the accent."""
        picture = self.window.settled(name)
        close = np.abs(picture.astype(int) - ACCENT).max(-1) <= 3
        rows = np.flatnonzero(close[:, :].sum(1) >= 30)
        if not len(rows):
            raise Stop(f"{name}: no button is proposed")
        # The button's own rows, then the run of columns that is widest.
        breaks = np.flatnonzero(np.diff(rows) > 1)
        band = rows[breaks[-1] + 1:] if lowest and len(breaks) else rows if lowest or not len(breaks) else rows[:breaks[0] + 1]
        columns = np.flatnonzero(close[band].any(0))
        runs = np.split(columns, np.flatnonzero(np.diff(columns) > 24) + 1)
        run = max(runs, key=len)
        self.window.point((run[0] + run[-1]) / 2, (band[0] + band[-1]) / 2)
        self.window.do("click", 1)
        self.window.point(5, HEIGHT // 2)   # no hint over what is looked at next


def shown(window):
    wait_for("a picture", 120, lambda: colours_of(window.picture()) > 500)


def positions(path):
    """Where the images of a project of either version lie; one at the origin may be written without a place."""
    return [tuple(map(float, p.get("at") or p.get("position") or (0, 0))) for p in json.loads(path.read_text())["placements"]]


def kill_in_a_drag(session, folder):
    tiles = make_tiles(folder / "pictures" / "tiles")
    window = session.start(tiles)
    shown(window)
    window.key("0", "v")
    picture = window.settled("kill-1-opened")
    height, width = picture.shape[:2]
    x, y = width * 0.45, height * 0.45
    window.drag(x, y, 0, 160)           # one edit
    window.key("Escape")
    # The next drag begins at once and never ends.
    x, y = width * 0.6, height * 0.45
    window.point(x, y)
    window.do("mousedown", 1)
    for step in range(1, 12):
        window.point(x + 8 * step, y - 4 * step)
    time.sleep(0.3)
    session.kill()
    session.desktop.ask("xdotool", "mouseup", "1")
    check(len(session.copies()) == 1, "killed in a drag: the edit before it is saved", session.copies())

    window = session.start()
    wait_for("the offer", 20, lambda: session.copies())
    session.press_proposed("kill-2-drag-offered")
    shown(window)
    window.settled("kill-3-drag-recovered")
    window.key("ctrl+s")
    session.glance("kill-4-save-as")
    window.key("Return")
    saved = folder / "pictures" / "tiles.mosaic"
    wait_for("the project", 20, saved.is_file)
    wait_for("the end of the copy", 20, lambda: not session.copies())
    now = positions(saved)
    grid = [(float(n % 3 * TILE[0]), float(n // 3 * TILE[1])) for n in range(6)]
    moved = [n for n in range(6) if now[n] != grid[n]]
    check(len(moved) == 1, "recovered: one tile has moved, by the drag that ended", now)
    window.settled("kill-5-saved")
    session.quit()
    return tiles


def kill_in_a_save(session, folder, tiles):
    project = folder / "pictures" / "many.mosaic"
    make_project(project, tiles)
    first = positions(project)
    window = session.start(project)
    shown(window)
    window.settled("kill-6-many", 60)
    window.key("ctrl+a", "Right", "Right")
    wait_for("the copy", 30, session.copies)
    before, others = project.read_bytes(), set(project.parent.iterdir())
    size = session.copies()[0].stat().st_size
    window.desktop.ask("xdotool", "key", "ctrl+s")
    end = time.monotonic() + 20
    while time.monotonic() < end and set(project.parent.iterdir()) == others and project.read_bytes() == before:
        pass
    session.kill()
    whole = json.loads(project.read_text())
    check(len(whole["placements"]) == MANY, "killed in a save: the project is whole", len(whole["placements"]))
    early = project.read_bytes() == before
    print(f"  the kill came {'before' if early else 'after'} the new file was in its place; copy of {size >> 10} KiB", flush=True)

    window = session.start()
    if early:
        check(len(session.copies()) == 1, "the changes are offered", session.copies())
        session.press_proposed("kill-7-save-offered")
        shown(window)
        window.settled("kill-8-save-recovered", 60)
        window.key("ctrl+s")
        wait_for("the project", 30, lambda: project.read_bytes() != before)
        wait_for("the end of the copy", 20, lambda: not session.copies())
    else:
        window.settled("kill-7-save-offered")
    now = positions(project)
    check(now == [(x + 2, y) for x, y in first], "with both moves of all tiles", now[:2])
    left = [path.name for path in project.parent.iterdir() if path.name.startswith(".mosaicist-") and path.is_file()]
    print(f"  left beside it: {left}", flush=True)
    session.kill()
    return project


def kill_in_an_export(session, project):
    window = session.start(project)
    shown(window)
    window.key("ctrl+e")
    session.press_proposed("kill-9-export")
    out = project.with_suffix(".dzi")
    part = wait_for("the work folder", 20, lambda: [p for p in project.parent.iterdir() if p.name.startswith(".many")])
    time.sleep(14)
    check(not out.exists(), "nothing stands under the name while it runs")
    session.kill()
    check(not out.exists() and part[0].exists(), "killed in an export: no output, and the export can be resumed")

    window = session.start()
    picture = window.settled("kill-10-export-told")
    check(len(np.unique(picture.reshape(-1, 3), axis=0)) > 50, "the next start tells of it")
    window.key("Escape", "ctrl+l")
    session.glance("kill-11-open-location")
    window.do("type", str(project))
    window.key("Return")
    shown(window)
    window.settled("kill-12-opened-again", 60)
    window.key("ctrl+e")
    session.press_proposed("kill-13-export-again")
    time.sleep(1)
    session.press_proposed("kill-14-resume")
    wait_for("the export", 900, out.is_file)
    window.settled("kill-15-exported")
    check((project.parent / "many_files").is_dir() and not part[0].exists(), "resumed: it is there, and no work folder any more")
    session.quit()


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--bin", required=True, help="the program")
    ap.add_argument("--shots", type=pathlib.Path, help="keep the screenshots here")
    opt = ap.parse_args()
    for tool in ("Xvfb", "openbox", "xdotool", "xwd", "xprop"):
        shutil.which(tool) or sys.exit(f"{tool} is missing (Debian: xvfb openbox xdotool x11-apps x11-utils)")
    program = os.path.abspath(shutil.which(opt.bin) or sys.exit(f"{opt.bin}: no such program"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))   # so that `close` runs
    with tempfile.TemporaryDirectory(prefix="mosaicist-kill-", ignore_cleanup_errors=True) as folder:
        folder = pathlib.Path(folder)
        shots = opt.shots or folder / "shots"
        shots.mkdir(parents=True, exist_ok=True)
        desktop = Desktop(folder)
        try:
            desktop.open_display()
            session = Session(desktop, program, shots)
            tiles = kill_in_a_drag(session, folder)
            project = kill_in_a_save(session, folder, tiles)
            kill_in_an_export(session, project)
        except (Stop, subprocess.TimeoutExpired) as stop:
            check(False, "the whole way", stop)
            with contextlib.suppress(FileNotFoundError):
                print(desktop.log("program"))
        finally:
            desktop.close()
    print(f"{counts[True]} passed, {counts[False]} failed")
    return bool(counts[False]) or not counts[True]


if __name__ == "__main__":
    sys.exit(main())
