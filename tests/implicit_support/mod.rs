//! Structures to relax, and a minimiser.

use crate::dynamics_support::{SWITCHED, crystal, lennard_jones};
use crate::support::{Random, dot, evaluate, field, lj};
use admd::engine::{Configuration, Direction, ForceField, Request, Vec3};
use admd_potentials::form::truncation::Truncation;

/// Forces of a relaxed structure: rounding of some ten pair forces of order ten, and a few steps more.
pub(crate) const FORCE: f64 = 1e-11;
/// A derivative of it: residual forces and rounding over the smallest stiffness, some 1 of the largest's 1,000.
pub(crate) const EXACT: f64 = 1e-10;

pub(crate) fn norm(v: &[Vec3]) -> f64 {
    dot(v, v).sqrt()
}

pub(crate) fn moved(positions: &[Vec3], along: &[Vec3], by: f64) -> Vec<Vec3> {
    positions.iter().zip(along).map(|(r, v)| r + v * by).collect()
}

pub(crate) fn difference(a: &[Vec3], b: &[Vec3]) -> Vec<Vec3> {
    moved(a, b, -1.0)
}

#[track_caller]
pub(crate) fn assert_near(what: &str, found: &[Vec3], expected: &[Vec3], tolerance: f64) {
    let (off, scale) = (norm(&difference(found, expected)), norm(expected).max(1.0));
    assert!(off <= tolerance * scale, "{what}: off by {off:e} of {scale:e}");
}

/// Downhill to a minimum: steps of the length that the last change of the forces suggests (Barzilai and Borwein,
/// doi:10.1093/imanum/8.1.141), none of which moves an atom by more than a twentieth.
pub(crate) fn relax(field: &mut ForceField, c: &Configuration) -> Configuration {
    let mut c = c.clone();
    let mut forces = evaluate(field, &c, Request::FORCES).forces;
    let mut rate: f64 = 1e-3;
    for _ in 0..50_000 {
        let largest = forces.iter().map(|f| f.norm()).fold(0.0, f64::max);
        if largest < 0.3 * FORCE {
            return c;
        }
        rate = rate.min(0.05 / largest);
        c.positions = moved(&c.positions, &forces, rate);
        let next = evaluate(field, &c, Request::FORCES).forces;
        let fall = difference(&forces, &next);
        let curvature = dot(&fall, &forces) / norm(&forces).powi(2) / rate;
        rate = if curvature > 0.0 { 1.0 / curvature } else { 1e-3 };
        forces = next;
    }
    panic!("not relaxed: {:e} is left", norm(&forces));
}

pub(crate) fn endless(epsilon: f64, sigma: f64) -> ForceField {
    lennard_jones(epsilon, sigma, 40.0, Truncation::Cut)
}

pub(crate) fn along(parameters: &[f64]) -> Direction {
    Direction {
        parameters: parameters.to_vec(),
        ..Direction::default()
    }
}

/// Two species of atoms at the sites of a crystal at random: relaxed, no atom is where symmetry would put it.
pub(crate) fn alloy() -> ForceField {
    let pairs = [(1.0, 1.0, 2.5), (1.3, 0.95, 2.4), (0.8, 0.88, 2.3)].map(Some);
    field(vec![lj(2, &pairs, SWITCHED)], 0.3)
}

pub(crate) fn sites() -> Configuration {
    let mut random = Random(5);
    let mut c = crystal(2, 1.0, 0.0, 1).configuration;
    c.species.iter_mut().for_each(|s| *s = u16::from(random.next() < 0.4));
    c.positions.iter_mut().for_each(|r| *r += random.vector() * 0.02);
    c
}
