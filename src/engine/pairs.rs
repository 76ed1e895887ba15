//! Every pair of atoms within a reach, for what is measured on pairs: distributions of distances, bonds, order.

use super::force_field::NeighborStatistics;
use super::halo::Local;
use super::neighbors::{NeighborList, Plan};
use super::sell::Block;
use super::{Configuration, EngineError, Vec3};
use admd_ad::{Element, Isa};
use core::cell::RefCell;
use rayon::prelude::*;

thread_local! {
    static SCRATCH: RefCell<(Local<f64>, Vec<Place>)> = RefCell::default();
}

/// Two atoms, or an atom and an image of another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairOfAtoms {
    /// Index of the first atom, from 0.
    pub first: usize,
    /// Index of the second; the same where an atom meets its own image.
    pub second: usize,
    /// From the first to the second \[length\].
    pub displacement: Vec3,
}

/// All pairs within a reach, each once. The memory of the list is kept from call to call.
///
/// ```
/// use admd_engine::{Cell, Configuration, NearPairs, Vec3};
/// let c = Configuration {
///     cell: Cell::orthogonal([3.0; 3])?,
///     species: vec![0, 0],
///     positions: vec![Vec3::zeros(), Vec3::new(2.9, 0.0, 0.0)],
/// };
/// let mut pairs = NearPairs::new(1.0)?;
/// let found = pairs.fold(&c, Vec::new, |all, pair| all.push(pair))?.concat();
/// assert_eq!(found.len(), 1); // across the face of the cell
/// assert!((found[0].displacement.norm() - 0.1).abs() < 1e-12);
/// # Ok::<(), admd_engine::EngineError>(())
/// ```
#[derive(Debug)]
pub struct NearPairs {
    list: NeighborList,
    reach: f64,
    isa: Isa,
}

impl NearPairs {
    /// Pairs that are at most `reach` apart \[length\]. It may be longer than the cell: then atoms meet several images.
    ///
    /// # Errors
    /// A reach that is no length; an instruction set that is asked for and not there.
    pub fn new(reach: f64) -> Result<Self, EngineError> {
        if !(reach.is_finite() && reach >= 0.0) {
            return Err(EngineError::BadReach { reach });
        }
        Ok(Self {
            list: NeighborList::default(),
            reach,
            isa: Isa::detect()?,
        })
    }

    /// The reach \[length\].
    pub fn reach(&self) -> f64 {
        self.reach
    }

    /// Folds the pairs: those of each block of the list, in an order that the configuration decides, into a value that
    /// begins as `start()`. The values come back in the order of the blocks, so that their sum has the same bits for any
    /// number of threads.
    ///
    /// # Errors
    /// A configuration that has no list.
    pub fn fold<A: Send>(
        &mut self,
        c: &Configuration,
        start: impl Fn() -> A + Sync,
        visit: impl Fn(&mut A, PairOfAtoms) + Sync,
    ) -> Result<Vec<A>, EngineError> {
        let plan = Plan {
            cutoff: self.reach,
            skin: 0.0,
            width: f64::WIDEST,
            species: 1,
            isa: self.isa,
        };
        // bits must not depend on what was seen before
        self.list.forget();
        self.list.ensure(c, &[], plan, &mut NeighborStatistics::default())?;
        let of_block = |block: &Block| {
            let mut value = start();
            SCRATCH.with_borrow_mut(|(local, places)| {
                self.visit(c, block, local, places, |pair| visit(&mut value, pair));
            });
            value
        };
        Ok(self.list.blocks.par_iter().map(of_block).collect())
    }

    fn visit(
        &self,
        c: &Configuration,
        block: &Block,
        local: &mut Local<f64>,
        places: &mut Vec<Place>,
        mut visit: impl FnMut(PairOfAtoms),
    ) {
        let atoms = &self.list.layout.atoms;
        local.take(&block.halo, &c.cell, &self.list.coordinates, &[], self.isa);
        number_places(block, places);
        let reach2 = self.reach * self.reach;
        let mut near = Vec::new();
        // one species: a slice is one segment
        let (entries, width) = (block.entries(), block.width());
        for lane in 0..block.halo.own {
            let from = local.position(lane);
            let slot = places[lane].slot;
            let (slice, within) = (lane / width, lane % width);
            let rows = &entries[block.segment(slice, 0)];
            // half of the list is not wanted, at random: collected without a branch on it
            near.resize(rows.len() / width, (0, Vec3::zeros()));
            let mut count = 0;
            for row in rows.chunks_exact(width) {
                let k = usize::from(row[within]);
                let place = places[k];
                let to = local.position(k);
                let displacement = Vec3::new(to[0] - from[0], to[1] - from[1], to[2] - from[2]);
                near[count] = (place.slot, displacement);
                let ahead = (place.slot > slot) | ((place.slot == slot) & place.ahead);
                let is_near = (place.slot != NOWHERE) & (displacement.norm_squared() <= reach2);
                count += usize::from(ahead & is_near);
            }
            for (other, displacement) in &near[..count] {
                visit(PairOfAtoms {
                    first: atoms[slot as usize] as usize,
                    second: atoms[*other as usize] as usize,
                    displacement: *displacement,
                });
            }
        }
    }
}

/// What stands in a place of a block.
#[derive(Clone, Copy, Debug)]
struct Place {
    slot: u32,
    /// Of the two images at n and −n of an atom itself, is it the one that counts?
    ahead: bool,
}

/// The slot of padding.
const NOWHERE: u32 = u32::MAX;

fn number_places(block: &Block, places: &mut Vec<Place>) {
    let halo = &block.halo;
    let padding = Place {
        slot: NOWHERE,
        ahead: false,
    };
    places.clear();
    places.extend((halo.first..halo.first + halo.own).map(|slot| Place {
        slot: slot as u32,
        ahead: false,
    }));
    places.resize(halo.lanes, padding);
    for s in &halo.stretches {
        let ahead = s.shift > [0; 3];
        places.extend((s.slot..s.slot + s.count).map(|slot| Place { slot, ahead }));
    }
    places.resize(halo.len, padding);
}
