//! The list and the force kernel by themselves, so that benchmarks and tests can plug other evaluators into the same loop.

use super::kernel::{BlockSums, ForcePass, PairEvaluator};
use super::neighbors::NeighborList;
use super::order::Value;
use super::search::Kinds;
use super::sell::{LANES, SLICES};
use super::table::Table;
use super::{Configuration, EngineError, NeighborStatistics, Vec3, reduce};
use admd_ad::{Isa, dispatch};

/// A list over one species, and sums of its blocks.
pub struct Laboratory {
    list: NeighborList,
    sums: Vec<BlockSums>,
    isa: Isa,
    /// Cutoff and skin.
    reach: (f64, f64),
}

impl Laboratory {
    /// Builds the list for a cutoff and a skin \[length\].
    ///
    /// # Errors
    /// A configuration that has no list.
    pub fn new(c: &Configuration, cutoff: f64, skin: f64, isa: Isa) -> Result<Self, EngineError> {
        let mut laboratory = Self {
            list: NeighborList::default(),
            sums: Vec::new(),
            isa,
            reach: (cutoff, skin),
        };
        laboratory.rebuild(c)?;
        Ok(laboratory)
    }

    /// Builds the list anew in its old memory, and returns the number of its entries.
    ///
    /// # Errors
    /// A configuration that has no list.
    pub fn rebuild(&mut self, c: &Configuration) -> Result<u64, EngineError> {
        let mut statistics = NeighborStatistics::default();
        let kinds = Kinds {
            species: 1,
            pairs: &[0],
        };
        self.list.forget();
        self.list
            .ensure(c, None, self.reach, (kinds, self.isa), &mut statistics)?;
        self.sums.resize_with(self.list.blocks.len(), BlockSums::default);
        Ok(statistics.entries)
    }

    /// Takes new coordinates of the atoms into the list that is there.
    pub fn refresh(&mut self, c: &Configuration) {
        self.list
            .coordinates
            .refresh(&self.list.layout, &c.cell, &c.positions, None);
    }

    /// Runs the force kernel once over all blocks on this thread.
    pub fn forces<P: PairEvaluator, const ENERGY: bool>(&mut self, coef: P::Coef<f64>) {
        let cutoff2 = self.reach.0 * self.reach.0;
        let table = Table::new::<Value, P::Coef<f64>>(&[(cutoff2, coef)]);
        debug_assert_eq!(table.pairs(), 1);
        for (sums, block) in self.sums.iter_mut().zip(&self.list.blocks) {
            sums.reset(block.lanes(), 1);
            let pass = ForcePass::<P, Value, ENERGY, true>::new(block, &self.list.coordinates, &table, sums);
            dispatch(self.isa, pass);
        }
    }

    /// The forces of the last run, in the order of the atoms \[energy/length\].
    pub fn result(&self) -> Vec<Vec3> {
        let mut out = Vec::new();
        reduce::forces(&self.list.layout, &self.sums, 0, &mut out);
        out
    }

    /// Every entry of the list: atoms i and j, and the image n of the displacement r_j − r_i + Σ nₖ edgeₖ.
    pub fn pairs(&self) -> Vec<(usize, usize, [i32; 3])> {
        let layout = &self.list.layout;
        let mut pairs = Vec::new();
        for slot in 0..layout.atoms.len() {
            let i = layout.atoms[slot] as usize;
            let (block, row) = (slot / (LANES * SLICES), slot % (LANES * SLICES));
            for entry in self.list.blocks[block].row(row / LANES, row % LANES) {
                let entry = entry as usize;
                let Some(j) = layout.atom(entry) else { continue };
                let ghost = entry.checked_sub(layout.first_ghost()).map(|g| layout.ghosts[g]);
                let shift = ghost.map_or([0; 3], |g| layout.shifts[g.shift as usize]);
                let (own, other) = (layout.wraps[slot], layout.wraps[layout.slots[j] as usize]);
                pairs.push((i, j, [0, 1, 2].map(|k| shift[k] + own[k] - other[k])));
            }
        }
        pairs
    }
}
