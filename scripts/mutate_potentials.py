"""Mutation drill of the potentials: each wrong line below must make at least one test fail.

Usage: python3 scripts/mutate_potentials.py [part of a file name]
Works on the checked-out files and restores them; run it on a clean tree.
"""

import pathlib
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FORM = "potentials/form/"
MUTANTS = [
    ("potentials/lennard_jones.rs", "r6 * (c.c12 * r6 - c.c6)", "r6 * (c.c12 * r6 + c.c6)"),
    ("potentials/lennard_jones.rs", "p.sigma.powi(6)", "p.sigma.powi(5)"),
    ("potentials/lennard_jones.rs", "sigma: Dimension::LENGTH, Positive", "sigma: Dimension::LENGTH, NonNegative"),
    ("potentials/mie.rs", "p.n / difference * (p.n / p.m)", "p.n / difference * (p.m / p.n)"),
    ("potentials/mie.rs", "if p.n > p.m", "if p.n >= p.m"),
    ("potentials/morse.rs", "(e - 2.0)", "(e - 1.0)"),
    ("potentials/morse.rs", "alpha: Dimension::INVERSE_LENGTH", "alpha: Dimension::LENGTH"),
    ("potentials/buckingham.rs", "r2.recip().powi(3)", "r2.recip().powi(4)"),
    ("potentials/buckingham.rs", "c: Dimension::ENERGY.times(Dimension::LENGTH.power(6))", "c: Dimension::ENERGY"),
    (FORM + "truncation.rs", "x * 6.0 - 15.0", "x * 6.0 - 14.0"),
    (FORM + "truncation.rs", "b.mul_add(r2.sqrt(), a)", "a"),
    (FORM + "truncation.rs", "Truncation::Cut => T::lit(0.0)", "Truncation::Cut => P::energy(cutoff.sq(), &inner)"),
    (FORM + "truncation.rs", "Self::Shifted => Some(0)", "Self::Shifted => Some(1)"),
    (FORM + "truncation.rs", "Self::ForceShifted => Some(1)", "Self::ForceShifted => Some(0)"),
    (FORM + "tail.rs", "(cube * jump / 3.0) + energy", "energy"),
    (FORM + "tail.rs", "let energy = outer + switched", "let energy = outer"),
    (FORM + "tail.rs", "8.0 * w / (t * t * t * s)", "8.0 * w / (t * t * t)"),
    (FORM + "mixing.rs", "Mixing::Size, Rule::Arithmetic", "Mixing::Size, Rule::Explicit"),
    (FORM + "mixing.rs", "(x + y) * 0.5", "(x + x) * 0.5"),
    (FORM + "binding.rs", "a * (a + 1) / 2", "a * (a + 1)"),
    (FORM + "select.rs", "star = Some((at, taken + 1));", "star = None;"),
    ("potentials/builder.rs", "own.or(self.cutoff)", "self.cutoff.or(own)"),
    ("potentials/builder.rs", "Origin::Mixed(x, y)", "Origin::Mixed(x, x)"),
]
TESTS = ["cargo", "test", "-q", "-p", "admd-potentials", "-p", "admd", "--lib", "--no-fail-fast"]
TESTS += [t for name in ("potentials_*", "reference_lammps", "parameter_sets") for t in ("--test", name)]


def survives(path, right, wrong):
    text = path.read_text()
    assert text.count(right) >= 1, f"{path}: `{right}` is not there any more"
    path.write_text(text.replace(right, wrong, 1))
    try:
        if subprocess.run([*TESTS, "--no-run"], cwd=ROOT, capture_output=True, check=False).returncode:
            sys.exit(f"{path}: `{wrong}` does not compile, so it tests nothing")
        return subprocess.run(TESTS, cwd=ROOT, capture_output=True, check=False).returncode == 0
    finally:
        path.write_text(text)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that `finally` restores the file
    part = sys.argv[1] if len(sys.argv) > 1 else ""
    survivors = 0
    for file, right, wrong in MUTANTS:
        if part in file:
            alive = survives(ROOT / file, right, wrong)
            survivors += alive
            print("SURVIVES" if alive else "caught  ", file, "|", right, "->", wrong, flush=True)
    sys.exit(survivors != 0)


main()
