"""GROMACS, the system as argon in its units: the wall time of md.log, which starts with the loop.

The Verlet scheme with its default buffer chooses list radius and interval itself. The leapfrog integrator is the one
that GROMACS users run; it is given the velocities of half a step earlier.
"""

import re

from . import melt as system
from . import process
from .engine import Run

PARAMETERS = f"""\
integrator = md
dt = {system.TIMESTEP * system.TAU:.9f}
nsteps = {{steps}}
continuation = yes
gen-vel = no
comm-mode = none
cutoff-scheme = Verlet
rvdw = {system.CUTOFF * system.SIGMA}
rcoulomb = {system.CUTOFF * system.SIGMA}
coulombtype = cut-off
vdwtype = cut-off
vdw-modifier = None
DispCorr = no
nstenergy = 100
nstcalcenergy = 100
nstlog = 100
nstxout-compressed = 0
"""
# Two threads would wait for each other's core otherwise; taskset has pinned them already.
FLAGS = ["-ntmpi", 1, "-nb", "cpu", "-pin", "off", "-noconfout", "-cpt", -1]


def probe(tools, variant):
    if tools.gmx is None:
        raise process.Unavailable("no gmx; install GROMACS (Debian: apt-get install gromacs) or name it with --gmx")
    about = process.run([tools.gmx, "--version"])

    def line(name):
        found = re.search(rf"^{name}:\s*(.*)", about, re.MULTILINE)
        return found[1].strip() if found else "unknown"

    precision = line("Precision")
    if precision != "mixed":
        raise process.Unavailable(f"this gmx is of {precision} precision; name one of mixed precision with --gmx")
    return {"version": line("GROMACS version"), "simd": line("SIMD instructions"), "precision": precision}


def run(tools, variant, melt, steps):
    env = process.one_thread(variant.threads)
    (melt.folder / "grompp.mdp").write_text(PARAMETERS.format(steps=steps), encoding="utf-8")
    process.run([tools.gmx, "-nobackup", "grompp", "-maxwarn", 1, "-o", "topol.tpr"], folder=melt.folder, env=env)
    words = ["-s", "topol.tpr", "-ntomp", variant.threads, *FLAGS]
    process.run([tools.gmx, "-nobackup", "mdrun", *words], folder=melt.folder, cores=tools.pin(variant), env=env)
    log = (melt.folder / "md.log").read_text(encoding="utf-8", errors="replace")
    wall = re.search(r"^\s+Time:\s+(\S+)\s+(\S+)", log, re.MULTILINE)
    rows = _energies(log.partition("A V E R A G E S")[0])
    if not wall or not rows:
        raise process.Failed("md.log has no wall time", log[-process.TAIL:])
    radius = re.search(r"^\s*rlist\s*=\s*(\S+)", log, re.MULTILINE)
    interval = re.search(r"^\s*nstlist\s*=\s*(\S+)", log, re.MULTILINE)
    changed = re.search(r"Changing nstlist from \d+ to (\d+), rlist from \S+ to (\S+)", log)
    nstlist, rlist = (changed[1], changed[2]) if changed else (interval[1], radius[1])
    scale = melt.atoms * system.EPSILON
    pressure = rows[0].get("Pressure (bar)")
    return Run(float(wall[2]), steps,
               {"potential": rows[0]["Potential"] / scale,
                "pressure": pressure and pressure * system.BAR * system.SIGMA**3 / system.EPSILON},
               {"potential": rows[-1]["Potential"] / scale, "kinetic": rows[-1]["Kinetic En."] / scale},
               {"steps_per_build": float(nstlist), "list_radius": float(rlist) / system.SIGMA})


def _energies(log):
    """The tables of energies: lines of names in fields of 15, each followed by a line of numbers."""
    rows = []
    for block in re.findall(r"Energies \(kJ/mol\)\n((?:.+\n)+)", log):
        lines, row = block.splitlines(), {}
        for names, numbers in zip(lines[::2], lines[1::2]):
            fields = [names[i:i + 15].strip() for i in range(0, len(names), 15)]
            row.update(zip(fields, map(float, numbers.split())))
        rows.append(row)
    return rows
