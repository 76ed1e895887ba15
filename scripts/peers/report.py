"""Writes results.json and results.md: every raw time, medians and spread, the ratio to admd, and what disagreed."""

import json
import statistics

from . import engine
from . import melt as system
from .variants import ALL, DOUBLE, REFERENCE

HOW = """\
Every engine starts from the same liquid, {melt} steps of admd away from the fcc crystal of density {density} at
T* = {temperature}. Then the whole loop of molecular dynamics is timed: bare cutoff {cutoff} sigma, skin {skin} sigma
where the engine lets one choose, time step {timestep}, energies every 100 steps. Times are the engines' own loop times
without set-up. The variants ran one at a time, round robin, rounds: {repeats}, on the last cores ({pinned}), with the
number of threads told to OpenMP, OpenMM, XLA and admd. Slow engines make fewer steps of the same run.

The check compares with admd in double precision, per atom: potential energy at the start within {start[double]:.0e}
({start[other]:.0e} where precision is less), pressure there within {pressure[double]:.0e} ({pressure[other]:.0e}),
kinetic energy at the end within {sigmas:.0f} standard deviations, change of the total energy within {rate:.0e} per tau
of time. The last is printed as energy error: pairs that a list misses, or rounding, show there.

Precision: *double*; *mixed*, pair forces in single, positions and sums in double; *single*, positions in single, too,
which GROMACS and OpenMM call mixed, as some of their sums are double."""


def summarise(entries, atoms):
    """One row for every variant that ran at a size, fastest first."""
    rows = []
    for variant in ALL:
        mine = [e for e in entries if e["atoms"] == atoms and e["variant"] == variant.name and "speed" in e]
        if not mine:
            continue
        speeds = [e["speed"] for e in mine]
        middle = statistics.median(speeds)
        rows.append({
            "variant": variant.name, "precision": variant.precision, "threads": variant.threads,
            "checked_list": variant.checked, "runs": len(mine), "steps": mine[-1]["steps"], "median": middle,
            "min": min(speeds), "max": max(speeds), "spread": (max(speeds) - min(speeds)) / middle,
            "lists": mine[-1]["lists"], "energy_error": mine[-1]["energy_error"],
            "differs": sorted({word for e in mine for word in e["differs"]}),
        })
    base = next((row["median"] for row in rows if row["variant"] == REFERENCE), None)
    for row in rows:
        row["ratio"] = row["median"] / base if base else None
    return sorted(rows, key=lambda row: -row["median"])


def fastest_lammps(rows, lists):
    """The fastest LAMMPS of double precision on one thread that computes the same thing; `lists`: checked or not."""
    mine = [r for r in rows if r["variant"].startswith("LAMMPS") and r["precision"] == DOUBLE and not r["differs"]
            and r["threads"] == 1 and r["checked_list"] in lists]
    return max(mine, key=lambda row: row["median"], default=None)


def write(folder, report):
    """results.json and results.md, each replaced at once, so that an interruption leaves whole files."""
    sizes = list(dict.fromkeys(e["atoms"] for e in report["runs"]))
    report["summary"] = {str(atoms): summarise(report["runs"], atoms) for atoms in sizes}
    _replace(folder / "results.json", json.dumps(report, indent=1) + "\n")
    _replace(folder / "results.md", markdown(report))


def markdown(report):
    machine, settings = report["machine"], report["settings"]
    vectors = ", ".join(machine["vector_sets"]) or "unknown"
    lines = [
        "# Lennard-Jones melt: admd and its peers", "",
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB; {vectors}; "
        f"Linux {machine['kernel']}; {report['date']}.", "",
        HOW.format(start=engine.START_ENERGY, pressure=engine.START_PRESSURE, rate=engine.ENERGY_RATE,
                   sigmas=engine.END_SIGMAS, melt=settings["melt"], repeats=settings["repeats"], density=system.DENSITY,
                   temperature=system.TEMPERATURE, cutoff=system.CUTOFF, skin=system.SKIN, timestep=system.TIMESTEP,
                   pinned="pinned with taskset" if settings["pinned"] else "not pinned: taskset is missing"), "",
    ]
    for atoms, rows in report["summary"].items():
        lines += _table(int(atoms), rows)
    lines += ["## Versions", ""]
    lines += [f"- {name}: " + ", ".join(f"{key} {value}" for key, value in facts.items() if value)
              for name, facts in report["versions"].items()]
    if report["skipped"]:
        lines += ["", "## Skipped", ""] + [f"- {name}: {why}" for name, why in report["skipped"].items()]
    failed = [e for e in report["runs"] if "failed" in e]
    if failed:
        lines += ["", "## Failed", ""] + [f"- {e['variant']}, {e['atoms']} atoms: {e['failed']}" for e in failed]
    return "\n".join(lines) + "\n"


def _table(atoms, rows):
    lines = [f"## {atoms:,} atoms", "",
             "| engine | precision | threads | M atom-steps/s | min to max | to admd | steps per list | neighbours "
             "| energy error | check |",
             "|---|---|--:|--:|--:|--:|--:|--:|--:|---|"]
    for row in rows:
        lists, ratio = row["lists"], row["ratio"]
        build = f"{lists['steps_per_build']:.1f}" if lists.get("steps_per_build") else ""
        neighbors = f"{lists['per_atom']:.1f}" if lists.get("per_atom") else ""
        error = "" if row["energy_error"] is None else f"{row['energy_error']:.0e}"
        name = row["variant"] + ("" if row["checked_list"] else " (*)")
        lines.append(
            f"| {name} | {row['precision']} | {row['threads']} | {row['median'] / 1e6:.2f} | "
            f"{row['min'] / 1e6:.2f} to {row['max'] / 1e6:.2f} | {f'{ratio:.2f}' if ratio else ''} | {build} | "
            f"{neighbors} | {error} | {'; '.join(row['differs']) or 'same'} |")
    lines.append("")
    if any(not row["checked_list"] for row in rows):
        lines += ["(*) The list is kept for a fixed number of steps without looking whether an atom has crossed its "
                  "skin or buffer: pairs can be missed.", ""]
    for which, lists in (("fastest", (True, False)), ("fastest with a checked list", (True,))):
        lammps = fastest_lammps(rows, lists)
        if lammps and lammps["ratio"]:
            lines += [f"{which.capitalize()} among LAMMPS in double precision: {lammps['variant']}. admd in double "
                      f"precision is {1 / lammps['ratio']:.2f} times as fast.", ""]
    return lines


def _replace(path, text):
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
