//! The search for the neighbours of a block of slots through the bins.

use super::Cell;
use super::Vec3;
use super::cells::Grid;
use super::coordinates::{Coordinates, Layout};
use super::ghosts::Binned;
use super::rows::{Candidates, keep_near};
use super::sell::{Block, LANES, SLICES};
use admd_ad::{Isa, Kernel, Lane, dispatch};

/// The number of the pair of species a, b is `pairs[a * species + b]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kinds<'a> {
    pub(super) species: usize,
    pub(super) pairs: &'a [u32],
}

/// The sphere around an atom that holds its neighbours, in fractional coordinates.
pub(super) struct Sphere {
    radius2: f64,
    /// Half its extent along each axis.
    half: [f64; 3],
    heights: [f64; 3],
    /// Of the first axis.
    inverse_height: f64,
    /// Are the edges of the cell at right angles, so that gaps along the axes add up as squares?
    orthogonal: bool,
}

impl Sphere {
    pub(super) fn new(cell: &Cell, radius: f64) -> Self {
        let heights = [0, 1, 2].map(|k| cell.height(k));
        let right = |a: usize, b: usize| {
            let (a, b) = (cell.edge(a), cell.edge(b));
            a.dot(&b) == 0.0
        };
        Self {
            radius2: radius * radius,
            half: heights.map(|h| radius / h),
            inverse_height: 1.0 / heights[0],
            heights,
            orthogonal: right(0, 1) && right(0, 2) && right(1, 2),
        }
    }

    /// Half the extent along the first axis of what is near on a line of bins; `None` where nothing is.
    fn half_line(&self, grid: &Grid, s: Vec3, y: usize, z: usize) -> Option<f64> {
        if !self.orthogonal {
            return Some(self.half[0]);
        }
        let gap = |k: usize, bin: usize| grid.gap(k, bin, s[k]) * self.heights[k];
        let left = self.radius2 - gap(1, y).powi(2) - gap(2, z).powi(2);
        (left >= 0.0).then(|| left.sqrt() * self.inverse_height)
    }
}

/// What a search needs.
pub(super) struct Search<'a> {
    pub(super) layout: &'a Layout,
    pub(super) coordinates: &'a Coordinates,
    pub(super) binned: &'a Binned,
    pub(super) cell: &'a Cell,
    pub(super) sphere: Sphere,
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
        let mut rows: [Vec<u32>; LANES] = Default::default();
        for slice in (first..end).step_by(LANES) {
            let mut counts = [0; LANES];
            for lane in 0..LANES {
                if slice + lane < self.layout.atoms.len() {
                    counts[lane] = dispatch(
                        isa,
                        FindRow {
                            search: self,
                            slot: slice + lane,
                            row: &mut rows[lane],
                        },
                    );
                }
            }
            let kind = self.kinds.map(|(of, kinds)| {
                move |lane: usize, j: u32| {
                    kinds.pairs[of[slice + lane] as usize * kinds.species + of[j as usize] as usize]
                }
            });
            block.push(
                core::array::from_fn(|lane| &rows[lane][..counts[lane]]),
                self.layout.padding_slot(),
                kind,
            );
        }
    }
}

/// Writes the neighbours of a slot to the beginning of `row`, which grows as needed, and returns their number.
struct FindRow<'a> {
    search: &'a Search<'a>,
    slot: usize,
    row: &'a mut Vec<u32>,
}

impl Kernel for FindRow<'_> {
    type Output = usize;

    #[inline(always)]
    fn run<L: Lane>(self) -> usize {
        let Self {
            search: Search { binned, sphere, .. },
            slot,
            row,
        } = self;
        let grid = &binned.grid;
        let r = self.search.coordinates.position(slot);
        let s = self.search.cell.fractional(r);
        let mut count = 0;
        for z in grid.along(2, s.z - sphere.half[2])..=grid.along(2, s.z + sphere.half[2]) {
            for y in grid.along(1, s.y - sphere.half[1])..=grid.along(1, s.y + sphere.half[1]) {
                let Some(half) = sphere.half_line(grid, s, y, z) else {
                    continue;
                };
                let line = grid.line(y, z);
                let begin = binned.starts[line + grid.along(0, s.x - half)] as usize;
                let end = binned.starts[line + grid.along(0, s.x + half) + 1] as usize;
                let need = count + (end - begin) + LANES;
                if row.len() < need {
                    row.resize(2 * need, 0);
                }
                count = near::<L>(binned, begin..end, r, sphere.radius2, slot as u32, row, count);
            }
        }
        count
    }
}

/// Appends to `row[..count]` the slots in a range of the bins' order that are within the radius, without `own`.
#[inline(always)]
fn near<L: Lane>(
    binned: &Binned,
    range: core::ops::Range<usize>,
    r: Vec3,
    radius2: f64,
    own: u32,
    row: &mut [u32],
    count: usize,
) -> usize {
    let mut count = count;
    let ([x, y, z], slots) = (&binned.axes, &binned.slots);
    let room = range.end + LANES;
    assert!(room <= x.len() && room <= y.len() && room <= z.len() && room <= slots.len());
    assert!(count + range.len() + LANES <= row.len());
    // in registers, where the writes to the row cannot touch them
    let (x, y, z, slots) = (x.as_ptr(), y.as_ptr(), z.as_ptr(), slots.as_ptr());
    let (rx, ry, rz, limit) = (L::lit(r.x), L::lit(r.y), L::lit(r.z), L::lit(radius2));
    let row = row.as_mut_ptr();
    let mut at = range.start;
    while at < range.end {
        // SAFETY: the assertions above leave room for LANES values at every position of the range, and in the row for all
        // of them and LANES more.
        unsafe {
            let dx = L::load(x.add(at)) - rx;
            let dy = L::load(y.add(at)) - ry;
            let dz = L::load(z.add(at)) - rz;
            let r2 = dx.mul_add(dx, dy.mul_add(dy, dz * dz));
            let candidates = Candidates {
                slots: slots.add(at),
                count: range.end - at,
                own,
            };
            count += keep_near(r2, limit, candidates, row.add(count));
        }
        at += L::WIDTH;
    }
    count
}
