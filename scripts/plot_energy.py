#!/usr/bin/env python3
"""Plots energies, drift of the conserved energy, temperature and pressure of an .h5md trajectory."""

import argparse
from pathlib import Path

import trajectory as tr
import numpy as np


def power_of(curves):
    """The power of ten to draw curves in: 0 unless their numbers are very small or very large."""
    largest = max(np.nanmax(np.abs(values)) for values in curves)
    power = int(np.floor(np.log10(largest))) if largest > 0.0 else 0
    return power if power < -2 or power > 4 else 0


def prefix(power):
    """A power of ten for a label."""
    return f"$10^{{{power}}}$ " if power else ""


def note(axis, text):
    """A line of text above a panel, where no curve is."""
    axis.set_title(text, loc="right", fontsize="small", pad=2)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trajectory", help="file written by `admd simulate` (.h5md)")
    parser.add_argument("-o", "--output", help="picture to write (default: beside the trajectory, .png)")
    parser.add_argument("--start", type=float, default=0.0, metavar="TIME", help="leave out what is before this time")
    arguments = parser.parse_args()

    file = tr.open_trajectory(arguments.trajectory)
    group = "thermo"
    data = tr.table(file, group)
    if not data or len(data["step"]) < 2:
        group = "observables"
        data = tr.table(file, group)
    if not data or len(data["step"]) < 2:
        tr.fail(f"{arguments.trajectory} has fewer than two rows of thermodynamics; run longer or write more often")
    data = {name: values[data["time"] >= arguments.start] for name, values in data.items()}
    if len(data["step"]) < 2:
        tr.fail(f"fewer than two rows from time {arguments.start:g} on; choose an earlier --start")
    atoms = file[f"{tr.PARTICLES}/position/value"].shape[1]

    first = next(iter(file[group].values()))
    time, time_unit = data["time"], tr.unit(first["time"]) or "τ"
    energy = tr.unit(file[f"{group}/potential_energy/value"]) or "ε"
    temperature = tr.unit(file[f"{group}/temperature/value"]) or "ε/k"

    conserved = data["conserved_energy"]
    drift = conserved - conserved[0]
    slope = np.polyfit(time, drift, 1)[0] / max(atoms, 1)
    print(f"{len(time)} rows, {time[0]:g} to {time[-1]:g} {time_unit}, {atoms} atoms")
    print(f"temperature  {data['temperature'].mean():.6g} +- {data['temperature'].std():.2g} {temperature}")
    print(f"drift        {slope:.3e} {energy}/{time_unit} per atom")
    print(f"fluctuation  {conserved.std() / max(atoms, 1):.3e} {energy} per atom")

    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    panels = 4 if "pressure" in data and np.isfinite(data["pressure"]).any() else 3
    figure, axes = plt.subplots(panels, 1, sharex=True, figsize=(7, 2.1 * panels), layout="constrained")
    per_atom = 1.0 / max(atoms, 1)
    # Kinetic and potential energy differ in size: each is drawn around its mean.
    curves = [
        ("potential_energy", "potential", "C0"),
        ("kinetic_energy", "kinetic", "C1"),
        ("total_energy", "total", "C2"),
    ]
    spreads = [data[name] * per_atom - data[name].mean() * per_atom for name, _, _ in curves]
    power = power_of(spreads)
    for (name, label, color), values in zip(curves, spreads):
        label = f"{label}, mean {data[name].mean() * per_atom:.5g}"
        axes[0].plot(time, values / 10.0**power, color=color, lw=1, label=label)
    axes[0].set_ylabel(f"energy − mean\n[{prefix(power)}{energy}/atom]")
    axes[0].legend(fontsize="small", ncols=3, frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0))

    power = power_of([drift * per_atom])
    axes[1].plot(time, drift * per_atom / 10.0**power, color="C3", lw=1)
    axes[1].axhline(0.0, color="0.7", lw=0.8, zorder=0)
    axes[1].set_ylabel(f"conserved − initial\n[{prefix(power)}{energy}/atom]")
    note(axes[1], f"drift {slope:.2g} {energy}/{time_unit} per atom")

    rows = [(axes[2], "temperature", temperature, "C4")]
    if panels == 4:
        rows.append((axes[3], "pressure", tr.unit(file[f"{group}/pressure/value"]) or "ε/σ³", "C5"))
    for axis, name, symbol, color in rows:
        values = data[name]
        power = power_of([values])
        axis.plot(time, values / 10.0**power, color=color, lw=1)
        axis.axhline(np.nanmean(values) / 10.0**power, color="0.4", lw=0.8, ls="--")
        axis.set_ylabel(f"{name}\n[{prefix(power)}{symbol}]")
        note(axis, f"mean {np.nanmean(values):.5g} {symbol}, deviation {np.nanstd(values):.2g}")
    for axis in axes:
        axis.margins(x=0.01)
        axis.ticklabel_format(axis="y", useOffset=False)
        axis.spines[["top", "right"]].set_visible(False)
    axes[-1].set_xlabel(f"time [{time_unit}]")
    figure.align_ylabels(axes)
    tr.save(figure, arguments.output or str(Path(arguments.trajectory).with_suffix(".png")))


if __name__ == "__main__":
    main()
