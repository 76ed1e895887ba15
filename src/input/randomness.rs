//! The random numbers of a start structure: a mixture on lattice sites, and small displacements.
//!
//! Both draw from their own ChaCha8 streams of the seed of the run, by integer arithmetic written out here: the same input
//! gives the same atoms with every version of the random number crates. Start velocities use the streams 0, 1, 2, ... of the
//! atoms, so these two take the last ones.

use admd_engine::Vec3;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const MIXTURE: u64 = u64::MAX;
const DISPLACEMENT: u64 = u64::MAX - 1;

fn stream(seed: u64, which: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(which);
    rng
}

/// How many of `atoms` belong to each fraction: whole numbers with the right sum, by largest remainders.
///
/// ```
/// use admd::input::randomness::counts;
/// assert_eq!(counts(&[0.8, 0.2], 1000), [800, 200]);
/// assert_eq!(counts(&[0.5, 0.5], 3), [2, 1]);
/// ```
pub fn counts(fractions: &[f64], atoms: usize) -> Vec<usize> {
    let total: f64 = fractions.iter().sum();
    let exact: Vec<f64> = fractions.iter().map(|f| f / total * atoms as f64).collect();
    let mut counts: Vec<usize> = exact.iter().map(|x| x.floor() as usize).collect();
    let mut order: Vec<usize> = (0..fractions.len()).filter(|k| fractions[*k] > 0.0).collect();
    order.sort_by(|a, b| (exact[*b] - exact[*b].floor()).total_cmp(&(exact[*a] - exact[*a].floor())));
    let missing = atoms.saturating_sub(counts.iter().sum());
    for k in order.iter().cycle().take(if order.is_empty() { 0 } else { missing }) {
        counts[*k] += 1;
    }
    counts
}

/// Species of each site of a mixture: these counts, in random order.
pub fn mixture(counts: &[usize], seed: u64) -> Vec<u16> {
    let mut sites = Vec::with_capacity(counts.iter().sum());
    for (species, n) in counts.iter().enumerate() {
        sites.extend(std::iter::repeat_n(species as u16, *n));
    }
    let mut rng = stream(seed, MIXTURE);
    for last in (1..sites.len()).rev() {
        // A multiple of 2⁻⁶⁴: the bias towards low indices is below 1e-11 for a hundred million sites.
        let k = (u128::from(rng.next_u64()) * (last as u128 + 1)) >> 64;
        sites.swap(last, k as usize);
    }
    sites
}

/// Displaces every coordinate by a uniform random number between ± amplitude \[length\].
pub fn displace(positions: &mut [Vec3], amplitude: f64, seed: u64) {
    if amplitude == 0.0 {
        return;
    }
    let mut rng = stream(seed, DISPLACEMENT);
    for r in positions {
        for x in r.iter_mut() {
            let unit = (rng.next_u64() >> 11) as f64 * 2_f64.powi(-53);
            *x += amplitude * (2.0 * unit - 1.0);
        }
    }
}
