//! Lennard-Jones 12-6. **START HERE**: this file is the worked example of a potential.
//!
//! u(r) = 4 ε [(σ/r)¹² − (σ/r)⁶], with u(σ) = 0 and the minimum −ε at r = 2^(1/6) σ.
//!
//! J. E. Jones, *Proc. R. Soc. A* **106**, 463 (1924), doi:10.1098/rspa.1924.0082.
//!
//! The energy takes r², not r, and multiplies out nothing per pair that `prepare` can do once per pair of species.

use crate::form::prelude::*;

parameters! {
    /// A Lennard-Jones well.
    pub struct Params {
        /// Depth of the well
        epsilon: Dimension::ENERGY, NonNegative, Depth;
        /// Distance at which the energy is zero
        sigma: Dimension::LENGTH, Positive, Size;
    }
}

coefficients! {
    /// u = c12 r⁻¹² − c6 r⁻⁶.
    pub struct Coef {
        /// 4 ε σ¹² \[energy length¹²\].
        c12,
        /// 4 ε σ⁶ \[energy length⁶\].
        c6,
    }
}

/// The Lennard-Jones 12-6 potential.
pub struct LennardJones;

impl PairEnergy for LennardJones {
    type Coef<T: Real> = Coef<T>;

    #[inline(always)]
    fn energy<T: Real>(r2: T, c: &Coef<T>) -> T {
        let r6 = r2.recip().powi(3);
        r6 * (c.c12 * r6 - c.c6)
    }
}

impl PairPotential for LennardJones {
    type Params<T: Real> = Params<T>;
    const INFO: Info = Info {
        name: "lj",
        title: "Lennard-Jones 12-6",
        formula: "4 epsilon [(sigma/r)^12 - (sigma/r)^6]",
        reference: "J. E. Jones, Proc. R. Soc. A 106, 463 (1924), doi:10.1098/rspa.1924.0082",
        parameters: Params::SPEC,
        example: &[1.0, 1.0],
    };

    fn prepare<T: Real>(p: &Params<T>) -> Coef<T> {
        let s6 = p.sigma.powi(6);
        let c6 = p.epsilon * s6 * 4.0;
        Coef { c12: c6 * s6, c6 }
    }
}
