//! The force field: a sum of bound potentials over one neighbour list.

use super::kernel::BlockSums;
use super::neighbors::NeighborList;
use super::pair_term::{Job, PairTerm, bind};
use super::search::Kinds;
use super::{Configuration, EngineError, Evaluation, Mat3, Request, Tangent, diagnose, reduce};
use admd_ad::{Isa, IsaError};
use admd_potentials::form::binding::{Leaf, PairBinding};

/// How the engine works, as opposed to what it computes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Thickness of the shell by which the neighbour list exceeds the cutoff \[length\]. With 0 the list is built whenever
    /// anything has moved.
    pub skin: f64,
    /// The instruction set of the kernels; `None` leaves the choice to [`Isa::detect`].
    pub isa: Option<Isa>,
}

impl Settings {
    /// The given skin \[length\], and the best instruction set of this machine.
    pub fn new(skin: f64) -> Self {
        Self { skin, isa: None }
    }
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
    /// Builds at the evaluation right after another build, so that the skin did not last a single step. The list itself
    /// was always valid: a large number says that the skin is too thin to pay.
    pub dangerous: u64,
}

/// A sum of potentials that can be evaluated.
pub struct ForceField {
    pub(super) terms: Vec<Box<dyn PairTerm>>,
    species: usize,
    /// The number of each pair of species, in either order.
    pairs: Vec<u32>,
    settings: Settings,
    isa: Isa,
    statistics: NeighborStatistics,
    list: NeighborList,
    sums: Vec<BlockSums>,
}

impl ForceField {
    /// Binds the potentials; all bindings list the same species.
    ///
    /// # Errors
    /// Bindings with different lists of species, parameters that a potential refuses, a skin that is no length, an
    /// instruction set that this machine lacks.
    pub fn new(bindings: Vec<PairBinding>, settings: Settings) -> Result<Self, EngineError> {
        let skin = settings.skin;
        if !(skin.is_finite() && skin >= 0.0) {
            return Err(EngineError::BadSkin { skin });
        }
        let isa = match settings.isa {
            Some(isa) if isa.is_supported() => isa,
            Some(wanted) => {
                let best = Isa::best();
                return Err(IsaError::Unsupported { wanted, best }.into());
            }
            None => Isa::detect()?,
        };
        if let Some(first) = bindings.first()
            && let Some(other) = bindings.iter().find(|b| b.species != first.species)
        {
            return Err(EngineError::DifferentSpecies {
                labels: Box::new([first, other].map(|b| b.label.clone())),
                species: Box::new([first, other].map(|b| b.species.clone())),
            });
        }
        let species = bindings.first().map_or(0, |b| b.species.len());
        let pair = |a: usize, b: usize| bindings.first().map_or(0, |f| f.index(a, b) as u32);
        let pairs = (0..species)
            .flat_map(|a| (0..species).map(move |b| (a, b)))
            .map(|(a, b)| pair(a, b))
            .collect();
        let terms = bindings.into_iter().map(bind).collect::<Result<_, _>>()?;
        Ok(Self {
            terms,
            species,
            pairs,
            settings,
            isa,
            statistics: NeighborStatistics::default(),
            list: NeighborList::default(),
            sums: Vec::new(),
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

    /// The largest cutoff \[length\].
    pub fn cutoff(&self) -> f64 {
        self.bindings().map(PairBinding::cutoff).fold(0.0, f64::max)
    }

    /// Number of species.
    pub(super) fn species(&self) -> usize {
        self.species
    }

    /// The settings.
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// What the neighbour list has done so far.
    pub fn statistics(&self) -> NeighborStatistics {
        self.statistics
    }

    /// The instruction set of the kernels.
    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// Evaluates what is asked for; the memory of `out`, of the list and of the sums is reused from step to step.
    ///
    /// # Errors
    /// Non-finite positions, overlapping atoms, unknown species, tail corrections in a cell that is not periodic along all
    /// its edges, a list larger than [`ListSize`](super::ListSize) allows; `out` is then not to be used.
    pub fn evaluate(&mut self, c: &Configuration, request: Request, out: &mut Evaluation) -> Result<(), EngineError> {
        self.check(c, request)?;
        self.statistics.evaluations += 1;
        let kinds = Kinds {
            species: self.species,
            pairs: &self.pairs,
        };
        let reach = (self.cutoff(), self.settings.skin);
        self.list
            .ensure(c, request.tangent, reach, (kinds, self.isa), &mut self.statistics)?;

        let parts = 1 + usize::from(request.tangent.is_some());
        let energy = request.energy_and_virial || request.per_atom;
        self.sums.resize_with(self.list.blocks.len(), BlockSums::default);
        for (sums, block) in self.sums.iter_mut().zip(&self.list.blocks) {
            sums.reset(block.lanes(), parts);
        }
        let mut job = Job {
            list: &self.list,
            configuration: c,
            direction: request.tangent,
            first_parameter: 0,
            isa: self.isa,
        };
        let mut tail = [(0.0, 0.0); 2];
        let mut gradient = Vec::new();
        for term in &self.terms {
            term.forces(job, energy, &mut self.sums);
            if request.energy_and_virial {
                for (sum, (u, w)) in tail.iter_mut().zip(term.tail(job)) {
                    *sum = (sum.0 + u, sum.1 + w);
                }
            }
            if request.gradient {
                gradient.extend(term.gradient(job));
            }
            job.first_parameter += term.binding().leaves.len();
        }

        let (layout, sums) = (&self.list.layout, &self.sums);
        let answer = |p: usize, out: &mut Answer| {
            reduce::forces(layout, sums, p, out.forces);
            *out.energy = request
                .energy_and_virial
                .then(|| reduce::energy(layout, sums, p) + tail[p].0);
            *out.virial = request
                .energy_and_virial
                .then(|| reduce::virial(sums, p) + Mat3::identity() * tail[p].1);
            out.energies.clear();
            if request.per_atom {
                reduce::energies(layout, sums, p, out.energies);
            }
            out.gradient.clear();
            out.gradient.extend(gradient.iter().map(|g| g[p]));
        };
        answer(0, &mut places!(&mut *out));
        match (request.tangent, &mut out.tangent) {
            (None, t) => *t = None,
            (Some(_), t) => answer(1, &mut places!(t.get_or_insert_with(Tangent::default))),
        }
        match out.forces.iter().position(|f| !f.iter().all(|x| x.is_finite())) {
            Some(atom) => Err(diagnose::culprit(&self.terms, &self.list, c, atom, out.forces[atom])),
            None => Ok(()),
        }
    }

    /// Refuses what has no meaning, whoever evaluates it.
    pub(super) fn check(&self, c: &Configuration, request: Request) -> Result<(), EngineError> {
        let periodic = c.cell.periodic();
        if let (false, Some(b)) = (periodic == [true; 3], self.bindings().find(|b| b.tail)) {
            return Err(EngineError::TailOfOpenCell {
                label: b.label.clone(),
                periodic,
            });
        }
        let parameters = self.parameters().count();
        let length = |what, found: usize, expected: usize| {
            if found == expected {
                Ok(())
            } else {
                Err(EngineError::Length { what, found, expected })
            }
        };
        length("the list of species", c.species.len(), c.len())?;
        if let Some(direction) = request.tangent {
            if !direction.positions.is_empty() {
                length("the direction's list of positions", direction.positions.len(), c.len())?;
            }
            if !direction.parameters.is_empty() {
                length(
                    "the direction's list of parameters",
                    direction.parameters.len(),
                    parameters,
                )?;
            }
        }
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
        Ok(())
    }
}

/// The places for one part of the answer: of the evaluation itself or of its tangent.
struct Answer<'a> {
    forces: &'a mut Vec<super::Vec3>,
    energy: &'a mut Option<f64>,
    virial: &'a mut Option<Mat3>,
    energies: &'a mut Vec<f64>,
    gradient: &'a mut Vec<f64>,
}

/// The places of an [`Evaluation`] or of a [`Tangent`], whose fields have the same names.
macro_rules! places {
    ($of:expr) => {{
        let of = $of;
        Answer {
            forces: &mut of.forces,
            energy: &mut of.energy,
            virial: &mut of.virial,
            energies: &mut of.energies,
            gradient: &mut of.gradient,
        }
    }};
}
use places;
