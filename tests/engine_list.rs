//! Geometry and neighbours: laws C1 to C6.

mod support;

use admd::ad::Isa;
use admd::engine::laboratory::Laboratory;
use admd::engine::{Cell, Configuration, Evaluation, ListSize, Mat3, Precision, Request, Vec3};
use admd::potentials::form::truncation::Truncation;
use proptest::prelude::*;
use support::list::assert_complete;
use support::*;

/// Another list and order of summation: see `ROUND_OFF` of the kernel tests, over more pairs.
const ROUND_OFF: f64 = 1e-12;
/// Coordinates of 1e6 cells have lost six digits of sixteen, and forces at hand are steep.
const FAR_AWAY: f64 = 1e-7;

prop_compose! {
    fn configurations()(
        n in 0_usize..400,
        density in (-4.0_f64..0.12).prop_map(|e| 10_f64.powf(e)),
        angles in prop_oneof![Just([90.0; 3]), [50.0..130.0_f64, 50.0..130.0, 50.0..130.0]],
        aspect in [0.5..2.0_f64, 0.5..2.0, 0.5..2.0],
        periodic in any::<[bool; 3]>(),
        reach in 0.05..1.3_f64,
        seed in any::<u64>(),
    ) -> (Configuration, f64) {
        let unit = cell(aspect, angles, periodic);
        let size = (n.max(1) as f64 / density / unit.volume()).cbrt();
        let cell = cell(aspect.map(|a| a * size), angles, periodic);
        let mut random = Random(seed);
        let mut positions: Vec<Vec3> = (0..n).map(|_| {
            // inside, outside, on faces and corners, at −0
            let s = Vec3::from_fn(|_, _| match (random.next() * 12.0) as u32 {
                0 => 0.0,
                1 => -0.0,
                2 => 1.0,
                3 => random.next() * 7.0 - 3.0,
                _ => random.next(),
            });
            cell.cartesian(s)
        }).collect();
        if n > 2 {
            positions[1] = positions[0];
        }
        // some tens of neighbours, or up to 1.3 of the smallest height where that is less work
        let height = (0..3).map(|k| cell.height(k)).fold(f64::INFINITY, f64::min);
        let reach = reach * height.min(2.5 * (1.0 / density).cbrt());
        (Configuration { cell, species: vec![0; n], positions }, reach)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_list_is_the_double_loop((c, reach) in configurations(), skin in prop_oneof![Just(0.0), 0.0..0.5_f64]) {
        assert_complete(&c, reach / (1.0 + skin), reach - reach / (1.0 + skin));
    }
}

/// The shortest image by trying all that can be as short as the one at hand.
fn shortest_by_search(cell: &Cell, d: Vec3) -> f64 {
    let mut s = cell.fractional(d);
    for k in 0..3 {
        if cell.periodic()[k] {
            s[k] -= s[k].round();
        }
    }
    let most = cell.cartesian(s).norm();
    let range = [0, 1, 2].map(|k| match cell.periodic()[k] {
        // 125 images at least
        true => (most / cell.height(k) + 1.0).ceil().max(2.0) as i32,
        false => 0,
    });
    let mut least = f64::INFINITY;
    for x in -range[0]..=range[0] {
        for y in -range[1]..=range[1] {
            for z in -range[2]..=range[2] {
                let n = Vec3::new(x.into(), y.into(), z.into());
                least = least.min(cell.cartesian(s + n).norm());
            }
        }
    }
    least
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_minimum_image_is_the_shortest_of_all(
        angles in prop_oneof![Just([90.0; 3]), [50.0..130.0_f64, 50.0..130.0, 50.0..130.0]],
        aspect in [0.5..2.0_f64, 0.5..2.0, 0.5..2.0],
        shear in prop_oneof![Just([0.0; 3]), [-4.0..4.0_f64, -4.0..4.0, -4.0..4.0]],
        periodic in any::<[bool; 3]>(),
        seed in any::<u64>(),
    ) {
        let upright = cell(aspect, angles, periodic);
        let [a, b, c] = [0, 1, 2].map(|k| upright.edge(k));
        let cell = Cell::new([a, b + a * shear[0], c + a * shear[1] + b * shear[2]], periodic).unwrap();
        let mut random = Random(seed);
        for _ in 0..20 {
            let s = Vec3::from_fn(|_, _| match (random.next() * 6.0) as u32 {
                0 => 0.5,
                1 => -0.5,
                _ => random.next() * 5.0 - 2.5,
            });
            let d = cell.cartesian(s);
            let found = cell.minimum_image(d);
            let expected = shortest_by_search(&cell, d);
            prop_assert!((found.norm() - expected).abs() <= 1e-12 * (1.0 + d.norm()), "{found} but {expected}");
            let n = cell.fractional(found - d);
            for k in 0..3 {
                let whole = if periodic[k] { n[k].round() } else { 0.0 };
                prop_assert!((n[k] - whole).abs() < 1e-11, "{n} is no translation");
            }
        }
    }
}

#[test]
fn a_displacement_of_exactly_half_the_cell_goes_to_the_lower_side() {
    let cell = Cell::orthogonal([4.0, 5.0, 6.0]).unwrap();
    for signs in 0..8 {
        let sign = |k: usize| if signs >> k & 1 == 0 { 1.0 } else { -1.0 };
        let half = Vec3::new(2.0 * sign(0), 2.5 * sign(1), 3.0 * sign(2));
        assert_eq!(cell.minimum_image(half), Vec3::new(-2.0, -2.5, -3.0));
    }
    // what has no digits left ends, whatever it gives
    let skewed = support::cell([2.0; 3], [60.0; 3], [true; 3]);
    for far in [1e17, 1e25, 1e200, f64::INFINITY, f64::NAN] {
        skewed.minimum_image(Vec3::new(far, -far, 1.0));
    }
    let nothing = support::cell([2.0; 3], [60.0; 3], [false; 3]);
    assert_eq!(
        nothing.minimum_image(Vec3::new(1e200, 7.0, -7.0)),
        Vec3::new(1e200, 7.0, -7.0)
    );
}

#[test]
fn the_size_of_a_list_is_estimated_well() {
    for (periodic, sites, thickness) in [
        ([true; 3], [12, 12, 12], 12.0),
        ([true; 3], [2, 2, 2], 2.0),
        ([true, true, false], [12, 12, 12], 12.0),
        // a layer of atoms
        ([true, true, false], [12, 12, 1], 12.0),
    ] {
        let edges = [sites[0] as f64, sites[1] as f64, thickness];
        let c = lattice(cell(edges, [90.0; 3], periodic), sites, 0.05, 1, 3);
        let mut field = field(vec![plain_lj(2.5, Truncation::Shifted)], 0.3);
        evaluate(&mut field, &c, Request::FORCES);
        let size = ListSize::estimate(&c, 2.8);
        let entries = field.statistics().entries as f64;
        // a surface has fewer
        assert!(
            size.entries > 0.9 * entries && size.entries < 1.4 * entries,
            "{periodic:?} {sites:?}: {size:?} but {entries}"
        );
        assert!(!size.is_too_large());
    }
    let pair = |edge: f64| Configuration {
        cell: Cell::orthogonal([edge; 3]).unwrap(),
        species: vec![0; 2],
        positions: vec![Vec3::zeros(), Vec3::repeat(0.5 * edge)],
    };
    assert_eq!(ListSize::estimate(&pair(1.0), 1.0).slots, 54.0);
    assert!(ListSize::estimate(&pair(0.01), 1.0).is_too_large());
}

#[test]
fn exactly_half_the_cell_counts_both_images() {
    let c = Configuration {
        cell: Cell::orthogonal([4.0; 3]).unwrap(),
        species: vec![0; 2],
        positions: vec![Vec3::zeros(), Vec3::new(2.0, 0.0, 0.0)],
    };
    let pairs = Laboratory::new(&c, 2.1, 0.0, Isa::best(), Precision::Double)
        .unwrap()
        .pairs();
    assert_eq!(pairs.len(), 4, "{pairs:?}");
    assert_complete(&c, 2.1, 0.0);
}

#[test]
fn a_hot_gas_never_sees_a_stale_list() {
    for skin in [0.0, 0.05, 0.3, 1.0] {
        let mut c = lattice(
            cell([7.0; 3], [90.0, 80.0, 100.0], [true, true, false]),
            [6, 6, 6],
            0.05,
            1,
            4,
        );
        let mut field = field(vec![plain_lj(1.9, Truncation::Shifted)], skin);
        let mut random = Random(8);
        // temperature 5: the mean square of each component is 5, of a uniform one in (−1, 1) it is 1/3
        let mut v: Vec<Vec3> = c.positions.iter().map(|_| random.vector() * 15.0_f64.sqrt()).collect();
        let (mut e, mut expected, dt) = (Evaluation::default(), Evaluation::default(), 0.001);
        field.evaluate(&c, Request::ENERGY, &mut e).unwrap();
        for step in 0..200 {
            for k in 0..c.len() {
                v[k] += e.forces[k] * (0.5 * dt);
                c.positions[k] += v[k] * dt;
            }
            if step % 3 == 0 {
                // the cell breathes and shears, the atoms with it
                let strain =
                    Mat3::new(0.002, 0.001, 0.0, 0.0, -0.001, 0.002, 0.0, 0.0, -0.002) * (f64::from(step) * 0.2).cos();
                c.cell = c.cell.strained(&strain).unwrap();
                for r in &mut c.positions {
                    *r += strain * *r;
                }
            }
            field.evaluate(&c, Request::ENERGY, &mut e).unwrap();
            for k in 0..c.len() {
                v[k] += e.forces[k] * (0.5 * dt);
            }
            if step % 10 == 9 {
                admd::engine::reference::evaluate(&field, &c, Request::ENERGY, &mut expected).unwrap();
                assert_agree(&e, &expected, ROUND_OFF);
            }
        }
        let statistics = field.statistics();
        assert_eq!(statistics.evaluations, 201);
        assert!(statistics.builds > 1);
        assert!(
            skin < 0.3 || statistics.builds < 80 && statistics.dangerous == 0,
            "{skin}: {statistics:?}"
        );
    }
}

/// Law C3, against the double loop. The energy is a difference of attraction and repulsion, so that its round-off is measured
/// by the energies of the atoms.
#[test]
fn the_energy_of_a_hot_gas_is_that_of_the_double_loop_for_two_thousand_steps() {
    for skin in [0.0, 0.05, 0.3, 1.0] {
        let mut c = lattice(cell([6.9; 3], [90.0; 3], [true; 3]), [5, 5, 4], 0.05, 1, 4);
        let mut field = field(vec![plain_lj(2.5, Truncation::Shifted)], skin);
        let mut random = Random(8);
        // temperature 5: the mean square of each component is 5, of a uniform one in (−1, 1) it is 1/3
        let mut v: Vec<Vec3> = c.positions.iter().map(|_| random.vector() * 15.0_f64.sqrt()).collect();
        let (mut e, mut expected, dt) = (Evaluation::default(), Evaluation::default(), 0.001);
        let request = Request {
            per_atom: true,
            ..Request::ENERGY
        };
        field.evaluate(&c, request, &mut e).unwrap();
        for step in 1..=2000 {
            for k in 0..c.len() {
                v[k] += e.forces[k] * (0.5 * dt);
                c.positions[k] += v[k] * dt;
            }
            field.evaluate(&c, request, &mut e).unwrap();
            for k in 0..c.len() {
                v[k] += e.forces[k] * (0.5 * dt);
            }
            if step % 5 == 0 {
                admd::engine::reference::evaluate(&field, &c, request, &mut expected).unwrap();
                let scale: f64 = expected.energies.iter().map(|u| u.abs()).sum();
                let off = (e.energy.unwrap() - expected.energy.unwrap()).abs();
                assert!(
                    off <= ROUND_OFF * scale,
                    "skin {skin}, step {step}: off by {off:e} of {scale:e}"
                );
            }
        }
        let statistics = field.statistics();
        println!("skin {skin}: {statistics:?}");
        assert_eq!(statistics.evaluations, 2001);
        assert_eq!(statistics.dangerous, 0);
        assert!(statistics.builds > 10);
    }
}

#[test]
fn a_collapse_makes_the_list_grow() {
    let wide = lattice(cell([30.0; 3], [90.0; 3], [true; 3]), [8, 8, 8], 0.1, 1, 5);
    let mut field = field(vec![plain_lj(2.5, Truncation::Shifted)], 0.2);
    evaluate(&mut field, &wide, Request::FORCES);
    let sparse = field.statistics().entries;
    // all at once into a corner: some hundred neighbours each
    let positions = wide.positions.iter().map(|r| r * (4.4 / 30.0)).collect();
    let dense = Configuration { positions, ..wide };
    let expected = oracle(&field, &dense, Request::ENERGY);
    assert_agree(&evaluate(&mut field, &dense, Request::ENERGY), &expected, ROUND_OFF);
    assert!(field.statistics().entries > 20 * sparse.max(1000));
}

#[test]
fn the_smallest_systems_have_defined_results() {
    let cell = Cell::orthogonal([3.0; 3]).unwrap();
    for n in [0, 1, 2] {
        let positions: Vec<_> = (0..n).map(|k| Vec3::new(1.1 * k as f64, 0.0, 0.0)).collect();
        let c = Configuration {
            cell: cell.clone(),
            species: vec![0; n],
            positions,
        };
        for skin in [0.0, 0.3] {
            let mut field = field(vec![plain_lj(2.5, Truncation::Shifted)], skin);
            let expected = oracle(&field, &c, everything(None));
            assert_agree(&evaluate(&mut field, &c, everything(None)), &expected, ROUND_OFF);
            assert_agree(&evaluate(&mut field, &c, everything(None)), &expected, ROUND_OFF);
            assert_eq!(field.statistics().builds, 1);
        }
    }
    // everything in one place of a large open region
    let c = lattice(support::cell([3.0; 3], [90.0; 3], [false; 3]), [3; 3], 0.05, 1, 6);
    let positions = c.positions.iter().map(|r| r.add_scalar(1e5)).collect();
    let c = Configuration { positions, ..c };
    let mut field = field(vec![plain_lj(2.5, Truncation::Shifted)], 0.3);
    let expected = oracle(&field, &c, Request::ENERGY);
    assert_agree(&evaluate(&mut field, &c, Request::ENERGY), &expected, ROUND_OFF);
}

#[test]
fn whole_cells_of_drift_change_nothing_but_digits() {
    let c = lattice(
        cell([5.0, 5.5, 6.0], [80.0, 95.0, 100.0], [true; 3]),
        [4, 5, 5],
        0.1,
        1,
        7,
    );
    let mut field = field(vec![plain_lj(2.5, Truncation::ForceShifted)], 0.3);
    let expected = evaluate(&mut field, &c, Request::ENERGY);
    for (cells, tolerance) in [(1, ROUND_OFF), (1_000_000, FAR_AWAY)] {
        let mut random = Random(3);
        let mut whole = || (f64::from(cells) * (2.0 * random.next() - 1.0)).round() as i32;
        let drift = |r: &Vec3| r + c.cell.translation([whole(), whole(), whole()]);
        let moved = Configuration {
            positions: c.positions.iter().map(drift).collect(),
            ..c.clone()
        };
        assert_agree(&evaluate(&mut field, &moved, Request::ENERGY), &expected, tolerance);
    }
}

#[test]
fn an_atom_that_crosses_a_face_does_not_rebuild_the_list() {
    let mut c = lattice(cell([5.0, 5.5, 6.0], [90.0; 3], [true; 3]), [4, 5, 5], 0.0, 1, 7);
    c.positions[0].x = 1e-3;
    let mut field = field(vec![plain_lj(2.5, Truncation::ForceShifted)], 0.3);
    for step in 0..20 {
        c.positions[0].x = if step % 2 == 0 { 1e-3 } else { -1e-3 };
        let expected = oracle(&field, &c, Request::ENERGY);
        assert_agree(&evaluate(&mut field, &c, Request::ENERGY), &expected, ROUND_OFF);
    }
    assert_eq!(field.statistics().builds, 1);
}
