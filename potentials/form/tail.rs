//! Tail corrections of any truncated pair energy, by quadrature of the energy itself.
//!
//! Beyond the cutoff the pair distribution is taken as 1. With I = ∫ (u − u_c) r² dr over r > r_s (the onset of a switch,
//! or the cutoff itself), a pair of species with N₁ and N₂ atoms in the volume V has
//!
//! U_tail = 2π N₁ N₂ I / V,   W_tail = 2π N₁ N₂ (I + r_c³ u_c(r_c⁻)/3) / V on each axis of the virial,
//!
//! the second from integrating r³ u′ by parts; u_c(r_c⁻) is the jump of a bare cut and 0 for a switched energy.
//! M. P. Allen and D. J. Tildesley, *Computer Simulation of Liquids*, 2nd ed. (2017), section 2.8.

use super::pair::{PairEnergy, PairPotential};
use super::truncation::Truncated;
use admd_ad::Real;

/// The two integrals of a pair of species.
#[derive(Clone, Copy, Debug)]
pub struct Tail<T> {
    /// I \[energy length³\].
    pub energy: T,
    /// I + r_c³ u_c(r_c⁻)/3 \[energy length³\].
    pub virial: T,
}

/// Tail integrals of a truncated energy at its cutoff.
///
/// The outer part is mapped on (0, 1] by r = r_c/s⁸, where r⁻ᵐ becomes s^(8m − 25), smooth for every exponent m that
/// [`converges`] lets pass, whole or not: Gauss-Legendre quadrature is then exact to round-off for inverse powers, and
/// exponentials converge as fast.
pub fn tail<E: Truncated, T: Real>(
    bare: &<E::Potential as PairEnergy>::Coef<T>,
    truncated: &E::Coef<T>,
    cutoff: T,
    onset: f64,
) -> Tail<T> {
    let cube = cutoff.powi(3);
    let mut outer = T::lit(0.0);
    for (s, w) in gauss_legendre() {
        // r² dr = r_c³ t⁻⁴ dt with t = s⁸ and dt = 8 s⁷ ds
        let t = s.sq().sq().sq();
        let u = E::Potential::energy((cutoff / t).sq(), bare);
        outer = (u * (8.0 * w / (t * t * t * s))).mul_add(cube, outer);
    }
    let mut switched = T::lit(0.0);
    if onset < 1.0 {
        let width = 1.0 - onset;
        for (t, w) in gauss_legendre() {
            let x = onset + width * t;
            let r2 = (cutoff * x).sq();
            let missing = E::Potential::energy(r2, bare) - E::energy(r2, truncated);
            switched = (missing * (w * width * x * x)).mul_add(cube, switched);
        }
    }
    let jump = E::energy(cutoff.sq(), truncated);
    let energy = outer + switched;
    Tail {
        energy,
        virial: (cube * jump / 3.0) + energy,
    }
}

/// The earliest onset of a switch, as a fraction of the cutoff, that admits a tail: what the switch takes away is averaged
/// with a pair distribution of 1, which nearer atoms do not have.
pub const EARLIEST_ONSET: f64 = 0.5;

/// Does the potential fall off faster than r⁻³, so that the tail exists? Judged from two far distances; an exponent below
/// 3.3 counts as too slow.
pub fn converges<P: PairPotential>(c: &P::Coef<f64>, cutoff: f64) -> bool {
    let weight = |x: f64| P::energy((cutoff * x).sq(), c).abs() * (x * x * x);
    let (near, far) = (weight(1e3), weight(1e4));
    far <= 0.5 * near
}

/// Nodes and weights on (0, 1) of the 48-point Gauss-Legendre rule, by Newton's method on the Legendre recurrence.
fn gauss_legendre() -> impl Iterator<Item = (f64, f64)> {
    const N: usize = 48;
    (0..N).map(|i| {
        let mut x = (std::f64::consts::PI * (i as f64 + 0.75) / (N as f64 + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..100 {
            let (mut below, mut p) = (1.0, x);
            for k in 2..=N {
                let k = k as f64;
                (below, p) = (p, ((2.0 * k - 1.0) * x * p - (k - 1.0) * below) / k);
            }
            slope = N as f64 * (x * p - below) / (x * x - 1.0);
            let step = p / slope;
            x -= step;
            if step.abs() < 1e-15 {
                break;
            }
        }
        (0.5 * (1.0 - x), 1.0 / ((1.0 - x * x) * slope * slope))
    })
}
