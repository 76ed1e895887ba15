#!/usr/bin/env python3
"""Mutation drill of the integrator, its derivatives, the observables, the loop and the watchdog: every mutant must fail a test.

    scripts/mutate_dynamics.py [NAME...]

Each mutant is one textual change; the tests run until one fails. The tree is restored whatever happens. A name may be the
beginning of names, as `sensitivity` for all of the derivatives.
"""

from mutants import drill

TESTS = ["dynamics_laws", "dynamics_run", "dynamics_reference", "cli_simulate", "cli_evaluate"]
DERIVATIVES = ["sensitivity_laws", "sensitivity_adjoint", "sensitivity_implicit", "sensitivity_implicit_errors", "dynamics_tangents"]
VERLET, VELOCITIES = "src/dynamics/velocity_verlet.rs", "src/dynamics/velocities.rs"
TANGENT, PULLED = "src/dynamics/tangent.rs", "src/dynamics/adjoint.rs"
BACKWARDS = "src/sensitivity/adjoint.rs"
IMPLICIT, STIFFNESS = "src/sensitivity/implicit.rs", "src/sensitivity/stiffness.rs"
OBSERVABLES, EXECUTOR = "src/dynamics/observables.rs", "src/run/executor.rs"

# name, file, what is written there, what the mutant writes
MUTANTS = [
    ("first kick of a whole step", VERLET, "kick(rounding, v, f, m, 0.5 * dt);\n        for i in 0..r.len()", "kick(rounding, v, f, m, dt);\n        for i in 0..r.len()"),
    ("second kick left out", VERLET, "kick(rounding, v, f, m, 0.5 * dt);\n        self::fastest2(v)", "kick(rounding, v, f, m, 0.0 * dt);\n        self::fastest2(v)"),
    ("second kick with the old force", VERLET, "next.evaluation.forces.par_chunks(CHUNK)", "now.evaluation.forces.par_chunks(CHUNK)"),
    ("mass forgotten in the kick", TANGENT, "v + force * (dt / mass)", "v + force * (dt + mass * 0.0)"),
    ("drift backwards", TANGENT, "    r + v * dt", "    r - v * dt"),
    ("leap of a whole cell let through", VERLET, "let limit = 0.5 * height", "let limit = height"),
    ("3N degrees of freedom", OBSERVABLES, "n => 3 * n - 3", "n => 3 * n"),
    ("stress of the wrong sign", OBSERVABLES, "-(kinetic_tensor + virial) / volume", "(kinetic_tensor + virial) / volume"),
    ("virial left out of the stress", OBSERVABLES, "-(kinetic_tensor + virial) / volume", "-(kinetic_tensor + 0.0 * virial) / volume"),
    ("pressure without its third", OBSERVABLES, "-stress.trace() / 3.0", "-stress.trace()"),
    ("one stream for all atoms", VELOCITIES, "rng.set_stream(atom);", "rng.set_stream(0 * atom);"),
    ("velocities without the mass", VELOCITIES, "(kt / m).sqrt()", "(kt / 1.0 + 0.0 * m).sqrt()"),
    ("drift kept", VELOCITIES, "velocities.iter_mut().for_each(|v| *v -= drift);", "let _ = drift;"),
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
    ("sensitivity: no tangent of the mass", TANGENT, "[self.masses.get(atom).copied().unwrap_or(0.0)]", "[0.0 * self.masses.get(atom).copied().unwrap_or(0.0)]"),
    ("sensitivity: time step changes backwards", VERLET, "along(share * dt, share * t.timestep)", "along(share * dt, -share * t.timestep)"),
    ("sensitivity: half kicks see the whole change of the time step", VERLET, "along(share * dt, share * t.timestep)", "along(share * dt, t.timestep)"),
    ("sensitivity: tangent of the force forgotten in the second kick", VERLET, "along(evaluation.forces[atom][k], force_along[atom][k])", "along(evaluation.forces[atom][k], 0.0 * force_along[atom][k])"),
    ("sensitivity: cell strained twice", TANGENT, "along - self.strain * r", "along + self.strain * r"),
    ("sensitivity: adjoint of the force of the wrong sign", PULLED, "phi[i][k] += adjoint * slopes[1]", "phi[i][k] -= adjoint * slopes[1]"),
    ("sensitivity: adjoint of the mass of the wrong sign", PULLED, "lm[i] += lv[i][k] * slopes[0]", "lm[i] -= lv[i][k] * slopes[0]"),
    ("sensitivity: share of the time step forgotten", PULLED, "sum += lv[i][k] * slopes[1] * share", "sum += lv[i][k] * slopes[1]"),
    ("sensitivity: time step of the drift forgotten", PULLED, "sum += adjoint * slopes[2];", "sum += 0.0 * adjoint * slopes[2];"),
    ("sensitivity: adjoint of the drift backwards", PULLED, "lv[i][k] += adjoint * slopes[1]", "lv[i][k] -= adjoint * slopes[1]"),
    ("sensitivity: drift of the start velocities", VERLET, "adjoint.pull_drift(&middle", "adjoint.pull_drift(&state.velocities"),
    ("sensitivity: Hessian of the wrong sign", BACKWARDS, "*to += along.forces[k] +", "*to += -along.forces[k] +"),
    ("sensitivity: parameters of the wrong sign", BACKWARDS, "evaluation.gradient[k] - along.gradient[k]", "evaluation.gradient[k] + along.gradient[k]"),
    ("sensitivity: force of the energy of the wrong sign", BACKWARDS, "share.virial - share.energy", "share.virial + share.energy"),
    ("sensitivity: virial of the wrong sign", BACKWARDS, "*to += dilation.forces[k] * share.virial", "*to -= dilation.forces[k] * share.virial"),
    ("sensitivity: parameters of the virial of the wrong sign", BACKWARDS, "*to -= share.virial * dilation.gradient[k]", "*to += share.virial * dilation.gradient[k]"),
    ("sensitivity: implicit gradient of the wrong sign", IMPLICIT, ".map(|slope| -slope)", ".map(|slope| 1.0 * slope)"),
    ("sensitivity: strain of the structure forgotten", IMPLICIT, "strain += w * r.transpose()", "strain += 0.0 * w * r.transpose()"),
    ("sensitivity: rigid part of a loss kept", IMPLICIT, "stiffness.leave_out_rigid(&mut wanted);", ""),
    ("sensitivity: anything is a minimum", STIFFNESS, "if force > limit {", "if force > limit + 1e9 {"),
    ("sensitivity: saddles let through", STIFFNESS, "let curved = against > FLAT * self.typical * squared;", "let curved = against != FLAT * squared;"),
    ("sensitivity: rotations kept", STIFFNESS, "translations.into_iter().chain(rotations)", "translations.into_iter().chain(rotations).take(3)"),
    ("sensitivity: atoms held from outside taken for free", STIFFNESS, "filter(|(_, f)| norm(f) <= soft)", "filter(|(_, f)| norm(f) <= soft * 1e9)"),
    ("sensitivity: directions not conjugate", STIFFNESS, "*v = left + *v * share", "*v = left + *v * share * 0.5"),
]


drill(MUTANTS, lambda name: DERIVATIVES if name.startswith("sensitivity") else TESTS)
