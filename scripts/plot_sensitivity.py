#!/usr/bin/env python3
"""Plots how an observable of a run depends on its variables: along the trajectory, and on average.

Above, per atom for an energy: dO(t)/dtheta of the trajectory ("tangent"), on a scale that is linear around zero and
logarithmic beyond, and beside it d<O>/dtheta from the fluctuations of the run up to that time ("ensemble"), with a band of
one standard error and the last value carried through. Below: the digits that chaos has eaten of the tangent. Behind the
horizon, eight digits, its curve is pale: there it holds for this one trajectory alone, while the ensemble has an answer.

The two are not the same number: the tangent holds the start of this trajectory fixed, and is that of one moment; the
ensemble holds the temperature fixed, or the energy (--held), and is that of an average.
"""

import argparse
from pathlib import Path

import trajectory as tr
import numpy as np

DIGITS = 8.0
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


def horizon(lost):
    """The first row beyond the horizon."""
    return int(np.argmax(lost > DIGITS)) if (lost > DIGITS).any() else len(lost)


def draw(axis, name, along, average, per, held):
    """One variable: its tangent, pale beyond the horizon, and the average with its band."""
    shown = []
    if along:
        time, values, lost = along
        within = horizon(lost)
        axis.plot(time[:within], values[:within] / per, color=TANGENT, lw=1.4, label="this trajectory (tangent)")
        axis.plot(time[max(within - 1, 0) :], values[max(within - 1, 0) :] / per, color=TANGENT, lw=0.8, alpha=0.35)
        shown.append(np.abs(values[:within]) / per)
        if within < len(time):
            axis.axvline(time[within], color="0.6", lw=0.8, ls="--", zorder=0)
    if average and len(average[0]):
        time, values, errors = (np.asarray(x) for x in average)
        values, errors = values / per, errors / per
        axis.fill_between(time, values - errors, values + errors, color=ENSEMBLE, alpha=0.25, lw=0)
        label = f"average at constant {held} (ensemble)"
        axis.plot(time, values, color=ENSEMBLE, lw=1.6, label=label)
        axis.axhline(values[-1], color=ENSEMBLE, lw=0.7, ls=":", zorder=0)
        shown.append(np.abs(values[-1:]))
    early = np.concatenate(shown) if shown else np.array([])
    early = early[early > 0.0]
    # all that both say before the horizon is in the linear part, by orders of magnitude
    linear = 10.0 ** np.ceil(np.log10(2.0 * np.median(early))) if len(early) else 1.0
    axis.set_yscale("symlog", linthresh=linear, linscale=1.6)
    highest = max((np.abs(line.get_ydata()).max() for line in axis.get_lines() if len(line.get_ydata()) > 2), default=1.0)
    top = max(int(np.ceil(np.log10(highest + 1e-300))), int(np.log10(linear)) + 1)
    decades = range(int(np.log10(linear)), top + 1, max(1, (top - int(np.log10(linear))) // 3))
    ticks = [0.0, 0.5 * linear, -0.5 * linear] + [sign * 10.0**p for p in decades for sign in (1.0, -1.0)]
    axis.set_yticks(ticks)
    axis.set_ylim(-(10.0**top), 10.0**top)
    axis.yaxis.set_minor_locator(axis.yaxis.get_major_locator())
    axis.axhline(0.0, color="0.85", lw=0.8, zorder=0)
    axis.set_title(name, fontsize="medium")


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
    found = {}
    for variable in file["sensitivity"].values():
        both = tangent(variable, observable), ensemble(variable, observable, arguments.held)
        if any(both):
            found[variable.attrs["parameter"]] = both
    if not found:
        known = set()
        file["sensitivity"].visititems(lambda path, node: known.add(path.split("/")[-1]) if "value" in node else None)
        tr.fail(f"nothing depends on {observable} there; choose one of {', '.join(sorted(known))}")
    rows = max(len(part[0]) for both in found.values() for part in both if part)
    if rows < 2:
        tr.fail(f"{arguments.trajectory} has fewer than two rows; run longer or write more often")
    clock = next(iter(file["sensitivity"].values()))
    time_unit = tr.unit(clock[f"{observable}/time"]) if f"{observable}/time" in clock else ""
    time_unit = time_unit or "τ"
    extensive = observable in ("potential_energy", "kinetic_energy", "total_energy", "heat_capacity")
    per = len(file["parameters/species/of_atom"]) if extensive else 1.0

    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    # those that both estimators know come first
    order = sorted(found, key=lambda name: found[name][1] is None)[:COLUMNS]
    figure, axes = plt.subplot_mosaic(
        [[f"top{k}" for k in range(len(order))], ["lost"] * len(order)],
        figsize=(4.4 * len(order) + 0.6, 5.6), layout="constrained", height_ratios=[3, 1.5], sharex=True,
    )
    per_words = " per atom" if extensive else ""
    for k, name in enumerate(order):
        draw(axes[f"top{k}"], name, *found[name], per, arguments.held)
        axes[f"top{k}"].set_ylabel(f"d {observable.replace('_', ' ')} / d{symbol(name)}{per_words}")
        axes[f"top{k}"].tick_params(labelbottom=False)
    handles, labels = axes["top0"].get_legend_handles_labels()
    figure.legend(handles, labels, fontsize="small", ncols=2, frameon=False, loc="outside upper center")
    for k, name in enumerate(found):
        along, average = found[name]
        if along:
            time, values, lost = along
            axes["lost"].plot(time, lost, color=f"C{k}", lw=1.2, label=name)
            within = min(horizon(lost), len(time))
            end = f"horizon at {time[within]:g} {time_unit}" if within < len(time) else "no horizon reached"
            print(f"{name}: tangent {values[within - 1]:.6g} at {time[within - 1]:g} {time_unit}, {end}")
        if average and len(average[0]):
            time, values, errors = average
            print(f"{name}: ensemble {values[-1]:.6g} +- {errors[-1]:.2g} at constant {arguments.held}")
    lost = axes["lost"]
    if lost.get_lines():
        lost.legend(fontsize="x-small", frameon=False, loc="upper left")
    lost.axhline(DIGITS, color="0.6", lw=0.8, ls="--", zorder=0)
    lost.set_ylabel("digits lost")
    lost.set_xlabel(f"time [{time_unit}]")
    for axis in axes.values():
        axis.margins(x=0.01)
        axis.spines[["top", "right"]].set_visible(False)
    tr.save(figure, arguments.output or str(Path(arguments.trajectory).with_suffix("")) + "-sensitivity.png")


if __name__ == "__main__":
    main()
