//! Places in panels of sixteen, and which of them are near: the inner loops of the search.

use super::halo::{Halo, Local, PANEL};
use super::lines::Lines;
use admd_ad::{Element, Lane};
use core::ops::Range;

/// Share of the reach that the rounding of a distance may take; where f32 rounds more, the search is done in f64.
pub(super) const TOLERANCE: f64 = 1e-3;

/// A number to search in.
pub(super) trait Digits: Element {
    /// Rounding of a distance as a fraction of the largest coordinate: four roundings of half an ulp, doubled.
    const ROUNDING: f64;
    /// A coordinate beyond every reach whose square is still a number.
    const FAR: f64;
}

impl Digits for f32 {
    const ROUNDING: f64 = 8.0 * f32::EPSILON as f64;
    const FAR: f64 = 1e18;
}

impl Digits for f64 {
    const ROUNDING: f64 = 8.0 * f64::EPSILON;
    const FAR: f64 = 1e150;
}

/// What a block sees, laid out for the search.
#[derive(Debug, Default)]
pub(super) struct Space<E> {
    pub(super) local: Local<E>,
    /// Coordinates of the places, one array an axis, in whole panels.
    pub(super) axes: [Lines<E>; 3],
    /// 0, 1, 2 ...
    places: Lines<u16>,
    /// Lowest and highest coordinates of each panel, one array an axis, in as many as make whole panels.
    corners: [[Lines<E>; 3]; 2],
    /// Panels near to a group.
    panels: Vec<u16>,
    /// Places near to a group, and the same sorted by species.
    pub(super) candidates: Candidates<E>,
    pub(super) sorted: Candidates<E>,
    /// Where the atoms of the group are among them.
    pub(super) own_places: [usize; PANEL],
}

#[derive(Debug, Default)]
pub(super) struct Candidates<E> {
    places: Lines<u16>,
    axes: [Lines<E>; 3],
}

impl<E: Digits> Candidates<E> {
    fn make_room(&mut self, room: usize) {
        if self.places.len() < room {
            self.places.resize(room);
            for axis in &mut self.axes {
                axis.resize(room);
            }
        }
    }

    /// Makes what follows the first `count` a whole panel of nothing near.
    pub(super) fn pad(&mut self, count: usize, padding: u16) {
        self.make_room(count + PANEL);
        self.places[count..count + PANEL].fill(padding);
        for axis in &mut self.axes {
            axis[count..count + PANEL].fill(E::narrow(E::FAR));
        }
    }
}

impl<E: Digits> Space<E> {
    /// Puts the coordinates of the places side by side, with the corners of their panels; padding, and what is far from all
    /// own atoms, is put far away. Returns the number of panels and the largest coordinate.
    #[inline(always)]
    pub(super) fn lay_out<L: Lane<Element = E>>(&mut self, halo: &Halo, reach: f64) -> (usize, f64) {
        self.local.assert_places(halo.len, 1);
        let panels = halo.len.div_ceil(PANEL);
        let whole = panels.next_multiple_of(PANEL);
        let far = E::narrow(E::FAR);
        for axis in &mut self.axes {
            axis.resize(panels * PANEL);
        }
        let known = self.places.len();
        if known < whole.max(panels * PANEL) {
            self.places.resize(whole.max(panels * PANEL));
            for (k, place) in self.places.iter_mut().enumerate() {
                // beyond 2¹⁶ no place exists, and what does not exist is far away
                *place = k as u16;
            }
        }
        self.panels.resize(whole + PANEL, 0);
        for axis in self.corners.as_flattened_mut() {
            axis.resize(whole);
            axis[panels..].fill(far);
        }
        let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
        for place in 0..halo.own {
            let r = self.local.position(place);
            for k in 0..3 {
                (low[k], high[k]) = (low[k].min(r[k].widen()), high[k].max(r[k].widen()));
            }
        }
        let mut largest = 0.0_f64;
        for k in 0..3 {
            let room = reach * (1.0 + TOLERANCE);
            (low[k], high[k]) = (low[k] - room, high[k] + room);
            largest = largest.max(high[k].abs()).max(low[k].abs());
        }
        let (lowest, highest) = (
            [L::lit(low[0]), L::lit(low[1]), L::lit(low[2])],
            [L::lit(high[0]), L::lit(high[1]), L::lit(high[2])],
        );
        let (beyond, minus) = (L::lit(E::FAR), L::lit(-E::FAR));
        // in registers, where the writes cannot touch them
        let [x, y, z] = &mut self.axes;
        let axes = [x.as_mut_ptr(), y.as_mut_ptr(), z.as_mut_ptr()];
        for panel in 0..panels {
            let base = panel * PANEL;
            let (mut bottom, mut top) = ([beyond; 3], [minus; 3]);
            for step in (base..base + PANEL).step_by(L::WIDTH) {
                // SAFETY: `Local::take` lays rows out in whole panels, and `assert_places` found all places.
                let r: [L; 3] = unsafe { self.local.load(step, 0) };
                let near = !(r[0].lt(lowest[0]) | highest[0].lt(r[0]))
                    & !(r[1].lt(lowest[1]) | highest[1].lt(r[1]))
                    & !(r[2].lt(lowest[2]) | highest[2].lt(r[2]));
                for k in 0..3 {
                    let here = L::select(near, r[k], beyond);
                    // SAFETY: the axes hold whole panels.
                    unsafe { here.store(axes[k].add(step)) };
                    bottom[k] = bottom[k].min(here);
                    top[k] = L::select(near, top[k].max(r[k]), top[k]);
                }
            }
            for k in 0..3 {
                self.corners[0][k][panel] = E::narrow(bottom[k].least());
                self.corners[1][k][panel] = E::narrow(top[k].most());
            }
        }
        // padding is nobody's neighbour, however far rounding makes the reach
        for axis in &mut self.axes {
            axis[halo.own..halo.lanes].fill(far);
            axis[halo.len - 1..].fill(far);
        }
        (panels, largest)
    }

    /// The places within reach of the box around a group of atoms become the candidates, the group itself first; returns
    /// their number.
    #[inline(always)]
    pub(super) fn approach<L: Lane<Element = E>>(&mut self, panels: usize, group: Range<usize>, limit: L) -> usize {
        let own_panel = group.start / PANEL;
        assert!(own_panel < panels);
        for lane in 0..PANEL {
            self.own_places[lane] = lane;
        }
        let (mut low, mut high) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
        if group.len() == PANEL {
            for k in 0..3 {
                (low[k], high[k]) = (
                    self.corners[0][k][own_panel].widen(),
                    self.corners[1][k][own_panel].widen(),
                );
            }
        } else {
            for place in group {
                for k in 0..3 {
                    let x = self.axes[k][place].widen();
                    (low[k], high[k]) = (low[k].min(x), high[k].max(x));
                }
            }
        }
        let low = [L::lit(low[0]), L::lit(low[1]), L::lit(low[2])];
        let high = [L::lit(high[0]), L::lit(high[1]), L::lit(high[2])];
        let zero = L::lit(0.0);
        let whole = panels.next_multiple_of(PANEL);
        let corners = self.corners.as_flattened();
        assert!(corners.iter().all(|axis| axis.len() >= whole));
        assert!(self.panels.len() >= whole + PANEL && self.places.len() >= whole.max(panels * PANEL));
        assert!(self.axes.iter().all(|axis| axis.len() >= panels * PANEL));
        // in registers, where the writes cannot touch them
        let (lx, ly, lz) = (corners[0].as_ptr(), corners[1].as_ptr(), corners[2].as_ptr());
        let (hx, hy, hz) = (corners[3].as_ptr(), corners[4].as_ptr(), corners[5].as_ptr());
        let places = self.places.as_ptr();
        let listed = self.panels.as_mut_ptr();
        let mut near = 0;
        let mut at = 0;
        while at < panels {
            // SAFETY: the arrays hold whole panels, and no lane type is wider than one; what is kept so far is no more than
            // `at`, and a panel of room is left.
            unsafe {
                let dx = (low[0] - L::load(hx.add(at)))
                    .max(L::load(lx.add(at)) - high[0])
                    .max(zero);
                let dy = (low[1] - L::load(hy.add(at)))
                    .max(L::load(ly.add(at)) - high[1])
                    .max(zero);
                let dz = (low[2] - L::load(hz.add(at)))
                    .max(L::load(lz.add(at)) - high[2])
                    .max(zero);
                let r2 = dx.mul_add(dx, dy.mul_add(dy, dz * dz));
                near += L::keep(r2.lt(limit), places.add(at), listed.add(near));
            }
            at += L::WIDTH;
        }
        self.candidates.make_room((near + 2) * PANEL);
        let [x, y, z] = &self.axes;
        let (x, y, z) = (x.as_ptr(), y.as_ptr(), z.as_ptr());
        let Candidates {
            places: kept,
            axes: [kx, ky, kz],
        } = &mut self.candidates;
        let (kept, kx, ky, kz) = (kept.as_mut_ptr(), kx.as_mut_ptr(), ky.as_mut_ptr(), kz.as_mut_ptr());
        let listed = &self.panels[..near];
        let mut count = 0;
        // first the panel that the group begins, then the others
        let mut base = own_panel * PANEL;
        let mut next = 0;
        loop {
            for step in (0..PANEL).step_by(L::WIDTH) {
                let at = base + step;
                // SAFETY: the panel is within the axes and the places; what is kept so far is no more than the panels
                // before, and the candidates have room for one more.
                unsafe {
                    let (x, y, z) = (L::load(x.add(at)), L::load(y.add(at)), L::load(z.add(at)));
                    let dx = x - x.max(low[0]).min(high[0]);
                    let dy = y - y.max(low[1]).min(high[1]);
                    let dz = z - z.max(low[2]).min(high[2]);
                    let r2 = dx.mul_add(dx, dy.mul_add(dy, dz * dz));
                    let mask = r2.lt(limit);
                    x.pack(mask, kx.add(count));
                    y.pack(mask, ky.add(count));
                    z.pack(mask, kz.add(count));
                    count += L::keep(mask, places.add(at), kept.add(count));
                }
            }
            if next < near && usize::from(listed[next]) == own_panel {
                next += 1;
            }
            if next == near {
                break;
            }
            base = usize::from(listed[next]) * PANEL;
            next += 1;
        }
        count
    }

    /// Sorts the candidates by species into whole panels, in the order that they have.
    pub(super) fn sort(&mut self, count: usize, padding: u16, kinds: &[u16], segments: &mut [Range<usize>]) {
        self.sorted.make_room(count + (segments.len() + 1) * PANEL);
        let mut at = 0;
        for (species, segment) in segments.iter_mut().enumerate() {
            let start = at;
            for k in 0..count {
                let place = self.candidates.places[k];
                if usize::from(kinds[usize::from(place)]) == species {
                    if k < PANEL {
                        self.own_places[k] = at;
                    }
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

/// Atoms that are compared at a time with the same candidates.
pub(super) const TOGETHER: usize = 4;

/// Some atoms that are compared with the same candidates.
pub(super) struct Few<E> {
    /// Where they are among the candidates.
    pub(super) own: [usize; TOGETHER],
    pub(super) positions: [[E; 3]; TOGETHER],
}

/// Writes to the row of each atom the candidates of a segment within reach of it, without itself, and returns their
/// numbers. The atoms of the group are the first in their segments, and a panel of nothing near follows each segment.
#[inline(always)]
pub(super) fn compare<E: Digits, L: Lane<Element = E>>(
    candidates: &Candidates<E>,
    range: Range<usize>,
    few: &Few<E>,
    limit: L,
    (rows, stride): (&mut [u16], usize),
) -> [usize; TOGETHER] {
    let mut found = [0; TOGETHER];
    if range.is_empty() {
        return found;
    }
    let Candidates {
        places,
        axes: [x, y, z],
    } = candidates;
    let room = range.end + PANEL;
    assert!(room <= x.len() && room <= y.len() && room <= z.len() && room <= places.len());
    assert!(range.len() + 2 * PANEL <= stride && TOGETHER * stride <= rows.len());
    // in registers, where the writes to the rows cannot touch them
    let (x, y, z, places) = (x.as_ptr(), y.as_ptr(), z.as_ptr(), places.as_ptr());
    let rows = rows.as_mut_ptr();
    let mut atoms = [[L::lit(0.0); 3]; TOGETHER];
    for k in 0..TOGETHER {
        for axis in 0..3 {
            atoms[k][axis] = L::lit(few.positions[k][axis].widen());
        }
    }
    let mut at = range.start;
    while at < range.start + PANEL {
        // SAFETY: the assertions above leave room for a panel at every position of the range and in the rows.
        unsafe {
            let (xs, ys, zs) = (L::load(x.add(at)), L::load(y.add(at)), L::load(z.add(at)));
            for k in 0..TOGETHER {
                let [x, y, z] = atoms[k];
                let (dx, dy, dz) = (xs - x, ys - y, zs - z);
                // an atom is not its own neighbour
                let me = few.own[k].wrapping_sub(at);
                let other = L::from_fn(|lane| if lane == me { 0.0 } else { 1.0 });
                let near = dx.mul_add(dx, dy.mul_add(dy, dz * dz)).lt(limit) & L::lit(0.0).lt(other);
                found[k] += L::keep(near, places.add(at), rows.add(k * stride + found[k]));
            }
        }
        at += L::WIDTH;
    }
    while at < range.end {
        // SAFETY: as above.
        unsafe {
            let (xs, ys, zs) = (L::load(x.add(at)), L::load(y.add(at)), L::load(z.add(at)));
            for k in 0..TOGETHER {
                let [x, y, z] = atoms[k];
                let (dx, dy, dz) = (xs - x, ys - y, zs - z);
                let near = dx.mul_add(dx, dy.mul_add(dy, dz * dz)).lt(limit);
                found[k] += L::keep(near, places.add(at), rows.add(k * stride + found[k]));
            }
        }
        at += L::WIDTH;
    }
    found
}
