//! Placing the atoms: wrapped into the cell, in spatial order, with every periodic image that a cutoff can reach.
//!
//! With e_k = reach / height_k an image with fractional coordinates outside [−e_k, 1 + e_k] along a periodic edge is
//! farther than the reach from every point of the cell. All images inside are made, several an atom where the reach
//! exceeds the cell. Along other edges the region is that of the atoms, so that they may fly anywhere.

use super::cells::{Grid, counting_sort};
use super::coordinates::{Ghost, Layout};
use super::{Cell, EngineError, ListSize, Vec3};

/// Cells that an atom may be away from its own, so that wrapping keeps some digits of the position.
const MOST_WRAPS: f64 = 1e9;
/// Bins a reach: 1 to 2 take the same time in a Lennard-Jones melt, within a few percent.
const BINS_PER_REACH: f64 = 1.0;

/// Atoms and images in the order of their bins.
#[derive(Debug, Default)]
pub(super) struct Binned {
    pub(super) grid: Grid,
    /// Position of the first item of each bin in the arrays below, and the end.
    pub(super) starts: Vec<u32>,
    /// Coordinates \[length\], with room for one lane value beyond the end.
    pub(super) axes: [Vec<f64>; 3],
    /// Slots, with the same room.
    pub(super) slots: Vec<u32>,
    bins: Vec<u32>,
    order: Vec<u32>,
}

/// Places the atoms for a list of the given reach \[length\].
///
/// # Errors
/// An atom too far away to be wrapped, or a list that [`ListSize`] refuses.
pub(super) fn place(
    cell: &Cell,
    positions: &[Vec3],
    reach: f64,
    layout: &mut Layout,
    binned: &mut Binned,
) -> Result<(), EngineError> {
    let periodic = cell.periodic();
    let heights = [0, 1, 2].map(|k| cell.height(k));
    let margin = [0, 1, 2].map(|k| if periodic[k] { reach / heights[k] } else { 0.0 });
    let copies: f64 = margin.iter().map(|e| 1.0 + 2.0 * e).product();
    let mut wraps = Vec::with_capacity(positions.len());
    let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
    for (atom, &r) in positions.iter().enumerate() {
        let s = cell.fractional(r);
        let mut n = [0; 3];
        for k in 0..3 {
            if periodic[k] {
                let whole = s[k].floor();
                if whole.abs() > MOST_WRAPS {
                    return Err(EngineError::FarAway {
                        atom,
                        position: r.into(),
                    });
                }
                n[k] = whole as i32;
            } else {
                low[k] = low[k].min(s[k]);
                high[k] = high[k].max(s[k]);
            }
        }
        wraps.push(n);
    }
    let extent = [0, 1, 2].map(|k| (high[k] - low[k]).max(0.0));
    let size = ListSize::of_extent(cell, positions.len(), extent, reach);
    if size.is_too_large() {
        return Err(EngineError::TooManyImages {
            atoms: positions.len(),
            reach,
            size,
        });
    }
    for k in 0..3 {
        if periodic[k] {
            (low[k], high[k]) = (-margin[k], 1.0 + margin[k]);
        }
    }
    let wrapped = |atom: usize| positions[atom] - cell.translation(wraps[atom]);
    let images = (copies * positions.len() as f64) as usize;
    binned.grid = Grid::new(low, high, heights, reach / BINS_PER_REACH, images);
    let grid = &binned.grid;

    binned.bins.clear();
    binned
        .bins
        .extend((0..positions.len()).map(|a| grid.bin(cell.fractional(wrapped(a))) as u32));
    counting_sort(&binned.bins, grid.len(), &mut binned.starts, &mut layout.atoms);
    layout.slots.resize(positions.len(), 0);
    for (slot, &atom) in layout.atoms.iter().enumerate() {
        layout.slots[atom as usize] = slot as u32;
    }
    layout.wraps.clear();
    layout.wraps.extend(layout.atoms.iter().map(|a| wraps[*a as usize]));

    let most = margin.map(|e| if e > 0.0 { e.floor() as i32 + 1 } else { 0 });
    layout.shifts.clear();
    for z in -most[2]..=most[2] {
        for y in -most[1]..=most[1] {
            layout.shifts.extend((-most[0]..=most[0]).map(|x| [x, y, z]));
        }
    }
    layout.ghosts.clear();
    binned.bins.clear();
    for axis in &mut binned.axes {
        axis.clear();
    }
    let mut far = Vec3::zeros();
    let mut take = |r: Vec3| {
        for k in 0..3 {
            binned.axes[k].push(r[k]);
            far[k] = far[k].max(r[k]);
        }
        binned.bins.push(grid.bin(cell.fractional(r)) as u32);
    };
    for &atom in &layout.atoms {
        take(wrapped(atom as usize));
    }
    for (owner, &atom) in layout.atoms.iter().enumerate() {
        let r = wrapped(atom as usize);
        let s = cell.fractional(r);
        let range = [0, 1, 2].map(|k| {
            let first = (-margin[k] - s[k]).ceil().max(-f64::from(most[k])) as i32;
            let last = (1.0 + margin[k] - s[k]).floor().min(f64::from(most[k])) as i32;
            if periodic[k] { first..=last } else { 0..=0 }
        });
        for z in range[2].clone() {
            for y in range[1].clone() {
                for x in range[0].clone() {
                    if [x, y, z] == [0; 3] {
                        continue;
                    }
                    let width = |k: usize| (2 * most[k] + 1) as usize;
                    let shift = ((z + most[2]) as usize * width(1) + (y + most[1]) as usize) * width(0);
                    let (owner, shift) = (owner as u32, (shift + (x + most[0]) as usize) as u32);
                    layout.ghosts.push(Ghost { owner, shift });
                    take(r + cell.translation([x, y, z]));
                }
            }
        }
    }
    layout.padding = [4.0, 2.0].map(|away| cell.fractional(far.add_scalar(away * reach)));
    sort(layout, binned);
    Ok(())
}

/// Brings coordinates and slots, made in the order of the slots, into the order of the bins.
fn sort(layout: &Layout, binned: &mut Binned) {
    counting_sort(&binned.bins, binned.grid.len(), &mut binned.starts, &mut binned.order);
    let (atoms, first_ghost) = (layout.atoms.len(), layout.first_ghost());
    binned.slots.clear();
    binned.slots.extend(binned.order.iter().map(|&item| {
        let item = item as usize;
        (if item < atoms { item } else { item - atoms + first_ghost }) as u32
    }));
    binned.slots.resize(binned.order.len() + super::sell::LANES, 0);
    for axis in &mut binned.axes {
        let mut sorted: Vec<f64> = Vec::with_capacity(axis.len() + super::sell::LANES);
        sorted.extend(binned.order.iter().map(|&item| axis[item as usize]));
        sorted.resize(axis.len() + super::sell::LANES, 0.0);
        *axis = sorted;
    }
}
