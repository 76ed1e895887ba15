//! The losses that an input can name: each gradient is the slope between runs, in parameters and in the start.

mod dynamics_support;
mod support;

use admd::dynamics::{Rdf, State, StateTangent, VelocityVerlet, observables};
use admd::engine::{Cell, ForceField, NearPairs, Vec3};
use admd::sensitivity::{Averaged, Distance, Gradient, Loss, Mean, Memory, RdfDistance, Samples, gradient};
use dynamics_support::{SWITCHED, crystal, integrate, lennard_jones};
use support::Random;

const TIMESTEP: f64 = 0.004;
const STEPS: u64 = 40;
/// Central differences, extrapolated once: h⁴ of a trajectory whose derivatives grow tenfold an order, and round-off 1e-14/h.
const STEP: f64 = 1e-4;
const DIFFERENCES: f64 = 1e-7;
/// The second derivative of a spline jumps, so that differences of a distribution are good to the size of their step.
const DIFFERENCES_OF_SPLINES: f64 = 1e-4;
/// Two ways to the same sum.
const ROUNDING: f64 = 1e-12;

const SAMPLES: Samples = Samples { every: 10, after: 5 };

fn start() -> State {
    let mut state = crystal(3, 0.85, 1.0, 5);
    let mut random = Random(3);
    for r in &mut state.configuration.positions {
        *r += random.vector() * 0.05;
    }
    state
}

fn reference(every: u64) -> Vec<(u64, Vec<Vec3>)> {
    let mut frames = Vec::new();
    integrate(&mut field([1.03, 0.99]), start(), TIMESTEP, STEPS, |m| {
        if m.state.step % every == 0 {
            frames.push((m.state.step, m.state.configuration.positions.clone()));
        }
    });
    frames
}

fn field([epsilon, sigma]: [f64; 2]) -> ForceField {
    lennard_jones(epsilon, sigma, 2.3, SWITCHED)
}

fn rdf() -> Rdf {
    Rdf::new(2.2, 25)
}

fn rdf_distance() -> RdfDistance {
    let target = rdf()
        .centres()
        .iter()
        .map(|r| if *r > 1.0 { 1.0 } else { 0.0 })
        .collect();
    RdfDistance::new(rdf(), target, SAMPLES).unwrap()
}

/// Makes a loss.
type Make = Box<dyn Fn() -> Box<dyn Loss>>;

/// Every loss with what it is called and what differences of it are good for.
fn losses() -> Vec<(&'static str, Make, f64)> {
    let mean = |of: Averaged| -> Make { Box::new(move || Box::new(Mean { of, samples: SAMPLES })) };
    let temperature = Averaged::Temperature {
        degrees_of_freedom: 321,
        boltzmann: 0.7,
    };
    let path = reference(8);
    let end = vec![path.last().unwrap().clone()];
    let distance = |reference: Vec<(u64, Vec<Vec3>)>| -> Make {
        Box::new(move || {
            Box::new(Distance {
                reference: reference.clone(),
            })
        })
    };
    vec![
        ("potential energy", mean(Averaged::PotentialEnergy), DIFFERENCES),
        ("pressure", mean(Averaged::Pressure), DIFFERENCES),
        ("temperature", mean(temperature), DIFFERENCES),
        ("distance of the path", distance(path), DIFFERENCES),
        ("distance of the end", distance(end), DIFFERENCES),
        (
            "distribution",
            Box::new(|| Box::new(rdf_distance())),
            DIFFERENCES_OF_SPLINES,
        ),
    ]
}

/// What is changed: ε, σ, the time step, the mass of the first atom, positions and velocities along a direction.
fn run(loss: &mut dyn Loss, change: [f64; 6]) -> Gradient {
    let [epsilon, sigma, timestep, mass, positions, velocities] = change;
    let mut start = start();
    start.masses[0] += mass;
    for (r, d) in start.configuration.positions.iter_mut().zip(direction(1)) {
        *r += d * positions;
    }
    for (v, d) in start.velocities.iter_mut().zip(direction(2)) {
        *v += d * velocities;
    }
    let mut integrator = VelocityVerlet {
        timestep: TIMESTEP + timestep,
    };
    let mut field = field([1.0 + epsilon, 1.0 + sigma]);
    gradient(start, &mut field, &mut integrator, STEPS, loss, Memory::All).unwrap()
}

fn direction(seed: u64) -> Vec<Vec3> {
    let mut random = Random(seed);
    (0..108).map(|_| random.vector()).collect()
}

fn tangents() -> [StateTangent; 6] {
    let zero = || StateTangent::zero(108);
    let mut masses = vec![0.0; 108];
    masses[0] = 1.0;
    [
        StateTangent {
            parameters: vec![1.0, 0.0],
            ..zero()
        },
        StateTangent {
            parameters: vec![0.0, 1.0],
            ..zero()
        },
        StateTangent {
            timestep: 1.0,
            ..zero()
        },
        StateTangent { masses, ..zero() },
        StateTangent {
            positions: direction(1),
            ..zero()
        },
        StateTangent {
            velocities: direction(2),
            ..zero()
        },
    ]
}

#[test]
fn gradients_are_the_slopes_between_runs() {
    for (name, loss, tolerance) in losses() {
        let found = run(loss().as_mut(), [0.0; 6]);
        for (k, tangent) in tangents().iter().enumerate() {
            let at = |h: f64| {
                let mut change = [0.0; 6];
                // the time step is a small number itself
                change[k] = if k == 2 { h * TIMESTEP } else { h };
                run(loss().as_mut(), change).loss / change[k].abs()
            };
            let central = |h: f64| (at(h) - at(-h)) / 2.0;
            let expected = (4.0 * central(STEP / 2.0) - central(STEP)) / 3.0;
            let slope = found.along(tangent);
            let scale = expected.abs().max(found.loss.abs());
            println!("{name}, {k}: {slope} and {expected}");
            assert!(
                (slope - expected).abs() <= tolerance * scale,
                "{name}, {k}: {slope} and {expected}"
            );
        }
    }
}

#[test]
fn losses_are_what_they_are_called() {
    let (mut energies, mut pressures, mut temperatures, mut g) = (vec![], vec![], vec![], vec![0.0; 25]);
    let mut near = NearPairs::new(rdf().reach()).unwrap();
    integrate(&mut field([1.0; 2]), start(), TIMESTEP, STEPS, |m| {
        // 10, 20, 30, 40: not the start, which is before 5
        if m.state.step % 10 == 0 && m.state.step > 0 {
            let kinetic = observables::kinetic_energy(&m.state.velocities, &m.state.masses);
            let volume = m.state.configuration.cell.volume();
            energies.push(m.evaluation.energy.unwrap());
            pressures.push((2.0 * kinetic + m.evaluation.virial.unwrap().trace()) / (3.0 * volume));
            temperatures.push(2.0 * kinetic / (321.0 * 0.7));
            for (sum, g) in g
                .iter_mut()
                .zip(rdf().measure(&m.state.configuration, &mut near).unwrap())
            {
                *sum += g / 4.0;
            }
        }
    });
    // a path a hundredth away from the run along x, at two of its steps: 1/N sum of 0.01^2, whatever N and the steps
    let mut shifted = Distance { reference: Vec::new() };
    integrate(&mut field([1.0; 2]), start(), TIMESTEP, STEPS, |m| {
        if [8, 30].contains(&m.state.step) {
            let there = m.state.configuration.positions.iter().map(|r| r + Vec3::x() * 0.01);
            shifted.reference.push((m.state.step, there.collect()));
        }
    });
    let found = run(&mut shifted, [0.0; 6]).loss;
    assert!((found - 1e-4).abs() < ROUNDING, "{found}");
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let off = rdf().centres().into_iter().zip(&g);
    let off = off.map(|(r, g)| (g - if r > 1.0 { 1.0 } else { 0.0 }).powi(2) / 25.0);
    let expected = [mean(&energies), mean(&pressures), mean(&temperatures)];
    for ((name, loss, _), expected) in losses().into_iter().zip(expected) {
        let found = run(loss().as_mut(), [0.0; 6]).loss;
        assert!(
            (found - expected).abs() <= ROUNDING * expected.abs().max(1.0),
            "{name}: {found} and {expected}"
        );
    }
    let found = run(&mut rdf_distance(), [0.0; 6]).loss;
    let expected: f64 = off.sum();
    assert!((found - expected).abs() <= ROUNDING, "{found} and {expected}");
    // the distance of a trajectory to itself vanishes, with its gradient
    let mut own = Distance { reference: Vec::new() };
    integrate(&mut field([1.0; 2]), start(), TIMESTEP, STEPS, |m| {
        own.reference
            .push((m.state.step, m.state.configuration.positions.clone()));
    });
    let found = run(&mut own, [0.0; 6]);
    // the adjoint has its lists on a grid, so that the two differ by rounding
    assert!(found.loss < ROUNDING * ROUNDING && found.adjoint.parameters.iter().all(|x| x.abs() < ROUNDING));
}

#[test]
fn samples_are_counted() {
    for (every, after, steps) in [(10, 5, 40), (10, 0, 40), (7, 7, 6), (7, 7, 7), (3, 100, 10), (1, 0, 0)] {
        let samples = Samples { every, after };
        let expected = (0..=steps).filter(|s| s % every == 0 && *s >= after).count();
        assert_eq!(samples.count(steps), expected as u64, "{samples:?}, {steps}");
    }
}

#[test]
fn pairs_across_the_faces_of_the_cell_count() {
    // two atoms that see each other through a face: their slopes are opposite, along the short way
    let cell = Cell::orthogonal([5.0; 3]).unwrap();
    let state = dynamics_support::at_rest(cell, vec![Vec3::new(0.2, 1.0, 1.0), Vec3::new(4.1, 1.0, 1.0)]);
    let samples = Samples { every: 1, after: 0 };
    let mut loss = RdfDistance::new(Rdf::new(2.0, 10), vec![0.0; 10], samples).unwrap();
    loss.see(0, 0, &state).unwrap();
    let share = loss.share(0, 0, &state).unwrap();
    let [a, b] = [share.positions[0], share.positions[1]];
    assert_eq!(a, -b);
    assert!(a.x != 0.0 && a.y == 0.0 && a.z == 0.0);
    // g counts less at a larger distance, so the loss falls when the atoms part: the second goes down along x
    assert!(b.x > 0.0, "{b}");
}
