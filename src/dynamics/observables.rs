//! What is measured on a state: kinetic energy, temperature, stress, pressure.
//!
//! | name | equation | unit |
//! |---|---|---|
//! | kinetic tensor | K = Σ m v vᵀ | \[energy\] |
//! | kinetic energy | tr K / 2 | \[energy\] |
//! | temperature | 2 E_kin / (f k) with f degrees of freedom | \[temperature\] |
//! | stress | σ = −(K + W)/V with the virial W of [`Evaluation`](crate::engine::Evaluation::virial) | \[energy/length³\] |
//! | pressure | P = −tr σ / 3 | \[energy/length³\] |
//!
//! Sums run over chunks of atoms in a fixed order, so their bits depend on nothing else.

use admd_ad::Real;
use admd_engine::{Cell, Mat3, Vec3};
use rayon::prelude::*;

/// Atoms that are summed at a stretch; a constant, so that sums do not depend on the number of threads.
const CHUNK: usize = 4096;

/// Degrees of freedom of N atoms whose total momentum is conserved: 3N − 3; a lone atom has three, and none has none.
///
/// The centre of mass never exchanges energy with the rest under forces that sum to zero, so its three do not take part
/// in the equipartition. A start with a drifting centre of mass counts the energy of the drift as heat, as other codes do.
pub fn degrees_of_freedom(atoms: usize) -> usize {
    match atoms {
        0 => 0,
        1 => 3,
        n => 3 * n - 3,
    }
}

/// Σ m v vᵀ \[energy\].
pub fn kinetic_tensor(velocities: &[Vec3], masses: &[f64]) -> Mat3 {
    sum(velocities, masses, |sum: Mat3, v, m| sum + v * v.transpose() * *m)
}

/// Σ m v²/2 \[energy\].
pub fn kinetic_energy(velocities: &[Vec3], masses: &[f64]) -> f64 {
    kinetic_energy_of(masses.len(), |i| (velocities[i].into(), masses[i]))
}

/// The same over any scalar, from velocity and mass of each atom: at a dual number with its derivative.
pub fn kinetic_energy_of<T: Real + Send>(atoms: usize, atom: impl Fn(usize) -> ([T; 3], T) + Sync) -> T {
    let of_chunk = |first: usize| {
        (first..atoms.min(first + CHUNK)).fold(T::lit(0.0), |sum, i| {
            let (v, m) = atom(i);
            sum + m * T::squares(v)
        })
    };
    let twice = if atoms <= CHUNK {
        of_chunk(0)
    } else {
        let chunks = (0..atoms.div_ceil(CHUNK)).into_par_iter().map(|c| of_chunk(c * CHUNK));
        chunks
            .collect::<Vec<_>>()
            .into_iter()
            .fold(T::lit(0.0), |sum, part| sum + part)
    };
    twice * 0.5
}

/// Folds the atoms chunk by chunk, on as many threads as there are, and adds the chunks in order.
fn sum<T>(velocities: &[Vec3], masses: &[f64], add: impl Fn(T, &Vec3, &f64) -> T + Sync) -> T
where
    T: Default + Send + core::ops::AddAssign,
{
    let of_chunk = |(v, m): (&[Vec3], &[f64])| v.iter().zip(m).fold(T::default(), |sum, (v, m)| add(sum, v, m));
    let chunks = velocities.par_chunks(CHUNK).zip(masses.par_chunks(CHUNK));
    let mut total = T::default();
    if velocities.len() <= CHUNK {
        return of_chunk((velocities, masses));
    }
    for part in chunks.map(of_chunk).collect::<Vec<_>>() {
        total += part;
    }
    total
}

/// Kinetic temperature 2 E/(f k) \[temperature\]; zero without degrees of freedom.
pub fn temperature<T: Real>(kinetic_energy: T, degrees_of_freedom: usize, boltzmann: f64) -> T {
    if degrees_of_freedom == 0 {
        T::lit(0.0)
    } else {
        kinetic_energy * 2.0 / (degrees_of_freedom as f64 * boltzmann)
    }
}

/// Volume \[length³\]; `None` unless the cell is periodic in all directions, for an open direction has no length.
pub fn volume(cell: &Cell) -> Option<f64> {
    (cell.periodic() == [true; 3]).then(|| cell.volume())
}

/// Cauchy stress −(K + W)/V, negative under compression \[energy/length³\].
pub fn stress(kinetic_tensor: &Mat3, virial: &Mat3, volume: f64) -> Mat3 {
    -(kinetic_tensor + virial) / volume
}

/// Pressure −tr σ/3 \[energy/length³\].
pub fn pressure(stress: &Mat3) -> f64 {
    -stress.trace() / 3.0
}
