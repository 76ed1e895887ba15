//! Where potentials end: smoothness at the cutoff as documented, no hidden jump inside, overlapping atoms, atoms at the
//! cutoff to the last bit, huge distances, zero and forbidden parameters. Every case is a finite number or an error.

#[path = "support/catalogue.rs"]
mod catalogue;

use admd::ad::{Dual, Real};
use admd::engine::{Cell, Configuration, EngineError, Evaluation, ForceField, Request, Settings, Vec3};
use admd::potentials::catalog::{PAIRS, PairVisitor, check, visit_pair};
use admd::potentials::form::binding::{BindingError, PairBinding};
use admd::potentials::form::parameters::{Bounds, Leaves};
use admd::potentials::form::truncation::{Truncated, Truncation};
use catalogue::{CUTOFF, TRUNCATIONS, field, maximum, one_species};

type Jet = Dual<Dual<Dual<f64, 1>, 1>, 1>;

/// u, u′, u″, u‴ of a pair at a distance.
struct Derivatives<'a>(&'a PairBinding, f64);

impl PairVisitor for Derivatives<'_> {
    type Output = [f64; 4];
    fn visit<E: Truncated>(self) -> [f64; 4] {
        let made = self.0.coefficients::<E, f64>(&self.0.theta());
        let coef = <E::Coef<Jet>>::from_fn(|k| Jet::lit(made[0].coef.leaf(k)));
        let inner = Dual::variable(Dual::variable(self.1, 0), 0);
        let u = E::energy(Dual::with_tangents(inner, [Dual::lit(1.0)]).sq(), &coef);
        [u.v.v.v, u.v.v.d[0], u.v.d[0].d[0], u.d[0].d[0].d[0]]
    }
}

fn derivatives(binding: &PairBinding, r: f64) -> [f64; 4] {
    visit_pair(binding.info.name, binding.truncation, Derivatives(binding, r)).unwrap()
}

/// All potentials under all truncations, one species.
fn cases() -> impl Iterator<Item = (String, PairBinding)> {
    PAIRS.iter().flat_map(|info| {
        TRUNCATIONS
            .iter()
            .map(move |t| (format!("{} {}", info.name, t.name()), one_species(info, *t, CUTOFF)))
    })
}

/// The well's depth on a grid of distances.
fn depth(binding: &PairBinding) -> f64 {
    -(0..200)
        .map(|k| derivatives(binding, 0.9 + 0.002 * f64::from(k))[0])
        .fold(f64::INFINITY, f64::min)
}

/// A pair of atoms in free space.
fn dimer(r: f64) -> Configuration {
    let cell = Cell::new([Vec3::x(), Vec3::y(), Vec3::z()].map(|e| e * 10.0), [false; 3]).unwrap();
    Configuration {
        cell,
        species: vec![0, 0],
        positions: vec![Vec3::zeros(), Vec3::new(r, 0.0, 0.0)],
    }
}

/// Energy and force on the second atom.
fn in_engine(field: &mut ForceField, r: f64) -> Result<(f64, Vec3), EngineError> {
    let mut out = Evaluation::default();
    field.evaluate(&dimer(r), Request::ENERGY, &mut out)?;
    Ok((out.energy.unwrap(), out.forces[1]))
}

#[test]
fn smoothness_at_the_cutoff_is_as_documented() {
    const ZERO: f64 = 1e-10; // of the depth: round-off of the cancelling terms, whose derivatives are of order 1
    const JUMP: f64 = 1e-6; // of the depth: the first derivative that jumps is far from zero in every example
    let before = CUTOFF * (1.0 - f64::EPSILON);
    for (name, binding) in cases() {
        let continuous = binding.truncation.smoothness().map_or(0, |k| usize::from(k) + 1);
        let depth = depth(&binding);
        for (order, value) in derivatives(&binding, before)
            .into_iter()
            .enumerate()
            .take(continuous + 1)
        {
            let size = value.abs() / depth;
            if order < continuous {
                assert!(size < ZERO, "{name}: derivative {order} jumps by {size:e}");
            } else {
                assert!(
                    size > JUMP,
                    "{name}: derivative {order} is continuous, the documentation says less"
                );
            }
        }
    }
}

#[test]
fn switch_begins_without_a_jump_in_two_derivatives() {
    for info in PAIRS {
        let onset = 0.8;
        let bare = one_species(info, Truncation::Cut, CUTOFF);
        let switched = one_species(info, Truncation::Switched { onset }, CUTOFF);
        let r = onset * CUTOFF * (1.0 + 4.0 * f64::EPSILON);
        let (u, s) = (derivatives(&bare, r), derivatives(&switched, r));
        for order in 0..3 {
            // the third derivative of the switch, 60/width³ or so, times a few ulp
            assert!((u[order] - s[order]).abs() < 1e-11, "{}: derivative {order}", info.name);
        }
        assert!(
            (u[3] - s[3]).abs() > 1e-3,
            "{}: the switch begins too smoothly to be there",
            info.name
        );
    }
}

#[test]
fn energy_is_the_integral_of_its_slope_from_half_the_minimum_to_beyond_the_cutoff() {
    // Euler-Maclaurin over 10,000 intervals: u₁ − u₀ = h (u₀′ + u₁′)/2 − h² (u₁″ − u₀″)/12 + O(h⁵ u⁗′/720). A branch with a
    // jump of value, slope or curvature inside the range would show.
    const TOLERANCE: f64 = 1e-10; // of depth + |u|
    const STEPS: u32 = 10_000;
    for (name, binding) in cases() {
        let (start, end) = (0.5 * 1.05, CUTOFF);
        let h = (end - start) / f64::from(STEPS);
        let depth = depth(&binding);
        let at = |k: u32| derivatives(&binding, start + h * f64::from(k));
        let mut left = at(0);
        for k in 1..=STEPS {
            let right = at(k);
            let integral = 0.5 * h * (left[1] + right[1]) - h * h / 12.0 * (right[2] - left[2]);
            let off = (right[0] - left[0] - integral).abs() / (depth + left[0].abs());
            assert!(
                off < TOLERANCE,
                "{name}: jump of {off:e} at {}",
                start + h * f64::from(k)
            );
            left = right;
        }
    }
}

#[test]
fn pair_at_the_cutoff_to_the_last_bit() {
    for (name, binding) in cases() {
        let mut field = field(&binding);
        for r in [CUTOFF, CUTOFF.next_up(), 1.05 * CUTOFF, 1e8, 1e150] {
            assert_eq!(
                in_engine(&mut field, r).unwrap(),
                (0.0, Vec3::zeros()),
                "{name} at {r:e}"
            );
        }
        let r = CUTOFF.next_down();
        let (energy, force) = in_engine(&mut field, r).unwrap();
        let [u, slope, ..] = derivatives(&binding, r);
        let scale = depth(&binding);
        assert!((energy - u).abs() < 1e-13 * scale, "{name}: {energy:e} is not {u:e}");
        assert!(
            (force.x + slope).abs() < 1e-13 * scale,
            "{name}: {force:?} is not {slope:e}"
        );
    }
}

#[test]
fn overlapping_atoms_are_an_error_that_names_them() {
    for (name, binding) in cases() {
        let mut field = field(&binding);
        match in_engine(&mut field, 0.0) {
            Err(EngineError::Overlap {
                first: 0,
                second: 1,
                distance: 0.0,
            }) => {}
            other => panic!("{name}: {other:?}"),
        }
        for r in [1e-200, 1e-100, 1e-30, 1e-10, 1e-3] {
            match in_engine(&mut field, r) {
                Ok((energy, force)) => assert!(energy.is_finite() && largest(force).is_finite(), "{name} at {r:e}"),
                Err(EngineError::Overlap {
                    first: 0, second: 1, ..
                }) => {}
                Err(other) => panic!("{name} at {r:e}: {other}"),
            }
        }
    }
}

fn largest(v: Vec3) -> f64 {
    maximum(v.iter().map(|x| x.abs()))
}

#[test]
fn zero_parameters_give_finite_energies_and_derivatives() {
    for (name, binding) in cases() {
        for k in 0..binding.leaves.len() {
            let mut zeroed = binding.clone();
            zeroed.leaves[k].value = 0.0;
            let leaf = &zeroed.leaves[k];
            if leaf.spec.bounds.allow(0.0) {
                check(&zeroed).unwrap_or_else(|e| panic!("{name}, {} = 0: {e:?}", leaf.name));
                let all = derivatives(&zeroed, 1.1);
                assert!(all.iter().all(|x| x.is_finite()), "{name}, {} = 0: {all:?}", leaf.name);
            } else {
                let errors = check(&zeroed).unwrap_err();
                let told = errors
                    .iter()
                    .any(|e| matches!(e, BindingError::OutOfBounds { name, .. } if *name == leaf.name));
                assert!(told, "{name}, {} = 0: {errors:?}", leaf.name);
            }
        }
    }
}

#[test]
fn depth_of_zero_is_no_interaction_through_a_mixing_rule_too() {
    for info in PAIRS {
        use admd::potentials::form::mixing::Rule;
        use admd::potentials::form::parameters::Mixing;
        if info.parameters.iter().any(|p| p.mixing == Mixing::Explicit) {
            continue;
        }
        let absent: Vec<f64> = (info.parameters.iter().zip(info.example))
            .map(|(spec, x)| if spec.mixing == Mixing::Depth { 0.0 } else { *x })
            .collect();
        for rule in [Rule::Arithmetic, Rule::Geometric] {
            let binding = PairBinding::builder(info.name, info, ["A", "B"])
                .cutoff(CUTOFF)
                .mixing(rule)
                .like("A", info.named(info.example))
                .like("B", info.named(&absent))
                .build()
                .unwrap();
            let mut c = dimer(1.3);
            c.species[1] = 1;
            let mut out = Evaluation::default();
            field(&binding).evaluate(&c, Request::ENERGY, &mut out).unwrap();
            assert_eq!(out.energy, Some(0.0), "{} {rule:?}", info.name);
        }
    }
}

#[test]
fn forbidden_parameters_are_refused_by_name_and_value() {
    for (name, binding) in cases() {
        for k in 0..binding.leaves.len() {
            for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0] {
                let leaf = &binding.leaves[k];
                if leaf.spec.bounds == Bounds::Any && bad.is_finite() {
                    continue;
                }
                let mut theta = binding.theta();
                theta[k] = bad;
                let mut field = field(&binding);
                let message = field.set_parameters(&theta).unwrap_err().to_string();
                assert!(
                    message.contains(&leaf.name) && message.contains("must be"),
                    "{name}: {message}"
                );
            }
        }
    }
}

#[test]
fn exponents_of_mie_in_the_wrong_order_are_refused() {
    let info = admd::potentials::catalog::pair_info("mie").unwrap();
    for (n, m) in [(6.0, 12.0), (8.0, 8.0)] {
        let errors = PairBinding::builder("mie", info, ["A"])
            .cutoff(CUTOFF)
            .like("A", info.named(&[1.0, 1.0, n, m]))
            .build()
            .unwrap_err();
        let message = errors[0].to_string();
        assert!(errors.len() == 1 && message.contains("greater"), "{message}");
    }
}

#[test]
fn positions_that_are_not_finite_are_an_error() {
    let info = &PAIRS[0];
    let mut field = ForceField::new(vec![one_species(info, Truncation::Cut, CUTOFF)], Settings::new(0.0)).unwrap();
    for bad in [f64::NAN, f64::INFINITY] {
        let error = in_engine(&mut field, bad).unwrap_err();
        assert!(
            matches!(error, EngineError::NonFinitePosition { atom: 1, .. }),
            "{error}"
        );
    }
}
