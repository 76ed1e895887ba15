//! How a relaxed structure depends on the potential, without a trace of how it was relaxed.
//!
//! At a minimum x* of the energy the slope g(x*, θ) = ∂E/∂x vanishes, and goes on vanishing as θ changes:
//!
//! ```text
//! H dx*/dθ + ∂g/∂θ = 0      so      H dx*/dθ = ∂F/∂θ,   with the Hessian H = ∂²E/∂x² and the forces F = −g
//! ```
//!
//! [`relaxed_tangent`] solves this for one number θ or several. A loss L(x*) needs no solution for each of many parameters:
//! with H λ = dL/dx*, solved once for all of them, dL/dθ = λ · ∂F/∂θ. That is [`relaxed_gradient`], the transpose.
//!
//! Differentiating through the steps of a minimiser tends to the same numbers, at a cost that grows with the steps; this one
//! does not know them. The implicit function theorem in automatic differentiation: M. Blondel et al., *Efficient and modular
//! implicit differentiation*, NeurIPS 35 (2022), arXiv:2105.15183, doi:10.48550/arXiv.2105.15183.
//!
//! Nothing is differentiated by hand: H v and ∂F/∂θ are tangents of the forces. The system is solved by conjugate gradients
//! (M. R. Hestenes and E. Stiefel, *J. Res. Natl. Bur. Stand.* **49**, 409 (1952), doi:10.6028/jres.049.044), whose only
//! question is for H v.
//!
//! # Rigid motions
//!
//! H is singular along whatever the energy does not feel: translations, and the rotations of a free cluster. Which of
//! these six they are is found by asking for H along each. Forces ∂F/∂θ have no part along them, for they sum to zero and
//! exert no torque at any θ; a loss may have one, which is left out. The answer, too, has none: the centre (of the
//! places, not of mass) stays where it is and the structure as a whole does not turn. With forces from outside, which fix
//! atoms in space, there are no such motions and nothing is left out.

use super::stiffness::{Stiffness, norm};
use crate::dynamics::Forces;
use admd_engine::{Configuration, Direction, EngineError, Evaluation, Mat3, Request, Vec3};

/// What rounding leaves of a slope that is all along rigid motions, relative to it.
const ROUNDING: f64 = 1e-14;

/// When a structure is relaxed, and when its derivative is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// The largest force on an atom at the minimum \[energy/length\]. The answer is off by what this force moves the
    /// atoms, relative to the length over which the stiffness changes.
    pub force: f64,
    /// The residual |∂F/∂θ − H dx*/dθ| relative to |∂F/∂θ|, or |dL/dx* − H λ| to |dL/dx*|.
    pub residual: f64,
    /// Iterations of conjugate gradients. They need some √κ ln(1/residual), κ being the ratio of the largest and the
    /// smallest stiffness: about 10² for a cluster, more for soft and for long structures.
    pub iterations: usize,
}

impl Limits {
    /// A structure whose forces are below `force`, a residual of 1e-12 in at most 10,000 iterations.
    pub fn new(force: f64) -> Self {
        Self {
            force,
            residual: 1e-12,
            iterations: 10_000,
        }
    }
}

/// A derivative of a relaxed structure that was not found.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RelaxedError {
    /// The forces have no finite value.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The structure is no minimum.
    #[error(
        "the force on atom {atom} is {force:.3e}, more than {limit:.3e}: the structure is not at its minimum; relax it \
         further, or raise `Limits::force`"
    )]
    NotRelaxed {
        /// Index of the atom on which the force is largest, from 0.
        atom: usize,
        /// The force \[energy/length\].
        force: f64,
        /// The largest that is let through \[energy/length\].
        limit: f64,
    },
    /// The structure is a saddle, or a part of it moves freely.
    #[error(
        "the energy has the curvature {curvature:.3e} along the direction of iteration {iteration}, against a typical \
         {typical:.3e}: the structure is a saddle, or atoms move freely; displace it at random and relax it again, or take \
         out what is free"
    )]
    NotStiff {
        /// v·H v/v·v \[energy/length²\].
        curvature: f64,
        /// |H v|/|v| along an arbitrary v \[energy/length²\].
        typical: f64,
        /// The iteration of conjugate gradients, from 1.
        iteration: usize,
    },
    /// Conjugate gradients were stopped.
    #[error(
        "a relative residual of {residual:.3e} is left after {iterations} iterations, {limit:.3e} was asked for; allow \
         more iterations or a larger residual"
    )]
    NotConverged {
        /// The relative residual.
        residual: f64,
        /// What was asked for.
        limit: f64,
        /// How many iterations were made.
        iterations: usize,
    },
}

/// How a relaxed structure changes along a direction.
#[derive(Clone, Debug, PartialEq)]
pub struct RelaxedTangent {
    /// The direction with its positions: along it the forces stay zero. dx*/dθ is `strain` · x* + `positions`, one vector
    /// an atom \[length/θ\]. Given to a [`Request`] as it is, it yields the slopes of the relaxed energy and virial.
    pub direction: Direction,
    /// Iterations of conjugate gradients.
    pub iterations: usize,
    /// The residual, evaluated anew, relative to |∂F/∂θ|; 0 where nothing changes.
    pub residual: f64,
}

/// The gradient of a loss of a relaxed structure.
#[derive(Clone, Debug, PartialEq)]
pub struct RelaxedGradient {
    /// dL/dθ of every parameter of the forces \[L/parameter\].
    pub parameters: Vec<f64>,
    /// dL/dε of a strain of the cell, x* going along as x* ← (1 + ε) x* + relaxation \[L\].
    pub strain: Mat3,
    /// Iterations of conjugate gradients.
    pub iterations: usize,
    /// The residual, evaluated anew, relative to |dL/dx*| without its rigid part; 0 for a loss without slope.
    pub residual: f64,
}

/// How a relaxed structure changes along each direction of parameters and strain; the positions of the directions are
/// replaced. All of them share the evaluations, and each further one costs about as much as the forces.
///
/// ```
/// # use admd::engine::{ForceField, Settings};
/// # use admd::potentials::catalog::pair_info;
/// # use admd::potentials::form::binding::{Leaf, Origin, Pair, PairBinding};
/// # use admd::potentials::form::{mixing::Rule, truncation::Truncation};
/// use admd::engine::{Cell, Configuration, Direction, Vec3};
/// use admd::sensitivity::{Limits, relaxed_gradient, relaxed_tangent};
///
/// # fn lennard_jones() -> Result<ForceField, Box<dyn std::error::Error>> {
/// #     let info = pair_info("lj").ok_or("no lj")?;
/// #     let leaf = |spec| Leaf { name: String::new(), spec, value: 1.0 };
/// #     let binding = PairBinding {
/// #         label: "lj".into(),
/// #         info,
/// #         truncation: Truncation::Cut,
/// #         tail: false,
/// #         rule: Rule::Arithmetic,
/// #         species: vec!["A".into()],
/// #         leaves: info.parameters.iter().map(leaf).collect(),
/// #         pairs: vec![Pair { origin: Origin::Given(0), cutoff: 5.0 }],
/// #     };
/// #     Ok(ForceField::new(vec![binding], Settings::new(0.3))?)
/// # }
/// // two atoms at the minimum of Lennard-Jones with ε = σ = 1, r = 2^(1/6) σ
/// let mut field = lennard_jones()?;
/// let half = Vec3::x() * 2_f64.powf(1.0 / 6.0) / 2.0;
/// let edges = [Vec3::x() * 20.0, Vec3::y() * 20.0, Vec3::z() * 20.0];
/// let pair = Configuration { cell: Cell::new(edges, [false; 3])?, species: vec![0; 2], positions: vec![-half, half] };
///
/// let along = |epsilon, sigma| Direction { parameters: vec![epsilon, sigma], ..Direction::default() };
/// let limits = Limits::new(1e-10);
/// let found = relaxed_tangent(&pair, &mut field, &[along(0.0, 1.0), along(1.0, 0.0)], limits)?;
/// assert!((found[0].direction.positions[1] - half).norm() < 1e-12); // dx*/dσ = x*/σ
/// assert!(found[1].direction.positions[1].norm() < 1e-12); // dx*/dε = 0
///
/// // backwards: L = x₁ − x₀, in all parameters at once
/// let found = relaxed_gradient(&pair, &mut field, &[-Vec3::x(), Vec3::x()], limits)?;
/// assert!((found.parameters[1] - 2.0 * half.x).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A saddle is found out where the direction leads along its unstable mode; where it does not, the answer is right for the
/// stationary point.
///
/// # Errors
/// Forces larger than a limit; no positive curvature along some direction; too many iterations; those of the forces.
pub fn relaxed_tangent(
    configuration: &Configuration,
    forces: &mut dyn Forces,
    directions: &[Direction],
    limits: Limits,
) -> Result<Vec<RelaxedTangent>, RelaxedError> {
    let mut directions: Vec<Direction> = (directions.iter())
        .map(|d| Direction {
            positions: Vec::new(),
            ..d.clone()
        })
        .collect();
    let (mut stiffness, changes) = Stiffness::at(configuration, forces, &directions, limits.force)?;
    let solved = stiffness.solve(changes, limits)?;
    for (direction, found) in directions.iter_mut().zip(&solved) {
        direction.positions.clone_from(&found.x);
    }
    let left = stiffness.tangents(&directions)?;
    let answers = directions.into_iter().zip(solved).zip(left);
    Ok(answers
        .map(|((direction, found), left)| RelaxedTangent {
            direction,
            iterations: found.iterations,
            residual: relative(norm(&left), found.size),
        })
        .collect())
}

/// The gradient of a loss L(x*) in all parameters, from its slope dL/dx*, one vector an atom \[L/length\]: one system of
/// equations, however many parameters there are. What of the slope is along a rigid motion is left out.
///
/// See [`relaxed_tangent`] for an example.
///
/// # Errors
/// As of [`relaxed_tangent`], and a slope for another number of atoms.
pub fn relaxed_gradient(
    configuration: &Configuration,
    forces: &mut dyn Forces,
    slope: &[Vec3],
    limits: Limits,
) -> Result<RelaxedGradient, RelaxedError> {
    if slope.len() != configuration.len() {
        return Err(RelaxedError::Engine(EngineError::Length {
            what: "the slope of the loss",
            found: slope.len(),
            expected: configuration.len(),
        }));
    }
    let (mut stiffness, _) = Stiffness::at(configuration, forces, &[], limits.force)?;
    let mut wanted = slope.to_vec();
    stiffness.leave_out_rigid(&mut wanted);
    if norm(&wanted) <= ROUNDING * norm(slope) {
        wanted.fill(Vec3::zeros());
    }
    let mut found = stiffness.solve(vec![wanted.clone()], limits)?.swap_remove(0);
    let direction = Direction {
        positions: core::mem::take(&mut found.x),
        ..Direction::default()
    };
    let request = Request {
        gradient: true,
        tangents: core::slice::from_ref(&direction),
        ..Request::ENERGY
    };
    let mut out = Evaluation::default();
    stiffness.forces.evaluate(configuration, request, &mut out)?;
    let along = &out.tangents[0];
    // −H λ + dL/dx*
    let left: Vec<Vec3> = along.forces.iter().zip(&wanted).map(|(f, w)| f + w).collect();
    // the virial is −dE/dε, so that its slope along λ is λ · ∂F/∂ε
    let mut strain = along.virial.unwrap_or_default();
    for (w, r) in slope.iter().zip(&configuration.positions) {
        strain += w * r.transpose();
    }
    Ok(RelaxedGradient {
        parameters: along.gradient.iter().map(|slope| -slope).collect(),
        strain,
        iterations: found.iterations,
        residual: relative(norm(&left), found.size),
    })
}

/// A residual relative to the size of what was to be reached.
pub(super) fn relative(left: f64, size: f64) -> f64 {
    if size > 0.0 { left / size } else { left }
}
