#!/usr/bin/env python3
"""Opens each of a folder of small files that ask for too much, and judges how the program ends.

    bombs.py --bin PROGRAM FOLDER [--only PART]

`info`, `crop` and `export` of each file run in a child process with 8 GiB of address space. Each must end within 10 s and 1 GiB,
with status 0 to 3, and write neither a panic nor a control character to the terminal. Prints `FAIL name command: why` and at
last `N passed, M failed`; the exit status is 1 if one failed. Linux only.
"""
import argparse, json, os, pathlib, resource, subprocess, sys, tempfile, time

COMMANDS = {
    "info": ["info", "{file}"],
    "crop": ["crop", "{file}", "--rect", "0,0,64,64", "-o", "{out}/part.tif"],
    "export": ["export", "{file}", "--no-pyramid", "-o", "{out}/out.tif"],
}
ADDRESS_SPACE, LONGEST_FILE, SECONDS, MIB = 8 << 30, 2 << 30, 10, 1024

# The child is started from a small process, whose own peak it would otherwise begin with.
LAUNCH = """
import json, os, subprocess, sys, threading
report, seconds, *command = sys.argv[1:]
child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
timer = threading.Timer(float(seconds), child.kill); timer.start()
_, status, used = os.wait4(child.pid, 0); timer.cancel()
json.dump([os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss], open(report, "w"))
"""


def limits():
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LONGEST_FILE, LONGEST_FILE))


def judge(program, file, command):
    """Why this run is wrong, or nothing, and its last words."""
    with tempfile.TemporaryDirectory() as out:
        arguments = [part.replace("{file}", str(file)).replace("{out}", out) for part in command]
        report, start = pathlib.Path(out, "report"), time.monotonic()
        env = dict(os.environ, HOME=out, XDG_CACHE_HOME=out)
        run = subprocess.run([sys.executable, "-ISc", LAUNCH, report, str(4 * SECONDS), program, *arguments],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=limits, env=env)
        status, busy, peak = json.loads(report.read_text())
        # On a busy machine the clock runs on while the program waits.
        seconds = min(time.monotonic() - start, busy + 1)
    text, wrong = (run.stdout + run.stderr).decode(errors="replace"), []
    if seconds > SECONDS:
        wrong.append(f"{seconds:.0f} s")
    elif status not in (0, 1, 2, 3):
        wrong.append(f"status {status}")
    if peak > MIB << 10:
        wrong.append(f"{peak >> 10} MiB")
    if "panicked" in text or "memory allocation of" in text:
        wrong.append("a panic")
    if any(letter < " " and letter != "\n" or letter == "\x7f" for letter in text):
        wrong.append("control characters")
    if status == 1 and not text.strip():
        wrong.append("no word")
    return wrong, " ".join(text.split())[-160:]


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--bin", required=True, help="the program to judge")
    options.add_argument("--only", default="", help="only files whose names hold this")
    options.add_argument("folder", type=pathlib.Path)
    options = options.parse_args()
    passed = failed = 0
    for file in sorted(options.folder.iterdir()):
        if options.only not in file.name:
            continue
        for name, command in COMMANDS.items():
            wrong, words = judge(os.path.abspath(options.bin), file, command)
            if wrong:
                print(f"FAIL {file.name} {name}: {', '.join(wrong)}; {words}", flush=True)
            failed, passed = failed + bool(wrong), passed + (not wrong)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
