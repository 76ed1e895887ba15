//! The force field: a sum of bound potentials over one neighbour list.

use super::neighbors::{NeighborList, Plan};
use super::pair_term::{Job, PairTerm, bind};
use super::sums::MOST_QUANTA;
use super::sweep::{Harvest, Sweep};
use super::{Configuration, EngineError, Evaluation, Mat3, Request, Tangent, diagnose};
use admd_ad::{Element, Isa, IsaError};
use admd_potentials::form::binding::{Leaf, PairBinding};

/// How the engine works, as opposed to what it computes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Thickness of the shell by which the neighbour list exceeds the cutoff \[length\]. With 0 the list is built whenever
    /// anything has moved.
    pub skin: f64,
    /// The instruction set of the kernels; `None` leaves the choice to [`Isa::detect`].
    pub isa: Option<Isa>,
    /// The precision of forces, energies and virial.
    pub precision: Precision,
    /// Forces are multiples of this \[energy/length\] and sums of pair forces in whatever order: they depend on the positions
    /// alone, not on when the list was built. 0, the default, sums in floating point.
    ///
    /// That takes displacements without rounding: coordinates and edges must be whole multiples of one number, less than
    /// 2⁵² of them. It is a power of two; forces up to 2⁴⁹ quanta are allowed for. Double precision only.
    pub quantum: f64,
}

impl Settings {
    /// The given skin \[length\], the best instruction set of this machine, and double precision.
    pub fn new(skin: f64) -> Self {
        Self {
            skin,
            isa: None,
            precision: Precision::Double,
            quantum: 0.0,
        }
    }
}

/// How many digits the force kernel keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// f64 throughout.
    #[default]
    Double,
    /// Pairs, and the sum over the neighbours of one atom, in f32, on positions relative to the middle of some hundred
    /// atoms; every other sum, and the state, in f64. Forces are good to about six digits of the largest pair force.
    /// Tangents and parameter gradients are evaluated in f64 still, and so are blocks that are too wide for f32, such as
    /// that of an atom that has flown off, and all where f32 cannot hold the coefficients of a potential in the given units.
    Mixed,
}

impl Precision {
    /// Atoms in a slice of the list: one in each lane of the widest register.
    pub(super) fn width(self) -> usize {
        match self {
            Self::Double => f64::WIDEST,
            Self::Mixed => f32::WIDEST,
        }
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
    settings: Settings,
    isa: Isa,
    statistics: NeighborStatistics,
    list: NeighborList,
    harvest: Harvest,
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
        let quantum = settings.quantum;
        let power_of_two = quantum.is_normal() && quantum > 0.0 && quantum.to_bits() << 12 == 0;
        let on_grid = power_of_two && settings.precision == Precision::Double;
        if quantum != 0.0 && !on_grid {
            return Err(EngineError::BadQuantum { quantum });
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
        let terms = bindings.into_iter().map(bind).collect::<Result<_, _>>()?;
        Ok(Self {
            terms,
            species,
            settings,
            isa,
            statistics: NeighborStatistics::default(),
            list: NeighborList::default(),
            harvest: Harvest::default(),
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
        let old: Vec<f64> = self.parameters().map(|leaf| leaf.value).collect();
        let taken = self.take_parameters(theta);
        if taken.is_err() {
            // all or nothing: those that were taken before the one that refused go back
            self.take_parameters(&old)?;
        }
        taken
    }

    fn take_parameters(&mut self, theta: &[f64]) -> Result<(), EngineError> {
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

    /// The next evaluation builds the neighbour list anew. What it gives then depends on nothing that was evaluated before,
    /// to the last bit.
    pub fn forget(&mut self) {
        self.list.forget();
    }

    /// Builds the neighbour list of a configuration anew, so that evaluations that follow have the bits that they have after
    /// one at this configuration.
    ///
    /// # Errors
    /// As [`ForceField::evaluate`].
    pub fn relist(&mut self, c: &Configuration) -> Result<(), EngineError> {
        self.check(c, Request::FORCES)?;
        self.list.forget();
        self.list.ensure(c, &[], self.plan(), &mut self.statistics)
    }

    fn plan(&self) -> Plan {
        Plan {
            cutoff: self.cutoff(),
            skin: self.settings.skin,
            width: self.settings.precision.width(),
            species: self.species,
            isa: self.isa,
        }
    }

    /// Evaluates what is asked for; the memory of `out`, of the list and of the sums is reused from step to step.
    ///
    /// # Errors
    /// Non-finite positions, overlapping atoms, unknown species, tail corrections in a cell that is not periodic along all
    /// its edges, a list larger than [`ListSize`](super::ListSize) allows; `out` is then not to be used.
    pub fn evaluate(&mut self, c: &Configuration, request: Request, out: &mut Evaluation) -> Result<(), EngineError> {
        self.check(c, request)?;
        self.statistics.evaluations += 1;
        let plan = self.plan();
        self.list.ensure(c, request.tangents, plan, &mut self.statistics)?;

        let mut job = Job {
            configuration: c,
            request,
            first_parameter: 0,
        };
        let mut jobs = Vec::with_capacity(self.terms.len());
        for term in &self.terms {
            jobs.push(job);
            job.first_parameter += term.binding().leaves.len();
        }
        let parts = 1 + request.tangents.len();
        let mut tail = vec![(0.0, 0.0); parts];
        for (term, job) in self.terms.iter().zip(&jobs) {
            if request.energy_and_virial {
                for (sum, (u, w)) in tail.iter_mut().zip(term.tail(*job)) {
                    *sum = (sum.0 + u, sum.1 + w);
                }
            }
        }
        let sweep = Sweep {
            terms: &self.terms,
            tables: self.terms.iter().zip(&jobs).map(|(t, job)| t.tables(job)).collect(),
            list: &self.list,
            cell: &c.cell,
            request,
            isa: self.isa,
            precision: self.settings.precision,
            quantum: self.settings.quantum,
        };
        sweep.run(&mut self.harvest);
        let mut gradients = vec![Vec::new(); parts];
        if request.gradient {
            let mut rest = self.harvest.slopes.as_slice();
            for (term, job) in self.terms.iter().zip(&jobs) {
                let (own, others) = rest.split_at(term.slopes(parts));
                for (all, own) in gradients.iter_mut().zip(term.gradient(*job, own)) {
                    all.extend(own);
                }
                rest = others;
            }
        }

        let (slots, harvest) = (&self.list.layout.slots, &self.harvest);
        let answer = |p: usize, out: &mut Answer| {
            let finite = harvest.forces(slots, p, out.forces);
            *out.energy = request.energy_and_virial.then(|| harvest.energy(p) + tail[p].0);
            let virial = || harvest.virial(p) + Mat3::identity() * tail[p].1;
            *out.virial = request.energy_and_virial.then(virial);
            out.energies.clear();
            if request.per_atom {
                harvest.energies(slots, p, out.energies);
            }
            out.gradient.clear();
            out.gradient.extend(&gradients[p]);
            finite
        };
        let finite = answer(0, &mut places!(&mut *out));
        out.tangents.resize_with(request.tangents.len(), Tangent::default);
        for (k, tangent) in out.tangents.iter_mut().enumerate() {
            answer(1 + k, &mut places!(tangent));
        }
        if finite {
            return self.check_quanta(out);
        }
        match out.forces.iter().position(|f| !f.iter().all(|x| x.is_finite())) {
            Some(atom) => Err(diagnose::culprit(&self.terms, &self.list, c, atom, out.forces[atom])),
            None => Ok(()),
        }
    }

    /// Sums of forces that leave their grid are not exact.
    fn check_quanta(&self, out: &Evaluation) -> Result<(), EngineError> {
        let quantum = self.settings.quantum;
        if quantum == 0.0 {
            return Ok(());
        }
        let limit = MOST_QUANTA * quantum;
        match out.forces.iter().position(|f| f.amax() > limit) {
            Some(atom) => Err(EngineError::TooManyQuanta {
                atom,
                force: out.forces[atom].norm(),
                limit,
            }),
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
        for direction in request.tangents {
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
        match c.species.iter().position(|s| usize::from(*s) >= self.species) {
            Some(atom) => Err(EngineError::UnknownSpecies {
                atom,
                species: c.species[atom].into(),
                known: self.species,
            }),
            None => Ok(()),
        }
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
