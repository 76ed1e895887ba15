//! Coordinates as the kernels read them: one array an axis, atoms in spatial order, then their ghost images.
//!
//! Slots: the atoms; padding up to a multiple of eight; the ghosts; one padding atom at the end.

use super::order::Order;
use super::{Cell, Direction, Vec3};
use crate::ad::Lane;
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
        self.atoms.len().next_multiple_of(super::sell::LANES)
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

/// Positions, and their tangents where asked for, by slot.
#[derive(Debug, Default)]
pub struct Coordinates {
    /// x, y, z of the positions, then x, y, z of the tangents [length].
    axes: [Vec<f64>; 6],
}

impl Coordinates {
    /// # Panics
    /// Unless there are at least `slots` slots in each of `parts` parts: the loads below rely on it.
    pub(super) fn assert_slots(&self, slots: usize, parts: usize) {
        assert!(self.axes[..3 * parts].iter().all(|axis| axis.len() >= slots));
    }

    /// The coordinates of consecutive slots.
    ///
    /// # Safety
    /// `slot` + `L::WIDTH` slots must exist in every part of the order.
    #[inline(always)]
    pub(super) unsafe fn load<O: Order, L: Lane>(&self, slot: usize) -> [O::Scalar<L>; 3] {
        let mut parts = [[L::lit(0.0); 2]; 3];
        for k in 0..3 {
            for p in 0..O::PARTS {
                // SAFETY: the caller vouches for the slots.
                parts[k][p] = unsafe { L::load(self.axes[3 * p + k].as_ptr().add(slot)) };
            }
        }
        [O::build(parts[0]), O::build(parts[1]), O::build(parts[2])]
    }

    /// The coordinates of any slots.
    ///
    /// # Safety
    /// `slots` must be valid for reading `L::WIDTH` values, each a slot of every part of the order.
    #[inline(always)]
    pub(super) unsafe fn gather<O: Order, L: Lane>(&self, slots: *const u32) -> [O::Scalar<L>; 3] {
        let mut parts = [[L::lit(0.0); 2]; 3];
        for k in 0..3 {
            for p in 0..O::PARTS {
                // SAFETY: the caller vouches for the slots.
                parts[k][p] = unsafe { L::gather(self.axes[3 * p + k].as_ptr(), slots) };
            }
        }
        [O::build(parts[0]), O::build(parts[1]), O::build(parts[2])]
    }

    /// The position in a slot [length].
    pub(super) fn position(&self, slot: usize) -> Vec3 {
        Vec3::new(self.axes[0][slot], self.axes[1][slot], self.axes[2][slot])
    }

    /// Takes the positions [length] of the atoms and, where a direction is given, their tangents.
    pub(super) fn refresh(&mut self, layout: &Layout, cell: &Cell, positions: &[Vec3], direction: Option<&Direction>) {
        let [x, y, z, tx, ty, tz] = &mut self.axes;
        let translations: Vec<Vec3> = layout.shifts.iter().map(|n| cell.translation(*n)).collect();
        let place = |slot: usize| positions[layout.atoms[slot] as usize] - cell.translation(layout.wraps[slot]);
        let padding = layout.padding.map(|s| cell.cartesian(s));
        fill([x, y, z], layout, padding, &place, &translations);
        let Some(direction) = direction else { return };
        // a strain moves the wrapped position as it moves the cell, whichever image it is
        let change = |slot: usize| {
            let own = direction.positions.get(layout.atoms[slot] as usize).copied().unwrap_or_default();
            own + direction.strain * place(slot)
        };
        let translations: Vec<Vec3> = translations.iter().map(|t| direction.strain * t).collect();
        fill([tx, ty, tz], layout, [Vec3::zeros(); 2], &change, &translations);
    }
}

/// Fills three axes: atoms by `place`, ghosts by their owner and translation, padding by `padding`.
fn fill(
    axes: [&mut Vec<f64>; 3],
    layout: &Layout,
    padding: [Vec3; 2],
    place: &(impl Fn(usize) -> Vec3 + Sync),
    translations: &[Vec3],
) {
    let (atoms, first_ghost) = (layout.atoms.len(), layout.first_ghost());
    let [x, y, z] = axes;
    for (k, axis) in [&mut *x, &mut *y, &mut *z].into_iter().enumerate() {
        axis.resize(layout.len(), 0.0);
        axis[atoms..first_ghost].fill(padding[0][k]);
        axis[layout.len() - 1] = padding[1][k];
    }
    let ([x, gx], [y, gy], [z, gz]) = (halves(x, first_ghost), halves(y, first_ghost), halves(z, first_ghost));
    each_chunk([&mut x[..atoms], &mut y[..atoms], &mut z[..atoms]], place);
    let (x, y, z) = (&*x, &*y, &*z);
    let image = |k: usize| {
        let Ghost { owner, shift } = layout.ghosts[k];
        let owner = owner as usize;
        Vec3::new(x[owner], y[owner], z[owner]) + translations[shift as usize]
    };
    let ghosts = layout.ghosts.len();
    each_chunk([&mut gx[..ghosts], &mut gy[..ghosts], &mut gz[..ghosts]], &image);
}

fn halves(axis: &mut [f64], at: usize) -> [&mut [f64]; 2] {
    let (a, b) = axis.split_at_mut(at);
    [a, b]
}

/// Sets element k of the three axes to `value(k)`, in parallel where it pays.
fn each_chunk([x, y, z]: [&mut [f64]; 3], value: &(impl Fn(usize) -> Vec3 + Sync)) {
    let fill = |first: usize, [x, y, z]: [&mut [f64]; 3]| {
        for (k, ((x, y), z)) in x.iter_mut().zip(y).zip(z).enumerate() {
            let v = value(first + k);
            (*x, *y, *z) = (v.x, v.y, v.z);
        }
    };
    if x.len() <= CHUNK {
        return fill(0, [x, y, z]);
    }
    x.par_chunks_mut(CHUNK)
        .zip(y.par_chunks_mut(CHUNK))
        .zip(z.par_chunks_mut(CHUNK))
        .enumerate()
        .for_each(|(c, ((x, y), z))| fill(c * CHUNK, [x, y, z]));
}
