//! Bins over a region given in fractional coordinates: the spatial order of atoms, and the search for neighbours.

use super::Vec3;
use core::ops::{Range, RangeInclusive};

/// Bins an atom at most, so that a dilute or stretched system does not exhaust the memory.
const BINS_PER_ATOM: usize = 4;

/// A regular grid of bins.
#[derive(Clone, Debug, Default)]
pub(super) struct Grid {
    low: [f64; 3],
    /// Bins per unit of the fractional coordinate.
    scale: [f64; 3],
    bins: [usize; 3],
}

impl Grid {
    /// Covers [low, high] by bins not thinner than `size` \[length\], where `heights` \[length\] is the length of one
    /// fractional unit across each pair of faces.
    pub(super) fn new(low: [f64; 3], high: [f64; 3], heights: [f64; 3], size: f64, atoms: usize) -> Self {
        let extent = [0, 1, 2].map(|k| (high[k] - low[k]).max(0.0) * heights[k]);
        let most = (BINS_PER_ATOM * atoms).max(64) as f64;
        let mut size = size.max(f64::MIN_POSITIVE);
        let count = |size: f64| extent.map(|e| (e / size).floor().max(1.0));
        // doubling the size divides the number of bins of every axis that has more than one
        while count(size).iter().product::<f64>() > most {
            size *= 1.25;
        }
        let bins = count(size);
        Self {
            low,
            scale: [0, 1, 2].map(|k| {
                if extent[k] > 0.0 {
                    bins[k] / (high[k] - low[k])
                } else {
                    0.0
                }
            }),
            bins: bins.map(|b| b as usize),
        }
    }

    /// Number of bins.
    pub(super) fn len(&self) -> usize {
        self.bins.iter().product()
    }

    /// The bin of a coordinate along one axis; what lies outside belongs to the outermost bin.
    pub(super) fn along(&self, k: usize, s: f64) -> usize {
        (((s - self.low[k]) * self.scale[k]) as usize).min(self.bins[k] - 1)
    }

    /// The bin of a point.
    pub(super) fn bin(&self, s: Vec3) -> usize {
        let [x, y, z] = [0, 1, 2].map(|k| self.along(k, s[k]));
        self.stretch(x..=x, y, z).start
    }

    /// The bins `x` along the first axis at bins `y` and `z` of the others, which follow each other.
    ///
    /// The order is that of an ox ploughing a field: lines along the first axis run to and fro, and so do the planes, so
    /// that atoms that follow each other are close also where a line ends.
    pub(super) fn stretch(&self, x: RangeInclusive<usize>, y: usize, z: usize) -> Range<usize> {
        let [nx, ny, _] = self.bins;
        let line = z * ny + if z.is_multiple_of(2) { y } else { ny - 1 - y };
        let (first, last) = x.into_inner();
        let begin = line * nx + if line.is_multiple_of(2) { first } else { nx - 1 - last };
        begin..begin + (last + 1 - first)
    }
}

/// Puts items in the order of their bins: `starts` gets the first position of each bin and the end, `order` the items.
/// Items of one bin keep their order.
pub(super) fn counting_sort(bins: &[u32], count: usize, starts: &mut Vec<u32>, order: &mut Vec<u32>) {
    starts.clear();
    starts.resize(count + 1, 0);
    for &b in bins {
        starts[b as usize + 1] += 1;
    }
    for b in 0..count {
        starts[b + 1] += starts[b];
    }
    order.clear();
    order.resize(bins.len(), 0);
    for (item, &b) in bins.iter().enumerate() {
        order[starts[b as usize] as usize] = item as u32;
        starts[b as usize] += 1;
    }
    // each start has moved to the end of its bin, which is the start of the next
    for b in (0..count).rev() {
        starts[b + 1] = starts[b];
    }
    starts[0] = 0;
}
