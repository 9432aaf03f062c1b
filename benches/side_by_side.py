#!/usr/bin/env python3
"""The same work by this program and by libvips, in turns, in one session: wall time, processor time, peak memory.

    side_by_side.py --bin target/release/mosaicist --work FOLDER --deep-zoom 50=p50 --deep-zoom 100=p100 --photos photos100

--deep-zoom N=FOLDER   N x N tiles of FOLDER to Deep Zoom, JPEG quality 75, tiles of 254 with overlap 1
--photos FOLDER        its pictures, --across 10, to one tiled uncompressed BigTIFF
--sectors N=FOLDER     its pictures, N in a row, to pyramidal tiled BigTIFF: JPEG (quality 89, 4:2:0 by both) and deflate with predictor
--peers LIST           vips (command line), pyvips (run with an interpreter that has it: --python); a missing one is left out

Only ratios within one run count: times on another day are another machine. Peak memory is resident size, of the process
and those it starts. A peer over --memory-limit is ended and shown so. The table is Markdown.
"""
import argparse, json, os, pathlib, platform, shutil, signal, statistics, subprocess, sys, threading, time

PYVIPS = {
    "dzi": "import pyvips,sys; a,o,*t=sys.argv[1:]; j=pyvips.Image.arrayjoin([pyvips.Image.new_from_file(f,access='sequential') "
           "for f in t],across=int(a)); j.dzsave(o,suffix='.jpg[Q=75]')",
    "tif": "import pyvips,sys; a,o,*t=sys.argv[1:]; j=pyvips.Image.arrayjoin([pyvips.Image.new_from_file(f,access='sequential') "
           "for f in t],across=int(a)); j.tiffsave(o,tile=True,tile_width=256,tile_height=256,bigtiff=True)",
}


def commands(opt, kind, folder, across, count):
    """Who does it and how: {name: (arguments, folder to be in)}."""
    tiles = sorted(p.name for p in folder.iterdir())[:count]
    out = opt.work / "out"
    how = ["-o", out / "out.dzi", "--quality", 75] if kind == "dzi" else ["-o", out / "out.tif", "--compression", "none", "--no-pyramid"]
    if kind in ("jpeg", "deflate"):
        how = ["-o", out / "out.tif", "--compression", kind, *(["--quality", 89] if kind == "jpeg" else [])]
    budget = ["--memory", opt.memory] if opt.memory else []
    found = {"mosaicist": ([opt.bin, "stitch", folder, "--across", across, *how, *budget], folder)}
    if "vips" in opt.peers and shutil.which("vips"):
        # Names relative to the folder of tiles, so that all of them fit in one argument; without container=fs .dz may be a ZIP.
        to = "out.dz[suffix=.jpg[Q=75],container=fs]" if kind == "dzi" else "out.tif[tile,tile-width=256,tile-height=256,bigtiff]"
        if kind in ("jpeg", "deflate"):
            packing = "compression=jpeg,Q=89" if kind == "jpeg" else "compression=deflate,predictor=horizontal"
            to = f"out.tif[tile,pyramid,tile-width=256,tile-height=256,bigtiff,{packing}]"
        join = ["vips", "arrayjoin", " ".join(tiles), f"{out}/{to}", "--across", across]
        found["vips"] = join, folder
    if "pyvips" in opt.peers and kind in PYVIPS and has_pyvips(opt):
        found["pyvips"] = [opt.python, "-c", PYVIPS[kind], across, out / ("out" if kind == "dzi" else "out.tif"), *tiles], folder
    return {name: ([str(c) for c in command], where) for name, (command, where) in found.items()}


def has_pyvips(opt):
    return subprocess.run([opt.python, "-c", "import pyvips"], capture_output=True).returncode == 0


def resident(group):
    """Bytes resident in all processes of a group, now and at most."""
    now = most = 0
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.getpgid(int(entry.name)) == group:
                    status = (entry / "status").read_text()
                    now += int(status.split("VmRSS:")[1].split()[0]) << 10
                    most += int(status.split("VmHWM:")[1].split()[0]) << 10
            except (OSError, IndexError, ValueError):
                pass
    return now, most


def measure(opt, command, folder):
    """Run once on a warm cache: wall and processor seconds, peak bytes, bytes and files written, or why not."""
    out = opt.work / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    peak, stopped, over = [0], threading.Event(), []
    with open(opt.work / "messages", "w+b") as messages:
        start = time.perf_counter()
        try:
            process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=messages, stderr=messages, start_new_session=True)
        except OSError as error:   # the tiles' names may not fit in one argument
            return {"failed": f"{error.strerror}"}

        def watch():
            while not stopped.wait(0.05):
                now, most = resident(process.pid)
                peak[0] = max(peak[0], most)
                if now > opt.memory_limit << 30 or time.perf_counter() - start > opt.timeout:
                    over.append(f"over {opt.memory_limit} GiB" if now > opt.memory_limit << 30 else f"over {opt.timeout} s")
                    os.killpg(process.pid, signal.SIGKILL)
                    return

        watcher = threading.Thread(target=watch)
        watcher.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        stopped.set()
        watcher.join()
        messages.seek(0)
        said = messages.read()[-300:].decode(errors="replace").strip()
    if status:
        return {"failed": over[0] if over else f"status {process.returncode}: {said[-120:]}", "wall": wall, "peak": peak[0]}
    files = [p.stat().st_size for p in out.rglob("*") if p.is_file()]
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "peak": max(peak[0], usage.ru_maxrss << 10), "bytes": sum(files), "files": len(files)}


def bench(opt, title, kind, folder, across, count):
    """All who can, in turns, `--runs` times; a row for each."""
    peers, runs = commands(opt, kind, folder.resolve(), across, count), {}
    for turn in range(opt.runs):
        for name, (command, where) in peers.items():
            if any("failed" in r for r in runs.get(name, [])):
                continue
            result = measure(opt, command, where)
            runs.setdefault(name, []).append(result)
            print(json.dumps({"work": title, "who": name, "turn": turn, **{k: round(v, 3) if isinstance(v, float) else v for k, v in result.items()}}),
                  file=sys.stderr, flush=True)
    rows = []
    middle = lambda name, key: statistics.median(r[key] for r in runs[name])
    for name in peers:
        bad = [r["failed"] for r in runs[name] if "failed" in r]
        if bad:
            rows.append(f"| {title} | {name} | {bad[0]} | | | | | | |")
            continue
        wall, cpu, peak = (middle(name, key) for key in ("wall", "cpu", "peak"))
        ours = "failed" not in runs["mosaicist"][-1] and name != "mosaicist"
        ratios = [f"{wall / middle('mosaicist', 'wall'):.2f}", f"{cpu / middle('mosaicist', 'cpu'):.2f}", f"{peak / middle('mosaicist', 'peak'):.1f}"] if ours else ["", "", ""]
        wrote = f"{runs[name][-1]['bytes'] / 1e6:.0f} MB, {runs[name][-1]['files']}"
        rows.append(f"| {title} | {name} | {wall:.1f} | {cpu:.1f} | {peak / 2 ** 20:.0f} | {' | '.join(ratios)} | {wrote} |")
    return rows


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--bin", type=pathlib.Path, required=True, help="the program, built with --release")
    ap.add_argument("--work", type=pathlib.Path, required=True, help="a folder for outputs, on a real disk; what is in it goes")
    ap.add_argument("--deep-zoom", action="append", default=[], metavar="N=FOLDER")
    ap.add_argument("--photos", type=pathlib.Path, metavar="FOLDER")
    ap.add_argument("--sectors", action="append", default=[], metavar="N=FOLDER")
    ap.add_argument("--peers", default="vips,pyvips", type=lambda text: text.split(","))
    ap.add_argument("--python", default=sys.executable, help="the interpreter that has pyvips")
    ap.add_argument("--memory", default="512M", help="what our program may hold; empty: its default")
    ap.add_argument("--memory-limit", type=int, default=12, help="GiB over which a peer is ended")
    ap.add_argument("--timeout", type=float, default=1500, help="seconds after which a peer is ended")
    ap.add_argument("--runs", type=int, default=3)
    opt = ap.parse_args()
    opt.bin, opt.work = opt.bin.resolve(), opt.work.resolve() / "side-by-side"
    opt.work.mkdir(parents=True, exist_ok=True)
    jobs = []
    for text in opt.deep_zoom:
        side, folder = text.split("=", 1)
        jobs.append((f"{side}x{side} to Deep Zoom", "dzi", pathlib.Path(folder), int(side), int(side) ** 2))
    if opt.photos:
        jobs.append(("10x10 to BigTIFF", "tif", opt.photos, 10, 100))
    for text in opt.sectors:
        across, folder = text.split("=", 1)
        count = len(list(pathlib.Path(folder).iterdir()))
        jobs += [(f"{count} sectors to {kind} BigTIFF", kind, pathlib.Path(folder), int(across), count) for kind in ("jpeg", "deflate")]
    if not jobs:
        ap.error("nothing to do: give --deep-zoom, --photos or --sectors")
    for title, _, folder, _, count in jobs:
        have = len(list(folder.iterdir()))
        if have != count:
            sys.exit(f"{folder}: {have} files, wanted {count}")
    rows = [row for job in jobs for row in bench(opt, *job)]
    shutil.rmtree(opt.work)
    vips = subprocess.run(["vips", "--version"], capture_output=True, text=True).stdout.strip() if shutil.which("vips") else "no vips"
    more = subprocess.run([opt.python, "-c", "import pyvips; print('pyvips with libvips %d.%d.%d' % tuple(pyvips.version(i) for i in range(3)))"],
                          capture_output=True, text=True).stdout.strip()
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    print(f"{vips}; {more}; {os.cpu_count()} cores, {platform.system()} {platform.machine()}; median of {opt.runs}; load {load}\n")
    print("| work | who | wall s | CPU s | peak MiB | x wall | x CPU | x memory | written, files |")
    print("|---|---|---|---|---|---|---|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    sys.exit(main())
