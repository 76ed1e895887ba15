//! From the sums of blocks to the answer, in the order of the user's atoms and in a fixed order of summation.

use super::coordinates::{CHUNK, Layout};
use super::kernel::{BlockSums, SYMMETRIC};
use super::sell::{LANES, SLICES};
use super::{Mat3, Vec3};
use rayon::prelude::*;

/// Copies the forces of part `p` to their atoms.
pub(super) fn forces(layout: &Layout, sums: &[BlockSums], p: usize, out: &mut Vec<Vec3>) {
    gather(layout, out, |block, lane| {
        Vec3::from([0, 1, 2].map(|c| sums[block].row(p, c)[lane]))
    });
}

/// Copies the energies of part `p` to their atoms.
pub(super) fn energies(layout: &Layout, sums: &[BlockSums], p: usize, out: &mut Vec<f64>) {
    gather(layout, out, |block, lane| sums[block].row(p, 3)[lane]);
}

/// Sum of the energies of part `p`: lane by lane within a block, block by block.
pub(super) fn energy(layout: &Layout, sums: &[BlockSums], p: usize) -> f64 {
    let of_block = |(b, s): (usize, &BlockSums)| {
        let atoms = (layout.slots.len() - b * LANES * SLICES).min(LANES * SLICES);
        s.row(p, 3)[..atoms].iter().sum::<f64>()
    };
    sums.iter().enumerate().map(of_block).sum()
}

/// Sum of the virials of part `p`, block by block.
pub(super) fn virial(sums: &[BlockSums], p: usize) -> Mat3 {
    let mut total = Mat3::zeros();
    for (k, (a, b)) in SYMMETRIC.into_iter().enumerate() {
        let sum: f64 = sums.iter().map(|s| s.virial[p][k]).sum();
        (total[(a, b)], total[(b, a)]) = (sum, sum);
    }
    total
}

/// Fills `out` with one value an atom from its block and lane.
fn gather<T: Copy + Default + Send>(layout: &Layout, out: &mut Vec<T>, value: impl Fn(usize, usize) -> T + Sync) {
    out.resize(layout.slots.len(), T::default());
    let fill = |(out, slots): (&mut [T], &[u32])| {
        for (x, &slot) in out.iter_mut().zip(slots) {
            let slot = slot as usize;
            *x = value(slot / (LANES * SLICES), slot % (LANES * SLICES));
        }
    };
    if out.len() <= CHUNK {
        fill((out, &layout.slots));
    } else {
        out.par_chunks_mut(CHUNK)
            .zip(layout.slots.par_chunks(CHUNK))
            .for_each(fill);
    }
}
