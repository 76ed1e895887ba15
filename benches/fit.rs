//! What do the derivatives of a fit cost, beside an evaluation of its loss?
//!
//! Frames of the melt, whose atoms are of 1, 4 and 14 species with Lennard-Jones between each pair of them: 2, 20 and 210
//! parameters. Energies, forces and stresses are compared. Runs interleaved, best times, one thread; an argument is the number of
//! fcc cells along an edge, 6 (864 atoms) by default. A gradient must not cost more than `LIMIT` evaluations.

use admd::bench::{CUTOFF, MELTING_STEPS, Melt, Work, field, interleaved};
use admd::engine::{Configuration, Mat3, Precision, Vec3};
use admd::fit::{DataFrame, ForceKind, Frames, Problem, Quantities, Robust, Transform, Variable, Variables, Which};
use admd::potentials::catalog::pair_info;
use admd::potentials::form::binding::{Leaf, Origin, Pair, PairBinding};
use admd::potentials::form::mixing::Rule;
use admd::potentials::form::truncation::Truncation;
use admd::run::Interrupt;
use std::process::ExitCode;

const LIMIT: f64 = 4.0;
const ROUNDS: usize = 30;
const FRAMES: usize = 4;
/// Steps of the melt between frames.
const APART: u64 = 50;

/// Lennard-Jones for each pair of so many species, no two of which are alike.
fn lennard_jones(species: usize) -> PairBinding {
    let info = pair_info("lj").expect("Lennard-Jones is in the catalogue");
    let pairs = species * (species + 1) / 2;
    let leaf = |k: usize| Leaf {
        name: format!("{}.{}", k / 2, info.parameters[k % 2].name),
        spec: &info.parameters[k % 2],
        value: 1.0 + 0.02 * (k as f64).sin(),
    };
    let pair = |k: usize| Pair {
        origin: Origin::Given(2 * k),
        cutoff: CUTOFF,
    };
    PairBinding {
        label: "lj".into(),
        info,
        truncation: Truncation::Shifted,
        tail: false,
        rule: Rule::Explicit,
        species: (0..species).map(|k| format!("S{k}")).collect(),
        leaves: (0..2 * pairs).map(leaf).collect(),
        pairs: (0..pairs).map(pair).collect(),
    }
}

/// A fit of all parameters to frames; what was observed has no influence on what it costs.
fn problem(configurations: &[Configuration], species: usize) -> Problem {
    let frame = |(k, c): (usize, &Configuration)| DataFrame {
        name: format!("frame {k}"),
        tag: String::new(),
        weight: 1.0,
        configuration: Configuration {
            // 5 has no factor in common with the numbers of species: they lie scattered
            species: (0..c.len()).map(|atom| (5 * atom % species) as u16).collect(),
            ..c.clone()
        },
        energy: Some(-5.0 * c.len() as f64),
        forces: Some(vec![Vec3::zeros(); c.len()]),
        stress: Some(Mat3::zeros()),
        relative_to: None,
    };
    let quantities = Quantities {
        energy: Some(0.01),
        per_atom: true,
        forces: Some((1.0, ForceKind::Components)),
        stress: Some(0.1),
    };
    let binding = lennard_jones(species);
    let mut theta = binding.theta();
    let variable = |(k, value): (usize, &f64)| Variable {
        name: binding.leaves[k].name.clone(),
        members: vec![(k, 1.0)],
        start: *value,
        bounds: [0.0, f64::INFINITY],
        transform: Transform::Log,
        prior: None,
    };
    let list = theta.iter().enumerate().map(variable).collect();
    // reference energies, which are not fitted
    theta.resize(theta.len() + species, 0.0);
    let data: Vec<DataFrame> = configurations.iter().enumerate().map(frame).collect();
    let chosen = (0..data.len()).collect();
    let frames = Frames::new(data.into(), chosen, vec![binding], quantities).expect("a target");
    Problem::new(Variables { list, theta }, vec![Box::new(frames)], Robust::Square).expect("a problem")
}

/// A line of the table; says what a gradient costs.
fn measure(configurations: &[Configuration], species: usize) -> f64 {
    let mut problems = [(); 5].map(|()| problem(configurations, species));
    let x = problems[0].variables().start();
    let residuals = problems[0].residuals(&x, Which::All).expect("residuals");
    let along: Vec<f64> = (0..x.len()).map(|k| (k as f64).cos()).collect();
    let [evaluation, gradient, push, product, jacobian] = &mut problems;
    let work: [Work; 5] = [
        // not the residuals, which a problem remembers
        &mut || drop(evaluation.predictions(&x, Which::All).expect("predictions")),
        &mut || {
            drop(gradient.predictions(&x, Which::All).expect("predictions"));
            drop(gradient.gradient(&x, &residuals).expect("a gradient"));
        },
        &mut || drop(push.push(&x, core::slice::from_ref(&along)).expect("a product")),
        &mut || {
            let pushed = product.push(&x, core::slice::from_ref(&along)).expect("a product");
            drop(product.pull(&x, &pushed[0]).expect("a product"));
        },
        &mut || drop(jacobian.jacobian(&x).expect("a Jacobian")),
    ];
    let times = interleaved(ROUNDS, || false, work);
    let atoms: usize = configurations.iter().map(Configuration::len).sum();
    let [_, gradient, push, product, jacobian] = [0, 1, 2, 3, 4].map(|k| times[k].min() / times[0].min());
    println!(
        "{:10} {:7} {:13.0} {gradient:13.2} {push:15.2} {product:12.2} {jacobian:13.2} {:13.2}",
        x.len(),
        residuals.len(),
        times[0].min() / atoms as f64 * 1e9,
        jacobian / x.len() as f64,
    );
    gradient
}

fn main() -> ExitCode {
    let cells = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(6);
    let melt = Melt::new(cells, MELTING_STEPS, &Interrupt::default()).expect("a melt");
    let mut run = melt
        .run(field(Precision::Double).expect("a force field"))
        .expect("a run");
    let configurations: Vec<Configuration> = (0..FRAMES)
        .map(|_| {
            run.advance(APART, &Interrupt::default()).expect("steps");
            run.moment().state.configuration.clone()
        })
        .collect();
    println!(
        "{FRAMES} frames of {} atoms, one thread; all but ns/atom in evaluations of the loss",
        configurations[0].len()
    );
    println!(
        "parameters    rows  ns/atom, loss  and gradient  one column of J  J\u{1d40}J times v  dense J, all  a parameter"
    );
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .expect("a thread");
    let gradients = pool.install(|| [1, 4, 14].map(|species| measure(&configurations, species)));
    let most = gradients.into_iter().fold(0.0, f64::max);
    if most > LIMIT {
        println!("a gradient costs {most:.2} evaluations, more than {LIMIT}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
