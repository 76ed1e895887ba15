//! The search for the neighbours of one block.
//!
//! The halo comes from the bins. Distances are then compared in f32 relative to the middle of the block, with a reach
//! lengthened by more than the rounding, so that no pair is missed: sixteen at a time on AVX-512. Panels of sixteen places
//! that are far from a group of sixteen atoms are passed over, then single places, and what is left is compared with each
//! atom.

use super::coordinates::Coordinates;
use super::halo::{Halo, Local, Stretch};
use super::sell::{Block, WIDEST};
use super::tiles::Tiles;
use super::{Cell, Vec3};
use admd_ad::{Isa, Kernel, Lane, dispatch};
use core::ops::Range;

/// Places of a panel, and atoms of a group.
const PANEL: usize = 16;
/// Rounding of a distance in f32, as a fraction of the largest coordinate: four roundings of half an ulp, doubled.
const ROUNDING: f32 = 8.0 * f32::EPSILON;

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
    local: Local<f32>,
    /// Coordinates of the places, one array an axis, padded to whole panels.
    axes: [Vec<f32>; 3],
    /// 0, 1, 2 ...
    places: Vec<u16>,
    /// Lowest and highest coordinates of each panel, one array an axis, padded likewise.
    corners: [[Vec<f32>; 3]; 2],
    panels: Vec<u16>,
    /// Places near to a group and their coordinates.
    candidates: Candidates,
    sorted: Candidates,
    rows: Vec<Vec<u16>>,
    kinds: Vec<u16>,
}

#[derive(Debug, Default)]
struct Candidates {
    places: Vec<u16>,
    axes: [Vec<f32>; 3],
}

impl Candidates {
    fn make_room(&mut self, room: usize) {
        if self.places.len() < room {
            self.places.resize(room + room / 2, 0);
            for axis in &mut self.axes {
                axis.resize(room + room / 2, 0.0);
            }
        }
    }

    /// Makes what follows the first `count` a whole panel of nothing near.
    fn pad(&mut self, count: usize, padding: u16) {
        self.make_room(count + PANEL);
        self.places[count..count + PANEL].fill(padding);
        for axis in &mut self.axes {
            axis[count..count + PANEL].fill(FAR);
        }
    }
}

/// A coordinate beyond every reach whose square is still a number.
const FAR: f32 = 1e18;

/// More places than 16 bits can number.
pub(super) struct TooManyPlaces(pub(super) usize);

impl Search<'_> {
    /// Fills a block for the given slots.
    pub(super) fn fill(
        &self,
        own: Range<usize>,
        block: &mut Block,
        scratch: &mut Scratch,
        isa: Isa,
    ) -> Result<(), TooManyPlaces> {
        self.surround(own, &mut block.halo)?;
        let (species, count) = self.species;
        let halo = &block.halo;
        let of_own = halo.first..halo.first + halo.own;
        block.clear(self.width, count, species.get(of_own).unwrap_or(&[]).iter().copied());
        let halo = &block.halo;
        scratch.local.take(halo, self.cell, self.coordinates, None, isa);
        if count > 1 {
            scratch.kinds.clear();
            let place = |p: usize| halo.slot(p).map_or(0, |(slot, _)| species[slot]);
            // own places, then stretch by stretch, as Halo::slot numbers them
            scratch.kinds.extend((0..halo.lanes).map(place));
            for s in &halo.stretches {
                let slot = s.slot as usize;
                scratch.kinds.extend_from_slice(&species[slot..slot + s.count as usize]);
            }
            scratch.kinds.push(0);
        }
        dispatch::<f32, _>(isa, FindBlock { search: self, block, scratch });
        block.fit();
        Ok(())
    }

    /// Collects what is within reach of some slots.
    fn surround(&self, own: Range<usize>, halo: &mut Halo) -> Result<(), TooManyPlaces> {
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
        let margin = Vec3::from_fn(|k, _| self.reach / cell.height(k));
        // each padding is farther than the reach from the box of the halo and from the other
        halo.padding = [3.0, 6.0].map(|away| high + margin * away);
        halo.stretches.clear();
        let mut places = halo.lanes + 1;
        self.tiles.around(cell, [low, high], self.reach, |found| {
            let slots = self.starts[found.bins.start]..self.starts[found.bins.end];
            // the own places come first, as themselves
            let (own_start, own_end) = (own.start as u32, own.end as u32);
            let parts = if found.shift == [0; 3] {
                [slots.start..slots.end.min(own_start), slots.start.max(own_end)..slots.end]
            } else {
                [slots, 0..0]
            };
            for part in parts {
                if part.start >= part.end {
                    continue;
                }
                let count = part.end - part.start;
                places += count as usize;
                match halo.stretches.last_mut() {
                    Some(last) if last.slot + last.count == part.start && last.shift == found.shift => {
                        last.count += count;
                    }
                    _ => halo.stretches.push(Stretch { slot: part.start, count, shift: found.shift }),
                }
            }
        });
        halo.stretches.shrink_to_fit();
        halo.len = places;
        if places >= 1 << 16 { Err(TooManyPlaces(places)) } else { Ok(()) }
    }
}

/// Finds the neighbours of the atoms of a block.
struct FindBlock<'a> {
    search: &'a Search<'a>,
    block: &'a mut Block,
    scratch: &'a mut Scratch,
}

impl Kernel<f32> for FindBlock<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane<Element = f32>>(self) {
        let Self { search, block, scratch } = self;
        let width = search.width;
        let (own, lanes, len) = (block.halo.own, block.halo.lanes, block.halo.len);
        let padding = block.halo.padding_place() as u16;
        let (panels, largest) = scratch.lay_out(len, own, lanes);
        let reach = search.reach as f32 * (1.0 + ROUNDING) + largest * ROUNDING;
        let limit2 = reach * reach;
        scratch.rows.resize_with(width, Vec::new);
        let species = search.species.1;
        let mut segments = vec![0..0; species];
        for group in (0..lanes).step_by(PANEL) {
            let group = group..(group + PANEL).min(own).max(group);
            let count = scratch.approach::<L>(panels, &group, limit2);
            scratch.candidates.pad(count, padding);
            if species > 1 {
                scratch.sort(count, padding, &mut segments);
            } else {
                segments[0] = 0..count;
            }
            let candidates = if species > 1 { &scratch.sorted } else { &scratch.candidates };
            for first in (group.start..lanes.min(group.start + PANEL)).step_by(width) {
                for segment in &segments {
                    let mut counts = [0; WIDEST];
                    for lane in 0..width.min(own.saturating_sub(first)) {
                        let row = &mut scratch.rows[lane];
                        if row.len() < segment.len() + 2 * PANEL {
                            row.resize(2 * segment.len() + 2 * PANEL, 0);
                        }
                        let place = first + lane;
                        let r = [0, 1, 2].map(|k| scratch.axes[k][place]);
                        counts[lane] = compare::<L>(candidates, segment.clone(), r, limit2, place as u16, row);
                    }
                    block.push(&mut scratch.rows, &counts[..width]);
                }
            }
        }
    }
}

impl Scratch {
    /// Puts the coordinates of the places side by side, with the corners of their panels. Returns the number of panels and
    /// the largest coordinate.
    #[inline(always)]
    fn lay_out(&mut self, len: usize, own: usize, lanes: usize) -> (usize, f32) {
        let panels = len.div_ceil(PANEL);
        let whole = panels.next_multiple_of(PANEL);
        for axis in &mut self.axes {
            axis.resize(panels * PANEL, FAR);
        }
        for k in self.places.len()..(panels * PANEL).max(whole) {
            // a place that does not exist is never kept: it is far from everything
            self.places.push(k as u16);
        }
        self.panels.resize(whole + PANEL, 0);
        for axis in self.corners.as_flattened_mut() {
            axis.resize(whole, FAR);
        }
        let mut largest = 0.0_f32;
        for panel in 0..panels {
            let (mut low, mut high) = ([f32::INFINITY; 3], [f32::NEG_INFINITY; 3]);
            for place in panel * PANEL..(panel + 1) * PANEL {
                let real = place < own || (lanes..len - 1).contains(&place);
                let r = if real { self.local.position(place) } else { [FAR; 3] };
                for k in 0..3 {
                    self.axes[k][place] = r[k];
                    if real {
                        (low[k], high[k]) = (low[k].min(r[k]), high[k].max(r[k]));
                        largest = largest.max(r[k].abs());
                    }
                }
            }
            for k in 0..3 {
                let none = low[k] > high[k];
                self.corners[0][k][panel] = if none { FAR } else { low[k] };
                self.corners[1][k][panel] = if none { FAR } else { high[k] };
            }
        }
        for axis in self.corners.as_flattened_mut() {
            axis[panels..].fill(FAR);
        }
        (panels, largest)
    }

    /// The places within reach of the box around a group of atoms become the candidates; returns their number.
    #[inline(always)]
    fn approach<L: Lane<Element = f32>>(&mut self, panels: usize, group: &Range<usize>, limit2: f32) -> usize {
        let (mut low, mut high) = ([f32::INFINITY; 3], [f32::NEG_INFINITY; 3]);
        for place in group.clone() {
            for k in 0..3 {
                low[k] = low[k].min(self.axes[k][place]);
                high[k] = high[k].max(self.axes[k][place]);
            }
        }
        let low = [splat::<L>(low[0]), splat::<L>(low[1]), splat::<L>(low[2])];
        let high = [splat::<L>(high[0]), splat::<L>(high[1]), splat::<L>(high[2])];
        let (limit, zero) = (splat::<L>(limit2), L::lit(0.0));
        let whole = panels.next_multiple_of(PANEL);
        let [[lx, ly, lz], [hx, hy, hz]] = &self.corners;
        for axis in [lx, ly, lz, hx, hy, hz] {
            assert!(axis.len() >= whole);
        }
        assert!(self.panels.len() >= whole + PANEL && self.places.len() >= whole.max(panels * PANEL));
        let mut near = 0;
        let mut at = 0;
        while at < panels {
            let mut r2 = zero;
            for k in 0..3 {
                // SAFETY: the arrays hold whole panels, and no lane type is wider than one.
                let (l, h) = unsafe {
                    (
                        L::load(self.corners[0][k].as_ptr().add(at)),
                        L::load(self.corners[1][k].as_ptr().add(at)),
                    )
                };
                let d = (low[k] - h).max(l - high[k]).max(zero);
                r2 = d.mul_add(d, r2);
            }
            // SAFETY: as above; what is kept so far is no more than `at`, and a panel of room is left.
            near += unsafe {
                L::keep(!limit.lt(r2), self.places.as_ptr().add(at), NOBODY, self.panels.as_mut_ptr().add(near))
            };
            at += L::WIDTH;
        }
        self.candidates.make_room((near + 1) * PANEL);
        let mut count = 0;
        let room = self.candidates.places.len();
        for &panel in &self.panels[..near] {
            let base = usize::from(panel) * PANEL;
            assert!(self.axes.iter().all(|axis| axis.len() >= base + PANEL) && count + PANEL <= room);
            for step in (0..PANEL).step_by(L::WIDTH) {
                // SAFETY: the panel is within the axes and the places; the candidates have room for one more panel.
                unsafe {
                    let x = L::load(self.axes[0].as_ptr().add(base + step));
                    let y = L::load(self.axes[1].as_ptr().add(base + step));
                    let z = L::load(self.axes[2].as_ptr().add(base + step));
                    let dx = (low[0] - x).max(x - high[0]).max(zero);
                    let dy = (low[1] - y).max(y - high[1]).max(zero);
                    let dz = (low[2] - z).max(z - high[2]).max(zero);
                    let r2 = dx.mul_add(dx, dy.mul_add(dy, dz * dz));
                    let mask = !limit.lt(r2);
                    let kept = &mut self.candidates;
                    x.pack(mask, kept.axes[0].as_mut_ptr().add(count));
                    y.pack(mask, kept.axes[1].as_mut_ptr().add(count));
                    z.pack(mask, kept.axes[2].as_mut_ptr().add(count));
                    let places = self.places.as_ptr().add(base + step);
                    count += L::keep(mask, places, NOBODY, kept.places.as_mut_ptr().add(count));
                }
            }
        }
        count
    }

    /// Sorts the candidates by species into whole panels, in the order that they have.
    fn sort(&mut self, count: usize, padding: u16, segments: &mut [Range<usize>]) {
        self.sorted.make_room(count + (segments.len() + 1) * PANEL);
        let mut at = 0;
        for (species, segment) in segments.iter_mut().enumerate() {
            let start = at;
            for k in 0..count {
                let place = self.candidates.places[k];
                if usize::from(self.kinds[usize::from(place)]) == species {
                    self.sorted.places[at] = place;
                    for axis in 0..3 {
                        self.sorted.axes[axis][at] = self.candidates.axes[axis][k];
                    }
                    at += 1;
                }
            }
            *segment = start..at;
            self.sorted.pad(at, padding);
            at = at.next_multiple_of(PANEL);
        }
    }
}

/// No place has this number while one more, the padding, is below it.
const NOBODY: u16 = u16::MAX;

#[inline(always)]
fn splat<L: Lane<Element = f32>>(x: f32) -> L {
    L::lit(f64::from(x))
}

/// Writes to `row` the candidates within reach of a point, without `own`, and returns their number. A panel of nothing near
/// follows the candidates, and `row` has room for two panels more than there are candidates.
#[inline(always)]
fn compare<L: Lane<Element = f32>>(
    candidates: &Candidates,
    range: Range<usize>,
    r: [f32; 3],
    limit2: f32,
    own: u16,
    row: &mut [u16],
) -> usize {
    let Candidates { places, axes: [x, y, z] } = candidates;
    let room = range.end + PANEL;
    assert!(room <= x.len() && room <= y.len() && room <= z.len() && room <= places.len());
    assert!(range.len() + PANEL <= row.len());
    // in registers, where the writes to the row cannot touch them
    let (x, y, z, places) = (x.as_ptr(), y.as_ptr(), z.as_ptr(), places.as_ptr());
    let r = [splat::<L>(r[0]), splat::<L>(r[1]), splat::<L>(r[2])];
    let limit = splat::<L>(limit2);
    let row = row.as_mut_ptr();
    let mut count = 0;
    let mut at = range.start;
    while at < range.end {
        // SAFETY: the assertions above leave room for a panel at every position of the range and in the row.
        unsafe {
            let (dx, dy, dz) = (L::load(x.add(at)) - r[0], L::load(y.add(at)) - r[1], L::load(z.add(at)) - r[2]);
            let r2 = dx.mul_add(dx, dy.mul_add(dy, dz * dz));
            count += L::keep(!limit.lt(r2), places.add(at), own, row.add(count));
        }
        at += L::WIDTH;
    }
    count
}
