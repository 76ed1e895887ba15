//! Structures and trajectories in extended XYZ, the text format that ASE and OVITO share.
//!
//! A frame is a line with the number of atoms, a line of `key=value` pairs, and a line for each atom:
//!
//! ```text
//! 2
//! Lattice="10 0 0 0 10 0 0 0 10" Properties=species:S:1:pos:R:3:velo:R:3 pbc="T T F" energy=-0.2
//! Ar 0.0 0.0 0.0  0.1 0.0 0.0
//! Ar 3.8 0.0 0.0 -0.1 0.0 0.0
//! ```
//!
//! `Properties` lists name, type (`R`eal, `I`nteger, `S`tring, `L`ogical) and number of columns. A plain XYZ file, without
//! `Properties`, has a name and three coordinates a line.
//!
//! # Units
//! The format knows none. Lengths are taken and written as they are (ångström, or σ). Two columns speak about motion:
//!
//! - `momenta` belongs to ASE and is always in ASE's units, √(u eV): amu, eV, Å and the time Å √(u/eV) = 10.18 fs.
//! - `velo` (also `vel`, `velocity`, `velocities`) is in the unit that the key `velo_unit` names (`Angstrom/ps`,
//!   `Angstrom/fs`, `sigma/tau`), and without the key in the velocity unit of the unit system of the input.
//!
//! We write both, because OVITO shows `velo` and ASE's `get_velocities` uses `momenta`; `masses` goes with them.
//! [`XyzFrame::velocities_in`] is the one place where this is decided. `energy`, `forces` are written in eV, eV/Å, as ASE
//! expects them; in reduced units all numbers are reduced.

mod atoms;
mod comment;
mod error;
mod reader;
mod velocities;
mod writer;

pub(crate) use atoms::box_around;
pub use error::{XyzError, XyzProblem};
pub(crate) use reader::real;
pub use reader::{XyzReader, read_all, read_first};
pub use writer::{XyzWriter, write_frame};

use admd_engine::Vec3;
use std::collections::BTreeMap;

/// One frame of an extended XYZ file: the numbers of the file, unconverted.
///
/// Coordinates and all other real numbers are finite; every list has one entry an atom.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct XyzFrame {
    /// The three edges \[length\]; absent when the file has no `Lattice` or one of zeros.
    pub cell: Option<[Vec3; 3]>,
    /// Which edges are periodic: the key `pbc`; without it all when there is a cell, none when there is none.
    pub periodic: [bool; 3],
    /// Name of each atom's species; from the column `Z` if there is no `species`.
    pub species: Vec<String>,
    /// Positions \[length\].
    pub positions: Vec<Vec3>,
    /// The column `velo` \[length/time\]; see [`XyzFrame::velocities_in`].
    pub velocities: Option<Vec<Vec3>>,
    /// The column `momenta` in ASE's units; see [`XyzFrame::velocities_in`].
    pub momenta: Option<Vec<Vec3>>,
    /// The column `forces` \[energy/length\].
    pub forces: Option<Vec<Vec3>>,
    /// The column `masses` \[mass\].
    pub masses: Option<Vec<f64>>,
    /// The other keys of the second line, unquoted; in a plain XYZ file the whole line under `comment`.
    pub info: BTreeMap<String, String>,
    /// The other columns.
    pub columns: BTreeMap<String, Column>,
    /// Line of the file with the number of atoms, from 1; atom `k` is in line `line + 2 + k`. 0 when made in memory.
    pub line: usize,
}

impl XyzFrame {
    /// Number of atoms.
    pub fn len(&self) -> usize {
        self.positions.len()
    }

    /// Is there no atom?
    pub fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }
}

/// A column without meaning to us, kept so that it can be written again.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Numbers an atom.
    pub width: usize,
    /// The numbers of atom 0, then those of atom 1, and so on.
    pub values: Values,
}

/// Entries of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Type `R`.
    Real(Vec<f64>),
    /// Type `I`.
    Integer(Vec<i64>),
    /// Type `L`.
    Logical(Vec<bool>),
    /// Type `S`.
    Text(Vec<String>),
}
