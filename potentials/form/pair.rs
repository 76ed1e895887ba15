//! The pair form: an energy of the squared distance between two atoms.

use super::parameters::{Leaves, ParameterSpec};
use admd_ad::Real;

/// A pair energy as the kernels see it: squared distance and coefficients in, energy out.
///
/// The potentials implement it, and so do the truncation adaptors around them.
pub trait PairEnergy: Send + Sync + 'static {
    /// What the energy needs beside the distance, made once per pair of species.
    type Coef<T: Real>: Leaves<T>;

    /// u(r²) \[energy\].
    fn energy<T: Real>(r2: T, c: &Self::Coef<T>) -> T;
}

/// What a potential says about itself.
#[derive(Clone, Copy, Debug)]
pub struct Info {
    /// Name in the input.
    pub name: &'static str,
    /// Name in prose.
    pub title: &'static str,
    /// The formula in plain text.
    pub formula: &'static str,
    /// The publication, with its DOI.
    pub reference: &'static str,
    /// The parameters in order.
    pub parameters: &'static [ParameterSpec],
    /// Parameter values in reduced units with a minimum near r = 1: the templates and the law tests use them.
    pub example: &'static [f64],
}

impl Info {
    /// Parameter values by name, from values in order.
    ///
    /// ```
    /// use admd_potentials::catalog::pair_info;
    /// let lj = pair_info("lj").unwrap();
    /// assert!(lj.named(lj.example).eq([("epsilon", 1.0), ("sigma", 1.0)]));
    /// ```
    pub fn named<'a>(&'a self, values: &'a [f64]) -> impl Iterator<Item = (&'static str, f64)> + 'a {
        self.parameters.iter().map(|spec| spec.name).zip(values.iter().copied())
    }
}

/// A pair potential: parameters, what is prepared once per pair of species, and the energy.
///
/// No cutoff appears here; [`super::truncation`] puts any of its adaptors around any potential.
pub trait PairPotential: PairEnergy {
    /// The parameters of one pair of species.
    type Params<T: Real>: Leaves<T>;
    /// Name, formula, reference, parameters.
    const INFO: Info;

    /// Parameters to coefficients, in the same scalar, so that derivatives with respect to the parameters are exact.
    fn prepare<T: Real>(p: &Self::Params<T>) -> Self::Coef<T>;

    /// Conditions that tie several parameters together; the bounds of each are checked before.
    ///
    /// # Errors
    /// A sentence that names the parameters and their values.
    fn validate(_: &Self::Params<f64>) -> Result<(), String> {
        Ok(())
    }
}
