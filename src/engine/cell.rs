//! The simulation cell: three edges, each periodic or not.

use super::EngineError;

/// A vector in space.
pub type Vec3 = nalgebra::Vector3<f64>;
/// A tensor in space.
pub type Mat3 = nalgebra::Matrix3<f64>;

/// A parallelepiped of any shape, periodic along any of its edges.
///
/// ```
/// use admd_engine::{Cell, Vec3};
/// let cell = Cell::orthogonal([3.0, 4.0, 5.0]).unwrap();
/// assert_eq!(cell.volume(), 60.0);
/// assert_eq!(cell.minimum_image(Vec3::new(2.0, 0.0, 0.0)), Vec3::new(-1.0, 0.0, 0.0));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// The edges as columns: r = edges · s.
    edges: Mat3,
    inverse: Mat3,
    periodic: [bool; 3],
}

impl Cell {
    /// A cell from its edge vectors \[length\].
    ///
    /// # Errors
    /// [`EngineError::FlatCell`] when the edges are not finite or span no volume.
    pub fn new(edges: [Vec3; 3], periodic: [bool; 3]) -> Result<Self, EngineError> {
        let matrix = Mat3::from_columns(&edges);
        let scale = edges.iter().map(|e| e.norm()).product::<f64>();
        let flat = || EngineError::FlatCell {
            edges: edges.map(Into::into),
        };
        let determinant = matrix.determinant();
        if !(scale.is_finite() && scale > 0.0 && determinant.abs() > 1e-12 * scale) {
            return Err(flat());
        }
        let inverse = matrix.try_inverse().ok_or_else(flat)?;
        Ok(Self {
            edges: matrix,
            inverse,
            periodic,
        })
    }

    /// A periodic box \[length\].
    ///
    /// # Errors
    /// As [`Cell::new`].
    pub fn orthogonal(lengths: [f64; 3]) -> Result<Self, EngineError> {
        let [x, y, z] = lengths;
        Self::new(
            [Vec3::new(x, 0.0, 0.0), Vec3::new(0.0, y, 0.0), Vec3::new(0.0, 0.0, z)],
            [true; 3],
        )
    }

    /// Edge `k` \[length\].
    pub fn edge(&self, k: usize) -> Vec3 {
        self.edges.column(k).into()
    }

    /// Which edges are periodic.
    pub fn periodic(&self) -> [bool; 3] {
        self.periodic
    }

    /// Volume \[length³\].
    pub fn volume(&self) -> f64 {
        self.edges.determinant().abs()
    }

    /// Distance between the two faces that edge `k` joins \[length\].
    pub fn height(&self, k: usize) -> f64 {
        1.0 / self.inverse.row(k).norm()
    }

    /// Coordinates in units of the edges.
    pub fn fractional(&self, r: Vec3) -> Vec3 {
        self.inverse * r
    }

    /// Position from coordinates in units of the edges \[length\].
    pub fn cartesian(&self, s: Vec3) -> Vec3 {
        self.edges * s
    }

    /// Σ nₖ edgeₖ \[length\].
    pub fn translation(&self, n: [i32; 3]) -> Vec3 {
        self.edges * Vec3::new(n[0].into(), n[1].into(), n[2].into())
    }

    /// The cell after the homogeneous deformation (1 + strain).
    ///
    /// # Errors
    /// As [`Cell::new`].
    pub fn strained(&self, strain: &Mat3) -> Result<Self, EngineError> {
        let edges = (Mat3::identity() + strain) * self.edges;
        Self::new([0, 1, 2].map(|k| edges.column(k).into()), self.periodic)
    }

    /// The image of a displacement whose fractional coordinates along periodic edges lie in [−½, ½): the shortest one
    /// in cells that are not strongly skewed.
    pub fn minimum_image(&self, d: Vec3) -> Vec3 {
        let mut s = self.fractional(d);
        for k in 0..3 {
            if self.periodic[k] {
                s[k] -= (s[k] + 0.5).floor();
            }
        }
        self.cartesian(s)
    }
}
