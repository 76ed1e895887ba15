//! A crystal at its lattice constant: what an equation of state has at its minimum.
//!
//! All lengths are λ times those of the given crystal. With x = ln λ the energy E(x, θ) is least where E′ = ∂E/∂x vanishes,
//! and the lattice constant a = a₀ e^x follows the parameters as
//!
//! da/dθ = −a (∂E′/∂θ)/E″,    d(E/N)/dθ = (∂E/∂θ)/N,
//!
//! the implicit function theorem, and Hellmann and Feynman's (R. P. Feynman, *Phys. Rev.* **56**, 340 (1939),
//! doi:10.1103/PhysRev.56.340): where E′ = 0, moving the minimum does not change the energy. A strain along all axes alike
//! is ∂/∂x, so that one tangent gives E′ and all ∂E′/∂θ.
//!
//! With a bare cut E(x) jumps wherever a shell of neighbours crosses the cutoff. The minimum is that between two jumps, and
//! derivatives are those there; a minimum at a jump has none, which is an error.

use super::bound::{Bound, Rows};
use super::dense::Dense;
use super::{CrystalSpec, FitError, Group, Quantity, Row, Target, Which};
use admd_ad::{Dual, Real};
use admd_engine::{Configuration, Direction, Evaluation, ForceField, Mat3, Request};
use admd_potentials::form::binding::PairBinding;

/// A step in ln λ that changes nothing any more.
const CONVERGED: f64 = 1e-14;
/// A step that is all rounding, if the one before was as well: E′ is a sum of terms that cancel.
const ROUNDING: f64 = 1e-11;
/// The longest step in ln λ: wells of potentials are several times as wide.
const LONGEST: f64 = 0.1;
/// A crystal that is three times as large or small as given is not the one that was meant.
const FARTHEST: f64 = 1.1;
/// Steps: eleven of the longest, and fifty that halve a bracket, are the most that are of use.
const STEPS: usize = 100;

/// The lattice constant and the cohesive energy of a crystal whose cell is relaxed, atoms staying at their places in it.
///
/// ```
/// # use admd::potentials::{catalog::pair_info, form::binding::PairBinding, form::truncation::Truncation};
/// # let lennard_jones = PairBinding::builder("lj", pair_info("lj").unwrap(), ["A"]).cutoff(1.3)
/// #     .truncation(Truncation::Cut).like("A", [("epsilon", 1.0), ("sigma", 1.0)]).build().unwrap();
/// use admd::engine::{Cell, Configuration, Vec3};
/// use admd::fit::{Crystal, CrystalSpec, Observation, Target, Which};
///
/// // neighbours in a simple cubic crystal, no others: a = 2^(1/6) σ and E/N = −3 ε
/// let spec = CrystalSpec {
///     name: "cubic".into(), tag: String::new(), weight: 1.0, constant: 1.1,
///     configuration: Configuration {
///         cell: Cell::orthogonal([1.1; 3])?, species: vec![0], positions: vec![Vec3::zeros()],
///     },
///     lattice_constant: Some(Observation { value: 1.12, sigma: 0.01 }),
///     cohesive_energy: Some(Observation { value: -3.0, sigma: 0.1 }),
/// };
/// let mut crystal = Crystal::new(spec, vec![lennard_jones])?; // ε = σ = 1, cut at 1.3
/// let found = crystal.evaluate(&[1.0, 1.0], Which::All)?;
/// assert!((found[0] - 2_f64.powf(1.0 / 6.0)).abs() < 1e-13 && (found[1] + 3.0).abs() < 1e-13);
/// let of_sigma = &crystal.push(&[1.0, 1.0], &[vec![0.0, 1.0]])?[0];
/// assert!((of_sigma[0] - found[0]).abs() < 1e-12 && of_sigma[1].abs() < 1e-12); // da/dσ = a/σ
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Crystal {
    spec: CrystalSpec,
    bound: Bound,
    rows: Rows,
}

/// The crystal at some x = ln λ.
struct Point {
    configuration: Configuration,
    /// λ
    factor: f64,
    /// E \[energy\]
    energy: f64,
    /// E′ \[energy\]
    slope: f64,
    /// E″ \[energy\]
    curvature: f64,
}

impl Crystal {
    /// The crystal with its potentials.
    ///
    /// # Errors
    /// Potentials that do not go together; a crystal without atoms, without lattice constant, or with an open edge.
    pub fn new(spec: CrystalSpec, bindings: Vec<PairBinding>) -> Result<Self, FitError> {
        let refuse = |reason: String| {
            let group = spec.name.clone();
            Err(FitError::NotRelaxed { group, reason })
        };
        if spec.configuration.is_empty() {
            return refuse("there is no atom in the crystal".into());
        }
        let periodic = spec.configuration.cell.periodic();
        if periodic != [true; 3] {
            return refuse(format!(
                "a crystal is periodic along all edges, this one is {periodic:?}"
            ));
        }
        if !(spec.constant > 0.0 && spec.constant.is_finite()) {
            return refuse(format!("the lattice constant to start from is {}", spec.constant));
        }
        let mut rows = Rows::new(&spec.name, &spec.tag, spec.weight);
        rows.add(Quantity::LatticeConstant, spec.lattice_constant);
        rows.add(Quantity::CohesiveEnergy, spec.cohesive_energy);
        let bound = Bound::new(bindings, &spec.name)?;
        Ok(Self { spec, bound, rows })
    }

    /// Evaluates with the derivatives along x, at some x.
    fn measure(&self, field: &mut ForceField, x: f64, gradient: bool, out: &mut Evaluation) -> Result<Point, FitError> {
        let named = |error| FitError::Group {
            group: self.spec.name.clone(),
            error,
        };
        let factor = x.exp();
        let given = &self.spec.configuration;
        let configuration = Configuration {
            cell: (given.cell)
                .strained(&(Mat3::identity() * (factor - 1.0)))
                .map_err(named)?,
            species: given.species.clone(),
            positions: given.positions.iter().map(|r| r * factor).collect(),
        };
        let dilation = [Direction {
            strain: Mat3::identity(),
            ..Direction::default()
        }];
        let request = Request {
            gradient,
            tangents: &dilation,
            ..Request::ENERGY
        };
        field.evaluate(&configuration, request, out).map_err(named)?;
        let along = out.tangents.first();
        let energy = out.energy.unwrap_or(f64::NAN);
        let slope = along.and_then(|t| t.energy).unwrap_or(f64::NAN);
        let trace = out.virial.map_or(f64::NAN, |w| w.trace());
        let trace_along = along.and_then(|t| t.virial).map_or(f64::NAN, |w| w.trace());
        // E′ = −tr W, but for a bare cut with tail corrections: then it has a part more, in proportion to 1/V
        let volume = configuration.cell.volume_along(&Mat3::identity());
        let more = (Dual::lit(configuration.cell.volume()) / volume * (slope + trace)).d[0];
        let curvature = more - trace_along;
        let of_energy = |(_, value): &(&'static str, f64)| !value.is_finite();
        let all = [
            ("energy", energy),
            ("slope of the energy", slope),
            ("curvature of the energy", curvature),
        ];
        if let Some((quantity, value)) = all.into_iter().find(of_energy) {
            let group = self.spec.name.clone();
            return Err(FitError::NotFinite { group, quantity, value });
        }
        Ok(Point {
            configuration,
            factor,
            energy,
            slope,
            curvature,
        })
    }

    /// The minimum: Newton's steps, within a bracket once there is one.
    fn relax(&self, field: &mut ForceField) -> Result<(f64, Point), FitError> {
        let mut out = Evaluation::default();
        let (mut x, mut last): (f64, f64) = (0.0, f64::INFINITY);
        // where the energy is known to fall, and to rise
        let (mut falls, mut rises) = (f64::NEG_INFINITY, f64::INFINITY);
        for _ in 0..STEPS {
            let p = self.measure(field, x, false, &mut out)?;
            let newton = -p.slope / p.curvature;
            if p.curvature > 0.0 {
                if newton.abs() <= CONVERGED || newton.abs().max(last) <= ROUNDING {
                    return Ok((x, p));
                }
                last = newton.abs();
            } else if p.slope == 0.0 {
                return Err(self.not_relaxed(
                    &p,
                    "no force changes its volume there; start from a constant at which neighbours attract",
                ));
            } else {
                last = f64::INFINITY;
            }
            if p.slope < 0.0 {
                falls = x;
            } else {
                rises = x;
            }
            let downhill = if p.curvature > 0.0 { newton } else { -p.slope };
            let step = if p.curvature > 0.0 {
                downhill.abs().min(LONGEST)
            } else {
                LONGEST
            };
            let next = x + step.copysign(downhill);
            let bracketed = falls.is_finite() && rises.is_finite();
            x = if bracketed && !(falls < next && next < rises) {
                0.5 * (falls + rises)
            } else {
                next
            };
            if rises - falls <= CONVERGED {
                return Err(self.not_relaxed(
                    &p,
                    "the slope of the energy jumps past zero there, as atoms cross the cutoff; use a truncation without jumps \
                     (\"switched\" or \"force_shifted\"), or another cutoff",
                ));
            }
            if x.abs() > FARTHEST {
                let (side, end) = if x > 0.0 {
                    ("grows", "is not bound")
                } else {
                    ("shrinks", "collapses")
                };
                let reason = format!(
                    "the energy still falls as the crystal {side}: with these parameters it {end}; start from other ones, or \
                     bound them"
                );
                return Err(self.not_relaxed(&p, &reason));
            }
        }
        let p = self.measure(field, x, false, &mut out)?;
        Err(self.not_relaxed(
            &p,
            "no minimum was found; use a smoother truncation, or start nearer to it",
        ))
    }

    fn not_relaxed(&self, p: &Point, reason: &str) -> FitError {
        FitError::NotRelaxed {
            group: self.spec.name.clone(),
            reason: format!(
                "at the lattice constant {:.6}, from {:.6}, with an energy of {:.6} an atom: {reason}",
                self.spec.constant * p.factor,
                self.spec.constant,
                p.energy / p.configuration.len() as f64
            ),
        }
    }

    fn each(&self, lattice_constant: impl Fn() -> Vec<f64>, cohesive_energy: impl Fn() -> Vec<f64>) -> Vec<Vec<f64>> {
        let of = |row: &Row| match row.quantity {
            Quantity::LatticeConstant => lattice_constant(),
            _ => cohesive_energy(),
        };
        self.rows.rows.iter().map(of).collect()
    }

    fn jacobian(&self, theta: &[f64]) -> Result<Dense, FitError> {
        let mut field = self.bound.field(theta, 0.0)?;
        let (x, _) = self.relax(&mut field)?;
        let mut out = Evaluation::default();
        let p = self.measure(&mut field, x, true, &mut out)?;
        let mixed = &out.tangents[0].gradient;
        let constant = self.spec.constant * p.factor;
        let atoms = p.configuration.len() as f64;
        Ok(Dense(self.each(
            || mixed.iter().map(|m| -constant * m / p.curvature).collect(),
            || out.gradient.iter().map(|g| g / atoms).collect(),
        )))
    }
}

impl Target for Crystal {
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
        let (_, p) = self.relax(&mut self.bound.field(theta, 0.0)?)?;
        let atoms = p.configuration.len() as f64;
        let found = self.each(|| vec![self.spec.constant * p.factor], || vec![p.energy / atoms]);
        self.rows.finite(found.concat())
    }

    fn push(&mut self, theta: &[f64], directions: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, FitError> {
        Ok(self.jacobian(theta)?.push(directions))
    }

    fn pull(&mut self, theta: &[f64], adjoint: &[f64]) -> Result<Vec<f64>, FitError> {
        Ok(self.jacobian(theta)?.pull(adjoint, theta.len()))
    }

    fn fork(&self) -> Box<dyn Target> {
        Box::new(self.clone())
    }
}
