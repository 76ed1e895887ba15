"""What the mutation drills share: a mutant is one textual change, and must fail a test."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# the kernels are optimised once; what is mutated is compiled again and again, and tested on small systems
QUICKLY = ["--config", "profile.release.package.admd.opt-level=0", "--config", "profile.release.incremental=true"]


def survives(mutant, tests):
    """Makes the change, runs the tests until one fails, and restores the file whatever happens."""
    name, path, before, after = mutant
    file = ROOT / path
    text = file.read_text()
    if text.count(before) < 1:
        sys.exit(f"{name}: the text to change is not in {path}")
    file.write_text(text.replace(before, after))
    try:
        command = ["cargo", "test", "-q", "--release", *QUICKLY] + [w for t in tests for w in ("--test", t)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    finally:
        file.write_text(text)
    if "error: could not compile" in done.stderr:
        sys.exit(f"{name}: the mutant does not compile\n{done.stderr}")
    return done.returncode == 0


def drill(mutants, tests_of):
    """All mutants, or those whose names begin as the arguments say; `tests_of` has the tests of a name."""
    chosen = [m for m in mutants if m[0].startswith(tuple(sys.argv[1:]))] if sys.argv[1:] else mutants
    alive = []
    for mutant in chosen:
        lives = survives(mutant, tests_of(mutant[0]))
        print(f"{'ALIVE ' if lives else 'killed'} {mutant[0]}", flush=True)
        if lives:
            alive.append(mutant[0])
    print(f"{len(chosen) - len(alive)} of {len(chosen)} killed")
    sys.exit(bool(alive))
