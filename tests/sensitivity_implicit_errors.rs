//! What has no implicit derivative is refused; and what holds a structure in space, or does not.

mod dynamics_support;
mod implicit_support;
mod support;

use admd::dynamics::Forces;
use admd::engine::{Cell, Configuration, Direction, EngineError, Evaluation, Request, Vec3};
use admd::sensitivity::{Limits, RelaxedError, relaxed_gradient, relaxed_tangent};
use dynamics_support::{at_rest, cluster};
use implicit_support::{EXACT, FORCE, alloy, along, assert_near, difference, endless, relax, sites};
use support::evaluate;

/// Atoms on springs to places in space, k_i for each axis; the parameters are one factor for all k and a shift along x.
struct Springs {
    stiffness: Vec3,
    places: Vec<Vec3>,
}

impl Forces for Springs {
    fn evaluate(&mut self, c: &Configuration, request: Request, out: &mut Evaluation) -> Result<(), EngineError> {
        let off = difference(&c.positions, &self.places);
        out.forces = off.iter().map(|d| -self.stiffness.component_mul(d)).collect();
        out.energy = request.energy_and_virial.then_some(0.0);
        let x = |d: &Direction| d.parameters.get(1).copied().unwrap_or(0.0) * self.stiffness.x;
        let scaled = |d: &Direction| d.parameters.first().copied().unwrap_or(0.0);
        let tangent = |d: &Direction| admd::engine::Tangent {
            forces: (0..off.len())
                .map(|i| {
                    let u = d.positions.get(i).copied().unwrap_or_default();
                    Vec3::x() * x(d) - self.stiffness.component_mul(&(u + off[i] * scaled(d)))
                })
                .collect(),
            gradient: vec![0.0, -self.stiffness.x * d.positions.iter().map(|u| u.x).sum::<f64>()],
            ..Default::default()
        };
        out.tangents = request.tangents.iter().map(tangent).collect();
        out.gradient = vec![0.0; 2];
        Ok(())
    }
}

fn on_springs(stiffness: Vec3) -> (Configuration, Springs) {
    let places = vec![Vec3::zeros(), Vec3::new(1.0, 2.0, 0.5), Vec3::new(-1.0, 0.3, 0.7)];
    let c = at_rest(Cell::orthogonal([9.0; 3]).unwrap(), places.clone()).configuration;
    (c, Springs { stiffness, places })
}

#[test]
fn forces_from_outside_hold_the_structure_in_space() {
    let (c, mut springs) = on_springs(Vec3::new(2.0, 3.0, 5.0));
    let found = relaxed_tangent(&c, &mut springs, &[along(&[0.0, 1.0])], Limits::new(FORCE)).unwrap();
    assert_near("shift", &found[0].direction.positions, &[Vec3::x(); 3], EXACT);
    let back = relaxed_gradient(&c, &mut springs, &[Vec3::x(), Vec3::x(), Vec3::y()], Limits::new(FORCE)).unwrap();
    assert!((back.parameters[1] - 2.0).abs() < EXACT);
    // a free system, for comparison, has no answer that depends on where it is
    let mut field = endless(1.0, 1.0);
    let at = relax(&mut field, &cluster(0.0, 1).configuration);
    let shift = vec![Vec3::x(); 13];
    let turn: Vec<Vec3> = at.positions.iter().map(|r| Vec3::z().cross(r)).collect();
    for rigid in [shift, turn] {
        let back = relaxed_gradient(&at, &mut field, &rigid, Limits::new(FORCE)).unwrap();
        assert!(back.parameters.iter().all(|x| x.abs() < EXACT), "{:?}", back.parameters);
    }
}

#[test]
fn what_is_no_minimum_is_refused() {
    let mut field = endless(1.0, 1.0);
    let sigma = [along(&[0.0, 1.0])];
    let limits = Limits::new(1e-8);
    // not relaxed: the atom with the largest force and the force are named
    let mut at = relax(&mut field, &cluster(0.0, 1).configuration);
    at.positions[4].x += 1e-3;
    let error = relaxed_tangent(&at, &mut field, &sigma, limits).unwrap_err();
    let forces = evaluate(&mut field, &at, Request::FORCES).forces;
    let largest = forces.iter().map(|f| f.norm()).fold(0.0, f64::max);
    let RelaxedError::NotRelaxed { atom, force, limit } = error else {
        panic!("{error}")
    };
    assert!(force == largest && force == forces[atom].norm() && limit == 1e-8);
    assert!(relaxed_gradient(&at, &mut field, &[Vec3::zeros(); 13], limits).is_err());

    // a square of four atoms relaxes as a square, but folds where it may
    let square = [[0.55, 0.55], [-0.55, 0.55], [-0.55, -0.55], [0.55, -0.55]];
    let edges = [Vec3::x(), Vec3::y(), Vec3::z()].map(|e| e * 20.0);
    let cell = Cell::new(edges, [false; 3]).unwrap();
    let places = square.map(|[x, y]| Vec3::new(x, y, 0.0)).to_vec();
    let saddle = relax(&mut field, &at_rest(cell, places).configuration);
    // the change with σ is a growth of the square, which does not touch the fold
    let found = relaxed_tangent(&saddle, &mut field, &sigma, limits).unwrap();
    assert_near("square", &found[0].direction.positions, &saddle.positions, EXACT);
    // a loss that asks for the fold finds the saddle out
    let fold = [1.0, -1.0, 1.0, -1.0].map(|s| Vec3::z() * s);
    let error = relaxed_gradient(&saddle, &mut field, &fold, limits).unwrap_err();
    assert!(
        matches!(error, RelaxedError::NotStiff { curvature, iteration: 1, .. } if curvature < -0.1),
        "{error}"
    );
    let any = [
        Vec3::new(0.3, 0.2, 0.5),
        Vec3::new(-0.1, 0.7, 0.9),
        Vec3::zeros(),
        Vec3::x(),
    ];
    let error = relaxed_gradient(&saddle, &mut field, &any, limits).unwrap_err();
    assert!(matches!(error, RelaxedError::NotStiff { .. }), "{error}");

    // an atom that nothing holds
    let mut loose = relax(&mut field, &cluster(0.0, 1).configuration);
    loose.positions.push(Vec3::new(500.0, 0.0, 0.0));
    loose.species.push(0);
    let mut slope = vec![Vec3::zeros(); 14];
    slope[13] = Vec3::x();
    let error = relaxed_gradient(&loose, &mut field, &slope, limits).unwrap_err();
    assert!(matches!(error, RelaxedError::NotStiff { .. }), "{error}");

    let (c, mut springs) = on_springs(Vec3::new(2.0, 3.0, -5.0));
    let error = relaxed_gradient(&c, &mut springs, &[Vec3::z(); 3], limits).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("curvature -5.000e0 along the direction of iteration 1"),
        "{error}"
    );
}

#[test]
fn too_few_iterations_and_wrong_lengths_are_refused() {
    let mut field = alloy();
    let at = relax(&mut field, &sites());
    let limits = Limits {
        iterations: 3,
        ..Limits::new(FORCE)
    };
    let error = relaxed_tangent(&at, &mut field, &[along(&[1.0, 0.0, 0.0, 0.0, 0.0, 0.0])], limits).unwrap_err();
    let RelaxedError::NotConverged {
        residual,
        limit,
        iterations,
    } = error
    else {
        panic!("{error}")
    };
    assert!(residual > limit && limit == 1e-12 && iterations == 3);
    let error = relaxed_gradient(&at, &mut field, &[Vec3::x()], Limits::new(FORCE)).unwrap_err();
    assert!(
        error.to_string().contains("has 1 entries where 32 are needed"),
        "{error}"
    );
    let error = relaxed_tangent(&at, &mut field, &[along(&[1.0])], Limits::new(FORCE)).unwrap_err();
    assert!(
        matches!(error, RelaxedError::Engine(EngineError::Length { .. })),
        "{error}"
    );
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads_nor_on_what_was_evaluated_before() {
    let at = relax(&mut alloy(), &sites());
    let slope: Vec<Vec3> = at.positions.iter().map(|r| r.yzx()).collect();
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut field = alloy();
        // a list of other places, within the skin
        let mut near = at.clone();
        near.positions[threads].x += 0.01 * threads as f64;
        evaluate(&mut field, &near, Request::FORCES);
        pool.install(|| {
            let there = relaxed_tangent(
                &at,
                &mut field,
                &[along(&[0.0, 0.0, 0.0, 1.0, 0.0, 0.0])],
                Limits::new(FORCE),
            );
            (
                there.unwrap(),
                relaxed_gradient(&at, &mut field, &slope, Limits::new(FORCE)).unwrap(),
            )
        })
    };
    let one = run(1);
    assert!([2, 7].into_iter().all(|threads| run(threads) == one));
}
