"""admd: its JSON summary has the seconds of the loop, the list's statistics and the last row of energies."""

import json

from . import process
from .engine import Run


def probe(tools, variant):
    if variant.threads > len(tools.cores):
        raise process.Unavailable(f"needs {variant.threads} cores, {len(tools.cores)} there")
    lines = process.run([tools.admd, "--version"]).splitlines()
    facts = dict(line.split(": ", 1) for line in lines if ": " in line)
    return {"version": lines[0].removeprefix("admd "), "kernels": facts.get("kernels")}


def accepts(tools, variant, melt):
    """Whether the binary knows the settings of a variant."""
    try:
        process.run([tools.admd, "check", "melt.toml", *_set(variant)], folder=melt.folder)
    except process.Failed as error:
        first = (error.tail.strip().splitlines() or [str(error)])[0]
        raise process.Unavailable(f"this binary says: {first}; build a newer admd, or change the key in "
                                  "scripts/peers/variants.py") from error


def run(tools, variant, melt, steps):
    accepts(tools, variant, melt)
    words = ["--steps", steps, "--threads", variant.threads, "--set", "output.thermo_every=100", *_set(variant)]
    report = json.loads(process.run([tools.admd, "simulate", "melt.toml", "--json", *words], folder=melt.folder,
                                    cores=tools.pin(variant), env=process.threads(variant.threads)))
    summary, last = report["summary"], report["last"]
    n = summary["atoms"]
    lists = {"per_atom": summary["neighbors"]["per_atom"], "steps_per_build": summary["neighbors"]["steps_per_build"],
             "dangerous": summary["neighbors"]["dangerous"]}
    start = _start(tools, variant, melt)
    return Run(summary["wall_seconds"], summary["steps"], start,
               {"potential": last["potential_energy"] / n, "kinetic": last["kinetic_energy"] / n}, lists,
               {"program": report["program"]})


def _start(tools, variant, melt):
    """Energy and pressure of the start, asked for once: the summary of a run tells the last row only."""
    key = (melt.atoms, variant.options)
    if key not in _starts:
        words = ["--steps", 0, "--threads", 1, *_set(variant)]
        text = process.run([tools.admd, "simulate", "melt.toml", "--json", *words], folder=melt.folder)
        last = json.loads(text)["last"]
        _starts[key] = {"potential": last["potential_energy"] / melt.atoms,
                        "kinetic": last["kinetic_energy"] / melt.atoms, "pressure": last["pressure"]}
    return _starts[key]


_starts = {}


def _set(variant):
    return [word for option in variant.options for word in ("--set", option)]
