//! A relaxed structure: its energy and distances in it.
//!
//! Atoms go downhill in a fixed cell to x*, where no force is left. The derivatives of the structure follow from the implicit
//! function theorem, H dx*/dθ = ∂F/∂θ with the Hessian H ([`relaxed_tangent`], [`relaxed_gradient`]); that of its energy is
//! ∂E/∂θ at fixed positions (Hellmann and Feynman), since forces vanish. No derivative knows how the structure was relaxed.

use super::bound::{Bound, Rows};
use super::relax::{RelaxError, downhill};
use super::{FitError, Group, Quantity, RelaxedSpec, Row, Target, Which};
use crate::sensitivity::{Limits, RelaxedError, relaxed_gradient, relaxed_tangent};
use admd_ad::{Dual, Real};
use admd_engine::{Configuration, Direction, Evaluation, ForceField, Request, Vec3};
use admd_potentials::form::binding::PairBinding;

/// Newton's steps at most: some ten are needed, and a tenth of the neighbours' distance each takes an atom a long way in these.
const STEPS: usize = 1000;
/// Forces are summed in another order than when the structure was relaxed.
const SUMMED_ANEW: f64 = 2.0;

/// A structure that is relaxed at every θ from the same start.
///
/// ```
/// # use admd::potentials::{catalog::pair_info, form::binding::PairBinding, form::truncation::Truncation};
/// # let lennard_jones = PairBinding::builder("lj", pair_info("lj").unwrap(), ["A"]).cutoff(9.0)
/// #     .truncation(Truncation::Cut).like("A", [("epsilon", 1.0), ("sigma", 1.0)]).build().unwrap();
/// use admd::engine::{Cell, Configuration, Vec3};
/// use admd::fit::{Observation, Relaxed, RelaxedSpec, Target, Which};
///
/// let edges = [Vec3::x() * 20.0, Vec3::y() * 20.0, Vec3::z() * 20.0];
/// let spec = RelaxedSpec {
///     name: "dimer".into(), tag: String::new(), weight: 1.0, force: 1e-8,
///     configuration: Configuration {
///         cell: Cell::new(edges, [false; 3])?, species: vec![0; 2], positions: vec![Vec3::zeros(), Vec3::y() * 1.3],
///     },
///     energy: Some(Observation { value: -1.0, sigma: 0.1 }),
///     distances: vec![([0, 1], Observation { value: 1.1, sigma: 0.01 })],
/// };
/// let mut dimer = Relaxed::new(spec, vec![lennard_jones])?;
/// let theta = [2.0, 1.0, -5.0]; // ε, σ, and the energy of an atom by itself
/// let found = dimer.evaluate(&theta, Which::All)?;
/// assert!((found[0] + 12.0).abs() < 1e-12); // 2 · (−5) − ε
/// assert!((found[1] - 2_f64.powf(1.0 / 6.0)).abs() < 1e-10);
/// let slopes = dimer.pull(&theta, &[1.0, 1.0])?; // of their sum
/// assert!((slopes[1] - found[1]).abs() < 1e-8 && slopes[2] == 2.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Relaxed {
    spec: RelaxedSpec,
    bound: Bound,
    rows: Rows,
    /// How many atoms there are of each species.
    counts: Vec<f64>,
    /// The last θ with its structure.
    last: Option<(Vec<f64>, Configuration)>,
}

/// A length in any scalar.
fn distance<T: Real>(d: [T; 3]) -> T {
    T::squares(d).sqrt()
}

impl Relaxed {
    /// The structure with its potentials. θ has a reference energy for each of their species behind the leaves: that many
    /// atoms of each add theirs to the energy.
    ///
    /// # Errors
    /// Potentials that do not go together; a structure without atoms, with a species that the potentials do not know, or with
    /// a distance between atoms that are not there; a limit of the forces that is none.
    pub fn new(spec: RelaxedSpec, bindings: Vec<PairBinding>) -> Result<Self, FitError> {
        let refuse = |reason: String| {
            let group = spec.name.clone();
            Err(FitError::NotRelaxed { group, reason })
        };
        let atoms = spec.configuration.len();
        if atoms == 0 {
            return refuse("there is no atom in the structure".into());
        }
        if spec.force <= 0.0 || spec.force.is_nan() {
            return refuse(format!(
                "the largest force that may be left is {}; give a positive one",
                spec.force
            ));
        }
        for ([a, b], _) in &spec.distances {
            if a == b || *a >= atoms || *b >= atoms {
                return refuse(format!(
                    "there is no distance between the atoms {a} and {b} of {atoms}, counted from 0"
                ));
            }
        }
        let bound = Bound::new(bindings, &spec.name)?;
        let mut counts = vec![0.0; bound.species()];
        for (atom, species) in spec.configuration.species.iter().enumerate() {
            match counts.get_mut(usize::from(*species)) {
                Some(count) => *count += 1.0,
                None => {
                    let known = bound.species();
                    return refuse(format!(
                        "atom {atom} has species {species}, but the potentials know only {known}"
                    ));
                }
            }
        }
        let mut rows = Rows::new(&spec.name, &spec.tag, spec.weight);
        rows.add(Quantity::RelaxedEnergy, spec.energy);
        for (_, observation) in &spec.distances {
            rows.add(Quantity::RelaxedDistance, Some(*observation));
        }
        Ok(Self {
            spec,
            bound,
            rows,
            counts,
            last: None,
        })
    }

    /// The structure at θ, and the force field there.
    fn relax(&mut self, theta: &[f64]) -> Result<(Configuration, ForceField), FitError> {
        let needed = self.bound.leaves() + self.counts.len();
        self.bound
            .check("the parameter vector with reference energies", theta, needed)?;
        let mut field = self.bound.field(theta, 0.0)?;
        if let Some((at, found)) = &self.last
            && at[..] == *theta
        {
            return Ok((found.clone(), field));
        }
        let group = self.spec.name.clone();
        let limit = self.spec.force;
        let found = downhill(&self.spec.configuration, &mut field, limit, STEPS).map_err(|error| match error {
            RelaxError::Engine(error) => FitError::Group { group, error },
            RelaxError::Steps { steps, force } => FitError::NotRelaxed {
                group,
                reason: format!(
                    "a force of {force:.3e} is left after {steps} steps, {limit:.3e} was asked for; start nearer to the \
                     minimum, or bound the parameters to where the structure holds together"
                ),
            },
            RelaxError::Stuck { force } => FitError::NotRelaxed {
                group,
                reason: format!(
                    "a force of {force:.3e} is left, {limit:.3e} was asked for, and no step lowers the energy: raise the limit \
                     if that is rounding, or use a truncation without jumps (\"switched\" or \"force_shifted\")"
                ),
            },
        })?;
        self.last = Some((theta.to_vec(), found.clone()));
        Ok((found, field))
    }

    /// The shortest displacement between two atoms.
    fn displacement(c: &Configuration, [a, b]: [usize; 2]) -> Vec3 {
        c.cell.minimum_image(c.positions[b] - c.positions[a])
    }

    /// ∂E/∂θ of the leaves.
    fn slopes(&self, c: &Configuration, field: &mut ForceField) -> Result<Vec<f64>, FitError> {
        let request = Request {
            gradient: true,
            ..Request::ENERGY
        };
        Ok(self.ask(c, field, request)?.gradient)
    }

    fn ask(&self, c: &Configuration, field: &mut ForceField, request: Request) -> Result<Evaluation, FitError> {
        let mut out = Evaluation::default();
        field.forget();
        let named = |error| FitError::Group {
            group: self.spec.name.clone(),
            error,
        };
        field.evaluate(c, request, &mut out).map_err(named)?;
        Ok(out)
    }

    fn limits(&self) -> Limits {
        Limits::new(SUMMED_ANEW * self.spec.force)
    }

    fn named(&self, error: RelaxedError) -> FitError {
        FitError::Relaxed {
            group: self.spec.name.clone(),
            error,
        }
    }
}

impl Target for Relaxed {
    fn rows(&self) -> &[Row] {
        &self.rows.rows
    }

    fn groups(&self) -> &[Group] {
        &self.rows.groups
    }

    fn evaluate(&mut self, theta: &[f64], which: Which) -> Result<Vec<f64>, FitError> {
        if let Some(observed) = self.rows.left_out(which) {
            return Ok(observed);
        }
        let (c, mut field) = self.relax(theta)?;
        let mut found = Vec::new();
        if self.spec.energy.is_some() {
            let energy = self.ask(&c, &mut field, Request::ENERGY)?.energy.unwrap_or(f64::NAN);
            let references = self.counts.iter().zip(&theta[self.bound.leaves()..]);
            found.push(references.fold(energy, |sum, (count, each)| sum + count * each));
        }
        found.extend((self.spec.distances.iter()).map(|(pair, _)| distance(Self::displacement(&c, *pair).into())));
        self.rows.finite(found)
    }

    fn push(&mut self, theta: &[f64], directions: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, FitError> {
        let mut all = vec![Vec::new(); directions.len()];
        let leaves = self.bound.leaves();
        for direction in directions {
            let needed = leaves + self.counts.len();
            self.bound.check("a direction of the parameters", direction, needed)?;
        }
        let (c, mut field) = self.relax(theta)?;
        if self.spec.energy.is_some() {
            let mut slopes = self.slopes(&c, &mut field)?;
            slopes.extend(&self.counts);
            for (along, direction) in all.iter_mut().zip(directions) {
                along.push(slopes.iter().zip(direction).map(|(s, d)| s * d).sum());
            }
        }
        if self.spec.distances.is_empty() {
            return Ok(all);
        }
        let of_leaves = |d: &Vec<f64>| Direction {
            parameters: d[..leaves].to_vec(),
            ..Direction::default()
        };
        let of_leaves: Vec<Direction> = directions.iter().map(of_leaves).collect();
        let found = relaxed_tangent(&c, &mut field, &of_leaves, self.limits()).map_err(|error| self.named(error))?;
        for (along, found) in all.iter_mut().zip(found) {
            let moves = &found.direction.positions;
            for ([a, b], _) in &self.spec.distances {
                let (d, change) = (Self::displacement(&c, [*a, *b]), moves[*b] - moves[*a]);
                let d = [0, 1, 2].map(|k| Dual::<f64, 1>::with_tangents(d[k], [change[k]]));
                along.push(distance(d).d[0]);
            }
        }
        Ok(all)
    }

    fn pull(&mut self, theta: &[f64], adjoint: &[f64]) -> Result<Vec<f64>, FitError> {
        self.bound
            .check("the adjoint of the predictions", adjoint, self.rows.rows.len())?;
        let (c, mut field) = self.relax(theta)?;
        let mut sum = vec![0.0; theta.len()];
        let of_energy = usize::from(self.spec.energy.is_some());
        if of_energy == 1 {
            let mut slopes = self.slopes(&c, &mut field)?;
            slopes.extend(&self.counts);
            sum.iter_mut().zip(slopes).for_each(|(sum, s)| *sum += adjoint[0] * s);
        }
        let mut slope = vec![Vec3::zeros(); c.len()];
        for (([a, b], _), adjoint) in self.spec.distances.iter().zip(&adjoint[of_energy..]) {
            let d = Self::displacement(&c, [*a, *b]);
            let along = distance([0, 1, 2].map(|k| Dual::<f64, 3>::variable(d[k], k)));
            slope[*b] += Vec3::from(along.d) * *adjoint;
            slope[*a] -= Vec3::from(along.d) * *adjoint;
        }
        // with a zero slope nothing is to be solved
        if slope.iter().any(|s| *s != Vec3::zeros()) {
            let found = relaxed_gradient(&c, &mut field, &slope, self.limits()).map_err(|error| self.named(error))?;
            sum.iter_mut().zip(found.parameters).for_each(|(sum, s)| *sum += s);
        }
        Ok(sum)
    }

    fn fork(&self) -> Box<dyn Target> {
        Box::new(self.clone())
    }
}
