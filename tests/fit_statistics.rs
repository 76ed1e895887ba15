//! F11: what a fit says of its own errors.

mod fit_data;

use admd::fit::{
    DataFrame, Descent, ErrorModel, FitError, Known, Method, Prior, Problem, Robust, Statistics, Transform, Variables,
    statistics,
};
use admd::potentials::form::binding::PairBinding;
use fit_data::{bound, crystals, labelled, problem, quantities, variables};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

const DENSE: Method = Method::LevenbergMarquardt {
    iterations: 100,
    tolerance: 1e-9,
};

/// Fits that are counted.
const FITS: u64 = 200;
/// 95 % intervals hold in 95 +- 3 % of the fits: two standard errors of a count among so many, as the law F11 says.
const COVERAGE: std::ops::RangeInclusive<f64> = 0.92..=0.98;

fn solved(problem: &mut Problem) -> Vec<f64> {
    let mut descent = Descent::new(DENSE, problem.variables().start());
    descent.run(problem, DENSE, 1, &mut |_| true).unwrap();
    descent.state.x().to_vec()
}

fn of(problem: &mut Problem, model: ErrorModel) -> (Vec<f64>, Statistics) {
    let x = solved(problem);
    let found = statistics(problem, &x, model).unwrap().unwrap();
    (problem.variables().values(&x), found)
}

fn morse() -> [PairBinding; 1] {
    [bound(
        "morse",
        "morse",
        7.0,
        &[("d0", 0.3429), ("alpha", 1.3588), ("r0", 2.866)],
    )]
}

/// Normal errors: of energies an atom, forces and stresses.
fn noisy(mut data: Vec<DataFrame>, sigma: [f64; 3], seed: u64) -> Vec<DataFrame> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut draw = || -> f64 { StandardNormal.sample(&mut rng) };
    for frame in &mut data {
        let atoms = frame.configuration.len() as f64;
        frame.energy = frame.energy.map(|e| e + atoms * sigma[0] * draw());
        frame
            .forces
            .iter_mut()
            .flatten()
            .flat_map(|f| f.iter_mut())
            .for_each(|x| *x += sigma[1] * draw());
        if let Some(s) = &mut frame.stress {
            for a in 0..3 {
                for b in a..3 {
                    let off = sigma[2] * draw();
                    s[(a, b)] += off;
                    if a != b {
                        s[(b, a)] += off;
                    }
                }
            }
        }
    }
    data
}

/// How many of the intervals hold the truth, over many fits.
fn coverage(model: ErrorModel, sigma: [f64; 3], told: [f64; 3]) -> f64 {
    let bindings = morse();
    let exact = labelled(&bindings, crystals(5, 2.6, 0.04, 11));
    let mut held = 0;
    for seed in 0..FITS {
        let data = noisy(exact.clone(), sigma, seed);
        let q = quantities(told[0], told[1], told[2]);
        let mut fit = problem(
            &bindings,
            data,
            q,
            variables(&bindings, &[1.1, 0.9, 1.02]),
            Robust::Square,
        );
        let (_, found) = of(&mut fit, model);
        for (known, truth) in found.known.iter().zip([0.3429, 1.3588, 2.866]) {
            let Known::Error { interval: [a, b], .. } = known else {
                panic!("{known:?}")
            };
            held += usize::from(*a <= truth && truth <= *b);
        }
    }
    let part = held as f64 / (3 * FITS) as f64;
    let z = (part - 0.95) / (0.95 * 0.05 / FITS as f64).sqrt();
    println!("{model:?}: {:.1} % of the intervals hold, z {z:.2}", 100.0 * part);
    part
}

/// A fit by least squares with errors that are small beside the numbers.
fn squares(bindings: &[PairBinding], data: Vec<DataFrame>, variables: Variables) -> Problem {
    problem(bindings, data, quantities(1e-3, 1e-2, 1e-3), variables, Robust::Square)
}

#[test]
fn intervals_hold_as_often_as_they_say() {
    let sigma = [2e-3, 0.05, 2e-3];
    for (model, told) in [
        (ErrorModel::Absolute, sigma),
        // three times too small, all of them: the residuals put it right
        (ErrorModel::Scaled, sigma.map(|s| s / 3.0)),
    ] {
        let part = coverage(model, sigma, told);
        assert!(COVERAGE.contains(&part), "{model:?}: {part}");
    }
}

#[test]
fn errors_of_whole_groups_are_about_those_of_independent_rows() {
    let bindings = morse();
    let data = noisy(labelled(&bindings, crystals(40, 2.6, 0.04, 11)), [2e-3, 0.05, 2e-3], 5);
    let mut fit = problem(
        &bindings,
        data,
        quantities(2e-3, 0.05, 2e-3),
        variables(&bindings, &[1.1, 0.9, 1.02]),
        Robust::Square,
    );
    let sizes = [ErrorModel::Scaled, ErrorModel::Sandwich].map(|model| of(&mut fit, model).1.known);
    for (a, b) in sizes[0].iter().zip(&sizes[1]) {
        let (Known::Error { error: a, .. }, Known::Error { error: b, .. }) = (a, b) else {
            panic!()
        };
        // a variance from 40 groups is known to a fifth, an error to a tenth: four of these
        assert!((b / a - 1.0).abs() < 0.45, "{a} {b}");
    }
}

#[test]
fn exchangeable_parameters_are_not_identifiable() {
    // two Lennard-Jones potentials of one size: only the sum of their depths matters
    let one = |label: &str| bound(label, "lj", 3.0, &[("epsilon", 0.4), ("sigma", 1.05)]);
    let bindings = [one("a"), one("b")];
    let data = noisy(labelled(&bindings, crystals(4, 1.15, 0.05, 2)), [1e-3, 1e-2, 1e-3], 1);
    let mut both = variables(&bindings, &[1.2, 1.0, 0.9, 1.0]);
    both.list.remove(3);
    both.list.remove(1);
    let mut fit = squares(&bindings, data.clone(), both.clone());
    let (values, found) = of(&mut fit, ErrorModel::Scaled);
    assert_eq!(found.known, [Known::NotIdentifiable; 2]);
    assert_eq!(found.null.len(), 1);
    let changes = &found.null[0].changes;
    assert_eq!(changes.iter().map(|c| c.0).collect::<Vec<_>>(), [0, 1]);
    // what one loses the other wins
    let moved: f64 = changes.iter().map(|(k, c)| c * values[*k]).sum();
    assert!(moved.abs() < 1e-6, "{changes:?} {values:?}");
    assert!((values.iter().sum::<f64>() - 0.8).abs() < 0.01);
    // a prior on one tells them apart
    both.list[0].prior = Some(Prior { mean: 0.3, sigma: 0.01 });
    let mut fit = squares(&bindings, data, both);
    let (values, found) = of(&mut fit, ErrorModel::Absolute);
    assert!(found.null.is_empty());
    assert!(
        (values[0] - 0.3).abs() < 1e-6 && found.correlation[0][1] < -0.99,
        "{values:?} {:?}",
        found.correlation
    );
    let Known::Error { error, .. } = found.known[0] else {
        panic!("{:?}", found.known)
    };
    assert!((error - 0.01).abs() < 1e-4, "{error}");
}

#[test]
fn a_parameter_without_influence_is_named() {
    let mut far = bound("far", "lj", 0.5, &[("epsilon", 1.0), ("sigma", 0.2)]);
    far.label = "far".into();
    let bindings = [bound("lj", "lj", 3.0, &[("epsilon", 0.8), ("sigma", 1.05)]), far];
    let data = labelled(&bindings, crystals(3, 1.15, 0.05, 2));
    let mut fit = squares(&bindings, data, variables(&bindings, &[1.0; 4]));
    let x = fit.variables().start();
    match fit.check_influence(&x) {
        Err(FitError::NoInfluence { names }) => assert_eq!(names, ["far.A-A.epsilon", "far.A-A.sigma"]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_bound_is_kept_and_has_no_error() {
    let bindings = morse();
    let data = labelled(&bindings, crystals(4, 2.6, 0.04, 2));
    let mut bounded = variables(&bindings, &[1.0, 1.0, 1.0]);
    bounded.list[0].bounds = [0.0, 0.3];
    bounded.list[0].start = 0.3; // begins at its bound
    let mut fit = squares(&bindings, data.clone(), bounded.clone());
    let (values, found) = of(&mut fit, ErrorModel::Scaled);
    assert_eq!((values[0], found.known[0]), (0.3, Known::AtBound));
    assert!(matches!(found.known[1], Known::Error { .. }));
    // and is left when the least is inside
    bounded.list[0].bounds = [0.3, 1.0];
    let mut fit = squares(&bindings, data.clone(), bounded.clone());
    let (values, _) = of(&mut fit, ErrorModel::Scaled);
    assert!((values[0] / 0.3429 - 1.0).abs() < 1e-8);
    // the bounded transform comes to the same
    bounded.list[0].transform = Transform::Bounded;
    bounded.list[0].start = 0.7;
    let mut fit = squares(&bindings, data, bounded);
    let (values, _) = of(&mut fit, ErrorModel::Scaled);
    assert!((values[0] / 0.3429 - 1.0).abs() < 1e-8);
}

#[test]
fn outliers_move_a_robust_fit_less() {
    let bindings = morse();
    let mut data = labelled(&bindings, crystals(8, 2.6, 0.04, 2));
    data[3].energy = data[3].energy.map(|e| e + 3.0);
    let off = |robust| {
        let q = quantities(1e-3, 1e-2, 1e-3);
        let mut fit = problem(
            &bindings,
            data.clone(),
            q,
            variables(&bindings, &[1.1, 1.0, 1.0]),
            robust,
        );
        let (values, _) = of(&mut fit, ErrorModel::Scaled);
        (values[0] / 0.3429 - 1.0).abs()
    };
    let (square, huber) = (off(Robust::Square), off(Robust::Huber(1.5)));
    println!("d0 is off by {square:.1e}, with Huber's loss by {huber:.1e}");
    assert!(huber < 0.05 * square, "{huber} {square}");
}

#[test]
fn too_many_variables_are_refused() {
    let bindings = morse();
    let mut data = labelled(&bindings, crystals(2, 2.6, 0.04, 2));
    data.iter_mut().for_each(|f| (f.forces, f.stress) = (None, None));
    let frames = admd::fit::Frames::new(data.into(), vec![0, 1], bindings.to_vec(), quantities(1.0, 1.0, 1.0)).unwrap();
    let error = Problem::new(variables(&bindings, &[1.0; 3]), vec![Box::new(frames)], Robust::Square)
        .err()
        .unwrap();
    assert_eq!(error, FitError::Underdetermined { variables: 3, rows: 2 });
}
