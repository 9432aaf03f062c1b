#!/usr/bin/env python3
"""Draw regions in the real window under Xvfb, with mouse and keys.

    window_regions.py --bin PROGRAM --shots FOLDER IMAGE

Each tool draws something; the saved project must hold it. Look at the pictures in FOLDER.
"""
import argparse, contextlib, json, os, pathlib, shutil, sys, tempfile, time

from window import Desktop, Stop, Window, changed, check, counts, wait_for


def click(window, x, y, *modifiers):
    window.point(x, y)
    for key in modifiers:
        window.do("keydown", key)
    window.do("click", 1)
    for key in modifiers:
        window.do("keyup", key)
    time.sleep(0.45)   # not the second of two


def draw(window, width, height):
    at = lambda x, y: (width * x, height * y)
    window.key("m")
    window.drag(*at(.2, .2), 160, 110)
    window.key("o")
    window.drag(*at(.4, .2), 150, 110)
    window.key("p")
    for x, y in [(.55, .2), (.66, .22), (.68, .38), (.6, .42)]:
        click(window, *at(x, y))
    window.key("Return")
    window.key("d")
    window.point(*at(.2, .5))
    window.do("mousedown", 1)
    for dx, dy in [(60, 0), (120, 20), (130, 60), (60, 80), (0, 50), (0, 10)]:
        window.point(at(.2, .5)[0] + dx, at(.2, .5)[1] + dy)
    window.do("mouseup", 1)
    window.key("shift+b")
    window.drag(*at(.4, .55), 170, 40)
    window.key("period")
    for x in (.56, .59, .62):
        click(window, *at(x, .5))
    window.key("Return", "shift+l")
    window.drag(*at(.22, .75), 200, -40)
    window.key("shift+a")
    for x, y in [(.45, .8), (.52, .7), (.62, .78)]:
        click(window, *at(x, y))
    window.key("shift+t")
    click(window, *at(.63, .62))


def use(window, project):
    picture = window.settled("regions-1-opened", 120)
    height, width = picture.shape[:2]
    draw(window, width, height)
    drawn = window.settled("regions-2-drawn")
    check(changed(picture, drawn) > 0.003, "regions are drawn", changed(picture, drawn))
    window.key("ctrl+s")
    time.sleep(1)
    window.key("ctrl+a")
    window.desktop.ask("xdotool", "type", "--delay", "20", str(project))
    window.key("Return")
    wait_for("the project", 30, project.exists)
    time.sleep(0.5)
    regions = json.loads(project.read_text())["regions"]
    shapes = sorted(next(iter(r["roi"]["geometry"])) if "roi" in r else "rectangle" for r in regions)
    expected = sorted(["rectangle", "ellipse", "polygon", "polygon", "polygon", "points", "line", "angle", "text"])
    check(set(expected) <= set(shapes), "every tool has drawn its shape", shapes)
    window.key("m")
    click(window, width * .25, height * .25)
    window.settled("regions-3-selected")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--bin", required=True)
    ap.add_argument("--shots", type=pathlib.Path, required=True)
    ap.add_argument("image", type=pathlib.Path)
    opt = ap.parse_args()
    for tool in ("Xvfb", "openbox", "xdotool", "xwd", "xprop"):
        shutil.which(tool) or sys.exit(f"{tool} is missing (Debian: xvfb openbox xdotool x11-apps x11-utils)")
    program = os.path.abspath(shutil.which(opt.bin) or sys.exit(f"{opt.bin}: no such program"))
    with tempfile.TemporaryDirectory(prefix="mosaicist-regions-", ignore_cleanup_errors=True) as folder:
        opt.shots.mkdir(parents=True, exist_ok=True)
        folder = pathlib.Path(folder)
        config = folder / "config_home" / "mosaicist"
        desktop = Desktop(folder)
        config.mkdir(parents=True)
        (config / "settings.json").write_text(json.dumps({"panel": "regions"}))
        try:
            desktop.open_display()
            process = desktop.start("program", program, str(opt.image.resolve()))
            window = Window(desktop, process, opt.shots)
            use(window, folder / "drawn.mosaic")
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
