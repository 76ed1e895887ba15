//! Values of every potential, its truncations and its tails against independent numbers of 17 digits
//! (`tests/data/pair_values.json`, made by `scripts/make_pair_values.py`), and limits in which two potentials agree.

#[path = "support/catalogue.rs"]
mod catalogue;

use admd::ad::{Dual, Real};
use admd::engine::{Cell, Configuration, Vec3};
use admd::potentials::catalog::{PAIRS, PairVisitor, pair_info, visit_pair};
use admd::potentials::form::binding::PairBinding;
use admd::potentials::form::parameters::Leaves;
use admd::potentials::form::tail::Tail;
use admd::potentials::form::truncation::{Truncated, Truncation};
use catalogue::{evaluate, field};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    potential: String,
    parameters: Vec<f64>,
    cutoff: f64,
    onset: f64,
    points: Vec<Point>,
    tail_cut: [f64; 2],
    tail_switched: [f64; 2],
}

#[derive(Deserialize)]
struct Point {
    r: f64,
    cut: f64,
    slope: f64,
    shifted: f64,
    force_shifted: f64,
    switched: f64,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("data/pair_values.json")).unwrap()
}

impl Case {
    fn bind(&self, truncation: Truncation, tail: bool) -> PairBinding {
        let info = pair_info(&self.potential).unwrap();
        let builder = PairBinding::builder("p", info, ["A"])
            .truncation(truncation)
            .cutoff(self.cutoff)
            .like("A", info.named(&self.parameters));
        let builder = if tail { builder.tail_corrections() } else { builder };
        builder.build().unwrap_or_else(|e| panic!("{}: {e:?}", self.potential))
    }

    /// Depth of the well at the points, the scale of a value near a zero.
    fn depth(&self) -> f64 {
        self.points.iter().map(|p| p.cut.abs()).fold(f64::INFINITY, f64::min)
    }
}

/// Energy of a pair at a distance and its slope, by dual numbers.
struct At<'a>(&'a PairBinding, f64);

impl PairVisitor for At<'_> {
    type Output = (f64, f64);
    fn visit<E: Truncated>(self) -> (f64, f64) {
        let made = self.0.coefficients::<E, f64>(&self.0.theta());
        let coef = <E::Coef<Dual<f64, 1>>>::from_fn(|k| Dual::constant(made[0].coef.leaf(k)));
        let u = E::energy(Dual::<f64, 1>::variable(self.1, 0).sq(), &coef);
        (u.v, u.d[0])
    }
}

fn at(binding: &PairBinding, r: f64) -> (f64, f64) {
    visit_pair(binding.info.name, binding.truncation, At(binding, r)).unwrap()
}

/// Tail integrals of the only pair.
struct TailOf<'a>(&'a PairBinding);

impl PairVisitor for TailOf<'_> {
    type Output = Tail<f64>;
    fn visit<E: Truncated>(self) -> Tail<f64> {
        self.0.coefficients::<E, f64>(&self.0.theta())[0].tail.unwrap()
    }
}

#[test]
fn every_potential_has_at_least_three_independent_values() {
    for info in PAIRS {
        let points = cases()
            .iter()
            .filter(|c| c.potential == info.name)
            .map(|c| c.points.len())
            .sum::<usize>();
        assert!(points >= 3, "{} has only {points} values", info.name);
    }
}

#[test]
fn energies_and_slopes_equal_the_published_formula() {
    // r is squared and rooted again, and exponents of order 20 multiply its rounding
    const TOLERANCE: f64 = 1e-14 * 20.0;
    for case in cases() {
        let switched = Truncation::Switched { onset: case.onset };
        for p in &case.points {
            let expected = [
                (Truncation::Cut, p.cut),
                (Truncation::Shifted, p.shifted),
                (Truncation::ForceShifted, p.force_shifted),
                (switched, p.switched),
            ];
            for (truncation, value) in expected {
                let found = at(&case.bind(truncation, false), p.r).0;
                let off = (found - value).abs() / value.abs().max(p.cut.abs()).max(case.depth());
                assert!(
                    off < TOLERANCE,
                    "{} {:?} {} at {}: {found:e} instead of {value:e}, off by {off:e}",
                    case.potential,
                    case.parameters,
                    truncation.name(),
                    p.r
                );
            }
            let found = at(&case.bind(Truncation::Cut, false), p.r).1;
            let off = (found - p.slope).abs() / p.slope.abs().max(p.cut.abs() / p.r);
            assert!(
                off < TOLERANCE,
                "{} slope at {}: {found:e}, off by {off:e}",
                case.potential,
                p.r
            );
        }
    }
}

#[test]
fn tail_integrals_equal_adaptive_quadrature() {
    // 48 nodes, weights accurate to 1e-15; exponents are whole, half, and in between, down to 3.5
    const TOLERANCE: f64 = 1e-12;
    for case in cases() {
        let switched = Truncation::Switched { onset: case.onset };
        for (truncation, expected) in [(Truncation::Cut, case.tail_cut), (switched, case.tail_switched)] {
            let binding = case.bind(truncation, true);
            let tail = visit_pair(&case.potential, truncation, TailOf(&binding)).unwrap();
            for (found, expected) in [tail.energy, tail.virial].into_iter().zip(expected) {
                let off = (found - expected).abs() / expected.abs();
                assert!(
                    off < TOLERANCE,
                    "{} {:?} {}: tail {found:e} instead of {expected:e}, off by {off:e}",
                    case.potential,
                    case.parameters,
                    truncation.name()
                );
            }
        }
    }
}

#[test]
fn tail_that_does_not_exist_is_refused() {
    let info = pair_info("mie").unwrap();
    let slow = |m: f64| {
        PairBinding::builder("mie", info, ["A"])
            .cutoff(2.5)
            .tail_corrections()
            .like("A", info.named(&[1.0, 1.0, 12.0, m]))
            .build()
    };
    assert!(slow(3.5).is_ok());
    for m in [2.0, 3.0, 3.2] {
        assert!(slow(m).unwrap_err()[0].to_string().contains("too slowly"), "m = {m}");
    }
}

#[test]
fn mie_12_6_is_lennard_jones() {
    const TOLERANCE: f64 = 1e-13; // of Σ of the two powers: the exponential rounds an argument of up to 10
    let c = catalogue::gas();
    for truncation in catalogue::TRUNCATIONS {
        let bind = |name: &str, values: &[[f64; 4]; 3]| {
            let info = pair_info(name).unwrap();
            PairBinding::builder(name, info, ["A", "B"])
                .truncation(truncation)
                .cutoff(2.5)
                .like("A", info.named(&values[0]))
                .like("B", info.named(&values[1]))
                .pair("A", "B", info.named(&values[2]))
                .build()
                .unwrap()
        };
        let values = [[1.0, 1.0, 12.0, 6.0], [0.7, 1.05, 12.0, 6.0], [1.3, 0.95, 12.0, 6.0]];
        let mie = evaluate(&mut field(&bind("mie", &values)), &c);
        let lj = evaluate(&mut field(&bind("lj", &values)), &c);
        let off = catalogue::deviation(&mie.forces, &lj.forces) / catalogue::largest(&lj.forces);
        assert!(off < TOLERANCE, "{}: forces {off:e}", truncation.name());
        let scale: f64 = lj.energies.iter().map(|e| e.abs()).sum();
        let off = (mie.energy.unwrap() - lj.energy.unwrap()).abs() / scale;
        assert!(off < TOLERANCE, "{}: energy {off:e}", truncation.name());
    }
}

#[test]
fn buckingham_without_dispersion_is_an_exponential_and_without_repulsion_a_sixth_power() {
    let bare = |a: f64, c: f64| {
        let info = pair_info("buckingham").unwrap();
        PairBinding::builder("b", info, ["A"])
            .cutoff(9.0)
            .like("A", info.named(&[a, 0.3, c]))
            .build()
            .unwrap()
    };
    assert_eq!(at(&bare(0.0, 64.0), 2.0).0, -1.0);
    let ratio = at(&bare(7.0, 0.0), 1.6).0 / at(&bare(7.0, 0.0), 1.3).0;
    assert!((ratio - (-1.0_f64).exp()).abs() < 1e-15, "{ratio}");
}

#[test]
fn example_has_its_minimum_near_one() {
    for info in PAIRS {
        let binding = catalogue::one_species(info, Truncation::Cut, 2.5);
        let slope = |r: f64| at(&binding, r).1;
        assert!(
            slope(0.95) < 0.0 && slope(1.2) > 0.0,
            "{}: minimum not within 0.95 and 1.2",
            info.name
        );
    }
}

#[test]
fn dimer_in_the_engine_has_the_pair_energy_and_force() {
    for case in cases() {
        let cell = Cell::new([Vec3::x(), Vec3::y(), Vec3::z()].map(|e| e * 100.0), [false; 3]).unwrap();
        for p in &case.points {
            let positions = vec![Vec3::zeros(), Vec3::new(0.0, p.r, 0.0)];
            let c = Configuration {
                cell: cell.clone(),
                species: vec![0, 0],
                positions,
            };
            let out = evaluate(&mut field(&case.bind(Truncation::Cut, false)), &c);
            let scale = p.cut.abs().max(p.slope.abs() * p.r);
            assert!(
                (out.energy.unwrap() - p.cut).abs() < 1e-13 * scale,
                "{} at {}",
                case.potential,
                p.r
            );
            let force = Vec3::new(0.0, -p.slope, 0.0);
            assert!(
                (out.forces[1] - force).amax() < 1e-13 * scale / p.r,
                "{} at {}",
                case.potential,
                p.r
            );
            assert_eq!(out.forces[0], -out.forces[1]);
        }
    }
}
