"""What every engine's module hands back, and the check that all of them compute the same thing.

A module has `probe(tools, variant)`, which gives versions or raises `process.Unavailable`, and
`run(tools, variant, melt, steps)`, which gives a `Run` or raises `process.Failed`.
"""

import dataclasses
import math
import pathlib

from .melt import TIMESTEP
from .variants import DOUBLE

# Energy and pressure of the state that everybody starts from. Double precision: the same sum in another order, other
# programs print 6 to 8 digits. Single precision: positions rounded to 1e-7 of the cell, forces of 1e2 at contact.
START_ENERGY = {DOUBLE: 2e-6, "other": 5e-5}
START_PRESSURE = {DOUBLE: 2e-5, "other": 2e-3}
# Change of the total energy per atom and unit of time, against admd's over the same steps; the change, as the kinetic
# energy of a leapfrog is another average. A bare cut makes it a random walk of 1e-4 to 1e-3 once trajectories have
# parted, pairs missed by a list too old a drift of 1e-3 to 1e-2, which the table shows; a wrong step, mass or cutoff
# is more than this.
ENERGY_RATE = 1e-2
# Kinetic energy after the run: five standard deviations of an ensemble of that many atoms.
END_SIGMAS = 5.0


@dataclasses.dataclass
class Tools:
    """The programs, and where they run."""

    admd: pathlib.Path
    python: pathlib.Path | None
    gmx: str | None
    lmp: str | None
    wheels: dict
    mpi: pathlib.Path | None
    cores: list

    def pin(self, variant):
        """The cores of a variant: the last ones, as the first often serves interrupts."""
        return self.cores[-variant.threads:]


@dataclasses.dataclass
class Run:
    """One timed run: the loop's own seconds, energies per atom in reduced units, what the engine tells of its list."""

    seconds: float
    steps: int
    start: dict
    end: dict
    lists: dict = dataclasses.field(default_factory=dict)
    notes: dict = dataclasses.field(default_factory=dict)

    def speed(self, atoms):
        return atoms * self.steps / self.seconds


def energy_error(run, melt):
    """Change of the total energy per atom and unit of time, beyond that of admd in double precision."""
    there = melt.reference.get(run.steps)
    if there is None:
        return None

    def change(start, end):
        return end["potential"] + end["kinetic"] - start["potential"] - start["kinetic"]

    return (change(run.start, run.end) - change(melt.reference[0], there)) / (run.steps * TIMESTEP)


def disagreement(run, melt, variant):
    """What differs from admd in double precision, in words; an empty list when nothing does."""
    kind = DOUBLE if variant.precision == DOUBLE else "other"
    found = []

    def compare(what, value, expected, tolerance):
        if value is not None and not abs(value - expected) <= tolerance:
            found.append(f"{what} {value:.6g} instead of {expected:.6g} +- {tolerance:.1g}")

    begin = melt.reference[0]
    compare("potential energy at the start", run.start.get("potential"), begin["potential"], START_ENERGY[kind])
    compare("pressure at the start", run.start.get("pressure"), melt.pressure, START_PRESSURE[kind])
    if run.steps not in melt.reference:
        return found + [f"no reference at step {run.steps}"]
    there = melt.reference[run.steps]
    compare("change of the total energy per tau beyond admd's", energy_error(run, melt), 0.0, ENERGY_RATE)
    spread = END_SIGMAS * there["kinetic"] * math.sqrt(2 / melt.dof)
    compare("kinetic energy at the end", run.end["kinetic"], there["kinetic"], spread)
    return found
