#!/usr/bin/env python3
"""Checks that an .h5md trajectory follows H5MD 1.1 and that h5py, MDAnalysis and pyh5md read the same numbers.

Exit code 0 when all is well, 1 with the first thing that is wrong.
"""

import argparse
import hashlib
import warnings

import trajectory as tr
import numpy as np

KJ_PER_KCAL = 4.184
PS = {"ps": 1.0, "fs": 1e-3}


def ensure(condition, message):
    if not condition:
        tr.fail(message)


def equal(ours, theirs, what, ulps=0):
    """Bitwise equality, or a number of units in the last place of single precision (MDAnalysis keeps float32)."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    ensure(ours.shape == theirs.shape, f"{what}: shapes {ours.shape} and {theirs.shape} differ")
    if ulps == 0:
        ensure(np.array_equal(ours, theirs), f"{what}: numbers differ")
    else:
        scale = np.abs(ours).max(initial=1e-300)
        worst = np.abs(ours - theirs).max(initial=0.0) / scale
        ensure(worst < ulps * 1.2e-7, f"{what}: numbers differ by {worst:.1e} of the largest")


def check_structure(file):
    """The specification, and our promises beyond it."""
    ensure(list(file["h5md"].attrs["version"]) == [1, 1], "the H5MD version is not 1.1")
    for path, name in [("author", "name"), ("creator", "name"), ("creator", "version")]:
        value = file[f"h5md/{path}"].attrs[name]
        ensure(isinstance(value, str), f"h5md/{path}@{name} is no variable-length string")
    particles = file[tr.PARTICLES]
    steps = particles["position/step"][:]
    rows, atoms = len(steps), particles["position/value"].shape[1]
    ensure(steps.dtype == np.int64, "step is not 64 bits wide")
    ensure((np.diff(steps) > 0).all(), "the steps do not ascend")
    ensure((np.diff(particles["position/time"][:rows]) > 0).all(), "the times do not ascend")
    for name in ["position", "velocity", "force"]:
        if name in particles:
            ensure(particles[f"{name}/value"].shape == (rows, atoms, 3), f"{name} has a wrong shape")
            ensure(np.isfinite(particles[f"{name}/value"][:]).all(), f"{name} is not finite")
    elements = [n for n in ["velocity", "force", "box/edges"] if n in particles]
    for clock in ["step", "time"]:
        for element in [f"{tr.PARTICLES}/{n}" for n in elements] + [f"observables/{n}" for n in file["observables"]]:
            ensure(file[f"{element}/{clock}"] == particles[f"position/{clock}"], f"{element}/{clock} is no hard link")
    box = particles["box"]
    ensure(box.attrs["dimension"] == 3 and len(box.attrs["boundary"]) == 3, "the box is not three-dimensional")
    ensure(box["edges/value"].shape == (rows, 3, 3), "the edges have a wrong shape")
    for name in ["species", "mass", "id"]:
        ensure(particles[name].shape == (atoms,), f"{name} has a wrong shape")
    for group in ["observables", "thermo"]:
        table = tr.table(file, group)
        ensure((np.diff(table["step"]) > 0).all(), f"the steps of {group} do not ascend")
        for name, values in table.items():
            ensure(len(values) == len(table["step"]), f"{group}/{name} is too short")
        ensure(np.array_equal(table["total_energy"], table["potential_energy"] + table["kinetic_energy"]),
               f"{group}: the total energy is not the sum")
        if "pressure" in table:
            trace = np.trace(table["stress"], axis1=1, axis2=2)
            ensure(np.allclose(table["pressure"], -trace / 3.0, rtol=1e-9, atol=1e-9, equal_nan=True),
                   f"{group}: the pressure is not -tr(stress)/3")
    names = []
    file.visit(names.append)
    stray = [n for n in names if n.split("/")[-1] == "position" and not n.startswith("particles/")]
    ensure(not stray, f"{stray} would confuse VMD's reader")
    print(f"h5py {tr.h5py.__version__}: {rows} frames, {atoms} atoms, {len(tr.table(file, 'thermo')['step'])} rows")
    return rows, atoms


def check_integrity(file):
    """The checksums of a file that was finished."""
    if not file["parameters/integrity"].attrs["finished"]:
        print("not finished: the run is going on or was stopped")
        return
    sealed = []
    file.visititems(lambda _, item: sealed.append(item) if "sha256" in item.attrs else None)
    for item in sealed:
        sum = hashlib.sha256(item[()].astype(item.dtype.newbyteorder("<")).tobytes()).digest()
        ensure(sum == item.attrs["sha256"].tobytes(), f"{item.name} does not have the SHA-256 that is recorded")
    print(f"{len(sealed)} series have the SHA-256 that is recorded")


def check_units(file, reduced):
    particles = file[tr.PARTICLES]
    datasets = []
    file.visititems(lambda name, item: datasets.append(item) if "unit" in item.attrs else None)
    if reduced:
        ensure(not datasets, "a file in reduced units carries units")
        return
    time = tr.unit(particles["position/time"])
    ensure(time in PS, f"the unit of time is `{time}`")
    expected = {"position": ["Angstrom"], "velocity": [f"Angstrom {time}-1"], "box/edges": ["Angstrom"],
                "force": ["kJ mol-1 Angstrom-1", "kcal mol-1 Angstrom-1"]}
    for name, units in expected.items():
        if name in particles:
            found = tr.unit(particles[f"{name}/value"])
            ensure(found in units, f"the unit of {name} is `{found}`, not one of {units}")
    for item in datasets:
        ensure(isinstance(item.attrs["unit"], str), f"the unit of {item.name} is no variable-length string")


def check_mdanalysis(file, path, reduced, rows, atoms, xyz):
    import MDAnalysis as mda

    particles = file[tr.PARTICLES]
    universes = []
    if reduced:
        # A file without units is opened in three lines:
        universe = mda.Universe.empty(atoms, trajectory=True, velocities=True, forces=True)
        universe.load_new(str(path), format="H5MD", convert_units=False)
        universes.append(("without units", universe))
    else:
        universes.append(("without topology", mda.Universe(str(path))))
        if xyz:
            universes.append(("with XYZ", mda.Universe(str(xyz), str(path), topology_format="XYZ")))
    length = 1.0
    velocity = 1.0 if reduced else 1.0 / PS[tr.unit(particles["position/time"])]
    force = KJ_PER_KCAL if "force" in particles and "kcal" in tr.unit(particles["force/value"]) else 1.0
    for how, universe in universes:
        ensure(len(universe.trajectory) == rows, f"MDAnalysis {how}: {len(universe.trajectory)} frames, not {rows}")
        ensure(len(universe.atoms) == atoms, f"MDAnalysis {how}: {len(universe.atoms)} atoms, not {atoms}")
        for k, ts in enumerate(universe.trajectory):
            equal(particles["position/value"][k] * length, ts.positions, f"MDAnalysis {how}: positions of {k}", 2)
            if "velocity" in particles:
                equal(particles["velocity/value"][k] * velocity, ts.velocities, f"MDAnalysis {how}: velocities of {k}", 2)
            if "force" in particles:
                equal(particles["force/value"][k] * force, ts.forces, f"MDAnalysis {how}: forces of {k}", 4)
            edges = particles["box/edges/value"][k]
            volume = abs(np.linalg.det(edges))
            ensure(abs(ts.volume - volume) < 1e-4 * volume, f"MDAnalysis {how}: volume {ts.volume}, not {volume}")
            ensure(ts.data["step"] == particles["position/step"][k], f"MDAnalysis {how}: step of {k}")
            for name in file["observables"]:
                theirs = ts.data.get(f"observables/{name}", ts.data.get(name))
                if theirs is not None:
                    equal(file[f"observables/{name}/value"][k], theirs, f"MDAnalysis {how}: {name} of {k}")
        print(f"MDAnalysis {mda.__version__} {how}: {rows} frames agree")


def check_pyh5md(file, path, rows, atoms):
    import pyh5md

    with pyh5md.File(str(path), "r") as other:
        group = other.particles_group("trajectory")
        for name in ["position", "velocity", "force"]:
            if name in file[tr.PARTICLES]:
                element = pyh5md.element(group, name)
                equal(file[f"{tr.PARTICLES}/{name}/value"][:], element.value[:], f"pyh5md: {name}")
                equal(file[f"{tr.PARTICLES}/{name}/step"][:], element.step[:], f"pyh5md: steps of {name}")
        edges = pyh5md.element(group, "box/edges").value[:]
        equal(file[f"{tr.PARTICLES}/box/edges/value"][:], edges, "pyh5md: edges")
        energy = pyh5md.element(other, "observables/potential_energy").value[:]
        equal(file["observables/potential_energy/value"][:], energy, "pyh5md: potential energy")
    print(f"pyh5md: {rows} frames agree")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trajectory", metavar="FILE", help="trajectory (.h5md)")
    parser.add_argument("--xyz", help="structure of the same atoms, to be used as MDAnalysis's topology")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    # MDAnalysis and pyh5md open the file as well, and HDF5 wants all of a program to agree about the lock.
    file = tr.open_trajectory(arguments.trajectory, locking=None)
    try:
        reduced = file["parameters/units"].attrs["name"] == "lj"
        rows, atoms = check_structure(file)
        check_integrity(file)
        check_units(file, reduced)
    except KeyError as error:
        tr.fail(f"something is missing: {error}")
    try:
        check_mdanalysis(file, arguments.trajectory, reduced, rows, atoms, arguments.xyz)
        check_pyh5md(file, arguments.trajectory, rows, atoms)
    except ImportError as error:
        tr.fail(f"{error}; run: pip install -r scripts/requirements.txt")
    print("all readers agree")


if __name__ == "__main__":
    main()
