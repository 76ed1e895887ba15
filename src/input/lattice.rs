//! Crystals to start from: sc, bcc, fcc, diamond, hcp.

use admd_engine::{Mat3, Vec3};

/// A lattice with its basis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lattice {
    /// Simple cubic.
    Sc,
    /// Body-centred cubic.
    Bcc,
    /// Face-centred cubic.
    Fcc,
    /// Diamond.
    Diamond,
    /// Hexagonal close-packed, in the orthogonal cell a × √3 a × c of four atoms.
    Hcp,
}

const BCC: [[f64; 3]; 2] = [[0.0; 3], [0.5; 3]];
const FCC: [[f64; 3]; 4] = [[0.0; 3], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]];
const DIAMOND: [[f64; 3]; 8] = [
    [0.0; 3],
    [0.5, 0.5, 0.0],
    [0.5, 0.0, 0.5],
    [0.0, 0.5, 0.5],
    [0.25, 0.25, 0.25],
    [0.75, 0.75, 0.25],
    [0.75, 0.25, 0.75],
    [0.25, 0.75, 0.75],
];
const HCP: [[f64; 3]; 4] = [[0.0; 3], [0.5, 0.5, 0.0], [0.0, 1.0 / 3.0, 0.5], [0.5, 5.0 / 6.0, 0.5]];

impl Lattice {
    /// All lattices.
    pub const ALL: [Self; 5] = [Self::Sc, Self::Bcc, Self::Fcc, Self::Diamond, Self::Hcp];

    /// The name in the input.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sc => "sc",
            Self::Bcc => "bcc",
            Self::Fcc => "fcc",
            Self::Diamond => "diamond",
            Self::Hcp => "hcp",
        }
    }

    /// The lattice of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|l| l.name() == name)
    }

    /// Atoms of the unit cell in units of its edges. The second half of diamond is the second fcc lattice, so that two
    /// species dealt out in blocks make zincblende, and on bcc the CsCl structure.
    pub fn basis(self) -> &'static [[f64; 3]] {
        match self {
            Self::Sc => &BCC[..1],
            Self::Bcc => &BCC,
            Self::Fcc => &FCC,
            Self::Diamond => &DIAMOND,
            Self::Hcp => &HCP,
        }
    }

    /// Edges of the orthogonal unit cell in units of the lattice constant a.
    pub fn shape(self, c_over_a: f64) -> [f64; 3] {
        match self {
            Self::Hcp => [1.0, 3_f64.sqrt(), c_over_a],
            _ => [1.0; 3],
        }
    }

    /// The lattice constant at which the unit cell has this volume \[length³\].
    pub fn constant(self, volume: f64, c_over_a: f64) -> f64 {
        let [x, y, z] = self.shape(c_over_a);
        (volume / (x * y * z)).cbrt()
    }

    /// Distance of nearest neighbours in units of the lattice constant.
    ///
    /// ```
    /// use admd::input::lattice::{IDEAL_RATIO, Lattice};
    /// assert_eq!(Lattice::Fcc.nearest(IDEAL_RATIO), 0.5_f64.sqrt());
    /// assert!((Lattice::Hcp.nearest(IDEAL_RATIO) - 1.0).abs() < 1e-15);
    /// ```
    pub fn nearest(self, c_over_a: f64) -> f64 {
        match self {
            Self::Sc => 1.0,
            Self::Bcc => 0.75_f64.sqrt(),
            Self::Fcc => 0.5_f64.sqrt(),
            Self::Diamond => 3_f64.sqrt() / 4.0,
            Self::Hcp => 1_f64.min((1.0 / 3.0 + 0.25 * c_over_a * c_over_a).sqrt()),
        }
    }
}

/// c/a of close-packed spheres, √(8/3).
pub const IDEAL_RATIO: f64 = 1.632_993_161_855_452;

/// A block of unit cells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Block {
    /// The lattice.
    pub lattice: Lattice,
    /// Unit cells along each edge.
    pub repeat: [u64; 3],
    /// Edges of the whole block as columns \[length\].
    pub edges: Mat3,
}

impl Block {
    /// Number of atoms; it may be more than any memory holds.
    pub fn atoms(&self) -> u128 {
        let cells: u128 = self.repeat.iter().map(|n| u128::from(*n)).product();
        cells * self.lattice.basis().len() as u128
    }

    /// All positions \[length\], cell by cell with the last edge fastest, each cell in the order of the basis.
    pub fn positions(&self) -> Vec<Vec3> {
        let [nx, ny, nz] = self.repeat;
        let mut list = Vec::with_capacity(usize::try_from(self.atoms()).unwrap_or(0));
        let scale = Vec3::new(1.0 / nx as f64, 1.0 / ny as f64, 1.0 / nz as f64);
        for i in 0..nx {
            for j in 0..ny {
                for k in 0..nz {
                    for b in self.lattice.basis() {
                        let s = Vec3::new(i as f64 + b[0], j as f64 + b[1], k as f64 + b[2]);
                        list.push(self.edges * s.component_mul(&scale));
                    }
                }
            }
        }
        list
    }
}

/// The deformation x += xy y + xz z, y += yz z.
pub fn shear([xy, xz, yz]: [f64; 3]) -> Mat3 {
    Mat3::new(1.0, xy, xz, 0.0, 1.0, yz, 0.0, 0.0, 1.0)
}
