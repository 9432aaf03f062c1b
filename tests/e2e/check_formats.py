#!/usr/bin/env python3
"""Read the set of real files and hold what was reached: what is listed must pass, and nothing may crash.

    check_formats.py --bin mosaicist --data FOLDER [--list formats-expected.txt] [--write]

Runs the set's own check_formats.py. Fails if a file of the list does not pass, or if any file at all makes the program
crash, hang or take too much memory. Files that pass without being listed are counted; --write lists them.
"""
import argparse, collections, json, pathlib, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent
HEAD = "# Files of the set that must read as recorded; written by check_formats.py --write. The list only grows.\n"


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--bin", required=True, help="the program")
    ap.add_argument("--data", type=pathlib.Path, required=True, help="the set: check_formats.py, expected-dev.json and the files")
    ap.add_argument("--list", type=pathlib.Path, default=HERE / "formats-expected.txt", help="paths that must pass")
    ap.add_argument("--kind", default="", help="only these kinds, comma separated (all)")
    ap.add_argument("--write", action="store_true", help="add what passes to the list")
    opt = ap.parse_args()
    checker, expected = opt.data / "check_formats.py", opt.data / "expected-dev.json"
    for file in (checker, expected, opt.list):
        if not file.is_file():
            sys.exit(f"{file} is missing: the formats cannot be checked")
    with tempfile.TemporaryDirectory() as folder:
        answers = pathlib.Path(folder) / "results.json"
        command = [sys.executable, checker, "--bin", pathlib.Path(opt.bin).resolve(), "--data", opt.data, "--expected", expected,
                   "--kind", opt.kind, "--json", answers]
        done = subprocess.run(command, capture_output=True, text=True)
        if not answers.is_file():
            sys.exit(f"the set's own check ended with status {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        results = json.loads(answers.read_text())
    by_path = {r["path"]: r for r in results}
    listed = [line.strip() for line in opt.list.read_text().splitlines() if line.strip() and not line.startswith("#")]
    passed = {p for p, r in by_path.items() if r["outcome"] == "passed"}
    unknown = [] if opt.kind else sorted(set(listed) - set(by_path))
    lost = [by_path[p] for p in listed if p in by_path and p not in passed]
    broken = [r for r in results if r["outcome"] in ("crash", "timeout", "memory")]
    gained = sorted(passed - set(listed))

    kinds = collections.defaultdict(collections.Counter)
    for r in results:
        kinds[r["kind"]].update([r["outcome"], "total"])
    for kind, n in sorted(kinds.items()):
        print(f"  {kind:22}{n['passed']:5} of {n['total']:4} pass")
    for path in unknown:
        print(f"FAILED listed, but not in the set: {path}")
    for r in lost:
        print(f"FAILED no longer passes: {r['path']}: {r['why']}")
    for r in broken:
        print(f"FAILED {r['outcome']}: {r['path']}: {r['why']}")
    if opt.write:
        opt.list.write_text(HEAD + "".join(p + "\n" for p in sorted(set(listed) | passed)))
    print(f"  {len(gained)} files pass that were not listed" + (": listed now" if opt.write else "; --write lists them" if gained else ""))
    for path in gained[:10]:
        print(f"    {path}")
    if not listed and not opt.write:
        print("FAILED the list names no file")
    bad = {r["path"] for r in lost + broken} | set(unknown) | ({""} if not listed and not opt.write else set())
    print(f"{len([p for p in listed if p in passed])} passed, {len(bad)} failed")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
