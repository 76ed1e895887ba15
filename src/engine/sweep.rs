//! One sweep over the blocks of the list, in parallel: all terms on each block, and what is harvested from them in a fixed
//! order of summation.

use super::coordinates::each_chunk;
use super::force_field::Precision;
use super::halo::Local;
use super::neighbors::NeighborList;
use super::pair_term::{PairTerm, Pass, Tables};
use super::sell::Block;
use super::sums::{BlockSums, SYMMETRIC};
use super::{Cell, Mat3, Request, Vec3};
use admd_ad::Isa;
use core::cell::RefCell;
use rayon::prelude::*;

/// What a sweep reads.
pub(super) struct Sweep<'a> {
    pub(super) terms: &'a [Box<dyn PairTerm>],
    /// One a term.
    pub(super) tables: Vec<Tables<'a>>,
    pub(super) list: &'a NeighborList,
    pub(super) cell: &'a Cell,
    pub(super) request: Request<'a>,
    pub(super) isa: Isa,
    pub(super) precision: Precision,
    /// Of which forces are multiples, or 0 \[energy/length\].
    pub(super) quantum: f64,
}

/// Memory of a thread, kept from block to block.
#[derive(Default)]
struct Scratch {
    double: Local<f64>,
    single: Local<f32>,
    sums: BlockSums,
    /// In mixed precision what is summed in double precision still.
    exact: BlockSums,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// What a sweep leaves: forces and energies by slot, sums by block.
#[derive(Debug, Default)]
pub(super) struct Harvest {
    /// Forces of each part: the values, and their tangents along each direction.
    forces: Vec<Vec<Vec3>>,
    /// Energies of each part, where asked for by atom.
    energies: Vec<Vec<f64>>,
    blocks: Vec<BlockHarvest>,
    /// Slopes of all terms in their coefficients, summed over the blocks.
    pub(super) slopes: Vec<f64>,
}

/// Sums over one block.
#[derive(Debug, Default)]
struct BlockHarvest {
    energy: Vec<f64>,
    virial: Vec<[f64; 6]>,
    slopes: Vec<f64>,
}

/// Where one block puts its results by slot: its part of the arrays.
struct Bed<'a> {
    block: &'a Block,
    forces: Vec<&'a mut [Vec3]>,
    energies: Vec<&'a mut [f64]>,
    sums: &'a mut BlockHarvest,
}

impl Sweep<'_> {
    pub(super) fn run(&self, out: &mut Harvest) {
        let atoms = self.list.layout.atoms.len();
        let parts = self.parts();
        let energies = if self.request.per_atom { atoms } else { 0 };
        out.forces.resize_with(parts, Vec::new);
        out.energies.resize_with(parts, Vec::new);
        for (forces, of_atoms) in out.forces.iter_mut().zip(&mut out.energies) {
            forces.resize(atoms, Vec3::zeros());
            of_atoms.resize(energies, 0.0);
        }
        out.blocks.resize_with(self.list.blocks.len(), BlockHarvest::default);
        let mut forces: Vec<_> = out.forces.iter_mut().map(Vec::as_mut_slice).collect();
        let mut energies: Vec<_> = out.energies.iter_mut().map(Vec::as_mut_slice).collect();
        let mut beds = Vec::with_capacity(self.list.blocks.len());
        for (block, sums) in self.list.blocks.iter().zip(&mut out.blocks) {
            let own = block.halo.own;
            beds.push(Bed {
                block,
                forces: forces.iter_mut().map(|rest| take(rest, own)).collect(),
                energies: energies.iter_mut().map(|rest| take(rest, own)).collect(),
                sums,
            });
        }
        let work = |bed: Bed| SCRATCH.with_borrow_mut(|scratch| self.block(bed, scratch));
        if beds.len() <= 1 {
            beds.into_iter().for_each(work);
        } else {
            beds.into_par_iter().for_each(work);
        }
        let slopes = out.blocks.first().map_or(0, |b| b.slopes.len());
        out.slopes.clear();
        out.slopes
            .extend((0..slopes).map(|k| out.blocks.iter().map(|b| b.slopes[k]).sum::<f64>()));
        if out.blocks.is_empty() {
            out.slopes.resize(self.slopes(), 0.0);
        }
    }

    fn parts(&self) -> usize {
        1 + self.request.tangents.len()
    }

    /// Number of slopes of all terms.
    fn slopes(&self) -> usize {
        self.terms.iter().map(|t| self.slopes_of(t.as_ref())).sum()
    }

    fn slopes_of(&self, term: &dyn PairTerm) -> usize {
        if self.request.gradient {
            term.slopes(self.parts())
        } else {
            0
        }
    }

    /// All terms on one block.
    fn block(&self, bed: Bed, scratch: &mut Scratch) {
        let Bed {
            block,
            forces,
            energies,
            sums: out,
        } = bed;
        let Scratch {
            double,
            single,
            sums,
            exact,
        } = scratch;
        let (request, isa) = (self.request, self.isa);
        let energy = request.energy();
        let coordinates = &self.list.coordinates;
        let mixed = self.precision == Precision::Mixed && block.halo.single && self.terms.iter().all(|t| t.is_single());
        let derivatives = request.gradient || !request.tangents.is_empty();
        out.slopes.clear();
        out.slopes.resize(self.slopes(), 0.0);
        // values come from the same kernel whatever else is asked for, so that they have the same bits
        if mixed {
            sums.reset(block.lanes(), 1, 0.0);
            single.take(&block.halo, self.cell, coordinates, &[], isa);
        }
        if !mixed || derivatives {
            exact.reset(block.lanes(), self.parts(), self.quantum);
            double.take(&block.halo, self.cell, coordinates, request.tangents, isa);
        }
        let mut rest = out.slopes.as_mut_slice();
        for (term, tables) in self.terms.iter().zip(&self.tables) {
            let pass = Pass {
                block,
                tables,
                isa,
                energy,
            };
            if mixed {
                term.evaluate_single(pass, single, sums);
            }
            if !mixed || derivatives {
                let wanted = self.slopes_of(term.as_ref());
                term.evaluate(pass, double, exact, take(&mut rest, wanted));
            }
        }
        out.energy.clear();
        out.virial.clear();
        for (p, (forces, energies)) in forces.into_iter().zip(energies).enumerate() {
            let sums = if mixed && p == 0 { &*sums } else { &*exact };
            let [x, y, z] = [0, 1, 2].map(|c| &sums.row(p, c)[..forces.len()]);
            for (k, f) in forces.iter_mut().enumerate() {
                *f = Vec3::new(x[k], y[k], z[k]);
            }
            if energy {
                let of_lanes = &sums.row(p, 3)[..block.halo.own];
                let wanted = energies.len();
                energies.copy_from_slice(&of_lanes[..wanted]);
                out.energy.push(of_lanes.iter().sum());
                out.virial.push(sums.virial[p]);
            }
        }
    }
}

/// The first elements of a slice, which loses them.
fn take<'a, T>(from: &mut &'a mut [T], count: usize) -> &'a mut [T] {
    let all = core::mem::take(from);
    let (own, rest) = all.split_at_mut(count.min(all.len()));
    *from = rest;
    own
}

impl Harvest {
    /// Copies the forces of part `p` to their atoms. Are they all finite?
    pub(super) fn forces(&self, slots: &[u32], p: usize, out: &mut Vec<Vec3>) -> bool {
        out.resize(slots.len(), Vec3::zeros());
        let of_slots = &self.forces[p];
        let bad = each_chunk(out, |first, out| {
            let mut worst = 0.0;
            for (f, slot) in out.iter_mut().zip(&slots[first..]) {
                *f = of_slots[*slot as usize];
                // 0 · x is 0 unless x is infinite or no number
                worst += 0.0 * (f.x + f.y + f.z);
            }
            !(worst == 0.0)
        });
        !bad
    }

    /// Copies the energies of part `p` to their atoms.
    pub(super) fn energies(&self, slots: &[u32], p: usize, out: &mut Vec<f64>) {
        out.resize(slots.len(), 0.0);
        let of_slots = &self.energies[p];
        each_chunk(out, |first, out| {
            for (u, slot) in out.iter_mut().zip(&slots[first..]) {
                *u = of_slots[*slot as usize];
            }
            false
        });
    }

    /// Sum of the energies of part `p`: lane by lane within a block, block by block.
    pub(super) fn energy(&self, p: usize) -> f64 {
        self.blocks.iter().map(|b| b.energy[p]).sum()
    }

    /// Sum of the virials of part `p`, block by block.
    pub(super) fn virial(&self, p: usize) -> Mat3 {
        let mut total = Mat3::zeros();
        for (k, (a, b)) in SYMMETRIC.into_iter().enumerate() {
            let sum: f64 = self.blocks.iter().map(|s| s.virial[p][k]).sum();
            (total[(a, b)], total[(b, a)]) = (sum, sum);
        }
        total
    }
}
