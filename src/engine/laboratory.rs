//! The list and the force kernel by themselves, so that benchmarks and tests can plug other evaluators into the same
//! loop.

use super::by_hand::{self, ByHand, Coefficients};
use super::force_field::Precision;
use super::kernel::{ByDual, ForcePass, PairEvaluator};
use super::neighbors::{NeighborList, Plan};
use super::order::Plain;
use super::sums::{BlockSums, Parts};
use super::table::Table;
use super::{Configuration, EngineError, NeighborStatistics, Vec3};
use admd_ad::{Element, Isa, dispatch};
use admd_potentials::form::truncation::Shifted;
use admd_potentials::lennard_jones::LennardJones;

pub use super::halo::Local;

/// Who evaluates the pairs of a Lennard-Jones fluid, all in the same loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairs {
    /// The slope written by hand.
    ByHand,
    /// The slope by automatic differentiation, as in every run.
    Automatic,
    /// Likewise, with energy and virial.
    WithEnergy,
}

/// A list over one species, and sums of its blocks.
pub struct Laboratory {
    list: NeighborList,
    sums: Vec<BlockSums>,
    plan: Plan,
    cell: super::Cell,
    precision: Precision,
    local: (Local<f64>, Local<f32>),
}

impl Laboratory {
    /// Builds the list for a cutoff and a skin \[length\].
    ///
    /// # Errors
    /// A configuration that has no list.
    pub fn new(c: &Configuration, cutoff: f64, skin: f64, isa: Isa, precision: Precision) -> Result<Self, EngineError> {
        let mut laboratory = Self {
            list: NeighborList::default(),
            sums: Vec::new(),
            plan: Plan {
                cutoff,
                skin,
                width: precision.width(),
                species: 1,
                isa,
            },
            cell: c.cell.clone(),
            precision,
            local: Default::default(),
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
        self.list.forget();
        self.list.ensure(c, &[], self.plan, &mut statistics)?;
        self.sums.resize_with(self.list.blocks.len(), BlockSums::default);
        self.cell.clone_from(&c.cell);
        Ok(statistics.entries)
    }

    /// Takes new coordinates of the atoms into the list that is there. Is it valid still?
    pub fn refresh(&mut self, c: &Configuration) -> bool {
        self.cell.clone_from(&c.cell);
        self.list.refresh(c, self.plan.cutoff)
    }

    /// Copies what each block sees, and does nothing with it.
    pub fn copy(&mut self) {
        let (list, cell, isa) = (&self.list, &self.cell, self.plan.isa);
        for block in &list.blocks {
            match self.precision {
                Precision::Double => self.local.0.take(&block.halo, cell, &list.coordinates, &[], isa),
                Precision::Mixed => self.local.1.take(&block.halo, cell, &list.coordinates, &[], isa),
            }
        }
    }

    /// Runs the force kernel of Lennard-Jones, ε = σ = 1, shifted to zero at the cutoff, once over all blocks on this
    /// thread and in the precision of the list.
    pub fn lennard_jones(&mut self, pairs: Pairs) {
        // the compiler must not see the numbers: no run does
        let coef = core::hint::black_box(by_hand::coefficients(self.plan.cutoff));
        let mut local = core::mem::take(&mut self.local);
        match self.precision {
            Precision::Double => self.run(pairs, coef, &mut local.0),
            Precision::Mixed => self.run(pairs, coef, &mut local.1),
        }
        self.local = local;
    }

    fn run<E: Element>(&mut self, pairs: Pairs, coef: Coefficients<f64>, local: &mut Local<E>) {
        type Automatic = ByDual<Shifted<LennardJones>>;
        match pairs {
            Pairs::ByHand => self.forces::<ByHand, E, false>(coef, local),
            Pairs::Automatic => self.forces::<Automatic, E, false>(coef, local),
            Pairs::WithEnergy => self.forces::<Automatic, E, true>(coef, local),
        }
    }

    /// Runs the force kernel once over all blocks on this thread.
    pub fn forces<P: PairEvaluator, E: Element, const ENERGY: bool>(
        &mut self,
        coef: P::Coef<f64>,
        local: &mut Local<E>,
    ) {
        let cutoff2 = self.plan.cutoff * self.plan.cutoff;
        let table = Table::new::<P::Coef<f64>>(&[(cutoff2, coef)], vec![0]);
        let isa = self.plan.isa;
        for (sums, block) in self.sums.iter_mut().zip(&self.list.blocks) {
            sums.reset(block.lanes(), 1, 0.0);
            local.take(&block.halo, &self.cell, &self.list.coordinates, &[], isa);
            let pass = ForcePass::<P, Plain, E, 0, ENERGY>::new(block, local, &table, Parts::VALUES, sums, &mut []);
            dispatch(isa, pass);
        }
    }

    /// The forces of the last run, in the order of the atoms \[energy/length\].
    pub fn result(&self) -> Vec<Vec3> {
        let layout = &self.list.layout;
        let mut out = vec![Vec3::zeros(); layout.atoms.len()];
        for (sums, block) in self.sums.iter().zip(&self.list.blocks) {
            for lane in 0..block.halo.own {
                let atom = layout.atoms[block.halo.first + lane] as usize;
                out[atom] = Vec3::from([0, 1, 2].map(|c| sums.row(0, c)[lane]));
            }
        }
        out
    }

    /// Every entry of the list: atoms i and j, and the image n of the displacement r_j − r_i + Σ nₖ edgeₖ.
    pub fn pairs(&self) -> Vec<(usize, usize, [i32; 3])> {
        let layout = &self.list.layout;
        let mut pairs = Vec::new();
        for block in &self.list.blocks {
            for lane in 0..block.halo.own {
                let slot = block.halo.first + lane;
                for place in block.row(lane) {
                    let Some((other, shift)) = block.halo.slot(place) else {
                        continue;
                    };
                    let (own, its) = (layout.wraps[slot], layout.wraps[other]);
                    let image = [0, 1, 2].map(|k| shift[k] + own[k] - its[k]);
                    pairs.push((layout.atoms[slot] as usize, layout.atoms[other] as usize, image));
                }
            }
        }
        pairs
    }
}
