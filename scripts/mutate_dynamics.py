#!/usr/bin/env python3
"""Mutation drill of the integrator, the observables, the loop and the watchdog: every mutant must fail a test.

    scripts/mutate_dynamics.py [NAME...]

Each mutant is one textual change; the tests run until one fails. The tree is restored whatever happens.
"""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TESTS = ["dynamics_laws", "dynamics_run", "dynamics_reference", "cli_simulate", "cli_evaluate"]
VERLET, VELOCITIES = "src/dynamics/velocity_verlet.rs", "src/dynamics/velocities.rs"
OBSERVABLES, EXECUTOR = "src/dynamics/observables.rs", "src/run/executor.rs"

# name, file, what is written there, what the mutant writes
MUTANTS = [
    ("first kick of a whole step", VERLET, "0.5 * dt,\n            &mut to.velocities", "dt,\n            &mut to.velocities"),
    ("second kick left out", VERLET, "kick_on(&mut to.velocities, &next.evaluation.forces, masses, 0.5 * dt);", ""),
    ("second kick with the old force", VERLET, "kick_on(&mut to.velocities, &next.evaluation", "kick_on(&mut to.velocities, &now.evaluation"),
    ("mass forgotten in the kick", VERLET, "*to = v + f * (dt / m)", "*to = v + f * (dt + 0.0 * m)"),
    ("drift backwards", VERLET, "*to = r + v * dt", "*to = r + v * -dt"),
    ("leap of a whole cell let through", VERLET, "let limit = 0.5 * height", "let limit = height"),
    ("3N degrees of freedom", OBSERVABLES, "n => 3 * n - 3", "n => 3 * n"),
    ("stress of the wrong sign", OBSERVABLES, "-(kinetic_tensor + virial) / volume", "(kinetic_tensor + virial) / volume"),
    ("virial left out of the stress", OBSERVABLES, "-(kinetic_tensor + virial) / volume", "-(kinetic_tensor + 0.0 * virial) / volume"),
    ("pressure without its third", OBSERVABLES, "-stress.trace() / 3.0", "-stress.trace()"),
    ("one stream for all atoms", VELOCITIES, "rng.set_stream(atom);", "rng.set_stream(0 * atom);"),
    ("velocities without the mass", VELOCITIES, "(kt / m).sqrt()", "(kt / 1.0 + 0.0 * m).sqrt()"),
    ("drift kept", VELOCITIES, "velocities.iter_mut().for_each(|v| *v -= drift);", "let _ = drift;"),
    ("rotation kept", VELOCITIES, "*v -= rate.cross(&(r - centre));", "*v -= 0.0 * rate.cross(&(r - centre));"),
    ("last state not shown", EXECUTOR, "let mut late = self.show_to(&thermo, |_| true);", "let mut late = self.show_to(&thermo, |_| false);"),
    ("last state shown twice", EXECUTOR, "if *seen != Some(step) && whom", "if whom"),
    ("observers not closed", EXECUTOR, "late = late.and(observer.close());", "late = late.and(Ok(()));"),
    ("signal ignored", EXECUTOR, "if let Some(signal) = interrupt.signal() {", "if let (Some(signal), true) = (interrupt.signal(), false) {"),
    ("watchdog asleep", "src/run/watchdog.rs", "if ratio <= self.factor {", "if ratio <= self.factor || true {"),
    ("binding energy not counted", "src/run/watchdog.rs", "const BINDING: f64 = 0.1;", "const BINDING: f64 = 0.0;"),
    ("pressure in coherent units", "src/run/record.rs", "observables::pressure(&s) / pressure_unit", "observables::pressure(&s)"),
    ("velocities in coherent units", "src/run/record.rs", "|v: &Vec3| v / velocity_unit", "|v: &Vec3| *v + 0.0 * v / velocity_unit"),
    ("time in coherent units", "src/run/record.rs", "(integrator.timestep() / units.to_coherent(Dimension::TIME))", "integrator.timestep()"),
    ("Hessian of the wrong sign", "src/cli/evaluate/report.rs", "tangent.forces.iter().map(|f| -f)", "tangent.forces.iter().map(|f| *f)"),
    ("stress of evaluate of the wrong sign", "src/cli/evaluate/report.rs", "|w| -w / volume", "|w| w / volume"),
]


def survives(name: str, path: str, before: str, after: str) -> bool:
    file = ROOT / path
    text = file.read_text()
    if text.count(before) < 1:
        sys.exit(f"{name}: the text to change is not in {path}")
    file.write_text(text.replace(before, after))
    try:
        command = ["cargo", "test", "-q"] + [w for t in TESTS for w in ("--test", t)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    finally:
        file.write_text(text)
    if "error: could not compile" in done.stderr:
        sys.exit(f"{name}: the mutant does not compile\n{done.stderr}")
    return done.returncode == 0


def main() -> None:
    chosen = [m for m in MUTANTS if not sys.argv[1:] or m[0] in sys.argv[1:]]
    alive = []
    for mutant in chosen:
        lives = survives(*mutant)
        print(f"{'ALIVE ' if lives else 'killed'} {mutant[0]}", flush=True)
        if lives:
            alive.append(mutant[0])
    print(f"{len(chosen) - len(alive)} of {len(chosen)} killed")
    sys.exit(bool(alive))


main()
