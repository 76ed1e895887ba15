//! Coordinates as the kernels read them: one row an atom, atoms in spatial order, then their ghost images.
//!
//! Slots: the atoms; padding up to a multiple of eight; the ghosts; one padding atom at the end.

use super::order::Order;
use super::rows::{Row, columns};
use super::sell::LANES;
use super::{Cell, Direction, Vec3};
use admd_ad::Lane;
use rayon::prelude::*;

/// Slots handled together when a loop over atoms is spread over threads; a constant, so that results do not depend on
/// the number of threads.
pub(super) const CHUNK: usize = 4096;

/// A periodic image of an atom.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ghost {
    /// Slot of the atom.
    pub(super) owner: u32,
    /// Position of the image's translation in [`Layout::shifts`].
    pub(super) shift: u32,
}

/// Which atom and which image is in which slot, from one build of the list to the next.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// Index of the atom in each slot.
    pub(super) atoms: Vec<u32>,
    /// Slot of each atom.
    pub(super) slots: Vec<u32>,
    /// How many cells each atom, by slot, was outside the cell: the wrapped position is r − Σ nₖ edgeₖ.
    pub(super) wraps: Vec<[i32; 3]>,
    /// The images.
    pub(super) ghosts: Vec<Ghost>,
    /// Translations of images in cells.
    pub(super) shifts: Vec<[i32; 3]>,
    /// Fractional coordinates of the padding in the place of atoms and of the padding atom at the end. They are outside
    /// every cutoff of every atom and of each other, and stay so because they follow the cell.
    pub(super) padding: [Vec3; 2],
}

impl Layout {
    /// Slot of the first ghost.
    pub(super) fn first_ghost(&self) -> usize {
        self.atoms.len().next_multiple_of(LANES)
    }

    /// Number of slots.
    pub(super) fn len(&self) -> usize {
        self.first_ghost() + self.ghosts.len() + 1
    }

    /// Slot of the padding atom at the end.
    pub(super) fn padding_slot(&self) -> u32 {
        (self.len() - 1) as u32
    }

    /// The atom in a slot, be it itself or an image; `None` for padding.
    pub(super) fn atom(&self, slot: usize) -> Option<usize> {
        let owner = if slot < self.first_ghost() {
            slot
        } else {
            self.ghosts.get(slot - self.first_ghost())?.owner as usize
        };
        self.atoms.get(owner).map(|a| *a as usize)
    }
}

/// Positions, and their tangents where asked for: a row x, y, z, 0 a slot.
#[derive(Debug, Default)]
pub struct Coordinates {
    /// Positions and tangents \[length\].
    rows: [Vec<Row>; 2],
}

impl Coordinates {
    /// # Panics
    /// Unless there are at least `slots` slots in each of `parts` parts: the loads below rely on it.
    pub(super) fn assert_slots(&self, slots: usize, parts: usize) {
        assert!(self.rows[..parts].iter().all(|rows| rows.len() >= slots));
    }

    /// The coordinates of any slots.
    ///
    /// # Safety
    /// `slots` must be valid for reading `L::WIDTH` values, each a slot of every part of the order; `L` must be a lane type
    /// of the instruction set that the caller runs on.
    #[inline(always)]
    pub(super) unsafe fn gather<O: Order, L: Lane>(&self, slots: *const u32) -> [O::Scalar<L>; 3] {
        let mut parts = [[L::lit(0.0); 3]; 2];
        for p in 0..O::PARTS {
            // SAFETY: the caller vouches for slots and lane type.
            parts[p] = unsafe { columns::<L>(self.rows[p].as_ptr().cast(), slots) };
        }
        let [x, t] = parts;
        [O::build([x[0], t[0]]), O::build([x[1], t[1]]), O::build([x[2], t[2]])]
    }

    /// The coordinates of consecutive slots.
    ///
    /// # Safety
    /// `slot` + `L::WIDTH` slots must exist in every part of the order; `L` as in [`Coordinates::gather`].
    #[inline(always)]
    pub(super) unsafe fn load<O: Order, L: Lane>(&self, slot: usize) -> [O::Scalar<L>; 3] {
        let mut slots = [0; LANES];
        for lane in 0..LANES {
            slots[lane] = (slot + lane) as u32;
        }
        // SAFETY: the caller vouches for slots and lane type.
        unsafe { self.gather::<O, L>(slots.as_ptr()) }
    }

    /// The position in a slot \[length\].
    pub(super) fn position(&self, slot: usize) -> Vec3 {
        let Row([x, y, z, _]) = self.rows[0][slot];
        Vec3::new(x, y, z)
    }

    /// Takes the positions \[length\] of the atoms and, where a direction is given, their tangents.
    pub(super) fn refresh(&mut self, layout: &Layout, cell: &Cell, positions: &[Vec3], direction: Option<&Direction>) {
        let [values, tangents] = &mut self.rows;
        let translations: Vec<Vec3> = layout.shifts.iter().map(|n| cell.translation(*n)).collect();
        let place = |slot: usize| positions[layout.atoms[slot] as usize] - cell.translation(layout.wraps[slot]);
        fill(
            values,
            layout,
            layout.padding.map(|s| cell.cartesian(s)),
            &place,
            &translations,
        );
        let Some(direction) = direction else { return };
        // a strain moves the wrapped position as it moves the cell, whichever image it is
        let change = |slot: usize| {
            let own = direction
                .positions
                .get(layout.atoms[slot] as usize)
                .copied()
                .unwrap_or_default();
            own + direction.strain * place(slot)
        };
        let translations: Vec<Vec3> = translations.iter().map(|t| direction.strain * t).collect();
        fill(tangents, layout, [Vec3::zeros(); 2], &change, &translations);
    }
}

fn row(r: Vec3) -> Row {
    Row([r.x, r.y, r.z, 0.0])
}

/// Fills the rows: atoms by `place`, ghosts by their owner and translation, padding by `padding`.
fn fill(
    rows: &mut Vec<Row>,
    layout: &Layout,
    padding: [Vec3; 2],
    place: &(impl Fn(usize) -> Vec3 + Sync),
    translations: &[Vec3],
) {
    rows.resize(layout.len(), Row::default());
    let (own, rest) = rows.split_at_mut(layout.first_ghost());
    let (ghosts, last) = rest.split_at_mut(layout.ghosts.len());
    last.fill(row(padding[1]));
    let (own, unused) = own.split_at_mut(layout.atoms.len());
    unused.fill(row(padding[0]));
    each_chunk(own, &|slot| row(place(slot)));
    let own = &*own;
    each_chunk(ghosts, &|k| {
        let Ghost { owner, shift } = layout.ghosts[k];
        let (Row([x, y, z, _]), t) = (own[owner as usize], translations[shift as usize]);
        row(Vec3::new(x, y, z) + t)
    });
}

/// Sets element k to `value(k)`, in parallel where it pays.
fn each_chunk<T: Send>(out: &mut [T], value: &(impl Fn(usize) -> T + Sync)) {
    let fill = |first: usize, out: &mut [T]| {
        for (k, x) in out.iter_mut().enumerate() {
            *x = value(first + k);
        }
    };
    if out.len() <= CHUNK {
        fill(0, out);
    } else {
        out.par_chunks_mut(CHUNK)
            .enumerate()
            .for_each(|(c, out)| fill(c * CHUNK, out));
    }
}
