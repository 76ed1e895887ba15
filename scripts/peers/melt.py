"""The system that is timed: a Lennard-Jones liquid, melted once by admd and handed to every engine as it is.

Reduced units: fcc of density 0.8442 at T* = 1.44, cutoff 2.5 bare, time step 0.005. The files below hold the positions,
the velocities of the same instant and, for leapfrog engines, those half a step earlier, v(-dt/2) = v(0) - F(0) dt/2.
"""

import array
import cmath
import dataclasses
import math
import pathlib
import re

from . import process

DENSITY, TEMPERATURE, CUTOFF, SKIN, TIMESTEP, SEED = 0.8442, 1.44, 2.5, 0.3, 0.005, 87287

# Argon, for the engines that want units: nm, kJ/mol, u and therefore ps.
SIGMA, EPSILON, MASS = 0.3405, 0.9977, 39.948
TAU = SIGMA * math.sqrt(MASS / EPSILON)
BAR = 0.0602214076  # kJ/mol/nm3

# The Bragg peak (1 1 1) per atom is 1 in the perfect crystal and of the order of 1/sqrt(atoms) in a liquid. At this
# density and energy, close to freezing, it is 0.34 after 500 steps, 0.09 after 1,000 and 0.02 after 2,000: the usual
# benchmark of 100 or 250 steps times a crystal on its way.
LARGEST_ORDER = 0.1

INPUT = """\
units = "lj"
seed = {seed}

[structure]
{structure}
{velocities}
[[potential]]
kind = "lj"
cutoff = {cutoff}
truncation = "cut"

[potential.parameters.A]
epsilon = 1.0
sigma = 1.0

[integrator]
timestep = {timestep}

[neighbors]
skin = {skin}

[run]
steps = 0
"""


@dataclasses.dataclass
class Melt:
    """A melted state in a folder, and what admd in double precision says about it: energies per atom at steps."""

    atoms: int
    edge: float
    folder: pathlib.Path
    melted_for: int
    order: float
    reference: dict = dataclasses.field(default_factory=dict)
    pressure: float = 0.0

    @property
    def dof(self):
        return 3 * self.atoms - 3


def make(admd, cells, steps, folder, env):
    """Melts the crystal of cells^3 unit cells for some steps, with all cores: this is not timed."""
    folder.mkdir(parents=True, exist_ok=True)
    crystal = f'lattice = "fcc"\ndensity = {DENSITY}\nrepeat = [{cells}, {cells}, {cells}]\nspecies = "A"\n'
    _write_input(folder / "crystal.toml", crystal, f"[velocities]\ntemperature = {TEMPERATURE}\n")
    _write_input(folder / "melt.toml", 'file = "state.extxyz"\n', "")
    trajectory, state = folder / "melt.h5md", folder / "state.extxyz"
    process.run(
        [admd, "simulate", "crystal.toml", "--quiet", "--overwrite", "--steps", steps,
         "--set", f'output.trajectory="{trajectory.name}"', "--set", f"output.every={steps}",
         "--set", "output.forces=true"],
        folder=folder, env=env,
    )
    process.run([admd, "export", trajectory.name, state.name, "--frames", "-1", "--overwrite"], folder=folder)
    trajectory.unlink()
    edge, positions, velocities, forces = _read(state)
    # admd writes unwrapped positions; the cell lists of others may want every atom inside the cell.
    positions = [[x % edge for x in row] for row in positions]
    melt = Melt(len(positions), edge, folder, steps, _order(positions, edge, cells))
    if melt.order > LARGEST_ORDER:
        raise process.Failed(f"still a crystal after {steps} steps, order {melt.order:.2f}; melt longer with --melt")
    half = [[v - f * TIMESTEP / 2 for v, f in zip(*pair)] for pair in zip(velocities, forces)]
    _write_binary(folder / "state.bin", positions, velocities, half)
    _write_lammps(folder / "state.data", edge, positions, velocities)
    _write_gromacs(folder, edge, positions, half)
    return melt


def add_reference(melt, admd, steps, every, env):
    """Energies of admd in double precision along the way: what the others are compared with."""
    words = ["--steps", steps, "--set", f"output.thermo_every={every}"]
    table = process.run([admd, "simulate", "melt.toml", *words], folder=melt.folder, env=env)
    for line in table.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            step, _, _, potential, kinetic, _, pressure = map(float, line.split())
            melt.reference[int(step)] = {"potential": potential / melt.atoms, "kinetic": kinetic / melt.atoms}
            if step == 0:
                melt.pressure = pressure


def _write_input(path, structure, velocities):
    path.write_text(INPUT.format(structure=structure, velocities=velocities, seed=SEED, cutoff=CUTOFF,
                                 timestep=TIMESTEP, skin=SKIN), encoding="utf-8")


def _read(path):
    """Edge, positions, velocities and forces of an extended XYZ file with one frame in a cubic cell."""
    with open(path, encoding="utf-8") as lines:
        count, comment = int(next(lines)), next(lines)
        edge = float(re.search(r'Lattice="(\S+)', comment)[1])
        columns, at = {}, 0
        for name, _, width in re.findall(r"(\w+):([SRIL]):(\d+)", re.search(r"Properties=(\S+)", comment)[1]):
            columns[name] = slice(at, at + int(width))
            at += int(width)
        rows = [line.split() for line in lines]
    if len(rows) != count:
        raise process.Failed(f"{path} holds {len(rows)} atoms instead of {count}")
    return edge, *([[float(x) for x in row[columns[name]]] for row in rows] for name in ("pos", "velo", "forces"))


def _order(positions, edge, cells):
    k = 2 * math.pi * cells / edge
    return abs(sum(cmath.exp(1j * k * (x + y + z)) for x, y, z in positions)) / len(positions)


def _write_binary(path, *arrays):
    with open(path, "wb") as file:
        for rows in arrays:
            array.array("d", [x for row in rows for x in row]).tofile(file)


def _write_lammps(path, edge, positions, velocities):
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"Lennard-Jones melt\n\n{len(positions)} atoms\n1 atom types\n\n")
        file.writelines(f"0 {edge!r} {axis}lo {axis}hi\n" for axis in "xyz")
        file.write("\nMasses\n\n1 1.0\n\nAtoms # atomic\n\n")
        file.writelines(f"{i} 1 {x!r} {y!r} {z!r}\n" for i, (x, y, z) in enumerate(positions, 1))
        file.write("\nVelocities\n\n")
        file.writelines(f"{i} {x!r} {y!r} {z!r}\n" for i, (x, y, z) in enumerate(velocities, 1))


def _write_gromacs(folder, edge, positions, half):
    """conf.gro, its columns widened (the format allows it) so that no digit of single precision is lost, topol.top."""
    length, speed = SIGMA, SIGMA / TAU
    with open(folder / "conf.gro", "w", encoding="utf-8") as file:
        file.write(f"Lennard-Jones melt as argon\n{len(positions)}\n")
        for i, (r, v) in enumerate(zip(positions, half), 1):
            numbers = "".join(f"{x * length:15.10f}" for x in r) + "".join(f"{x * speed:15.11f}" for x in v)
            file.write(f"{i % 100000:5d}{'AR':<5}{'AR':>5}{i % 100000:5d}{numbers}\n")
        file.write(f"{edge * length:.10f} {edge * length:.10f} {edge * length:.10f}\n")
    (folder / "topol.top").write_text(
        f"[ defaults ]\n1 2 no\n[ atomtypes ]\nAR {MASS} 0.0 A {SIGMA} {EPSILON}\n"
        f"[ moleculetype ]\nAR 1\n[ atoms ]\n1 AR 1 AR AR 1 0.0 {MASS}\n"
        f"[ system ]\nLennard-Jones melt as argon\n[ molecules ]\nAR {len(positions)}\n", encoding="utf-8")
