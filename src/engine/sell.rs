//! One block of the neighbour list in SELL layout: slices of 8 or 16 atoms, one a lane, their neighbours transposed.
//!
//! Row k of a slice holds the k-th neighbour of each of its atoms, so that a kernel reads a register of indices at once and
//! every lane works for its own atom: no scatter, no horizontal sum a pair, no write conflict. Lanes whose atom has no
//! k-th neighbour point at the padding place, which lies outside every cutoff.
//!
//! Where there are several species, a slice has one segment of rows for each species of neighbour, so that coefficients
//! are read once a segment and not for every pair.

use super::halo::Halo;
use admd_ad::transpose;

/// Atoms in the widest slice.
pub(super) const WIDEST: usize = 16;

/// Room for the neighbours of each atom of a slice, one row an atom.
#[derive(Debug, Default)]
pub(super) struct Rows {
    lines: Vec<[u16; 8]>,
    /// Lines of a row.
    stride: usize,
}

impl Rows {
    /// Makes room for `count` neighbours of each of the atoms, and for 32 more.
    pub(super) fn make_room(&mut self, atoms: usize, count: usize) {
        self.stride = self.stride.max(count.div_ceil(8) + 4);
        if self.lines.len() < atoms * self.stride {
            self.lines.resize(atoms * self.stride, [0; 8]);
        }
    }

    /// The rows from that of an atom on, and the length of each.
    #[inline(always)]
    pub(super) fn starting_at(&mut self, atom: usize) -> (&mut [u16], usize) {
        (self.lines[atom * self.stride..].as_flattened_mut(), 8 * self.stride)
    }
}

/// The neighbours of some consecutive slots.
#[derive(Debug, Default)]
pub struct Block {
    pub(super) halo: Halo,
    /// Atoms in a slice.
    width: usize,
    /// Number of species.
    species: usize,
    /// Species of each lane; empty while there is one species.
    kinds: Vec<u16>,
    /// Where each segment of each slice ends in the entries.
    ends: Vec<u32>,
    /// Places of the neighbours, eight lanes a line.
    lines: Vec<[u16; 8]>,
    /// Lines in use; the others are kept for the next build.
    used: usize,
    /// Neighbours without padding.
    count: u64,
}

impl Block {
    /// Empties the block for slices of `width` atoms and a new halo.
    ///
    /// # Panics
    /// When 16 bits cannot number the places.
    pub(super) fn clear(&mut self, width: usize, species: usize, kinds: impl Iterator<Item = u16>) {
        assert!(self.halo.len <= 1 << 16, "more places than 16 bits can number");
        assert!((width == 8 || width == WIDEST) && self.halo.lanes.is_multiple_of(width));
        (self.width, self.species, self.count) = (width, species, 0);
        self.kinds.clear();
        if species > 1 {
            self.kinds.extend(kinds);
            self.kinds.resize(self.halo.lanes, 0);
            assert!(
                self.kinds.iter().all(|s| usize::from(*s) < species),
                "a species is out of range"
            );
        }
        self.ends.clear();
        self.used = 0;
    }

    /// Appends a segment from the neighbours of each atom of a slice.
    ///
    /// # Panics
    /// When a place is out of range: the kernels rely on it.
    #[inline(always)]
    pub(super) fn push(&mut self, rows: &mut Rows, counts: &[usize]) {
        assert_eq!(counts.len(), self.width);
        let padding = self.halo.padding_place() as u16;
        let mut depth = 0;
        for &count in counts {
            depth = depth.max(count);
            self.count += count as u64;
        }
        let whole = depth.div_ceil(8);
        assert!(whole < rows.stride);
        for (row, &count) in rows.lines.chunks_exact_mut(rows.stride).zip(counts) {
            let row = &mut row.as_flattened_mut()[count..];
            // whole lines behind the neighbours, so that no loop is longer than a few steps
            for line in row.chunks_exact_mut(8).take(whole - count / 8) {
                line.copy_from_slice(&[padding; 8]);
            }
        }
        let end = self.used + whole * self.width;
        if self.lines.len() < end {
            self.lines.resize(end + end / 2, [padding; 8]);
        }
        let out = &mut self.lines[self.used..end];
        let highest = match self.width {
            8 => transpose_rows::<1>(rows, whole, out),
            _ => transpose_rows::<2>(rows, whole, out),
        };
        assert!(
            highest.iter().all(|place| *place <= padding),
            "a neighbour is out of range"
        );
        self.used += depth * self.width / 8;
        self.ends.push(8 * self.used as u32);
    }

    /// Gives memory back that a much larger block has left behind.
    pub(super) fn fit(&mut self) {
        if self.lines.len() > self.used + self.used / 4 {
            self.lines.truncate(self.used + self.used / 16);
            self.lines.shrink_to_fit();
        }
    }

    /// Atoms in a slice.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of lanes: the width of a slice for each slice.
    pub fn lanes(&self) -> usize {
        self.halo.lanes
    }

    /// Number of species.
    pub fn species(&self) -> usize {
        self.species
    }

    /// Species of each lane; empty while there is one species.
    pub fn kinds(&self) -> &[u16] {
        &self.kinds
    }

    /// The part of [`Block::entries`] that belongs to the neighbours of one species in a slice.
    #[inline(always)]
    pub fn segment(&self, slice: usize, species: usize) -> core::ops::Range<usize> {
        let k = slice * self.species + species;
        let begin = if k == 0 { 0 } else { self.ends[k - 1] };
        begin as usize..self.ends[k] as usize
    }

    /// Places of the neighbours, all segments one after the other; each is a place of the halo.
    pub fn entries(&self) -> &[u16] {
        self.lines[..self.used].as_flattened()
    }

    /// Number of neighbours without padding.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The entries of one lane, with padding.
    pub fn row(&self, lane: usize) -> impl Iterator<Item = usize> + '_ {
        let (slice, within) = (lane / self.width, lane % self.width);
        let range = self.segment(slice, 0).start..self.segment(slice, self.species - 1).end;
        let row = self.entries()[range].iter().skip(within).step_by(self.width);
        row.map(|place| usize::from(*place))
    }
}

/// Writes the first `whole` lines of the rows of 8 · `GROUPS` atoms with the atoms side by side, and returns the highest
/// places of each column of the lines.
#[inline(always)]
fn transpose_rows<const GROUPS: usize>(rows: &Rows, whole: usize, out: &mut [[u16; 8]]) -> [u16; 8] {
    let (out, _) = out.as_chunks_mut::<GROUPS>();
    let (out, _) = out.as_chunks_mut::<8>();
    assert!(out.len() == whole);
    let mut highest = [0_u16; 8];
    for group in 0..GROUPS {
        let mut lines = [&[][..]; 8];
        for lane in 0..8 {
            lines[lane] = &rows.lines[(8 * group + lane) * rows.stride..][..whole];
        }
        for first in 0..whole {
            let mut square = [[0; 8]; 8];
            for lane in 0..8 {
                square[lane] = lines[lane][first];
                for k in 0..8 {
                    highest[k] = highest[k].max(square[lane][k]);
                }
            }
            let square = transpose(square);
            for k in 0..8 {
                out[first][k][group] = square[k];
            }
        }
    }
    highest
}
