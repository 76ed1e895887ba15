//! What a fit compares with data.

use super::FitError;

/// What a number is, for the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quantity {
    /// Energy of a frame \[energy\], an atom or in all.
    Energy,
    /// A component of a force \[energy/length\].
    Force,
    /// A component of the direction of a force, between −1 and 1.
    ForceDirection,
    /// A component of the stress \[energy/length³\]: −virial/volume, positive under tension.
    Stress,
    /// Lattice constant \[length\].
    LatticeConstant,
    /// Energy of an atom in a crystal, relative to that of an isolated atom \[energy\]: negative when bound.
    CohesiveEnergy,
    /// Energy of a relaxed structure \[energy\].
    RelaxedEnergy,
    /// Distance of two atoms in a relaxed structure \[length\].
    RelaxedDistance,
    /// Average potential energy of an atom in a simulation \[energy\].
    MeanEnergy,
    /// Average pressure of a simulation \[energy/length³\].
    Pressure,
    /// A bin of the radial distribution function of a simulation.
    Rdf,
    /// A parameter that has a prior, in the unit of the parameter.
    Prior,
}

impl Quantity {
    /// One of it, in reports.
    pub fn one(self) -> &'static str {
        match self {
            Self::Force => "force component",
            Self::ForceDirection => "component of a force direction",
            Self::Stress => "stress component",
            Self::Rdf => "bin of g(r)",
            other => other.name(),
        }
    }

    /// Several of it, in reports.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Energy => "energies",
            Self::Force => "force components",
            Self::ForceDirection => "components of force directions",
            Self::Stress => "stress components",
            Self::LatticeConstant => "lattice constants",
            Self::CohesiveEnergy => "cohesive energies",
            Self::RelaxedEnergy => "relaxed energies",
            Self::RelaxedDistance => "relaxed distances",
            Self::MeanEnergy => "mean energies",
            Self::Pressure => "pressures",
            Self::Rdf => "bins of g(r)",
            Self::Prior => "priors",
        }
    }

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Energy => "energy",
            Self::Force => "force",
            Self::ForceDirection => "force direction",
            Self::Stress => "stress",
            Self::LatticeConstant => "lattice constant",
            Self::CohesiveEnergy => "cohesive energy",
            Self::RelaxedEnergy => "relaxed energy",
            Self::RelaxedDistance => "relaxed distance",
            Self::MeanEnergy => "mean energy",
            Self::Pressure => "pressure",
            Self::Rdf => "rdf",
            Self::Prior => "prior",
        }
    }
}

/// What rows have in common: the frame, crystal, structure or simulation that they come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name, such as `copper.extxyz, frame 3`.
    pub name: String,
    /// What it is counted under in the report; empty for none.
    pub tag: String,
}

/// One number that is predicted and was observed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// What it is.
    pub quantity: Quantity,
    /// The index in [`Target::groups`] of where it comes from.
    pub group: usize,
    /// What was observed \[coherent units of the quantity\].
    pub observed: f64,
    /// What a difference is multiplied by: √weight/σ.
    pub scale: f64,
}

/// The groups that are evaluated.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// All of them.
    All,
    /// Those that are true, by [`Row::group`].
    Groups(&'a [bool]),
}

impl Which<'_> {
    /// Is this group among them?
    pub fn has(self, group: usize) -> bool {
        match self {
            Self::All => true,
            Self::Groups(list) => list.get(group).copied().unwrap_or(false),
        }
    }
}

/// Predictions and their derivatives in θ: the leaves of the potentials in the order of the force field, then one reference
/// energy for each species.
///
/// A target keeps no θ between calls: what it returns depends on its arguments alone, to the last bit, except for what
/// [`Target::refresh`] has prepared.
pub trait Target: Send {
    /// The numbers that are predicted.
    fn rows(&self) -> &[Row];

    /// Where they come from.
    fn groups(&self) -> &[Group];

    /// The predictions at θ, one a row; those of groups that are left out are their observed values.
    ///
    /// # Errors
    /// [`FitError::Refused`] where the parameters are none that the potential takes; anything that has no finite value, with
    /// the name of the group.
    fn evaluate(&mut self, theta: &[f64], which: Which) -> Result<Vec<f64>, FitError>;

    /// The derivatives of all predictions along directions of θ: for each direction one number a row.
    ///
    /// # Errors
    /// As [`Target::evaluate`].
    fn push(&mut self, theta: &[f64], directions: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, FitError>;

    /// Σ adjoint · ∂(prediction)/∂θ over the rows, for each parameter.
    ///
    /// # Errors
    /// As [`Target::evaluate`].
    fn pull(&mut self, theta: &[f64], adjoint: &[f64]) -> Result<Vec<f64>, FitError>;

    /// Prepares what predictions are made from anew, where θ has come too far from where that was done: a simulation that is
    /// reweighted. Says whether it did; predictions at the same θ then change.
    ///
    /// # Errors
    /// As [`Target::evaluate`].
    fn refresh(&mut self, theta: &[f64]) -> Result<bool, FitError> {
        let _ = theta;
        Ok(false)
    }

    /// The same before a fit ends at θ: also where predictions are sound, but made from what was prepared so far away that its
    /// own errors may have led there.
    ///
    /// # Errors
    /// As [`Target::evaluate`].
    fn confirm(&mut self, theta: &[f64]) -> Result<bool, FitError> {
        let _ = theta;
        Ok(false)
    }

    /// Numbers from which [`Target::recall`] prepares the same again, to the last bit; empty where nothing was prepared.
    fn memory(&self) -> Vec<f64> {
        Vec::new()
    }

    /// Prepares what [`Target::memory`] remembers.
    ///
    /// # Errors
    /// As [`Target::evaluate`]; numbers that are no memory of this target.
    fn recall(&mut self, memory: &[f64]) -> Result<(), FitError> {
        let _ = memory;
        Ok(())
    }

    /// How the statistical errors of the predictions themselves, where they have any, move the solution: for each of several
    /// independent blocks, the deviation of every prediction from their average. Empty for exact predictions. The
    /// covariance of the average over blocks is Σ deviation ⊗ deviation/(n (n − 1)).
    ///
    /// # Errors
    /// As [`Target::evaluate`].
    fn noise(&mut self, theta: &[f64]) -> Result<Vec<Vec<f64>>, FitError> {
        let _ = theta;
        Ok(Vec::new())
    }

    /// What a reader of the result should know of how predictions at θ were made, a sentence each.
    ///
    /// # Errors
    /// As [`Target::evaluate`].
    fn notes(&mut self, theta: &[f64]) -> Result<Vec<String>, FitError> {
        let _ = theta;
        Ok(Vec::new())
    }

    /// A target for another start of the same fit, which works beside this one.
    fn fork(&self) -> Box<dyn Target>;
}
