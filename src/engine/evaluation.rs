//! What is asked of the force field, and what it answers.

use super::{Mat3, Vec3};

/// What to evaluate; forces always are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request<'a> {
    /// Total potential energy and virial.
    pub energy_and_virial: bool,
    /// Energy of each atom.
    pub per_atom: bool,
    /// dE/dθ for every parameter.
    pub gradient: bool,
    /// The derivatives of all of the above along each of these directions.
    ///
    /// The energy of a pair is differentiated once for up to eight directions, and each costs a chain rule: about as much as
    /// the forces. With a parameter gradient, directions take their turns.
    ///
    /// ```
    /// use admd_engine::{Cell, Configuration, Direction, Evaluation, ForceField, Request, Settings, Vec3};
    /// let mut field = ForceField::new(vec![], Settings::new(0.3))?;
    /// let c = Configuration {
    ///     cell: Cell::orthogonal([9.0; 3])?,
    ///     species: vec![],
    ///     positions: vec![],
    /// };
    /// let directions = [Direction::default(), Direction { strain: nalgebra::Matrix3::identity(), ..Direction::default() }];
    /// let request = Request { tangents: &directions, ..Request::ENERGY };
    /// let mut out = Evaluation::default();
    /// field.evaluate(&c, request, &mut out)?;
    /// assert_eq!(out.tangents[1].energy, Some(0.0));
    /// # Ok::<(), admd_engine::EngineError>(())
    /// ```
    pub tangents: &'a [Direction],
}

impl Request<'_> {
    /// Is an energy asked for, of the whole or of each atom?
    pub(super) fn energy(&self) -> bool {
        self.energy_and_virial || self.per_atom
    }

    /// Forces alone: the cheapest step.
    pub const FORCES: Request<'static> = Request {
        energy_and_virial: false,
        per_atom: false,
        gradient: false,
        tangents: &[],
    };
    /// Forces, energy and virial.
    pub const ENERGY: Request<'static> = Request {
        energy_and_virial: true,
        ..Self::FORCES
    };
}

/// A direction in the space of positions, strain and parameters. Empty lists stand for zeros.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Direction {
    /// Change of each position \[length/θ\], where θ is the number along which everything changes.
    pub positions: Vec<Vec3>,
    /// Homogeneous strain of cell and positions, on top of the change of positions \[1/θ\].
    pub strain: Mat3,
    /// Change of each parameter, in the order of [`super::ForceField::parameters`] and in its unit over that of θ.
    pub parameters: Vec<f64>,
}

/// Derivatives of an evaluation along a [`Direction`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tangent {
    /// Of the forces; for a direction of positions v this is −(Hessian · v) \[energy/length\].
    pub forces: Vec<Vec3>,
    /// Of the energy, where energy was asked for, with the pairs that are within the cutoff; along a strain ε −Σ W ε, but
    /// see [`Evaluation::virial`] about `cut` with tail corrections.
    pub energy: Option<f64>,
    /// Of the virial, where energy was asked for.
    pub virial: Option<Mat3>,
    /// Of the energy of each atom, where it was asked for.
    pub energies: Vec<f64>,
    /// Of the parameter gradient, where it was asked for.
    pub gradient: Vec<f64>,
}

/// The answer to a [`Request`]. What was not asked for is `None` or empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// Force on each atom, −dE/dr \[energy/length\].
    pub forces: Vec<Vec3>,
    /// Total potential energy with tail corrections \[energy\].
    pub energy: Option<f64>,
    /// Virial \[energy\]: W = −Σ du/dd ⊗ d over the pairs within the cutoff, and on its diagonal the long-range term of
    /// tail corrections; tr W/3V is the pressure without its kinetic part.
    ///
    /// For every energy that is continuous at its cutoff this is −dE/dε for a strain ε of cell and positions. A bare cut
    /// jumps there. The convention is the usual one: no pair feels the jump, and with tail corrections the long-range term
    /// is −(2π/3) N₁N₂/V ∫ r³ u′ dr beyond the cutoff, for each pair of species, as of a fluid without a cutoff. That is
    /// more than −dE/dε of the tail energy by (2π/3) N₁N₂/V r_c³ u(r_c) on each axis. So for `cut` with tail corrections,
    /// and for nothing else, −W is not the tangent of the energy along a strain.
    pub virial: Option<Mat3>,
    /// Energy of each atom: half of each of its pairs, without tail corrections \[energy\].
    pub energies: Vec<f64>,
    /// dE/dθ in the order of [`super::ForceField::parameters`].
    pub gradient: Vec<f64>,
    /// Derivatives along each direction of the request.
    pub tangents: Vec<Tangent>,
}
