//! What the engine refuses, and that it names the culprit in the user's numbering.

mod support;

use admd::engine::{Cell, Configuration, Direction, EngineError, Evaluation, ForceField, Request, Settings, Vec3};
use admd::potentials::form::truncation::Truncation;
use support::*;

fn crystal() -> Configuration {
    lattice(cell([6.0; 3], [90.0; 3], [true; 3]), [5, 5, 5], 0.05, 1, 1)
}

fn error(c: &Configuration, request: Request) -> EngineError {
    let mut field = field(vec![plain_lj(2.5, Truncation::Shifted)], 0.3);
    field.evaluate(c, request, &mut Evaluation::default()).unwrap_err()
}

#[test]
fn two_atoms_at_one_place_are_named() {
    let mut c = crystal();
    // seen through the boundary, far from each other in the list's order
    c.positions[7] = Vec3::new(0.5, 0.25, 0.125);
    c.positions[101] = c.positions[7] + c.cell.translation([1, -2, 3]);
    let EngineError::Overlap {
        first,
        second,
        distance,
    } = error(&c, Request::FORCES)
    else {
        panic!("no overlap")
    };
    assert_eq!((first, second), (7, 101));
    assert_eq!(distance, 0.0);
    (c.positions[7], c.positions[101]) = (Vec3::zeros(), Vec3::new(1e-60, 0.0, 0.0));
    assert!(matches!(
        error(&c, Request::ENERGY),
        EngineError::Overlap {
            first: 7,
            second: 101,
            ..
        }
    ));
}

#[test]
fn a_close_pair_with_finite_forces_is_no_error() {
    let mut c = crystal();
    c.positions[101] = c.positions[7] + Vec3::new(1e-3, 0.0, 0.0);
    let mut field = field(vec![plain_lj(2.5, Truncation::Shifted)], 0.3);
    let expected = oracle(&field, &c, Request::ENERGY);
    assert_agree(&evaluate(&mut field, &c, Request::ENERGY), &expected, 1e-9);
}

#[test]
fn positions_that_are_no_numbers_are_named() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut c = crystal();
        c.positions[3].y = bad;
        assert!(matches!(
            error(&c, Request::FORCES),
            EngineError::NonFinitePosition { atom: 3, .. }
        ));
    }
    let mut c = crystal();
    c.positions[3].y = 1e200;
    assert!(matches!(
        error(&c, Request::FORCES),
        EngineError::FarAway { atom: 3, .. }
    ));
}

#[test]
fn an_atom_that_flies_off_an_open_boundary_feels_nothing() {
    let mut c = lattice(cell([5.0; 3], [90.0; 3], [false; 3]), [4; 3], 0.05, 1, 1);
    c.positions[3].y = 1e200;
    let mut field = field(vec![plain_lj(2.5, Truncation::Shifted)], 0.3);
    let e = evaluate(&mut field, &c, Request::ENERGY);
    assert_eq!(e.forces[3], Vec3::zeros());
    assert!(e.energy.unwrap().is_finite() && e.energy.unwrap() < 0.0);
}

#[test]
fn positions_that_are_no_numbers_are_named_in_open_cells_too() {
    for sites in [1, 2, 5] {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let mut c = lattice(cell([6.0; 3], [90.0; 3], [false, true, false]), [sites; 3], 0.05, 1, 1);
            let atom = c.len() - 1;
            c.positions[atom].x = bad;
            let mut field = field(vec![plain_lj(2.5, Truncation::Shifted)], 0.3);
            let error = field
                .evaluate(&c, Request::FORCES, &mut Evaluation::default())
                .unwrap_err();
            assert!(
                matches!(error, EngineError::NonFinitePosition { atom: named, .. } if named == atom),
                "{error}"
            );
        }
    }
}

#[test]
fn parameters_are_taken_all_or_none() {
    let mut field = field(
        vec![plain_lj(2.5, Truncation::Shifted), plain_lj(2.2, Truncation::Cut)],
        0.3,
    );
    let before: Vec<f64> = field.parameters().map(|leaf| leaf.value).collect();
    let mut theta = before.clone();
    theta[0] *= 1.5;
    *theta.last_mut().unwrap() = -1.0;
    assert!(field.set_parameters(&theta).is_err());
    let after: Vec<f64> = field.parameters().map(|leaf| leaf.value).collect();
    assert_eq!(after, before);
}

#[test]
fn lists_of_the_wrong_length_and_unknown_species_are_refused() {
    let mut c = crystal();
    c.species[9] = 1;
    assert!(matches!(
        error(&c, Request::FORCES),
        EngineError::UnknownSpecies {
            atom: 9,
            species: 1,
            known: 1
        }
    ));
    c.species.pop();
    assert!(matches!(
        error(&c, Request::FORCES),
        EngineError::Length {
            found: 124,
            expected: 125,
            ..
        }
    ));
    let c = crystal();
    let short = Direction {
        positions: vec![Vec3::zeros(); 3],
        ..Direction::default()
    };
    let request = Request {
        tangents: &[short],
        ..Request::FORCES
    };
    assert!(matches!(
        error(&c, request),
        EngineError::Length {
            found: 3,
            expected: 125,
            ..
        }
    ));
}

#[test]
fn a_cell_too_small_for_its_cutoff_is_refused_before_the_memory_is_gone() {
    // 10⁸ and 10¹⁴ images of one atom; of no atom, still as many translations
    for (edge, atoms) in [(0.01, 1), (1e-4, 1), (1e-4, 0)] {
        let c = Configuration {
            cell: Cell::orthogonal([edge; 3]).unwrap(),
            species: vec![0; atoms],
            positions: vec![Vec3::zeros(); atoms],
        };
        let error = error(&c, Request::FORCES);
        assert!(
            matches!(error, EngineError::TooManyImages { atoms: n, .. } if n == atoms),
            "{error:?}"
        );
        assert!(
            error
                .to_string()
                .contains("shorten the cutoff or the skin, or enlarge the cell")
        );
    }
}

#[test]
fn tail_corrections_need_a_cell_without_an_end() {
    let c = lattice(cell([6.0; 3], [90.0; 3], [true; 3]), [5, 5, 5], 0.05, 1, 1);
    let mut tailed = plain_lj(2.5, Truncation::Cut);
    tailed.tail = true;
    let mut field = field(vec![plain_lj(2.0, Truncation::Shifted), tailed], 0.3);
    evaluate(&mut field, &c, Request::ENERGY);
    for periodic in [[false; 3], [true, true, false], [false, true, false]] {
        let open = Configuration {
            cell: cell([6.0; 3], [90.0; 3], periodic),
            ..c.clone()
        };
        for request in [Request::FORCES, Request::ENERGY] {
            let mut out = Evaluation::default();
            let found = field.evaluate(&open, request, &mut out).unwrap_err();
            let by_reference = admd::engine::reference::evaluate(&field, &open, request, &mut out).unwrap_err();
            assert_eq!(found, by_reference);
            assert!(matches!(&found, EngineError::TailOfOpenCell { label, .. } if label == "lj"));
            assert!(
                found.to_string().ends_with("or leave the tail corrections out"),
                "{found}"
            );
        }
    }
}

#[test]
fn all_potentials_list_the_same_species() {
    let first = plain_lj(2.5, Truncation::Shifted);
    let mut other = three_species(Truncation::Shifted, false);
    other.label = "other".into();
    let Err(error) = ForceField::new(vec![first.clone(), other], Settings::new(0.3)) else {
        panic!("one species and three");
    };
    let text = error.to_string();
    for part in [
        "`lj`",
        r#"["S0"]"#,
        "`other`",
        r#"["S0", "S1", "S2"]"#,
        "bind all potentials to one list",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    // as many, but others
    let mut renamed = first.clone();
    renamed.species = vec!["Ar".into()];
    let made = ForceField::new(vec![first, renamed], Settings::new(0.3));
    assert!(matches!(made.err(), Some(EngineError::DifferentSpecies { .. })));
}

#[test]
fn a_bad_skin_is_refused() {
    for skin in [-0.1, f64::NAN, f64::INFINITY] {
        let made = ForceField::new(vec![plain_lj(2.5, Truncation::Shifted)], Settings::new(skin));
        assert!(matches!(made.err(), Some(EngineError::BadSkin { .. })));
    }
}

#[test]
fn refused_parameters_leave_the_old_ones() {
    let mut field = field(vec![plain_lj(2.5, Truncation::Shifted)], 0.3);
    let c = crystal();
    let before = evaluate(&mut field, &c, Request::ENERGY);
    assert!(field.set_parameters(&[1.0, -1.0]).is_err());
    assert!(matches!(field.set_parameters(&[1.0]), Err(EngineError::Length { .. })));
    assert_eq!(evaluate(&mut field, &c, Request::ENERGY), before);
    field.set_parameters(&[2.0, 1.0]).unwrap();
    let after = evaluate(&mut field, &c, Request::ENERGY);
    assert_close(
        "energy",
        &[after.energy.unwrap()],
        &[2.0 * before.energy.unwrap()],
        1e-13,
    );
}
