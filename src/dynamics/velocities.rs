//! Start velocities: Maxwell-Boltzmann, without drift, at exactly the temperature asked for; or as they are drawn.
//!
//! Every atom draws from a stream of its own, chosen by the seed and the index of the atom: adding atoms or threads never
//! changes the numbers of the others before drift and scale are set.

use super::observables::{degrees_of_freedom, kinetic_energy};
use admd_engine::Vec3;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// Velocities of a canonical ensemble with kT = `kt` \[energy\], total momentum zero, scaled so that the kinetic energy is
/// exactly [`degrees_of_freedom`] · kT/2.
///
/// A lone atom keeps its momentum and three degrees of freedom. kT = 0 gives atoms at rest.
///
/// ```
/// use admd::dynamics::{observables, velocities};
/// let masses = vec![2.0; 100];
/// let v = velocities::maxwell_boltzmann(&masses, 1.5, 42);
/// let kinetic = observables::kinetic_energy(&v, &masses);
/// assert!((observables::temperature(kinetic, 297, 1.0) - 1.5).abs() < 1e-14);
/// ```
pub fn maxwell_boltzmann(masses: &[f64], kt: f64, seed: u64) -> Vec<Vec3> {
    let draw = |(atom, &m): (usize, &f64)| normal(seed, atom as u64) * (kt / m).sqrt();
    let mut velocities: Vec<Vec3> = masses.iter().enumerate().map(draw).collect();
    if velocities.len() > 1 {
        remove_drift(&mut velocities, masses);
    }
    scale(&mut velocities, masses, kt, degrees_of_freedom(masses.len()));
    velocities
}

/// Velocities drawn from the Maxwell-Boltzmann distribution with kT = `kt` \[energy\] as they come: drift and kinetic energy
/// fluctuate as in the canonical ensemble. Other numbers `draw` give other velocities, independent of these.
///
/// ```
/// use admd::dynamics::velocities;
/// let drawn = velocities::drawn(&[1.0, 4.0], 1.5, 42, 7);
/// assert_eq!(drawn[1], velocities::drawn(&[9.0, 4.0], 1.5, 42, 7)[1]); // an atom does not know of the others
/// assert_ne!(drawn, velocities::drawn(&[1.0, 4.0], 1.5, 42, 8));
/// ```
pub fn drawn(masses: &[f64], kt: f64, seed: u64, draw: u64) -> Vec<Vec3> {
    let own = |(atom, &m): (usize, &f64)| gaussian(&mut stream(seed, atom as u64, draw)) * (kt / m).sqrt();
    masses.iter().enumerate().map(own).collect()
}

/// Three independent numbers of the standard normal distribution, the same for the same seed and atom.
fn normal(seed: u64, atom: u64) -> Vec3 {
    gaussian(&mut stream(seed, atom, 0))
}

/// Random numbers of an atom; those of different draws lie 2^16 words apart in its stream, of which three normal numbers
/// use some six.
pub(super) fn stream(seed: u64, atom: u64, draw: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(atom);
    rng.set_word_pos(u128::from(draw) << 16);
    rng
}

fn gaussian(rng: &mut ChaCha8Rng) -> Vec3 {
    Vec3::from_fn(|_, _| StandardNormal.sample(rng))
}

/// Subtracts the velocity of the centre of mass, so that Σ m v = 0.
///
/// The second pass takes away what rounding left of the first.
pub fn remove_drift(velocities: &mut [Vec3], masses: &[f64]) {
    let mass: f64 = masses.iter().sum();
    if mass <= 0.0 {
        return;
    }
    for _ in 0..2 {
        let drift = momentum(velocities, masses) / mass;
        velocities.iter_mut().for_each(|v| *v -= drift);
    }
}

/// Multiplies all velocities so that the kinetic energy is exactly `degrees` · kT/2. Atoms at rest stay at rest.
pub fn scale(velocities: &mut [Vec3], masses: &[f64], kt: f64, degrees: usize) {
    let kinetic = kinetic_energy(velocities, masses);
    if kinetic > 0.0 {
        let factor = (0.5 * degrees as f64 * kt / kinetic).sqrt();
        velocities.iter_mut().for_each(|v| *v *= factor);
    }
}

/// Total momentum Σ m v \[mass length/τ\].
pub fn momentum(velocities: &[Vec3], masses: &[f64]) -> Vec3 {
    velocities.iter().zip(masses).map(|(v, m)| v * *m).sum()
}

/// Total angular momentum about the origin, Σ m r × v \[mass length²/τ\].
pub fn angular_momentum(positions: &[Vec3], velocities: &[Vec3], masses: &[f64]) -> Vec3 {
    let each = positions.iter().zip(velocities).zip(masses);
    each.map(|((r, v), m)| r.cross(v) * *m).sum()
}
