#!/usr/bin/env python3
"""Plots how an observable of a run depends on its variables: along the trajectory, and on average.

Blue is dO(t)/dtheta of this trajectory ("tangent"), red d<O>/dtheta from the fluctuations of the run up to that time
("ensemble") with a band of one standard error; per atom for an energy. Above, the neighbourhood of the average: the tangent
leaves it. Below, magnitudes, on a logarithmic scale. Behind the dashed line chaos has eaten eight digits of the tangent:
there it is pale, for it holds for this one trajectory alone.

The two are not the same number: the tangent holds the start of this trajectory fixed, and is that of one moment; the
ensemble holds the temperature fixed, or the energy (--held), and is that of an average.
"""

import argparse
from pathlib import Path

import trajectory as tr
import numpy as np

# that may be lost, by the precision of the forces
DIGITS = {"double": 8.0, "mixed": 4.0}
TANGENT, ENSEMBLE = "#4c72b0", "#c44e52"
GREEK = {"epsilon": "ε", "sigma": "σ"}
COLUMNS = 2


def tangent(variable, observable):
    """Times, derivatives and digits lost; nothing without the estimator."""
    if f"{observable}/value" not in variable:
        return None
    rows = len(variable[f"{observable}/step"])  # `step` is extended last: rows beyond it are not complete
    return [variable[name][:rows] for name in (f"{observable}/time", f"{observable}/value", "digits_lost/value")]


def ensemble(variable, observable, held):
    """Times, derivatives and standard errors; nothing without the estimator."""
    group = f"ensemble/{observable}/constant_{held}"
    if group not in variable or variable[f"{group}/value"].ndim != 1:
        return None
    rows = len(variable[f"{group}/step"])
    return [variable[f"{group}/{name}"][:rows] for name in ("time", "value", "standard_error")]


def symbol(name):
    """ε of lj.A-A.epsilon."""
    last = name.split(".")[-1]
    return GREEK.get(last, name)


def text(attribute):
    return attribute.decode() if isinstance(attribute, bytes) else str(attribute)


def horizon(lost, digits):
    """The first row beyond the horizon."""
    return int(np.argmax(lost > digits)) if (lost > digits).any() else len(lost)


def draw(near, far, along, average, per, held, digits):
    """One variable: near the average, and all magnitudes."""
    centre, reach, early = 0.0, 0.0, []
    if along:
        time, values, lost = along
        values, within = values / per, horizon(lost, digits)
        for axis, y in ((near, values), (far, np.abs(values))):
            axis.plot(time[: within + 1], y[: within + 1], color=TANGENT, lw=1.4, label="this trajectory (tangent)")
            axis.plot(time[within:], y[within:], color=TANGENT, lw=0.8, alpha=0.35)
            if within < len(time):
                axis.axvline(time[within], color="0.6", lw=0.8, ls="--", zorder=0)
        if within < len(time):
            far.annotate(f"{digits:g} digits lost", (time[within], 0.9), xycoords=("data", "axes fraction"), xytext=(4, 0),
                         textcoords="offset points", fontsize="x-small", color="0.4")
        early = np.abs(values[1 : max(within, 2)])
    if average and len(average[0]):
        time, values, errors = (np.asarray(x) for x in average)
        values, errors = values / per, errors / per
        centre, reach = values[-1], max(1.2 * abs(values[-1]), 5.0 * errors[-1])
        label = f"average at constant {held} (ensemble)"
        near.fill_between(time, values - errors, values + errors, color=ENSEMBLE, alpha=0.25, lw=0)
        near.plot(time, values, color=ENSEMBLE, lw=1.6, label=label)
        far.plot(time, np.abs(values), color=ENSEMBLE, lw=1.6)
        number = f"{values[-1]:.3g} ± {errors[-1]:.2g}".replace("-", "−")
        near.annotate(number, (time[-1], values[-1] + errors[-1]), xytext=(0, 4), ha="right",
                      textcoords="offset points", fontsize="small", color=ENSEMBLE)
    elif len(early):
        reach = 4.0 * float(np.median(early))
    if reach > 0.0:
        near.set_ylim(centre - reach, centre + reach)
    near.axhline(0.0, color="0.85", lw=0.8, zorder=0)
    far.set_yscale("log")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trajectory", help="file written by `admd simulate` with a section [sensitivity] (.h5md)")
    parser.add_argument("-o", "--output", help="picture to write (default: beside the trajectory, -sensitivity.png)")
    parser.add_argument("--observable", default="potential_energy", help="[potential_energy]")
    parser.add_argument("--held", choices=["temperature", "energy"], default="temperature", help="[temperature]")
    arguments = parser.parse_args()

    file = tr.open_trajectory(arguments.trajectory)
    if "sensitivity" not in file:
        tr.fail(f"{arguments.trajectory} has no sensitivities; add a section [sensitivity] to its input and run it again")
    observable = arguments.observable
    # beside the variables there may be the group of a loss
    variables = [group for group in file["sensitivity"].values() if "parameter" in group.attrs]
    digits = DIGITS.get(text(file["parameters"].attrs.get("precision", "double")), 8.0)
    found = {}
    for variable in variables:
        both = tangent(variable, observable), ensemble(variable, observable, arguments.held)
        if any(both):
            found[variable.attrs["parameter"]] = both
    if not found:
        known = set()
        for variable in variables:
            known |= {name for name, node in variable.items() if "value" in node and node["value"].ndim == 1}
            known -= {"adjoint", "digits_lost", "lyapunov", "norm"}
            known |= {name for name, node in variable.get("ensemble", {}).items() if "average" in node
                      and node["average/value"].ndim == 1}
        if not known:
            tr.fail("there are no tangents and no averages, only the gradient of a loss: that is no curve; read it with h5py, or "
                    'set estimators = ["tangent", "ensemble"]')
        tr.fail(f"there is no {observable}; choose one of {', '.join(sorted(known))}")
    rows = max(len(part[0]) for both in found.values() for part in both if part)
    if rows < 2:
        tr.fail(f"{arguments.trajectory} has fewer than two rows; run longer or write more often")
    clock = variables[0]
    time_unit = tr.unit(clock[f"{observable}/time"]) if f"{observable}/time" in clock else ""
    time_unit = time_unit or "τ"
    extensive = observable in ("potential_energy", "kinetic_energy", "total_energy", "heat_capacity")
    per = len(file["parameters/species/of_atom"]) if extensive else 1.0

    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    # those that both estimators know come first
    order = sorted(found, key=lambda name: found[name][1] is None)[:COLUMNS]
    figure, axes = plt.subplots(
        2, len(order), squeeze=False, sharex=True, figsize=(4.6 * len(order) + 0.4, 5.6), layout="constrained",
        height_ratios=[3, 2],
    )
    word = observable.replace("_", " ") + (" per atom" if extensive else "")
    for (near, far), name in zip(axes.T, order):
        draw(near, far, *found[name], per, arguments.held, digits)
        near.set_title(name, fontsize="medium")
        near.set_ylabel(f"d {word} / d{symbol(name)}")
        far.set_ylabel("magnitude")
        far.set_xlabel(f"time [{time_unit}]")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, fontsize="small", ncols=2, frameon=False, loc="outside upper center")
    for name, (along, average) in found.items():
        if along:
            time, values, lost = along
            within = horizon(lost, digits)
            end = f"horizon at {time[within]:g} {time_unit}" if within < len(time) else "no horizon reached"
            print(f"{name}: tangent {values[within - 1]:.6g} at {time[within - 1]:g} {time_unit}, {end}")
        if average and len(average[0]):
            time, values, errors = average
            print(f"{name}: ensemble {values[-1]:.6g} +- {errors[-1]:.2g} at constant {arguments.held}")
    for axis in axes.flat:
        axis.margins(x=0.01)
        axis.spines[["top", "right"]].set_visible(False)
    figure.align_ylabels(axes)
    tr.save(figure, arguments.output or str(Path(arguments.trajectory).with_suffix("")) + "-sensitivity.png")


if __name__ == "__main__":
    main()
