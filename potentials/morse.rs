//! Morse potential, with the minimum at −D₀ and zero at infinity.
//!
//! u(r) = D₀ [exp(−2α(r − r₀)) − 2 exp(−α(r − r₀))], with the minimum −D₀ at r₀, curvature 2 α² D₀ there, and
//! u = 0 at r₀ − ln 2/α.
//!
//! P. M. Morse, *Phys. Rev.* **34**, 57 (1929), doi:10.1103/PhysRev.34.57.
//!
//! The energy stays finite at r = 0, where the force has no direction; the engine reports such a pair as an overlap.

use crate::form::prelude::*;

parameters! {
    /// A Morse well.
    pub struct Params {
        /// Depth of the well
        d0: Dimension::ENERGY, NonNegative, Explicit;
        /// Inverse width of the well
        alpha: Dimension::INVERSE_LENGTH, Positive, Explicit;
        /// Distance of the minimum
        r0: Dimension::LENGTH, Positive, Explicit;
    }
}

coefficients! {
    /// The parameters themselves.
    pub struct Coef {
        /// D₀ \[energy\].
        d0,
        /// α \[length⁻¹\].
        alpha,
        /// r₀ \[length\].
        r0,
    }
}

/// The Morse potential.
pub struct Morse;

impl PairEnergy for Morse {
    type Coef<T: Real> = Coef<T>;

    #[inline(always)]
    fn energy<T: Real>(r2: T, c: &Coef<T>) -> T {
        let e = (c.alpha * (c.r0 - r2.sqrt())).exp();
        c.d0 * e * (e - 2.0)
    }
}

impl PairPotential for Morse {
    type Params<T: Real> = Params<T>;
    const INFO: Info = Info {
        name: "morse",
        title: "Morse",
        formula: "d0 [exp(-2 alpha (r-r0)) - 2 exp(-alpha (r-r0))]",
        reference: "P. M. Morse, Phys. Rev. 34, 57 (1929), doi:10.1103/PhysRev.34.57",
        parameters: Params::SPEC,
        example: &[1.0, 5.0, 1.0],
    };

    fn prepare<T: Real>(p: &Params<T>) -> Coef<T> {
        Coef {
            d0: p.d0,
            alpha: p.alpha,
            r0: p.r0,
        }
    }
}
