//! The search for the neighbours of one block.
//!
//! The halo comes from the bins. Distances are then compared in f32 relative to the middle of the block, with a reach
//! lengthened by more than the rounding, so that no pair is missed: sixteen at a time on AVX-512. Panels of sixteen places
//! that are far from a group of sixteen atoms are passed over, then single places, and what is left is compared with each
//! atom.

use super::coordinates::Coordinates;
use super::halo::{Halo, PANEL, Stretch};
use super::panels::{Digits, Few, Space, TOGETHER, TOLERANCE, compare};
use super::sell::{Block, Rows, WIDEST};
use super::tiles::Tiles;
use super::{Cell, Vec3};
use admd_ad::{Isa, Kernel, Lane, dispatch};
use core::ops::Range;

/// Half the width of a block, with its halo, up to which kernels may work on it in f32, as a multiple of the reach: twice
/// that of a block of a liquid, so that positions are rounded by less than 1e-6 of the reach.
const WIDEST_BLOCK: f64 = 12.0;

/// What a search needs.
pub(super) struct Search<'a> {
    pub(super) coordinates: &'a Coordinates,
    pub(super) tiles: &'a Tiles,
    /// First slot of each bin, and the end.
    pub(super) starts: &'a [u32],
    pub(super) cell: &'a Cell,
    /// Distance within which atoms are neighbours \[length\].
    pub(super) reach: f64,
    /// Atoms in a slice.
    pub(super) width: usize,
    /// Species of each slot, and how many there are.
    pub(super) species: (&'a [u16], usize),
}

/// Memory of a search, kept from block to block.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    single: Space<f32>,
    double: Space<f64>,
    rows: Rows,
    /// Species of each place.
    kinds: Vec<u16>,
}

/// A block that cannot be listed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Overfull {
    /// It sees more places than 16 bits can number.
    Places(usize),
    /// With the blocks before, it has more entries than the memory that a list may take.
    Entries,
}

impl Search<'_> {
    /// Fills a block for the given slots.
    pub(super) fn fill(
        &self,
        own: Range<usize>,
        block: &mut Block,
        scratch: &mut Scratch,
        isa: Isa,
    ) -> Result<(), Overfull> {
        let extent = self.surround(own, &mut block.halo)?;
        block.halo.single = 0.5 * extent + self.reach <= WIDEST_BLOCK * self.reach;
        let (species, count) = self.species;
        let halo = &block.halo;
        let of_own = halo.first..halo.first + halo.own;
        block.clear(self.width, count, species.get(of_own).unwrap_or(&[]).iter().copied());
        let halo = &block.halo;
        if count > 1 {
            scratch.kinds.clear();
            scratch
                .kinds
                .extend_from_slice(&species[halo.first..halo.first + halo.own]);
            scratch.kinds.resize(halo.lanes, 0);
            for s in &halo.stretches {
                let slot = s.slot as usize;
                scratch.kinds.extend_from_slice(&species[slot..slot + s.count as usize]);
            }
            scratch.kinds.push(0);
        }
        let Scratch {
            single,
            double,
            rows,
            kinds,
        } = scratch;
        // f32 has the digits, and the squares are within its range
        let in_range = (1e-15..1e15).contains(&self.reach);
        if in_range && f32::ROUNDING * (extent + self.reach) < TOLERANCE * self.reach {
            self.find(block, single, rows, kinds, isa);
        } else {
            self.find(block, double, rows, kinds, isa);
        }
        block.fit();
        Ok(())
    }

    fn find<E: Digits>(&self, block: &mut Block, space: &mut Space<E>, rows: &mut Rows, kinds: &[u16], isa: Isa) {
        space.local.take(&block.halo, self.cell, self.coordinates, &[], isa);
        let search = self;
        dispatch::<E, _>(
            isa,
            FindBlock {
                search,
                block,
                space,
                rows,
                kinds,
            },
        );
    }

    /// Collects what is within reach of some slots. Returns the extent of the slots \[length\].
    fn surround(&self, own: Range<usize>, halo: &mut Halo) -> Result<f64, Overfull> {
        let cell = self.cell;
        let fractional = |slot: usize| cell.fractional(self.coordinates.position(slot));
        let (mut low, mut high) = (Vec3::repeat(f64::INFINITY), Vec3::repeat(f64::NEG_INFINITY));
        for slot in own.clone() {
            let s = fractional(slot);
            (low, high) = (low.inf(&s), high.sup(&s));
        }
        halo.first = own.start;
        halo.own = own.len();
        halo.lanes = own.len().next_multiple_of(self.width);
        halo.middle = (low + high) * 0.5;
        // far away, where a reach is below the last digit, it takes more than a reach to be somewhere else
        let margin = Vec3::from_fn(|k, _| (self.reach / cell.height(k)).max(1e-9 * high[k].abs()));
        // each padding is farther than the reach from the box of the own slots and from the other
        halo.padding = [3.0, 6.0].map(|away| high + margin * away);
        halo.stretches.clear();
        let mut places = halo.lanes + 1;
        self.tiles.around(cell, [low, high], self.reach, |found| {
            let slots = self.starts[found.bins.start]..self.starts[found.bins.end];
            // the own places come first, as themselves
            let (own_start, own_end) = (own.start as u32, own.end as u32);
            let parts = if found.shift == [0; 3] {
                [
                    slots.start..slots.end.min(own_start),
                    slots.start.max(own_end)..slots.end,
                ]
            } else {
                [slots, 0..0]
            };
            for part in parts {
                if part.start >= part.end {
                    continue;
                }
                let count = part.end - part.start;
                places += count as usize;
                if places >= 1 << 16 {
                    continue;
                }
                match halo.stretches.last_mut() {
                    Some(last) if last.slot + last.count == part.start && last.shift == found.shift => {
                        last.count += count;
                    }
                    _ => halo.stretches.push(Stretch {
                        slot: part.start,
                        count,
                        shift: found.shift,
                    }),
                }
            }
        });
        halo.stretches.shrink_to_fit();
        halo.len = places;
        if places >= 1 << 16 {
            return Err(Overfull::Places(places));
        }
        Ok((0..3).map(|k| (high[k] - low[k]) * cell.edge(k).norm()).sum())
    }
}

/// Finds the neighbours of the atoms of a block.
struct FindBlock<'a, E> {
    search: &'a Search<'a>,
    block: &'a mut Block,
    space: &'a mut Space<E>,
    rows: &'a mut Rows,
    kinds: &'a [u16],
}

impl<E: Digits> Kernel<E> for FindBlock<'_, E> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane<Element = E>>(self) {
        let Self {
            search,
            block,
            space,
            rows,
            kinds,
        } = self;
        let width = search.width;
        let (own, lanes) = (block.halo.own, block.halo.lanes);
        let padding = block.halo.padding_place() as u16;
        let (panels, largest) = space.lay_out::<L>(&block.halo, search.reach);
        let reach = search.reach * (1.0 + E::ROUNDING) + largest * E::ROUNDING;
        // what is far stays far
        let limit2 = L::lit((reach * reach).min(0.25 * E::FAR * E::FAR));
        let species = search.species.1;
        let mut segments = vec![0..0; species];
        for group in (0..own).step_by(PANEL) {
            let count = space.approach::<L>(panels, group..own.min(group + PANEL), limit2);
            space.candidates.pad(count, padding);
            if species > 1 {
                space.sort(count, padding, kinds, &mut segments);
            } else {
                segments[0] = 0..count;
            }
            let Space {
                axes,
                candidates,
                sorted,
                own_places,
                ..
            } = space;
            let candidates = if species > 1 { sorted } else { candidates };
            for first in (group..lanes.min(group + PANEL)).step_by(width) {
                for segment in &segments {
                    let mut counts = [0; WIDEST];
                    rows.make_room(width, segment.len());
                    for within in (0..width).step_by(TOGETHER) {
                        let place = first + within;
                        let real = own.saturating_sub(place).min(TOGETHER);
                        if real == 0 {
                            break;
                        }
                        let mut few = Few {
                            own: [0; TOGETHER],
                            positions: [[E::default(); 3]; TOGETHER],
                        };
                        for k in 0..TOGETHER {
                            // where there are fewer, the last is compared again
                            let atom = place + k.min(real - 1);
                            few.own[k] = own_places[atom - group];
                            for axis in 0..3 {
                                few.positions[k][axis] = axes[axis][atom];
                            }
                        }
                        let found =
                            compare::<E, L>(candidates, segment.clone(), &few, limit2, rows.starting_at(within));
                        for k in 0..TOGETHER {
                            counts[within + k] = if k < real { found[k] } else { 0 };
                        }
                    }
                    block.push(rows, &counts[..width]);
                }
            }
        }
    }
}
