//! Bindings from parameters by name: what the builder makes of them, and that it tells all errors at once, with remedies.

use admd::potentials::catalog::pair_info;
use admd::potentials::form::binding::{BindingError, Origin, PairBinding};
use admd::potentials::form::mixing::Rule;
use admd::potentials::form::pair::Info;
use admd::potentials::form::select::{select, select_any};
use admd::potentials::form::truncation::Truncation;

const NOTHING: [(&str, f64); 0] = [];

fn lj() -> &'static Info {
    pair_info("lj").unwrap()
}

fn messages(built: Result<PairBinding, Vec<BindingError>>) -> Vec<String> {
    built.unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn pairs_are_given_mixed_or_absent_and_leaves_follow_the_species() {
    let binding = PairBinding::builder("lj", lj(), ["Ar", "Kr", "Xe"])
        .cutoff(9.0)
        .mixing(Rule::Arithmetic)
        .pair_within("Kr", "Ar", 8.0, [("sigma", 3.5), ("epsilon", 0.012)])
        .like("Xe", [("epsilon", 0.02), ("sigma", 4.0)])
        .absent("Kr", "Xe")
        .like("Ar", [("epsilon", 0.01), ("sigma", 3.4)])
        .like("Kr", [("epsilon", 0.014), ("sigma", 3.6)])
        .build()
        .unwrap();
    let names: Vec<&str> = binding.leaves.iter().map(|l| l.name.as_str()).collect();
    let pairs = ["Ar-Ar", "Ar-Kr", "Kr-Kr", "Xe-Xe"];
    let expected: Vec<String> = pairs
        .iter()
        .flat_map(|p| [format!("lj.{p}.epsilon"), format!("lj.{p}.sigma")])
        .collect();
    assert_eq!(names, expected);
    assert_eq!(binding.theta(), [0.01, 3.4, 0.012, 3.5, 0.014, 3.6, 0.02, 4.0]);
    let at = |a, b| {
        (
            binding.pairs[binding.index(a, b)].origin,
            binding.pairs[binding.index(a, b)].cutoff,
        )
    };
    assert_eq!(at(0, 0), (Origin::Given(0), 9.0));
    assert_eq!(at(1, 0), (Origin::Given(2), 8.0));
    assert_eq!(at(0, 2), (Origin::Mixed(0, 6), 9.0));
    assert_eq!(at(2, 1), (Origin::Absent, 0.0));
    assert_eq!(select(&names, "lj.*.epsilon").unwrap(), [0, 2, 4, 6]);
    assert_eq!(
        select_any(&names, &["lj.Ar-*", "*.Kr-Kr.sigma"]).unwrap(),
        [0, 1, 2, 3, 5]
    );
}

#[test]
fn all_errors_are_told_at_once() {
    let told = messages(
        PairBinding::builder("lj", lj(), ["Ar", "Kr", "Ar"])
            .like("Ar", [("epsilom", 0.01), ("sigma", 3.4)])
            .pair("Ar", "Kr", [("epsilon", 0.01), ("sigma", 3.4), ("sigma", 3.5)])
            .pair("Kr", "Ar", [("epsilon", 0.01), ("sigma", 3.4)])
            .like("Ne", [("epsilon", 0.01), ("sigma", 3.4)])
            .build(),
    );
    for part in [
        "the species `Ar` is listed twice; give each species its own name",
        "there is no species `Ne`; choose one of `Ar`, `Kr`, `Ar`",
        "the pair Ar-Kr is given twice (A-B and B-A are one pair); remove one",
        "Ar-Ar: there is no parameter `epsilom`; choose one of `epsilon`, `sigma`",
        "Ar-Ar: the parameter `epsilon` is missing (depth of the well); give its value",
        "Ar-Ar has no cutoff; give one to the potential or to the pair",
        "nothing is said of the pair Kr-Kr: give its parameters, or declare it absent",
    ] {
        assert!(told.iter().any(|m| m == part), "{part}\nis not among {told:#?}");
    }
}

#[test]
fn what_the_potential_refuses_is_told_with_the_name_and_the_value() {
    let told = messages(
        PairBinding::builder("lj", lj(), ["Ar"])
            .cutoff(-1.0)
            .truncation(Truncation::Shifted)
            .tail_corrections()
            .like("Ar", [("epsilon", -0.01), ("sigma", 0.0)])
            .build(),
    );
    assert_eq!(
        told,
        [
            "lj.Ar-Ar.epsilon = -0.01 must be zero or positive",
            "lj.Ar-Ar.sigma = 0 must be positive",
            "tail corrections are defined for the truncations `cut` and `switched`, not for `shifted`; change one",
            "the cutoff of Ar-Ar is -1; it must be positive and finite",
        ]
    );
}

#[test]
fn pairs_that_nobody_mentions_are_errors_unless_declared_absent() {
    let two = || {
        PairBinding::builder("lj", lj(), ["Ar", "Kr"])
            .cutoff(9.0)
            .like("Ar", [("epsilon", 0.01), ("sigma", 3.4)])
    };
    let kr = [("epsilon", 0.014), ("sigma", 3.6)];
    assert_eq!(
        messages(two().like("Kr", kr).build()),
        ["nothing is said of the pair Ar-Kr: give its parameters, choose a mixing rule, or declare it absent"]
    );
    assert_eq!(
        messages(two().mixing(Rule::Geometric).build()),
        ["nothing is said of the pair Kr-Kr: give its parameters, or declare it absent"]
    );
    assert_eq!(
        messages(two().mixing(Rule::Geometric).absent("Kr", "Kr").build()),
        ["nothing is said of the pair Ar-Kr: give its parameters or those of both like pairs, or declare it absent"]
    );
    let binding = two().others_absent().build().unwrap();
    let absent = binding.pairs.iter().filter(|p| p.origin == Origin::Absent).count();
    assert_eq!((binding.leaves.len(), absent), (2, 2));
}

#[test]
fn mixing_where_there_is_no_rule_is_an_error() {
    let morse = pair_info("morse").unwrap();
    let told = messages(
        PairBinding::builder("m", morse, ["Cu", "Ni"])
            .cutoff(6.0)
            .mixing(Rule::Arithmetic)
            .like("Cu", morse.named(morse.example))
            .like("Ni", morse.named(morse.example))
            .build(),
    );
    assert_eq!(
        told,
        ["morse has no mixing rule for `d0`; give the pair Cu-Ni explicitly"]
    );
}

#[test]
fn early_switch_has_no_tail() {
    let with = |onset: f64| {
        PairBinding::builder("lj", lj(), ["Ar"])
            .cutoff(9.0)
            .truncation(Truncation::Switched { onset })
            .tail_corrections()
            .like("Ar", [("epsilon", 0.01), ("sigma", 3.4)])
            .build()
    };
    assert!(with(0.5).is_ok() && with(0.9).is_ok());
    assert!(messages(with(0.3))[0].contains("with tail corrections it must begin at 0.5 or later"));
    for onset in [-0.1, 1.0, f64::NAN] {
        assert!(messages(with(onset))[0].starts_with(&format!("the switch begins at {onset} of the cutoff")));
    }
}

#[test]
fn missing_values_name_every_parameter() {
    let told = messages(
        PairBinding::builder("lj", lj(), ["Ar"])
            .cutoff(9.0)
            .like("Ar", NOTHING)
            .build(),
    );
    assert_eq!(
        told,
        [
            "Ar-Ar: the parameter `epsilon` is missing (depth of the well); give its value",
            "Ar-Ar: the parameter `sigma` is missing (distance at which the energy is zero); give its value",
        ]
    );
}
