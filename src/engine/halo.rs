//! What one block sees: its own atoms and, around them, the halo of atoms and images within reach, copied side by side.
//!
//! A kernel reads these copies, by indices of 16 bits: half the memory of the list, no images in the memory of the atoms,
//! and in f32 positions relative to the block, which are resolved as well in a large cell as in a small one.

use super::coordinates::{Coordinates, Row};
use super::lines::Lines;
use super::{Cell, Direction, Vec3};
use admd_ad::{Element, Isa, Kernel, Lane, dispatch};

/// Consecutive slots, seen through one translation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    /// The first slot.
    pub(super) slot: u32,
    /// How many there are.
    pub(super) count: u32,
    /// Translation of the image, in cells.
    pub(super) shift: [i32; 3],
}

/// The places that a block sees: its own slots, padding up to whole slices, the halo, and one more padding place.
#[derive(Debug, Default)]
pub(super) struct Halo {
    /// First own slot.
    pub(super) first: usize,
    /// Number of own slots.
    pub(super) own: usize,
    /// Number of own places: the own slots, padded to whole slices.
    pub(super) lanes: usize,
    pub(super) stretches: Vec<Stretch>,
    /// Number of places.
    pub(super) len: usize,
    /// The middle of the block in fractional coordinates.
    pub(super) middle: Vec3,
    /// Can f32 resolve the positions, relative to the middle? An atom that has flown off makes its block too wide.
    pub(super) single: bool,
    /// Fractional coordinates of the own padding and of the padding place at the end. They are outside every cutoff of
    /// the own atoms and of each other, and stay so because they follow the cell.
    pub(super) padding: [Vec3; 2],
}

impl Halo {
    /// The padding place at the end.
    pub(super) fn padding_place(&self) -> usize {
        self.len - 1
    }

    /// Slot and translation, in cells, of a place; `None` for padding.
    pub(super) fn slot(&self, place: usize) -> Option<(usize, [i32; 3])> {
        if place < self.lanes {
            return (place < self.own).then_some((self.first + place, [0; 3]));
        }
        let mut rest = place - self.lanes;
        for s in &self.stretches {
            if rest < s.count as usize {
                return Some((s.slot as usize + rest, s.shift));
            }
            rest -= s.count as usize;
        }
        None
    }
}

/// Coordinates of the places of one block: four numbers a row, x, y, z, 0.
#[derive(Debug, Default)]
pub struct Local<E> {
    /// Positions, then their tangents along each direction; no more than were copied last are in use.
    parts: Vec<Lines<E>>,
    len: usize,
    /// Parts that were copied last.
    taken: usize,
}

/// Places that the search looks at together: rows are there for whole panels, padding at the end.
pub(super) const PANEL: usize = 16;

impl<E: Element> Local<E> {
    /// # Panics
    /// Unless there are at least `places` places in each of `parts` parts: the loads below rely on it.
    pub(super) fn assert_places(&self, places: usize, parts: usize) {
        assert!(
            self.len >= places
                && self.taken >= parts
                && self.parts[..parts].iter().all(|rows| rows.len() >= 4 * places)
        );
    }

    /// One part of the coordinates of any places: 0 for positions, 1 + k for their tangents along direction k.
    ///
    /// # Safety
    /// `places` must be valid for reading `L::WIDTH` values, each a place; the part must be there; `L` must be a lane type of
    /// the instruction set that the caller runs on.
    #[inline(always)]
    pub(super) unsafe fn gather<L: Lane<Element = E>>(&self, places: *const u16, part: usize) -> [L; 3] {
        // SAFETY: the caller vouches for places and lane type.
        unsafe { L::columns(self.parts[part].as_ptr(), places) }
    }

    /// The same of consecutive places.
    ///
    /// # Safety
    /// There must be the places up to `place` + `L::WIDTH`; part and `L` as in [`Local::gather`].
    #[inline(always)]
    pub(super) unsafe fn load<L: Lane<Element = E>>(&self, place: usize, part: usize) -> [L; 3] {
        let mut places = [0; 16];
        for lane in 0..16 {
            places[lane] = (place + lane) as u16;
        }
        // SAFETY: the caller vouches for places and lane type; no lane type is wider than 16.
        unsafe { self.gather(places.as_ptr(), part) }
    }

    /// The position in a place \[length\], relative to the middle of the block for f32.
    pub(super) fn position(&self, place: usize) -> [E; 3] {
        [0, 1, 2].map(|c| self.parts[0][4 * place + c])
    }

    /// Copies what a block sees, and the tangents along each of the directions, in whole panels.
    pub(super) fn take(
        &mut self,
        halo: &Halo,
        cell: &Cell,
        coordinates: &Coordinates,
        directions: &[Direction],
        isa: Isa,
    ) {
        (self.len, self.taken) = (halo.len, 1 + directions.len());
        if self.parts.len() < self.taken {
            self.parts.resize_with(self.taken, Lines::default);
        }
        // f64 has digits enough for absolute positions
        let middle = if size_of::<E>() < size_of::<f64>() {
            cell.cartesian(halo.middle)
        } else {
            Vec3::zeros()
        };
        let padding = halo.padding.map(|s| cell.cartesian(s) - middle);
        let copy = TakeRows {
            halo,
            rows: &coordinates.rows,
            edges: [0, 1, 2].map(|k| cell.edge(k)),
            middle,
            padding,
            out: self.rows_mut(0),
        };
        dispatch::<f64, _>(isa, copy);
        for (k, (direction, rows)) in directions.iter().zip(&coordinates.tangents).enumerate() {
            let copy = TakeRows {
                halo,
                rows,
                edges: [0, 1, 2].map(|k| direction.strain * cell.edge(k)),
                middle: Vec3::zeros(),
                padding: [Vec3::zeros(); 2],
                out: self.rows_mut(1 + k),
            };
            dispatch::<f64, _>(isa, copy);
        }
    }

    /// The rows of a part, as many as there are places and as make whole panels.
    fn rows_mut(&mut self, part: usize) -> &mut [[E; 4]] {
        let rows = &mut self.parts[part];
        rows.resize(4 * self.len.next_multiple_of(PANEL));
        rows.as_chunks_mut().0
    }
}

/// Fills the rows of one part: own rows, padding, the halo by slot and translation.
struct TakeRows<'a, E> {
    halo: &'a Halo,
    rows: &'a [Row],
    edges: [Vec3; 3],
    middle: Vec3,
    padding: [Vec3; 2],
    out: &'a mut [[E; 4]],
}

impl<E: Element> Kernel for TakeRows<'_, E> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane<Element = f64>>(self) {
        let Self {
            halo,
            rows,
            edges,
            middle,
            padding,
            out,
        } = self;
        let (own, rest) = out.split_at_mut(halo.lanes);
        let (own, unused) = own.split_at_mut(halo.own);
        let origin = [-middle.x, -middle.y, -middle.z, 0.0];
        translate::<E, L>(&rows[halo.first..halo.first + halo.own], origin, own);
        unused.fill(narrow([padding[0].x, padding[0].y, padding[0].z, 0.0]));
        let mut at = 0;
        for s in &halo.stretches {
            let (slot, count) = (s.slot as usize, s.count as usize);
            let mut by = origin;
            for k in 0..3 {
                for c in 0..3 {
                    by[c] += f64::from(s.shift[k]) * edges[k][c];
                }
            }
            translate::<E, L>(&rows[slot..slot + count], by, &mut rest[at..at + count]);
            at += count;
        }
        rest[at..].fill(narrow([padding[1].x, padding[1].y, padding[1].z, 0.0]));
    }
}

/// Copies rows with a translation: one row or two a register, as they lie in memory.
#[inline(always)]
fn translate<E: Element, L: Lane<Element = f64>>(rows: &[Row], by: [f64; 4], out: &mut [[E; 4]]) {
    let count = rows.len();
    assert!(out.len() == count);
    // no closure around lane arithmetic: see `order`
    let mut shift = [L::lit(0.0); 4];
    for step in 0..4 {
        shift[step] = L::from_fn(|lane| by[(step + lane) % 4]);
    }
    let (from, to) = (rows.as_ptr().cast::<f64>(), out.as_mut_ptr().cast::<E>());
    let whole = 4 * count / L::WIDTH * L::WIDTH;
    let mut at = 0;
    while at < whole {
        // SAFETY: both hold four numbers a row, and `at` + WIDTH is at most the number of numbers.
        unsafe { E::put(L::load(from.add(at)) + shift[at % 4], to.add(at)) };
        at += L::WIDTH;
    }
    for k in whole / 4..count {
        let Row(r) = rows[k];
        out[k] = narrow([r[0] + by[0], r[1] + by[1], r[2] + by[2], r[3] + by[3]]);
    }
}

#[inline(always)]
fn narrow<E: Element>(r: [f64; 4]) -> [E; 4] {
    [E::narrow(r[0]), E::narrow(r[1]), E::narrow(r[2]), E::narrow(r[3])]
}
