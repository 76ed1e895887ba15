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
    /// Where each segment of each slice ends in `entries`.
    ends: Vec<u32>,
    /// Places of the neighbours.
    entries: Vec<u16>,
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
        self.entries.clear();
    }

    /// Appends a segment from the neighbours of each atom of a slice. Each row has eight elements more than it has
    /// neighbours, which are overwritten.
    ///
    /// # Panics
    /// When a place is out of range: the kernels rely on it.
    #[inline(always)]
    pub(super) fn push(&mut self, rows: &mut [Vec<u16>], counts: &[usize]) {
        assert!(rows.len() == self.width && counts.len() == self.width);
        let padding = self.halo.padding_place() as u16;
        let depth = counts.iter().copied().max().unwrap_or(0);
        let base = self.entries.len();
        let whole = depth.next_multiple_of(8);
        for (row, &count) in rows.iter_mut().zip(counts) {
            self.count += count as u64;
            if row.len() < whole + 8 {
                row.resize(whole + 8, padding);
            }
            for at in (count..whole).step_by(8) {
                row[at..at + 8].copy_from_slice(&[padding; 8]);
            }
        }
        let mut highest = [0_u16; 8];
        let mut lines = [[[0_u16; 8]; 8]; WIDEST / 8];
        self.entries.reserve(whole * self.width);
        for first in (0..whole).step_by(8) {
            for (lines, rows) in lines.iter_mut().zip(rows.chunks_exact(8)) {
                for (line, row) in lines.iter_mut().zip(rows) {
                    line.copy_from_slice(&row[first..first + 8]);
                    for k in 0..8 {
                        highest[k] = highest[k].max(line[k]);
                    }
                }
                *lines = transpose(*lines);
            }
            for k in 0..8 {
                for lines in &lines[..self.width / 8] {
                    self.entries.extend_from_slice(&lines[k]);
                }
            }
        }
        assert!(
            highest.iter().all(|place| *place <= padding),
            "a neighbour is out of range"
        );
        self.entries.truncate(base + depth * self.width);
        self.ends.push(self.entries.len() as u32);
    }

    /// Gives memory back that a much larger block may have left behind.
    pub(super) fn fit(&mut self) {
        if self.entries.capacity() > self.entries.len() + self.entries.len() / 8 {
            self.entries.shrink_to(self.entries.len() + self.entries.len() / 16);
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
        &self.entries
    }

    /// Number of neighbours without padding.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The entries of one lane, with padding.
    pub fn row(&self, lane: usize) -> impl Iterator<Item = usize> + '_ {
        let (slice, within) = (lane / self.width, lane % self.width);
        let range = self.segment(slice, 0).start..self.segment(slice, self.species - 1).end;
        let row = self.entries[range].iter().skip(within).step_by(self.width);
        row.map(|place| usize::from(*place))
    }
}
