"""Draws results.json as bars: results.png and results.svg. The argument is the folder."""

import json
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

matplotlib.rcParams.update({"font.size": 10, "svg.fonttype": "none", "svg.hashsalt": "admd"})

# Colours that colour-blind readers tell apart (after Okabe and Ito): full for admd, pale for the others.
COLOURS = {"double": "#0072B2", "mixed": "#CC4C00", "single": "#E69F00"}
PALE = {"double": "#7FB8D8", "mixed": "#E5A57F", "single": "#F2CF7F"}
WORDS = {"double": "double precision", "mixed": "mixed: pairs in single, sums in double", "single": "single precision"}


def label(row):
    return row["variant"] + ("" if row["checked_list"] else " *") + ("  (differs!)" if row["differs"] else "")


def panel(axes, atoms, rows, widest):
    rows = rows[::-1]
    places = range(len(rows))
    for y, row in zip(places, rows):
        ours = row["variant"].startswith("admd")
        speed, low, high = (row[key] / 1e6 for key in ("median", "min", "max"))
        colour = (COLOURS if ours else PALE)[row["precision"]]
        hatch = "//" if row["threads"] > 1 else None
        axes.barh(y, speed, 0.72, color=colour, edgecolor="white", hatch=hatch, linewidth=0)
        axes.plot([low, high], [y, y], color="#333333", linewidth=1.2, solid_capstyle="butt")
        text = f"{speed:.2f}" + (f"   {row['ratio']:.2f}×" if row["ratio"] else "")
        axes.text(max(speed, high) + 0.012 * widest, y, text, va="center", fontsize=9, color="#333333",
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0})
    axes.set_yticks(list(places), [label(row) for row in rows])
    for tick, row in zip(axes.get_yticklabels(), rows):
        tick.set_fontweight("bold" if row["variant"].startswith("admd") else "normal")
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.set_xlim(0, widest * 1.16)
    axes.set_title(f"{int(atoms):,} atoms", loc="left", fontsize=11, fontweight="bold")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.grid(True, color="#dddddd", linewidth=0.8)
    axes.set_axisbelow(True)


def draw(folder):
    report = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    panels = {atoms: rows for atoms, rows in report["summary"].items() if rows}
    if not panels:
        sys.exit("nothing was measured: no plot")
    heights = [len(rows) + 2.2 for rows in panels.values()]
    figure, axes = plt.subplots(len(panels), 1, figsize=(9.5, 0.27 * sum(heights) + 1.5), squeeze=False,
                                height_ratios=heights, layout="constrained")
    widest = max(row["max"] for rows in panels.values() for row in rows) / 1e6
    for place, (atoms, rows) in zip(axes[:, 0], panels.items()):
        panel(place, atoms, rows, widest)
    axes[-1, 0].set_xlabel("million atom-steps per second (line: slowest to fastest run; ×: ratio to admd in double)")
    ours = {row["precision"] for rows in panels.values() for row in rows if row["variant"].startswith("admd")}
    used = {row["precision"] for rows in panels.values() for row in rows}
    handles = [plt.Rectangle((0, 0), 1, 1, color=COLOURS[kind] if kind in ours else PALE[kind])
               for kind in COLOURS if kind in used]
    axes[0, 0].legend(handles, [WORDS[kind] for kind in COLOURS if kind in used], loc="lower right", fontsize=9,
                      frameon=True, edgecolor="none")
    machine = report["machine"]
    notes = f"{machine['processor']}, one thread each unless said."
    simd = report["versions"].get("gromacs", {}).get("simd")
    if simd:
        notes += f"  GROMACS: built for {simd}."
    if any(not row["checked_list"] for rows in panels.values() for row in rows):
        notes += "  * list kept a fixed number of steps, may miss pairs"
    figure.suptitle("Lennard-Jones liquid, cutoff 2.5 σ: whole MD loop\n", fontsize=13, fontweight="bold", x=0.01,
                    ha="left")
    figure.text(0.01, 1 - 0.42 / figure.get_figheight(), notes, fontsize=9, color="#444444", va="center")
    for name in ("results.png", "results.svg"):
        figure.savefig(folder / name, dpi=160)


draw(pathlib.Path(sys.argv[1]))
