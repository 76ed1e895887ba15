#!/usr/bin/env python3
"""Checks a fit of frames from outside: deviations from the data as ASE reads it, the page as a browser reads it.

    python scripts/check_fit.py DATA.extxyz FIT.json --admd target/release/admd

FIT.json is what `admd fit INPUT --json` prints; the potential that it names is evaluated with `admd evaluate`. Energies are
in eV an atom, so the input must have metal units and per_atom = true.
"""

import argparse
import json
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from ase.io import read

# digits of the printed potential and of the sums
RELATIVE = 1e-9
# eV/Angstrom^3 in bar, from the elementary charge of the SI; ASE's own units are of an older year
BAR = 1.602176634e6


class Page(HTMLParser):
    """Collects the pictures, and checks that every element is closed."""

    VOID = {"meta", "br"}

    def __init__(self):
        super().__init__()
        self.open, self.points = [], 0

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attrs:
            assert not (value or "").startswith("http"), f"the page asks for {name}={value}"

    def handle_startendtag(self, tag, attrs):
        self.points += tag == "circle"

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()


def check_page(path):
    text = Path(path).read_text()
    page = Page()
    page.feed(text)
    assert not page.open, f"never closed: {page.open}"
    for part in text.split("<svg")[1:]:
        ElementTree.fromstring("<svg" + part.split("</svg>")[0] + "</svg>")
    assert page.points > 0, "no points"
    return page.points


def deviations(frames, said, reference):
    """Sums of squares and counts by quantity and tag."""
    sums = {}

    def add(quantity, tag, difference):
        total = sums.setdefault((quantity, tag), [0.0, 0])
        total[0] += float(np.sum(np.square(difference)))
        total[1] += np.size(difference)

    for atoms, one in zip(frames, said):
        tag = atoms.info["tag"]
        add("energy", tag, (one["energy"] - atoms.get_potential_energy()) / len(atoms) + reference)
        add("force", tag, np.array(one["forces"]) - atoms.get_forces())
        stress = np.array(one["stress"])[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]
        add("stress", tag, (stress - atoms.get_stress(voigt=True)) * BAR)
    return sums


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data")
    parser.add_argument("fit")
    parser.add_argument("--admd", default="target/release/admd")
    a = parser.parse_args()
    fit = json.loads(Path(a.fit).read_text())
    potential = next(f for f in fit["files"] if f.endswith(".toml"))
    out = subprocess.run([a.admd, "evaluate", a.data, "-p", potential, "--json"], check=True, capture_output=True)
    reference = sum(p["value"] for p in fit["parameters"] if p["name"].startswith("reference."))
    found = deviations(read(a.data, ":"), json.loads(out.stdout), reference)
    told = {}
    for one in fit["deviations"]["fitted"] + fit["deviations"]["validation"]:
        total = told.setdefault((one["quantity"], one["tag"]), [0.0, 0])
        total[0] += one["rmse"] ** 2 * one["rows"]
        total[1] += one["rows"]
    for key, (square, count) in sorted(found.items()):
        assert told[key][1] == count, f"{key}: {told[key][1]} rows, {count} in the file"
        # forces of a perfect crystal are rounding
        assert abs(told[key][0] - square) <= RELATIVE * square + 1e-20, f"{key}: {told[key][0]} told, {square} found"
        print(f"{key[0]:<8} {key[1]:<8} {count:>6} rows, rmse {np.sqrt(square / count):.6g}")
    for page in (f for f in fit["files"] if f.endswith(".html")):
        print(f"{page}: {check_page(page)} points")


if __name__ == "__main__":
    sys.exit(main())
