//! What a neighbour list needs, estimated before any memory is taken.

use super::{Cell, Configuration, Vec3};
use std::f64::consts::PI;

/// Bytes an atom takes, and on the safe side an image, of which only the stretches that a block sees are stored: coordinates
/// and tangents, bins, and room for the vectors to grow.
const PER_SLOT: f64 = 140.0;
/// Bytes an entry takes: a place of 16 bits, and the share of padding and of room to grow.
const PER_ENTRY: f64 = 3.0;
/// Bytes that the search for the neighbours of one slice takes for each candidate.
const PER_CANDIDATE: f64 = 120.0;
/// Bytes a translation takes that some block sees.
const PER_SHIFT: f64 = 60.0;
/// Bytes that any list may take.
const ALLOWANCE: f64 = 2_147_483_648.0;
/// Bytes that a list may take beyond, for each atom: some thousand neighbours.
const ALLOWANCE_PER_ATOM: f64 = 32_768.0;

/// Images, entries and memory of a neighbour list, estimated for atoms spread evenly over the cell, or over the region that
/// they take up along edges that are not periodic.
///
/// A list is refused before anything is allocated when it needs [`ListSize::MOST_SLOTS`] slots or more, or more bytes than
/// 2 GiB and 32 KiB an atom: a cutoff of many times the cell.
///
/// ```
/// use admd_engine::{Cell, Configuration, ListSize, Vec3};
/// let atom = |edge: f64| Configuration {
///     cell: Cell::orthogonal([edge; 3]).unwrap(),
///     species: vec![0],
///     positions: vec![Vec3::zeros()],
/// };
/// assert!(!ListSize::estimate(&atom(1.0), 2.5).is_too_large());
/// assert!(ListSize::estimate(&atom(0.01), 2.5).is_too_large());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ListSize {
    /// Atoms and their images.
    pub slots: f64,
    /// Entries of the full list: two for each pair within the reach.
    pub entries: f64,
    /// Memory of images and entries, in bytes.
    pub bytes: f64,
    /// The bytes that the list may take.
    pub allowance: f64,
}

impl ListSize {
    /// Atoms and images beyond which a list is not tried.
    pub const MOST_SLOTS: f64 = 2_147_483_648.0;

    /// What a list of the given reach, cutoff and skin, needs \[length\].
    pub fn estimate(c: &Configuration, reach: f64) -> Self {
        let extent = open_extent(&c.cell, c.positions.iter().map(|r| c.cell.fractional(*r)));
        Self::of_extent(&c.cell, c.len(), extent, reach)
    }

    /// As [`ListSize::estimate`], with the extent of the atoms along open edges in units of the edges.
    pub(super) fn of_extent(cell: &Cell, atoms: usize, extent: [f64; 3], reach: f64) -> Self {
        let (mut copies, mut shifts, mut volume) = (1.0, 1.0, cell.volume());
        for k in 0..3 {
            let margin = reach / cell.height(k);
            if cell.periodic()[k] {
                copies *= 1.0 + 2.0 * margin;
                shifts *= 2.0 * margin.floor() + 3.0;
            } else {
                // in a layer thinner than this each atom sees a disk instead of a ball
                volume *= extent[k].max(4.0 / 3.0 * margin);
            }
        }
        let n = atoms as f64;
        let slots = copies * n;
        let neighbors = (n * (4.0 / 3.0 * PI * reach.powi(3) / volume)).min((slots - 1.0).max(0.0));
        let lanes = atoms.next_multiple_of(super::sell::WIDEST) as f64;
        Self {
            slots,
            entries: n * neighbors,
            bytes: slots * PER_SLOT + lanes * neighbors * PER_ENTRY + neighbors * PER_CANDIDATE + shifts * PER_SHIFT,
            allowance: Self::allowance(atoms),
        }
    }

    /// The bytes that a list of so many atoms may take.
    pub(super) fn allowance(atoms: usize) -> f64 {
        ALLOWANCE + atoms as f64 * ALLOWANCE_PER_ATOM
    }

    /// The entries that it may have.
    pub(super) fn most_entries(atoms: usize) -> u64 {
        (Self::allowance(atoms) / PER_ENTRY) as u64
    }

    /// Is the list refused?
    pub fn is_too_large(&self) -> bool {
        self.slots >= Self::MOST_SLOTS || self.bytes > self.allowance
    }
}

/// Extent of points in fractional coordinates along edges that are not periodic; 0 elsewhere and for no points.
fn open_extent(cell: &Cell, points: impl Iterator<Item = Vec3>) -> [f64; 3] {
    let (low, high) = points.fold(
        (Vec3::repeat(f64::INFINITY), Vec3::repeat(f64::NEG_INFINITY)),
        |(low, high), s| (low.inf(&s), high.sup(&s)),
    );
    [0, 1, 2].map(|k| {
        if cell.periodic()[k] {
            0.0
        } else {
            (high[k] - low[k]).max(0.0)
        }
    })
}
