//! Laws of implicit derivatives: scaling, differences of relaxed structures, the limit of an unrolled minimiser, the
//! transpose.

mod dynamics_support;
mod implicit_support;
mod support;

use admd::engine::{Cell, Configuration, Direction, Mat3, Request, Vec3};
use admd::sensitivity::{Limits, RelaxedTangent, relaxed_gradient, relaxed_tangent};
use dynamics_support::{at_rest, cluster};
use implicit_support::{EXACT, FORCE, alloy, along, assert_near, difference, endless, moved, norm, relax, sites};
use support::{Random, dot, evaluate};

/// Richardson differences of structures: residual forces 1e-11 over steps of 1e-5 and a stiffness of 8 and more.
const DIFFERENCES: f64 = 1e-6;
/// <w, dx/dθ> from both sides: residuals of 1e-12 over a range of stiffnesses of 1,000.
const TRANSPOSE: f64 = 1e-9;

#[test]
fn lengths_of_a_free_cluster_are_in_proportion_to_sigma() {
    for (epsilon, sigma) in [(1.0, 1.0), (1.7, 1.3)] {
        let edges = [Vec3::x(), Vec3::y(), Vec3::z()].map(|e| e * 20.0);
        let tilted = Vec3::new(0.3, -0.5, 0.8);
        let dimer = at_rest(Cell::new(edges, [false; 3]).unwrap(), vec![tilted, -tilted]);
        for start in [dimer, cluster(0.0, 1)] {
            let mut field = endless(epsilon, sigma);
            let mut at = relax(&mut field, &start.configuration);
            // anywhere in space: the answer is about the centre
            at.positions.iter_mut().for_each(|r| *r += Vec3::new(3.0, -2.0, 5.0));
            let middle: Vec3 = at.positions.iter().sum::<Vec3>() / at.len() as f64;
            let expected: Vec<Vec3> = at.positions.iter().map(|r| (r - middle) / sigma).collect();
            let directions = [along(&[0.0, 1.0]), along(&[1.0, 0.0])];
            let found = relaxed_tangent(&at, &mut field, &directions, Limits::new(FORCE)).unwrap();
            assert_near("sigma", &found[0].direction.positions, &expected, EXACT);
            let none = vec![Vec3::zeros(); at.len()];
            assert_near("epsilon", &found[1].direction.positions, &none, EXACT);
            println!(
                "{} atoms: {} iterations, residual {:e}",
                at.len(),
                found[0].iterations,
                found[0].residual
            );
            assert!(found[0].residual < 1e-11);
        }
    }
}

/// The relaxed structure where the parameters and the cell have gone `h` along a direction. It starts from the places that
/// the derivative says, so that the same minimum is found.
fn relaxed_at(c: &Configuration, found: &RelaxedTangent, h: f64) -> Vec<Vec3> {
    let Direction {
        positions,
        strain,
        parameters,
    } = &found.direction;
    let mut field = alloy();
    let theta = field.parameters().map(|leaf| leaf.value).collect::<Vec<_>>();
    let theta: Vec<f64> = theta.iter().zip(parameters).map(|(x, along)| x + along * h).collect();
    field.set_parameters(&theta).unwrap();
    let mut c = c.clone();
    c.cell = c.cell.strained(&(strain * h)).unwrap();
    let change: Vec<Vec3> = c.positions.iter().zip(positions).map(|(r, u)| strain * r + u).collect();
    c.positions = moved(&c.positions, &change, h);
    relax(&mut field, &c).positions
}

#[test]
fn structures_relaxed_at_other_parameters_are_where_the_derivative_says() {
    let mut field = alloy();
    let at = relax(&mut field, &sites());
    let unit = |k: usize| along(&(0..6).map(|j| f64::from(u8::from(j == k))).collect::<Vec<_>>());
    let strained = Direction {
        strain: Mat3::new(0.3, 0.2, 0.0, 0.2, -0.5, 0.1, 0.0, 0.1, 0.7),
        parameters: vec![0.0; 6],
        ..Direction::default()
    };
    let directions: Vec<Direction> = (0..6).map(unit).chain([strained]).collect();
    let found = relaxed_tangent(&at, &mut field, &directions, Limits::new(FORCE)).unwrap();
    for (k, found) in found.iter().enumerate() {
        let central = |h: f64| -> Vec<Vec3> {
            let [a, b] = [h, -h].map(|h| relaxed_at(&at, found, h));
            difference(&a, &b).iter().map(|d| d / (2.0 * h)).collect()
        };
        // small, so that hardly a pair passes the ends of its switch, where the stiffness has a kink
        let (fine, coarse) = (central(1e-5), central(2e-5));
        let expected: Vec<Vec3> = fine.iter().zip(&coarse).map(|(a, b)| a + (a - b) / 3.0).collect();
        let direction = &found.direction;
        let total: Vec<Vec3> = at
            .positions
            .iter()
            .zip(&direction.positions)
            .map(|(r, u)| direction.strain * r + u)
            .collect();
        let scale = norm(&expected);
        assert!(scale > 0.01, "direction {k} moves nothing");
        let off = norm(&difference(&total, &expected)) / scale;
        println!("direction {k}: {off:e}, {} iterations", found.iterations);
        assert!(off <= DIFFERENCES, "direction {k}: off by {off:e}");
    }
    // conjugate directions end after as many as there are dimensions; others need several times that
    assert!(found.iter().all(|f| f.iterations <= 3 * at.len() - 3));
    // a direction does not know of those it is solved with
    let single = relaxed_tangent(&at, &mut field, &directions[3..4], Limits::new(FORCE)).unwrap();
    assert!(single[0].iterations == found[3].iterations);
    assert_near(
        "alone",
        &single[0].direction.positions,
        &found[3].direction.positions,
        EXACT,
    );
}

/// Gradient descent r′ = r + α F, differentiated step by step: ṙ′ = ṙ + α Ḟ.
#[test]
fn an_unrolled_minimiser_tends_to_the_implicit_derivative() {
    /// Where it ends: the rounding of the forces over the smallest stiffness, 8, and the residual forces of the structure.
    const FLOOR: f64 = 1e-11;
    let mut field = alloy();
    let at = relax(&mut field, &sites());
    let mut random = Random(8);
    let direction = along(&[0.0, 0.0, 0.0, 1.0, 0.0, 0.5]);
    let exact = relaxed_tangent(&at, &mut field, core::slice::from_ref(&direction), Limits::new(FORCE)).unwrap();
    let exact = &exact[0].direction.positions;
    // near enough to fall into the same minimum; the centre must not move
    let mut c = at.clone();
    c.positions.iter_mut().for_each(|r| *r += random.vector() * 0.01);
    let mut along = Direction {
        positions: vec![Vec3::zeros(); at.len()],
        ..direction
    };
    let (rate, block) = (1.0 / 800.0, 100);
    let mut errors = Vec::new();
    for step in 0..=35 * block {
        if step % block == 0 {
            errors.push(norm(&difference(&along.positions, exact)) / norm(exact));
        }
        let request = Request {
            tangents: core::slice::from_ref(&along),
            ..Request::FORCES
        };
        let out = evaluate(&mut field, &c, request);
        along.positions = moved(&along.positions, &out.tangents[0].forces, rate);
        c.positions = moved(&c.positions, &out.forces, rate);
    }
    let ratios: Vec<f64> = errors.windows(2).map(|w| w[1] / w[0]).collect();
    let shown: Vec<String> = errors.iter().map(|e| format!("{e:.1e}")).collect();
    println!("errors {shown:?}\nratios {ratios:.3?}");
    assert!(errors.last().unwrap() < &FLOOR);
    // where the slowest mode alone is left the error falls by one factor a block: (1 − α λ)^block
    let clear: Vec<f64> = (errors.windows(2).filter(|w| w[0] < 0.5 && w[1] > 1e-7))
        .map(|w| w[1] / w[0])
        .collect();
    assert!(clear.len() >= 10, "too few blocks between the start and the floor");
    let [least, most] = [f64::min, f64::max].map(|f| clear.iter().copied().reduce(f).unwrap());
    assert!(most < 0.5 && most < 1.2 * least, "not geometric: {clear:?}");
}

#[test]
fn backwards_is_the_transpose_of_forwards() {
    let mut open = endless(1.0, 1.0);
    let mut periodic = alloy();
    let systems = [
        (relax(&mut open, &cluster(0.0, 1).configuration), &mut open, 2),
        (relax(&mut periodic, &sites()), &mut periodic, 6),
    ];
    let mut random = Random(31);
    for (at, field, parameters) in systems {
        // of no symmetry: shifts and turns, too
        let slope: Vec<Vec3> = at.positions.iter().map(|_| random.vector()).collect();
        let back = relaxed_gradient(&at, field, &slope, Limits::new(FORCE)).unwrap();
        let mut directions: Vec<Direction> = (0..parameters)
            .map(|k| along(&(0..parameters).map(|j| f64::from(u8::from(j == k))).collect::<Vec<_>>()))
            .collect();
        let strain = Mat3::from_fn(|_, _| random.next() - 0.5);
        if at.cell.periodic()[0] {
            directions.push(Direction {
                strain: 0.5 * (strain + strain.transpose()),
                ..Direction::default()
            });
        }
        let there = relaxed_tangent(&at, field, &directions, Limits::new(FORCE)).unwrap();
        for (k, found) in there.iter().enumerate() {
            let direction = &found.direction;
            let change = at.positions.iter().zip(&direction.positions);
            let change: Vec<Vec3> = change.map(|(r, u)| direction.strain * r + u).collect();
            let forwards = dot(&slope, &change);
            let backwards = match back.parameters.get(k) {
                Some(found) => *found,
                None => back.strain.component_mul(&direction.strain).sum(),
            };
            let off = (forwards - backwards).abs();
            assert!(
                off <= TRANSPOSE * norm(&slope) * norm(&change).max(0.01),
                "{k}: {forwards} and {backwards}"
            );
        }
        println!("{} iterations, residual {:e}", back.iterations, back.residual);
        assert!(back.residual < 1e-10);
    }
}

/// With dx*/dθ in the direction, the tangent of the energy is that of the relaxed energy, and the forces stay zero.
#[test]
fn relaxed_energies_and_forces_follow_from_the_direction() {
    let mut field = alloy();
    let at = relax(&mut field, &sites());
    let direction = along(&[0.0, 1.0, 0.3, 0.0, 0.0, 0.0]);
    let found = relaxed_tangent(&at, &mut field, &[direction], Limits::new(FORCE))
        .unwrap()
        .swap_remove(0);
    let request = Request {
        gradient: true,
        tangents: core::slice::from_ref(&found.direction),
        ..Request::ENERGY
    };
    let out = evaluate(&mut field, &at, request);
    assert!(norm(&out.tangents[0].forces) < EXACT * norm(&found.direction.positions));
    // at a minimum the relaxation does not change the energy to first order
    let fixed = out.gradient[1] + 0.3 * out.gradient[2];
    assert!((out.tangents[0].energy.unwrap() - fixed).abs() < EXACT * fixed.abs());
}
