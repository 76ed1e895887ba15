#!/usr/bin/env python3
"""Checks that ASE and OVITO open an extended XYZ file of `admd export`, and read the trajectory's own numbers.

OVITO is left out, with a word, where it is not installed, unless ADMD_REQUIRE_OVITO=1.
"""

import argparse
import os
import warnings
from pathlib import Path

import trajectory as tr
import numpy as np

EV_PER_KJ_MOL = 1.0 / 96.48533212331002


def close(expected, found, what, tolerance):
    expected, found = np.asarray(expected, dtype=float), np.asarray(found, dtype=float)
    if expected.shape != found.shape:
        tr.fail(f"{what}: shapes {expected.shape} and {found.shape} differ")
    worst = np.abs(expected - found).max(initial=0.0) / max(np.abs(expected).max(initial=0.0), 1e-300)
    if not worst <= tolerance:
        tr.fail(f"{what}: numbers differ by {worst:.1e} of the largest")


class Expected:
    """What the trajectory says, in eV, angstrom and ASE's time; reduced numbers as they are."""

    def __init__(self, path):
        import ase.units

        file = tr.open_trajectory(path)
        group = file[tr.PARTICLES]
        reduced = file["parameters/units"].attrs["name"] == "lj"
        self.rows = len(group["position/step"])
        self.positions = group["position/value"][:]
        self.edges = group["box/edges/value"][:]
        self.periodic = [b in ("periodic", b"periodic") for b in group["box"].attrs["boundary"]]
        self.species = list(tr.species_names(file))
        of_species = file["parameters/species/atomic_number"][:]
        self.numbers = list(of_species[file["parameters/species/of_atom"][:]])
        self.energy = file["observables/potential_energy/value"][:]
        self.velocities = group["velocity/value"][:] if "velocity" in group else None
        self.ase_velocities = self.velocities
        self.forces = group["force/value"][:] if "force" in group else None
        # Pressures in bar or atm, ASE's in eV/angstrom^3.
        self.stress = None
        if "stress" in file["observables"]:
            symbol = tr.unit(file["observables/stress/value"])
            pascal = {"bar": 1e5, "atm": 101325.0}.get(symbol, 0.0)
            factor = 1.0 if reduced else pascal * 1e-30 / 1.602176634e-19
            self.stress = file["observables/stress/value"][:] * factor
        if reduced:
            return
        if self.velocities is not None:
            # ASE's units.fs: so many of its units of time in a femtosecond.
            time = {"ps": 1000.0, "fs": 1.0}[tr.unit(group["position/time"])] * ase.units.fs
            self.ase_velocities = self.velocities / time
        kcal = 4.184 * EV_PER_KJ_MOL
        if "kcal" in tr.unit(file["observables/potential_energy/value"]):
            self.energy = self.energy * kcal
        if self.forces is not None:
            self.forces = self.forces * (kcal if "kcal" in tr.unit(group["force/value"]) else EV_PER_KJ_MOL)


def check_ase(path, expected):
    import ase
    import ase.io

    frames = ase.io.read(path, index=":", format="extxyz")
    if len(frames) != expected.rows:
        tr.fail(f"ASE: {len(frames)} frames, not {expected.rows}")
    for k, atoms in enumerate(frames):
        close(expected.positions[k], atoms.positions, f"ASE: positions of frame {k}", 0.0)
        close(expected.edges[k], atoms.cell[:], f"ASE: cell of frame {k}", 0.0)
        if list(atoms.pbc) != expected.periodic:
            tr.fail(f"ASE: pbc is {atoms.pbc}, not {expected.periodic}")
        if list(atoms.numbers) != expected.numbers:
            tr.fail(f"ASE: atomic numbers of frame {k} differ")
        close(expected.energy[k], atoms.get_potential_energy(), f"ASE: energy of frame {k}", 1e-13)
        if expected.stress is not None:
            close(expected.stress[k], atoms.get_stress(voigt=False), f"ASE: stress of frame {k}", 1e-13)
        if expected.forces is not None:
            close(expected.forces[k], atoms.get_forces(), f"ASE: forces of frame {k}", 1e-13)
        if expected.velocities is not None:
            # ASE's constants are those of CODATA 2014, ours of 2018.
            close(expected.ase_velocities[k], atoms.get_velocities(), f"ASE: velocities of frame {k}", 1e-7)
            close(expected.velocities[k], atoms.arrays["velo"], f"ASE: column velo of frame {k}", 0.0)
    print(f"ASE {ase.__version__}: {len(frames)} frames agree")


def check_ovito(path, expected, h5md):
    try:
        import ovito
        from ovito.io import import_file

        from ovito_h5md import H5MDReader
    except ImportError as error:
        if os.environ.get("ADMD_REQUIRE_OVITO") == "1":
            tr.fail(f"{error}; run: pip install -r scripts/requirements-ovito.txt")
        print(f"OVITO: skipped ({error})")
        return
    for source, pipeline in [
        ("extended XYZ", import_file(str(path))),
        ("H5MD", import_file(str(Path(h5md).resolve()), input_format=H5MDReader)),
    ]:
        frames = pipeline.source.num_frames
        if frames != expected.rows:
            tr.fail(f"OVITO, {source}: {frames} frames, not {expected.rows}")
        for k in range(frames):
            data = pipeline.compute(k)
            where = f"of frame {k} (OVITO, {source})"
            close(expected.positions[k], data.particles["Position"][...], f"positions {where}", 1e-14)
            close(expected.edges[k], data.cell[:, :3].T, f"cell {where}", 1e-14)
            if list(data.cell.pbc) != expected.periodic:
                tr.fail(f"pbc {where} is {data.cell.pbc}")
            types = data.particles["Particle Type"]
            names = [types.type_by_id(t).name for t in types[...]]
            if names != expected.species:
                tr.fail(f"species {where} are not those of the trajectory")
            if expected.velocities is not None:
                close(expected.velocities[k], data.particles["Velocity"][...], f"velocities {where}", 1e-14)
            if expected.forces is not None and source != "H5MD":
                close(expected.forces[k], data.particles["Force"][...], f"forces {where}", 1e-13)
                close(expected.energy[k], data.attributes["energy"], f"energy {where}", 1e-13)
        print(f"OVITO {ovito.version_string}, {source}: {frames} frames agree")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("extxyz", metavar="FILE", help="file written by `admd export`")
    parser.add_argument("--h5md", required=True, help="trajectory it was exported from")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    if not Path(arguments.extxyz).is_file():
        tr.fail(f"{arguments.extxyz} does not exist; run: admd export {arguments.h5md} {arguments.extxyz}")
    try:
        expected = Expected(arguments.h5md)
        check_ase(arguments.extxyz, expected)
    except ImportError as error:
        tr.fail(f"{error}; run: pip install -r scripts/requirements.txt")
    check_ovito(arguments.extxyz, expected, arguments.h5md)


if __name__ == "__main__":
    main()
