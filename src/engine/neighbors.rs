//! The neighbour list: built with a skin, kept while no pair can have come within the cutoff unseen.
//!
//! Let F be the deformation of the cell since the build and u_i = r_i − F r_i⁰ what an atom moved beside it. A pair that
//! was farther apart than the reach is still farther than σ_min(F) · reach − 2 max|u|, with the smallest singular value of
//! F. The list is valid while that is at least the cutoff; without a change of the cell this is the usual rule that no
//! atom may have moved by more than half the skin.

use super::coordinates::{Coordinates, Fractions, Layout, Leash, MOST_WRAPS, each_chunk};
use super::force_field::NeighborStatistics;
use super::search::{Overfull, Scratch, Search};
use super::sell::Block;
use super::tiles::{Binning, Tiles, counting_sort};
use super::{Cell, Configuration, Direction, EngineError, ListSize, Mat3, Vec3};
use admd_ad::{Isa, dispatch};
use core::cell::RefCell;
use core::ops::Range;
use core::sync::atomic::AtomicU64;
use core::sync::atomic::Ordering::Relaxed;
use rayon::prelude::*;

/// The reach of the list is longer than cutoff + skin by this fraction, against rounding in the distances.
const ROUNDING: f64 = 1e-10;
/// Atoms in a block at most: twice the atoms of a tile of average density.
const MOST_OWN: usize = 1024;
/// Atoms that are looked at for the extent of an open system.
const SAMPLE: usize = 10_000;

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// How to build.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// The largest cutoff \[length\].
    pub(super) cutoff: f64,
    /// By how much the list exceeds it \[length\].
    pub(super) skin: f64,
    /// Atoms in a slice.
    pub(super) width: usize,
    /// Number of species.
    pub(super) species: usize,
    pub(super) isa: Isa,
}

/// Neighbours of every atom, ready for the kernels.
#[derive(Debug, Default)]
pub(super) struct NeighborList {
    pub(super) layout: Layout,
    pub(super) coordinates: Coordinates,
    pub(super) blocks: Vec<Block>,
    /// What the list was built from; `None` asks for a build.
    built: Option<Built>,
    /// Positions by slot at the last build \[length\].
    positions: Vec<Vec3>,
    /// Species of every atom at the last build, and by slot where there are several.
    species: [Vec<u16>; 2],
    reach: f64,
    /// Did the last evaluation build the list?
    fresh: bool,
    bins: Vec<u32>,
    starts: Vec<u32>,
}

#[derive(Debug)]
struct Built {
    cell: Cell,
}

impl NeighborList {
    /// Makes the list valid for a configuration and takes its coordinates.
    ///
    /// # Errors
    /// Positions that are not finite or too far away to be wrapped, a list that [`ListSize`] refuses, or more neighbours than
    /// 16 bits can number.
    pub(super) fn ensure(
        &mut self,
        c: &Configuration,
        directions: &[Direction],
        plan: Plan,
        statistics: &mut NeighborStatistics,
    ) -> Result<(), EngineError> {
        let known = self
            .built
            .as_ref()
            .is_some_and(|b| self.species[0] == c.species && b.cell.periodic() == c.cell.periodic());
        let valid = known && self.refresh(c, plan.cutoff);
        if !valid {
            self.built = None;
            self.build(c, plan)?;
            self.built = Some(Built { cell: c.cell.clone() });
            statistics.builds += 1;
            statistics.entries = self.blocks.iter().map(Block::count).sum();
            statistics.dangerous += u64::from(known && self.fresh && plan.skin > 0.0);
        }
        self.fresh = !valid;
        self.coordinates.incline(&self.layout, directions);
        Ok(())
    }

    /// The next [`NeighborList::ensure`] builds.
    pub(super) fn forget(&mut self) {
        self.built = None;
    }

    /// Takes the coordinates. Can no pair have come within the cutoff that the list lacks?
    pub(super) fn refresh(&mut self, c: &Configuration, cutoff: f64) -> bool {
        let Some(built) = &self.built else { return false };
        let (deformation, shrink) = deformation(&built.cell, &c.cell);
        let room = shrink * self.reach - cutoff;
        let leash = Leash {
            built: &self.positions,
            deformation,
            limit2: 0.25 * room * room,
        };
        room >= 0.0 && !self.coordinates.refresh(&self.layout, &c.cell, &c.positions, &leash)
    }

    fn build(&mut self, c: &Configuration, plan: Plan) -> Result<(), EngineError> {
        self.reach = plan.cutoff + plan.skin;
        let reach = self.reach * (1.0 + ROUNDING);
        let tiles = self.sort(c, reach, plan.isa)?;
        self.species[0].clone_from(&c.species);
        self.species[1].clear();
        if plan.species > 1 {
            let of_slots = self.layout.atoms.iter().map(|atom| c.species[*atom as usize]);
            self.species[1].extend(of_slots);
        }
        // a dense spot, or a reach of many times the cell, may show a block more places than it can number
        let mut most = MOST_OWN;
        loop {
            match self.fill(&tiles, &c.cell, reach, plan, most) {
                Ok(()) => return Ok(()),
                Err(Overfull::Places(_)) if most > plan.width => most = (most / 4).max(plan.width),
                Err(Overfull::Entries) => {
                    return Err(EngineError::TooManyEntries {
                        reach: self.reach,
                        allowance: ListSize::allowance(c.len()),
                    });
                }
                Err(Overfull::Places(places)) => {
                    return Err(EngineError::TooManyNeighbors {
                        reach: self.reach,
                        places,
                    });
                }
            }
        }
    }

    /// Sorts the atoms into tiles and takes their coordinates.
    fn sort(&mut self, c: &Configuration, reach: f64, isa: Isa) -> Result<Tiles, EngineError> {
        let (cell, positions) = (&c.cell, &c.positions);
        // no early end, so that the compiler takes several at a time
        let finite = |fine: bool, r: &Vec3| fine & r.x.is_finite() & r.y.is_finite() & r.z.is_finite();
        if !positions.iter().fold(true, finite) {
            refuse(cell, positions)?;
        }
        let [low, high] = region(cell, positions);
        let extent = [0, 1, 2].map(|k| if cell.periodic()[k] { 0.0 } else { high[k] - low[k] });
        let size = ListSize::of_extent(cell, positions.len(), extent, reach);
        if size.is_too_large() {
            let atoms = positions.len();
            return Err(EngineError::TooManyImages { atoms, reach, size });
        }
        let tiles = Tiles::new(cell, low, high, positions.len());
        self.bins.resize(positions.len(), 0);
        let fractions = Fractions::new(cell);
        let lost = each_chunk(&mut self.bins, |first, bins| {
            let binning = Binning {
                tiles: &tiles,
                fractions: &fractions,
                edges: [0, 1, 2].map(|k| cell.edge(k)),
                positions: &positions[first..],
                bins,
            };
            dispatch(isa, binning)
        });
        if lost {
            refuse(cell, positions)?;
        }
        let layout = &mut self.layout;
        let count = tiles.len() * tiles.bins_of_tile();
        let of_layout = [&mut layout.atoms, &mut layout.slots];
        counting_sort(&self.bins, count, &mut self.starts, of_layout);
        self.positions.resize(positions.len(), Vec3::zeros());
        self.coordinates
            .start(layout, (cell, &fractions), positions, &mut self.positions);
        Ok(tiles)
    }

    /// Finds the neighbours, each block by itself.
    fn fill(&mut self, tiles: &Tiles, cell: &Cell, reach: f64, plan: Plan, most: usize) -> Result<(), Overfull> {
        let ranges = divide(tiles, &self.starts, most, plan.width);
        let search = Search {
            coordinates: &self.coordinates,
            tiles,
            starts: &self.starts,
            cell,
            reach,
            width: plan.width,
            species: (&self.species[1], plan.species.max(1)),
        };
        self.blocks.resize_with(ranges.len(), Block::default);
        let most = ListSize::most_entries(self.layout.atoms.len());
        let entries = AtomicU64::new(0);
        let work = |(block, own): (&mut Block, &Range<usize>)| {
            // the sum exceeds the limit or does not, whatever the order: so does the error
            if entries.load(Relaxed) > most {
                return Err(Overfull::Entries);
            }
            SCRATCH.with_borrow_mut(|scratch| search.fill(own.clone(), block, scratch, plan.isa))?;
            if entries.fetch_add(block.count(), Relaxed) + block.count() > most {
                return Err(Overfull::Entries);
            }
            Ok(())
        };
        if ranges.len() <= 1 {
            self.blocks.iter_mut().zip(&ranges).try_for_each(work)
        } else {
            let results: Vec<_> = self.blocks.par_iter_mut().zip(&ranges).map(work).collect();
            // the same error for any number of threads
            results.into_iter().filter_map(Result::err).max().map_or(Ok(()), Err)
        }
    }
}

/// Refuses positions that are no numbers, or that wrapping would leave without digits.
fn refuse(cell: &Cell, positions: &[Vec3]) -> Result<(), EngineError> {
    let periodic = cell.periodic();
    for (atom, &r) in positions.iter().enumerate() {
        let s = cell.fractional(r);
        let fine = |k: usize| s[k].abs() <= MOST_WRAPS || (!periodic[k] && r[k].is_finite());
        if fine(0) && fine(1) && fine(2) {
            continue;
        }
        let position = r.into();
        return Err(if r.iter().all(|x| x.is_finite()) {
            EngineError::FarAway { atom, position }
        } else {
            EngineError::NonFinitePosition { atom, position }
        });
    }
    Ok(())
}

/// The region to divide into tiles, in fractional coordinates: the cell along periodic edges; along open ones where all but
/// the outermost hundredth of the atoms are, for one that has flown off must not make the tiles of the others coarse.
fn region(cell: &Cell, positions: &[Vec3]) -> [[f64; 3]; 2] {
    let (mut low, mut high) = ([0.0; 3], [1.0; 3]);
    let step = positions.len().div_ceil(SAMPLE).max(1);
    for k in (0..3).filter(|&k| !cell.periodic()[k]) {
        let mut sample: Vec<f64> = positions.iter().step_by(step).map(|r| cell.fractional(*r)[k]).collect();
        sample.sort_unstable_by(f64::total_cmp);
        (low[k], high[k]) = match sample.len() {
            0 => (0.0, 0.0),
            n => (sample[n / 100], sample[n - 1 - n / 100]),
        };
    }
    [low, high]
}

/// The slots of each block: a tile, or parts of one that is crowded.
fn divide(tiles: &Tiles, starts: &[u32], most: usize, width: usize) -> Vec<Range<usize>> {
    let bins = tiles.bins_of_tile();
    let mut ranges = Vec::with_capacity(tiles.len());
    for tile in 0..tiles.len() {
        let [begin, end] = [tile * bins, (tile + 1) * bins].map(|bin| starts[bin] as usize);
        let parts = (end - begin).div_ceil(most).max(1);
        let size = (end - begin).div_ceil(parts).next_multiple_of(width);
        for first in (begin..end).step_by(size.max(1)) {
            ranges.push(first..end.min(first + size));
        }
    }
    ranges
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
