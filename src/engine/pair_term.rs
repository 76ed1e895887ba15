//! A bound pair potential behind one object: the only place where the type of a potential meets the engine.

use super::EngineError;
use admd_ad::Dual;
use admd_potentials::catalog::{self, PairVisitor};
use admd_potentials::form::binding::PairBinding;
use admd_potentials::form::parameters::Leaves;
use admd_potentials::form::truncation::Truncated;
use core::marker::PhantomData;

/// What the engine asks of a pair potential.
pub(super) trait PairTerm: Send + Sync {
    /// Species, parameters and cutoffs.
    fn binding(&self) -> &PairBinding;
    /// Takes new values of the leaves.
    fn set_parameters(&mut self, theta: &[f64]) -> Result<(), EngineError>;
    /// Energy of one pair and its slope in r²; `None` beyond the cutoff.
    fn pair(&self, a: usize, b: usize, r2: f64) -> Option<(f64, f64)>;
    /// Energy and virial integrals of the tail of one pair of species, per N₁N₂/V; zero without tail corrections.
    fn tail(&self, a: usize, b: usize) -> (f64, f64);
}

struct Bound<E: Truncated> {
    binding: PairBinding,
    /// Leaves of the coefficients of each pair, one pair after the other.
    coefficients: Vec<f64>,
    /// Squared cutoff of each pair [length²].
    cutoffs2: Vec<f64>,
    /// Tail integrals of energy and virial of each pair.
    tails: Vec<(f64, f64)>,
    energy: PhantomData<E>,
}

impl<E: Truncated> PairTerm for Bound<E> {
    fn binding(&self) -> &PairBinding {
        &self.binding
    }

    fn set_parameters(&mut self, theta: &[f64]) -> Result<(), EngineError> {
        for (leaf, value) in self.binding.leaves.iter_mut().zip(theta) {
            leaf.value = *value;
        }
        self.binding
            .check::<E>()
            .map_err(|mut errors| EngineError::from(errors.swap_remove(0)))?;
        let made = self.binding.coefficients::<E, f64>(theta);
        let count = <E::Coef<f64>>::COUNT;
        self.coefficients = made.iter().flat_map(|c| (0..count).map(|k| c.coef.leaf(k))).collect();
        self.cutoffs2 = made.iter().map(|c| c.cutoff2).collect();
        self.tails = made
            .iter()
            .map(|c| c.tail.map_or((0.0, 0.0), |t| (t.energy, t.virial)))
            .collect();
        Ok(())
    }

    fn pair(&self, a: usize, b: usize, r2: f64) -> Option<(f64, f64)> {
        let pair = self.binding.index(a, b);
        (r2 < *self.cutoffs2.get(pair)?).then(|| {
            let first = pair * <E::Coef<f64>>::COUNT;
            let lifted = <E::Coef<Dual<f64, 1>>>::from_fn(|k| Dual::constant(self.coefficients[first + k]));
            let u = E::energy(Dual::<f64, 1>::variable(r2, 0), &lifted);
            (u.v, u.d[0])
        })
    }

    fn tail(&self, a: usize, b: usize) -> (f64, f64) {
        self.tails.get(self.binding.index(a, b)).copied().unwrap_or_default()
    }
}

struct Binder(PairBinding);

impl PairVisitor for Binder {
    type Output = Result<Box<dyn PairTerm>, EngineError>;
    fn visit<E: Truncated>(self) -> Self::Output {
        let theta: Vec<f64> = self.0.leaves.iter().map(|leaf| leaf.value).collect();
        let mut term = Bound::<E> {
            binding: self.0,
            coefficients: Vec::new(),
            cutoffs2: Vec::new(),
            tails: Vec::new(),
            energy: PhantomData,
        };
        term.set_parameters(&theta)?;
        Ok(Box::new(term))
    }
}

/// Binds the potential that the binding names.
pub(super) fn bind(binding: PairBinding) -> Result<Box<dyn PairTerm>, EngineError> {
    let (name, truncation) = (binding.info.name, binding.truncation);
    catalog::visit_pair(name, truncation, Binder(binding))
        .unwrap_or_else(|| unreachable!("{name} describes itself but is not in the catalogue"))
}
