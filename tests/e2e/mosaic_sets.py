"""Mosaics with known positions, for the checks beside this: generated sets, and files of positions of real ones."""
import csv, os, re, subprocess, sys
import numpy as np


def set_of(shared, work, name, seed):
    """The folder of a set of mosaics.py, its rows of truth.csv and its settings. It is made once, in the work folder."""
    sys.dont_write_bytecode = True
    if f"{shared}/bench" not in sys.path:
        sys.path.insert(0, f"{shared}/bench")
    import mosaics
    base = f"{work}/seed{seed}"
    folder = f"{base}/{name}"
    if not os.path.exists(f"{folder}/done"):
        os.makedirs(f"{work}/scenes", exist_ok=True)
        os.makedirs(base, exist_ok=True)
        # Scenes are the same for all seeds.
        if not os.path.lexists(f"{base}/.scenes"):
            os.symlink(f"{work}/scenes", f"{base}/.scenes")
        subprocess.run([sys.executable, f"{shared}/bench/mosaics.py", base, name, "--seed", str(seed)],
                       check=True, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}, stdout=subprocess.DEVNULL)
        open(f"{folder}/done", "w").close()
    with open(f"{folder}/truth.csv", newline="") as table:
        return folder, list(csv.DictReader(table)), mosaics.SETS[name]


def all_names(shared):
    """The names of all sets, in the order that numbers them."""
    if f"{shared}/bench" not in sys.path:
        sys.path.insert(0, f"{shared}/bench")
    sys.dont_write_bytecode = True
    import mosaics
    return sorted(mosaics.SETS)


def overlap_of(spec):
    """How far neighbors overlap, in px across and down."""
    return [size - round(size * (1 - spec["ov"])) for size in (spec["tw"], spec["th"])]


def fiji(path):
    """File to position of a TileConfiguration."""
    with open(path) as lines:
        found = re.findall(r"^(.+?);.*?;\s*\(([-\d.]+),\s*([-\d.]+)\)", lines.read(), re.M)
    return {name.strip(): np.array([float(x), float(y)]) for name, x, y in found}
