//! The neighbour list: built with a skin, kept while no pair can have come within the cutoff unseen.
//!
//! Let F be the deformation of the cell since the build and u_i = r_i − F r_i⁰ what an atom moved beside it. A pair that
//! was farther apart than the reach is still farther than σ_min(F) · reach − 2 max|u|, with the smallest singular value of
//! F. The list is valid while that is at least the cutoff; without a change of the cell this is the usual rule that no
//! atom may have moved by more than half the skin.

use super::coordinates::{CHUNK, Coordinates, Layout};
use super::force_field::NeighborStatistics;
use super::ghosts::{Binned, place};
use super::search::{Kinds, Search};
use super::sell::{Block, LANES, SLICES};
use super::{Cell, Configuration, Direction, EngineError, Mat3, Vec3};
use admd_ad::Isa;
use rayon::prelude::*;

/// The reach of the list is longer than cutoff + skin by this fraction, against rounding in the distances.
const ROUNDING: f64 = 1e-10;

/// Neighbours of every atom, ready for the kernels.
#[derive(Debug, Default)]
pub(super) struct NeighborList {
    pub(super) layout: Layout,
    pub(super) coordinates: Coordinates,
    pub(super) blocks: Vec<Block>,
    binned: Binned,
    /// What the list was built from.
    built: Option<Configuration>,
    reach: f64,
    /// Did the last evaluation build the list?
    fresh: bool,
}

impl NeighborList {
    /// Makes the list valid for a configuration and takes its coordinates.
    ///
    /// # Errors
    /// As [`place`].
    pub(super) fn ensure(
        &mut self,
        c: &Configuration,
        direction: Option<&Direction>,
        (cutoff, skin): (f64, f64),
        (kinds, isa): (Kinds, Isa),
        statistics: &mut NeighborStatistics,
    ) -> Result<(), EngineError> {
        let known = self
            .built
            .as_ref()
            .is_some_and(|b| b.species == c.species && b.cell.periodic() == c.cell.periodic());
        let valid = known && self.is_valid(c, cutoff);
        if !valid {
            self.built = None;
            self.reach = cutoff + skin;
            place(
                &c.cell,
                &c.positions,
                self.reach * (1.0 + ROUNDING),
                &mut self.layout,
                &mut self.binned,
            )?;
        }
        self.coordinates.refresh(&self.layout, &c.cell, &c.positions, direction);
        if !valid {
            self.fill(c, kinds, isa);
            self.built = Some(c.clone());
            statistics.builds += 1;
            statistics.entries = self.blocks.iter().map(Block::count).sum();
            statistics.dangerous += u64::from(known && self.fresh && skin > 0.0);
        }
        self.fresh = !valid;
        Ok(())
    }

    /// The next [`NeighborList::ensure`] builds.
    pub(super) fn forget(&mut self) {
        self.built = None;
    }

    /// Can no pair have come within the cutoff that the list lacks?
    fn is_valid(&self, c: &Configuration, cutoff: f64) -> bool {
        let Some(built) = &self.built else { return false };
        let (deformation, shrink) = deformation(&built.cell, &c.cell);
        let room = shrink * self.reach - cutoff;
        let moved = |(now, then): (&[Vec3], &[Vec3])| {
            let squares = now.iter().zip(then).map(|(r, r0)| match &deformation {
                None => (r - r0).norm_squared(),
                Some(f) => (r - f * r0).norm_squared(),
            });
            squares.fold(0.0, f64::max)
        };
        let chunks = c.positions.par_chunks(CHUNK).zip(built.positions.par_chunks(CHUNK));
        let most2 = if c.len() <= CHUNK {
            moved((&c.positions, &built.positions))
        } else {
            chunks.map(moved).reduce(|| 0.0, f64::max)
        };
        room >= 0.0 && 4.0 * most2 <= room * room
    }

    /// Finds the neighbours, each block of slots by itself.
    fn fill(&mut self, c: &Configuration, kinds: Kinds, isa: Isa) {
        let Self {
            layout,
            coordinates,
            blocks,
            binned,
            ..
        } = self;
        let species: Option<Vec<u32>> = (kinds.species > 1).then(|| {
            let of = |slot: usize| layout.atom(slot).map_or(0, |atom| c.species[atom].into());
            (0..layout.len()).map(of).collect()
        });
        let search = Search {
            layout,
            coordinates,
            binned,
            cell: &c.cell,
            reach: self.reach * (1.0 + ROUNDING),
            kinds: species.as_deref().map(|s| (s, kinds)),
        };
        blocks.resize_with(layout.first_ghost().div_ceil(LANES * SLICES), Block::default);
        let build = |(b, block): (usize, &mut Block)| search.fill(b, block, isa);
        if blocks.len() <= 1 {
            blocks.iter_mut().enumerate().for_each(build);
        } else {
            blocks.par_iter_mut().enumerate().for_each(build);
        }
    }
}

/// The deformation between two cells with its smallest singular value; `None` stands for none at all.
fn deformation(from: &Cell, to: &Cell) -> (Option<Mat3>, f64) {
    if (0..3).all(|k| from.edge(k) == to.edge(k)) {
        return (None, 1.0);
    }
    let columns = [Vec3::x(), Vec3::y(), Vec3::z()].map(|axis| to.cartesian(from.fractional(axis)));
    let f = Mat3::from_columns(&columns);
    let shrink = f.singular_values().min();
    (Some(f), shrink)
}
