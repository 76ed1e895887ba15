//! Pairs within a reach, and the distributions that are made from them.

mod support;

use admd::ad::explicit::derivative;
use admd::dynamics::{DensityProfile, Rdf};
use admd::engine::{Cell, Configuration, NearPairs, Vec3};
use support::*;

/// Distances are sums of a few rounded products.
const ROUNDING: f64 = 1e-12;

/// Every pair of atoms and images within a reach, each once, by looking at all: species of the two, and distance.
fn all_pairs(c: &Configuration, reach: f64) -> Vec<(usize, usize, f64)> {
    let mut pairs = Vec::new();
    let most = (0..3).map(|k| {
        if c.cell.periodic()[k] {
            (reach / c.cell.height(k)).ceil() as i32 + 3
        } else {
            0
        }
    });
    let most: Vec<i32> = most.collect();
    for i in 0..c.len() {
        for j in i..c.len() {
            for x in -most[0]..=most[0] {
                for y in -most[1]..=most[1] {
                    for z in -most[2]..=most[2] {
                        if i == j && [x, y, z] <= [0; 3] {
                            continue;
                        }
                        let d = c.positions[j] - c.positions[i] + c.cell.translation([x, y, z]);
                        if d.norm() <= reach {
                            pairs.push((i, j, d.norm()));
                        }
                    }
                }
            }
        }
    }
    pairs
}

#[test]
fn near_pairs_are_all_pairs() {
    let small = lattice(
        cell([2.1, 2.4, 2.2], [70.0, 85.0, 100.0], [true; 3]),
        [3, 3, 3],
        0.3,
        0,
        5,
    );
    let open = lattice(
        cell([6.0, 5.0, 7.0], [90.0, 80.0, 90.0], [true, false, true]),
        [5, 4, 6],
        0.4,
        0,
        6,
    );
    // beyond the cell, within it, and open; one object for all, so that nothing is left from the one before
    let mut near = [NearPairs::new(2.9).unwrap(), NearPairs::new(1.3).unwrap()];
    for c in [&small, &open, &small] {
        for near in &mut near {
            let found = near.fold(c, Vec::new, |all, p| all.push(p)).unwrap().concat();
            let key = |i: usize, j: usize, r: f64| (i.min(j), i.max(j), r);
            let mut found: Vec<_> = found
                .iter()
                .map(|p| key(p.first, p.second, p.displacement.norm()))
                .collect();
            let mut expected = all_pairs(c, near.reach());
            let order = |a: &(usize, usize, f64), b: &(usize, usize, f64)| {
                (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2))
            };
            found.sort_by(order);
            expected.sort_by(order);
            assert_eq!(found.len(), expected.len());
            for (a, b) in found.iter().zip(&expected) {
                assert!(
                    (a.0, a.1) == (b.0, b.1) && (a.2 - b.2).abs() < ROUNDING,
                    "{a:?} and {b:?}"
                );
            }
        }
    }
    assert!(NearPairs::new(f64::NAN).is_err() && NearPairs::new(-1.0).is_err());
}

#[test]
fn bits_do_not_depend_on_threads_or_on_the_past() {
    let c = lattice(Cell::orthogonal([14.0; 3]).unwrap(), [14, 14, 14], 0.4, 0, 7);
    let other = lattice(Cell::orthogonal([5.0; 3]).unwrap(), [4, 4, 4], 0.4, 0, 8);
    let rdf = Rdf::new(2.5, 40);
    let measure = |threads: usize, before: Option<&Configuration>| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut near = NearPairs::new(rdf.reach()).unwrap();
            if let Some(before) = before {
                rdf.measure(before, &mut near).unwrap();
            }
            let g = rdf.measure(&c, &mut near).unwrap();
            g.into_iter().map(f64::to_bits).collect::<Vec<_>>()
        })
    };
    let once = measure(1, None);
    assert_eq!(once, measure(3, None));
    assert_eq!(once, measure(2, Some(&other)));
}

#[test]
fn ideal_gas_has_a_distribution_of_one() {
    // independent places, two species; reach beyond half of the cell
    let mut random = Random(9);
    let (edge, atoms, frames) = (5.0, 60, 60);
    let all = Rdf::new(3.0, 12);
    let mut near = NearPairs::new(all.reach()).unwrap();
    let kinds = [all, all.between(0, 0), all.between(1, 0)];
    let mut sums = [[0.0; 12]; 3];
    let mut squares = [[0.0; 12]; 3];
    for _ in 0..frames {
        let c = Configuration {
            cell: Cell::orthogonal([edge; 3]).unwrap(),
            species: (0..atoms).map(|k| u16::from(k % 3 == 0)).collect(),
            positions: (0..atoms).map(|_| random.vector() * 7.0).collect(),
        };
        for (k, rdf) in kinds.iter().enumerate() {
            for (bin, g) in rdf.measure(&c, &mut near).unwrap().into_iter().enumerate() {
                sums[k][bin] += g;
                squares[k][bin] += g * g;
            }
        }
    }
    let n = f64::from(frames);
    for (k, (sums, squares)) in sums.iter().zip(&squares).enumerate() {
        for bin in 0..12 {
            let mean = sums[bin] / n;
            let error = ((squares[bin] / n - mean * mean) / (n - 1.0)).sqrt();
            let z = (mean - 1.0) / error;
            // the largest of 36 numbers of a normal distribution exceeds 4 once in 400 sets; the seed is fixed
            assert!(z.abs() < 4.0, "kind {k}, bin {bin}: {mean} +- {error}");
        }
    }
}

#[test]
fn bins_sum_to_one_and_have_a_slope() {
    let rdf = Rdf::new(2.0, 8);
    for k in 0..200 {
        let r = 0.3 + 0.007 * f64::from(k);
        let mut bins = [0.0; 8];
        rdf.add(r, &mut bins);
        assert!((bins.iter().sum::<f64>() - 1.0).abs() < ROUNDING);
        for bin in 0..8 {
            let of = |r: f64| {
                let mut bins = [0.0; 8];
                rdf.add(r, &mut bins);
                bins[bin]
            };
            let (value, slope) = derivative(
                |r| {
                    let mut bins = [r * 0.0; 8];
                    rdf.add(r, &mut bins);
                    bins[bin]
                },
                r,
            );
            // pieces of second degree: a central difference is exact within a piece, off by h/2w² across an edge
            let difference = (of(r + 1e-6) - of(r - 1e-6)) / 2e-6;
            assert!(
                value == bins[bin] && (slope - difference).abs() < 1e-4,
                "{r}: {slope} and {difference}"
            );
        }
    }
    // out of reach at both ends
    let mut bins = [0.0; 8];
    [2.25, 7.0, f64::NAN].into_iter().for_each(|r| rdf.add(r, &mut bins));
    assert_eq!(bins, [0.0; 8]);
}

#[test]
fn density_profile_counts_every_atom() {
    let cell = cell([3.0, 4.0, 5.0], [70.0, 95.0, 85.0], [true; 3]);
    let c = lattice(cell, [3, 4, 5], 0.3, 0, 11);
    for axis in 0..3 {
        let profile = DensityProfile { axis, bins: 7 };
        let density = profile.measure(&c);
        let total = density.iter().sum::<f64>() * c.cell.volume() / 7.0;
        assert!((total - 60.0).abs() < 60.0 * ROUNDING);
        // an atom that crosses a face is where its image was
        let mut moved = c.clone();
        moved.positions[7] += c.cell.edge(axis) * 3.0;
        moved.positions[8] -= c.cell.edge((axis + 1) % 3);
        for (a, b) in density.iter().zip(profile.measure(&moved)) {
            assert!((a - b).abs() < 1e-10);
        }
    }
    let open = Configuration {
        cell: Cell::new([3.0 * Vec3::x(), 3.0 * Vec3::y(), 3.0 * Vec3::z()], [true, true, false]).unwrap(),
        ..c
    };
    assert_eq!(DensityProfile { axis: 0, bins: 7 }.measure(&open), [0.0; 7]);
}
