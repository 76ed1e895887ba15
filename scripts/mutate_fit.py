#!/usr/bin/env python3
"""Mutation drill of fits: every mutant must fail a test.

    scripts/mutate_fit.py [NAME...]
"""

from mutants import drill

TESTS = ["fit_frames", "fit_statistics", "fit_recovery", "fit_crystal", "fit_relaxed", "fit_simulation", "input_fit", "input_fit_data", "cli_fit", "cli_fit_resume"]
FRAMES, SITES, NEWTON = "src/fit/frames.rs", "src/fit/sites.rs", "src/fit/gauss_newton.rs"
STATISTICS, PROBLEM, VARIABLES = "src/fit/statistics.rs", "src/fit/problem.rs", "src/fit/variables.rs"

# name, file, what is written there, what the mutant writes
MUTANTS = [
    ("stress of the wrong sign", FRAMES, "|w| -w / volume", "|w| w / volume"),
    ("force pulls backwards", FRAMES, "return -Vec3::from_column_slice(own);", "return Vec3::from_column_slice(own);"),
    ("direction pulls backwards", FRAMES, "-Vec3::from_fn(|a, _|", "Vec3::from_fn(|a, _|"),
    ("stress pulls twice", FRAMES, "direction.strain[(b, a)] += 0.5", "direction.strain[(b, a)] += 1.0"),
    ("what the virial lacks has the wrong sign", FRAMES, "*s -= trace * l", "*s += trace * l"),
    ("reference energies pull nothing", FRAMES, ".map(|n| of_energy[k] * n)", ".map(|n| 0.0 * of_energy[k] * n)"),
    ("the frame that is subtracted pulls nothing", FRAMES, "of_energy[r] -=", "of_energy[r] -= 0.0 *"),
    ("nothing is subtracted", SITES, "- subtracted.unwrap_or(0.0)", "- 0.0 * subtracted.unwrap_or(0.0)"),
    ("weights are not rooted", SITES, "of.weight.sqrt() / sigma", "of.weight / sigma"),
    ("ties without their factor", VARIABLES, "theta[*k] = factor * value;", "theta[*k] = value + 0.0 * factor;"),
    ("ties push without their factor", VARIABLES, "change[*k] = factor * slope * along;", "change[*k] = slope * along + 0.0 * factor;"),
    ("transforms pull without their slope", VARIABLES, "slopes[*k] * factor * slope)", "slopes[*k] * factor + 0.0 * slope)"),
    ("no damping", NEWTON, "self.damping.sqrt() * model.scale[*k]", "0.0 * self.damping.sqrt() * model.scale[*k]"),
    ("steps of any length", NEWTON, "const LONGEST: f64 = 0.3;", "const LONGEST: f64 = 1e9;"),
    ("any step is taken", NEWTON, "if trial < self.loss && foretold > 0.0 && gain > LEAST_GAIN {", "if trial < f64::INFINITY {"),
    ("bounds hold nothing", "src/fit/optimizer.rs", "(*x <= low && *g > 0.0) || (*x >= high && *g < 0.0)", "(*x <= low && *g > 0.0 || *x >= high && *g < 0.0) && false"),
    ("bounds are crossed", "src/fit/optimizer.rs", "(x + p).clamp(low, high)", "(x + p).clamp(low - 1e9, high + 1e9)"),
    ("robust weights forgotten", "src/fit/robust.rs", "self.slope(r) / r", "self.slope(r) / self.slope(r)"),
    ("errors are not scaled", STATISTICS, "(psi2 / freedom / m.powi(2))", "(psi2 / psi2 / m.powi(2))"),
    ("rows for degrees of freedom", STATISTICS, "counted.saturating_sub(identified)", "counted.saturating_sub(identified) / 2"),
    ("intervals of one standard error", STATISTICS, "spread.freedom) * of_x;", "spread.freedom).min(1.0) * of_x;"),
    ("nothing is singular", "src/fit/spectrum.rs", "const SINGULAR: f64 = 1e-8;", "const SINGULAR: f64 = 1e-30;"),
    ("noise of simulations forgotten", STATISTICS, "covariance += &moves", "covariance += 0.0 * &moves"),
    ("priors count twice", "src/fit/priors.rs", "scale: 1.0 / sigma,", "scale: 2.0 / sigma,"),
    ("dead parameters let through", PROBLEM, "if names.is_empty() {", "if names.is_empty() || true {"),
    ("the first start is the best", "src/fit/descent.rs", "            best = k;", "            best = 0 * k;"),
    ("drawn starts are the given one", "src/fit/descent.rs", "rng.random_range(-1.0..1.0)", "0.0 * rng.random_range(-1.0..1.0)"),
]

drill(MUTANTS, lambda _: TESTS)
