#!/usr/bin/env python3
"""Radial distribution function g(r) of an .h5md trajectory, for cells of any shape and any units.

g(r) = V / (N_a N_b) sum_ij <delta(r - r_ij)> / (4 pi r^2), over all images closer than the largest distance.
"""

import argparse
from pathlib import Path

import trajectory as tr
import numpy as np


def shifts(edges, periodic, reach):
    """The translations of the cell that can bring a displacement with fractions in [-1/2, 1/2] below `reach`."""
    heights = 1.0 / np.linalg.norm(np.linalg.inv(edges), axis=0)
    counts = [max(int(np.ceil(reach / h + 0.5 - 1e-9)) - 1, 0) if p else 0 for h, p in zip(heights, periodic)]
    grid = np.meshgrid(*(np.arange(-n, n + 1) for n in counts), indexing="ij")
    return np.stack([g.ravel() for g in grid], axis=1) @ edges


def count_pairs(first, second, edges, periodic, bins, same):
    """Histogram of the distances between two sets of atoms, each with all images."""
    inverse = np.linalg.inv(edges)
    reach = bins[-1]
    translations = shifts(edges, periodic, reach)
    histogram = np.zeros(len(bins) - 1)
    block = max(1, 4_000_000 // max(len(second), 1))
    for start in range(0, len(first), block):
        d = second[None, :, :] - first[start:start + block, None, :]
        fractional = d @ inverse
        fractional[..., periodic] -= np.round(fractional[..., periodic])
        d = fractional @ edges
        for t in translations:
            r = np.linalg.norm(d + t, axis=2)
            if same and not t.any():
                rows = np.arange(r.shape[0])
                r[rows, rows + start] = np.inf  # an atom is not its own neighbour, but its images are
            histogram += np.histogram(r[r < reach], bins=bins)[0]
    return histogram


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trajectory", help="file written by `admd simulate` (.h5md)")
    parser.add_argument("--pair", nargs=2, metavar=("A", "B"), help="names of two species (default: all atoms)")
    parser.add_argument("--rmax", type=float, help="largest distance (default: half the smallest height of the cell)")
    parser.add_argument("--bins", type=int, default=200, help="number of bins (default: %(default)s)")
    parser.add_argument("--start", type=int, default=0, help="first frame (default: %(default)s)")
    parser.add_argument("--every", type=int, default=1, help="use every n-th frame (default: %(default)s)")
    parser.add_argument("-o", "--output", help="picture to write (default: TRAJECTORY.rdf.png); the table goes to .txt")
    arguments = parser.parse_args()
    if arguments.bins < 1 or arguments.every < 1:
        tr.fail("--bins and --every must be at least 1")
    if arguments.rmax is not None and not arguments.rmax > 0.0:
        tr.fail(f"--rmax is {arguments.rmax:g}; it must be positive")

    file = tr.open_trajectory(arguments.trajectory)
    particles = file[tr.PARTICLES]
    frames = range(len(particles["position/step"]))[arguments.start::arguments.every]
    if not len(frames):
        tr.fail(f"there is no frame from {arguments.start} on; the file has {len(particles['position/step'])}")
    periodic = np.array([b in ("periodic", b"periodic") for b in particles["box"].attrs["boundary"]])
    names = tr.species_names(file)
    if arguments.pair:
        for name in arguments.pair:
            if name not in names:
                tr.fail(f"there is no species {name}; the file has {', '.join(sorted(set(names)))}")
        first, second = (np.flatnonzero(names == name) for name in arguments.pair)
        label = "–".join(arguments.pair)
    else:
        first = second = np.arange(len(names))
        label = "all atoms"
    if not len(first) or not len(second):
        tr.fail("there are no atoms")
    same = np.array_equal(first, second)

    edges = particles["box/edges/value"][frames[0]]
    heights = 1.0 / np.linalg.norm(np.linalg.inv(edges), axis=0)
    rmax = arguments.rmax or 0.5 * (heights[periodic].min() if periodic.any() else heights.min())
    bins = np.linspace(0.0, rmax, arguments.bins + 1)
    shells = 4.0 / 3.0 * np.pi * np.diff(bins**3)
    total, density, coordination = np.zeros(arguments.bins), 0.0, np.zeros(arguments.bins)
    for frame in frames:
        edges = particles["box/edges/value"][frame]
        positions = particles["position/value"][frame]
        histogram = count_pairs(positions[first], positions[second], edges, periodic, bins, same)
        density = (len(second) - same) / abs(np.linalg.det(edges))
        total += histogram / (len(first) * shells * max(density, 1e-300))
        coordination += np.cumsum(histogram) / len(first)
    g, n = total / len(frames), coordination / len(frames)
    r = 0.5 * (bins[1:] + bins[:-1])

    length = tr.unit(particles["position/value"]) or "σ"
    output = Path(arguments.output or Path(arguments.trajectory).with_suffix(".rdf.png"))
    text = output.with_suffix(".txt")
    try:
        np.savetxt(text, np.column_stack([r, g, n]), fmt="%.8g", encoding="utf-8",
                   header=f"g(r) of {label}, {len(frames)} frames\nr [{length}]  g(r)  neighbours within r")
    except OSError as error:
        tr.fail(f"cannot write {text}: {error}")

    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(6, 4), layout="constrained")
    axis.plot(r, g, lw=1.5)
    axis.axhline(1.0, color="0.6", lw=0.8, ls="--", zorder=0)
    axis.set_xlim(0.0, rmax)
    axis.set_ylim(bottom=0.0)
    axis.set_xlabel(f"r{tr.pretty(length)}")
    axis.set_ylabel("g(r)")
    axis.set_title(f"{label}, {len(frames)} frames", fontsize="medium")
    axis.spines[["top", "right"]].set_visible(False)
    try:
        figure.savefig(output, dpi=150)
    except (OSError, ValueError) as error:
        tr.fail(f"cannot write {output}: {error}")
    peak = np.argmax(g)
    print(f"first maximum of g(r) of {label}: {g[peak]:.4g} at r = {r[peak]:.4g} {length}")
    print(f"wrote {output} and {text}")


if __name__ == "__main__":
    main()
