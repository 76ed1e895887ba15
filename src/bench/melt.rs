//! The melt of Lennard-Jones atoms: the usual system with which molecular dynamics programs are compared.
//!
//! It must be a liquid: atoms of a crystal have neighbours at few distances, are nearly sorted in memory, and flatter
//! every kernel.

use crate::dynamics::{Grid, ReversibleVerlet, State, VelocityVerlet, observables, velocities};
use crate::input::lattice::{Block, Lattice};
use crate::run::{Interrupt, Run, RunError, Stop};
use admd_engine::{Cell, Configuration, EngineError, ForceField, Mat3, Precision, Settings};
use admd_potentials::catalog::pair_info;
use admd_potentials::form::binding::{Leaf, Origin, Pair, PairBinding};
use admd_potentials::form::mixing::Rule;
use admd_potentials::form::truncation::Truncation;
use admd_potentials::form::units::LJ;

/// Cutoff \[σ\].
pub const CUTOFF: f64 = 2.5;
/// Skin \[σ\].
pub const SKIN: f64 = 0.3;
/// Number density \[σ⁻³\].
pub const DENSITY: f64 = 0.8442;
/// Length of a step \[τ\].
pub const TIMESTEP: f64 = 0.004;
/// Steps after which 32,000 atoms are a liquid without memory of the lattice.
pub const MELTING_STEPS: u64 = 1000;
/// Temperature of the lattice [ε/k]; half of it becomes potential energy as it melts.
const HOT: f64 = 1.44;
/// The least number of unit cells along an edge: below, an atom would see most others twice.
const LEAST_CELLS: u64 = 3;

/// The liquid, or the lattice that it comes from.
#[derive(Clone, Debug)]
pub struct Melt {
    /// Positions and velocities.
    pub state: State,
    /// How the steps ended: a signal may have cut them short.
    pub stop: Stop,
}

/// Unit cells along an edge of the fcc lattice, of 4 n³ atoms, whose number of atoms is nearest.
pub fn nearest_cells(atoms: u64) -> u64 {
    let below = ((atoms as f64 / 4.0).cbrt() as u64).max(LEAST_CELLS);
    let off = |n: &u64| (4 * n * n * n).abs_diff(atoms);
    [below, below + 1].into_iter().min_by_key(off).unwrap_or(LEAST_CELLS)
}

/// Lennard-Jones with ε = σ = 1, shifted to zero at the cutoff.
fn binding() -> PairBinding {
    let info = pair_info("lj").expect("Lennard-Jones is in the catalogue");
    let leaf = |k: usize| Leaf {
        name: info.parameters[k].name.into(),
        spec: &info.parameters[k],
        value: 1.0,
    };
    PairBinding {
        label: "lj".into(),
        info,
        truncation: Truncation::Shifted,
        tail: false,
        rule: Rule::Arithmetic,
        species: vec!["A".into()],
        leaves: vec![leaf(0), leaf(1)],
        pairs: vec![Pair {
            origin: Origin::Given(0),
            cutoff: CUTOFF,
        }],
    }
}

/// The force field of the melt.
///
/// # Errors
/// `ADMD_ISA` names an instruction set that this machine lacks.
pub fn field(precision: Precision) -> Result<ForceField, EngineError> {
    let settings = Settings {
        precision,
        ..Settings::new(SKIN)
    };
    ForceField::new(vec![binding()], settings)
}

/// The melt on the grid of reversible dynamics: forces and what moves it, from a start.
///
/// # Errors
/// `ADMD_ISA` names an instruction set that this machine lacks.
pub fn reversible(start: &State, timestep: f64) -> Result<(ForceField, ReversibleVerlet), EngineError> {
    let grid = Grid::of(start, &[], timestep);
    let settings = Settings {
        quantum: grid.force,
        ..Settings::new(SKIN)
    };
    let forces = ForceField::new(vec![binding()], settings)?;
    Ok((forces, ReversibleVerlet { timestep, grid }))
}

impl Melt {
    /// A hot fcc lattice of `cells`³ unit cells, at least 3³, that is run for some steps.
    ///
    /// # Errors
    /// As of [`field`] and of a run.
    pub fn new(cells: u64, steps: u64, interrupt: &Interrupt) -> Result<Self, RunError> {
        let edge = cells as f64 * (4.0 / DENSITY).cbrt();
        let block = Block {
            lattice: Lattice::Fcc,
            repeat: [cells; 3],
            edges: Mat3::identity() * edge,
        };
        let positions = block.positions();
        let masses = vec![1.0; positions.len()];
        let state = State {
            step: 0,
            configuration: Configuration {
                cell: Cell::orthogonal([edge; 3])?,
                species: vec![0; positions.len()],
                positions,
            },
            velocities: velocities::maxwell_boltzmann(&masses, HOT, 12345),
            masses,
            tangents: Vec::new(),
        };
        let mut run = Run::start(state, field(Precision::Double)?, Box::new(verlet()), &LJ)?;
        let stop = run.advance(steps, interrupt)?;
        let state = run.moment().state.clone();
        Ok(Self { state, stop })
    }

    /// Its atoms in their cell.
    pub fn configuration(&self) -> &Configuration {
        &self.state.configuration
    }

    /// Its temperature [ε/k].
    pub fn temperature(&self) -> f64 {
        let State { velocities, masses, .. } = &self.state;
        let kinetic = observables::kinetic_energy(velocities, masses);
        observables::temperature(kinetic, observables::degrees_of_freedom(masses.len()), 1.0)
    }

    /// A run that goes on from here.
    ///
    /// # Errors
    /// As of a run.
    pub fn run<F: crate::dynamics::Forces>(&self, forces: F) -> Result<Run<F>, RunError> {
        Run::start(self.state.clone(), forces, Box::new(verlet()), &LJ)
    }
}

/// What moves it.
pub fn verlet() -> VelocityVerlet {
    VelocityVerlet { timestep: TIMESTEP }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_atoms_are_rounded_to_lattices() {
        for (atoms, cells) in [
            (1, 3),
            (108, 3),
            (180, 3),
            (190, 4),
            (500, 5),
            (31_999, 20),
            (32_000, 20),
        ] {
            assert_eq!(nearest_cells(atoms), cells, "{atoms}");
        }
    }
}
