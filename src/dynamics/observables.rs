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
//! Sums run over the atoms in order on one thread, so their bits depend on nothing else.

use admd_engine::{Cell, Mat3, Vec3};

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
    let mut sum = Mat3::zeros();
    for (v, m) in velocities.iter().zip(masses) {
        sum += v * v.transpose() * *m;
    }
    sum
}

/// Σ m v²/2 \[energy\].
pub fn kinetic_energy(velocities: &[Vec3], masses: &[f64]) -> f64 {
    0.5 * velocities
        .iter()
        .zip(masses)
        .map(|(v, m)| m * v.norm_squared())
        .sum::<f64>()
}

/// Kinetic temperature 2 E/(f k) \[temperature\]; zero without degrees of freedom.
pub fn temperature(kinetic_energy: f64, degrees_of_freedom: usize, boltzmann: f64) -> f64 {
    if degrees_of_freedom == 0 {
        0.0
    } else {
        2.0 * kinetic_energy / (degrees_of_freedom as f64 * boltzmann)
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
