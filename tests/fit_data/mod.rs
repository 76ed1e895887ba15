//! Data sets of known parameters, and problems made from them.
#![allow(dead_code, reason = "every test of a fit uses a part")]

use admd::engine::{Cell, Configuration, Evaluation, ForceField, Request, Settings, Vec3};
use admd::fit::{DataFrame, Frames, Problem, Quantities, Robust, Transform, Variable, Variables};
use admd::potentials::catalog::pair_info;
use admd::potentials::form::binding::PairBinding;
use admd::potentials::form::parameters::Bounds;
use admd::potentials::form::truncation::Truncation;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// A potential between atoms of one kind.
pub(crate) fn bound(label: &str, kind: &str, cutoff: f64, values: &[(&str, f64)]) -> PairBinding {
    PairBinding::builder(label, pair_info(kind).unwrap(), ["A"])
        .cutoff(cutoff)
        .truncation(Truncation::Switched { onset: 0.8 })
        .like("A", values.iter().copied())
        .build()
        .unwrap()
}

/// Compressed and stretched fcc cells of 32 atoms whose atoms are displaced by up to `shake` of the nearest distance.
pub(crate) fn crystals(count: usize, nearest: f64, shake: f64, seed: u64) -> Vec<Configuration> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let each = (0..count).map(|k| {
        let stretch = 0.94 + 0.12 * k as f64 / (count.max(2) - 1) as f64;
        let a = nearest * 2_f64.sqrt() * stretch;
        let corners = [[0.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]];
        let mut positions = Vec::new();
        for i in 0..2 {
            for j in 0..2 {
                for l in 0..2 {
                    for c in corners {
                        let place = Vec3::new(i as f64 + c[0], j as f64 + c[1], l as f64 + c[2]) * a;
                        let d = Vec3::from_fn(|_, _| rng.random_range(-1.0..1.0)) * (shake * nearest);
                        positions.push(place + d);
                    }
                }
            }
        }
        Configuration {
            cell: Cell::orthogonal([2.0 * a; 3]).unwrap(),
            species: vec![0; positions.len()],
            positions,
        }
    });
    each.collect()
}

/// What the potentials say of configurations, as data.
pub(crate) fn labelled(bindings: &[PairBinding], configurations: Vec<Configuration>) -> Vec<DataFrame> {
    let mut field = ForceField::new(bindings.to_vec(), Settings::new(0.0)).unwrap();
    let each = configurations.into_iter().enumerate().map(|(k, configuration)| {
        let mut out = Evaluation::default();
        field.evaluate(&configuration, Request::ENERGY, &mut out).unwrap();
        DataFrame {
            name: format!("frame {k}"),
            tag: if k % 2 == 0 { "even".into() } else { "odd".into() },
            weight: 1.0,
            energy: out.energy,
            forces: Some(out.forces),
            stress: out.virial.map(|w| -w / configuration.cell.volume()),
            configuration,
            relative_to: None,
        }
    });
    each.collect()
}

/// σ of energies an atom, forces and stresses.
pub(crate) fn quantities(energy: f64, forces: f64, stress: f64) -> Quantities {
    Quantities {
        energy: Some(energy),
        per_atom: true,
        forces: Some((forces, admd::fit::ForceKind::Components)),
        stress: Some(stress),
    }
}

/// A variable for every leaf, moved as an input moves it by default, that starts at `start` times the value.
pub(crate) fn variables(bindings: &[PairBinding], start: &[f64]) -> Variables {
    let leaves: Vec<_> = bindings.iter().flat_map(|b| b.leaves.clone()).collect();
    let list = leaves.iter().zip(start).enumerate();
    let list = list.map(|(k, (leaf, factor))| Variable {
        name: leaf.name.clone(),
        members: vec![(k, 1.0)],
        start: leaf.value * factor,
        bounds: [0.0, f64::INFINITY],
        transform: match leaf.spec.bounds {
            Bounds::Positive => Transform::Log,
            _ => Transform::None,
        },
        prior: None,
    });
    let list = list.collect();
    // behind the leaves the reference energy of the one species
    let theta = leaves.iter().map(|l| l.value).chain([0.0]).collect();
    Variables { list, theta }
}

/// The fit of frames.
pub(crate) fn problem(
    bindings: &[PairBinding],
    data: Vec<DataFrame>,
    quantities: Quantities,
    variables: Variables,
    robust: Robust,
) -> Problem {
    let chosen = (0..data.len()).collect();
    let frames = Frames::new(Arc::new(data), chosen, bindings.to_vec(), quantities).unwrap();
    Problem::new(variables, vec![Box::new(frames)], robust).unwrap()
}
