//! The force field: a sum of bound potentials over one neighbour list.

use super::pair_term::{PairTerm, bind};
use super::{Configuration, EngineError, Evaluation, Request, reference};
use admd_potentials::form::binding::{Leaf, PairBinding};

/// How the engine works, as opposed to what it computes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Thickness of the shell by which the neighbour list exceeds the cutoff [length].
    pub skin: f64,
}

/// What the neighbour list has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NeighborStatistics {
    /// Number of evaluations.
    pub evaluations: u64,
    /// Number of list builds.
    pub builds: u64,
    /// Entries of the full list, without padding, at the last build.
    pub entries: u64,
    /// Evaluations between builds that came within one step of the limit; the list itself was always valid.
    pub dangerous: u64,
}

/// A sum of potentials that can be evaluated.
pub struct ForceField {
    pub(super) terms: Vec<Box<dyn PairTerm>>,
    species: usize,
    settings: Settings,
    statistics: NeighborStatistics,
}

impl ForceField {
    /// Binds the potentials; all bindings list the same species.
    ///
    /// # Errors
    /// Parameters that a potential refuses.
    pub fn new(bindings: Vec<PairBinding>, settings: Settings) -> Result<Self, EngineError> {
        let species = bindings.first().map_or(0, |b| b.species.len());
        let terms = bindings.into_iter().map(bind).collect::<Result<_, _>>()?;
        Ok(Self {
            terms,
            species,
            settings,
            statistics: NeighborStatistics::default(),
        })
    }

    /// The parameters of all potentials, one after the other.
    pub fn parameters(&self) -> impl Iterator<Item = &Leaf> {
        self.terms.iter().flat_map(|t| &t.binding().leaves)
    }

    /// The bindings, one a potential.
    pub fn bindings(&self) -> impl Iterator<Item = &PairBinding> {
        self.terms.iter().map(|t| t.binding())
    }

    /// Takes new parameter values, in the order of [`ForceField::parameters`].
    ///
    /// # Errors
    /// A wrong number of values, or values that a potential refuses.
    pub fn set_parameters(&mut self, theta: &[f64]) -> Result<(), EngineError> {
        let expected = self.parameters().count();
        if theta.len() != expected {
            return Err(EngineError::Length {
                what: "the parameter vector",
                found: theta.len(),
                expected,
            });
        }
        let mut rest = theta;
        for term in &mut self.terms {
            let (own, others) = rest.split_at(term.binding().leaves.len());
            term.set_parameters(own)?;
            rest = others;
        }
        Ok(())
    }

    /// The largest cutoff [length].
    pub fn cutoff(&self) -> f64 {
        self.bindings().map(PairBinding::cutoff).fold(0.0, f64::max)
    }

    /// The settings.
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// What the neighbour list has done so far.
    pub fn statistics(&self) -> NeighborStatistics {
        self.statistics
    }

    /// Evaluates what is asked for; `out` is reused, so that a step allocates nothing.
    ///
    /// # Errors
    /// Non-finite positions, overlapping atoms, unknown species; `out` is then not to be used.
    pub fn evaluate(&mut self, c: &Configuration, request: Request, out: &mut Evaluation) -> Result<(), EngineError> {
        for (atom, (&s, p)) in c.species.iter().zip(&c.positions).enumerate() {
            if usize::from(s) >= self.species {
                return Err(EngineError::UnknownSpecies {
                    atom,
                    species: s.into(),
                    known: self.species,
                });
            }
            if !p.iter().all(|x| x.is_finite()) {
                return Err(EngineError::NonFinitePosition {
                    atom,
                    position: (*p).into(),
                });
            }
        }
        self.statistics.evaluations += 1;
        reference::evaluate(self, c, request, out)
    }
}
