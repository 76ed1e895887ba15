//! Mie potential: Lennard-Jones with free exponents, which are parameters like any other.
//!
//! u(r) = C ε [(σ/r)ⁿ − (σ/r)ᵐ], C = n/(n − m) · (n/m)^(m/(n − m)), n > m > 0, with u(σ) = 0 and the minimum −ε at
//! r = (n/m)^(1/(n − m)) σ. (12, 6) is Lennard-Jones.
//!
//! G. Mie, *Ann. Phys.* **316**, 657 (1903), doi:10.1002/andp.19033160802.
//!
//! An exponent need not be whole, so the powers are written exp(−n/2 · ln(r²/σ²)): one logarithm serves both, and near
//! r = σ, where they cancel, the logarithm is small and keeps its digits. The energy decreases with distance like r⁻ᵐ:
//! tail corrections exist for m > 3 and are refused where they do not.

use crate::form::prelude::*;

parameters! {
    /// A Mie well.
    pub struct Params {
        /// Depth of the well
        epsilon: Dimension::ENERGY, NonNegative, Depth;
        /// Distance at which the energy is zero
        sigma: Dimension::LENGTH, Positive, Size;
        /// Exponent of the repulsion
        n: Dimension::NUMBER, Positive, Shape;
        /// Exponent of the attraction, smaller than that of the repulsion
        m: Dimension::NUMBER, Positive, Shape;
    }
}

coefficients! {
    /// u = scale [exp(−half_n ln x) − exp(−half_m ln x)] with x = r²/σ².
    pub struct Coef {
        /// C ε \[energy\].
        scale,
        /// σ⁻² \[length⁻²\].
        inverse_sigma2,
        /// n/2 \[1\].
        half_n,
        /// m/2 \[1\].
        half_m,
    }
}

/// The Mie potential.
pub struct Mie;

impl PairEnergy for Mie {
    type Coef<T: Real> = Coef<T>;

    #[inline(always)]
    fn energy<T: Real>(r2: T, c: &Coef<T>) -> T {
        let log = -(r2 * c.inverse_sigma2).ln();
        c.scale * ((c.half_n * log).exp() - (c.half_m * log).exp())
    }
}

impl PairPotential for Mie {
    type Params<T: Real> = Params<T>;
    const INFO: Info = Info {
        name: "mie",
        title: "Mie n-m",
        formula: "C epsilon [(sigma/r)^n - (sigma/r)^m], C = n/(n-m) (n/m)^(m/(n-m))",
        reference: "G. Mie, Ann. Phys. 316, 657 (1903), doi:10.1002/andp.19033160802",
        parameters: Params::SPEC,
        example: &[1.0, 1.0, 14.0, 7.0],
    };

    fn prepare<T: Real>(p: &Params<T>) -> Coef<T> {
        let difference = p.n - p.m;
        let prefactor = p.n / difference * (p.n / p.m).powf(p.m / difference);
        Coef {
            scale: prefactor * p.epsilon,
            inverse_sigma2: p.sigma.sq().recip(),
            half_n: p.n * 0.5,
            half_m: p.m * 0.5,
        }
    }

    fn validate(p: &Params<f64>) -> Result<(), String> {
        if p.n > p.m {
            Ok(())
        } else {
            Err(format!("the exponent n = {} must be greater than m = {}", p.n, p.m))
        }
    }
}
