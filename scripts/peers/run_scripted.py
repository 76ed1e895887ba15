"""OpenMM and JAX-MD: libraries whose loop is a script of ours, run by the Python that has them."""

import json
import pathlib

from . import melt as system
from . import process
from .engine import Run

MODULES = {"openmm": "openmm", "jaxmd": "jax_md"}
LOOPS = pathlib.Path(__file__).parent


def probe(tools, variant):
    module = MODULES[variant.engine]
    if tools.python is None or tools.wheels.get(module):
        raise process.Unavailable(tools.wheels.get(module) or "there is no virtual environment")
    try:
        return json.loads(process.run([tools.python, _loop(variant), "--versions"], env=process.threads()))
    except process.Failed as error:
        last = (error.tail.strip().splitlines() or [str(error)])[-1]
        raise process.Unavailable(f"{module} does not import ({last}); remove the environment and "
                                  "start again") from error


def run(tools, variant, melt, steps):
    task = {
        "state": str(melt.folder / "state.bin"), "atoms": melt.atoms, "edge": melt.edge, "steps": steps,
        "cutoff": system.CUTOFF, "skin": system.SKIN, "timestep": system.TIMESTEP, "threads": variant.threads,
        "sigma": system.SIGMA, "epsilon": system.EPSILON, "mass": system.MASS, "tau": system.TAU,
        "options": list(variant.options),
    }
    env = {**process.threads(variant.threads), "PYTHONDONTWRITEBYTECODE": "1"}
    text = process.run([tools.python, _loop(variant), json.dumps(task)], cores=tools.pin(variant), env=env)
    told = json.loads(text.strip().splitlines()[-1])
    return Run(told["seconds"], steps, told["start"], told["end"], told.get("lists", {}), told.get("notes", {}))


def _loop(variant):
    return LOOPS / f"loop_{variant.engine}.py"
