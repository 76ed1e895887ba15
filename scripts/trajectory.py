"""Reads admd's .h5md trajectories with h5py; shared by the scripts in this folder."""

import sys
from pathlib import Path

try:
    import h5py
    import numpy as np
except ImportError as error:
    sys.exit(f"error: {error}; run: pip install -r scripts/requirements.txt")

PARTICLES = "particles/trajectory"


def fail(message):
    """Ends the program with a message and exit code 1."""
    sys.exit(f"error: {message}")


def open_trajectory(path, locking=False):
    """Opens a trajectory for reading; without HDF5's lock, so that it may be on a file system that knows none."""
    if not Path(path).is_file():
        fail(f"{path} does not exist or is no file; check the path")
    try:
        file = h5py.File(path, "r", locking=locking)
    except OSError as error:
        fail(f"{path} cannot be opened as HDF5 ({error}); is it a whole .h5md file?")
    if PARTICLES not in file:
        fail(f"{path} has no group {PARTICLES}; is it a trajectory of admd?")
    return file


def unit(dataset):
    """The unit of a dataset; empty in reduced units."""
    value = dataset.attrs.get("unit", "")
    return value.decode() if isinstance(value, bytes) else value


def table(file, group):
    """Steps, times and the observables of /thermo or /observables as a dictionary of arrays."""
    if group not in file or not len(file[group]):
        return {}
    names = sorted(file[group])
    steps = file[group][names[0]]["step"][:]
    rows = len(steps)  # `step` is extended last: rows beyond it are not complete
    if (steps < 0).any():  # nor are steps that were not written when the run was stopped
        rows = int(np.argmax(steps < 0))
    out = {"step": steps[:rows], "time": file[group][names[0]]["time"][:rows]}
    for name in names:
        out[name] = file[group][name]["value"][:rows]
    return out


def save(figure, output):
    """Writes a picture, and says where."""
    try:
        figure.savefig(output, dpi=150)
    except (OSError, ValueError) as error:
        fail(f"cannot write {output}: {error}")
    print(f"wrote {output}")


def pretty(symbol):
    """A unit for a plot's label."""
    return f" [{symbol.replace('Angstrom', 'Å')}]" if symbol else ""


def species_names(file):
    """Name of the species of each atom."""
    names = np.array(file["parameters/species/name"].asstr()[:])
    return names[file["parameters/species/of_atom"][:]]
