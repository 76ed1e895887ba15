//! One block of the neighbour list in SELL layout: slices of eight atoms, one a lane, their neighbours transposed.
//!
//! Row k of a slice holds the k-th neighbour of each of its eight atoms, so that a kernel reads eight indices at once and
//! every lane works for its own atom: no scatter, no horizontal sum a pair, no write conflict. Lanes whose atom has no
//! k-th neighbour point at the padding atom, which lies outside every cutoff.

/// Atoms in a slice.
pub(super) const LANES: usize = 8;
/// Slices in a block: a constant, so that sums over blocks do not depend on the number of threads.
pub(super) const SLICES: usize = 64;

/// The neighbours of up to `LANES * SLICES` consecutive slots.
#[derive(Debug, Default)]
pub struct Block {
    /// The first slot.
    first: usize,
    /// Where each slice ends in `entries`.
    ends: Vec<usize>,
    /// Slots of the neighbours.
    entries: Vec<u32>,
    /// The pair of species of each entry; empty while there is one species.
    pairs: Vec<u32>,
    /// Neighbours without padding.
    count: u64,
    /// Every entry is below.
    slots: usize,
    /// Every pair of species is below.
    kinds: usize,
}

impl Block {
    /// Empties the block for the slots from `first` on; entries must stay below `slots`, pairs of species below `kinds`.
    pub(super) fn clear(&mut self, first: usize, slots: usize, kinds: usize) {
        (self.first, self.slots, self.kinds, self.count) = (first, slots, kinds, 0);
        self.ends.clear();
        self.entries.clear();
        self.pairs.clear();
    }

    /// Appends a slice from the neighbours of each of its atoms.
    ///
    /// `pair` gives the pair of species of a lane and a neighbour where there are several species.
    ///
    /// # Panics
    /// When an index is out of range: the kernels rely on it.
    pub(super) fn push(&mut self, rows: [&[u32]; LANES], padding: u32, pair: Option<impl Fn(usize, u32) -> u32>) {
        let depth = rows.iter().map(|r| r.len()).max().unwrap_or(0);
        let base = self.entries.len();
        let bad = |x: u32, limit: usize| x as usize >= limit;
        assert!(!bad(padding, self.slots), "the padding atom is not in the list's range");
        self.entries.resize(base + depth * LANES, padding);
        for (lane, row) in rows.iter().enumerate() {
            assert!(!row.iter().any(|&j| bad(j, self.slots)), "a neighbour is out of range");
            self.count += row.len() as u64;
            for (k, &j) in row.iter().enumerate() {
                self.entries[base + k * LANES + lane] = j;
            }
        }
        if let Some(pair) = pair {
            let kinds = self.entries[base..]
                .iter()
                .enumerate()
                .map(|(k, &j)| pair(k % LANES, j));
            self.pairs.extend(kinds);
            assert!(
                !self.pairs[base..].iter().any(|&p| bad(p, self.kinds)),
                "a pair of species is out of range"
            );
        }
        self.ends.push(self.entries.len());
    }

    /// The first slot.
    pub fn first(&self) -> usize {
        self.first
    }

    /// Number of lanes: eight a slice.
    pub fn lanes(&self) -> usize {
        LANES * self.ends.len()
    }

    /// Number of slices.
    pub fn slices(&self) -> usize {
        self.ends.len()
    }

    /// The part of [`Block::entries`] that belongs to a slice.
    #[inline(always)]
    pub fn slice(&self, s: usize) -> core::ops::Range<usize> {
        let begin = if s == 0 { 0 } else { self.ends[s - 1] };
        begin..self.ends[s]
    }

    /// Slots of the neighbours, all slices one after the other; each is below [`Block::slots`].
    pub fn entries(&self) -> &[u32] {
        &self.entries
    }

    /// Pairs of species of the entries, each below [`Block::kinds`]; empty while there is one species.
    pub fn pairs(&self) -> &[u32] {
        &self.pairs
    }

    /// Number of neighbours without padding.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Every entry is below this.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// Every pair of species is below this.
    pub fn kinds(&self) -> usize {
        self.kinds
    }

    /// The entries of one lane of one slice, with padding.
    pub fn row(&self, slice: usize, lane: usize) -> impl Iterator<Item = u32> + '_ {
        self.entries[self.slice(slice)]
            .iter()
            .skip(lane)
            .step_by(LANES)
            .copied()
    }
}
