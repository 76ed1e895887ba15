//! Are two atoms at one place? Linear in the number of atoms.

use admd_engine::{Cell, Configuration, Vec3};
use std::collections::HashMap;

/// Two atoms that are too close, and their distance \[length\].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Close {
    /// The lower index.
    pub first: usize,
    /// The higher index, or the same one for an atom and its own periodic image.
    pub second: usize,
    /// Their distance \[length\].
    pub distance: f64,
}

/// Cells of the grid are this many times as wide as the distance looked for: few atoms are near a face, so that most look
/// into one cell only, and yet a cell cannot hold many atoms that are all far enough apart.
const WIDTH: f64 = 6.0;

/// Distance of an atom and its nearest own image \[length\], infinite in a cell that is not periodic: the shortest of the
/// translations by up to two edges, which is the shortest of all in cells that are not extremely skewed.
///
/// ```
/// use admd::engine::{Cell, Vec3};
/// use admd::input::overlap::own_image;
/// let edges = [Vec3::new(4.0, 0.0, 0.0), Vec3::new(8.0, 0.01, 0.0), Vec3::new(0.0, 0.0, 4.0)];
/// assert!((own_image(&Cell::new(edges, [true; 3]).unwrap()) - 0.01).abs() < 1e-12);
/// assert_eq!(own_image(&Cell::new(edges, [false; 3]).unwrap()), f64::INFINITY);
/// ```
pub fn own_image(cell: &Cell) -> f64 {
    let along = |k: usize| if cell.periodic()[k] { -2..=2 } else { 0..=0 };
    let all = along(0).flat_map(|i| along(1).flat_map(move |j| along(2).map(move |k| [i, j, k])));
    let lengths = all.filter(|n| *n != [0; 3]).map(|n| cell.translation(n).norm());
    lengths.fold(f64::INFINITY, f64::min)
}

/// The first atom in the list that is closer than `limit` \[length\] to an earlier one, or to its own image.
///
/// ```
/// use admd::engine::{Cell, Configuration, Vec3};
/// use admd::input::overlap::closest_below;
/// let c = Configuration {
///     cell: Cell::orthogonal([4.0; 3]).unwrap(),
///     species: vec![0; 2],
///     positions: vec![Vec3::new(0.01, 0.0, 0.0), Vec3::new(3.99, 0.0, 0.0)],
/// };
/// assert!((closest_below(&c, 0.1).unwrap().distance - 0.02).abs() < 1e-12);
/// assert!(closest_below(&c, 0.01).is_none());
/// ```
pub fn closest_below(c: &Configuration, limit: f64) -> Option<Close> {
    let distance = own_image(&c.cell);
    if distance < limit && !c.is_empty() {
        return Some(Close {
            first: 0,
            second: 0,
            distance,
        });
    }
    let grid: [Axis; 3] = [0, 1, 2].map(|k| {
        let height = c.cell.height(k);
        let cells = (height / (WIDTH * limit)).floor().clamp(1.0, (1 << 20) as f64);
        Axis {
            cells,
            periodic: c.cell.periodic()[k],
            margin: limit / height * cells,
        }
    });
    let mut head: HashMap<[i32; 3], usize> = HashMap::with_capacity(c.len());
    let mut next = vec![usize::MAX; c.len()];
    for (atom, r) in c.positions.iter().enumerate() {
        let s = c.cell.fractional(*r);
        let own: [(i32, Option<i32>); 3] = [0, 1, 2].map(|k| grid[k].places(s[k]));
        for corner in 0..8 {
            let place = [0, 1, 2].map(|k| if corner >> k & 1 == 0 { Some(own[k].0) } else { own[k].1 });
            let [Some(x), Some(y), Some(z)] = place else { continue };
            let mut other = head.get(&[x, y, z]).copied().unwrap_or(usize::MAX);
            while other != usize::MAX {
                let distance = shortest(c, r - c.positions[other]);
                if distance < limit {
                    return Some(Close {
                        first: other,
                        second: atom,
                        distance,
                    });
                }
                other = next[other];
            }
        }
        next[atom] = head.insert(own.map(|(k, _)| k), atom).unwrap_or(usize::MAX);
    }
    None
}

struct Axis {
    cells: f64,
    periodic: bool,
    /// The distance looked for, in cells.
    margin: f64,
}

impl Axis {
    /// The cell of a fractional coordinate, and the neighbouring one if it is near.
    fn places(&self, s: f64) -> (i32, Option<i32>) {
        let s = if self.periodic { s - s.floor() } else { s };
        let x = (s * self.cells).clamp(-1e9, 1e9);
        let own = x.floor();
        let inside = x - own;
        let side = if inside < self.margin {
            Some(own - 1.0)
        } else if inside > 1.0 - self.margin {
            Some(own + 1.0)
        } else {
            None
        };
        let wrap = |k: f64| (if self.periodic { k.rem_euclid(self.cells) } else { k }) as i32;
        (wrap(own), side.map(wrap))
    }
}

fn shortest(c: &Configuration, d: Vec3) -> f64 {
    c.cell.minimum_image(d).norm()
}
