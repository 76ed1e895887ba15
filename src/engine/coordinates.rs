//! Coordinates of all atoms in the order of the list: one row an atom.

use super::{Cell, Direction, Vec3};
use rayon::prelude::*;

/// Slots handled together when a loop over atoms is spread over threads; a constant, so that results do not depend on
/// the number of threads.
pub(super) const CHUNK: usize = 4096;

/// x, y, z, 0, aligned so that no row crosses a cache line.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(32))]
pub(super) struct Row(pub(super) [f64; 4]);

impl Row {
    fn new(r: Vec3) -> Self {
        Self([r.x, r.y, r.z, 0.0])
    }
}

/// Which atom is in which slot, from one build of the list to the next.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// Index of the atom in each slot.
    pub(super) atoms: Vec<u32>,
    /// Slot of each atom.
    pub(super) slots: Vec<u32>,
    /// How many cells each atom, by slot, was outside the cell: the wrapped position is r − Σ nₖ edgeₖ.
    pub(super) wraps: Vec<[i32; 3]>,
}

/// 1.5 · 2⁵²: added to a number, it leaves the nearest whole one in the low bits.
pub(super) const WHOLE: f64 = 6_755_399_441_055_744.0;
/// Cells that an atom may be away from its own, so that wrapping keeps some digits of the position.
pub(super) const MOST_WRAPS: f64 = 1e9;

/// Fractional coordinates by fixed operations, which wrap the same atoms wherever they are made.
pub(super) struct Fractions {
    /// Those of the points x, y, z.
    pub(super) columns: [Vec3; 3],
    periodic: [bool; 3],
}

impl Fractions {
    pub(super) fn new(cell: &Cell) -> Self {
        Self {
            columns: [Vec3::x(), Vec3::y(), Vec3::z()].map(|axis| cell.fractional(axis)),
            periodic: cell.periodic(),
        }
    }

    /// How many cells a point is outside the cell, along periodic edges; at most some [`MOST_WRAPS`].
    #[inline(always)]
    fn wrap(&self, r: Vec3) -> [i32; 3] {
        let [x, y, z] = &self.columns;
        let mut n = [0; 3];
        for k in 0..3 {
            let s = x[k] * r.x + y[k] * r.y + z[k] * r.z;
            // to the nearest whole number, then down: `floor` is a call on processors without SSE4.1, and a conversion
            // that saturates is slow
            let bits = s + WHOLE;
            let down = (bits.to_bits() as i32).wrapping_sub(i32::from(s < bits - WHOLE));
            n[k] = if self.periodic[k] { down } else { 0 };
        }
        n
    }
}

/// The wrapped position \[length\].
#[inline(always)]
fn place(r: Vec3, n: [i32; 3], cell: &Cell) -> Vec3 {
    match n {
        [0, 0, 0] => r,
        n => r - cell.translation(n),
    }
}

/// Wrapped positions, and their tangents where asked for: a row x, y, z, 0 a slot.
#[derive(Debug, Default)]
pub(super) struct Coordinates {
    /// Positions \[length\].
    pub(super) rows: Vec<Row>,
    /// Their tangents along each direction.
    pub(super) tangents: Vec<Vec<Row>>,
}

/// How far atoms may be from where they were.
pub(super) struct Leash<'a> {
    /// Positions by slot when the list was built \[length\].
    pub(super) built: &'a [Vec3],
    /// The cell has been deformed by this since; `None` stands for not at all.
    pub(super) deformation: Option<super::Mat3>,
    /// The longest way, squared \[length²\].
    pub(super) limit2: f64,
}

impl Leash<'_> {
    /// Is the atom in a slot too far away? A position that is not a number is.
    #[inline]
    fn is_torn(&self, slot: usize, r: Vec3) -> bool {
        let was = match &self.deformation {
            None => self.built[slot],
            Some(f) => f * self.built[slot],
        };
        let near = (r - was).norm_squared() <= self.limit2;
        !near
    }
}

impl Coordinates {
    /// The position in a slot \[length\].
    pub(super) fn position(&self, slot: usize) -> Vec3 {
        let Row([x, y, z, _]) = self.rows[slot];
        Vec3::new(x, y, z)
    }

    /// Takes the positions \[length\] of the atoms for a new list, and copies them to `built`.
    pub(super) fn start(
        &mut self,
        layout: &mut Layout,
        (cell, fractions): (&Cell, &Fractions),
        positions: &[Vec3],
        built: &mut Vec<Vec3>,
    ) {
        let count = layout.atoms.len();
        self.rows.resize(count, Row::default());
        layout.wraps.resize(count, [0; 3]);
        built.resize(count, Vec3::zeros());
        let chunks = (
            self.rows.par_chunks_mut(CHUNK),
            layout.wraps.par_chunks_mut(CHUNK),
            built.par_chunks_mut(CHUNK),
            layout.atoms.par_chunks(CHUNK),
        );
        chunks.into_par_iter().for_each(|(rows, wraps, built, atoms)| {
            for (((row, n), built), atom) in rows.iter_mut().zip(wraps).zip(built).zip(atoms) {
                let r = positions[*atom as usize];
                *n = fractions.wrap(r);
                *built = place(r, *n, cell);
                *row = Row::new(*built);
            }
        });
    }

    /// Takes the positions \[length\] of the atoms. Is one of them beyond the leash?
    pub(super) fn refresh(&mut self, layout: &Layout, cell: &Cell, positions: &[Vec3], leash: &Leash) -> bool {
        each_chunk(&mut self.rows, |first, rows| {
            let mut torn = false;
            for (k, row) in rows.iter_mut().enumerate() {
                let r = positions[layout.atoms[first + k] as usize];
                let r = place(r, layout.wraps[first + k], cell);
                torn |= leash.is_torn(first + k, r);
                *row = Row::new(r);
            }
            torn
        })
    }

    /// Takes the tangents of the positions along each direction.
    pub(super) fn incline(&mut self, layout: &Layout, directions: &[Direction]) {
        let Self { rows, tangents } = self;
        tangents.resize_with(directions.len(), Vec::new);
        for (tangents, direction) in tangents.iter_mut().zip(directions) {
            tangents.resize(rows.len(), Row::default());
            each_chunk(tangents, |first, tangents| {
                for (k, tangent) in tangents.iter_mut().enumerate() {
                    let Row([x, y, z, _]) = rows[first + k];
                    let own = direction.positions.get(layout.atoms[first + k] as usize);
                    // a strain moves the wrapped position as it moves the cell, whichever image it is
                    let strained = direction.strain * Vec3::new(x, y, z);
                    *tangent = Row::new(own.copied().unwrap_or_default() + strained);
                }
                false
            });
        }
    }
}

/// Works on every chunk with the number of its first element, in parallel where it pays. Did one of them say yes?
pub(super) fn each_chunk<T: Send>(out: &mut [T], work: impl Fn(usize, &mut [T]) -> bool + Sync) -> bool {
    if out.len() <= CHUNK {
        return work(0, out);
    }
    let chunks = out.par_chunks_mut(CHUNK).enumerate();
    chunks
        .map(|(c, out)| work(c * CHUNK, out))
        .reduce(|| false, |a, b| a | b)
}
