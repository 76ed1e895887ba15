//! Derivative laws of every potential under every truncation: forces, virial and parameter gradients against difference
//! quotients and the complex step, and the homogeneity that dimensional analysis demands.

#[path = "support/catalogue.rs"]
mod catalogue;
#[path = "../ad/tests/support/complex.rs"]
mod complex;
#[path = "support/oracle.rs"]
mod oracle;

use admd::engine::{Configuration, Evaluation, ForceField, Mat3, Vec3};
use admd::potentials::catalog::check;
use admd::potentials::form::binding::PairBinding;
use admd::potentials::form::truncation::Truncation;
use admd::potentials::form::units::Dimension;
use catalogue::{Random, all_cases, energy, evaluate, field, largest, systems};
use oracle::{Pairs, complex_force, complex_gradient, complex_virial, dual_gradient, energy_at, scale};

/// Richardson's extrapolated difference and an estimate of its error, from the steps h, h/2, h/4, h/8.
fn differences(f: impl Fn(f64) -> f64, h: f64) -> (f64, f64) {
    let mut row: Vec<f64> = (0..4)
        .map(|k| h / f64::from(1 << k))
        .map(|h| (f(h) - f(-h)) / (2.0 * h))
        .collect();
    let mut estimate = f64::INFINITY;
    for level in 1..4 {
        let factor = f64::from(1 << (2 * level));
        let next: Vec<f64> = row
            .windows(2)
            .map(|w| (factor * w[1] - w[0]) / (factor - 1.0))
            .collect();
        estimate = (next[next.len() - 1] - row[row.len() - 1]).abs();
        row = next;
    }
    (row[0], estimate)
}

/// Energy with one coordinate of one atom moved.
fn moved(field: &mut ForceField, c: &Configuration, atom: usize, k: usize, by: f64) -> f64 {
    let mut c = c.clone();
    c.positions[atom][k] += by;
    energy(field, &c)
}

#[test]
fn force_is_minus_the_difference_quotient_of_the_energy() {
    const STEP: f64 = 2e-3;
    // round-off of an energy of order 1e3 over the smallest step 2.5e-4: 1e-9 of the largest force, as OpenMM and KIM ask
    const TOLERANCE: f64 = 1e-9;
    for (name, binding) in all_cases() {
        for (system, c) in systems() {
            let mut field = field(&binding);
            let forces = evaluate(&mut field, &c).forces;
            let largest = largest(&forces);
            let pairs = Pairs::new(&c, &binding);
            // a pair that crosses its cutoff within the step is a jump, not a derivative
            let free = (0..c.len()).filter(|&a| pairs.margin(&binding, a) > 2.0 * STEP).take(8);
            let mut tested = 0;
            for atom in free {
                for k in 0..3 {
                    let cell = std::cell::RefCell::new(&mut field);
                    let (slope, estimate) = differences(|h| moved(*cell.borrow_mut(), &c, atom, k, h), STEP);
                    let off = (forces[atom][k] + slope).abs();
                    assert!(
                        estimate < 10.0 * TOLERANCE * largest && off < TOLERANCE * largest,
                        "{name}, {system}: force {atom}.{k} is {:e}, the difference {:e} ± {estimate:e}",
                        forces[atom][k],
                        -slope,
                    );
                }
                tested += 1;
            }
            assert!(
                tested >= 4,
                "{name}, {system}: only {tested} atoms are free of cutoff crossings"
            );
        }
    }
}

#[test]
fn force_equals_the_complex_step() {
    // both are sums of about 50 terms rounded to 1e-16 of the largest
    const TOLERANCE: f64 = 1e-13;
    for (name, binding) in all_cases() {
        for (system, c) in systems() {
            let forces = evaluate(&mut field(&binding), &c).forces;
            let pairs = Pairs::new(&c, &binding);
            let mut random = Random(11);
            for _ in 0..8 {
                let atom = random.uniform(0.0, c.len() as f64) as usize;
                let off = (forces[atom] - Vec3::from(complex_force(&pairs, &binding, atom))).amax();
                assert!(
                    off < TOLERANCE * largest(&forces),
                    "{name}, {system}: atom {atom} is off by {off:e}"
                );
            }
        }
    }
}

#[test]
fn energy_equals_the_double_loop() {
    const TOLERANCE: f64 = 1e-14; // of Σ|pair energies|: one rounding a pair, random signs
    for (name, binding) in all_cases() {
        for (system, c) in systems() {
            let out = evaluate(&mut field(&binding), &c);
            let pairs = Pairs::new(&c, &binding);
            let plain: f64 = energy_at(&pairs, &binding, &oracle::Point::plain(&binding));
            let off = (out.energy.unwrap() - plain).abs() / scale(&pairs, &binding);
            assert!(off < TOLERANCE, "{name}, {system}: {off:e}");
            let sum: f64 = out.energies.iter().sum();
            let off = (out.energy.unwrap() - sum).abs() / scale(&pairs, &binding);
            assert!(
                off < TOLERANCE,
                "{name}, {system}: energies of the atoms do not add up, {off:e}"
            );
        }
    }
}

#[test]
fn virial_is_minus_the_strain_derivative() {
    const TOLERANCE: f64 = 1e-12; // of Σ|pair energies|, as the complex step has no error of its own
    for (name, binding) in all_cases() {
        for (system, c) in systems() {
            let virial = evaluate(&mut field(&binding), &c).virial.unwrap();
            let pairs = Pairs::new(&c, &binding);
            let off = (virial - complex_virial(&pairs, &binding)).amax() / scale(&pairs, &binding);
            assert!(off < TOLERANCE, "{name}, {system}: virial off by {off:e}");
            let skew = (virial - virial.transpose()).amax() / virial.amax();
            assert!(skew < TOLERANCE, "{name}, {system}: virial not symmetric by {skew:e}");
        }
    }
}

#[test]
fn virial_is_minus_the_difference_of_strained_energies() {
    // the engine's own strained cell; the pairs that cross the cutoff forbid it for all but the smooth truncations, whose
    // third derivative jumps there: h² times the jump is the error that is left
    const STEP: f64 = 2e-4;
    const TOLERANCE: f64 = 1e-7;
    for (name, binding) in all_cases() {
        if binding.truncation.smoothness() < Some(2) {
            continue;
        }
        let c = catalogue::crystal();
        let mut field = field(&binding);
        let virial = evaluate(&mut field, &c).virial.unwrap();
        for (a, b) in [(0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (2, 0)] {
            let mut at = |h: f64| {
                let mut strain = Mat3::zeros();
                strain[(a, b)] = h;
                let c = Configuration {
                    cell: c.cell.strained(&strain).unwrap(),
                    species: c.species.clone(),
                    positions: c.positions.iter().map(|r| r + strain * r).collect(),
                };
                energy(&mut field, &c)
            };
            let slope = (8.0 * (at(STEP) - at(-STEP)) - (at(2.0 * STEP) - at(-2.0 * STEP))) / (12.0 * STEP);
            let off = (virial[(a, b)] + slope).abs() / virial.amax();
            assert!(off < TOLERANCE, "{name}: virial {a}{b} off by {off:e}");
        }
    }
}

#[test]
fn parameter_gradient_equals_the_complex_step() {
    const TOLERANCE: f64 = 1e-13; // of Σ|pair energies| per relative change of the parameter
    for (name, binding) in all_cases() {
        for (system, c) in systems() {
            let pairs = Pairs::new(&c, &binding);
            let scale = scale(&pairs, &binding);
            let (dual, complex) = (dual_gradient(&pairs, &binding), complex_gradient(&pairs, &binding));
            let engine = evaluate(&mut field(&binding), &c).gradient;
            for (k, leaf) in binding.leaves.iter().enumerate() {
                assert!(dual[k] != 0.0, "{name}, {system}: dE/d({}) vanishes", leaf.name);
                // a steep repulsion turns a relative change of a length into a force: its own magnitude counts too
                let size = scale + complex[k].abs() * leaf.value.abs();
                for (by, found) in [("dual numbers", dual[k]), ("the engine", engine[k])] {
                    let off = (found - complex[k]).abs() * leaf.value.abs();
                    assert!(
                        off <= TOLERANCE * size,
                        "{name}, {system}: dE/d({}) by {by} off by {off:e}",
                        leaf.name
                    );
                }
            }
        }
    }
}

#[test]
fn tail_correction_and_its_parameter_gradient_equal_the_complex_step() {
    const TOLERANCE: f64 = 1e-12; // of Σ|pair energies|: 48 quadrature nodes, each rounded
    let c = catalogue::crystal();
    for (name, binding) in all_cases() {
        let mut with_tail = binding.clone();
        with_tail.tail = true;
        if check(&with_tail).is_err() {
            continue;
        }
        let out = evaluate(&mut field(&with_tail), &c);
        let without = evaluate(&mut field(&binding), &c);
        assert!(out.energy != without.energy, "{name}: no tail");
        assert_eq!(out.forces, without.forces, "{name}");
        let pairs = Pairs::new(&c, &with_tail);
        let scale = scale(&pairs, &with_tail).abs();
        let plain: f64 = energy_at(&pairs, &with_tail, &oracle::Point::plain(&with_tail));
        assert!((out.energy.unwrap() - plain).abs() < TOLERANCE * scale, "{name}");
        let complex = complex_gradient(&pairs, &with_tail);
        for (k, leaf) in with_tail.leaves.iter().enumerate() {
            let off = (out.gradient[k] - complex[k]).abs() * leaf.value;
            let size = scale + complex[k].abs() * leaf.value;
            assert!(off < TOLERANCE * size, "{name}: dE/d({}) off by {off:e}", leaf.name);
        }
    }
}

/// Σ (power of a base quantity) θ dE/dθ, with the gradient of the engine.
fn homogeneity(binding: &PairBinding, out: &Evaluation, power: impl Fn(Dimension) -> i8) -> f64 {
    let weighted = binding.leaves.iter().zip(&out.gradient);
    weighted
        .map(|(leaf, g)| f64::from(power(leaf.spec.dimension)) * leaf.value * g)
        .sum()
}

#[test]
fn energy_scales_with_the_parameters_that_are_energies() {
    // Euler: Σ (power of energy) θ dE/dθ = E, for a Lennard-Jones well ε dE/dε = E
    const TOLERANCE: f64 = 1e-13; // of Σ|pair energies|
    for (name, binding) in all_cases() {
        for (system, c) in systems() {
            let out = evaluate(&mut field(&binding), &c);
            let off = homogeneity(&binding, &out, |d| d.energy) - out.energy.unwrap();
            let off = off.abs() / scale(&Pairs::new(&c, &binding), &binding);
            assert!(off < TOLERANCE, "{name}, {system}: {off:e}");
        }
    }
}

#[test]
fn virial_is_the_parameter_derivative_along_the_lengths_of_a_bare_cut() {
    // Euler: Σ (power of length) θ dE/dθ = −Σ r dE/dr = trace of the virial; σ dE/dσ = W for a Lennard-Jones well.
    // Only for the bare cut: elsewhere the cutoff enters the energy and is a length too.
    const TOLERANCE: f64 = 1e-12; // of Σ|pair energies|, times the exponents of the repulsion
    for (name, binding) in all_cases().filter(|(_, b)| b.truncation == Truncation::Cut) {
        for (system, c) in systems() {
            let out = evaluate(&mut field(&binding), &c);
            let off = homogeneity(&binding, &out, |d| d.length) - out.virial.unwrap().trace();
            let off = off.abs() / scale(&Pairs::new(&c, &binding), &binding);
            assert!(off < TOLERANCE, "{name}, {system}: {off:e}");
        }
    }
}
