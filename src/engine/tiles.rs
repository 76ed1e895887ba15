//! The spatial order of atoms: tiles of the cell, columns of a tile, bins along a column.
//!
//! Atoms are sorted tile by tile, so that a block of the list, made of one tile, sees few atoms outside itself; in a tile
//! by columns, up one and down the next, so that consecutive atoms, the lanes of a slice, are close to each other.

use super::coordinates::{Fractions, MOST_WRAPS, WHOLE};
use super::{Cell, Vec3};
use admd_ad::{Kernel, Lane, Mask};

/// Atoms in a tile for a system of some thousand atoms and more: large enough that a block sees few atoms outside itself,
/// small enough that its coordinates stay in the nearest caches.
const TILE: f64 = 512.0;
/// The same for a small system, where a few blocks are needed to give every thread one.
const SMALL_TILE: f64 = 256.0;
/// A system is small below this number of atoms. The limits are constants, so that sums do not depend on the threads.
const SMALL: usize = 2048;
/// Atoms in a cube as wide as a column: those that the search takes together, so that they are a compact group.
const COLUMN: f64 = 16.0;
/// Bins along a column for the length of its side.
const BINS_PER_SIDE: f64 = 8.0;

/// A region in fractional coordinates, divided.
#[derive(Clone, Debug, Default)]
pub(super) struct Tiles {
    low: [f64; 3],
    /// Bins per unit of the fractional coordinate.
    scale: [f64; 3],
    tiles: [usize; 3],
    /// Columns of a tile along x and y, and bins of a column along z.
    bins: [usize; 3],
    periodic: [bool; 3],
}

/// Bins that a search visits: a stretch of consecutive ones, and the translation of the image, in cells.
pub(super) struct Stretch {
    pub(super) bins: core::ops::Range<usize>,
    pub(super) shift: [i32; 3],
}

impl Tiles {
    /// Divides [low, high], which is the whole cell along periodic edges, for `atoms` atoms.
    pub(super) fn new(cell: &Cell, low: [f64; 3], high: [f64; 3], atoms: usize) -> Self {
        // a region without extent has one tile, of any size
        let extent = [0, 1, 2].map(|k| (high[k] - low[k]) * cell.height(k));
        let wanted = if atoms < SMALL { SMALL_TILE } else { TILE };
        let side = side(extent, wanted / atoms.max(1) as f64);
        let tiles = extent.map(|e| (e / side).round().max(1.0));
        let column = self::side(extent, COLUMN / atoms.max(1) as f64);
        // `max` leaves one bin where an extent overflows and the quotient is no number, which `clamp` keeps
        let in_tile = |k: usize, size: f64| (extent[k] / tiles[k] / size).round().clamp(1.0, 64.0).max(1.0);
        let bins = [
            in_tile(0, column),
            in_tile(1, column),
            in_tile(2, column / BINS_PER_SIDE),
        ];
        Self {
            low,
            scale: [0, 1, 2].map(|k| {
                let scale = tiles[k] * bins[k] / (high[k] - low[k]);
                if scale.is_finite() { scale } else { 0.0 }
            }),
            tiles: tiles.map(|n| n as usize),
            bins: bins.map(|n| n as usize),
            periodic: cell.periodic(),
        }
    }

    /// Number of tiles.
    pub(super) fn len(&self) -> usize {
        self.tiles.iter().product()
    }

    /// Number of bins of a tile.
    pub(super) fn bins_of_tile(&self) -> usize {
        self.bins.iter().product()
    }

    fn first_bin(&self, [x, y, z]: [usize; 3]) -> usize {
        ((z * self.tiles[1] + y) * self.tiles[0] + x) * self.bins_of_tile()
    }

    /// The number of a column in its tile, and whether its bins run upwards: the way of an ox that ploughs a field.
    #[inline(always)]
    fn column(&self, x: usize, y: usize) -> (usize, bool) {
        let [nx, _, _] = self.bins;
        let column = y * nx + if y.is_multiple_of(2) { x } else { nx - 1 - x };
        (column, column.is_multiple_of(2))
    }

    /// Visits every bin, images included, that has a point within `reach` \[length\] of the box [low, high] in fractional
    /// coordinates, and some that have none.
    pub(super) fn around(&self, cell: &Cell, [low, high]: [Vec3; 2], reach: f64, mut visit: impl FnMut(Stretch)) {
        let heights = [0, 1, 2].map(|k| cell.height(k));
        let right = cell.is_orthogonal();
        let mut first = [0_i64; 3];
        let mut last = [0_i64; 3];
        for k in 0..3 {
            let margin = reach / heights[k];
            first[k] = ((low[k] - margin - self.low[k]) * self.scale[k]).floor() as i64;
            last[k] = ((high[k] + margin - self.low[k]) * self.scale[k]).floor() as i64;
            if !self.periodic[k] {
                let most = (self.tiles[k] * self.bins[k]) as i64 - 1;
                (first[k], last[k]) = (first[k].clamp(0, most), last[k].clamp(0, most));
            }
        }
        // the squared gap along axis k between the box and each of the bins \[length²\]
        let gaps = [0, 1].map(|k| {
            let size = if self.scale[k] == 0.0 {
                f64::INFINITY
            } else {
                1.0 / self.scale[k]
            };
            let most = (self.tiles[k] * self.bins[k]) as i64 - 1;
            let gap2 = |b: i64| {
                // the outermost bins hold what lies outside
                let outside = !self.periodic[k];
                let bottom = if outside && b == 0 {
                    f64::NEG_INFINITY
                } else {
                    self.low[k] + b as f64 * size
                };
                let top = if outside && b == most {
                    f64::INFINITY
                } else {
                    self.low[k] + (b + 1) as f64 * size
                };
                let gap = (low[k] - top).max(bottom - high[k]).max(0.0) * heights[k];
                if right { gap * gap } else { 0.0 }
            };
            (first[k]..=last[k]).map(gap2).collect::<Vec<_>>()
        });
        let bins = self.bins.map(|n| n as i64);
        let tile_range = |k: usize| first[k].div_euclid(bins[k])..=last[k].div_euclid(bins[k]);
        for tz in tile_range(2) {
            for ty in tile_range(1) {
                for tx in tile_range(0) {
                    let image = [tx, ty, tz];
                    let mut shift = [0; 3];
                    let mut tile = [0; 3];
                    for k in 0..3 {
                        let count = self.tiles[k] as i64;
                        shift[k] = image[k].div_euclid(count) as i32;
                        tile[k] = image[k].rem_euclid(count) as usize;
                    }
                    let clip = |k: usize| {
                        let base = image[k] * bins[k];
                        [(first[k] - base).max(0), (last[k] - base).min(bins[k] - 1)]
                    };
                    let [[x0, x1], [y0, y1], [z0, z1]] = [clip(0), clip(1), clip(2)];
                    for y in y0..=y1 {
                        let gap_y = gaps[1][(ty * bins[1] + y - first[1]) as usize];
                        let row = if y % 2 == 0 { [x0, x1, 1] } else { [x1, x0, -1] };
                        let mut x = row[0];
                        while (x - row[1]) * row[2] <= 0 {
                            let near = gaps[0][(tx * bins[0] + x - first[0]) as usize] + gap_y <= reach * reach;
                            if near && z0 <= z1 {
                                let (column, up) = self.column(x as usize, y as usize);
                                let (a, b) = if up {
                                    (z0, z1)
                                } else {
                                    (bins[2] - 1 - z1, bins[2] - 1 - z0)
                                };
                                let base = self.first_bin(tile) + column * self.bins[2];
                                visit(Stretch {
                                    bins: base + a as usize..base + b as usize + 1,
                                    shift,
                                });
                            }
                            x += row[2];
                        }
                    }
                }
            }
        }
    }
}

/// Finds the bins of atoms; what lies outside belongs to the outermost bins. Is an atom too far away to be wrapped?
pub(super) struct Binning<'a> {
    pub(super) tiles: &'a Tiles,
    pub(super) fractions: &'a Fractions,
    pub(super) edges: [Vec3; 3],
    pub(super) positions: &'a [Vec3],
    pub(super) bins: &'a mut [u32],
}

/// Atoms whose coordinates are put side by side at a time.
const BATCH: usize = 64;

impl Kernel<f64> for Binning<'_> {
    type Output = bool;

    #[inline(always)]
    fn run<L: Lane<Element = f64>>(self) -> bool {
        let Self {
            tiles,
            fractions,
            edges: vectors,
            positions,
            bins,
        } = self;
        let (mut inverse, mut edges) = ([[L::lit(0.0); 3]; 3], [[L::lit(0.0); 3]; 3]);
        for k in 0..3 {
            for c in 0..3 {
                inverse[k][c] = L::lit(fractions.columns[c][k]);
                edges[k][c] = L::lit(vectors[c][k]);
            }
        }
        let (zero, half, most_wraps) = (L::lit(0.0), L::lit(0.5), L::lit(MOST_WRAPS));
        let count = [0, 1, 2].map(|k| tiles.bins[k] as f64);
        let mut fine = L::Mask::splat(true);
        let mut r = [[0.0; BATCH]; 3];
        let mut found = [0.0; BATCH];
        for (bins, positions) in bins.chunks_mut(BATCH).zip(positions.chunks(BATCH)) {
            for (k, position) in positions.iter().enumerate() {
                for axis in 0..3 {
                    r[axis][k] = position[axis];
                }
            }
            for at in (0..BATCH).step_by(L::WIDTH) {
                let mut here = [zero; 3];
                for axis in 0..3 {
                    // SAFETY: a batch is a whole number of registers of any width.
                    here[axis] = unsafe { L::load(r[axis].as_ptr().add(at)) };
                }
                let mut wraps = [zero; 3];
                for k in 0..3 {
                    // the operations of `Fractions::wrap`, so that the same atoms are wrapped
                    let s = inverse[k][0] * here[0] + inverse[k][1] * here[1] + inverse[k][2] * here[2];
                    fine = fine & s.abs().lt(most_wraps);
                    if tiles.periodic[k] {
                        wraps[k] = down(s);
                    }
                }
                let mut wrapped = here;
                for k in 0..3 {
                    let by = edges[k][0] * wraps[0] + edges[k][1] * wraps[1] + edges[k][2] * wraps[2];
                    wrapped[k] = here[k] - by;
                }
                let (mut tile, mut within) = ([zero; 3], [zero; 3]);
                for k in 0..3 {
                    let s = inverse[k][0] * wrapped[0] + inverse[k][1] * wrapped[1] + inverse[k][2] * wrapped[2];
                    let last = tiles.tiles[k] as f64 * count[k] - 1.0;
                    // in this order what is no number becomes zero
                    let bin = zero.max((s - tiles.low[k]) * tiles.scale[k]).min(L::lit(last));
                    let bin = down(bin);
                    tile[k] = down((bin + half) * (1.0 / count[k]));
                    within[k] = bin - tile[k] * count[k];
                }
                // as `first_bin` and `column`, in whole numbers that f64 holds exactly
                let [x, y, z] = within;
                let x = L::select(is_even(y), x, L::lit(count[0] - 1.0) - x);
                let column = y * count[0] + x;
                let z = L::select(is_even(column), z, L::lit(count[2] - 1.0) - z);
                let [tx, ty, tz] = tile;
                let tile = (tz * (tiles.tiles[1] as f64) + ty) * (tiles.tiles[0] as f64) + tx;
                let bin = tile * (tiles.bins_of_tile() as f64) + column * count[2] + z;
                // SAFETY: as above.
                unsafe { (bin + WHOLE).store(found.as_mut_ptr().add(at)) };
            }
            for (bin, found) in bins.iter_mut().zip(&found) {
                *bin = found.to_bits() as u32;
            }
        }
        !fine.all()
    }
}

/// The next whole number below, of a number up to some 10⁹.
#[inline(always)]
fn down<L: Lane>(x: L) -> L {
    let whole = (x + WHOLE) + (-WHOLE);
    whole - L::select(x.lt(whole), L::lit(1.0), L::lit(0.0))
}

#[inline(always)]
fn is_even<L: Lane>(whole: L) -> L::Mask {
    (whole - down(whole * 0.5) * 2.0).lt(L::lit(0.5))
}

/// The side of a cube that holds the given share of a box, cut where the box is thinner.
fn side(extent: [f64; 3], share: f64) -> f64 {
    let mut thin = [false; 3];
    loop {
        let free = thin.iter().filter(|t| !**t).count();
        let volume: f64 = (0..3).filter(|&k| !thin[k]).map(|k| extent[k]).product();
        if free == 0 {
            return f64::INFINITY;
        }
        let side = (volume * share).powf(1.0 / free as f64);
        let mut cut = false;
        for k in 0..3 {
            // a box that holds less than the share along this edge takes no part in the division
            let holds_it = extent[k] > 0.5 * side;
            if !thin[k] && !holds_it {
                (thin[k], cut) = (true, true);
            }
        }
        if !cut {
            return side;
        }
    }
}

/// Puts items in the order of their bins: `starts` gets the first position of each bin and the end, `order` the items,
/// `positions` the position of each item. Items of one bin keep their order.
pub(super) fn counting_sort(bins: &[u32], count: usize, starts: &mut Vec<u32>, [order, positions]: [&mut Vec<u32>; 2]) {
    starts.clear();
    starts.resize(count + 1, 0);
    for &b in bins {
        starts[b as usize + 1] += 1;
    }
    for b in 0..count {
        starts[b + 1] += starts[b];
    }
    order.resize(bins.len(), 0);
    positions.resize(bins.len(), 0);
    for (item, (&b, position)) in bins.iter().zip(positions).enumerate() {
        let next = &mut starts[b as usize];
        order[*next as usize] = item as u32;
        *position = *next;
        *next += 1;
    }
    // each start has moved to the end of its bin, which is the start of the next
    starts.copy_within(0..count, 1);
    starts[0] = 0;
}
