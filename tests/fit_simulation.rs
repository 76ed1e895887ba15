//! Averages of simulations as targets of fits: slopes at fixed samples, reweighting against a second simulation, when it is
//! simulated anew, bits.

mod fit_support;
mod support;

use admd::dynamics::Rdf;
use admd::fit::{FitError, Observation, Quantity, Simulation, SimulationSpec, Target, Which};
use admd_potentials::form::binding::PairBinding;
use admd_potentials::form::truncation::Truncation;
use fit_support::{DIFFERENCES, SOME, TRANSPOSE, assert_slopes, assert_transposes, fcc, units};
use support::plain_lj;

/// Standard errors that two simulations may be apart: one pair in 15,000 is more, and seeds are fixed.
const SIGMAS: f64 = 4.0;
/// A liquid with a reference energy, which averages ignore.
const LIQUID: [f64; 3] = [1.0, 1.0, -2.0];
const BINS: usize = 12;

fn spec(samples: u64, seed: u64) -> SimulationSpec {
    let mut bins = vec![Observation { value: 1.0, sigma: 0.1 }; BINS];
    bins[11].sigma = f64::INFINITY;
    let configuration = fcc(2, (4.0_f64 / 0.75).cbrt());
    SimulationSpec {
        name: "liquid".into(),
        tag: String::new(),
        weight: 1.0,
        masses: vec![1.0; configuration.len()],
        configuration,
        kt: 1.3,
        timestep: 0.015,
        skin: 0.3,
        equilibration: 2000,
        samples,
        every: 20,
        least: 0.5,
        seed,
        energy: SOME,
        pressure: SOME,
        rdf: Some((Rdf::new(1.65, BINS), bins)),
    }
}

fn switched() -> PairBinding {
    plain_lj(1.65, Truncation::Switched { onset: 0.8 })
}

fn simulation(samples: u64, seed: u64, binding: PairBinding) -> Simulation {
    Simulation::new(spec(samples, seed), vec![binding]).unwrap()
}

#[test]
fn slopes_are_exact_at_fixed_samples() {
    for (truncation, tail) in [
        (Truncation::Switched { onset: 0.8 }, false),
        (Truncation::Cut, false),
        (Truncation::Cut, true),
        (Truncation::Switched { onset: 0.8 }, true),
    ] {
        let mut binding = plain_lj(1.65, truncation);
        binding.tail = tail;
        let mut liquid = simulation(60, 1, binding);
        assert!(liquid.refresh(&LIQUID).unwrap());
        println!(
            "{truncation:?}, tail {tail}: acceptance {:.3}",
            liquid.acceptance().unwrap()
        );
        for theta in [LIQUID, [1.01, 0.999, 0.0]] {
            assert_slopes(&mut liquid, &theta, 1e-4, DIFFERENCES);
            assert_transposes(&mut liquid, &theta, TRANSPOSE);
            assert!(liquid.push(&theta, &units(3)).unwrap()[2].iter().all(|x| *x == 0.0));
        }
        assert_eq!(liquid.simulations(), 1);
    }
}

/// The error of each prediction from the deviations of its blocks.
fn errors(liquid: &mut Simulation, theta: &[f64]) -> Vec<f64> {
    let blocks = liquid.noise(theta).unwrap();
    let n = blocks.len() as f64;
    assert!(blocks.len() >= 10);
    (0..liquid.rows().len())
        .map(|r| {
            let mean = blocks.iter().map(|b| b[r]).sum::<f64>() / n;
            let scale = blocks.iter().fold(0.0_f64, |m, b| m.max(b[r].abs()));
            assert!(mean.abs() <= 1e-10 * scale, "deviations from the average: {mean:e}");
            (blocks.iter().map(|b| b[r] * b[r]).sum::<f64>() / (n * (n - 1.0))).sqrt()
        })
        .collect()
}

#[test]
fn reweighted_averages_are_those_of_a_simulation_there() {
    let there = [1.03, 0.997, 0.0];
    let mut here = simulation(600, 5, switched());
    assert!(here.refresh(&LIQUID).unwrap());
    let start = here.evaluate(&LIQUID, Which::All).unwrap();
    let found = here.evaluate(&there, Which::All).unwrap();
    println!(
        "effective size {:.1} of 600",
        here.effective_samples(&there).unwrap().unwrap()
    );
    let of_found = errors(&mut here, &there);
    let mut fresh = simulation(600, 6, switched());
    assert!(fresh.refresh(&there).unwrap());
    let expected = fresh.evaluate(&there, Which::All).unwrap();
    let of_expected = errors(&mut fresh, &there);
    let mut squares = 0.0;
    let rows = here.rows().to_vec();
    for (k, row) in rows.iter().enumerate() {
        let error = of_found[k].hypot(of_expected[k]);
        // within the core no two atoms meet
        if found[k] == 0.0 && expected[k] == 0.0 {
            continue;
        }
        let z = (found[k] - expected[k]) / error;
        println!(
            "{}: {:.4} here, {:.4} reweighted, {:.4} +- {error:.4} there, z = {z:.2}",
            row.quantity.name(),
            start[k],
            found[k],
            expected[k]
        );
        squares += z * z;
        assert!(z.abs() < SIGMAS);
    }
    println!("sum of z^2 {squares:.1} of {}", rows.len());
    // they have moved by more than their errors: the weights have done something
    assert!((start[0] - found[0]).abs() > 5.0 * of_found[0].min(of_expected[0]));
}

/// A gas of atoms that are small: P = ρ kT (1 + ρ B), with the second virial coefficient of 4ε (σ/r)¹², the rest being
/// negligible: B = (2π/3) Γ(3/4) (4ε/kT)^(1/4) σ³.
#[test]
fn a_gas_that_hardly_interacts_is_nearly_ideal() {
    const GAMMA: f64 = 1.225_416_702_465_178; // Γ(3/4)
    let mut gas = simulation(1000, 2, switched());
    let (epsilon, kt, density) = (1e-9_f64, 1.3, 0.75);
    let theta = [epsilon, 1.0, 0.0];
    let found = gas.evaluate(&theta, Which::All).unwrap();
    let error = errors(&mut gas, &theta);
    let second = 2.0 / 3.0 * core::f64::consts::PI * GAMMA * (4.0 * epsilon / kt).powf(0.25);
    // 32 atoms have 31/32 of the pairs that a large gas has
    let expected = density * kt * (1.0 + 31.0 / 32.0 * density * second);
    let z = (found[1] - expected) / error[1];
    println!(
        "P = {:.5} +- {:.5}, {expected:.5} expected, z = {z:.2}",
        found[1], error[1]
    );
    assert!(z.abs() < SIGMAS && error[1] < 0.02 * expected);
    // beyond the cores, which reach to 0.2
    for (g, error) in found[2..].iter().zip(&error[2..]).skip(3) {
        let z = (g - 1.0) / error;
        println!("g = {g:.4} +- {error:.4}, z = {z:.2}");
        assert!(z.abs() < SIGMAS);
    }
}

#[test]
fn it_is_simulated_anew_when_too_few_samples_count_and_not_before() {
    let mut liquid = simulation(100, 3, switched());
    assert_eq!(liquid.acceptance(), None);
    assert!(liquid.refresh(&LIQUID).unwrap());
    assert!(!liquid.refresh(&LIQUID).unwrap());
    let bits = liquid.evaluate(&LIQUID, Which::All).unwrap();
    // near enough
    let near = [1.005, 1.0, 0.0];
    assert!(!liquid.refresh(&near).unwrap());
    let effective = liquid.effective_samples(&near).unwrap().unwrap();
    assert!(effective > 50.0 && effective < 100.0, "{effective}");
    let mut fork = liquid.fork();
    assert_eq!(fork.evaluate(&LIQUID, Which::All).unwrap(), bits);
    // too far for a prediction
    let far = [1.0, 1.06, 0.0];
    let error = liquid.evaluate(&far, Which::All).unwrap_err();
    println!("{error}");
    assert!(matches!(error, FitError::Simulation { .. }) && error.is_of_step());
    assert!(liquid.push(&far, &units(3)).is_err() && liquid.noise(&far).is_err());
    assert_eq!(liquid.simulations(), 1);
    assert!(liquid.refresh(&far).unwrap());
    assert_eq!(liquid.simulations(), 2);
    assert_eq!(liquid.effective_samples(&far).unwrap(), Some(100.0));
    liquid.evaluate(&far, Which::All).unwrap();
    // the fork has the old samples still, and simulates on its own with the same numbers
    assert_eq!(fork.evaluate(&LIQUID, Which::All).unwrap(), bits);
    assert!(fork.refresh(&far).unwrap());
    assert_eq!(
        fork.evaluate(&far, Which::All).unwrap(),
        liquid.evaluate(&far, Which::All).unwrap()
    );
}

#[test]
fn threads_change_no_bit() {
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut liquid = simulation(30, 3, switched());
            let theta = [1.004, 1.0, 0.0];
            liquid.refresh(&LIQUID).unwrap();
            let rows = vec![1.0; liquid.rows().len()];
            let all = [
                liquid.evaluate(&LIQUID, Which::All).unwrap(),
                liquid.evaluate(&theta, Which::All).unwrap(),
                liquid.pull(&theta, &rows).unwrap(),
                liquid.noise(&theta).unwrap().concat(),
            ];
            all.concat().into_iter().map(f64::to_bits).collect::<Vec<_>>()
        })
    };
    let one = run(1);
    assert_eq!(one, run(2));
    assert_eq!(one, run(2));
}

#[test]
fn rows_are_what_was_observed_and_can_be_predicted() {
    let liquid = simulation(10, 1, switched());
    let of = |q: Quantity| liquid.rows().iter().filter(|r| r.quantity == q).count();
    assert_eq!(of(Quantity::MeanEnergy), 1);
    assert_eq!(of(Quantity::Pressure), 1);
    // one has an infinite error
    assert_eq!(of(Quantity::Rdf), BINS - 1);
    let mut left_out = simulation(10, 1, switched());
    assert_eq!(left_out.evaluate(&LIQUID, Which::Groups(&[false])).unwrap()[0], 1.0);
    assert_eq!(left_out.simulations(), 0);

    let wrong: [&dyn Fn(&mut SimulationSpec); 8] = [
        &|s| s.samples = 9,
        &|s| s.masses = vec![1.0],
        &|s| s.masses[3] = 0.0,
        &|s| s.kt = 0.0,
        &|s| s.timestep = -1.0,
        &|s| s.rdf = Some((Rdf::new(1.0, 3), vec![])),
        &|s| {
            let edges = [0, 1, 2].map(|k| s.configuration.cell.edge(k));
            s.configuration.cell = admd::engine::Cell::new(edges, [true, true, false]).unwrap();
        },
        &|s| {
            s.configuration.positions.clear();
            s.configuration.species.clear();
        },
    ];
    for change in wrong {
        let mut spec = spec(20, 1);
        change(&mut spec);
        let error = Simulation::new(spec, vec![switched()]).unwrap_err();
        println!("{error}");
        assert!(matches!(error, FitError::Simulation { .. }));
    }
    // steps so long that nothing is accepted
    let mut long = spec(20, 1);
    long.timestep = 0.2;
    let error = Simulation::new(long, vec![switched()])
        .unwrap()
        .refresh(&LIQUID)
        .unwrap_err();
    println!("{error}");
    assert!(error.to_string().contains("shorten the time step"));
    // parameters that there are not
    let error = simulation(20, 1, switched()).refresh(&[-1.0, 1.0]).unwrap_err();
    assert!(matches!(error, FitError::Refused(_)), "{error}");
}

/// Errors from blocks are those by which simulations with other seeds scatter.
#[test]
fn errors_are_honest() {
    const SEEDS: u64 = 24;
    // √χ²/23 of normal numbers is within these in 998 of 1,000 cases
    const RANGE: core::ops::Range<f64> = 0.6..1.5;
    let (mut values, mut squares) = (Vec::new(), [0.0; 2]);
    for seed in 0..SEEDS {
        let mut liquid = simulation(200, 100 + seed, switched());
        values.push(liquid.evaluate(&LIQUID, Which::All).unwrap());
        let own = errors(&mut liquid, &LIQUID);
        (0..2).for_each(|k| squares[k] += own[k] * own[k] / SEEDS as f64);
    }
    for k in 0..2 {
        let mean = values.iter().map(|v| v[k]).sum::<f64>() / SEEDS as f64;
        let scatter = values.iter().map(|v| (v[k] - mean).powi(2)).sum::<f64>() / (SEEDS - 1) as f64;
        let ratio = (scatter / squares[k]).sqrt();
        println!(
            "row {k}: {mean} +- {}, scatter over error {ratio:.2}",
            squares[k].sqrt()
        );
        assert!(RANGE.contains(&ratio), "{ratio}");
    }
}

/// Atoms anywhere, on top of each other: the time step of the equilibration finds its own way.
#[test]
fn it_starts_from_anywhere() {
    let mut expected = simulation(200, 40, switched());
    let expected = [
        expected.evaluate(&LIQUID, Which::All).unwrap(),
        errors(&mut expected, &LIQUID),
    ];
    let mut spec = spec(200, 41);
    spec.equilibration = 8000;
    let mut random = support::Random(3);
    let edge = spec.configuration.cell.edge(0).norm();
    spec.configuration
        .positions
        .iter_mut()
        .for_each(|r| *r = random.vector() * edge);
    let mut liquid = Simulation::new(spec, vec![switched()]).unwrap();
    let found = liquid.evaluate(&LIQUID, Which::All).unwrap();
    let own = errors(&mut liquid, &LIQUID);
    println!("acceptance {:?}", liquid.acceptance());
    for k in 0..2 {
        let z = (found[k] - expected[0][k]) / own[k].hypot(expected[1][k]);
        println!("{} and {}: z = {z:.2}", found[k], expected[0][k]);
        assert!(z.abs() < SIGMAS);
    }
    // far from where the samples are, they are of no use as a start, either
    assert!(liquid.refresh(&[1.0, 1.15, 0.0]).unwrap());
    assert!(liquid.evaluate(&[1.0, 1.15, 0.0], Which::All).unwrap()[1] > 2.0 * found[1]);
}

/// ε and σ from pressure and g(r) of a simulation, by Gauss and Newton's steps; errors are those of the data, which have
/// weights by their errors, and of the own samples.
#[test]
fn a_potential_is_recovered_from_its_averages() {
    let truth = LIQUID;
    let mut data = simulation(800, 50, switched());
    let values = data.evaluate(&truth, Which::All).unwrap();
    let sigmas = errors(&mut data, &truth);
    let mut of_fit = spec(800, 51);
    let observation = |k: usize| Observation {
        value: values[k],
        sigma: if sigmas[k] > 0.0 { sigmas[k] } else { f64::INFINITY },
    };
    of_fit.energy = None;
    of_fit.pressure = Some(observation(1));
    let (rdf, mut bins) = of_fit.rdf.take().unwrap();
    (0..BINS - 1).for_each(|k| bins[k] = observation(k + 2));
    of_fit.rdf = Some((rdf, bins));
    let mut fit = Simulation::new(of_fit, vec![switched()]).unwrap();
    let mut theta = [1.15, 0.96, 0.0];
    let mut covariance = [0.0; 2];
    for step in 0..12 {
        let again = fit.refresh(&theta).unwrap();
        let found = fit.evaluate(&theta, Which::All).unwrap();
        let slopes = fit.push(&theta, &units(3)).unwrap();
        let rows = fit.rows().to_vec();
        let residual = |r: usize| (found[r] - rows[r].observed) * rows[r].scale;
        let slope = |r: usize, k: usize| slopes[k][r] * rows[r].scale;
        let sum = |f: &dyn Fn(usize) -> f64| (0..rows.len()).map(f).sum::<f64>();
        let h = |a: usize, b: usize| sum(&|r| slope(r, a) * slope(r, b));
        let g = [0, 1].map(|k| sum(&|r| slope(r, k) * residual(r)));
        let determinant = h(0, 0) * h(1, 1) - h(0, 1) * h(0, 1);
        covariance = [h(1, 1) / determinant, h(0, 0) / determinant];
        let step_of = [
            -(h(1, 1) * g[0] - h(0, 1) * g[1]) / determinant,
            -(h(0, 0) * g[1] - h(0, 1) * g[0]) / determinant,
        ];
        println!(
            "{step}: {theta:?}, loss {:.2}, simulated anew: {again}, step {step_of:?}",
            0.5 * sum(&|r| residual(r).powi(2))
        );
        // no farther than samples say something
        let shrink = (0.03 / step_of[0].abs().max(3.0 * step_of[1].abs())).min(1.0);
        (0..2).for_each(|k| theta[k] += shrink * step_of[k]);
    }
    for k in 0..2 {
        // both simulations are equally long, so that the own samples add as much as the data
        let error = (2.0 * covariance[k]).sqrt();
        println!("{} +- {error}, {} expected", theta[k], truth[k]);
        assert!((theta[k] - truth[k]).abs() < SIGMAS * error && error < 0.05);
    }
}

/// Two species, each pair of which has parameters of its own, and the distances between unlike atoms.
#[test]
fn mixtures_have_slopes_in_all_their_parameters() {
    let pairs = [(1.0, 1.0, 1.65), (0.9, 0.95, 1.6), (0.8, 0.9, 1.55)].map(Some);
    let mut spec = spec(40, 8);
    spec.configuration.species.iter_mut().step_by(3).for_each(|s| *s = 1);
    spec.rdf = spec.rdf.map(|(rdf, bins)| (rdf.between(0, 1), bins));
    let mut mixture = Simulation::new(spec, vec![support::lj(2, &pairs, Truncation::ForceShifted)]).unwrap();
    let theta = [1.0, 1.0, 0.9, 0.95, 0.8, 0.9, 0.0, 0.0];
    assert!(mixture.refresh(&theta).unwrap());
    assert_slopes(&mut mixture, &theta, 1e-4, DIFFERENCES);
    assert_transposes(&mut mixture, &theta, TRANSPOSE);
    let found = mixture.evaluate(&theta, Which::All).unwrap();
    println!("{found:?}");
    // no two atoms are in one place, and next neighbours are there
    assert!(found[2] == 0.0 && found[2..].iter().any(|g| *g > 1.3));
}
