#!/usr/bin/env python3
"""Makes inputs/data/copper_emt.extxyz: energies, forces and stresses of copper from ASE's effective medium theory.

    python scripts/make_fit_copper.py [OUT.extxyz]

needs `pip install ase`. The calculator is ase.calculators.emt.EMT (K. W. Jacobsen, P. Stoltze and J. K. Norskov, Surf. Sci.
366, 394 (1996), doi:10.1016/0039-6028(96)00816-3). Frames are tagged: `volume`, perfect crystals compressed and stretched;
`shear`, strained crystals with displaced atoms; `hot`, atoms displaced as at some hundred kelvin.
"""

import sys
from pathlib import Path

import numpy as np
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write

LATTICE = 3.6  # Angstrom
ATOMS = (2, 2, 2)  # cubes of four atoms


def labelled(atoms, tag):
    """The atoms with what EMT says of them."""
    atoms = atoms.copy()
    atoms.calc = EMT()
    said = dict(
        energy=atoms.get_potential_energy(), forces=atoms.get_forces(), stress=atoms.get_stress(voigt=True)
    )
    atoms.calc = SinglePointCalculator(atoms, **said)
    atoms.info["tag"] = tag
    return atoms


def main():
    out = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent / "inputs/data/copper_emt.extxyz")
    rng = np.random.default_rng(20261124)
    frames = []
    for scale in np.linspace(0.96, 1.05, 7):
        frames.append(labelled(bulk("Cu", "fcc", LATTICE * scale, cubic=True) * ATOMS, "volume"))
    for _ in range(8):
        atoms = bulk("Cu", "fcc", LATTICE, cubic=True) * ATOMS
        strain = rng.uniform(-0.03, 0.03, (3, 3))
        atoms.set_cell(atoms.cell @ (np.eye(3) + 0.5 * (strain + strain.T)), scale_atoms=True)
        atoms.rattle(0.02, rng=rng)
        frames.append(labelled(atoms, "shear"))
    for stdev in np.linspace(0.05, 0.16, 9):
        atoms = bulk("Cu", "fcc", LATTICE * rng.uniform(0.99, 1.02), cubic=True) * ATOMS
        atoms.rattle(stdev, rng=rng)
        frames.append(labelled(atoms, "hot"))
    out.parent.mkdir(parents=True, exist_ok=True)
    write(out, frames, format="extxyz")
    print(f"{out}: {len(frames)} frames of {len(frames[0])} atoms")


if __name__ == "__main__":
    main()
