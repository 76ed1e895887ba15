//! A potential bound to species: named parameters, which pair reads which, cutoffs, truncation.
//!
//! The binding is plain data; [`PairBinding::coefficients`] turns it into coefficients in any scalar, so that mixing rules,
//! preparation, shifts and tails are all differentiated by the same pass.

pub use super::error::BindingError;
use super::mixing::{Rule, mix};
use super::pair::{Info, PairPotential};
use super::parameters::{Leaves, Mixing, ParameterSpec};
use super::tail::{self, Tail};
use super::truncation::{Truncated, Truncation};
use admd_ad::Real;

/// A named, differentiable parameter, such as `lj.Ar-Ar.epsilon`.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// `label.species-species.parameter`.
    pub name: String,
    /// Dimension, bounds, meaning.
    pub spec: &'static ParameterSpec,
    /// The value in the unit system of the input.
    pub value: f64,
}

/// Where a pair of species gets its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The pair does not interact through this potential.
    Absent,
    /// Its own leaves, the first of which has this number.
    Given(usize),
    /// Mixed from the leaves of the two like pairs.
    Mixed(usize, usize),
}

/// One pair of species.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// Where the parameters come from.
    pub origin: Origin,
    /// Cutoff \[length\]; 0 for an absent pair.
    pub cutoff: f64,
}

/// A pair potential bound to a list of species.
#[derive(Clone, Debug)]
pub struct PairBinding {
    /// First part of the leaves' names.
    pub label: String,
    /// What the potential says about itself.
    pub info: &'static Info,
    /// The truncation of all its pairs.
    pub truncation: Truncation,
    /// Are tail corrections added?
    pub tail: bool,
    /// The mixing rule of pairs not given.
    pub rule: Rule,
    /// Names of the species, in the order of the species indices.
    pub species: Vec<String>,
    /// The parameters.
    pub leaves: Vec<Leaf>,
    /// One entry a pair a ≤ b, at [`PairBinding::index`].
    pub pairs: Vec<Pair>,
}

/// Coefficients of one pair of species in some scalar.
#[derive(Clone, Copy, Debug)]
pub struct PairCoefficients<C, T> {
    /// Coefficients of the truncated energy.
    pub coef: C,
    /// Square of the cutoff \[length²\]; 0 for an absent pair.
    pub cutoff2: f64,
    /// The tail integrals, where asked for.
    pub tail: Option<Tail<T>>,
}

impl PairBinding {
    /// Position of the pair (a, b) in [`PairBinding::pairs`], in either order.
    pub fn index(&self, a: usize, b: usize) -> usize {
        let (a, b) = if a <= b { (a, b) } else { (b, a) };
        a * self.species.len() - a * (a + 1) / 2 + b
    }

    /// `A-B` in the order of the species.
    pub fn pair_name(&self, a: usize, b: usize) -> String {
        format!("{}-{}", self.species[a.min(b)], self.species[a.max(b)])
    }

    /// All pairs a ≤ b in the order of [`PairBinding::pairs`].
    pub fn each_pair(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let n = self.species.len();
        (0..n).flat_map(move |a| (a..n).map(move |b| (a, b)))
    }

    /// The largest cutoff \[length\].
    pub fn cutoff(&self) -> f64 {
        self.pairs.iter().map(|p| p.cutoff).fold(0.0, f64::max)
    }

    /// Coefficients of every pair from the values of the leaves, in any scalar.
    ///
    /// `theta` holds one value a leaf in the order of [`PairBinding::leaves`]. An absent pair repeats the coefficients of
    /// the first pair that is there, with cutoff 0.
    pub fn coefficients<E: Truncated, T: Real>(&self, theta: &[T]) -> Vec<PairCoefficients<E::Coef<T>, T>> {
        let made: Vec<_> = (0..self.pairs.len())
            .map(|pair| self.coefficients_of::<E, T>(pair, theta))
            .collect();
        let filler = made.iter().flatten().next().copied();
        made.into_iter()
            .filter_map(|c| {
                c.or(filler.map(|f| PairCoefficients {
                    cutoff2: 0.0,
                    tail: None,
                    ..f
                }))
            })
            .collect()
    }

    /// Coefficients of one pair, by its number in [`PairBinding::pairs`]; `None` where it is absent.
    pub fn coefficients_of<E: Truncated, T: Real>(
        &self,
        pair: usize,
        theta: &[T],
    ) -> Option<PairCoefficients<E::Coef<T>, T>> {
        let pair = &self.pairs[pair];
        let p = self.params::<E, T>(pair.origin, theta)?;
        let cutoff = T::lit(pair.cutoff);
        let coef = E::prepare(&p, cutoff, self.truncation);
        let tail = self.tail.then(|| {
            let onset = match self.truncation {
                Truncation::Switched { onset } => onset,
                _ => 1.0,
            };
            tail::tail::<E, T>(&<E::Potential as PairPotential>::prepare(&p), &coef, cutoff, onset)
        });
        Some(PairCoefficients {
            coef,
            cutoff2: pair.cutoff * pair.cutoff,
            tail,
        })
    }

    /// The leaves that a pair reads, by its number in [`PairBinding::pairs`].
    pub fn leaves_of(&self, pair: usize) -> impl Iterator<Item = usize> + use<> {
        let own = |first: usize| first..first + self.info.parameters.len();
        let [a, b] = match self.pairs[pair].origin {
            Origin::Absent => [0..0, 0..0],
            Origin::Given(first) => [own(first), 0..0],
            Origin::Mixed(a, b) => [own(a), own(b)],
        };
        a.chain(b)
    }

    /// The values of the leaves.
    pub fn theta(&self) -> Vec<f64> {
        self.leaves.iter().map(|leaf| leaf.value).collect()
    }

    /// Checks bounds, mixing, cutoffs and tails.
    ///
    /// # Errors
    /// All that is wrong, not only the first.
    pub fn check<E: Truncated>(&self) -> Result<(), Vec<BindingError>> {
        let mut errors = Vec::new();
        for leaf in &self.leaves {
            if !leaf.spec.bounds.allow(leaf.value) {
                let (name, bounds) = (leaf.name.clone(), leaf.spec.bounds.words());
                errors.push(BindingError::OutOfBounds {
                    name,
                    value: leaf.value,
                    bounds,
                });
            }
        }
        match self.truncation {
            Truncation::Switched { onset } if !(0.0..1.0).contains(&onset) => {
                errors.push(BindingError::BadOnset { onset });
            }
            Truncation::Switched { onset } if self.tail && onset < tail::EARLIEST_ONSET => {
                errors.push(BindingError::TailOfEarlySwitch {
                    onset,
                    earliest: tail::EARLIEST_ONSET,
                });
            }
            Truncation::Shifted | Truncation::ForceShifted if self.tail => {
                errors.push(BindingError::TailOfShifted {
                    truncation: self.truncation.name(),
                });
            }
            _ => {}
        }
        for (a, b) in self.each_pair() {
            self.check_pair::<E>(a, b, &mut errors);
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    fn check_pair<E: Truncated>(&self, a: usize, b: usize, errors: &mut Vec<BindingError>) {
        let pair = self.pairs[self.index(a, b)];
        if pair.origin == Origin::Absent {
            return;
        }
        if !(pair.cutoff.is_finite() && pair.cutoff > 0.0) {
            errors.push(BindingError::BadCutoff {
                pair: self.pair_name(a, b),
                cutoff: pair.cutoff,
            });
        }
        if let Origin::Mixed(..) = pair.origin {
            let unmixable = |s: &&ParameterSpec| s.mixing == Mixing::Explicit || self.rule == Rule::Explicit;
            if let Some(spec) = self.info.parameters.iter().find(unmixable) {
                errors.push(BindingError::NoMixingRule {
                    potential: self.info.name,
                    parameter: spec.name,
                    pair: self.pair_name(a, b),
                });
                return;
            }
        }
        let allowed = |first: usize| {
            let own = self.leaves[first..].iter().take(self.info.parameters.len());
            own.into_iter().all(|leaf| leaf.spec.bounds.allow(leaf.value))
        };
        let in_bounds = match pair.origin {
            Origin::Absent => true,
            Origin::Given(first) => allowed(first),
            Origin::Mixed(x, y) => allowed(x) && allowed(y),
        };
        let Some(p) = self.params::<E, f64>(pair.origin, &self.theta()).filter(|_| in_bounds) else {
            return;
        };
        if let Err(reason) = <E::Potential as PairPotential>::validate(&p) {
            errors.push(BindingError::Inconsistent {
                pair: self.pair_name(a, b),
                reason,
            });
        } else if self.tail {
            let coef = <E::Potential as PairPotential>::prepare(&p);
            if !tail::converges::<E::Potential>(&coef, pair.cutoff) {
                errors.push(BindingError::TailDiverges {
                    pair: self.pair_name(a, b),
                });
            }
        }
    }

    /// The parameters of a pair; `None` where it does not interact.
    fn params<E: Truncated, T: Real>(
        &self,
        origin: Origin,
        theta: &[T],
    ) -> Option<<E::Potential as PairPotential>::Params<T>> {
        let given = |first: usize| <<E::Potential as PairPotential>::Params<T>>::from_fn(|k| theta[first + k]);
        match origin {
            Origin::Absent => None,
            Origin::Given(first) => Some(given(first)),
            Origin::Mixed(a, b) => Some(mix::<E::Potential, T>(self.rule, &given(a), &given(b))),
        }
    }
}
