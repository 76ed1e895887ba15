//! The search for the neighbours of a block of slots through the bins.

use super::Cell;
use super::Vec3;
use super::coordinates::{Coordinates, Layout};
use super::ghosts::Binned;
use super::order::Value;
use super::sell::{Block, LANES, SLICES};
use admd_ad::{Isa, Kernel, Lane, dispatch};
use core::ops::Range;

/// No slot has this number.
const NOBODY: u32 = u32::MAX;

/// The number of the pair of species a, b is `pairs[a * species + b]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kinds<'a> {
    pub(super) species: usize,
    pub(super) pairs: &'a [u32],
}

/// What a search needs.
pub(super) struct Search<'a> {
    pub(super) layout: &'a Layout,
    pub(super) coordinates: &'a Coordinates,
    pub(super) binned: &'a Binned,
    pub(super) cell: &'a Cell,
    /// Distance within which atoms are neighbours \[length\].
    pub(super) reach: f64,
    /// Species of every slot, where there are several.
    pub(super) kinds: Option<(&'a [u32], Kinds<'a>)>,
}

impl Search<'_> {
    /// Fills block `b` of the list.
    pub(super) fn fill(&self, b: usize, block: &mut Block, isa: Isa) {
        let first = b * LANES * SLICES;
        let end = self.layout.first_ghost().min(first + LANES * SLICES);
        let kinds = self
            .kinds
            .map_or(1, |(_, k)| k.pairs.iter().max().map_or(0, |m| *m as usize + 1));
        block.clear(first, self.layout.len(), kinds);
        let mut found = Found::default();
        for slice in (first..end).step_by(LANES) {
            dispatch(
                isa,
                FindSlice {
                    search: self,
                    slice,
                    found: &mut found,
                },
            );
            let kind = self.kinds.map(|(of, kinds)| {
                move |lane: usize, j: u32| {
                    kinds.pairs[of[slice + lane] as usize * kinds.species + of[j as usize] as usize]
                }
            });
            block.push(found.rows(), self.layout.padding_slot(), kind);
        }
    }
}

/// The neighbours of one slice, in memory that grows as needed.
#[derive(Default)]
struct Found {
    /// Slots within reach of the box around the slice's atoms.
    candidates: Vec<u32>,
    /// Their coordinates \[length\].
    axes: [Vec<f64>; 3],
    rows: [Vec<u32>; LANES],
    counts: [usize; LANES],
}

impl Found {
    fn rows(&self) -> [&[u32]; LANES] {
        core::array::from_fn(|lane| &self.rows[lane][..self.counts[lane]])
    }
}

/// Finds the neighbours of the atoms of a slice: first what is near to the box around them, then what is near to each.
struct FindSlice<'a> {
    search: &'a Search<'a>,
    slice: usize,
    found: &'a mut Found,
}

impl Kernel for FindSlice<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let Self { search, slice, found } = self;
        let atoms = slice..search.layout.atoms.len().min(slice + LANES);
        found.counts = [0; LANES];
        let count = candidates::<L>(search, atoms.clone(), &mut found.candidates);
        gather::<L>(search, &found.candidates[..count], &mut found.axes);
        for (lane, slot) in atoms.enumerate() {
            let row = &mut found.rows[lane];
            if row.len() < count + LANES {
                row.resize(2 * count + LANES, 0);
            }
            let r = search.coordinates.position(slot);
            let points = Points {
                axes: &found.axes,
                slots: &found.candidates,
            };
            let around = Around {
                corners: Corners { low: r, high: r },
                reach: search.reach,
                own: slot as u32,
            };
            found.counts[lane] = near::<L>(points, 0..count, around, row, 0);
        }
    }
}

/// Writes the slots within reach of the box around some atoms to `out`, followed by room, and returns their number.
#[inline(always)]
fn candidates<L: Lane>(search: &Search, atoms: Range<usize>, out: &mut Vec<u32>) -> usize {
    let Search {
        binned, cell, reach, ..
    } = search;
    let grid = &binned.grid;
    let position = |slot| search.coordinates.position(slot);
    let points = Points {
        axes: &binned.axes,
        slots: &binned.slots,
    };
    let around = Around {
        corners: Corners::of(atoms.clone().map(position)),
        reach: *reach,
        own: NOBODY,
    };
    let Corners { low, high } = Corners::of(atoms.map(|slot| cell.fractional(position(slot))));
    let mut bins = [0..=0, 0..=0, 0..=0];
    for k in 0..3 {
        let half = reach / cell.height(k);
        bins[k] = grid.along(k, low[k] - half)..=grid.along(k, high[k] + half);
    }
    let mut count = 0;
    for z in bins[2].clone() {
        for y in bins[1].clone() {
            let stretch = grid.stretch(bins[0].clone(), y, z);
            let range = binned.starts[stretch.start] as usize..binned.starts[stretch.end] as usize;
            let need = count + range.len() + 2 * LANES;
            if out.len() < need {
                out.resize(2 * need, 0);
            }
            count = near::<L>(points, range, around, out, count);
        }
    }
    // whole lanes of valid slots for `gather` and `near`
    out[count..count + LANES].fill(search.layout.padding_slot());
    count
}

/// Copies the coordinates of slots to one array an axis, in whole lanes.
#[inline(always)]
fn gather<L: Lane>(search: &Search, slots: &[u32], axes: &mut [Vec<f64>; 3]) {
    let room = slots.len() + LANES;
    for axis in axes.iter_mut() {
        if axis.len() < room {
            axis.resize(2 * room, 0.0);
        }
    }
    search.coordinates.assert_slots(search.layout.len(), 1);
    let mut at = 0;
    while at < slots.len() {
        // SAFETY: `candidates` put padding slots behind the slots, and every slot is one of the layout; the axes have room.
        unsafe {
            let r: [L; 3] = search.coordinates.gather::<Value, L>(slots.as_ptr().add(at));
            for k in 0..3 {
                r[k].store(axes[k].as_mut_ptr().add(at));
            }
        }
        at += L::WIDTH;
    }
}

/// An upright box; a point when both corners are the same.
#[derive(Clone, Copy)]
struct Corners {
    low: Vec3,
    high: Vec3,
}

impl Corners {
    /// The smallest box around some positions.
    fn of(positions: impl Iterator<Item = Vec3>) -> Self {
        let (low, high) = (Vec3::repeat(f64::INFINITY), Vec3::repeat(f64::NEG_INFINITY));
        positions.fold(Self { low, high }, |Self { low, high }, r| Self {
            low: low.inf(&r),
            high: high.sup(&r),
        })
    }
}

/// Slots and their coordinates \[length\], one array an axis.
#[derive(Clone, Copy)]
struct Points<'a> {
    axes: &'a [Vec<f64>; 3],
    slots: &'a [u32],
}

/// What is within reach \[length\] of a box, without the slot `own`.
#[derive(Clone, Copy)]
struct Around {
    corners: Corners,
    reach: f64,
    own: u32,
}

/// Appends to `row[..count]` the points in a range that are near a box; the points have LANES more elements than the range
/// needs, and so must `row`. Returns the new count.
#[inline(always)]
fn near<L: Lane>(points: Points, range: Range<usize>, around: Around, row: &mut [u32], mut count: usize) -> usize {
    let Points { axes: [x, y, z], slots } = points;
    let Around { corners, reach, own } = around;
    let Corners { low, high } = corners;
    let room = range.end + LANES;
    assert!(room <= x.len() && room <= y.len() && room <= z.len() && room <= slots.len());
    assert!(count + range.len() + LANES <= row.len());
    // in registers, where the writes to the row cannot touch them
    let (x, y, z, slots) = (x.as_ptr(), y.as_ptr(), z.as_ptr(), slots.as_ptr());
    let (lx, ly, lz) = (L::lit(low.x), L::lit(low.y), L::lit(low.z));
    let (hx, hy, hz) = (L::lit(high.x), L::lit(high.y), L::lit(high.z));
    let (limit, point) = (L::lit(reach * reach), low == high);
    let row = row.as_mut_ptr();
    let mut at = range.start;
    while at < range.end {
        // SAFETY: the assertions above leave room for LANES values at every position of the range, and in the row for all
        // of them and LANES more.
        unsafe {
            let (x, y, z) = (L::load(x.add(at)), L::load(y.add(at)), L::load(z.add(at)));
            let (mut dx, mut dy, mut dz) = (x - lx, y - ly, z - lz);
            if !point {
                let zero = L::lit(0.0);
                dx = (lx - x).max(x - hx).max(zero);
                dy = (ly - y).max(y - hy).max(zero);
                dz = (lz - z).max(z - hz).max(zero);
            }
            let r2 = dx.mul_add(dx, dy.mul_add(dy, dz * dz));
            count += L::keep(!limit.lt(r2), slots.add(at), range.end - at, own, row.add(count));
        }
        at += L::WIDTH;
    }
    count
}
