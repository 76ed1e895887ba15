"""What is timed: one line for every variant of every engine."""

import dataclasses

DOUBLE, MIXED, SINGLE = "double", "mixed", "single"


@dataclasses.dataclass(frozen=True)
class Variant:
    """A way to run an engine.

    `precision`: double; mixed: pair forces in single, sums and positions in double; single: positions in single, too.
    `share`: the part of the steps that a slow engine makes. `sizes`: timed at every size, not only the main one.
    `checked`: the list is never older than its skin allows. `options`: what the engine's module understands.
    """

    name: str
    engine: str
    precision: str
    threads: int = 1
    share: float = 1.0
    sizes: bool = False
    checked: bool = True
    options: tuple = ()


# admd's variants: the settings are given with --set, and a binary that does not know them is skipped.
ADMD = [
    Variant("admd", "admd", DOUBLE, sizes=True),
    Variant("admd mixed", "admd", MIXED, sizes=True, options=('run.precision="mixed"',)),
    Variant("admd, 2 threads", "admd", DOUBLE, threads=2, sizes=True),
    Variant("admd mixed, 2 threads", "admd", MIXED, threads=2, sizes=True, options=('run.precision="mixed"',)),
]
REFERENCE = "admd"

# LAMMPS's own benchmark rebuilds every 20 steps without looking whether atoms have left the skin, which can miss
# neighbours; with the check it rebuilds when they might have, as admd does. Both are timed.
LAMMPS_STYLES = [
    ("lj/cut", DOUBLE, ()),
    ("opt", DOUBLE, ("-sf", "opt")),
    ("omp", DOUBLE, ("-sf", "omp", "-pk", "omp", "1")),
    ("intel double", DOUBLE, ("-sf", "intel", "-pk", "intel", "0", "mode", "double")),
    ("intel mixed", MIXED, ("-sf", "intel", "-pk", "intel", "0", "mode", "mixed")),
]
LAMMPS_LISTS = [
    ("checked", True, "delay 0 every 1 check yes"),
    ("every 20", False, "delay 0 every 20 check no"),
]
LAMMPS = [
    Variant(f"LAMMPS {style}, {rebuild}", "lammps", precision, sizes=True, checked=checked, options=(words, modify))
    for style, precision, words in LAMMPS_STYLES
    for rebuild, checked, modify in LAMMPS_LISTS
]

# GROMACS sizes its list by the error that it tolerates. Here its default ends with no buffer at all; a longer life of
# the list is faster yet; and with 2.8 sigma and 8 steps, about what admd comes to, hardly a pair is missed.
GROMACS = [
    Variant("GROMACS, default buffer", "gromacs", SINGLE, checked=False),
    Variant("GROMACS, nstlist 40", "gromacs", SINGLE, checked=False, options=("nstlist = 40",)),
    Variant("GROMACS, 0.3 sigma buffer", "gromacs", SINGLE,
            options=("verlet-buffer-tolerance = -1", f"rlist = {2.8 * 0.3405}", "nstlist = 8")),
]

OTHERS = [
    Variant("OpenMM NonbondedForce", "openmm", SINGLE, share=0.5, options=("builtin",)),
    Variant("OpenMM custom expression", "openmm", SINGLE, share=0.25, options=("custom",)),
    Variant("JAX-MD", "jaxmd", DOUBLE, share=0.1),
]

ALL = ADMD + LAMMPS + GROMACS + OTHERS
ENGINES = ["admd", "lammps", "gromacs", "openmm", "jaxmd"]
