#!/usr/bin/env python3
"""Plots how an observable of a run depends on its variables, and how chaos eats the digits of that.

Above: dO/dtheta of each variable, as the run gives it, on a scale that is linear around zero and logarithmic beyond. Below:
the digits lost. Behind the horizon, eight digits, curves are pale: there they hold for this one trajectory alone.
"""

import argparse
from pathlib import Path

import trajectory as tr
import numpy as np

DIGITS = 8.0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trajectory", help="file written by `admd simulate` with a section [sensitivity] (.h5md)")
    parser.add_argument("-o", "--output", help="picture to write (default: beside the trajectory, -sensitivity.png)")
    parser.add_argument("--observable", default="potential_energy", help="[potential_energy]")
    arguments = parser.parse_args()

    file = tr.open_trajectory(arguments.trajectory)
    if "sensitivity" not in file:
        tr.fail(f"{arguments.trajectory} has no sensitivities; add a section [sensitivity] to its input and run it again")
    variables = list(file["sensitivity"].values())
    known = sorted(name for name, node in variables[0].items() if "value" in node and node["value"].ndim == 1)
    if arguments.observable not in known:
        tr.fail(f"there is no observable {arguments.observable}; choose one of {', '.join(known)}")
    clock = variables[0][arguments.observable]
    rows = len(clock["step"])  # `step` is extended last: rows beyond it are not complete
    time, time_unit = clock["time"][:rows], tr.unit(clock["time"]) or "τ"
    if rows < 2:
        tr.fail(f"{arguments.trajectory} has fewer than two rows; run longer or write more often")

    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 1, sharex=True, figsize=(7, 5.6), layout="constrained", height_ratios=[3, 2])
    reliable = []
    for k, variable in enumerate(variables):
        name = variable.attrs["parameter"]
        values, lost = variable[f"{arguments.observable}/value"][:rows], variable["digits_lost/value"][:rows]
        within = int(np.argmax(lost > DIGITS)) if (lost > DIGITS).any() else rows
        axes[0].plot(time[:within], values[:within], color=f"C{k}", lw=1.4, label=name)
        axes[0].plot(time[max(within - 1, 0) :], values[max(within - 1, 0) :], color=f"C{k}", lw=0.8, alpha=0.35)
        axes[1].plot(time, lost, color=f"C{k}", lw=1.2)
        reliable.append(np.abs(values[: max(within, 1)]))
        horizon = f"horizon at {time[within]:g} {time_unit}" if within < rows else "no horizon reached"
        unit = tr.unit(variable[f"{arguments.observable}/value"])
        print(f"{name}: {values[min(within, rows) - 1]:.6g} {unit} at {time[min(within, rows) - 1]:g} {time_unit}, {horizon}")
    early = np.concatenate(reliable)
    early = early[early > 0.0]
    linear = float(np.quantile(early, 0.2)) if len(early) else 1.0
    axes[0].set_yscale("symlog", linthresh=linear)
    # few ticks, none of them crowded around zero
    lowest = int(np.ceil(np.log10(linear))) + 1
    highest = int(np.log10(max(np.abs(line.get_ydata()).max() for line in axes[0].get_lines()) + 1e-300))
    powers = range(lowest, highest + 1, max(1, (highest - lowest) // 4))
    axes[0].set_yticks([0.0] + [sign * 10.0**p for p in powers for sign in (1.0, -1.0)])
    axes[0].axhline(0.0, color="0.7", lw=0.8, zorder=0)
    axes[0].set_ylabel(f"d {arguments.observable.replace('_', ' ')} / dθ")
    axes[0].legend(fontsize="small", ncols=2, frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    axes[1].axhline(DIGITS, color="0.4", lw=0.8, ls="--")
    axes[1].set_ylabel("digits lost")
    axes[1].set_xlabel(f"time [{time_unit}]")
    for axis in axes:
        axis.margins(x=0.01)
        axis.spines[["top", "right"]].set_visible(False)
    figure.align_ylabels(axes)
    tr.save(figure, arguments.output or str(Path(arguments.trajectory).with_suffix("")) + "-sensitivity.png")


if __name__ == "__main__":
    main()
