//! F11: parameters that made the data come back from it.

mod fit_data;

use admd::engine::{Cell, Configuration, Evaluation, ForceField, Request, Settings, Vec3};
use admd::fit::{Descent, ErrorModel, Finish, Known, Method, Problem, Robust, best, descend, starts, statistics};
use admd::potentials::catalog::PAIRS;
use fit_data::{bound, crystals, labelled, problem, quantities, variables};

/// Rounding of a loss of squares leaves some 1e-8 of a value where the slope is noise; Gauss-Newton on exact residuals ends far
/// below. This is what the issue of F11 asks for.
const RECOVERED: f64 = 1e-8;

const DENSE: Method = Method::LevenbergMarquardt {
    iterations: 200,
    tolerance: 1e-10,
};

/// As an input does by default: the given start and seven within a factor of two, for some starts lead where all interaction
/// is gone, and nothing leads back.
fn fitted(problem: &mut Problem, method: Method) -> Descent {
    let mut descents: Vec<Descent> = (starts(problem.variables(), 8, 1.0, 1).into_iter())
        .map(|x| Descent::new(method, x))
        .collect();
    descend(problem, &mut descents, (method, 1), &|_, _| true);
    descents.swap_remove(best(&descents))
}

fn assert_recovered(kind: &str, cutoff: f64, truth: &[(&str, f64)], nearest: f64, starts: &[&[f64]]) {
    let bindings = [bound(kind, kind, cutoff, truth)];
    for start in starts {
        for method in [
            DENSE,
            Method::GaussNewtonCg {
                iterations: 400,
                tolerance: 1e-10,
                inner: 50,
            },
            Method::Lbfgs {
                iterations: 2000,
                tolerance: 1e-12,
                history: 10,
            },
        ] {
            let data = labelled(&bindings, crystals(6, nearest, 0.05, 7));
            let scale = data[0].energy.unwrap().abs() / 32.0 * 1e-3;
            let q = quantities(scale, 10.0 * scale / nearest, 10.0 * scale / nearest.powi(3));
            let mut fit = problem(&bindings, data, q, variables(&bindings, start), Robust::Square);
            let end = fitted(&mut fit, method);
            assert_eq!(end.finish, Some(Finish::Converged), "{kind} from {start:?}: {end:?}");
            let values = fit.variables().values(end.state.x());
            for ((name, truth), value) in truth.iter().zip(values) {
                let off = (value / truth - 1.0).abs();
                assert!(
                    off < RECOVERED,
                    "{kind} {name} from {start:?} by {method:?}: off by {off:e} after {}",
                    end.iteration
                );
            }
        }
    }
}

#[test]
fn lennard_jones_comes_back_from_starts_half_off() {
    let starts: [&[f64]; 4] = [&[1.5, 1.5], &[0.5, 1.5], &[1.5, 0.5], &[0.5, 0.5]];
    assert_recovered("lj", 3.0, &[("epsilon", 0.8), ("sigma", 1.05)], 1.15, &starts);
}

#[test]
fn morse_comes_back_from_starts_half_off() {
    let truth = [("d0", 0.3429), ("alpha", 1.3588), ("r0", 2.866)];
    let starts: [&[f64]; 4] = [&[1.5, 1.5, 1.5], &[0.5, 0.5, 0.5], &[1.5, 0.5, 1.5], &[0.5, 1.5, 0.5]];
    assert_recovered("morse", 7.0, &truth, 2.6, &starts);
}

#[test]
fn buckingham_comes_back_from_starts_half_off() {
    let truth = [("a", 1000.0), ("rho", 0.3), ("c", 30.0)];
    let starts: [&[f64]; 4] = [&[1.5, 1.5, 1.5], &[0.5, 0.5, 0.5], &[1.5, 0.5, 1.5], &[0.5, 1.5, 0.5]];
    assert_recovered("buckingham", 7.0, &truth, 2.8, &starts);
}

#[test]
fn errors_of_exact_data_are_zero() {
    let bindings = [bound("lj", "lj", 3.0, &[("epsilon", 0.8), ("sigma", 1.05)])];
    let data = labelled(&bindings, crystals(6, 1.15, 0.05, 7));
    let mut fit = problem(
        &bindings,
        data,
        quantities(1e-3, 1e-2, 1e-2),
        variables(&bindings, &[1.2, 0.9]),
        Robust::Square,
    );
    let end = fitted(&mut fit, DENSE);
    let found = statistics(&mut fit, end.state.x(), ErrorModel::Scaled)
        .unwrap()
        .unwrap();
    for known in found.known {
        assert!(
            matches!(known, Known::Error { error, .. } if error < 1e-12),
            "{known:?}"
        );
    }
}

/// How far starts of the law for all potentials are off: a fifth, as some demand that one parameter stay above another.
const OFF: f64 = 0.2;

#[test]
fn every_potential_of_the_catalogue_comes_back() {
    for info in PAIRS {
        let truth: Vec<(&str, f64)> = info.named(info.example).collect();
        // the distance of the least energy of two atoms
        let pair = |r: f64| {
            let bindings = [bound(info.name, info.name, 10.0, &truth)];
            let mut field = ForceField::new(bindings.to_vec(), Settings::new(0.0)).unwrap();
            let edges = [Vec3::x() * 50.0, Vec3::y() * 50.0, Vec3::z() * 50.0];
            let c = Configuration {
                cell: Cell::new(edges, [false; 3]).unwrap(),
                species: vec![0; 2],
                positions: vec![Vec3::zeros(), Vec3::x() * r],
            };
            let mut out = Evaluation::default();
            field
                .evaluate(&c, Request::ENERGY, &mut out)
                .map(|()| out.energy.unwrap())
        };
        let scan = (50..500).map(|k| 0.01 * f64::from(k));
        let nearest = scan
            .min_by(|a, b| pair(*a).unwrap_or(f64::MAX).total_cmp(&pair(*b).unwrap_or(f64::MAX)))
            .unwrap();
        let cutoff = 2.6 * nearest;
        let bindings = [bound(info.name, info.name, cutoff, &truth)];
        let data = labelled(&bindings, crystals(6, nearest, 0.05, 7));
        let scale = data[0].energy.unwrap().abs() / 32.0 * 1e-3;
        let q = quantities(scale, 10.0 * scale / nearest, 10.0 * scale / nearest.powi(3));
        let off: Vec<f64> = (0..truth.len())
            .map(|k| if k % 2 == 0 { 1.0 - OFF } else { 1.0 + OFF })
            .collect();
        let mut fit = problem(&bindings, data, q, variables(&bindings, &off), Robust::Square);
        let end = fitted(&mut fit, DENSE);
        let values = fit.variables().values(end.state.x());
        for ((name, truth), value) in truth.iter().zip(values) {
            let off = (value / truth - 1.0).abs();
            println!("{} {name}: off by {off:.1e} after {} steps", info.name, end.iteration);
            assert!(
                off < RECOVERED,
                "{} {name}: off by {off:e} after {}",
                info.name,
                end.iteration
            );
        }
    }
}

#[test]
fn one_start_is_enough_where_steps_are_short() {
    let morse = [("d0", 0.3429), ("alpha", 1.3588), ("r0", 2.866)];
    let buckingham = [("a", 1000.0), ("rho", 0.3), ("c", 30.0)];
    for (kind, truth, nearest) in [("morse", morse, 2.6), ("buckingham", buckingham, 2.8)] {
        let bindings = [bound(kind, kind, 7.0, &truth)];
        let mut found = 0;
        // all corners of a cube that is half as wide as the truth is large
        for corner in 0..8 {
            let start = [0, 1, 2].map(|k| if corner >> k & 1 == 0 { 0.5 } else { 1.5 });
            let data = labelled(&bindings, crystals(6, nearest, 0.05, 7));
            let scale = data[0].energy.unwrap().abs() / 32.0 * 1e-3;
            let q = quantities(scale, 10.0 * scale / nearest, 10.0 * scale / nearest.powi(3));
            let mut fit = problem(&bindings, data, q, variables(&bindings, &start), Robust::Square);
            let mut descent = Descent::new(DENSE, fit.variables().start());
            let mut last = f64::INFINITY;
            let mut falls = |d: &Descent| {
                assert!(
                    d.state.loss() <= last,
                    "{kind} from {start:?}: {last:e} rises to {:e}",
                    d.state.loss()
                );
                last = d.state.loss();
                true
            };
            descent.run(&mut fit, DENSE, 1, &mut falls).unwrap();
            let values = fit.variables().values(descent.state.x());
            let off = truth
                .iter()
                .zip(values)
                .map(|((_, t), v)| (v / t - 1.0).abs())
                .fold(0.0, f64::max);
            println!("{kind} from {start:?}: off by {off:.1e} after {}", descent.iteration);
            found += usize::from(off < RECOVERED);
        }
        // where steps go as far as they like, four of Buckingham's lead where all interaction is gone
        assert_eq!(found, 8, "{kind}");
    }
}
