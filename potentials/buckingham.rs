//! Buckingham exp-6 potential; with C = 0 the Born-Mayer repulsion.
//!
//! u(r) = A exp(−r/ρ) − C/r⁶, the form of LAMMPS's `buck`. In terms of a minimum −ε at r_m with steepness α it is
//! A = 6 ε eᵅ/(α − 6), ρ = r_m/α, C = α ε r_m⁶/(α − 6).
//!
//! R. A. Buckingham, *Proc. R. Soc. A* **168**, 264 (1938), doi:10.1098/rspa.1938.0173.
//!
//! **Collapse at small r.** The repulsion stays finite and the attraction does not, so that u falls to −∞ inside a barrier
//! (at about 0.2 r_m for α = 14). Atoms that start inside it, or are hot enough to cross it, fall onto each other: the
//! model ends there, not the program. Keep starting structures free of close pairs, or add a short-ranged repulsion.

use crate::form::prelude::*;

parameters! {
    /// An exponential repulsion and a dispersion attraction.
    pub struct Params {
        /// Strength of the repulsion
        a: Dimension::ENERGY, NonNegative, Explicit;
        /// Decay length of the repulsion
        rho: Dimension::LENGTH, Positive, Explicit;
        /// Strength of the dispersion attraction
        c: Dimension::ENERGY.times(Dimension::LENGTH.power(6)), NonNegative, Explicit;
    }
}

coefficients! {
    /// u = a exp(decay r) − c r⁻⁶.
    pub struct Coef {
        /// A \[energy\].
        a,
        /// −1/ρ \[length⁻¹\].
        decay,
        /// C \[energy length⁶\].
        c,
    }
}

/// The Buckingham potential.
pub struct Buckingham;

impl PairEnergy for Buckingham {
    type Coef<T: Real> = Coef<T>;

    #[inline(always)]
    fn energy<T: Real>(r2: T, c: &Coef<T>) -> T {
        c.a * (c.decay * r2.sqrt()).exp() - c.c * r2.recip().powi(3)
    }
}

impl PairPotential for Buckingham {
    type Params<T: Real> = Params<T>;
    const INFO: Info = Info {
        name: "buckingham",
        title: "Buckingham exp-6",
        formula: "a exp(-r/rho) - c/r^6",
        reference: "R. A. Buckingham, Proc. R. Soc. A 168, 264 (1938), doi:10.1098/rspa.1938.0173",
        parameters: Params::SPEC,
        // ε = 1, r_m = 1, α = 14
        example: &[901_953.0, 1.0 / 14.0, 1.75],
    };

    fn prepare<T: Real>(p: &Params<T>) -> Coef<T> {
        Coef {
            a: p.a,
            decay: -p.rho.recip(),
            c: p.c,
        }
    }
}
