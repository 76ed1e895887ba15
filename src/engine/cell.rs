//! The simulation cell: three edges, each periodic or not.

use super::EngineError;
use admd_ad::{Dual, Real};

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
    lattice: Lattice,
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
            lattice: Lattice::new(edges, periodic),
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

    /// Volume with its change while each edge a changes by `strain` · a \[length³\].
    pub fn volume_along(&self, strain: &Mat3) -> Dual<f64, 1> {
        let edges = [0, 1, 2].map(|k| self.edge(k));
        let e = |k: usize, x: usize| Dual::with_tangents(edges[k][x], [(strain * edges[k])[x]]);
        let minor = |x: usize, y: usize| e(1, x) * e(2, y) - e(1, y) * e(2, x);
        (e(0, 0) * minor(1, 2) + e(0, 1) * minor(2, 0) + e(0, 2) * minor(0, 1)).abs()
    }

    /// Distance between the two faces that edge `k` joins \[length\].
    pub fn height(&self, k: usize) -> f64 {
        1.0 / self.inverse.row(k).norm()
    }

    /// Are the edges at right angles to each other?
    pub(super) fn is_orthogonal(&self) -> bool {
        let right = |a: usize, b: usize| {
            let (a, b) = (self.edge(a), self.edge(b));
            a.dot(&b).abs() <= 1e-14 * a.norm() * b.norm()
        };
        right(0, 1) && right(0, 2) && right(1, 2)
    }

    /// Coordinates in units of the edges.
    #[inline]
    pub fn fractional(&self, r: Vec3) -> Vec3 {
        self.inverse * r
    }

    /// Position from coordinates in units of the edges \[length\].
    pub fn cartesian(&self, s: Vec3) -> Vec3 {
        self.edges * s
    }

    /// Σ nₖ edgeₖ \[length\].
    #[inline]
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

    /// The shortest of the images of a displacement along the periodic edges \[length\], in a cell of any shape. Of images
    /// equally long in a cell at right angles, the one with fractional coordinates in [−½, ½).
    pub fn minimum_image(&self, d: Vec3) -> Vec3 {
        self.lattice.shortest(d)
    }
}

/// Relative change of a squared length that is more than rounding.
const SHORTER: f64 = 1.0 - 1e-14;
/// Steps to the shortest image at most; a displacement that has digits left takes two or three.
const MOST_STEPS: usize = 64;

/// The translations of a cell in a basis as short and as near to right angles as there is.
#[derive(Clone, Debug, PartialEq)]
struct Lattice {
    /// A Minkowski-reduced basis of the translations \[length\]; zero vectors stand for edges that are not periodic.
    basis: [Vec3; 3],
    /// Coordinates of a displacement in that basis, of its part that translations can reach.
    coordinates: Mat3,
    /// Half the shortest translation, squared \[length²\]: what is not longer is the shortest of its images.
    inner2: f64,
    /// Are the vectors of the basis at right angles?
    orthogonal: bool,
}

impl Lattice {
    fn new(edges: [Vec3; 3], periodic: [bool; 3]) -> Self {
        let mut basis = [0, 1, 2].map(|k| if periodic[k] { edges[k] } else { Vec3::zeros() });
        reduce(&mut basis);
        // the pseudo-inverse projects on what the translations span, whichever edges are periodic
        let columns: Vec<Vec3> = basis.into_iter().filter(|e| *e != Vec3::zeros()).collect();
        let mut coordinates = Mat3::zeros();
        if !columns.is_empty() {
            let matrix = nalgebra::DMatrix::from_fn(3, columns.len(), |x, k| columns[k][x]);
            if let Some(inverse) = (matrix.transpose() * &matrix).try_inverse() {
                let rows = inverse * matrix.transpose();
                for (row, k) in (0..3).filter(|&k| basis[k] != Vec3::zeros()).enumerate() {
                    coordinates.set_row(k, &rows.row(row).fixed_columns::<3>(0));
                }
            }
        }
        let shortest = columns.iter().map(Vec3::norm_squared).fold(f64::INFINITY, f64::min);
        let right = |a: usize, b: usize| basis[a].dot(&basis[b]).abs() <= 1e-14 * basis[a].norm() * basis[b].norm();
        Self {
            basis,
            coordinates,
            inner2: 0.25 * shortest,
            orthogonal: right(0, 1) && right(0, 2) && right(1, 2),
        }
    }

    /// The shortest image of a displacement.
    ///
    /// Rounding the coordinates in the basis leaves it near to the shortest, and where it is not the shortest, one of the 26
    /// sums of vectors of a Minkowski-reduced basis with coefficients −1, 0 and 1 makes it shorter: they hold all faces of
    /// the Voronoi cell. P. Q. Nguyen and D. Stehlé, *ACM Trans. Algorithms* **5**, 46 (2009).
    fn shortest(&self, d: Vec3) -> Vec3 {
        if d.norm_squared() < self.inner2 {
            return d;
        }
        let s = self.coordinates * d;
        let mut d = (0..3).fold(d, |d, k| d - self.basis[k] * (s[k] + 0.5).floor());
        for _ in 0..if self.orthogonal { 0 } else { MOST_STEPS } {
            let square = d.norm_squared();
            if square <= self.inner2 {
                break;
            }
            let images = combinations(&self.basis).map(|t| d + t);
            match images.min_by(|a, b| a.norm_squared().total_cmp(&b.norm_squared())) {
                Some(image) if image.norm_squared() < SHORTER * square => d = image,
                _ => break,
            }
        }
        d
    }
}

/// Every sum of the vectors with coefficients −1, 0 and 1.
fn combinations(basis: &[Vec3; 3]) -> impl Iterator<Item = Vec3> + '_ {
    let coefficient = |n: usize, k: u32| (n / 3_usize.pow(k) % 3) as f64 - 1.0;
    (0..27).map(move |n| (0..3).fold(Vec3::zeros(), |sum, k| sum + basis[k] * coefficient(n, k as u32)))
}

/// Makes a basis of one, two or three vectors, the others zero, Minkowski-reduced: no vector can be made shorter by adding
/// others to it.
fn reduce(basis: &mut [Vec3; 3]) {
    let mut changed = true;
    while changed {
        changed = false;
        for k in 0..3 {
            let (i, j) = ((k + 1) % 3, (k + 2) % 3);
            if basis[k] == Vec3::zeros() {
                continue;
            }
            // whole multiples of one other vector, then one of each
            for other in [i, j] {
                let square = basis[other].norm_squared();
                if square > 0.0 {
                    let whole = (basis[k].dot(&basis[other]) / square).round();
                    let t = basis[other] * -whole;
                    shorten(&mut basis[k], t, &mut changed);
                }
            }
            for (a, b) in [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)] {
                let t = basis[i] * a + basis[j] * b;
                shorten(&mut basis[k], t, &mut changed);
            }
        }
    }
}

/// Adds `t` where that makes the vector shorter by more than rounding.
fn shorten(vector: &mut Vec3, t: Vec3, changed: &mut bool) {
    let candidate = *vector + t;
    if candidate.norm_squared() < (1.0 - 1e-10) * vector.norm_squared() {
        *vector = candidate;
        *changed = true;
    }
}
