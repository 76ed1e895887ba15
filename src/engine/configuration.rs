//! What the energy depends on beside the parameters: the cell, the species and the places of the atoms.

use super::{Cell, Vec3};

/// A kind of atom.
#[derive(Clone, Debug, PartialEq)]
pub struct Species {
    /// Its name in the input, such as `Ar`.
    pub name: String,
    /// Mass of one atom \[mass\].
    pub mass: f64,
    /// Atomic number; 0 for a particle that is no element.
    pub atomic_number: u8,
}

/// Atoms in a cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Configuration {
    /// The cell.
    pub cell: Cell,
    /// Species index of each atom.
    pub species: Vec<u16>,
    /// Positions \[length\], not wrapped into the cell: an atom that has crossed a face keeps counting.
    pub positions: Vec<Vec3>,
}

impl Configuration {
    /// Number of atoms.
    pub fn len(&self) -> usize {
        self.positions.len()
    }

    /// Is there no atom?
    pub fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }
}
