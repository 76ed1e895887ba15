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
{{more}}
"""
# No pinning of its own: taskset has done it, and a second opinion would put all runs on the first core.
FLAGS = ["-ntmpi", 1, "-nb", "cpu", "-pin", "off", "-noconfout", "-cpt", -1]


def probe(tools, variant):
    if tools.gmx is None:
        raise process.Unavailable("no gmx; install GROMACS (Debian: apt-get install gromacs) or name it with --gmx")
    try:
        about = process.run([tools.gmx, "--version"])
    except process.Failed as error:
        raise process.Unavailable(f"{error}; name a GROMACS that starts with --gmx") from error

    def line(name):
        found = re.search(rf"^{name}:\s*(.*)", about, re.MULTILINE)
        return found[1].strip() if found else "unknown"

    precision = line("Precision")
    if precision != "mixed":
        raise process.Unavailable(f"this gmx is of {precision} precision; name one of mixed precision with --gmx")
    return {"version": line("GROMACS version"), "simd": line("SIMD instructions"), "precision": precision}


def run(tools, variant, melt, steps):
    env = process.threads(variant.threads)
    parameters = PARAMETERS.format(steps=steps, more="\n".join(variant.options))
    (melt.folder / "grompp.mdp").write_text(parameters, encoding="utf-8")
    process.run([tools.gmx, "-nobackup", "grompp", "-maxwarn", 2, "-o", "topol.tpr"], folder=melt.folder, env=env)
    words = ["-s", "topol.tpr", "-ntomp", variant.threads, *FLAGS]
    process.run([tools.gmx, "-nobackup", "mdrun", *words], folder=melt.folder, cores=tools.pin(variant), env=env)
    log = (melt.folder / "md.log").read_text(encoding="utf-8", errors="replace")
    wall = re.search(r"^\s+Time:\s+(\S+)\s+(\S+)", log, re.MULTILINE)
    drift = re.search(r"Conserved energy drift: (\S+) kJ/mol/ps per atom", log)
    rows = _energies(log.partition("A V E R A G E S")[0])
    if not wall or not rows:
        raise process.Failed("md.log has no wall time", log[-process.TAIL:])
    lists = re.search(r"updated every (\d+) steps, buffer (\S+) nm", log)
    scale = melt.atoms * system.EPSILON
    pressure = rows[0].get("Pressure (bar)")
    return Run(float(wall[2]), steps,
               {"potential": rows[0]["Potential"] / scale, "kinetic": rows[0]["Kinetic En."] / scale,
                "pressure": pressure and pressure * system.BAR * system.SIGMA**3 / system.EPSILON},
               {"potential": rows[-1]["Potential"] / scale, "kinetic": rows[-1]["Kinetic En."] / scale},
               {"steps_per_build": float(lists[1]), "buffer": float(lists[2]) / system.SIGMA} if lists else {},
               {"drift": float(drift[1]) * system.TAU / system.EPSILON} if drift else {})


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
