//! The neighbour list against the double loop over atoms and images that defines it.

use admd::ad::Isa;
use admd::engine::laboratory::Laboratory;
use admd::engine::{Configuration, Precision, Vec3};

/// Pairs nearer than the reach by this fraction must be in the list: rounding in f64.
const UNDECIDED: f64 = 1e-9;
/// The search compares distances in f32, with a reach that is longer by eight roundings of the largest coordinate,
/// which is below twice the extent of all atoms and their surroundings; what is farther than twice that must not be
/// in the list.
const SEARCH: f64 = 2.0 * 8.0 * f32::EPSILON as f64;
/// Where that is more than a thousandth of the reach, the search is done in f64; twice, as above.
const MOST: f64 = 2e-3;

type Pair = (usize, usize, [i32; 3]);

/// All pairs with images by the definition, and those that rounding decides; both sorted.
fn double_loop(c: &Configuration, reach: f64) -> (Vec<Pair>, Vec<Pair>) {
    let (mut inside, mut undecided) = (Vec::new(), Vec::new());
    let extent = |r: &Vec3| (r - c.positions[0]).norm();
    let largest =
        (0..3).map(|k| c.cell.edge(k).norm()).sum::<f64>() + c.positions.iter().map(extent).fold(0.0, f64::max) + reach;
    let margin = (2.0 * largest * SEARCH).min(MOST * reach);
    let limits = [reach * (1.0 - UNDECIDED), reach + margin];
    for i in 0..c.len() {
        for j in 0..c.len() {
            let d = c.positions[j] - c.positions[i];
            let s = c.cell.fractional(d);
            let range = [0, 1, 2].map(|k| {
                let e = limits[1] / c.cell.height(k) * (1.0 + 1e-6);
                if c.cell.periodic()[k] {
                    ((-e - s[k]).ceil() as i32, (e - s[k]).floor() as i32)
                } else {
                    (0, 0)
                }
            });
            for x in range[0].0..=range[0].1 {
                for y in range[1].0..=range[1].1 {
                    for z in range[2].0..=range[2].1 {
                        let r = (d + c.cell.translation([x, y, z])).norm();
                        if i == j && [x, y, z] == [0; 3] || r > limits[1] {
                            continue;
                        }
                        let set = if r > limits[0] { &mut undecided } else { &mut inside };
                        set.push((i, j, [x, y, z]));
                    }
                }
            }
        }
    }
    inside.sort_unstable();
    undecided.sort_unstable();
    (inside, undecided)
}

/// The list is the double loop, on every instruction set and for the slices of both precisions.
#[track_caller]
pub fn assert_complete(c: &Configuration, cutoff: f64, skin: f64) {
    let (inside, undecided) = double_loop(c, cutoff + skin);
    for isa in Isa::ALL.into_iter().filter(|isa| isa.is_supported()) {
        for precision in [Precision::Double, Precision::Mixed] {
            let mut found = Laboratory::new(c, cutoff, skin, isa, precision).unwrap().pairs();
            found.sort_unstable();
            let what = format!("{isa}, {precision:?}");
            if let Some(twice) = found.windows(2).find(|w| w[0] == w[1]) {
                panic!("{what}: {:?} is in the list twice", twice[0]);
            }
            if let Some(missing) = inside.iter().find(|p| found.binary_search(p).is_err()) {
                panic!("{what}: {missing:?} is not in the list");
            }
            let known = |p: &Pair| inside.binary_search(p).is_ok() || undecided.binary_search(p).is_ok();
            if let Some(extra) = found.iter().find(|p| !known(p)) {
                panic!("{what}: {extra:?} is in the list but out of reach");
            }
        }
    }
}
