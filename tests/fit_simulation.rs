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
